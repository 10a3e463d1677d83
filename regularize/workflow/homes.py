"""Homes for people: what hangs on one, found by any identifier."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import shapely

from regularize.errors import OptionError
from regularize.i18n import in_language
from regularize.i18n import translate as _
from regularize.model import Case, Home
from regularize.store import Store
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.review import finding_record

MEMBERS = (
    ("buildings", "register_fids"),
    ("observed_buildings", "survey_fids"),
    ("plots", "plot_fids"),
)


def listed(here: Opened, *, with_closed: bool, on: date | None = None) -> list[dict[str, Any]]:
    """The homes with their findings and cases; as they stood on a day where one is given."""
    with store_of(here, read_only=True) as store:
        cases = store.cases()
        if on is None:
            homes, findings = store.homes(include_closed=with_closed), store.findings()
        else:
            homes = [home for home in store.homes_on(on) if with_closed or home.valid_to is None]
            findings = [f for f in store.findings_on(on) if f.closed_reason is None]
            cases = [case for case in cases if case.opened_on <= on]
    of_home: dict[str, list[str]] = {}
    for finding in findings:
        if finding.home:
            of_home.setdefault(finding.home, []).append(finding.id)
    return [
        {
            **_head(home),
            "findings": of_home.get(home.id, []),
            "cases": [case.id for case in cases if home.id in case.homes],
        }
        for home in homes
    ]


def resolve(store: Store, any_id: str) -> Home:
    """The home that an identifier leads to.

    Parameters
    ----------
    any_id : str
        A home id (also one that has merged), a finding id, a cadastral identifier, or an input's ref.

    Raises
    ------
    OptionError
        If nothing of that name is known, or it belongs to no home.
    """
    homes = {home.id: home for home in store.homes(include_closed=True)}
    seen: set[str] = set()
    wanted: str | None = any_id
    while wanted in homes and wanted not in seen:
        seen.add(wanted)
        home = homes[wanted]
        if home.merged_into is None:
            return home
        wanted = home.merged_into
    for finding in store.findings(include_closed=True):
        if finding.id == any_id and finding.home in homes:
            return resolve(store, finding.home)
    for table, member in MEMBERS:
        rows = store.layer(table)
        hit = rows[(rows["identifier"] == any_id) | (rows["ref"] == any_id)]
        for fid in hit["fid"]:
            for home in homes.values():
                if int(fid) in getattr(home, member) and home.valid_to is None:
                    return home
    parcels = store.layer("parcels")
    ground = parcels[parcels["identifier"] == any_id].geometry
    on_it = [
        home
        for home in homes.values()
        if home.valid_to is None
        and not home.geometry.is_empty
        and any(outline.covers(home.geometry.representative_point()) for outline in ground)
    ]
    if len(on_it) == 1:
        return on_it[0]
    if on_it:
        raise OptionError(
            _("several homes stand on {id}").format(id=any_id),
            hint=_("name one of them: {ids}").format(ids=", ".join(home.id for home in on_it)),
        )
    raise OptionError(
        _("no home belongs to {id}").format(id=any_id),
        hint=_("list them: regularize home list; homes are made by: regularize detect"),
    )


def shown(here: Opened, any_id: str) -> dict[str, Any]:
    """Everything that hangs on one home, with stable English keys."""
    with store_of(here, read_only=True) as store:
        home = resolve(store, any_id)
        findings = [f for f in store.findings(include_closed=True) if f.home == home.id]
        record = {
            **_head(home),
            **{table: _members(store, table, getattr(home, member)) for table, member in MEMBERS},
            "findings": [finding_record(f) for f in findings],
            "cases": [case_record(case) for case in cases_of(store, home)],
            "events": [
                {"type": e.type, "on": e.on.isoformat(), "by": e.actor, "payload": e.payload}
                for e in store.events(subject=f"home:{home.id}")
            ],
        }
        record["documents"] = store.home_links(home.id).get("documents", [])
    return record


def cases_of(store: Store, home: Home) -> list[Case]:
    """The cases that name the home, or whose part or area it lies in."""
    return CasesByHome(store.cases()).of(home)


class CasesByHome:
    """All cases, to be asked for those of one home after the other."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = tuple(cases)
        placed = [(n, case.geometry) for n, case in enumerate(cases) if case.geometry is not None]
        self._placed = [n for n, _place in placed]
        self._tree = shapely.STRtree([place for _n, place in placed])
        self._named: dict[str, set[int]] = {}
        for n, case in enumerate(cases):
            for home in case.homes:
                self._named.setdefault(home, set()).add(n)

    def of(self, home: Home) -> list[Case]:
        """The cases that name the home, or whose part or area it lies in, in their order."""
        found = set(self._named.get(home.id, ()))
        if not home.geometry.is_empty:
            inner = home.geometry.representative_point()
            found |= {self._placed[n] for n in self._tree.query(inner, predicate="covered_by")}
        return [self._cases[n] for n in sorted(found)]


def case_record(case: Case) -> dict[str, Any]:
    """A case with stable English keys."""
    return {
        "id": case.id,
        "kind": case.kind,
        "title": case.title,
        "opened_on": case.opened_on.isoformat(),
        "plan_part": case.plan_part,
        "homes": list(case.homes),
        "facts": dict(case.facts),
    }


def lines(here: Opened, record: dict[str, Any], *, lang: str) -> Iterator[str]:
    """One home for the terminal."""
    until = f" - {record['valid_to']}" if record["valid_to"] else ""
    yield f"{record['id']}  {record['valid_from']}{until}"
    for table, _member in MEMBERS:
        for row in record[table]:
            yield (
                f"  {here.pack.label('layer.' + table, lang)}: {row['ref'] or '-'}  "
                f"{row['identifier'] or ''}  {row['area_m2']:.1f} m²"
            )
    for finding in record["findings"]:
        label = here.pack.label("class." + finding["class"], lang)
        yield f"  {in_language('finding', lang)} {finding['id']}: {label} ({finding['grade']})"
    for case in record["cases"]:
        yield f"  {in_language('case', lang)} {case['id']}: {case['title']}"
    for event in record["events"]:
        yield f"  {event['on']}  {here.pack.label('log.' + event['type'], lang)}"


def _head(home: Home) -> dict[str, Any]:
    return {
        "id": home.id,
        "settlement": home.settlement,
        "valid_from": home.valid_from.isoformat(),
        "valid_to": home.valid_to.isoformat() if home.valid_to else None,
        "merged_into": home.merged_into,
    }


def _members(store: Store, table: str, fids: tuple[int, ...]) -> list[dict[str, Any]]:
    rows = store.layer(table)
    rows = rows[rows["fid"].isin(fids)]
    return [
        {
            "fid": int(row.fid),
            "ref": row.ref,
            "identifier": row.identifier,
            "area_m2": round(row.geometry.area, 2),
            "sigma_m": row.sigma_m,
            "source": row.source,
            "valid_from": str(row.valid_from),
        }
        for row in rows.itertuples()
    ]

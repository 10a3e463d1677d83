"""Findings of the runs: what was found when, what a person said of it, what closed it."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, MetaData, Row, bindparam, func, select, update

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.model import Finding, Grade, Measure, ReviewState
from regularize.store import bulk, digests, events
from regularize.store.schema import GEOMETRY


def _measures_out(measures: Mapping[str, Measure]) -> dict[str, list[Any]]:
    return {
        name: [_finite(m.value), None if m.sigma is None else _finite(m.sigma), m.unit]
        for name, m in measures.items()
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _measures_in(stored: Mapping[str, Sequence[Any]]) -> dict[str, Measure]:
    return {
        name: Measure(math.nan if value is None else value, sigma, unit)
        for name, (value, sigma, unit) in stored.items()
    }


def _values(finding: Finding, run: int) -> dict[str, Any]:
    """What a run says of a finding; the review is not a run's to say."""
    return {
        GEOMETRY: finding.geometry,
        "id": finding.id,
        "kind": finding.kind,
        "class": str(finding.cls),
        "grade": str(finding.grade),
        "score": float(finding.score),
        "reasons": list(finding.reasons),
        "measures": _measures_out(finding.measures),
        "survey_refs": list(finding.survey_refs),
        "register_refs": list(finding.register_refs),
        "survey_fids": list(map(int, finding.survey_fids)),
        "register_fids": list(map(int, finding.register_fids)),
        "home": finding.home,
        "last_run": run,
        "closed_run": None,
        "closed_reason": None,
    }


def _read(row: Row[Any]) -> Finding:
    v = row._mapping
    return Finding(
        kind=v["kind"],
        cls=v["class"],
        geometry=v[GEOMETRY],
        survey_fids=tuple(v["survey_fids"]),
        register_fids=tuple(v["register_fids"]),
        survey_refs=tuple(v["survey_refs"]),
        register_refs=tuple(v["register_refs"]),
        reasons=tuple(v["reasons"]),
        measures=_measures_in(v["measures"]),
        score=v["score"],
        grade=Grade(v["grade"]),
        id=v["id"],
        review=ReviewState(v["review"]),
        home=v["home"],
        closed_reason=v["closed_reason"],
    )


def all_findings(connection: Connection, metadata: MetaData, *, include_closed: bool) -> list[Finding]:
    """Findings in the order in which they were first found."""
    table = metadata.tables["findings"]
    query = select(table).order_by(table.c.fid)
    if not include_closed:
        query = query.where(table.c.closed_reason.is_(None))
    return [_read(row) for row in connection.execute(query)]


def one(connection: Connection, metadata: MetaData, id_: str) -> Finding:
    """The finding `id_`, closed or not.

    Raises
    ------
    OptionError
    """
    table = metadata.tables["findings"]
    row = connection.execute(select(table).where(table.c.id == id_)).one_or_none()
    if row is None:
        raise OptionError(_("there is no finding {id}").format(id=id_), hint="regularize findings list")
    return _read(row)


def save(
    connection: Connection,
    metadata: MetaData,
    run: int,
    found: Sequence[Finding],
    closed: Mapping[str, str],
    on: date,
    actor: str,
) -> tuple[list[events.Draft], dict[str, int]]:
    """Write what run number `run` found; returns the events of what changed, and counts.

    A review survives. Only where the class of a reviewed finding changes does the question come
    back as ``new``; the event keeps what had been said.

    Raises
    ------
    OptionError
        If a finding has no id, or one to be closed is unknown.
    """
    table = metadata.tables["findings"]
    known = {f.id: f for f in all_findings(connection, metadata, include_closed=True)}
    _check_ids(found, closed, known)
    drafts: list[events.Draft] = []
    added: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    counts = {"opened": 0, "reopened": 0, "class_changed": 0, "closed": 0, "open": len(found)}
    for finding in found:
        values = _values(finding, run)
        before = known.get(finding.id)
        if before is None:
            added.append(values | {"review": str(ReviewState.NEW), "first_run": run})
            continue
        if before.closed_reason is not None:
            counts["reopened"] += 1
            payload = {"run": run, "closed_reason": before.closed_reason, "class": str(finding.cls)}
            drafts.append(events.Draft("finding.reopened", f"finding:{finding.id}", on, payload, actor))
        if before.cls != str(finding.cls):
            counts["class_changed"] += 1
            payload = {"run": run, "from": before.cls, "to": str(finding.cls), "review": before.review}
            drafts.append(events.Draft("finding.class_changed", f"finding:{finding.id}", on, payload, actor))
            values["review"] = str(ReviewState.NEW)
        if values == _values(before, run) and before.closed_reason is None:
            seen.append({"key": finding.id, "run": run})
        else:
            connection.execute(update(table).where(table.c.id == finding.id).values(values))
    if seen:
        connection.execute(
            update(table).where(table.c.id == bindparam("key")).values(last_run=bindparam("run")), seen
        )
    counts["opened"] = len(added)
    bulk.insert(connection, table, added)
    for id_, reason in closed.items():
        if known[id_].closed_reason is not None:
            continue
        counts["closed"] += 1
        connection.execute(
            update(table).where(table.c.id == id_).values(closed_run=run, closed_reason=reason)
        )
        payload = {"run": run, "reason": reason, "review": known[id_].review}
        drafts.append(events.Draft("finding.closed", f"finding:{id_}", on, payload, actor))
    return drafts, counts


def _check_ids(found: Sequence[Finding], closed: Mapping[str, str], known: Collection[str]) -> None:
    ids = [finding.id for finding in found]
    if "" in ids or len(set(ids)) != len(ids) or not set(ids).isdisjoint(closed):
        raise OptionError(_("every finding of a run needs an id of its own"))
    for id_ in closed:
        if id_ not in known:
            raise OptionError(_("there is no finding {id}").format(id=id_), hint="regularize findings list")


def review(
    connection: Connection, metadata: MetaData, id_: str, state: str, note: str, by: str, on: date
) -> Finding:
    """Record what a person says of a finding; the words lie in the log only.

    Raises
    ------
    OptionError
        If there is no such finding or no such state.
    """
    if state not in set(ReviewState):
        raise OptionError(
            _("{state} is not a review state").format(state=state),
            hint=_("one of: {states}").format(states=", ".join(ReviewState)),
        )
    before = one(connection, metadata, id_)
    table = metadata.tables["findings"]
    connection.execute(update(table).where(table.c.id == id_).values(review=str(state)))
    payload = {"from": before.review, "to": str(state), "note": note, "class": before.cls}
    stated = digests.of_tables(connection, metadata, "findings")
    events.append(
        connection,
        metadata,
        [events.Draft("finding.reviewed", f"finding:{id_}", on, payload, by, stated)],
    )
    return replace(before, review=ReviewState(state))


def highest_number(ids: Iterable[str]) -> int:
    """The highest last number of ids such as ``B-12`` or ``T-00000-3``; 0 where there is none."""
    numbers = (id_.rpartition("-")[2] for id_ in ids)
    return max((int(n) for n in numbers if n.isascii() and n.isdigit()), default=0)


def next_number(connection: Connection, metadata: MetaData, prefix: str) -> int:
    """The next free number of ids with `prefix`: ``B``, ``P``, ``T`` or ``C``. Closed ones count.

    Raises
    ------
    OptionError
        For another prefix.
    """
    names = {"B": "findings", "P": "findings", "T": "homes", "C": "cases"}
    if prefix not in names:
        raise OptionError(_("there are no ids that begin with {prefix}").format(prefix=prefix))
    table = metadata.tables[names[prefix]]
    return 1 + highest_number(connection.scalars(select(table.c.id).where(table.c.id.like(f"{prefix}-%"))))


def start_run(
    connection: Connection, metadata: MetaData, parameters: Mapping[str, Any], on: date, actor: str, at: str
) -> int:
    """Open the row of a new run and return its number."""
    table = metadata.tables["runs"]
    number = 1 + (connection.scalar(select(func.max(table.c.id))) or 0)
    connection.execute(
        table.insert(),
        {
            "id": number,
            "on": on,
            "recorded_at": at,
            "actor": actor,
            "parameters": dict(parameters),
            "counts": {},
        },
    )
    return number


def run_parameters(connection: Connection, metadata: MetaData, number: int) -> dict[str, Any]:
    """What run `number` was made with; empty where there is no such run."""
    table = metadata.tables["runs"]
    return dict(connection.scalar(select(table.c.parameters).where(table.c.id == number)) or {})

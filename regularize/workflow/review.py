"""Findings for people: list, show, and keep what a person has decided."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from regularize import privacy
from regularize.countries import Pack
from regularize.errors import OptionError
from regularize.i18n import in_language
from regularize.i18n import translate as _
from regularize.model import QUIET_CLASSES, BuildingClass, Finding, Measure, PlotClass, ReviewState
from regularize.project import today
from regularize.publish.text import MINUS, format_number
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.projects import Opened, store_of

CLASSES = frozenset(c.value for c in (*BuildingClass, *PlotClass))


def finding_record(finding: Finding) -> dict[str, Any]:
    """A finding with stable English keys, as ``findings list --json`` prints it."""
    return {
        "id": finding.id,
        "kind": finding.kind,
        "class": finding.cls,
        "grade": str(finding.grade),
        "score": round(finding.score, 4),
        "reasons": list(finding.reasons),
        "survey_refs": list(finding.survey_refs),
        "register_refs": list(finding.register_refs),
        "measures": {
            name: {"value": _rounded(m.value), "sigma": _rounded(m.sigma), "unit": m.unit}
            for name, m in finding.measures.items()
        },
        "review": str(finding.review),
        "home": finding.home,
        "closed": finding.closed_reason,
    }


def listed(
    here: Opened,
    *,
    area: str | None,
    code: str | None,
    cls: str | None,
    grade: str | None,
    review: str | None,
    kind: str | None,
    with_quiet: bool,
    with_closed: bool,
    on: date | None = None,
) -> list[dict[str, Any]]:
    """Findings that pass every filter, by kind and number.

    Parameters
    ----------
    on : date, optional
        As they stood on this day: made by then, with the class, review and end of that day.

    Raises
    ------
    OptionError
        If a class, state or area is unknown; the hint lists those that are known.
    """
    if cls is not None and cls not in CLASSES:
        raise OptionError(_("unknown class: {name}").format(name=cls), hint=", ".join(sorted(CLASSES)))
    if review is not None and review not in set(ReviewState):
        raise OptionError(
            _("unknown state of review: {name}").format(name=review), hint=", ".join(ReviewState)
        )
    if code is not None and code not in here.pack.rules:
        raise OptionError(
            _("no such code: {code}").format(code=code), hint=_("all codes: regularize explain")
        )
    with store_of(here, read_only=True) as store:
        if on is None:
            findings = store.findings(include_closed=with_closed)
        else:
            findings = [f for f in store.findings_on(on) if with_closed or f.closed_reason is None]
        place = area_geometry(store, area)
    kept = [
        f
        for f in findings
        if (with_quiet or cls is not None or f.cls not in QUIET_CLASSES)
        and (cls is None or f.cls == cls)
        and (code is None or code in f.reasons)
        and (grade is None or f.grade == grade)
        and (review is None or f.review == review)
        and (kind is None or f.kind == kind)
        and lies_in(f.geometry, place)
    ]
    return [finding_record(f) for f in sorted(kept, key=by_number)]


def plain_rows(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Findings as rows of a list: what each is and which objects it names, nothing of people."""
    names = ("id", "kind", "class", "grade", "score", "reasons", "survey_refs", "register_refs", "review")
    return [{name: record[name] for name in (*names, "home")} for record in records]


def by_number(finding: Finding) -> tuple[str, int]:
    """Sort key: B-2 before B-10."""
    prefix, _dash, number = finding.id.partition("-")
    return prefix, int(number)


def found(store: Store, any_id: str) -> Finding:
    """The finding of this id, or the only one of the home that an identifier leads to.

    Raises
    ------
    OptionError
        If there is none, or the home has several; the hint names them.
    """
    from regularize.workflow.homes import resolve

    findings = store.findings(include_closed=True)
    for finding in findings:
        if finding.id == any_id:
            return finding
    if any_id.partition("-")[0] not in {"B", "P"}:
        home = resolve(store, any_id)
        of_home = [f for f in findings if f.home == home.id and f.closed_reason is None]
        if len(of_home) == 1:
            return of_home[0]
        if of_home:
            raise OptionError(
                _("{home} has several findings").format(home=home.id),
                hint=_("name one of them: {ids}").format(ids=", ".join(f.id for f in of_home)),
            )
    raise OptionError(_("no finding {id}").format(id=any_id), hint=_("list them: regularize findings list"))


def shown(here: Opened, finding_id: str) -> dict[str, Any]:
    """One finding with its reviews."""
    with store_of(here, read_only=True) as store:
        finding = found(store, finding_id)
        record = finding_record(finding)
        centre = finding.geometry.representative_point()
        record["easting_m"], record["northing_m"] = _rounded(centre.x), _rounded(centre.y)
        record["history"] = [
            {"type": e.type, "on": e.on.isoformat(), "by": e.actor, **(e.payload or {})}
            for e in store.events(subject=f"finding:{finding.id}")
        ]
    return record


def lines(here: Opened, record: dict[str, Any], *, lang: str) -> Iterator[str]:
    """One finding for the terminal."""
    pack = here.pack
    yield f"{record['id']}  {pack.label('class.' + record['class'], lang)}"
    state = pack.label("review." + record["review"], lang)
    score = format_number(record["score"], 2, lang=lang)
    yield f"  {in_language('grade', lang)} {record['grade']} ({score}), {state}"
    yield f"  {in_language('home', lang)} {record['home'] or '-'}"
    for name, measure in record["measures"].items():
        yield f"  {pack.label('measure.' + name, lang)}: {measure_text(pack, measure, lang)}"
    for reason in record["reasons"]:
        yield f"  {reason}: {reason_title(pack, reason, lang)}"
    for entry in record["history"]:
        yield f"  {entry['on']}  {entry['type']}  {entry.get('state', '')}  {entry.get('note', '')}".rstrip()
    yield "  " + in_language("A candidate, until a person decides.", lang)


def reason_title(pack: Pack, code: str, lang: str) -> str:
    """The few words that say what a reason code means."""
    rules = pack.rules
    return rules[code].title[lang] if code in rules else code


def measure_text(pack: Pack, measure: dict[str, Any] | Measure, lang: str) -> str:
    """A measure with its uncertainty and unit, for the terminal; one without a unit is a share."""
    value, sigma, unit = (
        (measure.value, measure.sigma, measure.unit)
        if isinstance(measure, Measure)
        else (measure["value"], measure["sigma"], measure["unit"])
    )
    share = unit == "1"
    scale, digits = (100, 1) if share else (1, 2)
    text = format_number(scale * value, digits, lang=lang)
    if sigma is not None:
        text += f" ± {format_number(scale * sigma, digits, lang=lang)}"
    text = text.replace(MINUS, "-")  # alphabets of old terminals have no other minus
    return f"{text} {'%' if share else pack.label(f'unit.{unit}', lang)}"


def review(
    here: Opened, finding_id: str, *, state: str, note: str, by: str, on: date | None = None
) -> list[str]:
    """Keep a person's decision; returns remarks for the user.

    Personal data in the note or in `by` is redacted before it is stored.
    """
    clean_note, in_note = privacy.redact(note)
    clean_by, in_by = privacy.redact(by)
    with store_of(here) as store:
        finding = found(store, finding_id)
        store.review(finding.id, ReviewState(state), note=clean_note, by=clean_by, on=on or today())
    if in_note + in_by:
        return [_("personal data in the note was replaced by asterisks")]
    return []


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

"""Cases: open one, record its dated events, and derive where it stands.

Nothing here stores a stage. What a command says of a case is derived from its events on a day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from regularize import countries, privacy
from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.law import procedure as law
from regularize.law.deadlines import Calendar, calendar_of
from regularize.law.definition import Procedure
from regularize.law.records import CaseEvent, CaseStatus, LintNote
from regularize.model import Case, Event
from regularize.project import today
from regularize.store import Store
from regularize.workflow.areas import area_geometry
from regularize.workflow.case_facts import check_facts, event_payload, stated_facts
from regularize.workflow.case_notes import note_text
from regularize.workflow.homes import case_record, resolve
from regularize.workflow.projects import Opened, store_of

EVENT = "case.event"
OUTSIDE_M = 1.0  # borders of plan part and area are drawn from different sources


@cache
def _procedure(country: str, kind: str) -> Procedure:
    return law.parse(countries.load(country).procedures[kind])


@cache
def _calendar(country: str) -> Calendar:
    return calendar_of(countries.load(country))


def procedure_of(here: Opened, kind: str) -> Procedure:
    """The procedure `kind` of the country pack. Raises `OptionError` where there is none."""
    if kind not in here.pack.procedures:
        raise OptionError(
            _("no such procedure: {kind}").format(kind=kind),
            hint=_("known procedures: {kinds}").format(kinds=", ".join(kinds(here))),
        )
    return _procedure(here.pack.code, kind)


def kinds(here: Opened) -> list[str]:
    """The procedures that the country pack knows."""
    return sorted(here.pack.procedures)


def plan_part_names(here: Opened) -> list[str]:
    """Names of the plan parts in the store."""
    with store_of(here, read_only=True) as store:
        return sorted({str(name) for name in store.layer("plan_parts")["name"] if name})


def open_case(
    here: Opened,
    *,
    kind: str,
    title: str | None,
    part: str | None,
    area: str | None,
    homes: Sequence[str],
    on: date | None,
    facts: Sequence[str],
) -> dict[str, Any]:
    """Open a case and return its record.

    Raises
    ------
    OptionError
        If the procedure, plan part, area, a home or a fact is unknown, or the day lies ahead.
    """
    definition = procedure_of(here, kind)
    day = _not_ahead(on or today())
    stated = stated_facts(facts)
    check_facts(definition, stated)
    with store_of(here) as store:
        found = [resolve(store, home) for home in homes]
        case = store.open_case(
            Case(
                id="",
                kind=kind,
                title=privacy.redact(title or part or area or here.pack.label(f"procedure.{kind}", "bg"))[0],
                opened_on=day,
                geometry=place_of(store, part=part, area=area, homes=[home.geometry for home in found]),
                homes=tuple(home.id for home in found),
                plan_part=part,
                facts=stated,
            )
        )
    return case_record(case)


def event_types(here: Opened, case_id: str) -> list[str]:
    """The events that a case of this kind can have."""
    with store_of(here, read_only=True) as store:
        return list(procedure_of(here, store.case(case_id).kind).event_types)


def record_event(
    here: Opened,
    case_id: str,
    *,
    event: str,
    on: date | None,
    part: str | None,
    evidence: Mapping[str, str | None],
    announced: date | None,
    facts: Sequence[str],
    corrects: int | None,
    actor: str,
) -> dict[str, Any]:
    """Append an event to the log of a case; returns its record with remarks for the user.

    Raises
    ------
    OptionError
        If the event is unknown, lies before the case or in the future, or stands there already.
    """
    if on is None:
        raise OptionError(_("an event needs the day on which it happened"), hint=_("give --date YYYY-MM-DD"))
    with store_of(here) as store:
        case = store.case(case_id)
        payload = event_payload(
            event, part=part, evidence=evidence, announced=announced, facts=facts, corrects=corrects
        )
        known = case_events(store, case)
        new = said(next_number(known), on, payload)
        notes = checked(here, case, known, new)
        stored = store.append_event(EVENT, f"case:{case.id}", on, payload, privacy.redact(actor)[0])
        # The log numbers the entries of all cases together: only now it is known which one this is.
        notes = renumbered(notes, {new.seq: stored.seq})
    return {
        "seq": stored.seq,
        "case": case_id,
        "event": event,
        "on": on.isoformat(),
        "hash": stored.hash,
        "remarks": [note_text(here, note, kind=case.kind, cited=True) for note in notes],
    }


def next_number(known: Sequence[CaseEvent]) -> int:
    """A number for an event that is not in the log yet, behind those that are."""
    return max((event.seq for event in known), default=0) + 1


def renumbered(notes: Sequence[LintNote], numbers: Mapping[int, int]) -> list[LintNote]:
    """Notes that name an event by the number that it has got in the log."""
    return [
        replace(note, params={**note.params, "seq": numbers.get(note.params["seq"], note.params["seq"])})
        if "seq" in note.params
        else note
        for note in notes
    ]


def checked(here: Opened, case: Case, known: Sequence[CaseEvent], new: CaseEvent) -> list[LintNote]:
    """What is odd about a new event of a case. Raises `OptionError` where it cannot be."""
    return law.validate_event(
        procedure_of(here, case.kind),
        known,
        new,
        opened_on=case.opened_on,
        today=today(),
        calendar=_calendar(here.pack.code),
        facts=case.facts,
        parts=(case.plan_part,) if case.plan_part else (),
    )


def refuse(here: Opened, case: Case, known: Sequence[CaseEvent], new: CaseEvent) -> None:
    """Refuse what cannot be, without asking what is odd: of a whole history that is asked once, at its end.

    Raises
    ------
    OptionError
    """
    law.refuse_event(procedure_of(here, case.kind), known, new, opened_on=case.opened_on, today=today())


def case_events(store: Store, case: Case) -> list[CaseEvent]:
    """The events of a case in the order of the log; erased ones tell nothing any more."""
    return [_case_event(event) for event in store.events(subject=f"case:{case.id}") if _speaks(event)]


def all_events(store: Store) -> dict[str, list[CaseEvent]]:
    """The events of every case by its id, from one reading of the log."""
    found: dict[str, list[CaseEvent]] = {}
    for event in store.events(type=EVENT):
        if _speaks(event):
            found.setdefault(event.subject.partition(":")[2], []).append(_case_event(event))
    return found


def derive(here: Opened, case: Case, events: Sequence[CaseEvent], *, on: date) -> CaseStatus:
    """Where a case with these events stands on a day."""
    return law.status(
        procedure_of(here, case.kind),
        events,
        on=on,
        calendar=_calendar(here.pack.code),
        facts=case.facts,
        parts=(case.plan_part,) if case.plan_part else (),
    )


def status_of(here: Opened, store: Store, case: Case, *, on: date) -> CaseStatus:
    """Where a case stands on a day."""
    return derive(here, case, case_events(store, case), on=on)


def statuses(here: Opened, store: Store, *, on: date) -> Iterator[tuple[Case, CaseStatus]]:
    """Every case and where it stands on a day."""
    events = all_events(store)
    for case in store.cases():
        yield case, derive(here, case, events.get(case.id, []), on=on)


def status(here: Opened, case_id: str, *, on: date | None) -> dict[str, Any]:
    """Where a case stands, with stable English keys."""
    with store_of(here, read_only=True) as store:
        case = store.case(case_id)
        return {**case_record(case), **status_of(here, store, case, on=on or today()).as_dict()}


def listed(here: Opened, *, on: date | None) -> list[dict[str, Any]]:
    """All cases with where each part stands and the next deadline."""
    with store_of(here, read_only=True) as store:
        return [_listed(case, found) for case, found in statuses(here, store, on=on or today())]


def _listed(case: Case, found: CaseStatus) -> dict[str, Any]:
    nearest = found.next_deadline
    return {
        **case_record(case),
        "steps": [{"part": part.part, "step": part.step} for part in found.parts],
        "next_deadline": nearest.due.isoformat() if nearest else None,
        "overdue": bool(nearest and nearest.overdue),
    }


def shown(here: Opened, case_id: str) -> dict[str, Any]:
    """A case with its events, with stable English keys."""
    with store_of(here, read_only=True) as store:
        case = store.case(case_id)
        events = store.events(subject=f"case:{case.id}")
    return {
        **case_record(case),
        "events": [
            {"seq": e.seq, "type": e.type, "on": e.on.isoformat(), "by": e.actor, "payload": e.payload}
            for e in events
        ],
        "consultations": [
            {"on": e.on.isoformat(), **e.payload}
            for e in events
            if e.type == "case.consultation" and e.payload is not None
        ],
    }


def deadlines(here: Opened, *, on: date | None, days: int | None = None) -> list[dict[str, Any]]:
    """The deadlines of all cases that still matter on a day, the nearest first.

    With `days` only those that end within so many days, and those that are overdue.
    """
    day = on or today()
    rows: list[dict[str, Any]] = []
    with store_of(here, read_only=True) as store:
        for case, found in statuses(here, store, on=day):
            for deadline in found.deadlines:
                near = days is None or (deadline.due - day).days <= days
                if deadline.state in {"running", "overdue"} and near:
                    rows.append({"case": case.id, "kind_of_case": case.kind, **deadline.as_dict()})
    return sorted(rows, key=lambda row: (row["due"], row["case"], row["clock"]))


def _not_ahead(day: date) -> date:
    if day > today():
        raise OptionError(
            _("{day} lies in the future").format(day=day.isoformat()), hint=_("record what has happened")
        )
    return day


def place_of(
    store: Store, *, part: str | None, area: str | None, homes: Sequence[BaseGeometry]
) -> BaseGeometry | None:
    """Where a case runs: its plan part, else its area, else its homes."""
    if part is not None:
        parts = store.layer("plan_parts")
        chosen = parts[parts["name"] == part]
        if chosen.empty:
            known = sorted({str(name) for name in parts["name"] if name})
            raise OptionError(
                _("no plan part is called {name}").format(name=part),
                hint=_("known plan parts: {names}").format(names=", ".join(known) or "-"),
            )
        place = unary_union(list(chosen.geometry))
        _check_inside(place, area_geometry(store, area), part, area)
        return place
    if area is not None:
        return area_geometry(store, area)
    solid = [geometry for geometry in homes if geometry is not None and not geometry.is_empty]
    return unary_union(solid) if solid else None


def _check_inside(place: BaseGeometry, around: BaseGeometry | None, part: str, area: str | None) -> None:
    """A plan part belongs to the area that the case names."""
    if around is not None and not around.buffer(OUTSIDE_M).covers(place):
        raise OptionError(
            _("plan part {part} does not lie in the area {area}").format(part=part, area=area),
            hint=_("name the area that holds it, or leave --area out: the case runs for its part"),
        )


def _speaks(event: Event) -> bool:
    return event.type == EVENT and event.payload is not None and "event" in event.payload


def _case_event(event: Event) -> CaseEvent:
    return said(event.seq, event.on, event.payload or {})


def said(seq: int, on: date, payload: Mapping[str, Any]) -> CaseEvent:
    """An entry of the log as the law reads it; number and issuer tell two acts of one day apart."""
    announced = payload.get("announced")
    return CaseEvent(
        seq=seq,
        type=str(payload["event"]),
        on=on,
        part=payload.get("part"),
        facts={**(payload.get("evidence") or {}), **(payload.get("facts") or {})},
        announced=date.fromisoformat(announced) if announced else None,
        corrects=payload.get("corrects"),
    )

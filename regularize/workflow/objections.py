"""Objections against a plan: what for, where, what became of it; never by whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from regularize import privacy
from regularize.errors import OptionError
from regularize.i18n import counted
from regularize.i18n import translate as _
from regularize.law.records import LintNote
from regularize.model import Batch, Case
from regularize.project import today
from regularize.store import Store
from regularize.store.events import Draft
from regularize.store.objections import Objection
from regularize.workflow import case as cases
from regularize.workflow.case_facts import event_payload
from regularize.workflow.case_notes import note_text
from regularize.workflow.homes import resolve
from regularize.workflow.parties import past_day
from regularize.workflow.projects import Opened, store_of

CAUSES, DECISIONS = "objection_cause", "objection_decision"
RECEIVED = "objection_received"
PLAN_PARTS = "plan_parts"


def causes(here: Opened) -> Mapping[str, Mapping[str, str]]:
    """The causes that the country pack knows."""
    return here.pack.codes(CAUSES)


def add(
    here: Opened,
    case_id: str,
    *,
    cause: str,
    on: date | None,
    home: str | None,
    parcel: str | None,
    at: str | None,
    whole: bool,
    note: str,
    actor: str,
) -> dict[str, Any]:
    """Record an objection, and its event where the procedure knows one; returns it with remarks.

    Raises
    ------
    OptionError
        If the cause or place is unknown or not stated once, or the day cannot be.
    """
    _known(here, CAUSES, cause)
    if on is None:
        raise OptionError(
            _("an objection needs the day on which it was filed"), hint=_("give --date YYYY-MM-DD")
        )
    if sum((home is not None, parcel is not None, at is not None, whole)) != 1:
        raise OptionError(
            _("an objection is about one place"),
            hint=_("give one of: --home ID, --parcel IDENTIFIER, --at EASTING,NORTHING, --whole"),
        )
    who = privacy.redact(actor)[0]
    with store_of(here) as store:
        case = store.case(case_id)
        day = past_day(on, since=case.opened_on)
        kind, place, geometry = _located(here, store, case, home=home, parcel=parcel, at=at)
        remarks: list[str] = []
        noted: list[LintNote] = []
        if case.geometry is not None and not case.geometry.intersects(geometry):
            remarks.append(_("the place lies outside the plan part of the case"))
        further = []
        if RECEIVED in cases.procedure_of(here, case.kind).event_types:
            earlier = store.objections(case.id)
            payload = event_payload(RECEIVED, facts=(f"objection={len(earlier) + 1}",))
            known = cases.case_events(store, case)
            new = cases.said(cases.next_number(known), day, payload)
            noted = cases.checked(here, case, known, new)
            further.append(Draft(cases.EVENT, f"case:{case.id}", day, payload, who))
        clean, hits = privacy.redact(note)
        stored = store.add_objection(
            Objection(case.id, 0, cause, day, kind, place, geometry, note=clean), further, actor=who
        )
        if noted:
            in_log = cases.case_events(store, case)[-1].seq
            noted = cases.renumbered(noted, {new.seq: in_log})
            remarks += [note_text(here, odd, kind=case.kind, cited=True) for odd in noted]
    if hits:
        remarks.append(
            counted("personal data masked in {n} place", "personal data masked in {n} places", hits)
        )
    return {**record_of(stored), "remarks": remarks}


def answer(
    here: Opened,
    case_id: str,
    number: int,
    *,
    decision: str,
    on: date | None,
    note: str,
    batch: int | None,
    actor: str,
) -> dict[str, Any]:
    """Record how an objection was answered, and by which geometry.

    Raises
    ------
    OptionError
        If the decision, the objection or the delivery of plan parts is unknown, or the day cannot be.
    """
    _known(here, DECISIONS, decision)
    with store_of(here) as store:
        case = store.case(case_id)
        found = next((one for one in store.objections(case.id) if one.number == number), None)
        day = past_day(on, since=found.on if found else None)
        remarks = _check_batch(store, batch, found) if batch is not None else []
        if batch is None and decision != "rejected":
            remarks.append(_("no geometry is named that answers it: --batch NUMBER (regularize store info)"))
        stored = store.answer_objection(
            case.id,
            number,
            decision=decision,
            on=day,
            note=privacy.redact(note)[0],
            batch=batch,
            actor=privacy.redact(actor)[0],
        )
    return {**record_of(stored), "remarks": remarks}


def listed(here: Opened, case_id: str, *, only_open: bool) -> dict[str, Any]:
    """The objections of a case in clusters by cause, the largest first."""
    with store_of(here, read_only=True) as store:
        case = store.case(case_id)
        found = [one for one in store.objections(case.id) if not (only_open and one.decision)]
    clusters: dict[str, list[Objection]] = {}
    for one in found:
        clusters.setdefault(one.cause, []).append(one)
    order = sorted(clusters, key=lambda cause: (-len(clusters[cause]), cause))
    return {
        "case": case.id,
        "n": len(found),
        "answered": sum(one.decision is not None for one in found),
        "clusters": [
            {
                "cause": cause,
                "n": len(clusters[cause]),
                "answered": sum(one.decision is not None for one in clusters[cause]),
                "objections": [record_of(one) for one in clusters[cause]],
            }
            for cause in order
        ],
    }


def record_of(objection: Objection) -> dict[str, Any]:
    """An objection with stable English keys."""
    inner = objection.geometry.representative_point()
    return {
        "case": objection.case,
        "number": objection.number,
        "cause": objection.cause,
        "on": objection.on.isoformat(),
        "place_kind": objection.place_kind,
        "place": objection.place,
        "easting_m": round(inner.x, 2),
        "northing_m": round(inner.y, 2),
        "note": objection.note,
        "decision": objection.decision,
        "answered_on": objection.answered_on.isoformat() if objection.answered_on else None,
        "answer_note": objection.answer_note,
        "answer_batch": objection.answer_batch,
    }


def _known(here: Opened, code_list: str, code: str) -> None:
    known = here.pack.codes(code_list)
    if code not in known:
        raise OptionError(
            _("{code} is not one of the codes").format(code=privacy.redact(code)[0]),
            hint=_("one of: {values}").format(values=", ".join(known)),
        )


def _located(
    here: Opened, store: Store, case: Case, *, home: str | None, parcel: str | None, at: str | None
) -> tuple[str, str | None, BaseGeometry]:
    """What kind of place it is, its id, and its outline."""
    if home is not None:
        found = resolve(store, home)
        return "home", found.id, found.geometry
    if parcel is not None:
        rows = store.layer("parcels")
        chosen = rows[rows["identifier"] == parcel]
        if chosen.empty:
            raise OptionError(
                _("no parcel of the cadastre has the identifier {identifier}").format(
                    identifier=privacy.redact(parcel)[0]
                ),
                hint=_("list those of the plan: regularize case parties {id}").format(id=case.id),
            )
        return "parcel", parcel, shapely.union_all(list(chosen.geometry))
    if at is not None:
        return "point", None, _point(here, at)
    if case.geometry is None or case.geometry.is_empty:
        raise OptionError(
            _("case {id} has no place of its own").format(id=case.id),
            hint=_("give one of: --home ID, --parcel IDENTIFIER, --at EASTING,NORTHING, --whole"),
        )
    return "whole", None, case.geometry


def _point(here: Opened, text: str) -> BaseGeometry:
    """A point as EASTING,NORTHING in the project's CRS."""
    try:
        east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise OptionError(
            _("{text} is no place").format(text=privacy.redact(text)[0]),
            hint=_("write it as EASTING,NORTHING in metres of {crs}").format(crs=here.project.crs),
        ) from error
    extent = here.extent
    if extent is not None:
        minx, miny, maxx, maxy = extent
        if not (minx <= east <= maxx and miny <= north <= maxy):
            swapped = minx <= north <= maxx and miny <= east <= maxy
            raise OptionError(
                _("{text} does not lie in the country").format(text=text),
                hint=_("easting comes first: --at {east},{north}").format(east=north, north=east)
                if swapped
                else _("write it as EASTING,NORTHING in metres of {crs}").format(crs=here.project.crs),
            )
    return shapely.Point(east, north)


def _check_batch(store: Store, number: int, objection: Objection | None) -> list[str]:
    """Refuse a delivery that holds no plan parts; say if it does not reach the objection's place."""
    batch: Batch = store.batch(number)
    if batch.source.kind != PLAN_PARTS or batch.withdrawn_reason is not None:
        raise OptionError(
            _("batch {batch} holds no plan parts that are valid").format(batch=number),
            hint=_("read the new outline first: regularize ingest plan FILE --kind plan_parts"),
        )
    rows = store.layer(PLAN_PARTS, on=today())
    outlines = list(rows[rows["batch"] == number].geometry)
    if objection is None or any(outline.intersects(objection.geometry) for outline in outlines):
        return []
    return [_("no plan part of batch {batch} touches the place of the objection").format(batch=number)]

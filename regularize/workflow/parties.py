"""Who is to be heard in a case: parcels by geometry, and apart from them counts of households."""

from datetime import date
from typing import Any

from regularize import privacy
from regularize.errors import OptionError
from regularize.i18n import language
from regularize.i18n import translate as _
from regularize.model import Case, NotAssessed, Verdict
from regularize.plan.parties import Party, buildings_without_parcel, interested_parties
from regularize.project import today
from regularize.store import Store
from regularize.workflow.areas import area_geometry
from regularize.workflow.case import place_of
from regularize.workflow.projects import Opened, store_of

CONSULTED = "case.consultation"
HOUSEHOLDS = "case.households"
REASON_CODES = {"inside": "PARTY_INSIDE", "adjoining": "PARTY_ADJOINING"}


def statutory(here: Opened, case_id: str, *, on: date | None) -> dict[str, Any]:
    """Parcels inside the case's plan part and beside it, with stable English keys.

    Raises
    ------
    OptionError
        If there is no such case, it has no place, or the store has no parcels.
    """
    day = on or today()
    with store_of(here, read_only=True) as store:
        case = store.case(case_id)
        place, sigma_m = _outline(store, case, day)
        parcels = store.layer("parcels", on=day)
    if parcels.empty:
        raise OptionError(
            _("the store has no parcels of the cadastre on that day"),
            hint="regularize ingest cadastre FILE --kind parcels",
        )
    found = interested_parties(place, parcels, place_sigma_m=sigma_m)
    codes = ["PARTY_GEOMETRY_LIMITS"]
    if found.unnamed_inside or found.unnamed_adjoining:
        codes.append("PARTY_UNNAMED")
    return {
        "case": case.id,
        "plan_part": case.plan_part,
        "on": day.isoformat(),
        "parties": [_party_record(here, party) for party in found.named],
        "unnamed": {"inside": found.unnamed_inside, "adjoining": found.unnamed_adjoining},
        "notes": [{"code": code, "text": here.pack.rule(code).text[language()]} for code in codes],
    }


def _party_record(here: Opened, party: Party) -> dict[str, Any]:
    """A pack without law assesses nothing."""
    verdict, because = party.verdict, party.because
    if not here.pack.law:
        verdict, because = Verdict.NOT_ASSESSED, NotAssessed.LAW_UNVERIFIED
    code = REASON_CODES[party.reason]
    return {
        "identifier": party.identifier,
        "reason": party.reason,
        "code": code,
        "verdict": verdict.value,
        "because": because.value if because else None,
        "area_inside_m2": round(party.area_m2, 1),
        "area_sigma_m2": round(party.area_sigma_m2, 1),
        "share_inside": round(party.share, 3),
        "border_m": round(party.border_m, 1),
        "citation": here.pack.rule(code).citation,
    }


def voluntary(here: Opened, case_id: str, *, on: date | None) -> dict[str, Any]:
    """Households that may be affected, as counts: what was recorded, and what the survey shows.

    It is no part of the statutory list, and never joined with it.
    """
    day = on or today()
    with store_of(here, read_only=True) as store:
        case = store.case(case_id)
        recorded: dict[str, dict[str, Any]] = {}
        for event in store.events(subject=f"case:{case.id}", type=HOUSEHOLDS):
            if event.payload is not None and event.on <= day:
                block = event.payload["block"] or ""
                recorded[block] = {
                    "block": block or None,
                    "households": event.payload["households"],
                    "on": event.on.isoformat(),
                }
        counted = None
        if case.geometry is not None:
            place, _sigma = _outline(store, case, day)
            counted = dict(
                buildings_without_parcel(
                    place, store.layer("observed_buildings", on=day), store.layer("parcels", on=day)
                )
            )
    return {
        "case": case.id,
        "on": day.isoformat(),
        "recorded": [recorded[block] for block in sorted(recorded)],
        "without_parcel": counted,
    }


def record_households(
    here: Opened, case_id: str, *, households: int, block: str | None, on: date | None, actor: str
) -> None:
    """Record how many households of a block are affected. Raises `OptionError`."""
    with store_of(here) as store:
        case = store.case(case_id)
        day = past_day(on)
        payload = {"block": privacy.redact(block)[0] if block else None, "households": households}
        store.append_event(HOUSEHOLDS, f"case:{case.id}", day, payload, privacy.redact(actor)[0])


def record_consultation(
    here: Opened,
    case_id: str | None,
    *,
    kind: str,
    people: int,
    area: str | None,
    on: date | None,
    actor: str,
    partner: str | None = None,
) -> dict[str, Any]:
    """Record a consultation as a dated count of people, never who they were.

    Parameters
    ----------
    case_id : str or None
        None where no case was opened yet, or it was about none.
    partner : str, optional
        A code of the list ``consultation_partner``: with whom the municipality held it.

    Raises
    ------
    OptionError
        If a code or the area is unknown, the day cannot be, or a person is named.
    """
    for name, chosen in (("consultation_kind", kind), ("consultation_partner", partner)):
        known = here.pack.codes(name)
        if chosen is not None and chosen not in known:
            message = (
                _("there is no kind of consultation {kind}").format(kind=privacy.redact(chosen)[0])
                if name == "consultation_kind"
                else _("there is no partner of consultations {partner}").format(
                    partner=privacy.redact(chosen)[0]
                )
            )
            raise OptionError(message, hint=_("one of: {values}").format(values=", ".join(known)))
    if on is None:
        raise OptionError(
            _("a consultation needs the day on which it was held"), hint=_("give --date YYYY-MM-DD")
        )
    if privacy.find_personal(actor):
        raise OptionError(
            _("a person stands where an office is asked for"), hint=_("--by names an office or a role")
        )
    with store_of(here) as store:
        subject = "store" if case_id is None else f"case:{store.case(case_id).id}"
        day = past_day(on)
        area_geometry(store, area)
        payload = {"kind": kind, "people": people, "area": area} | ({"partner": partner} if partner else {})
        stored = store.append_event(CONSULTED, subject, day, payload, actor)
    return {"seq": stored.seq, "case": case_id, "on": day.isoformat(), **payload}


def past_day(on: date | None, *, since: date | None = None) -> date:
    """A day on which something has happened. Raises `OptionError` for one that lies ahead or too early."""
    day = on or today()
    if day > today():
        raise OptionError(
            _("{day} lies in the future").format(day=day.isoformat()), hint=_("record what has happened")
        )
    if since is not None and day < since:
        raise OptionError(
            _("{day} lies before {since}").format(day=day.isoformat(), since=since.isoformat()),
            hint=_("check the date: --date YYYY-MM-DD"),
        )
    return day


def _outline(store: Store, case: Case, day: date) -> tuple[Any, float]:
    """The outline of a case on a day, and how sure its border is (m)."""
    if case.plan_part is not None:
        parts = store.layer("plan_parts", on=day)
        chosen = parts[parts["name"] == case.plan_part]
        if not chosen.empty:
            place = place_of(store, part=None, area=None, homes=list(chosen.geometry))
            return place, float(chosen["sigma_m"].max())
    if case.geometry is None or case.geometry.is_empty:
        raise OptionError(
            _("case {id} has no place, so nothing can be said of its neighbours").format(id=case.id),
            hint=_("open a case with --part NAME, --area NAME or --home ID"),
        )
    return case.geometry, 0.0

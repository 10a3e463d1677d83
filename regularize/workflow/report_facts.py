"""What reports say beside the counts of findings: documents that unlock homes, progress, origins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from regularize.i18n import marked as _
from regularize.law.next_document import Unlock, unlocks
from regularize.law.pathways import PathState
from regularize.model import Home
from regularize.project import today
from regularize.publish.text import format_day, format_number
from regularize.store import Store
from regularize.workflow.case import procedure_of, statuses
from regularize.workflow.parties import CONSULTED
from regularize.workflow.pathway import Desk
from regularize.workflow.plan_rules import PLAN
from regularize.workflow.projects import Opened

# Where a home stands on its way, the nearest first; each home is in exactly one of them.
NOW, ONE_DOCUMENT, BY_PLAN, FURTHER = HOME_STATES = ("now", "one_document", "plan", "further")
NO_LAW = _("the country pack knows no law")
NO_HOMES = _("no homes are known: regularize detect has not been run")
NOT_EVERY_WAY = _("not every way of every home is assessed yet; what is counted is only what is known")
NOT_TODAY = _("papers are known as they stand today, not on another day")


@dataclass(frozen=True)
class Ways:
    """Where every home stands, and what documents would do.

    Parameters
    ----------
    states : mapping of home id to one of `HOME_STATES`
    unassessed : frozenset of str
        Homes of which nobody knows whether a way is open: none is, and some are not assessed.
    unlocks : tuple of Unlock
    homes : mapping of home id to Home
    reason : str
        Why nothing is known; English, marked for the catalogue. Empty where all is known.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    unlocks: tuple[Unlock, ...] = ()
    homes: Mapping[str, Home] = field(default_factory=dict)
    reason: str = ""
    unassessed: frozenset[str] = frozenset()


def ways_of(here: Opened, store: Store, *, on: date) -> Ways:
    """The ways of all homes of a project on a day."""
    homes = store.homes()
    if not here.pack.law:
        return Ways(reason=NO_LAW)
    if not homes:
        return Ways(reason=NO_HOMES)
    if on != today():
        return Ways(reason=NOT_TODAY)
    desk = Desk(here, store, on, {})
    nearest: dict[str, str | None] = {}
    for home in homes:
        record = desk.record(home)
        procedures = {way["way"]: way["procedure"] for way in record["ways"]}
        following = record["next"]
        nearest[home.id] = None if following is None else procedures[following["way"]]
    found = tuple(unlocks(desk.results, desk.book, had=desk.had))
    decided = {home for unlock in found for home in unlock.decides}
    states_of = {home: {r.state for r in results} for home, results in desk.results.items()}
    open_now = {home for home, reached in states_of.items() if PathState.OPEN in reached}

    def state(home: str) -> str:
        if home in open_now:
            return NOW
        if home in decided:
            return ONE_DOCUMENT
        return BY_PLAN if nearest[home] == PLAN else FURTHER

    unassessed = frozenset(
        home
        for home, reached in states_of.items()
        if home not in open_now and PathState.NOT_ASSESSED in reached
    )
    states = {home.id: state(home.id) for home in homes}
    return Ways(states, found, {home.id: home for home in homes}, unassessed=unassessed)


def progress(here: Opened, store: Store, *, place: BaseGeometry | None, on: date) -> list[dict[str, Any]]:
    """In which phase the parts of every procedure have been, and when: not of single homes."""
    rows = []
    for case, found in statuses(here, store, on=on):
        elsewhere = place is not None and (case.geometry is None or not place.intersects(case.geometry))
        if case.homes or elsewhere or case.opened_on > on:
            continue
        steps = procedure_of(here, case.kind).steps
        due = found.next_deadline
        for part in found.parts:
            began = [(case.opened_on, next(iter(steps.values())).process_step)]
            began += [(d.since, steps[d.step].process_step) for d in part.done if d.since is not None]
            if part.since is not None:
                began.append((part.since, part.process_step))
            dated = sorted((day, phase) for day, phase in began if phase is not None and day <= on)
            stretches: list[dict[str, str]] = []
            for day, phase in dated:
                if stretches and stretches[-1]["phase"] == phase:
                    continue
                if stretches:
                    stretches[-1]["until"] = day.isoformat()
                stretches.append({"phase": phase, "since": day.isoformat(), "until": on.isoformat()})
            rows.append(
                {
                    "label": part.part or case.plan_part or case.title,
                    "stretches": stretches,
                    "due": due.due.isoformat() if due is not None and due.due >= on else None,
                }
            )
    return rows


def consultations(
    store: Store, *, area: str | None, on: date, since: date | None = None
) -> list[dict[str, Any]]:
    """Meetings, outreach and mediation by kind, partner and area: when, how often, with how many people."""
    found: dict[tuple[str, str, str], list[tuple[date, int]]] = {}
    for event in store.events(type=CONSULTED):
        said = event.payload
        if said is None or event.on > on or (since is not None and event.on < since):
            continue
        if area is None or said.get("area") == area:
            key = (str(said["kind"]), str(said.get("partner") or ""), str(said.get("area") or ""))
            found.setdefault(key, []).append((event.on, int(said["people"])))
    return [
        {
            "kind": kind,
            "partner": partner,
            "area": where,
            "held": len(held),
            "people": sum(people for _day, people in held),
            "first": min(day for day, _people in held).isoformat(),
            "last": max(day for day, _people in held).isoformat(),
        }
        for (kind, partner, where), held in sorted(found.items())
    ]


def origins(here: Opened, store: Store, *, on: date, lang: str) -> dict[str, Any]:
    """What a report states of itself: data and their days, rules, values with the day of their check."""
    label = here.pack.label
    lived = [b for b in store.batches() if b.withdrawn_reason is None and b.source.valid_from <= on]
    runs = [event.on for event in store.events(type="detect.run") if event.on <= on]
    rules = {code: rule for code, rule in here.pack.rules.items() if rule.kind == "reason"}
    return {
        "origins": [
            {
                "what": f"{label('origin.' + b.source.origin, lang)}: {label('kind.' + b.source.kind, lang)}",
                "since": b.source.valid_from.isoformat(),
                "accuracy": f"±\u00a0{format_number(b.source.sigma_m, 2, lang=lang)}\u00a0"
                + label("unit.m", lang),
            }
            for b in lived
        ],
        "run_on": max(runs).isoformat() if runs else None,
        "rules": [{"title": rule.title[lang], "code": code} for code, rule in sorted(rules.items())],
        "parameters": [*_thresholds(here, rules.values(), lang), *_legal_values(here, on, lang)],
    }


def _thresholds(here: Opened, rules: Iterable[Any], lang: str) -> list[dict[str, Any]]:
    records = here.pack.threshold_records
    names = dict.fromkeys(name for rule in rules for name in rule.parameters if name in records)
    return [
        {
            "name": here.pack.label(f"threshold.{name}", lang),
            "value": _sized(here, records[name]["value"], str(records[name]["unit"]), lang),
            "citation": None,
            "checked_on": None,
        }
        for name in names
    ]


def _legal_values(here: Opened, on: date, lang: str) -> list[dict[str, Any]]:
    """Legal values in force, each with the latest day on which somebody compared it with its source."""
    rows = []
    for parameter in here.pack.parameters.values():
        valid = [row for row in parameter.rows if row.is_valid_on(on) and row.value is not None]
        if not valid:
            continue
        values = dict.fromkeys(_sized(here, row.value, row.unit, lang) for row in valid)
        rows.append(
            {
                "name": parameter.title[lang],
                "value": " / ".join(values),
                "citation": valid[0].citation,
                "checked_on": min(row.checked_on for row in valid).isoformat(),
            }
        )
    return rows


def _sized(here: Opened, value: Any, unit: str, lang: str) -> str:
    if isinstance(value, date):
        return format_day(value.isoformat(), lang=lang)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return here.pack.label(f"value_word.{value}", lang)
    digits = 0 if float(value).is_integer() else 2
    shown = format_number(value, digits, lang=lang)
    return shown if unit in {"1", ""} else f"{shown}\u00a0{here.pack.label('unit.' + unit, lang)}"

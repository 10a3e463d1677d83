"""Which ways to regularisation are open to homes, what is missing, and what one document would settle.

Facts come from layers, documents, evidence, cases and what the user states; ownership is never read
from geometry. There is no sorting and no filter by how a building came to be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.law.evidence import kinds_of
from regularize.law.next_document import Unlock, best_of, next_documents, unlocks
from regularize.law.norms import check_norms, norms_of
from regularize.law.pathbook import path_book, with_costs
from regularize.law.pathways import HomeFacts, PathResult, PathState, assess, history
from regularize.model import Case, Finding, Home, Measure
from regularize.plan.site import Site
from regularize.project import today
from regularize.store import Store
from regularize.workflow import documents as papers
from regularize.workflow import evidence
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.case_facts import stated_facts
from regularize.workflow.case_words import basis_text
from regularize.workflow.costs import costs_of
from regularize.workflow.evidence_log import log_of
from regularize.workflow.homes import CasesByHome, resolve
from regularize.workflow.plan_rules import PLAN, PlanRules
from regularize.workflow.projects import Opened, store_of

LAYERS = ("observed_buildings", "parcels", "plots", "streets", "land", "regulated_plots")
# Facts that norms hold against limits, by unit; those that a plan sets are exact.
UNITS = {
    "m": (
        "frontage_m",
        "distance_side_m",
        "distance_rear_m",
        "height_m",
        "plan_min_frontage_m",
    ),
    "m2": ("area_m2", "plan_min_area_m2"),
    "1": ("density", "floor_area_ratio", "green_share", "ceded_share"),
}
EXACT = frozenset({"plan_min_frontage_m", "plan_min_area_m2", "ceded_share"})
UNIT_OF = {name: unit for unit, names in UNITS.items() for name in names}


def assessed(
    here: Opened,
    ids: Sequence[str],
    *,
    everything: bool,
    area: str | None,
    on: date | None,
    facts: Sequence[str],
    costs: Path | None = None,
) -> dict[str, Any]:
    """The ways of the chosen homes and what documents would do for them, with stable English keys.

    Raises
    ------
    OptionError
        If no home is chosen, or an id, area or fact is unknown.
    InputError
        If the table of `costs` is not whole.
    """
    day, stated = on or today(), stated_facts(facts)
    with store_of(here, read_only=True) as store:
        place = area_geometry(store, area)
        homes = [resolve(store, any_id) for any_id in ids]
        if everything or (area is not None and not ids):
            homes += [home for home in store.homes() if lies_in(home.geometry, place)]
        homes = list({home.id: home for home in homes}.values())
        if not homes:
            raise OptionError(
                _("no home was chosen"), hint=_("give an ID, --all or --area NAME; regularize home list")
            )
        desk = Desk(here, store, day, stated, costs=costs)
        records = [desk.record(home) for home in homes]
        found = unlocks(desk.results, desk.book, had=desk.had)
    return {
        "on": day.isoformat(),
        "area": area,
        "homes": records,
        "documents": [_unlock(unlock) for unlock in found],
    }


def pathway_facts(here: Opened, store: Store, home: Home, *, on: date) -> dict[str, Any]:
    """What the dossier of a home prints about its ways: plain values, JSON-able.

    Keys: ``ways`` (state, blockers, next document), ``next`` (the cheapest next document of all),
    ``norms``, ``rule_set`` (the day whose law holds for the norms and for the ways of a plan, and the case
    that pins it), ``evidence`` (pieces by date, cut-offs), ``documents`` (checklist) and ``history``.
    Words: labels ``way.*``, ``path_state.*``, ``condition.*``, ``norm.*``, ``way_out.*``,
    ``document.*``, ``document_state.*``, ``evidence_kind.*``, ``verdict.*``, ``not_assessed.*``.
    """
    return Desk(here, store, on, {}).record(home)


def checklist(here: Opened, target: str) -> list[dict[str, Any]]:
    """What the steps of a case, or the ways that concern a home, need, each paper with its state."""
    with store_of(here, read_only=True) as store:
        home, case = papers.target_of(store, target)
        if case is not None:
            return papers.checklist_of_case(here, store, case)
        if home is None:
            return []
        found: list[dict[str, Any]] = pathway_facts(here, store, home, on=today())["documents"]
        return found


def checklist_rows(here: Opened, records: Sequence[Mapping[str, Any]], *, lang: str) -> list[tuple[str, ...]]:
    """A checklist as table rows."""
    label = here.pack.label
    return [
        (
            label(f"way.{entry['way']}", lang)
            if "way" in entry
            else label(f"step.{entry['kind']}.{entry['step']}", lang),
            label(f"document.{entry['document']}", lang),
            label(f"document_state.{entry['state']}", lang),
            basis_text(entry["citation"], entry["status"], lang),
        )
        for entry in records
    ]


class Desk:
    """Everything that several homes share, read once."""

    def __init__(
        self,
        here: Opened,
        store: Store,
        day: date,
        stated: Mapping[str, Any],
        *,
        costs: Path | None = None,
        findings: Sequence[Finding] | None = None,
    ) -> None:
        self.here, self.store, self.day = here, store, day
        self.book = with_costs(path_book(here.pack), costs_of(here, costs))
        self.norms = norms_of(here.pack)
        self.kinds = kinds_of(here.pack)
        self.site = Site(groups=here.pack.groups, **{name: store.layer(name, on=day) for name in LAYERS})
        self.findings: dict[str, list[Finding]] = {}
        for finding in store.findings() if findings is None else findings:
            self.findings.setdefault(finding.home or "", []).append(finding)
        self.stated = dict(stated)
        self.log = log_of(store)
        self.cases, self.papers = CasesByHome(store.cases()), papers.DocumentsByHome(here, store)
        self.results: dict[str, tuple[PathResult, ...]] = {}
        self.had: dict[str, frozenset[str]] = {}
        self.plans = PlanRules(here, store, day)

    def record(self, home: Home) -> dict[str, Any]:
        """The ways of one home, and all that they rest on."""
        running = self.cases.of(home)
        held = self.papers.of(home, running)
        facts, sources, conflicts = self._facts(home, running, held)
        pinned = self.plans.of(running)
        if pinned.differ:
            first, *_rest, last = pinned.differ
            conflicts.append({"fact": "rules_on", "one": f"case:{first}", "other": f"case:{last}"})
        known = {
            on: HomeFacts(
                facts=facts,
                norms={c.norm.id: c for c in check_norms(self.here.pack, self.norms, facts, on=on)},
                age=evidence.interval(self.here, self.log, home.id),
            )
            for on in {self.day, pinned.on}
        }
        checks, age = known[pinned.on].norms.values(), known[pinned.on].age
        results = self._assessed(known, pinned.on)
        state = papers.states(held)
        had = frozenset(name for name, word in state.items() if word in papers.DONE)
        self.results[home.id], self.had[home.id] = results, had
        plans = {r.way.id: next_documents(r, self.book, had=had) for r in results}
        best = None if any(r.state is PathState.OPEN for r in results) else best_of(plans)
        chosen = plans[best] if best is not None else None
        return {
            "home": home.id,
            "on": self.day.isoformat(),
            "next": None
            if chosen is None
            else {"way": best, **chosen.as_dict(), "state": state.get(chosen.next, papers.NOT_ASKED)},
            "ways": [
                {
                    "way": r.way.id,
                    "state": r.state.value,
                    "concerns": r.concerns.value,
                    "proposed": r.way.is_proposed,
                    "procedure": r.way.procedure,
                    "rules_on": (pinned.on if r.way.procedure == PLAN else self.day).isoformat(),
                    "blockers": [answer.as_dict() for answer in r.blockers],
                    "conditions": [answer.as_dict() for answer in r.answers],
                    "next": None if (plan := plans[r.way.id]) is None else plan.as_dict(),
                    "citation": r.way.citation,
                    "status": r.way.status,
                }
                for r in results
            ],
            "rule_set": {"on": pinned.on.isoformat(), "case": pinned.case},
            "norms": [check.as_dict() for check in checks],
            "evidence": evidence.record(self.here, age, on=self.day),
            "documents": papers.checklist_of_ways(results, held),
            "history": history(self.here.pack, self.book, facts, on=self.day),
            "facts": {
                name: {**_plain(value), "source": sources[name]} for name, value in sorted(facts.items())
            },
            "conflicts": conflicts,
        }

    def _assessed(self, known: Mapping[date, HomeFacts], plan_day: date) -> tuple[PathResult, ...]:
        """Every way under the law of its day: a running plan's under that of its permission."""
        pack, kinds = self.here.pack, self.kinds
        today_s = assess(pack, self.book, known[self.day], on=self.day, kinds=kinds)
        if plan_day == self.day:
            return today_s
        ways = tuple(way for way in self.book.ways if way.procedure == PLAN)
        of_plan = assess(pack, replace(self.book, ways=ways), known[plan_day], on=plan_day, kinds=kinds)
        by_way = {result.way.id: result for result in of_plan}
        return tuple(by_way.get(result.way.id, result) for result in today_s)

    def _facts(
        self, home: Home, running: Sequence[Case], held: Sequence[Any]
    ) -> tuple[dict[str, Any], dict[str, str], list[dict[str, Any]]]:
        """Facts by name with their source: what a person states goes before what a layer shows."""
        said: list[tuple[str, Any, str]] = [
            (name, fact.value, f"layer:{fact.source}")
            for name, fact in self.site.facts(home, self.findings.get(home.id, ())).items()
        ]
        for case in running:
            said += [(name, value, f"case:{case.id}") for name, value in case.facts.items()]
            if case.kind == PLAN:
                in_force = self.plans.in_force(case.id)
                if in_force is not None:
                    said.append(("plan_in_force", in_force, f"case:{case.id}"))
        said += [
            (name, value, f"document:{source}")
            for name, (value, source) in papers.facts_of(self.store, self.book, held).items()
        ]
        said += [(name, value, "stated") for name, value in self.stated.items()]
        facts: dict[str, Any] = {}
        sources: dict[str, str] = {}
        conflicts = []
        for name, given, source in said:
            value = _measured(name, given)
            if name in facts and facts[name] != value and not isinstance(value, Measure):
                conflicts.append({"fact": name, "one": sources[name], "other": source})
            facts[name], sources[name] = value, source
        return facts, sources, conflicts


def _unlock(unlock: Unlock) -> dict[str, Any]:
    return {
        "document": unlock.document,
        "scope": unlock.scope,
        "decides": list(unlock.decides),
        "next_for": list(unlock.next_for),
        "part_of": list(unlock.part_of),
    }


def _measured(name: str, value: Any) -> Any:
    """A number stated for a measured fact as a measure, ``14.2±0.1``; all else as it is.

    Without its accuracy a measured value decides nothing; a limit that a plan sets is exact.
    """
    if name not in UNIT_OF or isinstance(value, (Measure, bool)):
        return value
    number, _sign, sigma = str(value).replace(",", ".").replace("+-", "±").partition("±")
    try:
        doubt = float(sigma) if sigma else (0.0 if name in EXACT else None)
        return Measure(float(number), doubt, UNIT_OF[name])
    except ValueError as error:
        raise OptionError(
            _("{name} cannot be {value}").format(name=name, value=value),
            hint=_("write a measured value with its accuracy: NAME=14.2±0.1"),
        ) from error


def _plain(value: Any) -> dict[str, Any]:
    if isinstance(value, Measure):
        return {"value": value.value, "sigma": value.sigma, "unit": value.unit}
    return {"value": value.isoformat() if isinstance(value, date) else value}

"""Where a case stands on a day, for each of its parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from regularize.law.deadlines import Calendar
from regularize.law.definition import UNVERIFIED, Procedure, Route
from regularize.law.derivation import Run, Term
from regularize.law.records import (
    CaseEvent,
    CaseStatus,
    Deadline,
    DeadlineState,
    Gap,
    LintNote,
    NextStep,
    Part,
    PartStatus,
)
from regularize.model import NotAssessed


def status(
    procedure: Procedure,
    events: Sequence[CaseEvent],
    *,
    on: date,
    calendar: Calendar,
    facts: Mapping[str, Any],
    parts: Sequence[str] = (),
) -> CaseStatus:
    """Where a case stands on a day.

    Parameters
    ----------
    procedure : Procedure
    events : sequence of CaseEvent
        The whole log of the case, in any order. Those after `on` are left out; a correction holds
        whenever it was made.
    on : date
        The pivot date, as a civil date.
    calendar : Calendar
    facts : mapping
        What is known of the case (``scope``); facts stated by events win over it.
    parts : sequence of str
        The plan parts that make up the whole. Without them, what no event names by itself is the
        part None.

    Returns
    -------
    CaseStatus

    Examples
    --------
    >>> from regularize.countries import load
    >>> from regularize.law.procedure import parse
    >>> review = parse(load("generic").procedures["review"])
    >>> status(review, [], on=date(2026, 3, 1), calendar=Calendar(), facts={}).parts[0].step
    'opened'
    """
    kept, notes = _history(procedure, events, on)
    names = _parts(kept, parts)
    rules_on = next((event.on for event in kept if event.type == procedure.rules_of), None)
    runs = _runs(kept, names, Run(procedure, facts, calendar, rules_on=rules_on), on)
    if parts:
        notes += [
            LintNote("UNKNOWN_PART", {"part": name}, name)
            for name in names
            if name is not None and name not in parts
        ]
    return CaseStatus(
        procedure=procedure.id,
        on=on,
        parts=tuple(_part_status(name, run) for name, run in runs),
        deadlines=_deadlines(runs, on),
        gaps=tuple(_shared((name, _gaps(run, on)) for name, run in runs)),
        notes=(*notes, *_shared((name, _notes(run)) for name, run in runs)),
        rules_of=procedure.rules_of,
        rules_on=rules_on,
    )


def _runs(events: Sequence[CaseEvent], names: Sequence[Part], past: Run, on: date) -> list[tuple[Part, Run]]:
    """A run for each part. Up to the first day on which a part has an event of its own they share one."""
    fork_on = next((event.on for event in events if event.part is not None), None)
    later = [event for event in events if fork_on is not None and event.on >= fork_on]
    past.replay(events[: len(events) - len(later)])
    if not later:
        past.pass_time(on)
        return [(name, past) for name in names]
    own = {event.part for event in later}
    apart: dict[Part, Run] = {}
    for name in names:
        if name is not None and name in own:
            apart[name] = run = past.fork()
            run.replay(event for event in later if event.part is None or event.part == name)
            run.pass_time(on)
    if len(apart) < len(names):
        past.replay(event for event in later if event.part is None)
        past.pass_time(on)
    return [(name, apart.get(name, past)) for name in names]


def _history(
    procedure: Procedure, events: Sequence[CaseEvent], on: date
) -> tuple[list[CaseEvent], list[LintNote]]:
    """The events that count up to `on`, in order, each replaced by its correction."""
    notes: list[LintNote] = []
    replaced = {event.corrects for event in events if event.corrects is not None}
    if replaced:
        known = {event.seq for event in events}
        notes += [LintNote("CORRECTION_OF_NOTHING", {"corrects": seq}) for seq in sorted(replaced - known)]
    kept = []
    for event in events:
        if event.seq in replaced or event.on > on:
            continue
        if event.type not in procedure.event_types:
            notes.append(LintNote("UNKNOWN_EVENT", {"seq": event.seq, "event": event.type}))
            continue
        kept.append(event)
    kept.sort(key=lambda event: (event.on, event.seq))
    return kept, notes


def _parts(events: Iterable[CaseEvent], parts: Sequence[str]) -> tuple[Part, ...]:
    named: dict[Part, None] = dict.fromkeys(parts) if parts else {None: None}
    for event in events:
        if event.part is not None:
            named.setdefault(event.part)
    return tuple(named)


def _part_status(part: Part, run: Run) -> PartStatus:
    step = run.procedure.steps[run.step]
    return PartStatus(
        part=part,
        step=step.id,
        since=run.since,
        process_step=step.process_step,
        terminal=step.terminal,
        done=tuple(run.done),
        milestones=tuple(run.milestones.values()),
        next_steps=tuple(_next_steps(run)),
    )


def _next_steps(run: Run) -> list[NextStep]:
    steps = run.procedure.steps
    found = []
    for route in run.procedure.leaving[run.step]:
        target = steps.get(route.to)
        parallel = target is not None and target.parallel
        if (parallel and route.to in run.milestones) or route.is_shut(run.facts):
            continue
        if route.event is None and not any(run.terms.get(name) for name in route.after):
            continue
        found.append(
            NextStep(
                event=route.event,
                to=route.to if target is not None else run.previous or run.procedure.initial,
                parallel=parallel,
                exceptional=route.exceptional,
                actor=route.actor,
                documents=route.documents,
                missing=run.missing(route),
                due=_due_of(run, route),
                waits_for=tuple(name for name in route.after if run.terms.get(name)),
                citation=route.citation,
                status=route.status,
            )
        )
    return sorted(found, key=lambda n: (n.exceptional, n.parallel))


def _due_of(run: Run, route: Route) -> date | None:
    if route.event is None:
        return run.end_of(route.after)
    open_ = [
        term.effective
        for clock in run.procedure.stopped_by[route.event]
        for term in run.terms.get(clock.id, {}).values()
        if term.done_on is None
    ]
    return min(open_, default=None)


def _state(run: Run, term: Term, on: date) -> DeadlineState:
    late = on > term.effective
    if term.clock.kind == "right":
        return "expired" if late else "running"
    if term.done_on is not None:
        if term.done_on <= term.effective:
            return "met"
        unknown = term.status == UNVERIFIED or term.done_by in term.clock.proved_by
        return "not_assessed" if unknown else "late"
    if run.procedure.steps[run.step].terminal:
        return "ended"
    if not late:
        return "running"
    return "not_assessed" if term.status == UNVERIFIED else "overdue"


def _deadlines(runs: Sequence[tuple[Part, Run]], on: date) -> tuple[Deadline, ...]:
    seen: dict[Any, tuple[Term, DeadlineState, bool, list[Part]]] = {}
    for part, run in runs:
        for name, terms in run.terms.items():
            if not terms:
                continue
            last = None if run.outstanding(name) else max(term.effective for term in terms.values())
            for term in terms.values():
                state, decides = _state(run, term, on), term.effective == last
                key = (name, term.notice, term.start, term.announced, term.done_on, state, decides)
                seen.setdefault(key, (term, state, decides, []))[-1].append(part)
    found = [_deadline(*entry) for entry in seen.values()]
    return tuple(sorted(found, key=lambda d: (d.due, d.clock, d.notice or "")))


def _deadline(term: Term, state: DeadlineState, decides: bool, parts: Sequence[Part]) -> Deadline:
    clock = term.clock
    return Deadline(
        clock=clock.id,
        ref=clock.ref,
        kind=clock.kind,
        holder=clock.holder,
        notice=term.notice,
        start_event=term.start_event,
        start=term.start,
        amount=clock.amount,
        unit=clock.unit,
        computed_due=term.due.date,
        announced_due=term.announced,
        due=term.effective,
        provisional=term.due.provisional and term.effective == term.due.date,
        done_on=term.done_on,
        state=state,
        overdue=None if state == "not_assessed" else state == "overdue",
        decides=decides,
        citation=clock.citation,
        status=term.status,
        parts=tuple(parts),
    )


def _notes(run: Run) -> list[LintNote]:
    found = [LintNote(code, params) for code, params in run.notes]
    for name, expected in run.expected.items():
        served = len(run.terms.get(name, ()))
        if expected is not None and served < expected:
            found.append(
                LintNote("PARTY_NOT_SERVED", {"clock": name, "served": served, "expected": expected})
            )
    return found


def _gaps(run: Run, on: date) -> list[Gap]:
    procedure, step = run.procedure, run.procedure.steps[run.step]
    missing = NotAssessed.FACT_MISSING
    found: list[Gap] = []
    if step.source_missing:
        found.append(Gap("SOURCE_MISSING", NotAssessed.ADVICE_NEEDED, {"step": step.id}))
    if not step.terminal:
        asked = {fact.name for fact in procedure.facts.values() if fact.needed}
        for route in procedure.leaving[step.id]:
            needs = [need for need in route.needs if need.step not in run.milestones]
            asked |= {name for need in needs for name in need.unless}
        found += [
            Gap("FACT_MISSING", missing, {"fact": name})
            for name in sorted(asked)
            if run.facts.get(name) is None
        ]
    waits = {name for route in procedure.automatic[step.id] for name in route.after}
    for name in sorted(waits):
        if run.outstanding(name):
            expected = run.expected.get(name)
            code = "NOTICE_COUNT_UNKNOWN" if expected is None else "PARTY_NOT_SERVED"
            served = len(run.terms.get(name, ()))
            found.append(Gap(code, missing, {"clock": name, "served": served, "expected": expected}))
    by_fact = any(r.stated and r.to == step.id for r in procedure.automatic.get(run.previous or "", ()))
    unconfirmed = step.confirmed_by is not None and step.confirmed_by not in run.milestones
    if unconfirmed and run.by is None and not by_fact:
        found.append(Gap("TERM_END_UNCONFIRMED", missing, {"step": step.id, "milestone": step.confirmed_by}))
    for name, terms in run.terms.items():
        open_ = any(term.done_on is None for term in terms.values())
        for term in terms.values():
            if term.done_by in procedure.clocks[name].proved_by and _state(run, term, on) == "not_assessed":
                params = {"clock": name, "events": procedure.clocks[name].stops}
                found.append(Gap("DAY_OF_ACT_UNKNOWN", missing, params))
        unread = any(term.status == UNVERIFIED for term in terms.values())
        if open_ and unread and not step.terminal:
            found.append(Gap("LAW_UNVERIFIED", NotAssessed.LAW_UNVERIFIED, {"clock": name}))
    return found


def _shared(entries: Iterable[tuple[Part, list[Any]]]) -> list[Any]:
    """Entries once each: of one part under its name, of several or of the whole under none."""
    seen: dict[tuple[str, str], tuple[Any, list[Part]]] = {}
    for part, found in entries:
        for entry in found:
            key = (entry.code, repr(sorted(entry.params.items())))
            _first, named = seen.setdefault(key, (entry, []))
            if part not in named:
                named.append(part)
    return [replace(entry, part=named[0]) if len(named) == 1 else entry for entry, named in seen.values()]

"""The history of one plan part, replayed from its events up to a day."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from regularize.law.deadlines import DAY, Calendar, Due, due
from regularize.law.definition import (
    PREVIOUS,
    UNVERIFIED,
    Clock,
    EventType,
    Facts,
    Procedure,
    Route,
    contradicts,
)
from regularize.law.records import CaseEvent, Done

NOTICE = "notice"  # the fact that numbers a notice
NOTICES = "notices"  # the fact that says how many notices were sent
DOCUMENT = "document"  # the fact that names the kind of document that proves an event


@dataclass(slots=True)
class Term:
    """A clock that has been started."""

    clock: Clock
    start: date
    start_event: str
    notice: str | None
    announced: date | None
    due: Due
    status: str
    done_on: date | None = None
    done_by: str | None = None
    effective: date = field(init=False)

    def __post_init__(self) -> None:
        """Find the last day that counts: a right is never shorter than rule or announcement say."""
        self.effective = self.due.date
        if self.clock.kind == "right" and self.announced is not None and self.announced > self.due.date:
            self.effective = self.announced

    def copied(self) -> "Term":
        """The same term, to go its own way."""
        return Term(
            self.clock,
            self.start,
            self.start_event,
            self.notice,
            self.announced,
            self.due,
            self.status,
            self.done_on,
            self.done_by,
        )


_NO_TERMS: dict[str | None, Term] = {}


def count_of(value: Any) -> int | None:
    """A number of notices as stated; None where it is not a number above zero."""
    if isinstance(value, str) and value.strip().isdecimal():
        try:
            value = int(value)
        except ValueError:  # of thousands of digits
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


class Run:
    """One part on its way through a procedure. Feed it events in order, then pass the time up to the day."""

    def __init__(
        self, procedure: Procedure, facts: Facts, calendar: Calendar, *, rules_on: date | None = None
    ) -> None:
        self.procedure, self.calendar, self.rules_on = procedure, calendar, rules_on
        # Up to this day nothing follows by itself; whatever changes that sets it back.
        self._quiet_until = date.min
        self.facts = dict(facts)
        self._state(facts)
        self.step = procedure.initial
        self.since: date | None = None
        self.by: CaseEvent | None = None
        self.previous: str | None = None
        self.done: list[Done] = []
        self.milestones: dict[str, Done] = {}
        self.terms: dict[str, dict[str | None, Term]] = {}
        self.expected: dict[str, int | None] = {}
        self.noticed = False
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def fork(self) -> "Run":
        """A run that shares this past and may go its own way."""
        other = copy(self)
        other.done, other.notes = list(self.done), list(self.notes)
        other.milestones, other.expected = dict(self.milestones), dict(self.expected)
        other.terms = {
            name: {key: term.copied() for key, term in terms.items()} for name, terms in self.terms.items()
        }
        return other

    # --- events -------------------------------------------------------------------------------

    def replay(self, events: Iterable[CaseEvent]) -> None:
        """Take the events, whole days of them; of those of one day an order is sought in which they fit."""
        waiting: list[CaseEvent] = []
        take = self._take
        for event in events:
            if waiting and waiting[0].on != event.on:
                self._refuse(waiting)
                waiting = []
            if not take(event):
                waiting.append(event)
            elif waiting:
                waiting = [late for late in waiting if not take(late)]
        self._refuse(waiting)

    def _refuse(self, waiting: list[CaseEvent]) -> None:
        for event in waiting:
            kind = self.procedure.event_types[event.type]
            routes = self.procedure.by_event[event.type]
            params: dict[str, Any] = {"seq": event.seq, "event": event.type, "step": self.step}
            if kind.within and self._judge_lateness(kind, event):
                continue
            if all(contradicts(route.when, self.facts) for route in routes):
                facts = sorted({name for route in routes for name in route.when})
                self.note("FACT_CONTRADICTS", {"seq": event.seq, "event": event.type, "facts": tuple(facts)})
            elif kind.decision and not self.noticed:
                self.note("DECISION_BEFORE_NOTICE", params)
            elif kind.decision and self._waits_for_terms(routes):
                self.note("DECISION_BEFORE_TERM_END", params)
            else:
                self.note("IMPOSSIBLE_ORDER", params)

    def _take(self, event: CaseEvent) -> bool:
        reaction = self.procedure.reactions[event.type]
        kind = reaction.kind
        if event.on > self._quiet_until:
            self.pass_time(event.on)
        before = self.facts
        if not self.procedure.facts.keys().isdisjoint(event.facts):
            self._state(event.facts)
        route = self._route(event, reaction.routes) if reaction.routes else None
        if reaction.routes and route is None:
            self.facts, self._quiet_until = before, date.min
            return False
        if kind.notice:
            self.noticed = True
        if kind.within and route is None:
            self._judge_lateness(kind, event)
        if kind.document_needed and not event.facts.get(DOCUMENT):
            self.note("EVIDENCE_MISSING", {"seq": event.seq, "event": event.type})
        for clock in reaction.stops:
            self._stop(clock, event)
        if route is not None:
            self._follow(route, event)
        for clock in reaction.dispatches:
            self._dispatch(clock, event)
        for clock in reaction.starts:
            if not clock.is_shut(self.facts):
                self._start(clock, event.on, event.type, event)
        return True

    def _state(self, facts: Facts) -> None:
        known = self.procedure.facts
        stated = {name: known[name].read(facts[name]) for name in known.keys() & facts.keys()}
        self.facts = {**self.facts, **{name: value for name, value in stated.items() if value is not None}}
        self._quiet_until = date.min

    def _route(self, event: CaseEvent, routes: tuple[Route, ...]) -> Route | None:
        """The route that the event takes from here; None where it fits nowhere."""
        procedure, here = self.procedure, self.step
        for route in routes:
            if here in route.origins and not route.is_shut(self.facts):
                return route
        allowed = [route for route in routes if not route.is_shut(self.facts)]
        if procedure.steps[here].terminal:
            return None
        for route in allowed:
            if route.to != PREVIOUS and procedure.steps[route.to].parallel:
                return route
            skipped = procedure.ahead[here] & route.origins
            if route.entry and skipped:
                params = {"seq": event.seq, "event": event.type, "step": here, "to": route.to}
                self.note("STEPS_SKIPPED", params)
                return route
        return None

    def _follow(self, route: Route, event: CaseEvent) -> None:
        missing = self.missing(route) if route.needs else ()
        if missing:
            self.note("GUARD_UNMET", {"seq": event.seq, "event": event.type, "missing": missing})
        if route.to != PREVIOUS and self.procedure.steps[route.to].parallel:
            self.milestones[route.to] = Done(route.to, event.on, None, event.type, event.seq)
        else:
            target = self.previous or self.procedure.initial if route.to == PREVIOUS else route.to
            self._enter(target, event.on, event.on, event)

    def missing(self, route: Route) -> tuple[str, ...]:
        """Milestones that the route needs and that are not reached."""
        return tuple(
            need.step
            for need in route.needs
            if need.step not in self.milestones
            and not any(self.facts.get(name) == value for name, value in need.unless.items())
        )

    # --- time ---------------------------------------------------------------------------------

    def pass_time(self, until: date) -> None:
        """Take the routes that follow by themselves before the day `until`."""
        automatic = self.procedure.automatic
        while True:
            wakes = date.max
            for route in automatic[self.step]:
                if route.is_shut(self.facts):
                    continue
                if not route.after:
                    self._enter(route.to, self.since or until, self.since or until, None)
                    break
                end = self.end_of(route.after)
                if end is not None and end < until:
                    self._enter(route.to, max(end + DAY, self.since or end), end, None)
                    break
                if end is not None and end < wakes:
                    wakes = end
            else:
                self._quiet_until = wakes
                return

    def end_of(self, clocks: tuple[str, ...]) -> date | None:
        """The day on which the last of these terms ends; None where that is not known."""
        last: date | None = None
        for name in clocks:
            if self.outstanding(name):
                return None
            for term in self.terms.get(name, _NO_TERMS).values():
                if term.status == UNVERIFIED:
                    return None
                if last is None or term.effective > last:
                    last = term.effective
        return last

    def outstanding(self, clock: str) -> bool:
        """Whether notices were sent and it is not known that all were received."""
        if clock not in self.expected:
            return self.procedure.clocks[clock].per is not None and bool(self.terms.get(clock))
        expected = self.expected[clock]
        return expected is None or len(self.terms.get(clock, ())) < expected

    def _enter(self, step: str, day: date, clock_day: date, event: CaseEvent | None) -> None:
        by = self.by
        self.done.append(Done(self.step, self.since, day, by.type if by else None, by.seq if by else None))
        self.previous, self.step, self.since, self.by = self.step, step, day, event
        self._quiet_until = date.min
        anew = self.procedure.steps[step].clears
        if anew:
            self.noticed = False
            for name in anew:
                self.milestones.pop(name, None)
        for clock in self.procedure.started_in[step]:
            if not clock.is_shut(self.facts):
                self._start(clock, clock_day, step, None)

    # --- clocks -------------------------------------------------------------------------------

    def _dispatch(self, clock: Clock, event: CaseEvent) -> None:
        self._quiet_until = date.min
        self.terms[clock.id] = {}
        self.expected[clock.id] = count_of(event.facts.get(NOTICES))

    def _start(self, clock: Clock, day: date, name: str, event: CaseEvent | None) -> None:
        law_day = self.rules_on or day
        versions = self.procedure.versions[clock.id]
        if len(versions) > 1 and clock is not next(
            (c for c in versions if c.is_valid_on(law_day)), versions[0]
        ):
            return
        key = None
        if clock.per is not None:
            stated = event.facts.get(clock.per) if event else None
            key = f"#{event.seq}" if stated is None and event else str(stated)
            if clock.id not in self.expected and event is not None:
                self.note("NOTICE_NOT_SENT", {"seq": event.seq, "event": event.type})
        end = due(day, clock.amount, clock.unit, self.calendar)
        announced = event.announced if event else None
        if event is not None and announced is not None and announced != end.date:
            code = "ANNOUNCED_TOO_SHORT" if announced < end.date else "ANNOUNCED_LONGER"
            self.note(code, {"seq": event.seq, "clock": clock.id, "announced": announced, "due": end.date})
        term = Term(clock, day, name, key, announced, end, clock.status_on(law_day))
        self._quiet_until = date.min
        if clock.per is None:
            self.terms[clock.id] = {None: term}
        else:
            self.terms.setdefault(clock.id, {})[key] = term

    def _stop(self, clock: Clock, event: CaseEvent) -> None:
        if clock.is_shut(self.facts):
            return
        terms = self.terms.get(clock.id)
        if not terms and any(self.terms.get(version.id) for version in self.procedure.versions[clock.id]):
            return
        if not terms:
            self.note("MISSING_START", {"seq": event.seq, "event": event.type, "clock": clock.id})
            return
        for term in terms.values():
            if term.done_on is None:
                term.done_on, term.done_by = event.on, event.type

    def _judge_lateness(self, kind: EventType, event: CaseEvent) -> bool:
        """Whether the event came after the terms within which it belongs; then a note says so."""
        begun = tuple([name for name in kind.within if self.terms.get(name)])
        last = self.end_of(begun) if begun else None
        if last is None or event.on <= last:
            return False
        self.note("AFTER_TERM", {"seq": event.seq, "event": event.type, "due": last})
        return True

    def _waits_for_terms(self, routes: tuple[Route, ...]) -> bool:
        """Whether these routes open up after terms that have not ended yet."""
        later = self.procedure.ahead[self.step]
        return any(route.after for route in self.procedure.automatic[self.step]) and any(
            later & route.origins for route in routes
        )

    def note(self, code: str, params: dict[str, Any]) -> None:
        """Remember something odd."""
        self.notes.append((code, params))

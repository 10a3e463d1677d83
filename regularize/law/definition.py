"""What a procedure is: steps, routes between them, clocks. All of it comes from TOML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from regularize.law.deadlines import Unit

UNVERIFIED = "unverified"  # what is known from memory, or not for the time of the case: it decides nothing
PREVIOUS = "@previous"  # a route with this target leads back to where the part stood before

Facts = Mapping[str, Any]


def contradicts(when: Facts, facts: Facts) -> bool:
    """Whether a stated fact rules out what is said to hold `when`."""
    for name, value in when.items():
        stated = facts.get(name)
        if stated is not None and stated != value:
            return True
    return False


def holds(when: Facts, facts: Facts) -> bool:
    """Whether the facts state all of `when`."""
    return all(facts.get(name) == value for name, value in when.items())


@dataclass(frozen=True)
class Step:
    """A state of a plan part, or (``parallel``) a milestone beside the states.

    ``clears`` names milestones that have to be reached anew; ``confirmed_by`` the milestone that proves a
    step reached by the mere end of terms; ``source_missing`` says that the facts at hand do not tell
    how it goes on from here, so that advice is needed.
    """

    id: str
    process_step: str | None
    parallel: bool
    terminal: bool
    clears: tuple[str, ...]
    confirmed_by: str | None
    source_missing: bool


@dataclass(frozen=True)
class Need:
    """A milestone or fact that a route needs, unless a fact of the case says that it does not."""

    step: str
    unless: Facts


@dataclass(frozen=True)
class Route:
    """How a part comes to a step: by an event, at the end of terms (``after``), or at once.

    ``entry`` routes may be taken although earlier steps were not recorded; ``back`` ones lead back to
    something that was done before; ``exceptional`` ones are not expected (suspension, termination).
    A ``stated`` route, and one that follows by itself, opens only where the facts of `when` are stated:
    there what is unknown opens nothing.
    """

    id: str
    event: str | None
    origins: frozenset[str]
    to: str
    actor: str | None
    documents: tuple[str, ...]
    needs: tuple[Need, ...]
    when: Facts
    after: tuple[str, ...]
    entry: bool
    back: bool
    exceptional: bool
    stated: bool
    citation: str
    status: str

    def is_shut(self, facts: Facts) -> bool:
        """Whether the facts do not let it be taken."""
        if not self.when:
            return False
        needed = self.stated or self.event is None
        return not holds(self.when, facts) if needed else contradicts(self.when, facts)


@dataclass(frozen=True)
class Clock:
    """A term: from an event or a step's beginning, for an office (duty) or for people (right).

    With ``per`` it runs for each value of that fact, the last decides, and the event ``dispatch``
    states how many there are. ``stops`` are acts that fulfil a duty; ``proved_by`` are later events that
    prove it fulfilled, but not on which day. It is known to hold from ``valid_from`` up to, but not on,
    ``valid_to``; where nobody has compared these days with the law (``dates_status``), nothing rests on
    them in the years in which they lie. A ``stated`` clock starts only where the facts of `when` are stated.
    """

    id: str
    ref: str
    kind: Literal["duty", "right"]
    starts: tuple[str, ...]
    from_step: str | None
    amount: int
    unit: Unit
    holder: str
    per: str | None
    dispatch: tuple[str, ...]
    stops: tuple[str, ...]
    proved_by: tuple[str, ...]
    when: Facts
    citation: str
    status: str
    valid_from: date | None = None
    valid_to: date | None = None
    dates_status: str | None = None
    stated: bool = False

    def is_valid_on(self, day: date) -> bool:
        """Whether the term is known to hold under the law of `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )

    def is_sure_on(self, day: date) -> bool:
        """Whether that does not rest on a day that nobody has compared with the law."""
        bounds = (self.valid_from, self.valid_to) if self.dates_status == UNVERIFIED else ()
        return all(bound is None or bound.year != day.year for bound in bounds)

    def status_on(self, day: date) -> str:
        """How far the term was compared with the law of `day`."""
        return self.status if self.is_valid_on(day) and self.is_sure_on(day) else UNVERIFIED

    def is_shut(self, facts: Facts) -> bool:
        """Whether the facts do not let it start."""
        if not self.when:
            return False
        return not holds(self.when, facts) if self.stated else contradicts(self.when, facts)


@dataclass(frozen=True)
class EventType:
    """A kind of event. A ``decision`` presupposes notice; one ``within`` terms should not come after them."""

    id: str
    decision: bool
    notice: bool
    within: tuple[str, ...]
    document_needed: bool


@dataclass(frozen=True)
class Letter:
    """A letter or announcement that a procedure knows: when it may be written, and what it cites.

    One of the steps `reached` must have been reached, else the letter would speak of what has not
    happened; none means that it may be prepared ahead. The day of the first step of `announced` that was
    reached is that of the announcement. Of the clocks `terms` the first whose facts hold gives the term,
    else the last; `duty` is the clock that obliges to write.
    """

    id: str
    when: Facts
    reached: tuple[str, ...]
    announced: tuple[str, ...]
    duty: str | None
    terms: tuple[str, ...]


@dataclass(frozen=True)
class FactType:
    """A fact that a case or an event may state, with its admitted values (none: any)."""

    name: str
    values: tuple[Any, ...]
    needed: bool

    def read(self, value: Any) -> Any:
        """`value` as the procedure writes it: the word ``true`` of a command line is the value true.

        Examples
        --------
        >>> FactType("open", (True, False), False).read("True")
        True
        """
        if value in self.values and not isinstance(value, str):
            return value
        word = str(value).strip().casefold()
        return next((known for known in self.values if str(known).casefold() == word), value)


@dataclass(frozen=True)
class Reaction:
    """What an event sets in motion: routes to take, clocks to stop, count notices for, and start."""

    kind: EventType
    routes: tuple[Route, ...]
    stops: tuple[Clock, ...]
    dispatches: tuple[Clock, ...]
    starts: tuple[Clock, ...]


@dataclass(frozen=True, eq=False)
class Procedure:
    """A procedure of a country pack.

    Parameters
    ----------
    id : str
    initial : str
        The step in which a case begins.
    citation : str
    checked_on : date or None
        When a person last compared the data with its sources.
    facts : mapping of name to FactType
    steps, clocks, event_types : mapping by id
    routes : tuple of Route
    rules_of : str or None
        The event on whose day the law stands that holds for the whole case; None where every term
        follows the law of the day on which it begins.
    letters : mapping by kind
        What is sent to people and put up for them.
    """

    id: str
    initial: str
    citation: str
    checked_on: date | None
    facts: Mapping[str, FactType]
    steps: Mapping[str, Step]
    routes: tuple[Route, ...]
    clocks: Mapping[str, Clock]
    event_types: Mapping[str, EventType]
    rules_of: str | None = None
    letters: Mapping[str, Letter] = field(default_factory=dict)

    @cached_property
    def by_event(self) -> Mapping[str, tuple[Route, ...]]:
        """Routes by the event that takes them."""
        return _grouped(self.event_types, lambda name: (r for r in self.routes if r.event == name))

    @cached_property
    def automatic(self) -> Mapping[str, tuple[Route, ...]]:
        """Routes without an event, by the step they leave."""
        return _grouped(
            self.steps, lambda name: (r for r in self.routes if r.event is None and name in r.origins)
        )

    @cached_property
    def leaving(self) -> Mapping[str, tuple[Route, ...]]:
        """Routes by the step they leave."""
        return _grouped(self.steps, lambda name: (r for r in self.routes if name in r.origins))

    @cached_property
    def started_in(self) -> Mapping[str, tuple[Clock, ...]]:
        """Clocks by the step whose beginning starts them."""
        return _grouped(self.steps, lambda name: (c for c in self.clocks.values() if c.from_step == name))

    @cached_property
    def stopped_by(self) -> Mapping[str, tuple[Clock, ...]]:
        """Clocks by the event that stops them, or proves that they were stopped."""
        return _grouped(
            self.event_types,
            lambda name: (c for c in self.clocks.values() if name in c.stops or name in c.proved_by),
        )

    @cached_property
    def versions(self) -> Mapping[str, tuple[Clock, ...]]:
        """For each clock those that are the same term, itself among them: the law of different times."""
        return _grouped(
            self.clocks,
            lambda name: (
                c
                for c in self.clocks.values()
                if c.id == name
                or (
                    c.ref
                    and (c.ref, c.starts, c.from_step)
                    == (self.clocks[name].ref, self.clocks[name].starts, self.clocks[name].from_step)
                )
            ),
        )

    @cached_property
    def reactions(self) -> Mapping[str, Reaction]:
        """All that an event sets in motion, by its type."""
        clocks = tuple(self.clocks.values())
        return {
            name: Reaction(
                kind=kind,
                routes=self.by_event[name],
                stops=self.stopped_by[name],
                dispatches=tuple(c for c in clocks if name in c.dispatch),
                starts=tuple(c for c in clocks if name in c.starts),
            )
            for name, kind in self.event_types.items()
        }

    @cached_property
    def ahead(self) -> Mapping[str, frozenset[str]]:
        """For each step the steps that can follow it on the way forward, however many later."""
        onward = {
            name: {r.to for r in routes if not (r.exceptional or r.back or self.steps[r.to].parallel)}
            for name, routes in self.leaving.items()
        }
        found: dict[str, frozenset[str]] = {}
        for name in self.steps:
            seen: set[str] = set()
            open_ = set(onward[name])
            while open_:
                step = open_.pop()
                if step not in seen:
                    seen.add(step)
                    open_ |= onward[step]
            found[name] = frozenset(seen)
        return found


def _grouped(names: Any, pick: Any) -> dict[str, Any]:
    return {name: tuple(pick(name)) for name in names}

"""Reading a procedure: every complaint names the entry that is wrong."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.law.deadlines import UNITS
from regularize.law.definition import (
    PREVIOUS,
    Clock,
    EventType,
    FactType,
    Letter,
    Need,
    Procedure,
    Route,
    Step,
)

# Values of the INSPIRE code list ProcessStepGeneralValue.
PROCESS_STEPS = ("elaboration", "adoption", "legalForce", "obsolete")
# How far the cited provision was compared with a source; see countries.parameters.
STATUSES = ("verified", "verified_secondary", "unverified")
GROUP = "@"


class _Reader:
    """One table with a name for complaints; a key that nobody reads is a typing error."""

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, Mapping):
            raise InputError(_("procedure: {where} must be a table").format(where=where))
        self.table, self.where, self.read = table, where, set[str]()

    def take(self, key: str, kind: type, default: Any = None, *, needed: bool = False) -> Any:
        self.read.add(key)
        if key not in self.table:
            if needed:
                raise InputError(_("procedure: {where} has no {key}").format(where=self.where, key=key))
            return default
        value = self.table[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise InputError(_("procedure: {key} of {where} is wrong").format(where=self.where, key=key))
        return value

    def names(self, key: str) -> tuple[str, ...]:
        value = self.take(key, list, [])
        if not all(isinstance(name, str) for name in value):
            raise InputError(_("procedure: {key} of {where} is wrong").format(where=self.where, key=key))
        return tuple(value)

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> Any:
        value = self.take(key, str, default, needed=default is None)
        if value not in allowed:
            raise InputError(_("procedure: {key} of {where} is wrong").format(where=self.where, key=key))
        return value

    def closed(self) -> None:
        for key in sorted(set(self.table) - self.read):
            raise InputError(_("procedure: {where} has the unknown {key}").format(where=self.where, key=key))


def parse(table: Mapping[str, Any]) -> Procedure:
    """The procedure in a TOML table of a country pack.

    Raises
    ------
    InputError
        If an entry is missing, of the wrong form, unknown, or names something that is not there.

    Examples
    --------
    >>> from regularize.countries import load
    >>> parse(load("generic").procedures["review"]).initial
    'opened'
    """
    top = _Reader(table, "procedure")
    id_ = top.take("id", str, needed=True)
    top.where = id_
    groups = {name: frozenset(steps) for name, steps in top.take("groups", dict, {}).items()}
    events = top.take("events", dict, needed=True)
    procedure = Procedure(
        id=id_,
        initial=top.take("initial", str, needed=True),
        citation=top.take("citation", str, ""),
        checked_on=top.take("checked_on", date),
        facts={name: _fact(name, entry) for name, entry in top.take("facts", dict, {}).items()},
        steps={name: _step(name, entry) for name, entry in top.take("steps", dict, needed=True).items()},
        routes=tuple(
            _route(entry, n, groups) for n, entry in enumerate(top.take("routes", list, needed=True))
        ),
        clocks={name: _clock(name, entry) for name, entry in top.take("clocks", dict, {}).items()},
        event_types={name: _event(name, entry) for name, entry in events.items()},
        rules_of=top.take("rules_of", str),
        letters={name: _letter(name, entry) for name, entry in top.take("letters", dict, {}).items()},
    )
    top.closed()
    _check_names(procedure)
    return procedure


def _fact(name: str, entry: object) -> FactType:
    r = _Reader(entry, f"facts.{name}")
    fact = FactType(name, tuple(r.take("values", list, [])), r.take("needed", bool, False))
    r.closed()
    return fact


def _step(name: str, entry: object) -> Step:
    r = _Reader(entry, f"steps.{name}")
    parallel = r.take("parallel", bool, False)
    step = Step(
        id=name,
        process_step=None if parallel else r.one_of("inspire", PROCESS_STEPS),
        parallel=parallel,
        terminal=r.take("terminal", bool, False),
        clears=r.names("clears"),
        confirmed_by=r.take("confirmed_by", str),
        source_missing=r.take("source_missing", bool, False),
    )
    r.closed()
    return step


def _route(entry: object, n: int, groups: Mapping[str, frozenset[str]]) -> Route:
    r = _Reader(entry, f"routes[{n}]")
    r.where = f"routes.{r.take('id', str, needed=True)}"
    origins: set[str] = set()
    for name in r.names("from"):
        if name.startswith(GROUP) and name.removeprefix(GROUP) not in groups:
            raise InputError(_("procedure: {where} names the unknown {key}").format(where=r.where, key=name))
        origins |= groups[name.removeprefix(GROUP)] if name.startswith(GROUP) else {name}
    needs = []
    for need in r.take("needs", list, []):
        n_r = _Reader(need, f"{r.where}.needs")
        needs.append(Need(n_r.take("step", str, needed=True), n_r.take("unless", dict, {})))
        n_r.closed()
    route = Route(
        id=r.take("id", str),
        event=r.take("event", str),
        origins=frozenset(origins),
        to=r.take("to", str, needed=True),
        actor=r.take("actor", str),
        documents=r.names("documents"),
        needs=tuple(needs),
        when=r.take("when", dict, {}),
        after=r.names("after"),
        entry=r.take("entry", bool, False),
        back=r.take("back", bool, False),
        exceptional=r.take("exceptional", bool, False),
        stated=r.take("stated", bool, False),
        citation=r.take("citation", str, ""),
        status=r.one_of("status", STATUSES, "unverified"),
    )
    r.closed()
    return route


def _clock(name: str, entry: object) -> Clock:
    r = _Reader(entry, f"clocks.{name}")
    clock = Clock(
        id=name,
        ref=r.take("ref", str, ""),
        kind=r.one_of("kind", ("duty", "right")),
        starts=r.names("from"),
        from_step=r.take("from_step", str),
        amount=r.take("amount", int, needed=True),
        unit=r.one_of("unit", UNITS),
        holder=r.take("holder", str, needed=True),
        per=r.take("per", str),
        dispatch=r.names("dispatch"),
        stops=r.names("stops"),
        proved_by=r.names("proved_by"),
        when=r.take("when", dict, {}),
        citation=r.take("citation", str, ""),
        status=r.one_of("status", STATUSES, "unverified"),
        valid_from=r.take("valid_from", date),
        valid_to=r.take("valid_to", date),
        dates_status=r.take("dates_status", str),
        stated=r.take("stated", bool, False),
    )
    r.closed()
    if clock.dates_status not in (None, *STATUSES):
        raise InputError(_("procedure: {key} of {where} is wrong").format(where=r.where, key="dates_status"))
    if clock.amount < 1:
        raise InputError(_("procedure: {key} of {where} is wrong").format(where=r.where, key="amount"))
    return clock


def _event(name: str, entry: object) -> EventType:
    r = _Reader(entry, f"events.{name}")
    event = EventType(
        id=name,
        decision=r.take("decision", bool, False),
        notice=r.take("notice", bool, False),
        within=r.names("within"),
        document_needed=r.take("document", bool, False),
    )
    r.closed()
    return event


def _letter(name: str, entry: object) -> Letter:
    r = _Reader(entry, f"letters.{name}")
    letter = Letter(
        id=name,
        when=r.take("when", dict, {}),
        reached=r.names("reached"),
        announced=r.names("announced"),
        duty=r.take("duty", str),
        terms=r.names("terms"),
    )
    r.closed()
    if not letter.terms:
        raise InputError(_("procedure: {where} has no {key}").format(where=r.where, key="terms"))
    return letter


def _check_names(p: Procedure) -> None:
    """Refuse a procedure in which one entry names another that does not exist."""
    steps, events, clocks, facts = set(p.steps), set(p.event_types), set(p.clocks), set(p.facts)
    used: list[tuple[str, str, set[str]]] = [(p.id, p.initial, steps)]
    used += [(p.id, p.rules_of, events)] if p.rules_of is not None else []
    for s in p.steps.values():
        used += [(f"steps.{s.id}", name, steps) for name in (*s.clears, *filter(None, [s.confirmed_by]))]
    for r in p.routes:
        where = f"routes.{r.id}"
        used += [(where, name, steps) for name in (*r.origins, *(n.step for n in r.needs))]
        used += [(where, r.to, steps | ({PREVIOUS} if r.back else set()))]
        used += [(where, name, facts) for name in (*r.when, *(f for n in r.needs for f in n.unless))]
        used += [(where, name, clocks) for name in r.after]
        used += [(where, r.event, events)] if r.event is not None else []
    for c in p.clocks.values():
        where = f"clocks.{c.id}"
        used += [(where, name, events) for name in (*c.starts, *c.stops, *c.proved_by, *c.dispatch)]
        used += [(where, name, facts) for name in c.when]
        used += [(where, c.from_step, steps)] if c.from_step is not None else []
    for e in p.event_types.values():
        used += [(f"events.{e.id}", name, clocks) for name in e.within]
    for letter in p.letters.values():
        where = f"letters.{letter.id}"
        used += [(where, name, steps) for name in (*letter.reached, *letter.announced)]
        used += [(where, name, clocks) for name in (*letter.terms, *filter(None, [letter.duty]))]
        used += [(where, name, facts) for name in letter.when]
    for where, name, there in used:
        if name not in there:
            raise InputError(_("procedure: {where} names the unknown {key}").format(where=where, key=name))

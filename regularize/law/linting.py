"""Whether a procedure is sound: every step reachable, every route cited, every clock started."""

from regularize.law.definition import PREVIOUS, Procedure


def lint(procedure: Procedure, *, law: bool = True) -> list[str]:
    """What is wrong with a procedure, one line each; empty where it is sound.

    Parameters
    ----------
    procedure : Procedure
    law : bool
        Whether its routes rest on law and must cite it; a procedure of a pack without law need not.
    """
    return [
        *_unreachable(procedure),
        *(_uncited(procedure) if law else []),
        *_clocks(procedure),
        *_events(procedure),
        *_automatic(procedure),
        *_dead_ends(procedure),
    ]


def _unreachable(p: Procedure) -> list[str]:
    seen, open_ = {p.initial}, [p.initial]
    while open_:
        for route in p.leaving[open_.pop()]:
            if route.to != PREVIOUS and route.to not in seen:
                seen.add(route.to)
                if not p.steps[route.to].parallel:
                    open_.append(route.to)
    return [f"step {name} cannot be reached" for name in p.steps if name not in seen]


def _uncited(p: Procedure) -> list[str]:
    found = [f"route {route.id} cites nothing" for route in p.routes if not route.citation]
    return found + [f"clock {clock.id} cites nothing" for clock in p.clocks.values() if not clock.citation]


def _clocks(p: Procedure) -> list[str]:
    found = []
    waited_for = {name for route in p.routes for name in route.after}
    for clock in p.clocks.values():
        if not clock.starts and clock.from_step is None:
            found.append(f"clock {clock.id} is started by nothing")
        if clock.kind == "duty" and not clock.stops:
            found.append(f"duty {clock.id} is fulfilled by nothing")
        if clock.per is not None and not clock.dispatch:
            found.append(f"clock {clock.id} runs per {clock.per}, but no event says how many there are")
    for name in sorted(waited_for):
        if p.clocks[name].kind != "right":
            found.append(f"clock {name} is waited for, but is no right")
    return found


def _events(p: Procedure) -> list[str]:
    """Routes that share an event and a step must be told apart by facts; the way forward has no circle."""
    found = []
    for event, routes in p.by_event.items():
        for n, one in enumerate(routes):
            for other in routes[n + 1 :]:
                apart = any(one.when.get(k) not in (None, v) for k, v in other.when.items())
                if one.origins & other.origins and not apart:
                    found.append(f"routes {one.id} and {other.id} both take {event}")
    found += [
        f"step {name} lies on a circle that no route marks as back"
        for name in p.steps
        if name in p.ahead[name]
    ]
    return found


def _automatic(p: Procedure) -> list[str]:
    """What follows by itself must be one thing, and rest on facts that a person can state."""
    found = []
    for step, routes in p.automatic.items():
        at_once = [route for route in routes if not route.after]
        for n, one in enumerate(at_once):
            for other in at_once[n + 1 :]:
                if not any(one.when.get(k) not in (None, v) for k, v in other.when.items()):
                    found.append(f"routes {one.id} and {other.id} both follow by themselves from {step}")
    strict = [(f"route {r.id}", r.when) for r in p.routes if r.event is None or r.stated]
    strict += [(f"clock {c.id}", c.when) for c in p.clocks.values() if c.stated]
    for where, when in strict:
        found += [
            f"{where} waits for {name}, which cannot be {value}"
            for name, value in when.items()
            if value not in p.facts[name].values
        ]
    for route in p.routes:
        if route.stated and not route.when:
            found.append(f"route {route.id} names no fact that is to be stated")
    for clock in p.clocks.values():
        if clock.stated and not clock.when:
            found.append(f"clock {clock.id} names no fact that is to be stated")
        if clock.dates_status is not None and clock.valid_from is clock.valid_to is None:
            found.append(f"clock {clock.id} says how sure its days are, but has none")
    return found


def _dead_ends(p: Procedure) -> list[str]:
    return [
        f"step {step.id} ends nothing and leads nowhere"
        for step in p.steps.values()
        if not (step.parallel or step.terminal or step.source_missing)
        and not any(not route.exceptional for route in p.leaving[step.id])
    ]

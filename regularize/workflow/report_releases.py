"""What reports and indicators have told of homes, so that no later one differs from them by a few.

Every release is an entry ``report.released`` of the log; maps keep their own (``releases``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from regularize.layers import Audience
from regularize.project import today
from regularize.publish.disclosure import Figure
from regularize.publish.lines import Line, steady
from regularize.publish.view import smallest_count
from regularize.store import Store

RELEASED = "report.released"


def released(store: Store, audience: Audience, lines: Mapping[str, Line]) -> dict[str, dict[int, Figure]]:
    """The lines as this release may use them; what is new in them is recorded.

    Parameters
    ----------
    lines : mapping of name to Line
        Exact, as counted today. A name means the same figure in every release.
    """
    k = smallest_count()
    past: dict[str, list[dict[int, Figure]]] = {}
    for name, line in told_before(store, audience):
        past.setdefault(name, []).append(line)
    made = {name: steady(past.get(name, []), line, k) for name, line in lines.items()}
    news = {name: line for name, line in made.items() if past.get(name, [None])[-1] != line}
    if news:
        payload = {
            "audience": audience,
            "lines": {
                name: {str(key): asdict(figure) for key, figure in line.items()}
                for name, line in news.items()
            },
        }
        store.append_event(RELEASED, "store", today(), payload)
    return made


def told_before(store: Store, audience: Audience) -> Iterator[tuple[str, dict[int, Figure]]]:
    """Name and figures of every line that an audience was ever shown, oldest first."""
    for event in store.events(type=RELEASED):
        if event.payload is not None and event.payload["audience"] == audience:
            for name, cells in event.payload["lines"].items():
                yield name, {int(key): Figure(**values) for key, values in cells.items()}

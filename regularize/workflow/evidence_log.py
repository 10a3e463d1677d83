"""Pieces of evidence as the log has them, with what a home has inherited from the homes it came from.

Where two homes become one, the pieces of both speak for it; where one is split off, those recorded
before speak for it too. Each keeps the home for which it was recorded, so that a person can say
which building it shows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from regularize.law.evidence import Piece
from regularize.model import Event
from regularize.store import Store

RECORDED, WITHDRAWN = "evidence.recorded", "evidence.withdrawn"
MERGED, SPLIT = "home.merged", "home.split"
TYPES = (RECORDED, WITHDRAWN, MERGED, SPLIT)

Log = Mapping[str, Sequence[Event]]


def log_of(store: Store) -> Log:
    """What the log says of evidence and of what became of homes, by home: read once for all of them."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for type_ in TYPES:
        for event in store.events(type=type_):
            found[event.subject.partition(":")[2]].append(event)
    for events in found.values():
        events.sort(key=lambda event: event.seq)
    return found


def log_of_home(store: Store, home: str) -> Log:
    """The same for one home and those it came from."""
    found: dict[str, Sequence[Event]] = {}
    waiting = [home]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = [e for e in store.events(subject=f"home:{name}") if e.type in TYPES]
            waiting += [origin for origin, _before in _origins(found[name])]
    return found


def numbered(log: Log, home: str) -> dict[int, Piece]:
    """The pieces that count for a home, by their number in the log."""
    return dict(sorted(_pieces(log, home, frozenset()).items()))


def _pieces(log: Log, home: str, on_the_way: frozenset[str]) -> dict[int, Piece]:
    events = log.get(home, ())
    found: dict[int, Piece] = {}
    for origin, before in _origins(events):
        if origin not in on_the_way | {home}:
            for seq, piece in _pieces(log, origin, on_the_way | {home}).items():
                if before is None or _recorded_at(log, origin, seq) < before:
                    found[seq] = replace(piece, origin=piece.origin or origin)
    for event in events:
        said = event.payload
        if said is None:
            continue
        if event.type == RECORDED:
            found.pop(said.get("corrects") or 0, None)
            found[event.seq] = Piece(
                kind=str(said["kind"]),
                shows=bool(said["shows"]),
                dated=date.fromisoformat(said["dated"]),
                accuracy=timedelta(days=int(said["accuracy_days"])),
                ref=str(said.get("ref") or ""),
                sha256=str(said.get("sha256") or ""),
            )
        elif event.type == WITHDRAWN:
            found.pop(int(said["withdraws"]), None)
    return found


def _origins(events: Sequence[Event]) -> Iterator[tuple[str, int | None]]:
    """Homes from which a home has come, each with the entry up to which their pieces are its own."""
    for event in events:
        origin = (event.payload or {}).get("from")
        if origin is not None and event.type in {MERGED, SPLIT}:
            yield str(origin), event.seq if event.type == SPLIT else None


def _recorded_at(log: Log, home: str, seq: int) -> int:
    """The entry by which a piece first came into the log: a later correction is of the same piece."""
    corrects = {event.seq: (event.payload or {}).get("corrects") for event in log.get(home, ())}
    while earlier := corrects.get(seq):
        seq = int(earlier)
    return seq

"""What a council may know of the ways of its homes: where they stand, and what documents would do."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from regularize.i18n import in_language
from regularize.layers import Audience
from regularize.model import Home
from regularize.publish.disclosure import Figure, suppress
from regularize.publish.lines import Line, ShownLine, close_totals, counted, loose, told_apart
from regularize.publish.view import smallest_count
from regularize.store import Store
from regularize.workflow.projects import Opened
from regularize.workflow.report_facts import HOME_STATES, NOT_EVERY_WAY, NOW, ONE_DOCUMENT, Ways, ways_of
from regularize.workflow.report_releases import released, told_before

COUNCIL: Audience = "council"
OUTSIDE = 0  # the cell of homes that lie in no area


def council_ways(here: Opened, store: Store, *, area: str | None, on: date, lang: str) -> dict[str, Any]:
    """What a council may know of the ways of its homes: counts, of an area or of the whole place.

    Where homes stand is told of the whole only: cells where an area and a state cross stay in the
    office. What documents would do is told by area too, each document in two lines that share no home:
    those that it settles by itself, and those that need it beside others.
    """
    known = ways_of(here, store, on=on)
    if known.reason:
        return {"ways": [], "unlocks": [], "best": None, "ways_reason": in_language(known.reason, lang)}
    k = smallest_count()
    cells = _cells(store, known.homes.values(), on=on)
    lines: dict[str, Line] = {"ways": _states_line(known, on)}
    waiting = {home for home, state in known.states.items() if state != NOW}
    for unlock in known.unlocks:
        decides = set(unlock.decides)
        lines[f"{unlock.document}.decides"] = _line(decides, waiting, cells, on)
        lines[f"{unlock.document}.together"] = _line(
            set(unlock.part_of) - decides, waiting - decides, cells, on
        )
    told = released(store, COUNCIL, lines)
    ways = states_told(told["ways"], k)
    past: dict[str, list[Line]] = {}
    for name, line in told_before(store, COUNCIL):
        past.setdefault(name, []).append(line)
    shown = documents_told({name: [*past.get(name, ()), line] for name, line in told.items()}, k)
    rows = []
    for unlock in known.unlocks:
        row: dict[str, Any] = {"document": unlock.document, "scope": unlock.scope}
        for name in ("decides", "together"):
            row[name] = _told(shown[f"{unlock.document}.{name}"], store, area, on=on)
        rows.append(row)
    rows = [row for row in rows if row["decides"] is not None or row["together"] is not None]
    unknown = in_language(NOT_EVERY_WAY, lang) if known.unassessed else None
    return {
        "ways": []
        if area is not None
        else [{"state": s, "count": n, "reason": unknown} for s, n in ways.items()],
        "unlocks": rows,
        "best": _best(rows),
        "ways_reason": None,
    }


def states_told(line: Line, k: int) -> dict[str, int | None]:
    """Where homes stand, as a council may see it: at least two states are hidden, or none."""
    return suppress({state: line[i].findings for i, state in enumerate(HOME_STATES) if i in line}, k)


def documents_told(releases: Mapping[str, Sequence[Line]], k: int) -> dict[str, ShownLine]:
    """The lines of all documents, so that no figure of the report is a few beside another.

    Parameters
    ----------
    releases : mapping of name to sequence of Line
        ``ways``, and of each document ``<document>.decides`` and ``<document>.together``; what every
        release used, the last being today's.
    k : int
    """
    own = {name: lines for name, lines in releases.items() if name != "ways"}
    near = [states_told(line, k).get(ONE_DOCUMENT) for line in releases["ways"]]
    shown = told_apart(own, k, beside={name: near for name in own if name.endswith(".decides")})
    sums = {
        name.removesuffix(".together"): _added(shown[name.removesuffix("together") + "decides"], shown[name])
        for name in shown
        if name.endswith(".together")
    }
    for document, both in sums.items():
        name, decides = f"{document}.together", shown[f"{document}.decides"].total or 0
        close = {n for other in sums if other != document for n in close_totals(both, [sums[other]], k)}
        if close:
            known = [
                line.total for line in shown.values() if line.total is not None and line is not shown[name]
            ]
            shown[name] = loose(shown[name], [max(n - decides, 0) for n in close], k, known=known)
    return shown


def _added(one: ShownLine, other: ShownLine) -> ShownLine:
    """Both lines of a document together: what anybody can add up."""

    def plus(a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else a + b

    cells = {key: plus(one.cells.get(key), other.cells.get(key)) for key in {*one.cells, *other.cells}}
    return ShownLine(cells, plus(one.total, other.total))


def _best(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The document that settles most homes; one for the whole area before one for each home."""

    def settled(row: Mapping[str, Any]) -> int:
        return int(str(row["decides"]).rstrip("+"))

    able = [row for row in rows if row["decides"] is not None]
    most = max((settled(row) for row in able), default=0)
    first = sorted((row for row in able if settled(row) == most), key=lambda row: row["scope"] != "area")
    return str(first[0]["document"]) if first else None


def _states_line(known: Ways, on: date) -> dict[int, Figure]:
    stated = list(known.states.values())
    return {i: Figure({"n": stated.count(s)}, on=on.isoformat()) for i, s in enumerate(HOME_STATES)}


def _cells(store: Store, homes: Iterable[Home], *, on: date) -> dict[str, int]:
    """The cell of each home: the first of the areas that it lies in, by the row that the area began with."""
    grounds = _grounds(store, on)
    found = {}
    for home in homes:
        point = home.geometry.representative_point()
        found[home.id] = next((n for n, places in grounds if any(p.covers(point) for p in places)), OUTSIDE)
    return found


def _grounds(store: Store, on: date) -> list[tuple[int, list[BaseGeometry]]]:
    areas = store.layer("areas", on=on)
    by_name: dict[str, list[tuple[int, BaseGeometry]]] = {}
    for fid, name, outline in zip(areas["fid"], areas["name"], areas.geometry, strict=True):
        by_name.setdefault(str(name), []).append((int(fid), outline))
    return sorted(
        (min(fid for fid, _g in rows), [outline for _f, outline in rows]) for rows in by_name.values()
    )


def _line(chosen: set[str], of: set[str], cells: Mapping[str, int], on: date) -> Line:
    return {
        key: counted(
            sum(cells[home] == key for home in chosen & of),
            sum(cells[home] == key for home in of),
            on.isoformat(),
        )
        for key in sorted(set(cells.values()))
    }


def _told(shown: ShownLine, store: Store, area: str | None, *, on: date) -> int | str | None:
    """The figure of the whole, or of an area; "40+" where it is only told what it reaches."""
    if area is None:
        return f"{shown.least}+" if shown.total is None and shown.least else shown.total
    areas = store.layer("areas", on=on)
    fids = [int(fid) for fid, name in zip(areas["fid"], areas["name"], strict=True) if name == area]
    return shown.cells.get(min(fids)) if fids else None

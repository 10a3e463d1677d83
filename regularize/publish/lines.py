"""Counts of homes that stand in one line of a table, area by area, and what of them may be shown.

``disclosure.council_counts`` hides blocks of findings, of which a home may carry several. Here a home is
counted once or not at all, so that the homes *not* counted are a figure too: both sides stay above k.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from regularize.publish.disclosure import Figure, carried_through, differs_little, rounded

# Cell of a line -> its figure: homes that are counted (``findings``) out of ``dwellings``.
Line = Mapping[int, Figure]


@dataclass(frozen=True)
class ShownLine:
    """A line as a council may see it: None where hidden.

    Parameters
    ----------
    cells : mapping of int to (int or None)
    total : int or None
    least : int or None
        What a hidden total is at least, where that may be said.
    """

    cells: Mapping[int, int | None]
    total: int | None
    least: int | None = None


def counted(n: int, of: int, on: str = "") -> Figure:
    """`n` homes out of `of`."""
    return Figure({"n": n}, of, n, on)


def shown_line(line: Line, k: int) -> ShownLine:
    """Hide what is small on either side, and what everybody could subtract back.

    Parameters
    ----------
    line : mapping of int to Figure
        Every home of the place lies in exactly one cell.
    k : int

    Returns
    -------
    ShownLine
        A hidden cell can hold at least ``min(k, its homes) + 1`` different counts, for whoever knows
        the homes of every cell and the figures shown.

    Examples
    --------
    >>> shown_line({1: counted(40, 90), 2: counted(3, 50), 3: counted(30, 80)}, 11).cells
    {1: 40, 2: None, 3: None}
    """
    homes = {key: figure.dwellings or 0 for key, figure in line.items()}
    counts = {key: figure.findings for key, figure in line.items()}
    small = {key for key, n in counts.items() if not is_large(n, homes[key], k)}
    if not is_large(sum(counts.values()), sum(homes.values()), k):
        return ShownLine({key: None if key in small else n for key, n in counts.items()}, None)
    hidden = set(small)
    rest = sorted((key for key in counts if key not in hidden), key=lambda key: (counts[key], key))
    for key in [*rest, None]:
        if not hidden or _holds(counts, homes, small, hidden, k):
            break
        if key is None:
            return ShownLine({key: None if key in small else n for key, n in counts.items()}, None)
        hidden.add(key)
    cells = {key: None if key in hidden else n for key, n in counts.items()}
    return ShownLine(cells, sum(counts.values()))


def is_large(n: int, of: int, k: int) -> bool:
    """Whether both those that are counted and those that are not are at least `k`."""
    return n >= k and of - n >= k


def _holds(
    counts: Mapping[int, int], homes: Mapping[int, int], small: set[int], hidden: set[int], k: int
) -> bool:
    """Whether the sum of the hidden cells still leaves each small one its room."""
    together, of = sum(counts[key] for key in hidden), sum(homes[key] for key in hidden)
    if len(hidden) < 2 or not is_large(together, of, k):
        return False
    for key in small:
        low, high = max(0, together - (of - homes[key])), min(homes[key], together)
        if high - low < min(k, homes[key]):
            return False
    return True


def steady(history: Sequence[Line], current: Line, k: int) -> dict[int, Figure]:
    """The figures of this release: no cell and no sum differs from *any* earlier release by less than k.

    Parameters
    ----------
    history : sequence of Line
        What every earlier release used, oldest first.
    current : Line
    k : int
    """
    return carried_through(history, current, k, public=False)


def told_apart(
    releases: Mapping[str, Sequence[Line]],
    k: int,
    *,
    beside: Mapping[str, Sequence[int | None]] | None = None,
) -> dict[str, ShownLine]:
    """Lines of one table, no two figures a few apart.

    The homes of one line may all be among those of another: a document that settles 58 homes and one that
    settles 55 of them would point at three. Such lines say only what they hold at least, and nothing by
    area. An earlier figure counts as much as one of today: it may still lie on somebody's desk.

    Parameters
    ----------
    releases : mapping of name to sequence of Line
        What every release used of a line, the last being today's.
    k : int
    beside : mapping of name to sequence of (int or None), optional
        What each release showed, elsewhere in the report, of homes among which those of that line are.
    """
    around = beside or {}
    shown = {name: [shown_line(line, k) for line in lines] for name, lines in releases.items()}
    near: dict[str, set[int]] = {name: set() for name in shown}
    for one, other in combinations(shown, 2):
        for mine, theirs in ((one, other), (other, one)):
            near[mine] |= close_totals(shown[mine][-1], shown[theirs], k)
    for name, lines in shown.items():
        total = lines[-1].total
        if total is not None:
            near[name] |= {n for n in around.get(name, ()) if n is not None and differs_little(total, n, k)}
    known = {n for name in shown if not near[name] and (n := shown[name][-1].total) is not None}
    today = {name: figures[-1] for name, figures in around.items()}
    return {
        name: loose(lines[-1], near[name], k, known=known, whole=today.get(name)) if near[name] else lines[-1]
        for name, lines in shown.items()
    }


def loose(
    shown: ShownLine,
    near: Collection[int],
    k: int,
    *,
    known: Collection[int] = (),
    whole: int | None = None,
) -> ShownLine:
    """A line that says of its total only a step that it reaches.

    The step stays k below every figure in `near` that is larger, and below every one in `known` that is
    not smaller: each may hold the homes of this line, and what it has more would be counted to a few. It
    stays k below `whole` in any case, which is newer than a line that had to stay as it was.
    """
    total = shown.total or 0
    above = [n for n in near if n > total] + [n for n in known if n >= total]
    limit = min([total, *(n - k for n in above), *([] if whole is None else [whole - k])])
    step, least = k, None
    while step <= limit:
        least, step = step, 20 if step < 20 else 2 * step
    return ShownLine(dict.fromkeys(shown.cells), None, least)


def close_totals(mine: ShownLine, theirs: Sequence[ShownLine], k: int) -> set[int]:
    """Totals of the other line's releases, if a figure of one of them lies a few beside one of `mine`."""
    for other in theirs:
        pairs = [(mine.total, other.total), *((n, other.cells.get(key)) for key, n in mine.cells.items())]
        if any(a is not None and b is not None and differs_little(a, b, k) for a, b in pairs):
            return {line.total for line in theirs if line.total is not None} or {0}
    return set()


def public_count(n: int | None, of: int | None, k: int) -> int | None:
    """A count for the public: rounded, hidden where it or what it leaves of the whole is under k."""
    if n is None or n < k or (of is not None and not is_large(n, of, k)):
        return None
    return rounded(n, k)

"""Counts of homes that stand in one line of a table, area by area, and what of them may be shown.

``disclosure.council_counts`` hides blocks of findings, of which a home may carry several. Here a home is
counted once or not at all, so that the homes *not* counted are a figure too: both sides stay above k.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regularize.publish.disclosure import Figure, carried_through, rounded

# Cell of a line -> its figure: homes that are counted (``findings``) out of ``dwellings``.
Line = Mapping[int, Figure]


@dataclass(frozen=True)
class ShownLine:
    """A line as a council may see it: None where hidden."""

    cells: Mapping[int, int | None]
    total: int | None


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


def public_count(n: int | None, of: int | None, k: int) -> int | None:
    """A count for the public: rounded, hidden where it or what it leaves of the whole is under k."""
    if n is None or n < k or (of is not None and not is_large(n, of, k)):
        return None
    return rounded(n, k)

"""Which figures may leave the house: small counts, subtraction, like homes, and two releases compared.

Everything here is arithmetic on counts; ``view.py`` is the door that uses it. The rules: no count under k;
no sum from which a hidden count follows; no exact figure where nearly every home of a block is concerned;
and no two releases whose difference points at fewer than k findings.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise

from regularize.layers import Column, Layer

# The layer that the public sees: a cell, and in which band the share of its homes with a finding lies.
CELLS = Layer(
    "cells",
    "cells",
    (),
    "polygon",
    (
        Column("cell", "integer", nullable=False, audience=frozenset({"public"})),
        Column("share", "text", audience=frozenset({"public"})),
    ),
    geometry_audience=frozenset({"public"}),
)


@cache
def settings() -> Mapping[str, float]:
    """The values of ``countries/generic/publishing.toml`` by name."""
    text = files("regularize.countries.generic").joinpath("publishing.toml").read_text(encoding="utf-8")
    return {name: table["value"] for name, table in tomllib.loads(text).items() if "value" in table}


@cache
def share_limits() -> tuple[float, ...]:
    """Where the bands of shares meet, 0 and 1 included."""
    text = files("regularize.countries.generic").joinpath("publishing.toml").read_text(encoding="utf-8")
    return tuple(float(limit) for limit in tomllib.loads(text)["share_bands"]["limits"])


@dataclass(frozen=True)
class Figure:
    """What is counted in one block; exact, hence never shown as it is.

    Parameters
    ----------
    classes : mapping of str to int
        Findings that wait for a decision, by class.
    dwellings : int or None
        Homes in the block; None where nobody has counted them.
    concerned : int or None
        Of these, the homes that a finding lies on.
    on : str
        ISO date on which it was counted.
    """

    classes: Mapping[str, int] = field(default_factory=dict)
    dwellings: int | None = None
    concerned: int | None = None
    on: str = ""

    @property
    def findings(self) -> int:
        """All classes together."""
        return sum(self.classes.values())


def rounded(n: int, k: int) -> int:
    """`n` (at least k) to the public's step, never to less than k."""
    step = int(settings()["rounding"])
    return max(step * math.floor(n / step + 0.5), step * math.ceil(k / step))


def is_uniform(figure: Figure) -> bool:
    """Whether the exact count would say of (nearly) every home in the block that it is concerned."""
    if not figure.dwellings:
        return False
    most = share_limits()[-2]
    return figure.findings == figure.dwellings or (
        figure.concerned is not None and figure.concerned > most * figure.dwellings
    )


def at_least(figure: Figure, k: int) -> int | None:
    """The lower bound that stands for a uniform block; None where even that would say too much."""
    homes = figure.dwellings or 0
    limit = min(figure.findings - 1, int(share_limits()[-2] * homes))
    steps = [k, *(step for step in (20, 40, 80) if step > k)]
    return max((step for step in steps if step <= limit), default=None)


@dataclass(frozen=True)
class Shown:
    """The counts of the blocks as a council may see them.

    Parameters
    ----------
    exact : tuple of int or None
        Per block; None where hidden.
    lowest : tuple of int or None
        Per hidden block, what it holds at least, where that may be said.
    total : int or None
    classes : mapping of str to (int or None)
    """

    exact: tuple[int | None, ...]
    lowest: tuple[int | None, ...]
    total: int | None
    classes: Mapping[str, int | None]


def council_counts(figures: Sequence[Figure], k: int) -> Shown:
    """Hide what is small, what is uniform, and as much more as keeps both from being subtracted back."""
    counts = [figure.findings for figure in figures]
    total = sum(counts)
    lowest: list[int | None] = [None] * len(figures)
    hidden: set[int] = set()
    for i, figure in enumerate(figures):
        if counts[i] < k or (figure.dwellings is not None and figure.dwellings < k):
            hidden.add(i)
        elif is_uniform(figure):
            hidden.add(i)
            lowest[i] = at_least(figure, k)
    with_total = total >= k and total != _together(figures).dwellings
    if with_total and hidden:
        for i in sorted(set(range(len(counts))) - hidden, key=lambda i: (counts[i], i)):
            if _hides(figures, hidden, lowest, k):
                break
            hidden.add(i)
        with_total = _hides(figures, hidden, lowest, k)
    exact = tuple(None if i in hidden else n for i, n in enumerate(counts))
    names = sorted({cls for figure in figures for cls in figure.classes})
    by_class = {cls: sum(figure.classes.get(cls, 0) for figure in figures) for cls in names}
    classes = suppress(by_class, k) if with_total else dict.fromkeys(names)
    return Shown(exact, tuple(lowest), total if with_total else None, classes)


def _together(figures: Sequence[Figure]) -> Figure:
    """All blocks as one; what one of them does not know, the whole does not know."""
    dwellings = [f.dwellings for f in figures]
    concerned = [f.concerned for f in figures]
    return Figure(
        {"all": sum(f.findings for f in figures)},
        None if None in dwellings else sum(n for n in dwellings if n is not None),
        None if None in concerned else sum(n for n in concerned if n is not None),
    )


def _hides(figures: Sequence[Figure], hidden: set[int], lowest: Sequence[int | None], k: int) -> bool:
    """Whether the sum of the hidden blocks, which everybody can subtract, still hides each of them."""
    together = _together([figures[i] for i in sorted(hidden)])
    room = together.findings - sum(lowest[i] or 0 for i in hidden)
    return len(hidden) > 1 and room >= k and together.findings != together.dwellings


def suppress(counts: Mapping[str, int], k: int, *, with_total: bool = True) -> dict[str, int | None]:
    """Hide the counts below `k`, and more where the total would give them back.

    Parameters
    ----------
    counts : mapping of str to int
        One line of a table: cells that add up to a total. Zero is a count like any other: were it
        shown, a later release would tell when the first case appears.
    k : int
        The smallest count shown.
    with_total : bool
        Whether the total of the line is shown too, so that the hidden cells together must still
        hide at least `k` behind at least two cells.

    Returns
    -------
    dict
        The counts in the same order, None where hidden.

    Examples
    --------
    >>> suppress({"1": 30, "2": 4, "3": 12}, 11)
    {'1': 30, '2': None, '3': None}
    """
    hidden = {key for key, n in counts.items() if n < k}
    if hidden and with_total:
        rest = sorted((key for key in counts if key not in hidden), key=lambda key: (counts[key], key))
        for key in rest:
            if len(hidden) > 1 and sum(counts[h] for h in hidden) >= k:
                break
            hidden.add(key)
    return {key: None if key in hidden else n for key, n in counts.items()}


@dataclass(frozen=True)
class Shares:
    """What the public sees: per cell a band of shares, in hundredths, and the rounded total."""

    bands: tuple[tuple[int, int] | None, ...]
    total: int | None


def public_shares(figures: Sequence[Figure], k: int) -> Shares:
    """Bands of the share of homes with a finding; cells of fewer than `k` homes have none."""
    bands = [_band(f, k) for f in figures]
    known = [f for f in figures if f.dwellings is not None and f.concerned is not None]
    concerned, homes = sum(f.concerned or 0 for f in known), sum(f.dwellings or 0 for f in known)
    limits = share_limits()
    uniform = not limits[1] * homes <= concerned <= limits[-2] * homes
    total = None if concerned < k or uniform or len(known) < len(figures) else rounded(concerned, k)
    if total is not None and not _bands_hold(figures, bands, total, k):
        total = None
    return Shares(tuple(bands), total)


def counts_in(band: tuple[int, int] | None, dwellings: int) -> tuple[int, int]:
    """The smallest and the largest count of homes that a band allows in a cell of known size.

    A share that meets a limit belongs away from the closed ends: 10 % is not under 10 %, and 90 % is
    not over 90 %.
    """
    if band is None:
        return 0, dwellings
    return _first_above(band[0], dwellings), _first_above(band[1], dwellings) - 1


def _first_above(limit: int, dwellings: int) -> int:
    """The smallest count whose share lies in the band that begins at `limit` hundredths."""
    if limit in {0, 100}:
        return 0 if limit == 0 else dwellings + 1
    if limit < 100 - limit:
        return -(-limit * dwellings // 100)
    return limit * dwellings // 100 + 1


def _band(figure: Figure, k: int) -> tuple[int, int] | None:
    """The band that holds the share; None in a cell of too few homes."""
    homes, concerned = figure.dwellings, figure.concerned
    if homes is None or concerned is None or homes < k:
        return None
    limits = [round(100 * limit) for limit in share_limits()]
    return next(band for band in pairwise(limits) if concerned <= counts_in(band, homes)[1])


def _bands_hold(
    figures: Sequence[Figure], bands: Sequence[tuple[int, int] | None], total: int, k: int
) -> bool:
    """Whether bands and rounded total together still allow several counts for every cell."""
    step = int(settings()["rounding"])
    allowed = [counts_in(b, f.dwellings or 0) for b, f in zip(bands, figures, strict=True)]
    lows, highs = sum(a for a, _b in allowed), sum(b for _a, b in allowed)
    largest = total + step // 2
    smallest = k if total == rounded(k, k) else total - step // 2
    for low, high in allowed:
        bottom = max(low, smallest - (highs - high))
        top = min(high, largest - (lows - low))
        if top - bottom < 1:
            return False
    return True


def differs_little(a: int, b: int, k: int) -> bool:
    """Whether two figures differ, but by less than k."""
    return 0 < abs(a - b) < k


def carried(
    previous: Mapping[int, Figure] | None, current: Mapping[int, Figure], k: int, *, public: bool
) -> dict[int, Figure]:
    """The figures of this release: those of the release before wherever the change is too small to show.

    Parameters
    ----------
    previous : mapping of int to Figure, optional
        By block, as the last release for this audience used them; None for the first release.
    current : mapping of int to Figure
    k : int
    public : bool
        Whether homes are compared (the public's shares) or findings (the council's counts).

    Returns
    -------
    dict
        By block; a block whose first few findings would stand out is left out for now.
    """
    if previous is None:
        return dict(current)

    def count(figure: Figure | None) -> int:
        if figure is None:
            return 0
        return (figure.concerned or 0) if public else figure.findings

    chosen: dict[int, Figure] = {}
    for block, figure in current.items():
        before = previous.get(block)
        if before is not None and replace(before, on=figure.on) == figure:
            chosen[block] = before
        elif not differs_little(count(before), count(figure), k):
            chosen[block] = figure
        elif before is not None:
            chosen[block] = before
    old, new = (sum(count(f) for f in release.values()) for release in (previous, chosen))
    shown = (max(rounded(old, k), k), max(rounded(new, k), k)) if public else (old, new)
    if differs_little(old, new, k) or differs_little(*shown, k):
        return {block: previous[block] for block in current if block in previous}
    return chosen


def carried_through(
    history: Sequence[Mapping[int, Figure]], current: Mapping[int, Figure], k: int, *, public: bool
) -> dict[int, Figure]:
    """The figures of this release, no block and no sum a few apart from *any* earlier release.

    A figure that goes up and comes down again differs enough from the release before, and yet may lie
    beside one that was shown earlier: then all figures of the release before stay.

    Parameters
    ----------
    history : sequence of mapping
        What every release for this audience used, oldest first.
    """
    if not history:
        return dict(current)
    last = history[-1]
    chosen = carried(last, current, k, public=public)
    for old in history[:-1]:
        if _moved(old, chosen, k, public=public):
            return {block: last[block] for block in current if block in last}
    return chosen


def _moved(old: Mapping[int, Figure], new: Mapping[int, Figure], k: int, *, public: bool) -> bool:
    """Whether a block or the sum of two releases differs, but by less than k."""

    def count(release: Mapping[int, Figure], block: int) -> int:
        figure = release.get(block)
        return 0 if figure is None else (figure.concerned or 0) if public else figure.findings

    pairs = [(count(old, block), count(new, block)) for block in {*old, *new}]
    before, after = (sum(side) for side in zip(*pairs, strict=True)) if pairs else (0, 0)
    return any(differs_little(a, b, k) for a, b in [*pairs, (before, after)])


def carried_classes(previous: Mapping[str, int] | None, current: Mapping[str, int], k: int) -> dict[str, int]:
    """The sums by class of this release: all of the release before, if one of them changed a little."""
    names = {*(previous or {}), *current}
    if previous is not None and any(
        differs_little(previous.get(cls, 0), current.get(cls, 0), k) for cls in names
    ):
        return dict(previous)
    return dict(current)

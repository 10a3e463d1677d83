"""Borders that were drawn twice: thin overlaps and gaps between neighbours, made one border.

Only set operations: land under two outlines is taken from one of them, land under none is given to
one of them, and nothing else moves. A group of neighbours is mended as a whole or not at all, by a
rule that knows outlines only and not their order, and mending twice is mending once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.geometry import topology
from regularize.geometry.measures import area_sigma_m2
from regularize.geometry.topology import Floats, Geometries, Places

# Areas are compared to this: overlay at seven digits before the point errs by less.
_BALANCE_M2 = 1e-3
_TOUCH_M = 1e-6
# What overlaps more than this share of the smaller outline is no border.
_MOST_SHARE = 0.5


@dataclass(frozen=True)
class Seam:
    """One border that was drawn twice.

    Parameters
    ----------
    row : int
        The outline that loses the overlap or receives the gap.
    others : tuple of int
        Its neighbours there.
    shape : polygon
    is_gap : bool
    """

    row: int
    others: tuple[int, ...]
    shape: BaseGeometry
    is_gap: bool


@dataclass(frozen=True)
class Change:
    """What became of one outline, and because of which neighbours."""

    row: int
    others: tuple[int, ...]
    before: BaseGeometry
    after: BaseGeometry
    overlap_m2: float
    gap_m2: float


def mend_seams(
    polygons: Geometries,
    sigma_m: Floats,
    overlaps: Places,
    gaps: Places | None,
    *,
    least_m2: float,
    gap_width_m: float,
) -> list[Change]:
    """Outlines that change when the thin overlaps and gaps among `polygons` are mended.

    A seam is mended if it is nowhere wider than the accuracy of its neighbours, if no outline
    changes by more area than its accuracy leaves open, falls apart or gets a hole, and if nothing
    is left to mend afterwards. Else the whole group of neighbours stays as it is.

    Parameters
    ----------
    polygons : array of valid polygons
    sigma_m : array
        Accuracy of each outline.
    overlaps, gaps : Places
        As `topology.overlaps` and `topology.gaps` find them; no gaps: they are no fault here.
    least_m2, gap_width_m : float
        What those were asked for.

    Examples
    --------
    >>> pair = np.array([shapely.box(0, 0, 10, 10), shapely.box(9.95, 0, 20, 10)])
    >>> found = topology.overlaps(pair, least_m2=0.05)
    >>> changes = mend_seams(pair, np.array([0.1, 0.1]), found, None, least_m2=0.05, gap_width_m=0.5)
    >>> [(change.row, round(change.after.area, 2)) for change in changes]
    [(0, 99.5)]
    """
    tree = shapely.STRtree(polygons)
    seams = list(_seams(polygons, sigma_m, overlaps, gaps, tree))
    changes: list[Change] = []
    for group in _groups(seams):
        changed = _mended(polygons, sigma_m, group)
        if changed is not None and _is_settled(
            polygons, sigma_m, changed, tree, least_m2, None if gaps is None else gap_width_m
        ):
            changes += changed
    return sorted(changes, key=lambda change: change.row)


def _seams(
    polygons: Geometries, sigma_m: Floats, overlaps: Places, gaps: Places | None, tree: shapely.STRtree
) -> Iterator[Seam]:
    """The places that are thin enough; which outline gives or takes depends on the outlines alone."""
    area_m2 = shapely.area(polygons)

    def rank(row: int) -> tuple[float, bytes]:
        return float(area_m2[row]), bytes(shapely.to_wkb(shapely.normalize(polygons[row])))

    for at in range(len(overlaps)):
        pair = (int(overlaps.left[at]), int(overlaps.right[at]))
        width_m = float(sigma_m[list(pair)].min())
        if overlaps.width_m[at] > width_m or overlaps.area_m2[at] > _MOST_SHARE * area_m2[list(pair)].min():
            continue
        shape = shapely.intersection(*polygons[list(pair)])
        if _is_thin(shape, width_m):
            loser, keeper = sorted(pair, key=rank)
            yield Seam(loser, (keeper,), shape, is_gap=False)
    for shape in gaps.shapes if gaps is not None else ():
        near = [int(row) for row in tree.query(shape, predicate="dwithin", distance=_TOUCH_M)]
        inside = shapely.intersection(polygons[near], shape)
        if len(near) < 2 or shapely.area(inside).sum() > _BALANCE_M2:
            continue
        width_m = float(sigma_m[near].min())
        if not _is_thin(shape, width_m):
            continue
        # Who takes it must border the whole of it: else a tongue would grow along other borders.
        corners = shapely.points(shapely.get_coordinates(shape))
        beside = [row for row in near if shapely.distance(corners, polygons[row]).max() <= width_m + _TOUCH_M]
        if not beside:
            continue
        edge = shapely.buffer(shape, _TOUCH_M)
        border_m = np.round(shapely.length(shapely.intersection(shapely.boundary(polygons[beside]), edge)), 3)
        longest = [row for row, length in zip(beside, border_m, strict=True) if length == border_m.max()]
        taker = max(longest, key=rank)
        yield Seam(taker, tuple(sorted(row for row in near if row != taker)), shape, is_gap=True)


def _is_thin(shape: BaseGeometry, width_m: float) -> bool:
    """Whether `shape` is nowhere wider than `width_m`."""
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    core = shapely.buffer(shapely.multipolygons(polygons), -(width_m / 2 + _TOUCH_M), join_style="mitre")
    return bool(polygons) and bool(shapely.is_empty(core))


def _groups(seams: Sequence[Seam]) -> Iterator[list[Seam]]:
    """Seams whose outlines are connected by seams."""
    top: dict[int, int] = {}

    def find(row: int) -> int:
        while top.setdefault(row, row) != row:
            row = top[row]
        return row

    for seam in seams:
        for other in seam.others:
            one, two = sorted((find(seam.row), find(other)))
            top[two] = one
    found: dict[int, list[Seam]] = {}
    for seam in seams:
        found.setdefault(find(seam.row), []).append(seam)
    yield from found.values()


def _mended(polygons: Geometries, sigma_m: Floats, group: Sequence[Seam]) -> list[Change] | None:
    """The changes of one group; None where one of them is not allowed."""
    changes = []
    for row in sorted({seam.row for seam in group}):
        own = [seam for seam in group if seam.row == row]
        losses = [polygons[other] for seam in own if not seam.is_gap for other in seam.others]
        gains = [seam.shape for seam in own if seam.is_gap]
        before = polygons[row]
        lost = shapely.intersection(before, shapely.union_all(losses)) if losses else shapely.Polygon()
        after = shapely.difference(before, shapely.union_all(losses)) if losses else before
        if gains:
            after = shapely.union_all([after, *gains])
        change = Change(
            row,
            tuple(sorted({other for seam in own for other in seam.others})),
            before,
            _polygonal(after),
            float(shapely.area(lost)),
            float(sum(shapely.area(gain) for gain in gains)),
        )
        if not _is_allowed(change, float(sigma_m[row])):
            return None
        changes.append(change)
    rows = sorted({row for seam in group for row in (seam.row, *seam.others)})
    new = {change.row: change.after for change in changes}
    whole = shapely.area(shapely.union_all(polygons[rows])) + sum(change.gap_m2 for change in changes)
    left = shapely.area(shapely.union_all([new.get(row, polygons[row]) for row in rows]))
    return changes if abs(whole - left) <= _BALANCE_M2 * len(rows) else None


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """Without the lines and points that overlay may leave beside polygons."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    found: BaseGeometry = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    return found


def _is_allowed(change: Change, sigma_m: float) -> bool:
    before, after = change.before, change.after
    explained = before.area - change.overlap_m2 + change.gap_m2
    return bool(
        not after.is_empty
        and after.is_valid
        and shapely.get_num_geometries(after) == shapely.get_num_geometries(before)
        and _holes(after) == _holes(before)
        and abs(after.area - explained) <= _BALANCE_M2
        and shapely.hausdorff_distance(before, after) <= sigma_m + 2 * _TOUCH_M
        and change.overlap_m2 + change.gap_m2 <= max(area_sigma_m2(before, sigma_m), _BALANCE_M2)
    )


def _holes(shape: BaseGeometry) -> int:
    return int(shapely.get_num_interior_rings(shapely.get_parts(shape)).sum())


def _is_settled(
    polygons: Geometries,
    sigma_m: Floats,
    changes: Sequence[Change],
    tree: shapely.STRtree,
    least_m2: float,
    gap_width_m: float | None,
) -> bool:
    """Whether nothing is left to mend on the changed outlines among their neighbours."""
    new = {change.row: change.after for change in changes}
    around = tree.query(list(new.values()), predicate="dwithin", distance=gap_width_m or _TOUCH_M)[1]
    rows = np.unique([*around.tolist(), *new])
    shapes = np.array([new.get(int(row), polygons[row]) for row in rows], dtype=object)
    found = topology.overlaps(shapes, least_m2=least_m2)
    empty = None if gap_width_m is None else topology.gaps(shapes, width_m=gap_width_m)
    again = _seams(shapes, sigma_m[rows], found, empty, shapely.STRtree(shapes))
    return not any(int(rows[row]) in new for seam in again for row in (seam.row, *seam.others))

"""What features of a layer, or of two, have to do with each other: overlaps, gaps, loose ends.

Pure functions over arrays, made for whole settlements: trees and the pair kernel find the few
places that matter, and only those are cut out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from regularize.geometry import areas

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

# A part of a gap below this is what mitred corners leave.
_LEAST_GAP_M2 = 1e-4
_MITRE_LIMIT = 2.0


@dataclass(frozen=True, eq=False)
class Places:
    """Places where two features of a layer meet in an odd way.

    Parameters
    ----------
    left, right : ndarray of int64
        Positions in the layer (or layers).
    area_m2, width_m : ndarray of float64
        Of the place itself; `width_m` is twice its area over its perimeter, which is the width of
        anything long.
    xy : ndarray (n, 2)
        A point in it.
    shapes : array of geometries
        The place itself.
    """

    left: Integers
    right: Integers
    area_m2: Floats
    width_m: Floats
    xy: Floats
    shapes: Geometries

    def __len__(self) -> int:
        return len(self.left)


def mean_width_m(polygons: Geometries) -> Floats:
    """Twice the area over the perimeter: the width of anything long; NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        width: Floats = 2.0 * shapely.area(polygons) / shapely.length(polygons)
    return width


def _places(left: Integers, right: Integers, shapes: Geometries) -> Places:
    points = shapely.get_coordinates(shapely.point_on_surface(shapes)) if len(shapes) else np.empty((0, 2))
    return Places(left, right, shapely.area(shapes), mean_width_m(shapes), points, shapes)


def overlaps(polygons: Geometries, *, least_m2: float) -> Places:
    """Pairs of one layer that overlap by at least `least_m2`, each once.

    An outline that stands several times is paired with the first of its like, and only that one with
    others: a file may be one row repeated ten thousand times.

    Examples
    --------
    >>> found = overlaps(np.array([shapely.box(0, 0, 5, 9), shapely.box(4, 0, 9, 9)]), least_m2=1)
    >>> found.area_m2, found.width_m.round(1)
    (array([9.]), array([0.9]))
    """
    first = first_of_same(polygons)
    once = np.flatnonzero(first == np.arange(len(polygons)))
    again = np.flatnonzero((first != np.arange(len(polygons))) & (shapely.area(polygons) >= least_m2))
    found = areas.self_pairs(polygons[once], min_area_m2=least_m2)
    left = np.concatenate([once[found.left], first[again]])
    right = np.concatenate([once[found.right], again])
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    shapes = np.asarray(shapely.intersection(polygons[left], polygons[right]), dtype=object)
    whole = shapely.area(shapes) > 0  # what the kernel sees and GEOS does not is rounding
    return _places(left[whole], right[whole], shapes[whole])


def first_of_same(polygons: Geometries, kind: Integers | None = None) -> Integers:
    """For each outline the first one (of its kind) that is exactly the same, itself where there is none.

    Wherever a ring begins and whichever way round it runs. What is missing or empty is like nothing.

    Examples
    --------
    >>> first_of_same(np.array([shapely.box(0, 0, 5, 9), shapely.box(1, 0, 5, 9), shapely.box(0, 0, 5, 9)]))
    array([0, 1, 0])
    """
    first = np.arange(len(polygons))
    of_kind = np.zeros(len(polygons)) if kind is None else kind
    signs = np.column_stack([shapely.bounds(polygons), shapely.area(polygons), of_kind])
    order = np.lexsort((first, *signs.T))
    order = order[np.isfinite(signs[order]).all(axis=1)]
    if not len(order):
        return first
    begins = np.append(True, (signs[order[1:]] != signs[order[:-1]]).any(axis=1))
    owner = order[begins][np.cumsum(begins) - 1]
    ask = owner != order
    one, other = owner[ask], order[ask]
    equal = shapely.equals_exact(shapely.normalize(polygons[one]), shapely.normalize(polygons[other]))
    first[other[equal]] = one[equal]
    return first


def gaps(polygons: Geometries, *, width_m: float) -> Places:
    """Spaces narrower than `width_m` between neighbours of one layer.

    Outlines that lie edge to edge with all their vertices are seen at once; the others are
    widened until narrow spaces close, and what has closed is cut out.

    Parameters
    ----------
    polygons : array of valid polygons
    width_m : float
    """
    nothing = _places(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, object))
    rows = np.flatnonzero(first_of_same(polygons) == np.arange(len(polygons)))
    if len(rows) <= 1:
        return nothing
    edges = shapely.coverage_invalid_edges(polygons[rows], gap_width=width_m)
    odd = rows[~shapely.is_empty(edges)]
    if not len(odd):
        return nothing
    a, b = shapely.STRtree(polygons[odd]).query(polygons[odd], predicate="dwithin", distance=width_m)
    once = a < b
    shapes, left, right = [], [], []
    for group in _connected(len(odd), a[once], b[once]):
        rows = odd[group]
        if len(rows) <= 1:
            continue
        whole = shapely.union_all(polygons[rows])
        wide = shapely.buffer(whole, width_m / 2, join_style="mitre", mitre_limit=_MITRE_LIMIT)
        closed = shapely.buffer(wide, -width_m / 2, join_style="mitre", mitre_limit=_MITRE_LIMIT)
        parts = shapely.get_parts(shapely.difference(closed, whole))
        parts = parts[(shapely.area(parts) > _LEAST_GAP_M2) & (mean_width_m(parts) <= width_m)]
        for part in parts:
            near = np.sort(rows[shapely.dwithin(polygons[rows], part, width_m / 100)])
            if len(near) > 1:
                shapes.append(part)
                left.append(near[0])
                right.append(near[1])
    order = np.lexsort((right, left)) if left else np.empty(0, np.int64)
    return _places(
        np.array(left, np.int64)[order], np.array(right, np.int64)[order], np.array(shapes, object)[order]
    )


def _connected(n: int, a: Integers, b: Integers) -> list[Integers]:
    """Groups of 0..n-1 that the pairs (`a`, `b`) connect."""
    root = np.arange(n)

    def find(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = int(root[at])
        return at

    for one, other in zip(a.tolist(), b.tolist(), strict=True):
        first, second = find(one), find(other)
        root[max(first, second)] = min(first, second)
    top = np.array([find(at) for at in range(n)])
    order = np.argsort(top, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(top[order])) + 1)


@dataclass(frozen=True, eq=False)
class LooseEnds:
    """Ends of lines that stop just short of another.

    Parameters
    ----------
    line, other : ndarray of int64
        Positions of the line and of what it nearly meets.
    gap_m : ndarray of float64
    xy : ndarray (n, 2)
        The end.
    """

    line: Integers
    other: Integers
    gap_m: Floats
    xy: Floats


def loose_ends(lines: Geometries, *, reach_m: float, same_m: float) -> LooseEnds:
    """Ends that lie within `reach_m` of another line of the layer without touching any.

    An end that is alone is none of these: a fence may stop anywhere.

    Examples
    --------
    >>> fences = np.array([shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(9.2, 0), (9.2, 5)])])
    >>> loose_ends(fences, reach_m=0.3, same_m=0.001).gap_m.round(2)
    array([0.2, 0.2])
    """
    parts, owner = shapely.get_parts(lines, return_index=True)
    closed = shapely.is_closed(parts)
    parts, owner = parts[~closed], owner[~closed]
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    of = np.concatenate([owner, owner])
    tree = shapely.STRtree(lines)
    end, line = tree.query(ends, predicate="dwithin", distance=reach_m)
    foreign = line != of[end]
    end, line = end[foreign], line[foreign]
    gap_m = shapely.distance(ends[end], lines[line])
    order = np.lexsort((gap_m, end))
    end, line, gap_m = end[order], line[order], gap_m[order]
    nearest = np.concatenate([[True], end[1:] != end[:-1]]) if len(end) else np.empty(0, np.bool_)
    loose = np.flatnonzero(nearest & (gap_m > same_m))
    return LooseEnds(of[end[loose]], line[loose], gap_m[loose], shapely.get_coordinates(ends[end[loose]]))


@dataclass(frozen=True, eq=False)
class Standing:
    """How buildings stand on parcels.

    Parameters
    ----------
    own_share : ndarray of float64
        Share of each building in the parcel that it names; NaN where that is not known.
    parts : ndarray of int64
        In how many parcels each has at least the asked share.
    """

    own_share: Floats
    parts: Integers


def standing(buildings: Geometries, parcels: Geometries, own: Integers, *, least_share: float) -> Standing:
    """On which parcels buildings stand.

    Parameters
    ----------
    own : ndarray of int64
        Position of each building's own parcel; -1 where it is not known.
    least_share : float
        Of a building in a parcel, to count.
    """
    found = areas.pairs(buildings, parcels)
    total = shapely.area(buildings)
    share = found.area_m2 / total[found.left]
    parts = np.bincount(found.left[share >= least_share], minlength=len(buildings))
    mine = own[found.left] == found.right
    own_share = np.bincount(found.left[mine], weights=share[mine], minlength=len(buildings))
    return Standing(np.where(own >= 0, own_share, np.nan), parts.astype(np.int64))

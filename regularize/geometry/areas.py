"""Which polygons of two layers overlap, and by how many square metres."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

Engine = Literal["auto", "numba", "shapely"]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Polygons = npt.NDArray[np.object_]
Geometries = npt.ArrayLike | Any  # an array, a list or a GeoSeries of shapely geometries, or Outlines

# One square millimetre. Neighbours whose common line has its corners rounded to the last bit of a
# national coordinate overlap by up to 1e-9 m times the length of the line: they touch, no more.
TOUCH_M2 = 1e-6

# Polygons in one call from which the kernel surely repays its start. Numba needs about 0.5 CPU s to start;
# the three joins of a run take as long in GEOS at 2,000 to 3,000 buildings, 5,000 to 7,000 polygons in the
# largest call (the table in docs/performance.md).
NUMBA_PAYS = 10_000

AT_ONCE = 1000  # geometries that are read together
FREELY = 1 << 24  # coordinates for which room is taken on a guess (256 MB, most of it never touched)

_POLYGON, _MULTIPOLYGON = 3, 6  # shapely's type ids


@dataclass(frozen=True, eq=False)
class Outlines:
    """The polygons of a layer that can be computed with: valid ones, none empty, all finite.

    Parameters
    ----------
    polygons : ndarray of shapely geometries
    at : ndarray of int64
        Their positions in the layer.
    is_single : ndarray of bool
        Whether each is a Polygon, not a MultiPolygon.
    coordinates : ndarray of shape (n, 2)
        All their coordinates, one polygon after the other.
    start : ndarray of int64
        Where each polygon's coordinates begin; one entry more than there are polygons.
    size : int
        How long the layer is.
    """

    polygons: Polygons
    at: Integers
    is_single: Booleans
    coordinates: Floats
    start: Integers
    size: int

    def rings(self, may_be_several: Booleans) -> tuple[Integers, Integers, Booleans]:
        """Of each ring: its polygon, where its coordinates begin (one entry more), if it is a hole.

        Polygons are taken to be one ring each unless `may_be_several` says otherwise.
        """
        n = len(self.at)
        is_several = may_be_several | ~self.is_single
        if not is_several.any():
            return np.arange(n), self.start, np.zeros(n, np.bool_)
        one, several = np.flatnonzero(~is_several), np.flatnonzero(is_several)
        parts, of_several = self.polygons[several], np.arange(len(several))
        if not self.is_single[several].all():  # it copies each part
            parts, of_several = shapely.get_parts(parts, return_index=True)
        rings, of_part = shapely.get_rings(parts, return_index=True)
        owner = np.concatenate([one, several[of_several[of_part]]])
        length = np.concatenate([np.diff(self.start)[one], shapely.get_num_coordinates(rings)])
        is_hole = np.concatenate([np.zeros(len(one), np.bool_), np.diff(of_part, prepend=-1) == 0])
        order = np.argsort(owner, kind="stable")
        return owner[order], np.concatenate([[0], np.cumsum(length[order])]), is_hole[order]


# Of two layers, or of one with itself, each pair once and none of a polygon with itself. In order.
Overlaps = Callable[[Outlines, Outlines | None], tuple[Integers, Integers, Floats]]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Overlapping pairs, sorted by (`left`, `right`).

    Parameters
    ----------
    left, right : ndarray of int64
        Positions in the first and in the second layer.
    area_m2 : ndarray of float64
        Area of the intersection.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    area_m2: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)


def outlines(geometries: Geometries) -> Outlines:
    """What of a layer can be computed with, made once for a layer that takes part in several joins.

    Examples
    --------
    >>> parcels = outlines([shapely.box(0, 0, 9, 9)])
    >>> coverage([shapely.box(8, 8, 10, 10)], parcels), coverage([shapely.box(1, 1, 3, 3)], parcels)
    (array([1.]), array([4.]))
    """
    if isinstance(geometries, Outlines):
        return geometries
    array: Polygons = np.asarray(geometries, dtype=object).ravel()
    size = len(array)
    types = np.empty(size, np.int32)
    points = np.zeros(size, np.int64)
    coordinates, filled = np.empty((0, 2)), 0
    # GEOS keeps each geometry by itself in memory, and walking over them is dear: what is asked about
    # a thousand of them is asked while they are near.
    for first in range(0, size, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        types[some] = shapely.get_type_id(array[some])
        points[some], read = _read(array[some], (types[some] == _POLYGON) | (types[some] == _MULTIPOLYGON))
        if filled + len(read) > len(coordinates):
            # Room for the whole layer if it goes on as it began, and for a quarter more. What is not
            # written takes no memory; but a layer may begin with its largest.
            needed = filled + len(read)
            whole = needed * size * 5 // (4 * min(first + AT_ONCE, size))
            room = np.empty((min(whole, max(2 * needed, FREELY)), 2))
            room[:filled] = coordinates[:filled]
            coordinates = room
        coordinates[filled : filled + len(read)] = read
        filled += len(read)
    at = np.flatnonzero(points)
    start = np.zeros(len(at) + 1, np.int64)
    np.cumsum(points[at], out=start[1:])
    polygons = array if len(at) == size else array[at]
    return Outlines(polygons, at, types[at] == _POLYGON, coordinates[:filled], start, size)


def _read(array: Polygons, is_wanted: Booleans) -> tuple[Integers, Floats]:
    """How many coordinates each of a few geometries has, 0 where it cannot be computed with, and they."""
    points = np.where(is_wanted, shapely.get_num_coordinates(array), 0)
    coordinates: Floats = shapely.get_coordinates(array if is_wanted.all() else array[is_wanted])
    if not np.isfinite(coordinates).all():
        owner = np.repeat(np.arange(len(array)), points)
        points[owner[~np.isfinite(coordinates).all(axis=1)]] = 0
        coordinates = coordinates[points[owner] > 0]
    return points, coordinates


def pairs(a: Geometries, b: Geometries, *, engine: Engine = "auto", min_area_m2: float = 0.0) -> Pairs:
    """All pairs of `a` and `b` that overlap, with the areas of their intersections.

    Parameters
    ----------
    a, b : array of shapely geometries
        Polygons and multipolygons, with holes or without, in one metric CRS. Their rings must be
        simple and their parts apart (mend them before: :mod:`regularize.geometry.repair`).
        Whatever is None, empty, not finite or not a polygon overlaps nothing. A layer that takes part
        in several joins is better given as :func:`outlines` made of it once.
    engine : {"auto", "numba", "shapely"}
        How it is computed; the result is the same.
    min_area_m2 : float
        Leave out smaller overlaps. What is not above ``TOUCH_M2`` (1 mm2) counts as touching and is
        always left out.

    Returns
    -------
    Pairs
        The same for the same input, always. The two engines find the same pairs; their areas differ
        by less than 1e-8 m2 for polygons up to a hectare, and the kernel's are the closer ones.

    Raises
    ------
    ImportError
        If `engine` is ``"numba"`` and numba is not installed.

    Examples
    --------
    >>> pairs([shapely.box(0, 0, 2, 2)], [shapely.box(1, 1, 3, 3)]).area_m2
    array([1.])
    """
    return _pairs(outlines(a), outlines(b), engine, min_area_m2)


def self_pairs(a: Geometries, *, engine: Engine = "auto", min_area_m2: float = 0.0) -> Pairs:
    """All pairs within one layer that overlap each other, each once (``left < right``).

    The areas of one layer that lie in another may be added up only where this finds nothing in
    that other layer.
    """
    return _pairs(outlines(a), None, engine, min_area_m2)


def coverage(a: Geometries, b: Geometries, *, engine: Engine = "auto") -> npt.NDArray[np.float64]:
    """The area in m2 of each of `a` that lies in `b`.

    Where polygons of `b` overlap each other, what they share is counted more than once; see
    :func:`self_pairs`.
    """
    layer = outlines(a)
    found = pairs(layer, b, engine=engine)
    return np.bincount(found.left, weights=found.area_m2, minlength=layer.size).astype(np.float64)


def _pairs(a: Outlines, b: Outlines | None, engine: Engine, min_area_m2: float) -> Pairs:
    """Pairs of `a` and `b`, or within `a` where there is no `b`."""
    if engine not in {"auto", "numba", "shapely"}:
        raise ValueError(f"unknown engine {engine!r}")
    other = a if b is None else b
    if not (len(a.at) and len(other.at)):
        nothing = np.empty(0, np.int64)
        return Pairs(nothing, nothing, np.empty(0))
    left, right, area_m2 = _engine(engine, len(a.at) + len(other.at))(a, b)
    kept = (area_m2 > TOUCH_M2) & (area_m2 >= min_area_m2)
    if not kept.all():
        left, right, area_m2 = left[kept], right[kept], area_m2[kept]
    return Pairs(a.at[left], other.at[right], area_m2)


def _engine(engine: Engine, n: int) -> Overlaps:
    """What computes `n` polygons: the compiled kernel where it is asked for, or pays and can be had."""
    if engine == "numba" or (engine == "auto" and n >= NUMBA_PAYS):
        try:
            from regularize.geometry import kernel
        except ImportError:  # numba is an optional part, and some of its versions refuse some numpy
            if engine == "numba":
                raise
        else:
            return kernel.overlaps
    return _overlaps_shapely


def _overlaps_shapely(a: Outlines, b: Outlines | None) -> tuple[Integers, Integers, Floats]:
    """The pairs by GEOS: an STR tree, then the intersections themselves."""
    other = a if b is None else b
    left, right = shapely.STRtree(other.polygons).query(a.polygons, predicate="intersects")
    # GEOS is exact to 1e-8 m2 at national coordinates, and far better near the origin; taking whole
    # metres off a coordinate loses nothing.
    origin = np.floor(other.coordinates.min(axis=0))
    near_a = shapely.set_coordinates(a.polygons.copy(), a.coordinates - origin)
    if b is None:
        once = left < right
        left, right, near_b = left[once], right[once], near_a
    else:
        near_b = shapely.set_coordinates(b.polygons.copy(), b.coordinates - origin)
    order = np.argsort(left * len(other.at) + right)  # each pair once: no ties
    left, right = left[order], right[order]
    return left, right, shapely.area(shapely.intersection(near_a[left], near_b[right]))

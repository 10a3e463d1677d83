"""Which polygons of two layers overlap, and by how many square metres."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

Engine = Literal["auto", "numba", "shapely"]
Geometries = npt.ArrayLike | Any  # an array, a list or a GeoSeries of shapely geometries

# One square millimetre. Neighbours whose common line has its corners rounded to the last bit of a
# national coordinate overlap by up to 1e-9 m times the length of the line: they touch, no more.
TOUCH_M2 = 1e-6

_POLYGONS = (3, 6)  # shapely's type ids of Polygon and MultiPolygon


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


def pairs(a: Geometries, b: Geometries, *, engine: Engine = "auto", min_area_m2: float = 0.0) -> Pairs:
    """All pairs of `a` and `b` that overlap, with the areas of their intersections.

    Parameters
    ----------
    a, b : array of shapely geometries
        Polygons and multipolygons, with holes or without, in one metric CRS. Their rings must be
        simple and their parts apart (mend them before: :mod:`regularize.geometry.repair`).
        Whatever is None, empty, not finite or not a polygon overlaps nothing.
    engine : {"auto", "numba", "shapely"}
        How it is computed; the result is the same.
    min_area_m2 : float
        Leave out smaller overlaps. What is not above ``TOUCH_M2`` (1 mm2) counts as touching and is
        always left out.

    Returns
    -------
    Pairs
        The same for the same input, always.

    Examples
    --------
    >>> pairs([shapely.box(0, 0, 2, 2)], [shapely.box(1, 1, 3, 3)]).area_m2
    array([1.])
    """
    if engine not in {"auto", "numba", "shapely"}:
        raise ValueError(f"unknown engine {engine!r}")
    left = _polygons(a)
    right = _polygons(b)
    return _pairs_shapely(left, right, max(min_area_m2, 0.0))


def self_pairs(a: Geometries, *, engine: Engine = "auto", min_area_m2: float = 0.0) -> Pairs:
    """All pairs within one layer that overlap each other, each once (``left < right``).

    The areas of one layer that lie in another may be added up only where this finds nothing in
    that other layer.
    """
    polygons = _polygons(a)
    found = pairs(polygons, polygons, engine=engine, min_area_m2=min_area_m2)
    once = found.left < found.right
    return Pairs(found.left[once], found.right[once], found.area_m2[once])


def coverage(a: Geometries, b: Geometries, *, engine: Engine = "auto") -> npt.NDArray[np.float64]:
    """The area in m2 of each of `a` that lies in `b`.

    Where polygons of `b` overlap each other, what they share is counted more than once; see
    :func:`self_pairs`.
    """
    left = _polygons(a)
    found = pairs(left, b, engine=engine)
    return np.bincount(found.left, weights=found.area_m2, minlength=len(left)).astype(np.float64)


def _polygons(geometries: Geometries) -> npt.NDArray[np.object_]:
    """An array of the polygons of a layer, None where there is none to compute with."""
    array: npt.NDArray[np.object_] = np.asarray(geometries, dtype=object).ravel()
    usable = np.isin(shapely.get_type_id(array), _POLYGONS) & ~shapely.is_empty(array)
    coordinates, index = shapely.get_coordinates(array, return_index=True)
    usable[index[~np.isfinite(coordinates).all(axis=1)]] = False
    if not usable.all():
        array = array.copy()
        array[~usable] = None
    return array


def _origin(*layers: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """A whole metre near the layers: subtracting it from their coordinates is exact."""
    corners = [shapely.total_bounds(layer)[:2] for layer in layers]
    origin: npt.NDArray[np.float64] = np.floor(np.min(corners, axis=0))
    return origin


def _pairs_shapely(a: npt.NDArray[np.object_], b: npt.NDArray[np.object_], min_area_m2: float) -> Pairs:
    """The pairs by GEOS: an STR tree, then the intersections themselves."""
    left, right = shapely.STRtree(b).query(a, predicate="intersects")
    if len(left):
        origin = _origin(a, b)
        near_a = shapely.transform(a, lambda xy: xy - origin)
        near_b = shapely.transform(b, lambda xy: xy - origin)
        area_m2 = shapely.area(shapely.intersection(near_a[left], near_b[right]))
    else:
        area_m2 = np.empty(0)
    return _sorted(left, right, area_m2, min_area_m2)


def _sorted(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    area_m2: npt.NDArray[np.float64],
    min_area_m2: float,
) -> Pairs:
    """What is more than touching, in the order of the layers."""
    kept = (area_m2 > TOUCH_M2) & (area_m2 >= min_area_m2)
    left, right, area_m2 = left[kept], right[kept], area_m2[kept]
    order = np.lexsort((right, left))
    return Pairs(left[order].astype(np.int64), right[order].astype(np.int64), area_m2[order])

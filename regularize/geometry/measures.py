"""Measures of geometries with their uncertainty."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry


def area_sigma_m2(geometry: BaseGeometry, sigma_m: float) -> float:
    """Standard deviation of the area of a polygon whose vertices are uncertain.

    Every vertex errs by `sigma_m` in each direction, independently of the others. The variance of
    the area of a ring is then ``sigma^2 / 4 * sum |P(i+1) - P(i-1)|^2``; rings add up.

    Parameters
    ----------
    geometry : shapely geometry
        Polygon or multipolygon in a metric CRS; anything without rings has 0.
    sigma_m : float
        Standard deviation of one coordinate, in metres.

    Returns
    -------
    float
        In square metres.

    Examples
    --------
    >>> round(area_sigma_m2(shapely.box(0, 0, 10, 10), 0.1), 3)
    1.414
    """
    return float(area_sigmas_m2(np.array([geometry], dtype=object), sigma_m)[0])


def area_sigmas_m2(
    geometries: npt.NDArray[Any] | Sequence[BaseGeometry], sigma_m: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """:func:`area_sigma_m2` of many geometries; `sigma_m` is one value or one per geometry."""
    array = np.asarray(geometries, dtype=object)
    polygons, owner = shapely.get_parts(array, return_index=True)
    rings, part = shapely.get_rings(polygons, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    if not len(ring):
        return np.zeros(len(array))
    # The closing point of each ring repeats the first, so it is left out and stands in as neighbour.
    last = np.append(ring[1:] != ring[:-1], True)
    first = np.concatenate(([True], last[:-1]))
    before, after = np.roll(coordinates, 1, axis=0), np.roll(coordinates, -1, axis=0)
    starts, ends = np.flatnonzero(first), np.flatnonzero(last)
    before[starts] = coordinates[ends - 1]
    diagonal = ((after - before) ** 2).sum(axis=1)
    sums = np.bincount(owner[part[ring]][~last], weights=diagonal[~last], minlength=len(array))
    result: npt.NDArray[np.float64] = np.asarray(sigma_m, dtype=np.float64) * np.sqrt(sums) / 2
    return result

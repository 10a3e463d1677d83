"""Mend an invalid outline without eating land.

``buffer(0)`` loses half of a bow-tie, and the default ``make_valid`` can run for a minute on 250
vertices. Here the structure method is used, and its result is accepted only if nothing but slivers
changed.
"""

from dataclasses import dataclass
from typing import Any

import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from regularize.geometry.measures import area_sigma_m2
from regularize.geometry.vertices import without_repeated, without_spikes

# What is left out is a small share of the land, however coarse the accuracy is.
SLIVER_SHARE = 0.01
# What the rings enclose and what comes out may differ by no more than this.
BALANCE_M2 = 0.01
# An outline that crosses itself more often was not drawn by anybody.
MAX_PIECES = 100


@dataclass(frozen=True)
class Mended:
    """What became of a geometry.

    Parameters
    ----------
    geometry : shapely geometry or None
        Valid; None where it could not be mended within the tolerance.
    changed : bool
    reason : str
        Why it was invalid, or why it could not be mended; empty where it was valid.
    area_before_m2, area_after_m2 : float
        What the drawn rings enclose, and what is left. NaN where they cross too often to tell.
    """

    geometry: BaseGeometry | None
    changed: bool
    reason: str
    area_before_m2: float
    area_after_m2: float


def mend(geometry: BaseGeometry, tolerance_m: float) -> Mended:
    """Make a polygon valid without losing land.

    Accepted if all land that the rings enclose is still there, and if a single part stays a single
    part once slivers are left out: parts thinner than `tolerance_m` that reach no farther than it
    from what is kept, and of a share below `SLIVER_SHARE`.

    Parameters
    ----------
    geometry : shapely geometry
        In a metric CRS, with finite coordinates.
    tolerance_m : float
        Accuracy of the outline.

    Examples
    --------
    >>> bow_tie = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")
    >>> mend(bow_tie, 0.1).geometry is None
    True
    """
    if geometry.is_valid:
        return Mended(geometry, False, "", geometry.area, geometry.area)
    reason = shapely.is_valid_reason(geometry).split("[")[0]
    rings = [ring for part in shapely.get_parts(geometry) for ring in _rings(part)]
    if not rings or sum(shapely.get_num_geometries(_noded(ring)) for ring in rings) > MAX_PIECES:
        return Mended(None, False, reason, 0.0 if not rings else float("nan"), 0.0)
    enclosed = _enclosed_area(geometry)
    whole = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    parts = [p for part in shapely.get_parts(whole) for p in shapely.get_parts(part)]
    parts = [p for p in parts if p.geom_type == "Polygon" and p.area > 0]
    total = sum(part.area for part in parts)
    kept = _without_slivers(parts, total, tolerance_m)
    after = sum(part.area for part in kept)
    lost = not kept or abs(enclosed - total) > BALANCE_M2
    if lost or len(kept) > shapely.get_num_geometries(geometry):
        return Mended(None, False, reason, enclosed, after)
    mended = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
    if not mended.is_valid:
        return Mended(None, False, reason, enclosed, after)
    return Mended(mended, True, reason, enclosed, after)


def tidy(geometry: BaseGeometry, *, tolerance_m: float, same_m: float, angle_deg: float) -> Mended:
    """Take repeated vertices and the tips of thin spikes off a valid polygon.

    Accepted if the result is valid, has as many parts as before, and its area changed by no more
    than the area is uncertain by its accuracy. Tidying twice is tidying once.

    Parameters
    ----------
    tolerance_m : float
        Accuracy of the outline: a spike with a wider foot stays.
    same_m : float
        Vertices nearer than this are one.
    angle_deg : float
        A corner sharper than this is a spike.

    Examples
    --------
    >>> spike = shapely.from_wkt("POLYGON ((0 0, 9 0, 9 9, 4 9, 4 12, 3.99 9, 0 9, 0 0))")
    >>> tidy(spike, tolerance_m=0.05, same_m=0.001, angle_deg=5).area_after_m2
    81.0
    """
    before = geometry.area
    result = without_repeated(geometry, same_m)
    result = without_spikes(result, angle_deg=angle_deg, width_m=tolerance_m)
    result = without_repeated(result, same_m)
    after = result.area
    if shapely.get_num_coordinates(result) == shapely.get_num_coordinates(geometry):
        return Mended(geometry, False, "", before, before)
    budget_m2 = max(BALANCE_M2, area_sigma_m2(geometry, tolerance_m))
    same_parts = shapely.get_num_geometries(result) == shapely.get_num_geometries(geometry)
    if not result.is_valid or not same_parts or abs(after - before) > budget_m2:
        return Mended(geometry, False, "over the budget", before, before)
    return Mended(result, True, "", before, after)


def _without_slivers(parts: list[Any], total_m2: float, tolerance_m: float) -> list[Any]:
    """The parts in their order, without what lies within the accuracy of the others' borders."""
    small = [part.area < SLIVER_SHARE * total_m2 and _is_thin(part, tolerance_m) for part in parts]
    kept = [not each for each in small]
    for n in sorted(range(len(parts)), key=lambda n: -parts[n].area):
        if small[n]:
            land = shapely.union_all([part for part, stays in zip(parts, kept, strict=True) if stays])
            kept[n] = not shapely.covers(shapely.buffer(land, tolerance_m), parts[n])
    return [part for part, stays in zip(parts, kept, strict=True) if stays]


def _is_thin(part: BaseGeometry, tolerance_m: float) -> bool:
    return bool(part.area <= tolerance_m * part.length / 2)


def _rings(part: BaseGeometry) -> list[BaseGeometry]:
    return [part.exterior, *part.interiors] if isinstance(part, Polygon) else []


def _enclosed_area(geometry: BaseGeometry) -> float:
    """Area of all faces that the rings draw, holes left out, land under two parts counted once."""
    faces = []
    for part in shapely.get_parts(geometry):
        shell, *holes = (_filled(ring) for ring in _rings(part))
        faces.append(shapely.difference(shell, shapely.union_all(holes)))
    return float(shapely.union_all(faces).area)


def _filled(ring: BaseGeometry) -> BaseGeometry:
    return shapely.union_all(shapely.get_parts(shapely.polygonize([_noded(ring)])))


def _noded(ring: BaseGeometry) -> BaseGeometry:
    return shapely.node(LineString(shapely.get_coordinates(ring)))

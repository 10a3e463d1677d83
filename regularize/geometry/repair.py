"""Mend an invalid outline without eating land.

``buffer(0)`` loses half of a bow-tie, and the default ``make_valid`` can run for a minute on 250
vertices. Here the structure method is used, and its result is accepted only if nothing but slivers
changed.
"""

from dataclasses import dataclass

import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

# A part of this size or share is an artefact of drawing, not land.
SLIVER_M2 = 0.5
SLIVER_SHARE = 0.01


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
        ``area_before_m2`` is what the drawn rings enclose: the sum of the parts between them.
    """

    geometry: BaseGeometry | None
    changed: bool
    reason: str
    area_before_m2: float
    area_after_m2: float


def mend(geometry: BaseGeometry, tolerance_m: float) -> Mended:
    """Make `geometry` valid within `tolerance_m`.

    Accepted if a single part stays a single part once slivers are left out, and if the area lost or
    gained stays below what moving the outline by `tolerance_m` could account for.

    Parameters
    ----------
    geometry : shapely geometry
        In a metric CRS.
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
    enclosed = _enclosed_area(geometry)
    whole = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type in {"Polygon", "MultiPolygon"}]
    parts = [piece for part in parts for piece in shapely.get_parts(part)]
    limit = max(SLIVER_M2, 0.0)
    total = sum(part.area for part in parts)
    kept = [part for part in parts if part.area >= limit and part.area >= SLIVER_SHARE * total]
    after = sum(part.area for part in kept)
    if not kept:
        return Mended(None, False, reason, enclosed, 0.0)
    parts_before = shapely.get_num_geometries(geometry)
    allowed = max(tolerance_m * shapely.length(geometry), SLIVER_M2)
    if len(kept) > parts_before or abs(enclosed - after) > max(allowed * SLIVER_SHARE, SLIVER_M2):
        return Mended(None, False, reason, enclosed, after)
    mended = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
    if not mended.is_valid:
        return Mended(None, False, reason, enclosed, after)
    return Mended(mended, True, reason, enclosed, after)


def _enclosed_area(geometry: BaseGeometry) -> float:
    """Area of all faces that the rings of a polygon draw, holes left out."""
    total = 0.0
    for part in shapely.get_parts(geometry):
        if part.geom_type != "Polygon":
            continue
        shell = shapely.union_all(shapely.get_parts(shapely.polygonize([_noded(part.exterior)])))
        holes = shapely.union_all([_filled(ring) for ring in part.interiors])
        total += shapely.difference(shell, holes).area
    return float(total)


def _filled(ring: BaseGeometry) -> BaseGeometry:
    return shapely.union_all(shapely.get_parts(shapely.polygonize([_noded(ring)])))


def _noded(ring: BaseGeometry) -> BaseGeometry:
    return shapely.node(LineString(shapely.get_coordinates(ring)))

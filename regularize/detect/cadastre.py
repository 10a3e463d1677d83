"""The cadastre against itself: parcels that overlap or leave gaps, buildings across their lines.

What is wrong in the register before anything was surveyed must not be read as a finding about a home.
"""

from collections.abc import Mapping
from itertools import product

import geopandas as gpd
import numpy as np
import shapely

from regularize.detect.flags import is_wide, parcel_sigma_m
from regularize.detect.sides import Floats, Shapes, Side, prepare, tolerances
from regularize.geometry import areas, topology
from regularize.i18n import translate as _
from regularize.model import Issue, Severity


def self_check(
    parcels: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame | None,
    *,
    thresholds: Mapping[str, float],
) -> tuple[Issue, ...]:
    """Overlaps of parcels, gaps between them, and registered buildings across their lines, in m2.

    What is narrower than the parcels are accurate is a matter of drawing (info), the rest a warning.

    Parameters
    ----------
    parcels, buildings : GeoDataFrame or None
        Layers of the cadastre, in one metric CRS.
    thresholds : mapping
        ``parcels_*``, ``flag_min_area_m2`` and ``sigma_*``.

    Examples
    --------
    >>> [issue.code for issue in self_check(parcels, buildings, thresholds=pack.thresholds)]
    ['PARCELS_OVERLAP', 'PARCELS_GAP']
    """
    default_m = thresholds["sigma_default_register_m"]
    lots, _issues = prepare(
        parcels, default_sigma_m=default_m, thresholds=thresholds, layer="parcels", merge="same"
    )
    if not len(lots):
        return ()
    sigma_m = parcel_sigma_m(parcels, thresholds)
    accurate_m = float(tolerances(sigma_m, sigma_m, thresholds))
    least_m2 = thresholds["parcels_overlap_min_m2"]
    overlaps = topology.overlaps(lots.shapes, least_m2=least_m2)
    issues = _drawn_again(lots) + _said(
        overlaps, "PARCELS_OVERLAP", _("parcels {a} and {b} overlap each other by {m2} m2"), lots, accurate_m
    )
    gaps = topology.gaps(lots.shapes, width_m=thresholds["parcels_gap_width_m"])
    issues += _said(
        gaps,
        "PARCELS_GAP",
        _("between parcels {a} and {b} lie {m2} m2 of nobody's"),
        lots,
        accurate_m,
        least_m2,
    )
    houses, _issues = prepare(
        buildings, default_sigma_m=default_m, thresholds=thresholds, layer="buildings", merge="same"
    )
    return (*issues, *_across(houses, lots, sigma_m, thresholds))


def _drawn_again(lots: Side) -> list[Issue]:
    """Parcels of exactly the same outline as an earlier one, each against the first."""
    text = _("parcels {a} and {b} overlap each other by {m2} m2")
    issues = []
    for at, rows in enumerate(lots.fids):
        if len(rows) > 1:
            point, m2 = shapely.point_on_surface(lots.shapes[at]), f"{lots.shapes[at].area:.1f}"
            first, *others = _names(lots, at)
            for name in others:
                message = text.format(a=first, b=name, m2=m2)
                issues.append(Issue("PARCELS_OVERLAP", Severity.WARNING, message, None, point.x, point.y))
    return issues


def _said(
    places: topology.Places, code: str, text: str, lots: Side, accurate_m: float, least_m2: float = 0.0
) -> list[Issue]:
    issues = []
    for a, b, m2, width_m, (x, y) in zip(
        places.left.tolist(), places.right.tolist(), places.area_m2.tolist(), places.width_m.tolist(),
        places.xy.tolist(), strict=True,
    ):  # fmt: skip
        if m2 >= least_m2:
            severity = Severity.INFO if width_m <= accurate_m else Severity.WARNING
            for one, other in product(_names(lots, a), _names(lots, b)):
                message = text.format(a=one, b=other, m2=f"{m2:.1f}")
                issues.append(Issue(code, severity, message, None, x, y))
    return issues


def _across(houses: Side, lots: Side, sigma_m: float, thresholds: Mapping[str, float]) -> list[Issue]:
    """Registered buildings of which a body lies in another parcel than the most of them."""
    if not len(houses):
        return []
    least_m2 = thresholds["flag_min_area_m2"]
    found = areas.pairs(houses.shapes, lots.shapes, min_area_m2=least_m2)
    largest = np.zeros(len(houses))
    np.maximum.at(largest, found.left, found.area_m2)
    # Where parcels overlap a building may lie in two and cross no line.
    area: Floats = np.asarray(shapely.area(houses.shapes))
    rest = (found.area_m2 < largest[found.left]) & (area[found.left] - largest[found.left] >= least_m2)
    i, j = found.left[rest], found.right[rest]
    piece: Shapes = np.asarray(shapely.intersection(houses.shapes[i], lots.shapes[j]), dtype=object)
    solid = is_wide(piece, tolerances(houses.sigma_m[i], sigma_m, thresholds))
    issues = []
    for at, lot, part in zip(i[solid].tolist(), j[solid].tolist(), piece[solid], strict=True):
        point = shapely.point_on_surface(part)
        message = _("building {a} reaches {m2} m2 into parcel {b}").format(
            a=_name(houses, at), b=_name(lots, lot), m2=f"{part.area:.1f}"
        )
        issues.append(
            Issue("BUILDING_CROSSES_PARCELS", Severity.INFO, message, None, float(point.x), float(point.y))
        )
    return issues


def _name(side: Side, at: int) -> str:
    return _names(side, at)[0]


def _names(side: Side, at: int) -> list[str]:
    """What the rows behind an outline are called; their numbers where one of them has no reference."""
    refs, fids = side.refs[at], side.fids[at]
    return list(refs) if len(refs) == len(fids) else [f"#{fid}" for fid in fids]

"""Layers that only the office's map has: remaining shift, uncertain ground, objections as counts."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.layers import Audience, Column, Layer
from regularize.model import BuildingClass, Finding, PlotClass

_OFFICE: frozenset[Audience] = frozenset({"office"})

RESIDUALS = Layer(
    "residuals",
    "residuals",
    (),
    "line",
    (Column("length_m", "real", unit="m"), Column("sigma_m", "real", unit="m"), Column("pairs", "integer")),
    geometry_audience=_OFFICE,
)
UNCERTAIN = Layer("uncertain_ground", "uncertain_ground", (), "polygon", (), geometry_audience=_OFFICE)
OBJECTIONS = Layer(
    "objections",
    "objections",
    (),
    "polygon",
    (Column("count", "integer"), Column("open", "integer")),
    geometry_audience=_OFFICE,
)
STRETCHED = 50  # an arrow is this many times as long as the shift that it shows
_NEAR_M = 15.0
_CLUSTER_M = 60.0
_HEAD = 0.25


def residual_arrows(
    cells: Sequence[tuple[float, float, float, float, float, int]], *, crs: str
) -> gpd.GeoDataFrame:
    """Arrows of the shift that remains in each cell: (x, y, dx_m, dy_m, sigma_m, pairs)."""
    shapes = [_arrow(x, y, dx * STRETCHED, dy * STRETCHED) for x, y, dx, dy, _sigma, _n in cells]
    return gpd.GeoDataFrame(
        {
            "length_m": [float(np.hypot(cell[2], cell[3])) for cell in cells],
            "sigma_m": [float(cell[4]) for cell in cells],
            "pairs": [int(cell[5]) for cell in cells],
        },
        geometry=shapes,
        crs=crs,
    )


def uncertain_ground(findings: Sequence[Finding], *, crs: str) -> gpd.GeoDataFrame:
    """The ground around findings that could not be decided, near ones as one area."""
    unsure = {BuildingClass.UNCERTAIN.value, PlotClass.UNCERTAIN.value}
    places = [f.geometry for f in findings if f.cls in unsure]
    if not places:
        return gpd.GeoDataFrame(geometry=[], crs=crs)
    grown = shapely.union_all(shapely.buffer(np.array(places, dtype=object), _NEAR_M, quad_segs=4))
    return gpd.GeoDataFrame(geometry=list(shapely.get_parts(grown)), crs=crs)


def clustered(places: Sequence[tuple[BaseGeometry, bool]], *, crs: str) -> gpd.GeoDataFrame:
    """Objections as circles with their number: those near one another count together.

    Parameters
    ----------
    places : sequence of (geometry, bool)
        Where each objection lies, and whether it still waits for its answer.
    """
    if not places:
        return gpd.GeoDataFrame({"count": [], "open": []}, geometry=[], crs=crs)
    points = shapely.point_on_surface(np.array([place for place, _open in places], dtype=object))
    grown = shapely.union_all(shapely.buffer(points, _CLUSTER_M / 2, quad_segs=4))
    groups = shapely.get_parts(grown)
    point, group = shapely.STRtree(groups).query(points, predicate="intersects")
    waiting = np.array([is_open for _place, is_open in places], dtype=np.int64)
    count, still = np.bincount(group, minlength=len(groups)), np.bincount(group, waiting[point], len(groups))
    centres = shapely.centroid(groups)
    circles = shapely.buffer(centres, 6.0 + 2.0 * np.sqrt(count), quad_segs=12)
    return gpd.GeoDataFrame(
        {"count": [int(n) for n in count], "open": [int(n) for n in still]}, geometry=list(circles), crs=crs
    )


def _arrow(x: float, y: float, dx: float, dy: float) -> BaseGeometry:
    tip = np.array([x + dx, y + dy])
    back = -_HEAD * np.array([dx, dy])
    side = np.array([-back[1], back[0]]) * 0.6
    shaft = [(x, y), tuple(tip)]
    head = [tuple(tip + back + side), tuple(tip), tuple(tip + back - side)]
    return shapely.MultiLineString([shaft, head])

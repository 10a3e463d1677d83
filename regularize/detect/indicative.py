"""Indicative plots where none were surveyed: a seeded watershed between buildings, fences and streets.

What comes out is a proposal for where to look first, never a boundary: it is drawn dashed and enters
no statement of areas. Each plot says how much of its edge rests on something that was surveyed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from regularize.detect.sides import components
from regularize.errors import MissingExtraError
from regularize.i18n import translate as _

INDICATIVE = "INDICATIVE"
COLUMNS = ("confidence", "n_buildings", "area_m2", "reason")

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]
Shapes = npt.NDArray[Any]


@dataclass(frozen=True)
class _Grid:
    """Square cells over a block; row 0 is the north."""

    west: float
    north: float
    cell_m: float
    rows: int
    columns: int

    def centres(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Eastings of the columns and northings of the rows."""
        return (
            self.west + (np.arange(self.columns) + 0.5) * self.cell_m,
            self.north - (np.arange(self.rows) + 0.5) * self.cell_m,
        )


def infer_plots(
    buildings: gpd.GeoDataFrame | None,
    fences: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    area: BaseGeometry,
    thresholds: Mapping[str, float],
) -> gpd.GeoDataFrame:
    """Divide the blocks of an area into indicative plots.

    Streets cut the area into blocks. In each block buildings that hang together, and fenced yards
    without a building, are the seeds; a watershed gives every piece of ground to the nearest seed that
    no fence parts from it.

    Parameters
    ----------
    buildings, fences, streets : GeoDataFrame or None
        Layers ``observed_buildings``, ``fences`` and ``streets`` in the project's metric CRS. A street
        drawn as a line has its ``width_m``, else ``watershed_street_width_m``.
    area : Polygon or MultiPolygon
        Where to infer, in the same CRS: an area of the project, without what was surveyed.
    thresholds : mapping
        ``watershed_*`` of ``pack.thresholds``.

    Returns
    -------
    GeoDataFrame
        ``confidence`` (0..1, share of the perimeter on a surveyed line or a street), ``n_buildings``,
        ``area_m2`` (of the proposal; not for statements), ``reason`` (always ``INDICATIVE``), geometry;
        from north to south, from west to east. Empty where there is nothing to begin with.

    Raises
    ------
    MissingExtraError
        If scikit-image is not installed.

    Examples
    --------
    >>> infer_plots(observed, fences, streets, area, pack.thresholds)["confidence"].mean()
    0.71
    """
    crs = next((f.crs for f in (buildings, fences, streets) if f is not None and f.crs is not None), None)
    corridors = _corridors(streets, thresholds["watershed_street_width_m"])
    blocks = _blocks(area, corridors, thresholds["watershed_min_block_m2"])
    houses = _usable(buildings, ("Polygon", "MultiPolygon"))
    lines = _usable(fences, ("LineString", "MultiLineString", "LinearRing"))
    found: list[tuple[Polygon, float, int]] = []
    for block in blocks:
        here = houses[shapely.intersects(houses, block)] if len(houses) else houses
        walls = lines[shapely.intersects(lines, block)] if len(lines) else lines
        found.extend(_divided(block, here, walls, thresholds))
    found.sort(key=lambda plot: (-plot[0].bounds[3], plot[0].bounds[0]))
    shapes = [plot for plot, _confidence, _n in found]
    data: dict[str, list[Any]] = {
        "confidence": [round(confidence, 3) for _plot, confidence, _n in found],
        "n_buildings": [n for _plot, _confidence, n in found],
        "area_m2": [round(plot.area, 1) for plot in shapes],
        "reason": [INDICATIVE] * len(found),
    }
    return gpd.GeoDataFrame(data, geometry=shapes, crs=crs)


def _usable(frame: gpd.GeoDataFrame | None, kinds: Sequence[str]) -> Shapes:
    """The geometries of a layer that are of the wanted kinds, mended where they need it."""
    if frame is None or not len(frame):
        return np.array([], dtype=object)
    shapes: Shapes = shapely.make_valid(np.asarray(frame.geometry.array, dtype=object))
    parts: Shapes = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    kept: Shapes = parts[[part.geom_type in kinds and not part.is_empty for part in parts]]
    return kept


def _corridors(streets: gpd.GeoDataFrame | None, default_width_m: float) -> BaseGeometry:
    """The ground of all streets."""
    if streets is None or not len(streets):
        return Polygon()
    shapes: Shapes = np.asarray(streets.geometry.array, dtype=object)
    width = np.full(len(streets), default_width_m)
    if "width_m" in streets:
        stated = streets["width_m"].to_numpy(dtype=np.float64, na_value=np.nan)
        width = np.where(stated > 0, stated, default_width_m)
    lines = shapely.get_dimensions(shapes) == 1
    shapes = shapes.copy()
    shapes[lines] = shapely.buffer(shapes[lines], width[lines] / 2, cap_style="flat", join_style="mitre")
    kept = shapes[shapely.get_dimensions(shapes) == 2]
    return shapely.union_all(kept) if len(kept) else Polygon()


def _blocks(area: BaseGeometry, corridors: BaseGeometry, least_m2: float) -> list[Polygon]:
    """What streets leave of the area; strips between a street and the edge of the area fall away."""
    rest = shapely.make_valid(area).difference(corridors)
    parts = [part for part in shapely.get_parts(rest).tolist() if isinstance(part, Polygon)]
    return [part for part in parts if part.area >= least_m2]


def _divided(
    block: Polygon, houses: Shapes, lines: Shapes, thresholds: Mapping[str, float]
) -> list[tuple[Polygon, float, int]]:
    """The plots of one block, each with its confidence and its number of buildings."""
    try:
        from scipy import ndimage  # type: ignore[import-untyped]  # scipy comes without stubs
        from skimage.segmentation import watershed
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            _("indicative plots need the library scikit-image"), hint="pip install regularize[watershed]"
        ) from error
    if not len(houses) and not len(lines):
        return []  # free ground between streets is nobody's yard
    t = thresholds
    large = block.area > t["watershed_large_block_m2"]
    grid = _grid(block, t["watershed_large_cell_m" if large else "watershed_cell_m"])
    inside = _filled([block], grid)
    fenced = _filled(list(shapely.buffer(lines, t["watershed_fence_half_width_m"])), grid) & inside
    groups = _groups(houses, lines, t["watershed_group_gap_m"])
    seeds: Labels = np.zeros(inside.shape, dtype=np.int32)
    for number, members in enumerate(groups, start=1):
        seeds[_filled([houses[k] for k in members], grid) & inside] = number
    # A yard that fences close, gates included, is a seed of its own where nothing stands in it.
    reach = max(1, round(t["watershed_close_gap_m"] / grid.cell_m))
    closed = ndimage.binary_dilation(fenced, iterations=reach) if fenced.any() else fenced
    yards, n_yards = ndimage.label(inside & ~closed)
    least = t["watershed_min_yard_m2"] / grid.cell_m**2
    number = len(groups)
    for yard in range(1, n_yards + 1):
        cells = yards == yard
        if cells.sum() >= least and not seeds[cells].any():
            number += 1
            seeds[cells] = number
    if not number:
        return []
    height = ndimage.distance_transform_edt(seeds == 0) * grid.cell_m
    height[fenced & (seeds == 0)] += t["watershed_fence_height_m"]
    flooded: Any = watershed  # untyped
    labels: Labels = np.asarray(flooded(height, markers=seeds, mask=inside), dtype=np.int32)
    plots = _outlines(labels, grid, block, t["watershed_simplify_cells"] * grid.cell_m)
    known = _known_lines(block, lines, t["watershed_known_m"])
    result = []
    for label, plot in plots:
        if plot.area >= t["watershed_min_plot_m2"]:
            edge = plot.exterior
            share = min(1.0, edge.intersection(known).length / edge.length)
            result.append((plot, share, len(groups[label - 1]) if label <= len(groups) else 0))
    return result


def _grid(block: Polygon, cell_m: float) -> _Grid:
    west, south, east, north = block.bounds
    rows, columns = math.ceil((north - south) / cell_m) + 2, math.ceil((east - west) / cell_m) + 2
    return _Grid(west - cell_m, north + cell_m, cell_m, rows, columns)


def _filled(shapes: Sequence[BaseGeometry], grid: _Grid) -> Mask:
    """The cells whose centre lies in one of some polygons."""
    mask: Mask = np.zeros((grid.rows, grid.columns), dtype=bool)
    x, y = grid.centres()
    for shape in shapes:
        west, south, east, north = shape.bounds
        first, last = np.searchsorted(x, (west, east))
        low, high = np.searchsorted(-y, (-north, -south))
        if first < last and low < high:
            shapely.prepare(shape)
            xs, ys = np.meshgrid(x[first:last], y[low:high])
            mask[low:high, first:last] |= shapely.contains_xy(shape, xs, ys)
    return mask


def _groups(houses: Shapes, lines: Shapes, gap_m: float) -> list[list[int]]:
    """Buildings that hang together: near each other, with no fence between."""
    if not len(houses):
        return []
    left, right = shapely.STRtree(houses).query(houses, predicate="dwithin", distance=gap_m)
    apart = left < right
    left, right = left[apart], right[apart]
    if len(lines) and len(left):
        between = shapely.shortest_line(houses[left], houses[right])
        crossed = shapely.STRtree(lines).query(between, predicate="intersects")[0]
        # Wall to wall on a fenced line: the fence ends at the walls, and each side is a home of its own.
        free = np.ones(len(left), dtype=bool)
        free[np.unique(crossed)] = False
        left, right = left[free], right[free]
    members: dict[int, list[int]] = {}
    for at, label in enumerate(components(len(houses), left, right).tolist()):
        members.setdefault(label, []).append(at)
    return list(members.values())


def _outlines(labels: Labels, grid: _Grid, block: Polygon, tolerance_m: float) -> list[tuple[int, Polygon]]:
    """The areas of equal label as a coverage: neighbours share their simplified lines."""
    x = grid.west + np.arange(grid.columns + 1) * grid.cell_m
    y = grid.north - np.arange(grid.rows + 1) * grid.cell_m
    # The sides of cells between different labels enclose the areas; the grid has an empty rim.
    r, c = np.nonzero(labels[1:] != labels[:-1])
    level = np.stack([x[c], y[r + 1], x[c + 1], y[r + 1]], axis=1)
    r, c = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = np.stack([x[c + 1], y[r], x[c + 1], y[r + 1]], axis=1)
    sides: Any = shapely.linestrings(np.concatenate([level, upright]).reshape(-1, 2, 2))
    largest: dict[int, Polygon] = {}
    for part in shapely.get_parts(shapely.polygonize(list(sides))).tolist():
        at = part.representative_point()
        name = int(labels[int((grid.north - at.y) / grid.cell_m), int((at.x - grid.west) / grid.cell_m)])
        if name and (name not in largest or part.area > largest[name].area):
            largest[name] = Polygon(part.exterior)
    names, shapes = sorted(largest), [largest[name] for name in sorted(largest)]
    # Visvalingam's tolerance is the side of a square: a step of one cell and a half has half of that.
    simple = shapely.coverage_simplify(np.array(shapes, dtype=object), tolerance_m)
    cut = shapely.intersection(simple, block.buffer(grid.cell_m / 2))
    result = []
    for name, shape in zip(names, cut.tolist(), strict=True):
        parts = [part for part in shapely.get_parts(shape).tolist() if isinstance(part, Polygon)]
        if parts:
            result.append((name, max(parts, key=lambda part: part.area)))
    return result


def _known_lines(block: Polygon, lines: Shapes, within_m: float) -> BaseGeometry:
    """What lies on a surveyed line or on the edge of the block, which is a street."""
    return shapely.union_all([shapely.buffer(block.exterior, within_m), *shapely.buffer(lines, within_m)])


def ground_of(
    area: BaseGeometry | None,
    observed: gpd.GeoDataFrame,
    plots: gpd.GeoDataFrame,
    thresholds: Mapping[str, float],
) -> tuple[BaseGeometry, gpd.GeoDataFrame]:
    """Where nobody surveyed plots, and the observed buildings that stand there.

    Parameters
    ----------
    area : Polygon or MultiPolygon, optional
        The area of the project; where there is none, what the observed buildings span.
    observed, plots : GeoDataFrame
        Layers ``observed_buildings`` and ``plots``.
    thresholds : mapping
        ``watershed_hull_m``.
    """
    houses: Shapes = np.asarray(observed.geometry.array, dtype=object)
    around: BaseGeometry = shapely.GeometryCollection(houses.tolist()).convex_hull
    ground = area if area is not None else around.buffer(thresholds["watershed_hull_m"])
    middle = shapely.point_on_surface(houses)
    free = shapely.intersects(ground, middle)
    if len(plots):
        taken = shapely.union_all(shapely.make_valid(np.asarray(plots.geometry.array, dtype=object)))
        shapely.prepare(taken)
        free &= ~shapely.intersects(taken, middle)
        ground = ground.difference(taken)
    return ground, observed[free].reset_index(drop=True)

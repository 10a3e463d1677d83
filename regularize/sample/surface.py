"""The same neighbourhood from above: terrain, surface, greenness as a flight would give them, and the truth.

Another error of the picture leaves roofs, trees and fences where they are: each has its own stream of
random numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from numpy.random import PCG64, Generator, SeedSequence
from shapely.geometry.base import BaseGeometry

from regularize.sample.neighbourhood import standing
from regularize.sample.settings import BENCHMARK, CRS, Settings

Grid = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROOFS = ("gable", "mono", "flat")
BLURS_M = (0.35, 0.6, 1.0)
NOISES_M = (0.06, 0.10, 0.15)
SLOPES = (0.0, 0.08, 0.3)
CELLS_M = (0.25, 0.5, 1.0)
_TERRAIN, _ROOFS, _TREES, _FENCES, _CLUTTER, _PICTURE = range(100, 106)
_RIM_M = 12.0
_STOREY_M = 2.8
_GREEN, _BARE, _GREEN_SCATTER = 0.6, 0.1, 0.04


@dataclass(frozen=True)
class Flight:
    """What is drawn besides the buildings, and how the picture errs. Shares are 0..1.

    Parameters
    ----------
    cell_m : float
    roof_mix : tuple of float
        Shares of :data:`ROOFS`.
    eave_m : (float, float)
        Height of the eaves above the ground; a second floor adds to it.
    second_floor, second_floor_from_m2 : float
        Share of the houses with a second floor, and the area from which on they may have one.
    trees : int
        In the whole scene.
    fenced, clutter : float
        Shares of the plots with fences, and with something low lying about.
    slope : float
        Rise of the terrain per metre.
    blur_m, noise_m, holes : float
        Of the picture: sigma of the blur and of the noise, share without data.
    """

    cell_m: float = 0.25
    roof_mix: tuple[float, float, float] = (0.55, 0.30, 0.15)
    eave_m: tuple[float, float] = (2.3, 3.2)
    second_floor: float = 0.25
    second_floor_from_m2: float = 60.0
    trees: int = 90
    fenced: float = 0.5
    clutter: float = 0.4
    slope: float = 0.08
    blur_m: float = 0.35
    noise_m: float = 0.06
    holes: float = 0.01


@dataclass(frozen=True, eq=False)
class Surface:
    """Grids of one scene, row 0 in the north; heights in metres.

    Parameters
    ----------
    dsm, dtm, ndvi : ndarray
        The surface as flown (NaN where there is no data), the true terrain, the greenness.
    true_dsm : ndarray
        The surface without blur, noise and holes.
    houses : GeoDataFrame
        ``roof``, ``eave_m``, ``ridge_m`` (above the ground) and the true outlines, sheds left out.
    west, north, cell_m : float
        The outer corner of the first cell, and the side of a cell.
    """

    dsm: Grid
    dtm: Grid
    ndvi: Grid
    true_dsm: Grid
    houses: gpd.GeoDataFrame
    west: float
    north: float
    cell_m: float


@dataclass(frozen=True, eq=False)
class _Frame:
    """Eastings of the columns and northings of the rows."""

    x: Grid
    y: Grid

    def window(self, shape: BaseGeometry) -> tuple[tuple[slice, slice], Grid, Grid]:
        """The cells around a shape, and where their centres lie."""
        west, south, east, north = shape.bounds
        columns = slice(*np.searchsorted(self.x, (west, east)).tolist())
        rows = slice(*np.searchsorted(-self.y, (-north, -south)).tolist())
        return (rows, columns), *np.meshgrid(self.x[columns], self.y[rows])


def surface(seed: int, settings: Settings = BENCHMARK, flight: Flight | None = None) -> Surface:
    """Draw the scene of a neighbourhood from above.

    Examples
    --------
    >>> scene = surface(0, flight=Flight(cell_m=0.5, trees=0))
    >>> float(np.nanmax(scene.dsm - scene.dtm)) > 2.3
    True
    """
    f = flight or Flight()
    ground = standing(seed, settings)
    west, south, east, north = shapely.total_bounds(ground.plots) + np.array([-1, -1, 1, 1]) * _RIM_M
    columns, rows = math.ceil((east - west) / f.cell_m), math.ceil((north - south) / f.cell_m)
    frame = _Frame(west + (np.arange(columns) + 0.5) * f.cell_m, north - (np.arange(rows) + 0.5) * f.cell_m)
    dtm = _terrain(frame, f, _stream(seed, _TERRAIN))
    true = dtm.copy()
    _fences(true, dtm, frame, ground.plots, f, _stream(seed, _FENCES))
    _clutter(true, dtm, frame, ground.plots, f, _stream(seed, _CLUTTER))
    houses = _roofs(true, dtm, frame, ground.outlines, ground.kinds, f, _stream(seed, _ROOFS))
    green = _trees(true, dtm, frame, f, _stream(seed, _TREES))
    rng = _stream(seed, _PICTURE)
    dsm = _blurred(true, f.blur_m / f.cell_m) + rng.normal(0.0, f.noise_m, true.shape)
    ndvi = _blurred(np.where(green, _GREEN, _BARE), f.blur_m / f.cell_m)
    ndvi += rng.normal(0.0, _GREEN_SCATTER, true.shape)
    dsm[_holes(true.shape, f, rng)] = np.nan
    return Surface(dsm, dtm, ndvi, true, houses, float(west), float(north), f.cell_m)


def _stream(seed: int, stage: int) -> Generator:
    return Generator(PCG64(SeedSequence([seed, stage])))


def _terrain(frame: _Frame, f: Flight, rng: Generator) -> Grid:
    """A slope in some direction, with gentle waves of half a metre."""
    way = rng.uniform(0, 2 * math.pi)
    x, y = np.meshgrid(frame.x - frame.x.mean(), frame.y - frame.y.mean())
    height: Grid = 100.0 + f.slope * (x * math.cos(way) + y * math.sin(way))
    for _ in range(2):
        turn, length_m = rng.uniform(0, 2 * math.pi), rng.uniform(80, 160)
        height += 0.25 * np.sin((x * math.cos(turn) + y * math.sin(turn)) * 2 * math.pi / length_m)
    return height


def _roofs(
    true: Grid,
    dtm: Grid,
    frame: _Frame,
    outlines: Sequence[BaseGeometry],
    kinds: Sequence[str],
    f: Flight,
    rng: Generator,
) -> gpd.GeoDataFrame:
    told = []
    for outline, kind in zip(outlines, kinds, strict=True):
        roof = ROOFS[int(rng.choice(len(ROOFS), p=f.roof_mix))]
        eave_m, pitch = rng.uniform(*f.eave_m), math.tan(math.radians(rng.uniform(15, 32)))
        upper = outline.area > f.second_floor_from_m2 and rng.random() < f.second_floor
        eave_m += _STOREY_M * upper
        if kind == "shed":
            roof, eave_m = "flat", rng.uniform(1.8, 2.4)
        cells, x, y = frame.window(outline)
        inside = shapely.contains_xy(outline, x, y)
        across, width_m = _across(outline, x, y)
        rise = {
            "flat": np.zeros(x.shape),
            "mono": pitch / 2 * across,
            "gable": pitch * np.minimum(across, width_m - across),
        }[roof]
        base = float(dtm[cells][inside].mean()) if inside.any() else 0.0
        true[cells][inside] = (base + eave_m + rise)[inside]
        if kind != "shed":
            ridge_m = eave_m + (float(rise[inside].max()) if inside.any() else 0.0)
            told.append({"roof": roof, "eave_m": eave_m, "ridge_m": ridge_m, "geometry": outline})
    return gpd.GeoDataFrame(told, geometry="geometry", crs=CRS)


def _across(outline: BaseGeometry, x: Grid, y: Grid) -> tuple[Grid, float]:
    """How far cells lie from one long side of a building, and its width."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(outline))
    sides = np.diff(corners[:3], axis=0)
    length = np.hypot(*sides.T)
    short = int(np.argmin(length))
    direction = sides[short] / length[short]
    away = (x - corners[short, 0]) * direction[0] + (y - corners[short, 1]) * direction[1]
    return np.clip(away, 0.0, length[short]), float(length[short])


def _fences(true: Grid, dtm: Grid, frame: _Frame, plots: Any, f: Flight, rng: Generator) -> None:
    for plot in plots:
        high_m, stands = rng.uniform(1.2, 2.0), rng.random() < f.fenced
        if stands:
            wall = plot.exterior.buffer(max(0.15, f.cell_m / 2))
            _raise(true, dtm, frame, wall, high_m)


def _clutter(true: Grid, dtm: Grid, frame: _Frame, plots: Any, f: Flight, rng: Generator) -> None:
    """Cars, stacks of wood, shelters: low and small, somewhere in the yard."""
    for plot in plots:
        lies, high_m, side_m = rng.random() < f.clutter, rng.uniform(0.5, 1.8), rng.uniform(1.0, 2.4)
        west, south, east, north = plot.bounds
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if lies:
            _raise(true, dtm, frame, shapely.box(x, y, x + side_m, y + side_m), high_m)


def _raise(true: Grid, dtm: Grid, frame: _Frame, shape: BaseGeometry, high_m: float) -> None:
    cells, x, y = frame.window(shape)
    inside = shapely.contains_xy(shape, x, y)
    true[cells][inside] = np.maximum(true[cells], dtm[cells] + high_m)[inside]


def _trees(true: Grid, dtm: Grid, frame: _Frame, f: Flight, rng: Generator) -> Mask:
    """Round crowns anywhere, over roofs as well; returns where it is green from above."""
    green: Mask = np.zeros(true.shape, dtype=bool)
    for _ in range(f.trees):
        x, y = rng.uniform(frame.x[0], frame.x[-1]), rng.uniform(frame.y[-1], frame.y[0])
        radius_m, high_m = rng.uniform(1.0, 3.5), rng.uniform(3.0, 9.0)
        cells, xs, ys = frame.window(shapely.Point(x, y).buffer(radius_m))
        away = np.hypot(xs - x, ys - y) / radius_m
        crown = dtm[cells] + high_m * (1.0 - 0.5 * away**2)
        over = (away < 1.0) & (crown > true[cells])
        true[cells][over] = crown[over]
        green[cells] |= over
    return green


def _blurred(grid: Grid, sigma_cells: float) -> Grid:
    """The grid through a normal distribution, its edge continued outwards."""
    if sigma_cells <= 0:
        return grid.astype(np.float64)
    reach = math.ceil(3 * sigma_cells)
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_cells) ** 2)
    weight /= weight.sum()
    result = np.pad(grid.astype(np.float64), reach, mode="edge")
    n_rows, n_columns = grid.shape
    result = sum(w * result[k : k + n_rows] for k, w in enumerate(weight.tolist()))
    blurred: Grid = sum(w * result[:, k : k + n_columns] for k, w in enumerate(weight.tolist()))
    return blurred


def _holes(shape: tuple[int, ...], f: Flight, rng: Generator) -> Mask:
    """Round places without data, until they make up their share."""
    holes: Mask = np.zeros(shape, dtype=bool)
    row, column = np.ogrid[: shape[0], : shape[1]]
    while holes.mean() < f.holes:
        r, c = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        holes |= (row - r) ** 2 + (column - c) ** 2 < (rng.uniform(0.5, 3.0) / f.cell_m) ** 2
    return holes

"""The ground: streets, blocks, lanes, and the plots into which people divided the blocks."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from regularize.sample.settings import Quarter, Settings
from regularize.sample.shapes import (
    Vec,
    canonical,
    half_plane,
    left_of,
    ring,
    share_nodes,
    sides,
    turned,
    unit,
    whole,
)

# Names of plants: neutral, and streets of them are everywhere and nowhere.
STREET_NAMES = (
    "Бреза", "Здравец", "Явор", "Иглика", "Люляк", "Мента", "Синчец", "Липа", "Кокиче", "Риган",
    "Теменуга", "Върба", "Минзухар", "Маточина", "Ясен", "Перуника", "Божур", "Дъб", "Лале", "Орех",
)  # fmt: skip
MIN_PLOT_M2 = 65.0
MIN_SIDE_M = 7.0


@dataclass(frozen=True)
class Street:
    """Centre line and width of a public way."""

    name: str | None
    line: LineString
    width_m: float


@dataclass(frozen=True)
class Block:
    """What streets enclose, and the plots in it as occupied (they share their corners)."""

    quarter: int
    outline: Polygon
    plots: tuple[Polygon, ...]


@dataclass(frozen=True)
class Fabric:
    """The ground of all quarters; `grids` holds each quarter's street crossings by row and column."""

    streets: tuple[Street, ...]
    blocks: tuple[Block, ...]
    grids: tuple[Vec, ...]


def draw_fabric(settings: Settings, rng: Generator) -> Fabric:
    """Streets, blocks and plots of every quarter, true and without error."""
    streets: list[Street] = []
    blocks: list[Block] = []
    grids: list[Vec] = []
    for index, quarter in enumerate(settings.quarters):
        grid = _crossings(quarter, settings, rng)
        grids.append(grid)
        rows = _lines(grid, rng)
        columns = _lines(grid.transpose(1, 0, 2), rng)
        widths = [_widths(len(lines), settings.street_m, rng) for lines in (rows, columns)]
        for lines, width in ((rows, widths[0]), (columns, widths[1])):
            for line, width_m in zip(lines, width, strict=True):
                name = STREET_NAMES[len(streets) % len(STREET_NAMES)]
                streets.append(Street(f"ул. „{name}“", LineString(np.round(line, 3)), width_m))
        for row in range(quarter.rows):
            for column in range(quarter.columns):
                outline = _block(rows, columns, widths, row, column)
                leaves: list[Polygon] = []
                _divide(outline, settings, rng, leaves, streets, 0)
                blocks.append(Block(index, outline, tuple(share_nodes(leaves))))
    return Fabric(tuple(streets), tuple(blocks), tuple(grids))


def _crossings(quarter: Quarter, settings: Settings, rng: Generator) -> Vec:
    """Street crossings, shape (rows + 1, columns + 1, 2): a grid, bent in waves and jittered."""
    pitch_x, pitch_y = (side + settings.street_m for side in settings.block_m)
    x, y = np.meshgrid(np.arange(quarter.columns + 1) * pitch_x, np.arange(quarter.rows + 1) * pitch_y)
    phase = rng.uniform(0, 2 * math.pi, 2)
    bent_x = x + 4.5 * np.sin(y / 70 + phase[0]) + rng.normal(0, 1.8, x.shape)
    bent_y = y + 5.0 * np.sin(x / 85 + phase[1]) + rng.normal(0, 1.8, y.shape)
    angle = math.radians(quarter.angle_deg)
    east = quarter.east_m + bent_x * math.cos(angle) - bent_y * math.sin(angle)
    north = quarter.north_m + bent_x * math.sin(angle) + bent_y * math.cos(angle)
    return np.stack([east, north], axis=-1)


def _lines(grid: Vec, rng: Generator) -> list[Vec]:
    """Centre lines along the first axis of `grid`, with one slight bend between crossings."""
    result = []
    for nodes in grid:
        points = [nodes[0]]
        for start, end in itertools.pairwise(nodes):
            across = left_of(unit(end - start))
            points.append((start + end) / 2 + across * rng.normal(0, 1.0))
            points.append(end)
        result.append(np.array(points))
    return result


def _widths(n: int, street_m: float, rng: Generator) -> list[float]:
    """Widths of parallel ways: mostly streets, an inner one may be no more than a lane."""
    return [
        round(float(rng.uniform(3.0, 4.0)), 1) if 0 < i < n - 1 and rng.random() < 0.25 else street_m
        for i in range(n)
    ]


def _block(rows: list[Vec], columns: list[Vec], widths: list[list[float]], row: int, column: int) -> Polygon:
    """The block between four centre lines, each moved inwards by half its width."""
    south = rows[row][2 * column : 2 * column + 3]
    east = columns[column + 1][2 * row : 2 * row + 3]
    north = rows[row + 1][2 * column : 2 * column + 3][::-1]
    west = columns[column][2 * row : 2 * row + 3][::-1]
    points = np.concatenate([part[:2] for part in (south, east, north, west)])
    half = np.repeat([widths[0][row], widths[1][column + 1], widths[0][row + 1], widths[1][column]], 2) / 2
    corners = []
    for i in range(len(points)):
        before, here, after = points[i - 1], points[i], points[(i + 1) % len(points)]
        in_, out = unit(here - before), unit(after - here)
        matrix = np.array([left_of(in_), left_of(out)])
        offset = np.array([half[i - 1], half[i]])
        if abs(float(np.linalg.det(matrix))) < 1e-3:
            corners.append(here + left_of(out) * half[i])
        else:
            corners.append(here + np.linalg.solve(matrix, offset))
    return canonical(Polygon(corners))


def _divide(
    piece: Polygon,
    settings: Settings,
    rng: Generator,
    leaves: list[Polygon],
    streets: list[Street],
    depth: int,
) -> None:
    """Halve `piece` across its length until the parts are of a plot's size."""
    size = math.exp(rng.normal(math.log(settings.plot_median_m2), settings.plot_sigma))
    target = min(max(size, 90.0), 320.0)
    if piece.area > 1.6 * target:
        for _ in range(12):
            parts = _halves(piece, rng, streets, depth)
            if parts is not None:
                for part in parts:
                    _divide(part, settings, rng, leaves, streets, depth + 1)
                return
    leaves.append(piece)


def _halves(
    piece: Polygon, rng: Generator, streets: list[Street], depth: int
) -> tuple[Polygon, Polygon] | None:
    direction, length, _width = sides(piece)
    cut = turned(left_of(direction), rng.normal(0, 0.12 if depth else 0.05))
    middle = np.asarray(piece.centroid.coords[0]) + direction * rng.normal(0, 0.07) * length
    lane_m = round(float(rng.uniform(1.5, 4.0)), 1)
    lane = depth <= 1 and piece.area > 1300 and rng.random() < (0.45, 0.6)[depth]
    # The cut runs to the left of the long direction: what lies left of it is the nearer half.
    edge = left_of(cut) * (lane_m / 2 if lane else 0.0)
    near = whole(piece.intersection(half_plane(middle + edge, cut)))
    far = whole(piece.intersection(half_plane(middle - edge, -cut)))
    if near is None or far is None or min(near.area, far.area) < MIN_PLOT_M2:
        return None
    if min(sides(near)[2], sides(far)[2]) < MIN_SIDE_M:
        return None
    if lane:
        line = piece.intersection(LineString([middle - cut * 300, middle + cut * 300]))
        if isinstance(line, LineString):
            ends = sorted(tuple(round(v, 3) for v in point[:2]) for point in line.coords)
            streets.append(Street(None, LineString(ends), lane_m))
    return near, far


def street_surface(fabric: Fabric, quarter: int) -> BaseGeometry:
    """The ground of one quarter that is no block: its streets, without the inner lanes."""
    grid = fabric.grids[quarter]
    rim = np.concatenate([grid[0], grid[1:, -1], grid[-1, ::-1][1:], grid[::-1, 0][1:-1]])
    whole_quarter = shapely.buffer(Polygon(rim), 5.0, join_style="mitre")
    outlines = [block.outline for block in fabric.blocks if block.quarter == quarter]
    return whole_quarter.difference(shapely.union_all(outlines))


def front_edges(block: Block, plot: Polygon) -> list[tuple[Vec, Vec]]:
    """Sides of `plot` on the edge of its block, anticlockwise, longest first."""
    corners = ring(plot)
    edge = block.outline.exterior
    found = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if all(edge.distance(shapely.Point(p)) < 0.05 for p in (start, (start + end) / 2, end)):
            found.append((start, end))
    return sorted(found, key=lambda pair: -float(np.hypot(*(pair[1] - pair[0]))))

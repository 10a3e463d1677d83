"""Filled masks of polygon layers, and how much two layers overlap under every small translation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OverlapSurface:
    """Overlap of a fixed and a moved layer for every translation of the moved one.

    Parameters
    ----------
    overlap_m2 : ndarray
        Square; its middle is "not moved", row = northing, column = easting.
    cell_m : float
        Step between two translations.
    fixed_m2, moved_m2 : float
        Area of either layer that took part.
    """

    overlap_m2: Array
    cell_m: float
    fixed_m2: float
    moved_m2: float

    def share(self, overlap_m2: float) -> float:
        """`overlap_m2` as a share of the moved layer, 0 to 1."""
        return min(overlap_m2 / self.moved_m2, 1.0) if self.moved_m2 else 0.0

    def at(self, dx_m: float, dy_m: float) -> float:
        """Overlap in m2 after a translation, bilinear between the cells."""
        reach = self.overlap_m2.shape[0] // 2
        column = min(max(dx_m / self.cell_m + reach, 0.0), 2.0 * reach)
        row = min(max(dy_m / self.cell_m + reach, 0.0), 2.0 * reach)
        c0, r0 = min(int(column), 2 * reach - 1), min(int(row), 2 * reach - 1)
        fx, fy = column - c0, row - r0
        s = self.overlap_m2
        low = s[r0, c0] * (1 - fx) + s[r0, c0 + 1] * fx
        high = s[r0 + 1, c0] * (1 - fx) + s[r0 + 1, c0 + 1] * fx
        return float(low * (1 - fy) + high * fy)

    def peak(self, radius_m: float) -> tuple[float, float]:
        """The translation (dx, dy) in metres with the largest overlap, to a fraction of a cell."""
        reach = self.overlap_m2.shape[0] // 2
        steps = np.arange(-reach, reach + 1) * self.cell_m
        distance = np.hypot(steps[None, :], steps[:, None])
        inside = np.where(distance <= radius_m, self.overlap_m2, -np.inf)
        best = inside.max()
        # Of equal peaks the one nearest to "not moved", so that symmetric layers stay where they are.
        candidates = np.where(inside >= best - abs(best) * np.finfo(np.float64).eps * reach, distance, np.inf)
        row, column = np.unravel_index(int(np.argmin(candidates)), candidates.shape)
        dx = steps[column] + self.cell_m * _parabola(self.overlap_m2[row, :], int(column))
        dy = steps[row] + self.cell_m * _parabola(self.overlap_m2[:, column], int(row))
        return float(dx), float(dy)


class Mask:
    """A polygon layer prepared to be drawn, window by window."""

    def __init__(self, geometries: npt.NDArray[Any]) -> None:
        self.geometries = shapely.orient_polygons(geometries)
        self.tree = shapely.STRtree(self.geometries)
        rings, owner = shapely.get_rings(self.geometries, return_index=True)
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        follows = ring[1:] == ring[:-1]
        self._edges = np.hstack([coordinates[:-1], coordinates[1:]])[follows]
        geometry = owner[ring[:-1][follows]]
        self._start = np.searchsorted(geometry, np.arange(len(geometries)))
        self._count = np.bincount(geometry, minlength=len(geometries))

    def within(self, window: tuple[float, float, float, float]) -> npt.NDArray[np.int64]:
        """Positions of the polygons whose boxes meet the window."""
        found: npt.NDArray[np.int64] = np.sort(self.tree.query(shapely.box(*window)))
        return found

    def draw(self, x0: float, y0: float, size: int, cell_m: float) -> npt.NDArray[np.float32]:
        """A square mask, 1 where the middle of the cell lies in a polygon; row 0 is the south."""
        side = size * cell_m
        chosen = self.within((x0, y0, x0 + side, y0 + side))
        count = self._count[chosen]
        first = np.repeat(self._start[chosen] - np.concatenate(([0], np.cumsum(count)[:-1])), count)
        x1, y1, x2, y2 = self._edges[first + np.arange(len(first))].T
        # Row k has its middle at y0 + (k + 1/2) cell; an edge crosses the rows first..last-1.
        r1 = np.clip(np.ceil((y1 - y0) / cell_m - 0.5), 0, size).astype(np.int64)
        r2 = np.clip(np.ceil((y2 - y0) / cell_m - 0.5), 0, size).astype(np.int64)
        low, n = np.minimum(r1, r2), np.abs(r2 - r1)
        edge = np.repeat(np.arange(len(n)), n)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(n) - n, n) + low[edge]
        y = y0 + (row + 0.5) * cell_m
        x = x1[edge] + (y - y1[edge]) * (x2[edge] - x1[edge]) / (y2[edge] - y1[edge])
        column = np.clip(np.ceil((x - x0) / cell_m - 0.5), 0, size).astype(np.int64)
        # With counter-clockwise shells one enters a polygon, going east, where an edge goes south.
        sign = np.where(r1[edge] > r2[edge], 1.0, -1.0)
        turns = np.bincount(row * (size + 1) + column, weights=sign, minlength=size * (size + 1))
        wound = np.cumsum(turns.reshape(size, size + 1), axis=1)[:, :size]
        return (wound > 0.5).astype(np.float32)


def overlap_surface(
    fixed: npt.NDArray[Any],
    moved: npt.NDArray[Any],
    *,
    radius_m: float,
    cell_m: float,
    tile_m: float,
    max_tiles: int,
) -> OverlapSurface:
    """Overlap area of two polygon layers for all translations within `radius_m`.

    The layers are drawn tile by tile and correlated by the fast Fourier transform, so memory does
    not grow with the extent. Where more than `max_tiles` tiles hold both layers, the fullest speak
    for all.

    Parameters
    ----------
    fixed, moved : arrays of valid polygons, one metric CRS
    radius_m, cell_m, tile_m : float
    max_tiles : int
    """
    reach = int(np.ceil(radius_m / cell_m)) + 1
    core = max(round(tile_m / cell_m), 2 * reach)
    size = core + 2 * reach
    wide = _fast_size(size)
    still, other = Mask(fixed), Mask(moved)
    spectrum = np.zeros((wide, wide // 2 + 1), dtype=np.complex128)
    fixed_m2, moved_m2 = 0.0, 0.0
    for x0, y0 in _tiles(shapely.bounds(fixed), shapely.bounds(moved), core * cell_m, radius_m, max_tiles):
        a = np.zeros((size, size), dtype=np.float32)
        a[reach:-reach, reach:-reach] = still.draw(x0, y0, core, cell_m)
        b = other.draw(x0 - reach * cell_m, y0 - reach * cell_m, size, cell_m)
        fixed_m2 += float(a.sum()) * cell_m**2
        moved_m2 += float(b[reach:-reach, reach:-reach].sum()) * cell_m**2
        spectrum += np.fft.rfft2(a, s=(wide, wide)) * np.conj(np.fft.rfft2(b, s=(wide, wide)))
    whole = np.fft.irfft2(spectrum, s=(wide, wide))
    steps = np.arange(-reach, reach + 1) % wide
    # Cells are counted, so that what is no whole number is the rounding of the transform.
    surface = np.rint(np.asarray(whole[np.ix_(steps, steps)], dtype=np.float64)) * cell_m**2
    return OverlapSurface(surface, cell_m, fixed_m2, moved_m2)


def _fast_size(least: int) -> int:
    """The next size that the transform takes in small steps: a large prime in it costs five times as much."""
    size = least
    while True:
        rest = size
        for prime in (2, 3, 5, 7, 11):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return size
        size += 1


def _parabola(line: Array, at: int) -> float:
    """Offset of the top of the parabola through three neighbours, within half a cell."""
    if at in {0, len(line) - 1}:
        return 0.0
    before, here, after = line[at - 1], line[at], line[at + 1]
    bend = before - 2 * here + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _tiles(
    fixed: Array, moved: Array, tile_m: float, radius_m: float, max_tiles: int
) -> list[tuple[float, float]]:
    """South-west corners of the tiles that hold both layers, the fullest first."""
    origin = np.floor(fixed[:, :2].min(axis=0))

    def cells(bounds: Array, pad: float) -> dict[tuple[int, int], int]:
        low = np.floor((bounds[:, :2] - pad - origin) / tile_m).astype(np.int64)
        high = np.floor((bounds[:, 2:] + pad - origin) / tile_m).astype(np.int64)
        found: dict[tuple[int, int], int] = {}
        for (c1, r1), (c2, r2) in zip(low.tolist(), high.tolist(), strict=True):
            for c in range(c1, c2 + 1):
                for r in range(r1, r2 + 1):
                    found[c, r] = found.get((c, r), 0) + 1
        return found

    ours, theirs = cells(fixed, 0.0), cells(moved, radius_m)
    common = sorted(set(ours) & set(theirs), key=lambda t: (-min(ours[t], theirs[t]), t))
    return [(float(origin[0] + c * tile_m), float(origin[1] + r * tile_m)) for c, r in common[:max_tiles]]

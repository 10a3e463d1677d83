"""How far a register is shifted against an observation, and whether that can be known at all.

The shift is what must be added to register coordinates to lie on the observation. It is used for
comparing only: the copy of the register in the store never moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from regularize.geometry.masks import overlap_surface

Array = npt.NDArray[np.float64]
UNDETERMINED = "SHIFT_UNDETERMINED"

# Of statistics, not of taste: the MAD of a normal distribution in sigmas, and the tuning of the
# Cauchy weight that keeps 95 % of its efficiency.
_MAD = 1.4826
_CAUCHY = 2.385
_ROUNDS = 50
_STILL_M = 1e-6


@dataclass(frozen=True)
class CellResidual:
    """What is left in one cell after the shift of the whole area.

    Parameters
    ----------
    column, row : int
        Of the cell, counted from the shift's origin in steps of its cell size.
    x, y : float
        Middle of the cell, in the project's CRS.
    pairs : int
    dx_m, dy_m : float
        Robust mean of the residuals of the pairs.
    sigma_m : float
        Of one pair, in one coordinate.
    applied : bool
        Whether it was significant and is added for what lies in the cell.
    """

    column: int
    row: int
    x: float
    y: float
    pairs: int
    dx_m: float
    dy_m: float
    sigma_m: float
    applied: bool


@dataclass(frozen=True)
class Shift:
    """A translation from register to observation, with the proof that it can be trusted.

    Parameters
    ----------
    dx_m, dy_m : float
        Added to register coordinates (x = easting). Zero where undetermined.
    accepted : bool
    reason : str
        ``""``, or ``SHIFT_UNDETERMINED``.
    pairs : int
        Mutually nearest buildings behind the estimate.
    sigma_m : float
        Robust standard deviation of one pair in one coordinate; 0 without pairs.
    overlap_before, overlap_after : float
        Share of the register's area that the observation covers.
    cells : tuple of CellResidual
    affine : tuple of float, optional
        ``(a, b, c, d)``: beyond the translation, ``a*(x-x0) + b*(y-y0)`` is added to x and
        ``c*(x-x0) + d*(y-y0)`` to y. Only where it was earned.
    origin : tuple of float
        ``(x0, y0)`` of the affine part and of the cells.
    cell_m : float
    """

    dx_m: float
    dy_m: float
    accepted: bool
    reason: str
    pairs: int
    sigma_m: float
    overlap_before: float
    overlap_after: float
    cells: tuple[CellResidual, ...] = ()
    affine: tuple[float, float, float, float] | None = None
    origin: tuple[float, float] = (0.0, 0.0)
    cell_m: float = 1.0

    def at(self, xy: Array) -> Array:
        """The shift at points of the register: an array (n, 2) of dx, dy in metres."""
        moved = np.empty_like(xy)
        moved[:] = (self.dx_m, self.dy_m)
        if self.affine is not None:
            moved += (xy - self.origin) @ np.reshape(self.affine, (2, 2)).T
        local = {(c.column, c.row): (c.dx_m, c.dy_m) for c in self.cells if c.applied}
        if local and len(xy):
            cell = np.floor((xy - self.origin) / self.cell_m).astype(np.int64)
            moved += [local.get((column, row), (0.0, 0.0)) for column, row in cell.tolist()]
        return moved

    def moved(self, geometries: npt.ArrayLike) -> npt.NDArray[Any]:
        """Copies of register geometries, moved onto the observation; each moves as one body."""
        array: npt.NDArray[Any] = np.array(geometries, dtype=object, copy=True)
        if not len(array) or not self.any:
            return array
        box = shapely.bounds(array)
        here = ~np.isnan(box).any(axis=1)
        offset = np.zeros((len(array), 2))
        offset[here] = self.at((box[here, :2] + box[here, 2:]) / 2)
        coordinates, index = shapely.get_coordinates(array, return_index=True)
        result: npt.NDArray[Any] = shapely.set_coordinates(array, coordinates + offset[index])
        return result

    @property
    def any(self) -> bool:
        """Whether anything moves at all."""
        return bool(self.dx_m or self.dy_m or self.affine or any(c.applied for c in self.cells))


NO_SHIFT = Shift(0.0, 0.0, False, UNDETERMINED, 0, 0.0, 0.0, 0.0)


def estimate(
    observed: npt.ArrayLike,
    register: npt.ArrayLike,
    *,
    thresholds: Mapping[str, float],
    expected_sigma_m: float = 0.0,
) -> Shift:
    """Estimate the systematic shift from the register to the observation.

    The overlap of both layers under all translations gives a first value, the centroids of mutually
    nearest buildings refine it. It is accepted only where enough of the register then lies under
    the observation and the pairs agree; unrelated layers are refused with ``SHIFT_UNDETERMINED``.

    Parameters
    ----------
    observed, register : arrays of polygons
        In one metric CRS; None and empty ones are left out. A GeoSeries or GeoDataFrame column
        serves as well. Of the register only what lies near observed buildings takes part.
    thresholds : mapping
        ``shift_*`` and ``survey_reach_m`` of the detection thresholds.
    expected_sigma_m : float
        Of one pair, from the stated accuracies: outlines paced with a phone may spread as widely.

    Returns
    -------
    Shift

    Examples
    --------
    >>> shift = estimate(frame.geometry.array, register.geometry.array, thresholds=pack.thresholds)
    """
    a, b = _polygons(observed), _polygons(register)
    if len(a) and len(b):
        b = b[_near(b, a, thresholds["survey_reach_m"])]
    if not len(a) or not len(b):
        return NO_SHIFT
    radius_m = thresholds["shift_radius_m"]
    surface = overlap_surface(
        a,
        b,
        radius_m=radius_m,
        cell_m=thresholds["shift_cell_m"],
        tile_m=thresholds["shift_tile_m"],
        max_tiles=int(thresholds["shift_max_tiles"]),
    )
    before_m2 = surface.at(0.0, 0.0)
    first = np.array(surface.peak(radius_m))
    if surface.at(*first) <= before_m2 * thresholds["shift_min_gain"]:
        first = np.zeros(2)
    where, offset = _mutual_pairs(a, b, first, thresholds)
    shift, sigma_m = first, 0.0
    if len(offset) >= thresholds["shift_min_pairs"]:
        mean, sigma_m = _robust_mean(offset)
        if np.hypot(*(mean - first)) <= thresholds["shift_max_disagreement_m"]:
            shift = mean
    after_m2 = surface.at(*shift)
    before, after = surface.share(before_m2), surface.share(after_m2)
    tested = len(offset) >= thresholds["shift_sigma_from_pairs"]
    agrees = not tested or sigma_m <= max(thresholds["shift_max_sigma_m"], expected_sigma_m)
    # A survey of some buildings only can never cover much of the register, but it lies on it.
    partial = len(offset) >= thresholds["shift_min_pairs_of_smaller"] and after_m2 >= (
        thresholds["shift_min_overlap_of_smaller"] * min(surface.moved_m2, surface.fixed_m2)
    )
    covered = partial or after >= thresholds["shift_min_overlap"]
    if not (covered and agrees):
        return Shift(0.0, 0.0, False, UNDETERMINED, len(offset), sigma_m, before, after)
    corner = np.floor(shapely.total_bounds(b)[:2])
    found = Shift(
        dx_m=float(shift[0]),
        dy_m=float(shift[1]),
        accepted=True,
        reason="",
        pairs=len(offset),
        sigma_m=sigma_m,
        overlap_before=before,
        overlap_after=after,
        origin=(float(corner[0]), float(corner[1])),
        cell_m=thresholds["shift_residual_cell_m"],
    )
    return _refined(found, where, offset, thresholds)


def _near(polygons: npt.NDArray[Any], others: npt.NDArray[Any], reach_m: float) -> npt.NDArray[np.int64]:
    """Positions of the polygons that lie within a distance of the others."""
    tree = shapely.STRtree(others)
    near = np.zeros(len(polygons), dtype=bool)
    near[tree.query(polygons, predicate="intersects")[0]] = True  # most do, and that is seen at once
    rest = np.flatnonzero(~near)
    near[rest[tree.query_nearest(polygons[rest], max_distance=reach_m, all_matches=False)[0]]] = True
    return np.flatnonzero(near)


def _polygons(geometries: npt.ArrayLike) -> npt.NDArray[Any]:
    """The usable polygons of a layer, without area-less ones."""
    array: npt.NDArray[Any] = np.asarray(geometries, dtype=object)
    if not len(array):
        return array
    kept: npt.NDArray[Any] = array[~shapely.is_missing(array) & (shapely.area(array) > 0)]
    return kept


def _mutual_pairs(
    a: npt.NDArray[Any], b: npt.NDArray[Any], shift: Array, thresholds: Mapping[str, float]
) -> tuple[Array, Array]:
    """Register centroids and their offsets to the observed building that is nearest both ways."""
    pa: npt.NDArray[Any] = np.asarray(shapely.centroid(a))
    xa, xb = shapely.get_coordinates(pa), shapely.get_coordinates(shapely.centroid(b))
    near_b: npt.NDArray[Any] = np.asarray(shapely.points(xb + shift))
    radius_m = thresholds["shift_pair_radius_m"]
    of_b = shapely.STRtree(pa).query_nearest(near_b, max_distance=radius_m, all_matches=False)
    of_a = shapely.STRtree(near_b).query_nearest(pa, max_distance=radius_m, all_matches=False)
    back = np.full(len(a), -1)
    back[of_a[0]] = of_a[1]
    i, j = of_b[1], of_b[0]
    mutual = back[i] == j
    i, j = i[mutual], j[mutual]
    area_a, area_b = shapely.area(a)[i], shapely.area(b)[j]
    alike = np.minimum(area_a, area_b) > thresholds["shift_pair_area_ratio"] * np.maximum(area_a, area_b)
    i, j = i[alike], j[alike]
    return xb[j], xa[i] - xb[j]


def robust_sigma(residual: Array) -> float:
    """Standard deviation of one coordinate as its median distance from zero tells it."""
    return float(_MAD * np.median(np.abs(residual)))


def _robust_mean(offset: Array) -> tuple[Array, float]:
    """Mean of offsets with Cauchy weights, and the robust sigma of one coordinate."""
    mean = np.median(offset, axis=0)
    sigma = 0.0
    for _ in range(_ROUNDS):
        residual = offset - mean
        sigma = robust_sigma(residual)
        if sigma <= _STILL_M:
            break
        weight = 1.0 / (1.0 + ((residual**2).sum(axis=1)) / (_CAUCHY * sigma) ** 2)
        new = (offset * weight[:, None]).sum(axis=0) / weight.sum()
        done = bool(np.abs(new - mean).max() < _STILL_M)
        mean = new
        if done:
            break
    return mean, sigma


def _refined(shift: Shift, where: Array, offset: Array, thresholds: Mapping[str, float]) -> Shift:
    """Add an affine part where it is earned, and cells whose residual is significant."""
    if len(where) < thresholds["shift_min_pairs"]:
        return shift
    values = {**shift.__dict__}
    residual = offset - (shift.dx_m, shift.dy_m)
    affine = _affine(where - shift.origin, residual, thresholds)
    if affine is not None:
        translation, matrix = affine
        values["dx_m"] += float(translation[0])
        values["dy_m"] += float(translation[1])
        values["affine"] = tuple(float(v) for v in matrix.ravel())
        residual = residual - translation - (where - shift.origin) @ matrix.T
    cell = np.floor((where - shift.origin) / shift.cell_m).astype(np.int64)
    cells = []
    of_cell: dict[tuple[int, int], list[int]] = {}
    for at, (column, row) in enumerate(cell.tolist()):
        of_cell.setdefault((column, row), []).append(at)
    for (column, row), inside in sorted(of_cell.items()):
        n = len(inside)
        mean, sigma_m = _robust_mean(residual[inside])
        sure_m = thresholds["shift_cell_significance"] * sigma_m / np.sqrt(n)
        applied = (
            n >= thresholds["shift_cell_min_pairs"]
            and sigma_m <= thresholds["shift_max_sigma_m"]
            and float(np.hypot(*mean)) > max(sure_m, thresholds["shift_cell_min_m"])
        )
        x = shift.origin[0] + (column + 0.5) * shift.cell_m
        y = shift.origin[1] + (row + 0.5) * shift.cell_m
        cells.append(
            CellResidual(column, row, x, y, n, float(mean[0]), float(mean[1]), sigma_m, bool(applied))
        )
    values["cells"] = tuple(cells)
    return Shift(**values)


def _affine(
    where: Array, residual: Array, thresholds: Mapping[str, float]
) -> tuple[Array, npt.NDArray[np.float64]] | None:
    """Translation and 2x2 matrix, if they explain clearly more than a translation does."""
    n = len(where)
    if n < thresholds["shift_affine_min_pairs"]:
        return None
    middle = np.median(where, axis=0)
    quadrant = (where[:, 0] > middle[0]) * 2 + (where[:, 1] > middle[1])
    needed = thresholds["shift_affine_min_pairs"] * thresholds["shift_affine_min_quadrant"]
    if np.bincount(quadrant, minlength=4).min() < needed:
        return None  # not spread over the area: a line of pairs cannot tell rotation from shear
    scale = float(np.ptp(where, axis=0).max()) or 1.0
    design = np.column_stack([np.ones(n), (where - middle) / scale])
    plain = _leave_one_out(design[:, :1], residual)[1]
    solution, errors = _leave_one_out(design, residual)
    if np.median(errors) >= (1 - thresholds["shift_affine_gain"]) * np.median(plain):
        return None
    matrix = solution[1:].T / scale
    if np.abs(matrix).max() > thresholds["shift_affine_max"]:
        return None
    return solution[0] - matrix @ middle, matrix


def _leave_one_out(design: Array, values: Array) -> tuple[Array, Array]:
    """Cauchy-weighted least squares and, for each pair, its error had it not been used."""
    weight: Array = np.ones(len(design))
    solution: Array = np.zeros((design.shape[1], values.shape[1]))
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)[:, None]
        new: Array = np.asarray(
            np.linalg.lstsq(design * root, values * root, rcond=None)[0], dtype=np.float64
        )
        residual = values - design @ new
        sigma = robust_sigma(residual)
        done = bool(np.abs(new - solution).max() < _STILL_M) or sigma <= _STILL_M
        solution = new
        if done:
            break
        weight = 1.0 / (1.0 + (residual**2).sum(axis=1) / (_CAUCHY * sigma) ** 2)
    weighted = design * np.sqrt(weight)[:, None]
    inverse = np.linalg.pinv(weighted.T @ weighted)
    leverage = np.clip(np.einsum("ij,jk,ik->i", weighted, inverse, weighted), 0.0, 0.99)
    residual = values - design @ solution
    return solution, np.hypot(*residual.T) / (1.0 - leverage)

"""A local coordinate system carried to the project's by identical points.

The systems of 1970, 1950 and Sofia have no published way that is good enough for plots. Over one
neighbourhood an affine transformation is: it is fitted by least squares to points whose
coordinates are known in both systems, and refused unless they agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.crs import Extent
from regularize.intake.tables import number, read_lines, unusable

Floats = NDArray[np.float64]

_COLUMNS = {
    "x_source": ("x_source",),
    "y_source": ("y_source",),
    "x_target": ("x_target",),
    "y_target": ("y_target",),
}


@dataclass(frozen=True, eq=False)
class Affine:
    """Local coordinates to the project's: ``target = target0 + matrix @ (source - source0)``.

    Parameters
    ----------
    matrix : array (2, 2)
    source0, target0 : array (2,)
        Centres of the points, so that the numbers stay small.
    residuals_m : array (n,)
        Distance of each carried point from where it should be.
    sources : array (n, 2)
        The points themselves, in the local system.
    file : str
    """

    matrix: Floats
    source0: Floats
    target0: Floats
    residuals_m: Floats
    sources: Floats
    file: str

    def transform(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Carry coordinates over, as a transformer of pyproj does."""
        carried = (np.column_stack([x, y]) - self.source0) @ self.matrix.T + self.target0
        return carried[:, 0], carried[:, 1]

    @property
    def note(self) -> str:
        """Parameters and residuals as the batch keeps them; language-neutral."""
        (a, b), (c, d) = self.matrix.tolist()
        residuals = " ".join(f"{value:.3f}" for value in self.residuals_m)
        return (
            f"affine from {self.file}: x = {self.target0[0]:.4f} + {a:.12g}*(X-{self.source0[0]:.4f})"
            f" + {b:.12g}*(Y-{self.source0[1]:.4f}); y = {self.target0[1]:.4f}"
            f" + {c:.12g}*(X-{self.source0[0]:.4f}) + {d:.12g}*(Y-{self.source0[1]:.4f});"
            f" residuals_m: {residuals}"
        )

    def reach(self, points: Floats) -> float:
        """How far `points` (n, 2) go beyond the control points, as a multiple of their own spread."""
        low, high = self.sources.min(axis=0), self.sources.max(axis=0)
        size = float(np.hypot(*(high - low)))
        beyond = np.maximum(np.maximum(low - points, points - high), 0.0)
        return float(np.hypot(beyond[:, 0], beyond[:, 1]).max() / size) if len(points) else 0.0


def fit(path: Path, extent: Extent | None, thresholds: Mapping[str, float]) -> Affine:
    """Fit the transformation from ``x_source, y_source, x_target, y_target``.

    Source coordinates stand in the order of the data file; target coordinates are of the project,
    easting first.

    Raises
    ------
    InputError
        With fewer points than needed, points along one line, targets elsewhere, a scale that is
        no survey's, or a residual above the limit; the message names the worst point.
    """
    lines = read_lines(path, _COLUMNS, tuple(_COLUMNS))
    least = int(thresholds["control_points_least"])
    if len(lines) < least:
        raise unusable(path, _("{n} points; at least {least} are needed").format(n=len(lines), least=least))
    values = np.array([[number(path, line, name) for name in _COLUMNS] for line in lines])
    source, target = values[:, :2], values[:, 2:]
    if extent is not None:
        inside = (target >= extent[:2]).all(axis=1) & (target <= extent[2:]).all(axis=1)
        if not inside.all():
            worst = lines[int(np.flatnonzero(~inside)[0])].number
            raise unusable(
                path,
                _(
                    "line {line}: the target lies outside the area of the project (easting comes first)"
                ).format(line=worst),
            )
    affine = _least_squares(path, source, target, thresholds)
    worst_at = int(affine.residuals_m.argmax())
    limit_m = thresholds["control_points_worst_m"]
    if affine.residuals_m[worst_at] > limit_m:
        listed = ", ".join(f"{r:.3f}" for r in affine.residuals_m)
        raise InputError(
            _(
                "{file}: line {line} misses by {worst:.3f} m, more than {limit} m (residuals: {residuals})"
            ).format(
                file=path,
                line=lines[worst_at].number,
                worst=affine.residuals_m[worst_at],
                limit=limit_m,
                residuals=listed,
            ),
            hint=_("look for a mistyped or moved point; measure more points if all are right"),
        )
    return affine


def _least_squares(path: Path, source: Floats, target: Floats, thresholds: Mapping[str, float]) -> Affine:
    source0, target0 = source.mean(axis=0), target.mean(axis=0)
    centred = source - source0
    spread = np.linalg.svd(centred, compute_uv=False)
    if spread[1] <= thresholds["control_points_least_spread"] * max(spread[0], 1e-9):
        raise unusable(path, _("the points lie along one line: they cannot tell how the area is turned"))
    solution = np.linalg.lstsq(centred, target - target0, rcond=None)[0]
    matrix: Floats = np.asarray(solution.T, dtype=np.float64)
    residual = centred @ solution + target0 - target
    scales = np.linalg.svd(matrix, compute_uv=False)
    most = thresholds["control_points_most_scale"]
    if np.abs(scales - 1.0).max() > most:
        raise unusable(
            path,
            _("it would stretch lengths by {percent:.2f} %: the points do not belong together").format(
                percent=100 * float(np.abs(scales - 1.0).max())
            ),
        )
    return Affine(matrix, source0, target0, np.hypot(residual[:, 0], residual[:, 1]), source, path.name)

"""Several observed sources in one comparison: each has a shift of its own against the register.

A survey, a drone and machine-drawn footprints are each off in their own way. The register is compared
on the ground of one of them, the one with most rows; copies of the others are laid onto it. What is
reported of a finding is its own outline, as delivered, with the shift of its own source.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from regularize.detect.sides import Floats, Ints, Shapes, Side, sources_of
from regularize.geometry.alignment import NO_SHIFT, Shift, estimate, robust_sigma
from regularize.i18n import translate as _
from regularize.model import Issue, Severity


@dataclass(frozen=True)
class Shifts:
    """The shift of each observed source.

    Parameters
    ----------
    common : Shift
        Of the source with most rows: the ground on which everything is compared.
    own : mapping of source to Shift
        Of every source for which one could be estimated.
    taken_over : tuple of str
        Sources too small to say, for which the common shift stands.
    """

    common: Shift = NO_SHIFT
    own: Mapping[str, Shift] = field(default_factory=dict)
    taken_over: tuple[str, ...] = ()

    def of(self, source: str) -> Shift:
        """The shift used for a source."""
        return self.own.get(source, self.common)


def shifts_of(
    shapes: Shapes, sigma_m: Floats, sources: Sequence[str], register: Side, thresholds: Mapping[str, float]
) -> Shifts:
    """Estimate the shift from the register to each source.

    Parameters
    ----------
    shapes : array of polygons
        As observed, all sources together.
    sigma_m : ndarray
    sources : sequence of str
        Of each shape.
    register : Side
    thresholds : mapping
        ``shift_*``.
    """
    if not len(shapes) or not len(register):
        return Shifts()
    typical_r = float(np.median(register.sigma_m))

    def of(rows: Ints | slice) -> Shift:
        expected = math.hypot(float(np.median(sigma_m[rows])), typical_r)
        return estimate(shapes[rows], register.shapes, thresholds=thresholds, expected_sigma_m=expected)

    count = Counter(sources)
    if len(count) == 1:
        found = of(slice(None))
        return Shifts(found, {sources[0]: found})
    name = np.array(sources, dtype=object)
    least = thresholds["shift_min_pairs_of_smaller"]
    own = {s: of(np.flatnonzero(name == s)) for s, n in sorted(count.items()) if n >= least}
    known = {s: shift for s, shift in own.items() if shift.accepted}
    if not known:
        together = of(slice(None))
        return Shifts(together, dict.fromkeys(count, together))
    chief = max(known, key=lambda s: (count[s], s))
    return Shifts(known[chief], known, tuple(sorted(set(count) - set(known))))


def offsets(
    shapes: Shapes, sources: Sequence[str], shifts: Shifts, thresholds: Mapping[str, float]
) -> Floats:
    """By how much each observed shape is moved to lie on the ground of the common shift.

    A difference of two shifts that their errors explain moves nothing.
    """
    result = np.zeros((len(shapes), 2))
    name = np.array(sources, dtype=object)
    for source, shift in shifts.own.items():
        rows = np.flatnonzero(name == source)
        if shift is shifts.common or not len(rows):
            continue
        box = shapely.bounds(shapes[rows])
        middle = np.nan_to_num((box[:, :2] + box[:, 2:]) / 2)
        apart = shifts.common.at(middle) - shift.at(middle)
        error = math.hypot(*(s.sigma_m / math.sqrt(max(s.pairs, 1)) for s in (shift, shifts.common)))
        sure_m = max(thresholds["shift_cell_significance"] * error, thresholds["shift_cell_min_m"])
        if float(np.hypot(*apart.mean(axis=0))) > sure_m:
            result[rows] = apart
    return result


def issues_of(shifts: Shifts) -> list[Issue]:
    """What is to be said of the shifts of several sources."""
    found = []
    for source in shifts.taken_over:
        message = _(
            "{source}: too few or too different outlines for a shift of its own; the common one is used"
        )
        found.append(Issue("SHIFT_TAKEN_OVER", Severity.WARNING, message.format(source=source or "-")))
    return found


def as_machine_drawn(
    observed: gpd.GeoDataFrame, drawn: npt.NDArray[np.bool_], thresholds: Mapping[str, float]
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """The layer with the accuracy that outlines drawn by a machine have at best, whatever was stated.

    Parameters
    ----------
    observed : GeoDataFrame
        Layer ``observed_buildings``; not changed.
    drawn : ndarray of bool
        Which rows a machine drew.
    thresholds : mapping
        ``machine_sigma_m``.
    """
    best_m = thresholds["machine_sigma_m"]
    sigma_m = pd.to_numeric(observed["sigma_m"], errors="coerce").to_numpy(dtype=np.float64)
    raised = drawn & (sigma_m > 0) & (sigma_m < best_m)
    if not raised.any():
        return observed, []
    found = []
    names = np.array(sources_of(observed), dtype=object)
    for source in sorted(set(names[raised].tolist())):
        message = _(
            "{source}: {n} outlines were drawn by a machine; they are taken as accurate to {best} m, not to"
            " {stated} m as stated"
        ).format(
            source=source or "-",
            n=int((raised & (names == source)).sum()),
            best=best_m,
            stated=float(np.median(sigma_m[raised & (names == source)])),
        )
        found.append(Issue("MACHINE_SIGMA_RAISED", Severity.WARNING, message))
    return observed.assign(sigma_m=np.where(raised, best_m, sigma_m)), found


def measured_sigmas(
    observed: Side,
    register: Side,
    moved: Shapes,
    groups: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    thresholds: Mapping[str, float],
) -> dict[str, float]:
    """Sources whose outlines lie further off their partners than both sides state, with their accuracy.

    Taken from the middles of buildings matched one to one that are alike in size. What the register
    states is believed; where it is the register that errs, the source is thought too ill of, and the
    grades err on the safe side.
    """
    pairs = np.array([(a[0], b[0]) for a, b in groups if len(a) == 1 and len(b) == 1], dtype=np.int64)
    if len(pairs) < thresholds["accuracy_min_pairs"]:
        return {}
    i, j = pairs.T
    area_o, area_r = shapely.area(observed.shapes[i]), shapely.area(moved[j])
    alike = np.minimum(area_o, area_r) > thresholds["shift_pair_area_ratio"] * np.maximum(area_o, area_r)
    i, j = i[alike], j[alike]
    off = shapely.get_coordinates(shapely.centroid(observed.shapes[i])) - shapely.get_coordinates(
        shapely.centroid(moved[j])
    )
    name = np.array(observed.sources, dtype=object)[i]
    found = {}
    for source in sorted(set(name.tolist())):
        mine = name == source
        if mine.sum() < thresholds["accuracy_min_pairs"]:
            continue
        measured = robust_sigma(off[mine])
        sigma_r = float(np.median(register.sigma_m[j[mine]]))
        stated = math.hypot(float(np.median(observed.sigma_m[i[mine]])), sigma_r)
        beyond = thresholds["accuracy_worse_factor"] * stated
        if measured > max(beyond, stated + thresholds["accuracy_worse_least_m"]):
            found[source] = math.sqrt(measured**2 - sigma_r**2)
    return found

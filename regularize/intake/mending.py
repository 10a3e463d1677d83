"""Outlines that are invalid or oddly drawn: mended within their accuracy, else said or set aside.

Cheap screens run on all rows at once; only what they mark is looked at singly, and what may cost
too much is looked at by a worker that can be killed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from regularize.countries import Pack
from regularize.geometry.repair import Mended
from regularize.geometry.topology import mean_width_m
from regularize.geometry.vertices import odd_vertices
from regularize.i18n import marked
from regularize.i18n import translate as _
from regularize.intake.known import Known
from regularize.intake.rows import LEAST_AREA_M2, Ledger
from regularize.intake.worker import CPU_S, Limits, OverBudgetError, Worker, repair
from regularize.layers import Layer
from regularize.model import Severity

# Above these an outline goes to the worker: 250 invalid vertices can take a minute.
CALM_INVALID_VERTICES = 200
CALM_VERTICES = 100_000
# Spikes and repeated vertices are taken off one by one.
CALM_ODD_VERTICES = 10_000

# What GEOS says of invalid outlines: our words, and the code of the cause.
_REASONS = {
    "Self-intersection": (marked("it crosses itself"), "SELF_CROSSING"),
    "Ring Self-intersection": (marked("it touches itself"), "SELF_CROSSING"),
    "Hole lies outside shell": (marked("a hole lies outside it"), "HOLE_OUTSIDE"),
    "Holes are nested": (marked("a hole lies in a hole"), "NESTED_HOLE"),
    "Nested shells": (marked("one part lies in another"), "NESTED_PARTS"),
    "Interior is disconnected": (marked("holes cut it in two"), "NESTED_HOLE"),
    "Duplicate Rings": (marked("a ring stands twice"), "NESTED_PARTS"),
    "Too few points in geometry component": (marked("too few points"), ""),
}
# Layers whose rows are one piece of ground each.
_SINGLE = frozenset({"parcels", "buildings", "observed_buildings", "plots", "regulated_plots"})


def mend_outlines(
    geometries: NDArray[Any],
    target: Layer,
    tolerance_m: NDArray[Any],
    pack: Pack,
    known: Known,
    ledger: Ledger,
    limits: Limits = Limits(),  # noqa: B008 frozen
) -> NDArray[Any]:
    """Valid outlines of the rows that are not refused yet, and what is odd about them.

    Parameters
    ----------
    geometries : array
        In the project's CRS.
    tolerance_m : array of float
        Accuracy of each row: what mending may move.

    Returns
    -------
    array of shapely geometries
        Rows that are refused keep what they had.
    """
    found = geometries.copy()
    thresholds = pack.thresholds
    tidying = {"same_m": thresholds["vertex_same_m"], "angle_deg": thresholds["spike_angle_deg"]}
    alive = np.ones(len(found), dtype=bool)
    alive[list(ledger.refused)] = False
    polygons = alive & np.isin(shapely.get_type_id(found), (3, 6))
    vertices = shapely.get_num_coordinates(found)
    invalid = polygons & ~np.asarray(shapely.is_valid(found))
    rows = np.flatnonzero(polygons)
    odd = odd_vertices(found[rows], same_m=tidying["same_m"], angle_deg=tidying["angle_deg"])
    repeated, spiked = (np.zeros(len(found), dtype=bool) for _each in range(2))
    repeated[rows], spiked[rows] = odd.repeated, odd.spiked
    costly = (invalid & (vertices > CALM_INVALID_VERTICES)) | (polygons & (vertices > CALM_VERTICES))
    costly |= (repeated | spiked) & (vertices > CALM_ODD_VERTICES)

    marked_rows = np.flatnonzero(invalid | repeated | spiked | costly).tolist()
    with Worker(limits) as worker:
        for done, row in enumerate(marked_rows):
            known.tell(_("outlines to mend"), done, len(marked_rows))
            outline = found[row]
            if invalid[row]:
                _note_cause(row, outline, ledger)
            if costly[row]:
                try:
                    mended = worker.repair(outline, float(tolerance_m[row]), tidying)
                except OverBudgetError:
                    _too_complex(row, int(vertices[row]), outline, ledger)
                    continue
            else:
                mended = repair(outline, float(tolerance_m[row]), tidying)
            _take(row, found, mended, bool(invalid[row]), bool(repeated[row]), bool(spiked[row]), ledger)
    _note_shapes(found, target, thresholds, ledger)
    return found


def _too_complex(row: int, n: int, outline: BaseGeometry, ledger: Ledger) -> None:
    ledger.refuse(
        row,
        "TOO_COMPLEX",
        _("the outline has {n} vertices and could not be judged within {seconds} s and 1 GB").format(
            n=n, seconds=CPU_S
        ),
        outline,
    )


def _note_cause(row: int, outline: BaseGeometry, ledger: Ledger) -> None:
    """Why an outline is invalid, at the very point where it is."""
    reason, _bracket, place = shapely.is_valid_reason(outline).partition("[")
    words, code = _REASONS.get(reason, (reason, ""))
    if not code:
        return
    try:
        x, y = (float(value) for value in place.rstrip("]").split()[:2])
    except ValueError:
        x, y = shapely.get_coordinates(outline)[0].tolist()
    if code == "SELF_CROSSING":
        ledger.warn_at(row, "SELF_CROSSING", _(words), x, y)
    elif code == "HOLE_OUTSIDE":
        ledger.warn_at(row, "HOLE_OUTSIDE", _(words), x, y)
    elif code == "NESTED_HOLE":
        ledger.warn_at(row, "NESTED_HOLE", _(words), x, y)
    else:
        ledger.warn_at(row, "NESTED_PARTS", _(words), x, y)


def _take(
    row: int,
    found: NDArray[Any],
    mended: Mended,
    was_invalid: bool,
    was_repeated: bool,
    was_spiked: bool,
    ledger: Ledger,
) -> None:
    """Take over a mended outline and list what changed, with the area before and after."""
    if mended.geometry is None and mended.area_before_m2 < LEAST_AREA_M2:
        ledger.refuse(row, "ZERO_AREA", _("the outline encloses nothing"), found[row])
        return
    reason = _(_REASONS.get(mended.reason, (mended.reason, ""))[0])
    if mended.geometry is None:
        text = _("the outline is invalid ({reason}) and cannot be mended without losing land")
        ledger.refuse(row, "NOT_MENDABLE", text.format(reason=reason), found[row])
        return
    areas = {"before": mended.area_before_m2, "after": mended.area_after_m2}
    before, found[row] = found[row], mended.geometry
    if was_invalid:
        text = _(
            "the outline was invalid ({reason}) and was mended: {before:.2f} m² before, {after:.2f} m² after"
        )
        ledger.warn(row, "GEOMETRY_MENDED", text.format(reason=reason, **areas), mended.geometry)
        return
    if not mended.changed:
        if was_spiked:
            ledger.warn(
                row,
                "SPIKE",
                _("it has a spike that cannot be taken off within its accuracy; it was left"),
                before,
            )
        return
    fewer = int(shapely.get_num_coordinates(before) - shapely.get_num_coordinates(mended.geometry))
    if was_spiked:
        text = _("a spike was taken off: {before:.2f} m² before, {after:.2f} m² after")
        ledger.warn(row, "SPIKE_REMOVED", text.format(**areas), mended.geometry)
    elif was_repeated:
        text = _("{n} repeated vertices were left out: {before:.2f} m² before, {after:.2f} m² after")
        ledger.warn(row, "DUPLICATE_VERTEX", text.format(n=fewer, **areas), mended.geometry, Severity.INFO)


def _note_shapes(found: NDArray[Any], target: Layer, limits: Mapping[str, float], ledger: Ledger) -> None:
    """Slivers and outlines of several parts."""
    alive = np.ones(len(found), dtype=bool)
    alive[list(ledger.refused)] = False
    if target.name not in _SINGLE:
        return
    kinds = shapely.get_type_id(found)
    several = alive & (kinds == 6) & (shapely.get_num_geometries(found) > 1)
    for row in np.flatnonzero(several).tolist():
        text = _("it has {n} parts").format(n=shapely.get_num_geometries(found[row]))
        ledger.warn(row, "MULTIPART", text, found[row], Severity.INFO)
    large = shapely.area(found) >= LEAST_AREA_M2
    thin = alive & large & (mean_width_m(found) < limits["sliver_width_m"])
    for row in np.flatnonzero(thin).tolist():
        text = _("it is only {width:.2f} m wide on average").format(width=float(mean_width_m(found[row])))
        ledger.warn(row, "SLIVER", text, found[row])

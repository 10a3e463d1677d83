"""Checks between features: of one layer, and against what the store holds of the cadastre.

What cannot be assessed because nothing is there to compare with is said, not passed over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from regularize.countries import Pack
from regularize.geometry import alignment, topology
from regularize.geometry.seams import Change, mend_seams
from regularize.i18n import translate as _
from regularize.intake.apart import run_apart
from regularize.intake.known import Known
from regularize.intake.rows import Ledger
from regularize.intake.worker import CPU_S, Limits, OverBudgetError
from regularize.layers import Layer
from regularize.model import Severity

# Layers whose features do not share ground, and those of them that leave none between them.
APART = frozenset({"parcels", "buildings", "observed_buildings", "plots", "regulated_plots", "land"})
CLOSED = frozenset({"parcels", "plots", "regulated_plots", "land"})
OF_BUILDINGS = frozenset({"buildings", "observed_buildings"})
STANDING = ("BUILDING_OUTSIDE_PARCEL", "BUILDING_ACROSS_PARCELS", "PARCEL_UNKNOWN")
# An outline with more vertices is first held against its neighbours in a process that can be killed:
# two combs laid across each other, or one whose teeth all but touch, would take hours.
CALM_VERTICES = 1_000
# What honest neighbours may add to the budget of one outline.
_NEIGHBOURS_PER_S = 1_000


@dataclass(frozen=True, eq=False)
class Found:
    """Overlaps and gaps of a layer; None where they are no fault there."""

    overlaps: topology.Places | None
    gaps: topology.Places | None


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that are to be stored: their positions in the source, outlines, and accuracy."""

    feature: NDArray[np.int64]
    geometries: NDArray[Any]
    identifiers: Sequence[str | None]
    sigma_m: NDArray[np.float64]


def mend_between(
    rows: Rows, target: Layer, pack: Pack, known: Known, ledger: Ledger
) -> tuple[NDArray[Any], Found]:
    """Make borders one that were drawn twice within their accuracy; list each change.

    Returns
    -------
    array of shapely geometries, Found
        The outlines, and what is still odd between them.
    """
    if target.name not in APART:
        return rows.geometries, Found(None, None)
    known.tell(_("overlaps and gaps"), 0, 1)
    asked = _asked(target, pack)
    found, changes = _seams(rows.geometries, rows.sigma_m, *asked)
    if not changes:
        return rows.geometries, found
    after = rows.geometries.copy()
    for change in changes:
        after[change.row] = change.after
        others = ", ".join(str(int(rows.feature[other]) + 1) for other in change.others)
        text = _(
            "its border with feature {others} was drawn twice and was made one: {before:.2f} m² before, "
            "{after:.2f} m² after"
        ).format(others=others, before=change.before.area, after=change.after.area)
        ledger.warn(int(rows.feature[change.row]), "SEAM_MENDED", text, change.after)
    return after, _look(after, *asked)


def _asked(target: Layer, pack: Pack) -> tuple[bool, float, float]:
    """Whether gaps count in a layer, the least overlap (m²), and the widest gap (m)."""
    limits = pack.thresholds
    return target.name in CLOSED, limits["overlap_least_m2"], limits["gap_width_m"]


def _look(shapes: NDArray[Any], is_closed: bool, least_m2: float, gap_width_m: float) -> Found:
    overlaps = topology.overlaps(shapes, least_m2=least_m2)
    return Found(overlaps, topology.gaps(shapes, width_m=gap_width_m) if is_closed else None)


def _seams(
    shapes: NDArray[Any],
    sigma_m: NDArray[np.float64],
    is_closed: bool,
    least_m2: float,
    gap_width_m: float,
) -> tuple[Found, list[Change]]:
    """What is odd between the outlines, and what mending it changes."""
    found = _look(shapes, is_closed, least_m2, gap_width_m)
    if found.overlaps is None:
        return found, []
    changes = mend_seams(
        shapes, sigma_m, found.overlaps, found.gaps, least_m2=least_m2, gap_width_m=gap_width_m
    )
    return found, changes


def set_aside_costly(
    rows: Rows, target: Layer, pack: Pack, known: Known, ledger: Ledger, cpu_s: int = CPU_S
) -> bool:
    """Quarantine outlines that cannot be held against their neighbours within a budget.

    Returns
    -------
    bool
        Whether there are such, so that fewer rows are to be stored.
    """
    if target.name not in APART:
        return False
    asked = _asked(target, pack)
    vertices = shapely.get_num_coordinates(rows.geometries)
    left = np.ones(len(vertices), dtype=bool)
    heavy = np.flatnonzero(vertices > CALM_VERTICES)
    if not len(heavy) or _is_affordable(rows, heavy, left, asked, cpu_s):
        return False
    # The heaviest first: those that only lie beside it are then judged without it.
    for done, row in enumerate(sorted(heavy.tolist(), key=lambda row: (-vertices[row], row))):
        known.tell(_("overlaps and gaps"), done, len(heavy))
        if _is_affordable(rows, np.array([row]), left, asked, cpu_s):
            continue
        left[row] = False
        text = _(
            "the outline has {n} vertices and could not be held against its neighbours within {seconds} s "
            "and 1 GB"
        ).format(n=int(vertices[row]), seconds=cpu_s)
        ledger.refuse(int(rows.feature[row]), "TOO_COMPLEX", text, rows.geometries[row])
    return not left.all()


def _is_affordable(
    rows: Rows,
    heavy: NDArray[np.int64],
    left: NDArray[np.bool_],
    asked: tuple[bool, float, float],
    cpu_s: int,
) -> bool:
    """Whether `heavy` and all that lies beside them can be judged within the budget."""
    minx, miny, maxx, maxy = shapely.bounds(rows.geometries[heavy]).T
    reach_m = asked[2]
    around = shapely.box(minx - reach_m, miny - reach_m, maxx + reach_m, maxy + reach_m)
    near = np.unique(shapely.STRtree(rows.geometries).query(around)[1])
    near = near[left[near]]
    cpu_s += len(near) // _NEIGHBOURS_PER_S
    try:
        run_apart(
            _rehearse,
            rows.geometries[near],
            rows.sigma_m[near],
            *asked,
            limits=Limits(cpu_s, wall_s=6.0 * cpu_s),
        )
    except OverBudgetError:
        return False
    return True


def _rehearse(shapes: NDArray[Any], sigma_m: NDArray[np.float64], *asked: Any) -> None:
    _seams(shapes, sigma_m, *asked)


def check_between(
    rows: Rows, target: Layer, pack: Pack, known: Known, ledger: Ledger, found: Found
) -> dict[str, str]:
    """All checks between features that fit the layer.

    Parameters
    ----------
    found : Found
        As `mend_between` left it.

    Returns
    -------
    dict of code to text
        What could not be assessed, and why.
    """
    limits = pack.thresholds
    unassessed: dict[str, str] = {}
    if found.overlaps is not None:
        _check_overlaps(rows, found.overlaps, limits, ledger)
    if found.gaps is not None:
        _check_gaps(rows, found.gaps, limits, ledger)
    if target.name == "fences":
        _check_fences(rows, limits, ledger)
    if target.name == "buildings":
        _check_standing(rows, pack, known, ledger, unassessed)
    if target.name in OF_BUILDINGS:
        known.tell(_("offset"), 0, 1)
        _check_offset(rows, limits, known, ledger, unassessed)
    return unassessed


def _tolerance_m(rows: Rows, left: Any, right: Any, limits: Mapping[str, float]) -> NDArray[np.float64]:
    """What two outlines of their accuracy may differ by."""
    found = limits["sigma_factor"] * np.hypot(rows.sigma_m[left], rows.sigma_m[right])
    return np.asarray(found, dtype=np.float64)


def _check_overlaps(rows: Rows, found: topology.Places, limits: Mapping[str, float], ledger: Ledger) -> None:
    wide = found.width_m > _tolerance_m(rows, found.left, found.right, limits)
    # Twice the same outline is told as that.
    sizes = shapely.area(rows.geometries)
    twin = np.minimum(sizes[found.left], sizes[found.right]) - found.area_m2 < limits["overlap_least_m2"]
    twin &= np.abs(sizes[found.left] - sizes[found.right]) < limits["overlap_least_m2"]
    text = _("it overlaps feature {other} on {area:.2f} m², {width:.2f} m wide")
    for at, (row, message, x, y) in enumerate(_told(found, rows, text)):
        if twin[at]:
            continue
        if wide[at]:
            ledger.warn_at(row, "OVERLAP", message, x, y)
        else:
            ledger.warn_at(row, "OVERLAP_WITHIN_ACCURACY", message, x, y, Severity.INFO)


def _check_gaps(rows: Rows, found: topology.Places, limits: Mapping[str, float], ledger: Ledger) -> None:
    wide = found.width_m > _tolerance_m(rows, found.left, found.right, limits)
    text = _("a gap of {area:.2f} m², {width:.2f} m wide, lies between it and feature {other}")
    for at, (row, message, x, y) in enumerate(_told(found, rows, text)):
        if wide[at]:
            ledger.warn_at(row, "GAP", message, x, y)
        else:
            ledger.warn_at(row, "GAP_WITHIN_ACCURACY", message, x, y, Severity.INFO)


def _told(found: topology.Places, rows: Rows, text: str) -> Iterator[tuple[int, str, float, float]]:
    """Of each place: the row, what to say of it, and a point in it."""
    for at in range(len(found)):
        message = text.format(
            other=int(rows.feature[found.right[at]]) + 1, area=found.area_m2[at], width=found.width_m[at]
        )
        x, y = found.xy[at].tolist()
        yield int(rows.feature[found.left[at]]), message, x, y


def _check_fences(rows: Rows, limits: Mapping[str, float], ledger: Ledger) -> None:
    found = topology.loose_ends(
        rows.geometries, reach_m=limits["fence_reach_m"], same_m=limits["vertex_same_m"]
    )
    for at in range(len(found.line)):
        ledger.warn_at(
            int(rows.feature[found.line[at]]),
            "DANGLING_FENCE",
            _("its end stops {gap:.2f} m short of feature {other}").format(
                gap=found.gap_m[at], other=int(rows.feature[found.other[at]]) + 1
            ),
            float(found.xy[at, 0]),
            float(found.xy[at, 1]),
        )


def _check_standing(rows: Rows, pack: Pack, known: Known, ledger: Ledger, unassessed: dict[str, str]) -> None:
    parcels = known.rows("parcels")
    if parcels is None or pack.identifier is None:
        reason = _("no parcels are stored yet; read them first")
        if pack.identifier is None:
            reason = _("the country pack knows no identifiers")
        unassessed.update(dict.fromkeys(STANDING, reason))
        return
    limits = pack.thresholds
    place = {text: at for at, text in enumerate(parcels["identifier"].tolist()) if text is not None}
    module = pack.identifier
    named = [
        module.parcel_of(text) if text is not None and module.is_valid(text) else None
        for text in rows.identifiers
    ]
    own = np.array([place.get(text, -1) if text is not None else -1 for text in named], dtype=np.int64)
    stand = topology.standing(
        rows.geometries,
        np.asarray(parcels.geometry.array, dtype=object),
        own,
        least_share=limits["across_parcel_share"],
    )
    for at, text in enumerate(named):
        feature, outline = int(rows.feature[at]), rows.geometries[at]
        if text is not None and own[at] < 0:
            ledger.warn(
                feature,
                "PARCEL_UNKNOWN",
                _("its parcel {parcel} is not among the stored ones").format(parcel=text),
                outline,
            )
        elif own[at] >= 0 and stand.own_share[at] < limits["outside_parcel_share"]:
            ledger.warn(
                feature,
                "BUILDING_OUTSIDE_PARCEL",
                _("only {share:.0f} % of it stands on parcel {parcel}, which its identifier names").format(
                    share=100 * stand.own_share[at], parcel=text
                ),
                outline,
            )
        elif stand.parts[at] > 1:
            ledger.warn(
                feature,
                "BUILDING_ACROSS_PARCELS",
                _("it stands on {n} parcels").format(n=int(stand.parts[at])),
                outline,
                Severity.INFO,
            )


def _check_offset(
    rows: Rows, limits: Mapping[str, float], known: Known, ledger: Ledger, unassessed: dict[str, str]
) -> None:
    stored: GeoDataFrame | None = known.rows("buildings")
    if stored is None or not len(rows.geometries):
        unassessed["OFFSET_TO_CADASTRE"] = _("no buildings of the cadastre are stored yet")
        return
    polygons = np.isin(shapely.get_type_id(rows.geometries), (3, 6))
    sigma_m = float(np.hypot(np.median(rows.sigma_m), stored["sigma_m"].median()))
    shift = alignment.estimate(
        rows.geometries[polygons],
        np.asarray(stored.geometry.array, dtype=object),
        thresholds=limits,
        expected_sigma_m=sigma_m,
    )
    if not shift.accepted:
        unassessed["OFFSET_TO_CADASTRE"] = _("too few buildings agree with the stored ones to tell")
        return
    away_m = float(np.hypot(shift.dx_m, shift.dy_m))
    if away_m > limits["offset_asks_m"]:
        ledger.note(
            "OFFSET_TO_CADASTRE",
            _(
                "it lies {distance:.2f} m from the stored cadastre ({dx:+.2f} m east, {dy:+.2f} m north; "
                "{n} buildings agree)"
            ).format(distance=away_m, dx=shift.dx_m, dy=shift.dy_m, n=shift.pairs),
        )

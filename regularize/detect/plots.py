"""What every plot, as occupied, is to the parcels of the register."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect import flags as on_land
from regularize.detect import scoring
from regularize.detect.sides import Floats, Ints, Shapes, Side, prepare, require_one_ground, tolerances
from regularize.geometry import areas
from regularize.geometry.alignment import NO_SHIFT, Shift
from regularize.geometry.measures import area_sigmas_m2
from regularize.i18n import translate as _
from regularize.model import Finding, Issue, Measure, PlotClass, Severity


@dataclass(frozen=True)
class PlotResult:
    """What came of comparing plots: findings with empty ids, and issues of the parcels."""

    findings: list[Finding]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, eq=False)
class _Shares:
    """Which parcels hold how much of each plot, strips within the tolerance left out.

    Parameters
    ----------
    plot, parcel : ndarray of int
        Positions; only shares that count.
    area_m2 : ndarray
    most : ndarray of int
        For each plot the parcel with more than half of it, or -1.
    outside_m2 : ndarray
        For each plot what lies in no parcel.
    covered_m2 : ndarray
        For each plot what lies in parcels, strips included.
    """

    plot: Ints
    parcel: Ints
    area_m2: Floats
    most: Ints
    outside_m2: Floats
    covered_m2: Floats


def detect_plots(
    parcels: gpd.GeoDataFrame | None,
    plots: gpd.GeoDataFrame | None,
    *,
    thresholds: Mapping[str, float],
    shift: Shift = NO_SHIFT,
    streets: gpd.GeoDataFrame | None = None,
    land: gpd.GeoDataFrame | None = None,
    groups: on_land.Groups | None = None,
) -> PlotResult:
    """Compare surveyed plots with the parcels of the cadastre.

    Parameters
    ----------
    parcels, plots : GeoDataFrame or None
        Layers ``parcels`` and ``plots``, in the project's metric CRS.
    thresholds : mapping
        ``pack.thresholds``.
    shift : Shift
        From register to observation, as found for the buildings.
    streets, land : GeoDataFrame, optional
        For the flags.
    groups : mapping, optional
        ``pack.groups``.

    Returns
    -------
    PlotResult

    Raises
    ------
    InputError
        If the layers state different CRSs, or one in which areas cannot be measured.

    Examples
    --------
    >>> detect_plots(store.layer("parcels"), store.layer("plots"),
    ...              thresholds=pack.thresholds, shift=buildings.shift).findings
    """
    require_one_ground(plots=plots, parcels=parcels, streets=streets, land=land)
    occupied, issues_o = prepare(
        plots,
        default_sigma_m=thresholds["sigma_default_observed_m"],
        thresholds=thresholds,
        layer="plots",
    )
    registered, issues_r = prepare(
        parcels,
        default_sigma_m=thresholds["sigma_default_register_m"],
        thresholds=thresholds,
        layer="parcels",
        merge="same",
    )
    issues = [*issues_o, *issues_r]
    if not len(occupied):
        return PlotResult([], tuple(issues))
    if not len(registered):
        message = _("no parcels were delivered: no plot can be compared with the cadastre")
        return PlotResult([], (*issues, Issue("NO_PARCELS", Severity.WARNING, message)))
    moved = shift.moved(registered.shapes)
    sigma_m = on_land.parcel_sigma_m(parcels, thresholds)
    t = tolerances(occupied.sigma_m, sigma_m, thresholds)
    shares = _shares(occupied.shapes, moved, t, thresholds)
    ground = on_land.ground(shift, parcels=parcels, streets=streets, land=land, groups=groups)
    flagged = on_land.land_flags(occupied.shapes, t, ground, thresholds=thresholds)
    sigma_area = area_sigmas_m2(occupied.shapes, occupied.sigma_m)
    crowd = np.bincount(shares.most[shares.most >= 0], minlength=len(registered))
    found = [
        _finding(
            at,
            occupied,
            registered,
            moved,
            float(t[at]),
            shares,
            crowd,
            flagged[at],
            sigma_area,
            shift,
            thresholds,
        )
        for at in range(len(occupied))
    ]
    boxes = shapely.bounds(occupied.shapes)
    order = np.lexsort((boxes[:, 0], -boxes[:, 3])).tolist()
    return PlotResult([found[i] for i in order], tuple(issues))


def _shares(plots: Shapes, parcels: Shapes, t: Floats, thresholds: Mapping[str, float]) -> _Shares:
    area = np.asarray(shapely.area(plots))
    least = _part(area, thresholds)
    pairs = areas.pairs(plots, parcels)
    i, j, m2 = pairs.left, pairs.right, pairs.area_m2.copy()
    most = np.full(len(plots), -1)
    over = m2 > thresholds["plot_most_share"] * area[i]
    most[i[over]] = j[over]
    possible = m2 >= least[i]
    i, j, m2 = i[possible], j[possible], m2[possible]
    # Where nearly all of the plot lies in the parcel there is no strip to take away.
    ask = np.flatnonzero(area[i] - m2 > thresholds["flag_min_area_m2"])
    piece = shapely.intersection(plots[i[ask]], parcels[j[ask]])
    m2[ask] = shapely.area(on_land.opened(piece, t[i[ask]]))
    kept = m2 >= least[i]
    outside = np.zeros(len(plots))
    covered = np.bincount(pairs.left, weights=pairs.area_m2, minlength=len(plots))
    overlapping = _overlapping(parcels)
    for at in np.unique(i[kept & overlapping[j]]).tolist():
        rows = _rows_of(i, at)
        m2[rows] = _counted_once(plots[at], parcels[j[rows]], m2[rows], t[at])
    kept = m2 >= least[i]
    for at in range(len(plots)):
        near = pairs.right[_rows_of(pairs.left, at)]
        # Sums over parcels that overlap each other would count twice: then the shapes decide.
        if area[at] - covered[at] >= least[at] or overlapping[near].any():
            left = shapely.difference(plots[at], shapely.union_all(parcels[near]))
            outside[at] = shapely.area(on_land.opened(np.array([left], dtype=object), t[at]))[0]
    return _Shares(i[kept], j[kept], m2[kept], most, outside, covered.astype(np.float64))


def _counted_once(plot: BaseGeometry, parcels: Shapes, m2: Floats, t: float) -> Floats:
    """Shares of parcels that overlap each other: what the larger share holds is not counted again."""
    result = m2.copy()
    taken: list[BaseGeometry] = []
    for k in np.argsort(-m2, kind="stable").tolist():
        piece = plot.intersection(parcels[k]).difference(shapely.union_all(taken))
        if taken:
            result[k] = min(float(shapely.area(on_land.opened(np.array([piece], dtype=object), t))[0]), m2[k])
        taken.append(parcels[k])
    return result


def _rows_of(left: Ints, at: int) -> slice:
    """Where the sorted array `left` holds `at`."""
    return slice(int(np.searchsorted(left, at)), int(np.searchsorted(left, at, side="right")))


def _part(area_m2: Floats, thresholds: Mapping[str, float]) -> Floats:
    """From how many m2 on something counts as a part of its own; of what is tiny, from most of it on."""
    least = np.maximum(thresholds["plot_min_area_m2"], thresholds["plot_min_share"] * area_m2)
    result: Floats = np.minimum(least, thresholds["plot_most_share"] * area_m2)
    return result


def _overlapping(parcels: Shapes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = areas.self_pairs(parcels)
    result = np.zeros(len(parcels), dtype=bool)
    result[found.left], result[found.right] = True, True
    return result


def _finding(
    at: int,
    plots: Side,
    parcels: Side,
    moved: Shapes,
    t: float,
    shares: _Shares,
    crowd: Ints,
    flagged: Mapping[str, float],
    sigma_area: Floats,
    shift: Shift,
    thresholds: Mapping[str, float],
) -> Finding:
    shape = plots.shapes[at]
    area = float(shape.area)
    least = float(_part(np.array([area]), thresholds)[0])
    rows = _rows_of(shares.plot, at)
    order = np.argsort(-shares.area_m2[rows], kind="stable")
    kept, m2 = shares.parcel[rows][order].tolist(), shares.area_m2[rows][order].tolist()
    outside = float(shares.outside_m2[at])
    sigma_m = t / thresholds["sigma_factor"]
    coarse = t > thresholds["plot_max_tolerance_m"]
    reasons: list[str] = []
    rest = None
    away = thresholds["plot_outside_share"] * area
    lies_away = outside >= away or area - float(shares.covered_m2[at]) >= away
    if lies_away or (not kept and outside >= least):
        cls, distance = PlotClass.NO_PARCEL, max(outside - least, 0.0)
        reasons.append("IN_NO_PARCEL")
    elif not kept:
        # All of it in some parcel is a strip: the lines may lie on either side of it.
        cls, distance = PlotClass.UNCERTAIN, 0.0
        reasons.append("LINES_TOO_INACCURATE")
    elif len(kept) > 1:
        cls, distance = PlotClass.STRADDLES, m2[1] - least
        reasons.append("IN_SEVERAL_PARCELS")
    elif outside >= least:
        cls, distance = PlotClass.PARTLY_OUTSIDE, outside - least
        reasons.append("PART_IN_NO_PARCEL")
    else:
        parcel = moved[kept[0]]
        rest = float(shapely.area(on_land.opened(np.array([parcel.difference(shape)], dtype=object), t))[0])
        limit = float(_part(np.array([parcel.area]), thresholds)[0])
        distance = abs(rest - limit)
        if rest < limit:
            cls = PlotClass.REGISTERED
            reasons.append("FILLS_THE_PARCEL")
        elif shares.most[at] >= 0 and crowd[shares.most[at]] > 1:
            cls = PlotClass.INFORMAL_SUBDIVISION
            reasons.append("SEVERAL_PLOTS_IN_PARCEL")
        else:
            cls = PlotClass.PART_OF_PARCEL
            reasons.append("REST_OF_PARCEL")
    if coarse and cls in {PlotClass.STRADDLES, PlotClass.PARTLY_OUTSIDE}:
        cls = PlotClass.UNCERTAIN
        reasons.append("LINES_TOO_INACCURATE")
    if not shift.accepted:
        reasons.append("SHIFT_UNDETERMINED")
    sigma_o = float(plots.sigma_m[at])
    if len(plots.fids[at]) > 1:
        reasons.append("COUNTED_ONCE")
    measures = {
        "area_survey_m2": Measure(area, float(sigma_area[at]), "m2"),
        "inside_m2": Measure(min(float(sum(m2)), area), float(sigma_area[at]), "m2"),
        "outside_m2": Measure(outside, float(sigma_area[at]), "m2"),
        "tolerance_m": Measure(t, None, "m"),
        "shift_dx_m": Measure(shift.dx_m, None, "m"),
        "shift_dy_m": Measure(shift.dy_m, None, "m"),
    }
    if kept:
        measures["largest_share"] = Measure(min(m2[0] / area, 1.0), None, "1")
    if rest is not None:
        measures["rest_of_parcel_m2"] = Measure(rest, None, "m2")
    measures |= {f"{flag.lower()}_m2": Measure(value, None, "m2") for flag, value in flagged.items()}
    score = (
        scoring.margin(distance, sigma_m * float(np.sqrt(area)))
        * scoring.source_quality(area, t, thresholds)
        * scoring.shift_quality(shift, thresholds)
        * (thresholds["score_uncertain"] if cls is PlotClass.UNCERTAIN else 1.0)
    )
    return Finding(
        kind="plot",
        cls=cls.value,
        geometry=shape,
        survey_fids=plots.fids[at],
        register_fids=tuple(sorted(fid for k in kept for fid in parcels.fids[k])),
        survey_refs=plots.refs[at],
        register_refs=tuple(ref for k in kept for ref in parcels.refs[k]),
        reasons=tuple(dict.fromkeys([*reasons, *flagged])),
        measures=measures,
        score=float(min(max(score, 0.0), 1.0)),
        grade=scoring.grade(score, sigma_o, thresholds),
    )

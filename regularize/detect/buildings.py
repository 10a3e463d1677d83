"""What every observed and registered building is to the other side: findings for a person to decide."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect import flags as on_land
from regularize.detect import scoring
from regularize.detect.comparison import Comparison, compare, reasons_of_size
from regularize.detect.scene import WORSE, Positions, Scene, finding_of, scene_of
from regularize.detect.sides import prepare, require_one_ground, sources_of
from regularize.detect.sources import Shifts, issues_of, offsets, shifts_of
from regularize.geometry.alignment import NO_SHIFT, Shift
from regularize.i18n import translate as _
from regularize.model import BuildingClass, Finding, Issue, Measure, Severity


@dataclass(frozen=True)
class BuildingResult:
    """What came of comparing buildings.

    Parameters
    ----------
    findings : list of Finding
        One per component, ids still empty; ``unchanged`` ones included.
    shift : Shift
        The one used; of several sources, that of the one with most rows.
    issues : tuple of Issue
    shifts : Shifts
        Of each source.
    """

    findings: list[Finding]
    shift: Shift
    issues: tuple[Issue, ...]
    shifts: Shifts


def detect_buildings(
    register: gpd.GeoDataFrame | None,
    observed: gpd.GeoDataFrame | None,
    *,
    thresholds: Mapping[str, float],
    shift: Shift | None = None,
    parcels: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    land: gpd.GeoDataFrame | None = None,
    groups: on_land.Groups | None = None,
) -> BuildingResult:
    """Compare observed buildings with the registered ones.

    Parameters
    ----------
    register, observed : GeoDataFrame or None
        Layers ``buildings`` and ``observed_buildings``, in the project's metric CRS. None or empty:
        nothing was delivered.
    thresholds : mapping
        ``pack.thresholds``.
    shift : Shift, optional
        From register to observation; estimated where not given.
    parcels, streets, land : GeoDataFrame, optional
        For the flags: what the building stands on.
    groups : mapping, optional
        ``pack.groups``: which codes mean municipal land, forest and so on.

    Returns
    -------
    BuildingResult
        Nothing in the input is changed; the result depends on the rows' contents only.

    Raises
    ------
    InputError
        If the layers state different CRSs, or one in which areas cannot be measured.

    Examples
    --------
    >>> result = detect_buildings(store.layer("buildings"), store.layer("observed_buildings"),
    ...                           thresholds=pack.thresholds, parcels=store.layer("parcels"))
    """
    require_one_ground(
        observed_buildings=observed, buildings=register, parcels=parcels, streets=streets, land=land
    )
    theirs, issues_r = prepare(
        register,
        default_sigma_m=thresholds["sigma_default_register_m"],
        thresholds=thresholds,
        layer="buildings",
    )
    make = partial(
        prepare,
        observed,
        default_sigma_m=thresholds["sigma_default_observed_m"],
        thresholds=thresholds,
        layer="observed_buildings",
    )
    names = sources_of(observed)
    if shift is None and len(set(names)) > 1:
        # Duplicates of two sources are seen only after each has been laid onto the same ground.
        raw, _issues = make(merge="none")
        shifts = shifts_of(raw.shapes, raw.sigma_m, raw.sources, theirs, thresholds)
        ours, issues_o = make(merge="shown", lay=lambda shapes: offsets(shapes, names, shifts, thresholds))
    else:
        ours, issues_o = make(merge="shown")
        shifts = (
            shifts_of(ours.shapes, ours.sigma_m, ours.sources, theirs, thresholds)
            if shift is None
            else Shifts(shift)
        )
    issues = [*issues_o, *issues_r]
    if not len(ours):
        message = _("no observed buildings: nothing can be compared with the register")
        issues.append(_notice("NO_OBSERVED_BUILDINGS", message))
        return BuildingResult([], shift or NO_SHIFT, tuple(issues), Shifts(shift or NO_SHIFT))
    if not len(theirs):
        message = _("no registered buildings were delivered: every observed building appears as not in it")
        issues.append(_notice("NO_REGISTER_BUILDINGS", message))
    if not shifts.common.accepted and len(theirs):
        message = _("the shift between register and survey cannot be determined; none is applied")
        issues.append(_notice("SHIFT_UNDETERMINED", message))
    issues += issues_of(shifts)
    if without := on_land.without_width(streets):
        message = _("{n} streets are lines without a width: what stands on them cannot be told").format(
            n=without
        )
        issues.append(Issue("STREET_WITHOUT_WIDTH", Severity.INFO, message))
    scene = scene_of(
        ours, theirs, shifts, thresholds, parcels=parcels, streets=streets, land=land, groups=groups
    )
    for source, sigma_m in scene.measured_m.items():
        message = _(
            "{source}: its outlines lie {sigma} m off the register's, further than both state; classes and"
            " grades rest on what was measured. The real accuracy is stated with: --sigma"
        )
        issues.append(_notice(WORSE, message.format(source=source or "-", sigma=f"{sigma_m:.2f}")))
    findings, too_small = _findings(scene)
    issues += too_small
    return BuildingResult(findings, shifts.common, tuple(issues), shifts)


def _findings(scene: Scene) -> tuple[list[Finding], list[Issue]]:
    """All findings, from north-west to south-east, and what was too small for one."""
    found: list[Finding] = []
    issues: list[Issue] = []
    comparisons = compare(
        scene.match, scene.observed, scene.register, scene.moved, thresholds=scene.thresholds
    )
    found += [_matched(scene, comparison) for comparison in comparisons]
    found += [_doubtful(scene, i, j) for i, j in scene.match.doubtful]
    found += [_rival(scene, i) for i in scene.match.rivals]
    for i in scene.match.new:
        if _is_too_small(scene, i):
            issues.append(_too_small("observed_buildings", scene.observed.shapes[i]))
        else:
            found.append(_new(scene, i))
    for j in scene.match.gone:
        if scene.area_r[j] < scene.thresholds["building_min_area_m2"]:
            issues.append(_too_small("buildings", scene.register.shapes[j]))
        else:
            found.append(_gone(scene, j))
    boxes = shapely.bounds(np.array([f.geometry for f in found], dtype=object))
    order = np.lexsort((boxes[:, 0], -boxes[:, 3])).tolist() if found else []
    return [found[i] for i in order], issues


def _too_small(layer: str, shape: BaseGeometry) -> Issue:
    message = _("{layer}: an outline of {area:.1f} m2 is too small to be reported")
    x, y = shapely.get_coordinates(shapely.centroid(shape))[0].tolist()
    text = message.format(layer=layer, area=shape.area)
    return Issue("BELOW_MIN_AREA", Severity.INFO, text, None, x, y)


def _is_too_small(scene: Scene, i: int) -> bool:
    """Whether a partner-less observed outline is a shed; one that stands free without its eaves."""
    t, sigma_m, shape = scene.thresholds, float(scene.observed.sigma_m[i]), scene.observed.shapes[i]
    if i in scene.match.probability or i in scene.match.too_small:
        return i in scene.match.too_small
    if t["walls_max_sigma_m"] < sigma_m < t["machine_sigma_m"] and i not in scene.match.adjoins_new:
        shape = shape.buffer(-min(sigma_m, t["eaves_allowance_m"]), join_style="mitre")
    if sigma_m <= t["walls_max_sigma_m"] and i in scene.joined:
        return bool(shape.area < t["annex_min_area_m2"])
    return bool(shape.area < t["building_min_area_m2"])


def _matched(scene: Scene, c: Comparison) -> Finding:
    """A component with both sides."""
    t = scene.thresholds
    deciding = scoring.margin(c.margin_m, c.tolerance_m / t["sigma_factor"])
    if c.size_margin is not None:
        deciding *= c.size_margin
    reasons = list(reasons_of_size(c))
    several = (len(c.register) > 1, len(c.observed) > 1, c.weak)
    named = ("SEVERAL_REGISTERED", "SEVERAL_OBSERVED", "WEAK_OVERLAP")
    reasons += [code for code, so in zip(named, several, strict=True) if so]
    sigma = math.hypot(
        *(scene.sigma_area_o[i] for i in c.observed), *(scene.sigma_area_r[j] for j in c.register)
    )
    extra = {
        "overlap_m2": Measure(c.overlap_m2, sigma, "m2"),
        "gain_m2": Measure(c.gain_m2, sigma, "m2"),
        "loss_m2": Measure(c.loss_m2, sigma, "m2"),
        "iou": Measure(c.iou, None, "1"),
    }
    if c.boundary_ratio is not None:
        extra["boundary_ratio"] = Measure(c.boundary_ratio, None, "1")
    trust = t["score_weak"] if c.weak else 1.0
    each = [scene.match.probability[i] for i in c.observed if i in scene.match.probability]
    known = math.prod(each) if each else None
    return finding_of(
        scene,
        c.cls,
        c.observed,
        c.register,
        reasons,
        deciding,
        c.tolerance_m,
        extra,
        trust=trust,
        known=known,
    )


def _doubtful(scene: Scene, i: int, j: int) -> Finding:
    """One building seen inaccurately, or one gone and another new: nobody can tell from here."""
    gap = Measure(float(shapely.distance(scene.observed.shapes[i], scene.moved[j])), None, "m")
    tolerance = scene.tolerance_m((i,), (j,))
    trust, why = scene.thresholds["score_uncertain"], ["LOOKALIKE_NEARBY"]
    return finding_of(
        scene, BuildingClass.UNCERTAIN, (i,), (j,), why, 1.0, tolerance, {"gap_m": gap}, trust=trust
    )


def _rival(scene: Scene, i: int) -> Finding:
    """An inaccurate outline that may be a registered building, or stand beside it."""
    trust = scene.thresholds["score_uncertain"]
    tolerance = scene.tolerance_m((i,), ())
    return finding_of(
        scene, BuildingClass.UNCERTAIN, (i,), (), ["RIVAL_OUTLINES"], 1.0, tolerance, {}, trust=trust
    )


def _new(scene: Scene, i: int) -> Finding:
    """An observed building without a registered one."""
    tolerance = scene.tolerance_m((i,), ())
    deciding = _apart(scene, scene.area_o[i], scene.largest_o[i], scene.gap_o[i], tolerance)
    extra = _gap_measure(scene.gap_o[i], tolerance, scene.thresholds)
    if i in scene.match.adjoins_new:
        cls, reasons = BuildingClass.ADJOINING_ANNEX, ["ADJOINS_MATCHED"]
        register = scene.match.adjoins_new[i]
    else:
        cls, reasons = BuildingClass.NOT_IN_CADASTRE, ["NO_REGISTERED_PARTNER"]
        register = ()
    if not len(scene.register):
        reasons.append("NO_REGISTER_BUILDINGS")
    known = scene.match.probability.get(i)
    if known is not None:
        adjoins = cls is BuildingClass.ADJOINING_ANNEX
        known *= scene.thresholds["score_paced_annex" if adjoins else "score_paced_free"]
    return finding_of(scene, cls, (i,), register, reasons, deciding, tolerance, extra, known=known)


def _gone(scene: Scene, j: int) -> Finding:
    """A registered building without an observed one."""
    t = scene.thresholds
    tolerance = scene.tolerance_m((), (j,))
    deciding = _apart(scene, scene.area_r[j], scene.largest_r[j], scene.gap_r[j], tolerance)
    extra = _gap_measure(scene.gap_r[j], tolerance, t)
    cls, reasons = BuildingClass.NOT_IN_SURVEY, ["NO_OBSERVED_PARTNER"]
    observed: Positions = ()
    trust = 1.0
    if j in scene.match.claimed:
        cls, reasons, trust = BuildingClass.UNCERTAIN, ["RIVAL_OUTLINES"], t["score_uncertain"]
    elif j in scene.match.adjoins_gone:
        reasons.append("ADJOINS_MATCHED")
        if tolerance > t["size_max_tolerance_m"] and scene.match.adjoins_gone[j]:
            # An inaccurate outline next door may well include it.
            cls, observed = BuildingClass.UNCERTAIN, scene.match.adjoins_gone[j]
            trust = t["score_uncertain"]
    elif scene.gap_r[j] > t["survey_reach_m"]:
        reasons.append("NO_SURVEY_NEARBY")
        trust = t["score_no_survey_nearby"]
    own = scene.register.shapes[j]
    return finding_of(scene, cls, observed, (j,), reasons, deciding, tolerance, extra, own=own, trust=trust)


def _apart(scene: Scene, area_m2: float, overlap_m2: float, gap_m: float, tolerance_m: float) -> float:
    """How surely a building has no partner: its distance from having one, in sigmas."""
    t = scene.thresholds
    side = math.sqrt(area_m2)
    distance = t["edge_min_ratio"] * side - overlap_m2 / side + gap_m
    return scoring.margin(distance, tolerance_m / t["sigma_factor"])


def _gap_measure(gap_m: float, tolerance_m: float, t: Mapping[str, float]) -> dict[str, Measure]:
    if not math.isfinite(gap_m):
        return {}
    return {"gap_m": Measure(gap_m, tolerance_m / t["sigma_factor"], "m")}


def _notice(code: str, message: str) -> Issue:
    return Issue(code, Severity.WARNING, message)

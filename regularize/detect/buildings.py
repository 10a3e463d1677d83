"""What every observed and registered building is to the other side: findings for a person to decide."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect import flags as on_land
from regularize.detect import scoring
from regularize.detect.comparison import Comparison, compare, reasons_of_size
from regularize.detect.matching import Match, joined, match
from regularize.detect.sides import Shapes, Side, prepare, tolerances
from regularize.geometry.alignment import NO_SHIFT, Shift, estimate
from regularize.geometry.measures import area_sigmas_m2
from regularize.i18n import translate as _
from regularize.model import BuildingClass, Finding, Issue, Measure, Severity

Positions = tuple[int, ...]


@dataclass(frozen=True)
class BuildingResult:
    """What came of comparing buildings.

    Parameters
    ----------
    findings : list of Finding
        One per component, ids still empty; ``unchanged`` ones included.
    shift : Shift
        The one used.
    issues : tuple of Issue
    """

    findings: list[Finding]
    shift: Shift
    issues: tuple[Issue, ...]


@dataclass(frozen=True, eq=False)
class _Scene:
    """Both sides, as used by every step below."""

    observed: Side
    register: Side
    moved: Shapes
    shift: Shift
    match: Match
    flags: list[dict[str, float]]
    thresholds: Mapping[str, float]
    area_o: list[float]
    area_r: list[float]
    sigma_area_o: list[float]
    sigma_area_r: list[float]
    sigma_o: list[float]
    sigma_r: list[float]
    typical_o_m: float
    typical_r_m: float
    gap_o: Mapping[int, float]
    gap_r: Mapping[int, float]
    largest_o: list[float]
    largest_r: list[float]
    joined: frozenset[int]


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

    Examples
    --------
    >>> result = detect_buildings(store.layer("buildings"), store.layer("observed_buildings"),
    ...                           thresholds=pack.thresholds, parcels=store.layer("parcels"))
    """
    ours, issues_o = prepare(
        observed,
        default_sigma_m=thresholds["sigma_default_observed_m"],
        thresholds=thresholds,
        layer="observed_buildings",
    )
    theirs, issues_r = prepare(
        register,
        default_sigma_m=thresholds["sigma_default_register_m"],
        thresholds=thresholds,
        layer="buildings",
    )
    issues = [*issues_o, *issues_r]
    if not len(ours):
        message = _("no observed buildings: nothing can be compared with the register")
        return BuildingResult([], shift or NO_SHIFT, (*issues, _notice("NO_OBSERVED_BUILDINGS", message)))
    if not len(theirs):
        message = _("no registered buildings were delivered: every observed building appears as not in it")
        issues.append(_notice("NO_REGISTER_BUILDINGS", message))
    expected_m = float(np.hypot(np.median(ours.sigma_m), np.median(theirs.sigma_m))) if len(theirs) else 0.0
    used = shift or estimate(ours.shapes, theirs.shapes, thresholds=thresholds, expected_sigma_m=expected_m)
    if not used.accepted and len(theirs):
        message = _("the shift between register and survey cannot be determined; none is applied")
        issues.append(_notice("SHIFT_UNDETERMINED", message))
    scene = _scene(ours, theirs, used, thresholds, parcels, streets, land, groups)
    findings, too_small = _findings(scene)
    issues += too_small
    return BuildingResult(findings, used, tuple(issues))


def _scene(
    observed: Side,
    register: Side,
    shift: Shift,
    thresholds: Mapping[str, float],
    parcels: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    owned: gpd.GeoDataFrame | None,
    groups: on_land.Groups | None,
) -> _Scene:
    moved = shift.moved(register.shapes)
    matched = match(observed, register, moved, thresholds=thresholds)
    beneath = on_land.ground(shift, parcels=parcels, streets=streets, land=owned, groups=groups)
    t = tolerances(observed.sigma_m, on_land.parcel_sigma_m(parcels, thresholds), thresholds)
    largest_o, largest_r = np.zeros(len(observed)), np.zeros(len(register))
    np.maximum.at(largest_o, matched.overlaps.observed, matched.overlaps.overlap_m2)
    np.maximum.at(largest_r, matched.overlaps.register, matched.overlaps.overlap_m2)
    return _Scene(
        observed=observed,
        register=register,
        moved=moved,
        shift=shift,
        match=matched,
        flags=on_land.land_flags(observed.shapes, t, beneath, thresholds=thresholds),
        thresholds=thresholds,
        area_o=shapely.area(observed.shapes).tolist(),
        area_r=shapely.area(register.shapes).tolist(),
        sigma_area_o=area_sigmas_m2(observed.shapes, observed.sigma_m).tolist(),
        sigma_area_r=area_sigmas_m2(register.shapes, register.sigma_m).tolist(),
        sigma_o=observed.sigma_m.tolist(),
        sigma_r=register.sigma_m.tolist(),
        typical_o_m=float(np.median(observed.sigma_m)),
        typical_r_m=float(np.median(register.sigma_m))
        if len(register)
        else thresholds["sigma_default_register_m"],
        gap_o=_gaps(observed.shapes, matched.new, moved),
        gap_r=_gaps(moved, matched.gone, observed.shapes),
        largest_o=largest_o.tolist(),
        largest_r=largest_r.tolist(),
        joined=joined(observed.shapes, matched.new, thresholds["adjoins_gap_m"]),
    )


def _gaps(shapes: Shapes, which: list[int], others: Shapes) -> dict[int, float]:
    """Distance of some shapes to the nearest of the others; infinite where there is none."""
    gap = dict.fromkeys(which, math.inf)
    if which and len(others):
        (i, _j), distance = shapely.STRtree(others).query_nearest(
            shapes[which], return_distance=True, all_matches=False
        )
        gap.update(zip(np.array(which)[i].tolist(), distance.tolist(), strict=True))
    return gap


def _findings(scene: _Scene) -> tuple[list[Finding], list[Issue]]:
    """All findings, from north-west to south-east, and what was too small for one."""
    found: list[Finding] = []
    issues: list[Issue] = []
    comparisons = compare(
        scene.match, scene.observed, scene.register, scene.moved, thresholds=scene.thresholds
    )
    found += [_matched(scene, comparison) for comparison in comparisons]
    found += [_doubtful(scene, i, j) for i, j in scene.match.doubtful]
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


def _is_too_small(scene: _Scene, i: int) -> bool:
    """Whether a partner-less observed outline is a shed; one that stands free without its eaves."""
    t, sigma_m, shape = scene.thresholds, float(scene.observed.sigma_m[i]), scene.observed.shapes[i]
    if t["walls_max_sigma_m"] < sigma_m < t["machine_sigma_m"] and i not in scene.match.adjoins_new:
        shape = shape.buffer(-min(sigma_m, t["eaves_allowance_m"]), join_style="mitre")
    if sigma_m <= t["walls_max_sigma_m"] and i in scene.joined:
        return bool(shape.area < t["annex_min_area_m2"])
    return bool(shape.area < t["building_min_area_m2"])


def _matched(scene: _Scene, c: Comparison) -> Finding:
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
    return _finding(
        scene, c.cls, c.observed, c.register, reasons, deciding, c.tolerance_m, extra, trust=trust
    )


def _doubtful(scene: _Scene, i: int, j: int) -> Finding:
    """One building seen inaccurately, or one gone and another new: nobody can tell from here."""
    gap = Measure(float(shapely.distance(scene.observed.shapes[i], scene.moved[j])), None, "m")
    tolerance = _tolerance(scene, (i,), (j,))
    trust, why = scene.thresholds["score_uncertain"], ["LOOKALIKE_NEARBY"]
    return _finding(
        scene, BuildingClass.UNCERTAIN, (i,), (j,), why, 1.0, tolerance, {"gap_m": gap}, trust=trust
    )


def _new(scene: _Scene, i: int) -> Finding:
    """An observed building without a registered one."""
    tolerance = _tolerance(scene, (i,), ())
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
    return _finding(scene, cls, (i,), register, reasons, deciding, tolerance, extra)


def _gone(scene: _Scene, j: int) -> Finding:
    """A registered building without an observed one."""
    t = scene.thresholds
    tolerance = _tolerance(scene, (), (j,))
    deciding = _apart(scene, scene.area_r[j], scene.largest_r[j], scene.gap_r[j], tolerance)
    extra = _gap_measure(scene.gap_r[j], tolerance, t)
    cls, reasons = BuildingClass.NOT_IN_SURVEY, ["NO_OBSERVED_PARTNER"]
    observed: Positions = ()
    trust = 1.0
    if j in scene.match.adjoins_gone:
        reasons.append("ADJOINS_MATCHED")
        if tolerance > t["size_max_tolerance_m"] and scene.match.adjoins_gone[j]:
            # An inaccurate outline next door may well include it.
            cls, observed = BuildingClass.UNCERTAIN, scene.match.adjoins_gone[j]
            trust = t["score_uncertain"]
    elif scene.gap_r[j] > t["survey_reach_m"]:
        reasons.append("NO_SURVEY_NEARBY")
        trust = t["score_no_survey_nearby"]
    own = scene.register.shapes[j]
    return _finding(scene, cls, observed, (j,), reasons, deciding, tolerance, extra, own=own, trust=trust)


def _apart(scene: _Scene, area_m2: float, overlap_m2: float, gap_m: float, tolerance_m: float) -> float:
    """How surely a building has no partner: its distance from having one, in sigmas."""
    t = scene.thresholds
    side = math.sqrt(area_m2)
    distance = t["edge_min_ratio"] * side - overlap_m2 / side + gap_m
    return scoring.margin(distance, tolerance_m / t["sigma_factor"])


def _gap_measure(gap_m: float, tolerance_m: float, t: Mapping[str, float]) -> dict[str, Measure]:
    if not math.isfinite(gap_m):
        return {}
    return {"gap_m": Measure(gap_m, tolerance_m / t["sigma_factor"], "m")}


def _finding(
    scene: _Scene,
    cls: BuildingClass,
    observed: Positions,
    register: Positions,
    reasons: list[str],
    deciding: float,
    tolerance_m: float,
    extra: Mapping[str, Measure],
    own: BaseGeometry | None = None,
    trust: float = 1.0,
) -> Finding:
    """Put a finding together: measures, flags, score and grade."""
    t, ours, theirs = scene.thresholds, scene.observed, scene.register
    o, r = observed, register
    measures: dict[str, Measure] = {}
    if o and own is None:
        measures["area_survey_m2"] = _area(scene.area_o, scene.sigma_area_o, o)
    if r and cls is not BuildingClass.ADJOINING_ANNEX:
        measures["area_register_m2"] = _area(scene.area_r, scene.sigma_area_r, r)
    measures |= extra
    measures["tolerance_m"] = Measure(tolerance_m, None, "m")
    sigma_shift = scene.shift.sigma_m / math.sqrt(max(scene.shift.pairs, 1))
    for name, value in (("shift_dx_m", scene.shift.dx_m), ("shift_dy_m", scene.shift.dy_m)):
        measures[name] = Measure(value, sigma_shift, "m")
    flagged: dict[str, float] = {}
    for i in o if own is None else ():
        for flag, m2 in scene.flags[i].items():
            flagged[flag] = flagged.get(flag, 0.0) + m2
    for flag, m2 in flagged.items():
        measures[flag.lower() + "_m2"] = Measure(m2, None, "m2")
    sigma_o = max((scene.sigma_o[i] for i in o), default=scene.typical_o_m)
    twice = bool(o) and own is None and all(ours.twice_observed[i] for i in o)
    every = [*reasons, *flagged]
    if not scene.shift.accepted and len(theirs):
        every.append("SHIFT_UNDETERMINED")
    if sigma_o >= t["machine_sigma_m"]:
        every.append("MACHINE_DRAWN")
    if twice:
        every.append("SECOND_SOURCE_AGREES")
    if any(len(ours.fids[i]) > 1 for i in o) or any(len(theirs.fids[j]) > 1 for j in r):
        every.append("COUNTED_ONCE")
    area = min(*(scene.area_o[i] for i in o), *(scene.area_r[j] for j in r), math.inf)
    score = (
        scoring.calibrated(deciding * scoring.source_quality(area, tolerance_m, t), t)
        * trust
        * (scoring.shift_quality(scene.shift, t) if len(theirs) else 1.0)
        * scoring.cardinality(len(o), len(r), t)
        * scoring.age(ours.latest(o), theirs.latest(r), t)
    )
    shapes = [ours.shapes[i] for i in o]
    geometry = own if own is not None else shapes[0] if len(o) == 1 else shapely.union_all(shapes)
    return Finding(
        kind="building",
        cls=cls.value,
        geometry=geometry,
        survey_fids=tuple(sorted(fid for i in o for fid in ours.fids[i])),
        register_fids=tuple(sorted(fid for j in r for fid in theirs.fids[j])),
        survey_refs=tuple(ref for i in o for ref in ours.refs[i]),
        register_refs=tuple(ref for j in r for ref in theirs.refs[j]),
        reasons=tuple(dict.fromkeys(every)),
        measures=measures,
        score=float(min(max(score, 0.0), 1.0)),
        grade=scoring.grade(score, sigma_o, t, second_source=twice, worst=not len(theirs)),
    )


def _tolerance(scene: _Scene, observed: Positions, register: Positions) -> float:
    """t of a finding; a side that takes no part stands in with its typical accuracy."""
    a = max((scene.sigma_o[i] for i in observed), default=scene.typical_o_m)
    b = max((scene.sigma_r[j] for j in register), default=scene.typical_r_m)
    return scene.thresholds["sigma_factor"] * math.hypot(a, b)


def _area(area_m2: list[float], sigma_m2: list[float], rows: Positions) -> Measure:
    return Measure(sum(area_m2[i] for i in rows), math.hypot(*(sigma_m2[i] for i in rows)), "m2")


def _notice(code: str, message: str) -> Issue:
    return Issue(code, Severity.WARNING, message)

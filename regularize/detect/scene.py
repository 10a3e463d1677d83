"""Both sides of a comparison as every step sees them, and how a finding is put together from them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect import flags as on_land
from regularize.detect import scoring
from regularize.detect.matching import Match, joined, match
from regularize.detect.sides import Shapes, Side, tolerances
from regularize.detect.sources import Shifts, measured_sigmas
from regularize.geometry.measures import area_sigmas_m2
from regularize.model import BuildingClass, Finding, Measure

Positions = tuple[int, ...]
WORSE = "ACCURACY_WORSE_THAN_STATED"


@dataclass(frozen=True, eq=False)
class Scene:
    """Both sides on one ground, how they hang together, and what was worked out once for all findings.

    Parameters
    ----------
    observed, register : Side
    moved : array of polygons
        The register on the observation.
    shifts : Shifts
    match : Match
    flags : list of mapping
        What land each observed building stands on.
    measured_m : mapping of source to float
        Accuracy of sources that is worse than they state, as measured.
    gap_o, gap_r : mapping
        Distance of partner-less buildings to the nearest of the other side.
    largest_o, largest_r : list of float
        Largest overlap of each building with one of the other side, in m2.
    joined : frozenset of int
        Partner-less observed buildings that stand against another observed one.
    """

    observed: Side
    register: Side
    moved: Shapes
    shifts: Shifts
    match: Match
    flags: list[dict[str, float]]
    thresholds: Mapping[str, float]
    measured_m: Mapping[str, float]
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
    _shift_measures: dict[str, Mapping[str, Measure]] = field(default_factory=dict, init=False)

    @cached_property
    def is_all_worse(self) -> bool:
        """Whether every source was measured to be less accurate than it states."""
        return set(self.observed.sources) <= set(self.measured_m)

    def shift_measures(self, source: str) -> Mapping[str, Measure]:
        """The shift of a source as a finding states it; made once, for most findings share it."""
        found = self._shift_measures.get(source)
        if found is None:
            shift = self.shifts.of(source)
            sigma_m = shift.sigma_m / math.sqrt(max(shift.pairs, 1))
            offsets = {"shift_dx_m": shift.dx_m, "shift_dy_m": shift.dy_m}
            found = {name: Measure(value, sigma_m, "m") for name, value in offsets.items()}
            self._shift_measures[source] = found
        return found

    def tolerance_m(self, observed: Positions, register: Positions) -> float:
        """t of a finding; a side that takes no part stands in with its typical accuracy."""
        a = max((self.sigma_o[i] for i in observed), default=self.typical_o_m)
        b = max((self.sigma_r[j] for j in register), default=self.typical_r_m)
        return self.thresholds["sigma_factor"] * math.hypot(a, b)


def scene_of(
    observed: Side,
    register: Side,
    shifts: Shifts,
    thresholds: Mapping[str, float],
    *,
    parcels: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    groups: on_land.Groups | None,
) -> Scene:
    """Match both sides and work out what all findings need."""
    shift = shifts.common
    moved = shift.moved(register.shapes)
    matched = match(observed, register, moved, thresholds=thresholds)
    measured_m = measured_sigmas(observed, register, moved, matched.groups, thresholds)
    if measured_m:  # the stated accuracy is disproved: nothing may rest on it
        known = np.array([measured_m.get(source, 0.0) for source in observed.sources])
        observed = replace(observed, sigma_m=np.maximum(observed.sigma_m, known))
        matched = match(observed, register, moved, thresholds=thresholds)
    beneath = on_land.ground(shift, parcels=parcels, streets=streets, land=land, groups=groups)
    t = tolerances(observed.sigma_m, on_land.parcel_sigma_m(parcels, thresholds), thresholds)
    largest_o, largest_r = np.zeros(len(observed)), np.zeros(len(register))
    np.maximum.at(largest_o, matched.overlaps.observed, matched.overlaps.overlap_m2)
    np.maximum.at(largest_r, matched.overlaps.register, matched.overlaps.overlap_m2)
    return Scene(
        observed=observed,
        register=register,
        moved=moved,
        shifts=shifts,
        match=matched,
        flags=on_land.land_flags(observed.shapes, t, beneath, thresholds=thresholds),
        thresholds=thresholds,
        measured_m=measured_m,
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


def finding_of(
    scene: Scene,
    cls: BuildingClass,
    observed: Positions,
    register: Positions,
    reasons: list[str],
    deciding: float,
    tolerance_m: float,
    extra: Mapping[str, Measure],
    own: BaseGeometry | None = None,
    trust: float = 1.0,
    known: float | None = None,
) -> Finding:
    """Put a finding together: measures, flags, score and grade.

    Parameters
    ----------
    deciding : float
        Probability that the deciding measure lies on its side of the threshold.
    own : geometry, optional
        Of the finding, where it is not that of the observed buildings.
    trust : float
        Factor of the score for what the margin does not know.
    known : float, optional
        Probability of the finding, where it was worked out otherwise than from the margin.
    """
    t, ours, theirs = scene.thresholds, scene.observed, scene.register
    o, r = observed, register
    source = ours.sources[o[0]] if o else ""
    shift = scene.shifts.of(source)
    measures: dict[str, Measure] = {}
    if o and own is None:
        measures["area_survey_m2"] = _area(scene.area_o, scene.sigma_area_o, o)
    if r and cls is not BuildingClass.ADJOINING_ANNEX:
        measures["area_register_m2"] = _area(scene.area_r, scene.sigma_area_r, r)
    measures |= extra
    measures["tolerance_m"] = Measure(tolerance_m, None, "m")
    measures |= scene.shift_measures(source)
    flagged: dict[str, float] = {}
    for i in o if own is None else ():
        for flag, m2 in scene.flags[i].items():
            flagged[flag] = flagged.get(flag, 0.0) + m2
    for flag, m2 in flagged.items():
        measures[flag.lower() + "_m2"] = Measure(m2, None, "m2")
    sigma_o = max((scene.sigma_o[i] for i in o), default=scene.typical_o_m)
    twice = bool(o) and own is None and all(ours.twice_observed[i] for i in o)
    every = [*reasons, *flagged]
    if not shift.accepted and len(theirs):
        every.append("SHIFT_UNDETERMINED")
    if sigma_o >= t["machine_sigma_m"]:
        every.append("MACHINE_DRAWN")
    if twice:
        every.append("SECOND_SOURCE_AGREES")
    if any(len(ours.fids[i]) > 1 for i in o) or any(len(theirs.fids[j]) > 1 for j in r):
        every.append("COUNTED_ONCE")
    # What the observation does not show rests on all of its sources.
    if (source in scene.measured_m) if o else scene.is_all_worse:
        every.append(WORSE)
    area = min(*(scene.area_o[i] for i in o), *(scene.area_r[j] for j in r), math.inf)
    evidence = scoring.calibrated(deciding * scoring.source_quality(area, tolerance_m, t), t)
    score = (
        (evidence if known is None else known)
        * trust
        * (scoring.shift_quality(shift, t) if len(theirs) else 1.0)
        * scoring.cardinality(len(o), len(r), t)
        * scoring.age(ours.latest(o), theirs.latest(r), t)
    )
    shapes = [ours.delivered[i] for i in o]
    geometry = own if own is not None else shapes[0] if len(o) == 1 else shapely.union_all(shapes)
    return Finding(
        kind="building",
        cls=cls.value,
        geometry=geometry,
        survey_fids=tuple(sorted([fid for i in o for fid in ours.fids[i]])),
        register_fids=tuple(sorted([fid for j in r for fid in theirs.fids[j]])),
        survey_refs=tuple([ref for i in o for ref in ours.refs[i]]),
        register_refs=tuple([ref for j in r for ref in theirs.refs[j]]),
        reasons=tuple(dict.fromkeys(every)),
        measures=measures,
        score=float(min(max(score, 0.0), 1.0)),
        grade=scoring.grade(score, sigma_o, t, second_source=twice, worst=not len(theirs)),
    )


def _area(area_m2: list[float], sigma_m2: list[float], rows: Positions) -> Measure:
    if len(rows) == 1:
        return Measure(area_m2[rows[0]], sigma_m2[rows[0]], "m2")
    return Measure(sum(area_m2[i] for i in rows), math.hypot(*(sigma_m2[i] for i in rows)), "m2")

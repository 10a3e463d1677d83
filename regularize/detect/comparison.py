"""What changed between matched buildings: gain and loss beyond the tolerance, and the class."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect import scoring
from regularize.detect.matching import Match, matched_tolerances_m
from regularize.detect.sides import Floats, Ints, Shapes, Side
from regularize.geometry.measures import area_sigmas_m2
from regularize.model import BuildingClass


@dataclass(frozen=True)
class Comparison:
    """One component with both sides.

    Parameters
    ----------
    cls : BuildingClass
    observed, register : tuple of int
        Positions on either side.
    tolerance_m : float
    overlap_m2, gain_m2, loss_m2 : float
        In common, observed only, registered only; in full, without the tolerance.
    iou : float
    margin_m : float
        How far the overlap lies from none, as a width in metres.
    size_margin : float or None
        Probability that the decision on size holds; None where it was not assessed.
    boundary_ratio : float or None
        Share of the observed outline within the tolerance of the registered one, of changed ones.
    gained, lost : bool
        Whether gain or loss exceed the tolerance significantly.
    weak : bool
        Whether the pair rests on a slight overlap of inaccurate outlines.
    """

    cls: BuildingClass
    observed: tuple[int, ...]
    register: tuple[int, ...]
    tolerance_m: float
    overlap_m2: float
    gain_m2: float
    loss_m2: float
    iou: float
    margin_m: float
    size_margin: float | None
    boundary_ratio: float | None
    gained: bool
    lost: bool
    weak: bool


@dataclass(frozen=True, eq=False)
class _Sizes:
    """Gain and loss beyond the tolerance of one-to-one pairs."""

    gain_m2: Floats
    loss_m2: Floats
    limit_m2: Floats


def compare(
    matched: Match, observed: Side, register: Side, moved: Shapes, *, thresholds: Mapping[str, float]
) -> list[Comparison]:
    """Compare every component of `matched` and say its class.

    Parameters
    ----------
    matched : Match
    observed, register : Side
    moved : array of polygons
        The register's shapes on the observation.
    thresholds : mapping
        ``size_*`` and ``rebuilt_*``.
    """
    groups = matched.groups
    if not groups:
        return []
    of_o: Ints = np.full(len(observed), -1)
    of_r: Ints = np.full(len(register), -1)
    for number, (a, b) in enumerate(groups):
        of_o[list(a)], of_r[list(b)] = number, number
    links = matched.overlaps
    inside = (of_o[links.observed] >= 0) & (of_o[links.observed] == of_r[links.register])
    n = len(groups)
    overlap = _sums(of_o[links.observed[inside]], links.overlap_m2[inside], n)
    area_o = _sums(of_o, shapely.area(observed.shapes), n)
    area_r = _sums(of_r, shapely.area(moved), n)
    overlap = np.minimum(overlap, np.minimum(area_o, area_r))  # parts of one side may overlap
    t = matched_tolerances_m(groups, observed, register, thresholds)
    single = np.array([len(a) == 1 and len(b) == 1 for a, b in groups])
    assessed = np.flatnonzero(single & (t <= thresholds["size_max_tolerance_m"]))
    shapes_o = observed.shapes[[groups[g][0][0] for g in assessed]]
    shapes_r = moved[[groups[g][1][0] for g in assessed]]
    sigma_o = observed.sigma_m[[groups[g][0][0] for g in assessed]]
    sigma_r = register.sigma_m[[groups[g][1][0] for g in assessed]]
    net = thresholds["size_net_sigmas"] * np.hypot(
        area_sigmas_m2(shapes_o, sigma_o), area_sigmas_m2(shapes_r, sigma_r)
    )
    net[sigma_o > thresholds["walls_max_sigma_m"]] = np.inf
    sizes = _sizes(shapes_o, shapes_r, overlap[assessed], t[assessed], net, thresholds)
    at = {int(g): k for k, g in enumerate(assessed)}
    result = []
    each = zip(groups, overlap.tolist(), area_o.tolist(), area_r.tolist(), t.tolist(), strict=True)
    for g, ((a, b), common_m2, observed_m2, register_m2, tolerance_m) in enumerate(each):
        gain, loss = observed_m2 - common_m2, register_m2 - common_m2
        smaller = min(observed_m2, register_m2)
        share = common_m2 / smaller
        iou = common_m2 / (observed_m2 + register_m2 - common_m2)
        cls, certain, ratio, gained, lost = _by_number(len(a), len(b)), None, None, False, False
        if g in at:
            k = at[g]
            gained = bool(sizes.gain_m2[k] >= sizes.limit_m2[k] and gain >= thresholds["size_min_full_m2"])
            lost = bool(sizes.loss_m2[k] >= sizes.limit_m2[k] and loss >= thresholds["size_min_full_m2"])
            share_lost = min(gain, loss) / register_m2
            cls = _by_size(gained, lost, iou, share_lost, thresholds)
            sigma_m = tolerance_m / thresholds["sigma_factor"]
            certain = _certainty(sizes, k, sigma_m, gained, lost)
            if gained or lost:
                ratio = _boundary_ratio(shapes_o[k], shapes_r[k], tolerance_m)
        margin_m = (share - thresholds["edge_min_ratio"]) * math.sqrt(smaller)
        result.append(
            Comparison(
                cls=cls,
                observed=a,
                register=b,
                tolerance_m=tolerance_m,
                overlap_m2=common_m2,
                gain_m2=gain,
                loss_m2=loss,
                iou=iou,
                margin_m=max(margin_m, 0.0),
                size_margin=certain,
                boundary_ratio=ratio,
                gained=gained,
                lost=lost,
                weak=g in matched.weak,
            )
        )
    return result


def reasons_of_size(c: Comparison) -> tuple[str, ...]:
    """The reason codes that explain the class of a comparison by size."""
    if c.size_margin is None:
        return ("SIZE_NOT_ASSESSED",) if len(c.observed) == len(c.register) == 1 else ()
    reasons = []
    if c.gained:
        reasons.append("GAIN_BEYOND_TOLERANCE")
    if c.lost:
        reasons.append("LOSS_BEYOND_TOLERANCE")
    if c.cls is BuildingClass.REBUILT:
        reasons.append("LITTLE_IN_COMMON")
    return tuple(reasons) or ("WITHIN_TOLERANCE",)


def _sizes(
    observed: Shapes,
    register: Shapes,
    overlap: Floats,
    t: Floats,
    net_m2: Floats,
    thresholds: Mapping[str, float],
) -> _Sizes:
    """Gain and loss beyond the tolerance; built only where the full ones are large enough.

    Outlines err as a whole more than in size. So where the areas themselves differ by `net_m2`, half
    the tolerance is enough. Roofs seen from above are larger than walls: there it is infinite.
    """
    area_o, area_r = np.asarray(shapely.area(observed)), np.asarray(shapely.area(register))
    gain, loss = np.zeros(len(observed)), np.zeros(len(observed))
    least = thresholds["size_min_full_m2"]
    for values, mine, other, full, differs in (
        (gain, observed, register, area_o - overlap, area_o - area_r >= net_m2),
        (loss, register, observed, area_r - overlap, area_r - area_o >= net_m2),
    ):
        ask = np.flatnonzero(full >= least)
        values[ask] = _beyond(mine[ask], other[ask], t[ask], thresholds)
        again = ask[differs[ask]]
        half = _beyond(mine[again], other[again], t[again] / 2, thresholds)
        # What only half the tolerance shows must be large in itself.
        values[again] = np.where(half >= thresholds["size_net_min_m2"], half, values[again])
    # Gain on one side and loss on the other may be no more than one object entered as a whole beside
    # its place. So such a pair is looked at again, one laid into the other by the shortest way.
    lesser = np.minimum(area_o, area_r) - overlap
    both = np.flatnonzero(lesser >= thresholds["size_displaced_min_m2"])
    off = _offsets(observed[both], register[both])
    away = np.hypot(*off.T) / t[both]
    near = away <= thresholds["size_displaced_tolerances"]
    # Further off only what is the same outline, else another building stands there.
    ask = np.flatnonzero(~near & (away <= thresholds["size_displaced_most"]))
    laid = _displaced(register[both[ask]], off[ask])
    common = shapely.area(shapely.intersection(observed[both[ask]], laid))
    iou = common / (area_o[both[ask]] + area_r[both[ask]] - common)
    near[ask] = iou >= thresholds["size_displaced_iou"]
    both, off = both[near], off[near]
    if len(both):
        laid = _displaced(register[both], off)
        walls = np.isfinite(net_m2[both])
        strip = np.where(walls, t[both] / 2, t[both])
        for values, mine, other in ((gain, observed[both], laid), (loss, laid, observed[both])):
            beyond = _beyond(mine, other, strip, thresholds)
            # A slight displacement cannot have made what is seen; it may only have hidden a part of it.
            made = np.where(lesser[both] >= least, np.minimum(values[both], beyond), values[both])
            values[both] = np.where(walls & (beyond >= least), beyond, made)
    limit = np.maximum(thresholds["size_min_area_m2"], thresholds["size_min_share"] * area_r)
    return _Sizes(gain, loss, limit)


def _offsets(observed: Shapes, register: Shapes) -> Floats:
    """The shortest way that lays one shape of each pair into the other, along the sides of the observed.

    Along either side the shorter one moves just so far that it no longer reaches beyond the longer one.
    """
    if not len(observed):
        return np.empty((0, 2))
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(observed)).reshape(
        len(observed), -1, 2
    )
    first = corners[:, 1] - corners[:, 0]
    length = np.hypot(*first.T)
    along = first / np.where(length > 0, length, 1.0)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    result = np.zeros((len(observed), 2))
    for axis in (along, across):
        low_o, high_o = _extent(observed, axis)
        low_r, high_r = _extent(register, axis)
        at_low, at_high = low_o - low_r, high_o - high_r
        # Both of one sign: the registered one reaches beyond at one end and falls short at the other.
        way = np.where(at_low * at_high > 0, np.sign(at_low) * np.minimum(abs(at_low), abs(at_high)), 0.0)
        result += way[:, None] * axis
    return result


def _extent(shapes: Shapes, axis: Floats) -> tuple[Floats, Floats]:
    """From where to where each shape reaches along its axis."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    at = np.einsum("ij,ij->i", coordinates, axis[index])
    begin = np.searchsorted(index, np.arange(len(shapes)))
    return np.minimum.reduceat(at, begin), np.maximum.reduceat(at, begin)


def _displaced(shapes: Shapes, offset: Floats) -> Shapes:
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    moved: Shapes = shapely.set_coordinates(shapes.copy(), coordinates + offset[index])
    return moved


def _beyond(shapes: Shapes, others: Shapes, strip_m: Floats, thresholds: Mapping[str, float]) -> Floats:
    """Area of each shape beyond the other widened by a strip, without slivers."""
    widened = shapely.buffer(others, strip_m)
    result = np.zeros(len(shapes))
    # Nineteen of twenty lie within it: to ask is a quarter of the work of cutting.
    ask = np.flatnonzero(~shapely.covers(widened, shapes))
    beyond = shapely.difference(shapes[ask], widened[ask])
    narrow = thresholds["size_opening_m"]
    result[ask] = shapely.area(shapely.buffer(shapely.buffer(beyond, -narrow), narrow))
    return result


def _by_number(n_observed: int, n_register: int) -> BuildingClass:
    if n_observed == 1 and n_register == 1:
        return BuildingClass.UNCHANGED
    if n_observed == 1:
        return BuildingClass.MERGED
    return BuildingClass.SPLIT if n_register == 1 else BuildingClass.COMPLEX


def _by_size(
    gained: bool, lost: bool, iou: float, share_lost: float, thresholds: Mapping[str, float]
) -> BuildingClass:
    if gained and lost:
        other = iou < thresholds["rebuilt_max_iou"] or share_lost > thresholds["rebuilt_min_share"]
        return BuildingClass.REBUILT if other else BuildingClass.CHANGED
    if gained:
        return BuildingClass.EXTENDED
    return BuildingClass.REDUCED if lost else BuildingClass.UNCHANGED


def _certainty(sizes: _Sizes, k: int, sigma_m: float, gained: bool, lost: bool) -> float:
    """Probability that each of both decisions, on gain and on loss, holds."""
    result = 1.0
    for value, decided in ((float(sizes.gain_m2[k]), gained), (float(sizes.loss_m2[k]), lost)):
        distance = value - float(sizes.limit_m2[k])
        result *= scoring.margin(distance if decided else max(-distance, 0.0), sigma_m * math.sqrt(value))
    return result


def _boundary_ratio(observed: BaseGeometry, register: BaseGeometry, tolerance_m: float) -> float:
    outline = observed.boundary
    near = outline.intersection(register.boundary.buffer(tolerance_m))
    return float(near.length / outline.length)


def _sums(group: Ints, values: Floats, n: int) -> Floats:
    kept = group >= 0
    return np.bincount(group[kept], weights=values[kept], minlength=n).astype(np.float64)

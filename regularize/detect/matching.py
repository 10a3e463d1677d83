"""Which observed and registered buildings are the same: an overlap graph and its components."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from regularize.detect.paced import is_paced, paced
from regularize.detect.sides import Floats, Ints, Shapes, Side, components, tolerances
from regularize.geometry import areas


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs of (observed, registered) positions; arrays of equal length.

    Parameters
    ----------
    observed, register : ndarray of int
    overlap_m2 : ndarray
    tolerance_m : ndarray
        t of the pair, from the accuracies of both rows.
    """

    observed: Ints
    register: Ints
    overlap_m2: Floats
    tolerance_m: Floats

    def only(self, which: npt.NDArray[np.bool_]) -> "Links":
        """The pairs for which `which` is true."""
        return Links(
            self.observed[which], self.register[which], self.overlap_m2[which], self.tolerance_m[which]
        )


@dataclass(frozen=True, eq=False)
class Match:
    """How the two sides hang together.

    Parameters
    ----------
    groups : list of (tuple of int, tuple of int)
        Observed and registered positions of each component with both sides.
    weak : set of int
        Positions in `groups` that rest on a slight overlap of inaccurate outlines only.
    doubtful : list of (int, int)
        (observed, registered): near each other, alike in size, and without another partner.
    new, gone : list of int
        Observed and registered positions without any partner.
    adjoins_new, adjoins_gone : mapping of position to tuple of positions
        For a partner-less building, those of the other side that it adjoins; empty where it adjoins
        only a matched building of its own side.
    overlaps : Links
        Every pair that overlaps at all.
    too_small : frozenset of int
        Partner-less paced outlines that are most likely sheds.
    rivals : list of int
        Paced outlines that may be a registered building or stand beside it.
    claimed : frozenset of int
        Registered ones in `gone` that such an outline may be.
    probability : mapping of int to float
        How sure it is what a paced outline is, for each matched or new one.
    """

    groups: list[tuple[tuple[int, ...], tuple[int, ...]]]
    weak: frozenset[int]
    doubtful: list[tuple[int, int]]
    new: list[int]
    gone: list[int]
    adjoins_new: Mapping[int, tuple[int, ...]]
    adjoins_gone: Mapping[int, tuple[int, ...]]
    overlaps: Links
    too_small: frozenset[int]
    rivals: list[int]
    claimed: frozenset[int]
    probability: Mapping[int, float]


def match(observed: Side, register: Side, moved: Shapes, *, thresholds: Mapping[str, float]) -> Match:
    """Match the two sides.

    Parameters
    ----------
    observed, register : Side
    moved : array of polygons
        The register's shapes on the observation (:meth:`regularize.geometry.alignment.Shift.moved`).
    thresholds : mapping
        ``edge_*``, ``uncertain_*``, ``weak_*`` and ``adjoins_gap_m``.
    """
    overlaps = _overlaps(observed, register, moved, thresholds)
    steady = overlaps.only(~is_paced(observed, thresholds)[overlaps.observed])
    edges = steady.only(_common_body(steady, observed, moved, thresholds))
    n, m = len(observed), len(register)
    alone_o, alone_r = np.ones(n, dtype=bool), np.ones(m, dtype=bool)
    alone_o[edges.observed], alone_r[edges.register] = False, False
    weak = _weak(steady, alone_o, alone_r, observed, moved, thresholds)
    alone_o[weak.observed], alone_r[weak.register] = False, False
    walked = paced(observed, register, moved, thresholds)
    alone_o[walked.observed], alone_r[walked.register] = False, False
    left = np.concatenate([edges.observed, weak.observed, walked.observed])
    right = np.concatenate([edges.register, weak.register, walked.register])
    label = components(n + m, left, right + n)
    weak_labels = set(label[weak.observed].tolist())
    by_label: dict[int, tuple[list[int], list[int]]] = {}
    for at in np.flatnonzero(~alone_o).tolist():
        by_label.setdefault(int(label[at]), ([], []))[0].append(at)
    for at in np.flatnonzero(~alone_r).tolist():
        by_label[int(label[n + at])][1].append(at)
    groups = [(tuple(a), tuple(b)) for _, (a, b) in sorted(by_label.items())]
    weak_groups = frozenset(i for i, key in enumerate(sorted(by_label)) if key in weak_labels)
    # What was paced has been asked for its look-alikes already.
    apart = [(i, j) for i, j in walked.apart if alone_r[j]]
    taken = [j for _i, j in apart]
    asked_r = alone_r.copy()
    asked_r[taken] = False
    lookalike = _doubtful(
        alone_o & ~is_paced(observed, thresholds), asked_r, observed, register, moved, thresholds
    )
    doubtful = sorted([*apart, *lookalike])
    rivals = sorted([*walked.rivals, *(i for i, j in walked.apart if not alone_r[j])])
    settled = [*(a for a, _b in doubtful), *rivals]
    new = np.setdiff1d(np.flatnonzero(alone_o), settled)
    gone = np.setdiff1d(np.flatnonzero(alone_r), [b for _a, b in doubtful])
    gap_m = thresholds["adjoins_gap_m"]
    probability = dict(zip(walked.observed.tolist(), walked.certainty.tolist(), strict=True))
    return Match(
        groups=groups,
        weak=weak_groups,
        doubtful=doubtful,
        new=new.tolist(),
        gone=gone.tolist(),
        adjoins_new=_adjoining(new, observed.shapes, ~alone_o, moved, ~alone_r, gap_m),
        adjoins_gone=_adjoining(gone, moved, ~alone_r, observed.shapes, ~alone_o, gap_m),
        overlaps=overlaps,
        too_small=walked.too_small,
        rivals=rivals,
        claimed=walked.claimed,
        probability={**probability, **walked.new},
    )


def matched_tolerances_m(
    groups: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    observed: Side,
    register: Side,
    t: Mapping[str, float],
) -> Floats:
    """The tolerance of each whole component: that of its least accurate rows."""
    sigma_o, sigma_r = observed.sigma_m.tolist(), register.sigma_m.tolist()
    a = [sigma_o[g[0]] if len(g) == 1 else max(sigma_o[i] for i in g) for g, _other in groups]
    b = [sigma_r[g[0]] if len(g) == 1 else max(sigma_r[i] for i in g) for _other, g in groups]
    return tolerances(a, b, t)


def joined(shapes: Shapes, which: list[int], gap_m: float) -> frozenset[int]:
    """Those of some shapes that stand against another one: a part of a building and no shed."""
    if not which:
        return frozenset()
    i, j = shapely.STRtree(shapes).query(shapes[which], predicate="dwithin", distance=gap_m)
    at = np.array(which)[i]
    return frozenset(at[at != j].tolist())


def _overlaps(observed: Side, register: Side, moved: Shapes, thresholds: Mapping[str, float]) -> Links:
    found = areas.pairs(observed.shapes, moved)
    return Links(
        found.left,
        found.right,
        found.area_m2,
        tolerances(observed.sigma_m[found.left], register.sigma_m[found.right], thresholds),
    )


def _common_body(
    links: Links, observed: Side, moved: Shapes, thresholds: Mapping[str, float]
) -> npt.NDArray[np.bool_]:
    """Whether a pair shares a body and not just a wall."""
    a, b = observed.shapes[links.observed], moved[links.register]
    area_a, area_b = shapely.area(a), shapely.area(b)
    ratio = links.overlap_m2 / np.minimum(area_a, area_b)
    common: npt.NDArray[np.bool_] = (links.overlap_m2 > thresholds["edge_min_overlap_m2"]) & (
        ratio >= thresholds["edge_min_ratio"]
    )
    # A wall drawn on the wrong side by t can at most share a strip; eroding both takes the strip
    # away. The cap keeps small houses from vanishing, and a dominant overlap needs no test.
    ask = np.flatnonzero(common & (ratio < thresholds["edge_sure_ratio"]))
    half = links.tolerance_m[ask] / 2
    cap = thresholds["edge_erosion_cap"]
    inner_a = shapely.buffer(a[ask], -np.minimum(half, cap * np.sqrt(area_a[ask])))
    inner_b = shapely.buffer(b[ask], -np.minimum(half, cap * np.sqrt(area_b[ask])))
    common[ask] = shapely.intersects(inner_a, inner_b)
    # Neighbours wall to wall overlap by their errors. Where the outlines are accurate such an overlap
    # gives way to a sure partner of either, unless it is deep; where they are not it may be the
    # building itself.
    sure = common & (ratio >= thresholds["edge_sure_ratio"])
    has_sure = np.isin(links.observed, links.observed[sure]) | np.isin(links.register, links.register[sure])
    accurate = links.tolerance_m <= thresholds["size_max_tolerance_m"]
    ask = np.flatnonzero(common & accurate & has_sure & (ratio < thresholds["edge_competing_ratio"]))
    t = links.tolerance_m[ask]
    common[ask] = shapely.intersects(shapely.buffer(a[ask], -t), shapely.buffer(b[ask], -t))
    return common


def _weak(
    links: Links,
    alone_o: npt.NDArray[np.bool_],
    alone_r: npt.NDArray[np.bool_],
    observed: Side,
    moved: Shapes,
    thresholds: Mapping[str, float],
) -> Links:
    """Of inaccurate outlines without a partner those that overlap each other, one to one."""
    smaller = np.minimum(shapely.area(observed.shapes[links.observed]), shapely.area(moved[links.register]))
    ratio = links.overlap_m2 / smaller
    possible = links.only(
        (links.tolerance_m > thresholds["size_max_tolerance_m"])
        & (ratio >= thresholds["weak_min_ratio"])
        & (links.overlap_m2 > thresholds["edge_min_overlap_m2"])
        & alone_o[links.observed]
        & alone_r[links.register]
    )
    order = np.lexsort((possible.register, possible.observed, -possible.overlap_m2))
    return possible.only(_greedy(possible.observed, possible.register, order))


def _doubtful(
    alone_o: npt.NDArray[np.bool_],
    alone_r: npt.NDArray[np.bool_],
    observed: Side,
    register: Side,
    moved: Shapes,
    thresholds: Mapping[str, float],
) -> list[tuple[int, int]]:
    """Partner-less buildings that may be one and the same, seen inaccurately; one to one."""
    o, r = np.flatnonzero(alone_o), np.flatnonzero(alone_r)
    if not len(o) or not len(r):
        return []
    factor = thresholds["sigma_factor"]
    most_m = factor * np.hypot(observed.sigma_m[o].max(), register.sigma_m[r].max())
    reach_m = most_m - thresholds["uncertain_reach_less_m"]
    if most_m <= thresholds["uncertain_from_tolerance_m"] or reach_m < 0:
        return []
    i, j = shapely.STRtree(moved[r]).query(observed.shapes[o], predicate="dwithin", distance=reach_m)
    i, j = o[i], r[j]
    t = tolerances(observed.sigma_m[i], register.sigma_m[j], thresholds)
    gap = np.asarray(shapely.distance(observed.shapes[i], moved[j]))
    a, b = shapely.area(observed.shapes[i]), shapely.area(moved[j])
    alike = np.minimum(a, b) >= thresholds["uncertain_min_area_ratio"] * np.maximum(a, b)
    near = (t > thresholds["uncertain_from_tolerance_m"]) & (gap <= t - thresholds["uncertain_reach_less_m"])
    kept = near & alike
    i, j, gap = i[kept], j[kept], gap[kept]
    far = np.hypot(*(_centres(observed.shapes[i]) - _centres(moved[j])).T) if len(i) else gap
    chosen = _greedy(i, j, np.lexsort((j, i, far, gap)))
    return sorted(zip(i[chosen].tolist(), j[chosen].tolist(), strict=True))


def _adjoining(
    alone: Ints,
    ours: Shapes,
    ours_matched: npt.NDArray[np.bool_],
    theirs: Shapes,
    theirs_matched: npt.NDArray[np.bool_],
    gap_m: float,
) -> dict[int, tuple[int, ...]]:
    """Partner-less buildings that stand against a matched one of either side."""
    result: dict[int, tuple[int, ...]] = {}
    mine, other = np.flatnonzero(ours_matched), np.flatnonzero(theirs_matched)
    if not len(alone):
        return result
    if len(mine):
        i, _j = shapely.STRtree(ours[mine]).query(ours[alone], predicate="dwithin", distance=gap_m)
        result.update(dict.fromkeys(np.unique(alone[i]).tolist(), ()))
    if len(other):
        i, j = shapely.STRtree(theirs[other]).query(ours[alone], predicate="dwithin", distance=gap_m)
        order = np.lexsort((j, i))
        nodes, starts = np.unique(i[order], return_index=True)
        for at, partners in zip(nodes.tolist(), np.split(other[j[order]], starts[1:]), strict=False):
            result[int(alone[at])] = tuple(partners.tolist())
    return result


def _greedy(left: Ints, right: Ints, order: Ints) -> npt.NDArray[np.bool_]:
    """The pairs that stay when each position may be used once, best first."""
    chosen = np.zeros(len(left), dtype=bool)
    used_l: set[int] = set()
    used_r: set[int] = set()
    for at in order.tolist():
        a, b = int(left[at]), int(right[at])
        if a not in used_l and b not in used_r:
            chosen[at] = True
            used_l.add(a)
            used_r.add(b)
    return chosen


def _centres(shapes: Shapes) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.centroid(shapes)), dtype=np.float64)

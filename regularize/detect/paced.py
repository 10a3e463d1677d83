"""Outlines paced with a phone: which registered building each is, as probabilities.

Such an outline lies metres beside its building and often covers the neighbour's, so overlap says
little of a single pair. What tells is the whole: each outline is at most one registered building and
each registered building at most one outline, the nearer and the more alike in size the likelier. The
probabilities of all matchings together are found by passing messages along the pairs, which is exact
where pairs form no circles and close to it otherwise. Buildings of several parts are added after.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from regularize.detect.sides import Floats, Ints, Shapes, Side

_ROUNDS = 100
_STILL = 1e-9
_FURTHEST = 40.0  # log odds beyond which nothing changes in double precision
_EVEN = 0.5  # a probability above it is above that of all else together


@dataclass(frozen=True, eq=False)
class Paced:
    """What outlines paced with a phone are.

    Parameters
    ----------
    observed, register : ndarray of int
        Pairs that are the same building, parts of one included; positions on either side.
    certainty : ndarray of float
        Probability of each pair.
    apart : list of (int, int)
        Pairs of which most speaks for the same building although they do not overlap.
    new : mapping of int to float
        Outlines to report, with the probability that the register lacks a building large enough.
    too_small : frozenset of int
        Outlines of which most speaks for something too small to be reported.
    rivals : list of int
        Outlines of which nobody can say whether they are a registered building or beside it.
    claimed : frozenset of int
        Registered buildings without an outline of their own that several outlines may be.
    """

    observed: Ints
    register: Ints
    certainty: Floats
    apart: list[tuple[int, int]]
    new: Mapping[int, float]
    too_small: frozenset[int]
    rivals: list[int]
    claimed: frozenset[int]


@dataclass(frozen=True, eq=False)
class _Scene:
    """Candidate pairs, and what their weights are made of."""

    i: Ints
    j: Ints
    centre_o: Floats
    centre_r: Floats
    area_o: Floats
    area_r: Floats
    sigma_o: Floats
    sigma_r: Floats
    density: Floats
    thresholds: Mapping[str, float]

    def odds(self, i: Ints, j: Ints, centre_o: Floats, area_o: Floats, c_r: Floats, a_r: Floats) -> Floats:
        """Log odds that outlines of such centres and areas are one building, against chance neighbours."""
        t = self.thresholds
        variance = self.sigma_o[i] ** 2 + self.sigma_r[j] ** 2
        spread = variance * t["paced_centre_share"] ** 2
        away = ((centre_o - c_r) ** 2).sum(axis=-1) / (2 * spread)
        relative = t["paced_size_spread"] ** 2 + t["paced_size_noise"] * variance / np.minimum(area_o, a_r)
        unlike = np.minimum(np.log(area_o / a_r) ** 2 / (2 * relative), t["paced_size_cap"])
        chance = 2 * math.pi * spread * self.density[i]
        return np.asarray(np.log(t["paced_stay_odds"] / chance) - away - unlike, dtype=np.float64)


def is_paced(side: Side, thresholds: Mapping[str, float]) -> npt.NDArray[np.bool_]:
    """Which outlines of a side are as inaccurate as paced ones."""
    paced: npt.NDArray[np.bool_] = side.sigma_m >= thresholds["paced_sigma_m"]
    return paced


def paced(observed: Side, register: Side, moved: Shapes, thresholds: Mapping[str, float]) -> Paced:
    """Tell what the paced outlines of `observed` are.

    Parameters
    ----------
    observed, register : Side
    moved : array of polygons
        The register's shapes on the observation.
    thresholds : mapping
        ``paced_*`` and ``weak_min_ratio``.
    """
    which = np.flatnonzero(is_paced(observed, thresholds))
    shapes = observed.shapes[which]
    scene = _scene(observed, register, moved, which, thresholds)
    odds = scene.odds(
        scene.i, scene.j, scene.centre_o[scene.i], scene.area_o[scene.i],
        scene.centre_r[scene.j], scene.area_r[scene.j],
    )  # fmt: skip
    alone_o, alone_r, pair = probabilities(scene.i, scene.j, odds, len(which), len(moved))
    share = _shares(shapes, moved, scene)
    sure = pair >= _EVEN
    touching = sure & (share >= thresholds["weak_min_ratio"])
    of_o: Ints = np.full(len(which), -1)
    of_o[scene.i[touching]] = scene.j[touching]
    of_r: Ints = np.full(len(moved), -1)
    of_r[scene.j[touching]] = scene.i[touching]
    more_o = _parts(scene, shapes, of_r, alone_o, share, no_wall=thresholds["paced_part_no_wall"])
    # Registered parts lie where they are, with a wall in common or without.
    more_r = _parts(_turned(scene), moved, of_o, alone_r, share, no_wall=0.0)
    large = _large(shapes, scene, moved)
    apart = {
        int(a): int(b) for a, b in zip(scene.i[sure & ~touching], scene.j[sure & ~touching], strict=True)
    }
    new, small, rivals = {}, set(), []
    for k, at in enumerate(which.tolist()):
        if of_o[k] >= 0 or k in more_o or k in apart:
            continue
        probability = float(alone_o[k] * large[k])
        if probability >= thresholds["paced_new_probability"]:
            new[at] = probability
        elif large[k] < _EVEN:
            small.add(at)
        else:
            rivals.append(at)
    left = set(np.flatnonzero((of_r < 0) & (alone_r < thresholds["paced_gone_probability"])).tolist())
    pairs = [
        *zip(scene.i[touching].tolist(), scene.j[touching].tolist(), pair[touching].tolist(), strict=True),
        *((a, b, p) for a, (b, p) in more_o.items()),
        *((a, b, p) for b, (a, p) in more_r.items()),
    ]
    rows = which.tolist()
    return Paced(
        observed=np.array([rows[a] for a, _b, _p in pairs], dtype=np.int64),
        register=np.array([b for _a, b, _p in pairs], dtype=np.int64),
        certainty=np.array([p for _a, _b, p in pairs], dtype=np.float64),
        apart=sorted((rows[a], b) for a, b in apart.items() if b not in more_r),
        new=new,
        too_small=frozenset(small),
        rivals=rivals,
        claimed=frozenset(left - set(more_r) - set(apart.values())),
    )


def probabilities(i: Ints, j: Ints, log_odds: Floats, n: int, m: int) -> tuple[Floats, Floats, Floats]:
    """Probabilities over all matchings: that each of `n` and of `m` is alone, and that each pair holds.

    Parameters
    ----------
    i, j : ndarray of int
        Positions of each pair on either side.
    log_odds : ndarray of float
        Of each pair, against both being alone.

    Examples
    --------
    >>> one = np.zeros(1, np.int64)
    >>> [p.tolist() for p in probabilities(one, one, np.zeros(1), 1, 1)]
    [[0.5], [0.5], [0.5]]
    """
    odds = np.exp(np.clip(log_odds, -_FURTHEST, _FURTHEST))
    to_j, to_i = np.ones(len(odds)), np.ones(len(odds))
    for _ in range(_ROUNDS):
        heard = odds * to_i
        fresh = 1.0 / (1.0 + np.maximum(np.bincount(i, heard, n)[i] - heard, 0.0))
        heard = odds * fresh
        back = 1.0 / (1.0 + np.maximum(np.bincount(j, heard, m)[j] - heard, 0.0))
        back = (back + to_i) / 2  # where pairs form circles plain messages may swing for ever
        moved = max(np.abs(fresh - to_j).max(initial=0.0), np.abs(back - to_i).max(initial=0.0))
        to_j, to_i = fresh, back
        if moved < _STILL:
            break
    both = odds * to_j * to_i
    alone_o: Floats = np.asarray(1.0 / (1.0 + np.bincount(i, odds * to_i, n)), dtype=np.float64)
    alone_r: Floats = np.asarray(1.0 / (1.0 + np.bincount(j, odds * to_j, m)), dtype=np.float64)
    return alone_o, alone_r, both / (1.0 + both)


def _scene(
    observed: Side, register: Side, moved: Shapes, which: Ints, thresholds: Mapping[str, float]
) -> _Scene:
    shapes = observed.shapes[which]
    sigma_o = observed.sigma_m[which]
    widest = float(np.hypot(sigma_o.max(initial=0.0), register.sigma_m.max(initial=0.0)))
    reach_m = thresholds["paced_reach_sigmas"] * widest
    i, j = shapely.STRtree(moved).query(shapes, predicate="dwithin", distance=reach_m)
    # Every outline speaks for how many stand here, not the paced ones alone.
    around = thresholds["paced_density_m"]
    middle = shapely.centroid(observed.shapes)
    near, _other = shapely.STRtree(middle).query(middle[which], predicate="dwithin", distance=around)
    count = np.bincount(near, minlength=len(which))
    return _Scene(
        i=i.astype(np.int64),
        j=j.astype(np.int64),
        centre_o=shapely.get_coordinates(middle[which]),
        centre_r=shapely.get_coordinates(shapely.centroid(moved)),
        area_o=shapely.area(shapes),
        area_r=shapely.area(moved),
        sigma_o=sigma_o,
        sigma_r=register.sigma_m,
        density=count / (math.pi * around**2),
        thresholds=thresholds,
    )


def _turned(scene: _Scene) -> _Scene:
    """The same with both sides exchanged: what is asked of one side can be asked of the other."""
    where = scene.density
    density = np.full(len(scene.area_r), float(np.median(where)) if len(where) else 1.0)
    density[scene.j] = where[scene.i]
    return _Scene(
        scene.j, scene.i, scene.centre_r, scene.centre_o, scene.area_r, scene.area_o,
        scene.sigma_r, scene.sigma_o, density, scene.thresholds,
    )  # fmt: skip


def _shares(shapes: Shapes, moved: Shapes, scene: _Scene) -> Floats:
    """Of each pair, the common area as a share of the smaller one."""
    common = shapely.area(shapely.intersection(shapes[scene.i], moved[scene.j]))
    return np.asarray(common / np.minimum(scene.area_o[scene.i], scene.area_r[scene.j]))


def _parts(
    scene: _Scene, shapes: Shapes, owner: Ints, alone: Floats, share: Floats, *, no_wall: float
) -> dict[int, tuple[int, float]]:
    """Partner-less outlines that belong to a matched pair as a further part, with the partner.

    A part is added where all parts together are liker in place and size than what was there before.
    Outlines drawn wall to wall were measured as one, and mostly are one.
    """
    t = scene.thresholds
    ask = np.flatnonzero(
        (owner[scene.j] >= 0)
        & (owner[scene.j] != scene.i)
        & (alone[scene.i] >= t["paced_part_alone"])
        & (share >= t["paced_part_share"])
    )
    if not len(ask):
        return {}
    first = owner[scene.j[ask]]
    wall = _wall_to_wall(shapes[scene.i[ask]], shapes[first], t)
    added: dict[int, tuple[int, float]] = {}
    area, centre = scene.area_o.copy(), scene.centre_o.copy()
    for at in np.lexsort((scene.i[ask], -share[ask])).tolist():
        k, j, main = int(scene.i[ask[at]]), scene.j[ask[at] : ask[at] + 1], int(first[at])
        if k in added:
            continue
        one = np.array([main])
        total = area[main] + area[k]
        middle = (centre[main] * area[main] + centre[k] * area[k]) / total
        before = scene.odds(one, j, centre[one], area[one], scene.centre_r[j], scene.area_r[j])
        after = scene.odds(one, j, middle[None, :], np.array([total]), scene.centre_r[j], scene.area_r[j])
        gain = float(after[0] - before[0]) + (t["paced_part_wall"] if wall[at] else no_wall)
        if gain > 0:
            added[k] = (int(j[0]), 1.0 / (1.0 + math.exp(-gain)))
            area[main], centre[main] = total, middle
    return added


def _wall_to_wall(a: Shapes, b: Shapes, t: Mapping[str, float]) -> npt.NDArray[np.bool_]:
    """Whether two outlines share a line and hardly any ground."""
    strip_m, least_m = t["paced_wall_gap_m"], t["paced_wall_m"]
    line = shapely.length(
        shapely.intersection(shapely.boundary(a), shapely.buffer(shapely.boundary(b), strip_m))
    )
    common = shapely.area(shapely.intersection(a, b))
    return np.asarray((line > least_m) & (common < line * t["paced_wall_depth_m"]))


def _large(shapes: Shapes, scene: _Scene, moved: Shapes) -> Floats:
    """Probability that each outline is a building large enough to be reported, and no shed.

    Its measured area decides, and what it stands against: annexes stand against something larger,
    of either side, sheds stand free. How near is taken from the centres, which err less.
    """
    t = scene.thresholds
    near_m = t["paced_near_m"]
    gap = np.full(len(shapes), near_m)
    for others, centres, areas_m2, same in (
        (shapes, scene.centre_o, scene.area_o, True),
        (moved, scene.centre_r, scene.area_r, False),
    ):
        i, j = shapely.STRtree(others).query(shapes, predicate="dwithin", distance=near_m)
        larger = areas_m2[j] > scene.area_o[i]
        kept = larger & (i != j) if same else larger
        i, j = i[kept], j[kept]
        halves = (np.sqrt(areas_m2[j]) + np.sqrt(scene.area_o[i])) / 2
        np.minimum.at(gap, i, np.hypot(*(scene.centre_o[i] - centres[j]).T) - halves)
    least = t["paced_least_m2"] + t["paced_least_by_gap_m"] * np.clip(gap, -near_m, near_m)
    distance = np.clip((scene.area_o - least) / t["paced_least_spread_m2"], -_FURTHEST, _FURTHEST)
    return np.asarray(1.0 / (1.0 + np.exp(-distance)))

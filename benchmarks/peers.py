"""Rules by which others match buildings, as baselines, on the same neighbourhoods in the same process.

Each rule is given the two layers and says which pairs are the same building; what is in no pair is new
(observed) or not found (registered). Sheds below the least area are left out for every rule alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.optimize import linear_sum_assignment

from benchmarks.gates import Run, pooled
from regularize.detect.evaluate import Score
from regularize.sample import Neighbourhood

Shapes = npt.NDArray[np.object_]
Pairs = set[tuple[int, int]]
SMALLEST_M2 = 9.5


@dataclass(frozen=True)
class Overlaps:
    """All pairs that overlap, with their common area and the areas of both."""

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    common: npt.NDArray[np.float64]
    area_left: npt.NDArray[np.float64]
    area_right: npt.NDArray[np.float64]

    @property
    def iou(self) -> npt.NDArray[np.float64]:
        """Intersection over union."""
        return self.common / (self.area_left + self.area_right - self.common)

    @property
    def of_smaller(self) -> npt.NDArray[np.float64]:
        """Share of the smaller one."""
        return self.common / np.minimum(self.area_left, self.area_right)

    def where(self, keep: npt.NDArray[np.bool_]) -> Pairs:
        """The pairs that are kept."""
        return set(zip(self.left[keep].tolist(), self.right[keep].tolist(), strict=True))


def _assigned(o: Overlaps) -> Pairs:
    """One to one, so that the sum of IoU is greatest (the Hungarian assignment)."""
    if not len(o.left):
        return set()
    gain = np.zeros((o.left.max() + 1, o.right.max() + 1))
    gain[o.left, o.right] = o.iou
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return {(i, j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True) if gain[i, j] > 0.0}


def _greedy(o: Overlaps) -> Pairs:
    """One to one, the best IoU first."""
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    chosen: Pairs = set()
    for k in np.lexsort((o.right, o.left, -o.iou)).tolist():
        i, j = int(o.left[k]), int(o.right[k])
        if i not in taken_left and j not in taken_right:
            chosen.add((i, j))
            taken_left.add(i)
            taken_right.add(j)
    return chosen


RULES: Mapping[str, Callable[[Overlaps], Pairs]] = {
    "IoU > 0.5": lambda o: o.where(o.iou > 0.5),
    "1:1 by IoU, Hungarian": _assigned,
    "1:1 by IoU, greedy": _greedy,
    "overlap / smaller > 0.5": lambda o: o.where(o.of_smaller > 0.5),
    "overlap > 0": lambda o: o.where(o.common > 0.0),
}


@dataclass(frozen=True)
class Outcome:
    """What one rule reached: pairs, new buildings, buildings not found."""

    pairs: Score
    new: Score
    gone: Score


def overlaps(observed: Shapes, register: Shapes) -> Overlaps:
    """Every overlapping pair by shapely, as peers do it."""
    left, right = shapely.STRtree(register).query(observed, predicate="intersects")
    common = shapely.area(shapely.intersection(observed[left], register[right]))
    keep = common > 0
    left, right, common = left[keep], right[keep], common[keep]
    return Overlaps(left, right, common, shapely.area(observed)[left], shapely.area(register)[right])


@dataclass(frozen=True)
class _Truth:
    pairs: set[tuple[str, str]]
    new: set[str]
    gone: set[str]
    reported_survey: set[str]
    reported_register: set[str]


def _truth(drawn: Neighbourhood) -> _Truth:
    pairs, new, gone = set(), set(), set()
    for survey, register in zip(
        drawn.truth_buildings["survey_ref"], drawn.truth_buildings["register_ref"], strict=True
    ):
        s, r = [x for x in survey.split("|") if x], [x for x in register.split("|") if x]
        pairs |= {(a, b) for a in s for b in r}
        new |= set(s) if not r else set()
        gone |= set(r) if not s else set()
    below = set(drawn.odd_rows.loc[drawn.odd_rows["what"].str.endswith("_below_threshold"), "ref"])
    return _Truth(
        pairs, new, gone,
        set(drawn.observed_buildings["ref"]) - below,
        set(drawn.buildings["ref"]) - below,
    )  # fmt: skip


def _outcome(truth: _Truth, pairs: set[tuple[str, str]]) -> Outcome:
    pairs = {(s, r) for s, r in pairs if s in truth.reported_survey and r in truth.reported_register}
    new = truth.reported_survey - {s for s, _r in pairs}
    gone = truth.reported_register - {r for _s, r in pairs}
    return Outcome(
        Score(len(truth.pairs), len(pairs), len(truth.pairs & pairs)),
        Score(len(truth.new), len(new), len(truth.new & new)),
        Score(len(truth.gone), len(gone), len(truth.gone & gone)),
    )


def ours(run: Run) -> Outcome:
    """What our findings say, in the same words. An uncertain finding is no pair, nor new, nor gone."""
    truth = _truth(run.drawn)
    matched = [
        f for f in run.result.findings if f.survey_refs and f.register_refs
        and f.cls not in {"adjoining_annex", "uncertain"}
    ]  # fmt: skip
    said = {(s, r) for f in matched for s in f.survey_refs for r in f.register_refs}
    result = _outcome(truth, said)
    new = {
        s
        for f in run.result.findings
        if f.cls in {"not_in_cadastre", "adjoining_annex"}
        for s in f.survey_refs
    }
    gone = {r for f in run.result.findings if f.cls == "not_in_survey" for r in f.register_refs}
    new, gone = new & truth.reported_survey, gone & truth.reported_register
    return Outcome(
        result.pairs,
        Score(len(truth.new), len(new), len(truth.new & new)),
        Score(len(truth.gone), len(gone), len(truth.gone & gone)),
    )


def compared(runs: list[Run]) -> dict[str, Outcome]:
    """Every rule on the layers as delivered, and again after our shift; ours last."""
    each: dict[str, list[Outcome]] = {}
    for run in runs:
        truth = _truth(run.drawn)
        rows, register = run.drawn.observed_buildings, run.drawn.buildings
        big = shapely.area(np.asarray(rows.geometry.array)) >= SMALLEST_M2
        rows = rows[big]
        shapes = shapely.make_valid(np.asarray(register.geometry.array))
        observed, names_s, names_r = np.asarray(rows.geometry.array), list(rows["ref"]), list(register["ref"])
        for where, moved in (("as delivered", shapes), ("after our shift", run.result.shift.moved(shapes))):
            found = overlaps(observed, moved)
            for name, rule in RULES.items():
                said = {(names_s[i], names_r[j]) for i, j in rule(found)}
                each.setdefault(f"{name}, {where}", []).append(_outcome(truth, said))
        each.setdefault("regularize", []).append(ours(run))
    ordered = sorted(each, key=lambda name: (name == "regularize", "after" in name))
    return {
        name: Outcome(*(pooled(getattr(o, part) for o in each[name]) for part in ("pairs", "new", "gone")))
        for name in ordered
    }

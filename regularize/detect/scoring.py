"""How sure a finding is: a score from bounded factors, and its grade.

The score is a product, so one weak link is enough to lower it; no factor can repair another.
"""

import math
from collections.abc import Mapping
from datetime import date

from regularize.geometry.alignment import Shift
from regularize.model import Grade

_GRADES = (Grade.A, Grade.B, Grade.C, Grade.D)
_YEAR_DAYS = 365.25
# Points of the calibration at an evidence of 0, 0.1 ... 1.
_FAMILY, _STEPS = "score_calibrated_", 10
_POINTS = tuple(f"{_FAMILY}{k:02d}" for k in range(_STEPS + 1))


def margin(distance: float, sigma: float) -> float:
    """Probability that a measured value lies on the same side of its threshold as the true one.

    Parameters
    ----------
    distance : float
        From the threshold, positive on the side that was decided.
    sigma : float
        Standard deviation of the measured value, same unit.

    Examples
    --------
    >>> margin(0.0, 1.0)
    0.5
    """
    if sigma <= 0:
        return 1.0 if distance > 0 else 0.5
    return 0.5 * (1.0 + math.erf(distance / sigma / math.sqrt(2)))


def calibrated(evidence: float, thresholds: Mapping[str, float]) -> float:
    """How often findings of this evidence were right, 0 to 1.

    Margin and source quality order findings but are no frequencies; between the points
    ``score_calibrated_*``, which were taken on generated neighbourhoods, the line is straight.
    """
    at = min(max(evidence, 0.0), 1.0) * _STEPS
    low = min(int(at), _STEPS - 1)
    below, above = thresholds[_POINTS[low]], thresholds[_POINTS[low + 1]]
    return below + (at - low) * (above - below)


def source_quality(area_m2: float, tolerance_m: float, thresholds: Mapping[str, float]) -> float:
    """Accuracy of the sources against the size of the object, 0 to 1."""
    if tolerance_m <= 0:
        return 1.0
    return min(1.0, thresholds["score_size_share"] * math.sqrt(max(area_m2, 0.0)) / tolerance_m)


def shift_quality(shift: Shift, thresholds: Mapping[str, float]) -> float:
    """How well the shift is known, 0 to 1."""
    if not shift.accepted:
        return thresholds["score_shift_undetermined"]
    if shift.pairs < thresholds["score_shift_pairs"]:
        return thresholds["score_shift_few_pairs"]
    return 1.0


def cardinality(n_observed: int, n_register: int, thresholds: Mapping[str, float]) -> float:
    """One to one is clear, many to many is not."""
    if n_observed <= 1 and n_register <= 1:
        return 1.0
    if n_observed <= 1 or n_register <= 1:
        return thresholds["score_one_to_many"]
    return thresholds["score_many_to_many"]


def age(observed_on: date | None, register_on: date | None, thresholds: Mapping[str, float]) -> float:
    """Less, the further the two sides lie apart in time; 1 where a date is not known."""
    if observed_on is None or register_on is None:
        return 1.0
    years = abs((observed_on - register_on).days) / _YEAR_DAYS
    late = max(0.0, years - thresholds["score_age_free_years"])
    return max(thresholds["score_age_floor"], 1.0 - thresholds["score_age_per_year"] * late)


def grade(
    score: float,
    sigma_observed_m: float,
    thresholds: Mapping[str, float],
    *,
    second_source: bool = False,
    worst: bool = False,
) -> Grade:
    """The grade of a score.

    Parameters
    ----------
    score : float
    sigma_observed_m : float
        Grade A needs an accurate observation; a machine-drawn one alone never exceeds C.
    thresholds : mapping
    second_source : bool
        An independent second source shows the same: one grade better.
    worst : bool
        Nothing to compare with: D whatever the score.
    """
    if worst:
        return Grade.D
    if score >= thresholds["grade_a_score"] and sigma_observed_m <= thresholds["grade_a_max_sigma_m"]:
        found = Grade.A
    elif score >= thresholds["grade_b_score"]:
        found = Grade.B
    elif score >= thresholds["grade_c_score"]:
        found = Grade.C
    else:
        found = Grade.D
    if sigma_observed_m >= thresholds["machine_sigma_m"] and found in {Grade.A, Grade.B}:
        found = Grade.C
    if second_source:
        found = _GRADES[max(0, _GRADES.index(found) - 1)]
    return found

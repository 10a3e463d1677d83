"""Whether two measured areas agree, as far as their accuracy lets one say."""

import math
from typing import Any

from regularize.model import NotAssessed, Verdict

COVERAGE = 2.0  # standard deviations within which a measured difference proves nothing


def compare_areas(
    register_m2: float | None,
    survey_m2: float | None,
    *,
    sigma_register_m2: float | None,
    sigma_survey_m2: float | None,
    tolerance_m2: float | NotAssessed | None,
) -> dict[str, Any]:
    """Whether an area by the survey agrees with the register, within a tolerance.

    Parameters
    ----------
    register_m2, survey_m2 : float or None
    sigma_register_m2, sigma_survey_m2 : float or None
        Standard deviations; None where unknown.
    tolerance_m2 : float, NotAssessed or None
        What still counts as the same area; why the law gives none; None where nobody asked it.

    Returns
    -------
    dict
        ``difference_m2``, ``sigma_m2``, ``verdict`` (``met`` = within, ``not_met`` = outside,
        ``not_assessed``) and ``because`` (a :class:`~regularize.model.NotAssessed`, or None). It is
        ``within_uncertainty`` where the tolerance lies inside the difference +/- 2 sigma.

    Examples
    --------
    >>> compare_areas(80, 95, sigma_register_m2=1, sigma_survey_m2=1, tolerance_m2=5)["verdict"]
    'not_met'
    """
    result: dict[str, Any] = {
        "difference_m2": None,
        "sigma_m2": None,
        "tolerance_m2": None if isinstance(tolerance_m2, NotAssessed) else tolerance_m2,
        "verdict": Verdict.NOT_ASSESSED.value,
        "because": NotAssessed.FACT_MISSING.value,
    }
    if register_m2 is None or survey_m2 is None:
        return result
    difference = survey_m2 - register_m2
    result["difference_m2"] = difference
    if sigma_register_m2 is None or sigma_survey_m2 is None:
        return result
    sigma = math.hypot(sigma_register_m2, sigma_survey_m2)
    result["sigma_m2"] = sigma
    if isinstance(tolerance_m2, NotAssessed):
        result["because"] = tolerance_m2.value
        return result
    if tolerance_m2 is None:
        return result
    if abs(difference) + COVERAGE * sigma <= tolerance_m2:
        verdict, because = Verdict.MET, None
    elif abs(difference) - COVERAGE * sigma > tolerance_m2:
        verdict, because = Verdict.NOT_MET, None
    else:
        verdict, because = Verdict.NOT_ASSESSED, NotAssessed.WITHIN_UNCERTAINTY.value
    result["verdict"], result["because"] = verdict.value, because
    return result

"""Issues as they are told: for people in lines, for programs as records."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from regularize.i18n import translate as _
from regularize.model import Issue

# Issues of one kind beyond these are counted, not listed, on the terminal; --json lists all.
LISTED = 3


def issue_lines(issues: Iterable[Issue], *, verbose: bool) -> Iterable[str]:
    """Issues for the terminal: of each code the first few, then their number."""
    issues = list(issues)
    totals = Counter(issue.code for issue in issues)
    shown: Counter[str] = Counter()
    for issue in issues:
        shown[issue.code] += 1
        if verbose or shown[issue.code] <= LISTED:
            yield f"  {issue.code}: {issue.message}"
        elif shown[issue.code] == LISTED + 1:
            yield _(
                "  {code}: {n} more (list them with --json; what it means: regularize explain {code})"
            ).format(code=issue.code, n=totals[issue.code] - LISTED)


def issue_record(issue: Issue) -> dict[str, Any]:
    """An issue with stable English keys; feature numbers count from 1, as people do."""
    return {
        "code": issue.code,
        "severity": str(issue.severity),
        "message": issue.message,
        "feature": None if issue.feature is None else issue.feature + 1,
        "x": issue.x,
        "y": issue.y,
    }

"""Ids that last: the same situation keeps its id over runs and re-surveys, and a review with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from regularize.detect.homes import HomeCandidate, carry_homes, home_candidates, with_homes
from regularize.detect.places import best_overlaps, north_west_first
from regularize.geometry import areas
from regularize.model import Finding, ReviewState

PREFIXES: Mapping[str, str] = {"building": "B", "plot": "P"}
GONE = "SITUATION_GONE"
ABSORBED = "ABSORBED"
CLASS_CHANGED = "CLASS_CHANGED"

__all__ = [
    "Carried",
    "HomeCandidate",
    "carry_findings",
    "carry_homes",
    "home_candidates",
    "with_homes",
]


@dataclass(frozen=True)
class Carried:
    """Findings with ids.

    Parameters
    ----------
    findings : list of Finding
        The current ones, ids and reviews set.
    closed : mapping of id to reason code
        Previous open findings that this run does not show any more.
    reopened : tuple of str
        Ids of closed findings that came back.
    """

    findings: list[Finding]
    closed: Mapping[str, str]
    reopened: tuple[str, ...]


def carry_findings(
    previous: Sequence[Finding],
    current: Sequence[Finding],
    *,
    next_number: Mapping[str, int],
    thresholds: Mapping[str, float],
) -> Carried:
    """Give the current findings the ids of the previous ones where the situation is the same.

    The same row numbers come first; what is left is matched by place, open findings before closed
    ones. New ids are numbered from north-west to south-east. A review stays while the class does;
    where the class changed the finding is new to the reviewer and says so.

    Parameters
    ----------
    previous : sequence of Finding
        Closed ones as well (``closed_reason`` set).
    current : sequence of Finding
        Ids empty.
    next_number : mapping of prefix to int
        ``B`` and ``P``: the next free numbers, closed findings counted.
    thresholds : mapping
        ``identity_*``.

    Examples
    --------
    >>> carried = carry_findings(store.known_findings(), result.findings,
    ...                          next_number={"B": 1, "P": 1}, thresholds=pack.thresholds)
    """
    old_of: dict[int, int] = {}
    for kind in sorted({f.kind for f in current}):
        mine = [i for i, f in enumerate(current) if f.kind == kind]
        theirs = [j for j, f in enumerate(previous) if f.kind == kind]
        old_of |= _carried(previous, current, theirs, mine, thresholds)
    numbers = {prefix: int(next_number.get(prefix, 1)) for prefix in PREFIXES.values()}
    result: dict[int, Finding] = {}
    reopened = []
    for i in north_west_first([f.geometry for f in current]):
        finding = current[i]
        if i in old_of:
            old = previous[old_of[i]]
            result[i] = _inherit(finding, old)
            if old.closed_reason is not None:
                reopened.append(old.id)
        else:
            prefix = PREFIXES[finding.kind]
            result[i] = finding.but(id=f"{prefix}-{numbers[prefix]}")
            numbers[prefix] += 1
    used = set(old_of.values())
    left = [f for j, f in enumerate(previous) if j not in used and f.closed_reason is None]
    inside = _absorbed(left, current, thresholds)
    closed = {f.id: ABSORBED if absorbed else GONE for f, absorbed in zip(left, inside, strict=True)}
    return Carried([result[i] for i in range(len(current))], closed, tuple(sorted(reopened)))


def _carried(
    previous: Sequence[Finding],
    current: Sequence[Finding],
    theirs: list[int],
    mine: list[int],
    thresholds: Mapping[str, float],
) -> dict[int, int]:
    """Current position -> previous position, for findings of one kind."""
    old_of: dict[int, int] = {}
    used: set[int] = set()

    def take(new: int, old: int) -> None:
        if new not in old_of and old not in used:
            old_of[new] = old
            used.add(old)

    theirs = sorted(theirs, key=lambda j: (previous[j].closed_reason is not None, _number(previous[j].id)))
    # Identical rows and class, identical rows, the same surveyed rows.
    for key in (_rows_and_class, _rows, _surveyed_rows):
        by_rows: dict[object, list[int]] = {}
        for j in theirs:
            rows = key(previous[j])
            if j not in used and rows:
                by_rows.setdefault(rows, []).append(j)
        for i in mine:
            for j in by_rows.get(key(current[i]), ()):
                take(i, j)
    # A new survey has new rows: then the ground decides, open findings of the same class first.
    new, old = [i for i in mine if i not in old_of], [j for j in theirs if j not in used]
    pairs = [
        (old[a], new[b])
        for a, b in best_overlaps(
            [previous[j].geometry for j in old], [current[i].geometry for i in new], thresholds
        )
    ]
    for same_class, still_open in ((True, True), (False, True), (True, False)):
        for j, i in pairs:
            before = previous[j]
            if (before.closed_reason is None) == still_open and (
                not same_class or before.cls == current[i].cls
            ):
                take(i, j)
    return old_of


def _rows_and_class(f: Finding) -> tuple[object, ...]:
    return (f.survey_fids, f.register_fids, f.cls)


def _rows(f: Finding) -> tuple[object, ...]:
    return (f.survey_fids, f.register_fids)


def _surveyed_rows(f: Finding) -> tuple[object, ...]:
    return f.survey_fids


def _inherit(finding: Finding, old: Finding) -> Finding:
    """The finding with the id of the old one, and its review if it is about the same class."""
    if finding.cls == old.cls:
        return finding.but(id=old.id, review=old.review, home=old.home)
    reasons = tuple(dict.fromkeys([*finding.reasons, CLASS_CHANGED]))
    return finding.but(id=old.id, review=ReviewState.NEW, home=old.home, reasons=reasons)


def _absorbed(
    left: Sequence[Finding], current: Sequence[Finding], thresholds: Mapping[str, float]
) -> list[bool]:
    """Whether the ground of each old finding now lies mostly in another finding of its kind."""
    result = [False] * len(left)
    if not left or not current:
        return result
    old = np.array([f.geometry for f in left], dtype=object)
    found = areas.pairs(old, np.array([f.geometry for f in current], dtype=object))
    share = found.area_m2 / shapely.area(old)[found.left]
    for a, b, part in zip(found.left.tolist(), found.right.tolist(), share.tolist(), strict=True):
        if left[a].kind == current[b].kind and part >= thresholds["identity_min_overlap"]:
            result[a] = True
    return result


def _number(identity: str) -> tuple[int, str]:
    """Ids in the order they were given, whatever they look like."""
    tail = identity.rpartition("-")[2]
    return (int(tail), identity) if tail.isdecimal() else (0, identity)

"""How right the findings are, against a truth: the sample's, or one that people established.

Counts are of rows of the truth, so a finding that covers several buildings answers for each of them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from regularize.model import BuildingClass, Finding

NONE = "none"  # in the confusion table: no such row in the truth, or no finding for it
_NEW = frozenset({BuildingClass.NOT_IN_CADASTRE.value})
_NEW_OR_ANNEX = _NEW | {BuildingClass.ADJOINING_ANNEX.value}
_MATCHED = frozenset(BuildingClass) - {
    BuildingClass.NOT_IN_CADASTRE,
    BuildingClass.ADJOINING_ANNEX,
    BuildingClass.NOT_IN_SURVEY,
    BuildingClass.UNCERTAIN,
}
_Z95 = 1.959964  # normal quantile of a two-sided 95 % interval
_BINS = 10
# Where sizes were not assessed, "unchanged" says only that both sides know the building.
_SAME_BUILDING = frozenset(
    c.value
    for c in (
        BuildingClass.UNCHANGED,
        BuildingClass.EXTENDED,
        BuildingClass.REDUCED,
        BuildingClass.CHANGED,
        BuildingClass.REBUILT,
    )
)


@dataclass(frozen=True)
class Score:
    """Precision and recall of one class.

    Parameters
    ----------
    truth, found, right : int
        Rows of the class in the truth, rows given the class, and those given it rightly.
    """

    truth: int
    found: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of what was found that is right; None where nothing was found."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of the truth that was found; None where there was nothing to find."""
        return self.right / self.truth if self.truth else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where either is unknown."""
        if not self.truth or not self.found:
            return None
        return 2 * self.right / (self.truth + self.found)

    @property
    def precision_interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the precision."""
        return wilson(self.right, self.found)

    @property
    def recall_interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval of the recall."""
        return wilson(self.right, self.truth)

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            **asdict(self),
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "precision_95": self.precision_interval,
            "recall_95": self.recall_interval,
        }


@dataclass(frozen=True)
class Bin:
    """Findings of similar score: how often they were right."""

    low: float
    high: float
    n: int
    mean_score: float
    right: float


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation says.

    Parameters
    ----------
    classes : mapping of class to Score
    confusion : mapping of (true class, found class) to count
    presence : mapping of str to Score
        ``not_in_cadastre`` alone and ``not_in_cadastre+adjoining_annex`` together: of the observed
        buildings, those that the register does not know.
    matching : mapping of str to Score
        Of buildings, whatever their classes of size: ``pairs`` (observed, registered) that are the same
        building, observed ones that are ``new``, registered ones that are ``gone``. Only objects that the
        truth names count; ``uncertain`` claims none of the three. Empty for plots.
    calibration : tuple of Bin
    calibration_error : float or None
        Expected distance of the score from the share that is right. ``uncertain`` claims nothing and
        takes no part; without sizes ``unchanged`` claims that it is the same building.
    """

    classes: Mapping[str, Score]
    confusion: Mapping[tuple[str, str], int]
    presence: Mapping[str, Score]
    matching: Mapping[str, Score]
    calibration: tuple[Bin, ...]
    calibration_error: float | None

    def as_dict(self) -> dict[str, Any]:
        """The evaluation with stable English keys, for JSON."""
        return {
            "classes": {name: score.as_dict() for name, score in self.classes.items()},
            "presence": {name: score.as_dict() for name, score in self.presence.items()},
            "matching": {name: score.as_dict() for name, score in self.matching.items()},
            "confusion": [{"truth": t, "found": f, "n": n} for (t, f), n in self.confusion.items()],
            "calibration": [asdict(b) for b in self.calibration],
            "calibration_error": self.calibration_error,
        }


@dataclass(frozen=True)
class _Row:
    survey: tuple[str, ...]
    truth: str
    found: str
    score: float | None = None
    is_right: bool = False


def score(findings: Sequence[Finding], truth: pd.DataFrame, *, kind: str = "building") -> Evaluation:
    """Score findings of one kind against a truth.

    Parameters
    ----------
    findings : sequence of Finding
        Those of other kinds are left out.
    truth : DataFrame
        Text columns ``survey_ref``, ``register_ref`` and ``class``. Either reference may be empty; several
        are separated by ``|``. Rows without a class say only what is the same building, new or gone.
    kind : {"building", "plot"}

    Examples
    --------
    >>> score(result.findings, truth).presence["not_in_cadastre"].precision
    0.99
    """
    told = [f for f in findings if f.kind == kind]
    by_survey = _owners((f, f.survey_refs, _is_core_of_survey(f)) for f in told)
    by_register = _owners((f, f.register_refs, _is_core_of_register(f)) for f in told)
    rows: list[_Row] = []
    answered: set[int] = set()
    columns = (truth["survey_ref"], truth["register_ref"], truth["class"])
    for survey_ref, register_ref, cls in zip(*columns, strict=True):
        survey, register = _refs(survey_ref), _refs(register_ref)
        own = [by_survey[r] for r in survey if r in by_survey] or (
            [by_register[r] for r in register if r in by_register] if not survey else []
        )
        answered.update(id(f) for f in own)
        answered.update(id(by_register[r]) for r in register if r in by_register)
        if not str(cls):
            continue
        wrong = [f for f in own if f.cls != cls]
        speaks = next(iter(wrong or own), None)
        rows.append(_row(survey, str(cls), speaks))
    if rows:
        rows += [_row(f.survey_refs, NONE, f) for f in told if id(f) not in answered]
    confusion: dict[tuple[str, str], int] = {}
    for row in rows:
        confusion[row.truth, row.found] = confusion.get((row.truth, row.found), 0) + 1
    bins, error = _calibration(rows)
    return Evaluation(
        classes={name: _of(rows, frozenset({name})) for name in _names(rows)},
        confusion=dict(sorted(confusion.items())),
        presence={
            "not_in_cadastre": _of([r for r in rows if r.survey], _NEW),
            "not_in_cadastre+adjoining_annex": _of([r for r in rows if r.survey], _NEW_OR_ANNEX),
        },
        matching=_matching(told, columns[0], columns[1]) if kind == "building" else {},
        calibration=bins,
        calibration_error=error,
    )


def _matching(
    told: Sequence[Finding], survey: Iterable[object], register: Iterable[object]
) -> dict[str, Score]:
    """Pairs, new and gone buildings in truth and findings, among the objects that the truth names."""
    rows = [(_refs(s), _refs(r)) for s, r in zip(survey, register, strict=True)]
    named_s, named_r = ({ref for row in rows for ref in row[side]} for side in (0, 1))
    pairs = {(s, r) for row in rows for s in row[0] for r in row[1]}
    new, gone = named_s - {s for s, _r in pairs}, named_r - {r for _s, r in pairs}

    def refs_of(classes: frozenset[str], side: int) -> set[str]:
        return {ref for f in told if f.cls in classes for ref in (f.survey_refs, f.register_refs)[side]}

    found = {(s, r) for f in told if f.cls in _MATCHED for s in f.survey_refs for r in f.register_refs}
    found = {(s, r) for s, r in found if s in named_s and r in named_r}
    found_new = refs_of(_NEW_OR_ANNEX, 0) & named_s
    found_gone = refs_of(frozenset({BuildingClass.NOT_IN_SURVEY.value}), 1) & named_r
    return {
        "pairs": Score(len(pairs), len(found), len(pairs & found)),
        "new": Score(len(new), len(found_new), len(new & found_new)),
        "gone": Score(len(gone), len(found_gone), len(gone & found_gone)),
    }


def wilson(right: int, n: int) -> tuple[float, float] | None:
    """95 % Wilson interval of a share; None where nothing was counted.

    Examples
    --------
    >>> [round(v, 3) for v in wilson(95, 100)]
    [0.888, 0.978]
    """
    if not n:
        return None
    share, z2 = right / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _row(survey: tuple[str, ...], truth: str, speaks: Finding | None) -> _Row:
    """One row of the truth with the finding that speaks of it."""
    if speaks is None:
        return _Row(survey, truth, NONE)
    if speaks.cls == BuildingClass.UNCERTAIN.value:
        return _Row(survey, truth, speaks.cls)
    meant = _SAME_BUILDING if "SIZE_NOT_ASSESSED" in speaks.reasons else {speaks.cls}
    return _Row(survey, truth, speaks.cls, speaks.score, truth in meant)


def _owners(entries: Iterable[tuple[Finding, tuple[str, ...], bool]]) -> dict[str, Finding]:
    """The finding that answers for each reference: its own before one that merely adjoins it."""
    owner: dict[str, Finding] = {}
    core: set[str] = set()
    for finding, refs, is_core in entries:
        for ref in refs:
            if ref not in owner or (is_core and ref not in core):
                owner[ref] = finding
                if is_core:
                    core.add(ref)
    return owner


def _is_core_of_survey(finding: Finding) -> bool:
    return not (finding.cls == BuildingClass.UNCERTAIN.value and "ADJOINS_MATCHED" in finding.reasons)


def _is_core_of_register(finding: Finding) -> bool:
    return finding.cls != BuildingClass.ADJOINING_ANNEX.value


def _refs(value: object) -> tuple[str, ...]:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ()
    return tuple(part.strip() for part in str(value).split("|") if part.strip())


def _names(rows: Sequence[_Row]) -> list[str]:
    """Classes that occur, in the order of the house, others after them."""
    seen = {row.truth for row in rows} | {row.found for row in rows}
    known = [c.value for c in BuildingClass if c.value in seen]
    return known + sorted(seen - set(known) - {NONE})


def _of(rows: Sequence[_Row], names: frozenset[str]) -> Score:
    return Score(
        truth=sum(r.truth in names for r in rows),
        found=sum(r.found in names for r in rows),
        right=sum(r.truth in names and r.found in names for r in rows),
    )


def _calibration(rows: Sequence[_Row]) -> tuple[tuple[Bin, ...], float | None]:
    """Ten bins of the score, and the expected calibration error over them."""
    told = [(r.score, r.is_right) for r in rows if r.score is not None]
    bins = []
    for at in range(_BINS):
        low, high = at / _BINS, (at + 1) / _BINS
        inside = [(s, ok) for s, ok in told if low <= s < high or (s >= 1.0 and at == _BINS - 1)]
        if inside:
            n = len(inside)
            mean, right = sum(s for s, _ok in inside) / n, sum(ok for _s, ok in inside) / n
            bins.append(Bin(low, high, n, mean, right))
    if not told:
        return (), None
    return tuple(bins), sum(b.n * abs(b.mean_score - b.right) for b in bins) / len(told)

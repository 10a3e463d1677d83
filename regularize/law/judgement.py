"""The three-valued answer of a rule, and how answers combine (Kleene's strong logic).

What is not known stays unknown: an unknown part decides nothing, unless the other parts already
decide the whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from regularize.model import NotAssessed, Verdict


@dataclass(frozen=True)
class Judgement:
    """``met``, ``not_met``, or ``not_assessed`` with its reason.

    Parameters
    ----------
    verdict : Verdict
    reason : NotAssessed or None
        Why there is no verdict.
    missing : tuple of str
        Facts that would be needed.
    """

    verdict: Verdict
    reason: NotAssessed | None = None
    missing: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there is a verdict at all."""
        return self.verdict is not Verdict.NOT_ASSESSED


MET = Judgement(Verdict.MET)
NOT_MET = Judgement(Verdict.NOT_MET)
# From the gap that a paper closes to the question that only a lawyer answers.
HARDNESS = tuple(NotAssessed)


def of(truth: bool) -> Judgement:
    """A verdict on something that is known."""
    return MET if truth else NOT_MET


def undecided(reason: NotAssessed, *missing: str) -> Judgement:
    """No verdict, and why."""
    return Judgement(Verdict.NOT_ASSESSED, reason, tuple(dict.fromkeys(missing)))


def every(judgements: Iterable[Judgement]) -> Judgement:
    """Whether all hold: one that fails decides; else one that is unknown leaves it open.

    Examples
    --------
    >>> every([MET, NOT_MET, undecided(NotAssessed.FACT_MISSING, "x")]).verdict.value
    'not_met'
    >>> every([MET, undecided(NotAssessed.FACT_MISSING, "x")]).missing
    ('x',)
    """
    parts = list(judgements)
    if any(part.verdict is Verdict.NOT_MET for part in parts):
        return NOT_MET
    open_ = [part for part in parts if not part.is_known]
    return _joined(open_, hardest=True) if open_ else MET


def any_of(judgements: Iterable[Judgement]) -> Judgement:
    """Whether at least one holds: one that does decides; else one that is unknown leaves it open.

    Examples
    --------
    >>> any_of([MET, undecided(NotAssessed.FACT_MISSING, "x")]).verdict.value
    'met'
    """
    parts = list(judgements)
    if any(part.verdict is Verdict.MET for part in parts):
        return MET
    open_ = [part for part in parts if not part.is_known]
    return _joined(open_, hardest=False) if open_ else NOT_MET


def _joined(parts: list[Judgement], *, hardest: bool) -> Judgement:
    reasons = sorted((part.reason for part in parts if part.reason), key=HARDNESS.index)
    missing = [fact for part in parts for fact in part.missing]
    return undecided(reasons[-1 if hardest else 0], *missing)

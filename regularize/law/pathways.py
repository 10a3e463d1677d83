"""Which ways to regularisation are open to a home, and what stands in the way: a suggestion for a lawyer.

Every condition is three-valued and cited. Ownership is never computed: such a condition stays
``advice_needed`` until a person states the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from itertools import product
from typing import Any, NamedTuple

from regularize.countries import Pack
from regularize.countries.parameters import Value
from regularize.law.evidence import FACT as BUILT_ON
from regularize.law.evidence import Deciding, Interval, Kind, built_by
from regularize.law.judgement import MET, Judgement, any_of, every, of, undecided
from regularize.law.norms import Facts, NormCheck
from regularize.law.pathbook import Condition, PathBook, Way
from regularize.model import NotAssessed, Verdict


class PathState(StrEnum):
    """Whether a way is open to a home."""

    OPEN = "open"
    CLOSED = "closed"
    NOT_ASSESSED = "not_assessed"


class NeedKind(StrEnum):
    """What would open a condition: an answer, a change, or a person's advice."""

    ANSWER = "answer"
    CHANGE = "change"
    ADVICE = "advice"


class Need(NamedTuple):
    """Something that a way still needs: a fact answered or changed, or advice on a condition."""

    kind: NeedKind
    about: str


Needs = frozenset[Need]


@dataclass(frozen=True, eq=False)
class Answer:
    """One condition held against the facts.

    Parameters
    ----------
    ways : tuple of frozenset of Need
        Alternatives that would fulfil it; one empty set where it is met, none where nothing can.
    value : object
        The fact as it is known; None where it is not, or where several are asked.
    """

    condition: Condition
    judgement: Judgement
    ways: tuple[Needs, ...]
    value: object = None
    deciding: Deciding | None = None
    parts: tuple["Answer", ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values under stable English keys; not to be changed, the next caller gets the same."""
        return self._record

    @cached_property
    def _record(self) -> dict[str, Any]:
        reason = self.judgement.reason
        return {
            "condition": self.condition.id,
            "situation": self.condition.situation,
            "verdict": self.judgement.verdict.value,
            "reason": None if reason is None else reason.value,
            "missing": list(self.judgement.missing),
            "fact": self.condition.fact,
            "value": self.value if not isinstance(self.value, date) else self.value.isoformat(),
            "norms": list(self.condition.norms),
            "provision": self.condition.provision,
            "citation": self.condition.citation,
            "status": self.condition.status,
            "deciding": None if self.deciding is None else self.deciding.as_dict(),
            "parts": [part.as_dict() for part in self.parts],
        }


@dataclass(frozen=True)
class PathResult:
    """A way held against the facts of a home.

    Parameters
    ----------
    concerns : Verdict
        Whether the home is in the situation that the way is for.
    needs : tuple of frozenset of Need
        Alternatives that would open it; none where nothing can.
    """

    way: Way
    state: PathState
    concerns: Verdict
    answers: tuple[Answer, ...]
    needs: tuple[Needs, ...]

    @property
    def blockers(self) -> tuple[Answer, ...]:
        """Conditions that are not met or not known, the failed ones first."""
        failed = [a for a in self.answers if a.judgement.verdict is Verdict.NOT_MET]
        return (*failed, *(a for a in self.answers if not a.judgement.is_known))


@dataclass(frozen=True)
class HomeFacts:
    """What is known of a home.

    Parameters
    ----------
    facts : mapping
        Plain values; measured ones are :class:`~regularize.model.Measure`. Absent is unknown.
    norms : mapping of norm to NormCheck
    age : Interval
        From the evidence of age.
    """

    facts: Facts
    norms: Mapping[str, NormCheck] = field(default_factory=dict)
    age: Interval = field(default_factory=lambda: Interval(None, None))


def assess(
    pack: Pack, book: PathBook, known: HomeFacts, *, on: date, kinds: Mapping[str, Kind]
) -> tuple[PathResult, ...]:
    """Hold every way against what is known of a home, in the order of the pack.

    Parameters
    ----------
    on : date
        The day whose law applies.
    kinds : mapping
        Kinds of evidence of age.
    """
    return tuple(_assessed(pack, way, known, on, kinds) for way in book.ways)


def history(pack: Pack, book: PathBook, facts: Facts, *, on: date) -> list[dict[str, Any]]:
    """Windows that have closed, with the act by which a building came through: history, not a way."""
    out = []
    for window in book.history:
        value = pack.parameter(window.closed_after).at(on)
        last = value.value if isinstance(value, Value) else None
        row = value.row
        out.append(
            {
                "window": window.id,
                "last_day": last.isoformat() if isinstance(last, date) else None,
                "closed": isinstance(last, date) and last < on,
                "act": facts.get(window.fact),
                "citation": None if row is None else row.citation,
                "status": None if row is None else row.status,
            }
        )
    return out


def _assessed(pack: Pack, way: Way, known: HomeFacts, on: date, kinds: Mapping[str, Kind]) -> PathResult:
    answers = tuple(_answered(pack, c, known, on, kinds) for c in way.conditions)
    concerns = every(a.judgement for a in answers if a.condition.situation).verdict
    if way.gives is not None and known.facts.get(way.gives) is True:
        concerns = Verdict.NOT_MET
    whole = every(a.judgement for a in answers)
    state = {
        Verdict.MET: PathState.OPEN,
        Verdict.NOT_MET: PathState.CLOSED,
        Verdict.NOT_ASSESSED: PathState.NOT_ASSESSED,
    }[whole.verdict]
    if concerns is Verdict.NOT_MET:
        state = PathState.CLOSED
    return PathResult(way, state, concerns, answers, _together(a.ways for a in answers))


@cache
def _facts_of(condition: Condition) -> tuple[str, ...] | None:
    """The facts that decide a condition; None where norms or the building's age have a say."""
    if condition.norms or condition.built_by is not None:
        return None
    names = [condition.fact] if condition.fact is not None else []
    for part in (*condition.any_of, *condition.all_of):
        more = _facts_of(part)
        if more is None:
            return None
        names += more
    return tuple(dict.fromkeys(names))


def _answered(
    pack: Pack, condition: Condition, known: HomeFacts, on: date, kinds: Mapping[str, Kind]
) -> Answer:
    names = _facts_of(condition)
    if names is None:
        return _judged(pack, condition, known, on, kinds)
    return _by_facts(pack, condition, on, tuple(known.facts.get(name) for name in names))


@cache  # homes of one place repeat the same few patterns
def _by_facts(pack: Pack, condition: Condition, on: date, stated: tuple[Any, ...]) -> Answer:
    facts = dict(zip(_facts_of(condition) or (), stated, strict=True))
    return _judged(pack, condition, HomeFacts(facts), on, {})


def _judged(
    pack: Pack, condition: Condition, known: HomeFacts, on: date, kinds: Mapping[str, Kind]
) -> Answer:
    parts = tuple(_answered(pack, part, known, on, kinds) for part in (*condition.any_of, *condition.all_of))
    value: object = None
    deciding: Deciding | None = None
    if condition.any_of:
        judgement = any_of(part.judgement for part in parts)
        ways = tuple(dict.fromkeys(way for part in parts for way in part.ways))
    elif condition.all_of:
        judgement = every(part.judgement for part in parts)
        ways = _together(part.ways for part in parts)
    elif condition.norms:
        checks = [known.norms[name] for name in condition.norms if name in known.norms]
        judgement = every(check.with_reliefs for check in checks)
        ways = _together(_norm_ways(check) for check in checks)
    elif condition.built_by is not None:
        judgement, deciding = _age(pack, condition.built_by, known, on, kinds)
        ways = _ways(judgement, condition, BUILT_ON)
    else:
        value = known.facts.get(condition.fact) if condition.fact is not None else None
        judgement = _stated(condition, value)
        ways = _ways(judgement, condition, condition.fact)
    if condition.status == "unverified" or not _is_offered(pack, condition, on):
        # What nobody has read in the law of the day decides nothing, whatever the facts are.
        judgement = undecided(NotAssessed.LAW_UNVERIFIED)
        ways = (frozenset({Need(NeedKind.ADVICE, condition.id)}),)
    if judgement.verdict is Verdict.MET:
        ways = (frozenset(),)
    return Answer(condition, judgement, ways, value, deciding, parts)


def _is_offered(pack: Pack, condition: Condition, on: date) -> bool:
    """Whether the law is known to offer, on that day, what the condition rests on."""
    return condition.provision is None or isinstance(pack.parameter(condition.provision).at(on), Value)


def _stated(condition: Condition, value: object) -> Judgement:
    if condition.fact is not None and value is not None:
        return of(value in condition.admitted)
    missing = () if condition.fact is None else (condition.fact,)
    return undecided(NotAssessed.ADVICE_NEEDED if condition.advice else NotAssessed.FACT_MISSING, *missing)


def _age(
    pack: Pack, parameter: str, known: HomeFacts, on: date, kinds: Mapping[str, Kind]
) -> tuple[Judgement, Deciding | None]:
    cut_off = pack.parameter(parameter).at(on)
    if not isinstance(cut_off, Value) or not isinstance(cut_off.value, date):
        return undecided(NotAssessed.LAW_UNVERIFIED), None
    age = built_by(known.age, cut_off.value, kinds)
    return age.judgement, age.deciding


def _ways(judgement: Judgement, condition: Condition, fact: str | None) -> tuple[Needs, ...]:
    """What would fulfil a condition on one fact."""
    if judgement.verdict is Verdict.MET:
        return (frozenset(),)
    if judgement.verdict is Verdict.NOT_MET:
        # When a building came to exist and where it lies no document changes.
        if fact is None or fact == BUILT_ON or condition.situation:
            return ()
        return (frozenset({Need(NeedKind.CHANGE, fact)}),)
    if judgement.reason is NotAssessed.LAW_UNVERIFIED or fact is None or not judgement.missing:
        return (frozenset({Need(NeedKind.ADVICE, condition.id)}),)
    return (frozenset({Need(NeedKind.ANSWER, fact)}),)


def _norm_ways(check: NormCheck) -> tuple[Needs, ...]:
    """What would fulfil a norm: its missing facts, or a way out that the law offers."""
    judgement = check.with_reliefs
    if judgement.verdict is Verdict.MET:
        return (frozenset(),)
    ways: list[Needs] = []
    if judgement.verdict is Verdict.NOT_ASSESSED:
        if judgement.missing:
            ways.append(frozenset(Need(NeedKind.ANSWER, fact) for fact in judgement.missing))
        else:
            ways.append(frozenset({Need(NeedKind.ADVICE, check.norm.id)}))
    ways += [
        frozenset(Need(NeedKind.CHANGE, fact) for fact in relief.needs)
        for relief in check.reliefs
        if relief.judgement == MET and relief.needs
    ]
    return tuple(dict.fromkeys(ways))


def _together(groups: Any) -> tuple[Needs, ...]:
    """Every combination of one alternative of each condition; none where one has none."""
    return _combined(tuple(groups))


@cache  # homes of one place repeat the same few patterns
def _combined(groups: tuple[tuple[Needs, ...], ...]) -> tuple[Needs, ...]:
    combined = (frozenset[Need]().union(*choice) for choice in product(*groups))
    return tuple(dict.fromkeys(combined))

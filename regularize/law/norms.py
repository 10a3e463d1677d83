"""Checks of plots and buildings against the norms: measured, limit, citation, verdict, what is lacking.

Pure: on records of facts. A measured value decides only if it lies beyond the limit by two standard
deviations; nearer than that the norm is not assessed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any, Literal

from regularize.countries import Pack
from regularize.countries.parameters import NotAssessedValue, Scalar, Value
from regularize.countries.reading import check_keys, read_table
from regularize.law.judgement import MET, Judgement, every, of, undecided
from regularize.law.values import rows_of, value_of
from regularize.model import Measure, NotAssessed, Verdict

FILE = "norms.toml"
BY_PLAN = "by_plan"
Compare = Literal["at_least", "at_most", "present"]
Facts = Mapping[str, object]


@dataclass(frozen=True)
class Norm:
    """One norm as the pack states it; see ``norms.toml`` for what its entries mean."""

    id: str
    subject: str
    measure: str
    unit: str
    compare: Compare
    limit: str | None = None
    times_fact: str | None = None
    by_plan: str | None = None
    granted_by: str | None = None
    when: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    scale_to: str | None = None
    ways_out: tuple[str, ...] = ()
    nothing: str | None = None
    citation: str = ""
    status: str = ""


@dataclass(frozen=True)
class WayOut:
    """A reduction or exemption that the law itself offers."""

    id: str
    reduces_by: str | None = None
    provision: str | None = None
    lifts: bool = False
    assume: Mapping[str, Scalar] = field(default_factory=dict)
    citation: str = ""
    status: str = ""


@dataclass(frozen=True)
class Limit:
    """A limit with its basis; `sigma` where it is a share of something measured."""

    value: float
    sigma: float
    citation: str
    status: str


@dataclass(frozen=True)
class Relief:
    """What a way out would mean for a norm that is not met, or might not be.

    Parameters
    ----------
    id : str
    granted : bool
        Whether the stated facts fulfil its conditions already.
    needs : tuple of str
        Facts that would have to hold and are not stated.
    limit : float or None
        The lowered limit, where there is one.
    judgement : Judgement
        The verdict of the norm under it.
    citation, status : str
    """

    id: str
    granted: bool
    needs: tuple[str, ...]
    limit: float | None
    judgement: Judgement
    citation: str
    status: str


@dataclass(frozen=True)
class NormCheck:
    """One norm held against the facts.

    Parameters
    ----------
    measured : Measure or None
    limit : float or None
        In the unit of `measured`.
    deficit, deficit_m2 : float or None
        What is lacking (or too much), where the norm is not met: in the norm's unit, and in square
        metres where that can be said.
    indication : float or None
        A limit that nobody has verified: shown, never used.
    """

    norm: Norm
    judgement: Judgement
    measured: Measure | None
    limit: float | None
    citation: str
    status: str
    deficit: float | None = None
    deficit_m2: float | None = None
    indication: float | None = None
    reliefs: tuple[Relief, ...] = ()

    @property
    def with_reliefs(self) -> Judgement:
        """The verdict where a way out that is already granted counts."""
        if any(r.granted and r.judgement.verdict is Verdict.MET for r in self.reliefs):
            return MET
        return self.judgement

    def as_dict(self) -> dict[str, Any]:
        """Plain values under stable English keys."""
        measured = self.measured
        return {
            "norm": self.norm.id,
            "subject": self.norm.subject,
            "compare": self.norm.compare,
            "unit": self.norm.unit,
            "measured": None if measured is None else measured.value,
            "sigma": None if measured is None else measured.sigma,
            "nothing": self.norm.nothing if measured is not None and measured.value == 0 else None,
            "limit": self.limit,
            "indication": self.indication,
            **_plain(self.judgement),
            "deficit": self.deficit,
            "deficit_m2": self.deficit_m2,
            "citation": self.citation,
            "status": self.status,
            "ways_out": [
                {
                    "id": relief.id,
                    "granted": relief.granted,
                    "needs": list(relief.needs),
                    "limit": relief.limit,
                    **_plain(relief.judgement),
                    "citation": relief.citation,
                    "status": relief.status,
                }
                for relief in self.reliefs
            ],
        }


@dataclass(frozen=True)
class NormBook:
    """The norms and ways out of a country pack."""

    norms: Mapping[str, Norm] = field(default_factory=dict)
    ways_out: Mapping[str, WayOut] = field(default_factory=dict)


@cache
def norms_of(pack: Pack) -> NormBook:
    """The norms of a pack; none where it knows no law.

    Raises
    ------
    InputError
        If ``norms.toml`` lacks an entry or has one that nobody reads.
    """
    file = pack.folder / FILE
    if not file.exists():
        return NormBook()
    table = read_table(file)
    check_keys(table, file, FILE, {"norms", "ways_out"}, set())
    norms, ways_out = {}, {}
    for name, entry in table["norms"].items():
        allowed = {"limit", "times_fact", "by_plan", "granted_by", "when", "scale_to", "ways_out", "nothing"}
        check_keys(
            entry, file, name, {"subject", "measure", "unit", "compare"}, allowed | {"citation", "status"}
        )
        values = {**entry, "ways_out": tuple(entry.get("ways_out", ()))}
        values["when"] = {fact: tuple(admitted) for fact, admitted in entry.get("when", {}).items()}
        norms[name] = Norm(id=name, **values)
    for name, entry in table["ways_out"].items():
        optional = {"reduces_by", "provision", "lifts", "citation", "status"}
        check_keys(entry, file, name, {"assume"}, optional)
        ways_out[name] = WayOut(id=name, **entry)
    return NormBook(norms, ways_out)


def check_norms(pack: Pack, book: NormBook, facts: Facts, *, on: date) -> tuple[NormCheck, ...]:
    """Hold every norm that may apply against the facts.

    Parameters
    ----------
    facts : mapping
        Measured facts are :class:`~regularize.model.Measure`, the others plain values. A fact that
        is absent or None is unknown.
    on : date
        The day whose law applies.

    Returns
    -------
    tuple of NormCheck
        Without the norms that a stated fact rules out.
    """
    plain = {name: value for name, value in facts.items() if not isinstance(value, Measure)}
    return tuple(
        _checked(pack, book, norm, facts, plain, on)
        for norm in book.norms.values()
        if not any(
            facts.get(fact) is not None and facts[fact] not in admitted
            for fact, admitted in norm.when.items()
        )
    )


def compare(measured: Measure, limit: Limit, how: Compare) -> Judgement:
    """A measured value against a limit: decided only beyond two standard deviations.

    Examples
    --------
    >>> twelve = Measure(12.0, 0.1, "m")
    >>> compare(twelve, Limit(14.0, 0.0, "", ""), "at_least").verdict.value
    'not_met'
    """
    if measured.sigma is None:
        return undecided(NotAssessed.FACT_MISSING, "sigma_m")
    doubt = 2 * math.hypot(measured.sigma, limit.sigma)
    surplus = measured.value - limit.value if how != "at_most" else limit.value - measured.value
    if surplus - doubt >= 0 and (how != "present" or surplus - doubt > 0):
        return of(True)
    if surplus + doubt < 0 or (how == "present" and surplus + doubt <= 0):
        return of(False)
    return undecided(NotAssessed.WITHIN_UNCERTAINTY)


def _checked(pack: Pack, book: NormBook, norm: Norm, facts: Facts, plain: Facts, on: date) -> NormCheck:
    given = facts.get(norm.measure)
    measured = given if isinstance(given, Measure) else None
    unstated = [fact for fact in norm.when if facts.get(fact) is None]
    limit, why, indication = _limit(pack, norm, facts, plain, on)
    if norm.granted_by is not None and facts.get(norm.granted_by) is True:
        judgement = MET
    else:
        parts = [] if not unstated else [undecided(NotAssessed.FACT_MISSING, *unstated)]
        if why is not None:
            parts.append(why)
        if measured is None:
            parts.append(undecided(NotAssessed.FACT_MISSING, norm.measure))
        elif limit is not None:
            found = compare(measured, limit, norm.compare)
            doubtful = found.reason is NotAssessed.WITHIN_UNCERTAINTY
            parts.append(undecided(NotAssessed.WITHIN_UNCERTAINTY, norm.measure) if doubtful else found)
        open_ = [part for part in parts if not part.is_known]
        judgement = every(open_) if open_ else every(parts)
    check = NormCheck(
        norm=norm,
        judgement=judgement,
        measured=measured,
        limit=None if limit is None else limit.value,
        citation=norm.citation if limit is None else limit.citation,
        status=norm.status if limit is None else limit.status,
        indication=indication,
    )
    if limit is None:
        check = _with_basis(check, pack, norm, plain, on)
    return _with_consequences(check, pack, book, facts, plain, on)


def _limit(
    pack: Pack, norm: Norm, facts: Facts, plain: Facts, on: date
) -> tuple[Limit | None, Judgement | None, float | None]:
    """The limit; or why there is none, and the number that nobody has verified."""
    if norm.limit is None:
        if norm.compare == "present":
            return Limit(0, 0, norm.citation, norm.status), None, None
        return None, undecided(NotAssessed.LAW_UNVERIFIED), None
    value = value_of(pack, norm.limit, on, plain)
    if isinstance(value, NotAssessedValue):
        row = value.row
        number = row.value if row is not None and isinstance(row.value, float) else None
        return None, undecided(value.reason, *value.missing), number
    if value.value == BY_PLAN:
        own = facts.get(norm.by_plan) if norm.by_plan is not None else None
        if isinstance(own, Measure):
            return Limit(own.value, own.sigma or 0, value.citation, value.row.status), None, None
        return None, undecided(NotAssessed.FACT_MISSING, *([norm.by_plan] if norm.by_plan else [])), None
    if norm.times_fact is None:
        return Limit(value.number, 0, value.citation, value.row.status), None, None
    scale = facts.get(norm.times_fact)
    if not isinstance(scale, Measure) or scale.sigma is None:
        return None, undecided(NotAssessed.FACT_MISSING, norm.times_fact), None
    share = value.number
    return Limit(share * scale.value, share * scale.sigma, value.citation, value.row.status), None, None


def _with_basis(check: NormCheck, pack: Pack, norm: Norm, plain: Facts, on: date) -> NormCheck:
    """Name the provisions that may apply where none gives a limit yet."""
    if norm.limit is None:
        return check
    rows = rows_of(pack, norm.limit, on, plain)
    if not rows:
        return check
    statuses = {row.status for row in rows}
    return replace(
        check,
        citation="; ".join(dict.fromkeys(row.citation for row in rows)),
        status="unverified" if "unverified" in statuses else rows[0].status,
    )


def _with_consequences(
    check: NormCheck, pack: Pack, book: NormBook, facts: Facts, plain: Facts, on: date
) -> NormCheck:
    """Add what is lacking, and what the law offers where the norm is not surely met."""
    if check.judgement.verdict is Verdict.MET:
        return check
    measured, limit = check.measured, check.limit
    if check.judgement.verdict is Verdict.NOT_MET and measured is not None and limit is not None:
        deficit = abs(limit - measured.value)
        scale = facts.get(check.norm.scale_to) if check.norm.scale_to else None
        in_m2 = deficit if check.norm.unit == "m2" else None
        if isinstance(scale, Measure):
            in_m2 = deficit * scale.value
        check = replace(check, deficit=deficit, deficit_m2=in_m2)
    ways = (book.ways_out[name] for name in check.norm.ways_out)
    reliefs = (_relief(pack, check, way, facts, plain, on) for way in ways)
    return replace(check, reliefs=tuple(relief for relief in reliefs if relief is not None))


def _is_by_plan(pack: Pack, norm: Norm, plain: Facts, on: date) -> bool:
    value = None if norm.limit is None else value_of(pack, norm.limit, on, plain)
    return isinstance(value, Value) and value.value == BY_PLAN


def _relief(pack: Pack, check: NormCheck, way: WayOut, facts: Facts, plain: Facts, on: date) -> Relief | None:
    """What `way` would mean; None where a stated fact rules it out."""
    grounds = pack.parameter(way.reduces_by).rows[0].conditions if way.reduces_by else {}
    if way.reduces_by and _is_by_plan(pack, check.norm, plain, on):
        return None  # what the law lowers are its own sizes, not those that a plan sets
    for fact, wanted in way.assume.items():
        stated = facts.get(fact)
        if stated is not None and stated != wanted and stated not in grounds.get(fact, ()):
            return None
    needs = tuple(fact for fact in way.assume if facts.get(fact) is None)
    assumed = {**way.assume, **plain}
    limit: float | None = None
    judgement = undecided(NotAssessed.LAW_UNVERIFIED)
    citation, status = way.citation, way.status
    named = way.reduces_by or way.provision
    value = None if named is None else value_of(pack, named, on, assumed)
    if value is not None and value.row is not None:
        citation, status = value.row.citation, value.row.status
    usable = isinstance(value, Value) or (named is None and way.status != "unverified")
    if usable and isinstance(value, Value) and way.reduces_by is not None and check.limit is not None:
        limit = check.limit * (1 - value.number)
        if check.measured is not None:
            judgement = compare(check.measured, Limit(limit, 0, citation, status), check.norm.compare)
    elif usable and way.lifts:
        # The norm no longer binds, but the plan sets a size of its own.
        own = facts.get(check.norm.by_plan) if check.norm.by_plan is not None else None
        if isinstance(own, Measure) and check.measured is not None:
            limit = own.value
            judgement = compare(
                check.measured, Limit(limit, own.sigma or 0, citation, status), check.norm.compare
            )
        elif check.norm.by_plan is not None or (isinstance(value, Value) and value.value == BY_PLAN):
            unknown = (check.norm.by_plan,) if check.norm.by_plan is not None else ()
            judgement = undecided(NotAssessed.FACT_MISSING, *needs, *unknown)
        else:
            judgement = MET
    elif usable:
        judgement = undecided(NotAssessed.FACT_MISSING if needs else NotAssessed.ADVICE_NEEDED, *needs)
    return Relief(way.id, not needs, needs, limit, judgement, citation, status)


def _plain(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": judgement.verdict.value,
        "reason": None if judgement.reason is None else judgement.reason.value,
        "missing": list(judgement.missing),
    }

"""Norms and evidence of age, held against cases worked out by hand; and logic that must never slip."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize import countries
from regularize.law.evidence import Interval, Piece, built_by, interval_of, kinds_of, timeline
from regularize.law.judgement import MET, NOT_MET, any_of, every, undecided
from regularize.law.norms import NormCheck, check_norms, norms_of
from regularize.model import Measure, NotAssessed, Verdict

CASES = Path(__file__).parent / "cases"
PACK = countries.load("bg")
BOOK, KINDS = norms_of(PACK), kinds_of(PACK)
DAY = date(2026, 11, 22)


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["cases"]
    assert all(case["why"] for case in found)
    return found


def facts_of(case: dict[str, Any]) -> dict[str, Any]:
    """Facts as a test writes them: [value, sigma] is a measure, "none" an unknown sigma."""
    return {
        name: Measure(float(value[0]), None if value[1] == "none" else float(value[1]), "")
        if isinstance(value, list)
        else value
        for name, value in case["facts"].items()
    }


def checked(facts: dict[str, Any], norm: str, on: date = DAY) -> NormCheck | None:
    return next((c for c in check_norms(PACK, BOOK, facts, on=on) if c.norm.id == norm), None)


@pytest.mark.parametrize("case", cases("norms.toml"), ids=lambda case: case["name"])
def test_norm(case: dict[str, Any]) -> None:
    check = checked(facts_of(case), case["norm"], case.get("on", DAY))
    if not case.get("applies", True):
        assert check is None
        return
    assert check is not None
    assert check.judgement.verdict == case["verdict"]
    assert check.judgement.reason == case.get("reason")
    assert set(check.judgement.missing) >= set(case.get("missing", ()))
    assert check.citation
    if "limit" in case:
        assert check.limit == pytest.approx(case["limit"])
    for name in ("deficit", "deficit_m2"):
        if name in case:
            assert getattr(check, name) == pytest.approx(case[name])
    reliefs = {relief.id: relief for relief in check.reliefs}
    for name, verdict in case.get("ways_out", {}).items():
        assert reliefs[name].judgement.verdict == verdict, name
        assert reliefs[name].citation
    assert not set(case.get("absent_ways_out", ())) & set(reliefs)
    if "granted" in case:
        assert reliefs["size_reduction"].granted is case["granted"]
    assert check.with_reliefs.verdict == case.get("with_reliefs", case["verdict"])


@pytest.mark.parametrize("case", cases("evidence.toml"), ids=lambda case: case["name"])
def test_age(case: dict[str, Any]) -> None:
    pieces = [
        Piece(p["kind"], p["shows"], p["dated"], timedelta(days=p.get("accuracy_days", 0)))
        for p in case["pieces"]
    ]
    found = interval_of(pieces, KINDS)
    age = built_by(found, case["cut_off"], KINDS)
    assert age.judgement.verdict == case["verdict"]
    assert age.judgement.reason == case.get("reason")
    for name in ("after", "by"):
        if name in case:
            assert getattr(found, name) == case[name]
    if "contradictions" in case:
        assert len(found.contradictions) == case["contradictions"]
        assert sum(row["contradicts"] for row in timeline(found)) == 2 * case["contradictions"]
    if "deciding" in case:
        assert age.deciding is not None
        assert age.deciding.kinds[0] == "orthophoto"
        assert (age.deciding.after, age.deciding.by) == (
            case["deciding"].get("after"),
            case["deciding"].get("by"),
        )


def test_there_are_enough_cases_and_every_norm_has_one() -> None:
    total = sum(len(cases(name)) for name in ("norms.toml", "evidence.toml", "pathways.toml"))
    assert total >= 50
    untold = set(BOOK.norms) - {case["norm"] for case in cases("norms.toml")}
    assert untold <= {"floor_area_ratio", "green_share", "rear_distance_high"}


def test_a_pack_without_law_has_no_norms() -> None:
    generic = countries.load("generic")
    assert check_norms(generic, norms_of(generic), {"area_m2": Measure(1, 0, "m2")}, on=DAY) == ()
    assert kinds_of(generic) == {}


# --- What must hold whatever the facts are ---------------------------------------------------------

CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "settlement_kind": st.sampled_from(["town", "resort", "villa_zone", "village"]),
    "terrain": st.sampled_from(["flat", "steep"]),
    "special_or_main_street": st.booleans(),
    "height_class": st.sampled_from(["low", "medium", "high"]),
    "attachment": st.sampled_from(["detached", "attached_two", "attached_more"]),
    "use": st.sampled_from(["residential", "nonresidential"]),
    "specific_development": st.booleans(),
    "zone": st.sampled_from(["Zhm", "Zhs", "Zhg"]),
    "right_of_way": st.booleans(),
    "expert_council_opinion": st.booleans(),
    "reduction_ground": st.sampled_from(["technical", "terrain"]),
    **{
        name: st.builds(Measure, st.floats(0, 700), st.floats(0, 5), st.just("m"))
        for name in (
            "area_m2",
            "frontage_m",
            "distance_side_m",
            "distance_rear_m",
            "height_m",
            "density",
            "plan_min_area_m2",
            "plan_min_frontage_m",
        )
    },
}
FACTS = st.fixed_dictionaries({}, optional=CHOICES)


@settings(deadline=None, max_examples=60)
@given(facts=FACTS, data=st.data())
def test_a_fact_never_takes_a_verdict_away(facts: dict[str, Any], data: st.DataObject) -> None:
    """What is known once stays known when more is: no met or not_met becomes not_assessed."""
    unstated = sorted(set(CHOICES) - set(facts))
    before = {c.norm.id: c.judgement for c in check_norms(PACK, BOOK, facts, on=DAY)}
    if not unstated:
        return
    name = data.draw(st.sampled_from(unstated))
    more = {**facts, name: data.draw(CHOICES[name])}
    after = {c.norm.id: c.judgement for c in check_norms(PACK, BOOK, more, on=DAY)}
    assert set(after) <= set(before)
    for norm, judgement in after.items():
        if before[norm].is_known and name != BOOK.norms[norm].granted_by:
            assert judgement == before[norm], (norm, name)
        if before[norm] == MET:
            assert judgement == MET


@settings(deadline=None, max_examples=60)
@given(value=st.floats(0, 20), sigma=st.floats(0, 3), better=st.floats(0, 1))
def test_a_better_measurement_keeps_the_verdict(value: float, sigma: float, better: float) -> None:
    facts: dict[str, Any] = {"height_class": "low", "attachment": "detached"}
    rough = checked({**facts, "distance_side_m": Measure(value, sigma, "m")}, "side_distance")
    fine = checked({**facts, "distance_side_m": Measure(value, sigma * better, "m")}, "side_distance")
    assert rough is not None
    assert fine is not None
    assert not rough.judgement.is_known or fine.judgement == rough.judgement


def test_what_nobody_verified_is_never_used() -> None:
    check = checked({"zone": "Zhg", "municipality": "Пловдив", "density": Measure(0.9, 0, "1")}, "density")
    assert check is not None
    assert check.judgement.reason is NotAssessed.LAW_UNVERIFIED
    assert check.limit is None
    assert check.indication == 0.6


DAYS = st.dates(date(1970, 1, 1), date(2026, 1, 1))
PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from(["orthophoto", "tax_record"]),
        st.booleans(),
        DAYS,
        st.integers(0, 800).map(lambda n: timedelta(days=n)),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(pieces=PIECES, more=PIECES, cut_off=DAYS)
def test_more_evidence_never_takes_a_verdict_away(
    pieces: list[Piece], more: list[Piece], cut_off: date
) -> None:
    before = built_by(interval_of(pieces, KINDS), cut_off, KINDS)
    whole = interval_of([*pieces, *more], KINDS)
    after = built_by(whole, cut_off, KINDS)
    if whole.contradictions:
        assert after.judgement.reason is NotAssessed.ADVICE_NEEDED
    elif before.judgement.is_known:
        assert after.judgement == before.judgement


@settings(deadline=None, max_examples=60)
@given(
    built=DAYS,
    seen=st.lists(st.tuples(DAYS, st.integers(-300, 300), st.integers(300, 600)), max_size=6),
    cut=DAYS,
)
def test_honest_evidence_never_gives_a_wrong_verdict(
    built: date, seen: list[tuple[date, int, int]], cut: date
) -> None:
    """Pictures of a building of a known day, misdated within their accuracy: no verdict is false."""
    pieces = [
        Piece("orthophoto", taken >= built, taken + timedelta(days=off), timedelta(days=accuracy))
        for taken, off, accuracy in seen
    ]
    age = built_by(interval_of(pieces, KINDS), cut, KINDS)
    assert not age.interval.contradictions
    if age.judgement.is_known:
        assert (age.judgement.verdict is Verdict.MET) is (built <= cut)
    else:
        assert age.deciding is not None


@given(verdicts=st.lists(st.sampled_from([MET, NOT_MET, undecided(NotAssessed.FACT_MISSING, "a")])))
def test_and_and_or_are_each_others_mirror(verdicts: list[Any]) -> None:
    def turned(j: Any) -> Any:
        return {Verdict.MET: NOT_MET, Verdict.NOT_MET: MET}.get(j.verdict, j)

    assert any_of(verdicts) == turned(every(turned(v) for v in verdicts))


def test_an_interval_is_open_at_its_ends() -> None:
    assert built_by(Interval(None, None), DAY, {}).judgement.missing == ("built_on",)
    one = Piece("orthophoto", True, date(1, 1, 5), timedelta(days=400))
    assert replace(one, accuracy=timedelta(days=4000000)).latest == date.max
    assert one.earliest == date.min

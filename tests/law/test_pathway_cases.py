"""Ways to regularisation: cases worked out by hand, the cheapest next document, and what never happens."""

import tomllib
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize import countries
from regularize.errors import InputError
from regularize.law.evidence import Piece, interval_of, kinds_of
from regularize.law.next_document import CostBasis, best_of, next_documents, unlocks
from regularize.law.norms import check_norms, norms_of
from regularize.law.pathbook import Cost, Document, PathBook, path_book, with_costs
from regularize.law.pathways import (
    HomeFacts,
    Need,
    NeedKind,
    PathResult,
    PathState,
    assess,
    history,
)
from regularize.model import Measure, Verdict

PACK = countries.load("bg")
BOOK, NORMS, KINDS = path_book(PACK), norms_of(PACK), kinds_of(PACK)
DAY = date(2026, 11, 22)
FILE = Path(__file__).parent / "cases" / "pathways.toml"
CASES: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["cases"]


def ways(
    facts: dict[str, Any], pieces: list[dict[str, Any]] | None = None, *, on: date = DAY
) -> dict[str, PathResult]:
    known = {
        name: Measure(float(value[0]), float(value[1]), "") if isinstance(value, list) else value
        for name, value in facts.items()
    }
    checks = {c.norm.id: c for c in check_norms(PACK, NORMS, known, on=on)}
    age = interval_of([Piece(p["kind"], p["shows"], p["dated"]) for p in pieces or ()], KINDS)
    home = HomeFacts(known, checks, age)
    return {r.way.id: r for r in assess(PACK, BOOK, home, on=on, kinds=KINDS)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_way(case: dict[str, Any]) -> None:
    assert case["why"]
    results = ways(case["facts"], case.get("pieces"), on=case.get("on", DAY))
    assert [r.way.id for r in results.values() if r.state is PathState.OPEN] == case.get("open", [])
    if "way" not in case:
        return
    result = results[case["way"]]
    assert result.state == case["state"]
    if "concerns" in case:
        assert result.concerns == case["concerns"]
    reasons = {a.condition.id: a.judgement.reason for a in result.blockers}
    for condition, reason in case.get("reasons", {}).items():
        assert reasons[condition] == reason
    if "next" in case:
        plan = next_documents(result, BOOK)
        assert ([] if plan is None else list(plan.documents)) == case["next"]


def test_every_way_has_a_case() -> None:
    told = {case.get("way") for case in CASES} | {way for case in CASES for way in case.get("open", ())}
    assert {way.id for way in BOOK.ways} <= told


def test_the_cheapest_next_document_differs_between_two_homes() -> None:
    """The same kind of search, two homes: one needs the surveyor, the other an old picture."""
    one = ways({"register_state": "missing", "building_papers": True, "competing_claim": False})
    other = ways(
        {
            "register_state": "missing",
            "building_papers": False,
            "permissible_then": True,
            "title": True,
            "on_street": False,
            "plan_in_force": True,
            "land_owner_category": "private",
        }
    )
    chosen = []
    for results in (one, other):
        plans = {way: next_documents(result, BOOK) for way, result in results.items()}
        best = best_of(plans)
        assert best is not None
        plan = plans[best]
        assert plan is not None
        assert plan.basis is CostBasis.NUMBER_OF_DOCUMENTS
        assert (plan.fee, plan.days, plan.status) == (None, None, "unverified")
        chosen.append((best, plan.next))
    assert chosen == [
        ("cadastre_completion", "survey"),
        ("tolerability_1987", "aerial_photo_extract"),
    ]


def priced(**costs: tuple[float, float]) -> PathBook:
    documents = {
        name: replace(
            doc, fee=costs.get(name, (500, 90))[0], days=costs.get(name, (500, 90))[1], status="verified"
        )
        for name, doc in BOOK.documents.items()
    }
    return PathBook(BOOK.ways, documents, BOOK.history)


def test_the_costs_of_a_municipality_decide_differently_for_two_homes() -> None:
    """Fewest documents: surveyor and old picture. By the tariff: surveyor, and the tax office."""
    tariff = date(2026, 1, 1)
    costs = {
        "survey": Cost(180, 21, "EUR", "търг 12/2026", tariff),
        "aerial_photo_extract": Cost(25, 30, "EUR", "тарифа на архива", tariff),
        "tax_record": Cost(2, 3, "EUR", "тарифа, т. 14", tariff),
        "utility_bill": Cost(2, 5, "EUR", "тарифа, т. 15", tariff),
        "declaration_of_age": Cost(8, 1, "EUR", "тарифа на нотариусите", tariff),
    }
    book = with_costs(BOOK, costs)
    completion = ways({"register_state": "missing", "building_papers": True, "competing_claim": False})
    dated = ways({"building_papers": False, "permissible_then": True, "title": True, "on_street": False})
    one = next_documents(completion["cadastre_completion"], book)
    other = next_documents(dated["tolerability_1987"], book)
    assert one is not None
    assert other is not None
    assert (one.documents, one.fee, one.days) == (("survey",), 180, 21)
    assert (other.documents, other.fee, other.days) == (("tax_record",), 2, 3), "the same fee, sooner"
    assert {one.basis, other.basis} == {CostBasis.FEE_AND_DAYS}
    assert other.as_dict()["costs"] == {
        "tax_record": {
            "fee": 2,
            "currency": "EUR",
            "days": 3,
            "source": "тарифа, т. 14",
            "on": "2026-01-01",
        }
    }
    refused = next_documents(dated["tolerability_1987"], book, had=["tax_record"])
    assert refused is not None
    assert refused.documents == ("utility_bill",)
    partly = next_documents(dated["tolerability_1987"], with_costs(BOOK, {"tax_record": costs["tax_record"]}))
    assert partly is not None
    assert partly.basis is CostBasis.NUMBER_OF_DOCUMENTS, "an unknown cost is not nothing"


def test_where_costs_are_data_the_cheaper_paper_wins() -> None:
    dated = ways({"building_papers": False, "permissible_then": True, "title": True, "on_street": False})
    result = dated["tolerability_1987"]
    for cheapest in ("utility_bill", "tax_record", "declaration_of_age"):
        plan = next_documents(result, priced(**{cheapest: (5, 3)}))
        assert plan is not None
        assert plan.documents == (cheapest,)
        assert (plan.basis, plan.fee, plan.days) == (CostBasis.FEE_AND_DAYS, 5, 3)
        assert plan.status == "verified_secondary"
    again = next_documents(result, priced(utility_bill=(5, 3)), had=["utility_bill"])
    assert again is not None
    assert again.documents != ("utility_bill",)


def test_a_paper_that_was_had_is_not_asked_for_again() -> None:
    result = ways({"register_state": "missing", "building_papers": True, "competing_claim": False})[
        "cadastre_completion"
    ]
    assert next_documents(result, BOOK, had=["survey"]) is None


def test_one_survey_report_settles_several_homes() -> None:
    waiting = {"register_state": "missing", "building_papers": True, "competing_claim": False}
    done = {**waiting, "neighbour_conflict": False}
    paper = {**waiting, "neighbour_conflict": False, "building_papers": None}
    homes = {f"T-00000-{n}": tuple(ways(waiting).values()) for n in range(5)}
    homes["T-00000-5"] = tuple(ways(done).values())
    homes["T-00000-6"] = tuple(ways(paper).values())
    found = {unlock.document: unlock for unlock in unlocks(homes, BOOK)}
    assert found["survey"].scope == "area"
    assert list(found["survey"].decides) == [f"T-00000-{n}" for n in range(5)]
    assert found["archive_check"].next_for == ("T-00000-6",)
    assert all("T-00000-5" not in unlock.decides for unlock in found.values()), "it needs no unlocking"
    assert next(iter(found)) == "survey"


def test_closed_windows_are_history_and_never_a_way() -> None:
    (window,) = history(PACK, BOOK, {"legalised_by_act_no": "12/2003"}, on=DAY)
    assert window["last_day"] == "2013-11-26"
    assert window["closed"]
    assert window["act"] == "12/2003"
    assert not {way.id for way in BOOK.ways} & {w.id for w in BOOK.history}


def test_every_condition_and_document_has_its_basis() -> None:
    def walk(conditions: Any) -> Any:
        for condition in conditions:
            yield condition
            yield from walk((*condition.any_of, *condition.all_of))

    norms = set(NORMS.norms)
    for way in BOOK.ways:
        for condition in walk(way.conditions):
            assert condition.citation
            assert condition.status
            assert set(condition.norms) <= norms
            assert condition.built_by is None or condition.built_by in PACK.parameters
            assert condition.provision is None or condition.provision in PACK.parameters
    assert all(doc.days is None and doc.fee is None for doc in BOOK.documents.values()), (
        "no source gives costs"
    )
    ownership = {"competing_claim", "owners_known", "owner_agrees", "disposal_condition_met"}
    for way in BOOK.ways:
        for condition in walk(way.conditions):
            assert condition.fact not in ownership or condition.advice


def test_a_pack_without_law_knows_no_way() -> None:
    nothing = path_book(countries.load("generic"))
    assert (nothing.ways, dict(nothing.documents), nothing.history) == ((), {}, ())


def test_a_broken_pack_is_named(tmp_path: Path) -> None:
    broken = replace(PACK, folder=tmp_path)
    text = (PACK.folder / "pathways.toml").read_text(encoding="utf-8")
    (tmp_path / "pathways.toml").write_text(
        text.replace('fact = "hazard"', 'facts = "hazard"'), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"pathways\.toml"):
        path_book(broken)


# --- What must hold whatever the facts are ---------------------------------------------------------

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "register_state": st.sampled_from(["missing", "differs", "agrees"]),
    "land_owner_category": st.sampled_from(
        ["private", "municipal_private", "municipal_public", "state_private"]
    ),
    "territory_purpose": st.sampled_from(["urbanised", "agricultural", "water"]),
    **{
        name: st.booleans()
        for name in (
            "building_papers",
            "neighbour_conflict",
            "competing_claim",
            "permissible_then",
            "title",
            "right_to_build",
            "on_street",
            "plan_in_force",
            "tolerable",
            "ordinance_accepts_tolerability",
            "regulated",
            "off_plot_lines",
            "preliminary_contract",
            "owners_known",
            "hazard",
        )
    },
}
FACTS = st.fixed_dictionaries({}, optional=VALUES)


@settings(deadline=None, max_examples=40)
@given(facts=FACTS, data=st.data())
def test_another_fact_never_undoes_a_verdict(facts: dict[str, Any], data: st.DataObject) -> None:
    unstated = sorted(set(VALUES) - set(facts))
    if not unstated:
        return
    name = data.draw(st.sampled_from(unstated))
    before, after = ways(facts), ways({**facts, name: data.draw(VALUES[name])})
    for way, result in before.items():
        for old, new in zip(result.answers, after[way].answers, strict=True):
            if old.judgement.is_known:
                assert new.judgement == old.judgement, (way, old.condition.id, name)
        held = result.way.gives == name and after[way].concerns is Verdict.NOT_MET
        if result.state is not PathState.NOT_ASSESSED and not held:
            assert after[way].state is result.state


@settings(deadline=None, max_examples=30)
@given(facts=FACTS)
def test_the_documents_found_would_decide_the_way(facts: dict[str, Any]) -> None:
    """Every need is covered by the documents or named as an open question; nothing is dropped."""
    for result in ways(facts).values():
        plan = next_documents(result, BOOK)
        if plan is None:
            continue
        chosen = [BOOK.documents[name] for name in plan.documents]
        given_ = {fact for doc in chosen for fact in doc.settles | doc.changes}
        changed = {fact for doc in chosen for fact in doc.changes}
        assert any(
            {
                need
                for need in needs
                if need.about not in (changed if need.kind is NeedKind.CHANGE else given_)
            }
            == set(plan.open_questions)
            for needs in result.needs
        )
        for doc in plan.documents:
            assert result.state is not PathState.OPEN, doc


SMALL = st.dictionaries(
    st.sampled_from([f"d{n}" for n in range(6)]),
    st.tuples(st.frozensets(st.sampled_from("abcdef"), min_size=1), st.integers(1, 9)),
    min_size=1,
)


@settings(deadline=None, max_examples=100)
@given(entries=SMALL, wanted=st.frozensets(st.sampled_from("abcdef"), min_size=1), costs=st.booleans())
def test_the_search_finds_what_trying_all_finds(
    entries: dict[str, tuple[frozenset[str], int]], wanted: frozenset[str], costs: bool
) -> None:
    documents = {
        name: Document(
            name,
            order,
            "office",
            "source",
            "verified",
            settles=facts,
            fee=float(cost) if costs else None,
            days=0.0 if costs else None,
        )
        for order, (name, (facts, cost)) in enumerate(entries.items())
    }
    template = ways({})["cadastre_completion"]
    result = replace(template, needs=(frozenset(Need(NeedKind.ANSWER, fact) for fact in wanted),))
    plan = next_documents(result, PathBook(BOOK.ways, documents))
    reachable = wanted & frozenset().union(*(doc.settles for doc in documents.values()))
    if not reachable:
        assert plan is None
        return
    assert plan is not None

    def price(group: tuple[Document, ...]) -> float:
        return sum(doc.fee or 0 for doc in group) if costs else len(group)

    best = min(
        price(group)
        for size in range(1, len(documents) + 1)
        for group in combinations(documents.values(), size)
        if reachable <= frozenset().union(*(doc.settles for doc in group))
    )
    assert price(tuple(documents[name] for name in plan.documents)) == best
    assert {need.about for need in plan.open_questions} == wanted - reachable

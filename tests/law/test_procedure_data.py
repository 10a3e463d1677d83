"""The procedures of the packs: sound, cited, named in both languages; and no legal number in Python."""

import ast
import copy
import re
from pathlib import Path
from typing import Any

import pytest

import regularize.law
from regularize.countries import available, load
from regularize.countries.reading import flat_words, read_table
from regularize.errors import InputError
from regularize.law.procedure import Procedure, lint, parse

MODULES = sorted(Path(regularize.law.__file__).parent.glob("*.py"))
PROCEDURES = [(code, name) for code in available() for name in load(code).procedures]
ALLOWED_NUMBERS = {0, 1, -1, 2}


def table(code: str, name: str) -> dict[str, Any]:
    return copy.deepcopy(dict(load(code).procedures[name]))


def plan() -> dict[str, Any]:
    return table("bg", "detailed_plan")


def entry(found: dict[str, Any], id_: str) -> dict[str, Any]:
    return next(r for r in found["routes"] if r["id"] == id_)


@pytest.mark.parametrize(("code", "name"), PROCEDURES)
def test_procedure_is_sound(code: str, name: str) -> None:
    procedure = parse(table(code, name))
    assert procedure.id == name, "the file is called after the procedure"
    assert lint(procedure, law=name not in load("generic").procedures) == []


def keys(p: Procedure) -> set[str]:
    return {
        f"procedure.{p.id}",
        *(f"step.{p.id}.{step}" for step in p.steps),
        *(f"event.{event}" for event in p.event_types),
        *(f"actor.{route.actor}" for route in p.routes if route.actor),
        *(f"actor.{clock.holder}" for clock in p.clocks.values()),
        *(f"clock.{p.id}.{clock}" for clock in p.clocks),
        *(f"document.{document}" for route in p.routes for document in route.documents),
        *(f"fact.{fact}" for fact in p.facts),
        *(f"fact_value.{f.name}.{v}" for f in p.facts.values() for v in f.values if not isinstance(v, bool)),
        *(f"missing_source.{p.id}.{step.id}" for step in p.steps.values() if step.source_missing),
        *(f"process_step.{step.process_step}" for step in p.steps.values() if step.process_step),
        *(f"law_status.{route.status}" for route in p.routes),
        *(f"term_unit.{clock.unit}" for clock in p.clocks.values()),
        *(f"deadline_kind.{clock.kind}" for clock in p.clocks.values()),
    }


@pytest.mark.parametrize(("code", "name"), PROCEDURES)
def test_everything_has_a_label(code: str, name: str) -> None:
    pack = load(code)
    assert [key for key in sorted(keys(parse(table(code, name)))) if not pack.has_label(key)] == []


def test_no_label_is_left_over() -> None:
    pack = load("bg")
    used = {key for name in pack.procedures for key in keys(parse(table("bg", name)))}
    own = flat_words(read_table(pack.folder / "labels_procedures.toml"), pack.folder)
    assert sorted(set(own) - used) == []


def test_bulgarian_labels_are_bulgarian() -> None:
    for key in keys(parse(plan())):
        assert re.search("[А-Яа-я]", load("bg").label(key, "bg")), key
        assert not re.search("[А-Яа-я]", load("bg").label(key, "en")), key


def test_the_plan_holds_all_routes_and_terms_of_the_description() -> None:
    procedure = parse(plan())
    numbers = {int(found[1]) for route in procedure.routes if (found := re.match(r"T(\d+)", route.id))}
    assert numbers == set(range(1, 28))
    assert {clock.ref for clock in procedure.clocks.values()} == {f"D{n}" for n in range(1, 12)}
    assert {clock.kind for clock in procedure.clocks.values() if clock.ref in {"D3", "D4", "D10", "D11"}} == {
        "right"
    }
    assert {step.process_step for step in procedure.steps.values() if not step.parallel} == {
        "elaboration", "adoption", "legalForce", "obsolete",
    }  # fmt: skip


def test_what_is_unverified_stays_unverified() -> None:
    procedure = parse(plan())
    assert procedure.clocks["approve_mayor"].status == "unverified"
    assert {r.status for r in procedure.routes if r.id.startswith("T27")} == {"unverified"}
    assert {r.status for r in procedure.routes} | {c.status for c in procedure.clocks.values()} == {
        "verified_secondary", "unverified",
    }  # fmt: skip


# --- The linter and the parser can fail --------------------------------------------------------------


def test_lint_finds_an_unreachable_step() -> None:
    found = plan()
    found["steps"]["lost"] = {"inspire": "elaboration", "terminal": True}
    assert lint(parse(found)) == ["step lost cannot be reached"]


def test_lint_finds_a_route_and_a_clock_without_citation() -> None:
    found = plan()
    del entry(found, "T14")["citation"]
    del found["clocks"]["appeal_sg"]["citation"]
    assert lint(parse(found)) == ["route T14 cites nothing", "clock appeal_sg cites nothing"]
    assert lint(parse(found), law=False) == []


def test_lint_finds_clocks_that_cannot_work() -> None:
    found = plan()
    found["clocks"]["appeal_sg"]["from"] = []
    found["clocks"]["approve_council"]["stops"] = []
    found["clocks"]["appeal_individual"]["dispatch"] = []
    entry(found, "T11c")["after"].append("expert_council")
    assert lint(parse(found)) == [
        "duty approve_council is fulfilled by nothing",
        "clock appeal_sg is started by nothing",
        "clock appeal_individual runs per notice, but no event says how many there are",
        "clock expert_council is waited for, but is no right",
    ]


def test_lint_finds_what_follows_by_itself_without_a_fact_to_rest_on() -> None:
    found = plan()
    entry(found, "T22.unappealable")["when"] = {"appealable": "no"}
    assert lint(parse(found)) == ["route T22.unappealable waits for appealable, which cannot be no"]
    del entry(found, "T22.unappealable")["when"]
    assert lint(parse(found)) == ["route T22.unappealable names no fact that is to be stated"]
    found = plan()
    found["routes"].append({**entry(found, "T22.unappealable"), "id": "twin"})
    assert lint(parse(found)) == [
        f"routes T22.unappealable and twin both follow by themselves from {step}"
        for step in ("approved_council", "approved_mayor")
    ]
    found = plan()
    del found["clocks"]["appeal_permission"]["when"], found["clocks"]["send_to_gazette"]["valid_from"]
    assert lint(parse(found)) == [
        "clock send_to_gazette says how sure its days are, but has none",
        "clock appeal_permission names no fact that is to be stated",
    ]


def test_lint_finds_routes_that_cannot_be_told_apart_circles_and_dead_ends() -> None:
    found = plan()
    del entry(found, "T4a.mayor")["when"]
    assert lint(parse(found)) == ["routes T4a.council and T4a.mayor both take permitted"]
    found = plan()
    entry(found, "T14.again").pop("back")
    assert "step not_approved lies on a circle that no route marks as back" in lint(parse(found))
    found = plan()
    found["steps"]["remitted"].pop("source_missing")
    assert lint(parse(found)) == ["step remitted ends nothing and leads nowhere"]


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("steps", "accepted", "inspire"), "later", "inspire of steps.accepted"),
        (("steps", "accepted", "colour"), "red", "unknown colour"),
        (("clocks", "appeal_sg", "amount"), 0, "amount of clocks.appeal_sg"),
        (("clocks", "appeal_sg", "amount"), True, "amount of clocks.appeal_sg"),
        (("clocks", "appeal_sg", "unit"), "week", "unit of clocks.appeal_sg"),
        (("clocks", "appeal_sg", "from"), ["nothing"], "names the unknown nothing"),
        (("clocks", "appeal_sg", "status"), "sure", "status of clocks.appeal_sg"),
        (("clocks", "appeal_sg"), 14, "must be a table"),
        (("facts", "scope", "values"), "both", "values of facts.scope"),
        (("letters", "notice", "reached"), ["nowhere"], "letters.notice names the unknown nowhere"),
        (("letters", "board", "announced"), ["nowhere"], "letters.board names the unknown nowhere"),
        (("letters", "gazette", "terms"), ["never"], "letters.gazette names the unknown never"),
        (("letters", "gazette", "terms"), [], "letters.gazette has no terms"),
        (("letters", "gazette", "duty"), "never", "letters.gazette names the unknown never"),
        (("letters", "notice", "when"), {"weather": "fine"}, "letters.notice names the unknown weather"),
        (("letters", "notice", "step"), "submitted", "unknown step"),
        (("groups",), {}, "unknown @valid"),
        (("initial",), "nowhere", "unknown nowhere"),
        (("extra",), 1, "unknown extra"),
    ],
)
def test_a_broken_procedure_is_refused(path: tuple[str, ...], value: Any, complaint: str) -> None:
    found = plan()
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(InputError, match=complaint):
        parse(found)


def test_a_missing_entry_is_named() -> None:
    found = plan()
    del found["initial"]
    with pytest.raises(InputError, match="detailed_plan has no initial"):
        parse(found)


# --- Python holds no law -----------------------------------------------------------------------------


def numbers_in(source: str) -> set[Any]:
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.stem)
def test_no_number_of_the_law_in_python(module: Path) -> None:
    assert numbers_in(module.read_text(encoding="utf-8")) <= ALLOWED_NUMBERS


def test_the_search_for_numbers_finds_them() -> None:
    assert numbers_in("TERM = 14\nSHARE = 0.25\nreturn_it = [-1, 2, True]") == {14, 0.25, 1, 2}


def codes_in_python() -> set[str]:
    """Words in capitals that the room's code writes into notes and gaps."""
    found: set[str] = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", node.value) else set()
    return found


def test_every_code_is_explained() -> None:
    codes = codes_in_python()
    assert {"ANNOUNCED_TOO_SHORT", "PARTY_NOT_SERVED", "SOURCE_MISSING"} <= codes
    assert [code for code in sorted(codes) if code not in load("bg").rules] == []


def test_codes_that_need_no_law_are_explained_in_every_pack() -> None:
    for code in (
        "IMPOSSIBLE_ORDER",
        "STEPS_SKIPPED",
        "UNKNOWN_PART",
        "EVIDENCE_MISSING",
        "CORRECTION_OF_NOTHING",
    ):
        assert code in load("generic").rules

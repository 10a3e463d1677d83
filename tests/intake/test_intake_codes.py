"""Every code that intake uses is explained, and with the severity that the code gives it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from regularize import intake
from regularize.countries import load

FOLDER = Path(intake.__file__).parent
# Calls whose argument is a code: name -> its position.
CALLS = {"refuse": 1, "warn": 1, "warn_at": 1, "note": 0, "Issue": 0, "Fault": 0}
RECORDS = ("intake", "checks", "dxf", "xml", "cad", "points", "tables")  # rules_*.toml of this room
OF_THE_PACK = {"EKATTE_CHECK_DIGIT", "IDENTIFIER_LONG_FIELD"}  # bg owns these and gives them to us


def used() -> Iterator[tuple[str, str]]:
    """(code, call) for every literal code in the sources."""
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            at = CALLS.get(name)
            for position in (at,) if at is not None else ():
                if len(node.args) > position and isinstance(code := node.args[position], ast.Constant):
                    yield str(code.value), name
            if name == "append":  # remarks: (code, text)
                for argument in node.args:
                    first = argument.elts[0] if isinstance(argument, ast.Tuple) else None
                    if isinstance(first, ast.Constant) and str(first.value).isupper():
                        yield str(first.value), "warn"


def test_the_walk_finds_them() -> None:
    codes = {code for code, _call in used()}
    assert len(codes) >= 28
    assert {"OUTSIDE_EXTENT", "TRUNCATED", "UNRECOVERABLE_TEXT", "Z_DROPPED", "FILE_TRUNCATED"} <= codes


@pytest.mark.parametrize("code", sorted({code for code, _call in used()} - OF_THE_PACK))
def test_a_code_has_its_record(code: str) -> None:
    rule = load("generic").rule(code)
    for words in (rule.title, rule.text, rule.trap, rule.example):
        assert words["bg"]
        assert words["en"]
    assert rule.kind == "issue"


def test_quarantine_is_an_error_and_nothing_else_is() -> None:
    rules = load("generic").rules
    for code, call in used():
        if code in OF_THE_PACK:
            continue
        if call in {"refuse", "Fault"}:
            assert rules[code].severity == "error", code
        else:
            assert rules[code].severity != "error", code


def test_no_record_without_use() -> None:
    import tomllib

    from regularize import countries

    folder = Path(countries.__file__).parent / "generic"
    records: set[str] = set()
    for room in RECORDS:
        file = folder / f"rules_{room}.toml"
        records |= set(tomllib.loads(file.read_text(encoding="utf-8"))) if file.is_file() else set()
    assert records == {c for c, _call in used()} - OF_THE_PACK

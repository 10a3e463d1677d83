"""Every code that detection can say is explained, and every threshold has a unit and a basis."""

import ast
import re
from pathlib import Path

import pytest

import regularize
from regularize import countries
from regularize.detect.flags import FLAGS
from regularize.model import BuildingClass, PlotClass

PACK = countries.load("generic")
ROOM = Path(regularize.__file__).parent / "detect"
ALIGNMENT = ROOM.parent / "geometry" / "alignment.py"
RULES = ROOM.parent / "countries" / "generic" / "rules_detect.toml"
CODE = re.compile(r"[A-Z][A-Z]+(_[A-Z0-9]+)+")
_EXPLAINED = set(re.findall(r"^\[([A-Za-z_]+)\]", RULES.read_text(encoding="utf-8"), re.M))


def constants(file: Path) -> list[ast.Constant]:
    return [n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)]


def said() -> set[str]:
    files = [*ROOM.glob("*.py"), ALIGNMENT]
    return {
        n.value
        for file in files
        for n in constants(file)
        if isinstance(n.value, str) and CODE.fullmatch(n.value)
    }


def test_every_code_in_the_source_has_a_record_and_no_record_is_idle() -> None:
    classes = {c.value for c in (*BuildingClass, *PlotClass)}
    single_words = {"ABSORBED"}
    assert said() | classes | single_words == _EXPLAINED
    assert set(FLAGS) <= _EXPLAINED


@pytest.mark.parametrize("code", sorted(_EXPLAINED))
def test_a_record_speaks_both_languages_and_names_real_thresholds(code: str) -> None:
    rule = PACK.rule(code)
    assert set(rule.parameters) <= set(PACK.thresholds)
    assert re.search("[А-Яа-я]", rule.text["bg"])
    assert not re.search("[А-Яа-я]", rule.text["en"])
    for words in (rule.title, rule.text, rule.trap):
        for text in words.values():
            assert not re.search("незакон|нелегал|illegal|squatter|violat", text, re.I)


def test_every_record_names_what_it_is_mistaken_for() -> None:
    traps = {code: PACK.rule(code).trap for code in _EXPLAINED}
    assert sorted(code for code, trap in traps.items() if not (trap.get("bg") and trap.get("en"))) == []


def test_every_threshold_has_unit_and_basis_and_is_used() -> None:
    source = "".join(f.read_text(encoding="utf-8") for f in (*ROOM.glob("*.py"), ALIGNMENT))
    names = re.findall(r"^\[(\w+)\]", (RULES.parent / "detection.toml").read_text(encoding="utf-8"), re.M)
    for name in names:
        record = PACK.threshold_records[name]
        assert record["unit"]
        assert len(record["basis"]) > 10
        # A family of points is read by its beginning.
        assert f'"{name}"' in source or f'"{name[:-2]}"' in source, f"{name} is read by nobody"


def test_no_threshold_stands_in_the_code() -> None:
    allowed = {0, 1, 2, -1, 0.5}
    # Constants of statistics and of the calendar, each named where it stands.
    named = {
        "evaluate.py": {1.959964, 4, 10},
        "scoring.py": {365.25, 10},
        "sides.py": {10},
        "places.py": {3, 9},
        "flags.py": {1.05},  # how exactly GEOS draws a circle: no result depends on it, only what is asked
        "paced.py": {100, 1e-9, 40.0},  # rounds, stillness and reach of the message passing
    }
    for file in ROOM.glob("*.py"):
        numbers = {
            n.value
            for n in constants(file)
            if isinstance(n.value, int | float) and not isinstance(n.value, bool)
        }
        found = numbers - allowed - named.get(file.name, set())
        assert found <= {3}, f"{file.name}: {found}"  # 3 is the northern side of a bounding box

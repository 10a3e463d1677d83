"""``privacy export`` in Bulgarian: every name, code, number and day in words; nothing left out."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import report_town

import regularize
from regularize.countries import load
from regularize.layers import COMMON, DERIVED, LAYERS
from regularize.workflow import projects
from regularize.workflow.home_export_words import _Words

Run = Any  # the fixture of conftest
PACKAGE = Path(regularize.__file__).parent
CYRILLIC = re.compile(r"[А-Яа-я]")
TYPE = re.compile(
    r"(batch|blocks|case|cases|detect|document|event|evidence|finding|home|list|map|output|privacy|report|store)"
    r"\.(?!id$|html$)[a-z_]+"
)


def modules() -> list[ast.Module]:
    files = [*(PACKAGE / "store").glob("*.py"), *(PACKAGE / "workflow").glob("*.py")]
    return [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(files)]


def entry_keys() -> set[str]:
    """The names of all values that are written into the log, as the code has them."""
    found: set[str] = set()
    for node in (node for module in modules() for node in ast.walk(module)):
        values: list[ast.expr] = []
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "payload" for t in node.targets
        ):
            values = [node.value]
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            values = list(node.args) if name in {"append_event", "Draft", "tell"} else []
        dicts = [d for value in values for d in ast.walk(value) if isinstance(d, ast.Dict)]
        found |= {
            k.value for d in dicts for k in d.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)
        }
    return found


def entry_types() -> set[str]:
    texts = (n.value for module in modules() for n in ast.walk(module) if isinstance(n, ast.Constant))
    return {text for text in texts if isinstance(text, str) and TYPE.fullmatch(text)}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    return report_town.furnish(folder / "Примерна", folder / "data", houses=12, known=range(8, 12))


@pytest.fixture(scope="module")
def words(town: Path) -> _Words:
    return _Words(projects.opened(town), "bg")


def test_every_column_of_every_layer_has_its_bulgarian(words: _Words) -> None:
    names = {column.name for layer in (*LAYERS, *DERIVED) for column in (*COMMON, *layer.columns)}
    assert {"sigma_m", "confidence", "plan_kind", "reasons"} <= names
    assert [name for name in sorted(names | {"geometry"}) if not CYRILLIC.search(words.title(name))] == []


def test_whatever_the_log_holds_has_its_bulgarian(words: _Words) -> None:
    keys, types = entry_keys(), entry_types()
    assert {"accuracy_days", "settlement", "closed_reason", "plan_part"} <= keys
    assert [key for key in sorted(keys) if not CYRILLIC.search(words.title(key))] == []
    assert {"home.opened", "finding.reviewed", "evidence.withdrawn", "privacy.exported"} <= types
    assert [kind for kind in sorted(types) if not CYRILLIC.search(words.happened(kind))] == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sigma_m", 0.05, "0,05"),
        ("area_register_m2", 1234.5, "1234,5"),
        ("storeys", 2, "2"),
        ("valid_from", "2026-02-03", "03.02.2026 г."),
        ("shows", True, "да"),
        ("reasons", ["IN_NO_PARCEL"], "Не лежи в имот"),
        ("ownership_kind", "4", load("bg").label("ownership.4", "bg")),
        ("note", "на 2026-02-03 е измерено 1.5 m", "на 2026-02-03 е измерено 1.5 m"),
        ("geometry", "POINT (523478.5 4791393.25)", "N 4 791 393,250 E 523 478,500"),
        (
            "geometry",
            "POLYGON ((0 0, 9 0, 9 9, 0 0), (4 1, 5 1, 5 2, 4 1))",
            "N 0,000 E 0,000; N 0,000 E 9,000; N 9,000 E 9,000 | "
            "N 1,000 E 4,000; N 1,000 E 5,000; N 2,000 E 5,000",
        ),
        ("measures", {"area_m2": {"value": 18.556, "sigma": 1.29, "unit": "m2"}}, "Площ 18,56 ± 1,29 м²"),
    ],
)  # fmt: skip
def test_a_value_is_said_as_bulgarians_write_it(words: _Words, name: str, value: Any, said: str) -> None:
    assert re.sub(r"\s", " ", words.value(name, value)) == said


def test_the_whole_record_in_bulgarian(town: Path, run: Run) -> None:
    """A home with findings, papers, evidence, cases and their entries: no name of the program is left."""
    home = run("-p", town, "home", "show", "S-9", "--json").json["id"]
    finding = run("-p", town, "findings", "list", "--json").json[0]
    if finding["home"] != home:
        home = finding["home"]
    steps: tuple[tuple[Any, ...], ...] = (
        ("findings", "review", finding["id"], "--confirm", "--note", "на място", "--by", "експерт"),
        ("case", "open", "tolerability_certificate", "--home", home, "--date", "2026-02-10"),
        ("case", "document", "add", home, "utility_bill"),
        ("case", "evidence", "add", home, "orthophoto", "--dated", "2001-06-01", "--accuracy", "30",
         "--shows", "--ref", "лист 4"),
    )  # fmt: skip
    for step in steps:
        answer = run("-p", town, *step)
        assert answer.code == 0, (step, answer.err)
    case = run("-p", town, "case", "list", "--json").json[-1]["id"]
    told = ("case", "event", case, "applied", "--date", "2026-02-11", "--number", "РД-1")
    event = run("-p", town, *told)
    assert event.code == 0, event.err
    plain = ("--plain", "--purpose", "искане на засегнатото лице")
    said = run("-p", town, "privacy", "export", home, *plain, lang="bg")
    assert said.code == 0, said.err
    record = run("-p", town, "privacy", "export", home, *plain, "--json").json
    assert len(record["events"]) >= 6
    lines = said.out.splitlines()
    titles = [line.strip().partition(":")[0] for line in lines if line.startswith("  ") and ": " in line]
    assert len(titles) > 40
    assert [title for title in titles if not CYRILLIC.search(title)] == []
    names = {key for row in rows_of(record) for key in row}
    for line in lines:
        assert set(re.findall(r"\b[a-z]+_[a-z_0-9]+\b", line)) & names == set(), line
        assert not re.search(r"\b\d{4}-\d\d-\d\d\b|\d m²|\{\"", line), line
        assert not re.search(r"[{}]|: (True|False|None)\b", line), line
    for expected in ("Прегледана находка", "Открита преписка", "Вписан документ", "РД-1", "Свързано с дома",
                     "Ортофото", "Точност на деня (дни): 30", "Потвърдена"):  # fmt: skip
        assert expected in said.out, expected


def rows_of(tree: Any) -> list[dict[str, Any]]:
    """Every record of a tree, however deep."""
    if isinstance(tree, dict):
        return [tree, *(row for value in tree.values() for row in rows_of(value))]
    return [row for value in tree for row in rows_of(value)] if isinstance(tree, list) else []

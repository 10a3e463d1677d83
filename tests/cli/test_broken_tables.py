"""Files that people edit, and numbers that they type: broken ones are told in words, by file and place."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regularize import project
from regularize.cli import main
from regularize.countries import read_profile
from regularize.detect import fieldcheck
from regularize.errors import InputError
from regularize.law.derivation import count_of
from regularize.publish import letters, resident, word
from regularize.publish.typesetting import DossierError
from regularize.store.events import head_path, read_heads
from regularize.workflow import indicator_targets, map_index
from regularize.workflow.case_facts import stated_facts

ENDLESS = "9" * 5000
NESTED = "[" * 3000
PROJECT = '[project]\nmunicipality = "П"\ncountry = "bg"\ncrs = "EPSG:7801"\nlanguage = "bg"\n'


@pytest.mark.parametrize(
    "text",
    [
        f"x = {ENDLESS}\n{PROJECT}",
        f"x = {NESTED}",
        PROJECT.replace('"bg"\n', '"xx"\n'),
        PROJECT.replace('"bg"\n', "[]\n"),
        "project = 5",
        f"{PROJECT}settlements = 5",
        f"{PROJECT}contact = 5",
    ],
)
def test_a_project_file(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARIZE_LANG", "en")
    (tmp_path / project.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=project.FILE):
        project.load(tmp_path)
    assert main(["-p", str(tmp_path), "findings", "list"]) == 3
    assert project.FILE in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        f"sigma_m = {ENDLESS}",
        f"sigma_m = {'9' * 400}",
        "sigma_m = nan",
        "sigma_m = inf",
        f"encodings = {NESTED}",
        "encodings = 5",
        "patterns = 5",
        'patterns = { buildings = "house" }',
        'patterns = { buildings = ["a{99999999999}"] }',
        "codes = 5",
        "codes = { use = 5 }",
        "columns = 5",
    ],
)
def test_a_profile(text: str, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    columns = "" if text.startswith("columns") else '\n[columns.buildings]\nref = ["a"]\n'
    file.write_text(text + columns, encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.toml"):
        read_profile(file)


@pytest.mark.parametrize("value", ["nan", "inf", "9" * 400, ENDLESS, NESTED, "true", "-1"])
def test_aims(value: str, tmp_path: Path) -> None:
    (tmp_path / indicator_targets.FILE).write_text(f"[indicators.a]\ntarget = {value}\n", encoding="utf-8")
    with pytest.raises(InputError, match=indicator_targets.FILE):
        indicator_targets.aims(tmp_path, ["a"])


Change = Callable[[str], str]
WORDS: list[tuple[str, Change]] = [
    ("letters", lambda text: text + f"\nx = {ENDLESS}\n"),
    ("letters", lambda text: text.replace("[notice]", "notice = 5\n[other]", 1)),
    ("letters", lambda text: text.replace("paragraphs = [", "paragraphs = 5\nothers = [", 1)),
    ("resident", lambda text: f"x = {NESTED}\n{text}"),
    ("resident", lambda text: text.replace("до {day}", "до {when}", 1)),
    ("resident", lambda text: text.replace("до {day}", "до {day:9x}", 1)),
    ("resident", lambda text: text.replace("до {day}", "до {", 1)),
    ("resident", lambda text: text.replace("always = [", "always = 5\nothers = [", 1)),
]


@pytest.mark.parametrize(("name", "change"), WORDS)
def test_words_of_a_municipality(name: str, change: Change, tmp_path: Path) -> None:
    folder, read = {
        "letters": (letters.FOLDER, letters.letter_words),
        "resident": (resident.FOLDER, resident.catalogue),
    }[name]
    whole = (folder / "bg.toml").read_text(encoding="utf-8")
    file = tmp_path / f"{name}.bg.toml"
    file.write_text(whole, encoding="utf-8")
    assert read("bg", tmp_path) == read("bg")
    changed = change(whole)
    assert changed != whole
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(DossierError, match=rf"{name}\.bg\.toml"):
        read("bg", tmp_path)


@pytest.mark.parametrize("asked", ["{{ 1/0 }}", "{{ [0][5] }}", "{{ title.x.y }}", "{% for %}"])
def test_a_form_that_asks_for_what_cannot_be(asked: str, tmp_path: Path) -> None:
    form = tmp_path / "own.docx"
    with zipfile.ZipFile(io.BytesIO(word.program_form("letter"))) as ours, zipfile.ZipFile(form, "w") as own:
        for name in ours.namelist():
            content = ours.read(name)
            if name == "word/document.xml":
                at, end = content.index(b"{{"), content.index(b"}}") + 2
                content = content[:at] + asked.encode() + content[end:]
            own.writestr(name, content)
    with pytest.raises(DossierError, match=r"own\.docx"):
        word.fill(form, {"title": "x"}, {}, title="x", lang="bg", day="2026-01-01")


def test_a_form_whose_parts_cannot_be_unpacked(tmp_path: Path) -> None:
    form = tmp_path / "own.docx"
    with zipfile.ZipFile(form, "w", zipfile.ZIP_LZMA) as own:
        own.writestr("[Content_Types].xml", "<Types/>" * 50)
    raw = bytearray(form.read_bytes())
    raw[54:74] = bytes(20)  # the settings of its decompressor
    form.write_bytes(raw)
    with pytest.raises(DossierError, match=r"own\.docx"):
        word.fill(form, {}, {}, title="x", lang="bg", day="2026-01-01")


def test_counts_of_thousands_of_digits() -> None:
    """Of a form that was filled in the field, of facts and of notices."""
    answers = {"what": "finding", "id": "B-1", "class": "extended", "grade": "A", "correct": "да"}
    for count in (ENDLESS, "9" * 400, "²", "٣"):
        checked = fieldcheck.score([{**answers, "stratum_n": count}])
        assert checked.precision["extended", "A"].right == 1
        square = {"what": "square", "id": "Q-1", "buildings_seen": count, "buildings_listed": "1"}
        assert fieldcheck.score([square]).unanswered == ("Q-1",)
        assert stated_facts([f"x={count}"]) == {"x": count}
    assert count_of(ENDLESS) is None
    assert count_of("12") == 12


@pytest.mark.parametrize("command", [("ingest", "withdraw"), ("case", "document", "state")])
def test_a_number_that_no_store_gives(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / project.FILE).write_text(PROJECT, encoding="utf-8")
    more = ("--reason", "x") if command[0] == "ingest" else ()
    arguments = ["-p", str(tmp_path), *command, str(2**63), *more]
    assert main(arguments) == 2
    assert str(2**63) in capsys.readouterr().err


def test_counts_that_no_store_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So many people would break every report on them; so many days lead out of the calendar."""
    folder = str(tmp_path / "p")
    assert main(["init", folder, "--municipality", "П", "--language", "en"]) == 0
    meeting = ["-p", folder, "case", "consultation", "--kind", "meeting", "--date", "2026-01-05"]
    assert main([*meeting, "--people", "9" * 30]) == 2
    assert "9" * 30 in capsys.readouterr().err
    assert main([*meeting, "--people", str(2**63 - 1)]) == 0
    for name in ("report.html", "indicators.xlsx"):
        report = "council" if name.endswith("html") else "indicators"
        assert main(["-p", folder, "report", report, "-o", str(tmp_path / name)]) == 0
    assert main(["-p", folder, "case", "deadlines", "--on", "9999-12-31", "--days", str(2**63 - 1)]) == 0


def test_a_word_that_the_terminal_could_not_decode(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes of another alphabet in an argument are refused, before anything is made of them."""
    folder = tmp_path / "p"
    assert main(["init", str(folder), "--municipality", "П", "--language", "en"]) == 0
    build = ["-p", str(folder), "map", "build", "--audience", "office", "-o", str(folder / "maps" / "a.html")]
    assert main([*build, "--recipient", "\udcc0\udcc1"]) == 2
    assert "--recipient" in capsys.readouterr().err
    assert not (folder / "maps" / "a.html").exists()


@pytest.mark.parametrize("text", [NESTED, ENDLESS, '{"count": 1e999, "hash": "x"}', "[]", "5"])
def test_what_lies_beside_store_and_maps(text: str, tmp_path: Path) -> None:
    """A spoilt head is no head; spoilt notes of maps are none."""
    store = tmp_path / "store.gpkg"
    head_path(store).write_text(text, encoding="ascii")
    assert read_heads(store) == []
    (tmp_path / map_index.NOTES).write_text(text, encoding="utf-8")
    assert map_index._known(tmp_path) == {}
    card: dict[str, Any] = {"title": "x", "lines": ["y"], "picture": ""}
    notes = {"a.html": card, "b.html": {**card, "title": 5}, "c.html": {**card, "lines": [1]}}
    (tmp_path / map_index.NOTES).write_text(json.dumps(notes), encoding="utf-8")
    assert map_index._known(tmp_path) == {"a.html": card}

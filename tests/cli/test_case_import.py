"""Cases from spreadsheets: read as text, stored all or none, told by row and column what is wrong."""

import csv
import hashlib
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from regularize import countries
from regularize.countries.profiles import folded
from regularize.law.procedure import parse

HEAD = [
    "Преписка №",
    "Вид",
    "Наименование",
    "Обхват",
    "Открита на",
    "Акт",
    "Дата",
    "Документ",
    "Номер",
    "Издател",
]
ROWS = [
    [
        "007",
        "ПУП",
        "ПРЗ за част 1",
        "ДВ",
        "01.02.2026",
        "permitted",
        "10.02.2026",
        "council_decision",
        "0012",
        "ОбС",
    ],
    ["007", "", "", "", "", "Внасяне", "2026-03-01", "incoming_number", "0345", ""],
    ["007", "", "", "", "", "Обявление в ДВ", "06.03.2026 г.", "state_gazette_notice", "24", ""],
    ["8", "Попълване или поправка на КККР", "Попълване", "", "2026-01-15", "", "", "", "", ""],
]


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "store.gpkg").read_bytes()).hexdigest()


def as_csv(path: Path, rows: list[list[Any]], head: list[str] = HEAD, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([head, *rows])
    return path


def as_xlsx(path: Path, rows: list[list[Any]], head: list[str] = HEAD) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Преписки"
    for row in [head, *rows]:
        sheet.append(row)
    book.save(path)
    return path


def bring(run: Any, project: Path, path: Path, *options: str) -> Any:
    return run("-p", project, "case", "import", path, *options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_table_becomes_cases(run, project: Path, tmp_path: Path, encoding: str) -> None:
    answer = bring(run, project, as_csv(tmp_path / "п.csv", ROWS, encoding=encoding), "--json")
    assert answer.code == 0, answer.err
    assert answer.last == "read=4 stored=4 refused=0"
    said = answer.json
    assert [(c["key"], c["id"], c["events"]) for c in said["cases"]] == [("007", "C-1", 3), ("8", "C-2", 0)]
    status = run("-p", project, "case", "status", "C-1", "--on", "2026-03-10", "--json").json
    assert status["parts"][0]["step"] == "objections_open"
    assert [d["due"] for d in status["deadlines"] if d["clock"] == "objections_sg"] == ["2026-04-06"]
    assert status["facts"] == {"scope": "state_gazette"}
    events = run("-p", project, "case", "show", "C-1", "--json").json["events"]
    proofs = [e["payload"]["evidence"] for e in events if e["type"] == "case.event"]
    assert proofs[0] == {"document": "council_decision", "number": "0012", "issuer": "ОбС"}
    assert run("-p", project, "store", "verify").code == 0


def test_dry_run_says_all_and_writes_nothing(run, project: Path, tmp_path: Path) -> None:
    path = as_csv(
        tmp_path / "a.csv", [*ROWS[:1], ["007", "", "", "", "", "accepted", "2026-02-20", "", "", ""]]
    )
    before = digest(project)
    answer = bring(run, project, path, "--dry-run", "--json")
    assert (answer.code, answer.last) == (0, "read=2 stored=0 refused=0")
    assert digest(project) == before
    notes = " ".join(answer.json["cases"][0]["notes"])
    assert "DECISION_BEFORE_NOTICE" in notes
    assert "чл. 128" in notes
    assert answer.json["cases"][0]["id"] is None
    for_people = bring(run, project, path, "--dry-run")
    assert "DECISION_BEFORE_NOTICE" in for_people.out
    assert "nothing was stored" in for_people.err


def test_the_same_file_twice_changes_nothing(run, project: Path, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv", ROWS)
    assert bring(run, project, path).code == 0
    before = digest(project)
    for options in ((), ("--dry-run",)):
        answer = bring(run, project, path, *options)
        assert answer.code == 0
        assert "imported before" in answer.err
        assert "007 = C-1" in answer.err
        assert digest(project) == before
    changed = as_csv(tmp_path / "b.csv", [*ROWS, ["9", "review", "x", "", "2026-01-15", "", "", "", "", ""]])
    answer = bring(run, project, changed)
    assert answer.code == 1
    assert "case 007 was imported before, as C-1" in answer.err
    assert digest(project) == before


def test_xlsx_keeps_zeros_and_reads_dates(run, project: Path, tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][4], rows[0][6] = date(2026, 2, 1), datetime(2026, 2, 10)  # noqa: DTZ001 - as Excel holds dates
    path = as_xlsx(tmp_path / "п.xlsx", rows)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet["I3"].value, sheet["I3"].number_format = 345, "0000"
    sheet["I4"].value = 24
    book.create_sheet("Бележки").append(["друго"])
    book.save(path)
    answer = bring(run, project, path, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["cases"][0]["key"] == "007"
    assert answer.json["cases"][0]["opened_on"] == "2026-02-01"
    assert answer.json["other_sheets"] == ["Бележки"]
    events = run("-p", project, "case", "show", "C-1", "--json").json["events"]
    numbers = [e["payload"]["evidence"]["number"] for e in events if e["type"] == "case.event"]
    assert numbers == ["0012", "0345", "24"]


WRONG = [
    (6, "06.03.26", "row 2, column Дата"),
    (6, "3/6/2026", "row 2, column Дата"),
    (6, "31.02.2026", "row 2, column Дата"),
    (6, "2026-01-01", "before the case"),
    (6, "2099-01-01", "future"),
    (6, "", "the day on which it happened"),
    (5, "nonsense", "row 2, column Акт"),
    (5, "", "a date without an event"),
    (4, "1.2.2026", "row 2, column Открита на"),
    (0, "", "row 2, column Преписка №"),
    (1, "ПУПС", "row 2, column Вид"),
    (3, "по пощата", "scope cannot be"),
]


@pytest.mark.parametrize(("at", "text", "said"), WRONG, ids=[w[1] or str(w[0]) for w in WRONG])
@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_a_wrong_cell_refuses_the_whole_table(
    run, project: Path, tmp_path: Path, write: Any, at: int, text: str, said: str
) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][at] = text
    before = digest(project)
    answer = bring(run, project, write(tmp_path / f"a.{'csv' if write is as_csv else 'xlsx'}", rows))
    assert answer.code == 1, answer.err
    assert said in answer.err
    assert "row 2" in answer.err
    assert "nothing was stored" in answer.err
    assert "stored=0" in answer.err
    assert digest(project) == before


def test_the_same_event_twice_is_told(run, project: Path, tmp_path: Path) -> None:
    answer = bring(run, project, as_csv(tmp_path / "a.csv", [*ROWS[:3], ROWS[2]]))
    assert answer.code == 1
    assert "row 5, column Акт: row 4 says the same of this case" in answer.err


def test_rows_that_contradict_each_other(run, project: Path, tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][4] = "02.02.2026"
    answer = bring(run, project, as_csv(tmp_path / "a.csv", rows))
    assert answer.code == 1
    assert "row 3, column Открита на: row 2 says otherwise" in answer.err


def test_cells_without_text_are_told(run, project: Path, tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][8] = "=12+1"
    answer = bring(run, project, as_xlsx(tmp_path / "a.xlsx", rows))
    assert answer.code == 1
    assert "row 2, column Номер: it is a formula" in answer.err
    rows[0][8] = 46000.5
    rows[0][6] = 46063  # a day that the cell does not show as one
    answer = bring(run, project, as_xlsx(tmp_path / "b.xlsx", rows))
    assert "row 2, column Дата: it is no date" in answer.err


def test_a_row_longer_than_the_header(run, project: Path, tmp_path: Path) -> None:
    answer = bring(run, project, as_csv(tmp_path / "a.csv", [[*ROWS[3], "още нещо"]]))
    assert answer.code == 1
    assert "more cells than the header" in answer.err


def test_personal_data_stays_out(run, project: Path, tmp_path: Path) -> None:
    head = [*HEAD, "Собственик", "ЕГН", "Етнос", "Бележка"]
    rows = [[*ROWS[3], "Име Презиме Фамилиев", "9541010006", "x", "свободен текст"]]
    rows[0][2] = "Имот на лице с ЕГН 9541010006"
    answer = bring(run, project, as_csv(tmp_path / "a.csv", rows, head))
    assert answer.code == 0, answer.err
    assert "Собственик, ЕГН, Етнос" in answer.err
    assert "Бележка" in answer.err
    assert "masked in 1 place\n" in answer.err
    assert "9541010006" not in answer.err + answer.out
    raw = (project / "store.gpkg").read_bytes()
    for word in ("9541010006", "Презиме", "свободен текст"):
        assert word.encode() not in raw
    rows[0][3] = "ЕГН 9541010006"
    answer = bring(run, project, as_csv(tmp_path / "c.csv", rows[:1], [*head[:3], "Район", *head[4:]]))
    assert answer.code == 1
    assert "9541010006" not in answer.err + answer.out
    rows[0][0] = "ЕГН 9541010006"
    answer = bring(run, project, as_csv(tmp_path / "b.csv", rows, head))
    assert answer.code == 1
    assert "9541010006" not in answer.err + answer.out


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", 3),
        ("a.csv", b"\x00\x01binary", 3),
        ("a.csv", 'преписка;дата\n1;"open'.encode(), 3),
        ("a.csv", "дата;акт\n1;2\n".encode(), 3),
        ("a.csv", "преписка;case no;вид\n1;2;3\n".encode(), 3),
        ("a.xlsx", b"PK\x03\x04 no workbook", 3),
        ("a.xlsx", b"\xd0\xcf\x11\xe0 an old or encrypted one", 3),
        ("a.ods", b"x", 3),
    ],
)
def test_files_that_are_no_tables(
    run, project: Path, tmp_path: Path, name: str, content: bytes, code: int
) -> None:
    (tmp_path / name).write_bytes(content)
    before = digest(project)
    answer = bring(run, project, tmp_path / name)
    assert answer.code == code, answer.err
    assert "hint:" in answer.err
    assert "Traceback" not in answer.err
    assert digest(project) == before


def test_missing_file_and_missing_extra(run, project: Path, tmp_path: Path, monkeypatch) -> None:
    assert bring(run, project, tmp_path / "няма.csv").code == 3
    path = as_xlsx(tmp_path / "a.xlsx", ROWS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    answer = bring(run, project, path)
    assert answer.code == 5
    assert "regularize[xlsx]" in answer.err


def test_a_workbook_of_a_modest_size_that_unpacks_to_much(run, project: Path, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 210_000_000)
    answer = bring(run, project, path)
    assert answer.code == 3
    assert "too large" in answer.err


@pytest.mark.parametrize("code", countries.available())
def test_labels_of_events_tell_them_apart(code: str) -> None:
    """A spreadsheet may name an event by its label: no two events of a procedure share one."""
    pack = countries.load(code)
    for name, table in pack.procedures.items():
        for lang in ("bg", "en"):
            labels = [folded(pack.label(f"event.{event}", lang)) for event in parse(table).event_types]
            assert len(set(labels)) == len(labels), (name, lang)

"""Tables without geometry: joined by identifier, every row accounted for, persons kept out."""

import csv
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely
from case_builders import AT
from mutation import Series, mutated
from small_sources import BG, codes, write

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError, OptionError, RegularizeError
from regularize.intake.known import Known

HEADINGS = ("Идентификатор", "Вид собственост", "НТП", "Площ (кв.м)", "Собственик", "Адрес")
PARCELS = [f"02676.501.{n}" for n in range(1, 6)]


def parcels(folder: Path, identifiers: Sequence[str] = PARCELS) -> Path:
    shapes = [shapely.box(AT[0] + 20 * k, AT[1], AT[0] + 20 * k + 20, AT[1] + 20) for k in range(5)]
    return write(
        folder / "imoti.gpkg",
        shapes[: len(identifiers)],
        crs=BG,
        cadnum=list(identifiers),
        usecode=["1000"] * len(identifiers),
    )


def row(identifier: Any, kind: str = "Общинска частна", area: Any = 400) -> tuple[Any, ...]:
    return identifier, kind, "Ниско застрояване", area, "Иван Примеров", "ул. Първа 5"


ROWS = [row(text) for text in PARCELS]


def workbook(path: Path, rows: Sequence[Sequence[Any]], **more: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheets = {"Регистър": [HEADINGS, *rows], **more}
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    book.remove(book.worksheets[0])
    book.save(path)
    return path


def text_table(path: Path, rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([HEADINGS, *rows])
    return path


Judge = Callable[..., intake.Delivery]


@pytest.fixture
def judge(bg: Pack, tmp_path: Path) -> Judge:
    def call(path: Path, identifiers: Sequence[str] = PARCELS, **options: Any) -> intake.Delivery:
        given = {
            "origin": "cadastre", "kind": "parcels", "layer": None, "project_crs": BG,
            "extent": bg.extent, "pack": bg,
        }  # fmt: skip
        layer = intake.read(
            parcels(tmp_path, identifiers), **{**given, "valid_from": date(2024, 5, 1), "sigma_m": 0.3}
        )
        known = Known(stored=lambda name: layer.frame if name == "parcels" else None)
        delivery = intake.read(path, **{**given, "known": known, **options})
        assert delivery.source.n_read == len(delivery.frame) + len(delivery.quarantine)
        return delivery

    return call


def refused(delivery: intake.Delivery) -> list[tuple[int, str]]:
    return [(each.feature, each.code) for each in delivery.quarantine]


@pytest.mark.parametrize("form", ["xlsx", "utf-8", "cp1251"])
def test_rows_take_the_outline_and_bring_their_values(form: str, tmp_path: Path, judge: Judge) -> None:
    if form == "xlsx":
        path = workbook(tmp_path / "имоти register.xlsx", ROWS)
    else:
        path = text_table(tmp_path / "имоти register.csv", ROWS, form)
    done = judge(path)
    frame = done.frame
    assert frame["identifier"].tolist() == PARCELS
    assert set(frame["ownership_kind"]) == {"4"}
    assert set(frame["land_use_code"]) == {"1000"}
    assert set(frame["area_register_m2"]) == {400.0}
    assert frame.geometry.area.round().tolist() == [400.0] * 5
    assert set(frame["sigma_m"]) == {0.3}  # the outline's, not the table's
    assert done.source.reader == "table"
    assert "joined by identifier: 5 of 5 rows to 5" in done.source.notes


def test_what_the_table_does_not_say_stays_as_it_was(tmp_path: Path, judge: Judge) -> None:
    path = tmp_path / "r.csv"
    path.write_text("identifier;ownership_kind\n02676.501.2;5\n", encoding="utf-8")
    done = judge(path)
    assert done.frame[["ownership_kind", "land_use_code"]].to_numpy().tolist() == [["5", "1000"]]
    assert "TABLE_COVERS_PART" in codes(done)


def test_persons_are_not_read(tmp_path: Path, judge: Judge) -> None:
    done = judge(workbook(tmp_path / "r.xlsx", ROWS))
    assert "PERSONAL_COLUMN_REFUSED" in codes(done)
    assert "Собственик" in done.ignored_columns
    assert "Примеров" not in repr(done)


def test_zeros_that_a_spreadsheet_lost_are_put_back(tmp_path: Path, judge: Judge) -> None:
    done = judge(workbook(tmp_path / "r.xlsx", [row("2676.501.3")]))
    assert done.frame["identifier"].tolist() == ["02676.501.3"]
    assert "TABLE_ZEROS_RESTORED" in codes(done)
    assert "IDENTIFIER_LEADING_ZEROS" not in codes(done)


def test_rows_without_a_partner_are_set_aside_by_reason(tmp_path: Path, judge: Judge) -> None:
    rows = [
        row("02676.501.1"),
        row("02676.501.99"),
        row(None),
        row("02676.501.2"),
        row("02676.501.2"),
        row("02676.501.3"),
        row("02676.501.3", kind="Частна"),
    ]
    done = judge(workbook(tmp_path / "r.xlsx", rows))
    assert done.frame["identifier"].tolist() == ["02676.501.1", "02676.501.2"]
    assert refused(done) == [
        (1, "TABLE_UNMATCHED"),
        (2, "TABLE_WITHOUT_KEY"),
        (4, "TABLE_ROW_REPEATED"),
        (5, "TABLE_ROWS_CONTRADICT"),
        (6, "TABLE_ROWS_CONTRADICT"),
    ]
    assert done.quarantine[0].attributes["identifier"] == "02676.501.99"


def test_an_identifier_of_two_stored_rows_is_ambiguous(tmp_path: Path, judge: Judge) -> None:
    done = judge(workbook(tmp_path / "r.xlsx", ROWS[:1]), ["02676.501.1", "02676.501.1"])
    assert refused(done) == [(0, "TABLE_AMBIGUOUS")]


def test_a_formula_is_named_and_left_empty(tmp_path: Path, judge: Judge) -> None:
    done = judge(workbook(tmp_path / "r.xlsx", [row("02676.501.1", area="=2*200")]))
    assert "TABLE_CELL_UNREAD" in codes(done)
    assert done.frame["area_register_m2"].isna().all()


def test_no_row_begins_before_the_one_that_it_replaces(tmp_path: Path, judge: Judge) -> None:
    path = workbook(tmp_path / "r.xlsx", ROWS)
    assert set(judge(path, valid_from=date(2020, 1, 1)).frame["valid_from"]) == {date(2024, 5, 1)}
    assert set(judge(path, valid_from=date(2025, 1, 1)).frame["valid_from"]) == {date(2025, 1, 1)}


def test_of_several_sheets_one_must_be_named(tmp_path: Path, judge: Judge) -> None:
    path = workbook(tmp_path / "r.xlsx", ROWS, Други=[HEADINGS, ROWS[0]], Празен=[])
    with pytest.raises(OptionError) as refusal:
        judge(path)
    assert "Други" in str(refusal.value.hint)
    assert "Празен" not in str(refusal.value.hint)
    assert len(judge(path, layer="Други").frame) == 1


def test_without_a_layer_or_without_identifiers_it_is_refused(tmp_path: Path, judge: Judge, bg: Pack) -> None:
    path = workbook(tmp_path / "r.xlsx", ROWS)
    with pytest.raises(InputError, match="no parcels are stored yet"):
        judge(path, known=Known())
    other = workbook(tmp_path / "q.xlsx", [], Лист=[("Площ", "НТП"), ("abc", "x"), ("def", "y")])
    with pytest.raises(InputError):
        judge(other)


def test_points_and_outlines_in_a_workbook_are_read_as_text_is(tmp_path: Path, bg: Pack) -> None:
    points = workbook(
        tmp_path / "t.xlsx",
        [],
        Регистър=[
            ("N", "X", "Y", "H", "Код"),
            *((k, 4_700_000.25 + k, 500_000.5, 197, "двор") for k in range(5)),
        ],
    )
    done = intake.read(
        points, origin="survey", kind="points", layer=None, project_crs=BG, extent=bg.extent, pack=bg, crs=BG
    )
    assert done.source.n_read == len(done.frame) == 5
    assert done.source.reader == "xlsx points"
    assert done.frame.geometry.x.tolist() == [500_000.5] * 5


def test_a_table_comes_after_the_layer_that_it_is_joined_to(tmp_path: Path) -> None:
    layer, table = parcels(tmp_path), workbook(tmp_path / "a.xlsx", ROWS)
    assert intake.tables_last([table, layer, tmp_path / "none.csv"]) == [layer, tmp_path / "none.csv", table]


DAMAGED = ["csv", "xlsx"]


@pytest.mark.parametrize("ending", DAMAGED)
def test_damaged_registers_never_crash(ending: str, tmp_path: Path, bg: Pack) -> None:
    path = tmp_path / f"r.{ending}"
    whole = (workbook if ending == "xlsx" else text_table)(path, ROWS).read_bytes()
    given: dict[str, Any] = {"origin": "cadastre", "kind": "parcels", "layer": None, "project_crs": BG}
    given |= {"extent": bg.extent, "pack": bg}
    layer = intake.read(parcels(tmp_path), **given)
    known = Known(stored=lambda _name: layer.frame)
    series = Series(f"register {ending}")
    for _round in series.rounds():
        path.write_bytes(mutated(whole, series.dice))
        try:
            done = intake.read(path, known=known, crs=BG, **given)
        except RegularizeError:
            series.outcomes["refused"] += 1
        else:
            series.outcomes["read"] += 1
            assert done.source.n_read == len(done.frame) + len(done.quarantine)

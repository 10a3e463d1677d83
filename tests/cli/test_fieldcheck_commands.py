"""A field check from the sample drawn to the form scored, as people do it with a spreadsheet."""

import csv
import io
from pathlib import Path

import pytest


@pytest.fixture
def detected(project: Path, run) -> Path:  # type: ignore[no-untyped-def]  # the fixture of conftest
    data = Path(__file__).parents[2] / "data"
    for folder, origin, name, kind in (
        ("cadastre", "cadastre", "sgradi.shp", "buildings"),
        ("cadastre", "cadastre", "pozemleni_imoti.shp", "parcels"),
        ("surveys", "survey", "zasneti_sgradi.shp", "buildings"),
    ):
        answer = run("-p", project, "ingest", origin, data / folder / name, "--kind", kind, "--sigma", "0.2")
        assert answer.code in {0, 1}, answer.err
    assert run("-p", project, "detect").code == 0
    return project


PURPOSE = ("--purpose", "огледи, 0888123456")


def test_drawn_filled_in_a_spreadsheet_and_scored(detected: Path, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    form = detected / "forms" / "check.csv"
    refused = run("-p", detected, "fieldcheck", "draw", "-o", form)
    assert (refused.code, "--purpose" in refused.err, form.exists()) == (2, True, False)
    drawn = run(
        "-p",
        detected,
        "fieldcheck",
        "draw",
        "--per-stratum",
        3,
        "--squares",
        4,
        "-o",
        form,
        "--purpose",
        "огледи, 0888123456",
        "--json",
    )
    assert drawn.code == 0, drawn.err
    assert drawn.json["squares"] == 4
    assert form.read_bytes().startswith(b"\xef\xbb\xbf")
    assert drawn.json["paper"] == str(form.with_suffix(".pdf"))
    assert form.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    rows = list(csv.DictReader(io.StringIO(form.read_text(encoding="utf-8-sig"))))
    assert [row["id"] for row in rows] == drawn.json["stops"]
    assert {"not_in_cadastre", "unchanged"} <= {row["class"] for row in rows}
    assert {row["purpose"].split(",")[0] for row in rows} == {"огледи"}
    assert "0888123456" not in form.read_text(encoding="utf-8-sig")
    again = run("-p", detected, "fieldcheck", "draw", "-o", form)
    assert again.code == 2  # nothing is overwritten unasked
    for number, row in enumerate(rows):
        row["correct"] = "да" if row["what"] == "finding" and number else ""
        row["buildings_seen"], row["buildings_listed"] = ("6", "5") if row["what"] == "square" else ("", "")
        row["remark"] = "огледано"
    # As a Bulgarian spreadsheet saves it: semicolons and the old code page.
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    form.write_bytes(text.getvalue().encode("cp1251"))
    scored = run("-p", detected, "fieldcheck", "score", form, "--json")
    assert scored.code == 0, scored.err
    unanswered = [rows[0]["id"]] if rows[0]["what"] == "finding" else []
    assert scored.json["unanswered"] == unanswered
    assert scored.json["recall"]["n"] == 24
    assert scored.json["recall"]["right"] == 20
    assert sum(entry["n"] for entry in scored.json["precision"]) == len(rows) - 4 - len(unanswered)
    table = run("-p", detected, "fieldcheck", "score", form, lang="bg")
    assert "20 от 24" in table.err
    assert "Липсва в кадастъра" in table.out


@pytest.mark.parametrize(
    ("name", "content"), [("none.csv", None), ("empty.csv", b""), ("other.csv", b"a,b\r\n1,2\r\n")]
)
def test_what_is_no_form_is_said_to_be_none(
    name: str,
    content: bytes | None,
    project: Path,
    run,
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    answer = run("-p", project, "fieldcheck", "score", tmp_path / name)
    assert answer.code == 3
    assert name in answer.err


def test_without_findings_nothing_is_drawn(project: Path, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    answer = run("-p", project, "fieldcheck", "draw", "-o", tmp_path / "check.csv")
    assert answer.code == 3
    assert not (tmp_path / "check.csv").exists()

"""The municipality's own table of fees and days."""

from pathlib import Path
from typing import Any

import pytest
from test_evidence_follows import DAY, A, became, home

HEAD = "документ;такса;валута;дни;източник;към дата"
WHOLE = [
    "archive_check;40;EUR;30;тарифа, т. 3;2026-01-15",
    "Становище на юрист;0;EUR;10;безплатна правна помощ;15.01.2026",
    "building_design;500;EUR;60;пазарно проучване;2026-01-15",
    "survey;180;EUR;21;търг 12/2026;2026-01-15",
    "title;1,50;EUR;3;тарифа, т. 9;2026-01-15",
]


@pytest.fixture
def housed(project: Path) -> Path:
    became(project, DAY, new=(home(A),))
    return project


def table(project: Path, *rows: str, head: str = HEAD) -> Path:
    file = project / "costs.csv"
    file.write_text("\n".join((head, *rows)), encoding="utf-8")
    return file


def ways(run: Any, project: Path, *more: object) -> Any:
    facts = ("--fact", "register_state=missing")
    return run("-p", project, "pathway", A, *facts, *more, "--json")


def test_the_table_of_the_project_is_used_and_named(run, housed: Path) -> None:
    before = ways(run, housed).json["homes"][0]
    assert before["next"]["basis"] == "number_of_documents"
    assert before["next"]["costs"] == {}
    table(housed, *WHOLE)
    after = ways(run, housed).json["homes"][0]["next"]
    assert after["basis"] == "fee_and_days"
    assert (after["fee"], after["days"]) == (
        sum(cost["fee"] for cost in after["costs"].values()),
        sum(cost["days"] for cost in after["costs"].values()),
    )
    said = run("-p", housed, "pathway", A, "--fact", "register_state=missing", lang="bg").out
    assert "такса: 40.00 EUR; дни: 30  (тарифа, т. 3, 2026-01-15)" in said


def test_what_is_unknown_is_shown_as_unknown(run, housed: Path) -> None:
    table(housed, "archive_check;;EUR;30;харта на клиента;2026-01-15")
    said = run("-p", housed, "pathway", A, "--fact", "register_state=missing").out
    assert "fee not known, days 30  (харта на клиента, 2026-01-15)" in said
    assert "Not all costs are known: the fewest documents are sought." in said


def test_another_table_by_option(run, housed: Path, tmp_path: Path) -> None:
    table(housed, *WHOLE)
    other = tmp_path / "other.csv"
    other.write_text(HEAD + "\narchive_check;7;EUR;1;друга тарифа;2026-02-01\n", encoding="utf-8")
    found = ways(run, housed, "--costs", other).json["homes"][0]["next"]
    assert found["costs"]["archive_check"]["source"] == "друга тарифа"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("archive_chek;40;EUR;30;тарифа;2026-01-15", "row 2: there is no document archive_chek"),
        ("archive_check;много;EUR;30;тарифа;2026-01-15", "row 2: много is no number"),
        ("archive_check;-4;EUR;30;тарифа;2026-01-15", "row 2: -4 is no number"),
        ("archive_check;inf;EUR;30;тарифа;2026-01-15", "row 2: inf is no number"),
        ("archive_check;40;;30;тарифа;2026-01-15", "row 2: currency is not stated"),
        ("archive_check;40;EUR;30;;2026-01-15", "row 2: source is not stated"),
        ("archive_check;40;EUR;30;тарифа;", "row 2: date is not stated"),
        ("archive_check;40;EUR;30;тарифа;15.01.26", "row 2: it is no date"),
        ("archive_check;40;EUR;30;тарифа;2099-01-15", "row 2: the day lies in the future"),
        (f"{WHOLE[0]}\n{WHOLE[0]}", "row 3: archive_check stands there twice"),
        (f"{WHOLE[0]}\nsurvey;350;BGN;21;търг;2026-01-15", "two currencies"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(run, housed: Path, row: str, complaint: str) -> None:
    table(housed, row)
    answer = ways(run, housed)
    assert answer.code == 3
    assert complaint in answer.err
    assert "hint:" in answer.err


def test_a_table_without_its_source_is_refused(run, housed: Path) -> None:
    table(housed, "archive_check;40;EUR;30;2026-01-15", head="document;fee;currency;days;date")
    answer = ways(run, housed)
    assert answer.code == 3
    assert "has no column source" in answer.err

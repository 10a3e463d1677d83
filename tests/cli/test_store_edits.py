"""What ``store verify`` and the next command say of edits that were made elsewhere."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from regularize.store.connection import open_file

CASE = ("case", "open", "detailed_plan", "--title", "План", "--date", "2026-02-01")


def another_program(project: Path) -> "closing[sqlite3.Connection]":
    """It knows the functions of a GeoPackage, as QGIS does, and says nothing to the log."""
    return closing(open_file(project / "store.gpkg", read_only=False))


@pytest.fixture
def edited(project: Path, run) -> Path:
    """A project whose one case was renamed in another program."""
    assert run("-p", project, *CASE).code == 0
    with another_program(project) as connection:
        connection.execute("UPDATE cases SET title='друго име'")
    return project


def test_an_edit_in_another_program_is_a_note_and_no_failure(edited: Path, run) -> None:
    for lang, words in (("en", "edited in another program"), ("bg", "редактирано с друга програма")):
        said = run("-p", edited, "store", "verify", lang=lang)
        assert said.code == 0
        lines = [line for line in said.out.splitlines() if not line.startswith("ok")]
        assert lines == [f"NOTE  external  {line.partition('  external  ')[2]}" for line in lines]
        assert len(lines) == 1
        assert f"{words}" in lines[0]
        assert "cases: update 1" in lines[0]
        assert words in said.err
    checks = run("-p", edited, "store", "verify", "--json").json["checks"]
    assert [check["name"] for check in checks if check["note"]] == ["external"]
    assert "store: external" in run("-p", edited, "doctor").out


def test_the_next_command_says_so_and_is_done(edited: Path, run, caplog: pytest.LogCaptureFixture) -> None:
    for times in (1, 1):  # said once, by the command that puts it into the log
        assert run("-p", edited, *CASE).code == 0
        assert caplog.text.count("edited in another program, now in the log: cases: update 1") == times


def test_an_edit_behind_the_program_s_back_fails_and_stays(
    project: Path, run, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("-p", project, *CASE).code == 0
    with another_program(project) as connection:
        query = "SELECT sql FROM sqlite_master WHERE name='history_cases_update'"
        (guard,) = connection.execute(query).fetchone()
        connection.execute("DROP TRIGGER history_cases_update")
        connection.execute("UPDATE cases SET title='друго име'")
        connection.execute(guard)
    assert run("-p", project, "store", "verify").code == 1
    assert run("-p", project, *CASE).code == 0  # people can work on; what happened is not forgotten
    assert "table:cases in the store was changed behind the program's back" in caplog.text
    said = run("-p", project, "store", "verify")
    assert said.code == 1
    assert "FAIL  differed  before event" in said.out
    assert "table:cases" in said.out

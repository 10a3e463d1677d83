"""Evidence of age follows the homes: into the one that two become, and into the one that is split off."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely

from regularize.model import Home, HomeChanges
from regularize.store import Store

DAY, LATER = date(2026, 1, 5), date(2026, 2, 5)
A, B, C = "T-00000-1", "T-00000-2", "T-00000-3"


def home(id_: str, east: float = 0.0) -> Home:
    place = shapely.box(322_000.0 + east, 4_707_000.0, 322_010.0 + east, 4_707_010.0)
    return Home(id_, "00000", place, (), (), (), DAY)


def became(project: Path, on: date, **changes: Any) -> None:
    with Store.open(project / "store.gpkg") as store:
        store.save_run({}, [], {}, HomeChanges(**changes), on=on)


@pytest.fixture
def housed(project: Path) -> Path:
    became(project, DAY, new=(home(A), home(B, 50.0)))
    return project


def add(run: Any, project: Path, id_: str, day: str, shows: str, *more: object) -> int:
    words = ("--dated", day, "--accuracy", 0, shows, "--ref", f"{id_} {day}", "--json", *more)
    answer = run("-p", project, "case", "evidence", "add", id_, "orthophoto", *words)
    assert answer.code == 0, answer.err
    return int(answer.json["seq"])


def pieces(run: Any, project: Path, id_: str) -> list[tuple[str, str | None]]:
    """(what names a piece, the home for which it was recorded where that is another one)"""
    found = run("-p", project, "case", "evidence", "list", id_, "--json").json
    return [(piece["ref"], piece["origin"]) for piece in found["recorded"]]


def test_pieces_of_a_home_that_merges_speak_for_the_one_that_goes_on(run, housed: Path) -> None:
    add(run, housed, A, "1995-06-01", "--absent")
    seq = add(run, housed, B, "2000-06-01", "--shows")
    became(housed, LATER, kept=(home(A),), merged=((B, A),))
    both = [(f"{A} 1995-06-01", None), (f"{B} 2000-06-01", B)]
    assert pieces(run, housed, A) == both
    assert pieces(run, housed, B) == both, "the old number leads to the home that goes on"
    found = run("-p", housed, "case", "evidence", "list", A, "--json").json
    assert (found["after"], found["by"]) == ("1995-06-01", "2000-06-01")
    assert [piece["origin"] for piece in found["pieces"]] == [None, B]
    assert f"recorded for home {B}" in run("-p", housed, "case", "evidence", "list", A).out
    assert f"вписано за дом {B}" in run("-p", housed, "case", "evidence", "list", A, lang="bg").out
    assert run("-p", housed, "case", "evidence", "withdraw", A, seq, "--reason", "другата сграда").code == 0
    assert pieces(run, housed, A) == both[:1]


def test_what_contradicts_after_a_merger_is_for_a_person(run, housed: Path) -> None:
    add(run, housed, A, "1995-06-01", "--shows")
    add(run, housed, B, "2000-06-01", "--absent")
    became(housed, LATER, kept=(home(A),), merged=((B, A),))
    found = run("-p", housed, "case", "evidence", "list", A, "--json").json
    assert len(found["contradictions"]) == 1


def test_a_home_that_is_split_off_takes_along_what_was_recorded_before(run, housed: Path) -> None:
    first = add(run, housed, A, "1995-06-01", "--shows")
    became(housed, LATER, kept=(home(A),), new=(home(C, 5.0),), split=((A, C),))
    add(run, housed, A, "2005-06-01", "--shows")
    assert pieces(run, housed, C) == [(f"{A} 1995-06-01", A)], "what came later is of the other home"
    add(run, housed, C, "1990-06-01", "--absent")
    assert len(pieces(run, housed, A)) == 2, "nothing goes back"
    mended = add(run, housed, A, "1996-06-01", "--shows", "--corrects", first)
    assert (f"{A} 1996-06-01", A) in pieces(run, housed, C), "a correction is of the same piece"
    assert run("-p", housed, "case", "evidence", "withdraw", C, mended, "--reason", "другата").code == 0
    assert pieces(run, housed, C) == [(f"{C} 1990-06-01", None)]
    assert (f"{A} 1996-06-01", None) in pieces(run, housed, A), "for the other home it still counts"


def test_the_same_piece_is_not_recorded_twice_under_two_names(run, housed: Path) -> None:
    add(run, housed, A, "1995-06-01", "--shows", "--ref", "снимка 7")
    became(housed, LATER, kept=(home(A),), new=(home(C, 5.0),), split=((A, C),))
    words = ("--dated", "1995-06-01", "--accuracy", 0, "--shows", "--ref", "снимка 7")
    answer = run("-p", housed, "case", "evidence", "add", C, "orthophoto", *words)
    assert answer.code == 2
    assert "recorded already" in answer.err


def test_the_log_of_a_home_is_told_in_words(run, housed: Path) -> None:
    add(run, housed, A, "1995-06-01", "--shows")
    said = run("-p", housed, "home", "show", A, lang="bg").out
    assert "Открит дом" in said
    assert "Вписано доказателство" in said
    assert "home.opened" not in said
    assert "evidence.recorded" not in said

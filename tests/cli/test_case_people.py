"""Parties, objections and consultations: identifiers, places and counts, never names."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from case_files import CASE, E, N, furnish, write
from shapely import box

EGN = "9541010006"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    furnish(folder / "town", folder)
    return folder / "town"


@pytest.fixture
def town(furnished: Path, tmp_path: Path) -> Path:
    shutil.copytree(furnished, tmp_path / "town")
    return tmp_path / "town"


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "store.gpkg").read_bytes()).hexdigest()


def test_parties_are_parcels_with_reasons(run, town: Path) -> None:
    said = run("-p", town, "case", "parties", "C-1", "--json").json
    assert [(p["identifier"], p["reason"], p["verdict"], p["because"]) for p in said["parties"]] == [
        ("00990.501.1", "inside", "met", None),
        ("00990.501.2", "inside", "met", None),
        ("00990.501.3", "adjoining", "not_assessed", "fact_missing"),
    ]
    assert all("чл. 131" in p["citation"] for p in said["parties"])
    assert [note["code"] for note in said["notes"]] == ["PARTY_GEOMETRY_LIMITS"]
    answer = run("-p", town, "case", "parties", "C-1")
    assert "00990.501.3" in answer.out
    assert "Attached building" in answer.err
    assert "households" not in json.dumps(said)


def test_the_lists_are_never_mixed(run, town: Path) -> None:
    said = run("-p", town, "case", "parties", "C-1", "--households", 12, "--block", "кв. 7", "--json").json
    assert run("-p", town, "case", "parties", "C-1", "--households", 9, "--block", f"ЕГН {EGN}").code == 0
    said = run("-p", town, "case", "parties", "C-1", "--households", 14, "--block", "кв. 7", "--json").json
    assert "parties" not in said
    assert [row["households"] for row in said["recorded"]] == [9, 14]
    assert said["without_parcel"] == {"buildings": 0, "dwellings": 0, "not_stated": 0}
    assert EGN.encode() not in (town / "store.gpkg").read_bytes()
    assert run("-p", town, "case", "parties", "C-1", "--block", "7").code == 2
    assert run("-p", town, "case", "parties", "C-1", "--households", -1).code == 2
    assert "14 households" in run("-p", town, "case", "show", "C-1").out


def test_buildings_without_parcel_are_counted(run, town: Path) -> None:
    assert run("-p", town, "case", "open", *CASE, "--area", "Изток", "--json").json["id"] == "C-2"
    write(town / "y.gpkg", [box(E + 130, N, E + 138, N + 6)], ref=["S-9"], dwellings=[3])
    options = ("--kind", "buildings", "--date", "2026-01-06", "--source", "second")
    assert run("-p", town, "ingest", "survey", town / "y.gpkg", *options).code == 0
    said = run("-p", town, "case", "parties", "C-2", "--voluntary", "--json").json
    assert said["without_parcel"] == {"buildings": 1, "dwellings": 3, "not_stated": 0}


def test_parties_need_a_place_and_parcels(run, town: Path) -> None:
    answer = run("-p", town, "case", "open", "cadastre_correction", "--date", "2026-02-01", "--json")
    answer = run("-p", town, "case", "parties", answer.json["id"])
    assert answer.code == 2
    assert "--part" in answer.err
    assert run("-p", town, "case", "parties", "C-9").code == 2
    answer = run("-p", town, "case", "parties", "C-1", "--on", "2025-01-01")
    assert answer.code == 2
    assert "ingest cadastre" in answer.err


def object_(run: Any, town: Path, *options: object) -> Any:
    return run("-p", town, "case", "objection", "add", "C-1", "--date", "2026-03-20", *options)


def test_objections_are_clustered_answered_and_logged(run, town: Path, tmp_path: Path) -> None:
    for event, day in (
        ("permitted", "2026-02-10"),
        ("submitted", "2026-03-01"),
        ("announced_sg", "2026-03-06"),
    ):
        assert run("-p", town, "case", "event", "C-1", event, "--date", day).code == 0
    assert object_(run, town, "--cause", "access", "--parcel", "00990.501.1").code == 0
    assert (
        object_(run, town, "--cause", "street", "--at", f"{E + 5},{N + 5}", "--note", f"пише ЕГН {EGN}").code
        == 0
    )
    late = run(
        "-p", town, "case", "objection", "add", "C-1", "--cause", "access", "--whole", "--date", "2026-05-20"
    )
    assert late.code == 0
    assert "AFTER_TERM" in late.err
    assert "чл. 128" in late.err
    revised = write(tmp_path / "n.gpkg", [box(E, N, E + 80, N + 38)], name=["Част 1"], plan_kind=["PRZ"])
    options = ("--kind", "plan_parts", "--date", "2026-06-01", "--json")
    batch = run("-p", town, "ingest", "plan", revised, *options).json["deliveries"][0]["batch"]
    answer = run(
        "-p",
        town,
        "case",
        "objection",
        "answer",
        "C-1",
        1,
        "--decision",
        "accepted",
        "--batch",
        batch,
        "--date",
        "2026-06-10",
    )
    assert answer.code == 0, answer.err
    said = run("-p", town, "case", "objection", "list", "C-1", "--json").json
    assert (said["n"], said["answered"]) == (3, 1)
    assert [(c["cause"], c["n"]) for c in said["clusters"]] == [("access", 2), ("street", 1)]
    first = said["clusters"][0]["objections"][0]
    assert (first["place"], first["decision"], first["answer_batch"]) == ("00990.501.1", "accepted", batch)
    still = run("-p", town, "case", "objection", "list", "C-1", "--open", "--json").json
    assert still["n"] == 2
    shown = run("-p", town, "case", "objection", "list", "C-1").out
    assert "Access to the parcel: 2, answered 1" in shown
    types = [e["type"] for e in run("-p", town, "case", "show", "C-1", "--json").json["events"]]
    assert types.count("case.objection") == 3
    assert types.count("case.objection_answered") == 1
    assert "Street: course or width" in run("-p", town, "case", "show", "C-1").out
    status = run("-p", town, "case", "status", "C-1", "--on", "2026-03-25", "--json").json
    assert status["parts"][0]["step"] == "objections_open"
    assert EGN.encode() not in (town / "store.gpkg").read_bytes()
    assert run("-p", town, "store", "verify").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cause", "access"), "one place"),
        (("--cause", "access", "--whole", "--at", "1,2"), "one place"),
        (("--cause", "rudeness", "--whole"), "boundary"),
        (("--cause", "access", "--parcel", "00990.501.77"), "case parties C-1"),
        (("--cause", "access", "--home", "T-1-1"), "home list"),
        (("--cause", "access", "--at", "here"), "EASTING,NORTHING"),
        (("--cause", "access", "--at", f"{N},{E}"), f"--at {E},{N}"),
        (("--cause", "access", "--whole", "--date", "2099-01-01"), "future"),
        (("--cause", "access", "--whole", "--date", "2026-01-01"), "lies before 2026-02-01"),
        (("--cause", "access", "--whole", "--date", "01.03.26"), "DD.MM.YYYY"),
    ],
)
def test_objections_that_cannot_be(run, town: Path, options: tuple[str, ...], said: str) -> None:
    before = digest(town)
    answer = object_(run, town, *options)
    assert answer.code == 2, answer.err
    assert said in answer.err
    assert digest(town) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((2, "--decision", "accepted"), "no objection 2"),
        ((1, "--decision", "perhaps"), "partly_accepted"),
        ((1, "--decision", "accepted", "--batch", "1"), "no plan parts"),
        ((1, "--decision", "accepted", "--batch", "99"), "no batch 99"),
        ((1, "--decision", "rejected", "--date", "2026-03-01"), "lies before 2026-03-20"),
    ],
)
def test_answers_that_cannot_be(run, town: Path, options: tuple[object, ...], said: str) -> None:
    assert object_(run, town, "--cause", "access", "--whole").code == 0
    before = digest(town)
    answer = run("-p", town, "case", "objection", "answer", "C-1", *options)
    assert answer.code == 2, answer.err
    assert said in answer.err
    assert digest(town) == before


def test_an_answer_without_geometry_is_remarked(run, town: Path) -> None:
    assert object_(run, town, "--cause", "access", "--at", f"{E + 310},{N + 5}").code == 0
    answer = run("-p", town, "case", "objection", "answer", "C-1", 1, "--decision", "accepted")
    assert "--batch NUMBER" in answer.err
    answer = run("-p", town, "case", "objection", "answer", "C-1", 1, "--decision", "accepted", "--batch", 2)
    assert (answer.code, "touches the place" in answer.err) == (0, True)


def test_causes_and_kinds_are_listed(run, town: Path) -> None:
    assert "Достъп до имота" in run("-p", town, "case", "objection", "add", "C-1", lang="bg").out
    assert "meeting" in run("-p", town, "case", "consultation", "C-1").out


def test_consultations_are_counts(run, town: Path) -> None:
    options = ("--kind", "meeting", "--date", "2026-04-14", "--people", 35, "--area", "Изток")
    assert run("-p", town, "case", "consultation", "C-1", *options).code == 0
    record = run("-p", town, "case", "show", "C-1", "--json").json
    assert record["consultations"] == [{"on": "2026-04-14", "kind": "meeting", "people": 35, "area": "Изток"}]
    assert "Meeting with residents, 35 people, Изток" in run("-p", town, "case", "show", "C-1").out
    before = digest(town)
    for wrong in (
        ("--kind", "party", "--date", "2026-04-14", "--people", 3),
        ("--kind", "meeting", "--date", "2026-04-14", "--people", -3),
        ("--kind", "meeting", "--date", "2026-04-14"),
        ("--kind", "meeting", "--people", 3),
        ("--kind", "meeting", "--date", "2099-04-14", "--people", 3),
        ("--kind", "meeting", "--date", "2026-04-14", "--people", 3, "--area", "Север"),
        ("--kind", "meeting", "--date", "2026-04-14", "--people", 3, "--partner", "party"),
        ("--kind", "meeting", "--date", "2026-04-14", "--people", 3, "--by", "Иван Петров Иванов"),
        ("--kind", "meeting", "--date", "2026-04-14", "--people", 3, "--by", "тел. 0888 123 456"),
    ):
        answer = run("-p", town, "case", "consultation", "C-1", *wrong)
        assert answer.code == 2, wrong
        assert not any(word in answer.err for word in ("Петров", "0888")), "no personal data in a message"
    assert digest(town) == before
    partner = ("--kind", "mediation", "--date", "2026-04-15", "--people", 4, "--partner", "mediator")
    assert run("-p", town, "case", "consultation", "C-1", *partner, "--by", "служба Устройство").code == 0
    assert "Mediation, Mediator, 4 people" in run("-p", town, "case", "show", "C-1").out


def test_a_consultation_needs_no_case(run, town: Path) -> None:
    """Community councils and mediators are at work before anything is opened."""
    told = ("--kind", "outreach", "--date", "2026-04-10", "--people", 40, "--partner", "community_council")
    answer = run("-p", town, "case", "consultation", *told, "--area", "Изток", "--json")
    assert answer.code == 0
    assert (answer.json["case"], answer.json["people"], answer.json["area"]) == (None, 40, "Изток")
    assert run("-p", town, "case", "show", "C-1", "--json").json["consultations"] == []
    assert run("-p", town, "store", "verify").code == 0
    out = town.parent / "i.json"
    assert run("-p", town, "report", "indicators", "-o", out).code == 0
    rows = {row["id"]: row["total"] for row in json.loads(out.read_text(encoding="utf-8"))["indicators"]}
    assert rows["people_reached"]["value"] == 40
    assert (rows["consultations_shared"]["value"], rows["consultations_shared"]["of"]) == (1, 1)
    assert run("-p", town, "case", "consultation").out.count("\n") >= 3, "without --kind the kinds are listed"

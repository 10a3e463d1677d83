"""Every detect, map and dossier can be done again: the same findings and bytes, whatever came later."""

import json
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def detected(project: Path, run) -> Path:  # type: ignore[no-untyped-def]  # the fixture of conftest
    for folder, origin, name, kind in (
        ("cadastre", "cadastre", "sgradi.shp", "buildings"),
        ("cadastre", "cadastre", "pozemleni_imoti.shp", "parcels"),
        ("surveys", "survey", "zasneti_sgradi.shp", "buildings"),
    ):
        answer = run("-p", project, "ingest", origin, DATA / folder / name, "--kind", kind, "--sigma", "0.2")
        assert answer.code in {0, 1}, answer.err
    assert run("-p", project, "detect").code == 0
    return project


def manifest_of(project: Path, kind: str) -> Path:
    (found,) = (project / "runs").glob(f"{kind}-*.json")
    return found


def test_what_was_done_can_be_done_again(detected: Path, run) -> None:  # type: ignore[no-untyped-def]
    page = detected / "maps" / "office.html"
    assert run("-p", detected, "map", "build", "--audience", "office", "-o", page).code == 0
    home = run("-p", detected, "home", "list", "--json").json[0]["id"]
    assert run("-p", detected, "dossier", "build", home).code == 0
    # Later work does not matter: the run is repeated on what was known then.
    note = ("--note", "seen", "--by", "office")
    assert run("-p", detected, "findings", "review", "B-1", "--confirm", *note).code == 0
    assert run("-p", detected, "ingest", "withdraw", 3, "--reason", "wrong").code == 0
    store = (detected / "store.gpkg").read_bytes()
    for kind in ("detect", "map", "dossier"):
        answer = run("-p", detected, "replay", manifest_of(detected, kind), "--json")
        assert answer.code == 0, (kind, answer)
        assert answer.json["same"], kind
        assert answer.json["outputs"] >= 1
    assert (detected / "store.gpkg").read_bytes() == store
    assert len(list((detected / "runs").iterdir())) == 3


def test_what_differs_is_named(detected: Path, run) -> None:  # type: ignore[no-untyped-def]
    file = manifest_of(detected, "detect")
    record = json.loads(file.read_text(encoding="utf-8"))
    record["outputs"]["B-1"] = "0" * 64
    record["outputs"]["B-9999"] = "0" * 64
    record["versions"]["shapely"] = "1.0"
    file.write_text(json.dumps(record), encoding="utf-8")
    answer = run("-p", detected, "replay", file, "--json")
    assert answer.code == 1
    assert answer.json["differ"] == ["B-1"]
    assert answer.json["missing"] == ["B-9999"]
    assert "shapely" in answer.json["causes"][0]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"manifest": 1}', '{"manifest": 2, "kind": "detect"}'])
def test_what_is_no_manifest_is_refused(project: Path, run, tmp_path: Path, text: str) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")
    answer = run("-p", project, "replay", file)
    assert answer.code == 3
    assert "hint" in answer.err


def test_another_store_is_refused(detected: Path, run) -> None:  # type: ignore[no-untyped-def]
    file = manifest_of(detected, "detect")
    record = json.loads(file.read_text(encoding="utf-8"))
    record["store"]["hash"] = "0" * 64
    file.write_text(json.dumps(record), encoding="utf-8")
    assert run("-p", detected, "replay", file).code == 3


def test_a_forged_manifest_writes_and_reads_nothing(detected: Path, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Only the parameters that a run writes down are taken: none of them is a path."""
    page, outside = detected / "maps" / "office.html", tmp_path / "written.png"
    assert run("-p", detected, "map", "build", "--audience", "office", "-o", page).code == 0
    file = manifest_of(detected, "map")
    true = json.loads(file.read_text(encoding="utf-8"))
    before = {path: path.read_bytes() for path in detected.rglob("*") if path.is_file()}
    forged = tmp_path / "forged.json"
    changes: list[dict[str, object]] = [
        {"parameters": true["parameters"] | {"png": str(outside)}},
        {"parameters": true["parameters"] | {"output": str(outside)}},
        {"parameters": true["parameters"] | {"area": [str(outside)]}},
        {"parameters": true["parameters"] | {"audience": "everybody"}},
        {"parameters": {"on": "2026-01-05"}},
        {"parameters": ["on"]},
        {"kind": "demo"},
        {"recorded_at": 10**30},
        {"outputs": ["map.html"]},
        {"store": {"seq": float("inf"), "hash": "0"}},
        {"store": true["store"] | {"hash": "0" * 64}},
    ]
    for number, change in enumerate([*changes, None]):
        text = json.dumps(true | change) if change is not None else "[" * 100_000
        forged.write_text(text, encoding="utf-8")
        answer = run("-p", detected, "replay", forged)
        assert answer.code == 3, (number, answer.err)
        assert "forged.json" in answer.err
        assert "Traceback" not in answer.err
    assert not outside.exists()
    assert {path: path.read_bytes() for path in detected.rglob("*") if path.is_file()} == before

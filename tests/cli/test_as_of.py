"""Two clocks: what stood on a day (--on), and what was known at the end of a day (--as-known)."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import box

E, N = 560_000.0, 4_720_000.0
CLOCK = "SOURCE_DATE_EPOCH"
# Days on which things are recorded; each lies after the day of which it speaks.
KNOWN = {"2026-02-10": 1770724800, "2026-03-10": 1773144000, "2026-04-10": 1775822400}
FIRST, SECOND, THIRD = KNOWN
DETECTED, AGAIN = "2026-02-01", "2026-03-01"


def write(path: Path, geometries: list[Any], **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:7801").to_file(
        path, driver="GPKG", engine="pyogrio"
    )
    return path


def house(i: int) -> Any:
    return box(E + 30 * i, N, E + 30 * i + 10, N + 9)


@pytest.fixture
def project(tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch) -> Path:  # type: ignore[no-untyped-def]
    """An empty project, made on the first of these days."""
    monkeypatch.setenv(CLOCK, str(KNOWN[FIRST]))
    assert run("init", tmp_path / "p", "--municipality", "Примерна", "--language", "en").code == 0
    return tmp_path / "p"


@pytest.fixture
def told(project: Path, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # type: ignore[no-untyped-def]
    """Three houses found in February; in March one is gone, one in the cadastre; in April a review."""
    here = ("-p", project)
    survey = ("--kind", "buildings", "--sigma", "0.1")
    monkeypatch.setenv(CLOCK, str(KNOWN[FIRST]))
    known = write(tmp_path / "known.gpkg", [house(9)], identifier=["00990.501.9.1"])
    seen = write(tmp_path / "seen.gpkg", [house(i) for i in range(3)], ref=["S-0", "S-1", "S-2"])
    common = ("--date", "2026-01-05")
    assert run(*here, "ingest", "cadastre", known, "--kind", "buildings", "--sigma", "0.2", *common).code == 0
    assert run(*here, "ingest", "survey", seen, *survey, *common).code == 0
    assert run(*here, "detect", "--on", DETECTED).code == 0

    monkeypatch.setenv(CLOCK, str(KNOWN[SECOND]))
    entered = write(
        tmp_path / "entered.gpkg", [house(9), house(1)], identifier=["00990.501.9.1", "00990.501.1.1"]
    )
    left = write(tmp_path / "left.gpkg", [house(0), house(1)], ref=["S-0", "S-1"])
    common = ("--date", "2026-02-20")
    assert (
        run(*here, "ingest", "cadastre", entered, "--kind", "buildings", "--sigma", "0.2", *common).code == 0
    )
    assert run(*here, "ingest", "survey", left, *survey, *common).code == 0
    assert run(*here, "ingest", "withdraw", 2, "--reason", "surveyed anew").code == 0
    assert run(*here, "detect", "--on", AGAIN).code == 0

    monkeypatch.setenv(CLOCK, str(KNOWN[THIRD]))
    assert run(*here, "findings", "review", "B-1", "--confirm", "--note", "seen", "--by", "office").code == 0
    return project


def findings(run: Any, project: Path, *words: str) -> dict[str, tuple[str, str, bool]]:
    answer = run("-p", project, "findings", "list", "--kind", "building", "--all", "--json", *words)
    assert answer.code == 0, answer.err
    return {
        r["survey_refs"][0]: (r["class"], r["review"], r["closed"] is not None)
        for r in answer.json
        if r["survey_refs"]
    }


def homes(run: Any, project: Path, *words: str) -> dict[str, tuple[str | None, list[str]]]:
    answer = run("-p", project, "home", "list", "--json", *words)
    assert answer.code == 0, answer.err
    return {r["id"]: (r["valid_to"], r["findings"]) for r in answer.json}


def test_what_stood_on_a_day(told: Path, run) -> None:  # type: ignore[no-untyped-def]
    new = ("not_in_cadastre", "new", False)
    then = {"S-0": new, "S-1": new, "S-2": new}
    now = findings(run, told)
    assert now["S-0"] == ("not_in_cadastre", "confirmed", False)
    assert now["S-1"][0] != "not_in_cadastre"
    assert "S-2" not in now
    assert findings(run, told, "--on", "2026-01-31") == {}
    for day in (DETECTED, "2026-02-28"):
        assert findings(run, told, "--on", day) == then
    march = findings(run, told, "--on", AGAIN)
    assert march["S-0"] == new  # reviewed in April
    assert march["S-1"] == now["S-1"]
    assert "S-2" not in march
    assert findings(run, told, "--on", AGAIN, "--closed")["S-2"] == ("not_in_cadastre", "new", True)
    assert findings(run, told, "--on", THIRD) == now
    assert findings(run, told, "--on", "2030-01-01", "--closed") == findings(run, told, "--closed")


def test_what_was_known_on_a_day(told: Path, run) -> None:  # type: ignore[no-untyped-def]
    now = findings(run, told)
    assert findings(run, told, "--as-known", THIRD) == now
    first = findings(run, told, "--as-known", FIRST)
    assert set(first) == {"S-0", "S-1", "S-2"}
    assert {cls for cls, _review, _closed in first.values()} == {"not_in_cadastre"}
    # In February nobody knew yet what the run of March would say of March.
    assert findings(run, told, "--as-known", "2026-03-09", "--on", "2026-03-05") == first
    assert findings(run, told, "--as-known", SECOND, "--on", DETECTED) == first
    second = findings(run, told, "--as-known", SECOND)
    assert second["S-0"] == ("not_in_cadastre", "new", False)
    refused = run("-p", told, "findings", "list", "--as-known", "2020-01-01")
    assert refused.code == 2
    assert "hint" in refused.err


def test_homes_by_both_clocks(told: Path, run) -> None:  # type: ignore[no-untyped-def]
    now, all_of_them = homes(run, told), homes(run, told, "--closed")
    ended = {id_ for id_, (valid_to, _findings) in all_of_them.items() if valid_to == AGAIN}
    assert ended
    assert not ended & set(now)
    assert homes(run, told, "--on", "2026-01-31") == {}
    february = homes(run, told, "--on", DETECTED)
    assert ended <= set(february)
    assert all(valid_to is None for valid_to, _findings in february.values())
    assert all(february[id_][1] for id_ in ended), "with the findings of that day"
    assert homes(run, told, "--on", AGAIN) == now
    assert homes(run, told, "--on", AGAIN, "--closed") == all_of_them
    assert homes(run, told, "--as-known", FIRST) == february
    assert homes(run, told, "--as-known", THIRD) == now


def test_asking_writes_nothing(told: Path, run) -> None:  # type: ignore[no-untyped-def]
    def content() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in told.rglob("*") if p.is_file()}

    before = content()
    for words in (("findings", "list"), ("home", "list")):
        for clocks in (("--on", AGAIN), ("--as-known", FIRST), ("--on", AGAIN, "--as-known", FIRST)):
            assert run("-p", told, *words, *clocks).code == 0
    assert content() == before
    refused = run("-p", told, "home", "list", "--on", "1.2.26")
    assert refused.code == 2


def test_a_case_by_both_clocks(project: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv(CLOCK, str(KNOWN[FIRST]))
    here = ("-p", project, "case")
    assert run(*here, "open", "detailed_plan", "--title", "П", "--date", "2026-02-02").code == 0
    monkeypatch.setenv(CLOCK, str(KNOWN[THIRD]))
    late = ("--date", "2026-02-09", "--by", "office")
    assert run(*here, "event", "C-1", "brief_prepared", *late).code == 0

    def seen(*words: str) -> str:
        return json.dumps(run(*here, "status", "C-1", "--json", *words).json)

    assert seen("--on", "2026-02-05") != seen("--on", "2026-02-20")
    assert seen("--on", "2026-02-20", "--as-known", THIRD) == seen("--on", "2026-02-20")


def test_an_office_map_by_what_was_known(told: Path, run) -> None:  # type: ignore[no-untyped-def]
    pages = {}
    for name, words in (("then", ("--as-known", FIRST, "--on", DETECTED)), ("now", ())):
        page = told / "maps" / f"{name}.html"
        answer = run("-p", told, "map", "build", "--audience", "office", "-o", page, *words)
        assert answer.code == 0, answer.err
        pages[name] = page.read_bytes()
    assert pages["then"] != pages["now"]
    council = ("--audience", "council", "-o", told / "maps" / "c.html")
    refused = run("-p", told, "map", "build", *council, "--as-known", FIRST)
    assert refused.code == 2
    assert "hint" in refused.err
    assert not (told / "maps" / "c.html").exists()

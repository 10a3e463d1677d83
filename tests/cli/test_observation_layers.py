"""Any layer of outlines may be the observation: with its source, its date and its accuracy."""

from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from regularize.store import Store

E, N = 560_000.0, 4_720_000.0
HOUSES = [box(E + 30 * (k % 8), N + 28 * (k // 8), E + 30 * (k % 8) + 9, N + 28 * (k // 8) + 8 + k % 3)
          for k in range(40)]  # fmt: skip


def write(path: Path, shapes: list, **columns: object) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:7801").to_file(path, driver="GPKG")
    return path


@pytest.fixture
def registered(project: Path, run, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    refs = [f"r{k}" for k in range(25)]
    file = write(tmp_path / "cadastre.gpkg", HOUSES[:25], ref=refs)
    assert run("-p", project, "ingest", "cadastre", file, "--kind", "buildings", "--sigma", 0.2).code == 0
    return project


COLUMNS: dict[str, dict[str, object]] = {
    "microsoft": {"height": 3.1, "confidence": 0.9},
    "google_open_buildings": {"confidence": 0.8, "full_plus_code": "8GJ5M7QF+XX"},
    "overture": {"id": "08b1", "class": "house", "num_floors": 1},
    "osm": {"osm_id": "77", "building": "house", "building:levels": "2"},
}


@pytest.mark.parametrize(
    ("profile", "sigma"), [*((name, None) for name in COLUMNS), ("microsoft", 0.1), ("osm", 0.1)]
)
def test_footprints_of_others(
    profile: str, sigma: float | None, registered: Path, run, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    columns = {name: [value] * len(HOUSES) for name, value in COLUMNS[profile].items()}
    file = write(tmp_path / "footprints.gpkg", HOUSES, **columns)
    stated = () if sigma is None else ("--sigma", sigma)
    answer = run("-p", registered, "ingest", "survey", file, "--kind", "buildings", "--profile", profile,
                 "--date", "2025-03-01", *stated)  # fmt: skip
    assert answer.code == 0, answer.err
    with Store.open(registered / "store.gpkg", read_only=True) as store:
        rows = store.layer("observed_buildings")
    assert set(rows["sigma_m"]) == {sigma or 1.25}
    assert {str(day)[:10] for day in rows["valid_from"]} == {"2025-03-01"}
    assert len(set(rows["source"])) == 1
    assert rows["source"][0]
    outcome = run("-p", registered, "detect", "--json").json
    records = run("-p", registered, "findings", "list", "--all", "--json").json
    assert {r["class"] for r in records} == {"unchanged", "not_in_cadastre"}
    raised = "MACHINE_SIGMA_RAISED" in {issue["code"] for issue in outcome["issues"]}
    machine = profile != "osm"
    assert raised == (machine and sigma is not None)
    if machine or sigma is None:
        assert {r["grade"] for r in records} <= {"C", "D"}
        assert all("MACHINE_DRAWN" in r["reasons"] for r in records)
        assert not [r for r in records if "WITHIN_TOLERANCE" in r["reasons"]]


def test_a_second_source_lifts_by_one_grade(registered: Path, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    refs = [f"m{k}" for k in range(40)]
    first = write(tmp_path / "one.gpkg", HOUSES, ref=refs)
    second = write(tmp_path / "two.gpkg", [HOUSES[39], HOUSES[0]], ref=["d39", "d0"])
    ingest = ("-p", registered, "ingest", "survey")
    common = ("--kind", "buildings", "--date", "2025-03-01")
    assert run(*ingest, first, *common, "--profile", "microsoft").code == 0
    assert run(*ingest, second, *common, "--sigma", 1.1, "--source", "other footprints").code == 0
    assert run("-p", registered, "detect").code == 0
    records = run("-p", registered, "findings", "list", "--all", "--json").json
    graded = {
        ref: (r["grade"], "SECOND_SOURCE_AGREES" in r["reasons"]) for r in records for ref in r["survey_refs"]
    }
    assert graded["m39"] == graded["d39"] == ("B", True)
    assert {grade for ref, grade in graded.items() if ref not in {"m39", "d39", "m0", "d0"}} == {("C", False)}


def test_a_survey_on_site_keeps_its_own_accuracy(registered: Path, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    machine = write(tmp_path / "one.gpkg", HOUSES[:38], ref=[f"m{k}" for k in range(38)])
    walked = write(tmp_path / "two.gpkg", HOUSES[38:], ref=["g38", "g39"])
    ingest = ("-p", registered, "ingest", "survey")
    assert run(*ingest, machine, "--kind", "buildings", "--profile", "microsoft", "--sigma", 0.3).code == 0
    assert run(*ingest, walked, "--kind", "buildings", "--sigma", 0.05, "--source", "GNSS").code == 0
    said = run("-p", registered, "detect", "--json").json
    (issue,) = [i for i in said["issues"] if i["code"] == "MACHINE_SIGMA_RAISED"]
    assert "38" in issue["message"]
    assert "0.3" in issue["message"]
    records = run("-p", registered, "findings", "list", "--class", "not_in_cadastre", "--json").json
    graded = {ref: r["grade"] for r in records for ref in r["survey_refs"]}
    assert graded["g39"] == "A"
    assert graded["m30"] == "C"

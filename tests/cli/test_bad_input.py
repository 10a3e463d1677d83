"""What goes wrong is said once, clearly, with the next command to try; the store stays as it was."""

import hashlib
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point, Polygon, box

CRS = "EPSG:7801"
E, N = 560_000.0, 4_720_000.0
HOUSE = box(E, N, E + 8, N + 6)


def write(path: Path, geometries: list[object], crs: str | None = CRS, **columns: list[object]) -> Path:
    frame = gpd.GeoDataFrame(
        {"ref": [f"S-{i}" for i in range(len(geometries))], **columns}, geometry=geometries, crs=crs
    )
    frame.to_file(path, driver="GPKG", layer="b", engine="pyogrio")
    return path


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "store.gpkg").read_bytes()).hexdigest()


def judge(answer, code: int) -> None:
    """One clear answer: the code, a message, a hint, no traceback, the counts last."""
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert answer.last.startswith("read=")
    assert answer.err.count("error:") == 1
    assert "hint:" in answer.err


def survey(run, project: Path, *args: object, lang: str = "en"):
    return run("-p", project, "ingest", "survey", *args, lang=lang)


def test_missing_file(run, project: Path) -> None:
    before = digest(project)
    answer = survey(run, project, project / "няма такъв.shp", "--kind", "buildings")
    judge(answer, 3)
    assert answer.last == "read=0 stored=0 quarantined=0"
    assert "няма такъв.shp" in answer.err
    assert digest(project) == before


def test_unreadable_file(run, project: Path, tmp_path: Path) -> None:
    rubbish = tmp_path / "plan.gpkg"
    rubbish.write_bytes(bytes(range(256)) * 20)
    before = digest(project)
    judge(survey(run, project, rubbish, "--kind", "buildings"), 3)
    assert digest(project) == before


def test_no_crs(run, project: Path, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"ref": ["a"]}, geometry=[HOUSE])
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(tmp_path / "a.shp", engine="pyogrio")
    (tmp_path / "a.prj").unlink(missing_ok=True)
    answer = survey(run, project, tmp_path / "a.shp", "--kind", "buildings")
    judge(answer, 3)
    assert "--crs" in answer.err
    answer = survey(run, project, tmp_path / "a.shp", "--kind", "buildings", "--crs", CRS)
    assert (answer.code, answer.last) == (0, "read=1 stored=1 quarantined=0")


def test_crs_outside_the_country(run, project: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "fr.gpkg", [box(650_000, 6_860_000, 650_010, 6_860_010)], crs="EPSG:2154")
    before = digest(project)
    judge(survey(run, project, path, "--kind", "buildings"), 3)
    assert digest(project) == before


def test_swapped_axes_are_recognised(run, project: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "ne.gpkg", [box(N, E, N + 6, E + 8)])
    judge(survey(run, project, path, "--kind", "buildings"), 3)


def test_mixed_and_null_geometries(run, project: Path, tmp_path: Path) -> None:
    bow = Polygon([(E, N), (E + 10, N + 10), (E + 10, N), (E, N + 10)])
    path = write(tmp_path / "mixed.gpkg", [HOUSE, None, Point(E, N), bow, Polygon()])
    answer = survey(run, project, path, "--kind", "buildings", "--json")
    assert answer.code == 1
    assert answer.last == "read=5 stored=1 quarantined=4"
    said = answer.json
    assert (said["read"], said["stored"], said["quarantined"]) == (5, 1, 4)
    assert {issue["feature"] for issue in said["issues"]} >= {2, 3, 4, 5}
    again = survey(run, project, path, "--kind", "buildings")
    assert (again.code, again.last) == (1, answer.last)


def test_second_run_of_the_same_file(run, project: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "once.gpkg", [HOUSE])
    assert survey(run, project, path, "--kind", "buildings").code == 0
    before = digest(project)
    answer = survey(run, project, path, "--kind", "buildings", "--json")
    assert answer.code == 0
    assert answer.json["deliveries"][0]["already_stored"] is True
    assert answer.last == "read=1 stored=1 quarantined=0"
    assert digest(project) == before


def test_unknown_fields_are_named_not_stored(run, project: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "more.gpkg", [HOUSE], mystery=["value-that-stays-out"])
    answer = survey(run, project, path, "--kind", "buildings")
    assert answer.code == 0
    assert "mystery" in answer.err
    assert b"value-that-stays-out" not in (project / "store.gpkg").read_bytes()


def test_personal_columns_are_refused(run, project: Path, tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.gpkg",
        [HOUSE],
        собственик=["Име Презиме Фамилия"],
        етнос=["x"],
        бележка=["ЕГН 9541010006"],
    )
    answer = survey(run, project, path, "--kind", "buildings")
    assert answer.code == 0
    assert "Презиме" not in answer.err
    raw = (project / "store.gpkg").read_bytes()
    assert "Презиме".encode() not in raw
    assert b"9541010006" not in raw


def test_no_project(run, tmp_path: Path) -> None:
    answer = run("-p", tmp_path, "store", "info")
    assert answer.code == 3
    assert "regularize init" in answer.err


def test_project_stands_already(run, project: Path) -> None:
    answer = run("init", project, "--municipality", "Друга")
    assert answer.code == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--kind", "parcels"), 2),
        (("--kind", "buildings", "--layer", "няма"), 2),
        (("--kind", "buildings", "--crs", "EPSG:999999"), 2),
        (("--kind", "buildings", "--profile", "няма"), 2),
        (("--kind", "buildings", "--date", "03.04.25"), 2),
        (("--kind", "roofs"), 2),
    ],
)
def test_wrong_options(run, project: Path, tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    path = write(tmp_path / "a.gpkg", [HOUSE])
    before = digest(project)
    answer = survey(run, project, path, *options)
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert digest(project) == before


def test_locked_store(run, project: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", [HOUSE])
    hold = (
        "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(30)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(project / "store.gpkg")], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            judge(survey(run, project, path, "--kind", "buildings"), 4)
        finally:
            holder.kill()


def test_damaged_store(run, project: Path) -> None:
    (project / "store.gpkg").write_bytes(b"no database at all" * 100)
    answer = run("-p", project, "store", "info")
    assert answer.code == 4
    assert "Traceback" not in answer.err


def test_detect_before_anything_is_ingested(run, project: Path) -> None:
    answer = run("-p", project, "detect")
    assert answer.code == 3
    assert "ingest cadastre" in answer.err


def test_messages_in_bulgarian(run, project: Path, tmp_path: Path) -> None:
    answer = survey(run, project, tmp_path / "няма.shp", "--kind", "buildings", lang="bg")
    assert answer.code == 3
    assert "грешка:" in answer.err
    assert "съвет:" in answer.err


def test_generic_needs_a_metric_crs(run, tmp_path: Path) -> None:
    for crs in ((), ("--crs", "EPSG:4326"), ("--crs", "EPSG:3857"), ("--crs", "nonsense")):
        answer = run("init", tmp_path / "g", "--municipality", "X", "--country", "generic", *crs)
        assert answer.code == 2, crs
        assert not (tmp_path / "g").exists()

"""The committed files are what the generator writes, byte for byte on the same day or another."""

import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from regularize import (
    countries,
    gdal_guard,  # noqa: F401  # closes GDAL's doors before an engine is loaded
)
from regularize.intake import settlements
from regularize.sample import EKATTE, SAMPLE_SEED, Sample, generate
from regularize.sample.settings import SETTLEMENTS

# isort: split
import geopandas as gpd

DATA = Path(__file__).parents[2] / "data"
SHAPES = sorted(
    [
        *(f"cadastre/{name}" for name in ("pozemleni_imoti", "sgradi", "zemi")),
        *(
            f"surveys/{name}"
            for name in ("zasneti_sgradi", "dvorove", "ogradi", "ulitsi", "raioni", "chasti_plan")
        ),
    ]
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return generate(SAMPLE_SEED, tmp_path_factory.mktemp("sample"))


def files_in(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name != "README.md"
    )


def test_two_runs_are_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(sample.folder, again)  # writing over old files must not leave anything of them
    (again / "cadastre" / "sgradi.dbf").write_bytes(b"old")
    generate(SAMPLE_SEED, again)
    assert files_in(again) == files_in(sample.folder)
    for name in files_in(again):
        assert (again / name).read_bytes() == (sample.folder / name).read_bytes(), name


def test_committed_files_are_all_there(sample: Sample) -> None:
    assert files_in(DATA) == files_in(sample.folder)
    assert sum((DATA / name).stat().st_size for name in files_in(DATA)) < 1_000_000


@pytest.mark.parametrize("name", SHAPES)
def test_committed_shapefile_is_regenerated(name: str, sample: Sample) -> None:
    committed = gpd.read_file(DATA / f"{name}.shp")
    fresh = gpd.read_file(sample.folder / f"{name}.shp")
    assert list(committed.columns) == list(fresh.columns)
    assert committed.crs == fresh.crs == "EPSG:7801"
    pd.testing.assert_frame_equal(
        pd.DataFrame(committed.drop(columns="geometry")),
        pd.DataFrame(fresh.drop(columns="geometry")),
        atol=0.02,
    )
    for a, b in zip(committed.geometry, fresh.geometry, strict=True):
        one, other = shapely.get_coordinates(a), shapely.get_coordinates(b)
        assert one.shape == other.shape
        assert np.abs(one - other).max() <= 0.001


@pytest.mark.parametrize("name", ["buildings.csv", "plots.csv", "odd_rows.csv", "shift.csv"])
def test_committed_truth_is_regenerated(name: str, sample: Sample) -> None:
    assert (DATA / "truth" / name).read_text("utf-8") == (sample.folder / "truth" / name).read_text("utf-8")


def test_committed_list_of_settlements_is_regenerated_and_usable(sample: Sample) -> None:
    assert (DATA / "settlements.csv").read_bytes() == sample.settlements.read_bytes()
    listed = settlements.load(DATA / "settlements.csv", "EPSG:7801", countries.load("bg").extent)
    assert len(listed.places) == 2
    ours = gpd.read_file(DATA / "cadastre" / "pozemleni_imoti.shp").total_bounds
    middle = np.array([[(ours[0] + ours[2]) / 2, (ours[1] + ours[3]) / 2]])
    near, far = (listed.distances_m(middle, code)[0] for code in (EKATTE, *(listed.places.keys() - {EKATTE})))
    assert near < 1_000
    assert far > 5_000


def test_committed_points_are_regenerated(sample: Sample) -> None:
    def read(folder: Path) -> list[list[str]]:
        text = (folder / "surveys" / "tochki.txt").read_bytes().decode("cp1251")
        assert text.count("\r\n") == text.count("\n")
        return [line.split(",") for line in text.splitlines()]

    committed, fresh = read(DATA), read(sample.folder)
    assert [(p[0], p[4]) for p in committed] == [(p[0], p[4]) for p in fresh]
    ours, theirs = (np.array([[float(v) for v in p[1:3]] for p in rows]) for rows in (committed, fresh))
    assert np.abs(ours - theirs).max() <= 0.001
    assert {p[4] for p in committed} == {"ъгъл на сграда"}
    assert ours[:, 0].min() > 4_500_000  # northing first


def test_points_are_the_corners_of_the_measured_buildings(sample: Sample) -> None:
    frame = gpd.read_file(sample.folder / "surveys" / "zasneti_sgradi.shp")
    corners = {tuple(c) for c in shapely.get_coordinates(frame.geometry.to_numpy()).round(3).tolist()}
    text = (sample.folder / "surveys" / "tochki.txt").read_bytes().decode("cp1251")
    measured = {(float(e), float(n)) for _, n, e, _, _ in (line.split(",") for line in text.splitlines())}
    assert measured == corners


@pytest.mark.parametrize("name", SHAPES)
def test_shapefile_states_its_code_page_and_a_fixed_day(name: str) -> None:
    header = (DATA / f"{name}.dbf").read_bytes()[:32]
    assert header[1:4] in {bytes((126, 1, 15)), bytes((126, 5, 20))}
    assert header[29] == 0xC9
    assert (DATA / f"{name}.cpg").read_bytes() == b"1251"
    n_rows = struct.unpack("<I", header[4:8])[0]
    assert n_rows == len(gpd.read_file(DATA / f"{name}.shp"))


def test_fields_of_the_register_are_those_of_the_agency() -> None:
    parcels = gpd.read_file(DATA / "cadastre" / "pozemleni_imoti.shp")
    buildings = gpd.read_file(DATA / "cadastre" / "sgradi.shp")
    assert {"cadnum", "ekatte", "usetype", "purptype", "proptype", "AREA"} <= set(parcels.columns)
    assert {"cadnum", "ekatte", "functype", "flrcount", "appcount"} <= set(buildings.columns)
    assert set(parcels["ekatte"]) == {EKATTE}
    assert {"предназнач", "етажи"} <= set(gpd.read_file(DATA / "surveys" / "zasneti_sgradi.shp").columns)


@pytest.mark.parametrize("code", [EKATTE, *(row[0] for row in SETTLEMENTS)])
def test_the_settlement_is_nobodys(code: str) -> None:
    """Five digits whose last is not the check digit, by either set of weights."""
    assert re.fullmatch(r"\d{5}", code)
    digits = [int(d) for d in code]
    check = sum(w * d for w, d in zip((1, 2, 3, 4), digits, strict=False)) % 11
    if check == 10:
        check = sum(w * d for w, d in zip((3, 4, 5, 6), digits, strict=False)) % 11 % 10
    assert digits[4] != check


def test_deliveries_say_how_to_ingest_them(sample: Sample) -> None:
    assert len({(d.origin, d.kind) for d in sample.deliveries}) == len(sample.deliveries) == 10
    for delivered in sample.deliveries:
        if delivered.path.suffix == ".shp":
            assert delivered.n == len(gpd.read_file(delivered.path))
        else:
            assert delivered.n == len(delivered.path.read_bytes().splitlines())


def test_no_personal_data() -> None:
    """Neither a column for people, nor a number of ten digits, nor a mail address."""
    forbidden = re.compile(
        r"egn|егн|lnch|owner|собственик|person|phone|телефон|mail|lice|лице", re.IGNORECASE
    )
    for name in SHAPES:
        frame = gpd.read_file(DATA / f"{name}.shp").drop(columns="geometry")
        assert not [column for column in frame.columns if forbidden.search(column)]
        for value in map(str, frame.to_numpy().ravel()):
            assert not re.search(r"\d{10}|@", value)
    text = (DATA / "surveys" / "tochki.txt").read_bytes().decode("cp1251")
    assert not re.search(r"(?<![\d.])\d{10}(?![\d.])|@", text)

"""The file as other programs see it."""

import os
import sqlite3
import stat
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import shapely
from osgeo_utils.samples import validate_gpkg
from store_samples import CRS, EAST, NORTH, finding_of, square

from regularize import gdal_guard  # noqa: F401 - first, before anything that loads GDAL
from regularize.errors import OptionError
from regularize.model import Batch, Case, HomeChanges
from regularize.store import Store


@pytest.fixture
def filled(store: Store, deliver: Callable[..., Batch]) -> Path:
    deliver([square(i * 20) for i in range(5)], held=1, columns={"identifier": ["имот"] * 5})
    deliver([square(3), square(40)], layer="observed_buildings", origin="survey", kind="buildings")
    deliver(
        [shapely.LineString([(EAST, NORTH), (EAST + 50, NORTH)]), square()],
        layer="streets",
        kind="streets",
        columns={"name": ["ул. „Първа“", None]},
    )
    deliver([shapely.Point(EAST, NORTH)], layer="points", origin="survey", kind="points")
    store.save_run({}, [finding_of("B-1")], {}, HomeChanges())
    store.open_case(Case("", "plan", "План", date(2026, 1, 5)))
    store.close()
    return store.path


def test_it_passes_the_validator(filled: Path) -> None:
    errors = validate_gpkg.check(str(filled), extra_checks=True, warning_as_error=True)
    assert errors == []


def test_the_validator_can_fail(filled: Path) -> None:
    """A check that cannot fail is none."""
    with sqlite3.connect(filled) as connection:
        connection.execute("DELETE FROM gpkg_extensions WHERE table_name='parcels'")
    connection.close()
    with pytest.raises(validate_gpkg.GPKGCheckException, match="RTree"):
        validate_gpkg.check(str(filled))


def test_pyogrio_reads_it(filled: Path) -> None:
    import pyogrio

    layers = dict(pyogrio.list_layers(filled).tolist())
    assert layers["parcels"] == "MultiPolygon"
    assert layers["batches"] is None
    info = pyogrio.read_info(filled, layer="parcels")
    assert (info["features"], info["crs"], info["geometry_type"]) == (5, CRS, "MultiPolygon")
    frame = pyogrio.read_dataframe(filled, layer="parcels", bbox=(EAST + 15, NORTH, EAST + 45, NORTH + 1))
    assert len(frame) == 2
    assert frame.crs == CRS
    assert set(frame["identifier"]) == {"имот"}
    assert list(pyogrio.read_dataframe(filled, layer="batches")["n_read"]) == [6, 2, 2, 1]


def test_fiona_reads_it(filled: Path) -> None:
    import fiona

    with fiona.open(filled, layer="parcels") as layer:
        assert (len(layer), layer.crs.to_epsg()) == (5, 7801)
    with fiona.open(filled, layer="streets") as layer:
        assert {feature["geometry"]["type"] for feature in layer} == {"LineString", "Polygon"}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_nobody_else_can_read_it(store: Store, deliver: Callable[..., Batch]) -> None:
    old = os.umask(0)
    try:
        deliver([square()])
    finally:
        os.umask(old)
    files = list(store.path.parent.iterdir())
    assert {file.name for file in files} >= {"store.gpkg", "store.head", "store.gpkg-wal"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_file_says_how_it_works(store: Store) -> None:
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert connection.execute("PRAGMA user_version").fetchone() == (10300,)
    connection.close()


def test_a_store_is_never_replaced(store: Store) -> None:
    before = store.path.read_bytes()
    with pytest.raises(OptionError, match="stands already"):
        Store.create(store.path, crs=CRS, title="other")
    assert store.path.read_bytes() == before
    assert [f.name for f in store.path.parent.glob(".regularize-*")] == []


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:1", "nonsense", "EPSG:78o1", ""])
def test_only_a_projected_crs_will_do(tmp_path: Path, crs: str) -> None:
    with pytest.raises(OptionError):
        Store.create(tmp_path / "store.gpkg", crs=crs, title="")
    assert list(tmp_path.iterdir()) == []

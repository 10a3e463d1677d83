"""GeoPackages of others: read-only, tables only, nothing beside them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from small_sources import codes, folder_state, square, write

from regularize.errors import InputError, OptionError
from regularize.intake import Delivery, layers_in

Read = Callable[..., Delivery]


@pytest.fixture
def gpkg(tmp_path: Path) -> Path:
    return write(tmp_path / "buildings.gpkg", [square(), square(50)], ref=["a", "b"], storeys=[1, 2])


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_geopackage(gpkg: Path, tmp_path: Path, read: Read) -> None:
    before = folder_state(tmp_path)
    delivery = read(gpkg)
    assert folder_state(tmp_path) == before
    assert delivery.frame["ref"].tolist() == ["a", "b"]
    assert delivery.frame["storeys"].tolist() == [1, 2]
    assert delivery.source.reader == "geopackage"
    assert delivery.ignored_columns == ()


def test_the_ending_does_not_matter(gpkg: Path, read: Read) -> None:
    assert len(read(gpkg.rename(gpkg.with_name("survey.dat"))).frame) == 2


def test_a_file_in_wal_mode_is_left_as_it_is(gpkg: Path, tmp_path: Path, read: Read) -> None:
    execute(gpkg, "PRAGMA journal_mode = WAL")
    before = folder_state(tmp_path)
    assert len(read(gpkg).frame) == 2
    assert folder_state(tmp_path) == before


def test_a_log_beside_it_is_refused(gpkg: Path, read: Read) -> None:
    gpkg.with_name(gpkg.name + "-wal").write_bytes(b"x" * 100)
    with pytest.raises(InputError) as caught:
        read(gpkg)
    assert "-wal" in caught.value.message
    assert "QGIS" in caught.value.hint


def test_views_are_refused_by_name(gpkg: Path, read: Read) -> None:
    execute(
        gpkg,
        "CREATE VIEW secret AS SELECT fid, geom, ref FROM buildings",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "VALUES ('secret', 'features', 'v', 25830)",
        "INSERT INTO gpkg_geometry_columns VALUES ('secret', 'geom', 'POLYGON', 25830, 0, 0)",
    )
    assert [layer.name for layer in layers_in(gpkg)] == ["buildings"]
    assert codes(read(gpkg)) == ["GPKG_VIEW_REFUSED"]
    with pytest.raises(OptionError, match="no layer secret"):
        read(gpkg, layer="secret")


def test_triggers_are_named_and_never_run(gpkg: Path, read: Read) -> None:
    execute(gpkg, "CREATE TRIGGER eater AFTER INSERT ON buildings BEGIN DELETE FROM buildings; END")
    delivery = read(gpkg)
    assert len(delivery.frame) == 2
    assert [(i.code, "eater" in i.message) for i in delivery.issues] == [("GPKG_TRIGGER_IGNORED", True)]


def test_several_layers_are_listed(gpkg: Path, read: Read) -> None:
    write(gpkg, [square().boundary], layer='Улици "нови"; --', name=["x"])
    with pytest.raises(OptionError) as caught:
        read(gpkg, kind=None)
    assert "buildings (polygons, 2)" in caught.value.hint
    assert 'Улици "нови"; -- (lines, 1)' in caught.value.hint
    by_name = read(gpkg)  # --kind buildings: only one layer is called so, and that is said
    assert by_name.source.layer == "buildings"
    assert "LAYER_BY_NAME" in {issue.code for issue in by_name.issues}
    delivery = read(gpkg, layer='Улици "нови"; --', kind="streets")
    assert delivery.frame["name"].tolist() == ["x"]
    with pytest.raises(OptionError, match="no layer other"):
        read(gpkg, layer="other")


def test_an_unknown_srs_asks(gpkg: Path, read: Read) -> None:
    execute(gpkg, "UPDATE gpkg_geometry_columns SET srs_id = -1")
    with pytest.raises(InputError) as caught:
        read(gpkg)
    assert "--crs" in caught.value.hint


def test_text_that_is_not_utf8_is_read_by_evidence(gpkg: Path, read: Read) -> None:
    names = ["Крайречна улица", "Съединение и Здравец"]
    execute(gpkg, *(f"DROP TRIGGER IF EXISTS rtree_buildings_geom_update{n}" for n in range(1, 8)))
    with closing(sqlite3.connect(gpkg)) as connection:
        connection.execute("ALTER TABLE buildings ADD COLUMN use TEXT")
        for fid, name in enumerate(names, start=1):
            connection.execute(
                "UPDATE buildings SET use = CAST(? AS TEXT) WHERE fid = ?", (name.encode("cp1251"), fid)
            )
        connection.commit()
    delivery = read(gpkg)
    assert delivery.frame["building_use"].tolist() == names
    assert delivery.source.encoding == "cp1251"


def test_broken_geometry_is_quarantined_not_the_file(gpkg: Path, read: Read) -> None:
    execute(
        gpkg,
        *(f"DROP TRIGGER IF EXISTS rtree_buildings_geom_update{n}" for n in range(1, 8)),
        "UPDATE buildings SET geom = substr(geom, 1, 60) WHERE fid = 1",
    )
    delivery = read(gpkg)
    assert [q.feature for q in delivery.quarantine] == [0]
    assert delivery.quarantine[0].code in {"UNREADABLE_GEOMETRY", "NULL_GEOMETRY"}
    assert delivery.frame["ref"].tolist() == ["b"]


def test_damage_is_one_message(gpkg: Path, read: Read) -> None:
    data = gpkg.read_bytes()
    gpkg.write_bytes(data[: len(data) // 3])
    with pytest.raises(InputError, match="cannot be read"):
        read(gpkg)


def test_an_sqlite_file_is_no_geopackage(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "data.gpkg"
    execute(path, "CREATE TABLE a (b)")
    with pytest.raises(InputError, match="SQLite"):
        read(path)

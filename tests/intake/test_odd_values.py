"""Values that no program writes and some file holds one day: refused in words, or a fault of one feature."""

import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cad_files import village
from pyproj import CRS
from pyproj.exceptions import CRSError
from small_sources import BG, UTM, codes, square, write

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError, OptionError, RegularizeError
from regularize.intake import crs, grid, tables
from regularize.intake.encoding import declared, normalise
from regularize.intake.gml_shapes import srs_named

Read = Callable[..., intake.Delivery]
ENDLESS = "9" * 5000
LONE = "\ud800"
AREA_BG = (440_000.0, 4_668_000.0, 442_000.0, 4_670_000.0)


@pytest.mark.parametrize("name", ["undefined", "idna", "punycode", "unicode_escape", "utf-7", "charmap"])
def test_codecs_that_are_of_no_file(name: str) -> None:
    assert declared(name) is None
    with pytest.raises(OptionError):
        normalise(name)


@pytest.mark.parametrize("name", ["undefined", "idna", "unicode_escape"])
def test_an_odd_encoding_is_not_believed(name: str, tmp_path: Path, read: Read) -> None:
    """The bytes tell it; the name in the declaration was nothing that a file can be in."""
    where = "<Point><coordinates>-5.35,35.9</coordinates></Point>"
    place = f"<Placemark><name>S-1 Навес при двора на училището</name>{where}"
    file = tmp_path / "a.kml"
    file.write_bytes(f'<?xml version="1.0" encoding="{name}"?><kml>{place}</Placemark></kml>'.encode())
    delivery = read(file, kind="points")
    assert delivery.source.n_read == 1
    shp = write(tmp_path / "b.shp", [square()], ref=["x"])
    shp.with_suffix(".cpg").write_text(name, encoding="ascii")
    assert len(read(shp).frame) == 1


ODD_SYSTEMS = [
    LONE,
    "",
    "{",
    '{"type":[]}',
    f"EPSG:{ENDLESS}",
    "x" * 10_000,
    "[" * 3_000,
]


@pytest.mark.parametrize("text", ODD_SYSTEMS)
def test_what_names_no_system(text: str, tmp_path: Path, read: Read) -> None:
    with pytest.raises(CRSError):
        crs.named(text)
    assert srs_named(text) is None
    with pytest.raises(OptionError) as refused:
        crs.parse(text)
    assert len(refused.value.message) < 200
    assert LONE not in refused.value.message
    shp = write(tmp_path / "b.shp", [square()], ref=["x"])
    shp.with_suffix(".prj").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(InputError):
        read(shp)


def test_old_notations_are_read_without_a_warning() -> None:
    assert crs.named("+init=epsg:4326").is_geographic


def test_systems_that_name_grids_or_contradict_themselves() -> None:
    """What cannot be compared by its numbers is like no other; nothing fails."""
    with_grid = crs.parse("+proj=utm +zone=35 +nadgrids=@null +units=m")
    project = CRS.from_epsg(7801)
    assert not crs.is_same(with_grid, project)
    assert crs.choose(Path("a"), "a", project, "+proj=utm +zone=35 +nadgrids=@null")[1]


HEIGHTS = "EPSG:5773"
POLES_OF_TIME = 'TIMECRS["t",TDATUM["x"],CS[temporal,1],AXIS["t",future]]'
PRESSURE = 'PARAMETRICCRS["p",PDATUM["x"],CS[parametric,1],AXIS["p",up],PARAMETRICUNIT["HectoPascal",100.0]]'


@pytest.mark.parametrize("system", [HEIGHTS, POLES_OF_TIME, PRESSURE])
def test_heights_and_times_place_nothing(system: str, tmp_path: Path, read: Read) -> None:
    """Of a list, whose axes are open, as of a file that declares it."""
    file = tmp_path / "a.csv"
    file.write_text('ref;geom\na;"POLYGON((0 0,9 0,9 9,0 0))"\n', encoding="utf-8")
    with pytest.raises(InputError):
        read(file, crs=system)
    shp = write(tmp_path / "b.shp", [square()], ref=["x"])
    with pytest.raises(InputError):
        read(shp, crs=system)


def test_numbers_beyond_any_count(tmp_path: Path, read: Read) -> None:
    """A whole number that no database holds is odd, not the end of the run."""
    file = write(tmp_path / "a.gpkg", [square(), square(20), square(40)], storeys=[1e300, -1e19, 3.0])
    delivery = read(file)
    assert delivery.frame["storeys"].tolist()[2] == 3
    assert delivery.frame["storeys"].isna().tolist() == [True, True, False]
    assert codes(delivery).count("NUMBER_FORM") == 2


def test_numbers_of_lines_that_no_file_has(tmp_path: Path, bg: Pack) -> None:
    """In a multipolygon of a parcel, and in one of a plan, whose loose lines are counted."""
    cad = village()
    record = f"M 501.99 0 0 01.01.2020 0 [{ENDLESS} (1 {ENDLESS})]"
    cad.blocks["CADASTER"].append(record)
    cad.contour(2, "133.XI-1", [(500, 0), (520, 0), (520, 20), (500, 20)], layer="REGPLAN")
    cad.blocks["REGPLAN"].append(record)
    file = tmp_path / "a.cad"
    file.write_bytes(cad.text().encode("cp1251"))
    for origin, kind in (("cadastre", "parcels"), ("plan", "regulated_plots")):
        delivery = intake.read(
            file, origin=origin, kind=kind, layer=None, project_crs=BG, extent=None, pack=bg
        )
        assert [q.code for q in delivery.quarantine] == ["CAD_RECORD_UNREADABLE"]
        assert len(delivery.frame) >= 1


def drawing(*entities: tuple[tuple[int, str], ...]) -> bytes:
    pairs = [(0, "SECTION"), (2, "ENTITIES"), *(pair for each in entities for pair in each)]
    return "".join(f"{code}\n{value}\n" for code, value in [*pairs, (0, "ENDSEC"), (0, "EOF")]).encode()


def test_a_filled_shape_of_one_corner_and_a_text_at_infinity(tmp_path: Path, read: Read, bg: Pack) -> None:
    corner = tuple(
        (10 * axis + at, str(value)) for at in range(4) for axis, value in ((1, 440_500), (2, 4_668_500))
    )
    line = ((0, "LWPOLYLINE"), (8, "A"), (70, "1"))
    ring = ((440_500, 4_668_500), (440_510, 4_668_500), (440_510, 4_668_510))
    house = (*line, *((code, str(value)) for x, y in ring for code, value in ((10, x), (20, y))))
    file = tmp_path / "a.dxf"
    text = ((0, "TEXT"), (8, "A"), (10, "440505"), (20, "4668503"), (72, "1e400"), (1, "S-1"))
    file.write_bytes(drawing(((0, "SOLID"), (8, "A"), *corner), house, text))
    delivery = read(file, layer="A", project_crs=BG, extent=AREA_BG, pack=bg)
    assert [q.code for q in delivery.quarantine] == ["UNREADABLE_GEOMETRY"]
    assert len(delivery.frame) == 1


def test_column_names_that_are_no_text(tmp_path: Path, read: Read) -> None:
    file = write(tmp_path / "a.gpkg", [square()], ref=["a"], use=["x"])
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = replace(sql, '\"use\"', '\"'||CAST(x'ff' AS TEXT)||'\"')"
    )
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match=r"a\.gpkg"):
        read(file)


@pytest.mark.parametrize(
    "about",
    [
        {"geometry_types": None},
        {"geometry_types": 5},
        {"crs": []},
        {"crs": {"type": []}},
        {"crs": LONE},
        {"crs": 10**30},
    ],
)
def test_what_a_parquet_says_of_its_geometry(about: dict[str, Any], tmp_path: Path, read: Read) -> None:
    file = parquet(tmp_path / "a.parquet", about, {"ref": ["a"]})
    if "crs" in about:
        with pytest.raises(InputError):
            read(file)
    else:
        assert len(read(file, crs=UTM).frame) == 1


def parquet(file: Path, about: dict[str, Any], columns: dict[str, Any]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    geometry = {"encoding": "WKB", "crs": json.loads(CRS.from_user_input(UTM).to_json()), **about}
    told = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pyarrow.table({"geometry": [square().wkb], **columns})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(told)}), file)
    return file


def test_days_that_no_calendar_has(tmp_path: Path, read: Read) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    late = pyarrow.array([2**31 - 1], pyarrow.date32())
    delivery = read(parquet(tmp_path / "a.parquet", {}, {"ref": ["a"], "valid_to": late}))
    assert len(delivery.frame) == 1
    assert "DATE_FORM" in codes(delivery)
    nested = pyarrow.array([[{"a": [None, 1]}]])
    delivery = read(parquet(tmp_path / "a.parquet", {}, {"ref": ["a"], "note": nested}))
    assert len(delivery.frame) == 1


def test_a_cell_longer_than_any_table_has(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(f"a;b\n1;{'x' * 200_000}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"points\.csv"):
        tables.read_lines(file, {"a": ("a",)}, ("a",))


def test_a_pipeline_that_names_no_file(tmp_path: Path) -> None:
    file = tmp_path / "way.txt"
    file.write_text(f"+proj=pipeline +step +proj=hgridshift +grids={'x' * 5000}", encoding="utf-8")
    with pytest.raises(InputError, match=r"way\.txt"):
        grid.load(file, None, None, CRS.from_epsg(7801))


def test_a_grid_with_a_system_that_leads_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "a.gsb"
    file.write_bytes(b"NUM_OREC" + bytes(500))
    for system in (HEIGHTS, POLES_OF_TIME):
        with pytest.raises(RegularizeError):
            grid.load(file, system, None, CRS.from_epsg(7801))


def test_listing_says_nothing_of_arithmetic(tmp_path: Path) -> None:
    """Numbers that overflow are found by the row checks, not by warnings on the terminal."""
    axes = tuple(zip((10, 20, 11, 21, 40), ("440500", "4668500", "1e308", "1e308", "1e308"), strict=True))
    file = tmp_path / "a.dxf"
    file.write_bytes(drawing(((0, "ELLIPSE"), (8, "A"), *axes)))
    assert [layer.n for layer in intake.layers_in(file)] == [1]


def test_a_day_of_every_kind() -> None:
    from datetime import datetime, timedelta, timezone

    from regularize.intake.values import as_date, as_text

    east = timezone(timedelta(hours=14))
    assert as_date(datetime(9999, 12, 31, 23, 59, tzinfo=east)) == date(9999, 12, 31)
    assert as_date(np.datetime64("NaT")) is None
    assert as_text(10**400) == "1" + "0" * 400


def test_a_workbook_packed_in_a_way_that_is_broken(tmp_path: Path) -> None:
    """The decompressor of each way to pack has an error of its own."""
    import zipfile

    from regularize.intake.sheet import read_sheet

    for way in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED):
        file = tmp_path / "a.xlsx"
        with zipfile.ZipFile(file, "w", way) as packed:
            packed.writestr("xl/workbook.xml", "<workbook/>" * 50)
        raw = bytearray(file.read_bytes())
        raw[50:70] = bytes(20)
        file.write_bytes(raw)
        with pytest.raises(InputError, match=r"a\.xlsx"):
            read_sheet(file)


@pytest.mark.parametrize("text", ["1_0", "\u0663", "1\u00a00", "", "x"])
def test_what_float_alone_would_take_is_no_coordinate(text: str) -> None:
    from regularize.intake.values import real

    with pytest.raises(ValueError, match=r"number|float"):
        real(text)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.kml", "<kml><Placemark><Point><coordinates>2_5.1,42.6</coordinates></Point></Placemark></kml>"),
        ("a.gpx", '<gpx><wpt lat="42.6" lon="2_5.1"/></gpx>'),
        (
            "a.gml",
            '<FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><a><g>'
            '<gml:Point srsName="EPSG:7801"><gml:pos>4_000 5</gml:pos></gml:Point></g></a>'
            "</gml:featureMember></FeatureCollection>",
        ),
    ],
)
def test_a_coordinate_with_an_underscore_costs_its_feature(name: str, content: str, tmp_path: Path) -> None:
    from regularize.intake.registry import open_dataset

    (tmp_path / name).write_text(content, encoding="utf-8")
    dataset = open_dataset(tmp_path / name)
    (info,) = dataset.layers()
    layer = dataset.open_layer(info.name, None)
    assert [fault.code for fault in layer.read(layer.fields).faults.values()] == ["UNREADABLE_GEOMETRY"]

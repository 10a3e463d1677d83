"""Geometries in and out: GeoPackage blobs, PostGIS statements."""

import struct
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from regularize import layers
from regularize.store import blobs, schema

COORDINATE = st.floats(-1e7, 1e7, allow_nan=False, width=64)
POINT = st.builds(shapely.Point, COORDINATE, COORDINATE)
LINE = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=9).map(shapely.LineString)
BOX = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    COORDINATE,
    COORDINATE,
    st.floats(0.01, 1e4),
    st.floats(0.01, 1e4),
)
BOXES = st.lists(BOX, min_size=2, max_size=4).map(shapely.MultiPolygon)


def array(*geometries: Any) -> np.ndarray[Any, Any]:
    column = np.empty(len(geometries), dtype=object)
    column[:] = geometries
    return column


@given(st.lists(st.one_of(BOX, BOXES, st.none()), max_size=8))
@settings(deadline=None, max_examples=60)
def test_polygons_come_back_as_they_went(geometries: list[Any]) -> None:
    stored = blobs.encode(blobs.fit(geometries, "MULTIPOLYGON"), 7801)
    assert list(blobs.decode(stored)) == geometries
    for geometry, blob in zip(geometries, stored, strict=True):
        if geometry is not None:
            assert blob is not None
            minx, miny, maxx, maxy = geometry.bounds
            assert [blobs.bound(blob, i) for i in range(4)] == [minx, maxx, miny, maxy]
            assert struct.unpack_from("<i", blob, 4) == (7801,)
            assert blobs.is_empty(blob) == 0


@given(st.lists(st.one_of(POINT, LINE, BOX), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_any_family_comes_back_as_it_went(geometries: list[Any]) -> None:
    stored = blobs.encode(blobs.fit(geometries, "GEOMETRY"), 7801)
    assert list(blobs.decode(stored)) == geometries


def test_lines_and_rings_are_lines_of_one_part() -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    ring = shapely.LinearRing([(0, 0), (1, 0), (1, 1)])
    fitted = blobs.fit([line, ring], "MULTILINESTRING")
    assert [g.geom_type for g in fitted] == ["MultiLineString"] * 2
    assert blobs.decode(blobs.encode(fitted, 7801))[0] == line


def test_heights_are_left_to_their_column() -> None:
    assert blobs.fit([shapely.Point(1, 2, 3)], "POINT")[0] == shapely.Point(1, 2)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(blobs.WrongFamilyError) as caught:
        blobs.fit([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)], "MULTIPOLYGON")
    assert (caught.value.position, caught.value.found) == (1, "Point")
    with pytest.raises(blobs.WrongFamilyError):
        blobs.fit([shapely.MultiPoint([(0, 0), (1, 1)])], "POINT")


def test_an_overlap_keeps_its_surfaces() -> None:
    box = shapely.box(0, 0, 1, 1)
    mixed = shapely.GeometryCollection([box, shapely.LineString([(5, 5), (6, 6)])])
    assert blobs.decode(blobs.encode(blobs.fit([mixed], "MULTIPOLYGON"), 1))[0] == box


def test_empty_geometries_have_no_envelope() -> None:
    (blob,) = blobs.encode(blobs.fit([shapely.Polygon()], "MULTIPOLYGON"), 7801)
    assert blob is not None
    assert blobs.is_empty(blob) == 1
    assert blobs.bound(blob, 0) is None
    assert blobs.decode([blob])[0].is_empty


def test_what_is_no_geometry_has_no_bounds() -> None:
    assert blobs.is_empty(b"nonsense") is None
    assert blobs.bound(b"nonsense", 0) is None
    assert blobs.is_empty(None) is None
    with pytest.raises(ValueError, match="not a GeoPackage geometry"):
        blobs.wkb_of(b"GP\x00\xff----")


def test_an_envelope_that_is_missing_is_measured() -> None:
    blob = struct.pack("<2sBBi", b"GP", 0, 1, 7801) + shapely.to_wkb(shapely.box(1, 2, 3, 4))
    assert [blobs.bound(blob, i) for i in range(4)] == [1, 3, 2, 4]


def test_the_model_speaks_postgis() -> None:
    dialect = postgresql.dialect()
    for table in schema.tables(7801).sorted_tables:
        statement = str(CreateTable(table).compile(dialect=dialect))
        assert "BLOB" not in statement
        assert "AUTOINCREMENT" not in statement
    parcels = str(CreateTable(schema.tables(7801).tables["parcels"]).compile(dialect=dialect))
    assert "geom geometry(MULTIPOLYGON,7801) NOT NULL" in parcels
    on_sqlite = str(CreateTable(schema.tables(7801).tables["parcels"]).compile(dialect=sqlite.dialect()))
    assert "geom MULTIPOLYGON NOT NULL" in on_sqlite


def test_the_type_binds_and_reads_for_both_databases() -> None:
    kind = schema.Geom("MULTIPOLYGON", 7801)
    box = shapely.box(1, 2, 3, 4)
    for dialect in (postgresql.dialect(), sqlite.dialect()):
        bind, result = kind.bind_processor(dialect), kind.result_processor(dialect, None)
        assert result(bind(box)) == box
        assert result(bind(None)) is None
    ewkb = kind.bind_processor(postgresql.dialect())(box)
    assert shapely.get_srid(shapely.from_wkb(ewkb)) == 7801


def test_tables_hold_what_the_contracts_name() -> None:
    metadata = schema.tables(7801)
    for layer in layers.LAYERS:
        columns = set(metadata.tables[layer.name].columns.keys())
        assert {c.name for c in (*layers.COMMON, *layer.columns)} <= columns
    evidence = [c.name for c in schema.evidence_columns(metadata.tables["parcels"])]
    assert evidence[0] == "fid"
    assert {"identifier", "valid_from", "feature", "ownership_kind"} <= set(evidence)
    assert not {"valid_to", "superseded_by", "withdrawn_on", "digest"} & set(evidence)

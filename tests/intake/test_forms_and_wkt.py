"""Answers of field forms and tables with WKT."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cad_files import unborn_egn
from small_sources import codes

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery

ReadTable = Callable[..., Delivery]
RING = "43.2733 25.7881 197 2.0;43.2734 25.7881 197 2.0;43.2734 25.7883 197 2.0;43.2733 25.7881 197 2.0"
HEADER = "SubmissionDate,dom/етажи,dom/предназначение,dom/ime_sobstvenik,place,deviceid,phonenumber,KEY"


@pytest.fixture
def read_table(bg: Pack) -> ReadTable:
    """``intake.read`` of a survey of buildings, every row accounted for."""

    def call(path: Path, kind: str | None = "buildings", **options: Any) -> Delivery:
        given = {"origin": "survey", "layer": None, "project_crs": "EPSG:7801", "extent": bg.extent}
        delivery = intake.read(path, kind=kind, **{"pack": bg, **given, **options})
        features = sorted([*delivery.frame["feature"].tolist(), *(q.feature for q in delivery.quarantine)])
        assert features == list(range(delivery.source.n_read))
        return delivery

    return call


def form(path: Path, *places: str, header: str = HEADER) -> Path:
    rows = [
        f"2024-05-{at + 1:02d}T10:00:00,2,жилищна,Любомир Тодоров Керанов,"
        f'"{place}",imei:77,0888123456,uuid:{at}'
        for at, place in enumerate(places)
    ]
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_a_shape_becomes_an_outline(tmp_path: Path, read_table: ReadTable) -> None:
    delivery = read_table(form(tmp_path / "a.csv", RING))
    row = delivery.frame.iloc[0]
    assert (row["ref"], row["storeys"], row["building_use"]) == ("uuid:0", 2, "жилищна")
    assert row["valid_from"] == date(2024, 5, 1)
    assert row["sigma_m"] == 2.0
    assert row.geometry.geom_type == "Polygon"
    assert 523_000 < row.geometry.centroid.x < 524_000  # latitude came first
    assert 4_792_000 < row.geometry.centroid.y < 4_794_000
    assert delivery.source.source_crs == "EPSG:4326"
    assert not [code for code in codes(delivery) if code.startswith("FORM")]


def test_what_forms_add_is_never_read(tmp_path: Path, read_table: ReadTable) -> None:
    delivery = read_table(form(tmp_path / "a.csv", RING))
    told = repr((delivery, delivery.frame.to_dict()))
    assert not [word for word in ("imei", "0888123456", "Керанов") if word in told]


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("43.2733 25.7881 197 2.0;43.2734 25.7881 197 2.0;43.2734 25.7883 197 2.0", "FORM_RING_OPEN"),
        (RING.rpartition(";")[0] + ";43.2734 25.7881 197 2.0", "FORM_RING_OPEN"),
        (RING.replace("2.0", "0"), "FORM_ACCURACY_MISSING"),
        (RING.replace("2.0", "12.5"), "FORM_ACCURACY_POOR"),
        (RING.replace(" 197 2.0", ""), "FORM_ACCURACY_MISSING"),
        (RING.replace("2.0", "900"), "FORM_ACCURACY_POOR"),
        (RING + ";;", ""),
    ],
)
def test_what_is_odd_is_said(place: str, code: str, tmp_path: Path, read_table: ReadTable) -> None:
    delivery = read_table(form(tmp_path / "a.csv", place))
    assert (code in codes(delivery)) if code else not [c for c in codes(delivery) if c.startswith("FORM")]
    assert len(delivery.frame) == 1
    assert delivery.frame["sigma_m"].iloc[0] >= 2.0
    assert delivery.frame.geometry.is_valid.all()


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("43.27 25.78 0 0;somewhere", "FORM_PLACE_UNREADABLE"),
        ("143.2733 25.7881 0 0", "FORM_PLACE_UNREADABLE"),
        ("", "NULL_GEOMETRY"),
        ("43.2733 25.7881 0 1;43.2734 25.7881 0 1", "FORM_TOO_FEW_PLACES"),
        ("43.2733 25.7881 197 2.0", "WRONG_FAMILY"),
    ],
)
def test_what_has_no_outline_is_quarantined(
    place: str, code: str, tmp_path: Path, read_table: ReadTable
) -> None:
    delivery = read_table(form(tmp_path / "a.csv", RING, place, RING.replace("25.788", "25.789")))
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, code)]


def test_points_and_traces(tmp_path: Path, read_table: ReadTable) -> None:
    points = read_table(form(tmp_path / "a.csv", "43.2733 25.7881 197 2.0", "43.2734 25.7881 0 2"), "points")
    assert points.frame.geometry.geom_type.tolist() == ["Point", "Point"]
    traces = read_table(form(tmp_path / "b.csv", RING.rpartition(";")[0]), "fences")
    assert traces.frame.geometry.geom_type.tolist() == ["LineString"]


def test_several_places_in_one_form(tmp_path: Path, read_table: ReadTable) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        f'KEY,g/house,g/gate\nuuid:1,"{RING}",43.2733 25.7881 0 4\nuuid:2,,43.2734 25.7882 0 4\n', "utf-8"
    )
    with pytest.raises(OptionError, match="2 layers"):
        read_table(path, "plots")
    houses = read_table(path, layer="house")
    gates = read_table(path, "points", layer="gate")
    assert (houses.source.n_read, gates.source.n_read) == (1, 2)
    assert gates.frame["ref"].tolist() == ["uuid:1", "uuid:2"]


def test_answers_with_national_numbers_are_masked(tmp_path: Path, read_table: ReadTable) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'id,предназначение,place\n{unborn_egn(3)},на {unborn_egn(4)},"{RING}"\n', "utf-8")
    delivery = read_table(path)
    told = repr((delivery, delivery.frame.to_dict()))
    assert unborn_egn(3) not in told
    assert unborn_egn(4) not in told


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path, read_table: ReadTable) -> None:
    path = form(tmp_path / "a.csv", RING, RING)
    path.write_text(path.read_text("utf-8").replace("жилищна", '"жилищна', 1), "utf-8")
    with pytest.raises(InputError):
        read_table(path)


SQUARE = "POLYGON((523384 4791263,523394 4791263,523394 4791273,523384 4791273,523384 4791263))"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("column", ["geom", "WKT", "очертание"])
def test_wkt_is_found_by_content(separator: str, column: str, tmp_path: Path, read_table: ReadTable) -> None:
    rows = [
        ["ref", column, "етажи"],
        ["a", f'"{SQUARE}"', "2"],
        ["b", f'"{SQUARE.replace("5233", "5234")}"', "1"],
    ]
    (tmp_path / "a.csv").write_text("\n".join(separator.join(row) for row in rows), "utf-8")
    delivery = read_table(tmp_path / "a.csv", crs="EPSG:7801")
    assert delivery.frame["ref"].tolist() == ["a", "b"]
    assert delivery.frame["storeys"].tolist() == [2, 1]
    assert delivery.frame.area.tolist() == [100, 100]


def test_wkt_states_its_crs_or_asks(tmp_path: Path, read_table: ReadTable) -> None:
    (tmp_path / "a.csv").write_text(f'id;geom\na;"SRID=7801;{SQUARE}"\n')
    assert read_table(tmp_path / "a.csv").source.source_crs == "EPSG:7801"
    (tmp_path / "b.csv").write_text(f'id;geom\na;"{SQUARE}"\n')
    with pytest.raises(InputError, match="no coordinate system is stated"):
        read_table(tmp_path / "b.csv")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("POLYGON((1 2, 3 4", "WKT_UNREADABLE"),
        ("nonsense", "WKT_UNREADABLE"),
        ("", "NULL_GEOMETRY"),
        ("POLYGON EMPTY", "EMPTY_GEOMETRY"),
        ("POLYGON((nan 1, 2 2, 3 3, nan 1))", "WKT_UNREADABLE"),
        ("POLYGON((1e999 1, 2 2, 3 3, 1e999 1))", "NOT_FINITE"),
        ("GEOMETRYCOLLECTION(" * 200 + ")" * 200, "WKT_UNREADABLE"),
    ],
)
def test_broken_wkt_costs_only_itself(value: str, code: str, tmp_path: Path, read_table: ReadTable) -> None:
    (tmp_path / "a.csv").write_text(f'id;geom\na;"{SQUARE}"\nb;"{value}"\nc;"{SQUARE}";5;6\n')
    delivery = read_table(tmp_path / "a.csv", crs="EPSG:7801")
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, code), (2, "TABLE_ROW_WIDTH")]

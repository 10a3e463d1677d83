"""Coordinate systems: compared by parameters, carried over, never guessed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyproj import CRS
from shapely import Point, box
from small_sources import codes, square, write

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery, crs

Read = Callable[..., Delivery]


def test_the_same_projection_under_another_name() -> None:
    agency = CRS.from_wkt(CRS.from_epsg(7801).to_wkt("WKT1_ESRI").replace("BGS2005_CCS2005", "Kadastralna"))
    conic = (
        "+proj=lcc +lat_1=42 +lat_2=43.3333333333333 +lat_0=42 +lon_0=25.5 +x_0=500000 "
        "+y_0=4651640.214 +ellps=GRS80"
    )
    other_origin = CRS.from_proj4(conic)
    project = CRS.from_epsg(7801)
    assert crs.is_same(agency, project)
    assert crs.is_same(other_origin, project)
    assert not crs.is_same(CRS.from_epsg(6962), project)
    assert not crs.is_same(CRS.from_epsg(7799), CRS.from_epsg(7800))
    assert not crs.is_same(CRS.from_epsg(4326), project)
    assert not crs.is_same(CRS.from_proj4(f"{conic} +units=km"), project)


def test_a_description_that_leads_nowhere_is_refused(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "b.shp", [square()], ref=["a"])
    prj = path.with_suffix(".prj")
    text = prj.read_text(encoding="utf-8")
    prj.write_text(text.replace("Transverse_Mercator", "Transverse_Nowhere"), encoding="utf-8")
    with pytest.raises(InputError):
        read(path)


def test_web_mercator_is_carried_over(tmp_path: Path, read: Read) -> None:
    from geopandas import GeoSeries

    shapes = GeoSeries([square()], crs="EPSG:25830").to_crs(3857)
    delivery = read(write(tmp_path / "b.gpkg", list(shapes), crs="EPSG:3857"))
    assert delivery.source.source_crs == "EPSG:3857"
    assert delivery.frame.geometry.iloc[0].symmetric_difference(square()).area < 1e-3


def test_another_continent_is_refused(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "b.gpkg", [box(500_000, 4_000_000, 500_010, 4_000_010)], crs="EPSG:32654")
    with pytest.raises(InputError, match="another part of the world"):
        read(path)


@pytest.mark.parametrize(
    ("geometry", "declared", "words"),
    [
        (box(4_668_441, 440_737, 4_668_451, 440_747), "EPSG:7801", "EPSG:7801 with the axes swapped"),
        (box(316_818, 4_668_699, 316_828, 4_668_709), "EPSG:32634", "EPSG:32635"),
        (box(24.7, 42.1, 24.7001, 42.1001), "EPSG:7801", "longitude and latitude"),
        (box(42.1, 24.7, 42.1001, 24.7001), "EPSG:7801", "swapped"),
        (box(2_750_000, 5_200_000, 2_750_010, 5_200_010), "EPSG:7801", "EPSG:3857"),
    ],
)
def test_a_wrong_place_is_put_in_words(
    geometry: object, declared: str, words: str, tmp_path: Path, read: Read, bg: Pack
) -> None:
    path = write(tmp_path / "b.gpkg", [geometry] * 3, crs=declared, ref=["1", "2", "3"])
    with pytest.raises(InputError) as caught:
        read(path, pack=bg, project_crs="EPSG:7801", extent=(110_000, 4_550_000, 760_000, 4_910_000))
    assert words in caught.value.hint


def test_single_rows_outside_are_quarantined(tmp_path: Path, read: Read) -> None:
    shapes = [square(), square(50), box(0, 0, 10, 10), square(100)]
    delivery = read(write(tmp_path / "b.gpkg", shapes, ref=list("abcd")))
    assert [(q.feature, q.code, q.attributes["ref"]) for q in delivery.quarantine] == [
        (2, "OUTSIDE_EXTENT", "c")
    ]


def test_a_system_without_a_good_way_is_refused(tmp_path: Path, read: Read, bg: Pack) -> None:
    path = write(tmp_path / "b.gpkg", [box(9_440_000, 4_668_000, 9_440_010, 4_668_010)], crs="EPSG:3335")
    with pytest.raises(InputError, match="no way is known"):
        read(path, pack=bg, project_crs="EPSG:7801")


@pytest.mark.parametrize("stated", ["declared", "given"])
def test_the_system_of_1950_names_both_ways_out(stated: str, tmp_path: Path, read: Read, bg: Pack) -> None:
    old = "EPSG:3334"
    shape = box(9_440_000, 4_668_000, 9_440_010, 4_668_010)
    path = write(tmp_path / "b.shp", [shape], crs=old if stated == "declared" else None, ref=["1"])
    with pytest.raises(InputError, match="no way is known") as caught:
        read(path, pack=bg, project_crs="EPSG:7801", crs=old if stated == "given" else None)
    for word in ("official tool", "EPSG:7801", "--control-points FILE.csv", "--grid FILE"):
        assert word in caught.value.hint


def test_the_users_word_over_the_declared_is_recorded(tmp_path: Path, read: Read) -> None:
    delivery = read(write(tmp_path / "b.gpkg", [square()], crs="EPSG:25829"), crs="EPSG:25830")
    assert codes(delivery) == ["CRS_OVERRIDDEN"]
    assert delivery.frame.geometry.iloc[0].equals(square())


def test_an_unknown_crs_is_an_option_error(tmp_path: Path, read: Read) -> None:
    with pytest.raises(OptionError, match="EPSG:99999999"):
        read(write(tmp_path / "b.gpkg", [square()]), crs="EPSG:99999999")


def test_points_are_placed_in_easting_northing(tmp_path: Path, read: Read, bg: Pack) -> None:
    """Sofia, as the notes of the cadastre give it in both systems."""
    path = write(tmp_path / "p.geojson", [Point(23.321867, 42.697709)], crs="EPSG:4326")
    delivery = read(path, pack=bg, kind="points", project_crs="EPSG:7801")
    point = delivery.frame.geometry.iloc[0]
    assert 300_000 < point.x < 340_000
    assert 4_700_000 < point.y < 4_760_000

"""The cadastre against itself: overlaps, gaps, buildings across lines, each with its square metres."""

import geopandas as gpd
from shapely import box

from regularize import countries
from regularize.detect.cadastre import self_check

T = countries.load("generic").thresholds


def layer(shapes, prefix, sigma_m=0.05) -> gpd.GeoDataFrame:  # type: ignore[no-untyped-def]
    n = len(shapes)
    data = {"fid": range(1, n + 1), "ref": [f"{prefix}{i}" for i in range(n)], "sigma_m": [sigma_m] * n}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:7801")


def said(parcels, buildings=None, sigma_m=0.05):  # type: ignore[no-untyped-def]
    houses = None if buildings is None else layer(buildings, "b", sigma_m)
    return self_check(layer(parcels, "p", sigma_m), houses, thresholds=T)


def test_a_sound_cadastre_says_nothing() -> None:
    parcels = [box(0, 0, 20, 20), box(20, 0, 40, 20), box(0, 20, 40, 40)]
    assert said(parcels, [box(2, 2, 10, 10), box(20, 5, 28, 12)]) == ()
    assert self_check(None, None, thresholds=T) == ()
    assert said([], []) == ()


def test_an_overlap_says_its_area_and_its_parcels() -> None:
    (issue,) = said([box(0, 0, 20, 20), box(19, 0, 40, 20)])
    assert issue.code == "PARCELS_OVERLAP"
    assert "20.0" in issue.message
    assert "p0" in issue.message and "p1" in issue.message  # noqa: PT018 - one statement on one message
    assert (issue.x, issue.severity) == (19.5, "warning")


def test_a_gap_is_nobodys_land_and_a_lane_is_none() -> None:
    (issue,) = said([box(0, 0, 20, 20), box(20.5, 0, 40, 20)])
    assert (issue.code, issue.severity) == ("PARCELS_GAP", "warning")
    assert "10.0" in issue.message
    assert said([box(0, 0, 20, 20), box(22, 0, 40, 20)]) == ()


def test_what_is_narrower_than_the_parcels_are_accurate_is_drawing() -> None:
    (issue,) = said([box(0, 0, 20, 20), box(20.5, 0, 40, 20)], sigma_m=0.3)
    assert issue.severity == "info"


def test_a_registered_building_across_a_line() -> None:
    parcels = [box(0, 0, 20, 20), box(20, 0, 40, 20)]
    (issue,) = said(parcels, [box(14, 2, 23, 10)])
    assert issue.code == "BUILDING_CROSSES_PARCELS"
    assert "24.0" in issue.message
    # A strip that the accuracy explains, and a building in two parcels that overlap, cross no line.
    assert said(parcels, [box(12, 2, 20.1, 18)]) == ()
    both = said([box(0, 0, 20, 20), box(0, 0, 20, 20)], [box(2, 2, 10, 10)])
    assert [i.code for i in both] == ["PARCELS_OVERLAP"]

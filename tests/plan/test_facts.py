"""The facts of a home, against figures worked out by hand."""

import json
import math
from dataclasses import replace
from datetime import date

import geopandas as gpd
import pytest
import shapely

from regularize.model import Finding, Grade, Home, Measure
from regularize.plan.agreement import compare_areas
from regularize.plan.facts import home_facts


def frame(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    common = {"ref": None, "identifier": None, "sigma_m": 0.1, "source": None, "valid_from": date(2026, 1, 1)}
    return gpd.GeoDataFrame(
        [{"fid": i + 1, **common, **row} for i, row in enumerate(rows)], geometry="geometry", crs="EPSG:7801"
    )


HOUSE = shapely.box(10, 10, 20, 18)
HOME = Home("T-00001-7", "00001", HOUSE, (1,), (1,), (1,), date(2026, 1, 1))
REGISTER = frame(
    {"identifier": "00001.501.1.1", "geometry": shapely.box(10, 10, 18, 18), "area_register_m2": 64.0}
)
SURVEY = frame({"ref": "s1", "geometry": HOUSE}, {"ref": "s2", "geometry": shapely.box(50, 50, 60, 60)})
PARCELS = frame(
    {"identifier": "00001.501.1", "geometry": shapely.box(0, 0, 16, 30), "ownership_kind": "4"},
    {"identifier": "00001.501.2", "geometry": shapely.box(16, 0, 40, 30)},
    {"identifier": "00001.501.3", "geometry": shapely.box(40, 0, 60, 30)},
    {"identifier": "00001.501.4", "geometry": shapely.box(90, 0, 99, 30)},
)
PLOTS = frame({"ref": "p1", "geometry": shapely.box(5, 5, 25, 25)})
STREETS = frame(
    {"name": "ул. „Далечна“", "width_m": None, "geometry": shapely.LineString([(0, 90), (50, 90)])},
    {"name": "ул. „Близка“", "width_m": 6.0, "geometry": shapely.LineString([(0, -4), (50, -4)])},
)
LAND = frame(
    {"land_owner_category": "municipal_private", "geometry": shapely.box(0, 0, 15, 40)},
    {"land_owner_category": "private", "geometry": shapely.box(15, 0, 40, 40)},
)


def facts(home: Home = HOME, **layers: object) -> dict[str, object]:
    given = {
        "register_buildings": REGISTER,
        "observed_buildings": SURVEY,
        "parcels": PARCELS,
        "plots": PLOTS,
        "streets": STREETS,
        "land": LAND,
    }
    return home_facts(home, **{**given, **layers})  # type: ignore[arg-type] # the layers by name


def test_areas_and_their_accuracy() -> None:
    building, plot = facts(area_tolerance_m2=5.0)["areas"]
    assert building["register_m2"] == 64
    assert building["stated_m2"] == 64
    assert building["survey_m2"] == 80
    # a rectangle a x b: each vertex moves the area along a diagonal, sigma * sqrt(4 (a2 + b2)) / 2
    assert building["sigma_survey_m2"] == pytest.approx(0.1 * math.hypot(10, 8))
    assert building["sigma_register_m2"] == pytest.approx(0.1 * math.hypot(8, 8))
    assert building["difference_m2"] == 16
    assert building["verdict"] == "not_met"
    assert plot["what"] == "plot"
    assert plot["survey_m2"] == 400
    assert plot["register_m2"] is None, "the home lies in two parcels: neither answers to the plot"
    assert (plot["verdict"], plot["because"]) == ("not_assessed", "fact_missing")


def test_parcels_adjoining_street_and_land() -> None:
    read = facts()
    assert [(p["identifier"], p["share"]) for p in read["parcels"]] == [
        ("00001.501.1", pytest.approx(0.6)),
        ("00001.501.2", pytest.approx(0.4)),
    ]
    assert read["parcels"][0]["ownership_kind"] == "4"
    assert read["adjoining"] == ["00001.501.3"]
    assert read["street"] == {"name": "ул. „Близка“", "width_m": 6.0, "distance_m": pytest.approx(14.0)}
    assert [(r["land_owner_category"], r["share"]) for r in read["land"]] == [
        ("municipal_private", pytest.approx(0.5)),
        ("private", pytest.approx(0.5)),
    ]


def test_boundary_goes_clockwise_from_the_north_in_n_e_order() -> None:
    corners = facts()["boundary"]
    assert [(c["n"], c["northing_m"], c["easting_m"]) for c in corners] == [
        (1, 18, 10),
        (2, 18, 20),
        (3, 10, 20),
        (4, 10, 10),
    ]
    assert [c["side_m"] for c in corners] == [10, 8, 10, 8]
    assert {c["sigma_m"] for c in corners} == {0.1}
    assert sum(c["side_m"] for c in corners) == pytest.approx(HOUSE.length)


def test_holes_and_parts_are_numbered_through() -> None:
    holed = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    two = shapely.MultiPolygon([holed, shapely.box(20, 0, 22, 2)])
    corners = facts(observed_buildings=frame({"geometry": two}))["boundary"]
    assert [c["n"] for c in corners] == list(range(1, 13))


def test_findings_of_this_home_only() -> None:
    measure = {"overlap_ratio": Measure(0.8, None, "1")}
    mine = Finding(
        "building", "extended", HOUSE, (1,), (1,), ("s1",), ("r",), ("LARGER",), measure, 0.9, Grade.A,
        id="B-1", home="T-00001-7",
    )  # fmt: skip
    others = [replace(mine, id="B-2", home="T-00001-8"), replace(mine, id="B-3", closed_reason="gone")]
    (found,) = facts(findings=[*others, mine])["findings"]
    assert found["id"] == "B-1"
    assert found["measures"] == {"overlap_ratio": {"value": 0.8, "sigma": None, "unit": "1"}}
    assert found["grade"] == "A"


@pytest.mark.parametrize(
    "home",
    [
        replace(HOME, register_fids=(), survey_fids=(), geometry=PLOTS.geometry[0]),
        replace(HOME, survey_fids=(), plot_fids=()),
        replace(HOME, register_fids=(), survey_fids=(), plot_fids=(), geometry=shapely.Polygon()),
        replace(HOME, register_fids=(99,), survey_fids=(99,), plot_fids=(99,)),
    ],
)
def test_homes_with_less(home: Home) -> None:
    read = facts(home)
    assert json.loads(json.dumps(read)) == read
    assert read["home"]["id"] == home.id
    assert json.loads(json.dumps(home_facts(home))) is not None


def test_a_home_of_which_nothing_is_drawn() -> None:
    bare = replace(HOME, register_fids=(), survey_fids=(), plot_fids=(), geometry=shapely.Polygon())
    read = facts(bare)
    assert read["boundary"] == []
    assert read["parcels"] == []
    assert read["street"] is None
    assert read["areas"] == []


def test_a_register_building_without_a_parcel_or_street() -> None:
    read = facts(replace(HOME, survey_fids=()), parcels=None, streets=None, land=None)
    assert read["street"] is None
    assert read["adjoining"] == []
    assert read["areas"][0]["survey_m2"] is None
    assert read["areas"][0]["because"] == "fact_missing"
    assert len(read["boundary"]) == 4


def test_frames_are_left_as_they_were() -> None:
    before = [f.copy(deep=True) for f in (REGISTER, SURVEY, PARCELS, PLOTS, STREETS, LAND)]
    facts()
    for frame_before, frame_now in zip(
        before, (REGISTER, SURVEY, PARCELS, PLOTS, STREETS, LAND), strict=True
    ):
        assert frame_now.equals(frame_before)


@pytest.mark.parametrize(
    ("register", "survey", "sigma", "tolerance", "verdict", "because"),
    [
        (80, 81, 0.5, 5, "met", None),
        (80, 90, 0.5, 5, "not_met", None),
        (80, 84.5, 0.5, 5, "not_assessed", "within_uncertainty"),
        (80, 85.9, 0.5, 5, "not_assessed", "within_uncertainty"),
        (90, 80, 0.5, 5, "not_met", None),
        (80, 81, 0.5, None, "not_assessed", "fact_missing"),
        (80, 81, None, 5, "not_assessed", "fact_missing"),
        (None, 81, 0.5, 5, "not_assessed", "fact_missing"),
        (80, None, 0.5, 5, "not_assessed", "fact_missing"),
    ],
)
def test_agreement(
    register: float | None,
    survey: float | None,
    sigma: float | None,
    tolerance: float | None,
    verdict: str,
    because: str | None,
) -> None:
    result = compare_areas(
        register, survey, sigma_register_m2=sigma, sigma_survey_m2=0.1, tolerance_m2=tolerance
    )
    assert (result["verdict"], result["because"]) == (verdict, because)

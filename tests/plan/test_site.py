"""What the layers say of a site, and what they leave open."""

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from regularize import countries
from regularize.model import Finding, Grade, Home, Measure, ReviewState
from regularize.plan.site import Site

GROUPS = countries.load("bg").groups
PLOT, HOUSE = shapely.box(0, 0, 20, 20), shapely.box(5, 3, 13, 11)
HOME = Home("T-00000-1", "00000", HOUSE, (), (1,), (1,), date(2026, 1, 1))


def frame(shapes: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    data = {name: pd.Series(values, dtype=object) for name, values in columns.items()}
    values = {"fid": range(1, len(shapes) + 1), "sigma_m": [0.05] * len(shapes)} | data
    return gpd.GeoDataFrame(values, geometry=shapes, crs="EPSG:7801")


def finding(cls: str, kind: str = "building", **given: Any) -> Finding:
    values: dict[str, Any] = {"reasons": (), "review": ReviewState.NEW, "closed_reason": None} | given
    return Finding(
        kind=kind,
        cls=cls,
        geometry=HOUSE,
        survey_fids=(1,),
        register_fids=(),
        survey_refs=(),
        register_refs=(),
        measures={},
        score=1.0,
        grade=Grade.A,
        id="B-1",
        home=HOME.id,
        **values,
    )


def site(**layers: Any) -> Site:
    observed = frame([HOUSE], storeys=[2])
    return Site(groups=GROUPS, **({"observed_buildings": observed, "plots": frame([PLOT])} | layers))


def test_land_of_a_home_lies_under_nearly_all_of_it() -> None:
    whole = frame(
        [shapely.box(-50, -50, 50, 50)], land_owner_category=["municipal_private"], territory_purpose=["1"]
    )
    known = site(land=whole).facts(HOME, [])
    assert known["land_owner_category"].value == "municipal_private"
    assert known["territory_purpose"].value == "urbanised"
    halves = frame(
        [shapely.box(-50, -50, 9, 50), shapely.box(9, -50, 50, 50)],
        land_owner_category=["municipal_private", "private"],
        territory_purpose=["1", "1"],
    )
    known = site(land=halves).facts(HOME, [])
    assert "land_owner_category" not in known
    assert known["territory_purpose"].value == "urbanised"


def test_the_parcels_speak_where_no_land_is_known() -> None:
    parcels = frame([shapely.box(-50, -50, 50, 50)], ownership_kind=["3"], territory_purpose=["1"])
    assert site(parcels=parcels).facts(HOME, [])["land_owner_category"].value == "municipal_public"
    unknown = frame([shapely.box(-50, -50, 50, 50)], ownership_kind=["77"], territory_purpose=[None])
    assert "land_owner_category" not in site(parcels=unknown).facts(HOME, [])


def test_register_state_follows_the_findings_that_stand() -> None:
    def state(*found: Finding) -> object:
        fact = site().facts(HOME, list(found)).get("register_state")
        return None if fact is None else fact.value

    assert state(finding("not_in_cadastre")) == "missing"
    assert state(finding("extended")) == "differs"
    assert state(finding("unchanged")) == "agrees"
    assert state(finding("unchanged"), finding("no_parcel", "plot")) == "missing"
    assert state(finding("uncertain")) is None
    assert state(finding("not_in_cadastre", review=ReviewState.REJECTED)) is None
    assert state() is None


def test_sizes_and_distances_of_the_plot() -> None:
    streets = frame([shapely.box(-100, -6, 100, 0)], width_m=[None])
    known = site(streets=streets).facts(HOME, [])
    values = {name: fact.value.value for name, fact in known.items() if isinstance(fact.value, Measure)}
    assert {name: round(value, 6) for name, value in values.items()} == {
        "area_m2": 400.0,
        "frontage_m": 20.0,
        "density": 0.16,
        "floor_area_ratio": 0.32,
        "distance_side_m": 5.0,
        "distance_rear_m": 9.0,
    }
    assert known["attachment"].value == "detached"
    assert known["on_street"].value is False


def test_what_is_not_measured_is_left_out() -> None:
    bare = Site(groups=GROUPS).facts(HOME, [])
    assert set(bare) == set()
    two = Home("T-00000-2", "00000", HOUSE, (), (1,), (1, 2), date(2026, 1, 1))
    both = frame([PLOT, shapely.box(20, 0, 40, 20)])
    assert "area_m2" not in site(plots=both).facts(two, [])


def test_a_plot_is_empty_only_where_nothing_surveyed_or_registered_stands_on_it() -> None:
    def built(observed: Any, register: tuple[int, ...] = ()) -> Any:
        yard = Home("T-00000-3", "00000", PLOT, register, (), (1,), date(2026, 1, 1))
        found = site(observed_buildings=frame([observed], storeys=[2])).facts(yard, [])
        return found["density"].value if "density" in found else None

    away = shapely.box(100, 0, 108, 8)
    assert built(HOUSE).value == 0.16
    assert built(away) == Measure(0.0, 0.0, "1")
    assert built(shapely.box(20, 0, 28, 8)) == Measure(0.0, 0.0, "1"), "it touches from outside"
    assert built(shapely.box(19.95, 0, 28, 8)) == Measure(0.0, 0.0, "1"), "within the accuracy"
    assert built(shapely.box(17, 0, 28, 8)) is None, "another's building reaches over"
    assert built(away, register=(1,)) is None, "the cadastre has a building that nobody surveyed"


def test_a_regulated_plot_and_its_lines() -> None:
    inside, crossed = frame([PLOT]), frame([shapely.box(7, 0, 20, 20)])
    assert site(regulated_plots=inside).facts(HOME, [])["off_plot_lines"].value is False
    assert site(regulated_plots=crossed).facts(HOME, [])["off_plot_lines"].value is True
    elsewhere = frame([shapely.box(100, 0, 120, 20)])
    assert site(regulated_plots=elsewhere).facts(HOME, [])["regulated"].value is False
    assert "regulated" not in site().facts(HOME, [])

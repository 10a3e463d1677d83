"""Interested parties from outlines: inside, beside, and what geometry cannot decide."""

from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity, box

from regularize.model import NotAssessed, Verdict
from regularize.plan.parties import buildings_without_parcel, interested_parties

PLAN = box(0, 0, 100, 100)
CRS = "EPSG:7801"


def parcels(shapes: dict[str | None, Any], sigma_m: float = 0.1) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"identifier": list(shapes), "sigma_m": [sigma_m] * len(shapes)},
        geometry=list(shapes.values()),
        crs=CRS,
    )


def told(shapes: dict[str | None, Any], place: Any = PLAN, **given_: Any) -> dict[str, tuple[str, str]]:
    found = interested_parties(place, parcels(shapes, **given_)).named
    return {p.identifier: (p.reason, p.because.value if p.because else "") for p in found}


def test_inside_adjoining_and_neither() -> None:
    assert told(
        {
            "1.1.1": box(10, 10, 20, 20),
            "1.1.2": box(90, 0, 130, 10),  # a quarter of it inside
            "1.1.3": box(100, 20, 120, 40),  # shares a border
            "1.1.4": box(100, 100, 110, 110),  # meets in a corner
            "1.1.5": box(101, 50, 120, 60),  # a metre away
            "1.1.6": box(-50, -50, 150, 150),  # holds the whole plan
        }
    ) == {
        "1.1.1": ("inside", ""),
        "1.1.2": ("inside", ""),
        "1.1.6": ("inside", ""),
        "1.1.3": ("adjoining", "fact_missing"),
        "1.1.4": ("adjoining", "fact_missing"),
    }


def test_strips_within_the_accuracy_decide_nothing() -> None:
    shapes = {"a": box(99.9, 0, 120, 20), "b": box(100.1, 30, 120, 50)}
    assert told(shapes) == {
        "a": ("adjoining", "within_uncertainty"),
        "b": ("adjoining", "within_uncertainty"),
    }
    assert told(shapes, sigma_m=0.001) == {"a": ("inside", "")}


def test_uncertainty_of_the_plan_counts_too() -> None:
    frame = parcels({"b": box(100.5, 30, 120, 50)}, sigma_m=0.0)
    assert interested_parties(PLAN, frame).named == ()
    assert len(interested_parties(PLAN, frame, place_sigma_m=0.3).named) == 1


def test_measures() -> None:
    (party,) = interested_parties(PLAN, parcels({"a": box(90, 0, 130, 10)})).named
    assert party.area_m2 == pytest.approx(100)
    assert party.share == pytest.approx(0.25)
    assert party.area_sigma_m2 == pytest.approx(1.414, abs=0.01)
    assert (party.verdict, party.because) == (Verdict.MET, None)
    (beside,) = interested_parties(PLAN, parcels({"a": box(100, 20, 120, 40)})).named
    assert beside.border_m == pytest.approx(20, abs=0.5)
    assert (beside.verdict, beside.because) == (Verdict.NOT_ASSESSED, NotAssessed.FACT_MISSING)


def test_parcels_without_identifier_are_counted_not_lost() -> None:
    frame = parcels({None: box(10, 10, 20, 20)})
    found = interested_parties(PLAN, frame)
    assert (found.named, found.unnamed_inside, found.unnamed_adjoining) == ((), 1, 0)
    found = interested_parties(PLAN, parcels({None: box(100, 10, 120, 20)}))
    assert (found.unnamed_inside, found.unnamed_adjoining) == (0, 1)


def test_two_rows_of_one_identifier_are_one_parcel() -> None:
    frame = gpd.GeoDataFrame(
        {"identifier": ["a", "a"], "sigma_m": [0.1, 0.1]},
        geometry=[box(10, 10, 20, 20), box(100, 10, 120, 20)],
        crs=CRS,
    )
    (party,) = interested_parties(PLAN, frame).named
    assert (party.reason, party.area_m2) == ("inside", pytest.approx(100))


def test_a_hole_in_the_plan_has_neighbours() -> None:
    place = PLAN.difference(box(40, 40, 60, 60))
    assert told({"a": box(40, 40, 60, 60), "b": box(45, 45, 55, 55)}, place) == {
        "a": ("adjoining", "fact_missing")
    }


def test_order_is_by_number() -> None:
    found = told({name: box(10, 10, 20, 20) for name in ("5.8.10", "5.8.2", "5.10.1", "x")})
    assert list(found) == ["x", "5.8.2", "5.8.10", "5.10.1"]


def test_input_is_not_changed_and_nothing_is_no_error() -> None:
    frame = parcels({"a": shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])})  # a bow
    before = frame.copy(deep=True)
    assert len(interested_parties(PLAN, frame).named) == 1
    assert frame.equals(before)
    assert interested_parties(PLAN, parcels({})).named == ()
    assert interested_parties(shapely.Polygon(), frame).named == ()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-30, 130), st.integers(-30, 130)), min_size=1, max_size=12),
    st.integers(0, 359),
)
def test_every_parcel_has_one_place_wherever_the_plan_lies(corners: list[tuple[int, int]], turn: int) -> None:
    """Turned and moved together, plan and parcels give the same list; who overlaps deeply is inside."""
    shapes = {f"1.1.{i}": box(x, y, x + 20, y + 20) for i, (x, y) in enumerate(corners)}
    plain = told(shapes)

    def moved(shape: Any) -> Any:
        return affinity.translate(affinity.rotate(shape, turn, origin=(50, 50)), 322_000, 4_707_000)

    turned = told({name: moved(shape) for name, shape in shapes.items()}, moved(PLAN))
    assert {name: reason for name, (reason, _b) in turned.items()} == {n: r for n, (r, _b) in plain.items()}
    for name, shape in shapes.items():
        overlap = shape.intersection(PLAN).area
        if overlap > 0:
            assert plain[name][0] == "inside"  # whole metres are deeper than the accuracy
        elif shape.distance(PLAN) == 0:
            assert plain[name][0] == "adjoining"
        else:
            assert name not in plain


def test_buildings_without_parcel_are_counted() -> None:
    buildings = gpd.GeoDataFrame(
        {"dwellings": [1, 2, None, 3]},
        geometry=[box(10, 10, 15, 15), box(30, 30, 35, 35), box(50, 50, 55, 55), box(200, 0, 205, 5)],
        crs=CRS,
    )
    assert buildings_without_parcel(PLAN, buildings, parcels({"a": box(5, 5, 20, 20)})) == {
        "buildings": 2,
        "dwellings": 2,
        "not_stated": 1,
    }
    assert buildings_without_parcel(PLAN, buildings.iloc[:0], parcels({}))["buildings"] == 0
    assert buildings_without_parcel(PLAN, buildings, parcels({}))["buildings"] == 3

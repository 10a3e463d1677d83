"""Frontage, depth, distances and density of plots, worked out by hand."""

from typing import Any

import geopandas as gpd
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize.plan.access import Streets, density, depths, distances, frontage_m


def frame(shapes: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    values = {"width_m": [None] * len(shapes), "sigma_m": [0.05] * len(shapes)} | columns
    return gpd.GeoDataFrame(values, geometry=shapes, crs="EPSG:7801")


STREET = frame([shapely.box(-100, -6, 100, 0)])
LINE = frame([shapely.LineString([(-100, -3), (100, -3)])], width_m=[6.0])
PLOT = shapely.box(10, 0, 24, 20)


@pytest.mark.parametrize("streets", [STREET, LINE], ids=["surface", "centre line"])
def test_front_is_what_runs_along_the_street(streets: gpd.GeoDataFrame) -> None:
    found = frontage_m(PLOT, streets, 0.05)
    assert found is not None
    assert found.value == pytest.approx(14.0)
    assert found.sigma == pytest.approx(0.1, abs=0.001)


def test_a_plot_that_reaches_into_the_street_has_its_front_on_the_street_line() -> None:
    found = frontage_m(shapely.box(10, -2, 24, 20), STREET, 0.05)
    assert found is not None
    assert found.value == pytest.approx(14.0)


def test_a_plot_away_from_streets_has_none_for_sure() -> None:
    found = frontage_m(shapely.box(10, 5, 24, 20), STREET, 0.05)
    assert found is not None
    assert (found.value, found.sigma) == (0.0, 0.0)


def test_a_gap_within_the_doubt_leaves_contact_open() -> None:
    found = frontage_m(shapely.box(10, 0.5, 24, 20), STREET, 0.3)
    assert found is not None
    assert found.value == 0.0
    assert found.value + 2 * (found.sigma or 0) >= 14.0


def test_a_corner_plot_has_its_longest_front() -> None:
    corner = frame([shapely.box(-100, -6, 100, 0), shapely.box(4, 0, 10, 100)])
    found = frontage_m(PLOT, corner, 0.05)
    assert found is not None
    assert found.value == pytest.approx(20.0)
    contact = Streets(corner).contact(PLOT, 0.05)
    house = shapely.box(12, 2, 18, 8)
    assert distances(house, PLOT, contact.front, 0.05).rear is None


def test_a_street_without_width_leaves_it_open() -> None:
    bare = frame([shapely.LineString([(-100, -3), (100, -3)])])
    assert frontage_m(PLOT, bare, 0.05) is None
    assert frontage_m(PLOT, None, 0.05) is None
    assert frontage_m(PLOT, STREET, None) is None


def test_distances_to_side_and_rear() -> None:
    front = Streets(STREET).contact(PLOT, 0.05).front
    found = distances(shapely.box(11, 2, 19, 13), PLOT, front, 0.05)
    assert found.side is not None
    assert found.rear is not None
    assert (found.side.value, found.rear.value) == (pytest.approx(1.0), pytest.approx(7.0))
    assert found.side.sigma == pytest.approx(0.0707, abs=1e-3)


def test_a_building_beyond_the_line_stands_at_a_negative_distance() -> None:
    front = Streets(STREET).contact(PLOT, 0.05).front
    found = distances(shapely.box(8.5, 2, 16, 10), PLOT, front, 0.05)
    assert found.side is not None
    assert found.side.value == pytest.approx(-1.5)


@pytest.mark.parametrize(
    ("building", "expected"),
    [
        (shapely.box(10, -1, 18, 8), True),  # a metre into the street
        (shapely.box(10, -0.1, 18, 8), None),  # within the doubt
        (shapely.box(10, 2, 18, 8), False),
    ],
)
def test_whether_a_building_stands_in_a_street(building: Any, expected: bool | None) -> None:
    assert Streets(STREET).holds(building, 0.05) is expected


def test_depths_count_plots_to_the_street() -> None:
    row = [shapely.box(0, 20 * i, 10, 20 * (i + 1)) for i in range(3)]
    alone = shapely.box(60, 40, 70, 50)
    assert depths(frame([*row, alone]), STREET) == [1, 2, 3, None]


def test_density_of_what_lies_on_the_plot() -> None:
    found = density(PLOT, [shapely.box(10, 0, 17, 20)], 0.05, 0.05)
    assert found is not None
    assert found.value == pytest.approx(0.5)
    assert found.sigma is not None
    assert 0 < found.sigma < 0.01
    assert density(shapely.Polygon(), [], 0.05, 0.05) is None


@settings(deadline=None, max_examples=40)
@given(
    width=st.floats(5, 40),
    depth=st.floats(8, 60),
    turn=st.floats(0, 360),
    gap=st.floats(0, 0.1),
)
def test_frontage_does_not_depend_on_where_north_is(
    width: float, depth: float, turn: float, gap: float
) -> None:
    plot = shapely.affinity.rotate(shapely.box(0, gap, width, depth), turn, origin=(0, 0))
    street = frame([shapely.affinity.rotate(shapely.box(-100, -6, 100, 0), turn, origin=(0, 0))])
    found = frontage_m(plot, street, 0.02)
    assert found is not None
    assert found.value == pytest.approx(width, abs=0.01)

"""Overlaps, gaps, loose ends and tidied outlines: pure, checked against plain definitions."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from regularize.geometry import topology
from regularize.geometry.measures import area_sigma_m2
from regularize.geometry.repair import tidy
from regularize.geometry.vertices import odd_vertices

AT = (500_000.0, 4_700_000.0)


def array(*shapes: Any) -> Any:
    found = np.array(shapes, dtype=object)
    return shapely.transform(found, lambda xy: xy + AT)


def test_overlaps_say_how_wide_and_where() -> None:
    found = topology.overlaps(array(box(0, 0, 20, 20), box(19, 0, 40, 20), box(50, 0, 60, 9)), least_m2=0.05)
    assert list(zip(found.left, found.right, strict=True)) == [(0, 1)]
    assert found.area_m2[0] == pytest.approx(20)
    assert found.width_m[0] == pytest.approx(0.95, abs=0.01)  # twice 20 over a perimeter of 42
    assert box(19, 0, 20, 20).contains(shapely.Point(found.xy[0] - AT))


def test_one_outline_many_times_is_paired_with_the_first_of_its_like() -> None:
    again = Polygon([(8, 9), (0, 9), (0, 0), (8, 0)])  # the same, from another corner
    shapes = array(box(0, 0, 8, 9), box(6, 0, 20, 9), again, box(0, 0, 8, 9), box(0, 0, 8, 9.5))
    assert topology.first_of_same(shapes).tolist() == [0, 1, 0, 0, 4]
    assert topology.first_of_same(shapes, np.array([0, 0, 1, 1, 0])).tolist() == [0, 1, 2, 2, 4]
    found = topology.overlaps(shapes, least_m2=0.05)
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert pairs == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 4)]
    nothing = np.array([None, Polygon(), None], dtype=object)
    assert topology.first_of_same(nothing).tolist() == [0, 1, 2]


def test_a_gap_between_neighbours() -> None:
    parcels = array(box(0, 0, 20, 20), box(20.3, 0, 40, 20), box(0, 20, 40, 40))
    found = topology.gaps(parcels, width_m=0.5)
    assert len(found) == 1
    assert found.area_m2[0] == pytest.approx(6.0, abs=0.05)
    assert found.left[0] == 0
    assert not len(topology.gaps(parcels, width_m=0.2))


def test_neighbours_without_common_vertices_leave_no_gap() -> None:
    assert not len(topology.gaps(array(box(0, 0, 20, 20), box(20, 5, 40, 15)), width_m=0.5))


def test_a_lane_is_no_gap() -> None:
    assert not len(topology.gaps(array(box(0, 0, 20, 20), box(21, 0, 40, 20)), width_m=0.5))


def test_loose_ends() -> None:
    fences = array(
        LineString([(0, 0), (9, 0)]), LineString([(9.1, -5), (9.1, 5)]), LineString([(0, 9), (5, 9)])
    )
    found = topology.loose_ends(fences, reach_m=0.3, same_m=0.001)
    assert (found.line.tolist(), found.other.tolist()) == ([0], [1])
    assert found.gap_m[0] == pytest.approx(0.1)


def test_standing() -> None:
    buildings, parcels = (
        array(box(15, 0, 25, 10), box(1, 1, 3, 3)),
        array(box(0, 0, 20, 20), box(20, 0, 40, 20)),
    )
    found = topology.standing(buildings, parcels, np.array([1, -1]), least_share=0.1)
    assert found.parts.tolist() == [2, 1]
    assert found.own_share[0] == pytest.approx(0.5)
    assert np.isnan(found.own_share[1])


def test_nothing_has_no_places() -> None:
    nothing = np.empty(0, dtype=object)
    assert not len(topology.overlaps(nothing, least_m2=0.05))
    assert not len(topology.gaps(nothing, width_m=0.5))
    assert not len(topology.loose_ends(nothing, reach_m=0.3, same_m=0.001).line)


def test_odd_vertices_in_holes_and_parts() -> None:
    hole = [(5, 5), (5, 8), (8, 8), (8, 5), (8, 5)]
    shapes = array(
        box(0, 0, 10, 10),
        Polygon(box(0, 0, 10, 10).exterior, [hole]),
        shapely.MultiPolygon(
            [box(0, 0, 1, 1), Polygon([(5, 0), (9, 0), (9, 9), (7.01, 9), (7, 30), (6.99, 9), (5, 9)])]
        ),
    )
    odd = odd_vertices(shapes, same_m=0.001, angle_deg=5)
    assert odd.repeated.tolist() == [False, True, False]
    assert odd.spiked.tolist() == [False, False, True]


RULES = {"same_m": 0.001, "angle_deg": 5.0}
metres = st.integers(0, 400).map(lambda v: v / 40)


@given(st.lists(st.tuples(metres, metres), min_size=3, max_size=10), st.floats(0.01, 1.0))
@settings(deadline=None, max_examples=300)
def test_tidying_twice_is_tidying_once_within_the_budget(
    ring: list[tuple[float, float]], sigma_m: float
) -> None:
    doubled = [point for point in ring for _twice in range(2)]
    outline = array(Polygon(doubled))[0]
    if not outline.is_valid or outline.area < 0.01:
        return
    done = tidy(outline, tolerance_m=sigma_m, **RULES)
    assert done.geometry is not None
    assert done.geometry.is_valid
    assert abs(done.geometry.area - outline.area) <= max(0.01, area_sigma_m2(outline, sigma_m))
    assert done.area_before_m2 == outline.area
    again = tidy(done.geometry, tolerance_m=sigma_m, **RULES)
    assert not again.changed
    assert again.geometry is done.geometry


@given(st.lists(st.tuples(metres, metres), min_size=3, max_size=10))
@settings(deadline=None, max_examples=200)
def test_the_screen_misses_nothing_that_tidying_would_change(ring: list[tuple[float, float]]) -> None:
    outline = array(Polygon(ring))[0]
    if not outline.is_valid or outline.area < 0.01:
        return
    odd = odd_vertices([outline], **RULES)
    if tidy(outline, tolerance_m=0.5, **RULES).changed:
        assert odd.repeated[0] or odd.spiked[0]

"""Borders drawn twice: mended within the accuracy, balanced, once and for all, in any order."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize.geometry import topology
from regularize.geometry.seams import Change, mend_seams
from regularize.geometry.topology import Geometries

LEAST_M2, GAP_M = 0.05, 0.5
EAST, NORTH = 523_000.0, 4_791_000.0


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def mend(polygons: Geometries, sigma: float = 0.1) -> tuple[Geometries, list[Change]]:
    found = topology.overlaps(polygons, least_m2=LEAST_M2)
    empty = topology.gaps(polygons, width_m=GAP_M)
    sigma_m = np.full(len(polygons), sigma)
    changes = mend_seams(polygons, sigma_m, found, empty, least_m2=LEAST_M2, gap_width_m=GAP_M)
    after = polygons.copy()
    for change in changes:
        after[change.row] = change.after
    return after, changes


def rows(*shapes: shapely.Polygon) -> Geometries:
    return np.array(shapes, dtype=object)


def test_an_overlap_goes_to_one_of_the_two() -> None:
    after, changes = mend(rows(box(0, 0, 20, 20), box(19.95, 0, 45, 20)))
    assert [(c.row, c.others) for c in changes] == [(0, (1,))]  # the smaller one gives
    assert shapely.area(after).round(3).tolist() == [399.0, 501.0]
    assert len(topology.overlaps(after, least_m2=1e-6)) == 0


def test_a_gap_goes_to_the_longer_border() -> None:
    after, changes = mend(rows(box(0, 0, 20, 20), box(20.06, 0, 40, 20), box(0, 20, 40, 40)))
    assert len(changes) == 1
    assert changes[0].gap_m2 == pytest.approx(0.06 * 20, abs=1e-6)
    assert shapely.union_all(after).area == pytest.approx(40 * 40, abs=1e-3)
    assert len(topology.gaps(after, width_m=GAP_M)) == 0


@pytest.mark.parametrize(
    ("shapes", "sigma"),
    [
        ((box(0, 0, 20, 20), box(19.8, 0, 40, 20)), 0.1),  # wider than the accuracy
        ((box(0, 0, 20, 20), box(20.2, 0, 40, 20)), 0.1),
        ((box(0, 0, 20, 20), box(0, 0, 20, 20)), 0.1),  # the same outline twice
        ((box(0, 0, 20, 20), box(20, 0, 40, 20)), 0.1),  # nothing to mend
        ((box(0, 0, 20, 20), box(5, 19.97, 8, 19.99 + 3)), 0.01),
    ],
)
def test_what_is_not_mended(shapes: tuple[shapely.Polygon, ...], sigma: float) -> None:
    assert mend(rows(*shapes), sigma)[1] == []


def test_a_narrow_parcel_is_no_gap() -> None:
    """A strip between two others that is somebody's own, beside a seam that is none."""
    after, changes = mend(
        rows(box(0, 0, 20, 20), box(20, 0, 20.09, 20), box(20.09, 0, 40, 20), box(0, -20, 20.3, 0.04))
    )
    assert after[1].equals_exact(box(20, 0, 20.09, 20)) or after[1].area < box(20, 0, 20.09, 20).area
    assert all(change.gap_m2 == 0 for change in changes)


def test_a_triangle_that_opens_too_wide_is_left() -> None:
    """On average thin, at its end wider than the accuracy."""
    leaning = shapely.Polygon(
        [(EAST + 20, NORTH), (EAST + 40, NORTH), (EAST + 40, NORTH + 20), (EAST + 19.82, NORTH + 20)]
    )
    assert mend(rows(box(0, 0, 20, 20), leaning), 0.1)[1] == []


@st.composite
def streets(draw: st.DrawFn) -> Geometries:
    """A grid of parcels whose common borders were drawn twice, off by a few centimetres or far off."""
    offs = st.sampled_from([0.0, 0.0, 0.0, 0.03, -0.03, 0.08, -0.08, 0.3, -0.3])
    shapes = []
    for row in range(draw(st.integers(1, 2))):
        for column in range(draw(st.integers(2, 4))):
            west, south = 20.0 * column + draw(offs), 20.0 * row + draw(offs)
            shapes.append(box(west, south, 20.0 * (column + 1) + draw(offs), 20.0 * (row + 1)))
    return rows(*shapes)


@given(streets(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_balanced_idempotent_and_of_no_order(polygons: Geometries, dice: "np.random.Generator") -> None:
    after, changes = mend(polygons)
    assert shapely.is_valid(after).all()
    explained = sum(change.gap_m2 - change.overlap_m2 for change in changes)
    assert shapely.area(after).sum() == pytest.approx(shapely.area(polygons).sum() + explained, abs=1e-2)
    for change in changes:
        # No point of the border went further than the accuracy.
        assert shapely.hausdorff_distance(change.before, change.after) <= 0.1 + 1e-5
    again, more = mend(after)
    assert more == []
    assert (again == after).all()
    order = list(range(len(polygons)))
    dice.shuffle(order)  # type: ignore[arg-type]  # hypothesis gives random.Random
    shuffled, _others = mend(polygons[order])
    for place, row in enumerate(order):
        assert shapely.symmetric_difference(shuffled[place], after[row]).area < 1e-5

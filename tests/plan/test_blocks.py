"""Blocks: every building in exactly one, none below k, the same for any order of input."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from regularize.model import Finding, Grade, ReviewState
from regularize.plan.blocks import Blocks, blocks_frame, count_by_block, partition
from regularize.sample import neighbourhood

K = 11
AREA = box(0, 0, 400, 300)
AXES = [LineString([(x, -10), (x, 310)]) for x in (100, 200, 300)] + [LineString([(-10, 150), (410, 150)])]
BODIES = [axis.buffer(3, cap_style="flat") for axis in AXES]


def houses(n: int, seed: int = 1) -> list[shapely.Polygon]:
    dice = np.random.default_rng(seed)
    return [Point(x, y).buffer(2, quad_segs=2) for x, y in dice.uniform((5, 5), (395, 295), (n, 2))]


def check(blocks: Blocks, buildings: list[shapely.Polygon], k: int) -> None:
    assert sum(blocks.dwellings) == len(buildings)
    assert len(blocks.dwellings) == 1 or min(blocks.dwellings) >= k
    at = blocks.locate(buildings)
    assert np.bincount(at, minlength=len(blocks.geometries)).tolist() == list(blocks.dwellings)
    areas = sum(g.area for g in blocks.geometries)
    assert shapely.union_all(list(blocks.geometries)).area == pytest.approx(areas, rel=1e-9)


@pytest.mark.parametrize(
    "streets", [AXES, BODIES, [AXES[0], BODIES[3]], []], ids=["axes", "bodies", "both", "none"]
)
@pytest.mark.parametrize("area", [AREA, None], ids=["area", "hull"])
def test_every_building_is_in_exactly_one_block_of_k(streets: list, area: shapely.Polygon | None) -> None:
    buildings = houses(200)
    blocks = partition(buildings, k=K, area=area, streets=streets)
    check(blocks, buildings, K)
    assert len(blocks.geometries) > 1


def test_streets_cut_where_each_side_holds_enough() -> None:
    blocks = partition(houses(400), k=K, area=AREA, streets=AXES)
    assert len(blocks.geometries) == 8
    assert {round(g.area) for g in blocks.geometries} == {15_000}


def test_sparse_blocks_are_merged_with_a_neighbour() -> None:
    buildings = [b for b in houses(400) if b.centroid.x < 300] + [box(350, 250, 355, 255)]
    blocks = partition(buildings, k=K, area=AREA, streets=AXES)
    check(blocks, buildings, K)
    home = blocks.geometries[int(blocks.locate([buildings[-1]])[0])]
    assert home.contains(Point(250, 200))


def test_ground_without_dwellings_belongs_to_no_block() -> None:
    buildings = [b for b in houses(400) if b.centroid.x < 300]
    blocks = partition(buildings, k=K, area=AREA, streets=AXES)
    assert not any(g.contains(Point(350, 200)) for g in blocks.geometries)
    assert blocks.locate([box(350, 200, 360, 210)]).shape == (1,)


def test_fewer_than_k_are_one_block() -> None:
    assert partition(houses(7), k=K, area=AREA, streets=AXES).dwellings == (7,)


def test_nothing_at_all() -> None:
    assert partition([], k=K).geometries == ()
    assert partition([], k=K, area=AREA).dwellings == (0,)


def test_parcels_serve_where_there_are_no_streets() -> None:
    parcels = [box(x, 0, x + 20, 50) for x in range(0, 200, 20)] + [
        box(x, 60, x + 20, 110) for x in range(0, 200, 20)
    ]
    buildings = [Point(x, y).buffer(1) for x in range(5, 200, 8) for y in (25, 85)]
    blocks = partition(buildings, k=K, parcels=parcels)
    assert blocks.dwellings == (25, 25)


def test_parcels_elsewhere_and_streets_over_everything_cut_nothing() -> None:
    houses = [Point(10 * i, 5).buffer(2) for i in range(60)]
    area = box(-5, 0, 600, 10)
    for given_up in ({"parcels": [box(0, 500, 50, 550)]}, {"streets": [box(-50, -50, 700, 50)]}):
        made = partition(houses, k=11, area=area, **given_up)
        assert sum(made.dwellings) == 60
        assert min(made.dwellings) >= 11


def test_dwellings_weigh_and_unknown_counts_as_one() -> None:
    tower, house = box(10, 10, 30, 30), box(350, 250, 360, 260)
    rest = [b for b in houses(60) if b.centroid.x > 205]
    blocks = partition(
        [tower, house, *rest], k=K, area=AREA, streets=AXES, dwellings=[12, None] + [1] * len(rest)
    )
    assert sum(blocks.dwellings) == 13 + len(rest)
    assert 12 in blocks.dwellings


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 120), st.integers(1, 15), st.randoms(use_true_random=False))
def test_order_of_buildings_does_not_matter(n: int, k: int, dice) -> None:
    buildings = houses(n, seed=n)
    mixed = buildings[:]
    dice.shuffle(mixed)
    one = partition(buildings, k=k, area=AREA, streets=AXES)
    other = partition(mixed, k=k, area=AREA, streets=AXES)
    check(one, buildings, k)
    assert one.dwellings == other.dwellings
    assert [g.wkb for g in one.geometries] == [g.wkb for g in other.geometries]


def test_the_sample_is_cut_along_its_streets() -> None:
    town = neighbourhood(11)
    buildings = list(town.observed_buildings.geometry)
    blocks = partition(buildings, k=K, area=town.areas.union_all(), streets=list(town.streets.geometry))
    assert min(blocks.dwellings) >= K
    assert sum(blocks.dwellings) == len(buildings)
    assert len(blocks.geometries) >= 8


def test_findings_are_counted_once_and_only_what_waits() -> None:
    def finding(x: float, y: float, cls: str = "extended", review: ReviewState = ReviewState.NEW) -> Finding:
        shape = box(x, y, x + 5, y + 5)
        return Finding("building", cls, shape, (), (), (), (), (), {}, 1.0, Grade.A, review=review)

    blocks = partition(houses(400), k=K, area=AREA, streets=AXES)
    findings = [
        finding(20, 200),
        finding(20, 210, "no_parcel"),
        finding(98, 200),  # across a street: counts where its inner point lies
        finding(5_000, 5_000),  # outside: the nearest block
        finding(20, 220, "unchanged"),
        finding(20, 230, review=ReviewState.REJECTED),
    ]
    counts = count_by_block(findings, blocks)
    assert sum(sum(count.values()) for count in counts) == 4
    assert counts[int(blocks.locate([box(20, 200, 25, 205)])[0])] == {"extended": 1, "no_parcel": 1}
    frame = blocks_frame(blocks, counts, crs="EPSG:7801")
    assert frame["block"].tolist() == list(range(1, 9))
    with pytest.raises(ValueError, match="no blocks"):
        Blocks((), ()).locate([Point(0, 0)])

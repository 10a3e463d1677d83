"""The scene from above: what is drawn is what the truth says, and errors of the picture move nothing."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from regularize.sample import Flight, Surface, surface
from regularize.sample.settings import BENCHMARK
from regularize.sample.surface import ROOFS

COARSE = Flight(cell_m=0.5)
STILL = replace(COARSE, blur_m=0.0, noise_m=0.0, holes=0.0, trees=0, fenced=0.0, clutter=0.0)


@pytest.fixture(scope="module")
def scene() -> Surface:
    return surface(3, flight=COARSE)


@pytest.fixture(scope="module")
def bare() -> Surface:
    return surface(3, flight=STILL)


def cells_in(scene: Surface, shape: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = scene.dtm.shape
    x = scene.west + (np.arange(columns) + 0.5) * scene.cell_m
    y = scene.north - (np.arange(rows) + 0.5) * scene.cell_m
    return np.nonzero(shapely.contains_xy(shape, *np.meshgrid(x, y)))


def test_the_same_seed_is_the_same_scene(scene: Surface) -> None:
    again = surface(3, flight=COARSE)
    assert np.array_equal(scene.dsm, again.dsm, equal_nan=True)
    assert np.array_equal(scene.ndvi, again.ndvi)
    assert scene.houses.equals(again.houses)


def test_roofs_stand_as_high_as_the_truth_says(bare: Surface) -> None:
    above = bare.true_dsm - bare.dtm
    for house in bare.houses.sample(25, random_state=1).itertuples():
        inside = above[cells_in(bare, house.geometry.buffer(-0.8))]
        if not len(inside):
            continue
        # The base is level, the terrain below is not.
        assert house.eave_m - 1.2 <= inside.min()
        assert inside.max() <= house.ridge_m + 1.2
        assert house.ridge_m >= house.eave_m >= 2.3
    flat = bare.houses[bare.houses["roof"] == "flat"]
    assert (flat["ridge_m"] == flat["eave_m"]).all()


def test_nothing_else_stands_where_nothing_was_drawn(bare: Surface) -> None:
    clear = shapely.union_all([h.buffer(1.0) for h in bare.houses.geometry])
    high = np.argwhere(bare.true_dsm - bare.dtm > 3.0)  # sheds are lower
    x, y = bare.west + (high[:, 1] + 0.5) * bare.cell_m, bare.north - (high[:, 0] + 0.5) * bare.cell_m
    assert shapely.contains_xy(clear, x, y).all()
    assert not (bare.ndvi > 0.3).any()
    assert np.abs(bare.dsm - bare.true_dsm).max() == 0


def test_errors_of_the_picture_are_those_stated(scene: Surface) -> None:
    assert np.isnan(scene.dsm).mean() == pytest.approx(COARSE.holes, abs=0.004)
    calm = surface(3, flight=replace(COARSE, blur_m=0.0))
    assert np.nanstd(calm.dsm - calm.true_dsm) == pytest.approx(COARSE.noise_m, rel=0.02)
    worse = surface(3, flight=replace(COARSE, blur_m=1.0, noise_m=0.15))
    assert np.array_equal(worse.true_dsm, scene.true_dsm)
    assert worse.houses.equals(scene.houses)
    steps = [np.nanmax(np.abs(np.diff(s.dsm, axis=1))) for s in (calm, scene, worse)]
    assert steps == sorted(steps, reverse=True)


def test_trees_are_green_and_fences_are_low(scene: Surface, bare: Surface) -> None:
    green = scene.ndvi > 0.4
    assert 0.002 < green.mean() < 0.05
    fences = surface(3, flight=replace(STILL, fenced=1.0))
    added = fences.true_dsm - bare.true_dsm
    assert 1.1 < added.max() <= 2.0
    cluttered = surface(3, flight=replace(STILL, clutter=1.0))
    assert 0.4 < (cluttered.true_dsm - bare.true_dsm).max() <= 1.8


def test_shares_of_roofs_and_the_slope() -> None:
    scenes = [surface(seed, flight=replace(STILL, cell_m=1.0, slope=0.3)) for seed in range(2)]
    roofs = np.concatenate([s.houses["roof"].to_numpy() for s in scenes])
    for roof, share in zip(ROOFS, Flight().roof_mix, strict=True):
        assert (roofs == roof).mean() == pytest.approx(share, abs=0.06)
    for s in scenes:
        south, east = np.gradient(s.dtm, s.cell_m)
        assert np.hypot(south.mean(), east.mean()) == pytest.approx(0.3, abs=0.02)


def test_the_scene_is_that_of_the_neighbourhood() -> None:
    from regularize.sample import neighbourhood

    drawn = neighbourhood(3, replace(BENCHMARK, survey_sigma_m=0.0))
    surveyed = shapely.union_all(np.asarray(drawn.observed_buildings.geometry.array))
    seen = surface(3, flight=replace(STILL, cell_m=1.0)).houses
    covered = shapely.area(shapely.intersection(np.asarray(seen.geometry.array), surveyed))
    assert (covered > 0.99 * seen.area).all()

"""The shift is found where there is one and refused where there is none."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import regularize
from regularize.geometry import alignment, measures
from regularize.geometry.masks import Mask, overlap_surface

_FILE = Path(regularize.__file__).parent / "countries" / "generic" / "detection.toml"
THRESHOLDS = {k: float(v["value"]) for k, v in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()}


def village(seed: int, n: int = 60, side_m: float = 180.0) -> np.ndarray:
    """Rotated boxes on a jittered grid; nothing in common with any generator of the program."""
    rng = np.random.default_rng(seed)
    k = int(np.ceil(np.sqrt(n)))
    step = side_m / k
    boxes = []
    for i in range(n):
        w, h = rng.uniform(5, 11), rng.uniform(5, 11)
        c, s = np.cos(a := rng.uniform(0, np.pi)), np.sin(a)
        corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ np.array([[c, s], [-s, c]])
        centre = (
            np.array([i % k, i // k]) * step + rng.uniform(-0.3, 0.3, 2) * step + [440_000.0, 4_668_000.0]
        )
        boxes.append(shapely.Polygon(corners + centre))
    return np.array(boxes, dtype=object)


def noisy(shapes: np.ndarray, sigma_m: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array(
        [shapely.Polygon(np.array(g.exterior.coords)[:-1] + rng.normal(0, sigma_m, (4, 2))) for g in shapes],
        dtype=object,
    )


def shifted(shapes: np.ndarray, dx: float, dy: float) -> np.ndarray:
    return shapely.transform(shapes, lambda xy: xy + np.array([dx, dy]))


@pytest.mark.parametrize("seed", range(6))
def test_shift_is_found_under_noise_and_many_unregistered(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    truth = village(seed, 90, 220.0)
    register = noisy(truth[rng.random(90) < 0.4], 0.4, seed)
    angle = rng.uniform(0, 2 * np.pi)
    d = rng.uniform(0, 5) * np.array([np.cos(angle), np.sin(angle)])
    observed = shifted(noisy(truth, 0.05, seed + 50), *d)
    shift = alignment.estimate(observed, register, thresholds=THRESHOLDS)
    assert shift.accepted
    assert shift.pairs >= 15
    assert np.hypot(shift.dx_m - d[0], shift.dy_m - d[1]) < 0.3
    assert shift.overlap_after >= shift.overlap_before - 1e-9


@pytest.mark.parametrize("seed", range(25))
def test_unrelated_layers_give_no_shift(seed: int) -> None:
    observed = village(seed)
    register = shifted(village(seed + 5000), 0, 0) if seed % 2 else shifted(observed, 37.0, 23.0)
    shift = alignment.estimate(observed, register, thresholds=THRESHOLDS)
    assert not shift.accepted
    assert shift.reason == alignment.UNDETERMINED
    assert (shift.dx_m, shift.dy_m, shift.cells) == (0.0, 0.0, ())


@pytest.mark.parametrize("seed", range(10))
def test_a_few_unrelated_buildings_give_no_shift(seed: int) -> None:
    register = village(seed, 100, 220.0)
    observed = village(seed + 900, 100, 220.0)[:: 4 + seed % 3]
    assert not alignment.estimate(observed, register, thresholds=THRESHOLDS).accepted


@pytest.mark.long
def test_unrelated_layers_give_no_shift_in_a_hundred_seeds() -> None:
    accepted = [
        seed
        for seed in range(100)
        if alignment.estimate(village(seed), village(seed + 7000), thresholds=THRESHOLDS).accepted
    ]
    assert accepted == []


def test_identical_layers_stay_where_they_are() -> None:
    layer = village(3)
    shift = alignment.estimate(layer, layer, thresholds=THRESHOLDS)
    assert shift.accepted
    assert (shift.dx_m, shift.dy_m) == (0.0, 0.0)
    assert not shift.any
    assert shift.moved(layer).tolist() == layer.tolist()


def test_empty_sides_are_undetermined() -> None:
    some, none = village(1), np.array([], dtype=object)
    for a, b in ((some, none), (none, some), (none, none), (np.array([None, shapely.Polygon()]), some)):
        assert alignment.estimate(a, b, thresholds=THRESHOLDS) == alignment.NO_SHIFT


def test_a_survey_of_some_buildings_is_enough() -> None:
    register = village(8, 100, 220.0)
    observed = shifted(noisy(register[::4], 0.1, 1), 2.0, -1.5)
    shift = alignment.estimate(observed, register, thresholds=THRESHOLDS)
    assert shift.accepted
    assert np.hypot(shift.dx_m - 2.0, shift.dy_m + 1.5) < 0.3


def test_rotation_earns_an_affine_part_and_noise_does_not() -> None:
    truth = village(11, 300, 600.0)
    middle = shapely.total_bounds(truth).reshape(2, 2).mean(axis=0)
    angle = np.deg2rad(0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    observed = shapely.transform(
        noisy(truth, 0.1, 2), lambda xy: (xy - middle) @ turn.T + middle + [1.0, 2.0]
    )
    shift = alignment.estimate(observed, truth, thresholds=THRESHOLDS)
    assert shift.affine is not None
    left = shapely.get_coordinates(shapely.centroid(shift.moved(truth))) - shapely.get_coordinates(
        shapely.centroid(observed)
    )
    assert np.percentile(np.hypot(*left.T), 95) < 0.35
    straight = alignment.estimate(noisy(truth, 0.3, 3), truth, thresholds=THRESHOLDS)
    assert straight.affine is None
    assert not any(cell.applied for cell in straight.cells)


def test_a_sheet_that_jumps_moves_by_itself() -> None:
    left, right = village(21, 100, 290.0), shifted(village(22, 100, 290.0), 300.0, 0.0)
    register = np.concatenate([left, right])
    observed = noisy(np.concatenate([left, shifted(right, 1.5, 0.0)]), 0.1, 4)
    shift = alignment.estimate(observed, register, thresholds=THRESHOLDS)
    gap = shapely.get_coordinates(shapely.centroid(shift.moved(register))) - shapely.get_coordinates(
        shapely.centroid(observed)
    )
    assert np.median(np.hypot(*gap.T)) < 0.3


def test_moving_changes_no_input_and_keeps_gaps() -> None:
    layer = np.array([*village(1, 4), None], dtype=object)
    before = shapely.to_wkb(layer).tolist()
    shift = alignment.Shift(1.0, 2.0, True, "", 9, 0.1, 0.5, 0.9)
    moved = shift.moved(layer)
    assert shapely.to_wkb(layer).tolist() == before
    assert moved[4] is None
    assert np.allclose(shapely.get_coordinates(moved) - shapely.get_coordinates(layer), [1.0, 2.0])


def test_masks_draw_holes_and_overlaps_once() -> None:
    ring = shapely.box(2, 2, 12, 12).difference(shapely.box(5, 5, 8, 8))
    layer = np.array([ring, shapely.box(10, 2, 14, 12)], dtype=object)
    mask = Mask(layer).draw(0.0, 0.0, 32, 0.5)
    assert mask.sum() * 0.25 == shapely.union_all(layer).area
    clipped = Mask(layer).draw(4.0, 4.0, 10, 0.5)
    assert clipped.sum() * 0.25 == shapely.union_all(layer).intersection(shapely.box(4, 4, 9, 9)).area


@settings(deadline=None, max_examples=25)
@given(dx=st.integers(-8, 8), dy=st.integers(-8, 8), tile=st.sampled_from([20.0, 60.0, 500.0]))
def test_overlap_of_every_translation_is_exact_on_whole_cells(dx: int, dy: int, tile: float) -> None:
    fixed = np.array([shapely.box(0, 0, 10, 20), shapely.box(40, 5, 60, 12)], dtype=object)
    moved = np.array([shapely.box(2, 3, 9, 30), shapely.box(35, 1, 57, 9)], dtype=object)
    surface = overlap_surface(fixed, moved, radius_m=10, cell_m=0.5, tile_m=tile, max_tiles=99)
    exact = shapely.union_all(fixed).intersection(shapely.union_all(shifted(moved, dx, dy))).area
    assert surface.at(dx, dy) == pytest.approx(exact, abs=1e-2)


def test_sigma_of_an_area_agrees_with_simulation() -> None:
    rng = np.random.default_rng(5)
    outline = np.array([[0, 0], [12, 0], [12, 5], [6, 5], [6, 9], [0, 9]], dtype=float)
    areas = [shapely.Polygon(outline + rng.normal(0, 0.1, outline.shape)).area for _ in range(4000)]
    assert measures.area_sigma_m2(shapely.Polygon(outline), 0.1) == pytest.approx(np.std(areas), rel=0.05)


def test_sigmas_of_areas_add_rings_and_parts() -> None:
    a, b = shapely.box(0, 0, 10, 10), shapely.box(20, 0, 26, 4)
    holed = shapely.box(0, 0, 10, 10).difference(shapely.box(3, 3, 9, 7))
    both = shapely.MultiPolygon([a, b])
    one = measures.area_sigmas_m2(
        [a, b, holed, both, None, shapely.Point(0, 0)], [0.1, 0.1, 0.1, 0.2, 0.1, 0.1]
    )
    assert one[0] == pytest.approx(0.1 * np.sqrt(4 * 200) / 2)
    assert one[2] == pytest.approx(np.hypot(one[0], one[1]))
    assert one[3] == pytest.approx(2 * one[2])
    assert one[4:].tolist() == [0.0, 0.0]
    assert measures.area_sigmas_m2([], 0.1).tolist() == []

"""What goes wrong beyond noise: each behind its setting, each told by the truth."""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from regularize.sample import (
    DEFAULT,
    FILE_FAULT,
    FULL,
    Neighbourhood,
    Settings,
    generate,
    mishaps,
    neighbourhood,
)
from regularize.sample.settings import IZGREV, effective

SMALL = replace(DEFAULT, quarters=(replace(IZGREV, rows=2, columns=3),))


@cache
def drawn(seed: int, kind: Settings = SMALL) -> Neighbourhood:
    return neighbourhood(seed, kind)


def shapes(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(frame.geometry.array)


def test_a_house_measured_twice_is_one_in_the_truth() -> None:
    once, twice = drawn(1), drawn(1, replace(SMALL, measured_twice=0.2))
    rows = len(once.observed_buildings)
    assert (
        twice.observed_buildings.iloc[:rows]
        .drop(columns="fid")
        .equals(once.observed_buildings.drop(columns="fid"))
    )
    again = twice.odd_rows.loc[twice.odd_rows["what"] == "measured_twice", "ref"]
    assert list(again) == list(twice.observed_buildings["ref"].iloc[rows:])
    assert 0.1 * rows < len(again) < 0.3 * rows
    place = dict(zip(twice.observed_buildings["ref"], twice.observed_buildings.geometry, strict=True))
    told = [cell.split("|") for cell in twice.truth_buildings["survey_ref"] if "|" in cell]
    pairs = [refs for refs in told if refs[-1] in set(again)]
    assert len(pairs) == len(again)
    for first, second in pairs:
        one, other = place[first], place[second]
        assert not one.equals(other)
        assert one.intersection(other).area / one.union(other).area > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_longer_than_pairs_where_asked(seed: int) -> None:
    def longest(kind: Settings) -> int:
        sample = drawn(seed, replace(kind, survey_sigma_m=0.0, annex=0.0, split=0.0, complex_share=0.0))
        houses = shapes(sample.observed_buildings)
        left, right = shapely.STRtree(houses).query(houses, predicate="dwithin", distance=0.05)
        label = np.arange(len(houses))
        for _ in range(8):
            np.minimum.at(label, left, label[right])
        return max(Counter(label.tolist()).values())

    assert longest(SMALL) <= 2
    assert longest(replace(SMALL, row_longest=5, rows_share=0.6)) in {3, 4, 5}


def test_annexes_are_as_small_as_the_setting_says() -> None:
    small = drawn(2, replace(SMALL, annex_m2=(8.0, 10.5), annex=0.6, survey_sigma_m=0.0, omission=0.9))
    annexes = small.truth_buildings[small.truth_buildings["class"] == "adjoining_annex"]["survey_ref"]
    area = small.observed_buildings.set_index("ref").area
    joined = small.observed_buildings["building_use"].eq("допълваща").to_numpy()
    sheds = small.odd_rows.loc[small.odd_rows["what"] == "shed_below_threshold", "ref"]
    own = small.observed_buildings[joined & ~small.observed_buildings["ref"].isin(sheds)]
    assert len(annexes)
    assert len(own) > 5
    assert area[own["ref"]].between(7.99, 10.51).all()


def test_an_old_plan_draws_to_a_grid() -> None:
    kind = replace(SMALL, register_sigma_m=0.0, shift_m=(0.0, 0.0), generalised=1.0, generalised_m=(0.5, 0.5))
    kind = replace(kind, slivers=0.0, invalid=0.0, gaps=0.0)
    plan, true = drawn(3, kind), drawn(3, replace(kind, generalised=0.0))
    assert plan.buildings["ref"].equals(true.buildings["ref"])
    for frame in (plan.parcels, plan.buildings):
        # to the millimetre; a few outlines that a grid would spoil stay as they are
        rest = np.abs(shapely.get_coordinates(shapes(frame)) / 0.5 % 1.0 - 0.5)
        assert (rest > 0.49).all(axis=1).mean() > 0.9
        assert frame.geometry.is_valid.all()
    away = shapely.hausdorff_distance(shapes(plan.parcels), shapes(true.parcels))
    assert 0.1 < np.median(away) < 0.36
    assert away.max() < 0.36
    overlap = shapes(plan.parcels)
    i, j = shapely.STRtree(overlap).query(overlap, predicate="overlaps")
    # Where four lines met, a grid may leave a splinter.
    assert shapely.area(shapely.intersection(overlap[i], overlap[j])).max(initial=0.0) < 3.0


def test_a_street_of_the_cadastre_runs_through_houses() -> None:
    sample = drawn(4, replace(SMALL, street_through=0.3, survey_sigma_m=0.0))
    through = sample.streets[sample.streets["origin"] == "cadastre"]
    assert len(through) == 2
    assert through["sigma_m"].eq(SMALL.register_sigma_m).all()
    assert sample.streets["ref"].is_unique
    back = shapely.transform(shapes(through), lambda xy: xy + sample.shift_m)
    corridors = shapely.union_all(shapely.buffer(back, through["width_m"] / 2, cap_style="flat"))
    told = dict(zip(sample.truth_on_street["survey_ref"], sample.truth_on_street["m2"], strict=True))
    measured = {
        ref: shape.intersection(corridors).area
        for ref, shape in zip(
            sample.observed_buildings["ref"], sample.observed_buildings.geometry, strict=True
        )
    }
    assert len(told) >= 2
    assert max(told.values()) > 10
    assert {ref: m2 for ref, m2 in measured.items() if m2 > 0.05} == pytest.approx(
        {ref: m2 for ref, m2 in told.items() if m2 > 0.05}, abs=0.05
    )
    assert drawn(4).truth_on_street.empty


@pytest.mark.parametrize("fault", ["swapped_axes", "wrong_zone"])
def test_a_faulty_file_has_all_of_the_survey_elsewhere(fault: str) -> None:
    kind = replace(SMALL, file_fault=1.0)
    sample = next(s for s in (drawn(seed, kind) for seed in range(12)) if s.survey_fault == fault)
    right = drawn(sample.seed)
    assert right.survey_fault == ""
    assert sample.truth_buildings.equals(right.truth_buildings)
    assert sample.buildings.geometry.equals(right.buildings.geometry)
    for name in ("observed_buildings", "plots", "fences", "streets", "points"):
        wrong, good = getattr(sample, name), getattr(right, name)
        assert wrong.crs == good.crs  # it states what it does not hold
        a, b = shapely.get_coordinates(shapes(wrong)), shapely.get_coordinates(shapes(good))
        if fault == "swapped_axes":
            assert (a == b[:, ::-1]).all()
        else:
            assert np.hypot(*(a - b).T).min() > 1_000


def test_one_file_in_fifty_is_faulty() -> None:
    kind = replace(DEFAULT, file_fault=FILE_FAULT)
    faults = Counter(mishaps.survey_fault(kind, np.random.default_rng(seed)) for seed in range(2000))
    assert set(faults) == {"", "swapped_axes", "wrong_zone"}
    assert 25 <= 2000 - faults[""] <= 55
    assert {mishaps.survey_fault(DEFAULT, np.random.default_rng(seed)) for seed in range(50)} == {""}


def test_streets_of_the_cadastre_are_a_file_of_its_own(tmp_path: Path) -> None:
    sample = generate(5, tmp_path, settings=replace(SMALL, street_through=0.2))
    streets = {d.origin: d for d in sample.deliveries if d.kind == "streets"}
    assert set(streets) == {"survey", "cadastre"}
    assert streets["cadastre"].n == len(gpd.read_file(streets["cadastre"].path)) == 2
    assert streets["survey"].n + 2 == len(sample.drawn.streets)
    assert len({d.path for d in sample.deliveries}) == len(sample.deliveries)


def test_null_tests_know_nothing_of_it() -> None:
    still = effective(replace(FULL, unchanged=True))
    assert (still.measured_twice, still.generalised, still.street_through) == (0.0, 0.0, 0.0)


def test_a_second_survey_measures_the_same_buildings_anew() -> None:
    first, second = drawn(6), drawn(6, replace(SMALL, resurvey=1))
    assert first.truth_buildings.equals(second.truth_buildings)
    assert first.buildings.geometry.equals(second.buildings.geometry)
    away = first.observed_buildings.geometry.hausdorff_distance(second.observed_buildings.geometry)
    assert 0.02 < away.median() < 0.3
    assert away.min() > 0.0

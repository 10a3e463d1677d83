"""The truth of the sample: complete, and right about the ground when nothing is blurred by error."""

from collections import Counter
from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize.model import BuildingClass, PlotClass
from regularize.sample import BENCHMARK, DEFAULT, SAMPLE_SEED, Neighbourhood, Settings, neighbourhood
from regularize.sample.settings import (
    IZGREV,
    OMISSIONS,
    SHIFTS_M,
    SURVEYS,
    TEST_SEEDS,
    TRAIN_SEEDS,
    effective,
    with_survey,
)

SEEDS = (0, SAMPLE_SEED)
EXACT = replace(
    DEFAULT, register_sigma_m=0.0, survey_sigma_m=0.0, shift_m=(0.0, 0.0), invalid=0.0, duplicates=0.0
)
SMALL = replace(DEFAULT, quarters=(replace(IZGREV, rows=1, columns=3),))


@cache
def drawn(seed: int, kind: Settings = DEFAULT) -> Neighbourhood:
    return neighbourhood(seed, kind)


def refs(cells: object) -> list[str]:
    return [ref for cell in cells for ref in str(cell).split("|") if ref]  # type: ignore[attr-defined]  # a column


def assert_complete(sample: Neighbourhood) -> None:
    """Every row of survey and register stands exactly once in the truth."""
    below = sample.odd_rows[sample.odd_rows["what"].str.endswith("_below_threshold")]
    of_survey = Counter(
        refs(sample.truth_buildings["survey_ref"]) + list(below.loc[below["origin"] == "survey", "ref"])
    )
    assert of_survey == Counter(sample.observed_buildings["ref"])
    of_register = Counter(
        refs(sample.truth_buildings["register_ref"]) + list(below.loc[below["origin"] == "cadastre", "ref"])
    )
    assert max(of_register.values(), default=1) == 1
    assert set(of_register) == set(sample.buildings["ref"])
    repeated = set(sample.odd_rows.loc[sample.odd_rows["what"] == "repeated_row", "ref"])
    twice = {ref for ref, n in Counter(sample.buildings["ref"]).items() if n > 1}
    assert twice == repeated


def assert_sides(sample: Neighbourhood) -> None:
    """A class says which sides know the building."""
    shape = {
        "not_in_cadastre": (1, 0),
        "adjoining_annex": (1, 0),
        "not_in_survey": (0, 1),
        "merged": (1, 2),
        "split": (2, 1),
        "complex": (2, 2),
    }
    for row in sample.truth_buildings.itertuples():
        got = (len(refs([row.survey_ref])), len(refs([row.register_ref])))
        assert got == shape.get(row[3], (1, 1)), row


@pytest.mark.parametrize("seed", SEEDS)
def test_each_building_stands_once_in_the_truth(seed: int) -> None:
    assert_complete(drawn(seed))
    assert_sides(drawn(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_are_words_of_the_model_and_all_of_them_occur(seed: int) -> None:
    sample = drawn(seed)
    assert set(sample.truth_buildings["class"]) == {c.value for c in BuildingClass} - {"uncertain"}
    assert set(sample.truth_plots["class"]) == {c.value for c in PlotClass} - {"uncertain"}
    assert set(sample.truth_plots["plot_ref"]) == set(sample.plots["ref"])
    assert sample.truth_plots["plot_ref"].is_unique
    assert set(refs(sample.truth_plots["parcel_ref"])) <= set(sample.parcels["ref"])


@pytest.mark.parametrize("seed", SEEDS)
def test_geometry_is_valid_and_in_its_place(seed: int) -> None:
    sample = drawn(seed)
    spoilt = set(sample.odd_rows.loc[sample.odd_rows["what"] == "invalid_geometry", "ref"])
    bad = sample.buildings[~sample.buildings.geometry.is_valid]
    assert set(bad["ref"]) == spoilt
    for frame in (sample.parcels, sample.observed_buildings, sample.plots, sample.land, sample.areas):
        assert frame.geometry.is_valid.all()
        assert not frame.geometry.is_empty.any()
    # houses lie in plots, up to the error of measurement
    joined = shapely.union_all(sample.plots.geometry.to_numpy()).buffer(0.4)
    inside = shapely.area(shapely.intersection(sample.observed_buildings.geometry.to_numpy(), joined))
    in_plots = inside > 0.99 * sample.observed_buildings.area.to_numpy()
    vacant = ~in_plots  # an unsurveyed plot holds sheds at most
    assert set(sample.observed_buildings.loc[vacant, "building_use"]) <= {"допълваща"}


def common_area(frame: gpd.GeoDataFrame) -> np.ndarray:
    shapes = frame.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = left < right
    return shapely.area(shapely.intersection(shapes[left[keep]], shapes[right[keep]]))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_surveyed_does_not_overlap(seed: int) -> None:
    sample = drawn(seed)
    assert common_area(sample.plots).max() < 0.06
    assert common_area(sample.observed_buildings).max() < 2.0  # a common wall, measured twice
    half = sample.streets["width_m"].to_numpy() / 2
    ways = shapely.union_all(shapely.buffer(sample.streets.geometry.to_numpy(), half - 0.3, cap_style="flat"))
    on_way = shapely.area(shapely.intersection(ways, sample.observed_buildings.geometry.to_numpy()))
    assert on_way.max() < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_without_errors_the_outlines_say_what_the_labels_say(seed: int) -> None:
    sample = drawn(seed, EXACT)
    survey = dict(zip(sample.observed_buildings["ref"], sample.observed_buildings.geometry, strict=True))
    register = dict(zip(sample.buildings["ref"], sample.buildings.geometry, strict=True))
    for row in sample.truth_buildings.itertuples():
        s = shapely.union_all([survey[r] for r in refs([row.survey_ref])])
        r = shapely.union_all([register[k] for k in refs([row.register_ref])])
        gain, loss = s.difference(r).area, r.difference(s).area
        same = s.intersection(r).area / s.union(r).area
        match row[3]:
            case "unchanged" | "split" | "complex":
                assert same > 0.99
            case "extended":
                assert gain >= 5.9
                assert loss < 0.1
            case "reduced":
                assert loss >= 5.9
                assert gain < 0.1
            case "changed":
                assert min(gain, loss) > 5.5
                assert same > 0.55
            case "rebuilt":
                assert same < 0.43
            case "merged":
                assert gain > 1.0
                assert loss < 0.1
            case _:
                assert same == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_meets_by_chance(seed: int) -> None:
    """Outlines of different situations share no ground, so no label rests on a threshold."""
    sample = drawn(seed, EXACT)
    owner_s = {ref: k for k, cell in enumerate(sample.truth_buildings["survey_ref"]) for ref in refs([cell])}
    owner_r = {
        ref: k for k, cell in enumerate(sample.truth_buildings["register_ref"]) for ref in refs([cell])
    }
    a, b = sample.buildings, sample.observed_buildings
    left, right = shapely.STRtree(b.geometry.to_numpy()).query(a.geometry.to_numpy(), predicate="intersects")
    for i, k in zip(left, right, strict=True):
        if owner_r.get(a["ref"].iloc[i], -1) != owner_s.get(b["ref"].iloc[k], -2):
            assert a.geometry.iloc[i].intersection(b.geometry.iloc[k]).area < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_an_annex_adjoins_what_the_register_knows(seed: int) -> None:
    sample = drawn(seed, EXACT)
    truth = sample.truth_buildings
    survey = dict(zip(sample.observed_buildings["ref"], sample.observed_buildings.geometry, strict=True))
    known = truth[(truth["survey_ref"] != "") & (truth["register_ref"] != "")]
    matched = shapely.union_all([survey[ref] for ref in refs(known["survey_ref"])])
    for row in truth[truth["class"].isin(["adjoining_annex", "not_in_cadastre"])].itertuples():
        gap = survey[row.survey_ref].distance(matched)
        assert gap < 0.1 if row[3] == "adjoining_annex" else gap > 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_plots_are_to_the_parcels_what_the_truth_says(seed: int) -> None:
    sample = drawn(seed, EXACT)
    parcels = dict(zip(sample.parcels["ref"], sample.parcels.geometry, strict=True))
    every = shapely.union_all(sample.parcels.geometry.to_numpy())
    plots = dict(zip(sample.plots["ref"], sample.plots.geometry, strict=True))
    users = Counter(
        ref
        for ref, shape in parcels.items()
        for plot in plots.values()
        if plot.intersection(shape).area > 0.5 * plot.area
    )
    for row in sample.truth_plots.itertuples():
        plot, named = plots[row.plot_ref], refs([row.parcel_ref])
        least = max(10.0, 0.1 * plot.area)
        outside = plot.difference(every).area
        shares = [plot.intersection(parcels[ref]).area for ref in named]
        assert all(share > least for share in shares)
        match row[2]:
            case "no_parcel":
                assert not named
                assert outside > 0.99 * plot.area
            case "straddles":
                assert len(named) == 2
            case "partly_outside":
                assert outside > 1.4 * least
            case "registered":
                assert parcels[named[0]].difference(plot).area < 7.0
            case "informal_subdivision":
                assert users[named[0]] >= 2
            case "part_of_parcel":
                assert users[named[0]] == 1
                assert parcels[named[0]].difference(plot).area > 1.4 * max(10.0, 0.1 * parcels[named[0]].area)


def test_shares_follow_the_settings() -> None:
    sample = drawn(SAMPLE_SEED)
    classes = Counter(sample.truth_buildings["class"])
    measured = len(sample.observed_buildings)
    assert 270 <= measured <= 340
    omitted = classes["not_in_cadastre"] + classes["adjoining_annex"]
    assert abs(omitted / measured - DEFAULT.omission) < 0.06
    assert sample.shift_m == (-DEFAULT.shift_m[0], -DEFAULT.shift_m[1])


@pytest.mark.parametrize("omission", OMISSIONS)
def test_omission_can_be_swept(omission: float) -> None:
    kind = replace(SMALL, omission=omission, no_parcels=0.0, coarse=0.6)
    classes = Counter(neighbourhood(3, kind).truth_buildings["class"])
    omitted = classes["not_in_cadastre"] + classes["adjoining_annex"]
    assert abs(omitted / (sum(classes.values()) - classes["not_in_survey"]) - omission) < 0.08


def test_error_settings_leave_the_ground_as_it_is() -> None:
    """Settings are compared on the same neighbourhood: only the errors differ."""
    one, other = drawn(4, SMALL), drawn(4, replace(SMALL, shift_m=SHIFTS_M[-1], register_sigma_m=0.4))
    assert one.observed_buildings.geometry.geom_equals(other.observed_buildings.geometry).all()
    assert one.truth_buildings.equals(other.truth_buildings)
    moved = other.buildings.geometry.iloc[0].centroid.x - one.buildings.geometry.iloc[0].centroid.x
    assert abs(moved - (SHIFTS_M[-1][0] - DEFAULT.shift_m[0])) < 1.0


@pytest.mark.parametrize("survey", sorted(SURVEYS))
def test_every_kind_of_survey_stays_valid(survey: str) -> None:
    sample = neighbourhood(5, with_survey(SMALL, survey))
    assert sample.observed_buildings.geometry.is_valid.all()
    assert sample.plots.geometry.is_valid.all()
    assert_complete(sample)
    assert sample.observed_buildings["sigma_m"].eq(SURVEYS[survey]["survey_sigma_m"]).all()


def test_sheets_of_a_plan_jump_and_turn() -> None:
    flat = replace(SMALL, register_sigma_m=0.0, shift_m=(0.0, 0.0))
    still = neighbourhood(4, flat)
    jumped = neighbourhood(4, replace(flat, sheet_jump_m=1.0))
    north = jumped.buildings.centroid.y - still.buildings.centroid.y
    assert set(north.round(2)) == {0.0, 1.0}
    turned = neighbourhood(4, replace(flat, rotation_deg=0.3))
    apart = turned.buildings.centroid.distance(still.buildings.centroid)
    assert 0.2 < apart.max() < 1.5


def test_nothing_changed() -> None:
    sample = neighbourhood(
        6, replace(SMALL, unchanged=True, register_sigma_m=0.0, survey_sigma_m=0.0, shift_m=(0, 0))
    )
    assert set(sample.truth_buildings["class"]) == {"unchanged"}
    assert set(sample.truth_plots["class"]) == {"registered"}
    assert len(sample.odd_rows) == sum(sample.odd_rows["what"] == "shed_below_threshold")
    big = sample.observed_buildings[sample.observed_buildings.area >= 10]
    assert big.geometry.reset_index(drop=True).geom_equals(sample.buildings.geometry).all()


def test_an_unrelated_register() -> None:
    sample = neighbourhood(6, replace(SMALL, unrelated=True))
    assert set(sample.truth_buildings["class"]) == {"not_in_cadastre", "not_in_survey"}
    assert len(sample.buildings) >= 8
    assert sample.shift_m is None
    assert_complete(sample)


@settings(max_examples=5, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    omission=st.floats(0.1, 0.95),
    sigma=st.sampled_from([0.0, 0.2, 0.6]),
    no_parcels=st.sampled_from([0.0, 0.2, 1.0]),
)
def test_the_truth_is_complete_for_any_seed(
    seed: int, omission: float, sigma: float, no_parcels: float
) -> None:
    rest = 1.0 - no_parcels
    kind = replace(
        SMALL,
        omission=omission,
        register_sigma_m=sigma,
        no_parcels=no_parcels,
        coarse=rest / 2,
        exact=rest / 2,
    )
    sample = neighbourhood(seed, kind)
    assert_complete(sample)
    assert_sides(sample)
    assert sample.observed_buildings.geometry.is_valid.all()


def test_seeds_for_training_and_testing_are_apart() -> None:
    assert not set(TRAIN_SEEDS) & set(TEST_SEEDS)
    assert SAMPLE_SEED not in {*TRAIN_SEEDS, *TEST_SEEDS}
    assert len(BENCHMARK.quarters) == 1
    assert effective(replace(DEFAULT, unchanged=True)).omission == 0.0

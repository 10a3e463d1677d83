"""Probabilities over all matchings, against counting them one by one; and what paced outlines become."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
from shapely import affinity, box

from regularize import countries
from regularize.detect.buildings import BuildingResult, detect_buildings
from regularize.detect.paced import probabilities
from regularize.geometry.alignment import Shift

T = countries.load("generic").thresholds
STILL = Shift(0.0, 0.0, True, "", 50, 0.1, 0.9, 0.9)


def counted(i, j, log_odds, n, m):  # type: ignore[no-untyped-def]
    """The same by listing every matching."""
    weight, alone_o, alone_r = 0.0, np.zeros(n), np.zeros(m)
    pair = np.zeros(len(i))
    for size in range(min(n, m) + 1):
        for chosen in combinations(range(len(i)), size):
            rows = [i[k] for k in chosen], [j[k] for k in chosen]
            if len(set(rows[0])) < size or len(set(rows[1])) < size:
                continue
            w = float(np.exp(sum(log_odds[k] for k in chosen)))
            weight += w
            alone_o += w * ~np.isin(np.arange(n), rows[0])
            alone_r += w * ~np.isin(np.arange(m), rows[1])
            pair[list(chosen)] += w
    return alone_o / weight, alone_r / weight, pair / weight


def test_exact_where_pairs_form_no_circle() -> None:
    rng = np.random.default_rng(20900101)
    for _turn in range(20):
        # A path o0-r0-o1-r1-o2-r2, and one pair beside it.
        i, j = np.array([0, 1, 1, 2, 2, 3]), np.array([0, 0, 1, 1, 2, 3])
        odds = rng.normal(0, 3, len(i))
        for found, true in zip(probabilities(i, j, odds, 5, 5), counted(i, j, odds, 5, 5), strict=True):
            assert found == pytest.approx(true, abs=1e-6)


def test_close_where_they_do() -> None:
    rng = np.random.default_rng(20900102)
    i, j = (v.ravel() for v in np.meshgrid(np.arange(3), np.arange(3)))
    for _turn in range(20):
        odds = rng.normal(0, 2, len(i))
        for found, true in zip(probabilities(i, j, odds, 3, 3), counted(i, j, odds, 3, 3), strict=True):
            assert found == pytest.approx(true, abs=0.12)


def test_nothing_to_match() -> None:
    none = np.empty(0, np.int64)
    alone_o, alone_r, pair = probabilities(none, none, np.empty(0), 2, 1)
    assert (alone_o.tolist(), alone_r.tolist(), len(pair)) == ([1.0, 1.0], [1.0], 0)


def layer(shapes, sigma_m: float, prefix: str) -> gpd.GeoDataFrame:  # type: ignore[no-untyped-def]
    n = len(shapes)
    data = {"fid": range(1, n + 1), "ref": [f"{prefix}{k}" for k in range(n)], "sigma_m": [sigma_m] * n}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:7801")


def run(register, observed, sigma_m: float = 2.0) -> BuildingResult:  # type: ignore[no-untyped-def]
    return detect_buildings(
        layer(register, 0.2, "r"), layer(observed, sigma_m, "s"), thresholds=T, shift=STILL
    )


def classes(result: BuildingResult) -> dict[str, str]:
    return {ref: f.cls for f in result.findings for ref in f.survey_refs}


def test_an_annex_that_slid_into_the_house_is_not_a_part_of_it() -> None:
    house, annex = box(0, 0, 9, 9), box(7, 2, 12, 6)
    result = run([house], [affinity.translate(house, -1, 0.5), annex])
    assert classes(result) == {"s0": "unchanged", "s1": "adjoining_annex"}


def test_two_outlines_drawn_wall_to_wall_are_one_registered_building() -> None:
    result = run([box(0, 0, 16, 9)], [box(1, 1, 9, 10), box(9, 1, 17, 10)])
    assert [f.cls for f in result.findings] == ["split"]


def test_one_outline_over_two_registered_buildings() -> None:
    result = run([box(0, 0, 8, 9), box(8, 0, 16, 9)], [box(1, 1, 17, 10)])
    assert [f.cls for f in result.findings] == ["merged"]


def test_a_small_free_outline_is_a_shed_and_one_at_a_wall_an_annex() -> None:
    house = box(0, 0, 10, 10)
    result = run([house], [house, box(40, 0, 43, 3), box(10.2, 2, 13.2, 5)])
    assert classes(result) == {"s0": "unchanged", "s2": "adjoining_annex"}
    assert [i.code for i in result.issues] == ["BELOW_MIN_AREA"]


def test_of_two_that_claim_one_building_nobody_knows_which() -> None:
    result = run([box(0, 0, 9, 9)], [box(-2.2, 0, 6.8, 9), box(2.2, 0, 11.2, 9)])
    assert set(classes(result).values()) == {"uncertain"}
    assert {f.reasons[0] for f in result.findings} == {"RIVAL_OUTLINES"}
    # The registered one is claimed: it is not reported as gone.
    assert "not_in_survey" not in {f.cls for f in result.findings}


def test_scores_of_paced_outlines_are_probabilities() -> None:
    result = run([box(0, 0, 9, 9)], [box(1, 0, 10, 9), box(60, 0, 70, 10)])
    by_ref = {ref: f for f in result.findings for ref in f.survey_refs}
    assert by_ref["s1"].cls == "not_in_cadastre"
    assert 0.5 < by_ref["s1"].score <= T["score_paced_free"]
    assert 0.5 < by_ref["s0"].score <= 1.0
    assert {f.grade for f in result.findings} <= {"C", "D"}

"""Ids last: over a re-run, a re-survey, a closing and a return."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity, box

from regularize import countries
from regularize.detect import identity
from regularize.model import Finding, Grade, Home, ReviewState

T = countries.load("generic").thresholds
DAY = date(2026, 6, 1)


def finding(shape, s=(), r=(), cls="not_in_cadastre", kind="building") -> Finding:  # type: ignore[no-untyped-def]
    return Finding(
        kind, cls, shape, tuple(s), tuple(r), tuple(f"s{i}" for i in s), tuple(f"r{i}" for i in r), (), {},
        0.9, Grade.A,
    )  # fmt: skip


def carry(previous, current, start=1) -> identity.Carried:  # type: ignore[no-untyped-def]
    return identity.carry_findings(previous, current, next_number={"B": start, "P": start}, thresholds=T)


def homes(previous, candidates, start=1):  # type: ignore[no-untyped-def]
    return identity.carry_homes(
        previous, candidates, settlement="00000", next_number={"T": start}, on=DAY, thresholds=T
    )


def candidate(shape, r=(), s=(), p=()) -> identity.HomeCandidate:  # type: ignore[no-untyped-def]
    return identity.HomeCandidate(shape, tuple(r), tuple(s), tuple(p))


def test_new_ids_run_from_north_west_to_south_east() -> None:
    south, north_east, north_west = box(0, 0, 9, 9), box(50, 90, 59, 99), box(0, 90, 9, 99)
    found = [finding(south, [1]), finding(north_east, [2]), finding(north_west, [3], kind="plot")]
    assert [f.id for f in carry([], found).findings] == ["B-2", "B-1", "P-1"]


def test_the_same_rows_keep_id_and_review() -> None:
    first = carry([], [finding(box(0, 0, 9, 9), [1]), finding(box(20, 0, 29, 9), [2], [7], "extended")])
    seen = [replace(f, review=ReviewState.CONFIRMED) for f in first.findings]
    again = carry(seen, [finding(box(20, 0, 29, 9), [2], [7], "extended"), finding(box(0, 0, 9, 9), [1])], 50)
    assert {f.id for f in again.findings} == {f.id for f in first.findings}
    assert all(f.review is ReviewState.CONFIRMED for f in again.findings)
    assert not again.closed


def test_a_new_survey_is_recognised_by_place() -> None:
    first = carry([], [finding(box(0, 0, 9, 9), [1])]).findings
    moved = finding(box(0.4, -0.3, 9.5, 8.9), [1001])
    assert carry(first, [moved], 50).findings[0].id == first[0].id


def test_a_changed_class_keeps_the_id_and_asks_again() -> None:
    first = replace(carry([], [finding(box(0, 0, 9, 9), [1])]).findings[0], review=ReviewState.CONFIRMED)
    after = carry([first], [finding(box(0, 0, 9, 9), [1], [5], "extended")], 50).findings[0]
    assert after.id == first.id
    assert after.review is ReviewState.NEW
    assert "CLASS_CHANGED" in after.reasons


def test_what_is_gone_is_closed_with_its_reason() -> None:
    gone, inside = finding(box(0, 0, 9, 9), [1]), finding(box(50, 0, 54, 4), [2])
    first = carry([], [gone, inside]).findings
    whole = finding(box(50, -20, 80, 30), [9], cls="merged")
    result = carry(first, [whole, finding(box(52, 1, 53, 2), [10])], 50)
    ids = {f.survey_fids[0]: f.id for f in first}
    assert result.closed[ids[1]] == "SITUATION_GONE"
    assert result.closed.get(ids[2], "ABSORBED") == "ABSORBED"


def test_a_closed_finding_that_returns_takes_its_old_id() -> None:
    first = carry([], [finding(box(0, 0, 9, 9), [1])]).findings[0]
    closed = replace(first, closed_reason="SITUATION_GONE", review=ReviewState.REJECTED)
    back = carry([closed], [finding(box(0.1, 0, 9.1, 9), [44])], 50)
    assert back.findings[0].id == first.id
    assert back.findings[0].review is ReviewState.REJECTED
    assert back.reopened == (first.id,)
    other = carry([closed], [finding(box(0, 0, 9, 9), [44], cls="extended")], 50)
    assert other.findings[0].id == "B-50"


def test_buildings_and_plots_never_share_an_id() -> None:
    first = carry([], [finding(box(0, 0, 9, 9), [1])]).findings
    assert carry(first, [finding(box(0, 0, 9, 9), [1], kind="plot")], 50).findings[0].id == "P-50"


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), sigma=st.sampled_from([0.05, 0.3]))
def test_ids_stay_over_a_perturbed_survey(seed: int, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    shapes = [
        box(x, y, x + w, y + h)
        for x, y, w, h in zip(
            *(np.arange(60) % 8 * 14.0, np.arange(60) // 8 * 14.0), *rng.uniform(4, 13, (2, 60)), strict=True
        )
    ]
    first = carry([], [finding(g, [i]) for i, g in enumerate(shapes)]).findings
    second = [
        finding(affinity.translate(g, *rng.normal(0, sigma, 2)), [900 + i]) for i, g in enumerate(shapes)
    ]
    order = rng.permutation(60)
    after = carry(first, [second[i] for i in order], 500).findings
    assert [f.id for f in after] == [first[i].id for i in order]


def test_homes_of_findings_and_plots() -> None:
    found = [
        finding(box(0, 0, 10, 8), [1], [1], "unchanged"),
        finding(box(10, 0, 14, 4), [2], [1], "adjoining_annex"),
        finding(box(50, 0, 58, 8), [3], []),
        finding(box(-5, -5, 20, 20), [11], cls="registered", kind="plot"),
        finding(box(80, 0, 99, 20), [12], cls="registered", kind="plot"),
    ]
    plots = gpd.GeoDataFrame(
        {"fid": [11, 12, 13]},
        geometry=[found[3].geometry, found[4].geometry, box(200, 0, 210, 9)],
        crs="EPSG:7801",
    )
    candidates = identity.home_candidates(found, plots, thresholds=T)
    told = {(c.register_fids, c.survey_fids, c.plot_fids) for c in candidates}
    assert told == {((1,), (1, 2), (11,)), ((), (3,), ()), ((), (), (12,)), ((), (), (13,))}
    changes = homes([], candidates)
    assert sorted(h.id for h in changes.new) == [f"T-00000-{i}" for i in range(1, 5)]
    linked = identity.with_homes(found, changes)
    assert linked[0].home == linked[1].home == linked[3].home
    assert len({f.home for f in linked}) == 3
    assert None not in {f.home for f in linked}


def test_homes_go_on_merge_part_and_end() -> None:
    a, b, c = box(0, 0, 9, 9), box(9, 0, 18, 9), box(50, 0, 70, 9)
    first = homes([], [candidate(a, r=[1], s=[1]), candidate(b, r=[2], s=[2]), candidate(c, s=[3])]).new
    by_row = {h.survey_fids[0]: h.id for h in first}
    again = homes(first, [candidate(a, r=[1], s=[11]), candidate(b, s=[12]), candidate(c, s=[13])], 50)
    assert {h.survey_fids[0]: h.id for h in again.kept} == {11: by_row[1], 12: by_row[2], 13: by_row[3]}
    assert (again.new, again.merged, again.split, again.closed) == ((), (), (), ())
    one = homes(first, [candidate(a.union(b), r=[1, 2], s=[21]), candidate(c, s=[3])], 50)
    assert len(one.merged) == 1
    assert set(one.merged[0]) == {by_row[1], by_row[2]}
    parted = homes(first, [candidate(a, r=[1]), candidate(b, r=[2]), candidate(box(50, 0, 58, 9), s=[31]),
                           candidate(box(61, 0, 70, 9), s=[32])], 50)  # fmt: skip
    assert parted.split == ((by_row[3], "T-00000-50"),)
    assert [h.id for h in parted.new] == ["T-00000-50"]
    ended = homes(first, [candidate(a, r=[1]), candidate(b, r=[2])], 50)
    assert ended.closed == ((by_row[3], "NOTHING_LEFT"),)


def test_a_home_that_ended_is_reopened_on_its_ground() -> None:
    old = Home("T-00000-7", "00000", box(0, 0, 9, 9), (), (5,), (), DAY, valid_to=DAY)
    merged = replace(old, id="T-00000-8", merged_into="T-00000-1")
    back = homes([old, merged], [candidate(box(0, 0, 9, 9.2), s=[88])], 50)
    assert [(h.id, h.valid_to) for h in back.kept] == [("T-00000-7", None)]
    assert not back.new


@pytest.mark.parametrize("previous", [[], [finding(box(0, 0, 9, 9), [1])]])
def test_nothing_found(previous) -> None:  # type: ignore[no-untyped-def]
    first = carry([], previous).findings
    assert carry(first, []).findings == []
    assert set(carry(first, []).closed.values()) <= {"SITUATION_GONE"}
    assert homes([], []).new == ()
    assert identity.home_candidates([], None, thresholds=T) == []

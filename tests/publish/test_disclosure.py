"""An attacker who knows the rules and has every map: of 100 municipalities, nothing comes back."""

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import town
from shapely.geometry import box

from regularize.layers import layer_named
from regularize.plan.blocks import Blocks, blocks_frame
from regularize.publish import packing
from regularize.publish.disclosure import (
    CELLS,
    Figure,
    carried,
    carried_classes,
    council_counts,
    counts_in,
    public_shares,
    rounded,
    share_limits,
)
from regularize.publish.map_public import finest_zoom
from regularize.publish.maps import render_map
from regularize.publish.page import data_block
from regularize.publish.view import NotForAudienceError, View

K = 11
CLASSES = ("not_in_cadastre", "extended", "no_parcel", "straddles")
MUNICIPALITIES = 100


def municipality(seed: int) -> list[Figure]:
    """Some blocks: quiet, usual, wholly concerned, tiny; a few findings to a home, or none."""
    dice = np.random.default_rng(seed)
    n = int(dice.integers(1, 16))
    dwellings = np.where(dice.random(n) < 0.1, dice.integers(1, K, n), dice.integers(K, 60, n))
    share = dice.choice([0.0, 0.03, 0.2, 0.5, 0.8, 1.0], n, p=[0.1, 0.2, 0.25, 0.2, 0.1, 0.15])
    concerned = dice.binomial(dwellings, share)
    findings = np.where(dice.random(n) < 0.3, concerned, concerned + dice.poisson(concerned * 0.5))
    mix = dice.dirichlet([3, 2, 1, 0.2])
    return [
        Figure(
            {cls: int(c) for cls, c in zip(CLASSES, dice.multinomial(f, mix), strict=True)}, int(d), int(h)
        )
        for f, d, h in zip(findings, dwellings, concerned, strict=True)
    ]


def later(figures: list[Figure], seed: int) -> list[Figure]:
    """The same place some months on: most blocks a little changed, a few a lot."""
    dice = np.random.default_rng(10_000 + seed)
    out = []
    for figure in figures:
        more = int(dice.choice([0, 0, 1, 2, 5, 13, 30]))
        classes = {**figure.classes, CLASSES[0]: figure.classes[CLASSES[0]] + more}
        concerned = min(figure.dwellings, figure.concerned + more)
        out.append(replace(figure, classes=classes, concerned=concerned))
    return out


def frame_of(figures: list[Figure]) -> gpd.GeoDataFrame:
    outlines = [box(500_000 + 100 * i, 4_700_000, 500_100 + 100 * i, 4_700_080) for i in range(len(figures))]
    blocks = Blocks(tuple(outlines), tuple(f.dwellings for f in figures))
    return blocks_frame(
        blocks,
        [f.classes for f in figures],
        crs="EPSG:7801",
        homes=[(f.dwellings, f.concerned) for f in figures],
    )


def intervals(low: np.ndarray, high: np.ndarray, total: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """What a known sum leaves of the room of each unknown: the tightest bounds there are for one sum."""
    return (
        np.maximum(low, total[0] - (high.sum() - high)),
        np.minimum(high, total[1] - (low.sum() - low)),
    )


def council_faults(figures: list[Figure]) -> list[str]:
    """Direct, tiny cell, homogeneity and subtraction, on what a council's View holds."""
    view = View.of(layer_named("blocks"), frame_of(figures), "council", k=K)
    rows = list(view.frame["counts"])
    faults = []
    for figure, row in zip(figures, rows, strict=True):
        n = row["all"]
        if n is not None and (n != figure.findings or n < K):
            faults.append("direct")
        if n is not None and figure.dwellings < K:
            faults.append("tiny cell")
        if n is not None and (n == figure.dwellings or figure.concerned > 0.9 * figure.dwellings):
            faults.append("homogeneity")
        if row.get("at_least") is not None and not K <= row["at_least"] < figure.findings:
            faults.append("band")
    total = view.totals["all"]
    if total is not None:
        unknown = [i for i, row in enumerate(rows) if row["all"] is None]
        rest = total - sum(row["all"] or 0 for row in rows)
        low = np.array([rows[i].get("at_least") or 0 for i in unknown])
        high = np.full(len(unknown), rest)
        bottom, top = intervals(low, high, (rest, rest))
        if (top - bottom < K).any():
            faults.append("subtraction")
    by_class = {cls: n for cls, n in view.totals.items() if cls != "all"}
    hidden = [cls for cls, n in by_class.items() if n is None]
    if any(n is not None and n < K for n in by_class.values()):
        faults.append("direct, class")
    if total is None and any(n is not None for n in by_class.values()):
        faults.append("sum by classes")
    if (
        total is not None
        and hidden
        and (len(hidden) < 2 or total - sum(n or 0 for n in by_class.values()) < K)
    ):
        faults.append("subtraction, class")
    return faults


def public_faults(figures: list[Figure]) -> list[str]:
    view = View.of(CELLS, frame_of(figures), "public", k=K)
    faults = []
    low, high = np.zeros(len(figures), dtype=int), np.zeros(len(figures), dtype=int)
    for row in view.frame.itertuples(index=False):
        figure = figures[row.cell - 1]
        band = None if row.share is None else tuple(int(part) for part in row.share.split("-"))
        if band is not None and figure.dwellings < K:
            faults.append("tiny cell")
        low[row.cell - 1], high[row.cell - 1] = counts_in(band, figure.dwellings)
        if not low[row.cell - 1] <= figure.concerned <= high[row.cell - 1]:
            faults.append("wrong band")
    total = view.totals["all"]
    if total is not None:
        if total < K or total % 5:
            faults.append("direct")
        low, high = intervals(low, high, (K if total == 15 else total - 2, total + 2))
    big = np.array([f.dwellings >= K for f in figures])
    if (high - low < 1)[big].any():
        faults.append("subtraction or homogeneity")
    return faults


@pytest.mark.parametrize("attack", [council_faults, public_faults])
def test_one_release_gives_nothing_back(attack) -> None:
    found = {seed: faults for seed in range(MUNICIPALITIES) if (faults := attack(municipality(seed)))}
    assert found == {}


def test_the_attacker_does_find_what_is_there() -> None:
    """An attack that cannot succeed proves nothing: bare counts fall to each of them."""

    counts = gpd.GeoDataFrame({"counts": [{"all": 3}, {"all": 20}]})
    bare = SimpleNamespace(frame=counts, totals={"all": 23})
    figures = [Figure({"extended": 3}, 5, 3), Figure({"extended": 20}, 20, 20)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(View, "of", classmethod(lambda *_args, **_more: bare))
        assert {"direct", "tiny cell", "homogeneity"} <= set(council_faults(figures))
    hidden = [Figure({"extended": n}, 50, n) for n in (30, 30, 4)]
    made = council_counts(hidden, K)
    assert made.total == 64
    assert sum(n is None for n in made.exact) == 2, "the small one is hidden behind another"


@pytest.mark.parametrize("public", [False, True])
def test_two_releases_differ_by_nothing_or_by_k(public: bool) -> None:
    changed = kept = 0
    for seed in range(MUNICIPALITIES):
        first = dict(enumerate(municipality(seed), start=1))
        second = dict(enumerate(later(list(first.values()), seed), start=1))
        before = carried(None, first, K, public=public)
        after = carried(before, second, K, public=public)

        def count(figure: Figure) -> int:
            return figure.concerned if public else figure.findings

        steps = np.array([count(after[b]) - count(before[b]) for b in after])
        assert not ((np.abs(steps) > 0) & (np.abs(steps) < K)).any()
        assert abs(steps.sum()) == 0 or abs(steps.sum()) >= K
        changed += int((steps != 0).any())
        kept += any(after[b] != second[b] for b in after)
        old, new = (list(release.values()) for release in (before, after))
        if public:
            one, other = public_shares(old, K).total, public_shares(new, K).total
            assert one is None or other is None or one == other or abs(one - other) >= K
        else:
            one, other = council_counts(old, K), council_counts(new, K)
            for a, b in zip(one.exact, other.exact, strict=True):
                assert a is None or b is None or a == b or abs(a - b) >= K
            hidden = [
                sum(f.findings for f, n in zip(figures, made.exact, strict=True) if n is None)
                for figures, made in ((old, one), (new, other))
            ]
            same = [n is None for n in one.exact] == [n is None for n in other.exact]
            if same and one.total is not None and other.total is not None:
                assert hidden[0] == hidden[1] or abs(hidden[0] - hidden[1]) >= K
        assert not council_faults(new) if not public else not public_faults(new)
    assert changed > 20
    assert kept > 20


def test_a_new_block_waits_until_it_holds_enough() -> None:
    before = {1: Figure({"extended": 30}, 40, 20, "2026-01-01")}
    few = {1: Figure({"extended": 50}, 40, 30), 2: Figure({"extended": 3}, 20, 3)}
    assert set(carried(before, few, K, public=False)) == {1}
    many = {**few, 2: Figure({"extended": 12}, 20, 12)}
    assert set(carried(before, many, K, public=False)) == {1, 2}


def test_sums_by_class_stay_together() -> None:
    assert carried_classes({"a": 30, "b": 20}, {"a": 31, "b": 40}, K) == {"a": 30, "b": 20}
    assert carried_classes({"a": 30}, {"a": 45, "b": 11}, K) == {"a": 45, "b": 11}


def test_every_band_allows_two_counts_in_the_smallest_cell() -> None:
    limits = [round(100 * limit) for limit in share_limits()]
    assert limits[1] >= 10
    assert limits[-2] <= 90
    for homes in range(K, 400):
        allowed = [counts_in(band, homes) for band in pairwise(limits)]
        assert [n for low, high in allowed for n in range(low, high + 1)] == list(range(homes + 1))
        assert all(high - low >= 1 for low, high in allowed)
    assert [rounded(n, K) for n in (11, 12, 17, 18, 23)] == [15, 15, 15, 20, 25]


def page_of(figures: list[Figure], audience: str, order: list[int] | None = None) -> str:
    frame = frame_of(figures)
    if order is not None:
        frame = frame.iloc[order].reset_index(drop=True)
    layer = CELLS if audience == "public" else layer_named("blocks")
    meta = town.meta(audience, dates=(), place="", recipient="", class_notes={}, reason_titles={})
    return render_map([View.of(layer, frame, audience)], meta, labels=town.labels(), lang="bg")


def test_source_of_the_public_page_holds_bands_only() -> None:
    for seed in range(0, MUNICIPALITIES, 20):
        page = page_of(municipality(seed), "public")
        block = data_block(page)
        header = packing.unpack_header(block["packed"])
        (cells,) = header["layers"]
        assert cells["labels"] == []
        words = {w for c in cells["columns"] for w in c.get("words", c["values"])}
        assert all("%" in str(word) or str(word) in {"не се показва", "not shown"} for word in words)
        text = json.dumps([block, header], ensure_ascii=False)
        for word in ("dwellings", "concerned", "not_in_cadastre", "at_least", "B-", "identifier"):
            assert word not in text
        assert block["max_zoom"] <= finest_zoom(42.0) < 16


def test_order_of_public_cells_tells_nothing() -> None:
    figures = municipality(3)
    turned = page_of(figures, "public", order=list(range(len(figures)))[::-1])
    rows = [row["label"] for row in data_block(turned)["rows"]]
    assert rows == [row["label"] for row in data_block(page_of(figures, "public"))["rows"]]
    assert data_block(turned)["packed"] == data_block(page_of(figures, "public"))["packed"]


def test_public_outlines_are_no_finer_than_their_scale() -> None:
    frame = frame_of(municipality(4))
    frame["geometry"] = frame.geometry.translate(1.234, 0.567)
    view = View.of(CELLS, frame, "public", k=K)
    xy = view.frame.geometry.get_coordinates().to_numpy()
    assert np.allclose(xy / 5, np.rint(xy / 5))


def test_cells_are_for_the_public_only_and_single_homes_are_not() -> None:
    with pytest.raises(NotForAudienceError):
        View.of(CELLS, frame_of(municipality(1)), "council")
    for name in ("parcels", "buildings", "observed_buildings", "plots", "blocks", "case_parts", "areas"):
        frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:7801")
        try:
            view = View.of(layer_named(name), frame, "public")
        except NotForAudienceError:
            continue
        assert not view.has_geometry


def test_figures_that_stay_are_dated_on_the_map() -> None:
    frame = frame_of(municipality(5))
    meta = town.meta("council", figures_on=date(2026, 2, 3))
    view = View.of(layer_named("blocks"), frame, "council")
    page = render_map([view], meta, labels=town.labels("en"), lang="en")
    assert any("3\u00a0February\u00a02026" in line for line in data_block(page)["stamp"])

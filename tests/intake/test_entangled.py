"""Sound outlines that cost hours beside their neighbours: set aside, while the rest is stored."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from small_sources import BG, write

from regularize.countries import Pack
from regularize.intake import Delivery, between
from regularize.intake.known import NOTHING_KNOWN
from regularize.intake.mending import mend_outlines
from regularize.intake.rows import Ledger
from regularize.intake.worker import OverBudgetError, Worker
from regularize.layers import layer_named

EAST, NORTH = 440_700.0, 4_668_400.0


def comb(teeth: int, *, upright: bool) -> Any:
    """A sound outline that runs to and fro: laid across another, it crosses it at every tooth."""
    at = np.linspace(0, 200, 2 * teeth + 1)
    corners = [(0.0, -1.0)]
    for n in range(teeth):
        left, right, following = at[2 * n : 2 * n + 3]
        corners += [(left, 200), (right, 200), (right, 0), (following, 0)]
    corners.append((200.0, -1.0))
    xy = np.array(corners) if upright else np.array(corners)[:, ::-1]
    return shapely.Polygon(xy + np.array((EAST, NORTH)))


def circle(corners: int, x: float) -> Any:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return shapely.Polygon(np.column_stack([EAST + x + 40 * np.cos(turn), NORTH + 40 * np.sin(turn)]))


def rows_of(*outlines: Any) -> between.Rows:
    n = len(outlines)
    return between.Rows(np.arange(n), np.array(outlines, object), [None] * n, np.full(n, 0.1))


def test_many_vertices_alone_are_no_reason(bg: Pack) -> None:
    ledger = Ledger("a.gpkg")
    rows = rows_of(circle(5_000, 0), circle(5_000, 79.9), shapely.box(0, 0, 9, 9))
    assert not between.set_aside_costly(rows, layer_named("plots"), bg, NOTHING_KNOWN, ledger)
    assert ledger.refused == {}
    assert ledger.issues == []


def test_of_two_that_entangle_one_is_set_aside_and_the_rest_is_stored(
    tmp_path: Path, read: Callable[..., Delivery], bg: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    briefly = partial(between.set_aside_costly, cpu_s=2)
    monkeypatch.setattr(between, "set_aside_costly", briefly)
    outlines = [
        shapely.box(EAST + 300, NORTH, EAST + 320, NORTH + 20),
        comb(420, upright=True),
        comb(400, upright=False),
    ]
    path = write(tmp_path / "dvorove.gpkg", outlines, crs=BG, ref=["a", "b", "c"])
    found = read(path, kind="plots", project_crs=BG, pack=bg)
    assert found.frame["ref"].tolist() == ["a", "c"]  # the heavier goes; without it the other lies alone
    assert [(row.feature, row.code) for row in found.quarantine] == [(1, "TOO_COMPLEX")]
    assert "1683" in found.quarantine[0].message
    assert found.quarantine[0].wkb is not None


def test_many_spikes_are_taken_off_apart(bg: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of spikes cost time even where the outline is sound: the budget holds for them too."""
    dice = np.random.default_rng(1)
    turn = np.linspace(0, 2 * np.pi, 11_000, endpoint=False)
    reach_m = dice.uniform(10, 100, len(turn))
    star = shapely.Polygon(np.column_stack([EAST + reach_m * np.cos(turn), NORTH + reach_m * np.sin(turn)]))
    asked: list[int] = []

    def over_budget(_worker: Worker, outline: Any, *_given: Any) -> Any:
        asked.append(int(shapely.get_num_coordinates(outline)))
        raise OverBudgetError

    monkeypatch.setattr(Worker, "repair", over_budget)
    ledger = Ledger("a.gpkg")
    outlines = np.array([star, shapely.box(EAST, NORTH, EAST + 9, NORTH + 9)], object)
    mend_outlines(outlines, layer_named("plots"), np.full(2, 0.1), bg, NOTHING_KNOWN, ledger)
    assert asked == [11_001]
    assert {row: code for row, (code, _message) in ledger.refused.items()} == {0: "TOO_COMPLEX"}

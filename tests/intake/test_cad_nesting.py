"""Sound outlines of a ``.cad`` file that cost hours together: set aside, while the rest is stored."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from cad_files import Cad, Place, box, village

from regularize import intake
from regularize.countries import Pack
from regularize.intake import Delivery
from regularize.intake.cad import nesting
from regularize.intake.cad.nesting import Assembly
from regularize.intake.dataset import Fault
from regularize.intake.worker import Limits, OverBudgetError, Worker

ReadCad = Callable[..., Delivery]
WIDE_M = 400.0


@pytest.fixture
def read_cad(bg: Pack, monkeypatch: pytest.MonkeyPatch) -> ReadCad:
    """``intake.read`` of a delivery of the cadastre, with a second for what is costly."""
    monkeypatch.setattr(nesting, "LIMITS", Limits(cpu_s=1, wall_s=20))
    return partial(
        intake.read, origin="cadastre", layer=None, project_crs="EPSG:7801", extent=bg.extent, pack=bg
    )


def comb(teeth: int, *, upright: bool) -> list[Place]:
    """A sound ring that runs to and fro: laid across another, it crosses it at every tooth."""
    at = np.linspace(0, WIDE_M, 2 * teeth + 1).round(3).tolist()
    corners = [(0.0, -1.0)]
    for n in range(teeth):
        left, right, following = at[2 * n : 2 * n + 3]
        corners += [(left, WIDE_M), (right, WIDE_M), (right, 0.0), (following, 0.0)]
    corners.append((WIDE_M, -1.0))
    return [(300 + x, 300 + y) if upright else (300 + y, 300 + x) for x, y in corners]


def in_one_line(cad: Cad, kind: int, number: str, ring: list[Place]) -> None:
    cad.contour(kind, number, ring, lines=[cad.line([*ring, ring[0]])])


def test_a_comb_nested_in_another_is_not_taken_out_of_it(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    in_one_line(cad, 3, "7", comb(1_000, upright=True))
    in_one_line(cad, 3, "8", comb(900, upright=False))
    in_one_line(cad, 3, "9", box(0, 0, 50))
    in_one_line(cad, 3, "10", box(10, 10, 5))
    cad.nested += [("7", "8"), ("9", "10")]
    delivery = read_cad(cad.write(tmp_path / "a.cad"), kind="areas")
    assert [(row.feature, row.code) for row in delivery.quarantine] == [(0, "TOO_COMPLEX")]
    assert "7606" in delivery.quarantine[0].message
    raw = delivery.quarantine[0].wkb
    assert raw is not None
    assert shapely.get_num_coordinates(shapely.from_wkb(raw)) == 4_003
    assert delivery.frame["ref"].tolist() == ["8", "9", "10"]
    assert delivery.frame.area.iloc[1:].tolist() == [2_475, 25]


def test_combs_as_ring_and_hole_of_a_multipolygon(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village(version="4.03")
    rings = comb(1_000, upright=True), comb(900, upright=False)
    outer, hole = (cad.line([*ring, ring[0]]) for ring in rings)
    cad.blocks["CADASTER"].append(f"M 501.60 405.0 405.0 03.02.2020 0\n[{outer},({hole})]")
    delivery = read_cad(cad.write(tmp_path / "a.cad"), kind="parcels")
    assert [row.code for row in delivery.quarantine] == ["TOO_COMPLEX"]
    assert len(delivery.frame) == 6


def test_what_is_costly_but_honest_is_put_together_apart() -> None:
    """The same outlines from the other process as from this one."""
    turn = np.linspace(0, 2 * np.pi, 700, endpoint=False)
    round_m = np.column_stack([np.cos(turn), np.sin(turn)])
    disc, hole, far = shapely.Polygon(60 * round_m), shapely.Polygon(50 * round_m), shapely.box(90, 0, 99, 9)
    touching = [shapely.LinearRing(3 * round_m), shapely.LineString([(0, 0), (1, 1), (0, 1), (0, 0)])]
    with Assembly() as assembly:
        ring = assembly.of_groups([(disc, [hole]), (far, [])])
        area = assembly.of_lines([disc.exterior, *touching])
    assert ring.equals_exact(shapely.union_all([disc.difference(hole), far]))
    assert area.equals_exact(shapely.build_area(shapely.multilinestrings([disc.exterior, *touching])))


def test_the_budget_of_a_file_leaves_the_light_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand contours may name the same lines: costly ones go when theirs is spent, light ones stay."""
    asked: list[int] = []

    def over_budget(_worker: Worker, parts: Any, *_given: Any) -> Any:
        asked.append(int(shapely.get_num_coordinates(parts)))
        time.sleep(0.02)
        raise OverBudgetError

    monkeypatch.setattr(Worker, "repair", over_budget)
    monkeypatch.setattr(nesting, "WHOLE_S", 0.01)
    disc, hole = shapely.Point(0, 0).buffer(50, 300), shapely.box(0, 0, 1, 1)
    with Assembly() as assembly:
        costly = [assembly.of_groups([(disc, [hole])]) for _each in range(3)]
        light = assembly.of_groups([(shapely.box(-5, -5, 5, 5), [hole])])
    assert asked == [1_206]
    assert [isinstance(each, Fault) and each.code for each in costly] == ["TOO_COMPLEX"] * 3
    assert light.area == 99

"""The worker that can be killed: one outline over the budget costs itself, nothing else."""

import multiprocessing
import time
from collections.abc import Mapping

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.geometry.repair import Mended
from regularize.intake.worker import Limits, OverBudgetError, Worker

TIDYING = {"same_m": 0.001, "angle_deg": 5.0}
SQUARE = shapely.box(0, 0, 10, 10)


def hang(geometry: BaseGeometry, tolerance_m: float, tidying: Mapping[str, float]) -> Mended:
    """A job that never ends on anything but a square."""
    while geometry.area != SQUARE.area:
        time.sleep(0.01)
    return Mended(geometry, False, "", 100.0, 100.0)


def devour(geometry: BaseGeometry, tolerance_m: float, tidying: Mapping[str, float]) -> Mended:
    """A job that takes all memory on anything but a square."""
    if geometry.area != SQUARE.area:
        return Mended(geometry, False, "", float(np.ones(2**40).sum()), 0.0)
    return Mended(geometry, False, "", 100.0, 100.0)


def die(geometry: BaseGeometry, tolerance_m: float, tidying: Mapping[str, float]) -> Mended:
    """A job whose process dies."""
    raise SystemExit(1)


def test_it_repairs_as_the_house_does() -> None:
    with Worker() as worker:
        bow_tie = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")
        assert worker.repair(bow_tie, 0.1, TIDYING).geometry is None
        assert worker.repair(SQUARE, 0.1, TIDYING).geometry == SQUARE
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("job", [hang, devour, die])
def test_what_is_over_the_budget_is_killed_and_the_next_goes_on(job: object) -> None:
    with Worker(Limits(cpu_s=1, memory_bytes=2**28, wall_s=2.0), job) as worker:  # type: ignore[arg-type]  # a plain function
        with pytest.raises(OverBudgetError):
            worker.repair(shapely.box(0, 0, 3, 3), 0.1, TIDYING)
        if job is not die:
            assert worker.repair(SQUARE, 0.1, TIDYING).geometry == SQUARE
    assert multiprocessing.active_children() == []


def test_no_process_is_started_for_nothing() -> None:
    with Worker():
        assert multiprocessing.active_children() == []

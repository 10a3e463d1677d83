"""What a run says of the shift: how far, how surely, where it differs, or why there is none."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely

from regularize import countries, i18n
from regularize.detect.sources import Shifts
from regularize.geometry.alignment import NO_SHIFT, CellResidual, Shift, estimate
from regularize.workflow.shifts import shift_lines, shift_record

T = countries.load("generic").thresholds
PLAIN = Shift(1.5, -2.0, True, "", 40, 0.21, 0.4, 0.85, origin=(500_000.0, 4_700_000.0), cell_m=300.0)
CELL = CellResidual(0, 0, 500_150.0, 4_700_150.0, 20, 0.6, 0.8, 0.1, True)


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.use("en")


def test_a_plain_shift_and_what_is_added_to_it() -> None:
    first, second = shift_lines(PLAIN, Shifts(PLAIN))
    assert "+1.50 m east, -2.00 m north (40 pairs)" in first
    assert "0.21 m" in second
    assert "40%" in second
    assert "85%" in second
    turned = replace(PLAIN, affine=(0.001, -0.002, 0.002, 0.001), cells=(CELL, replace(CELL, applied=False)))
    lines = list(shift_lines(turned, Shifts(turned)))
    assert "+0.11°" in lines[2]
    assert "+0.10 m" in lines[2]
    assert "300 m where more is added: 1, 1.00 m at most" in lines[3]


def test_a_refused_shift_says_why_and_none_says_nothing() -> None:
    refused = Shift(0.0, 0.0, False, "SHIFT_UNDETERMINED", 12, 3.4, 0.1, 0.24)
    (line,) = shift_lines(refused, Shifts(refused))
    assert "12 pairs" in line
    assert "24%" in line
    assert list(shift_lines(NO_SHIFT, Shifts())) == []
    assert list(shift_lines(None, Shifts())) == []


def test_the_record_holds_the_residuals_of_the_cells() -> None:
    rng = np.random.default_rng(7)
    at = np.array([(25.0 * (k % 30), 25.0 * (k // 30)) for k in range(600)])
    at += np.array([500_000.0, 4_700_000.0])
    size = rng.uniform(6, 12, at.shape)
    register = shapely.box(*at.T, *(at + size).T)
    east = (at[:, 0] > 500_375.0) * 1.4  # two sheets of an old plan
    observed = shapely.box(at[:, 0] + 2.0, at[:, 1] + east, *(at + size + np.c_[2.0 + 0 * east, east]).T)
    record = shift_record(estimate(observed, register, thresholds=T))
    assert record == json.loads(json.dumps(record))
    assert record is not None
    assert record["accepted"]
    assert sum(cell["pairs"] for cell in record["cells"]) == record["pairs"]
    assert any(cell["applied"] for cell in record["cells"])
    assert shift_record(None) is None

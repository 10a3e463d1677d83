"""The benchmarks of intake say with their exit code whether a figure is missed."""

import sys

import pytest

from benchmarks import intake, intake_cad


def test_only_the_asked_size_can_miss() -> None:
    assert intake.missed_of(20_000, 9.0, 3.0) == []
    assert intake.missed_of(intake.ASKED_FROM, 8.0, 2.5) == []
    cpu, memory = intake.missed_of(intake.ASKED_FROM, 8.1, 2.6)
    assert "CPU 8.10 times, asked at most 8" in cpu
    assert "memory 2.60 times" in memory


@pytest.mark.parametrize(("goal_s", "code"), [(60.0, 0), (0.0, 1)])
def test_a_missed_figure_ends_with_one(
    goal_s: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(intake_cad, "GOAL_S", goal_s)
    monkeypatch.setattr(sys, "argv", ["intake_cad", "20"])
    assert intake_cad.main() == code
    said = capsys.readouterr()
    assert "| parcels | 20 |" in said.out
    assert ("MISSED" in said.err) is bool(code)

"""An interrupt is told as one, whatever a library that it strikes makes of it."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_answers import Run

from regularize.cli.run import INTERRUPTED, UNEXPECTED
from regularize.workflow import storage

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the process interrupts itself by a signal")


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """A shell that starts the tests behind it may have had interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("kind", [RuntimeError, SystemError, OSError, KeyboardInterrupt])
def test_a_library_that_changes_an_interrupt(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    before = signal.getsignal(signal.SIGINT)

    def struck(*_a: object, **_k: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise kind from None

    monkeypatch.setattr(storage, "migrate", struck)
    answer = run("-p", str(project), "store", "migrate")
    assert answer.code == INTERRUPTED, answer.err
    assert answer.last == "interrupted; the store holds the old or the new state"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failure_of_its_own_is_none(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_a: object, **_k: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(storage, "migrate", broken)
    answer = run("-p", str(project), "store", "migrate")
    assert answer.code == UNEXPECTED
    assert "RuntimeError" in answer.err


class Clearing:
    """Interrupts, or fails, while it is cleared away."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    def __del__(self) -> None:
        if self.kind is KeyboardInterrupt:
            signal.raise_signal(signal.SIGINT)
        raise self.kind


@pytest.mark.parametrize(("kind", "n_told"), [(KeyboardInterrupt, 0), (RuntimeError, 1)])
def test_one_that_strikes_while_an_object_is_cleared_away(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException], n_told: int
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(lost.exc_type))

    def clearing(_here: object) -> list[str]:
        Clearing(kind)
        return []

    monkeypatch.setattr(storage, "migrate", clearing)
    answer = run("-p", str(project), "store", "migrate")
    assert answer.code == 0, answer.err
    assert len(told) == n_told
    assert "Traceback" not in answer.err

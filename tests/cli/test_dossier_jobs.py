"""``dossier build --jobs``: a process that is killed or breaks costs the dossiers in its hands only."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import crew_tasks
import pytest
import report_town

from regularize.workflow import crew
from regularize.workflow import dossiers as work

Run = Any  # the fixture of conftest
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent")
KILLED, PANICKED, BROKE = "T-00000-2", "T-00000-3", "T-00000-4"


def mortal_bench(*arguments: Any) -> Callable[[Any], Any]:
    """The bench of a worker that some homes kill."""
    real = OPEN(*arguments)

    def printed(home: Any) -> Any:
        if home.id == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if home.id == PANICKED:
            raise crew_tasks.PanicError("index out of bounds")
        if home.id == BROKE:
            os._exit(3)
        return real(home)

    return printed


OPEN = work._open_bench


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs")
    return report_town.furnish(folder / "Примерна", folder / "data", houses=8, known=range(7, 8))


@pytest.mark.long
def test_a_lost_worker_costs_its_dossier_only(town: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out = town / "whole"
    assert run("-p", town, "dossier", "build", "--all", "-o", out).code == 0
    whole = {file.name: file.read_bytes() for file in out.iterdir()}
    victims = {KILLED, PANICKED, BROKE}
    assert {f"{home}.pdf" for home in victims} < set(whole)

    monkeypatch.setattr(work, "_open_bench", mortal_bench)
    out = town / "lost"
    answer = run("-p", town, "dossier", "build", "--all", "--jobs", 2, "-o", out)
    assert answer.code == 1
    for home in victims:
        assert answer.err.count(f"{home}: the process that printed it was lost") == 1, answer.err
    rest = {file.name: file.read_bytes() for file in out.iterdir()}
    assert rest == {name: content for name, content in whole.items() if Path(name).stem not in victims}
    assert "Traceback" not in answer.err


def outcomes(opening: Callable[[], Callable[[int], int]], n: int = 8, jobs: int = 2) -> Iterator[int]:
    """Of the tasks 0 to n: what a process says, -1 where it was lost, -100 less where none was started."""

    def alone(task: int) -> int:
        return -100 - task

    def lost(_task: int) -> int:
        return -1

    return crew.shared_out(range(n), jobs, opening=opening, arguments=(), alone=alone, lost=lost)


def test_a_lost_process_costs_the_task_in_its_hands() -> None:
    """Three of two processes die, each in another way; others take their places."""
    victims = {crew_tasks.KILLED, crew_tasks.PANICKED, crew_tasks.BROKE}
    assert list(outcomes(crew_tasks.mortal)) == [-1 if n in victims else 2 * n for n in range(8)]
    assert multiprocessing.active_children() == []


def test_where_no_process_starts_the_work_is_done_here() -> None:
    assert list(outcomes(crew_tasks.stillborn, n=3)) == [-100, -101, -102]


def test_outcomes_come_in_the_order_of_the_tasks() -> None:
    assert list(outcomes(crew_tasks.doubling)) == [2 * n for n in range(8)]


def test_a_batch_that_is_left_early_leaves_no_process() -> None:
    found = outcomes(crew_tasks.dawdling, n=20)
    assert next(found) == 0
    assert len(multiprocessing.active_children()) == 2
    found.close()  # type: ignore[attr-defined]  # a generator, which Iterator does not say
    assert multiprocessing.active_children() == []

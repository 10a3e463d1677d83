"""Work shared out among processes: one that dies costs the task in its hands, and nothing else."""

import contextlib
import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
_READY = "ready"
_PATIENCE_S = 5.0


def shared_out(
    tasks: Sequence[Task],
    jobs: int,
    *,
    opening: Callable[..., Callable[[Task], Outcome]],
    arguments: tuple[Any, ...],
    alone: Callable[[Task], Outcome],
    lost: Callable[[Task], Outcome],
) -> Iterator[Outcome]:
    """The outcomes of `tasks` in their order, worked out by `jobs` processes at a time.

    Parameters
    ----------
    opening : callable
        Of a module. Called with `arguments` in each process, once; gives what turns a task into an outcome.
    alone : callable
        Does a task in this process; asked only where no process could be started.
    lost : callable
        The outcome of a task whose process was killed or broke.
    """
    waiting = deque(enumerate(tasks))
    done: dict[int, Outcome] = {}
    told = 0
    with _single_threaded():
        crew = [_Hand[Task, Outcome](opening, arguments) for _i in range(min(jobs, len(tasks)))]
        try:
            while told < len(tasks):
                if not crew and waiting:
                    number, task = waiting.popleft()
                    done[number] = alone(task)
                for hand in _heard(crew):
                    outcome = hand.answer()
                    if hand.task is not None and (outcome is not None or not hand.alive):
                        number, task = hand.task
                        done[number] = lost(task) if outcome is None else outcome
                        hand.task = None
                    if hand.alive and waiting:
                        hand.take(waiting)
                    elif not hand.alive or not waiting:
                        hand.dismiss()
                        crew.remove(hand)
                        if hand.ready and waiting:
                            crew.append(_Hand(opening, arguments))
                while told in done:
                    yield done.pop(told)
                    told += 1
        finally:
            for hand in crew:
                hand.dismiss(patience_s=0.0)


class _Hand(Generic[Task, Outcome]):
    """One process and the task that it has."""

    def __init__(self, opening: Callable[..., Callable[[Task], Outcome]], arguments: tuple[Any, ...]) -> None:
        # Spawned, not forked: the same on every platform, and no lock of a thread is inherited.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, opening, arguments), daemon=True)
        self.process.start()
        theirs.close()
        self.task: tuple[int, Task] | None = None
        self.ready, self.alive = False, True

    def answer(self) -> Outcome | None:
        """What it says of its task; None when it is only ready, or is no more."""
        try:
            said = self.pipe.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            self.alive = False
            return None
        if not self.ready:
            self.ready = True
            return None
        outcome: Outcome = said
        return outcome

    def take(self, waiting: "deque[tuple[int, Task]]") -> None:
        """Give it the next task; one that died in the meantime leaves it where it was."""
        with contextlib.suppress(OSError):
            self.pipe.send(waiting[0][1])
            self.task = waiting.popleft()

    def dismiss(self, *, patience_s: float = _PATIENCE_S) -> None:
        """End it: by itself when it hears that nobody asks any more, else by force."""
        self.pipe.close()
        self.process.join(patience_s)
        self.process.kill()
        self.process.join()
        self.process.close()


def _heard(crew: Sequence[_Hand[Task, Outcome]]) -> list[_Hand[Task, Outcome]]:
    """Those that have said something, or have died; waits for the first of them."""
    if not crew:
        return []
    heard = set(map(id, wait([hand.pipe for hand in crew])))
    return [hand for hand in crew if id(hand.pipe) in heard]


def _serve(
    pipe: Connection, opening: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]
) -> None:
    """The process: outcomes for tasks until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts the batch speaks to its first process
    # Whatever it dies of, also what is no Exception, shows to the other end as a pipe that is closed.
    with contextlib.suppress(BaseException):
        work = opening(*arguments)
        pipe.send(_READY)
        while True:
            pipe.send(work(pipe.recv()))


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Processes whose typesetter keeps to one thread each: the cores are shared out already."""
    name = "RAYON_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before

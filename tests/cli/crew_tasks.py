"""What processes of a crew do in the tests: light to import, since each process imports it anew."""

import os
import signal
import time
from collections.abc import Callable

KILLED, PANICKED, BROKE = 2, 3, 4


class PanicError(BaseException):
    """As a compiler's binding raises it: no Exception."""


def doubling() -> Callable[[int], int]:
    """Slow at the first, so that the others overtake it."""

    def work(task: int) -> int:
        time.sleep(0.3 if task == 0 else 0)
        return 2 * task

    return work


def dawdling() -> Callable[[int], int]:
    """Slow at each."""

    def work(task: int) -> int:
        time.sleep(0.2)
        return task

    return work


def mortal() -> Callable[[int], int]:
    """Some tasks end the process: killed from outside, panicked, left without a word."""

    def work(task: int) -> int:
        if task == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if task == PANICKED:
            raise PanicError("index out of bounds")
        if task == BROKE:
            os._exit(3)
        return 2 * task

    return work


def stillborn() -> Callable[[int], int]:
    """No process comes to life."""
    raise PanicError("no memory")

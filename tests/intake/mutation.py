"""Bytes cut, flipped, zeroed and inserted, by a seed, for as long as the run may last.

`MUTATION_SECONDS` is the processor time of all sources together (20), `MUTATION_SEED` another
series; `make test-long` gives ten minutes. A case that takes longer than `MUTATION_CASE_SECONDS`
(120) fails; one that hangs where no signal reaches it ends the process, so that the run fails too.
"""

import faulthandler
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

# How many sources are damaged in all; a test counts them.
SOURCES = 25
SECONDS = float(os.environ.get("MUTATION_SECONDS", "20"))
SEED = os.environ.get("MUTATION_SEED", "")
CASE_S = float(os.environ.get("MUTATION_CASE_SECONDS", "120"))
# From the signal that a case ignores to the end of the process.
_GRACE = 1.25
# A busy machine must not end a series before it has shown anything.
_MOST_MORE = 600


def mutated(data: bytes, dice: random.Random) -> bytes:
    """`data` damaged at one place."""
    at = dice.randrange(len(data))
    length = dice.choice((1, 2, 4, 16, 200))
    kind = dice.choice(("cut", "flip", "zero", "insert", "ones", "swap"))
    if kind == "cut":
        return data[:at]
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
    if kind == "zero":
        return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]
    if kind == "ones":
        return data[:at] + b"\xff" * len(data[at : at + length]) + data[at + length :]
    if kind == "insert":
        return data[:at] + dice.randbytes(length) + data[at:]
    other = dice.randrange(len(data))
    piece = data[other : other + length]
    return data[:at] + piece + data[at + len(piece) :]


class HungError(BaseException):
    """A case took too long; not an Exception, so that nothing that is tested can swallow it."""


class Watch:
    """Ends what hangs: first by a signal, then, where none is heard, with the whole process."""

    def __init__(self) -> None:
        self._traces: IO[str] | None = None

    def begin(self, what: str) -> None:
        """From now on `what` may take `CASE_S` seconds."""

        def hung(_number: int, _frame: FrameType | None) -> None:
            raise HungError(f"{what} took more than {CASE_S:g} s")

        if self._traces is None:
            name = f"regularize-hung-{os.getpid()}.txt"
            self._traces = (Path(tempfile.gettempdir()) / name).open("w", encoding="utf-8")
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, hung)
            signal.setitimer(signal.ITIMER_REAL, CASE_S)
        faulthandler.dump_traceback_later(CASE_S * _GRACE, exit=True, file=self._traces)

    def end(self) -> None:
        """Nothing is watched any more."""
        faulthandler.cancel_dump_traceback_later()
        if hasattr(signal, "SIGALRM"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if self._traces is not None:
            self._traces.close()
            Path(self._traces.name).unlink()
            self._traces = None


# One for all: a test that fails leaves its series where it was, and a fixture ends the watch.
WATCH = Watch()


class Series:
    """One source, damaged again and again until its share of the time is spent.

    It goes on until every outcome of `expected` was seen, so that a series cannot pass by doing nothing.
    """

    def __init__(self, name: str, *expected: str) -> None:
        self.name = name
        self.dice = random.Random(f"mutations of {name}{SEED}")
        self.outcomes: Counter[str] = Counter()
        self._expected = expected or ("read", "refused")

    def rounds(self) -> Iterator[int]:
        """One number per round."""
        end = time.process_time() + SECONDS / SOURCES
        more = n = 0
        while time.process_time() < end or (self._missing() and more < _MOST_MORE):
            more += time.process_time() >= end
            n += 1
            WATCH.begin(f"round {n} of {self.name}")
            yield n
        WATCH.end()
        assert not self._missing(), f"never {self._missing()} in {n} rounds"

    def _missing(self) -> list[str]:
        return [each for each in self._expected if not self.outcomes[each]]

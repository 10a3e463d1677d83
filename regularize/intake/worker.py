"""Judging single outlines in a process that can be killed.

Two hundred and fifty vertices that cross each other can take a minute, ten million can take all
memory. What a cheap screen marks goes to a worker with a budget; when the budget is spent the
worker dies, the outline goes into quarantine, and the rest of the file goes on.
"""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from regularize.geometry.repair import Mended, mend, tidy

CPU_S = 10
MEMORY_BYTES = 2**30
# A busy machine gives a process less than it asks for; where CPU time cannot be limited, this alone
# bounds it.
WALL_S = 30.0
_START_S = 120.0
_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Limits:
    """What one outline may cost."""

    cpu_s: int = CPU_S
    memory_bytes: int = MEMORY_BYTES
    wall_s: float = WALL_S


class OverBudgetError(Exception):
    """The worker died or was killed over an outline."""


def repair(geometry: BaseGeometry, tolerance_m: float, tidying: Mapping[str, float]) -> Mended:
    """Mend an outline and tidy it: the whole of what may be done to one."""
    mended = mend(geometry, tolerance_m)
    if mended.geometry is None:
        return mended
    tidied = tidy(mended.geometry, tolerance_m=tolerance_m, **tidying)
    return Mended(
        tidied.geometry,
        mended.changed or tidied.changed,
        mended.reason,
        mended.area_before_m2,
        tidied.area_after_m2,
    )


Job = Callable[[BaseGeometry, float, Mapping[str, float]], Mended]


class Worker:
    """A process that repairs one outline after the other, and is started again when it dies.

    Examples
    --------
    >>> with Worker() as worker:  # doctest: +SKIP
    ...     worker.repair(outline, 0.1, {"same_m": 0.001, "angle_deg": 5.0})
    """

    def __init__(self, limits: Limits = Limits(), job: Job = repair) -> None:
        self._limits = limits
        self._job = job
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the process and wait until it is gone."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    def repair(self, geometry: BaseGeometry, tolerance_m: float, tidying: Mapping[str, float]) -> Mended:
        """Do the job on one outline.

        Raises
        ------
        OverBudgetError
            If it took more than the limits, or broke the process.
        """
        pipe = self._ready()
        try:
            pipe.send((shapely.to_wkb(geometry), tolerance_m, dict(tidying)))
            if not pipe.poll(self._limits.wall_s):
                raise OverBudgetError
            answer = pipe.recv()
        except (EOFError, OSError, OverBudgetError) as error:
            self.close()
            raise OverBudgetError from error
        if answer is None:
            self.close()
            raise OverBudgetError
        wkb, changed, reason, before, after = answer
        found = None if wkb is None else shapely.from_wkb(wkb)
        return Mended(found, changed, reason, before, after)

    def _ready(self) -> Connection:
        if self._pipe is not None:
            return self._pipe
        # Spawned, not forked: the same on every platform, and no lock of a thread is inherited.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, self._limits, self._job), name="outlines", daemon=True
        )
        process.start()
        self._process = process
        theirs.close()
        try:
            started = ours.poll(_START_S) and ours.recv() == "ready"
        except (EOFError, OSError):
            started = False
        self._pipe = ours
        if not started:
            self.close()
            raise OverBudgetError
        return ours


def _serve(pipe: Connection, limits: Limits, job: Job) -> None:
    """The loop of the process: one outline in, one answer out; None where memory ran out."""
    bound_memory(limits.memory_bytes)
    # A closed pipe means that nobody waits any more.
    with contextlib.suppress(EOFError, OSError):
        pipe.send("ready")
        for wkb, tolerance_m, tidying in _received(pipe):
            bound_cpu(limits.cpu_s)
            try:
                mended = job(shapely.from_wkb(wkb), tolerance_m, tidying)
            except (MemoryError, shapely.errors.ShapelyError):
                pipe.send(None)
                continue
            found = None if mended.geometry is None else shapely.to_wkb(mended.geometry)
            pipe.send((found, mended.changed, mended.reason, mended.area_before_m2, mended.area_after_m2))


def _received(pipe: Connection) -> Iterator[Any]:
    while True:
        yield pipe.recv()


def bound_memory(more_bytes: int) -> None:
    """Allow `more_bytes` beyond what the process maps already, where the platform can."""
    try:
        import resource

        held = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + more_bytes, held + more_bytes))
    except (ImportError, OSError, ValueError):
        return  # the wall clock still holds


def bound_cpu(more_s: int) -> None:
    """Allow `more_s` seconds beyond what the process has used, where the platform can."""
    try:
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + more_s + 1, hard))
    except (ImportError, OSError, ValueError):
        return

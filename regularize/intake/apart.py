"""One job in a process of its own, which can be killed: a crafted file takes down nothing but itself."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from regularize.errors import InputError, RegularizeError
from regularize.intake.worker import Limits, OverBudgetError, bound_cpu, bound_memory

_START_S = 120.0


def run_apart(job: Callable[..., Any], *arguments: Any, limits: Limits) -> Any:
    """What `job` returns.

    Parameters
    ----------
    job : callable
        Of a module, with arguments and a result that can be pickled.
    limits : Limits

    Raises
    ------
    InputError
        In the words of the error that the job raised.
    OverBudgetError
        If it took more than the limits, or broke the process.
    """
    # Spawned, not forked: the same on every platform, and no lock of a thread is inherited.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, limits, job, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(_START_S) or ours.recv() != "ready" or not ours.poll(limits.wall_s):
            raise OverBudgetError
        done, answer = ours.recv()
    except (EOFError, OSError) as error:
        raise OverBudgetError from error
    finally:
        ours.close()
        process.kill()
        process.join()
        process.close()
    if not done:
        raise InputError(answer[0], hint=answer[1])
    return answer


def _serve(pipe: Connection, limits: Limits, job: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The process: the result of the job, or the words of what stands against it."""
    bound_memory(limits.memory_bytes)
    bound_cpu(limits.cpu_s)
    pipe.send("ready")
    try:
        pipe.send((True, job(*arguments)))
    except RegularizeError as error:
        pipe.send((False, (error.message, error.hint)))
    except MemoryError:
        pipe.close()  # the other end reads from this that the budget is spent

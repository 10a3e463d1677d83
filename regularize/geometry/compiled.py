"""Functions compiled by numba, an optional part of the program: only what needs speed imports this."""

from collections.abc import Callable
from typing import Any

import numba


def compiled(signature: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``numba.njit``, kept on disk for the next start where the disk lets us."""

    def compile_(function: Callable[..., Any]) -> Callable[..., Any]:
        made: Callable[..., Any]
        try:
            made = numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function)
        except (RuntimeError, OSError):  # no folder for the compiled code, or it cannot be written
            made = numba.njit(signature, nogil=True, error_model="numpy")(function)
        return made

    return compile_

"""Functions compiled by numba, an optional part of the program: only what needs speed imports this."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# Numba loads scipy's linear algebra, where there is one, for matrix products that nothing here compiles:
# a quarter of its start. So it looks for it while there is none.
if "scipy" in sys.modules:
    import numba
else:
    sys.modules["scipy"] = None  # type: ignore[assignment]  # how Python marks what cannot be imported
    try:
        import numba

        with suppress(ImportError):  # a numba that keeps it elsewhere starts more slowly, no more
            import numba.np.arraymath
    finally:
        sys.modules.pop("scipy", None)


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

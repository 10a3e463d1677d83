"""The disk under SQLite, made to fail: the system calls of its own file layer are counted and broken.

SQLite's Unix layer lets a test replace the calls it makes (``xSetSystemCall``). That reaches what no
signal from outside hits on purpose: the second half of a commit, the folding of the journal.
"""

import ctypes
import errno
import os
import signal
import sqlite3
from collections.abc import Callable
from types import FrameType
from typing import Any

_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_PLAIN_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, use_errno=True
)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64, use_errno=True)
_KINDS = {"pwrite": _WRITE, "pwrite64": _WRITE, "write": _PLAIN_WRITE, "ftruncate": _TRUNCATE}


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs`` of version 3, as far as the calls that are needed."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        *(
            (name, ctypes.c_void_p)
            for name in (
                "xOpen", "xDelete", "xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose",
                "xRandomness", "xSleep", "xCurrentTime", "xGetLastError", "xCurrentTimeInt64",
            )
        ),
        ("xSetSystemCall", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)),
        ("xGetSystemCall", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)),
    )  # fmt: skip


def _vfs() -> Any:
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)
    find = library.sqlite3_vfs_find
    find.restype = ctypes.c_void_p
    find.argtypes = [ctypes.c_char_p]
    address = find(None)
    vfs = ctypes.cast(address, ctypes.POINTER(_Vfs)).contents
    if vfs.iVersion < 3 or not vfs.zName.startswith(b"unix"):
        raise OSError("not SQLite's Unix file layer of version 3")
    return address, vfs


def reachable() -> bool:
    """Whether this Python's SQLite can be reached: not where it is built into the interpreter."""
    try:
        _vfs()
    except (ImportError, AttributeError, OSError, TypeError):
        return False
    return sqlite3.sqlite_version_info >= (3, 7, 6)


_alive: list[Any] = []  # what C holds must not be collected


def interrupt(number: int, frame: FrameType | None) -> None:
    """What Ctrl-C does; but while a call of SQLite is answered here, nothing raised reaches the program."""
    above = frame
    while above is not None:
        if above.f_code.co_filename == __file__:
            signal.signal(signal.SIGALRM, interrupt)
            signal.setitimer(signal.ITIMER_REAL, 0.0005)
            return
        above = above.f_back
    signal.default_int_handler(number, frame)


def install(before: Callable[[str], int]) -> None:
    """Call `before` ahead of every write of SQLite in this process.

    Parameters
    ----------
    before : callable
        Gets the call's name; what it returns but 0 is the ``errno`` with which the call fails.
        It may also end the process.
    """
    address, vfs = _vfs()

    def broken(name: str, kind: Any, real: Any) -> Any:
        def call(*args: Any) -> int:
            code = before(name)
            if code:
                ctypes.set_errno(code)
                return -1
            result: int = real(*args)
            return result

        return kind(call)

    for name, kind in _KINDS.items():
        held = vfs.xGetSystemCall(address, name.encode())
        if not held:
            continue
        replacement = broken(name, kind, kind(held))
        _alive.append((vfs, replacement))
        assert vfs.xSetSystemCall(address, name.encode(), ctypes.cast(replacement, ctypes.c_void_p)) == 0


NO_SPACE, IO_ERROR = errno.ENOSPC, errno.EIO


if __name__ == "__main__":
    print(reachable(), os.name)

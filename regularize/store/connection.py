"""Connections to the store: settings, locking, and database errors in words for people."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import LRUCache

from regularize.errors import OptionError, StoreError
from regularize.i18n import translate as _
from regularize.store import blobs, places

FILE_MODE = 0o600
BUSY_TIMEOUT_MS = 5000
_compiled: LRUCache[Any, Any] = LRUCache(1000)

# Where nobody asked for a log, Python prints the errors of a library. An interrupt that comes while a
# connection is being closed is told by the command, once and in words.
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())


def connect(path: Path, *, read_only: bool = False) -> Engine:
    """An engine on the file `path`, which must exist.

    Every connection carries the five spatial functions that the triggers of a GeoPackage call.
    A transaction of ``engine.execution_options(writer=True)`` takes the write lock at once, so
    that two writers queue instead of failing half way.
    """
    common = _common()
    creator: Any = partial(_open, path, read_only)
    engine = Engine(
        sqlalchemy.QueuePool(creator),
        common.dialect,
        common.url,
        hide_parameters=True,  # a parameter may hold personal data; no message may
    )
    engine.update_execution_options(compiled_cache=_compiled)
    begin_by_hand(engine)
    return engine


@cache
def _common() -> Engine:
    """What all engines share, so that a statement is put together once and not for every store opened."""
    engine = sqlalchemy.create_engine("sqlite://")
    engine.connect().close()  # the dialect learns what this SQLite can do
    engine.dispose()
    return engine


def begin_by_hand(engine: Engine) -> None:
    """Let transactions of `engine` begin as `connect` says."""
    event.listen(engine, "begin", _begin)


def open_file(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A plain connection to the file at `path`."""
    return _open(path, read_only)


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    uri = path.resolve().as_uri() + ("?mode=ro" if read_only else "?mode=rw")
    try:
        connection = _open_uri(uri, read_only)
    except sqlite3.OperationalError:
        # A folder without write permission: SQLite cannot share memory for the journal there.
        # Without a journal file nothing is pending, so the file may be read as it lies.
        journal = path.with_name(path.name + "-wal")
        if not read_only or (journal.exists() and journal.stat().st_size > 0):
            raise
        connection = _open_uri(uri + "&immutable=1", read_only)
    return connection


def _open_uri(uri: str, read_only: bool) -> sqlite3.Connection:
    return prepared(
        sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False), read_only=read_only
    )


def prepared(connection: sqlite3.Connection, *, read_only: bool = False) -> sqlite3.Connection:
    """Give a connection the functions and settings of a store; closed if the file is none."""
    try:
        connection.create_function("ST_IsEmpty", 1, blobs.is_empty, deterministic=True)
        for name, which in (("ST_MinX", 0), ("ST_MaxX", 1), ("ST_MinY", 2), ("ST_MaxY", 3)):
            connection.create_function(name, 1, partial(blobs.bound, which=which), deterministic=True)
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA trusted_schema=ON")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA temp_store=MEMORY")  # nothing of the store in other files
        if not read_only:
            connection.execute("PRAGMA cache_size=-65536")
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                # Pages written before the commit would shut out who looks at what lay there before.
                connection.execute("PRAGMA cache_spill=OFF")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def use_write_ahead_log(path: Path) -> None:
    """Let readers and one writer of the file work side by side; the file remembers it.

    Not on a network drive, where the memory that they share does not exist (`places`).
    """
    if places.is_network(path):
        return
    with spoken(path), closing(_open(path, read_only=False)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def fold_journal(path: Path) -> None:
    """Write what the journal of `path` holds into the file itself, which is about to be moved.

    A connection that closes does so too, but keeps silent where the disk fails, and leaves the journal.

    Raises
    ------
    StoreError
        If the disk fails again; the file and its journal are together still whole.
    """
    with spoken(path), closing(_open(path, read_only=False)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _begin(connection: Connection) -> None:
    writer = connection.get_execution_options().get("writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


@contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Turn database errors within the block into :class:`StoreError` with a hint.

    Raises
    ------
    StoreError
    OptionError
        If a text cannot be written as UTF-8 (half of a surrogate pair).
    """
    try:
        yield
    except DBAPIError as error:
        raise _store_error(error.orig, path) from error
    except sqlite3.Error as error:
        raise _store_error(error, path) from error
    except UnicodeEncodeError as error:
        raise OptionError(
            _("a text holds characters that cannot be stored (half of a surrogate pair)"),
            hint=_("write the text anew, or convert the file to UTF-8"),
        ) from error


def _locked(path: Path) -> StoreError:
    return StoreError(
        _("the store {path} is in use by another program").format(path=path),
        hint=_("wait until the other command has ended, or close the layer in QGIS, and try again"),
    )


def _damaged(path: Path) -> StoreError:
    return StoreError(
        _("the store {path} is damaged, or it is not a store").format(path=path),
        hint=_("regularize store verify; a backup is brought back with: regularize store restore FILE"),
    )


def _read_only(path: Path) -> StoreError:
    return StoreError(
        _("the store {path} cannot be written: file or folder is read-only").format(path=path),
        hint=_("ask for write permission, or work on a copy of the project folder"),
    )


def _full(path: Path) -> StoreError:
    return StoreError(
        _("the disk is full: nothing was written to the store {path}").format(path=path),
        hint=_("free some space and run the same command again"),
    )


def _unopened(path: Path) -> StoreError:
    return StoreError(
        _("the store {path} cannot be opened").format(path=path),
        hint=_("check that the file is there and that you may read it: regularize doctor"),
    )


_WORDS: dict[int, Callable[[Path], StoreError]] = {
    sqlite3.SQLITE_BUSY: _locked,
    sqlite3.SQLITE_LOCKED: _locked,
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_NOTADB: _damaged,
    sqlite3.SQLITE_READONLY: _read_only,
    sqlite3.SQLITE_PERM: _read_only,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_CANTOPEN: _unopened,
}


def _store_error(error: Any, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _WORDS:
        return _WORDS[code](path)
    return StoreError(
        _("the store {path} refused the work: {reason}").format(path=path, reason=error),
        hint=_("nothing was changed; regularize store verify shows whether the store is sound"),
    )


def damaged(path: Path) -> StoreError:
    """The error for a store whose content cannot be what the program wrote."""
    return _damaged(path)


def sync_folder(folder: Path) -> None:
    """Make a renamed file survive a power loss; where a system cannot, it does it by itself."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

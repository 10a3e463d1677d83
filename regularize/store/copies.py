"""Backup and restore: whole copies of a store, made while others write, and proved before they count."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.project import today, unfinished
from regularize.store import database, events
from regularize.store.connection import (
    BUSY_TIMEOUT_MS,
    FILE_MODE,
    fold_journal,
    spoken,
    sync_folder,
    use_write_ahead_log,
)

_PAGES = 256  # copied between two looks at the lock, so that writers are not kept waiting


def backup(store: Path, target: Path) -> int:
    """Copy `store` to `target` by SQLite's backup API; returns the size in bytes.

    The copy is a moment of the store, whatever others write meanwhile, and carries the head of its
    log beside it, so that `restore` can prove it.

    Raises
    ------
    OptionError
        If something stands at `target`.
    StoreError
        If the store cannot be read, or the disk is full; no half copy is left.
    """
    if target.exists():
        raise OptionError(_("{path} exists already").format(path=target), hint=_("give another name"))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = _beside(target)
    try:
        _copy(store, half)
        # The head first: a copy without one could not be told from a copy that lost its tail.
        events.write_head(target, _head_of(half), alternative=None)
        _settle(half, target)
    finally:
        _remove(half)
    return target.stat().st_size


def restore(source: Path, store: Path, payload: Mapping[str, Any]) -> Path | None:
    """Put the copy `source` in the place of `store`; returns where the former store is kept.

    The caller has verified `source`. The log of the restored store says that it was restored. The
    former store stays in its place until the new one takes it, and is kept under another name.

    Raises
    ------
    StoreError
        If the copy cannot be written, or the store is in use; the former store stays in its place.
    """
    half = _beside(store)
    try:
        _copy(source, half)
        use_write_ahead_log(half)
        events.write_head(half, _head_of(half))  # a copy on a stick may have lost its own
        opened = database.open_(half, read_only=False)  # an older schema is brought up to date here
        try:
            with opened.write() as connection:
                draft = events.Draft("store.restored", "store", today(), payload)
                events.append(connection, opened.metadata, [draft])
        finally:
            opened.close()
        former = events.read_heads(store)
        kept = _keep(store)
        if former:
            events.write_head(store, former[0], alternative=_head_of(half))
        _settle(half, store)
    finally:
        _remove(half)
    head = _head_of(store)
    events.write_head(store, head, alternative=head)  # though it may lie before the former one
    return kept


def _copy(source: Path, target: Path) -> None:
    """One whole moment of `source` in one file, its journal folded in."""
    with (
        spoken(target),
        contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as reading,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        reading.backup(copy, pages=_PAGES)
        copy.execute("PRAGMA journal_mode=DELETE")


def _head_of(path: Path) -> events.Head:
    with (
        spoken(path),
        contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as it,
    ):
        row = it.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return events.Head(0, events.GENESIS) if row is None else events.Head(*row)


def _keep(store: Path) -> Path | None:
    """Give the present store a second name, after proving that nobody works with it."""
    if not store.exists():
        return None
    number = 1
    while (kept := store.with_name(f"{store.stem}.before-restore-{number}{store.suffix}")).exists():
        if kept.samefile(store):
            return kept  # an earlier restore was interrupted here
        number += 1
    damaged = False
    with spoken(store), contextlib.closing(sqlite3.connect(store, timeout=BUSY_TIMEOUT_MS / 1000)) as alone:
        try:
            alone.execute("PRAGMA journal_mode=DELETE")  # granted only to the last one who has it open
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in {
                sqlite3.SQLITE_CORRUPT,
                sqlite3.SQLITE_NOTADB,
            }:
                raise
            damaged = True  # that is why it is being replaced
    if damaged:
        for ending in ("-wal", "-shm"):
            part = Path(f"{store}{ending}")
            if part.exists():
                part.replace(Path(f"{kept}{ending}"))
    try:
        os.link(store, kept)
    except OSError:  # a file system without hard links
        shutil.copy2(store, kept)
    return kept


def _beside(path: Path) -> Path:
    return unfinished(path.parent)


def _remove(half: Path) -> None:
    for part in (
        half,
        Path(f"{half}-wal"),
        Path(f"{half}-shm"),
        Path(f"{half}-journal"),
        events.head_path(half),
    ):
        part.unlink(missing_ok=True)


def _settle(half: Path, path: Path) -> None:
    """Onto the disk whole and private, then into its place."""
    fold_journal(half)
    half.chmod(FILE_MODE)
    with half.open("rb") as stream:
        os.fsync(stream.fileno())
    half.replace(path)
    sync_folder(path.parent)

"""Backup and restore: whole copies of a store, made while others write, and proved before they count."""

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path

from regularize.errors import OptionError, StoreError
from regularize.i18n import translate as _
from regularize.store import database, events
from regularize.store.connection import spoken, sync_folder, use_write_ahead_log

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
    target.parent.mkdir(parents=True, exist_ok=True)
    half = _beside(target)
    try:
        with (
            spoken(store),
            contextlib.closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(half)) as copy,
        ):
            source.backup(copy, pages=_PAGES)
            # The copy travels: it must be one file.
            copy.execute("PRAGMA journal_mode=DELETE")
        _settle(half, target)
    finally:
        half.unlink(missing_ok=True)
    written = database.open_(target, read_only=True)
    try:
        with written.read() as connection:
            head = events.head(connection, written.metadata)
    finally:
        written.close()
    events.write_head(target, head)
    return target.stat().st_size


def restore(source: Path, store: Path) -> Path | None:
    """Put the copy `source` in the place of `store`; returns where the former store is kept.

    The caller has verified `source`. The former store is moved aside, never deleted.

    Raises
    ------
    StoreError
        If the copy cannot be written; the former store stays in its place.
    """
    half = _beside(store)
    try:
        with spoken(source):
            half.write_bytes(source.read_bytes())
        kept = _aside(store)
        _settle(half, store)
    finally:
        half.unlink(missing_ok=True)
    events.head_path(store).unlink(missing_ok=True)
    use_write_ahead_log(store)
    return kept


def _aside(store: Path) -> Path | None:
    """Move the present store and what belongs to it out of the way."""
    if not store.exists():
        return None
    number = 1
    while (kept := store.with_name(f"{store.stem}.before-restore-{number}{store.suffix}")).exists():
        number += 1
    for ending in ("-wal", "-shm"):
        part = Path(f"{store}{ending}")
        if part.exists():
            if ending == "-wal" and part.stat().st_size:
                raise StoreError(
                    _("the store {path} is in use, or was not closed").format(path=store),
                    hint=_("close what works with it, then run: regularize store verify"),
                )
            part.unlink()
    store.replace(kept)
    return kept


def _beside(path: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    os.close(handle)
    return Path(name)


def _settle(half: Path, path: Path) -> None:
    """Onto the disk, private, then into its place."""
    half.chmod(0o600)
    with half.open("rb") as stream:
        os.fsync(stream.fileno())
    half.replace(path)
    sync_folder(path.parent)

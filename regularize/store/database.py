"""One open store: its engine, its tables, and the two ways in, reading and writing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData

from regularize.errors import InputError, OptionError, StoreError
from regularize.i18n import translate as _
from regularize.project import today, unfinished
from regularize.store import asof, events, geopackage, history, migrations, places, restating, schema
from regularize.store import connection as door


class Database:
    """An engine on a checked store.

    Parameters
    ----------
    path : Path
    engine : Engine
    metadata : MetaData
        The tables in the CRS of the store.
    crs : str
        ``AUTH:CODE``.
    read_only : bool
    """

    def __init__(
        self,
        path: Path,
        engine: Engine,
        metadata: MetaData,
        crs: str,
        *,
        read_only: bool,
        in_memory: bool = False,
    ) -> None:
        self.in_memory = in_memory
        self.path = path
        self.metadata = metadata
        self.crs = crs
        self.read_only = read_only
        self._engine = engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the store."""
        with door.spoken(self.path), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction with the write lock; after it the head of the log is kept outside.

        Raises
        ------
        StoreError
            If the store is locked for longer than the waiting time, damaged or read-only.
        """
        if self.read_only:
            raise StoreError(
                _("the store {path} was opened for reading only").format(path=self.path),
                hint=_("nothing was changed"),
            )
        with door.spoken(self.path):
            with self._engine.execution_options(writer=True).begin() as connection:
                # A log whose tail was cut must not grow past the head that proves the cut.
                kept = events.read_heads(self.path)
                whole = not kept or any(events.is_in_chain(connection, self.metadata, k) for k in kept)
                begun = events.head(connection, self.metadata).seq
                lost = begun > 0 and not self.in_memory and events.head_is_lost(self.path)
                strange = history.disturbed(connection)
                history.begin(connection)
                self._tell_what_was_done_elsewhere(connection, lost=lost)
                yield connection
                self._tell_what_would_be_covered(connection, begun, [history.NAME] if strange else [])
                history.end(connection)
                head = events.head(connection, self.metadata)
            if whole and not self.in_memory:
                events.write_head(self.path, head)

    def _tell_what_was_done_elsewhere(self, connection: Connection, *, lost: bool) -> None:
        """Said before anything is built on it: edits in another program, and a head that is gone."""
        elsewhere = history.unrecorded(connection)
        if elsewhere:
            draft = events.Draft(history.EXTERNAL, "store", today(), {"edits": elsewhere})
            events.append(connection, self.metadata, [draft])
            edits = history.told(elsewhere)
            restating.say(_("note: edited in another program, now in the log: {edits}").format(edits=edits))
        if lost:  # soon there is one again
            draft = events.Draft(events.HEAD_LOST, "store", today(), {})
            events.append(connection, self.metadata, [draft])

    def _tell_what_would_be_covered(self, connection: Connection, begun: int, found: list[str]) -> None:
        """What the transaction states anew was what the log said of it, or an entry says that it was not."""
        if self.in_memory:
            return
        keys = restating.stated_since(connection, begun)
        if keys:
            with self._engine.connect() as before:
                found = found + restating.differing(before, self.metadata, keys)
        if found:
            restating.record(connection, self.metadata, found)

    def close(self) -> None:
        """Close all connections; the journal is folded into the file."""
        self._engine.dispose()
        if self.read_only:
            places.tidy(self.path)


def create(path: Path, crs: str, title: str) -> None:
    """Make a new store; it appears at `path` complete or not at all.

    Raises
    ------
    OptionError
        If something stands at `path` already, or `crs` is no projected CRS.
    """
    metadata = schema.tables(geopackage.number_of(crs))
    if path.exists():
        raise OptionError(
            _("a store stands already at {path}").format(path=path),
            hint=_("use another folder; regularize store info shows what is in this one"),
        )
    with door.spoken(path):
        try:
            part = unfinished(path.parent)
        except OSError as error:
            raise StoreError(
                _("no store can be written in {folder}").format(folder=path.parent),
                hint=_("check that the folder exists and that you may write in it"),
            ) from error
        try:
            engine = door.connect(part)
            try:
                with engine.execution_options(writer=True).begin() as connection:
                    migrations.create(connection, metadata, crs, title)
                    head = events.head(connection, metadata)
            finally:
                engine.dispose()
            door.use_write_ahead_log(part)
            door.fold_journal(part)
            _place(part, path)
        finally:
            for leftover in (part, *(Path(f"{part}{ending}") for ending in ("-wal", "-shm", "-journal"))):
                leftover.unlink(missing_ok=True)
        door.sync_folder(path.parent)
        events.head_path(path).unlink(missing_ok=True)  # of a store that stood here before
        events.write_head(path, head)


def _place(part: Path, path: Path) -> None:
    """Give the finished file its name without ever replacing another."""
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise OptionError(
            _("a store stands already at {path}").format(path=path),
            hint=_("use another folder; regularize store info shows what is in this one"),
        ) from error
    except OSError:  # a file system without hard links
        part.rename(path)


def open_(path: Path, *, read_only: bool) -> Database:
    """Open a store after checking that it is one, and one that this program knows.

    Raises
    ------
    InputError
        If there is no file at `path`.
    StoreError
        If it is damaged, no store, or of a newer schema.
    """
    if not path.is_file():
        raise InputError(
            _("there is no store at {path}").format(path=path),
            hint=_("regularize init DIR --municipality NAME"),
        )
    with door.spoken(path):
        if not read_only and places.is_network(path) and places.uses_write_ahead_log(path):
            places.leave_write_ahead_log(path)  # the project was moved onto a network drive
        engine = door.connect(path, read_only=read_only)
        try:
            crs = _crs_of(engine, path)
            try:
                metadata = schema.tables(geopackage.number_of(crs))
            except OptionError as error:  # not what this program wrote there
                raise door.damaged(path) from error
            database = Database(path, engine, metadata, crs, read_only=read_only)
            _bring_up_to_date(database)
        except BaseException:
            engine.dispose()
            raise
    return database


def as_known(path: Path, *, day: date | None = None, seq: int | None = None) -> Database:
    """The store as it was known at the end of `day`, or after event `seq`; in memory (`asof`).

    Raises
    ------
    OptionError
        If the store held nothing then, or kept no history of its rows yet.
    StoreError
    """
    present = open_(path, read_only=True)
    present.close()
    with door.spoken(path):
        engine = asof.in_memory(path)
        try:
            with engine.execution_options(writer=True).begin() as connection:
                last = seq
                if last is None:
                    last = asof.last_event_on(connection, present.metadata, day or today())
                asof.take_back(connection, present.metadata, last)
        except BaseException:
            engine.dispose()
            raise
    return Database(path, engine, present.metadata, present.crs, read_only=False, in_memory=True)


def _crs_of(engine: Engine, path: Path) -> str:
    """The CRS of a store. A file that is not ours is not adopted: its triggers are not ours either."""
    with engine.begin() as connection:
        mark = connection.exec_driver_sql("PRAGMA application_id").scalar()
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
        tables = set(names.scalars())
        if mark != geopackage.APPLICATION_ID or not {"settings", "migrations", "events"} <= tables:
            raise StoreError(
                _("{path} is not a store of this program").format(path=path),
                hint=_("a GeoPackage of data is read with: regularize ingest cadastre|survey|plan FILE"),
            )
        crs = connection.exec_driver_sql("SELECT value FROM settings WHERE name='crs'").scalar()
    if not isinstance(crs, str):
        raise door.damaged(path)
    return crs


def _bring_up_to_date(database: Database) -> None:
    with database.read() as connection:
        names = migrations.pending(connection, database.metadata, database.path)
    if not names:
        return
    if database.read_only:
        raise StoreError(
            _("the store {path} has an older schema").format(path=database.path),
            hint="regularize store migrate",
        )
    with database.write() as connection:
        migrations.apply(connection, database.metadata, database.path)

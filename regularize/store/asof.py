"""The store as it was known on an earlier day: a copy in memory, with everything later taken back.

Deliveries, withdrawals and events are taken back by their entries in the log, all other rows by what
the history kept of them. The copy is never written to the disk, and what is done in it stays there.
"""

import sqlite3
from datetime import date, datetime
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine, MetaData, select

from regularize import layers
from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.project import CIVIL_ZONE
from regularize.store import connection as door
from regularize.store import geopackage, history, places, timeline


def in_memory(path: Path) -> Engine:
    """An engine on a copy of the store that lies in memory only."""
    copy = door.prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
    source = door.open_file(path, read_only=True)
    try:
        source.backup(copy)
    finally:
        source.close()
        places.tidy(path)
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: copy, poolclass=sqlalchemy.StaticPool, hide_parameters=True
    )
    door.begin_by_hand(engine)
    return engine


def last_event_on(connection: Connection, metadata: MetaData, day: date) -> int:
    """The number of the last entry recorded on or before a civil date; 0 if there is none."""
    log = metadata.tables["events"]
    last = 0
    for seq, stamp in connection.execute(select(log.c.seq, log.c.recorded_at).order_by(log.c.seq)):
        if datetime.fromisoformat(stamp).astimezone(CIVIL_ZONE).date() > day:
            break
        last = int(seq)
    return last


def take_back(connection: Connection, metadata: MetaData, seq: int) -> None:
    """Bring the copy to the moment after event `seq`.

    Raises
    ------
    OptionError
        If the store held nothing then, or kept no history of its rows yet.
    """
    since = _history_since(connection)
    if seq < max(since, 1):
        raise OptionError(
            _("what was known then cannot be told: the history of this store begins later"),
            hint=_("give a later day; regularize store info shows since when"),
        )
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    query = "SELECT name FROM sqlite_master WHERE type='trigger' AND name NOT LIKE 'rtree_%'"
    for name in list(connection.exec_driver_sql(query).scalars()):
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    _rows(connection, metadata, seq)
    _deliveries(connection, seq)
    for name in ("event_payloads", "events"):
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE seq > ?", (seq,))  # noqa: S608 - own names
    for layer in layers.LAYERS:
        timeline.settle_all(connection, metadata, layer.name)
    for table in metadata.sorted_tables:
        geopackage.touch(connection, table)
    geopackage.add_guards(connection)
    history.add_triggers(connection, metadata)


def _history_since(connection: Connection) -> int:
    """From which event on every change of a row was kept."""
    query = (
        "SELECT e.seq, e.type, p.payload FROM events e JOIN event_payloads p USING (seq)"
        " WHERE e.type = 'store.migrated' ORDER BY e.seq DESC"
    )
    for seq, _type, payload in connection.exec_driver_sql(query):
        if history.NAME in str(payload):
            return int(seq)
    return 0


def _rows(connection: Connection, metadata: MetaData, seq: int) -> None:
    for edit in reversed(history.edits(connection, "after_seq >= ?", (seq,))):
        if edit.blanked:
            continue  # what stood there was erased: the row is shown as it is now
        table = metadata.tables[edit.table]
        names = [column.name for column in table.columns]
        for row in {edit.row, edit.new_row or edit.row}:
            connection.exec_driver_sql(f'DELETE FROM "{table.name}" WHERE "{names[0]}" = ?', (row,))  # noqa: S608 - own names
        if edit.old is not None:
            columns = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join("?" * len(names))
            connection.exec_driver_sql(
                f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})',  # noqa: S608 - own names
                edit.old,
            )
    connection.exec_driver_sql("DELETE FROM row_history WHERE after_seq >= ?", (seq,))
    last = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM row_history").scalar()
    connection.exec_driver_sql("UPDATE writing SET covered = min(covered, ?)", (last,))
    connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = ? WHERE name = 'row_history'", (last,))


def _deliveries(connection: Connection, seq: int) -> None:
    known = "SELECT CAST(substr(subject, 7) AS INTEGER) FROM events WHERE type = '{}' AND seq <= {:d}"
    ingested = known.format("batch.ingested", seq)
    withdrawn = known.format("batch.withdrawn", seq)
    runs = "SELECT CAST(substr(subject, 5) AS INTEGER) FROM events"
    for layer in layers.LAYERS:
        connection.exec_driver_sql(f'DELETE FROM "{layer.name}" WHERE batch NOT IN ({ingested})')  # noqa: S608 - own names
        connection.exec_driver_sql(
            f'UPDATE "{layer.name}" SET withdrawn_on = NULL WHERE batch NOT IN ({withdrawn})'  # noqa: S608 - own names
        )
    connection.exec_driver_sql(
        f"DELETE FROM closings WHERE batch NOT IN ({ingested}) OR recorded_in NOT IN ({ingested})"  # noqa: S608 - own names
    )
    for name in ("quarantine", "issues"):
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE batch NOT IN ({ingested})")  # noqa: S608 - own names
    connection.exec_driver_sql(f"DELETE FROM batches WHERE id NOT IN ({ingested})")  # noqa: S608 - own names
    connection.exec_driver_sql(
        "UPDATE batches SET withdrawn_on = NULL, withdrawn_reason = NULL"  # noqa: S608 - own names
        f" WHERE id NOT IN ({withdrawn})"
    )
    connection.exec_driver_sql(
        f"DELETE FROM runs WHERE id NOT IN ({runs} WHERE type = 'detect.run' AND seq <= ?)",  # noqa: S608 - own names
        (seq,),
    )

"""What every row was before it was changed, and by whom: this program, or another that opened the file.

Triggers write a row of ``row_history`` with the values before the change. They stand in the file, so
they also fire in QGIS; what this program writes itself they tell by the one row of ``writing``,
which is set and cleared within each of its transactions. From these rows follow two things:
an edit made elsewhere is reported as such, while an edit without its row is an error; and the
store can be shown as it was known on an earlier day.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, MetaData, Table

NAME = "row_history"
EXTERNAL = "external"
# Changed by commands: every change is kept, so that what was known before can be told. Of all other
# tables only edits made elsewhere are: deliveries are never changed, and their ends are worked out.
CHANGED_BY_COMMANDS = frozenset(
    {
        "findings",
        "homes",
        "home_links",
        "blocks",
        "indicative_plots",
        "proposals",
        "cases",
        "objections",
        "documents",
    }
)
_LOG = frozenset({"events", "event_payloads"})
# Set by every run on every row: no news of its own.
_UNTOLD = {"findings": frozenset({"last_run"})}
_TABLES = (
    """CREATE TABLE row_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  table_name TEXT NOT NULL,
  "row" INTEGER NOT NULL,
  new_row INTEGER,
  operation TEXT NOT NULL,
  after_seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  external INTEGER NOT NULL,
  old TEXT
)""",
    """CREATE TABLE writing (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  active INTEGER NOT NULL,
  covered INTEGER NOT NULL
)""",
)
_GUARDS = {
    "row_history_no_update": "BEFORE UPDATE ON row_history WHEN NEW.id IS NOT OLD.id OR"
    ' NEW.table_name IS NOT OLD.table_name OR NEW."row" IS NOT OLD."row"'
    " OR NEW.after_seq IS NOT OLD.after_seq OR NEW.external IS NOT OLD.external OR NEW.old NOTNULL"
    " BEGIN SELECT RAISE(ABORT, 'the history can only be blanked'); END",
    "row_history_no_delete": "BEFORE DELETE ON row_history"
    " BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END",
}
_IDLE = "(SELECT active FROM writing) = 0"
_NOTE = f'INSERT INTO {NAME} (table_name, "row", new_row, operation, after_seq, at, external, old)'
_LITERAL = re.compile(r"'((?:[^']|'')*)'|X'([0-9A-Fa-f]*)'|(NULL)|([-+]?(?:Inf|[0-9.]+(?:[eE][-+]?[0-9]+)?))")
Values = tuple[Any, ...]


@dataclass(frozen=True)
class Edit:
    """One change of a row: what it was before, ``None`` where there was none."""

    id: int
    table: str
    row: int
    new_row: int | None
    operation: str
    after_seq: int
    at: str
    external: bool
    old: Values | None

    @property
    def blanked(self) -> bool:
        """Whether an erasure took the values: a change or deletion always had some."""
        return self.old is None and self.operation != "insert"


def triggers(tables: Sequence[Table]) -> dict[str, str]:
    """Every trigger of the history that a sound store has, with its statement."""
    expected = {name: f"CREATE TRIGGER {name} {body}" for name, body in _GUARDS.items()}
    for table in tables:
        if table.name not in _LOG:
            for name, body in _of_table(table):
                expected[name] = f'CREATE TRIGGER "{name}" {body}'
    return expected


def _noted(table: str, row: str, new_row: str, operation: str, values: str) -> str:
    """The values of a row of the history, for the columns of `_NOTE`."""
    return (
        f"'{table}', {row}, {new_row}, '{operation}', (SELECT coalesce(max(seq), 0) FROM events),"  # noqa: S608 - own names
        f" strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), {_IDLE}, {values}"
    )


def _of_table(table: Table) -> Iterator[tuple[str, str]]:
    name, key = table.name, table.columns.values()[0].name
    kept = name in CHANGED_BY_COMMANDS
    columns = [column.name for column in table.columns]
    old = " || ',' || ".join(f'quote(OLD."{column}")' for column in columns)
    untold = _UNTOLD.get(name, frozenset())
    told = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns if c not in untold)
    others = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns if c in untold)
    changed = told if not others else f"{told} OR ({_IDLE} AND ({others}))"

    def note(row: str, new_row: str, operation: str, values: str) -> str:
        return f"{_NOTE} VALUES ({_noted(name, row, new_row, operation, values)});"

    when_insert = "" if kept else f"WHEN {_IDLE} "
    when_update = f"WHEN {changed} " if kept else f"WHEN {_IDLE} AND ({changed}) "
    yield (
        f"history_{name}_insert",
        f'AFTER INSERT ON "{name}" {when_insert}BEGIN {note(f"NEW.{key}", "NULL", "insert", "NULL")} END',
    )
    yield (
        f"history_{name}_update",
        f'AFTER UPDATE ON "{name}" {when_update}BEGIN {note(f"OLD.{key}", f"NEW.{key}", "update", old)} END',
    )
    yield (
        f"history_{name}_delete",
        f'AFTER DELETE ON "{name}" {when_insert}BEGIN {note(f"OLD.{key}", "NULL", "delete", old)} END',
    )


def create(connection: Connection) -> None:
    """Make the tables; the transaction counts as this program's until `end`."""
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO writing VALUES (1, 1, 0)")


def add_triggers(connection: Connection, metadata: MetaData) -> None:
    """Make the triggers that are missing, of all tables that stand."""
    if not exists(connection):
        return
    query = "SELECT type, name FROM sqlite_master"
    there = {(row[0], row[1]) for row in connection.exec_driver_sql(query)}
    standing = [table for table in metadata.sorted_tables if ("table", table.name) in there]
    for name, statement in triggers(standing).items():
        if ("trigger", name) not in there:
            connection.exec_driver_sql(statement)


@contextmanager
def inserted_at_once(connection: Connection, table: Table) -> Iterator[None]:
    """Note all rows that are inserted within the block together, and as the trigger would.

    A trigger for each row takes twice as long as all else that an insert does. It rests meanwhile, and stands
    again before anything can be committed. One that somebody changed stays as it is: that is for
    ``store verify`` to tell.
    """
    name, key = f"history_{table.name}_insert", table.columns.values()[0].name
    query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
    trigger = triggers([table])[name] if table.name in CHANGED_BY_COMMANDS else None
    if trigger is None or connection.exec_driver_sql(query, (name,)).scalar() != trigger:
        yield
        return
    last = connection.exec_driver_sql(f'SELECT coalesce(max({key}), 0) FROM "{table.name}"').scalar()  # noqa: S608 - own names
    connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    values = _noted(table.name, key, "NULL", "insert", "NULL")
    connection.exec_driver_sql(
        f'{_NOTE} SELECT {values} FROM "{table.name}" WHERE {key} > ? ORDER BY {key}',  # noqa: S608 - own names
        (last,),
    )
    connection.exec_driver_sql(trigger)


def exists(connection: Connection) -> bool:
    """Whether the store keeps a history: older schemas do not."""
    query = "SELECT count(*) FROM sqlite_master WHERE type='table' AND name IN ('row_history', 'writing')"
    return bool(connection.exec_driver_sql(query).scalar() == 2)


def disturbed(connection: Connection) -> bool:
    """Whether somebody else used the mark of this program's own writing since its last transaction."""
    if not exists(connection):
        return False
    query = (
        f"SELECT EXISTS (SELECT 1 FROM {NAME} WHERE external = 0 AND id > (SELECT covered FROM writing))"  # noqa: S608 - own names
        " OR (SELECT active FROM writing) IS NOT 0"
    )
    return bool(connection.exec_driver_sql(query).scalar())


def begin(connection: Connection) -> None:
    """Mark the transaction as this program's own; the mark is never committed."""
    if exists(connection):
        connection.exec_driver_sql("UPDATE writing SET active = 1")


def end(connection: Connection) -> None:
    """Take the mark away, before the transaction is committed."""
    if exists(connection):
        connection.exec_driver_sql("UPDATE writing SET active = 0")


def statement(connection: Connection, digest: Any) -> dict[str, str]:
    """What the next event states of the history: the digest of the rows since the last statement.

    Parameters
    ----------
    digest : callable
        (connection, first, last) to the digest of these rows.
    """
    if not exists(connection):
        return {}
    first, last = connection.exec_driver_sql(
        f"SELECT min(id), max(id) FROM {NAME} WHERE id > (SELECT covered FROM writing)"  # noqa: S608 - own names
    ).one()
    if first is None:
        return {}
    connection.exec_driver_sql("UPDATE writing SET covered = ?", (last,))
    return {f"history:{first}-{last}": digest(connection, first, last)}


def unrecorded(connection: Connection) -> dict[str, dict[str, int]]:
    """Edits made elsewhere that no event tells of yet: table to operation to how many."""
    counts: dict[str, dict[str, int]] = {}
    if exists(connection):
        for table, operation, n in connection.exec_driver_sql(
            f"SELECT table_name, operation, count(*) FROM {NAME}"  # noqa: S608 - own names
            " WHERE external = 1 AND id > (SELECT covered FROM writing) GROUP BY 1, 2 ORDER BY 1, 2"
        ):
            counts.setdefault(table, {})[operation] = n
    return counts


def edits(connection: Connection, where: str = "1", values: Sequence[Any] = ()) -> list[Edit]:
    """Changes in their order.

    Raises
    ------
    ValueError
        If the values before a change are not what a trigger writes.
    """
    if not exists(connection):
        return []
    rows = connection.exec_driver_sql(
        'SELECT id, table_name, "row", new_row, operation, after_seq, at, external, old'  # noqa: S608 - own names
        f" FROM {NAME} WHERE {where} ORDER BY id",
        tuple(values),
    )
    return [
        Edit(
            id=row[0],
            table=row[1],
            row=row[2],
            new_row=row[3],
            operation=row[4],
            after_seq=row[5],
            at=row[6],
            external=bool(row[7]),
            old=None if row[8] is None else literals(row[8]),
        )
        for row in rows
    ]


def literals(text: str) -> Values:
    """The values that SQLite's ``quote`` wrote, separated by commas.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> literals("1,'it''s',NULL,X'00ff',-2.5")
    (1, "it's", None, b'\\x00\\xff', -2.5)
    """
    values: list[Any] = []
    at = 0
    while True:
        found = _LITERAL.match(text, at)
        if found is None:
            raise ValueError("no list of SQL literals")
        words, hexed, _null, number = found.groups()
        if words is not None:
            values.append(words.replace("''", "'"))
        elif hexed is not None:
            values.append(bytes.fromhex(hexed))
        elif number is not None:
            values.append(float(number) if set(number) & set(".eEf") else int(number))
        else:
            values.append(None)
        at = found.end()
        if at == len(text):
            return tuple(values)
        if text[at] != ",":
            raise ValueError("no list of SQL literals")
        at += 1


def before(made: Sequence[Edit], table: str, since: int) -> dict[int, Values | None]:
    """Rows of `table` as they were before the edits after event `since`: values, or None for no row."""
    rows: dict[int, Values | None] = {}
    for edit in reversed(made):
        if edit.table != table or edit.after_seq < since or edit.blanked:
            continue  # after an erasure the row counts as it is: the log states it anew
        if edit.new_row is not None and edit.new_row != edit.row:
            rows[edit.new_row] = None
        rows[edit.row] = edit.old
    return rows


def told(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Counts of edits in short: ``parcels: update 2; findings: delete 1``."""
    return "; ".join(
        f"{table}: " + ", ".join(f"{operation} {n}" for operation, n in sorted(of_table.items()))
        for table, of_table in sorted(counts.items())
    )

"""Every text of the store as it lies, and how the kept changes of rows forget theirs.

The history of rows keeps what stood in a row before a change, so an erasure has to reach it as well.
A kept change can only be blanked, never rewritten; the log then states its new digest.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, MetaData, Table, Text

from regularize.errors import StoreError
from regularize.i18n import translate as _
from regularize.store import digests, history
from regularize.store.schema import Json

# What in a payload is a code, a number or a day, and may rightly stand elsewhere too.
_CODED = frozenset(
    {"kind", "cause", "place_kind", "from", "to", "class", "decision", "document_type", "state"}
    | {"home", "case", "dated", "shows", "event", "before"}
)
LEAST_CHARS = 4  # shorter texts are found everywhere by chance
CHAIN = ("actor", "subject", "type", "state")
_HASHES = frozenset({"digest", "row_digest", "salt", "payload_hash", "hash"})


def texts_in(value: Any, key: str = "") -> Iterator[str]:
    """Texts of a payload that people wrote: not codes, days and numbers."""
    if isinstance(value, str):
        if key not in _CODED and len(value.strip()) >= LEAST_CHARS:
            yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from texts_in(part, str(name))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts_in(part, key)


def cells(connection: Connection, metadata: MetaData) -> Iterator[tuple[str, Any, str, str]]:
    """(table, key, column, text) of every text in the tables of the store."""
    for table in metadata.sorted_tables:
        key = table.primary_key.columns.values()[0]
        columns = [c for c in table.columns if isinstance(c.type, (Text, Json)) and c.name not in _HASHES]
        if table.name == "events":
            columns = [table.c[name] for name in CHAIN]
        if not columns:
            continue
        for row in digests.raw(connection, [key, *columns]):
            for column, cell in zip(columns, row[1:], strict=True):
                if isinstance(cell, str) and cell:
                    yield table.name, row[0], column.name, cell


def kept_changes(connection: Connection) -> Iterator[tuple[int, str, int, str]]:
    """(number, table, row, values before) of every kept change that still has its values."""
    if history.exists(connection):
        query = f'SELECT id, table_name, "row", old FROM {history.NAME} WHERE old NOTNULL'  # noqa: S608 - own name
        for number, table, row, old in connection.exec_driver_sql(query):
            yield int(number), str(table), int(row), str(old).replace("''", "'")


def former_texts(
    connection: Connection, table: Table, rows: Collection[int], names: Collection[str]
) -> set[str]:
    """What columns of some rows held before their changes."""
    at = [i for i, column in enumerate(table.columns) if column.name in names]
    return {
        value
        for edit in history.edits(connection, "table_name = ?", (table.name,))
        if edit.row in rows and edit.old is not None
        for value in (edit.old[i] for i in at)
        if isinstance(value, str) and value
    }


def _made_elsewhere(connection: Connection, numbers: set[int]) -> dict[str, set[int]]:
    """Rows by table that other programs changed, of those among the kept changes `numbers`.

    Raises
    ------
    StoreError
        If a row of a delivery was deleted: only its old values can tell that it is missing.
    """
    rows: dict[str, set[int]] = {}
    for edit in history.edits(connection, "external = 1"):
        if edit.id not in numbers:
            continue
        if edit.operation == "delete" and edit.table not in digests.CHANGING_TABLES:
            raise StoreError(
                _("{table}: row {row} was deleted in another program").format(table=edit.table, row=edit.row),
                hint=_("an erasure would hide it: find out first what happened (regularize store verify)"),
            )
        rows.setdefault(edit.table, set()).add(edit.new_row or edit.row)
    return rows


def forget(
    connection: Connection, metadata: MetaData, holds: Callable[[str, int, str], bool]
) -> tuple[dict[str, str], dict[str, set[int]]]:
    """Blank the kept changes of which `holds` (table, row, values) is true.

    Returns
    -------
    dict, dict
        What the next entry of the log has to state anew; and rows, by table, that other programs had
        changed: without the old values they count as they are now, so the log has to state them too.

    Raises
    ------
    StoreError
        If that would hide that a row of a delivery was deleted.
    """
    numbers = {n for n, table, row, old in kept_changes(connection) if holds(table, row, old)}
    elsewhere = _made_elsewhere(connection, numbers)
    for number in numbers:
        connection.exec_driver_sql(f"UPDATE {history.NAME} SET old = NULL WHERE id = ?", (number,))  # noqa: S608 - own name
    if not numbers:
        return {}, {}
    log = metadata.tables["events"]
    stated: dict[str, str] = {}
    for row in digests.raw(connection, [log.c.seq, log.c.state], log.c.state.contains("history:")):
        for key in _ranges(str(row[1])):
            first, last = (int(part) for part in key.partition(":")[2].split("-"))
            if any(first <= number <= last for number in numbers):
                stated[key] = digests.of_history(connection, first, last)
    return stated, elsewhere


def _ranges(state: str) -> Iterator[str]:
    for part in state.split('"')[1::2]:
        if part.startswith("history:"):
            yield part

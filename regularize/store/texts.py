"""Every text of the store as it lies, and how the kept changes of rows forget theirs.

The history of rows keeps what stood in a row before a change, so an erasure has to reach it as well.
A kept change can only be blanked, never rewritten; the log then states its new digest.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, MetaData, Text

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


def forget(
    connection: Connection, metadata: MetaData, holds: Callable[[str, int, str], bool]
) -> tuple[int, dict[str, str]]:
    """Blank the kept changes of which `holds` (table, row, values) is true.

    Returns
    -------
    int, dict
        How many were blanked, and what the next entry of the log has to state anew.
    """
    numbers = [n for n, table, row, old in kept_changes(connection) if holds(table, row, old)]
    for number in numbers:
        connection.exec_driver_sql(f"UPDATE {history.NAME} SET old = NULL WHERE id = ?", (number,))  # noqa: S608 - own name
    if not numbers:
        return 0, {}
    log = metadata.tables["events"]
    stated: dict[str, str] = {}
    for row in digests.raw(connection, [log.c.seq, log.c.state], log.c.state.contains("history:")):
        for key in _ranges(str(row[1])):
            first, last = (int(part) for part in key.partition(":")[2].split("-"))
            if any(first <= number <= last for number in numbers):
                stated[key] = digests.of_history(connection, first, last)
    return len(numbers), stated


def _ranges(state: str) -> Iterator[str]:
    for part in state.split('"')[1::2]:
        if part.startswith("history:"):
            yield part

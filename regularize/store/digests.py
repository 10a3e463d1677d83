"""Digests of stored content: what an event says the store held, computed anew by ``verify``.

Keys: ``rows:N``, ``batch:N``, ``closings:N``, ``quarantine:N``, ``issues:N`` of delivery N, and
``table:NAME`` for tables that commands change.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, Table, select, type_coerce
from sqlalchemy.types import NullType

from regularize.store import blobs
from regularize.store.json_text import encoder_of
from regularize.store.schema import GEOMETRY, evidence_columns

# Tables whose whole content each command that writes them states.
CHANGING_TABLES = (
    "settings",
    "migrations",
    "runs",
    "findings",
    "homes",
    "home_links",
    "blocks",
    "indicative_plots",
    "cases",
    "objections",
    "documents",
)
_OF_DELIVERY = {
    "batch": ("batches", "id"),
    "closings": ("closings", "recorded_in"),
    "quarantine": ("quarantine", "batch"),
    "issues": ("issues", "batch"),
}
_AT_ONCE = 5000  # rows fetched together
_compact = encoder_of(separators=(",", ":"))
DELIVERY_KEYS = ("rows", *_OF_DELIVERY)


def of_row(values: Sequence[Any], wkb: bytes) -> str:
    """The digest of one ingested row: its evidence columns in order, and its outline."""
    return hashlib.sha256(_compact(values).encode("utf-8") + b"\x00" + wkb).hexdigest()


def fold(digests: Iterable[str]) -> str:
    """One digest of many, in their order."""
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()


def raw(connection: Connection, columns: Sequence[Any], *where: Any) -> Iterator[Sequence[Any]]:
    """Stored values as they lie, without any conversion, in the order of the first column."""
    bare = [type_coerce(column, NullType).label(f"c{i}") for i, column in enumerate(columns)]
    query = select(*bare).where(*where).order_by(columns[0]).execution_options(yield_per=_AT_ONCE)
    for many in connection.execute(query).partitions():
        yield from many


def stored_rows(
    connection: Connection,
    table: Table,
    batch: int,
    former: Mapping[int, Sequence[Any] | None] | None = None,
) -> Iterator[tuple[int, str, str, Any]]:
    """(fid, stored digest, digest computed anew, outline) of each row of a delivery.

    Parameters
    ----------
    former : mapping, optional
        Rows of the table as they were before edits made elsewhere (`history.before`).
    """
    evidence = evidence_columns(table)
    n = len(evidence)
    wanted = [*evidence, table.c[GEOMETRY], table.c.digest]
    rows = raw(connection, wanted, table.c.batch == batch)
    if former:
        names = list(table.columns.keys())
        at = [names.index(column.name) for column in wanted]
        own = names.index("batch")
        earlier = {
            fid: None if values is None or values[own] != batch else [values[i] for i in at]
            for fid, values in former.items()
        }
        rows = with_former(rows, earlier)
    for row in rows:
        blob = row[n]
        try:
            computed = of_row(list(row[:n]), blobs.wkb_of(blob))
        except (ValueError, TypeError):
            computed = ""  # no GeoPackage geometry, or a blob in a text column: not what was stored
        yield row[0], row[n + 1], computed, blob


def with_former(
    rows: Iterator[Sequence[Any]], former: Mapping[int, Sequence[Any] | None]
) -> Iterator[Sequence[Any]]:
    """Rows in the order of their key, some of them as they were before: None for not there yet."""
    left = sorted(key for key, values in former.items() if values is not None)
    for row in rows:
        while left and left[0] < row[0]:
            yield former[left.pop(0)] or ()
        if row[0] not in former:
            yield row
    for key in left:
        yield former[key] or ()


def of_table(
    connection: Connection,
    table: Table,
    *where: Any,
    former: Mapping[int, Sequence[Any] | None] | None = None,
) -> str:
    """The digest of the rows of a table, in the order of its first column (its key)."""
    rows = raw(connection, list(table.columns), *where)
    return _of_rows(with_former(rows, former) if former else rows)


def _hexed(value: Any) -> str:
    return bytes(value).hex()


_row_json = encoder_of(default=_hexed)


def _of_rows(rows: Iterable[Sequence[Any]]) -> str:
    """The digest of rows in their order, a line of JSON each."""
    total = hashlib.sha256()
    left = iter(rows)
    while many := [_row_json(list(row)) for row in islice(left, _AT_ONCE)]:
        total.update("\n".join([*many, ""]).encode("utf-8"))
    return total.hexdigest()


def table_of(key: str) -> str:
    """The table in which a delivery leaves what `key` names (all but ``rows``)."""
    return _OF_DELIVERY[key][0]


def of_delivery(
    connection: Connection,
    metadata: MetaData,
    key: str,
    batch: int,
    former: Mapping[int, Sequence[Any] | None] | None = None,
) -> str:
    """The digest of what a delivery left in the table that `key` names (all but ``rows``)."""
    name, column = _OF_DELIVERY[key]
    table = metadata.tables[name]
    if former:
        own = list(table.columns.keys()).index(column)
        former = {
            row: values if values is not None and values[own] == batch else None
            for row, values in former.items()
        }
    return of_table(connection, table, table.c[column] == batch, former=former)


def of_delivery_all(connection: Connection, metadata: MetaData, batch: int) -> dict[str, str]:
    """State of a delivery as its event says it, without its rows."""
    return {f"{key}:{batch}": of_delivery(connection, metadata, key, batch) for key in _OF_DELIVERY}


def of_history(connection: Connection, first: int, last: int) -> str:
    """The digest of the changes of rows numbered `first` to `last`."""
    found = connection.exec_driver_sql(
        "SELECT * FROM row_history WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
    )
    return _of_rows(row for many in found.partitions(_AT_ONCE) for row in many)


def of_tables(connection: Connection, metadata: MetaData, *names: str) -> dict[str, str]:
    """State of whole tables as an event says it."""
    return {f"table:{name}": of_table(connection, metadata.tables[name]) for name in names}

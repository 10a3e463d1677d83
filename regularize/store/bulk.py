"""Many rows at once: columns and geometries are encoded together, and the index is filled in one go."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import shapely
from sqlalchemy import Connection, Date, Table, bindparam, func, select

from regularize.store import blobs, geopackage, history
from regularize.store.schema import GEOMETRY, Geom

# From so many rows on it pays to encode by columns, and to let the triggers of index and history rest.
_MANY = 200


def plain(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    encoded: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Insert rows, which all have the same keys.

    The statement and the types are SQLAlchemy's, as are the values that reach the database. What it
    would work out anew for each row (which parameter is where, how it is encoded) is worked out once.

    Parameters
    ----------
    encoded : mapping, optional
        Whole columns that stand in for those of the rows, as the database keeps them: geometries.
    """
    encoded = encoded or {}
    if len(rows) < _MANY or connection.dialect.name != "sqlite":
        if rows:
            own = [{key: column[at] for key, column in encoded.items()} for at in range(len(rows))]
            connection.execute(table.insert(), [{**row, **more} for row, more in zip(rows, own, strict=True)])
        return
    dialect = connection.dialect
    statement = table.insert().values({key: bindparam(key) for key in rows[0]}).compile(dialect=dialect)
    columns: list[Sequence[Any]] = []
    for key in statement.positiontup or ():
        kind = table.c[key].type
        encode = kind.dialect_impl(dialect).bind_processor(dialect)
        if key in encoded:
            columns.append(encoded[key])
        elif encode is None:
            columns.append([row[key] for row in rows])
        elif isinstance(kind, Date):  # a run writes few days many times
            columns.append(list(map(cache(encode), [row[key] for row in rows])))
        else:
            columns.append([encode(row[key]) for row in rows])
    with history.inserted_at_once(connection, table):
        connection.exec_driver_sql(str(statement), list(zip(*columns, strict=True)))


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with a geometry each; they all have the same keys, and none has a ``fid``."""
    if not rows:
        return
    kind = table.c[GEOMETRY].type
    if connection.dialect.name != "sqlite" or not isinstance(kind, Geom):
        connection.execute(table.insert(), [dict(row) for row in rows])
        return
    shapes = blobs.fit([row[GEOMETRY] for row in rows], kind.kind)
    encoded = {GEOMETRY: blobs.encode(shapes, kind.srid)}
    if len(rows) < _MANY or shapely.is_empty(shapes).any():
        plain(connection, table, rows, encoded)
        return
    before = connection.scalar(select(func.max(table.c.fid))) or 0
    with geopackage.index_resting(connection, table):
        plain(connection, table, rows, encoded)
        # Numbers are given in the order of the rows.
        fids = connection.scalars(select(table.c.fid).where(table.c.fid > before).order_by(table.c.fid)).all()
        boxes = shapely.bounds(shapes)[:, [0, 2, 1, 3]].tolist()
        geopackage.fill_index(connection, table, [(fid, *box) for fid, box in zip(fids, boxes, strict=True)])

"""Many rows at once: columns and geometries are encoded together, and the index is filled in one go."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection, Table, bindparam, func, select

from regularize.store import blobs, geopackage
from regularize.store.schema import GEOMETRY, Geom

# From so many rows on it pays to encode by columns, and to let the trigger of the index rest.
_MANY = 200


def plain(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows without a geometry, or with one that is encoded already; they all have the same keys.

    The statement and the types are SQLAlchemy's, as are the values that reach the database. What it
    would work out anew for each row (which parameter is where, how it is encoded) is worked out once.
    """
    if len(rows) < _MANY or connection.dialect.name != "sqlite":
        if rows:
            connection.execute(table.insert(), [dict(row) for row in rows])
        return
    dialect = connection.dialect
    statement = table.insert().values({key: bindparam(key) for key in rows[0]}).compile(dialect=dialect)
    columns = []
    for key in statement.positiontup or ():
        encode = table.c[key].type.dialect_impl(dialect).bind_processor(dialect)
        columns.append([row[key] if encode is None else encode(row[key]) for row in rows])
    connection.exec_driver_sql(str(statement), list(zip(*columns, strict=True)))


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with a geometry each; they all have the same keys, and none has a ``fid``."""
    if not rows:
        return
    kind = table.c[GEOMETRY].type
    listed: list[dict[str, Any]] = [dict(row) for row in rows]
    if connection.dialect.name != "sqlite" or not isinstance(kind, Geom):
        connection.execute(table.insert(), listed)
        return
    shapes = blobs.fit([row[GEOMETRY] for row in rows], kind.kind)
    for row, blob in zip(listed, blobs.encode(shapes, kind.srid), strict=True):
        row[GEOMETRY] = blob
    if len(rows) < _MANY or shapely.is_empty(shapes).any():
        plain(connection, table, listed)
        return
    before = connection.scalar(select(func.max(table.c.fid))) or 0
    with geopackage.index_resting(connection, table):
        plain(connection, table, listed)
        # Numbers are given in the order of the rows.
        fids = connection.scalars(select(table.c.fid).where(table.c.fid > before).order_by(table.c.fid)).all()
        boxes = shapely.bounds(shapes)[:, [0, 2, 1, 3]].tolist()
        geopackage.fill_index(connection, table, [(fid, *box) for fid, box in zip(fids, boxes, strict=True)])

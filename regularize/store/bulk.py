"""Many rows at once: their geometries are encoded together, and the index is filled in one go."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import Connection, Table, func, select

from regularize.store import blobs, geopackage
from regularize.store.schema import GEOMETRY, Geom

# From so many rows on it pays to let the trigger of the index rest.
_MANY = 200


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
        connection.execute(table.insert(), listed)
        return
    before = connection.scalar(select(func.max(table.c.fid))) or 0
    with geopackage.index_resting(connection, table):
        connection.execute(table.insert(), listed)
        # Numbers are given in the order of the rows.
        fids = connection.scalars(select(table.c.fid).where(table.c.fid > before).order_by(table.c.fid)).all()
        boxes = shapely.bounds(shapes)[:, [0, 2, 1, 3]].tolist()
        geopackage.fill_index(connection, table, [(fid, *box) for fid, box in zip(fids, boxes, strict=True)])

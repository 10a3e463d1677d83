"""Whole layers as frames: every column read once, geometries decoded together."""

import json
from datetime import date
from functools import cache
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, MetaData, Table, select, type_coerce
from sqlalchemy.types import NullType

from regularize import layers
from regularize.store import blobs, geopackage
from regularize.store.schema import GEOMETRY

# A few outliers make no place of a delivery, and so many of its rows tell where it lies.
_CENTRAL = (1, 99)
_TELLING = 2_000


def layer(
    connection: Connection, metadata: MetaData, crs: str, name: str, on: date
) -> geopandas.GeoDataFrame:
    """Rows of an ingested layer that are valid on a day."""
    table = metadata.tables[name]
    contract = (*layers.COMMON, *layers.layer_named(name).columns)
    return frame(connection, table, contract, crs, *valid_on(table, on))


def valid_on(table: Table, on: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a row of an ingested layer is valid on a day."""
    return (
        table.c.withdrawn_on.is_(None),
        table.c.valid_from <= on,
        table.c.valid_to.is_(None) | (table.c.valid_to > on),
    )


def frame(
    connection: Connection, table: Table, contract: tuple[layers.Column, ...], crs: str, *where: Any
) -> geopandas.GeoDataFrame:
    """The columns `contract` of a table as a frame in the order of the row numbers.

    Text, dates and whole numbers that may be missing are Python objects or ``None``; measures are
    floats with NaN.
    """
    columns = [table.c[column.name] for column in contract]
    # Raw values: a processor per value would cost more than the rest of the reading.
    bare = [type_coerce(c, NullType).label(f"c{i}") for i, c in enumerate([*columns, table.c[GEOMETRY]])]
    rows = connection.execute(select(*bare).where(*where).order_by(table.c.fid)).all()
    values = list(zip(*rows, strict=True)) if rows else [()] * len(bare)
    data = {
        column.name: _series(list(stored), column) for column, stored in zip(contract, values, strict=False)
    }
    return geopandas.GeoDataFrame(data, geometry=blobs.decode(values[-1]), crs=crs)


def _series(values: list[Any], column: layers.Column) -> "pd.Series[Any]":
    if column.dtype == "real":
        return pd.Series(values, dtype="float64")
    if column.dtype == "integer" and not column.nullable:
        return pd.Series(values, dtype="int64")
    if column.dtype == "date":
        day = cache(date.fromisoformat)  # a layer states few days many times
        values = [None if v is None else day(v) for v in values]
    elif column.dtype == "json":
        values = [None if v is None else json.loads(v) for v in values]
    return pd.Series(values, dtype=object)


def delivery_places(connection: Connection, metadata: MetaData) -> list[tuple[float, float, float, float]]:
    """Of each delivery that stands, the box around the bulk of its rows."""
    batches = metadata.tables["batches"]
    columns = (batches.c.id, batches.c.target, batches.c.n_stored)
    standing = select(*columns).where(batches.c.withdrawn_on.is_(None))
    found = []
    for batch, name, n in connection.execute(standing.order_by(batches.c.id)).all():
        table = metadata.tables[name]
        query = (
            f'SELECT minx, maxx, miny, maxy FROM "{geopackage.index_of(table)}" '  # noqa: S608 - own names
            f'WHERE id IN (SELECT fid FROM "{table.name}" WHERE batch = ? AND fid % ? = 0)'
        )
        every = max(1, n // _TELLING)
        box = np.array(connection.exec_driver_sql(query, (batch, every)).all(), dtype=np.float64)
        if len(box):
            low, high = np.percentile(box, _CENTRAL, axis=0).tolist()
            found.append((low[0], low[2], high[1], high[3]))
    return found

"""The fixed partition into blocks: counts of later releases must refer to the same outlines."""

from datetime import date

import geopandas
from sqlalchemy import Connection, MetaData, select

from regularize import layers
from regularize.store import digests, events, geopackage, reading
from regularize.store.schema import GEOMETRY


def save(
    connection: Connection, metadata: MetaData, frame: geopandas.GeoDataFrame, on: date, actor: str
) -> int:
    """Add the blocks whose number is not stored yet; those stored are never redrawn.

    Parameters
    ----------
    frame : GeoDataFrame
        Columns ``block`` (int), ``counts`` (mapping) and the geometry.
    """
    table = metadata.tables["blocks"]
    known = set(connection.scalars(select(table.c.block)))
    rows = [
        {"block": int(block), "counts": dict(counts), GEOMETRY: outline}
        for block, counts, outline in zip(frame["block"], frame["counts"], frame.geometry, strict=True)
        if int(block) not in known
    ]
    if rows:
        connection.execute(table.insert(), rows)
        geopackage.touch(connection, table)
        state = digests.of_tables(connection, metadata, "blocks")
        payload = {"blocks": sorted(row["block"] for row in rows)}
        draft = events.Draft("blocks.saved", "store", on, payload, actor, state)
        events.append(connection, metadata, [draft])
    return len(rows)


def read(connection: Connection, metadata: MetaData, crs: str) -> geopandas.GeoDataFrame:
    """The partition as a frame."""
    fid = next(column for column in layers.COMMON if column.name == "fid")
    contract = (fid, *layers.layer_named("blocks").columns)
    return reading.frame(connection, metadata.tables["blocks"], contract, crs)

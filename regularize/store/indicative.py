"""Plots inferred where none were surveyed: proposals of the latest runs, closed by later ones."""

from collections.abc import Collection

import geopandas
from sqlalchemy import Connection, MetaData, bindparam, select, update

from regularize import layers
from regularize.store import reading
from regularize.store.schema import GEOMETRY


def save(
    connection: Connection,
    metadata: MetaData,
    run: int,
    frame: geopandas.GeoDataFrame,
    closing: Collection[int],
) -> dict[str, int]:
    """Write the proposals of a run and close earlier ones; returns counts.

    An earlier proposal that the run makes again in the same words goes on as it is.

    Parameters
    ----------
    frame : GeoDataFrame
        ``confidence``, ``n_buildings``, ``reason`` and the geometry.
    closing : collection of int
        Rows that the run looked at anew.
    """
    table = metadata.tables["indicative_plots"]
    known: dict[tuple[object, ...], int] = {}
    looked_at = set(closing)
    for row in connection.execute(select(table).where(table.c.closed_run.is_(None))):
        v = row._mapping
        if v["fid"] not in looked_at:
            continue
        known[(v[GEOMETRY].normalize().wkb, v["confidence"], v["n_buildings"], v["reason"])] = v["fid"]
    added, kept = [], set()
    for outline, confidence, n_buildings, reason in zip(
        frame.geometry, frame["confidence"], frame["n_buildings"], frame["reason"], strict=True
    ):
        values = {"confidence": float(confidence), "n_buildings": int(n_buildings), "reason": str(reason)}
        same = known.get((outline.normalize().wkb, *values.values()))
        if same is not None:
            kept.add(same)
        else:
            added.append({GEOMETRY: outline, "run": run, **values})
    ended = sorted(looked_at - kept)
    if ended:
        change = update(table).where(table.c.fid == bindparam("row")).values(closed_run=run)
        connection.execute(change, [{"row": fid} for fid in ended])
    if added:
        connection.execute(table.insert(), added)
    return {"opened": len(added), "closed": len(ended), "open": len(added) + len(kept)}


def read(connection: Connection, metadata: MetaData, crs: str) -> geopandas.GeoDataFrame:
    """The proposals that stand: ``fid``, ``run``, ``confidence``, ``n_buildings``, ``reason``."""
    fid = next(column for column in layers.COMMON if column.name == "fid")
    table = metadata.tables["indicative_plots"]
    contract = (fid, *layers.layer_named("indicative_plots").columns)
    return reading.frame(connection, table, contract, crs, table.c.closed_run.is_(None))

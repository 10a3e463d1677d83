"""Which delivered row ends the validity of which: nothing is deleted, ends are worked out.

A *closing* says that from a date on a row is no longer valid because a delivery brought something
newer in its place. A row ends at the earliest of its closings whose delivery is not withdrawn;
so a withdrawal reopens exactly what rested on it, whatever came in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, MetaData, Table, bindparam, select, update

from regularize.store import blobs, digests, geopackage
from regularize.store.schema import GEOMETRY

# Two rows show the same thing if they share at least this part of the smaller of the two.
SAME_PART = 0.5


@dataclass(frozen=True)
class Rows:
    """Rows of one layer, as columns of equal length."""

    fids: Sequence[int]
    batches: Sequence[int]
    identifiers: Sequence[str | None]
    valid_from: Sequence[date]
    geometries: np.ndarray[Any, Any]


def known_rows(connection: Connection, table: Table, source: str | None, *, before_batch: int) -> Rows:
    """Rows of a layer from the same source and earlier deliveries that are not withdrawn."""
    same = table.c.source.is_(None) if source is None else table.c.source == source
    columns = [table.c[name] for name in ("fid", "batch", "identifier", "valid_from", GEOMETRY)]
    where = (same, table.c.withdrawn_on.is_(None), table.c.batch < before_batch)
    rows = list(digests.raw(connection, columns, *where))
    fids, batches, identifiers, days, outlines = zip(*rows, strict=True) if rows else ((),) * 5
    return Rows(fids, batches, identifiers, [date.fromisoformat(day) for day in days], blobs.decode(outlines))


def meetings(new: Rows, old: Rows) -> list[tuple[int, int]]:
    """Positions (new, old) of rows that show the same thing.

    Two rows with identifiers meet if these are equal. Where either has none they meet if they
    share half of the smaller one: of its area, of its length for lines; points if they coincide.
    """
    by_identifier: dict[str, list[int]] = {}
    for j, identifier in enumerate(old.identifiers):
        if identifier is not None:
            by_identifier.setdefault(identifier, []).append(j)
    met = [
        (i, j)
        for i, identifier in enumerate(new.identifiers)
        if identifier is not None
        for j in by_identifier.get(identifier, ())
    ]
    met += _overlapping(new, old)
    return met


def _overlapping(new: Rows, old: Rows) -> list[tuple[int, int]]:
    new_named = np.array([i is not None for i in new.identifiers], dtype=bool)
    old_named = np.array([i is not None for i in old.identifiers], dtype=bool)
    if (new_named.all() and old_named.all()) or len(new.fids) == 0 or len(old.fids) == 0:
        return []
    a, b = _sound(blobs.unwrapped(new.geometries)), _sound(old.geometries)
    left, right = shapely.STRtree(b).query(a)
    keep = ~(new_named[left] & old_named[right])
    keep &= shapely.get_dimensions(a)[left] == shapely.get_dimensions(b)[right]
    left, right = left[keep], right[keep]
    smaller = np.minimum(_size(a)[left], _size(b)[right])
    # The share of the boxes bounds the share of the outlines: cheap, and it spares most pairs.
    boxes_a, boxes_b = shapely.bounds(a)[left], shapely.bounds(b)[right]
    sides = np.minimum(boxes_a[:, 2:], boxes_b[:, 2:]) - np.maximum(boxes_a[:, :2], boxes_b[:, :2])
    areal = shapely.get_dimensions(a)[left] == 2
    keep = ~areal | (np.prod(np.maximum(sides, 0.0), axis=1) >= SAME_PART * smaller)
    left, right, smaller = left[keep], right[keep], smaller[keep]
    same = shapely.equals_exact(a[left], b[right])  # an outline delivered again as it was
    rest = np.flatnonzero(~same)
    shared = shapely.intersection(a[left[rest]], b[right[rest]])
    same[rest] = (_size(shared) >= SAME_PART * smaller[rest]) & ~shapely.is_empty(shared)
    return list(zip(left[same].tolist(), right[same].tolist(), strict=True))


def _size(geometries: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Area of surfaces, length of lines, 0 for points."""
    surface = shapely.get_dimensions(geometries) == 2
    return np.where(surface, shapely.area(geometries), shapely.length(geometries))


def _sound(geometries: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    bad = ~shapely.is_valid(geometries)
    if not bad.any():
        return geometries
    sound = geometries.copy()
    sound[bad] = shapely.make_valid(geometries[bad], method="structure", keep_collapsed=False)
    return sound


def record(
    connection: Connection, metadata: MetaData, layer: str, new: Rows, old: Rows, own_ends: dict[int, date]
) -> None:
    """Write the closings that the rows `new` of one delivery bring about.

    The older of two rows that meet ends where the newer one begins; of the same day, the one
    ingested later stays. `own_ends` are ends that the delivery itself states, by fid.
    """
    batch = new.batches[0] if new.fids else 0
    ends: dict[tuple[int, int], date] = {(fid, batch): day for fid, day in own_ends.items()}
    for i, j in meetings(new, old):
        if old.valid_from[j] <= new.valid_from[i]:
            key, day = (old.fids[j], batch), new.valid_from[i]
        else:
            key, day = (new.fids[i], old.batches[j]), old.valid_from[j]
        ends[key] = min(day, ends.get(key, day))
    geopackage.insert_rows(
        connection,
        metadata.tables["closings"],
        ("layer", "fid", "batch", "valid_to", "recorded_in"),
        [(layer, fid, by, day.isoformat(), batch) for (fid, by), day in sorted(ends.items())],
    )


def effective_ends(
    connection: Connection, metadata: MetaData, layer: str, *where: Any
) -> dict[int, tuple[date, int]]:
    """(end, delivery) of each closed row of `layer`: the earliest closing in force."""
    closings, batches = metadata.tables["closings"], metadata.tables["batches"]
    query = (
        select(closings.c.fid, closings.c.valid_to, closings.c.batch)
        .join_from(closings, batches, closings.c.batch == batches.c.id)
        .where(closings.c.layer == layer, batches.c.withdrawn_on.is_(None), *where)
    )
    ends: dict[int, tuple[date, int]] = {}
    for fid, day, batch in connection.execute(query):
        ends[fid] = min((day, batch), ends.get(fid, (day, batch)))
    return ends


def settle(connection: Connection, metadata: MetaData, layer: str, batch: int) -> int:
    """Bring the ends of all rows that delivery `batch` touches up to date.

    Returns
    -------
    int
        Rows of *other* deliveries whose end changed.
    """
    table, closings = metadata.tables[layer], metadata.tables["closings"]
    touched = select(closings.c.fid).where(
        closings.c.layer == layer, (closings.c.recorded_in == batch) | (closings.c.batch == batch)
    )
    ends = effective_ends(connection, metadata, layer, closings.c.fid.in_(touched))
    changes: list[dict[str, Any]] = []
    others = 0
    rows = connection.execute(
        select(table.c.fid, table.c.batch, table.c.valid_to, table.c.superseded_by).where(
            table.c.fid.in_(touched)
        )
    )
    for fid, own, valid_to, superseded_by in rows:
        day, by = ends.get(fid, (None, None))
        by = None if by == own else by  # the end that the delivery itself stated
        if (day, by) != (valid_to, superseded_by):
            changes.append({"key": fid, "day": day, "by": by})
            others += own != batch
    if changes:
        connection.execute(
            update(table)
            .where(table.c.fid == bindparam("key"))
            .values(valid_to=bindparam("day"), superseded_by=bindparam("by")),
            changes,
        )
    return others


def settle_all(connection: Connection, metadata: MetaData, layer: str) -> None:
    """Bring the ends of all rows of a layer up to date."""
    table = metadata.tables[layer]
    ends = effective_ends(connection, metadata, layer)
    changes = []
    columns = (table.c.fid, table.c.batch, table.c.valid_to, table.c.superseded_by)
    for fid, own, valid_to, superseded_by in connection.execute(select(*columns)):
        day, by = ends.get(fid, (None, None))
        by = None if by == own else by
        if (day, by) != (valid_to, superseded_by):
            changes.append({"key": fid, "day": day, "by": by})
    if changes:
        connection.execute(
            update(table)
            .where(table.c.fid == bindparam("key"))
            .values(valid_to=bindparam("day"), superseded_by=bindparam("by")),
            changes,
        )

"""Verification: does the store hold what its log says, and is the log whole?"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import Connection, MetaData, Table, func, select
from sqlalchemy.exc import DBAPIError

from regularize import layers
from regularize.i18n import translate as _
from regularize.store import blobs, digests, events, geopackage, schema, timeline
from regularize.store import connection as door
from regularize.store.schema import GEOMETRY

# How many row numbers a detail names before it only counts.
NAMED = 5


@dataclass(frozen=True)
class Check:
    """One check by its permanent name, and what it found."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class VerifyReport:
    """All checks; ``ok`` if each of them is."""

    ok: bool
    checks: tuple[Check, ...]


def verify(connection: Connection, metadata: MetaData, path: Path) -> VerifyReport:
    """Hold the store against its log, without changing anything.

    Returns
    -------
    VerifyReport
        One :class:`Check` per question; a check that finds several faults names the first ones.
    """
    state = _stated(connection, metadata)
    todo: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
        ("integrity", lambda: _integrity(connection)),
        ("foreign_keys", lambda: _foreign_keys(connection)),
        ("guards", lambda: _guards(connection, metadata)),
        ("georeference", lambda: _georeference(connection, metadata)),
        ("spatial_index", lambda: _spatial_index(connection, metadata)),
        ("rows", lambda: _rows(connection, metadata, state)),
        ("validity", lambda: _validity(connection, metadata)),
        ("deliveries", lambda: _deliveries(connection, metadata, state)),
        ("tables", lambda: _tables(connection, metadata, state)),
        ("log", lambda: _chain(connection, metadata)),
        ("payloads", lambda: _payloads(connection, metadata)),
        ("head", lambda: _head(connection, metadata, path)),
        ("file_mode", lambda: _file_mode(path)),
    )
    checks = tuple(_checked(name, work) for name, work in todo)
    return VerifyReport(all(check.ok for check in checks), checks)


def _checked(name: str, work: Callable[[], Iterator[str]]) -> Check:
    faults: list[str] = []
    try:
        faults += work()
    except (DBAPIError, ValueError, TypeError) as error:
        # A damaged page, or a number where text belongs: the check could not be carried out.
        reason = error.orig if isinstance(error, DBAPIError) else error
        faults.append(_("could not be read: {reason}").format(reason=reason))
    shown = "; ".join(faults[:NAMED])
    if len(faults) > NAMED:
        shown += _(" and {n} more").format(n=len(faults) - NAMED)
    return Check(name, not faults, shown)


def _stated(connection: Connection, metadata: MetaData) -> dict[str, str]:
    """What the log says of each delivery and table: the latest word counts."""
    log = metadata.tables["events"]
    state: dict[str, str] = {}
    try:
        for text in connection.scalars(select(log.c.state).where(log.c.state != "{}").order_by(log.c.seq)):
            state |= json.loads(text)
    except (DBAPIError, ValueError, TypeError):
        return {}  # the checks of the log say so; nothing stated means that nothing agrees
    return state


def _integrity(connection: Connection) -> Iterator[str]:
    for word in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
        if word != "ok":
            yield str(word)


def _foreign_keys(connection: Connection) -> Iterator[str]:
    for table, row, parent, _key in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield _("row {row} of {table} points to nothing in {parent}").format(
            row=row, table=table, parent=parent
        )


def _guards(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """The triggers are ours, all of them, and nobody else's."""
    expected = geopackage.triggers(metadata.sorted_tables)
    found = {
        row[0]: row[1]
        for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type='trigger'")
    }
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield _("trigger {name} is missing").format(name=name)
        elif name not in expected:
            yield _("trigger {name} is not the program's").format(name=name)
        elif expected[name] != found[name]:
            yield _("trigger {name} was changed").format(name=name)


def _georeference(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """Other programs place the layers where this one does."""
    expected = set(geopackage.geometry_columns(metadata.sorted_tables))
    found = {tuple(row) for row in connection.exec_driver_sql("SELECT * FROM gpkg_geometry_columns")}
    for row in sorted(expected ^ found, key=str):
        yield _("{table}: its entry among the geometry columns was changed").format(table=row[0])
    settings = metadata.tables["settings"]
    crs = connection.scalar(select(settings.c.value).where(settings.c.name == "crs"))
    definition = connection.exec_driver_sql(
        "SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id=?", (geopackage.number_of(str(crs)),)
    ).scalar()
    if not geopackage.is_definition_of(str(definition), str(crs)):
        yield _("the definition of {crs} was changed").format(crs=crs)


def _spatial_index(connection: Connection, metadata: MetaData) -> Iterator[str]:
    for table in metadata.sorted_tables:
        if geopackage.is_feature_table(table):
            yield from _index_of(connection, table)


def _index_of(connection: Connection, table: Table) -> Iterator[str]:
    index = geopackage.index_of(table)
    entries = {
        row[0]: row[1:]
        for row in connection.exec_driver_sql(f'SELECT id, minx, maxx, miny, maxy FROM "{index}"')  # noqa: S608 - own name
    }
    kind = table.c[GEOMETRY].type
    srid = kind.srid if isinstance(kind, schema.Geom) else 0
    rows = [row for row in digests.raw(connection, [table.c.fid, table.c[GEOMETRY]]) if row[1] is not None]
    fids = np.array([row[0] for row in rows], dtype=np.int64)
    outlines = shapely.from_wkb(blobs.wkbs([row[1] for row in rows]), on_invalid="ignore")
    # Written anew, an outline gives the very bytes that are stored: its envelope is true.
    again = blobs.encode(outlines, srid)
    wrong = {row[0] for row, blob in zip(rows, again, strict=True) if row[1] != blob}
    full = ~(shapely.is_empty(outlines) | shapely.is_missing(outlines))
    wrong |= set(entries) ^ set(fids[full].tolist())
    full &= np.isin(fids, list(entries))
    if full.any():
        stored = np.array([entries[fid] for fid in fids[full].tolist()])
        true = shapely.bounds(outlines[full])[:, [0, 2, 1, 3]]
        # The index keeps 32-bit floats, rounded outwards by a few units in the last place.
        slack = 4 * np.spacing(np.abs(true).astype(np.float32)).astype(float)
        outwards = (true - stored) * np.array([1, -1, 1, -1])
        sound = ((outwards >= 0) & (outwards <= slack)).all(axis=1)
        wrong |= set(fids[full][~sound].tolist())
    for fid in sorted(wrong):
        yield _("{table}: outline and spatial index of row {row} disagree").format(table=table.name, row=fid)


def _rows(connection: Connection, metadata: MetaData, state: dict[str, str]) -> Iterator[str]:
    batches = metadata.tables["batches"]
    targets = dict.fromkeys((layer.name for layer in layers.LAYERS), 0)
    for batch in connection.execute(select(batches).order_by(batches.c.id)):
        if batch.target not in targets:
            yield _("batch {batch} fills no known layer").format(batch=batch.id)
            continue
        fresh: list[str] = []
        for fid, stored, computed, _blob in digests.stored_rows(
            connection, metadata.tables[batch.target], batch.id
        ):
            fresh.append(computed)
            if stored != computed:
                yield _("{table}: row {row} was changed").format(table=batch.target, row=fid)
        targets[batch.target] += len(fresh)
        if len(fresh) != batch.n_stored:
            yield _("{table}: batch {batch} has {n} rows, stored were {stored}").format(
                table=batch.target, batch=batch.id, n=len(fresh), stored=batch.n_stored
            )
        agreed = {batch.row_digest, state.get(f"rows:{batch.id}")}
        if agreed != {digests.fold(fresh)}:
            yield _("{table}: the rows of batch {batch} are not those of the log").format(
                table=batch.target, batch=batch.id
            )
    for name, n in targets.items():
        total = connection.scalar(select(func.count()).select_from(metadata.tables[name]))
        if total != n:
            yield _("{table}: {total} rows, {n} of them from known batches").format(
                table=name, total=total, n=n
            )


def _validity(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """Ends and withdrawals of rows are what the recorded closings make of them."""
    batches = metadata.tables["batches"]
    withdrawn = {row.id: row.withdrawn_on for row in connection.execute(select(batches))}
    for layer in layers.LAYERS:
        table = metadata.tables[layer.name]
        ends = timeline.effective_ends(connection, metadata, layer.name)
        columns = (table.c.fid, table.c.batch, table.c.valid_to, table.c.superseded_by, table.c.withdrawn_on)
        for fid, batch, valid_to, superseded_by, withdrawn_on in connection.execute(select(*columns)):
            day, by = ends.get(fid, (None, None))
            expected = (day, None if by == batch else by, withdrawn.get(batch))
            if expected != (valid_to, superseded_by, withdrawn_on):
                yield _("{table}: the validity of row {row} was changed").format(table=layer.name, row=fid)


def _deliveries(connection: Connection, metadata: MetaData, state: dict[str, str]) -> Iterator[str]:
    batches = metadata.tables["batches"]
    known = {f"{n}" for n in connection.scalars(select(batches.c.id))}
    stated = {
        number for key, _colon, number in (k.partition(":") for k in state) if key in digests.DELIVERY_KEYS
    }
    for number in sorted(known | stated, key=int):
        for key in digests.DELIVERY_KEYS[1:]:
            now = digests.of_delivery(connection, metadata, key, int(number))
            if state.get(f"{key}:{number}") != now:
                yield _("batch {batch}: {part} is not what the log says").format(batch=number, part=key)
    for name, column in (("closings", "recorded_in"), ("quarantine", "batch"), ("issues", "batch")):
        table = metadata.tables[name]
        for batch in connection.scalars(select(table.c[column]).distinct()):
            if str(batch) not in known:
                yield _("{table} has rows of an unknown batch {batch}").format(table=name, batch=batch)


def _tables(connection: Connection, metadata: MetaData, state: dict[str, str]) -> Iterator[str]:
    for name in digests.CHANGING_TABLES:
        table = metadata.tables[name]
        stated = state.get(f"table:{name}")
        if stated is None:
            agrees = connection.scalar(select(func.count()).select_from(table)) == 0
        else:
            agrees = digests.of_table(connection, table) == stated
        if not agrees:
            yield _("the content of {table} is not what the log says").format(table=name)


def _chain(connection: Connection, metadata: MetaData) -> Iterator[str]:
    log = metadata.tables["events"]
    fields = [log.c[n] for n in ("type", "subject", "on", "recorded_at", "actor", "payload_hash", "state")]
    previous = events.GENESIS
    expected = 0
    for seq, *values, stored in digests.raw(connection, [log.c.seq, *fields, log.c.hash]):
        expected += 1
        if seq != expected:
            yield _("event {seq} is missing").format(seq=expected)
            expected = seq
        try:
            fresh = events.link(previous, [seq, *values])
        except TypeError:  # a blob where text belongs
            fresh = ""
        if fresh != stored:
            yield _("event {seq} was changed").format(seq=seq)
        previous = stored


def _payloads(connection: Connection, metadata: MetaData) -> Iterator[str]:
    log, payloads = metadata.tables["events"], metadata.tables["event_payloads"]
    stored = {row[0]: row[1:] for row in digests.raw(connection, list(payloads.columns))}
    erased = {
        event.payload.get("seq")
        for event in events.read(connection, metadata, type_=events.ERASED)
        if event.payload is not None
    }
    for seq, hashed in digests.raw(connection, [log.c.seq, log.c.payload_hash]):
        if seq not in stored:
            yield _("the payload of event {seq} is missing").format(seq=seq)
            continue
        payload, salt = stored.pop(seq)
        if payload is None and salt is None:
            if seq not in erased:
                yield _("the payload of event {seq} was erased without a record").format(seq=seq)
        elif events.payload_hash(str(salt), str(payload)) != hashed:
            yield _("the payload of event {seq} was changed").format(seq=seq)
    for seq in sorted(stored):
        yield _("there is a payload for event {seq}, which does not exist").format(seq=seq)


def _head(connection: Connection, metadata: MetaData, path: Path) -> Iterator[str]:
    """The head kept outside lies in the chain. It may lie further back: a crash after a commit."""
    kept = events.read_heads(path)
    if not kept:
        yield _("{file} is missing or cannot be read").format(file=events.head_path(path).name)
    elif not any(events.is_in_chain(connection, metadata, one) for one in kept):
        yield _("the log ends at event {seq}, but {count} were recorded, or they were other events").format(
            seq=events.head(connection, metadata).seq, count=kept[0].seq
        )


def _file_mode(path: Path) -> Iterator[str]:
    if os.name != "posix":
        return
    for file in (path, events.head_path(path), path.with_name(path.name + "-wal")):
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield _("{file} can be read by others: chmod {mode} {file}").format(
                file=file.name, mode=f"{door.FILE_MODE:o}"
            )

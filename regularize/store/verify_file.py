"""Verification of the file around the rows: its lists, its spatial index, its mode."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, MetaData, Table, select

from regularize.i18n import translate as _
from regularize.store import blobs, digests, events, geopackage, schema
from regularize.store import connection as door
from regularize.store.schema import GEOMETRY

# The part by which SQLite's R-tree moves a bound that a 32-bit float cannot hold (rtree.c, 1/8388608).
_ULP = 2.0**-23


def georeference(
    connection: Connection, metadata: MetaData, foreign: Mapping[str, set[int]]
) -> Iterator[str]:
    """Other programs place the layers where this one does."""
    expected = set(geopackage.geometry_columns(metadata.sorted_tables))
    found = {tuple(row) for row in connection.exec_driver_sql("SELECT * FROM gpkg_geometry_columns")}
    for row in sorted(expected ^ found, key=str):
        yield _("{table}: its entry among the geometry columns was changed").format(table=row[0])
    settings = metadata.tables["settings"]
    crs = connection.scalar(select(settings.c.value).where(settings.c.name == "crs"))
    yield from _systems(connection, str(crs))
    yield from _contents(connection, metadata, foreign)


def _systems(connection: Connection, crs: str) -> Iterator[str]:
    """The coordinate systems are those of a new store; their definitions mean the same."""
    expected = {row[1]: row for row in geopackage.reference_systems(crs)}
    found = {row[1]: tuple(row) for row in connection.exec_driver_sql("SELECT * FROM gpkg_spatial_ref_sys")}
    for number in sorted(expected.keys() | found.keys()):
        if number not in expected:
            continue  # another program may know more systems
        want, have = expected[number], found.get(number)
        same = have is not None and (*have[1:4], have[5]) == (*want[1:4], want[5])
        if same and have is not None and number > 0:
            # A later version of PROJ may call and write the same system in other words.
            same = all(isinstance(text, str) and text == text.strip() != "" for text in (have[0], have[4]))
            same = same and geopackage.is_definition_of(str(have[4]), f"{want[2]}:{want[3]}")
        elif same and have is not None:
            same = have == want
        if not same:
            yield _("the definition of {crs} was changed").format(crs=f"{want[2]}:{want[3]}")


def _contents(connection: Connection, metadata: MetaData, foreign: Mapping[str, set[int]]) -> Iterator[str]:
    """The file's list of its layers, with their extents, and of its extensions."""
    extensions = set(geopackage.extensions(metadata.sorted_tables))
    listed = {tuple(row) for row in connection.exec_driver_sql("SELECT * FROM gpkg_extensions")}
    for row in sorted(extensions - listed, key=str):
        yield _("{table}: its entry among the extensions was changed").format(table=row[0])
    for row in sorted(listed - extensions, key=str):
        if row[0] in metadata.tables:
            yield _("{table}: its entry among the extensions was changed").format(table=row[0])
    rows = {
        row[0]: row
        for row in connection.exec_driver_sql(
            "SELECT table_name, data_type, identifier, srs_id, min_x, min_y, max_x, max_y FROM gpkg_contents"
        )
    }
    for table in metadata.sorted_tables:
        feature = geopackage.is_feature_table(table)
        kind = table.c[GEOMETRY].type if feature else None
        srid = kind.srid if isinstance(kind, schema.Geom) else None
        have = rows.get(table.name)
        same = have is not None and tuple(have[1:4]) == (
            "features" if feature else "attributes",
            table.name,
            srid,
        )
        if same and have is not None and table.name not in foreign:
            extent = geopackage.extent_of(connection, table) if feature else (None,) * 4
            same = tuple(have[4:]) == extent or (feature and tuple(have[4:]) == (None,) * 4 == extent)
        if not same:
            yield _("{table}: its entry in the list of contents was changed").format(table=table.name)


def spatial_index(
    connection: Connection, metadata: MetaData, foreign: Mapping[str, set[int]]
) -> Iterator[str]:
    for table in metadata.sorted_tables:
        if geopackage.is_feature_table(table):
            yield from _index_of(connection, table, foreign.get(table.name, set()))


def _index_of(connection: Connection, table: Table, foreign: set[int]) -> Iterator[str]:
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
    # Another program may write the same outline in other bytes.
    wrong = {
        row[0] for row, blob in zip(rows, again, strict=True) if row[1] != blob and row[0] not in foreign
    }
    full = ~(shapely.is_empty(outlines) | shapely.is_missing(outlines))
    wrong |= set(entries) ^ set(fids[full].tolist())
    full &= np.isin(fids, list(entries))
    if full.any():
        stored = np.array([entries[fid] for fid in fids[full].tolist()])
        true = shapely.bounds(outlines[full])[:, [0, 2, 1, 3]]
        sound = (stored == _outwards(true)).all(axis=1)
        # Another program may fill the index in its own way: outwards, by a few units in the last place.
        slack = 4 * np.spacing(np.abs(true).astype(np.float32)).astype(float)
        outwards = (true - stored) * np.array([1, -1, 1, -1])
        close = ((outwards >= 0) & (outwards <= slack)).all(axis=1)
        sound |= close & np.isin(fids[full], list(foreign))
        wrong |= set(fids[full][~sound].tolist())
    for fid in sorted(wrong):
        yield _("{table}: outline and spatial index of row {row} disagree").format(table=table.name, row=fid)


def _outwards(boxes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Min x, max x, min y, max y as SQLite's R-tree keeps them: 32-bit floats, rounded outwards."""
    near = boxes.astype(np.float32).astype(float)
    up = np.array([False, True, False, True])
    away = boxes * np.where((boxes < 0) == up, 1.0 - _ULP, 1.0 + _ULP)
    wrong = np.where(up, near < boxes, near > boxes)
    return np.where(wrong, away.astype(np.float32).astype(float), near)


def file_mode(path: Path) -> Iterator[str]:
    if os.name != "posix":
        return
    for file in (path, events.head_path(path), path.with_name(path.name + "-wal")):
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield _("{file} can be read by others: chmod {mode} {file}").format(
                file=file.name, mode=f"{door.FILE_MODE:o}"
            )

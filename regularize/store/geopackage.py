"""What makes the file a GeoPackage 1.3: its own tables, the R-tree extension, the guards of the log.

The statements are our own, so that a store is the same whatever GDAL is installed; the tests hold
the result against GDAL's validator. Statements are built from the names of our own contracts only,
never from data.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import pyproj
from sqlalchemy import Connection, Table
from sqlalchemy.schema import CreateIndex, CreateTable

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.project import now
from regularize.store import history, schema

APPLICATION_ID = int.from_bytes(b"GPKG", "big")
USER_VERSION = 10300
# Above this many rows one rebuild of the index is faster than a trigger per row.
BULK_ROWS = 5000

_OWN_TABLES = (
    """CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
)""",
    """CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
)""",
    """CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
)""",
    """CREATE TABLE gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)""",
)

# The log is only ever added to; a payload may be blanked, and nothing else.
_GUARDS = {
    "events_no_update": "BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "events_no_delete": "BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "event_payloads_no_update": "BEFORE UPDATE ON event_payloads"
    " WHEN NEW.seq != OLD.seq OR NEW.payload NOTNULL OR NEW.salt NOTNULL"
    " BEGIN SELECT RAISE(ABORT, 'a payload can only be blanked'); END",
    "event_payloads_no_delete": "BEFORE DELETE ON event_payloads"
    " BEGIN SELECT RAISE(ABORT, 'a payload can only be blanked'); END",
}


def stamp() -> str:
    """The moment of recording in UTC, in the form of a GeoPackage DATETIME."""
    return now().strftime("%Y-%m-%dT%H:%M:%S.") + f"{now().microsecond // 1000:03d}Z"


def number_of(crs: str) -> int:
    """The number under which `crs` (``AUTH:CODE``) stands in the store.

    Raises
    ------
    OptionError
        If it is no known, projected CRS with a number.
    """
    authority, _colon, code = crs.partition(":")
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        known = None
    if not authority or not code.isdecimal() or known is None or not known.is_projected:
        raise OptionError(
            _("{crs} is not a known projected CRS").format(crs=crs),
            hint=_("give it as AUTHORITY:CODE, for example EPSG:7801"),
        )
    return int(code)


def is_feature_table(table: Table) -> bool:
    """Whether the table has a geometry."""
    return schema.GEOMETRY in table.columns


def create_frame(connection: Connection, crs: str) -> None:
    """Write the file's marks and the GeoPackage's own tables."""
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID:d}")
    connection.exec_driver_sql(f"PRAGMA user_version={USER_VERSION:d}")
    for statement in _OWN_TABLES:
        connection.exec_driver_sql(statement)
    rows = reference_systems(crs)
    connection.exec_driver_sql("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", rows)


def reference_systems(crs: str) -> list[tuple[str, int, str, int, str, str]]:
    """The rows of ``gpkg_spatial_ref_sys`` of a new store."""
    srid = number_of(crs)
    known = pyproj.CRS.from_user_input(crs)
    return [
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian CRS"),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic CRS"),
        ("WGS 84", 4326, "EPSG", 4326, _definition("EPSG:4326"), "longitude/latitude in degrees"),
        (known.name, srid, crs.partition(":")[0].upper(), srid, _definition(crs), "x = easting"),
    ]


def extensions(tables: Sequence[Table]) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows of ``gpkg_extensions`` that a sound store has."""
    definition = "http://www.geopackage.org/spec120/#extension_rtree"
    for table in tables:
        if is_feature_table(table):
            yield table.name, schema.GEOMETRY, "gpkg_rtree_index", definition, "write-only"


def extent_of(connection: Connection, table: Table) -> tuple[float | None, ...]:
    """Min x, min y, max x, max y of a layer, from its index."""
    query = f'SELECT min(minx), min(miny), max(maxx), max(maxy) FROM "{index_of(table)}"'  # noqa: S608 - own name
    return tuple(connection.exec_driver_sql(query).one())


def _definition(crs: str) -> str:
    return str(pyproj.CRS.from_user_input(crs).to_wkt("WKT1_GDAL"))


def is_definition_of(definition: str, crs: str) -> bool:
    """Whether a stored definition describes `crs`, by whichever version of PROJ it was written."""
    try:
        stored = pyproj.CRS.from_wkt(definition)
    except pyproj.exceptions.CRSError:
        return False
    return bool(stored.equals(pyproj.CRS.from_wkt(_definition(crs)), ignore_axis_order=True))


def geometry_columns(tables: Sequence[Table]) -> Iterator[tuple[str, str, str, int, int, int]]:
    """The rows of ``gpkg_geometry_columns`` that a sound store has."""
    for table in tables:
        kind = table.columns[schema.GEOMETRY].type if is_feature_table(table) else None
        if isinstance(kind, schema.Geom):
            yield table.name, schema.GEOMETRY, kind.kind, kind.srid, 0, 0


def add_table(connection: Connection, table: Table) -> None:
    """Create `table` with its indexes, and register it with the GeoPackage."""
    connection.execute(CreateTable(table))
    for index in sorted(table.indexes, key=lambda i: str(i.name)):
        connection.execute(CreateIndex(index))
    feature = is_feature_table(table)
    kind = table.columns[schema.GEOMETRY].type if feature else None
    srid = kind.srid if isinstance(kind, schema.Geom) else None
    connection.exec_driver_sql(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
        " VALUES (?,?,?,?,?,?)",
        (table.name, "features" if feature else "attributes", table.name, "", stamp(), srid),
    )
    if isinstance(kind, schema.Geom):
        connection.exec_driver_sql(
            "INSERT INTO gpkg_geometry_columns VALUES (?,?,?,?,?,?)", list(geometry_columns([table]))
        )
        connection.exec_driver_sql(
            "INSERT INTO gpkg_extensions VALUES (?,?,?,?,?)", list(extensions([table]))
        )
        connection.exec_driver_sql(
            f'CREATE VIRTUAL TABLE "{index_of(table)}" USING rtree(id, minx, maxx, miny, maxy)'
        )
        for name, body in _index_triggers(table):
            connection.exec_driver_sql(f'CREATE TRIGGER "{name}" {body}')


def add_guards(connection: Connection) -> None:
    """Make the log append-only for every program that opens the file."""
    for name, body in _GUARDS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {body}")


def index_of(table: Table) -> str:
    """The name of the R-tree of a feature table."""
    return f"rtree_{table.name}_{schema.GEOMETRY}"


def _index_triggers(table: Table) -> Iterator[tuple[str, str]]:
    """The triggers of the R-tree extension as GeoPackage 1.3 has them (Annex F.3)."""
    name, index, geom = table.name, index_of(table), schema.GEOMETRY
    box = ", ".join(f"{function}(NEW.{geom})" for function in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"))
    put = f'INSERT OR REPLACE INTO "{index}" VALUES (NEW.fid, {box});'  # noqa: S608 - own names
    drop = f'DELETE FROM "{index}" WHERE id = OLD.fid;'  # noqa: S608 - own names
    drop_both = f'DELETE FROM "{index}" WHERE id IN (OLD.fid, NEW.fid);'  # noqa: S608 - own names
    full = f"(NEW.{geom} NOTNULL AND NOT ST_IsEmpty(NEW.{geom}))"
    void = f"(NEW.{geom} ISNULL OR ST_IsEmpty(NEW.{geom}))"
    same, moved = "OLD.fid = NEW.fid", "OLD.fid != NEW.fid"
    yield f"{index}_insert", f'AFTER INSERT ON "{name}" WHEN {full} BEGIN {put} END'
    yield f"{index}_update1", f'AFTER UPDATE OF {geom} ON "{name}" WHEN {same} AND {full} BEGIN {put} END'
    yield f"{index}_update2", f'AFTER UPDATE OF {geom} ON "{name}" WHEN {same} AND {void} BEGIN {drop} END'
    yield f"{index}_update3", f'AFTER UPDATE ON "{name}" WHEN {moved} AND {full} BEGIN {drop} {put} END'
    yield f"{index}_update4", f'AFTER UPDATE ON "{name}" WHEN {moved} AND {void} BEGIN {drop_both} END'
    yield f"{index}_delete", f'AFTER DELETE ON "{name}" WHEN OLD.{geom} NOTNULL BEGIN {drop} END'


def triggers(tables: Sequence[Table]) -> dict[str, str]:
    """Every trigger that a sound store has, with its statement."""
    own = dict(_GUARDS)
    expected = {name: f"CREATE TRIGGER {name} {body}" for name, body in own.items()}
    for table in tables:
        if is_feature_table(table):
            expected |= {n: f'CREATE TRIGGER "{n}" {body}' for n, body in _index_triggers(table)}
    return expected | history.triggers(tables)


def insert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    boxes: Sequence[tuple[int, float, float, float, float]] = (),
) -> None:
    """Insert rows whose values are already as SQLite keeps them (geometries as blobs, dates as text).

    Parameters
    ----------
    boxes : sequence of (fid, min x, max x, min y, max y)
        Of the rows with a geometry. Given for many rows, they fill the index in one go while
        its insert trigger rests; all of it within the caller's transaction.
    """
    if not rows:
        return
    bulk = len(rows) > BULK_ROWS and len(boxes) > 0
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join("?" * len(columns))
    with index_resting(connection, table) if bulk else nullcontext():
        connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608 - names of our contracts
            list(rows),
        )
        if bulk:
            fill_index(connection, table, boxes)


@contextmanager
def index_resting(connection: Connection, table: Table) -> Iterator[None]:
    """Let the index's insert trigger rest; whoever inserts fills the index (:func:`fill_index`)."""
    trigger = f"{index_of(table)}_insert"
    connection.exec_driver_sql(f'DROP TRIGGER "{trigger}"')
    yield
    body = dict(_index_triggers(table))[trigger]
    connection.exec_driver_sql(f'CREATE TRIGGER "{trigger}" {body}')


def fill_index(
    connection: Connection, table: Table, boxes: Sequence[tuple[int, float, float, float, float]]
) -> None:
    """Put (fid, min x, max x, min y, max y) of new rows into the index of a table."""
    connection.exec_driver_sql(
        f'INSERT INTO "{index_of(table)}" VALUES (?,?,?,?,?)',  # noqa: S608 - a name of our contracts
        list(boxes),
    )


def touch(connection: Connection, table: Table) -> None:
    """Bring date and extent of `table` in the list of contents up to date."""
    values: list[Any] = [stamp()]
    extent = ""
    if is_feature_table(table):
        values += extent_of(connection, table)
        extent = ", min_x=?, min_y=?, max_x=?, max_y=?"
    connection.exec_driver_sql(
        f"UPDATE gpkg_contents SET last_change=?{extent} WHERE table_name=?",  # noqa: S608 - constant text
        (*values, table.name),
    )

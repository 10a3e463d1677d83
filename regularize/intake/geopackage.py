"""GeoPackage of somebody else: opened read-only and immutable, tables only.

A trigger or a view in a file from outside is code from outside. Structure and counts are read with
SQLite's own immutable mode, which neither writes a lock nor a log beside the file; of what is
listed in ``gpkg_contents`` only base tables are layers.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake import bulk, encoding
from regularize.intake.crs import named
from regularize.intake.dataset import Dataset, Fault, LayerInfo, OpenLayer, Rows, crs_name, empty_geometries
from regularize.layers import Family
from regularize.model import Issue, Severity

MAGIC = b"SQLite format 3\x00"
_APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")
_APPLICATION_AT = 68
# Triggers that the standard and GDAL themselves put into every file.
_STANDARD_TRIGGER = re.compile(r"rtree_|trigger_(insert|delete)_feature_count_|gpkg_")
_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("POLYGON", "MULTIPOLYGON", "CURVEPOLYGON", "MULTISURFACE", "SURFACE"), "polygon"),
    **dict.fromkeys(("LINESTRING", "MULTILINESTRING", "COMPOUNDCURVE", "CURVE", "MULTICURVE"), "line"),
    **dict.fromkeys(("POINT", "MULTIPOINT"), "point"),
}


def is_geopackage(head: bytes) -> bool:
    """Whether the first bytes of an SQLite file say GeoPackage."""
    return head.startswith(MAGIC) and head[_APPLICATION_AT : _APPLICATION_AT + 4] in _APPLICATION_IDS


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class GeoPackage(Dataset):
    """A GeoPackage on disk, or one taken out of an archive into memory."""

    reader = "geopackage"

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self.path = path
        self._content = content
        if content is None:
            self._refuse_if_open_elsewhere()
        with self.connect() as connection:
            self._tables = self._base_tables(connection)
            self.issues = tuple(self._foreign_code(connection))

    def _refuse_if_open_elsewhere(self) -> None:
        for ending in ("-wal", "-journal"):
            beside = self.path.with_name(self.path.name + ending)
            if beside.is_file() and beside.stat().st_size:
                raise InputError(
                    _("{file}: {beside} lies beside it: another program has not finished writing").format(
                        file=self.path, beside=beside.name
                    ),
                    hint=_("close it in QGIS (or where it is open), then give it again: else rows are lost"),
                )

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection that cannot write and trusts nothing in the file."""
        try:
            if self._content is None:
                uri = self.path.resolve().as_uri() + "?mode=ro&immutable=1"
                connection = sqlite3.connect(uri, uri=True)
            else:
                connection = sqlite3.connect(":memory:")
                # 1 = rollback journal: in memory there is no log to look for.
                connection.deserialize(self._content[:18] + b"\x01\x01" + self._content[20:])
            with closing(connection):
                connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("PRAGMA query_only = ON")
                yield connection
        except (sqlite3.Error, UnicodeDecodeError) as error:  # its own message may be undecodable
            raise bulk.unreadable(self.path, error) from error

    @staticmethod
    def _base_tables(connection: sqlite3.Connection) -> list[str]:
        return [
            name
            for (name,) in connection.execute(
                "SELECT m.name FROM gpkg_contents c "
                "JOIN sqlite_master m ON lower(m.name) = lower(c.table_name) "
                "WHERE c.data_type = 'features' AND m.type = 'table' "
                "AND m.sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY m.rowid"
            )
        ]

    def _foreign_code(self, connection: sqlite3.Connection) -> Iterator[Issue]:
        contents = "SELECT lower(table_name) FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
        for (view,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE (type = 'view' OR sql LIKE 'CREATE VIRTUAL%') "  # noqa: S608 no value from outside
            f"AND lower(name) IN ({contents})"
        ):
            yield Issue(
                "GPKG_VIEW_REFUSED",
                Severity.WARNING,
                _("{file}: {name} is a view, not a table: it is not read").format(file=self.path, name=view),
            )
        for name, table in connection.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        ):
            if table in self._tables and not _STANDARD_TRIGGER.match(name):
                yield Issue(
                    "GPKG_TRIGGER_IGNORED",
                    Severity.WARNING,
                    _("{file}: the trigger {name} on {table} is not of the standard: it is never run").format(
                        file=self.path, name=name, table=table
                    ),
                )

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        return [_Table(self, name).info for name in self._tables]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class; text of a GeoPackage is UTF-8 by its standard."""
        return _Table(self, name, encoding)

    @property
    def engine_source(self) -> Path | bytes:
        """What the engine opens."""
        return self.path if self._content is None else self._content

    def digest(self) -> str:
        """See the base class."""
        if self._content is not None:
            return hashlib.sha256(self._content).hexdigest()
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


class _Table(OpenLayer):
    def __init__(self, dataset: GeoPackage, name: str, wanted: str | None = None) -> None:
        self._dataset = dataset
        self._wanted = wanted
        with dataset.connect() as connection:
            (n,) = connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()  # noqa: S608 quoted
            row = connection.execute(
                "SELECT column_name, geometry_type_name, srs_id FROM gpkg_geometry_columns "
                "WHERE lower(table_name) = lower(?)",
                (name,),
            ).fetchone()
            if row is None:
                raise bulk.unreadable(
                    dataset.path, _("layer {layer} has no geometry column").format(layer=name)
                )
            self._geometry, family, srs_id = row
            self.crs = _crs_of(connection, dataset.path, srs_id)
            info = connection.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
        self._key = next((column[1] for column in info if column[5]), None)
        unseen = {self._geometry, self._key if self._key == "fid" else None}
        names = [column[1] for column in info if column[1] not in unseen]
        # The key comes last: where another column of the same meaning stands, that one is meant.
        self.fields = tuple(sorted(names, key=lambda column: column == self._key))
        self.info = LayerInfo(name, _FAMILIES.get(str(family).upper(), "any"), n, crs_name(self.crs))

    def digest(self) -> str:
        """See the base class."""
        return self._dataset.digest()

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        n = self.info.n
        stored = [name for name in columns if name != self._key]
        encoding_used = "utf-8"
        raw_values: dict[str, Sequence[Any]] | None = None
        source = self._dataset.engine_source
        try:
            fids, geometries, faults, values = bulk.read_table(
                self._dataset.path, source, self.info.name, stored
            )
        except UnicodeDecodeError:
            try:
                fids, geometries, faults, values = bulk.read_table(
                    self._dataset.path, source, self.info.name, []
                )
            except UnicodeDecodeError as error:  # the names of its columns or of its system as well
                raise bulk.unreadable(self._dataset.path, _("its text is damaged")) from error
            raw_values, encoding_used = self._decode_by_evidence(stored)
        is_judged = raw_values is not None and self._wanted is None
        rows = Rows(empty_geometries(n), {}, encoding=encoding_used, is_judged=is_judged)
        rows.issues += self._dataset.issues
        read = len(fids)
        rows.geometries[: min(read, n)] = geometries[:n]
        rows.faults.update({row: fault for row, fault in faults.items() if row < n})
        # A row that the engine passed over is not lost: it is named.
        rows.faults.update(
            {row: Fault("UNREADABLE_GEOMETRY", _("the row cannot be read")) for row in range(read, n)}
        )
        rows.values = {
            name: _padded(bulk.python_values(values[name]), n) for name in stored if name in values
        }
        if raw_values is not None:
            rows.values.update({name: _padded(list(column), n) for name, column in raw_values.items()})
        if self._key in columns:
            rows.values[str(self._key)] = _padded(fids.tolist(), n)
        return rows

    def _decode_by_evidence(self, columns: Sequence[str]) -> tuple[dict[str, Sequence[Any]], str]:
        """Values of a file that breaks its standard: text that is not UTF-8."""
        names = ", ".join(_quoted(name) for name in columns)
        with self._dataset.connect() as connection:
            connection.text_factory = bytes
            order = _quoted(self._key) if self._key else "rowid"
            table = connection.execute(
                f"SELECT {names} FROM {_quoted(self.info.name)} ORDER BY {order}"  # noqa: S608 quoted
            ).fetchall()
        texts = [value for row in table for value in row if isinstance(value, bytes)]
        choice = encoding.choose(texts, declared_as=None, wanted=self._wanted)
        decode = encoding.Decoder(choice.require(self._dataset.path, self.info.name, texts))
        found: dict[str, Sequence[Any]] = {
            name: [decode(row[at]) if isinstance(row[at], bytes) else row[at] for row in table]
            for at, name in enumerate(columns)
        }
        return found, choice.encoding or "utf-8"


def _padded(values: list[Any], n: int) -> list[Any]:
    return values[:n] + [None] * (n - len(values))


def _crs_of(connection: sqlite3.Connection, path: Path, srs_id: int) -> CRS | None:
    # By the standard -1 and 0 say that the system is not known.
    if srs_id in {-1, 0}:
        return None
    row = connection.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if row is None:
        return None
    organization, code, definition = row
    try:
        return named(f"{str(organization).upper()}:{code}")
    except CRSError:
        try:
            return named(definition)
        except CRSError as error:
            raise bulk.unreadable(path, _("it describes no coordinate system")) from error

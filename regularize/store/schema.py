"""The tables of the store, made from the column contracts, for any database that SQLAlchemy speaks.

Nothing here knows of GeoPackage: what only SQLite needs stands in ``geopackage``.
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    Column,
    Date,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine, UserDefinedType

from regularize import layers
from regularize.store import blobs
from regularize.store.json_text import written

GEOMETRY = "geom"
# Columns of an ingested row that the store itself changes later; all others are evidence.
CHANGING = ("valid_to", "superseded_by", "withdrawn_on")


class Geom(UserDefinedType[BaseGeometry]):
    """A geometry column: GeoPackage blob on SQLite, ``geometry(kind,srid)`` on PostGIS.

    Parameters
    ----------
    kind : str
        ``POINT``, ``MULTILINESTRING``, ``MULTIPOLYGON`` or ``GEOMETRY``.
    srid : int
        The number of the project's CRS.
    """

    cache_ok = True

    def __init__(self, kind: str, srid: int) -> None:
        self.kind = kind
        self.srid = srid

    def get_col_spec(self, **_kw: Any) -> str:
        return f"geometry({self.kind},{self.srid})"

    def bind_processor(self, dialect: Dialect) -> Callable[[BaseGeometry | None], Any]:
        kind, srid = self.kind, self.srid

        def to_blob(geometry: BaseGeometry | bytes | None) -> bytes | None:
            if isinstance(geometry, bytes):  # encoded with many others, by ``bulk``
                return geometry
            return blobs.encode(blobs.fit([geometry], kind), srid)[0]

        def to_ewkb(geometry: BaseGeometry | None) -> str | None:
            if geometry is None:
                return None
            fitted = shapely.set_srid(blobs.fit([geometry], kind)[0], srid)
            return str(shapely.to_wkb(fitted, hex=True, include_srid=True))

        return to_blob if dialect.name == "sqlite" else to_ewkb

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], BaseGeometry | None]:
        del coltype

        def shape(column: np.ndarray[Any, Any]) -> BaseGeometry:
            geometry: BaseGeometry = column[0]
            return geometry

        def from_blob(value: bytes | None) -> BaseGeometry | None:
            return None if value is None else shape(blobs.decode([value]))

        def from_ewkb(value: str | bytes | None) -> BaseGeometry | None:
            if value is None:
                return None
            read = np.array([shapely.set_srid(shapely.from_wkb(value), 0)], dtype=object)
            return shape(blobs.unwrapped(read))

        return from_blob if dialect.name == "sqlite" else from_ewkb


@compiles(Geom, "sqlite")
def _geom_in_sqlite(type_: Geom, _compiler: object, **_kw: object) -> str:
    return type_.kind


class Json(TypeDecorator[Any]):
    """JSON as readable text: GeoPackage has no JSON type, and an erasure must find its words."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        del dialect

        def text(value: Any) -> str | None:
            return None if value is None else written(value)

        return text

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        del dialect
        return None if value is None else json.loads(value)


_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "text": Text,
    "integer": Integer,
    "real": Double,
    "date": Date,
    "json": Json,
}


def _contract(columns: tuple[layers.Column, ...]) -> Iterator[Column[Any]]:
    for column in columns:
        yield Column(column.name, _TYPES[column.dtype](), nullable=column.nullable)


def _fid() -> Column[Any]:
    return Column("fid", Integer, primary_key=True)


def _batch(name: str = "batch", *, nullable: bool = False) -> Column[Any]:
    return Column(name, Integer, ForeignKey("batches.id"), nullable=nullable)


def _layer_table(metadata: MetaData, layer: layers.Layer, srid: int) -> None:
    common = [
        _batch() if column.name == "batch" else column
        for column in _contract(tuple(c for c in layers.COMMON if c.name != "fid"))
    ]
    Table(
        layer.name,
        metadata,
        _fid(),
        Column(GEOMETRY, Geom(blobs.FAMILY_KINDS[layer.family], srid), nullable=False),
        *common,
        *_contract(layer.columns),
        Column("feature", Integer, nullable=False),
        _batch("superseded_by", nullable=True),
        Column("withdrawn_on", Date),
        Column("digest", Text, nullable=False),
        Index(f"ix_{layer.name}_batch", "batch"),
        Index(f"ix_{layer.name}_identifier", "identifier"),
        sqlite_autoincrement=True,  # a row number is never given twice
        info={"layer": layer},
    )


def _delivery_tables(metadata: MetaData) -> None:
    Table(
        "batches",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("target", Text, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("path", "layer", "origin", "kind", "sha256")),
        *(Column(name, Text, nullable=False) for name in ("reader", "source_crs")),
        Column("encoding", Text),
        Column("sigma_m", Double, nullable=False),
        Column("valid_from", Date, nullable=False),
        Column("source", Text, nullable=False),
        Column("profile", Text),
        Column("notes", Json, nullable=False),
        Column("n_read", Integer, nullable=False),
        Column("n_stored", Integer, nullable=False),
        Column("n_quarantined", Integer, nullable=False),
        Column("row_digest", Text, nullable=False),
        Column("recorded_at", Text, nullable=False),
        Column("withdrawn_on", Date),
        Column("withdrawn_reason", Text),
        Index("ix_batches_sha256", "sha256"),
    )
    # Why a row's validity ends: every later delivery that meets it, so that a withdrawal can
    # work the end out anew. Rows are added, never changed.
    Table(
        "closings",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("layer", Text, nullable=False),
        Column("fid", Integer, nullable=False),
        _batch(),
        Column("valid_to", Date, nullable=False),
        _batch("recorded_in"),
        UniqueConstraint("layer", "fid", "batch"),
        Index("ix_closings_batch", "batch"),
        Index("ix_closings_recorded_in", "recorded_in"),
    )
    Table(
        "quarantine",
        metadata,
        Column("id", Integer, primary_key=True),
        _batch(),
        Column("feature", Integer, nullable=False),
        Column("code", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("wkb", LargeBinary),
        Column("attributes", Json, nullable=False),
        Index("ix_quarantine_batch", "batch"),
    )
    Table(
        "issues",
        metadata,
        Column("id", Integer, primary_key=True),
        _batch(),
        Column("code", Text, nullable=False),
        Column("severity", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("feature", Integer),
        Column("x", Double),
        Column("y", Double),
        Index("ix_issues_batch", "batch"),
    )


def _result_tables(metadata: MetaData, srid: int) -> None:
    Table(
        "runs",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("on", Date, nullable=False),
        Column("recorded_at", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("parameters", Json, nullable=False),
        Column("counts", Json, nullable=False),
    )
    Table(
        "findings",
        metadata,
        _fid(),
        Column(GEOMETRY, Geom("MULTIPOLYGON", srid), nullable=False),
        *_contract(layers.layer_named("findings").columns),
        Column("survey_fids", Json, nullable=False),
        Column("register_fids", Json, nullable=False),
        Column("first_run", Integer, ForeignKey("runs.id"), nullable=False),
        Column("last_run", Integer, ForeignKey("runs.id"), nullable=False),
        Column("closed_run", Integer, ForeignKey("runs.id")),
        Column("closed_reason", Text),
        UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    Table(
        "homes",
        metadata,
        _fid(),
        Column(GEOMETRY, Geom("MULTIPOLYGON", srid), nullable=False),
        Column("id", Text, nullable=False, unique=True),
        Column("settlement", Text, nullable=False),
        Column("register_fids", Json, nullable=False),
        Column("survey_fids", Json, nullable=False),
        Column("plot_fids", Json, nullable=False),
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date),
        Column("merged_into", Text),
        Column("closed_reason", Text),
        sqlite_autoincrement=True,
    )
    Table(
        "home_links",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("home", Text, ForeignKey("homes.id"), nullable=False),
        Column("role", Text, nullable=False),
        Column("table_name", Text, nullable=False),
        Column("row", Integer, nullable=False),
        Column("valid_from", Date, nullable=False),
        Column("valid_to", Date),
        Index("ix_home_links_home", "home"),
    )
    closed = Column("closed_run", Integer, ForeignKey("runs.id"))
    for name, own in (("blocks", UniqueConstraint("block")), ("indicative_plots", closed)):
        Table(
            name,
            metadata,
            _fid(),
            Column(GEOMETRY, Geom("MULTIPOLYGON", srid), nullable=False),
            *_contract(layers.layer_named(name).columns),
            own,
            sqlite_autoincrement=True,
        )


def _case_tables(metadata: MetaData, srid: int) -> None:
    Table(
        "cases",
        metadata,
        _fid(),
        Column(GEOMETRY, Geom("GEOMETRY", srid)),
        Column("id", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("opened_on", Date, nullable=False),
        Column("plan_part", Text),
        Column("homes", Json, nullable=False),
        Column("facts", Json, nullable=False),
        sqlite_autoincrement=True,
    )
    Table(
        "objections",
        metadata,
        _fid(),
        Column(GEOMETRY, Geom("GEOMETRY", srid), nullable=False),
        Column("case", Text, ForeignKey("cases.id"), nullable=False),
        Column("number", Integer, nullable=False),
        Column("on", Date, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("cause", "place_kind", "note", "answer_note")),
        Column("place", Text),
        Column("decision", Text),
        Column("answered_on", Date),
        _batch("answer_batch", nullable=True),
        UniqueConstraint("case", "number"),
        sqlite_autoincrement=True,
    )
    Table(
        "documents",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("home", Text, ForeignKey("homes.id")),
        Column("case", Text, ForeignKey("cases.id")),
        Column("document_type", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("on", Date),
        Column("sha256", Text),
        Column("place", Text),
    )


def _log_tables(metadata: MetaData) -> None:
    for name, said in (("settings", "value"), ("migrations", "applied_at")):
        Table(
            name,
            metadata,
            Column("id", Integer, primary_key=True),
            Column("name", Text, nullable=False, unique=True),
            Column(said, Text, nullable=False),
        )
    Table(
        "events",
        metadata,
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("on", Date, nullable=False),
        *(Column(n, Text, nullable=False) for n in ("recorded_at", "actor", "payload_hash", "state", "hash")),
        Index("ix_events_subject", "subject"),
    )
    # Apart from the chain, so that an erasure can blank a payload and the chain still verifies.
    Table(
        "event_payloads",
        metadata,
        Column("seq", Integer, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
        Column("payload", Text),
        Column("salt", Text),
    )


@lru_cache(maxsize=8)
def tables(srid: int) -> MetaData:
    """All tables of a store whose geometries are in the CRS numbered `srid`.

    Examples
    --------
    >>> tables(7801).tables["parcels"].c.geom.type.kind
    'MULTIPOLYGON'
    """
    metadata = MetaData()
    _delivery_tables(metadata)
    for layer in layers.LAYERS:
        _layer_table(metadata, layer, srid)
    _result_tables(metadata, srid)
    _case_tables(metadata, srid)
    _log_tables(metadata)
    return metadata


def evidence_columns(table: Table) -> list[Column[Any]]:
    """The columns of an ingested row that its digest covers, in order, without the geometry."""
    return [c for c in table.columns if c.name not in {*CHANGING, GEOMETRY, "digest"}]

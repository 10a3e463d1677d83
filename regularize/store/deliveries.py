"""Deliveries: one transaction from the checked frame to live rows, and their withdrawal.

The staging area is memory, not a temporary table: the frame is in memory already, a temporary
file would leave a second copy of the evidence on the disk, and the one transaction gives the same
all-or-nothing. Everything that can be refused is refused before the first row is written; what
then stands in the tables is counted and hashed again before the transaction is committed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Protocol

import geopandas
import numpy as np
import pandas as pd
import pyproj
import shapely
from sqlalchemy import Connection, MetaData, Row, func, select, update

from regularize.errors import InputError, OptionError, RefusedError
from regularize.i18n import translate as _
from regularize.layers import Layer
from regularize.model import Batch, Issue, Severity, Source
from regularize.store import blobs, digests, events, geopackage, timeline
from regularize.store.json_text import written
from regularize.store.schema import GEOMETRY, evidence_columns


class Quarantined(Protocol):
    """A row that intake held back, with its raw outline and redacted attributes."""

    @property
    def feature(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def wkb(self) -> bytes | None: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


def ingest(
    connection: Connection,
    metadata: MetaData,
    crs: str,
    source: Source,
    target: Layer,
    frame: geopandas.GeoDataFrame,
    quarantine: Sequence[Quarantined],
    issues: Sequence[Issue],
    actor: str,
) -> Batch:
    """Store one delivery; see :meth:`regularize.store.Store.ingest`."""
    _check_counts(source, len(frame), len(quarantine))
    if frame.crs is not None and pyproj.CRS(frame.crs) != pyproj.CRS(crs):
        raise OptionError(
            _("the rows are not in the project's CRS {crs}").format(crs=crs),
            hint=_("reproject them first"),
        )
    table = metadata.tables[target.name]
    outlines = _outlines(frame, target)
    encoded = blobs.encode(outlines, geopackage.number_of(crs))
    batch_id = 1 + (connection.scalar(select(func.max(metadata.tables["batches"].c.id))) or 0)
    first = 1 + (connection.scalar(select(func.max(table.c.fid))) or 0)
    columns = _columns(frame, source, target, batch_id, first)
    evidence = [columns[column.name] for column in evidence_columns(table)]
    row_digests = [
        digests.of_row(values, blobs.wkb_of(blob)) for *values, blob in zip(*evidence, encoded, strict=True)
    ]
    digest = digests.fold(row_digests)

    batch = Batch(batch_id, source, len(frame), len(quarantine), digest, geopackage.stamp())
    connection.execute(metadata.tables["batches"].insert(), _batch_values(batch, target))
    bounds = shapely.bounds(outlines)[:, [0, 2, 1, 3]].tolist() if len(frame) else []
    geopackage.insert_rows(
        connection,
        table,
        [GEOMETRY, "digest", *(column.name for column in evidence_columns(table))],
        list(zip(encoded, row_digests, *evidence, strict=True)),
        [(fid, *box) for fid, box in zip(columns["fid"], bounds, strict=True)],
    )
    _insert_side_rows(connection, metadata, batch_id, quarantine, issues)
    superseded = _supersede(connection, metadata, target, columns, outlines, frame)
    _check_stored(connection, metadata, target, batch)
    for name in (target.name, "batches", "closings", "quarantine", "issues"):
        geopackage.touch(connection, metadata.tables[name])
    payload = {
        "target": target.name,
        "sha256": source.sha256,
        "read": source.n_read,
        "stored": batch.n_stored,
        "quarantined": batch.n_quarantined,
        "superseded": superseded,
    }
    state = {f"rows:{batch_id}": digest, **digests.of_delivery_all(connection, metadata, batch_id)}
    events.append(
        connection,
        metadata,
        [events.Draft("batch.ingested", f"batch:{batch_id}", source.valid_from, payload, actor, state)],
    )
    return batch


def _check_counts(source: Source, stored: int, quarantined: int) -> None:
    if source.n_read != stored + quarantined:
        raise RefusedError(
            _(
                "the counts of {path} do not agree: read={read} stored={stored} quarantined={quarantined}"
            ).format(path=source.path, read=source.n_read, stored=stored, quarantined=quarantined),
            hint=_("nothing was stored; run regularize check on the file and report the fault"),
        )


def _check_stored(connection: Connection, metadata: MetaData, target: Layer, batch: Batch) -> None:
    """Count and hash anew what now stands in the tables; anything else rolls all of it back."""
    stored = [
        new
        for _fid, _old, new, _blob in digests.stored_rows(connection, metadata.tables[target.name], batch.id)
    ]
    quarantine = metadata.tables["quarantine"]
    held = connection.scalar(select(func.count()).where(quarantine.c.batch == batch.id)) or 0
    _check_counts(batch.source, len(stored), held)
    if digests.fold(stored) != batch.row_digest:
        raise RefusedError(
            _("the rows of {path} did not reach the store as they were read").format(path=batch.source.path),
            hint=_("nothing was stored; run regularize doctor, then try again"),
        )


def _outlines(frame: geopandas.GeoDataFrame, target: Layer) -> np.ndarray[Any, Any]:
    given = np.asarray(frame.geometry.array, dtype=object) if len(frame) else np.empty(0, dtype=object)
    features = _features(frame)
    missing = np.flatnonzero(shapely.is_missing(given))
    if len(missing):
        raise InputError(
            _("feature {feature} has no geometry").format(feature=features[missing[0]]),
            hint=_("run regularize check on the file"),
        )
    try:
        return blobs.fit(given, blobs.FAMILY_KINDS[target.family])
    except blobs.WrongFamilyError as error:
        raise InputError(
            _("feature {feature} is a {found}, which layer {layer} does not hold").format(
                feature=features[error.position], found=error.found, layer=target.name
            ),
            hint=_("run regularize check on the file"),
        ) from error


def _features(frame: geopandas.GeoDataFrame) -> list[int]:
    return [int(v) for v in frame["feature"]] if "feature" in frame.columns else list(range(len(frame)))


def _columns(
    frame: geopandas.GeoDataFrame, source: Source, target: Layer, batch: int, first_fid: int
) -> dict[str, list[Any]]:
    """Every evidence column of the rows, in the values that the database keeps."""
    n = len(frame)
    columns: dict[str, list[Any]] = {
        "fid": list(range(first_fid, first_fid + n)),
        "batch": [batch] * n,
        "feature": _features(frame),
    }
    # What a delivery says once holds for each row that does not say it.
    defaults = {
        "origin": source.origin,
        "source": source.source,
        "sigma_m": source.sigma_m,
        "valid_from": source.valid_from,
    }
    contract = {"ref": "text", "identifier": "text", "origin": "text", "source": "text"}
    contract |= {"sigma_m": "real", "valid_from": "date"}
    contract |= {column.name: column.dtype for column in target.columns}
    for name, dtype in contract.items():
        given = frame[name] if name in frame.columns else None
        values = [None] * n if given is None else _stored_values(given, dtype, columns["feature"])
        if name in defaults:
            values = [_plain(defaults[name], dtype) if value is None else value for value in values]
        columns[name] = values
    return columns


def _stored_values(series: "pd.Series[Any]", dtype: str, features: Sequence[int]) -> list[Any]:
    missing = series.isna().to_numpy()
    values: list[Any] = []
    for i, value in enumerate(series.tolist()):
        if missing[i]:
            values.append(None)
            continue
        try:
            values.append(_plain(value, dtype))
        except (TypeError, ValueError, OverflowError, UnicodeEncodeError) as error:
            raise InputError(
                _("feature {feature}: the value of column {column} is not of type {dtype}").format(
                    feature=features[i], column=series.name, dtype=dtype
                ),
                hint=_("run regularize check on the file"),
            ) from error
    return values


def _plain(value: Any, dtype: str) -> Any:
    """One value as the database keeps it. Raises ``ValueError`` where it is of another type."""
    if dtype == "text":
        text = str(value)
        text.encode("utf-8")
        return text
    if dtype == "integer":
        whole = int(value)
        if whole != value or not -(2**63) <= whole < 2**63:
            raise ValueError("not a whole number")
        return whole
    if dtype == "real":
        return float(value) + 0.0  # a database knows no negative zero
    if dtype == "date":
        return as_date(value).isoformat()
    return written(value)


def as_date(value: Any) -> date:
    """A civil date from a date, a time stamp or ISO text. Raises ``ValueError``."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _batch_values(batch: Batch, target: Layer) -> dict[str, Any]:
    values = {name: _decodable(value) for name, value in asdict(batch.source).items()}
    values["notes"] = list(batch.source.notes)
    return values | {
        "id": batch.id,
        "target": target.name,
        "n_stored": batch.n_stored,
        "n_quarantined": batch.n_quarantined,
        "row_digest": batch.row_digest,
        "recorded_at": batch.recorded_at,
    }


def _decodable(value: Any) -> Any:
    """File names need not be valid text; what cannot be written is shown as an escape."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _insert_side_rows(
    connection: Connection,
    metadata: MetaData,
    batch: int,
    quarantine: Iterable[Quarantined],
    issues: Iterable[Issue],
) -> None:
    geopackage.insert_rows(
        connection,
        metadata.tables["quarantine"],
        ("batch", "feature", "code", "message", "wkb", "attributes"),
        [
            (batch, q.feature, q.code, _decodable(q.message), q.wkb, _decodable(written(dict(q.attributes))))
            for q in quarantine
        ],
    )
    geopackage.insert_rows(
        connection,
        metadata.tables["issues"],
        ("batch", "code", "severity", "message", "feature", "x", "y"),
        [(batch, i.code, str(i.severity), _decodable(i.message), i.feature, i.x, i.y) for i in issues],
    )


def _supersede(
    connection: Connection,
    metadata: MetaData,
    target: Layer,
    columns: Mapping[str, list[Any]],
    outlines: np.ndarray[Any, Any],
    frame: geopandas.GeoDataFrame,
) -> int:
    table = metadata.tables[target.name]
    if not columns["fid"]:
        return 0
    batch = columns["batch"][0]
    stated = frame["valid_to"] if "valid_to" in frame.columns else None
    ends = {}
    if stated is not None:
        listed = _stored_values(stated, "date", columns["feature"])
        ends = {f: date.fromisoformat(v) for f, v in zip(columns["fid"], listed, strict=True) if v}
    for number, source in enumerate(dict.fromkeys(columns["source"])):
        at = [i for i, text in enumerate(columns["source"]) if text == source]
        new = timeline.Rows(
            [columns["fid"][i] for i in at],
            [batch] * len(at),
            [columns["identifier"][i] for i in at],
            [date.fromisoformat(columns["valid_from"][i]) for i in at],
            outlines[at],
        )
        old = timeline.known_rows(connection, table, source, before_batch=batch)
        timeline.record(connection, metadata, target.name, new, old, ends if number == 0 else {})
    return timeline.settle(connection, metadata, target.name, batch)


def read_batch(row: Row[Any]) -> Batch:
    """A Batch from its row."""
    values = row._mapping
    source = Source(
        **{
            name: values[name]
            for name in (
                "path", "layer", "origin", "kind", "sha256", "reader", "source_crs", "encoding",
                "sigma_m", "valid_from", "source", "n_read", "profile",
            )
        },
        notes=tuple(values["notes"]),
    )  # fmt: skip
    return Batch(
        values["id"],
        source,
        values["n_stored"],
        values["n_quarantined"],
        values["row_digest"],
        values["recorded_at"],
        values["withdrawn_reason"],
    )


def read_issue(row: Row[Any]) -> tuple[int, Issue]:
    """(batch, issue) from its row."""
    v = row._mapping
    return v["batch"], Issue(v["code"], Severity(v["severity"]), v["message"], v["feature"], v["x"], v["y"])


def withdraw(
    connection: Connection, metadata: MetaData, batch_id: int, reason: str, on: date, actor: str
) -> int:
    """Close the rows of a delivery and reopen what it had closed; returns how many were reopened.

    Raises
    ------
    OptionError
        If there is no such delivery, or it is withdrawn already.
    """
    batches = metadata.tables["batches"]
    row = connection.execute(
        select(batches.c.target, batches.c.withdrawn_on).where(batches.c.id == batch_id)
    ).one_or_none()
    if row is None:
        raise OptionError(
            _("the store holds no batch {batch}").format(batch=batch_id), hint="regularize store info"
        )
    if row.withdrawn_on is not None:
        raise OptionError(
            _("batch {batch} was withdrawn already, on {day}").format(batch=batch_id, day=row.withdrawn_on),
            hint="regularize store info",
        )
    table = metadata.tables[row.target]
    connection.execute(
        update(batches).where(batches.c.id == batch_id).values(withdrawn_on=on, withdrawn_reason=reason)
    )
    closed = connection.execute(update(table).where(table.c.batch == batch_id).values(withdrawn_on=on))
    reopened = timeline.settle(connection, metadata, row.target, batch_id)
    geopackage.touch(connection, table)
    geopackage.touch(connection, batches)
    events.append(
        connection,
        metadata,
        [
            events.Draft(
                "batch.withdrawn",
                f"batch:{batch_id}",
                on,
                {"reason": reason, "closed": closed.rowcount, "reopened": reopened},
                actor,
                {f"batch:{batch_id}": digests.of_delivery(connection, metadata, "batch", batch_id)},
            )
        ],
    )
    return reopened

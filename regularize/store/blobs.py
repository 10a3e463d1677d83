"""Geometries as the store keeps them: GeoPackage binary in SQLite, EWKB in PostGIS.

A GeoPackage blob is a header (magic, flags, SRS id, envelope) before plain WKB. Everything here
works on whole columns, because a layer is written and read as a whole.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

FAMILY_KINDS = {"polygon": "MULTIPOLYGON", "line": "MULTILINESTRING", "point": "POINT", "any": "GEOMETRY"}

# Length of the envelope by its code in the header's flags (GeoPackage 1.3, clause 2.1.3.1.1).
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_FULL_HEADER = 40
_FULL_FLAGS = 0x03  # little endian, envelope of two axes
_EMPTY_FLAGS = 0x11  # little endian, no envelope, empty geometry
_EMPTY_BIT = 0x10


class WrongFamilyError(ValueError):
    """A geometry does not fit its column; `position` says which of those given."""

    def __init__(self, position: int, kind: str, found: str) -> None:
        super().__init__(f"{found} does not fit {kind}")
        self.position = position
        self.kind = kind
        self.found = found


def fit(geometries: Iterable[BaseGeometry | None], kind: str) -> np.ndarray[Any, Any]:
    """The geometries in two dimensions, promoted to what a column of `kind` holds.

    A single polygon or line becomes a multi-geometry of one part, a multi-point of one part a
    point. Of a collection only the parts of the column's family are kept when it is a polygon
    column (an overlap may carry a touching line along); ``None`` stays ``None``.

    Raises
    ------
    WrongFamilyError
        If nothing of the geometry fits the column.
    """
    listed = list(geometries)
    given = np.empty(len(listed), dtype=object)
    given[:] = listed
    fitted = np.asarray(shapely.force_2d(given), dtype=object)
    if kind == "GEOMETRY":
        return fitted
    types = shapely.get_type_id(fitted)
    rest = np.ones(len(fitted), dtype=bool)
    if kind != "POINT":
        single, many, promote = (
            (3, 6, shapely.multipolygons) if kind == "MULTIPOLYGON" else (1, 5, shapely.multilinestrings)
        )
        plain = np.flatnonzero((types == single) & ~shapely.is_empty(fitted))
        fitted[plain] = promote(fitted[plain], indices=np.arange(len(plain)))
        rest = (types != many) & (types != -1)
        rest[plain] = False
    for i in np.flatnonzero(rest):
        fitted[i] = _fitted(fitted[i], kind, int(i))
    return fitted


def _fitted(geometry: BaseGeometry, kind: str, position: int) -> BaseGeometry:
    """What the columns of plain single parts do not cover: empties, rings, collections."""
    found = geometry.geom_type
    if found.upper() == kind:
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry)).tolist()
    if kind == "POINT" and found == "MultiPoint" and len(parts) == 1:
        return shapely.Point(parts[0])
    if kind == "MULTILINESTRING" and found in {"LineString", "LinearRing"}:
        return shapely.MultiLineString([] if geometry.is_empty else [geometry.coords])
    if kind == "MULTIPOLYGON" and found == "Polygon":
        return shapely.MultiPolygon()  # the empty one: the others are promoted as a column
    polygons = [part for part in parts if part.geom_type == "Polygon"]
    if kind == "MULTIPOLYGON" and found == "GeometryCollection" and polygons:
        return shapely.MultiPolygon(polygons)
    raise WrongFamilyError(position, kind, found)


def encode(geometries: np.ndarray[Any, Any], srid: int) -> list[bytes | None]:
    """GeoPackage blobs of geometries that :func:`fit` has prepared."""
    if len(geometries) == 0:
        return []
    written = shapely.to_wkb(geometries, byte_order=1, output_dimension=2, flavor="iso")
    headers = np.zeros(
        len(geometries),
        dtype=np.dtype(
            [("magic", "<u2"), ("version", "u1"), ("flags", "u1"), ("srid", "<i4"), ("box", "<f8", (4,))]
        ),
    )
    headers["magic"] = int.from_bytes(b"GP", "little")
    headers["flags"] = _FULL_FLAGS
    headers["srid"] = srid
    headers["box"] = shapely.bounds(geometries)[:, [0, 2, 1, 3]]
    raw = headers.tobytes()
    empty = shapely.is_empty(geometries)
    blobs: list[bytes | None] = []
    for i, wkb in enumerate(written):
        if wkb is None:
            blobs.append(None)
        elif empty[i]:
            blobs.append(struct.pack("<2sBBi", b"GP", 0, _EMPTY_FLAGS, srid) + wkb)
        else:
            blobs.append(raw[i * _FULL_HEADER : (i + 1) * _FULL_HEADER] + wkb)
    return blobs


def header_length(blob: bytes) -> int:
    """Bytes before the WKB. Raises ``ValueError`` if `blob` is no GeoPackage geometry."""
    # SQLite keeps whatever is put into a column, so a geometry edited elsewhere may be anything.
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        raise ValueError("not a GeoPackage geometry")
    code = (blob[3] >> 1) & 7
    if code >= len(_ENVELOPE_BYTES):
        raise ValueError("not a GeoPackage geometry")
    return 8 + _ENVELOPE_BYTES[code]


def wkb_of(blob: bytes | None) -> bytes:
    """The WKB within a blob; empty for NULL."""
    if blob is None:
        return b""
    if isinstance(blob, bytes) and blob[:4] == b"GP\x00\x03":
        return blob[_FULL_HEADER:]
    return blob[header_length(blob) :]


def wkbs(blobs: Sequence[bytes | None]) -> np.ndarray[Any, Any]:
    """The WKB of each blob; ``None`` for NULL. Raises ``ValueError`` for what is no geometry."""
    column = np.empty(len(blobs), dtype=object)
    column[:] = [None if blob is None else wkb_of(blob) for blob in blobs]
    return column


def decode(blobs: Sequence[bytes | None]) -> np.ndarray[Any, Any]:
    """Geometries of blobs; a multi-geometry of one part is read as that part."""
    return unwrapped(np.asarray(shapely.from_wkb(wkbs(blobs)), dtype=object))


def unwrapped(geometries: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy in which multi-polygons and multi-lines of one part are that part."""
    result = geometries.copy()
    types = shapely.get_type_id(geometries)
    single = ((types == 5) | (types == 6)) & (shapely.get_num_geometries(geometries) == 1)
    result[single] = shapely.get_geometry(geometries[single], 0)
    return result


def is_empty(blob: bytes | None) -> int | None:
    """What ``ST_IsEmpty`` answers: 1, 0, or NULL for what is no geometry."""
    if blob is None:
        return None
    try:
        header_length(blob)
    except ValueError:
        return None
    return 1 if blob[3] & _EMPTY_BIT else 0


def bound(blob: bytes | None, which: int) -> float | None:
    """One bound of a blob's envelope: 0 min x, 1 max x, 2 min y, 3 max y; NULL where it has none."""
    if blob is None or is_empty(blob) != 0:
        return None
    if blob[3] >> 1 & 7:
        order = "<" if blob[3] & 1 else ">"
        return float(struct.unpack_from(order + "d", blob, 8 + 8 * which)[0])
    # Written by another program without an envelope: measured.
    box = shapely.bounds(shapely.from_wkb(wkb_of(blob)))
    return float(box[(0, 2, 1, 3)[which]])

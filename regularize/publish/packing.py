"""Geometry and columns of a map, packed small: integer steps of 1e-7 degree, gzip, base64.

The script of the page (``assets/unpack.js``) reads what stands here: four bytes with the length of
a JSON header, the header, then for all features of all layers one stream of zigzag varints:
kind (0 points, 1 lines, 2 polygons), number of rings, and per ring its number of vertices and
the steps in longitude and latitude from the vertex before.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

UNITS_PER_DEGREE = 10_000_000  # about a centimetre
GEOGRAPHIC = "EPSG:4326"

POINTS, LINES, POLYGONS = 0, 1, 2
_SURROGATE = re.compile("[\ud800-\udfff]")


def pack(header: Mapping[str, Any], layers: Sequence[Sequence[BaseGeometry]]) -> str:
    """Pack `header` and the geometries of the layers in longitude and latitude.

    Parameters
    ----------
    header : mapping
        JSON-able: what the script needs beside the geometries.
    layers : sequence of sequences of geometry
        WGS 84, longitude first.

    Returns
    -------
    str
        Base64 text, the same for the same input (and the same zlib).
    """
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    # A lone surrogate has no bytes in UTF-8, but JSON can spell it.
    head = _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode("utf-8")
    values: list[NDArray[np.int64]] = []
    last = np.zeros(2, dtype=np.int64)
    for geometries in layers:
        for geometry in geometries:
            last = _append(values, geometry, last)
    numbers = np.concatenate(values) if values else np.empty(0, dtype=np.int64)
    body = len(head).to_bytes(4, "little") + head + _varints(numbers)
    packed = bytearray(gzip.compress(body, compresslevel=9, mtime=0))
    packed[9] = 255  # the operating system's mark differs between Python versions
    return base64.b64encode(bytes(packed)).decode("ascii")


def unpack_header(packed: str) -> dict[str, Any]:
    """The header that `packed` carries (for checks of what a page really holds)."""
    body = gzip.decompress(base64.b64decode(packed))
    size = int.from_bytes(body[:4], "little")
    header: dict[str, Any] = json.loads(body[4 : 4 + size].decode("utf-8"))
    return header


def spatial_order(frame: gpd.GeoDataFrame) -> list[int]:
    """Row positions along a Hilbert curve: near features lie near in the file, which packs small."""
    if frame.empty:
        return []
    distance = frame.geometry.hilbert_distance().to_numpy()
    wkb = shapely.to_wkb(frame.geometry.to_numpy())
    return sorted(range(len(frame)), key=lambda i: (distance[i], wkb[i]))


def _append(
    values: list[NDArray[np.int64]], geometry: BaseGeometry, last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Add one feature to the stream; returns the last vertex, where the next one starts."""
    kind, rings = _rings(geometry)
    values.append(np.array([kind, len(rings)], dtype=np.int64))
    for ring in rings:
        points = np.rint(shapely.get_coordinates(ring) * UNITS_PER_DEGREE).astype(np.int64)
        if kind != POINTS and len(points) > 1:
            moved = np.any(np.diff(points, axis=0) != 0, axis=1)
            points = points[np.concatenate([[True], moved])]
        if kind == POLYGONS and len(points) > 1:
            points = points[:-1]  # the script closes the ring
        steps = np.diff(np.vstack([last, points]), axis=0)
        values.append(np.concatenate([[len(points)], steps.ravel()]))
        last = points[-1]
    return last


def _rings(geometry: BaseGeometry) -> tuple[int, list[BaseGeometry]]:
    """Kind and rings; shells run against the clock and holes with it, so that they stay empty."""
    parts = _parts(geometry)
    dimension = max((int(shapely.get_dimensions(p)) for p in parts), default=POINTS)
    parts = [p for p in parts if shapely.get_dimensions(p) == dimension]
    if dimension == POLYGONS:
        oriented = shapely.orient_polygons(np.array(parts, dtype=object), exterior_cw=False)
        return POLYGONS, [ring for p in oriented for ring in (p.exterior, *p.interiors)]
    return dimension, parts


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The single parts, also of collections in collections."""
    if not geometry.geom_type.startswith(("Multi", "GeometryCollection")):
        return [] if geometry.is_empty else [geometry]
    return [part for inner in shapely.get_parts(geometry) for part in _parts(inner)]


def _varints(numbers: NDArray[np.int64]) -> bytes:
    """Zigzag (sign in the lowest bit) and seven bits a byte, lowest first."""
    left = ((numbers << 1) ^ (numbers >> 63)).astype(np.uint64)
    columns: list[NDArray[np.uint8]] = []
    used = np.ones(len(left), dtype=bool)
    masks: list[NDArray[np.bool_]] = []
    while used.any():
        low = (left & np.uint64(0x7F)).astype(np.uint8)
        left = left >> np.uint64(7)
        more = left > 0
        columns.append(np.where(more, low | np.uint8(0x80), low).astype(np.uint8))
        masks.append(used)
        used = more
    if not columns:
        return b""
    table, mask = np.stack(columns, axis=1), np.stack(masks, axis=1)
    return bytes(table[mask].tobytes())

"""GeoJSON and GeoJSON text sequences, feature by feature.

Parsed here, not by the engine: it would give up the whole file for one broken ring, flatten what
is nested, and take coordinates in metres for degrees. Each feature stands or falls alone.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.geometry
from pyproj import CRS
from pyproj.exceptions import CRSError

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake import bulk, encoding
from regularize.intake.crs import named
from regularize.intake.dataset import (
    RING_CLOSED,
    Dataset,
    Fault,
    LayerInfo,
    OpenLayer,
    Rows,
    crs_name,
    digest_of,
    empty_geometries,
)
from regularize.layers import Family

_RECORD_SEPARATOR = "\x1e"
_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("Polygon", "MultiPolygon"), "polygon"),
    **dict.fromkeys(("LineString", "MultiLineString"), "line"),
    **dict.fromkeys(("Point", "MultiPoint"), "point"),
}
GEOMETRY_TYPES = frozenset({*_FAMILIES, "GeometryCollection"})
# AttributeError is what shapely raises for a geometry without coordinates, OverflowError for a whole
# number beyond all decimals, RecursionError for collections in collections.
_BROKEN = (
    shapely.errors.ShapelyError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class _BrokenFeature:
    """A record of a sequence that is no JSON."""


class GeoJson(Dataset):
    """A FeatureCollection, a lone Feature or geometry, or a sequence of features."""

    def __init__(self, path: Path, content: bytes, name: str, *, sequence: bool = False) -> None:
        self.path = path
        self.reader = "geojsonseq" if sequence else "geojson"
        self._content = content
        self._name = name
        self._sequence = sequence
        self._opened: dict[str | None, _Features] = {}

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        return [self.open_layer(self._name, self.encoding).info]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        if encoding not in self._opened:
            self._opened[encoding] = _Features(self.path, name, self._content, encoding, self._sequence)
        return self._opened[encoding]


def text_of(content: bytes, wanted: str | None) -> tuple[str, encoding.Choice]:
    """The text and how its encoding was chosen."""
    if wanted is None:
        try:
            return content.decode(json.detect_encoding(content)), encoding.Choice("utf-8", ())
        except UnicodeDecodeError:
            pass
    choice = encoding.choose(content.split(b'"'), declared_as=None, wanted=wanted)
    # Where it is not known, Latin-1 keeps each byte: enough to list and count, and to ask then.
    return content.decode(choice.encoding or "latin-1", errors="replace"), choice


class _Features(OpenLayer):
    def __init__(self, path: Path, name: str, content: bytes, wanted: str | None, sequence: bool) -> None:
        self._path = path
        self._content = content
        text, self._choice = text_of(content, wanted)
        self._features, crs = self._parse(text, sequence)
        self.crs = crs
        self.stated_crs = crs is not None
        names: dict[str, None] = {}
        for feature in self._features:
            if isinstance(feature, dict):
                names.update(dict.fromkeys(feature["properties"]))
        self.fields = tuple(names)
        families = {
            _FAMILIES.get(f["geometry"]["type"], "any")
            for f in self._features
            if isinstance(f, dict) and f["geometry"] is not None
        }
        family: Family = families.pop() if len(families) == 1 else "any"
        if self.crs is None and self._within_degrees():
            self.crs = CRS.from_epsg(4326)  # by its standard, where nothing else is said
        self.info = LayerInfo(name, family, len(self._features), crs_name(self.crs))

    def _parse(self, text: str, sequence: bool) -> tuple[list[dict[str, Any] | _BrokenFeature], CRS | None]:
        text = text.removeprefix("\ufeff")
        try:
            if sequence:
                records = text.split(_RECORD_SEPARATOR) if _RECORD_SEPARATOR in text else text.splitlines()
                return [_record(record) for record in records if record.strip()], None
            document = loaded(text)
        except json.JSONDecodeError as error:
            reason = _("it is not whole JSON (line {line}, column {column})").format(
                line=error.lineno, column=error.colno
            )
            raise bulk.unreadable(self._path, reason) from error
        except RecursionError as error:
            raise bulk.unreadable(self._path, _("it is nested too deep")) from error
        kind = document.get("type") if isinstance(document, dict) else None
        if not isinstance(kind, str) or kind not in {"FeatureCollection", "Feature", *GEOMETRY_TYPES}:
            raise bulk.unreadable(self._path, _("it is JSON, but not GeoJSON"))
        if kind == "FeatureCollection":
            found = document.get("features")
            if not isinstance(found, list):
                raise bulk.unreadable(self._path, _("its list of features is missing"))
            return [_feature(feature) for feature in found], self._member_crs(document)
        return [_feature(document)], self._member_crs(document)

    def _member_crs(self, document: dict[str, Any]) -> CRS | None:
        member = document.get("crs")
        if not isinstance(member, dict):
            return None
        properties = member.get("properties")
        name = properties.get("name") if isinstance(properties, dict) else None
        try:
            return named(str(name))
        except CRSError as error:
            raise InputError(
                _("{file}: its crs member names no coordinate system that is known").format(file=self._path),
                hint=_("state it: --crs AUTH:CODE"),
            ) from error

    def _within_degrees(self) -> bool:
        """Whether all coordinates can be degrees; a look at the first position of each feature."""
        for feature in self._features:
            if not isinstance(feature, dict) or feature["geometry"] is None:
                continue
            position = feature["geometry"].get("coordinates")
            while isinstance(position, list) and position and isinstance(position[0], list):
                position = position[0]
            if (
                isinstance(position, list)
                and len(position) >= 2
                and all(isinstance(value, int | float) for value in position[:2])
                and (abs(position[0]) > 180 or abs(position[1]) > 90)
                and all(abs(value) < math.inf for value in position[:2])
            ):
                return False
        return True

    def digest(self) -> str:
        """See the base class."""
        return digest_of([self._content])

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        n = self.info.n
        values: dict[str, Sequence[Any]] = {
            name: [f["properties"].get(name) if isinstance(f, dict) else None for f in self._features]
            for name in columns
        }
        texts = [value for column in values.values() for value in column if isinstance(value, str)]
        to_decode = [*texts, *self.fields]
        if self._choice.encoding is None and not all(text.isascii() for text in to_decode):
            self._choice.require(
                self._path, self.info.name, [text.encode("latin-1", errors="replace") for text in to_decode]
            )
        rows = Rows(
            empty_geometries(n), values, encoding=self._choice.encoding, is_judged=self._choice.is_judged
        )
        rows.issues += self._choice.issues
        for row, feature in enumerate(self._features):
            if not isinstance(feature, dict):
                rows.faults[row] = Fault("UNREADABLE_FEATURE", _("the record is not a GeoJSON feature"))
                continue
            if feature["geometry"] is None:
                continue
            try:
                with np.errstate(invalid="ignore"):  # NaN is found by the row checks
                    rows.geometries[row] = shapely.geometry.shape(feature["geometry"])
                if _is_open(feature["geometry"]):
                    rows.faults[row] = RING_CLOSED
            except _BROKEN as error:
                rows.faults[row] = Fault("UNREADABLE_GEOMETRY", bulk.unreadable_geometry(error))
        return rows


def _is_open(geometry: dict[str, Any]) -> bool:
    """Whether a ring of a polygon does not end where it begins (shapely closes it without a word)."""
    coordinates = geometry.get("coordinates") or []
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry["type"], [])
    return any(ring[0] != ring[-1] for polygon in polygons for ring in polygon if ring)


def loaded(text: str) -> Any:
    """The document of a JSON text; whole numbers that are longer than Python counts stay text.

    Raises
    ------
    json.JSONDecodeError
        If it is no JSON.
    RecursionError
        If it is nested too deep.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # more than 4,300 digits: this number is spoilt, and not the whole file
        return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _record(text: str) -> dict[str, Any] | _BrokenFeature:
    try:
        return _feature(loaded(text))
    except (json.JSONDecodeError, RecursionError):
        return _BrokenFeature()


def _feature(value: Any) -> dict[str, Any] | _BrokenFeature:
    """A feature with a geometry of a known type (or None) and a dict of properties."""
    if isinstance(value, dict) and _is_geometry(value):
        value = {"type": "Feature", "geometry": value}
    if not isinstance(value, dict) or value.get("type") != "Feature":
        return _BrokenFeature()
    geometry = value.get("geometry")
    if geometry is not None and not (isinstance(geometry, dict) and _is_geometry(geometry)):
        return _BrokenFeature()
    properties = value.get("properties")
    found = dict(properties) if isinstance(properties, dict) else {}
    if "id" in value and "id" not in found:
        found["id"] = value["id"]
    try:
        return {"geometry": geometry, "properties": {name: _flat(each) for name, each in found.items()}}
    except RecursionError:
        return _BrokenFeature()


def _is_geometry(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and kind in GEOMETRY_TYPES


def _flat(value: Any) -> Any:
    """Lists and objects as JSON text: nothing that was delivered is lost or misread."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value

"""Rows of XML formats: what features have in common, whatever their vocabulary."""

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.dataset import (
    RING_CLOSED,
    Fault,
    LayerInfo,
    OpenLayer,
    Rows,
    crs_name,
    empty_geometries,
)
from regularize.intake.encoding import Choice
from regularize.layers import Family
from regularize.model import Issue

_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("Polygon", "MultiPolygon"), "polygon"),
    **dict.fromkeys(("LineString", "MultiLineString", "LinearRing"), "line"),
    **dict.fromkeys(("Point", "MultiPoint"), "point"),
}
_MULTI: dict[str, Callable[[Any], BaseGeometry]] = {
    "Polygon": shapely.MultiPolygon,
    "LineString": shapely.MultiLineString,
    "Point": shapely.MultiPoint,
}
Drawn = TypeVar("Drawn")
# What a geometry raises whose numbers contradict each other.
BROKEN = (shapely.errors.ShapelyError, ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError)


@dataclass
class Feature:
    """One feature: its geometry or why there is none, and its texts by name."""

    geometry: BaseGeometry | None
    texts: dict[str, str]
    fault: Fault | None = None


# Whether a ring of the feature that is being drawn had to be closed: engines close it without a word.
_CLOSED: ContextVar[bool] = ContextVar("closed", default=False)


def polygon(shell: Any, holes: Sequence[Any] = ()) -> BaseGeometry:
    """A polygon of rings; one whose last point does not repeat its first is noted by `drawn`."""
    for ring in (shell, *holes):
        # Arcs come back to their first point but for the last digits.
        if len(ring) and not np.allclose(ring[0][:2], ring[-1][:2], rtol=1e-10, atol=0.0):
            _CLOSED.set(True)
    return shapely.Polygon(shell, holes)


def drawn(draw: Callable[[], Drawn]) -> tuple[Drawn, Fault | None]:
    """What `draw` makes, and the fault that was mended in it."""
    _CLOSED.set(False)
    geometry = draw()
    return geometry, RING_CLOSED if _CLOSED.get() else None


@dataclass
class FeatureLayer:
    """The features of one layer as they are gathered."""

    name: str
    features: list[Feature] = field(default_factory=list)
    crs: CRS | None = None
    issues: list[Issue] = field(default_factory=list)
    named_by: str | None = None

    @property
    def family(self) -> Family:
        """The family that all of them share; "any" where they differ."""
        kinds = {f.geometry.geom_type for f in self.features if f.geometry is not None}
        families = {_FAMILIES.get(kind, "any") for kind in kinds}
        return families.pop() if len(families) == 1 else "any"

    @property
    def info(self) -> LayerInfo:
        """Name, family, count and CRS."""
        return LayerInfo(self.name, self.family, len(self.features), crs_name(self.crs))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all texts, in the order of their first use."""
        return tuple(dict.fromkeys(name for feature in self.features for name in feature.texts))


def collected(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """Several geometries as one: of a single kind where they are, else a collection."""
    if len(parts) == 1:
        return parts[0]
    flat = [piece for part in parts for piece in shapely.get_parts(part)]
    kinds = {part.geom_type for part in flat}
    multi = _MULTI.get(kinds.pop()) if len(kinds) == 1 else None
    return multi(flat) if multi is not None else shapely.GeometryCollection(flat)


def feature_of(draw: Callable[[], BaseGeometry | None], texts: dict[str, str]) -> Feature:
    """A feature whose geometry `draw` makes; what it cannot make is a fault of this feature alone."""
    try:
        geometry, closing = drawn(draw)
        return Feature(geometry, texts, closing)
    except BROKEN as error:
        return Feature(None, texts, Fault("UNREADABLE_GEOMETRY", bulk.unreadable_geometry(error)))


def unread(n: int) -> Iterable[Feature]:
    """`n` features that stand after the place where the file breaks."""
    for _number in range(n):
        yield Feature(None, {}, Fault("TRUNCATED", _("the file ends before this row does")))


class XmlLayer(OpenLayer):
    """One layer of an XML file, parsed."""

    # Hand-made files give the coordinates in either order, whatever the standard says.
    placed_by_area = True

    def __init__(self, layer: FeatureLayer, choice: Choice, issues: Sequence[Issue], digest: str) -> None:
        self._layer = layer
        self._choice = choice
        self._issues = issues
        self._digest = digest
        self.crs = layer.crs
        self.info = layer.info
        self.fields = layer.names
        self.named_by = layer.named_by

    def digest(self) -> str:
        """See the base class."""
        return self._digest

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        features = self._layer.features
        values: dict[str, Sequence[Any]] = {
            name: [feature.texts.get(name) for feature in features] for name in columns
        }
        rows = Rows(
            empty_geometries(len(features)),
            values,
            encoding=self._choice.encoding,
            is_judged=self._choice.is_judged,
        )
        rows.issues += [*self._choice.issues, *self._issues, *self._layer.issues]
        for row, feature in enumerate(features):
            if feature.fault is not None:
                rows.faults[row] = feature.fault
            if feature.fault is None or feature.fault.mended:
                rows.geometries[row] = feature.geometry
        return rows

"""KML, and KMZ, the same in an archive: each folder is a layer.

Parsed here and not by the engine, which turns Cyrillic names of attributes into underscores. Links
to other files (NetworkLink, icons, overlays) are never followed.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.dataset import Dataset, LayerInfo, OpenLayer, digest_of
from regularize.intake.encoding import Choice
from regularize.intake.values import is_dotted_number, is_name, real
from regularize.intake.xml_rows import (
    Feature,
    FeatureLayer,
    XmlLayer,
    collected,
    feature_of,
    polygon,
    unread,
)
from regularize.intake.xml_stream import Stream, child, local, text_of
from regularize.model import Issue, Severity

_FOLDERS = frozenset({"Folder", "Document"})
_GEOMETRIES = frozenset(
    {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack"}
)
# What shows or fetches something that is no feature of this file.
_NOT_FEATURES = frozenset({"NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Model"})
_PLACEMARK = re.compile(r"<(?:[\w.-]+:)?Placemark[\s/>]")


class Kml(Dataset):
    """A KML file; from a KMZ its main document."""

    reader = "kml"

    def __init__(self, path: Path, content: bytes, name: str) -> None:
        self.path = path
        self._content = content
        self._name = name
        self._parsed: dict[str | None, tuple[dict[str, FeatureLayer], Choice, list[Issue]]] = {}

    def _parse(self, wanted: str | None) -> tuple[dict[str, FeatureLayer], Choice, list[Issue]]:
        if wanted not in self._parsed:
            self._parsed[wanted] = _parse(self.path, self._content, self._name, wanted)
        return self._parsed[wanted]

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        layers, _choice, _issues = self._parse(self.encoding)
        return [layer.info for layer in layers.values()]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        layers, choice, issues = self._parse(encoding)
        return XmlLayer(layers[name], choice, issues, digest_of([self._content]))


def _parse(
    path: Path, content: bytes, name: str, wanted: str | None
) -> tuple[dict[str, FeatureLayer], Choice, list[Issue]]:
    stream = Stream(path, content, wanted)
    gathered: dict[tuple[int, ...], FeatureLayer] = {}
    trails: dict[tuple[int, ...], list[Element]] = {}
    skipped: Counter[str] = Counter()

    def home(around: Sequence[Element]) -> FeatureLayer:
        folders = [element for element in around if local(element.tag) in _FOLDERS]
        key = tuple(map(id, folders))
        trails.setdefault(key, folders)  # keeps the folders alive: their names may come after
        return gathered.setdefault(key, FeatureLayer(name, crs=CRS.from_epsg(4326)))

    for around, element in stream.features(_is_feature):
        if local(element.tag) == "Placemark":
            home(around).features.append(_placemark(element))
        else:
            skipped[local(element.tag)] += 1
    if stream.broken is not None:
        if not gathered and stream.unfinished is None:
            raise bulk.unreadable(path, stream.broken)
        last = home(stream.unfinished[:-1]) if stream.unfinished is not None else list(gathered.values())[-1]
        last.features += unread((stream.unfinished is not None) + len(_PLACEMARK.findall(stream.rest)))
    issues = list(_issues_of(path, stream, skipped))
    return _named(gathered, trails, name), stream.choice, issues


def _is_feature(_around: Sequence[Element], element: Element) -> bool:
    return local(element.tag) == "Placemark" or local(element.tag) in _NOT_FEATURES


def _issues_of(path: Path, stream: Stream, skipped: Counter[str]) -> list[Issue]:
    found = []
    if stream.broken is not None:
        text = _("{file}: the file was cut or spoilt: {reason}").format(file=path, reason=stream.broken)
        found.append(Issue("FILE_TRUNCATED", Severity.WARNING, text))
    if skipped:
        parts = ", ".join(f"{n} {kind}" for kind, n in sorted(skipped.items()))
        text = _("{file}: {parts}: links and pictures are not followed").format(file=path, parts=parts)
        found.append(Issue("XML_LINK_NOT_FOLLOWED", Severity.WARNING, text))
    return found


def _named(
    gathered: dict[tuple[int, ...], FeatureLayer], trails: dict[tuple[int, ...], list[Element]], name: str
) -> dict[str, FeatureLayer]:
    """Layers by the names of their folders; by the whole path where two folders share a name."""
    paths = {}
    for key in gathered:
        names = [text_of(child(folder, "name")) for folder in trails[key]]
        paths[key] = [each for each in names if each] or [name]
    short = Counter(path[-1] for path in paths.values())
    found: dict[str, FeatureLayer] = {}
    for key, layer in gathered.items():
        wanted = paths[key][-1] if short[paths[key][-1]] == 1 else "/".join(paths[key])
        layer.name, number = wanted, 1
        while layer.name in found:
            number += 1
            layer.name = f"{wanted} ({number})"
        found[layer.name] = layer
        _give_names(layer)
    return found


def _give_names(layer: FeatureLayer) -> None:
    """Where a layer has no attributes, a placemark's name is its reference.

    Only a short one with a digit: a person's name has none.
    """
    own = {"name", "description"}
    if any(text not in own for feature in layer.features for text in feature.texts):
        return
    names = [feature.texts.get("name") for feature in layer.features]
    if all(name is None or is_name(name) for name in names):
        layer.named_by = "name"
    for feature in layer.features:
        name = feature.texts.get("name", "")
        if is_name(name):
            feature.texts["ref"] = name
            if is_dotted_number(name):
                feature.texts["identifier"] = name


def _placemark(element: Element) -> Feature:
    texts: dict[str, str] = {}
    for name in ("name", "description"):
        if value := text_of(child(element, name)):
            texts[name] = value
    for each in element.iter():
        key = each.get("name")
        if not key or local(each.tag) not in {"Data", "SimpleData"}:
            continue
        value = text_of(child(each, "value") if local(each.tag) == "Data" else each)
        if value is not None:
            texts.setdefault(key.strip(), value)
    shapes = [each for each in element if local(each.tag) in _GEOMETRIES]
    return feature_of(lambda: _shape(shapes[0]) if shapes else None, texts)


def _shape(element: Element) -> BaseGeometry:
    kind = local(element.tag)
    if kind in {"MultiGeometry", "MultiTrack"}:
        parts = [_shape(each) for each in element if local(each.tag) in _GEOMETRIES]
        return collected(parts)
    if kind == "Track":
        points = [
            text.replace(" ", ",")
            for each in element
            if local(each.tag) == "coord" and (text := text_of(each))
        ]
        return shapely.LineString(_coordinates(" ".join(points)))
    if kind == "Polygon":
        rings = [
            _ring(ring)
            for side in ("outerBoundaryIs", "innerBoundaryIs")
            for boundary in element
            if local(boundary.tag) == side
            for ring in boundary
        ]
        return polygon(rings[0], rings[1:])
    points_of = _coordinates(text_of(child(element, "coordinates")) or "")
    if kind == "Point":
        return shapely.Point(points_of[0])
    if kind == "LinearRing":
        return polygon(points_of)
    return shapely.LineString(points_of)


def _ring(element: Element) -> list[tuple[float, ...]]:
    return _coordinates(text_of(child(element, "coordinates")) or "")


def _coordinates(text: str) -> list[tuple[float, ...]]:
    """Tuples of longitude, latitude and perhaps height; blanks after commas are forgiven."""
    tuples = re.sub(r"\s*,\s*", ",", text).split()
    points = [tuple(real(number) for number in each.rstrip(",").split(",")[:3]) for each in tuples]
    if any(len(point) < 2 for point in points) or not points:
        raise ValueError(_("a point has fewer than two coordinates"))
    width = min(map(len, points))
    return [point[:width] for point in points]

"""GPX of hand-held receivers: waypoints are points, routes and tracks are lines."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.dataset import Dataset, LayerInfo, OpenLayer, digest_of
from regularize.intake.encoding import Choice
from regularize.intake.values import is_name, real
from regularize.intake.xml_rows import Feature, FeatureLayer, XmlLayer, feature_of, unread
from regularize.intake.xml_stream import Stream, child, local, text_of
from regularize.model import Issue, Severity

_LAYERS = {"wpt": "waypoints", "rte": "routes", "trk": "tracks"}
_TEXTS = ("name", "desc", "cmt", "sym", "type", "time")


class Gpx(Dataset):
    """A GPX file of version 1.0 or 1.1."""

    reader = "gpx"

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self._content = content
        self._parsed: dict[str | None, tuple[dict[str, FeatureLayer], Choice, list[Issue]]] = {}

    def _parse(self, wanted: str | None) -> tuple[dict[str, FeatureLayer], Choice, list[Issue]]:
        if wanted not in self._parsed:
            self._parsed[wanted] = _parse(self.path, self._content, wanted)
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
    path: Path, content: bytes, wanted: str | None
) -> tuple[dict[str, FeatureLayer], Choice, list[Issue]]:
    stream = Stream(path, content, wanted)
    layers: dict[str, FeatureLayer] = {}

    def layer_of(tag: str) -> FeatureLayer:
        name = _LAYERS[tag]
        return layers.setdefault(name, FeatureLayer(name, crs=CRS.from_epsg(4326)))

    for _around, element in stream.features(_is_feature):
        layer_of(local(element.tag)).features.append(_feature(element))
    issues = []
    if stream.broken is not None:
        if stream.unfinished is not None:
            layer_of(local(stream.unfinished[-1].tag)).features += unread(1)
        for tag in _LAYERS:
            if n := len(re.findall(rf"<(?:[\w.-]+:)?{tag}[\s/>]", stream.rest)):
                layer_of(tag).features += unread(n)
        if not layers:
            raise bulk.unreadable(path, stream.broken)
        text = _("{file}: the file was cut or spoilt: {reason}").format(file=path, reason=stream.broken)
        issues.append(Issue("FILE_TRUNCATED", Severity.WARNING, text))
    return layers, stream.choice, issues


def _is_feature(around: Sequence[Element], element: Element) -> bool:
    return len(around) == 1 and local(element.tag) in _LAYERS


def _feature(element: Element) -> Feature:
    texts = {name: text for name in _TEXTS if (text := text_of(child(element, name)))}
    if (height := text_of(child(element, "ele"))) and local(element.tag) == "wpt":
        texts["height_m"] = height
    if is_name(texts.get("name", "")):
        texts["ref"] = texts["name"]
    return feature_of(lambda: _shape(element), texts)


def _shape(element: Element) -> BaseGeometry:
    kind = local(element.tag)
    if kind == "wpt":
        return shapely.Point(_place(element))
    if kind == "rte":
        return _line([each for each in element if local(each.tag) == "rtept"])
    segments = [
        [point for point in each if local(point.tag) == "trkpt"]
        for each in element
        if local(each.tag) == "trkseg"
    ]
    # A segment of one point is where the receiver was switched on and off again.
    lines = [_line(segment) for segment in segments if len(segment) > 1]
    if not lines:
        raise ValueError(_("there are no coordinates"))
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


def _line(points: Sequence[Element]) -> shapely.LineString:
    return shapely.LineString(np.array([_place(point) for point in points], dtype=float).reshape(-1, 2))


def _place(point: Element) -> tuple[float, float]:
    lon, lat = point.get("lon"), point.get("lat")
    if lon is None or lat is None:
        raise ValueError(_("a point has fewer than two coordinates"))
    return real(lon), real(lat)

"""GML feature by feature, with the INSPIRE themes of parcels and buildings.

Parsed here and not by the engine, which writes a file of its own beside the evidence. Schemas are
not fetched and links are not followed. Each kind of feature is a layer.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from shapely.geometry.base import BaseGeometry

from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.dataset import Dataset, Fault, LayerInfo, OpenLayer, crs_name, digest_of
from regularize.intake.encoding import Choice
from regularize.intake.gml_shapes import Srs, is_geometry, shape_of, srs_named
from regularize.intake.xml_rows import BROKEN, Feature, FeatureLayer, XmlLayer, drawn, unread
from regularize.intake.xml_stream import Stream, local, text_of
from regularize.model import Issue, Severity

# What stands around features, and what is no feature though it stands there.
_MEMBERS = frozenset({"featureMember", "featureMembers", "member", "cityObjectMember"})
_COLLECTIONS = frozenset({"FeatureCollection", "SpatialDataSet", "SimpleFeatureCollection", "Tuple"})
# Geometries that are not the outline of a feature.
_OTHER_PLACES = frozenset({"boundedBy", "referencePoint", "location"})
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_DIMENSIONS = {"Polygon": 2, "MultiPolygon": 2, "LineString": 1, "MultiLineString": 1}


class Gml(Dataset):
    """A GML file or the answer of a feature service, saved."""

    reader = "gml"

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self._content = content
        self._parsed: dict[str | None, tuple[dict[str, FeatureLayer], Choice, list[Issue]]] = {}

    def _parse(self, wanted: str | None) -> tuple[dict[str, FeatureLayer], Choice, list[Issue]]:
        if wanted not in self._parsed:
            self._parsed[wanted] = _Parse(self.path, self._content, wanted).run()
        return self._parsed[wanted]

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        layers, _choice, _issues = self._parse(self.encoding)
        return [layer.info for layer in layers.values()]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        layers, choice, issues = self._parse(encoding)
        return XmlLayer(layers[name], choice, issues, digest_of([self._content]))


class _Parse:
    """One pass over a file."""

    def __init__(self, path: Path, content: bytes, wanted: str | None) -> None:
        self._path = path
        self._stream = Stream(path, content, wanted)
        self._layers: dict[str, FeatureLayer] = {}
        self._srs: dict[str, list[Srs | None]] = {}
        self._links: Counter[str] = Counter()

    def run(self) -> tuple[dict[str, FeatureLayer], Choice, list[Issue]]:
        """The layers with what is to be said of the file as a whole."""
        for around, element in self._stream.features(_is_feature):
            self._add(around, element)
        issues = []
        if self._stream.broken is not None:
            self._add_rest(self._stream.broken)
            text = _("{file}: the file was cut or spoilt: {reason}")
            text = text.format(file=self._path, reason=self._stream.broken)
            issues.append(Issue("FILE_TRUNCATED", Severity.WARNING, text))
        for name, layer in self._layers.items():
            self._settle_crs(name, layer)
            if n := self._links[name]:
                text = _("layer {layer}: the outlines of {n} features are links: they are not followed")
                found = Issue("XML_LINK_NOT_FOLLOWED", Severity.WARNING, text.format(layer=name, n=n))
                layer.issues.append(found)
        return self._layers, self._stream.choice, issues

    def _add(self, around: Sequence[Element], element: Element) -> None:
        name = local(element.tag)
        layer = self._layers.setdefault(name, FeatureLayer(name))
        places = list(_places(element))
        srs = next((found for each in (element, *reversed(around)) if (found := _srs_around(each))), None)
        texts: dict[str, str] = {}
        for key, value in _texts(element):
            texts.setdefault(key, value)
        if "localId" not in texts and (identifier := _identifier(element)):
            texts["gml_id"] = identifier
        feature, found_srs = _feature(places, srs, texts)
        if not places and any(each.get(_XLINK) and "eometry" in local(each.tag) for each in element):
            self._links[name] += 1
        layer.features.append(feature)
        self._srs.setdefault(name, []).append(found_srs)

    def _add_rest(self, reason: str) -> None:
        unfinished = self._stream.unfinished
        if unfinished is not None:
            name = local(unfinished[-1].tag)
            self._layers.setdefault(name, FeatureLayer(name)).features += unread(1)
        for name, layer in self._layers.items():
            tag = rf"<(?:[\w.-]+:)?{re.escape(name)}[\s/>]"
            layer.features += unread(len(re.findall(tag, self._stream.rest)))
        if not self._layers:
            raise bulk.unreadable(self._path, reason)

    def _settle_crs(self, name: str, layer: FeatureLayer) -> None:
        """The CRS of most features; what is in another one cannot stand beside them."""
        used = self._srs.get(name, [])
        counts = Counter(crs_name(srs.crs) for srs in used if srs is not None)
        if not counts:
            return
        main = counts.most_common(1)[0][0]
        layer.crs = next(srs.crs for srs in used if srs is not None and crs_name(srs.crs) == main)
        for feature, srs in zip(layer.features, used, strict=False):
            drawn_so = feature.fault is None or feature.fault.mended
            if srs is not None and crs_name(srs.crs) != main and drawn_so:
                text = _("it is in {other}, most of the layer in {main}").format(
                    other=crs_name(srs.crs), main=main
                )
                feature.fault = Fault("GML_OTHER_CRS", text)
                feature.geometry = None


def _is_feature(around: Sequence[Element], element: Element) -> bool:
    if not around:
        return False
    return local(around[-1].tag) in _MEMBERS and local(element.tag) not in _COLLECTIONS


def _srs_around(element: Element) -> Srs | None:
    """The CRS that the envelope of a feature or of a collection states."""
    for each in element:
        if local(each.tag) == "boundedBy":
            for box in each:
                if name := box.get("srsName"):
                    return srs_named(name)
    return None


def _identifier(element: Element) -> str | None:
    """Its ``gml:id`` or ``fid``."""
    return next((value for key, value in element.attrib.items() if local(key) in {"id", "fid"}), None)


def _places(element: Element, *, is_reference: bool = False) -> Iterator[tuple[bool, Element]]:
    """Geometries of a feature, each with whether the feature names it as the one of reference."""
    flag = any(local(e.tag) == "referenceGeometry" and text_of(e) == "true" for e in element)
    for each in element:
        if local(each.tag) in _OTHER_PLACES:
            continue
        if is_geometry(each):
            yield is_reference or flag, each
        else:
            yield from _places(each, is_reference=is_reference or flag)


def _feature(
    places: Sequence[tuple[bool, Element]], srs: Srs | None, texts: dict[str, str]
) -> tuple[Feature, Srs | None]:
    """The feature with the best of its geometries: the one of reference, then the one that encloses."""
    best: tuple[tuple[bool, int], BaseGeometry, Srs | None, Fault | None] | None = None
    fault: Fault | None = None
    for is_reference, element in places:
        try:
            (geometry, its_srs), closing = drawn(partial(shape_of, element, srs))
        except BROKEN as error:
            fault = fault or Fault("UNREADABLE_GEOMETRY", bulk.unreadable_geometry(error))
            continue
        rank = (is_reference, _DIMENSIONS.get(geometry.geom_type, 0))
        if best is None or rank > best[0]:
            best = (rank, geometry, its_srs, closing)
    if best is None:
        return Feature(None, texts, fault), srs
    return Feature(best[1], texts, best[3]), best[2]


def _texts(element: Element, above: str = "") -> Iterator[tuple[str, str]]:
    """Texts of a feature by the local name of their element.

    What is only called "value" bears the name of what it is the value of; a code that is given as
    a link is the last part of that link.
    """
    for each in element:
        name = local(each.tag)
        if name in _OTHER_PLACES or is_geometry(each):
            continue
        own = above if name == "value" and above else name
        if len(each):
            yield from _texts(each, own)
        elif each.get(_NIL) not in {"true", "1"}:
            link = each.get(_XLINK) or ""
            value = text_of(each) or link.rstrip("/").rpartition("/")[2].rpartition("#")[2]
            if value:
                yield own, value

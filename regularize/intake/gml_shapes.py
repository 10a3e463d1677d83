"""Geometry of GML 2, 3.1 and 3.2: from elements to outlines, x = easting.

Which coordinate comes first depends on how the CRS is written: a URN or a URL means the order of
the authority (northing or latitude first), ``EPSG:7801`` means easting first.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from regularize.i18n import translate as _
from regularize.intake.crs import named
from regularize.intake.dxf_shapes import ARC_TOLERANCE_M, arc_points
from regularize.intake.values import real
from regularize.intake.xml_rows import collected, polygon
from regularize.intake.xml_stream import local, text_of

# The tolerance of arcs in degrees: the same ground, roughly.
_ARC_TOLERANCE_DEGREES = 1e-7
_URN = re.compile(r"urn:(?:x-)?ogc:def:crs:(\w+):(?:[\w.]*:)?(\w+)", re.IGNORECASE)
_URL = re.compile(r"https?://www\.opengis\.net/def/crs/(\w+)/[\w.]+/(\w+)", re.IGNORECASE)
_XML_URL = re.compile(r"https?://www\.opengis\.net/gml/srs/epsg\.xml#(\d+)", re.IGNORECASE)

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Srs:
    """A CRS as a file writes it.

    Parameters
    ----------
    crs : CRS
    northing_first : bool
        Whether this way of writing puts the northing (the latitude) first.
    """

    crs: CRS
    northing_first: bool


@dataclass(frozen=True)
class _Context:
    """What elements inherit from those around them."""

    srs: Srs | None = None
    dimension: int | None = None


@lru_cache(maxsize=64)
def srs_named(name: str) -> Srs | None:
    """The CRS of an ``srsName``; None where it names none that is known.

    Examples
    --------
    >>> srs_named("urn:ogc:def:crs:EPSG::7801").northing_first, srs_named("EPSG:7801").northing_first
    (True, False)
    """
    found = _URN.fullmatch(name.strip()) or _URL.fullmatch(name.strip())
    try:
        if found is not None:
            crs = named(f"{found.group(1).upper()}:{found.group(2)}")
            return Srs(crs, any(axis.direction == "north" for axis in crs.axis_info[:1]))
        old = _XML_URL.fullmatch(name.strip())
        return Srs(named(f"EPSG:{old.group(1)}" if old else name.strip()), False)
    except CRSError:
        return None


def shape_of(element: Element, srs: Srs | None) -> tuple[BaseGeometry, Srs | None]:
    """The geometry of a GML element and the CRS it is in, by its own word or by `srs`.

    Raises
    ------
    ValueError
        If its numbers make no geometry, or it is of a kind that is not known.
    """
    context = _inherit(element, _Context(srs))
    if context.srs is None:
        # A CRS may be written at any depth: the first one counts for the whole.
        inner = next((each.get("srsName") for each in element.iter() if each.get("srsName")), None)
        context = replace(context, srs=srs_named(inner) if inner else None)
    return _draw(element, context), context.srs


def is_geometry(element: Element) -> bool:
    """Whether an element is a geometry."""
    return local(element.tag) in _DRAW


def _inherit(element: Element, context: _Context) -> _Context:
    name, dimension = element.get("srsName"), element.get("srsDimension")
    if name:
        context = replace(context, srs=srs_named(name) or context.srs)
    if dimension and dimension.strip().isdecimal():
        context = replace(context, dimension=int(dimension))
    return context


def _draw(element: Element, context: _Context) -> BaseGeometry:
    draw = _DRAW.get(local(element.tag))
    if draw is None:
        raise ValueError(_("{kind} is no geometry that is read").format(kind=local(element.tag)))
    return draw(element, _inherit(element, context))


def _reals(text: str) -> Points:
    """Numbers between blanks; the strict reading of each is slow and left to odd texts."""
    if text.isascii() and "_" not in text:
        return np.array(text.split(), dtype=float)
    return np.array([real(each) for each in text.split()], dtype=float)


def _numbers(text: str, dimension: int) -> Points:
    values = _reals(text)
    if dimension not in {2, 3} or len(values) % dimension or not len(values):
        raise ValueError(_("the number of coordinates does not fit the dimension"))
    return values.reshape(-1, dimension)


def _points(element: Element, context: _Context) -> Points:
    """The points written directly in `element`, x = easting, without heights."""
    pieces: list[Points] = []
    for each in element:
        kind = local(each.tag)
        inner = _inherit(each, context)
        text = text_of(each) or ""
        if kind == "posList":
            pieces.append(_numbers(text, _dimension(text, inner))[:, :2])
        elif kind == "pos":
            values = _reals(text)
            if len(values) < 2:
                raise ValueError(_("a point has fewer than two coordinates"))
            pieces.append(values[None, :2])
        elif kind == "coordinates":
            pieces.append(_gml2(each, text))
        elif kind in {"pointProperty", "pointRep"}:
            pieces += [_points(point, _inherit(point, inner)) for point in each]
    if not pieces:
        raise ValueError(_("there are no coordinates"))
    found = np.concatenate(pieces)
    return found[:, ::-1] if context.srs is not None and context.srs.northing_first else found


def _dimension(text: str, context: _Context) -> int:
    """Coordinates of each point: as stated, else 2, or 3 where only that divides them."""
    if context.dimension is not None:
        return context.dimension
    n = len(text.split())
    return 3 if n % 2 and not n % 3 else 2


def _gml2(element: Element, text: str) -> Points:
    comma, blank, decimal = element.get("cs") or ",", element.get("ts") or " ", element.get("decimal") or "."
    tuples = text.split() if blank == " " else text.split(blank)
    rows = [[real(v.replace(decimal, ".")) for v in each.strip().split(comma)[:2]] for each in tuples]
    found = np.array(rows, dtype=float)
    if found.ndim != 2 or found.shape[1] != 2:
        raise ValueError(_("a point has fewer than two coordinates"))
    return found


def _ring(element: Element, context: _Context) -> Points:
    """The points of a LinearRing, or of the curves of a Ring one after the other."""
    inner = _inherit(element, context)
    if local(element.tag) == "LinearRing":
        return _points(element, inner)
    curves = [shapely.get_coordinates(_draw(curve, inner)) for member in element for curve in member]
    if not curves:
        raise ValueError(_("there are no coordinates"))
    return np.concatenate(curves)


def _polygon(element: Element, context: _Context) -> BaseGeometry:
    shells: list[Points] = []
    holes: list[Points] = []
    for boundary in element:
        side = local(boundary.tag)
        if side in {"exterior", "outerBoundaryIs"}:
            shells += [_ring(ring, context) for ring in boundary]
        elif side in {"interior", "innerBoundaryIs"}:
            holes += [_ring(ring, context) for ring in boundary]
    if len(shells) != 1:
        raise ValueError(_("a polygon needs one outer ring"))
    return polygon(shells[0], holes)


def _members(element: Element, context: _Context) -> Iterator[BaseGeometry]:
    """The geometries one level below the properties of `element` (members, patches, segments)."""
    for member in element:
        for each in member:
            if is_geometry(each):
                yield _draw(each, context)


def _collection(element: Element, context: _Context) -> BaseGeometry:
    parts = list(_members(element, context))
    if not parts:
        raise ValueError(_("there are no coordinates"))
    return collected(parts)


def _surface(element: Element, context: _Context) -> BaseGeometry:
    """A surface of patches: one outline where they meet, as the standard says they do."""
    parts = list(_members(element, context))
    if not parts:
        raise ValueError(_("there are no coordinates"))
    if len(parts) == 1:
        return parts[0]
    if not all(part.is_valid for part in parts):
        return collected(parts)
    return shapely.union_all(parts)


def _curve(element: Element, context: _Context) -> BaseGeometry:
    pieces = [shapely.get_coordinates(part) for part in _members(element, context)]
    if not pieces:
        raise ValueError(_("there are no coordinates"))
    return shapely.LineString(np.concatenate(pieces))


def _line(element: Element, context: _Context) -> BaseGeometry:
    return shapely.LineString(_points(element, context))


def _point(element: Element, context: _Context) -> BaseGeometry:
    return shapely.Point(_points(element, context)[0])


def _arc(element: Element, context: _Context) -> BaseGeometry:
    """Arcs by three points each; a string of arcs shares its ends."""
    points = _points(element, context)
    if len(points) < 3 or not len(points) % 2:
        raise ValueError(_("the number of coordinates does not fit the dimension"))
    in_degrees = context.srs is not None and context.srs.crs.is_geographic
    tolerance = _ARC_TOLERANCE_DEGREES if in_degrees else ARC_TOLERANCE_M
    pieces = [
        _through(points[at], points[at + 1], points[at + 2], tolerance) for at in range(0, len(points) - 2, 2)
    ]
    return shapely.LineString(np.concatenate(pieces))


def _circle(element: Element, context: _Context) -> BaseGeometry:
    points = _points(element, context)
    in_degrees = context.srs is not None and context.srs.crs.is_geographic
    tolerance = _ARC_TOLERANCE_DEGREES if in_degrees else ARC_TOLERANCE_M
    centre, radius = _centre(*points[:3])
    start = math.atan2(points[0][1] - centre[1], points[0][0] - centre[0])
    ring = arc_points(centre, radius, start, 2 * math.pi, tolerance)
    return shapely.LineString([*ring[:-1], ring[0]])


def _centre(a: Any, b: Any, c: Any) -> tuple[tuple[float, float], float]:
    (bx, by), (cx, cy) = b - a, c - a
    twice = 2 * (bx * cy - by * cx)
    if twice == 0:
        raise ValueError(_("three points of an arc lie on one line"))
    x = (cy * (bx * bx + by * by) - by * (cx * cx + cy * cy)) / twice
    y = (bx * (cx * cx + cy * cy) - cx * (bx * bx + by * by)) / twice
    return (float(a[0] + x), float(a[1] + y)), float(math.hypot(x, y))


def _through(a: Any, b: Any, c: Any, tolerance: float) -> Points:
    (bx, by), (cx, cy) = b - a, c - a
    if bx * cy == by * cx:
        return np.array([a, b, c])
    centre, radius = _centre(a, b, c)
    first, middle, last = (math.atan2(p[1] - centre[1], p[0] - centre[0]) for p in (a, b, c))
    turn = (last - first) % (2 * math.pi)
    if (middle - first) % (2 * math.pi) > turn:
        turn -= 2 * math.pi
    return np.concatenate([arc_points(centre, radius, first, turn, tolerance)[:-1], [c]])


_DRAW: dict[str, Callable[[Element, _Context], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "LineStringSegment": _line,
    "Arc": _arc,
    "ArcString": _arc,
    "Circle": _circle,
    "Curve": _curve,
    "CompositeCurve": _curve,
    "Polygon": _polygon,
    "PolygonPatch": _polygon,
    "Rectangle": _polygon,
    "Triangle": _polygon,
    "Surface": _surface,
    "CompositeSurface": _surface,
    "PolyhedralSurface": _surface,
    **dict.fromkeys(
        ("MultiSurface", "MultiPolygon", "MultiCurve", "MultiLineString", "MultiPoint", "MultiGeometry"),
        _collection,
    ),
}

"""Paper of a true scale: a window of the ground in millimetres, its paths, and labels that keep apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.publish.palette import INK
from regularize.publish.text import printable

Array = npt.NDArray[np.float64]
SCALES = (100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 25_000, 50_000, 100_000)
MOST_SHAPES = 400  # of one kind in one drawing, nearest first
FONT = "Libertinus Serif"
_FEW = 12  # coordinates: so few are drawn as they are
_SAME_MM = 0.2  # edges nearer to each other than this are one line on paper
_LETTER = 0.54  # mean advance of the face in em, rounded up


@dataclass(frozen=True)
class Shape:
    """A geometry in the project's CRS (metres, x = easting) and the label it may carry."""

    geometry: BaseGeometry
    label: str = ""


@dataclass(frozen=True)
class Drawing:
    """An SVG that is true to 1:`denominator` when it is `width_mm` wide."""

    svg: str
    denominator: int
    width_mm: float
    height_mm: float


class Size(NamedTuple):
    """How large a drawing is on paper, and the ground in metres it leaves on every side of what it is of."""

    width_mm: float
    height_mm: float
    margin_m: float


@dataclass(frozen=True)
class Frame:
    """A window of the ground on paper: millimetres per metre, and where its upper left corner lies."""

    west: float
    north: float
    width_mm: float
    height_mm: float
    denominator: int

    @property
    def mm_per_m(self) -> float:
        return 1000.0 / self.denominator

    @property
    def box(self) -> BaseGeometry:
        return shapely.box(0.0, 0.0, self.width_mm, self.height_mm)

    def paper(self, coordinates: Array) -> Array:
        return np.column_stack(
            (
                (coordinates[:, 0] - self.west) * self.mm_per_m,
                (self.north - coordinates[:, 1]) * self.mm_per_m,
            )
        )

    def shapes(self, shapes: Sequence[Shape], most: int = MOST_SHAPES) -> list[tuple[BaseGeometry, str]]:
        """What of `shapes` lies in the frame, in paper millimetres, simplified to what print can show."""
        geometries = np.array([s.geometry for s in shapes], dtype=object)
        usable = np.flatnonzero(~(shapely.is_missing(geometries) | shapely.is_empty(geometries)))
        if not len(usable):
            return []
        geometries = shapely.force_2d(geometries[usable])
        bounds = shapely.bounds(geometries)
        east = self.west + self.width_mm / self.mm_per_m
        south = self.north - self.height_mm / self.mm_per_m
        inside = (
            (bounds[:, 0] <= east)
            & (bounds[:, 2] >= self.west)
            & (bounds[:, 1] <= self.north)
            & (bounds[:, 3] >= south)
        )
        near = np.flatnonzero(inside)
        if len(near) > most:
            middle = np.array([(self.west + east) / 2, (south + self.north) / 2] * 2)
            away = np.abs(bounds[near] - middle).sum(axis=1)
            near = np.sort(near[np.argsort(away, kind="stable")[:most]])
        drawn = shapely.transform(geometries[near], self.paper)
        many = shapely.get_num_coordinates(drawn) > _FEW
        drawn[many] = shapely.simplify(drawn[many], 0.05)
        drawn = shapely.clip_by_rect(shapely.make_valid(drawn), 0.0, 0.0, self.width_mm, self.height_mm)
        shown = ~shapely.is_empty(drawn)
        return [(g, shapes[i].label) for g, i in zip(drawn[shown], usable[near[shown]].tolist(), strict=True)]


@dataclass
class Labels:
    """Places already taken, so that no label covers another; what finds no place is not written."""

    frame: Frame
    taken: list[BaseGeometry]

    def place(
        self,
        text: str,
        spots: Iterable[tuple[float, float, float]],
        size_mm: float,
        shun: Sequence[BaseGeometry] = (),
        **style: str,
    ) -> str:
        """`text` at the first free spot (x, y, degrees) off `shun`; empty where none is free."""
        shown = printable(text, longest=40)
        if not shown:
            return ""
        half_width, half_height = len(shown) * size_mm * _LETTER / 2, size_mm * 0.52
        inner = shapely.box(1, 1, self.frame.width_mm - 1, self.frame.height_mm - 1)
        taken = np.array([*self.taken, *shun], dtype=object)
        for x, y, degrees in spots:
            box: BaseGeometry = shapely.box(x - half_width, y - half_height, x + half_width, y + half_height)
            if degrees:
                box = _turned(box, x, y, math.radians(degrees))
            if not inner.contains(box) or shapely.intersects(box, taken).any():
                continue
            self.taken.append(box)
            attributes = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in style.items())
            turned = f' transform="rotate({degrees:.1f} {x:.2f} {y:.2f})"' if degrees else ""
            return (
                f"<g{turned}>"
                f'<rect x="{x - half_width:.2f}" y="{y - half_height:.2f}" width="{2 * half_width:.2f}"'
                f' height="{2 * half_height:.2f}" fill="#ffffff" fill-opacity="0.7" stroke="none"/>'
                f'<text x="{x:.2f}" y="{y + size_mm * 0.32:.2f}" font-size="{size_mm}"'
                f' text-anchor="middle"{attributes}>{escape(shown)}</text></g>'
            )
        return ""


def _turned(box: BaseGeometry, x: float, y: float, radians: float) -> BaseGeometry:
    """`box` turned about (x, y), clockwise on paper, where y runs down."""
    cos, sin = math.cos(radians), math.sin(radians)

    def turn(c: Array) -> Array:
        return np.column_stack(
            (x + (c[:, 0] - x) * cos - (c[:, 1] - y) * sin, y + (c[:, 0] - x) * sin + (c[:, 1] - y) * cos)
        )

    return shapely.transform(box, turn)


def path(geometries: Sequence[BaseGeometry]) -> str:
    """The path data of the lines and rings of geometries, in millimetres, in their order."""
    parts = np.array(geometries, dtype=object)
    while ((types := shapely.get_type_id(parts)) >= shapely.GeometryType.MULTIPOINT).any():
        parts = shapely.get_parts(parts)
    areas = types == shapely.GeometryType.POLYGON
    rings, of = shapely.get_rings(parts[areas], return_index=True)
    lines = (types == shapely.GeometryType.LINESTRING) | (types == shapely.GeometryType.LINEARRING)
    order = np.argsort(np.concatenate([np.flatnonzero(areas)[of], np.flatnonzero(lines)]), kind="stable")
    drawn = np.concatenate([rings, parts[lines]])[order]
    closed = (np.arange(len(drawn)) < len(rings))[order]
    coordinates = shapely.get_coordinates(drawn).tolist()
    out, first = [], 0
    for n, is_closed in zip(shapely.get_num_coordinates(drawn).tolist(), closed.tolist(), strict=True):
        corners = coordinates[first : first + n - is_closed]
        first += n
        steps = "L".join([f"{x:.2f} {y:.2f}" for x, y in corners])
        out.append(f"M{steps}Z" if is_closed else f"M{steps}")
    return "".join(out)


def paths(shapes: Sequence[tuple[BaseGeometry, str]], **style: str) -> str:
    data = path([geometry for geometry, _ in shapes])
    if not data:
        return ""
    attributes = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in style.items())
    return f'<path d="{data}" fill-rule="evenodd"{attributes}/>'


def borders(shapes: Sequence[tuple[BaseGeometry, str]], **style: str) -> str:
    """The edges of shapes, one that two of them share drawn once: its dashes would fill each other's gaps."""
    edges = shapely.boundary(np.array([geometry for geometry, _ in shapes], dtype=object))
    known = [edge for edge in edges if edge is not None]  # of what is no area, only its ends are left
    if not known:
        return ""
    once = shapely.line_merge(shapely.union_all(known, grid_size=_SAME_MM))
    return paths([(once, "")], **style)


def upright(degrees: float) -> float:
    """An angle at which text is not upside down, in (-90, 90]."""
    turned = (degrees + 180.0) % 180.0
    return turned - 180.0 if turned > 90.0 else turned


def parts_of(geometry: BaseGeometry, kind: str) -> list[BaseGeometry]:
    return [p for p in shapely.get_parts(shapely.get_parts(geometry)) if p.geom_type == kind]


def frame_around(
    focus: Sequence[BaseGeometry],
    size: Size,
    *,
    ground: Sequence[BaseGeometry] = (),
    smallest: int = SCALES[-1],
) -> Frame:
    """The frame around `focus` at the largest usual scale that leaves the margin on every side.

    Where it costs no scale beyond 1:`smallest`, it shows `ground` whole as well.
    """
    frame = _fitted(shapely.total_bounds(np.array(focus, dtype=object)), size)
    if not ground:
        return frame
    whole = np.array([*focus, *ground], dtype=object)
    wide = _fitted(shapely.total_bounds(whole), size._replace(margin_m=size.margin_m / 3))
    return wide if frame.denominator <= wide.denominator <= smallest else frame


def reach_of(bounds: Sequence[float], size: Size) -> float:
    """How far from its middle the frame around `bounds` reaches on the ground, in metres."""
    return max(size.width_mm, size.height_mm) * _fitted(bounds, size).denominator / 2000


def _fitted(bounds: Sequence[float] | Array, size: Size) -> Frame:
    width_mm, height_mm, margin_m = size
    west, south, east, north = (float(b) for b in bounds)
    wide, high = east - west + 2 * margin_m, north - south + 2 * margin_m
    fitting = (d for d in SCALES if wide * 1000 / d <= width_mm and high * 1000 / d <= height_mm)
    exact = max(wide * 1000 / width_mm, high * 1000 / height_mm)
    denominator = next(fitting, math.ceil(exact / SCALES[-1]) * SCALES[-1])
    half_wide, half_high = width_mm * denominator / 2000, height_mm * denominator / 2000
    return Frame(
        (west + east) / 2 - half_wide, (south + north) / 2 + half_high, width_mm, height_mm, denominator
    )


def svg(frame: Frame, body: str) -> str:
    wide, high = frame.width_mm, frame.height_mm
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}mm" height="{high:g}mm"'
        f' viewBox="0 0 {wide:g} {high:g}" font-family="{FONT}" fill="none" stroke-linejoin="round">'
        f'<rect width="{wide:g}" height="{high:g}" fill="#ffffff"/>{body}'
        f'<rect x="0.15" y="0.15" width="{wide - 0.3:g}" height="{high - 0.3:g}"'
        f' stroke="{INK}" stroke-width="0.3"/></svg>'
    )

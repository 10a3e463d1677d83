"""The sketch of a home at a true scale, and where it lies: own SVG, one user unit = one millimetre.

The drawing knows nothing of stores or findings: it is handed geometries with labels. Its scale is
true only at the width it states; the dossier prints the scale from the width it really gave it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.publish.palette import (
    BLUE,
    GREEN,
    GREY,
    GREY_DARK,
    GREY_FAINT,
    GREY_LIGHT,
    INK,
    SEQUENCE,
    VERMILION,
)
from regularize.publish.paper import (
    Drawing,
    Frame,
    Labels,
    Shape,
    Size,
    borders,
    frame_around,
    parts_of,
    paths,
    reach_of,
    svg,
    upright,
)
from regularize.publish.text import format_number

_METRE = {"bg": "м", "en": "m"}
# Of each drawing on paper: how wide and high it is, and the ground it shows around the home on every side.
SITUATION, LOCATION, SKETCH = Size(170.0, 128.0, 10.0), Size(72.0, 46.0, 50.0), Size(80.0, 80.0, 8.0)
MOST_AROUND = 1500  # shapes of one kind in the location map
WIDEST_SKETCH = 500  # the yard is shown whole as long as the scale stays 1:500 or larger
_ONE_MM = 0.8  # corners nearer to each other than this are one on paper
_EDGE_MM = 2.1  # of the middle of a coordinate from the frame: its letters keep 1 mm off
MOST_SIDES = 40  # a ring with more sides gets neither dimensions nor point numbers

# Survey and register differ by hue and by dash, so that a black-and-white copy still tells them apart.
COLOURS = {
    "survey": VERMILION,
    "survey_fill": SEQUENCE[0],
    "register": BLUE,
    "building": GREY_FAINT,
    "line": GREY,
    "parcel": GREY_DARK,
    "plot": GREEN,
    "street": "#F3EFE4",
    "street_edge": "#D8D0BC",
    "ink": INK,
}


@dataclass(frozen=True)
class Scene:
    """What a drawing may show, by meaning. Only what lies in the frame is drawn.

    Parameters
    ----------
    home_observed, home_register : sequence of Shape
        The home as surveyed and as registered: highlighted.
    observed, register : sequence of Shape
        Buildings around it.
    parcels, plots, streets : sequence of Shape
        Labels: the last part of the identifier, and street names.
    points : sequence of (easting, northing, label)
        Numbered boundary points, as in the table of coordinates.
    """

    home_observed: Sequence[Shape] = ()
    home_register: Sequence[Shape] = ()
    observed: Sequence[Shape] = ()
    register: Sequence[Shape] = ()
    parcels: Sequence[Shape] = ()
    plots: Sequence[Shape] = ()
    streets: Sequence[Shape] = ()
    points: Sequence[tuple[float, float, str]] = ()


def reach_m(bounds: Sequence[float]) -> float:
    """How far from a home's `bounds` any of the drawings can show, in metres.

    A frame has its middle within the bounds; one that shows the yards as well holds the home at least.
    """
    yards = max(SITUATION.width_mm, SITUATION.height_mm) * WIDEST_SKETCH / 1000
    return max(yards, *(reach_of(bounds, size) for size in (SITUATION, LOCATION, SKETCH)))


def _inner_spots(geometry: BaseGeometry) -> Iterable[tuple[float, float, float]]:
    """Spots within a polygon for its label: its middle first, then around it."""
    polygons = parts_of(geometry, "Polygon")
    if not polygons:
        return
    largest = max(polygons, key=lambda p: p.area)
    point = shapely.point_on_surface(largest)
    west, north, east, south = largest.bounds
    yield point.x, point.y, 0.0
    for across, down in (
        (0.5, 0.5),
        (0.5, 0.2),
        (0.5, 0.8),
        (0.2, 0.5),
        (0.8, 0.5),
        (0.25, 0.2),
        (0.75, 0.8),
    ):
        x, y = west + across * (east - west), north + down * (south - north)
        if shapely.contains_xy(largest, x, y):
            yield x, y, 0.0


def _street_spots(geometry: BaseGeometry) -> Iterable[tuple[float, float, float]]:
    """Spots along a street: at its length, in its direction."""
    lines = parts_of(geometry, "LineString")
    for polygon in parts_of(geometry, "Polygon"):
        corners = shapely.get_coordinates(shapely.oriented_envelope(polygon))
        if len(corners) < 4:
            continue
        ends = [(corners[i] + corners[i + 1]) / 2 for i in range(4)]
        across = min((0, 1), key=lambda i: math.dist(corners[i], corners[i + 1]))
        lines.append(shapely.LineString([ends[across], ends[across + 2]]))
    for line in sorted(lines, key=lambda part: -part.length):
        for share in (0.5, 0.3, 0.7, 0.15, 0.85):
            middle = line.interpolate(share, normalized=True)
            a = line.interpolate(max(0.0, share - 0.06), normalized=True)
            b = line.interpolate(min(1.0, share + 0.06), normalized=True)
            yield middle.x, middle.y, upright(math.degrees(math.atan2(b.y - a.y, b.x - a.x)))


def _dimensions(frame: Frame, home: Sequence[Shape], labels: Labels, lang: str) -> str:
    """The length of each side of the footprints, in metres, outside the side it measures.

    A wall that two of them share is measured once.
    """
    out = []
    said: list[tuple[str, float, float]] = []
    for shape in home:
        for polygon in parts_of(shape.geometry, "Polygon"):
            ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.orient_polygons(polygon)))
            if len(ring) - 1 > MOST_SIDES:
                continue
            paper = frame.paper(ring)
            for (a, b), (p, q) in zip(pairwise(ring), pairwise(paper), strict=True):
                on_paper = math.dist(p, q)
                if on_paper < 6.0:
                    continue
                text = format_number(math.dist(a, b), 2, lang=lang)
                x, y = (p[0] + q[0]) / 2, (p[1] + q[1]) / 2
                if any(text == other and math.dist((x, y), at) < _ONE_MM for other, *at in said):
                    continue
                said.append((text, x, y))
                # the ring runs against the clock on the ground, so on paper the outside is to its right
                out_x, out_y = -(q[1] - p[1]) / on_paper, (q[0] - p[0]) / on_paper
                degrees = upright(math.degrees(math.atan2(q[1] - p[1], q[0] - p[0])))
                spots = (
                    (
                        p[0] + (q[0] - p[0]) * along + out_x * off,
                        p[1] + (q[1] - p[1]) * along + out_y * off,
                        degrees,
                    )
                    for off in (1.9, -1.9, 3.4)
                    for along in (0.5, 0.36, 0.64)
                )
                out.append(labels.place(text, spots, 2.3, fill=COLOURS["ink"]))
    return "".join(out)


def _numbers(frame: Frame, points: Sequence[tuple[float, float, str]], labels: Labels) -> str:
    """Numbered boundary points: a ring on the corner and its number beside it.

    Of corners that are one on paper the numbers stand together: side by side they would read as one.
    """
    if not points or len(points) > MOST_SIDES:
        return ""
    paper = frame.paper(np.array([(x, y) for x, y, _ in points], dtype=float))
    middle = paper.mean(axis=0)
    out = []
    corners: list[tuple[float, float, list[str]]] = []
    for (x, y), (_, _, text) in zip(paper, points, strict=True):
        near = (names for east, south, names in corners if math.dist((x, y), (east, south)) < _ONE_MM)
        if (names := next(near, None)) is None:
            corners.append((x, y, [text]))
        else:
            names.append(text)
    for x, y, names in corners:
        text = ", ".join(names)
        out.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="0.55" fill="#ffffff" stroke-width="0.25"/>')
        away = math.atan2(y - middle[1], x - middle[0])
        turns = (0.0, 0.6, -0.6, 1.2, -1.2, 2.0, -2.0)
        spots = ((x + 2.2 * math.cos(away + t), y + 2.2 * math.sin(away + t), 0.0) for t in turns)
        out.append(labels.place(text, spots, 2.2, fill=COLOURS["survey"], stroke="none", font_weight="bold"))
    return f'<g stroke="{COLOURS["survey"]}">{"".join(out)}</g>'


def _step(least_mm: float, frame: Frame) -> float:
    """The smallest round length (1, 2, 5 x 10^n metres) that is at least `least_mm` on paper."""
    least = least_mm / frame.mm_per_m
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * f for f in (1, 2, 5, 10) if power * f >= least - 1e-9)


def _grid(frame: Frame, labels: Labels) -> str:
    """Crosses at round coordinates, with the coordinates at the edge: N at the left, E at the foot."""
    step = _step(28.0, frame)
    east, south = frame.west + frame.width_mm / frame.mm_per_m, frame.north - frame.height_mm / frame.mm_per_m
    eastings = np.arange(math.ceil(frame.west / step), math.floor(east / step) + 1) * step
    northings = np.arange(math.ceil(south / step), math.floor(frame.north / step) + 1) * step
    marks, texts = [], []
    for e in eastings:
        x = (e - frame.west) * frame.mm_per_m
        texts.append(
            labels.place(f"E {e:.0f}", [(x, frame.height_mm - _EDGE_MM, 0.0)], 2.0, fill=COLOURS["parcel"])
        )
        for n in northings:
            y = (frame.north - n) * frame.mm_per_m
            marks.append(f"M{x - 1:.2f} {y:.2f}H{x + 1:.2f}M{x:.2f} {y - 1:.2f}V{y + 1:.2f}")
    for n in northings:
        y = (frame.north - n) * frame.mm_per_m
        texts.append(labels.place(f"N {n:.0f}", [(_EDGE_MM, y, -90.0)], 2.0, fill=COLOURS["parcel"]))
    return f'<path d="{"".join(marks)}" stroke="{COLOURS["line"]}" stroke-width="0.1"/>{"".join(texts)}'


def _scale_bar(frame: Frame, labels: Labels, unit: str) -> str:
    """A bar of two round lengths, in the lower right corner."""
    step = _step(14.0, frame)
    length = step * frame.mm_per_m
    right, foot = frame.width_mm - 6.0, frame.height_mm - 3.4
    left = right - 2 * length
    labels.taken.append(shapely.box(left - 3, foot - 6.4, right + 6, foot + 3.4))
    ticks = "".join(
        f'<text x="{left + i * length:.2f}" y="{foot - 2.2:.2f}" font-size="2.2" text-anchor="middle">'
        f"{step * i:.0f}{(' ' + unit) if i == 2 else ''}</text>"
        for i in range(3)
    )
    return (
        f'<rect x="{left - 3:.2f}" y="{foot - 6:.2f}" width="{2 * length + 8:.2f}" height="8.4"'
        f' fill="#ffffff" fill-opacity="0.85"/><g fill="{COLOURS["ink"]}">{ticks}'
        f'<rect x="{left:.2f}" y="{foot - 1.4:.2f}" width="{length:.2f}" height="1.4"/></g>'
        f'<rect x="{left:.2f}" y="{foot - 1.4:.2f}" width="{2 * length:.2f}" height="1.4" fill="none"'
        f' stroke="{COLOURS["ink"]}" stroke-width="0.2"/>'
    )


def _north_arrow(frame: Frame, labels: Labels, letter: str) -> str:
    x, y = frame.width_mm - 7.0, 4.0
    labels.taken.append(shapely.box(x - 4, 0, frame.width_mm, y + 13))
    return (
        f'<rect x="{x - 4:.2f}" y="0" width="11" height="{y + 13:.2f}" fill="#ffffff" fill-opacity="0.85"/>'
        f'<path d="M{x:.2f} {y + 3:.2f}L{x + 2.2:.2f} {y + 11:.2f}L{x:.2f} {y + 9.2:.2f}Z"'
        f' fill="{COLOURS["ink"]}"/><path d="M{x:.2f} {y + 3:.2f}L{x - 2.2:.2f} {y + 11:.2f}L{x:.2f}'
        f' {y + 9.2:.2f}Z" fill="#ffffff" stroke="{COLOURS["ink"]}" stroke-width="0.15"/>'
        f'<text x="{x:.2f}" y="{y + 1.8:.2f}" font-size="3" text-anchor="middle"'
        f' fill="{COLOURS["ink"]}">{escape(letter)}</text>'
    )


def draw_situation(
    scene: Scene,
    *,
    lang: str,
    size: Size = SITUATION,
    bare: bool = False,
) -> Drawing | None:
    """The situation of a home at the largest usual scale that shows it whole.

    Parameters
    ----------
    scene : Scene
        In the project's CRS; may hold more than the frame shows.
    lang : str
        Decimal sign and the unit of the scale bar.
    size : Size
        Of the frame on paper, and the ground to show.
    bare : bool
        Without dimensions and coordinates: for people who read no plans.

    Returns
    -------
    Drawing or None
        None where the home has no geometry.
    """
    focus = [s.geometry for s in (*scene.home_observed, *scene.home_register) if _drawable(s)]
    if not focus:
        return None
    body = shapely.union_all(shapely.make_valid(np.array(focus, dtype=object)))
    plots = np.array([s.geometry for s in scene.plots], dtype=object)
    yards = plots[shapely.intersects(plots, body)].tolist()
    frame = frame_around(focus, size, ground=yards, smallest=WIDEST_SKETCH)
    labels = Labels(frame, [])
    ink, line = COLOURS["ink"], COLOURS["line"]
    over = _scale_bar(frame, labels, _METRE[lang]) + _north_arrow(frame, labels, "С" if lang == "bg" else "N")
    home_observed, home_register = frame.shapes(scene.home_observed), frame.shapes(scene.home_register)
    parcels, streets = frame.shapes(scene.parcels), frame.shapes(scene.streets)
    observed, register = frame.shapes(scene.observed), frame.shapes(scene.register)
    ground = (
        _streets(streets)
        + paths(register, fill=COLOURS["building"], stroke=line, stroke_width="0.12")
        + paths(observed, stroke=line, stroke_width="0.15", stroke_dasharray="0.9 0.5")
        + borders(
            frame.shapes(scene.plots), stroke=COLOURS["plot"], stroke_width="0.25", stroke_dasharray="2 0.8"
        )
        + paths(parcels, stroke=COLOURS["parcel"], stroke_width="0.18")
        + paths(home_observed, fill=COLOURS["survey_fill"], fill_opacity="0.75")
        + paths(home_register, stroke=COLOURS["register"], stroke_width="0.4", stroke_dasharray="2.2 0.9")
        + paths(home_observed, stroke=COLOURS["survey"], stroke_width="0.5")
    )
    measured = scene.home_observed or scene.home_register
    texts = _numbers(frame, scene.points, labels)
    texts += "" if bare else _dimensions(frame, measured, labels, lang)
    labels.taken.extend(geometry for geometry, _ in (*home_observed, *home_register))
    buildings = [geometry for geometry, _ in (*register, *observed)]
    for geometry, name in streets:
        texts += labels.place(name, _street_spots(geometry), 3.0, fill=ink, font_style="italic")
    for geometry, name in parcels:
        # beside the buildings where there is room, over them where there is none
        texts += labels.place(
            name, _inner_spots(geometry), 2.7, buildings, fill=COLOURS["parcel"]
        ) or labels.place(name, _inner_spots(geometry), 2.7, fill=COLOURS["parcel"])
    for geometry, name in (*register, *observed):
        texts += labels.place(name, _inner_spots(geometry), 2.0, fill=COLOURS["parcel"])
    texts += "" if bare else _grid(frame, labels)
    return Drawing(svg(frame, ground + texts + over), frame.denominator, size.width_mm, size.height_mm)


def draw_location(scene: Scene, *, lang: str, size: Size = LOCATION) -> Drawing | None:
    """Where the home lies in its neighbourhood: a small map at a true scale, without identifiers.

    Parameters and return value as of :func:`draw_situation`.
    """
    focus = [s.geometry for s in (*scene.home_observed, *scene.home_register) if _drawable(s)]
    if not focus:
        return None
    frame = frame_around(focus, size)
    labels = Labels(frame, [])
    over = _scale_bar(frame, labels, _METRE[lang]) + _north_arrow(frame, labels, "С" if lang == "bg" else "N")
    streets = frame.shapes(scene.streets)
    home = frame.shapes((*scene.home_observed, *scene.home_register))
    # one after the other: in one path, what both of them cover would be a hole
    buildings = "".join(
        paths(frame.shapes(kind, most=MOST_AROUND), fill=GREY_LIGHT, stroke=GREY, stroke_width="0.06")
        for kind in (scene.register, scene.observed)
    )
    x, y = frame.width_mm / 2, frame.height_mm / 2
    ground = (
        _streets(streets)
        + paths(frame.shapes(scene.parcels, most=MOST_AROUND), stroke=GREY_LIGHT, stroke_width="0.1")
        + buildings
        + paths([(shapely.union_all([geometry for geometry, _ in home]), "")], fill=COLOURS["survey"])
        + f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4.5" stroke="{COLOURS["survey"]}" stroke-width="0.6"/>'
    )
    labels.taken.append(shapely.box(x - 5, y - 5, x + 5, y + 5))
    texts = "".join(
        labels.place(name, _street_spots(geometry), 2.4, fill=COLOURS["ink"], font_style="italic")
        for geometry, name in streets
    )
    return Drawing(svg(frame, ground + texts + over), frame.denominator, size.width_mm, size.height_mm)


def _drawable(shape: Shape) -> bool:
    return shape.geometry is not None and not shape.geometry.is_empty


def _streets(streets: Sequence[tuple[BaseGeometry, str]]) -> str:
    """Streets that are areas are tinted; centre lines are drawn as such."""
    areas = [(g, name) for g, name in streets if g.area > 0]
    lines = [(g, name) for g, name in streets if not g.area > 0]
    return paths(areas, fill=COLOURS["street"], stroke=COLOURS["street_edge"], stroke_width="0.1") + paths(
        lines, stroke=COLOURS["street_edge"], stroke_width="0.35", stroke_dasharray="4 1 0.8 1"
    )

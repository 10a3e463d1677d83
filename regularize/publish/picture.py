"""The same view as a still picture, drawn without a browser: for agendas, messengers and previews.

Geometry becomes an SVG of a true scale; typst sets it on one sheet with title, legend, scale and date.
"""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.errors import RegularizeError
from regularize.i18n import translate as _
from regularize.project import scratch
from regularize.publish.drawing import Drawn, Row
from regularize.publish.palette import GROUND, INK, PAPER, Style
from regularize.publish.paper import path
from regularize.publish.small_png import with_few_colours
from regularize.publish.text import printable
from regularize.publish.typesetting import write_data
from regularize.publish.view import Picture

TEMPLATE = Path(__file__).parent / "templates" / "map.typ"
SCALES = (200, 250, 500, 1000, 1250, 1500, 2000, 2500, 4000, 5000, 7500, 10_000, 15_000, 20_000, 25_000)
PX_MM = 0.2  # a pixel of the page on paper; a little finer than 1/96 inch, as print can show it
LIGHT = 0.55  # faces over a picture let it through, and lines get a casing, as the page does it
CASING_PX = 1.6
# Of a name, in its own heights to the right and down, the nearest first, as the page does it.
STEPS = tuple(n / 2 for n in range(-5, 6))
MOVES = sorted(((right, down) for down in STEPS for right in STEPS), key=lambda move: math.hypot(*move))
FACE = "Libertinus Serif"
_HATCH_MM = 1.6
_LETTER = 0.54  # advance of the face in em
# Semi-axis and eccentricity of WGS 84, for metres around the middle of the map.
_AXIS_M, _E2 = 6_378_137.0, 0.00669437999014


class PictureError(RegularizeError):
    """The picture could not be set."""

    exit_code = 1


@dataclass(frozen=True)
class Still:
    """A map as SVG, `width_mm` wide, true to 1:`denominator`; `place` leads from degrees to millimetres."""

    svg: str
    denominator: int
    width_mm: float
    height_mm: float
    place: Callable[[Any], Any]


def draw_still(
    layers: Sequence[Drawn],
    order: Sequence[tuple[str, str]],
    bounds: Sequence[float],
    *,
    width_mm: float,
    height_mm: float,
    fonts: Mapping[str, Mapping[str, Any]],
    finest: int = 1,
    usual: bool = True,
    underlay: Picture | None = None,
) -> Still:
    """What the page shows at first, as SVG.

    Parameters
    ----------
    layers : sequence of Drawn
    order : sequence of (str, str)
        Layer and row, bottom to top.
    bounds : sequence of float
        South, west, north, east.
    width_mm, height_mm : float
    fonts : mapping
        The fonts of the page by name, with ``size`` and ``colour``.
    finest : int
        Denominator of the largest scale allowed.
    usual : bool
        Whether the scale must be one that people use; a preview just fills its frame.
    underlay : Picture, optional
        Below everything.
    """
    south, west, north, east = bounds
    to_metres = _metres(south, west, north, east)
    corners = to_metres(np.array([[west, south], [east, north]]))
    span = np.abs(corners[1] - corners[0]) * 1.03
    exact = max(span[0] * 1000 / width_mm, span[1] * 1000 / height_mm, float(finest))
    denominator = math.ceil(exact)
    if usual:
        denominator = next((d for d in SCALES if d >= exact), math.ceil(exact / 5000) * 5000)
    mm = 1000.0 / denominator

    def place(xy: Any) -> Any:
        metres = to_metres(np.asarray(xy)[:, :2])
        return np.column_stack((width_mm / 2 + metres[:, 0] * mm, height_mm / 2 - metres[:, 1] * mm))

    by_name = {drawn.name: drawn for drawn in layers}
    rows = {(drawn.name, row.key): row for drawn in layers for row in drawn.rows}
    shapes: list[str] = []
    patterns: dict[str, str] = {}
    names: list[str] = []
    shown = [(by_name[layer], rows[layer, key]) for layer, key in order if (layer, key) in rows]
    if underlay is not None:
        low, left, high, right = underlay.bounds
        (x0, y0), (x1, y1) = place([[left, high], [right, low]]).tolist()
        shapes.append(
            f'<image x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}"'
            f' preserveAspectRatio="none" xlink:href="{underlay.as_uri()}"/>'
        )
    for drawn, row in shown:
        if row.on and underlay is not None and row.shape != "image":
            style = row.style
            bare = Style(PAPER, style.width_px + CASING_PX)
            share = 0.0 if style.fill == PAPER else LIGHT
            light = replace(style, fill_opacity=style.fill_opacity * share)
            for worn in (bare, light):
                shapes.append(_row(drawn, replace(row, style=worn), place, (width_mm, height_mm), patterns))
        elif row.on and row.shape != "image":
            shapes.append(_row(drawn, row, place, (width_mm, height_mm), patterns))
    taken: list[tuple[float, float, float, float]] = []
    # Counts are what a map is looked at for: they take their place before other labels.
    top_down = shown[::-1]
    for drawn, row in sorted(top_down, key=lambda pair: pair[0].label_font != "count"):
        if row.on:
            names += _labels(drawn, row, place, mm, fonts, taken, (width_mm, height_mm))
    body = f"<defs>{''.join(patterns.values())}</defs>{''.join(shapes)}{''.join(names)}"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{width_mm:g}mm" height="{height_mm:g}mm" viewBox="0 0 {width_mm:g} {height_mm:g}"'
        f' font-family="{FACE}" fill="none"'
        f' stroke-linejoin="round"><rect width="{width_mm:g}" height="{height_mm:g}" fill="{GROUND}"/>'
        f"{body}</svg>"
    )
    return Still(svg, denominator, width_mm, height_mm, place)


def swatch(style: Style, shape: str) -> str:
    """A sample of a style for the legend, as SVG."""
    patterns: dict[str, str] = {}
    data = "M0.5 2.5L8.5 2.5" if shape == "line" else "M0.7 0.7H8.3V4.3H0.7Z"
    inner = _paint(data, style, shape != "line", patterns)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="5mm" viewBox="0 0 9 5" fill="none">'
        f"<defs>{''.join(patterns.values())}</defs>{inner}</svg>"
    )


def set_sheet(
    data: Mapping[str, Any], *, form: Literal["pdf", "png"], ppi: float = 110.0, on: date | None = None
) -> bytes:
    """One A3 sheet from `data` (texts, legend, ``svg``); text reaches typst as JSON only.

    `on` is the date that a PDF carries.

    Raises
    ------
    PictureError
    """
    import typst

    options: dict[str, Any] = {"pdf_standards": ["a-2b"]} if form == "pdf" else {"ppi": ppi}
    try:
        with scratch() as folder:
            main = folder / TEMPLATE.name
            main.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
            write_data(data, folder)
            made = typst.compile(
                str(main),
                root=str(folder),
                ignore_system_fonts=True,
                format=form,
                timestamp=int(datetime.combine(on or date(1980, 1, 1), time(), UTC).timestamp()),
                **options,
            )
    except (KeyboardInterrupt, SystemExit):
        raise
    # A panic in the compiler arrives as a BaseException that is no Exception.
    except BaseException as error:
        message = str(getattr(error, "message", "")) or type(error).__name__
        raise PictureError(
            _("the picture cannot be set: {reason}").format(reason=message),
            hint=_("draw a smaller part: --area NAME"),
        ) from error
    if not isinstance(made, bytes):
        raise TypeError("typst gave more than one page")
    return made


def preview(still: Still, *, width_px: int, colours: int = 48) -> str:
    """The bare map as a small PNG of so many colours, as a data URI."""
    inches = still.width_mm / 25.4
    bare = {"bare": True, "svg": still.svg, "width_mm": still.width_mm, "height_mm": still.height_mm}
    png = with_few_colours(set_sheet(bare, form="png", ppi=width_px / inches), colours)
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def scale_bar(denominator: int) -> dict[str, float]:
    """A length in metres that is about 40 mm long on paper, and its length there."""
    longest_m = denominator * 0.05
    step = 10.0 ** math.floor(math.log10(longest_m))
    length = max(step * n for n in (1, 2, 5) if step * n <= longest_m)
    return {"metres": length, "mm": length * 1000 / denominator}


def _metres(south: float, west: float, north: float, east: float) -> Any:
    """A function from longitude and latitude to metres east and north of the middle."""
    lat, lon = math.radians((south + north) / 2), (west + east) / 2
    w = math.sqrt(1 - _E2 * math.sin(lat) ** 2)
    per_degree = np.radians(1.0) * np.array([_AXIS_M / w * math.cos(lat), _AXIS_M * (1 - _E2) / w**3])
    middle = np.array([lon, (south + north) / 2])

    def to_metres(xy: Any) -> Any:
        return (xy - middle) * per_degree

    return to_metres


def _row(drawn: Drawn, row: Row, place: Any, size: tuple[float, float], patterns: dict[str, str]) -> str:
    chosen = [
        geometry
        for i, geometry in enumerate(drawn.geometries)
        if _stands(drawn, i) and (row.cls < 0 or (drawn.classes is not None and drawn.classes[i] == row.cls))
    ]
    if not chosen:
        return ""
    moved = shapely.transform(shapely.force_2d(np.array(chosen, dtype=object)), place)
    boxes = shapely.bounds(moved)
    inside = (boxes[:, 0] <= size[0]) & (boxes[:, 2] >= 0) & (boxes[:, 1] <= size[1]) & (boxes[:, 3] >= 0)
    moved = shapely.simplify(moved[inside], 0.05)
    dots = shapely.get_dimensions(moved) == 0
    body = _dots(moved[dots]) + path(moved[~dots])
    closed = bool((shapely.get_dimensions(moved) != 1).any()) if len(moved) else False
    return _paint(body, row.style, closed, patterns)


def _stands(drawn: Drawn, feature: int) -> bool:
    """Whether a feature still stands at the end of the page's days."""
    return drawn.until is None or drawn.until[feature] >= drawn.n_days


def _dots(points: Sequence[BaseGeometry]) -> str:
    spots = shapely.get_coordinates(np.array(points, dtype=object))
    return "".join(f"M{x - 0.7:.2f} {y:.2f}a.7 .7 0 1 0 1.4 0a.7 .7 0 1 0 -1.4 0Z" for x, y in spots)


def _paint(data: str, style: Style, closed: bool, patterns: dict[str, str]) -> str:
    if not data:
        return ""
    made = []
    if closed and style.fill:
        made.append(
            f'<path d="{data}" fill="{style.fill}" fill-opacity="{style.fill_opacity}" fill-rule="evenodd"/>'
        )
    if closed and style.hatch != "none":
        name = f"h{style.hatch}{style.stroke[1:]}"
        patterns[name] = _pattern(name, style)
        made.append(f'<path d="{data}" fill="url(#{name})" fill-rule="evenodd"/>')
    dash = " ".join(f"{length * PX_MM:g}" for length in style.dash_px)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    made.append(
        f'<path d="{data}" stroke="{style.stroke}" stroke-width="{style.width_px * PX_MM:g}"{dashed}/>'
    )
    return "".join(made)


def _pattern(name: str, style: Style) -> str:
    c = _HATCH_MM
    lines = {
        "forward": f"M0 {c}L{c} 0M-.1 .1L.1 -.1M{c - 0.1} {c + 0.1}L{c + 0.1} {c - 0.1}",
        "backward": f"M0 0L{c} {c}M{c - 0.1} -.1L{c + 0.1} .1M-.1 {c - 0.1}L.1 {c + 0.1}",
        "dots": "",
    }
    lines["cross"] = lines["forward"] + lines["backward"]
    drawn = f'<path d="{lines[style.hatch]}" stroke="{style.stroke}" stroke-width=".25"/>'
    if style.hatch == "dots":
        drawn = f'<circle cx="{c / 2}" cy="{c / 2}" r=".25" fill="{style.stroke}"/>'
    return f'<pattern id="{name}" width="{c}" height="{c}" patternUnits="userSpaceOnUse">{drawn}</pattern>'


def _labels(
    drawn: Drawn,
    row: Row,
    place: Any,
    mm: float,
    fonts: Mapping[str, Mapping[str, Any]],
    taken: list[tuple[float, float, float, float]],
    size: tuple[float, float],
) -> list[str]:
    """Labels where they fit, none on another, as the page does it."""
    font = fonts[drawn.label_font]
    size_mm = font["size"] * PX_MM
    weight = ' font-weight="bold"' if "00 " in font["font"] else ""
    made = []
    for feature, text, lon, lat, angle, room_m in drawn.labels:
        if row.cls >= 0 and (drawn.classes is None or drawn.classes[feature] != row.cls):
            continue
        if not _stands(drawn, feature):
            continue
        lines = [printable(line, longest=60) for line in text.split("\n")]
        width, height = max(map(len, lines)) * size_mm * _LETTER, len(lines) * size_mm * 1.25
        if width + 0.8 > room_m * mm:
            continue
        ((x, y),) = place(np.array([[lon, lat]]))
        turn = math.radians(-angle)
        half_x = (abs(math.cos(turn)) * width + abs(math.sin(turn)) * height) / 2 + 0.4
        half_y = (abs(math.sin(turn)) * width + abs(math.cos(turn)) * height) / 2 + 0.4
        if not (half_x < x < size[0] - half_x and half_y < y < size[1] - half_y):
            continue
        # A name may move within its face; what stands along a line, or is a count, may not.
        moves = [(0.0, 0.0)] if angle or drawn.label_font != "place" else MOVES
        free = (
            (right * height, down * height)
            for right, down in moves
            if math.hypot(right, down) * height < room_m * mm / 3 or not (right or down)
            if not any(
                abs(a - x - right * height) < w + half_x and abs(b - y - down * height) < h + half_y
                for a, b, w, h in taken
            )
        )
        move = next(free, None)
        if move is None:
            continue
        x, y = x + move[0], y + move[1]
        taken.append((x, y, half_x, half_y))
        for number, line in enumerate(lines):
            down = y + (number - (len(lines) - 1) / 2) * size_mm * 1.25 + size_mm * 0.34
            made.append(
                f'<g transform="rotate({-angle:.1f} {x:.2f} {y:.2f})" font-size="{size_mm:.2f}"{weight}'
                f' text-anchor="middle"><text x="{x:.2f}" y="{down:.2f}" stroke="{PAPER}" stroke-width="1">'
                f'{escape(line)}</text><text x="{x:.2f}" y="{down:.2f}" fill="{font.get("colour", INK)}">'
                f"{escape(line)}</text></g>"
            )
    return made

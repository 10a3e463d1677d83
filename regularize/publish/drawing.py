"""From Views to what the canvas of a page draws: geometry, legend rows, columns, labels."""

import math
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.layers import Audience
from regularize.publish import packing
from regularize.publish.columns import columns_of
from regularize.publish.palette import Style, layer_style
from regularize.publish.text import format_day
from regularize.publish.view import IMAGERY, View
from regularize.publish.words import Speaker

# What is seen at first; the rest waits in the list of layers.
SHOWN_FIRST = frozenset(
    {"imagery", "areas", "streets", "parcels", "buildings", "plan_parts", "proposals", "case_parts"}
)
# Drawn on top, but a click means what lies within them first.
WIDE = frozenset({"areas", "land", "municipal_land", "proposals", "plan_parts", "case_parts", "blocks"})
LONGEST_LABEL = 120  # letters; a longer text would fit nowhere and still be measured at every step


@dataclass
class Row:
    """One line of the legend: a class of a layer, or a whole layer (`cls` = -1)."""

    key: str
    label: str
    style: Style
    cls: int = -1
    count: int | None = None
    note: str = ""
    on: bool = True
    shape: str = "area"


@dataclass
class Drawn:
    """One layer as the canvas draws it, in longitude and latitude."""

    name: str
    label: str
    geometries: list[BaseGeometry] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    classes: list[int] | None = None
    columns: list[dict[str, Any]] = field(default_factory=list)
    labels: list[list[Any]] = field(default_factory=list)
    label_font: str = "place"
    in_table: bool = False
    lines: list[tuple[str, str]] = field(default_factory=list)
    since: list[int] | None = None
    until: list[int] | None = None
    n_days: int = 0

    def header(self, meaning: str) -> dict[str, Any]:
        """What the script needs beside the geometry."""
        return {
            "name": self.name,
            "label": self.label,
            "n": len(self.geometries),
            "classes": self.classes,
            "columns": self.columns,
            "labels": self.labels,
            "since": self.since,
            "until": self.until,
            "label_font": self.label_font,
            "in_table": self.in_table,
            "meaning": meaning,
            "behind": self.name in WIDE,
        }


@dataclass(frozen=True)
class MapMeta:
    """What a map says about itself.

    Parameters
    ----------
    audience : str
        ``office``, ``council`` or ``public``; every view must be for it.
    title : str
        Municipality or project.
    on : date
        The day whose state is shown.
    place : str
        Area or neighbourhood.
    recipient : str
        Who an office map is given to; printed on it.
    dates : sequence of (str, str)
        Data dates panel: layer or source, and its date and counts.
    class_notes : mapping of str to str
        "What does this mean", by class, in the language of the page.
    reason_titles : mapping of str to str
        Titles of reason codes, in the language of the page.
    figures_on : date, optional
        The day of the oldest figure shown, where it is not of today.
    timeline : sequence of (date, str)
        Days on which something changed, ascending, and what; the last one is `on`.
    surveys : sequence of date
        Of these, the days of surveys of buildings.
    colours : mapping of str to str
        Colours of the country pack by decision (``palette.DECISIONS``).
    municipal : collection of str
        Codes of ownership that mean the municipality.
    imagery : str
        Source and date of the picture below the map.
    """

    audience: Audience
    title: str
    on: date
    place: str = ""
    recipient: str = ""
    dates: Sequence[tuple[str, str]] = ()
    class_notes: Mapping[str, str] = field(default_factory=dict)
    reason_titles: Mapping[str, str] = field(default_factory=dict)
    figures_on: date | None = None
    timeline: Sequence[tuple[date, str]] = ()
    surveys: Sequence[date] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    municipal: Collection[str] = ()
    imagery: str = ""


@dataclass
class Sheet:
    """A page in the making: layers in drawing order, and what the panel lists."""

    layers: list[Drawn] = field(default_factory=list)
    order: list[tuple[str, str]] = field(default_factory=list)  # (layer, row key), bottom to top
    groups: list[dict[str, Any]] = field(default_factory=list)  # title, rows (layer, key), ...
    tables: list[dict[str, Any]] = field(default_factory=list)
    headline: dict[str, str] | None = None
    empty: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, drawn: Drawn, *, order: bool = True) -> None:
        """Add a layer on top of those that stand."""
        self.layers.append(drawn)
        if order:
            self.order += [(drawn.name, row.key) for row in drawn.rows]


def draw(view: View, speaker: Speaker, *, on: bool = True, font: str | None = None) -> Drawn:
    """A layer without classes: one row, its visible columns, and labels from its names.

    Parameters
    ----------
    view : View
    speaker : Speaker
    on : bool
        Whether it is shown at first.
    font : str, optional
        A font of the page: the layer's names are written on the map in it.
    """
    label = speaker.labels(f"layer.{view.layer.name}")
    drawn = Drawn(view.layer.name, label)
    frame = placed(view)
    style = layer_style(view.layer.name)
    lines = bool(len(frame)) and bool((shapely.get_dimensions(frame.geometry.to_numpy()) == 1).all())
    drawn.rows = [
        Row(view.layer.name, label, style, count=None, on=on, shape="line" if lines else "area"),
    ]
    drawn.geometries = geographic(frame)
    drawn.columns = columns_of(view, frame, speaker)
    drawn.since, drawn.until = spans(frame, speaker.days)
    drawn.n_days = len(speaker.days)
    if font:
        names = [speaker_text(row, ("name", "title", "designation")) for row in frame.to_dict("records")]
        drawn.labels, drawn.label_font = place_labels(frame, names, once=True), font
    return drawn


def base_layer(view: View, speaker: Speaker) -> Drawn:
    """A layer of the quiet base, or of the plan."""
    if view.layer.name == "case_parts":
        return case_layer(view, speaker)
    font = {"streets": "street", "plan_parts": "place", "proposals": "place"}.get(view.layer.name)
    drawn = draw(view, speaker, on=view.layer.name in SHOWN_FIRST, font=font)
    drawn.in_table = view.layer.name in {"plan_parts", "proposals"}
    if view.layer is IMAGERY:
        drawn.columns = []
        drawn.rows = [replace(row, shape="image") for row in drawn.rows]
    return drawn


def case_layer(view: View, speaker: Speaker) -> Drawn:
    """Procedures: where they run, how far they are, and what is due next."""
    drawn = draw(view, speaker)
    drawn.in_table, drawn.label_font = True, "place"
    frame = placed(view)
    drawn.lines = case_lines(frame, speaker)
    texts = ["\n".join(lines) for lines in drawn.lines]
    drawn.labels = place_labels(frame, texts)
    return drawn


def cases_over_time(views: Sequence[View | None], speaker: Speaker) -> Drawn:
    """Procedures as they stood on each of the page's days; `views` has one per day."""
    rows: dict[tuple[Any, ...], list[Any]] = {}
    frames = []
    for day, view in enumerate(views):
        if view is None or not view.has_geometry:
            continue
        frame = placed(view)
        for i, row in enumerate(frame.drop(columns="geometry").to_dict("records")):
            key = (*row.values(), frame.geometry.iloc[i].wkb)
            if key in rows and rows[key][1] == day:
                rows[key][1] = day + 1
            else:
                rows[key] = [day, day + 1, frame.iloc[[i]], view]
    frames = [held[2] for held in rows.values()]
    whole = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    some = next(iter(rows.values()))[3]
    name = some.layer.name
    drawn = Drawn(name, speaker.labels(f"layer.{name}"), in_table=True, label_font="place")
    drawn.rows = [Row(name, drawn.label, layer_style(name))]
    drawn.geometries = geographic(whole)
    drawn.columns = columns_of(some, whole, speaker)
    lines = case_lines(whole, speaker)
    drawn.labels = place_labels(whole, ["\n".join(pair) for pair in lines])
    drawn.since, drawn.until = [held[0] for held in rows.values()], [held[1] for held in rows.values()]
    drawn.n_days = last = len(views)
    drawn.lines = [line for line, until in zip(lines, drawn.until, strict=True) if until == last]
    return drawn


def spans(frame: gpd.GeoDataFrame, days: Sequence[str]) -> tuple[list[int] | None, list[int] | None]:
    """From which stop of the slider to before which each row is valid; None where nothing changes."""
    if len(days) < 2 or "valid_from" not in frame.columns:
        return None, None
    since = [0 if day is None else min(bisect_left(days, day), len(days) - 1) for day in frame["valid_from"]]
    ends = frame["valid_to"] if "valid_to" in frame.columns else [None] * len(frame)
    until = [len(days) if day is None else bisect_left(days, day) for day in ends]
    return since, until


def case_lines(frame: gpd.GeoDataFrame, speaker: Speaker) -> list[tuple[str, str]]:
    """Per procedure its title, and its state with the next deadline."""
    _ = speaker.ui
    lines = []
    for row in frame.to_dict("records"):
        state = speaker.code("state", row["state"]) if row.get("state") else _("state unknown")
        if row.get("next_deadline"):
            state += " · " + _("due {date}").format(date=format_day(row["next_deadline"], lang=speaker.lang))
        lines.append((speaker_text(row, ("title", "case")), state))
    return lines


def placed(view: View) -> gpd.GeoDataFrame:
    """The rows that have a place, along a Hilbert curve, in the CRS they came in."""
    frame = view.frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(geometry=[])
    known = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return known.iloc[packing.spatial_order(known)].reset_index(drop=True)


def geographic(frame: gpd.GeoDataFrame) -> list[BaseGeometry]:
    """The geometries in WGS 84, longitude first."""
    return [] if frame.empty else list(frame.geometry.to_crs(packing.GEOGRAPHIC))


def speaker_text(row: Mapping[Any, Any], names: Sequence[str]) -> str:
    """The first text among `names` that the row has."""
    return next((str(row[name]) for name in names if row.get(name)), "")


def place_labels(frame: gpd.GeoDataFrame, texts: Sequence[str], *, once: bool = False) -> list[list[Any]]:
    """Where the texts may stand: [feature, text, lon, lat, angle in degrees, room in metres].

    Parameters
    ----------
    frame : GeoDataFrame
        In a metric CRS.
    texts : sequence of str
        One per row; empty ones are left out.
    once : bool
        Write each text only where it has most room.
    """
    fitting = [(i, text) for i, text in enumerate(texts) if 0 < len(text) <= LONGEST_LABEL]
    spots = [(i, text, *_spot(frame.geometry.iloc[i])) for i, text in fitting]
    if once:
        best: dict[str, tuple[Any, ...]] = {}
        for spot in spots:
            if spot[1] not in best or spot[4] > best[spot[1]][4]:
                best[spot[1]] = spot
        spots = [best[text] for text in sorted(best)]
    if not spots:
        return []
    at = gpd.GeoSeries([spot[2] for spot in spots], crs=frame.crs).to_crs(packing.GEOGRAPHIC)
    return [
        [spot[0], spot[1], round(point.x, 7), round(point.y, 7), round(spot[3], 1), round(spot[4], 1)]
        for spot, point in zip(spots, at, strict=True)
    ]


def _spot(geometry: BaseGeometry) -> tuple[BaseGeometry, float, float]:
    """Point, angle (degrees, against the clock from east) and room (m) for a label."""
    if shapely.get_dimensions(geometry) == 1:
        lines = [np.asarray(part.coords)[:, :2] for part in shapely.get_parts(geometry)]
        start = np.concatenate([line[:-1] for line in lines])
        end = np.concatenate([line[1:] for line in lines])
        lengths = np.hypot(*(end - start).T)
        k = int(np.argmax(lengths))
        return shapely.Point((start[k] + end[k]) / 2), _upright(end[k] - start[k]), float(lengths[k])
    if shapely.get_dimensions(geometry) == 0:
        return geometry.representative_point(), 0.0, 40.0
    box = shapely.get_coordinates(geometry.minimum_rotated_rectangle)
    sides = np.diff(box[:3], axis=0)
    long, short = sorted(sides, key=lambda side: -float(np.hypot(*side)))
    length, width = float(np.hypot(*long)), float(np.hypot(*short))
    centre = geometry.centroid if geometry.contains(geometry.centroid) else geometry.representative_point()
    if length > 4 * width:  # a street as a polygon
        return centre, _upright(long), length * 0.8
    return centre, 0.0, math.sqrt(geometry.area)


def _upright(step: Any) -> float:
    """The angle of a line, turned so that text along it does not stand on its head."""
    angle = math.degrees(math.atan2(float(step[1]), float(step[0])))
    return angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle

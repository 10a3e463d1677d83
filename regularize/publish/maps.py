"""The maps that a municipality shows: one HTML file each, offline, per audience, in both languages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.publish import packing, palette, picture
from regularize.publish.disclosure import settings
from regularize.publish.drawing import Drawn, MapMeta, Sheet, cases_over_time
from regularize.publish.languages import merged
from regularize.publish.map_council import council_sheet
from regularize.publish.map_office import office_sheet
from regularize.publish.map_public import finest_zoom, public_sheet
from regularize.publish.page import StaticText, write_page
from regularize.publish.text import format_day, format_number
from regularize.publish.view import View, smallest_count
from regularize.publish.words import Labels, Speaker, ui_words

__all__ = ["DrawnMap", "Edition", "MapMeta", "render_map"]

MAX_ZOOM = 22
LANGUAGE_NAMES = {"bg": "Български", "en": "English"}
FONTS = {
    "street": {"font": "italic 12px sans-serif", "size": 12, "colour": palette.GREY_DARK},
    "place": {"font": "600 14px sans-serif", "size": 14, "colour": palette.INK},
    "count": {"font": "700 24px sans-serif", "size": 24, "colour": palette.INK},
}
# The map on the A3 sheet, and in the preview for pages without script.
SHEET_MM = (312.0, 277.0)
PREVIEW_MM, PREVIEW_PX = (200.0, 140.0), 400
OVERVIEW_PX_MM = 5  # of the map that leads to others
PREVIEW_MOST = 30_000  # features; more would take longer to draw than the whole page


@dataclass(frozen=True)
class Edition:
    """The words of a map in one language.

    Parameters
    ----------
    lang : str
        ``bg`` or ``en``.
    labels : callable
        Label of a key of the country pack (``class.extended``, ``layer.parcels``) in `lang`.
    meta : MapMeta
    views : sequence of View
        At most one per layer, all for ``meta.audience``, in a metric CRS.
    past : sequence of View or None
        Procedures as they stood on each day of ``meta.timeline``; empty where there is no timeline.
    """

    lang: str
    labels: Labels
    meta: MapMeta
    views: Sequence[View]
    past: Sequence[View | None] = ()


def render_map(
    views: Sequence[View], meta: MapMeta, *, labels: Labels, lang: str, also: Sequence[Edition] = ()
) -> str:
    """The page of a map.

    Parameters
    ----------
    views, meta, labels, lang
        As in :class:`Edition`.
    also : sequence of Edition
        The same map in other languages; the page gets a switch.

    Returns
    -------
    str
        HTML; the same text for the same input.

    Raises
    ------
    OptionError
        For an audience that has no map.
    ValueError
        If a view is for another audience.
    """
    return DrawnMap([Edition(lang, labels, meta, views), *also]).page()


class DrawnMap:
    """One map, ready to be written as page, sheet or picture; the first edition leads."""

    def __init__(self, editions: Sequence[Edition]) -> None:
        self.editions = [_Composed(edition) for edition in editions]
        self.first = self.editions[0]

    def page(self, preview: str = "") -> str:
        """The page; `preview` is the still picture for readers without script."""
        contents = {made.lang: made.content() for made in self.editions}
        headers = {made.lang: made.headers for made in self.editions}
        payload = merged(contents)
        payload["lang"] = self.first.lang
        payload["languages"] = sorted(contents)  # Bulgarian first
        geometries = [layer.geometries for layer in self.first.layers]
        payload["packed"] = packing.pack({"layers": merged(headers)}, geometries)
        payload["underlay"] = self.first.underlay()
        return write_page(payload, self.first.static(preview), lang=self.first.lang)

    def still(self, width_mm: float, height_mm: float, *, usual: bool = True) -> picture.Still:
        """The map as SVG, as the page shows it first."""
        made = self.first
        finest = int(settings()["finest_scale"]) if made.meta.audience == "public" else 1
        return picture.draw_still(
            made.layers,
            made.sheet.order,
            made.bounds,
            width_mm=width_mm,
            height_mm=height_mm,
            fonts=FONTS,
            finest=finest,
            usual=usual,
            underlay=made.picture,
        )

    def preview(self) -> str:
        """The bare map as a small PNG (data URI); empty where there is nothing, or too much, to draw."""
        n = sum(len(layer.geometries) for layer in self.first.layers)
        if not 0 < n <= PREVIEW_MOST:
            return ""
        # Lines keep their colours only where the shades of the ground leave some of the palette to them.
        colours = {"colours": 256} if self.first.picture is not None else {}
        return picture.preview(self.still(*PREVIEW_MM, usual=False), width_px=PREVIEW_PX, **colours)

    def plain_still(self, width_mm: float, most_mm: float) -> tuple[picture.Still, str]:
        """The map as high as its area needs, and as PNG (data URI; empty as in :meth:`preview`)."""
        south, west, north, east = self.first.bounds
        across = (east - west) * math.cos(math.radians((south + north) / 2))
        height_mm = min(most_mm, max(most_mm / 3, 1.06 * width_mm * (north - south) / across))
        still = self.still(width_mm, height_mm, usual=False)
        n = sum(len(layer.geometries) for layer in self.first.layers)
        if not 0 < n <= PREVIEW_MOST:
            return still, ""
        return still, picture.preview(still, width_px=round(width_mm * OVERVIEW_PX_MM))

    def pdf(self) -> bytes:
        """The map on one A3 sheet with legend, scale and date."""
        return picture.set_sheet(self._sheet_data(), form="pdf", on=self.first.meta.on)

    def png(self) -> bytes:
        """The same sheet as a picture."""
        return picture.set_sheet(self._sheet_data(), form="png")

    def _sheet_data(self) -> dict[str, Any]:
        made = self.first
        still = self.still(*SHEET_MM)
        content = made.content()
        _ = made.speaker.ui
        rows = made.rows
        groups = []
        for group in content["groups"]:
            listed = [(rows[r], r) for r in group["rows"] if rows[r]["on"]]
            listed += [(b, b["rows"][0]) for b in group["branches"] if any(rows[r]["on"] for r in b["rows"])]
            if listed:
                lines = [
                    {
                        "swatch": picture.swatch(made.styles[r], rows[r]["shape"]),
                        "label": line["label"],
                        "count": line["count"] or "",
                    }
                    for line, r in listed
                ]
                groups.append({"title": group["title"], "note": group["note"], "rows": lines})
        bar = picture.scale_bar(still.denominator)
        metres = bar["metres"]
        unit = _("m") if metres < 1000 else _("km")
        size = format_number(metres if metres < 1000 else metres / 1000, 0, lang=made.lang)
        number = format_number(still.denominator, 0, lang=made.lang)
        return {
            **{key: content[key] for key in ("kind", "title", "place", "stamp", "headline", "empty")},
            "lang": made.lang,
            "groups": groups,
            "tables": content["tables"],
            "svg": still.svg,
            "width_mm": still.width_mm,
            "height_mm": still.height_mm,
            "north": _("N"),
            "bar": {"mm": bar["mm"], "label": f"{size} {unit}"},
            "scale": _("Scale 1:{scale}").format(scale=number),
        }


class _Composed:
    """The sheet of one edition and what the page says of it."""

    def __init__(self, edition: Edition) -> None:
        meta = edition.meta
        wrong = [view.layer.name for view in edition.views if view.audience != meta.audience]
        if wrong:
            raise ValueError(f"views for another audience than {meta.audience}: {', '.join(wrong)}")
        days = tuple(day.isoformat() for day, _what in meta.timeline)
        self.lang, self.meta = edition.lang, meta
        self.speaker = Speaker(edition.lang, edition.labels, days if len(days) > 1 else ())
        self.picture = next((view.picture for view in edition.views if view.picture is not None), None)
        self.sheet = self._sheet({view.layer.name: view for view in edition.views if view.has_geometry})
        if self.speaker.days and any(edition.past):
            over = cases_over_time(edition.past, self.speaker)
            self.sheet.layers = [over if d.name == over.name else d for d in self.sheet.layers]
        # A layer without features has no row: the panel lists only what can be seen.
        self.layers = [layer for layer in self.sheet.layers if layer.geometries]
        if not self.layers:
            _ = self.speaker.ui
            self.sheet.empty = _("This view holds no features.")
        cases = next((layer for layer in self.layers if layer.name == "case_parts"), None)
        if cases and cases.lines:
            self.sheet.tables.insert(
                0, {"title": cases.label, "lines": cases.lines, "note": "", "wide": True}
            )
        self.bounds = _bounds(self.layers)
        self.styles = [row.style for layer in self.layers for row in layer.rows]

    def _sheet(self, views: dict[str, View]) -> Sheet:
        if self.meta.audience == "office":
            return office_sheet(views, self.meta, self.speaker)
        if self.meta.audience == "council":
            return council_sheet(views, self.speaker)
        if self.meta.audience == "public":
            return public_sheet(views, self.speaker)
        raise OptionError(
            _("there is no map for the audience {audience}").format(audience=self.meta.audience),
            hint=_("regularize map build --audience council"),
        )

    @property
    def headers(self) -> list[dict[str, Any]]:
        """What the page needs of each layer beside its geometry."""
        _ = self.speaker.ui
        meaning = _("What does this mean?")
        return [layer.header(meaning) for layer in self.layers]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of the legend, layer by layer."""
        return [
            {
                "layer": i,
                "cls": row.cls,
                "label": row.label,
                "note": row.note,
                "count": None if row.count is None else format_number(row.count, 0, lang=self.lang),
                "on": row.on,
                "shape": row.shape,
                "style": row.style.as_json(),
            }
            for i, layer in enumerate(self.layers)
            for row in layer.rows
        ]

    def content(self) -> dict[str, Any]:
        """Everything of the page but the packed layers."""
        _, meta, sheet = self.speaker.ui, self.meta, self.sheet
        keys = [(layer.name, row.key) for layer in self.layers for row in layer.rows]
        number = {key: i for i, key in enumerate(keys)}
        groups = []
        for group in sheet.groups:
            listed = [number[key] for key in group["rows"] if key in number]
            branches = [self._branch(branch, number) for branch in group.get("branches", ())]
            if listed or branches:
                groups.append({"quiet": False, "note": "", **group, "rows": listed, "branches": branches})
        kind = {
            "office": _("Working map of the office"),
            "council": _("Map for the municipal council"),
            "public": _("Map for everyone"),
        }
        return {
            "kind": kind[meta.audience],
            "title": meta.title,
            "place": meta.place,
            "stamp": self._stamp(),
            "headline": sheet.headline,
            "empty": sheet.empty,
            "groups": groups,
            "tables": sheet.tables,
            "rows": self.rows,
            "order": [number[key] for key in sheet.order if key in number],
            "dates": [list(pair) for pair in meta.dates],
            "notes": [*sheet.notes, *self._figure_notes()],
            "language_names": LANGUAGE_NAMES,
            "timeline": [
                {"day": format_day(day.isoformat(), lang=self.lang), "what": what}
                for day, what in meta.timeline[: len(self.speaker.days)]
            ],
            "surveys": [i for i, day in enumerate(meta.timeline) if day[0] in meta.surveys]
            if self.speaker.days
            else [],
            "ui": ui_words(self.speaker, meta.audience),
            "fonts": FONTS,
            "ink": palette.INK,
            "paper": palette.PAPER,
            "bounds": self.bounds,
            "max_zoom": finest_zoom((self.bounds[0] + self.bounds[2]) / 2)
            if meta.audience == "public"
            else MAX_ZOOM,
        }

    def _branch(self, branch: Mapping[str, Any], number: Mapping[Any, int]) -> dict[str, Any]:
        """A line of the legend that stands for several: its rows switch together, or one by one."""
        listed = [number[key] for key in branch["rows"] if key in number]
        counts = {
            key: row.count or 0
            for drawn in self.layers
            for row in drawn.rows
            for key in [(drawn.name, row.key)]
        }
        n = sum(counts[key] for key in branch["rows"] if key in number)
        return {"label": branch["label"], "rows": listed, "count": format_number(n, 0, lang=self.lang)}

    def underlay(self) -> dict[str, Any] | None:
        """The picture below the map, as the script of the page lays it."""
        if self.picture is None:
            return None
        south, west, north, east = self.picture.bounds
        row = next(i for i, row in enumerate(self.rows) if row["shape"] == "image")
        return {"source": self.picture.as_uri(), "bounds": [[south, west], [north, east]], "row": row}

    def _stamp(self) -> list[str]:
        _, meta = self.speaker.ui, self.meta
        stamp = [_("State on {date}").format(date=format_day(meta.on.isoformat(), lang=self.lang))]
        if meta.figures_on is not None:
            day = format_day(meta.figures_on.isoformat(), lang=self.lang)
            stamp.append(_("Figures of {date}").format(date=day))
        if meta.audience == "office":
            stamp.append(
                _("For office use. Given to: {recipient}").format(recipient=meta.recipient)
                if meta.recipient
                else _("For office use.")
            )
        if meta.imagery:
            stamp.append(_("Aerial picture: {source}").format(source=meta.imagery))
        return stamp

    def _figure_notes(self) -> list[str]:
        if self.meta.figures_on is None:
            return []
        _ = self.speaker.ui
        note = _(
            "A figure that has changed by fewer than {k} since it was last shown stays as it was, so that "
            "two maps compared point at no single home."
        )
        return [note.format(k=smallest_count())]

    def static(self, still: str) -> StaticText:
        """What stands in the page where no script runs."""
        _, meta, content = self.speaker.ui, self.meta, self.content()
        rows = content["rows"]
        tables = []
        for group in content["groups"]:
            lines = [(rows[r]["label"], rows[r]["count"]) for r in group["rows"] if rows[r]["count"]]
            tables.append((group["title"], lines + [(b["label"], b["count"]) for b in group["branches"]]))
            listed = [rows[r] for branch in group["branches"] for r in branch["rows"]]
            tables.append((_("By kind"), [(row["label"], row["count"]) for row in listed]))
        tables += [(table["title"], table["lines"]) for table in self.sheet.tables]
        headline = content["headline"]
        said = [content["kind"], *content["stamp"], content["empty"]]
        if headline:
            said.append(f"{headline['number']} {headline['text']}")
        return StaticText(
            title=" – ".join(part for part in (meta.title, meta.place) if part),
            lines=[*said, _("The map itself needs a browser with scripts.")],
            tables=[table for table in tables if table[1]],
            picture=still,
        )


def _bounds(layers: Sequence[Drawn]) -> list[float]:
    """South, west, north, east of the area, or of everything where no area is drawn."""
    beside = {"streets", "imagery"}
    chosen = [d for d in layers if d.name == "areas"] or [d for d in layers if d.name not in beside] or layers
    if not chosen:
        return [-60.0, -150.0, 70.0, 150.0]
    west, south, east, north = shapely.total_bounds(
        np.array([g for drawn in chosen for g in drawn.geometries], dtype=object)
    ).tolist()
    pad = 0.0004 if max(east - west, north - south) < 0.0004 else 0.0
    return [round(south - pad, 7), round(west - pad, 7), round(north + pad, 7), round(east + pad, 7)]

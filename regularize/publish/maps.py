"""The maps that a municipality shows: one HTML file each, offline, per audience."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.publish import packing, palette
from regularize.publish.drawing import Drawn, Labels, MapMeta, Sheet, Speaker
from regularize.publish.map_council import council_sheet
from regularize.publish.map_office import office_sheet
from regularize.publish.map_public import finest_zoom, public_sheet
from regularize.publish.page import StaticText, write_page
from regularize.publish.text import format_day, format_number
from regularize.publish.view import View, smallest_count

__all__ = ["MapMeta", "render_map"]

MAX_ZOOM = 22
FONTS = {
    "street": {"font": "italic 12px sans-serif", "size": 12, "colour": palette.GREY_DARK},
    "place": {"font": "600 14px sans-serif", "size": 14, "colour": palette.INK},
    "share": {"font": "700 13px sans-serif", "size": 13, "colour": palette.INK},
    "count": {"font": "700 24px sans-serif", "size": 24, "colour": palette.INK},
}


def render_map(views: Sequence[View], meta: MapMeta, *, labels: Labels, lang: str) -> str:
    """The page of a map.

    Parameters
    ----------
    views : sequence of View
        At most one per layer, all for ``meta.audience``, in a metric CRS.
    meta : MapMeta
    labels : callable
        Label of a key of the country pack (``class.extended``, ``layer.parcels``) in `lang`.
    lang : str
        ``bg`` or ``en``.

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
    wrong = [view.layer.name for view in views if view.audience != meta.audience]
    if wrong:
        raise ValueError(f"views for another audience than {meta.audience}: {', '.join(wrong)}")
    speaker = Speaker(lang, labels)
    by_name = {view.layer.name: view for view in views if view.has_geometry}
    if meta.audience == "office":
        sheet = office_sheet(by_name, meta, speaker)
    elif meta.audience == "council":
        sheet = council_sheet(by_name, speaker)
    elif meta.audience == "public":
        sheet = public_sheet(by_name, speaker)
    else:
        raise OptionError(
            _("there is no map for the audience {audience}").format(audience=meta.audience),
            hint=_("regularize map build --audience council"),
        )
    return _page(sheet, meta, speaker)


def _page(sheet: Sheet, meta: MapMeta, speaker: Speaker) -> str:
    _ = speaker.ui
    # A layer without features has no row: the panel lists only what can be seen.
    layers = [layer for layer in sheet.layers if layer.geometries]
    rows: list[dict[str, Any]] = []
    number: dict[tuple[str, str], int] = {}
    for i, layer in enumerate(layers):
        for row in layer.rows:
            number[layer.name, row.key] = len(rows)
            count = None if row.count is None else format_number(row.count, 0, lang=speaker.lang)
            rows.append(
                {
                    "layer": i,
                    "cls": row.cls,
                    "label": row.label,
                    "note": row.note,
                    "count": count,
                    "on": row.on,
                    "shape": row.shape,
                    "style": row.style.as_json(),
                }
            )
    groups = []
    for group in sheet.groups:
        listed = [number[key] for key in group["rows"] if key in number]
        if listed:
            groups.append({"quiet": False, "note": "", **group, "rows": listed})
    kind = {
        "office": _("Working map of the office"),
        "council": _("Map for the municipal council"),
        "public": _("Map for everyone"),
    }
    state = _("State on {date}").format(date=format_day(meta.on.isoformat(), lang=speaker.lang))
    stamp = [state]
    if meta.figures_on is not None:
        day = format_day(meta.figures_on.isoformat(), lang=speaker.lang)
        stamp.append(_("Figures of {date}").format(date=day))
        sheet.notes.append(
            _(
                "A figure that has changed by fewer than {k} since it was last shown stays as it was, so that "
                "two maps compared point at no single home."
            ).format(k=smallest_count())
        )
    if meta.audience == "office":
        stamp.append(
            _("For office use. Given to: {recipient}").format(recipient=meta.recipient)
            if meta.recipient
            else _("For office use.")
        )
    if not layers:
        sheet.empty = _("This view holds no features.")
    cases = next((layer for layer in layers if layer.name == "case_parts"), None)
    if cases:
        sheet.tables.insert(0, {"title": cases.label, "lines": cases.lines, "note": "", "wide": True})
    meaning = _("What does this mean?")
    bounds = _bounds(layers)
    payload = {
        "lang": speaker.lang,
        "kind": kind[meta.audience],
        "title": meta.title,
        "place": meta.place,
        "stamp": stamp,
        "headline": sheet.headline,
        "empty": sheet.empty,
        "groups": groups,
        "tables": sheet.tables,
        "rows": rows,
        "order": [number[key] for key in sheet.order if key in number],
        "dates": [list(pair) for pair in meta.dates],
        "notes": sheet.notes,
        "ui": _ui(speaker, meta),
        "fonts": FONTS,
        "ink": palette.INK,
        "paper": palette.PAPER,
        "bounds": bounds,
        "max_zoom": MAX_ZOOM,
        "packed": packing.pack(
            {"layers": [layer.header(meaning) for layer in layers]}, [layer.geometries for layer in layers]
        ),
    }
    if meta.audience == "public":
        payload["max_zoom"] = finest_zoom((bounds[0] + bounds[2]) / 2)
    tables = [
        (g["title"], [(rows[r]["label"], rows[r]["count"]) for r in g["rows"] if rows[r]["count"]])
        for g in groups
    ]
    tables += [(table["title"], table["lines"]) for table in sheet.tables]
    static = StaticText(
        title=" – ".join(part for part in (meta.title, meta.place) if part),
        lines=[kind[meta.audience], *stamp, sheet.empty, _("The map itself needs a browser with scripts.")],
        tables=[table for table in tables if table[1]],
    )
    return write_page(payload, static, lang=speaker.lang)


def _bounds(layers: Sequence[Drawn]) -> list[float]:
    """South, west, north, east of the area, or of everything where no area is drawn."""
    chosen = [d for d in layers if d.name == "areas"] or [d for d in layers if d.name != "streets"] or layers
    if not chosen:
        return [-60.0, -150.0, 70.0, 150.0]
    west, south, east, north = shapely.total_bounds(
        np.array([g for drawn in chosen for g in drawn.geometries], dtype=object)
    ).tolist()
    pad = 0.0004 if max(east - west, north - south) < 0.0004 else 0.0
    return [round(south - pad, 7), round(west - pad, 7), round(north + pad, 7), round(east + pad, 7)]


def _ui(speaker: Speaker, meta: MapMeta) -> dict[str, str]:
    _ = speaker.ui
    return {
        "panel": _("Title, legend and tools"),
        "search": _("Search"),
        "search_hint": _("Identifier, finding, home, street")
        if meta.audience == "office"
        else _("Block, plan part, case, street"),
        "nothing_found": _("Nothing found"),
        "more_found": _("More found: type more letters"),
        "dates": _("Data and dates"),
        "notes": _("How to read this map"),
        "whole": _("Whole area"),
        "measure": _("Measure"),
        "measure_hint": _("Click on the map"),
        "metre": _("m"),
        "kilometre": _("km"),
        "square_metre": _("sq m"),
        "table": _("List"),
        "table_limit": _("The first 2,000 rows; the search finds the others."),
        "show": _("Show on the map"),
        "full_screen": _("Full screen"),
        "print": _("Print"),
        "close": _("Close"),
        "zoom_in": _("Closer"),
        "zoom_out": _("Farther"),
        "north": _("North is up"),
        "north_letter": _("N"),
        "failed": _("The map could not be drawn. Open it in a current browser."),
    }

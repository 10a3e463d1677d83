"""The public map: cells with bands of shares, and nothing of a single home, a name or an outline."""

import math
from collections.abc import Mapping
from dataclasses import replace

from regularize.publish import palette
from regularize.publish.columns import column_data
from regularize.publish.disclosure import settings, share_limits
from regularize.publish.drawing import Drawn, Row, Sheet, draw, geographic, placed
from regularize.publish.palette import Style
from regularize.publish.text import format_number
from regularize.publish.view import View, smallest_count
from regularize.publish.words import Speaker

EQUATOR_M = 40_075_016.686
WORLD_PX = 256.0
PX_M = 0.0254 / 96  # a CSS pixel on paper
ZOOM_STEP = 0.25
STREETS = Style(palette.GREY_LIGHT, 1.0)


def public_sheet(views: Mapping[str, View], speaker: Speaker) -> Sheet:
    """Layers, legend and notes of the public map; `views` by layer name."""
    _ = speaker.ui
    sheet = Sheet()
    cells = views.get("cells")
    if "streets" in views:
        streets = draw(views["streets"], speaker)
        streets.columns = []  # a name of a street is free text as well
        streets.rows = [replace(row, style=STREETS) for row in streets.rows]
        sheet.add(streets)
    if cells is not None:
        sheet.add(_cells(cells, speaker))
    total = cells.totals.get("all") if cells is not None else None
    if total:
        sheet.headline = {
            "number": format_number(total, 0, lang=speaker.lang),
            "text": _("homes, rounded, with a difference between survey and cadastre"),
        }
    elif cells is not None:
        sheet.empty = _("The number of homes with a difference is not shown for this place.")
    else:
        sheet.empty = _("No findings have been counted for this view yet.")
    if cells is not None:
        drawn = next(layer for layer in sheet.layers if layer.name == "cells")
        sheet.groups.append(
            {
                "title": _("Share of homes with a difference between survey and cadastre"),
                "rows": [("cells", row.key) for row in drawn.rows],
                "open": True,
                "note": _(
                    "Counted in cells of at least {k} homes. Shares are given as bands only; cells of "
                    "fewer homes are not shown."
                ).format(k=smallest_count()),
            }
        )
    rest = [(d.name, row.key) for d in sheet.layers if d.name != "cells" for row in d.rows]
    if rest:
        sheet.groups.append({"title": _("Layers"), "rows": rest, "open": True, "quiet": True})
    sheet.notes = [
        _("A difference between survey and cadastre says nothing about anyone's right to a home."),
        _("The map shows cells only, no single home, and no larger scale than 1:{scale}.").format(
            scale=format_number(settings()["finest_scale"], 0, lang=speaker.lang)
        ),
    ]
    return sheet


def share_text(band: str) -> str:
    """A band as people read it: ``<10 %``, ``25–50 %``, ``>90 %``.

    Examples
    --------
    >>> share_text("0-10"), share_text("25-50"), share_text("90-100")
    ('<10\\xa0%', '25–50\\xa0%', '>90\\xa0%')
    """
    low, high = band.split("-")
    if low == "0":
        return f"<{high}\u00a0%" if high != "100" else "0–100\u00a0%"
    return f">{low}\u00a0%" if high == "100" else f"{low}–{high}\u00a0%"


def finest_zoom(latitude: float) -> float:
    """The largest zoom at which a CSS pixel still shows no more than the finest scale allows."""
    pixel_m = settings()["finest_scale"] * PX_M
    zoom = math.log2(EQUATOR_M * math.cos(math.radians(latitude)) / (WORLD_PX * pixel_m))
    return math.floor(zoom / ZOOM_STEP) * ZOOM_STEP


def _cells(view: View, speaker: Speaker) -> Drawn:
    _ = speaker.ui
    frame = placed(view)
    drawn = Drawn("cells", speaker.labels("layer.cells"))
    bands = [band or "" for band in frame["share"]]
    present = sorted(set(bands), key=lambda band: (band != "", _middle(band)))
    for number, band in enumerate(present):
        name = share_text(band) if band else _("not shown")
        drawn.rows.append(Row(f"cells/{band}", name, _style(band), cls=number))
    drawn.classes = [present.index(band) for band in bands]
    drawn.geometries = geographic(frame)
    drawn.columns = [
        column_data(
            _("Share of homes with a difference"),
            [share_text(band) if band else _("not shown") for band in bands],
            search=False,
        )
    ]
    return drawn


def _middle(band: str) -> float:
    return sum(float(limit) for limit in band.split("-")) / 2 if band else 0.0


def _style(band: str) -> Style:
    if not band:
        return palette.layer_style("not_counted")
    step = sum(_middle(band) >= 100 * limit for limit in share_limits()[1:-1])
    colour = palette.SHARES[min(step, len(palette.SHARES) - 1)]
    return Style(palette.PAPER, 1.5, colour, 1.0)

"""The council map: outlines without class, counts per block, plan parts and procedures."""

from collections.abc import Mapping

import geopandas as gpd
import shapely

from regularize.publish import packing, palette
from regularize.publish.columns import column_data, columns_of
from regularize.publish.drawing import Drawn, Row, Sheet, base_layer, draw, geographic, place_labels, placed
from regularize.publish.palette import Style
from regularize.publish.text import format_number
from regularize.publish.view import View, smallest_count
from regularize.publish.words import Speaker

COUNT_STEPS = (20, 40, 80)
AND_MORE = "+"


def council_sheet(views: Mapping[str, View], speaker: Speaker) -> Sheet:
    """Layers, legend and notes of the council map; `views` by layer name."""
    _ = speaker.ui
    sheet = Sheet()
    for name in ("imagery", "areas", "streets"):
        if name in views:
            sheet.add(base_layer(views[name], speaker))
    blocks = views.get("blocks")
    if blocks is not None:
        sheet.add(_blocks(blocks, speaker))
    parcels = views.get("parcels", views.get("plots"))
    if parcels is not None:
        sheet.add(draw(parcels, speaker))
    outlines = _outlines(views, speaker)
    if outlines is not None:
        sheet.add(outlines)
    for name in ("regulated_plots", "plan_parts", "proposals", "case_parts"):
        if name in views:
            sheet.add(base_layer(views[name], speaker))
    totals = blocks.totals if blocks is not None else {}
    if totals.get("all"):
        sheet.headline = {
            "number": format_number(totals["all"], 0, lang=speaker.lang),
            "text": _("findings wait for a decision"),
        }
    elif blocks is not None:
        sheet.empty = _("For this view the sum of the findings is not shown.")
    else:
        sheet.empty = _("No findings have been counted for this view yet.")
    if blocks is not None:
        drawn = next(layer for layer in sheet.layers if layer.name == "blocks")
        sheet.groups.append(
            {
                "title": _("Findings per block"),
                "rows": [("blocks", row.key) for row in drawn.rows],
                "open": True,
                "note": _(
                    "Counts below {k} are not shown, nor what would give them away. Where nearly every home "
                    "of a block is concerned, only the least is told ({k}+)."
                ).format(k=smallest_count()),
            }
        )
        lines = [
            (speaker.labels(f"class.{cls}"), format_number(n, 0, lang=speaker.lang))
            for cls, n in sorted(totals.items(), key=lambda item: -(item[1] or 0))
            if n is not None and cls != "all"
        ]
        if lines:
            sheet.tables.append({"title": _("By kind"), "lines": lines, "note": ""})
    rest = [(d.name, row.key) for d in sheet.layers if d.name != "blocks" for row in d.rows]
    if rest:
        sheet.groups.append({"title": _("Layers"), "rows": rest, "open": True, "quiet": True})
    sheet.notes = [
        _("A finding is a candidate until a person has looked at it."),
        _("Outlines of buildings come from survey and cadastre together and say nothing of a single home."),
    ]
    return sheet


def _blocks(view: View, speaker: Speaker) -> Drawn:
    _ = speaker.ui
    frame = placed(view)
    drawn = Drawn("blocks", speaker.labels("layer.blocks"), in_table=True, label_font="count")
    counts = [row.get("all") for row in frame["counts"]]
    lowest = [row.get("at_least") if row.get("all") is None else row["all"] for row in frame["counts"]]
    k = smallest_count()
    limits = (k, *(step for step in COUNT_STEPS if step > k))
    names = [_("{n} findings and more").format(n=limit) for limit in limits]
    drawn.classes = [0 if n is None else sum(n >= limit for limit in limits) for n in lowest]
    styles = [palette.layer_style("not_counted")] + [
        Style(palette.GREY, 1.0, colour, 1.0) for colour in palette.SEQUENCE[-len(names) :]
    ]
    withheld = _("not shown")
    for number, (name, style) in enumerate(zip([withheld, *names], styles, strict=True)):
        present = drawn.classes.count(number)
        if present:
            drawn.rows.append(Row(f"blocks/{number}", name, style, cls=number))
    texts = [
        withheld
        if low is None
        else format_number(low, 0, lang=speaker.lang) + ("" if n is not None else AND_MORE)
        for n, low in zip(counts, lowest, strict=True)
    ]
    drawn.geometries = geographic(frame)
    drawn.labels = place_labels(
        frame, ["" if low is None else text for low, text in zip(lowest, texts, strict=True)]
    )
    nearly = _("{n} (nearly every home is concerned)")
    told = [
        nearly.format(n=text) if n is None and low is not None else text
        for text, n, low in zip(texts, counts, lowest, strict=True)
    ]
    drawn.columns = [
        *columns_of(view, frame, speaker),
        column_data(speaker.labels("layer.findings"), told, search=False),
    ]
    return drawn


def _outlines(views: Mapping[str, View], speaker: Speaker) -> Drawn | None:
    """Buildings of survey and cadastre as one layer, so that comparing layers gives no class away."""
    observed, register = views.get("observed_buildings"), views.get("buildings")
    shown = observed or register
    if shown is None:
        return None
    geometries = list(placed(shown).geometry)
    if observed is not None and register is not None:
        tree = shapely.STRtree(geometries)
        for geometry in placed(register).geometry:
            if not len(tree.query(geometry, predicate="intersects")):
                geometries.append(geometry)
    frame = gpd.GeoDataFrame(geometry=geometries, crs=shown.frame.crs)
    frame = frame.iloc[packing.spatial_order(frame)]
    _ = speaker.ui
    label = _("Buildings, outlines")
    row = Row("outlines", label, palette.layer_style("outlines"))
    return Drawn("outlines", label, geographic(frame), [row])

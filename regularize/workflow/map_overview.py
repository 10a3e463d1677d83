"""A municipality on one page: its map, whose areas open maps of their own, and a card for each of them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.errors import OptionError
from regularize.i18n import in_language, marked
from regularize.i18n import translate as _
from regularize.layers import Audience, layer_named
from regularize.project import today
from regularize.publish.map_list import Card, LeadingMap, is_linkable, render_cards
from regularize.publish.maps import DrawnMap
from regularize.publish.view import View
from regularize.store import Store
from regularize.workflow import map_index
from regularize.workflow.maps import draw_map
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.whole import write_whole

MAP_MM, MOST_MM = 240.0, 150.0  # the map above the cards, and how high it may be


def files_of(output: Path, n_areas: int) -> list[Path]:
    """The files that an overview of so many areas writes beside itself: the whole, then each area."""
    return [output.with_name(f"{output.stem}-{number}.html") for number in range(n_areas + 1)]


def area_names(here: Opened) -> list[str]:
    """The names of the areas of a project."""
    with store_of(here) as store:
        return sorted({str(name) for name in store.layer("areas")["name"] if name})


def build(
    here: Opened, output: Path, *, audience: Audience, on: date | None, recipient: str | None, lang: str
) -> int:
    """Write the overview and its maps; returns how many maps there are.

    Raises
    ------
    OptionError
        If the project has no named areas, or the file's name cannot stand in a link.
    """
    names = area_names(here)
    if not names:
        raise OptionError(
            _("the project has no named areas"),
            hint=_("areas are read by: regularize ingest plan FILE --kind areas"),
        )
    files = files_of(output, len(names))
    if not is_linkable(files[0].name):
        raise OptionError(
            _("{name} cannot stand in a link").format(name=output.name),
            hint=_("use letters, digits and hyphens, and the ending .html"),
        )
    cards = []
    for file, area in zip(files, [None, *names], strict=True):
        with store_of(here) as store:
            drawn, _remarks = draw_map(
                here,
                store,
                audience=audience,
                area=area,
                on=on or today(),
                recipient=recipient,
                lang=lang,
            )
            if area is None:
                still, picture = drawn.plain_still(MAP_MM, MOST_MM)
                outlines = _outlines(store, audience, still.place)
        preview = drawn.preview()
        write_whole(file, drawn.page(preview).encode("utf-8"))
        map_index.note(here.project, file, drawn, lang=lang, preview=preview)
        if area is None:
            whole = Card(file.name, in_language("The whole municipality", lang), _said(drawn), picture)
            first = preview
        else:
            cards.append(Card(file.name, area, _said(drawn), preview))
    places = [(card, outlines[card.title]) for card in cards if card.title in outlines]
    leading = LeadingMap(whole, still.width_mm, still.height_mm, places)
    under = drawn.first.content()
    lines = [under["kind"], *under["stamp"]]
    title = here.project.municipality
    page = render_cards(cards, title=title, under=" · ".join(lines), lang=lang, leading=leading)
    write_whole(output, page.encode("utf-8"))
    said = in_language(marked("All neighbourhoods on one page"), lang)
    map_index.note_page(here.project, output, Card(output.name, title, [said, *lines], first), lang=lang)
    return len(files)


def _outlines(store: Store, audience: Audience, place: Callable[[Any], Any]) -> dict[str, BaseGeometry]:
    """The outlines of the areas on the sheet, by name, as the audience may see them."""
    frame = View.of(layer_named("areas"), store.layer("areas"), audience).frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return {}
    moved = shapely.transform(shapely.force_2d(frame.geometry.to_crs(4326).array), place)
    named: dict[str, list[BaseGeometry]] = {}
    for name, geometry in zip(frame["name"], moved, strict=True):
        named.setdefault(str(name), []).append(geometry)
    return {name: shapely.simplify(shapely.union_all(parts), 0.1) for name, parts in named.items()}


def _said(drawn: DrawnMap) -> list[str]:
    content = drawn.first.content()
    headline = content["headline"]
    return [f"{headline['number']} {headline['text']}" if headline else content["empty"]]

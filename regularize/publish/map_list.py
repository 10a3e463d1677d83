"""Pages that lead to maps: the index of a project's maps, and a municipality's neighbourhoods as cards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from shapely.geometry.base import BaseGeometry

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.paper import path
from regularize.publish.plain_page import plain_page
from regularize.publish.text import printable

# A file beside the page and nothing else: no scheme, no folder, nothing that a browser would look up.
_FILE = re.compile(r"[\w][\w .,()-]*\.html")


@dataclass(frozen=True)
class Card:
    """One map: the file beside the page, what it shows, and its picture (PNG as data URI, or empty)."""

    file: str
    title: str
    lines: Sequence[str] = ()
    picture: str = ""


@dataclass(frozen=True)
class LeadingMap:
    """A map whose places open maps of their own.

    Parameters
    ----------
    card : Card
        The map itself, its picture `width_mm` wide.
    width_mm, height_mm : float
    places : sequence of (Card, geometry)
        What opens, and its outline in millimetres from the upper left corner.
    """

    card: Card
    width_mm: float
    height_mm: float
    places: Sequence[tuple[Card, BaseGeometry]] = ()


def is_linkable(file: str) -> bool:
    """Whether a file of this name may be linked from such a page."""
    return _FILE.fullmatch(file) is not None


def render_cards(
    cards: Sequence[Card], *, title: str, under: str, lang: str, leading: LeadingMap | None = None
) -> str:
    """A page of cards, each of which opens its map.

    Parameters
    ----------
    cards : sequence of Card
        Cards of files that cannot be linked safely are left out.
    title, under : str
    lang : str
    leading : LeadingMap, optional
        Stands above the cards.
    """
    shown = [card for card in cards if is_linkable(card.file)]
    body = [f"<h1>{escape(printable(title))}</h1>", f'<p class="under">{escape(printable(under))}</p>']
    if not shown:
        body.append(f"<p>{escape(in_language(_('There is no map here yet.'), lang))}</p>")
    if leading is not None and is_linkable(leading.card.file):
        body.append(_leading(leading))
    body.append('<div class="cards">')
    body += [_card(card) for card in shown]
    body.append("</div>")
    return plain_page("".join(body), title=printable(title), lang=lang, cards=True)


def _leading(leading: LeadingMap) -> str:
    width, height, card = leading.width_mm, leading.height_mm, leading.card
    shapes, names = [], []
    for place, outline in leading.places:
        if outline.is_empty or not is_linkable(place.file):
            continue
        west, north, east, _south = outline.bounds
        title = escape(printable(place.title))
        shapes.append(
            f'<a href="./{escape(place.file)}" aria-label="{title}"><path d="{path([outline])}"/>'
            f"<title>{title}</title></a>"
        )
        names.append(f'<text x="{(west + east) / 2:.2f}" y="{max(north - 2, 9):.2f}">{title}</text>')
    picture = f'<image width="{width:g}" height="{height:g}" href="{escape(card.picture)}"/>'
    lines = "".join(f"<span>{escape(printable(line))}</span>" for line in card.lines if line)
    return (
        f'<figure class="leading"><svg viewBox="0 0 {width:g} {height:g}" role="group">'
        f"{picture if card.picture else ''}{''.join(shapes)}{''.join(names)}</svg>"
        f'<a class="whole" href="./{escape(card.file)}"><b>{escape(printable(card.title))}</b>{lines}</a>'
        "</figure>"
    )


def _card(card: Card) -> str:
    lines = "".join(f"<span>{escape(printable(line))}</span>" for line in card.lines if line)
    picture = f'<img src="{escape(card.picture)}" alt="">' if card.picture else '<span class="none"></span>'
    title = escape(printable(card.title))
    return f'<a class="card" href="./{escape(card.file)}">{picture}<b>{title}</b>{lines}</a>'

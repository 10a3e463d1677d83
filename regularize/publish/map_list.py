"""Pages that lead to maps: the index of a project's maps, and a municipality's neighbourhoods as cards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from regularize.i18n import in_language
from regularize.i18n import marked as _
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


def is_linkable(file: str) -> bool:
    """Whether a file of this name may be linked from such a page."""
    return _FILE.fullmatch(file) is not None


def render_cards(cards: Sequence[Card], *, title: str, under: str, lang: str) -> str:
    """A page of cards, each of which opens its map.

    Parameters
    ----------
    cards : sequence of Card
        Cards of files that cannot be linked safely are left out.
    title, under : str
    lang : str
    """
    shown = [card for card in cards if is_linkable(card.file)]
    body = [f"<h1>{escape(printable(title))}</h1>", f'<p class="under">{escape(printable(under))}</p>']
    if not shown:
        body.append(f"<p>{escape(in_language(_('There is no map here yet.'), lang))}</p>")
    body.append('<div class="cards">')
    body += [_card(card) for card in shown]
    body.append("</div>")
    return plain_page("".join(body), title=printable(title), lang=lang, cards=True)


def _card(card: Card) -> str:
    lines = "".join(f"<span>{escape(printable(line))}</span>" for line in card.lines if line)
    picture = f'<img src="{escape(card.picture)}" alt="">' if card.picture else '<span class="none"></span>'
    title = escape(printable(card.title))
    return f'<a class="card" href="./{escape(card.file)}">{picture}<b>{title}</b>{lines}</a>'

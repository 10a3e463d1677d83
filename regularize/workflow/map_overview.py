"""A municipality on one page: cards of its areas, each of which opens a map of its own."""

from datetime import date
from pathlib import Path

from regularize.errors import OptionError
from regularize.i18n import in_language
from regularize.i18n import translate as _
from regularize.layers import Audience
from regularize.project import today
from regularize.publish.map_list import Card, is_linkable, render_cards
from regularize.publish.maps import DrawnMap
from regularize.workflow.maps import draw_map, write_whole
from regularize.workflow.projects import Opened, store_of


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
        preview = drawn.preview()
        write_whole(file, drawn.page(preview).encode("utf-8"))
        title = area or in_language("The whole municipality", lang)
        cards.append(Card(file.name, title, _said(drawn), preview))
    under = drawn.first.content()
    page = render_cards(
        cards,
        title=here.project.municipality,
        under=" · ".join([under["kind"], *under["stamp"]]),
        lang=lang,
    )
    write_whole(output, page.encode("utf-8"))
    return len(files)


def _said(drawn: DrawnMap) -> list[str]:
    content = drawn.first.content()
    headline = content["headline"]
    return [f"{headline['number']} {headline['text']}" if headline else content["empty"]]

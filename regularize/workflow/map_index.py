"""``maps/index.html``: every map of the project with its picture, refreshed by each build."""

import json
from pathlib import Path
from typing import Any

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.project import Project
from regularize.publish.map_list import Card, is_linkable, render_cards
from regularize.publish.maps import DrawnMap

NAME = "index.html"
# What the index knows of the maps lies beside it, so that it can be drawn anew without them.
NOTES = ".maps.json"


def note(project: Project, output: Path, drawn: DrawnMap, *, lang: str, preview: str) -> None:
    """Add a map that was written to the index, if it lies in the project's folder of maps."""
    content = drawn.first.content()
    title, lines = content["place"] or content["title"], [content["kind"], *content["stamp"]]
    note_page(project, output, Card(output.name, title, lines, preview), lang=lang)


def note_page(project: Project, output: Path, card: Card, *, lang: str) -> None:
    """Add a page that leads to maps, in the same way."""
    from regularize.workflow.whole import write_whole

    folder = project.maps_dir
    if output.parent.resolve() != folder.resolve() or output.name == NAME or not is_linkable(output.name):
        return
    known = _known(folder)
    known[output.name] = {"title": card.title, "lines": list(card.lines), "picture": card.picture}
    kept = {name: known[name] for name in sorted(known) if (folder / name).is_file()}
    write_whole(folder / NOTES, json.dumps(kept, ensure_ascii=False, indent=1).encode("utf-8"))
    cards = [Card(name, card["title"], card["lines"], card["picture"]) for name, card in kept.items()]
    title = in_language(_("Maps"), lang)
    page = render_cards(cards, title=title, under=project.municipality, lang=lang)
    write_whole(folder / NAME, page.encode("utf-8"))


def _known(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {
        str(name): card
        for name, card in (known.items() if isinstance(known, dict) else ())
        if isinstance(card, dict)
        and isinstance(card.get("title"), str)
        and isinstance(card.get("picture"), str)
        and isinstance(card.get("lines"), list)
        and all(isinstance(line, str) for line in card["lines"])
    }

"""The words of a map in one language: labels, numbers, dates, and the texts of buttons and panels."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from regularize.i18n import in_language
from regularize.layers import Audience, Column
from regularize.publish.text import format_day, format_number

Labels = Callable[[str], str]

# Code columns -> the code list that explains their values.
CODE_LISTS = {"ownership_kind": "ownership", "plan_kind": "plan_kind", "state": "state", "kind": "kind"}
_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")


@dataclass(frozen=True)
class Speaker:
    """Words of one page: interface strings, labels of the country pack, numbers, dates."""

    lang: str
    labels: Labels
    days: tuple[str, ...] = ()  # ISO, ascending: the stops of the page's slider
    said: dict[str, str] = field(default_factory=dict, compare=False)

    def ui(self, message: str) -> str:
        """An interface string in the language of the page."""
        if message not in self.said:  # gettext looks at the disk each time
            self.said[message] = in_language(message, self.lang)
        return self.said[message]

    def code(self, name: str, value: str) -> str:
        """The label of a code; the code itself where it is free text or not explained."""
        key = f"{name}.{value}"
        if key not in self.said:
            self.said[key] = self.labels(key) if _CODE.fullmatch(value) else value
        return self.said[key]

    def unit(self, unit: str | None) -> str:
        """A unit as written behind a number."""
        _ = self.ui
        return {"m": _("m"), "m2": _("sq m"), "%": "%"}.get(unit or "", "")

    def cell(self, column: Column, value: Any) -> str | list[str] | None:
        """A value of a column as the reader sees it."""
        if value is None or value == "":
            return None
        if column.dtype == "date":
            return format_day(value, lang=self.lang)
        if column.dtype == "integer":
            return format_number(value, 0, lang=self.lang)
        if column.dtype == "json":
            return [str(item) for item in value]
        return self.code(CODE_LISTS[column.name], value) if column.name in CODE_LISTS else value


def ui_words(speaker: Speaker, audience: Audience) -> dict[str, str]:
    """Name -> text, as the scripts of the page ask for them."""
    _ = speaker.ui
    return {
        "by_kind": _("By kind"),
        "panel": _("Title, legend and tools"),
        "search": _("Search"),
        "search_hint": _("Identifier, plot, street")
        if audience == "office"
        else _("Block, plan part, street"),
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
        "as_of": _("As of"),
        "earlier": _("Earlier"),
        "later": _("Later"),
        "before_after": _("Before and after the survey"),
        "north": _("North is up"),
        "north_letter": _("N"),
        "failed": _("The map could not be drawn. Open it in a current browser."),
    }

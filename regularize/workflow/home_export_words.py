"""All that is stored about a home, for the people whose home it is: every name and code in words.

The record is that of ``home_export.export``. A text that a person wrote stands as it was written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.text import NO_BREAK, format_day, format_number
from regularize.workflow.projects import Opened

# Which labels a coded value may have, by the name it stands under; the first that the pack knows.
CODES: Mapping[str, Sequence[str]] = {
    "kind": ("kind", "procedure", "evidence_kind", "consultation_kind"),
    "class": ("class",),
    "grade": ("grade",),
    "review": ("review",),
    "origin": ("origin",),
    "source": ("origin",),
    "reasons": ("reason",),
    "reason": ("reason",),
    "closed": ("reason",),
    "closed_reason": ("reason",),
    "from": ("review", "class"),
    "to": ("review", "class"),
    "document_type": ("document",),
    "document": ("document",),
    "state": ("document_state", "document"),
    "event": ("event",),
    "partner": ("consultation_partner",),
    "cause": ("objection_cause",),
    "decision": ("objection_decision",),
    "place_kind": ("objection_place",),
    "ownership_kind": ("ownership",),
    "territory_purpose": ("territory_purpose",),
    "land_use_code": ("land_use",),
    "land_owner_category": ("land_owner_category",),
    "function_code": ("building_function",),
    "construction_code": ("construction",),
}
OUTLINES = frozenset({"geometry", "outline_wkt"})
NAMES = ("entry", "column", "fact", "home_fact")  # where a name may have its label
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def lines(here: Opened, record: Mapping[str, Any], *, lang: str) -> Iterator[str]:
    """The record for people: what is kept, in words, section by section."""
    return _Words(here, lang).lines(record)


class _Words:
    """The record of a home in one language."""

    def __init__(self, here: Opened, lang: str) -> None:
        self.pack, self.lang = here.pack, lang

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def lines(self, record: Mapping[str, Any]) -> Iterator[str]:
        say, made, home = self.say, record["made"], record["home"]
        yield say(_("All that is stored about home {home}")).format(home=home["id"])
        yield say(_("State of {day}, {municipality}, regularize {version}")).format(
            day=self.day(made["on"]), municipality=made["municipality"], version=made["version"]
        )
        yield ""
        yield say(_("The home"))
        yield from self.fields(home)
        for table, rows in record["rows"].items():
            for row in rows:
                yield ""
                name = row.get("ref") or row.get("identifier") or row["fid"]
                yield f"{self.label('layer', table)} {name}"
                yield from self.fields(row)
        yield from self._links(record["links"])
        for finding in record["findings"]:
            yield ""
            yield f"{say(_('finding'))} {finding['id']}: {self.label('class', finding['class'])}"
            yield from self.fields({k: v for k, v in finding.items() if k not in {"id", "class"}})
        for document in record["documents"]:
            yield ""
            yield f"{say(_('document'))}: {self.label('document', document['document_type'])}"
            yield from self.fields({k: v for k, v in document.items() if k != "document_type"})
        for case in record["cases"]:
            yield ""
            about = (
                say(_("names the home")) if case["names_the_home"] else say(_("covers the place of the home"))
            )
            yield f"{say(_('case'))} {case['id']}: {case['title']} ({about})"
            said = {"id", "title", "names_the_home"}
            yield from self.fields({k: v for k, v in case.items() if k not in said})
        yield from self._log(record["events"])

    def _links(self, links: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
        """What hangs or hung on the home, each from a day and up to a day."""
        if not any(links.values()):
            return
        yield ""
        yield self.say(_("Linked with the home"))
        for table, rows in links.items():
            for row in rows:
                name = row["ref"] or row["name"] or row["row"]
                if table == "documents":
                    name = self.value("document_type", name)
                since = self.say(_("from {day}")).format(day=self.day(row["valid_from"]))
                until = (
                    ""
                    if not row["valid_to"]
                    else self.say(_("to {day}")).format(day=self.day(row["valid_to"]))
                )
                yield f"  {self.label('layer', table)} {name}: {f'{since} {until}'.rstrip()}"

    def _log(self, events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        yield ""
        yield self.say(_("Entries of the log"))
        if not events:
            yield f"  {self.say(_('none'))}"
        for event in events:
            kind, _colon, name = event["subject"].partition(":")
            subject = f"{self.label('subject', kind)} {name}".rstrip()
            cells = [f"{event['seq']:>5}", self.day(event["on"]), self.happened(event["type"]), subject]
            yield "  " + "  ".join([*cells, *([event["by"]] if event["by"] else [])])
            if event["payload"] is None:
                yield f"         {self.say(_('erased'))}"
            yield from self.fields(event["payload"] or {}, indent=9)

    # -- names and values -----------------------------------------------------------------------

    def fields(self, values: Mapping[str, Any], *, indent: int = 2) -> Iterator[str]:
        """A line for each value that there is, under the name that tables give it."""
        for name, value in values.items():
            if value not in _EMPTY:
                yield f"{' ' * indent}{self.title(name)}: {self.value(name, value)}"

    def title(self, name: str) -> str:
        """The label of a column, an entry of the log or a fact; its bare name where there is none."""
        keys = (f"{head}.{name}" for head in NAMES)
        return self.first(keys) or name

    def happened(self, type_: str) -> str:
        """What an entry of the log says, as one thing."""
        return self.first((f"happened.{type_}", f"log.{type_}")) or type_

    def first(self, keys: Iterable[str]) -> str:
        """The first label that there is; the codes of rules name reasons and nothing else here."""
        for key in keys:
            head, _dot, tail = key.rpartition(".")
            if (
                key in self.pack.labels
                or tail in self.pack.codes(head)
                or (head == "reason" and tail in self.pack.rules)
            ):
                return self.pack.label(key, self.lang)
        return ""

    def label(self, head: str, name: str) -> str:
        return self.pack.label(f"{head}.{name}", self.lang)

    def value(self, name: str, value: Any) -> str:
        """A value in words where it is a code, a day or a number; a person's text as it stands."""
        if name == "measures":
            return "; ".join(f"{self.label('measure', m)} {self.measure(v)}" for m, v in value.items())
        if isinstance(value, Mapping):
            return "; ".join(
                f"{self.title(k)}: {self.value(k, v)}" for k, v in value.items() if v not in _EMPTY
            )
        if isinstance(value, list | tuple):
            return ", ".join(self.value(name, item) for item in value)
        if isinstance(value, bool):
            return self.say(_("yes")) if value else self.say(_("no"))
        if isinstance(value, int | float):
            return self.number(value)
        text = str(value)
        if name in OUTLINES:
            return self.corners(shapely.from_wkt(text))
        if _DAY.fullmatch(text):
            return self.day(text)
        heads = (*CODES.get(name, ()), f"fact_value.{name}", "fact_value")
        keys = (f"{head}.{text}" for head in heads)
        return self.first(keys) or text

    def day(self, day: Any) -> str:
        return format_day(str(day)[:10], lang=self.lang)

    def number(self, value: float) -> str:
        """A number with the decimals that are stored."""
        places = max(0, -int(Decimal(str(value)).normalize().as_tuple().exponent))
        return format_number(value, places, lang=self.lang)

    def measure(self, measure: Mapping[str, Any]) -> str:
        """``18,56 ± 1,29 м²``."""
        text = format_number(measure["value"], 2, lang=self.lang)
        if measure["sigma"] is not None:
            text += f" ± {format_number(measure['sigma'], 2, lang=self.lang)}"
        unit = str(measure["unit"])
        return text if unit == "1" else f"{text}{NO_BREAK}{self.label('unit', unit)}"

    def corners(self, outline: BaseGeometry) -> str:
        """The corners of an outline in metres, N before E as on a plan; each ring by itself."""

        def metres(value: float) -> str:
            return format_number(value, 3, lang=self.lang)

        rings = []
        for part in shapely.get_parts(outline):
            own = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
            for ring in own:
                points = shapely.get_coordinates(ring)
                corners = points[:-1] if part.geom_type == "Polygon" else points
                rings.append("; ".join(f"N{NO_BREAK}{metres(n)} E{NO_BREAK}{metres(e)}" for e, n in corners))
        return " | ".join(rings)

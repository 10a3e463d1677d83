"""Indicators as a page, a flat table, a workbook or JSON: the same figures, each with its origin.

What is held back and what is not known are two different words, and neither is ever a zero.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import in_language, translate
from regularize.i18n import marked as _
from regularize.publish.origins import foot_line, origin_sections
from regularize.publish.printed import Printed, Section, as_html
from regularize.publish.text import NO_BREAK, cell, format_day, format_number, printable, printable_tree
from regularize.publish.workbook import Value, workbook

FORMATS = ("html", "csv", "xlsx", "json")
Label = Callable[[str, str], str]
_LISTED = 12  # numbers of deliveries that are named one by one


def render(data: Mapping[str, Any], *, fmt: str, lang: str, label: Label) -> bytes:
    """The indicators in `fmt`.

    Parameters
    ----------
    data : mapping
        From ``workflow.indicators.collected``; figures that must not be shown are not in it.
    fmt : {"html", "csv", "xlsx", "json"}
    lang : {"bg", "en"}
    label : callable
        ``label(key, lang)``: the ``label`` of a country pack, for units and periods.

    Raises
    ------
    OptionError
        If `fmt` is none of these.
    MissingExtraError
        If a workbook is asked for and its library is not there.
    """
    if fmt not in FORMATS:
        raise OptionError(
            translate("unknown format {fmt}").format(fmt=fmt), hint=translate("use html, csv, xlsx or json")
        )
    if fmt == "json":
        text = json.dumps(printable_tree(data), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        return text.encode("utf-8")
    writer = _Indicators(data, lang, label)
    if fmt == "html":
        return as_html(writer.printed()).encode("utf-8")
    if fmt == "csv":
        return writer.csv().encode("utf-8-sig")  # Excel takes a CSV for UTF-8 only by its mark
    return workbook(writer.sheets(), day=str(data["to"]))


class _Indicators:
    """Writes the indicators in one language."""

    def __init__(self, data: Mapping[str, Any], lang: str, label: Label) -> None:
        self.data, self.lang, self.label = data, lang, label
        self.several = len(data["projects"]) > 1
        self.names = {p["project"]: printable(p["municipality"]) for p in data["projects"]}

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def day(self, value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=self.lang))

    def number(self, value: Any) -> str:
        if value is None:
            return "–"
        return format_number(value, 0 if float(value).is_integer() else 2, lang=self.lang)

    def share(self, value: Any) -> str:
        if value is None:
            return "–"
        digits = 0 if self.data["audience"] == "public" else 1
        return f"{format_number(100 * value, digits, lang=self.lang)}{NO_BREAK}%"

    def value(self, figure: Mapping[str, Any]) -> str:
        """The figure, or which of the two reasons there is none."""
        if figure["state"] == "assessed":
            return self.number(figure["value"])
        return self.say(_("not shown")) if figure["state"] == "withheld" else self.say(_("not assessed"))

    def title(self, row: Mapping[str, Any]) -> str:
        return printable(row["title"][self.lang])

    def unit(self, row: Mapping[str, Any]) -> str:
        return printable(self.label(f"indicator_unit.{row['unit']}", self.lang))

    def period(self) -> str:
        if self.data["from"] is None:
            return self.say(_("from the beginning to {day}")).format(day=self.day(self.data["to"]))
        return f"{self.day(self.data['from'])} – {self.day(self.data['to'])}"

    def audience(self) -> str:
        if self.data["audience"] == "office":
            return self.say(_("For the office: exact counts, not for publication"))
        return self.say(_("For everybody: small counts held back, the others rounded to five"))

    # --- page -------------------------------------------------------------------------------------

    def printed(self) -> Printed:
        names = ", ".join(self.names.values())
        return Printed(
            title=self.say(_("Indicators")),
            under=" · ".join((names, self.period())),
            word=self.audience(),
            sections=[*self.tables(), *self.small_print()],
            notes=self.notes(),
            foot=foot_line(self.data["version"], self.data["to"], self.lang),
            lang=self.lang,
            notes_title=self.say(_("Data and notes")),
        )

    def tables(self) -> list[Section]:
        rows = self.data["indicators"]
        heads = (_("Indicator"), _("Baseline"), _("Target"), _("Now"), _("Share"), _("Of the way"))
        made = [
            Section(
                self.say(_("The programme")) if self.several else self.say(_("The project")),
                tuple(self.say(head) for head in heads),
                [
                    [
                        self.title(row),
                        self.number(row["total"]["baseline"]),
                        self.number(row["total"]["target"]),
                        self.value(row["total"]),
                        self.share(row["total"]["share"]),
                        self.share(row["total"]["progress"]),
                    ]
                    for row in rows
                ],
                figures="lrrrrr",
            )
        ]
        if self.several:
            keys = list(self.names)
            made.append(
                Section(
                    self.say(_("By project")),
                    (self.say(_("Indicator")), *(f"{key} · {self.names[key]}" for key in keys)),
                    [[self.title(row), *(self.value(one) for one in row["projects"])] for row in rows],
                    figures="l" + "r" * len(keys),
                )
            )
        unknown = [
            [self.title(row), f"{one['project']} · {self.names[one['project']]}", printable(one["reason"])]
            for row in rows
            for one in row["projects"]
            if one["state"] == "not_assessed"
        ]
        if unknown:
            heads3 = (self.say(_("Indicator")), self.say(_("Project")), self.say(_("Why")))
            made.append(Section(self.say(_("Not assessed, and why")), heads3, unknown))
        return made

    def small_print(self) -> list[Section]:
        defined = Section(
            self.say(_("What is counted")),
            (self.say(_("Indicator")), self.say(_("Unit")), self.say(_("Definition"))),
            [
                [self.title(r), self.unit(r), printable(r["definition"][self.lang])]
                for r in self.data["indicators"]
            ],
            small=True,
        )
        origin = Section(
            self.say(_("Where each figure comes from")),
            (
                self.say(_("Indicator")),
                self.say(_("Project")),
                self.say(_("Deliveries")),
                self.say(_("Entries of the log")),
            ),
            [
                [self.title(row), one["project"], self.batches(one), self.events(one)]
                for row in self.data["indicators"]
                for one in row["projects"]
            ],
            small=True,
        )
        made = [defined, origin]
        for project in self.data["projects"]:
            head = f"{project['project']} · {printable(project['municipality'])}"
            sections = origin_sections(
                project["origins"],
                project["rules"],
                project["parameters"],
                run_on=project["run_on"],
                lang=self.lang,
            )
            for section in sections:
                title = f"{section.title}: {head}" if self.several else section.title
                made.append(Section(title, section.heads, section.rows, lead=section.lead, small=True))
        return made

    def batches(self, one: Mapping[str, Any]) -> str:
        numbers = one["provenance"]["batches"]
        shown = ", ".join(str(number) for number in numbers[:_LISTED])
        return f"{shown} …" if len(numbers) > _LISTED else shown or "–"

    def events(self, one: Mapping[str, Any]) -> str:
        """How many entries of which kind; their numbers, which tell days apart, for the office only."""
        office = self.data["audience"] == "office"
        said = []
        for kind, entry in one["provenance"]["events"].items():
            name = printable(self.label(f"log.{kind}", self.lang))
            if not office:
                said.append(name)
            elif entry["n"]:
                said.append(f"{name}: {entry['n']} (№{NO_BREAK}{entry['first']}–{entry['last']})")
            else:
                said.append(f"{name}: 0")
        return "; ".join(said) or "–"

    def notes(self) -> list[str]:
        notes = []
        if self.data["audience"] == "public":
            k = self.number(self.data["k"])
            notes.append(self.say(_("Counts under {k} are not shown.")).format(k=k))
            notes.append(
                self.say(_("A figure stays as it was told before while it has changed by a few only."))
            )
        notes.append(self.say(_("What is not assessed is not known; it is not zero.")))
        if self.several:
            notes += self.notes_on_several()
        for row in self.data["indicators"]:
            for one in row["projects"]:
                if one["figure_of"]:
                    said = self.say(_("{title}, {project}: the figure of {day}."))
                    notes.append(
                        said.format(
                            title=self.title(row), project=one["project"], day=self.day(one["figure_of"])
                        )
                    )
        return notes

    def notes_on_several(self) -> list[str]:
        twice, unknown = self.data["homes_twice"], self.data["homes_without_identifier"]
        notes = []
        if twice is None:
            notes.append(
                self.say(_("A few homes stand in several projects; each counts once, in the first."))
            )
        elif twice:
            said = self.say(
                _("{n} homes stand in several projects by their identifier; each counts once, in the first.")
            )
            notes.append(said.format(n=self.number(twice)))
        else:
            notes.append(self.say(_("No home stands in several projects by its identifier.")))
        if unknown:
            said = self.say(
                _("{n} homes have no identifier: whether they stand in two projects cannot be known.")
            )
            notes.append(said.format(n=self.number(unknown)))
        systems = {printable(p["crs"]) for p in self.data["projects"]}
        if len(systems) > 1:
            notes.append(
                self.say(
                    _("The projects lie in different coordinate systems ({names}); only counts are added up.")
                ).format(names=", ".join(sorted(systems)))
            )
        packs = {printable(p["country"]) for p in self.data["projects"]}
        if len(packs) > 1:
            said = _("The projects have different country packs ({names}): what one lacks is not assessed.")
            notes.append(self.say(said).format(names=", ".join(sorted(packs))))
        return notes

    # --- tables -----------------------------------------------------------------------------------

    def flat(self) -> list[list[Value]]:
        """One row per indicator and project, and one for all together; numbers as numbers."""
        made: list[list[Value]] = [[self.say(head) for head in _COLUMNS]]
        for row in self.data["indicators"]:
            ones = (
                [*row["projects"]]
                if not self.several
                else [{**row["total"], "project": ""}, *row["projects"]]
            )
            for one in ones:
                key = one["project"]
                traced = "provenance" in one
                made.append(
                    [
                        row["id"],
                        self.title(row),
                        self.unit(row),
                        f"{key} · {self.names[key]}" if key else self.say(_("The programme")),
                        self.data["from"] if row["period"] == "span" else None,
                        self.data["to"],
                        one["baseline"],
                        one["target"],
                        self.say(_STATES[one["state"]]),
                        one["value"],
                        one["of"],
                        one["share"],
                        one["progress"],
                        printable(one["reason"]) or None,
                        self.batches(one) if traced else None,
                        self.events(one) if traced else None,
                    ]
                )
        return made

    def csv(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        rows = self.flat()
        wide = len(rows[0])
        for row in rows:
            writer.writerow([_field(value) for value in row])
        for line in self.closing():
            writer.writerow([_field(value) for value in [*line, *[None] * (wide - len(line))]])
        return out.getvalue()

    def closing(self) -> list[list[Value]]:
        """What a table states of itself, below its rows."""
        notes = [self.audience(), *self.notes(), foot_line(self.data["version"], self.data["to"], self.lang)]
        lines: list[list[Value]] = [[self.say(_("Data and notes")), note] for note in notes]
        for section in self.small_print()[2:]:
            lines += [[section.title, *row] for row in section.rows]
        return lines

    def sheets(self) -> dict[str, Sequence[Sequence[Value]]]:
        """The same as a workbook: figures, definitions, origin and notes."""
        defined, origin, *rest = self.small_print()
        notes: list[list[Value]] = [[self.say(_("Data and notes"))]]
        notes += [[note] for note in (self.audience(), *self.notes())]
        notes.append([foot_line(self.data["version"], self.data["to"], self.lang)])
        data: list[list[Value]] = [[self.say(_("Data and their days"))]]
        for section in rest:
            data += [[section.title], list(section.heads), *_plain(section.rows), []]
        return {
            self.say(_("Indicators")): self.flat(),
            defined.title: [list(defined.heads), *_plain(defined.rows)],
            origin.title: [list(origin.heads), *_plain(origin.rows)],
            self.say(_("Data and notes")): notes,
            self.say(_("Origin")): data,
        }


_COLUMNS = (
    _("Code"),
    _("Indicator"),
    _("Unit"),
    _("Project"),
    _("Period from"),
    _("Period to"),
    _("Baseline"),
    _("Target"),
    _("State"),
    _("Now"),
    _("Of"),
    _("Share"),
    _("Of the way"),
    _("Why"),
    _("Deliveries"),
    _("Entries of the log"),
)
_STATES = {"assessed": _("assessed"), "withheld": _("not shown"), "not_assessed": _("not assessed")}


def _plain(rows: Iterable[Sequence[str]]) -> list[list[Value]]:
    return [list(row) for row in rows]


def _field(value: Value) -> Any:
    return cell(value) if isinstance(value, str) else "" if value is None else value

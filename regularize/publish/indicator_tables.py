"""Indicators as a flat table and as a workbook: numbers are numbers, and every row states its origin."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from regularize.i18n import marked as _
from regularize.publish.indicator_words import IndicatorWords
from regularize.publish.origins import foot_line
from regularize.publish.text import cell, printable
from regularize.publish.workbook import Value


class IndicatorTables(IndicatorWords):
    """Writes the indicators as tables."""

    def flat(self) -> list[list[Value]]:
        """One row per indicator and project, and one for all together; numbers as numbers."""
        made: list[list[Value]] = [[self.say(head) for head in (*_COLUMNS, *_DEFINED)]]
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
                        self.named(key) if key else self.say(_("The programme")),
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
                        self.batches(one, whole=True) if traced else None,
                        self.events(one) if traced else None,
                        printable(row["definition"][self.lang]),
                        self.title(row),
                        self.denominator(row) or None,
                        self.kind_of_period(row),
                        self.source(row),
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
        for section in (self.deliveries(whole=True), *self.rules_and_values()):
            lines.append([section.title, *section.heads])
            lines += [[section.title, *row] for row in section.rows]
        return lines

    def sheets(self) -> dict[str, Sequence[Sequence[Value]]]:
        """The same as a workbook: figures, definitions, origins, deliveries, rules and notes."""
        defined, origin, sources = (
            self.definitions(whole=True),
            self.origins(whole=True),
            self.deliveries(whole=True),
        )
        notes: list[list[Value]] = [[self.say(_("Data and notes"))]]
        notes += [[note] for note in (self.audience(), *self.notes())]
        notes.append([foot_line(self.data["version"], self.data["to"], self.lang)])
        data: list[list[Value]] = [[self.say(_("Rules and values"))]]
        for section in self.rules_and_values():
            data += [[section.title], list(section.heads), *_plain(section.rows), []]
        return {
            self.say(_("Indicators")): self.flat(),
            defined.title: [list(defined.heads), *_plain(defined.rows)],
            origin.title: [list(origin.heads), *_plain(origin.rows)],
            sources.title: [list(sources.heads), *_plain(sources.rows)],
            self.say(_("Rules and values")): data,
            self.say(_("Data and notes")): notes,
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
_DEFINED = (_("Definition"), _("Numerator"), _("Denominator"), _("Kind of period"), _("Source"))
_STATES = {
    "assessed": _("assessed"),
    "partly_assessed": _("assessed in part"),
    "withheld": _("not shown"),
    "not_assessed": _("not assessed"),
}


def _plain(rows: Iterable[Sequence[str]]) -> list[list[Value]]:
    return [list(row) for row in rows]


def _field(value: Value) -> Any:
    return cell(value) if isinstance(value, str) else "" if value is None else value

"""Indicators as a page, a flat table, a workbook or JSON: the same figures, each with its origin.

What is held back and what is not known are two different words, and neither is ever a zero.
"""

import json
from collections.abc import Mapping
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import marked as _
from regularize.i18n import translate
from regularize.publish.indicator_tables import IndicatorTables
from regularize.publish.indicator_words import IndicatorWords, Label
from regularize.publish.origins import foot_line
from regularize.publish.printed import Printed, Section, as_html
from regularize.publish.text import printable, printable_tree
from regularize.publish.workbook import workbook

FORMATS = ("html", "csv", "xlsx", "json")


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
    if fmt == "html":
        return as_html(_Page(data, lang, label).printed()).encode("utf-8")
    tables = IndicatorTables(data, lang, label)
    if fmt == "csv":
        return tables.csv().encode("utf-8-sig")  # Excel takes a CSV for UTF-8 only by its mark
    return workbook(tables.sheets(), day=str(data["to"]))


class _Page(IndicatorWords):
    """Writes the indicators as a page."""

    def printed(self) -> Printed:
        names = ", ".join(self.names.values())
        return Printed(
            title=self.say(_("Indicators")),
            under=" · ".join((names, self.period())),
            word=self.audience(),
            sections=[
                *self.figures(),
                self.definitions(whole=False),
                self.origins(whole=False),
                self.deliveries(whole=False),
                *self.rules_and_values(),
            ],
            notes=self.notes(),
            foot=foot_line(self.data["version"], self.data["to"], self.lang),
            lang=self.lang,
            notes_title=self.say(_("Data and notes")),
        )

    def figures(self) -> list[Section]:
        """Programme, projects, and what is not assessed."""
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
                key=self.key([row["total"] for row in rows]),
            )
        ]
        if self.several:
            keys = list(self.names)
            made.append(
                Section(
                    self.say(_("By project")),
                    (self.say(_("Indicator")), *(self.named(key) for key in keys)),
                    [[self.title(row), *(self.value(one) for one in row["projects"])] for row in rows],
                    figures="l" + "r" * len(keys),
                    key=self.key([one for row in rows for one in row["projects"]]),
                )
            )
        unknown = [
            [self.title(row), self.named(one["project"]), printable(one["reason"])]
            for row in rows
            for one in row["projects"]
            if one["reason"]
        ]
        if unknown:
            heads3 = (self.say(_("Indicator")), self.say(_("Project")), self.say(_("Why")))
            made.append(Section(self.say(_("Not assessed or only in part, and why")), heads3, unknown))
        return made

"""The council's report on a neighbourhood: counts, plan parts and deadlines, never a home.

It is handed counts that are already suppressed (None = held back) and writes what it is handed, as a
page that needs no network and runs no script, as JSON or as CSV.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import in_language, translate
from regularize.i18n import marked as _
from regularize.publish.charts import Bar, bar_chart
from regularize.publish.palette import PLOT_STYLES, class_style
from regularize.publish.plain_page import plain_page
from regularize.publish.text import cell, format_day, format_number, printable, printable_tree
from regularize.publish.writing import Labels

FORMATS = ("html", "json", "csv")
DEADLINE_DAYS = 60

# What the report may hold. A key that is not named here does not leave the house.
_FIELDS: dict[str, tuple[str, ...]] = {
    "figures": ("label", "value"),
    "classes": ("class", "kind", "count"),
    "blocks": ("block", "count"),
    "cases": ("title", "plan_part", "state", "next_deadline"),
    "deadlines": ("title", "due", "basis"),
}
_PLAIN = ("area", "municipality", "data_on", "k", "version")


def render_council_report(data: Mapping[str, Any], *, lang: str, labels: Labels, fmt: str = "html") -> str:
    """The report as text of `fmt`.

    Parameters
    ----------
    data : mapping
        JSON-able; every key may be missing. ``area``, ``municipality``, ``data_on``, ``version``, ``k``
        (the smallest count that is shown); ``figures`` (label, value), ``classes`` (class, kind, count),
        ``blocks`` (block, count), ``cases`` (title, plan_part, state, next_deadline), ``deadlines``
        (title, due, basis), ``notes`` (texts). A value or count of None was held back by the caller.
        Keys that are not named here are left out.
    lang : {"bg", "en"}
    labels : callable
        ``labels(key, lang)``: the ``label`` of a country pack.
    fmt : {"html", "json", "csv"}

    Raises
    ------
    OptionError
        If `fmt` is none of these.
    """
    if fmt not in FORMATS:
        raise OptionError(
            translate("unknown format {fmt}").format(fmt=fmt), hint=translate("use html, json or csv")
        )
    allowed = _allowed(data)
    if fmt == "json":
        return json.dumps(printable_tree(allowed), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    report = _Report(allowed, lang, labels)
    return report.html() if fmt == "html" else report.csv()


def _allowed(data: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {key: data.get(key) for key in _PLAIN}
    for key, names in _FIELDS.items():
        out[key] = [{name: row.get(name) for name in names} for row in data.get(key) or ()]
    out["deadlines"] = [row for row in out["deadlines"] if _is_near(row["due"], data.get("data_on"))]
    out["deadlines"].sort(key=lambda row: (str(row["due"]), str(row["title"])))
    out["notes"] = list(data.get("notes") or ())
    return out


def _is_near(due: Any, data_on: Any) -> bool:
    """Whether a deadline falls in the next days; one that cannot be read is kept, not hidden."""
    try:
        days = (date.fromisoformat(str(due)[:10]) - date.fromisoformat(str(data_on)[:10])).days
    except ValueError:
        return True
    return 0 <= days <= DEADLINE_DAYS


class _Report:
    """Writes the allowed data in one language."""

    def __init__(self, data: Mapping[str, Any], lang: str, labels: Labels) -> None:
        self.data, self.lang, self.labels = data, lang, labels

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def count(self, value: Any) -> str:
        """A count as written. One that was held back may be small, or may give a small one away."""
        if value is None:
            return self.say(_("not shown"))
        if isinstance(value, int | float):
            return format_number(value, 0 if float(value).is_integer() else 2, lang=self.lang)
        return printable(value)

    def day(self, value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=self.lang))

    def word(self, key: str, value: Any) -> str:
        return printable(self.labels(f"{key}.{value}", self.lang))

    def sections(self) -> list[tuple[str, tuple[str, ...], list[list[str]], str]]:
        """Title, column heads, rows, and what to say where there are none."""
        d = self.data
        nothing = self.say(_("Nothing has been counted."))
        figures = [[printable(r["label"]), self.count(r["value"])] for r in d["figures"]]
        classes = [[self.word("class", r["class"]), self.count(r["count"])] for r in d["classes"]]
        blocks = [[printable(r["block"]), self.count(r["count"])] for r in d["blocks"]]
        cases = [
            [
                printable(r["title"]) or "–",
                printable(r["plan_part"]) or "–",
                printable(r["state"]) or "–",
                self.day(r["next_deadline"]),
            ]
            for r in d["cases"]
        ]
        dues = [[self.day(r["due"]), printable(r["title"]), printable(r["basis"])] for r in d["deadlines"]]
        days = self.say(_("Deadlines of the next {days} days")).format(days=DEADLINE_DAYS)
        return [
            (self.say(_("In short")), (self.say(_("Figure")), self.say(_("Value"))), figures, nothing),
            (
                self.say(_("Findings by class")),
                (self.say(_("Class")), self.say(_("Count"))),
                classes,
                nothing,
            ),
            (self.say(_("Findings by block")), (self.say(_("Block")), self.say(_("Count"))), blocks, nothing),
            (
                self.say(_("Plan parts and cases")),
                (
                    self.say(_("Case")),
                    self.say(_("Part of the plan")),
                    self.say(_("State")),
                    self.say(_("Next deadline")),
                ),
                cases,
                self.say(_("No case is open.")),
            ),
            (
                days,
                (self.say(_("Until")), self.say(_("What")), self.say(_("Basis"))),
                dues,
                self.say(_("No deadline falls in these days.")),
            ),
        ]

    @staticmethod
    def colour(row: Mapping[str, Any]) -> str:
        """The stroke of a class in the one palette."""
        cls = str(row["class"])
        kind = row["kind"] or ("plot" if cls in PLOT_STYLES else "building")
        return class_style(str(kind), cls).stroke

    def chart(self) -> str:
        bars = [Bar(self.word("class", r["class"]), r["count"], self.colour(r)) for r in self.data["classes"]]
        title = self.say(_("Findings by class"))
        return bar_chart(bars, title=title, held_back=self.count(None), lang=self.lang)

    def notes(self) -> list[str]:
        notes = [printable(note, lines=True) for note in self.data["notes"]]
        if self.data["k"] is not None:
            notes.append(self.say(_("Counts under {k} are not shown.")).format(k=self.count(self.data["k"])))
        return notes

    def html(self) -> str:
        title = self.say(_("State of the neighbourhood"))
        area = printable(self.data["area"])
        heading = f"{title}: {area}" if area else title
        under = " · ".join(
            part
            for part in (
                self.say(_("Report for the municipal council")),
                printable(self.data["municipality"]),
                self.day(self.data["data_on"]),
            )
            if part
        )
        word = self.say(
            _(
                "The findings are candidates until a person decides. Not being in the cadastre says nothing "
                "about rights to a home or about its lawfulness."
            )
        )
        by_class = self.say(_("Findings by class"))
        body = "".join(
            f"<section><h2>{escape(name)}</h2>{self.chart() if name == by_class else ''}"
            f"{_table(heads, rows) if rows else f'<p>{escape(empty)}</p>'}</section>"
            for name, heads, rows, empty in self.sections()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes())
        foot = (
            f"regularize {printable(self.data['version'])}".rstrip() + f" · {self.day(self.data['data_on'])}"
        )
        body = (
            f'<h1>{escape(heading)}</h1><p class="under">{escape(under)}</p>'
            f'<p class="word">{escape(word)}</p>'
            f"{body}<section><h2>{escape(self.say(_('Data and notes')))}</h2><ul>{notes}</ul></section>"
            f"<footer>{escape(foot)}</footer>"
        )
        return plain_page(body, title=heading, lang=self.lang)

    def csv(self) -> str:
        """One flat table: section, item, up to three further cells; no cell can be a formula."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        heads = (_("Section"), _("Item"), _("Value"), _("Detail"), _("Detail"))
        writer.writerow([cell(self.say(head)) for head in heads])
        for name, _heads, rows, _empty in self.sections():
            for row in rows:
                cells = [name, *row]
                writer.writerow([cell(text) for text in cells + [""] * (len(heads) - len(cells))])
        for note in self.notes():
            writer.writerow([cell(text) for text in (self.say(_("Data and notes")), note, "", "", "")])
        return out.getvalue()


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    figures = len(heads) == 2  # a name and its count
    kinds = ["", ' class="n"'] if figures else [""] * len(heads)
    head = "".join(f"<th{kind}>{escape(text)}</th>" for kind, text in zip(kinds, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{escape(text)}</td>' for kind, text in zip(kinds, row, strict=True))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

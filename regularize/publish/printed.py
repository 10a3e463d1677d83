"""A report as sections of words and figures, and what writes it: a page, a flat table, a tagged PDF.

Every text of a section has been made printable by the one who filled it; each writer escapes for its own
syntax and nothing else.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import in_language, translate
from regularize.i18n import marked as _
from regularize.publish.charts import PAPER_FACE
from regularize.publish.plain_page import plain_page
from regularize.publish.text import cell, printable_tree

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
TEXT_FORMATS = ("html", "json", "csv")
Draw = Callable[[str], str]  # a face, or "" for that of the page -> SVG


@dataclass(frozen=True)
class Section:
    """One section.

    Parameters
    ----------
    title : str
    heads : tuple of str
        Names of the columns.
    rows : list of list of str
    empty : str
        What is said where there are no rows.
    figures : str
        Per column ``l`` (words) or ``r`` (figures); all words where it is empty.
    lead : str
        A sentence before the table.
    chart : callable, optional
        Draws the chart that stands before the table.
    small : bool
        Whether it is small print: where the figures come from.
    key : list of str
        What the signs in the table mean, said below it.
    """

    title: str
    heads: tuple[str, ...]
    rows: list[list[str]]
    empty: str = ""
    figures: str = ""
    lead: str = ""
    chart: Draw | None = None
    small: bool = False
    key: list[str] = field(default_factory=list)

    @property
    def aligned(self) -> str:
        """One letter per column."""
        return self.figures or "l" * len(self.heads)


@dataclass(frozen=True)
class Printed:
    """A whole report in one language."""

    title: str
    under: str
    word: str
    sections: list[Section]
    notes: list[str]
    foot: str
    lang: str
    notes_title: str = ""
    wide: bool = False
    heads: tuple[str, ...] = field(default=(_("Section"), _("Item"), _("Value"), _("Detail"), _("Detail")))


def written(data: Mapping[str, Any], fmt: str, printed: Callable[[], Printed]) -> str:
    """A report as text of `fmt`: its data as JSON, or what `printed` makes of them as page or table.

    Raises
    ------
    OptionError
        If `fmt` is none of these.
    """
    if fmt not in TEXT_FORMATS:
        raise OptionError(
            translate("unknown format {fmt}").format(fmt=fmt), hint=translate("use html, pdf, json or csv")
        )
    if fmt == "json":
        return json.dumps(printable_tree(data), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return as_html(printed()) if fmt == "html" else as_csv(printed())


def as_html(report: Printed) -> str:
    """One file: no script, no request, ready for print."""
    sections = "".join(_section(section) for section in report.sections)
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    body = (
        f'<h1>{escape(report.title)}</h1><p class="under">{escape(report.under)}</p>'
        f'<p class="word">{escape(report.word)}</p>{sections}'
        f"<section><h2>{escape(report.notes_title)}</h2><ul>{notes}</ul></section>"
        f"<footer>{escape(report.foot)}</footer>"
    )
    return plain_page(body, title=report.title, lang=report.lang, reports=True)


def _section(section: Section) -> str:
    lead = f"<p>{escape(section.lead)}</p>" if section.lead else ""
    chart = section.chart("") if section.chart is not None else ""
    table = _table(section) if section.rows else f"<p>{escape(section.empty)}</p>"
    table += "".join(f'<p class="key">{escape(line)}</p>' for line in section.key)
    if section.small:
        return f'<section class="small"><h2>{escape(section.title)}</h2>{lead}{table}</section>'
    return f"<section><h2>{escape(section.title)}</h2>{lead}{chart}{table}</section>"


def _table(section: Section) -> str:
    kinds = [' class="n"' if letter == "r" else "" for letter in section.aligned]
    head = "".join(f"<th{kind}>{escape(text)}</th>" for kind, text in zip(kinds, section.heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{escape(text)}</td>' for kind, text in zip(kinds, row, strict=True))}</tr>"
        for row in section.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def as_csv(report: Printed) -> str:
    """One flat table: section, item and what stands beside it; no cell can be a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    lines = [
        [section.title, *row]
        for section in report.sections
        for row in [*section.rows, *([line] for line in section.key)]
    ]
    lines += [[report.notes_title, note] for note in report.notes]
    wide = max([len(report.heads), *(len(line) for line in lines)])
    heads = [*report.heads, *report.heads[-1:] * (wide - len(report.heads))]
    writer.writerow([cell(in_language(head, report.lang)) for head in heads])
    for line in lines:
        writer.writerow([cell(text) for text in line + [""] * (wide - len(line))])
    return out.getvalue()


def as_pdf(report: Printed, *, day: str) -> bytes:
    """Tagged PDF/A-2a; the same bytes for the same report and day (ISO).

    Raises
    ------
    DossierError
        If it cannot be set.
    """
    from regularize.publish.typesetting import compile_pdf

    page, of = in_language(_("page"), report.lang), in_language(_("of"), report.lang)
    data = {
        "title": report.title,
        "under": report.under,
        "word": report.word,
        "lang": report.lang,
        "foot": report.foot,
        "page": page,
        "of": of,
        "wide": report.wide,
        "notes_title": report.notes_title,
        "notes": report.notes,
        "sections": [
            {
                "title": section.title,
                "lead": section.lead,
                "empty": "" if section.rows else section.empty,
                "heads": list(section.heads),
                "rows": section.rows,
                "align": section.aligned,
                "small": section.small,
                "key": section.key,
                "chart": section.chart(PAPER_FACE) if section.chart is not None else "",
            }
            for section in report.sections
        ],
    }
    return compile_pdf(TEMPLATE, data, day=day)

"""The public register of acts on plans: what was issued, when, by which body, on what basis."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import in_language, translate
from regularize.i18n import marked as _
from regularize.publish.plain_page import plain_page
from regularize.publish.text import cell, format_day, printable, printable_tree
from regularize.publish.writing import Labels

FORMATS = ("csv", "json", "html")
# What the register may show; a key that is not named here does not leave the house.
FIELDS = (
    "case",
    "title",
    "plan_part",
    "act",
    "document",
    "number",
    "date",
    "issuer",
    "legal_basis",
    "basis_status",
    "gazette",
)


def render_register(
    acts: Sequence[Mapping[str, Any]], *, municipality: str, on: str, fmt: str, lang: str, labels: Labels
) -> bytes:
    """The register as CSV (with the mark by which spreadsheets know UTF-8), JSON or a page.

    Parameters
    ----------
    acts : sequence of mapping
        Keys of `FIELDS`, in the order of the register.
    on : str
        The day it was drawn up, YYYY-MM-DD.
    labels : callable
        ``labels(key, lang)``: the ``label`` of a country pack.

    Raises
    ------
    OptionError
        If `fmt` is none of these.
    """
    rows = [{name: act.get(name) for name in FIELDS} for act in acts]
    if fmt == "json":
        whole = {"municipality": municipality, "on": on, "acts": rows}
        return (json.dumps(printable_tree(whole), ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    heads = [labels(f"act.{name}", lang) for name in FIELDS]
    if fmt == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([cell(head) for head in heads])
        writer.writerows([[cell(printable(row[name])) for name in FIELDS] for row in rows])
        return out.getvalue().encode("utf-8-sig")
    if fmt == "html":
        return _page(rows, heads, municipality, on, lang).encode("utf-8")
    raise OptionError(
        translate("unknown format {fmt}").format(fmt=fmt or "-"), hint=translate("use csv, json or html")
    )


def _page(
    rows: Sequence[Mapping[str, Any]], heads: Sequence[str], municipality: str, on: str, lang: str
) -> str:
    title = in_language(_("Public register of acts on plans"), lang)
    under = f"{printable(municipality)} · {format_day(on, lang=lang)}"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{escape(format_day(row[name], lang=lang) if name == 'date' else printable(row[name]))}</td>"
            for name in FIELDS
        )
        + "</tr>"
        for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    nothing = "<p>" + escape(in_language(_("No act is recorded."), lang)) + "</p>"
    content = f'<h1>{escape(title)}</h1><p class="under">{escape(under)}</p>' + (table if rows else nothing)
    return plain_page(content, title=title, lang=lang)

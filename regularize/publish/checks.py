"""The report of a check: what is wrong, where, how to mend it, and what was in order."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.plain_page import plain_page
from regularize.publish.text import format_number, printable

# Rows of one kind beyond these are counted, not listed, in the page; the JSON lists all.
LISTED = 50


def render_check_report(reports: Sequence[Mapping[str, Any]], *, lang: str) -> str:
    """The report as a page that a surveyor reads without help.

    Parameters
    ----------
    reports : sequence of mapping
        Per delivery: ``path``, ``read``, ``accepted``, ``refused``, ``crs``, ``encoding``, ``layer``,
        ``sample``, ``ignored_columns``, ``problems`` (code, severity, title, text, n,
        trap, advice, places: feature, identifier, easting, northing, message), ``passed`` (code, title) and
        ``not_assessed`` (code, title, why).
    lang : {"bg", "en"}
    """
    title = in_language(_("Report of a check"), lang)
    body = f"<h1>{escape(title)}</h1>" + "".join(_delivery(report, lang) for report in reports)
    return plain_page(body, title=title, lang=lang)


def _delivery(report: Mapping[str, Any], lang: str) -> str:
    def say(message: str) -> str:
        return escape(in_language(message, lang))

    facts = (
        (_("Layer"), report.get("layer")),
        (_("Coordinate system"), report.get("crs")),
        (_("Encoding"), report.get("encoding")),
        (_("A row as it was read"), report.get("sample")),
        (_("Columns that would not be stored"), ", ".join(report.get("ignored_columns") or ())),
    )
    rows = "".join(
        f"<tr><td>{say(name)}</td><td>{escape(printable(str(value)))}</td></tr>"
        for name, value in facts
        if value
    )
    sentence = in_language(
        _("{read} rows read, {accepted} can be stored, {refused} would go into quarantine."), lang
    )
    counts = escape(sentence.format(**{key: report[key] for key in ("read", "accepted", "refused")}))
    problems = "".join(_problem(problem, lang) for problem in report["problems"])
    if not report["problems"]:
        clean = say(_("Nothing was found to mend."))
        problems = f"<p>{clean}</p>"
    passed = "".join(
        f"<li>{escape(printable(item['title']))} <small>{escape(item['code'])}</small></li>"
        for item in report["passed"]
    )
    open_ = "".join(
        f"<li>{escape(printable(item['title']))}: {escape(printable(item['why']))} "
        f"<small>{escape(item['code'])}</small></li>"
        for item in report.get("not_assessed", ())
    )
    heading = say(_("What could not be judged"))
    unassessed = f"<h2>{heading}</h2><ul>{open_}</ul>" if open_ else ""
    if not report.get("is_read", True):
        return f"<section><h2>{escape(printable(report['path']))}</h2>{problems}</section>"
    to_mend, in_order = say(_("What to mend")), say(_("Checked, and not found"))
    return (
        f"<section><h2>{escape(printable(report['path']))}</h2>"
        f'<p class="word">{counts}</p><table>{rows}</table>'
        f"<h2>{to_mend}</h2>{problems}"
        f"{unassessed}<h2>{in_order}</h2><ul>{passed}</ul></section>"
    )


def _problem(problem: Mapping[str, Any], lang: str) -> str:
    weights = {
        "error": _("Not stored."),
        "warning": _("Stored; look at it."),
        "info": _("Stored; for information."),
    }
    weight = in_language(weights.get(problem.get("severity", ""), ""), lang)
    hint = in_language(_("Mind:"), lang)
    trap = ""
    if problem.get("trap"):
        trap = f'<p class="under">{escape(hint)} {escape(printable(problem["trap"], lines=True))}</p>'
    if problem.get("advice"):
        todo = in_language(_("What to do:"), lang)
        trap = f"<p><strong>{escape(todo)}</strong> {escape(printable(problem['advice']))}</p>{trap}"
    places = problem["places"][:LISTED]
    more = problem["n"] - len(places)
    rest = f"<p>{escape(in_language(_('and {n} more'), lang).format(n=more))}</p>" if more > 0 else ""
    said = "".join(f"<p>{escape(printable(place['message'], lines=True))}</p>" for place in places)
    before, after = said, ""  # of the file as a whole: a sentence, no table
    if any(place["feature"] is not None or place["easting"] is not None for place in places):
        before, after = "", _where(places, lang)
    return (
        f"<h3>{escape(printable(problem['title']))} ({problem['n']}) "
        f"<small>{escape(problem['code'])}</small></h3>{before}"
        f"<p><strong>{escape(weight)}</strong> {escape(printable(problem['text'], lines=True))}</p>{trap}"
        f"{after}{rest}"
    )


def _where(places: Sequence[Mapping[str, Any]], lang: str) -> str:
    """Row, identifier and coordinates of each place, and what was found there."""
    columns: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        (_("Row"), lambda place: "" if place["feature"] is None else str(place["feature"])),
        (_("Identifier"), lambda place: place.get("identifier") or ""),
        (_("Easting"), lambda place: _metres(place["easting"], lang)),
        (_("Northing"), lambda place: _metres(place["northing"], lang)),
        (_("What was found"), lambda place: place["message"]),
    ]
    if not any(place.get("identifier") for place in places):
        del columns[1]
    head = "".join(f"<th>{escape(in_language(text, lang))}</th>" for text, _cell in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(printable(cell(place)))}</td>" for _text, cell in columns) + "</tr>"
        for place in places
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _metres(value: float | None, lang: str) -> str:
    return "" if value is None else format_number(value, 2, lang=lang)

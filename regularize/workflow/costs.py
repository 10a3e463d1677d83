"""What documents cost in a municipality: its own table of fees and days, each with source and date.

The country pack states a cost only where a source gives one. A municipality knows its own charter
and tariff: it writes them into a table, and the search for the next document adds them up.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from regularize.countries import Pack
from regularize.countries.profiles import folded
from regularize.errors import InputError
from regularize.i18n import LANGUAGES
from regularize.i18n import translate as _
from regularize.intake.sheet import SheetRow, read_sheet
from regularize.intake.values import as_number
from regularize.law.pathbook import Cost
from regularize.project import civil_date, today
from regularize.workflow.projects import Opened

FILE = "costs.csv"
COLUMNS = ("document", "fee", "currency", "days", "source", "date")


def costs_of(here: Opened, path: Path | None = None) -> dict[str, Cost]:
    """The costs in `path`, or in ``costs.csv`` of the project's folder; none where there is no such file.

    Returns
    -------
    dict
        Document of the country pack -> cost. One of which the table says nothing stays unknown.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a column, or a row is not whole: nothing of it is used then.
    """
    if path is None:
        path = here.project.root / FILE
        if not path.is_file():
            return {}
    sheet = read_sheet(path)
    at = _columns(here.pack, path, sheet.headings)
    names = _documents(here.pack)
    found: dict[str, Cost] = {}
    for row in sheet.rows:
        cells = {name: row.cells[position].strip() for name, position in at.items()}
        document = names.get(folded(cells["document"]))
        if document is None:
            raise _wrong(path, row, _("there is no document {name}").format(name=cells["document"]))
        if document in found:
            raise _wrong(path, row, _("{name} stands there twice").format(name=cells["document"]))
        found[document] = _cost(path, row, cells)
    if len({cost.currency for cost in found.values()}) > 1:
        raise InputError(
            _("{file}: fees in two currencies cannot be added up").format(file=path),
            hint=_("write all fees in one currency"),
        )
    return found


def _columns(pack: Pack, path: Path, headings: tuple[str, ...]) -> dict[str, int]:
    words = {folded(pack.label(f"cost_column.{name}", lang)): name for name in COLUMNS for lang in LANGUAGES}
    at = {words[folded(text)]: n for n, text in enumerate(headings) if folded(text) in words}
    for name in COLUMNS:
        if name not in at:
            raise InputError(
                _("{file} has no column {name}").format(file=path, name=name),
                hint=_("columns: {names}").format(names=", ".join(COLUMNS)),
            )
    return at


def _documents(pack: Pack) -> Mapping[str, str]:
    """Documents of the ways by code and by label."""
    from regularize.law.pathbook import path_book

    return {
        folded(text): name
        for name in path_book(pack).documents
        for text in (name, *(pack.label(f"document.{name}", lang) for lang in LANGUAGES))
    }


def _cost(path: Path, row: SheetRow, cells: Mapping[str, str]) -> Cost:
    fee, days = _number(path, row, cells["fee"]), _number(path, row, cells["days"])
    for name in ("currency", "source", "date"):
        if not cells[name]:
            raise _wrong(path, row, _("{name} is not stated").format(name=name))
    try:
        on: date | None = civil_date(cells["date"])
    except ValueError:
        on = None
    if on is None:
        raise _wrong(path, row, _("it is no date as DD.MM.YYYY or YYYY-MM-DD"))
    if on > today():
        raise _wrong(path, row, _("the day lies in the future"))
    return Cost(fee, days, cells["currency"], cells["source"], on)


def _number(path: Path, row: SheetRow, text: str) -> float | None:
    """A number from zero up; None for an empty cell, which says that it is not known."""
    if not text:
        return None
    number = as_number(text)
    if number is None or number < 0:
        raise _wrong(path, row, _("{text} is no number").format(text=text))
    return number


def _wrong(path: Path, row: SheetRow, message: str) -> InputError:
    return InputError(
        _("{file}, row {row}: {message}").format(file=path, row=row.number, message=message),
        hint=_("mend the table; documents: regularize case document add ID"),
    )

"""Tables that people keep by hand, CSV or XLSX, read as the text that stands in them.

A number is not guessed at: leading zeros stay, a date cell becomes its ISO date, and what has no
text of its own (a formula, an error) is named, not read. Nothing that stands in the table vanishes.
"""

import csv
import hashlib
import io
import lzma
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from regularize.errors import InputError, MissingExtraError
from regularize.i18n import translate as _

MOST_BYTES = 20_000_000
MOST_UNPACKED = 200_000_000
_PART_HEAD_BYTES = 4096
MOST_ROWS = 100_000
MOST_COLUMNS = 200
_SEPARATORS = (";", "\t", ",")
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)  # how spreadsheets keep zeros in a CSV
_ZEROS = re.compile(r"0+")


@dataclass(frozen=True)
class SheetRow:
    """One row: its number as the spreadsheet shows it, and a text per heading."""

    number: int
    cells: tuple[str, ...]
    unread: Mapping[int, str]  # column -> why it has no text


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Parameters
    ----------
    headings : tuple of str
    rows : tuple of SheetRow
        Without the empty ones.
    sha256 : str
        Of the file's bytes.
    others : tuple of str
        Further sheets of the workbook, which are not read.
    """

    headings: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    sha256: str
    others: tuple[str, ...] = ()


def read_sheet(path: Path) -> Sheet:
    """The first table of a CSV or XLSX file.

    Raises
    ------
    InputError
        If the file is missing, of another kind, too large, or damaged.
    MissingExtraError
        If it is XLSX and openpyxl is not installed.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise unusable(path, _("it is too large for a table kept by hand"))
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=path, reason=error.strerror or error),
            hint=_("mind the folder and the spelling"),
        ) from error
    suffix = path.suffix.lower()
    records: Iterable[Record]
    others: tuple[str, ...] = ()
    if suffix in {".xlsx", ".xlsm"}:
        shown, hidden = _workbook(path, content)
        first, records = next(iter(shown.items()))
        others = (*(name for name in shown if name != first), *hidden)
    elif suffix in {".csv", ".tsv", ".txt"}:
        records = _csv_records(path, content)
    else:
        raise InputError(
            _("{file} is neither CSV nor XLSX").format(file=path),
            hint=_("save the table as .xlsx, or as .csv in UTF-8"),
        )
    return _sheet(path, records, hashlib.sha256(content).hexdigest(), others)


def read_sheets(path: Path, content: bytes) -> dict[str, Sheet]:
    """Every visible table of an XLSX workbook, by its name; sheets without rows are none.

    Raises
    ------
    InputError
        If the workbook is too large or damaged, or no sheet holds rows.
    MissingExtraError
        If openpyxl is not installed.
    """
    if len(content) > MOST_BYTES:
        raise unusable(path, _("it is too large for a table kept by hand"))
    shown, _others = _workbook(path, content)
    sha256 = hashlib.sha256(content).hexdigest()
    found = {}
    for name, records in shown.items():
        if sum(any(text or reason for text, reason in cells) for _number, cells in records) > 1:
            found[name] = _sheet(path, records, sha256, ())
    if not found:
        raise unusable(path, _("it holds no rows"))
    return found


Cell = tuple[str, str | None]  # text, and why there is none
Record = tuple[int, list[Cell]]


def _sheet(path: Path, records: Iterable[Record], sha256: str, others: tuple[str, ...]) -> Sheet:
    headings: tuple[str, ...] = ()
    rows: list[SheetRow] = []
    for number, cells in records:
        if not any(text or reason for text, reason in cells):
            continue
        if not headings:
            headings = tuple(text for text, _reason in cells)
            while headings and not headings[-1]:
                headings = headings[:-1]
            continue
        if len(rows) >= MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise unusable(path, _("it is too large for a table kept by hand"))
        unread = {at: reason for at, (_text, reason) in enumerate(cells) if reason}
        texts = [text for text, _reason in cells]
        if any(texts[len(headings) :]):
            unread[len(headings)] = _("the row has more cells than the header")
        padded = (*texts, *[""] * len(headings))[: len(headings)]
        rows.append(SheetRow(number, tuple(padded), unread))
    if not headings or not rows:
        raise unusable(path, _("it holds no rows"))
    return Sheet(headings, tuple(rows), sha256, others)


def _csv_records(path: Path, content: bytes) -> Iterator[Record]:
    if b"\x00" in content:
        raise unusable(path, _("it is no table of text"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1251")
        except UnicodeDecodeError as error:
            raise unusable(path, _("it is no table of text")) from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1
        ):
            yield number, [(_plain(cell), None) for cell in cells]
    except csv.Error as error:
        raise unusable(path, str(error)) from error


def _plain(text: str) -> str:
    stripped = text.strip()
    kept = _AS_TEXT.fullmatch(stripped)
    return kept[1].strip() if kept else stripped


def _workbook(path: Path, content: bytes) -> tuple[dict[str, list[Record]], tuple[str, ...]]:
    """The records of every visible sheet (of all, where all are hidden), and the names of the others."""
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise MissingExtraError(
            _("reading {file} needs openpyxl, which is not installed").format(file=path.name),
            hint=_("pip install 'regularize[xlsx]', or save the table as .csv in UTF-8"),
        ) from error
    damage = (
        InvalidFileException,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        SyntaxError,  # of either parser of XML
        RuntimeError,  # a part that is encrypted or packed in an unknown way
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        OSError,
        EOFError,
    )  # what openpyxl lets through from a workbook that is none
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
                raise unusable(path, _("it is too large for a table kept by hand"))
            if any(_declares_entities(packed, entry) for entry in packed.infolist()):
                raise unusable(path, _("it is no sound workbook"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and validations that openpyxl does not know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False)
            try:
                shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
                shown = shown or book.worksheets[:1]
                found = {str(sheet.title): _records(path, sheet) for sheet in shown}
                others = tuple(str(other.title) for other in book.worksheets if other not in shown)
            finally:
                book.close()
    except damage as error:
        raise unusable(path, _("it is no sound workbook")) from error
    if not found:
        raise unusable(path, _("it holds no rows"))
    return found, others


def _declares_entities(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether a part has a document type: no spreadsheet writes one, and what it declares may reach out."""
    if entry.is_dir() or not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
        return False
    with packed.open(entry) as part:
        head = part.read(_PART_HEAD_BYTES)
    return b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"<\x00!\x00D\x00" in head


def _records(path: Path, sheet: Any) -> list[Record]:
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    records = []
    for number, row in enumerate(sheet.iter_rows(), 1):
        if number > MOST_ROWS + 1:
            raise unusable(path, _("it is too large for a table kept by hand"))
        records.append((number, _cells(row)))
    return records


def _cells(row: Sequence[Any]) -> list[Cell]:
    cells = [_cell(cell) for cell in row]
    while cells and cells[-1] == ("", None):
        cells.pop()
    return cells


def _cell(cell: Any) -> Cell:
    """A spreadsheet cell as the text that people see in it."""
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f":
        return "", _("it is a formula: paste its value instead")
    if cell.data_type == "e":
        return "", _("the spreadsheet shows an error there")
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, datetime):
        return value.date().isoformat(), None
    if isinstance(value, date):
        return value.isoformat(), None
    if isinstance(value, int | float):
        if isinstance(value, float) and not value.is_integer():
            return repr(value), None
        digits = str(int(value))
        shown = cell.number_format or ""
        return (digits.zfill(len(shown)) if _ZEROS.fullmatch(shown) else digits), None
    if isinstance(value, time):
        return "", _("it is a time of day, not a date")
    return str(value).strip(), None


def unusable(path: Path, reason: str) -> InputError:
    """The error for a table that cannot be read."""
    return InputError(
        _("{file} cannot be used: {reason}").format(file=path, reason=reason),
        hint=_("one row per line, the names of the columns in the first; save it as .xlsx or .csv in UTF-8"),
    )

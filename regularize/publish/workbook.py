"""Tables as an XLSX workbook: texts are texts, numbers numbers, the same tables the same bytes."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from regularize.errors import MissingExtraError
from regularize.i18n import translate as _
from regularize.publish.text import LONGEST, cell, printable

Value = str | int | float | None
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP can name
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_WIDEST, _NARROWEST = 60, 9
_LONGEST = 2 * LONGEST  # a text that was cut before says how long it was, and is not cut again
_TITLE_LONGEST = 31  # what spreadsheets allow
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(sheets: Mapping[str, Sequence[Sequence[Value]]], *, day: str) -> bytes:
    """A workbook with one sheet per table; the first row of each is its head.

    Parameters
    ----------
    sheets : mapping of title to rows
        Texts pass through `printable` and `cell`, so that none is a formula.
    day : str
        ISO date that the file carries instead of the clock.

    Raises
    ------
    MissingExtraError
        If openpyxl is not installed.
    """
    try:
        import openpyxl
        from openpyxl.styles import Alignment, Font
    except ImportError as error:
        raise MissingExtraError(
            _("writing a workbook needs openpyxl, which is not installed"),
            hint=_("pip install 'regularize[xlsx]', or write a table with --format csv"),
        ) from error
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(_FORBIDDEN.sub(" ", title)[:_TITLE_LONGEST])
        for i, row in enumerate(rows, start=1):
            for j, value in enumerate(row, start=1):
                if value is None or value == "":
                    continue
                target = sheet.cell(i, j)
                if isinstance(value, str):
                    target.value = cell(printable(value, lines=True, longest=_LONGEST))
                    target.data_type = "s"  # what begins with "=" would be a formula to openpyxl
                else:
                    target.value = value
                target.alignment = Alignment(wrap_text=isinstance(value, str), vertical="top")
                if i == 1:
                    target.font = Font(bold=True)
        for j, letters in enumerate(_widths(rows), start=1):
            sheet.column_dimensions[openpyxl.utils.get_column_letter(j)].width = letters
        sheet.freeze_panes = "A2"
    book.properties.creator = "regularize"
    out = io.BytesIO()
    book.save(out)
    return _without_clock(out.getvalue(), day)


def _widths(rows: Sequence[Sequence[Value]]) -> list[int]:
    longest: list[int] = []
    for row in rows:
        for j, value in enumerate(row):
            if j == len(longest):
                longest.append(_NARROWEST)
            longest[j] = max(longest[j], min(len(str(value or "")) + 2, _WIDEST))
    return longest


def _without_clock(content: bytes, day: str) -> bytes:
    """The same workbook with fixed times: in the archive, and in its own properties."""
    try:
        stamp = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC)
    except ValueError:
        stamp = datetime(*_EPOCH, tzinfo=UTC)
    said = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            if member == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>" + said + rb"\g<2>", data)
            entry = zipfile.ZipInfo(member, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # else the archive tells the operating system
            new.writestr(entry, data)
    return out.getvalue()

"""Which reader a text is for, by its content."""

import csv
import io
import re
from pathlib import Path, PurePosixPath

from regularize.errors import InputError
from regularize.intake.dataset import Dataset, LayerInfo, OpenLayer, digest_of
from regularize.intake.sheet import read_sheets
from regularize.intake.text import forms, wkt
from regularize.intake.text.lines import SEPARATORS, decode, table
from regularize.intake.text.pointlist import OBJECTS_ENDING, PointList
from regularize.intake.text.points import split, to_number
from regularize.intake.text.register import RegisterTable, is_register

_ENOUGH_LINES = 3
_SNIFFED_BYTES = 1 << 20
_GRID = b"ncols"  # an ESRI ASCII grid: a raster
_MARKUP = re.compile(r"\s*[<{\[%]")


def looks_like_list(head: bytes) -> bool:
    """Whether the beginning of a file has lines of numbers in columns, whatever it is called."""
    if b"\x00" in head or head[:5].lower() == _GRID or _MARKUP.match(head[:64].decode("latin-1")):
        return False
    lines = [line for line in head.decode("latin-1").splitlines()[1:-1] if line.strip()][:40]
    fitting = 0
    for line in lines:
        fitting += any(
            sum(to_number(cell, comma=separator != ",") is not None for cell in split(line, separator)) >= 3
            for separator in (*SEPARATORS, " ")
        )
    return fitting >= _ENOUGH_LINES and 2 * fitting > len(lines)


def open_text(path: Path, content: bytes | None, name: str) -> Dataset:
    """A table with WKT, the answers of a form, or a list of points.

    Raises
    ------
    InputError
        If it is none of these, or its encoding cannot be told.
    """
    beside: bytes | None = None
    if content is None:
        content = path.read_bytes()
        objects = path.with_name(path.stem + OBJECTS_ENDING)
        if objects.is_file() and objects != path:
            beside = objects.read_bytes()
    stem = PurePosixPath(name).stem
    head = content[: 1 << 16]
    if wkt.MARK.search(head) or forms.MARK.search(head):
        # Numbers and WKT read alike in every encoding; the encoding itself is chosen by the reader.
        rows = _rows(path, content)
        if rows and wkt.columns_of(rows):
            return wkt.WktTable(path, content, stem)
        if rows and forms.columns_of(rows):
            return forms.FormTable(path, content, stem)
    beginning = content[:_SNIFFED_BYTES]
    if len(beginning) < len(content):
        beginning = beginning[: beginning.rfind(b"\n") + 1]
    rows = _rows(path, beginning, None) or _rows(path, beginning)
    if rows and is_register(rows):
        return RegisterTable(path, content, stem, workbook=False)
    return PointList(path, content, beside)


def open_workbook(path: Path, content: bytes) -> Dataset:
    """An XLSX workbook: a register, or one sheet of what a text can hold as well.

    Raises
    ------
    InputError
        If it is damaged, or holds nothing of these.
    MissingExtraError
        If openpyxl is not installed.
    """
    sheets = read_sheets(path, content)
    if len(sheets) == 1:
        sheet = next(iter(sheets.values()))
        rows = [sheet.headings, *(row.cells for row in sheet.rows)]
        if not is_register(rows):
            text = io.StringIO(newline="")
            csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
            return _Sheet(open_text(path, text.getvalue().encode("utf-8"), path.name), content)
    return RegisterTable(path, content, path.stem, workbook=True)


class _Sheet(Dataset):
    """One sheet of a workbook, read as the text that stands in it; its digest is that of the workbook."""

    def __init__(self, text: Dataset, content: bytes) -> None:
        self.path = text.path
        self.reader = f"xlsx {text.reader}"
        self._text = text
        self._content = content

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        return self._text.layers()

    def layer_of(self, origin: str, kind: str | None) -> str | None:
        """See the base class."""
        return self._text.layer_of(origin, kind)

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:  # noqa: ARG002 the text was made here
        """See the base class."""
        opened = self._text.open_layer(name, None)
        # The text between is ours; what was delivered is the workbook.
        opened.digest = lambda: digest_of([self._content])  # type: ignore[method-assign]  # of this one object
        return opened


def _rows(path: Path, content: bytes, encoding: str | None = "latin-1") -> list[list[str]] | None:
    try:
        return table(path, decode(path, content, encoding).text)
    except InputError:
        return None

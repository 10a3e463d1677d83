"""Which reader a text is for, by its content."""

import re
from pathlib import Path, PurePosixPath

from regularize.errors import InputError
from regularize.intake.dataset import Dataset
from regularize.intake.text import forms, wkt
from regularize.intake.text.lines import SEPARATORS, decode, table
from regularize.intake.text.pointlist import OBJECTS_ENDING, PointList
from regularize.intake.text.points import split, to_number

_ENOUGH_LINES = 3
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
    return PointList(path, content, beside)


def _rows(path: Path, content: bytes) -> list[list[str]] | None:
    try:
        return table(path, decode(path, content, "latin-1").text)
    except InputError:
        return None

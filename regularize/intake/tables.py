"""Small tables that a user supplies beside the data: settlements, identical points.

Separator and decimal sign are told by the text itself; numbers that are not finite are refused. A
table is read whole or not at all: it steers how everything else is placed.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.values import as_number

MOST_BYTES = 5_000_000
_SEPARATORS = (";", "\t", ",")


@dataclass(frozen=True)
class Line:
    """One row: where it stands in the file, and its cells by column."""

    number: int
    cells: Mapping[str, str]


def read_lines(path: Path, columns: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[Line]:
    """The rows of a CSV file with a header; lines that begin with ``#`` are remarks.

    Parameters
    ----------
    columns : mapping of name to the headings that mean it
    needed : sequence of str
        Names that must be there.

    Raises
    ------
    InputError
        If the file is missing, too large, no text, or lacks a column.
    """
    text = _text(path)
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    if not lines:
        raise unusable(path, _("the table holds no rows"))
    separator = max(_SEPARATORS, key=lines[0][1].count)
    try:
        records = list(csv.reader((line for _at, line in lines), delimiter=separator))
    except csv.Error as error:  # a cell without end
        raise unusable(path, _("it is no text with columns")) from error
    headings = [heading.strip().strip("\ufeff").casefold() for heading in records[0]]
    places = {
        name: next((headings.index(word) for word in words if word in headings), None)
        for name, words in columns.items()
    }
    for name in needed:
        if places[name] is None:
            raise unusable(
                path,
                _("column {column} is missing; there are: {columns}").format(
                    column=name, columns=", ".join(headings)
                ),
            )
    return [
        Line(number, {name: record[at].strip() for name, at in _present(places, record)})
        for (number, _line), record in zip(lines[1:], records[1:], strict=False)
    ]


def _present(places: Mapping[str, int | None], record: Sequence[str]) -> Iterator[tuple[str, int]]:
    return ((name, at) for name, at in places.items() if at is not None and at < len(record))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=path, reason=error.strerror or error),
            hint=_("mind the folder and the spelling"),
        ) from error
    if len(content) > MOST_BYTES or b"\x00" in content:
        raise unusable(path, _("it is no text with columns"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def number(path: Path, line: Line, column: str) -> float:
    """A cell as a finite number; comma or point as decimal sign.

    Raises
    ------
    InputError
        Naming file, line and column, not the value.
    """
    value = as_number(line.cells.get(column, ""))
    if value is None:
        raise unusable(
            path, _("line {line}: {column} is not a number").format(line=line.number, column=column)
        )
    return value


def unusable(path: Path, reason: str) -> InputError:
    """The error for a table that cannot be used."""
    return InputError(
        _("{file}: the table cannot be used: {reason}").format(file=path, reason=reason),
        hint=_("mend the table: one row per line, the names of the columns in the first"),
    )

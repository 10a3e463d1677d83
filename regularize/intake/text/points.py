"""Lists of points as instruments write them: number, two coordinates, height, code.

Which column is which is told by a header or by the numbers; which of the two coordinates is the
northing, by where the project lies (``OpenLayer.placed_by_area``). Without either, the northing
comes first, as instruments in this country write it.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.text.lines import SEPARATORS
from regularize.intake.text.words import words

_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{0,15})?(?:[eE][-+]?[0-9]{1,2})?")
_COMMA_NUMBER = re.compile(r"[-+]?[0-9]{1,15},[0-9]{1,15}")
# A list of which fewer rows than this fit the pattern is no list.
_MOST_ROWS = 0.8
_LOOKED_AT = 500
# A list of objects: "name: 12, 13, 14".
OBJECT_LINE = re.compile(r"\s*[^:;,\t|]{1,60}:\s*\S.*")


@dataclass(frozen=True)
class Roles:
    """Positions of the columns; None where there is none.

    ``first`` and ``second`` are x and y of the outlines to be: east and north where that is known.
    """

    first: int
    second: int
    number: int | None = None
    height: int | None = None
    code: int | None = None
    sigma: int | None = None


@dataclass(frozen=True)
class SurveyPoint:
    """One point; ``place`` is None where its row cannot be read."""

    number: str | None
    place: tuple[float, float] | None
    height_m: float | None = None
    code: str | None = None
    sigma_m: float | None = None
    after_gap: bool = False


@dataclass
class PointRows:
    """The points of a list in their order, and the lists of objects that stand among them."""

    points: list[SurveyPoint] = field(default_factory=list)
    objects: list[tuple[str, list[str]]] = field(default_factory=list)
    decimal_comma: bool = False
    header: bool = False


def to_number(text: str, *, comma: bool) -> float | None:
    """A cell as a number; None where it is none.

    Examples
    --------
    >>> to_number("4791263,497", comma=True), to_number("1e999", comma=False)
    (4791263.497, None)
    """
    plain = text.strip().replace("\N{NO-BREAK SPACE}", "")
    if comma and _COMMA_NUMBER.fullmatch(plain):
        plain = plain.replace(",", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def split(line: str, separator: str) -> list[str]:
    """The cells of a line; a separator of blanks is written as a blank."""
    if separator == " ":
        return line.split()
    if '"' in line:
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, strict=True))]
        except (csv.Error, StopIteration):
            pass  # a stray quotation mark, as for inches
    return [cell.strip() for cell in line.split(separator)]


def _sniff(lines: Sequence[str]) -> tuple[str, bool] | None:
    """Separator and whether the decimal sign is a comma."""
    for separator in (*SEPARATORS, " "):
        for comma in (False, True) if separator != "," else (False,):
            rows = [split(line, separator) for line in lines[:_LOOKED_AT]]
            fitting = sum(
                len(row) >= 3 and sum(to_number(cell, comma=comma) is not None for cell in row) >= 2
                for row in rows
            )
            if fitting >= _MOST_ROWS * len(rows) - 1 and fitting:
                return separator, comma
    return None


def read_points(path: Path, lines: Sequence[str]) -> PointRows:
    """Take a list of points apart.

    Raises
    ------
    InputError
        If no two columns of coordinates can be found.
    """
    found = PointRows()
    rows = [line for line in lines if line.strip() and not _is_object(line)]
    sniffed = _sniff(rows)
    if sniffed is None:
        raise _no_points(path)
    separator, comma = sniffed
    cells = [split(line, separator) for line in rows]
    if separator == "," and _is_split_decimals(cells):
        raise InputError(
            _("{file}: the comma separates columns and decimals alike").format(file=path),
            hint=_("export the list with semicolons or tabs between the columns"),
        )
    header = _header(cells, comma)
    body = cells[1:] if header is not None else cells
    roles = _roles(header, body, comma)
    if roles is None:
        raise _no_points(path)
    found.decimal_comma, found.header = comma, header is not None
    _collect(found, lines, separator, comma, roles)
    return found


def _collect(found: PointRows, lines: Sequence[str], separator: str, comma: bool, roles: Roles) -> None:
    gap = False
    skip = found.header
    for line in lines:
        if not line.strip():
            gap = True
            continue
        if _is_object(line):
            name, _colon, numbers = line.partition(":")
            found.objects.append((name.strip(), re.findall(r"[^\s,;]+", numbers)))
            continue
        if skip:
            skip = False
            continue
        found.points.append(_point(split(line, separator), roles, comma, gap, separator))
        gap = False


def _no_points(path: Path) -> InputError:
    return InputError(
        _("{file}: no two columns of coordinates were found in it").format(file=path),
        hint=_("a list of points has a number, two coordinates, a height and a code in each line"),
    )


def _is_object(line: str) -> bool:
    return OBJECT_LINE.fullmatch(line) is not None and not _NUMBER.fullmatch(line.split(maxsplit=1)[0])


def _is_split_decimals(cells: Sequence[Sequence[str]]) -> bool:
    """Whether every number was torn in two: nothing has a point, and there are too many whole numbers."""
    whole = [[cell for cell in row if cell.isdigit()] for row in cells[:_LOOKED_AT]]
    points = any("." in cell and to_number(cell, comma=False) for row in cells[:_LOOKED_AT] for cell in row)
    return not points and sum(len(row) >= 6 for row in whole) > _MOST_ROWS * len(whole)


def _header(cells: Sequence[Sequence[str]], comma: bool) -> list[str] | None:
    """The first row where it has names instead of numbers."""
    first = cells[0]
    if sum(to_number(cell, comma=comma) is not None for cell in first) >= 2:
        return None
    return [re.sub(r"[\[(].*", "", cell).strip(" .:").casefold().replace(" ", "_") for cell in first]


def _roles(header: Sequence[str] | None, body: Sequence[Sequence[str]], comma: bool) -> Roles | None:
    if not body:
        return None
    if header is not None:
        at = {role: _place(header, names) for role, names in words("headings").items()}
        pair = (at["east"], at["north"])
        if None in pair:
            pair = (at["first"], at["second"])
        if pair[0] is not None and pair[1] is not None:
            return Roles(pair[0], pair[1], at["number"], at["height"], at["code"], at["sigma"])
    return _roles_by_numbers(header, body, comma)


def _place(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((at for at, name in enumerate(header) if name in names), None)


def _roles_by_numbers(
    header: Sequence[str] | None, body: Sequence[Sequence[str]], comma: bool
) -> Roles | None:
    """The neighbouring columns with the largest numbers are the coordinates."""
    width = Counter(len(row) for row in body[:_LOOKED_AT]).most_common(1)[0][0]
    sample = [row for row in body[:_LOOKED_AT] if len(row) >= width] or list(body[:_LOOKED_AT])
    columns = [[to_number(row[at], comma=comma) for row in sample if at < len(row)] for at in range(width)]
    numeric = [
        bool(column) and sum(v is not None for v in column) >= _MOST_ROWS * len(column) for column in columns
    ]
    sizes = [median([abs(v) for v in column if v is not None] or [0.0]) for column in columns]
    broken = [any(v is not None and v != int(v) for v in column) for column in columns]
    best: tuple[bool, float] | None = None
    first = 0
    for at in range(width - 1):
        if numeric[at] and numeric[at + 1]:
            rank = (broken[at] and broken[at + 1], min(sizes[at], sizes[at + 1]))
            if best is None or rank > best:
                best, first = rank, at
    if best is None:
        return None
    after = first + 2
    height = after if after < width and numeric[after] else None
    rest = range(after + (height is not None), width)
    code = next((at for at in rest if not numeric[at]), None)
    sigma = _place(header, words("headings")["sigma"]) if header is not None else None
    # Northing first, unless the place says otherwise.
    return Roles(first + 1, first, first - 1 if first else None, height, code, sigma)


def _point(cells: Sequence[str], roles: Roles, comma: bool, gap: bool, separator: str) -> SurveyPoint:
    def number(at: int | None) -> float | None:
        return to_number(cells[at], comma=comma) if at is not None and at < len(cells) else None

    def text(at: int | None) -> str | None:
        return (cells[at].strip() or None) if at is not None and at < len(cells) else None

    x, y = number(roles.first), number(roles.second)
    code = text(roles.code)
    if code is not None and separator == " " and roles.code is not None and roles.sigma is None:
        code = " ".join(cells[roles.code :])  # a code of several words, in a list parted by blanks
    sigma_m = number(roles.sigma)
    return SurveyPoint(
        number=text(roles.number),
        place=None if x is None or y is None else (x, y),
        height_m=number(roles.height),
        code=code,
        sigma_m=sigma_m if sigma_m is not None and sigma_m > 0 else None,
        after_gap=gap,
    )

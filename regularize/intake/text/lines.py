"""From bytes to rows of cells: encoding, separator, quotation marks."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake import encoding
from regularize.intake.bulk import unreadable

SEPARATORS = (";", "\t", ",", "|")
_REMARKS = ("#", "//")
# A walked outline is one cell; the csv module allows less by default.
_MOST_CELL_CHARS = 10_000_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Text:
    """The text of a file, and how its encoding was chosen."""

    text: str
    choice: encoding.Choice


def decode(path: Path, content: bytes, wanted: str | None) -> Text:
    """The text of `content`.

    Raises
    ------
    InputError
        If the encoding cannot be told, or it is no text.
    """
    if wanted is None and content.startswith(_UTF_16):
        try:
            return Text(content.decode("utf-16"), encoding.Choice("utf-16", ()))
        except UnicodeDecodeError as error:
            raise unreadable(path, _("its text is damaged")) from error
    if b"\x00" in content:
        raise unreadable(path, _("it is no text"))
    content = content.removeprefix(b"\xef\xbb\xbf")
    pieces = content.split(b"\n")
    choice = encoding.choose(pieces, declared_as=None, wanted=wanted)
    name = choice.require(path, path.stem, pieces)
    return Text(content.decode(name, errors="replace"), choice)


def plain_lines(text: str) -> list[str]:
    """Lines without remarks and without what a DOS editor leaves at the end; blank ones stay."""
    # Not splitlines(): it also breaks at signs that stand inside text.
    lines = re.split(r"\r\n|\n|\r", text.rstrip("\x1a"))
    return [line for line in lines if not line.lstrip().startswith(_REMARKS)]


def table(path: Path, text: str) -> list[list[str]]:
    """Rows of a table with quotation marks, the first of them its header.

    Raises
    ------
    InputError
        If a quotation mark is never closed: what follows cannot be told apart.
    """
    head = text.lstrip("\r\n").partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    before = csv.field_size_limit(_MOST_CELL_CHARS)
    try:
        reader = csv.reader(_ended(text), delimiter=separator, strict=True)
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(
            _("{file}: the table cannot be taken apart at line {line}").format(
                file=path, line=reader.line_num
            ),
            hint=_("a quotation mark there is never closed, or text follows it: mend it, or export anew"),
        ) from error
    finally:
        csv.field_size_limit(before)


def _ended(text: str) -> Sequence[str]:
    """Lines with their ends, as the csv module wants them."""
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$", text)


def short_names(header: Sequence[str]) -> list[str]:
    """Names of columns without the groups of a form before them, where that leaves them unique.

    Examples
    --------
    >>> short_names(["dom/etaji", "dom/ime", "ime"])
    ['etaji', 'dom/ime', 'ime']
    """
    plain = [name.strip() for name in header]
    short = [name.rpartition("/")[2] or name for name in plain]
    names = [s if short.count(s) == 1 else name for s, name in zip(short, plain, strict=True)]
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1 or not name:
            names[at] = f"{name or 'column'}_{at + 1}"
    return names

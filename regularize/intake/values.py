"""Single values of a source as text and dates, without guessing."""

import math
import re
import unicodedata
from datetime import date, datetime
from typing import Any

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_DOTTED_NUMBERS = re.compile(r"\d+(?:\.\d+){2,}")
# A longer text is a note, not a name.
_LONGEST_NAME = 40
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\s*(?:г\.?)?")


def as_text(value: Any) -> str | None:
    """A value as trimmed text; whole numbers without a decimal point, nothing as None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip() or None


def as_date(value: Any) -> date | None:
    """A date in ISO or ``dd.mm.yyyy`` form; anything else is None, two-digit years too.

    Examples
    --------
    >>> as_date("03.04.2025"), as_date("3/4/25")
    (datetime.date(2025, 4, 3), None)
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = as_text(value) or ""
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := _DOTTED.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def without_controls(text: str) -> str:
    """`text` without what neither a database nor a page can carry: controls become blanks."""
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if "\ud800" <= char <= "\udfff"
        else " "
        if unicodedata.category(char) == "Cc"
        else char
        for char in text
    ).strip()


def is_name(text: str) -> bool:
    """Whether a free text can be the reference of an outline: short, and with a digit.

    Names of people have no digit, so that none becomes a reference.

    Examples
    --------
    >>> is_name("S-12"), is_name("XII-360"), is_name("a name of somebody")
    (True, True, False)
    """
    return 0 < len(text) <= _LONGEST_NAME and any(char.isdigit() for char in text)


def is_dotted_number(text: str) -> bool:
    """Whether a text is of three or more numbers with dots, as cadastral identifiers are."""
    return _DOTTED_NUMBERS.fullmatch(text) is not None

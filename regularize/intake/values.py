"""Single values of a source as text and dates, without guessing."""

import math
import re
import unicodedata
from datetime import date, datetime
from typing import Any

from regularize.i18n import translate as _

# [0-9] and not \d: a letter that looks like another digit makes no day and no number.
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?")
_DOTTED_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+){2,}")
# A longer text is a note, not a name.
_LONGEST_NAME = 40
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})\s*(?:г\.?)?")
_REAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_BLANKS = str.maketrans({",": ".", " ": "", "\N{NO-BREAK SPACE}": "", "\N{NARROW NO-BREAK SPACE}": ""})


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


def as_number(text: str) -> float | None:
    """A finite number, with comma or point and blanks between thousands; None for anything else.

    Stricter than ``float``, which reads ``1_5`` as fifteen and takes digits of any script.

    Examples
    --------
    >>> as_number("1 234,5"), as_number("1_5"), as_number("1.234,5")
    (1234.5, None, None)
    """
    bare = text.strip().translate(_BLANKS)
    value = float(bare) if _REAL.fullmatch(bare) else math.nan
    return value if math.isfinite(value) else None


def real(text: str) -> float:
    """A coordinate as a file of points writes it; neither ``1_5`` nor digits of another script are one.

    Raises
    ------
    ValueError
        If it is no number, as ``float`` raises it.

    Examples
    --------
    >>> real("25.5"), real("-1e3")
    (25.5, -1000.0)
    """
    if "_" in text or not text.isascii():
        raise ValueError(_("a coordinate is not a number"))
    return float(text)


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

"""Text from data on its way to paper, tables and XML: the one place that says what becomes of it.

Nothing is escaped here (each writer does that for its own syntax) and nothing vanishes: what cannot
be shown appears as ``[U+XXXX]``, what is cut says how long it was, numbers are written in one way.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from string import Formatter
from typing import Any

LONGEST = 2000
NO_BREAK = "\u00a0"
NARROW = "\u202f"
MINUS = "\u2212"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

# Blocks that every style of typst's own faces carries (Libertinus Serif, with New Computer Modern and
# DejaVu Sans Mono behind it), read from their character maps and proved by a test that prints them all.
_CARRIED: tuple[tuple[int, int], ...] = (
    (0x0020, 0x007E),
    (0x00A0, 0x00AC),
    (0x00AE, 0x024F),
    (0x0300, 0x0304),
    (0x0306, 0x0308),
    (0x0384, 0x038A),
    (0x038C, 0x038C),
    (0x038E, 0x03A1),
    (0x03A3, 0x03CE),
    (0x0400, 0x0482),
    (0x048A, 0x04FF),
    (0x1E00, 0x1E95),
    (0x1EA0, 0x1EF9),
    (0x2009, 0x200A),
    (0x2010, 0x2027),
    (0x202F, 0x2037),
    (0x2039, 0x203E),
    (0x2044, 0x2044),
    (0x2070, 0x2071),
    (0x2074, 0x208E),
    (0x20A0, 0x20BF),
    (0x2103, 0x2103),
    (0x2113, 0x2113),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x2126, 0x2126),
    (0x2153, 0x215E),
    (0x2190, 0x2199),
    (0x2200, 0x222B),
    (0x2245, 0x2245),
    (0x2248, 0x2249),
    (0x2260, 0x2262),
    (0x2264, 0x2265),
    (0x25A0, 0x25A1),
    (0x25B2, 0x25B3),
    (0x25BC, 0x25BD),
    (0x25CB, 0x25CB),
    (0x25CF, 0x25CF),
)


@lru_cache(maxsize=8192)
def _shown(char: str) -> bool:
    code = ord(char)
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return False
    return any(first <= code <= last for first, last in _CARRIED)


def carried() -> str:
    """Every character that :func:`printable` lets through, in code order."""
    return "".join(chr(c) for first, last in _CARRIED for c in range(first, last + 1) if _shown(chr(c)))


@lru_cache(maxsize=1)
def _all_carried() -> frozenset[str]:
    return frozenset(carried())


def printable(text: object, *, lines: bool = False, longest: int = LONGEST) -> str:
    """`text` with what paper or XML 1.0 cannot carry made visible.

    Parameters
    ----------
    text : object
        Anything; ``None`` becomes the empty text.
    lines : bool
        Keep line ends (for notes); otherwise they too become ``[U+000A]``.
    longest : int
        Letters of the input that are kept; the rest is cut and the whole length stated.

    Returns
    -------
    str
        Control, bidirectional and private-use characters, unpaired surrogates and letters outside the
        built-in faces appear as ``[U+XXXX]``; all else is unchanged, byte for byte.

    Examples
    --------
    >>> printable("ул. \\u202e„Роза“")
    'ул. [U+202E]„Роза“'
    """
    whole = "" if text is None else str(text)
    if len(whole) <= longest and _all_carried().issuperset(whole):
        return whole
    shown = "".join(
        char if _shown(char) or (lines and char == "\n") else f"[U+{ord(char):04X}]"
        for char in whole[:longest]
    )
    return shown if len(whole) <= longest else f"{shown} […{len(whole)}]"


def printable_tree(value: object) -> object:
    """A copy of JSON-able `value` whose every text, keys included, is :func:`printable`.

    Line ends are kept; tuples become lists.
    """
    if isinstance(value, str):
        return printable(value, lines=True)
    if isinstance(value, Mapping):
        return {printable(key): printable_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable_tree(item) for item in value]
    return value


def cell(text: object) -> str:
    """`text` for a CSV or spreadsheet cell: one that a program could take for a formula gets a ``'``.

    Numbers are not texts: write them as numbers.

    Examples
    --------
    >>> cell("=1+1"), cell("Лозен")
    ("'=1+1", 'Лозен')
    """
    whole = "" if text is None else str(text)
    stripped = whole.lstrip(" \u00a0\ufeff\u200b")
    return f"'{whole}" if whole.startswith(_FORMULA) or stripped.startswith(_FORMULA) else whole


def format_number(value: float | None, digits: int = 2, *, lang: str, sign: bool = False) -> str:
    """`value` as people of `lang` write it: decimal comma in Bulgarian, thousands by a narrow space.

    Parameters
    ----------
    value : float or None
        ``None`` and not-a-number become an en dash.
    digits : int
        Decimals that are written, zeros included.
    sign : bool
        Write a plus before what is above zero.

    Examples
    --------
    >>> format_number(-1234.5, 1, lang="bg")
    '−1234,5'
    """
    if value is None or math.isnan(value):
        return "–"
    if value in {float("inf"), float("-inf")}:
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{abs(value):,.{digits}f}"
    if "," in text and len(text.partition(".")[0]) < len("10,000"):
        text = text.replace(",", "")  # four digits stand unspaced, as both languages have it
    text = text.replace(",", NARROW)
    if lang == "bg":
        text = text.replace(".", ",")
    zero = not any(char in "123456789" for char in text)
    if value < 0 and not zero:
        return f"{MINUS}{text}"
    return f"+{text}" if sign and not zero else text


def format_day(day: str | None, *, lang: str) -> str:
    """An ISO date as people of `lang` write it: ``12.05.2026 г.`` or ``12 May 2026``.

    What is not a date is returned as it came; ``None`` becomes an en dash.
    """
    if not day:
        return "–"
    year, _, rest = day[:10].partition("-")
    month, _, number = rest.partition("-")
    numbers = all(part.isdecimal() for part in (year, month, number))
    if not (numbers and 1 <= int(month) <= len(_MONTHS)):
        return day
    if lang == "bg":
        return f"{number}.{month}.{year}{NO_BREAK}г."
    return f"{int(number)}{NO_BREAK}{_MONTHS[int(month) - 1]}{NO_BREAK}{year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def data_dates(sources: Iterable[tuple[str, str]], *, lang: str, word: Callable[[str], str]) -> str:
    """The days of the data behind an output, by origin: ``Заснемане 12.05.2026; Кадастър 01.03.2026``.

    Parameters
    ----------
    sources : iterable of (str, str)
        Origin and ISO date of each delivery.
    word : callable
        The word of an origin.
    """
    days: dict[str, set[str]] = {}
    for origin, day in sources:
        days.setdefault(origin, set()).add(day)
    said = (
        f"{word(o)} {', '.join(format_day(printable(d), lang=lang) for d in sorted(days[o]))}"
        for o in sorted(days)
    )
    return "; ".join(said) or "–"


def unlike(ours: Mapping[str, Any], words: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """Dotted keys that a catalogue of words lacks, or that hold something else than ours: no text, no list.

    The words of a glossary are a language's own.

    Examples
    --------
    >>> list(unlike({"a": "x", "b": {"c": ["y"]}}, {"a": 5, "b": {"c": "y"}}))
    ['a', 'b.c']
    """
    for key, own in ours.items():
        said = words.get(key)
        if isinstance(own, Mapping) and isinstance(said, Mapping):
            if key != "glossary":
                yield from unlike(own, said, f"{within}{key}.")
            elif not all(isinstance(text, str) for text in said.values()):
                yield f"{within}{key}"
        elif not (
            (isinstance(own, str) and isinstance(said, str))
            or (
                isinstance(own, list) and isinstance(said, list) and all(isinstance(one, str) for one in said)
            )
        ):
            yield f"{within}{key}"


def odd_blanks(ours: Mapping[str, Any], words: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """Dotted keys of texts with a blank that ours has not (nothing would fill it), or with a lone brace.

    Examples
    --------
    >>> list(odd_blanks({"a": "by {day}", "b": "x"}, {"a": "{day} {time}", "b": "{", "c": "{day}"}))
    ['a', 'b']
    """
    of_all = {blank for own in ours.values() for blank in _blanks(own)}
    for key, said in words.items():
        own = ours.get(key)
        if isinstance(said, Mapping):
            yield from odd_blanks(own if isinstance(own, Mapping) else {}, said, f"{within}{key}.")
        elif not _blanks(said) <= (of_all if own is None else _blanks(own)):
            yield f"{within}{key}"


def _blanks(text: Any) -> set[str]:
    """Names in braces, with whatever else stands there; a brace by itself is one of its own."""
    if not isinstance(text, str):
        return set()
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return {"{"}
    return {f"{name}!{how}:{form}" for _before, name, form, how in parts if name is not None}

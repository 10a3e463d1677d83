"""Rows and field names of the tables of a ``.cad`` file."""

import re
from functools import lru_cache

_BLANKS = b" \t"
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_QUOTE, _ESCAPE, _COMMA = 0x22, 0x5C, 0x2C
# Capitals that look alike; the field names of the format are Latin.
_LATIN_TWINS = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")
_ENCODINGS = ("utf-8", "cp1251", "cp866", "mik")


@lru_cache(maxsize=4096)
def field_name(raw: bytes) -> str:
    """The name of a field in Latin capitals, whatever alphabet its letters were typed in.

    Examples
    --------
    >>> field_name("ЕТ1".encode("cp1251")), field_name(b"ident")
    ('ET1', 'IDENT')
    """
    for encoding in _ENCODINGS:
        try:
            name = raw.decode(encoding).upper().translate(_LATIN_TWINS)
        except UnicodeDecodeError:
            continue
        if name.isascii():
            return name
    return raw.decode("ascii", errors="replace")


def split_row(raw: bytes) -> list[bytes] | None:
    r"""The values of a row; None where a quotation mark is never closed.

    Examples
    --------
    >>> split_row(rb'"501.7",5,,"a, \"b\""')
    [b'501.7', b'5', b'', b'a, "b"']

    Nothing between commas is an empty value; what stands between quotation marks may hold commas.
    """
    if b'"' not in raw:
        return [value.strip() for value in raw.split(b",")]
    values: list[bytes] = []
    at, end = 0, len(raw)
    while True:
        while at < end and raw[at] in _BLANKS:
            at += 1
        if at < end and raw[at] == _QUOTE:
            closing = _closing(raw, at + 1)
            if closing < 0:
                return None
            text = raw[at + 1 : closing]
            values.append(_ESCAPED.sub(rb"\1", text) if b"\\" in text else text)
            at = closing + 1
            while at < end and raw[at] != _COMMA:
                if raw[at] not in _BLANKS:
                    return None
                at += 1
        else:
            stop = raw.find(b",", at)
            stop = end if stop < 0 else stop
            values.append(raw[at:stop].strip())
            at = stop
        if at >= end:
            return values
        at += 1


def _closing(raw: bytes, at: int) -> int:
    """Where the text that begins at `at` ends; -1 where it does not."""
    while True:
        quote = raw.find(b'"', at)
        if quote < 0:
            return -1
        escapes = 0
        while raw[quote - 1 - escapes] == _ESCAPE and quote - 1 - escapes >= at:
            escapes += 1
        if escapes % 2 == 0:
            return quote
        at = quote + 1

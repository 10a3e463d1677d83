"""Personal data in running text: national numbers, telephones, addresses, names."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from regularize.privacy.columns import Kind, is_toponym_column, kind_of_column
from regularize.privacy.words import text_words

MASK = "*" * 10  # as courts mask a national number; of one length, so that it tells nothing
_DIGITS = 10
_CONTEXT_CHARS = 30
_MOST_ROUNDS = 32

# What stands between the digits of one number when people write it in groups.
_GAP = re.compile(
    r"[ \t\u00a0\u202f\u2009]{0,2}([ \u00a0\u202f\u2009\-\u2010-\u2013.\u00ad\u200b\u2060])[ \t\u00a0]?"
)
# Where an EGN is split: after year, month, day, district or serial number.
_EGN_SPLITS = ((6,), (6, 8), (6, 9), (2, 4, 6), (2, 4, 6, 8), (2, 4, 6, 9), tuple(range(1, _DIGITS)))
_SEP = r"[ \u00a0\u202f\-\u2010-\u2013/.]?"
_NOT_IN_NUMBER = r"(?<![0-9])(?<![0-9]\.)"
_MOBILE = re.compile(
    _NOT_IN_NUMBER
    + rf"(?:(?:\+|00)[ ]?\(?359\)?{_SEP}(?:\(0\){_SEP})?[1-9](?:{_SEP}[0-9]){{7,8}}"
    + rf"|359(?:8[7-9]|98)[0-9]{{7}}|0(?:8[7-9]|98)(?:{_SEP}[0-9]){{7}})(?![0-9])(?!\.[0-9])"
)
# The two sides of an "@", of limited length so that a hostile text costs no time.
_MAILBOX = re.compile(r"[\w.+\-]{1,64}$")
_MAIL_HOST = re.compile(r"[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,8}")
_DECIMALS = re.compile(r"\.[0-9]")
_ZERO_DECIMALS = re.compile(r"\.0+(?![0-9.])")
_FIELD_END = re.compile(r"[0-9]+[,;]")
_WORD = r"(?:[А-ЯЍ][а-яѝ]+|[А-ЯЍ]{2,}|[A-Z][a-z]+|[A-Z]{2,})"
_NAME_WORD = rf"{_WORD}(?:-{_WORD})?"
_THREE = re.compile(rf"(?<!\w)({_NAME_WORD})[ \u00a0]+({_NAME_WORD})[ \u00a0]+({_NAME_WORD})(?!\w)")


@dataclass(frozen=True)
class Hit:
    """Personal data at ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


def _listed(name: str) -> str:
    return "|".join(re.escape(word) for word in sorted(text_words(name), key=len, reverse=True))


@cache
def _before(name: str) -> re.Pattern[str]:
    """One of the words of list `name`, at the end of a text, with little between."""
    gap = r"(?:[^\w\n]|_)"
    between = rf"(?:(?:{_listed('between')}){gap}{{1,4}})?"
    return re.compile(rf"(?<![^\W_])(?:{_listed(name)}){gap}{{0,8}}{between}$", re.IGNORECASE)


def _stands_before(name: str, text: str, start: int) -> bool:
    return bool(_before(name).search(text[max(0, start - _CONTEXT_CHARS) : start]))


def find_personal(text: str, *, context: str = "") -> list[Hit]:
    """Personal data in a text, in order, without overlaps.

    National numbers are found by date and checksum, also split by spaces, dashes or dots and inside
    longer text; right after a word such as "ЕГН" the checksum is not asked for, since a mistyped
    number is personal too. A decimal number or an identifier is never a national number.

    Parameters
    ----------
    text : str
    context : str
        Name of the column. Where it is a column of personal data the whole text is a hit.

    Examples
    --------
    >>> find_personal("имот 68134.4081.2048 на ул. Христо Ботев")
    []
    """
    if not text or not text.strip():
        return []
    column = kind_of_column(context) if context else None
    if column is not None:
        return [Hit(column, 0, len(text))]
    plain = _ascii_digits(text)
    hits = [*_numbers(plain), *_phones(plain)]
    hits += _emails(text)
    hits += _names(text, toponym=is_toponym_column(context))
    found: list[Hit] = []
    for hit in hits:  # sorted by how sure they are, not by position
        if all(hit.end <= other.start or other.end <= hit.start for other in found):
            found.append(hit)
    return sorted(found, key=lambda hit: hit.start)


def redact(text: str, *, context: str = "") -> tuple[str, int]:
    """`text` with every hit of `find_personal` masked, and how many there were.

    In what comes back `find_personal` finds nothing more: a mask takes away what stood beside a
    name or a number and hid it (a digit, a second number), so the text is looked at again.

    Examples
    --------
    >>> redact("пише на a.b@example.org")
    ('пише на **********', 1)
    >>> redact("Иван Петров Иванов0888123456")
    ('********************', 2)
    """
    if context and kind_of_column(context) is not None:
        return (MASK, 1) if text.strip() else (text, 0)
    masked, hits = text, 0
    # Each round masks a letter, a digit or an "@" at least, so that it ends; a text made to need
    # more rounds than this is nobody's note and is masked whole.
    for _round in range(_MOST_ROUNDS):
        found = find_personal(masked, context=context)
        if not found:
            return masked, hits
        masked, hits = _masked(masked, found), hits + len(found)
    return MASK, hits


def personal_words(text: str) -> set[str]:
    """The pieces of `text` that `redact` masks.

    Examples
    --------
    >>> sorted(personal_words("Иван Петров Иванов0888123456"))
    ['0888123456', 'Иван Петров Иванов']
    """
    words: set[str] = set()
    for _round in range(_MOST_ROUNDS):
        found = find_personal(text)
        if not found:
            return words
        words |= {text[hit.start : hit.end] for hit in found}
        text = _masked(text, found)
    return words | {text}


def _masked(text: str, hits: list[Hit]) -> str:
    parts, last = [], 0
    for hit in hits:
        parts += [text[last : hit.start], MASK]
        last = hit.end
    return "".join((*parts, text[last:]))


def _ascii_digits(text: str) -> str:
    """`text` with digits of any script as 0-9, character for character."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


@cache
def _foreigner() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_listed('lnch')})(?!\w)", re.IGNORECASE)


def _numbers(text: str) -> Iterator[Hit]:
    """National numbers: ten digits in one to ten groups."""
    foreigner = _foreigner().search(text)
    since = foreigner.end() if foreigner else len(text)
    groups = [match.span() for match in re.finditer(r"[0-9]+", text)]
    for first, (start, _end) in enumerate(groups):
        splits: list[int] = []
        gaps: set[str] = set()
        length = 0
        for position in range(first, len(groups)):
            begin, end = groups[position]
            if position > first:
                gap = _gap(text, groups[position - 1][1], begin)
                if gap is None:
                    break
                splits.append(length)
                gaps.add(gap)
            length += end - begin
            if length >= _DIGITS - 1:
                digits = "".join(text[b:e] for b, e in groups[first : position + 1])
                kind = _national(text, start, end, digits, tuple(splits), gaps, since)
                if kind is not None:
                    yield Hit(kind, start, end)
            if length >= _DIGITS:
                break


def _gap(text: str, end: int, begin: int) -> str | None:
    """The separator between two groups of digits: ``" "``, ``"-"`` or ``"."``; None for no such."""
    match = _GAP.fullmatch(text, end, begin)
    if match is None:
        return None
    separator = match[1]
    if separator == ".":
        return "."
    return " " if separator.isspace() else "-"


def _national(
    text: str, start: int, end: int, digits: str, splits: tuple[int, ...], gaps: set[str], since: int
) -> Literal["egn", "lnch"] | None:
    """What `digits`, found at ``text[start:end]``, are; None for no national number.

    From the position `since` on, the text speaks of foreigners.
    """
    from stdnum.bg import egn, pnf  # with its web services: nothing that every command should load

    if _is_fraction(text, start) or _goes_on(text, end):
        return None
    if _stands_before("lnch", text, start):
        return "lnch" if len(digits) == _DIGITS else None
    if _stands_before("egn", text, start):
        # A table that lost the leading zero of somebody born after 1999 leaves nine digits.
        lost_zero = not splits and egn.is_valid(digits.zfill(_DIGITS))
        return "egn" if len(digits) == _DIGITS or lost_zero else None
    if len(digits) != _DIGITS:
        return None
    if start >= since and pnf.is_valid(digits):
        return "lnch"
    if not splits or not egn.is_valid(digits):
        return "egn" if egn.is_valid(digits) else None
    # Several numbers in a row are a list of measurements, not one number written in groups.
    alone = not _touches_number(text, start, end)
    decimal = gaps == {"."} and len(splits) == 1
    return "egn" if len(gaps) == 1 and splits in _EGN_SPLITS and alone and not decimal else None


def _is_fraction(text: str, start: int) -> bool:
    """Whether the digits at `start` are the decimals of a number, or go on from one."""
    before = text[max(0, start - 2) : start]
    if re.search(r"[0-9]\.$", before):
        return True
    # "12,9041..." is a decimal; in "12,9041...,5" the comma separates fields.
    return bool(re.search(r"[0-9],$", before)) and not _FIELD_END.match(text, start)


def _goes_on(text: str, end: int) -> bool:
    """Whether a decimal part follows; ``.0`` is a table's way to write a whole number."""
    return bool(_DECIMALS.match(text, end)) and not _ZERO_DECIMALS.match(text, end)


def _touches_number(text: str, start: int, end: int) -> bool:
    return bool(
        re.search(r"[0-9][ \u00a0\t\-.,;/]{1,2}$", text[max(0, start - 3) : start])
        or re.match(r"[ \u00a0\t\-.,;/]{1,2}[0-9]", text[end : end + 3])
    )


def _emails(text: str) -> Iterator[Hit]:
    last: Hit | None = None
    for sign in re.finditer("@", text):
        mailbox = _MAILBOX.search(text[max(0, sign.start() - 64) : sign.start()])
        host = _MAIL_HOST.match(text, sign.end())
        if not mailbox or not host:
            continue
        start = sign.start() - len(mailbox[0])
        if last is not None and start < last.end:
            last = Hit("email", last.start, host.end())  # two addresses that run into each other
            continue
        if last is not None:
            yield last
        last = Hit("email", start, host.end())
    if last is not None:
        yield last


def _phones(text: str) -> Iterator[Hit]:
    for match in _MOBILE.finditer(text):
        yield Hit("phone", *match.span())
    for match in re.finditer(rf"{_NOT_IN_NUMBER}[0-9](?:{_SEP}[0-9]){{5,9}}(?![0-9])", text):
        if _stands_before("phone", text, match.start()):
            yield Hit("phone", *match.span())


def _names(text: str, *, toponym: bool) -> Iterator[Hit]:
    """Persons: after a word such as "собственик", or three words in a row as in a full name."""
    for match in _after_role().finditer(text):
        first, *rest = re.split(r"[ \u00a0]+", match[1])
        if rest and _has_ending(rest[-1]) and first.casefold() not in text_words("institutions"):
            yield Hit("name", *match.span(1))
    if toponym:
        return
    position = 0
    while (row := _THREE.search(text, position)) is not None:
        position = row.end(1)
        first, second, third = row.groups()
        if (
            _has_ending(second)
            and _has_ending(third)
            and (_has_ending(second, family=True) or _has_ending(third, family=True))
            and first.casefold() not in text_words("institutions")
        ):
            position = row.end()
            if not _stands_before("places", text, row.start()):
                yield Hit("name", *row.span())


@cache
def _after_role() -> re.Pattern[str]:
    name = rf"{_NAME_WORD}(?:[ \u00a0]+(?:[А-ЯA-Z]\.[ ]?)?{_NAME_WORD}){{1,2}}"
    return re.compile(rf"(?<!\w)(?i:{_listed('roles')})[\s:.,\-–]{{1,4}}({name})(?!\w)")


def _has_ending(word: str, *, family: bool = False) -> bool:
    endings = text_words("endings_family") | (frozenset() if family else text_words("endings_other"))
    return len(word) > len("ов") + 1 and word.casefold().endswith(tuple(endings))

"""Personal data: where it stands in text, and which columns hold it.

Errs on the side of hiding what has the form of a national number, and on the side of leaving alone
what has the form of a coordinate, an identifier or a street.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from stdnum.bg import egn, pnf

Kind = Literal["egn", "lnch", "phone", "email", "name"]

MASK = "*" * 10  # as courts mask a national number; of one length, so that it tells nothing
_DIGITS = 10
_DBF_BYTES = 10
_CONTEXT_CHARS = 30

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
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_WORD = r"(?:[А-ЯЍ][а-яѝ]+|[А-ЯЍ]{2,}|[A-Z][a-z]+|[A-Z]{2,})"
_NAME_WORD = rf"{_WORD}(?:-{_WORD})?"
_THREE = re.compile(rf"(?<!\w)({_NAME_WORD})[ \u00a0]+({_NAME_WORD})[ \u00a0]+({_NAME_WORD})(?!\w)")


@dataclass(frozen=True)
class Hit:
    """Personal data at ``text[start:end]``."""

    kind: Kind
    start: int
    end: int


@cache
def _words() -> dict[str, dict[str, Any]]:
    file = Path(__file__).with_name("privacy_words.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _column_words(name: str) -> frozenset[str]:
    return frozenset(_words()["columns"][name])


@cache
def _text_words(name: str) -> frozenset[str]:
    return frozenset(_words()["text"][name])


@cache
def _before(name: str) -> re.Pattern[str]:
    """One of the words of list `name`, at the end of a text, with little between."""
    listed = "|".join(re.escape(w) for w in sorted(_words()["text"][name], key=len, reverse=True))
    between = "|".join(re.escape(w) for w in _words()["text"]["between"])
    gap = r"(?:[^\w\n]|_)"
    return re.compile(rf"(?<![^\W_])(?:{listed}){gap}{{0,8}}(?:(?:{between}){gap}{{1,4}})?$", re.IGNORECASE)


def _stands_before(name: str, text: str, start: int) -> bool:
    return bool(_before(name).search(text[max(0, start - _CONTEXT_CHARS) : start]))


def _is_in(name: str, text: str) -> bool:
    listed = "|".join(re.escape(word) for word in _words()["text"][name])
    return bool(re.search(rf"(?<!\w)(?:{listed})(?!\w)", text, re.IGNORECASE))


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
    column = _kind_of_column(context) if context else None
    if column is not None:
        return [Hit(column, 0, len(text))]
    plain = _ascii_digits(text)
    hits = [*_numbers(plain), *_phones(plain)]
    if "@" in text:
        hits += [Hit("email", *match.span()) for match in _EMAIL.finditer(text)]
    hits += _names(text, toponym=_is_toponym_context(context))
    found: list[Hit] = []
    for hit in hits:  # sorted by how sure they are, not by position
        if all(hit.end <= other.start or other.end <= hit.start for other in found):
            found.append(hit)
    return sorted(found, key=lambda hit: hit.start)


def redact(text: str, *, context: str = "") -> tuple[str, int]:
    """`text` with every hit of `find_personal` masked, and how many there were.

    Examples
    --------
    >>> redact("пише на a.b@example.org")
    ('пише на **********', 1)
    """
    hits = find_personal(text, context=context)
    parts, last = [], 0
    for hit in hits:
        parts += [text[last : hit.start], MASK]
        last = hit.end
    return "".join((*parts, text[last:])), len(hits)


def _ascii_digits(text: str) -> str:
    """`text` with digits of any script as 0-9, character for character."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _numbers(text: str) -> Iterator[Hit]:
    """National numbers: ten digits in one to ten groups."""
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
                kind = _national(text, start, end, digits, tuple(splits), gaps)
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
    text: str, start: int, end: int, digits: str, splits: tuple[int, ...], gaps: set[str]
) -> Literal["egn", "lnch"] | None:
    """What `digits`, found at ``text[start:end]``, are; None for no national number."""
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
    if pnf.is_valid(digits) and _is_in("lnch", text[:start]):
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
    return bool(re.search(r"[0-9],$", before)) and not re.match(r"[0-9]+[,;]", text[start:])


def _goes_on(text: str, end: int) -> bool:
    """Whether a decimal part follows; ``.0`` is a table's way to write a whole number."""
    return bool(re.match(r"\.[0-9]", text[end:])) and not re.match(r"\.0+(?![0-9.])", text[end:])


def _touches_number(text: str, start: int, end: int) -> bool:
    return bool(
        re.search(r"[0-9][ \u00a0\t\-.,;/]{1,2}$", text[max(0, start - 3) : start])
        or re.match(r"[ \u00a0\t\-.,;/]{1,2}[0-9]", text[end : end + 3])
    )


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
        if rest and _has_ending(rest[-1]) and first.casefold() not in _text_words("institutions"):
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
            and first.casefold() not in _text_words("institutions")
        ):
            position = row.end()
            if not _stands_before("places", text, row.start()):
                yield Hit("name", *row.span())


@cache
def _after_role() -> re.Pattern[str]:
    roles = "|".join(re.escape(w) for w in sorted(_words()["text"]["roles"], key=len, reverse=True))
    name = rf"{_NAME_WORD}(?:[ \u00a0]+(?:[А-ЯA-Z]\.[ ]?)?{_NAME_WORD}){{1,2}}"
    return re.compile(rf"(?<!\w)(?i:{roles})[\s:.,\-–]{{1,4}}({name})(?!\w)")


def _has_ending(word: str, *, family: bool = False) -> bool:
    lists = _words()["text"]
    endings: list[str] = lists["endings_family"] + ([] if family else lists["endings_other"])
    return len(word) > len("ов") + 1 and word.casefold().endswith(tuple(endings))


@lru_cache(maxsize=4096)
def is_personal_column(name: str, kind: str | None = None) -> bool:
    """Whether a column of this name holds personal data.

    Knows Bulgarian, English and transliterated names, names cut by DBF, and names decoded in the
    wrong encoding. "лице" alone is a frontage, and "name" is a person's except in layers of named
    things.

    Parameters
    ----------
    name : str
    kind : str, optional
        Kind of the layer: streets, areas, plan parts and regulated plots have names of their own.

    Examples
    --------
    >>> [is_personal_column(n) for n in ("surname", "filename", "ЕГН", "лице_м", "вид_собственост")]
    [True, False, True, False, False]
    >>> is_personal_column("name"), is_personal_column("name", "streets")
    (True, False)
    """
    return any(_is_personal(reading, kind) for reading in _readings(name))


@lru_cache(maxsize=4096)
def is_special_category_column(name: str) -> bool:
    """Whether a column of this name tells ethnicity, religion or health: it must be refused.

    Examples
    --------
    >>> is_special_category_column("етнос"), is_special_category_column("етажност")
    (True, False)
    """
    return any(
        _speaks_of(_split_name(reading), reading, "special", "special_stems")
        or _has_phrase(_split_name(reading), _words()["columns"]["special_phrases"])
        for reading in _readings(name)
    )


def _is_personal(name: str, kind: str | None) -> bool:
    words = _split_name(name)
    if _has_phrase(words, _words()["columns"]["personal_phrases"]):
        return True
    if _speaks_of(words, name, "personal", "stems"):
        category = bool(_column_words("category") & set(words))
        return not category or not _is_about_owners(words)
    if not _column_words("names") & set(words) or _column_words("things") & set(words):
        return False
    others = set(words) - _column_words("names") - _column_words("name_qualifiers")
    return kind not in _column_words("named_kinds") or bool(others)


def _has_phrase(words: Iterable[str], phrases: Iterable[Iterable[str]]) -> bool:
    return any(set(phrase) <= set(words) for phrase in phrases)


def _is_about_owners(words: Iterable[str]) -> bool:
    """Whether only an owner is spoken of: "owner category" is harmless, "phone type" is odd."""
    owners = ("owner", "собст", "sobst", "tenant", "наем")
    personal = [word for word in words if word in _column_words("personal")]
    return all(word.startswith(owners) for word in personal)


def _speaks_of(words: list[str], name: str, listed: str, stems: str) -> bool:
    known = _column_words(listed)
    harmless = _column_words("harmless")
    if any(word in known for word in words):
        return True
    if any(word.startswith(tuple(_column_words(stems))) and word not in harmless for word in words):
        return True
    cut = "".join(words)
    if cut in _column_words("ambiguous_cuts") or cut in harmless:
        return False
    is_cut = _DBF_BYTES in {len(name), len(name.encode("utf-8"))} and len(cut) >= _DBF_BYTES // 2
    whole = cut == re.sub(r"[\W_]+", "", name).casefold()  # digits leave too little to go by
    return is_cut and whole and any(word.startswith(cut) for word in known)


def _split_name(name: str) -> list[str]:
    """The words of a column name: at separators, at digits and at capitals inside a word."""
    spaced = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я][a-zа-я])", " ", name)
    return [word.casefold() for word in re.split(r"[\W\d_]+", spaced) if word]


def _readings(name: str) -> Iterator[str]:
    """`name`, and what it says if its bytes were decoded in the wrong encoding."""
    yield name
    if name.isascii():
        return
    for wrong in ("latin-1", "cp1252", "cp866", "cp1251", "cp437"):
        try:
            raw = name.encode(wrong)
        except UnicodeEncodeError:
            continue
        for reading in (*_decoded(raw), _from_mik(raw)):
            # What is not a name in letters is a wrong guess.
            if re.fullmatch(r"[А-Яа-яA-Za-z0-9 _.\-№/()]+", reading):
                yield reading


def _decoded(raw: bytes) -> Iterator[str]:
    for encoding in ("cp1251", "cp866", "utf-8"):
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError:
            continue


def _from_mik(raw: bytes) -> str:
    """`raw` read as MIK, for which there is no codec: the alphabet lies straight from 0x80 on."""
    return "".join(chr(b) if b < 0x80 else chr(ord("А") + b - 0x80) for b in raw)


def _kind_of_column(name: str) -> Kind | None:
    """Which personal data a column of this name holds; None for none, and for bare names."""
    if _is_toponym_context(name) or not is_personal_column(name):
        return None
    words = {word for reading in _readings(name) for word in _split_name(reading)}
    for kind in ("egn", "lnch", "phone"):
        if words & _text_words(kind):
            return kind
    return "email" if words & _text_words("email") else "name"


def _is_toponym_context(name: str) -> bool:
    """Whether the column is the plain ``name`` of a layer: there, names are those of streets."""
    return bool(name) and not is_personal_column(name, "streets") and is_personal_column(name)

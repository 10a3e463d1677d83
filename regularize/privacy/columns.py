"""Columns of personal data, told by their names."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from regularize.privacy.words import column_phrases, column_words, text_words

Kind = Literal["egn", "lnch", "phone", "email", "name"]

_DBF_BYTES = 10
_OWNERS = ("owner", "собст", "sobst", "tenant", "наем")


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
        or _has_phrase(_split_name(reading), "special_phrases")
        for reading in _readings(name)
    )


def _is_personal(name: str, kind: str | None) -> bool:
    words = _split_name(name)
    if _has_phrase(words, "personal_phrases"):
        return True
    if _speaks_of(words, name, "personal", "stems"):
        # "owner category" tells no person, "phone type" is odd enough to be left out.
        category = column_words("category") & set(words)
        personal = column_words("personal") & set(words)
        return not category or not all(word.startswith(_OWNERS) for word in personal)
    if not column_words("names") & set(words) or column_words("things") & set(words):
        return False
    others = set(words) - column_words("names") - column_words("name_qualifiers")
    return kind not in column_words("named_kinds") or bool(others)


def _has_phrase(words: Iterable[str], listed: str) -> bool:
    return any(phrase <= set(words) for phrase in column_phrases(listed))


def _speaks_of(words: list[str], name: str, listed: str, stems: str) -> bool:
    known = column_words(listed)
    harmless = column_words("harmless")
    if any(word in known for word in words):
        return True
    if any(word.startswith(tuple(column_words(stems))) and word not in harmless for word in words):
        return True
    cut = "".join(words)
    if cut in column_words("ambiguous_cuts") or cut in harmless:
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


def kind_of_column(name: str) -> Kind | None:
    """Which personal data a column of this name holds; None for none, and for bare names."""
    if is_toponym_column(name) or not is_personal_column(name):
        return None
    words = {word for reading in _readings(name) for word in _split_name(reading)}
    for kind in ("egn", "lnch", "phone"):
        if words & text_words(kind):
            return kind
    return "email" if words & text_words("email") else "name"


def is_toponym_column(name: str) -> bool:
    """Whether the column is the plain ``name`` of a layer: there, names are those of streets."""
    return bool(name) and not is_personal_column(name, "streets") and is_personal_column(name)

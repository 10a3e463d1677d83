"""Which encoding a text is in, by evidence; MIK is one of them (see ``mik``).

A file without a declared code page reads silently as ``Íèñêî`` in every engine. So the bytes are
judged: strict UTF-8, then byte ranges, then how well the letters fit Bulgarian. Below the stated
confidence nothing is assumed: the user is asked.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake import mik  # noqa: F401 registers the codec
from regularize.model import Issue, Severity
from regularize.privacy import redact

# What .cpg files and people write -> Python's name.
_ALIASES = {
    "1251": "cp1251",
    "ansi1251": "cp1251",
    "win1251": "cp1251",
    "866": "cp866",
    "oem866": "cp866",
    "1252": "cp1252",
    "ansi1252": "cp1252",
    "1250": "cp1250",
    "ansi1250": "cp1250",
    "437": "cp437",
    "oem": "cp437",
    "850": "cp850",
    "852": "cp852",
    "855": "cp855",
    "88591": "latin-1",
    "88592": "iso8859-2",
    "88595": "iso8859-5",
    "65001": "utf-8",
}
# Codecs of Python that no file is written in: they fail on foreign bytes, or make halves of letters of them.
_NO_TEXT = frozenset(
    {"undefined", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "charmap", "utf-7"}
)
# Language driver of a DBF header; 0 and 0x57 ("the machine's own") declare nothing.
_LANGUAGE_DRIVERS = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x26: "cp866",
    0x64: "cp852",
    0x65: "cp866",
    0x96: "mac-cyrillic",
    0xC8: "cp1250",
    0xC9: "cp1251",
}
CYRILLIC = ("cp1251", "cp866", "mik")
ENOUGH_LETTERS = 20
_SAMPLE_BYTES = 400_000
_EUROPEAN_SHARE = 0.9

# Letters per thousand of Bulgarian text, rounded; what is absent does not occur in Bulgarian.
_PER_MILLE = (
    "а117 и88 о87 е87 т77 н72 р55 с52 в44 л35 к33 д34 п28 м24 з21 ъ19 у15 г15 б14 "
    "ч14 щ7 й7 ж7 ц7 х6 ш5 ю2 я20 ф3 ь1"
)
_FREQUENCY = {entry[0]: int(entry[1:]) for entry in _PER_MILLE.split()}
_RARE_PER_MILLE = 0.05
_LOG_FREQUENCY = {letter: log(n / 1000) for letter, n in _FREQUENCY.items()}
_LOG_RARE = log(_RARE_PER_MILLE / 1000)
# Log-likelihood by which the best reading must beat the next one: one letter more that fits.
_MARGIN = 5.0
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_DESTROYED = re.compile(r"\?{3,}|�|(?:\?+ )+\?{2,}")


@dataclass(frozen=True)
class Evidence:
    """What the bytes say.

    Parameters
    ----------
    encoding : str or None
        None where the evidence does not suffice.
    letters : int
        Bytes outside ASCII that were looked at.
    candidates : tuple of str
        Encodings worth asking about, likeliest first.
    latin : bool
        Whether single marks stand inside Latin words, as in Spanish or Czech names.
    """

    encoding: str | None
    letters: int
    candidates: tuple[str, ...]
    latin: bool = False


def normalise(name: str) -> str:
    """Python's name of an encoding given by a user.

    Raises
    ------
    OptionError
        If there is no such encoding.

    Examples
    --------
    >>> normalise("windows-1251"), normalise("MIK")
    ('cp1251', 'mik')
    """
    found = declared(name)
    if found is None:
        raise OptionError(
            _("there is no encoding {name}").format(name=name),
            hint="--encoding utf-8 | cp1251 | cp866 | mik",
        )
    return found


def declared(text: str) -> str | None:
    """The encoding that a ``.cpg`` file names; None where it names none that is known."""
    plain = re.sub(r"[\s_-]+", "", text.strip().strip("\ufeff").lower()).removeprefix("ldid/")
    try:
        found = codecs.lookup(_ALIASES.get(plain, text.strip())).name
    except (LookupError, ValueError):
        return None
    if found in _NO_TEXT:
        return None
    try:
        "".encode(found)  # codecs such as "hex" are not of text
    except LookupError:
        return None
    return "latin-1" if found == "iso8859-1" else found


def of_language_driver(code: int) -> str | None:
    """The encoding that the language driver byte of a DBF header declares."""
    return _LANGUAGE_DRIVERS.get(code)


def detect(values: Iterable[bytes]) -> Evidence:
    """Judge the raw bytes of text values.

    Parameters
    ----------
    values : iterable of bytes
        Values as they stand in the file; a UTF-8 value may be cut inside its last letter, as a
        DBF field cuts it.

    Examples
    --------
    >>> names = ["Върба Илинден", "Крайречна улица", "Здравец"]
    >>> detect(name.encode("mik") for name in names).encoding
    'mik'
    """
    sample = _sample(values)
    high = sum(byte >= 0x80 for value in sample for byte in value)
    if not high:
        return Evidence("ascii", 0, ())
    valid = [value for value in sample if _is_utf8(value)]
    if len(valid) == len(sample) and _is_european(sample):
        return Evidence("utf-8", high, ("utf-8", *CYRILLIC))
    if _is_latin(sample):
        return Evidence(None, high, ("cp1252", "cp1250", "latin-1"), latin=True)
    text = b" ".join(sample)
    scores = {name: _likelihood(text, name) for name in CYRILLIC}
    order = sorted(CYRILLIC, key=lambda name: -scores[name])
    if high < ENOUGH_LETTERS:
        return Evidence(None, high, tuple(order))
    best, second = order[0], order[1]
    # Where two encodings give the same text there is nothing to choose between.
    same = _decoded(text, best) == _decoded(text, second)
    if (len(valid) < len(sample) and len(valid) > len(sample) / 2) or (
        not same and scores[best] - scores[second] < _MARGIN
    ):
        return Evidence(None, high, tuple(order))
    return Evidence(best, high, tuple(order))


def _sample(values: Iterable[bytes]) -> list[bytes]:
    """Distinct values with bytes outside ASCII, up to a fixed amount."""
    found: dict[bytes, None] = {}
    total = 0
    for value in values:
        if not value.isascii() and value not in found:
            found[value] = None
            total += len(value)
            if total > _SAMPLE_BYTES:
                break
    return list(found)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut at the end of the field: everything before the last, incomplete letter is valid.
        return error.reason == "unexpected end of data" and len(value) - error.start < 4
    return True


def _is_european(sample: Sequence[bytes]) -> bool:
    """Whether the values, read as UTF-8, are Latin, Greek or Cyrillic: short DOS text can pass as
    valid UTF-8, but then it reads as Chinese.
    """
    text = "".join(value.decode("utf-8", errors="ignore") for value in sample)
    marks = [char for char in text if not char.isascii()]
    known = sum(char < "\u0530" or "\u2000" <= char <= "\u22ff" for char in marks)
    return bool(marks) and known >= _EUROPEAN_SHARE * len(marks)


def _is_latin(sample: Sequence[bytes]) -> bool:
    """Whether words mix ASCII letters with others, which Cyrillic words do not."""
    words = [word for value in sample for word in _WORD.findall(value) if not word.isascii()]
    mixed = sum(any(byte < 0x80 for byte in word) for word in words)
    return bool(words) and mixed > len(words) / 2


def _decoded(text: bytes, encoding: str) -> str:
    return text.decode(encoding, errors="replace")


def _likelihood(text: bytes, encoding: str) -> float:
    """Log-likelihood of the characters outside ASCII as letters of Bulgarian."""
    total = 0.0
    for (previous, letter), n in Counter(_pairs(_decoded(text, encoding))).items():
        if letter.isascii():
            continue
        # A letter of another alphabet is as strange as a sign: tables of DOS hold some Greek ones.
        rare = _LOG_RARE if letter.isalpha() and "Ѐ" <= letter <= "ӿ" else 2 * _LOG_RARE
        score = _LOG_FREQUENCY.get(letter.lower(), rare)
        # A capital inside a word that began in lower case is a sign of a wrong table.
        if letter.isupper() and previous.islower():
            score += _LOG_RARE
        if letter in "№–—„“”«»ѝ°²":
            score = -4.0
        total += score * n
    return total


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    return zip(" " + text, text, strict=False)


def is_destroyed(text: str) -> bool:
    """Whether letters were replaced by question marks before the file reached us.

    Examples
    --------
    >>> is_destroyed("????? 12"), is_destroyed("Where?")
    (True, False)
    """
    if "?" not in text and "\ufffd" not in text:
        return False
    return bool(_DESTROYED.search(text)) or (len(text) > 1 and set(text) == {"?"})


def is_double_encoded(text: str) -> bool:
    """Whether `text` is Cyrillic in cp1251 that somebody read as Latin and saved so.

    Examples
    --------
    >>> is_double_encoded("Íèñêî çàñòðîÿâàíå"), is_double_encoded("Peñíscola")
    (True, False)
    """
    if text.isascii():
        return False
    marks = [char for char in text if not char.isascii() and char.isalpha()]
    plain = [char for char in text if char.isascii() and char.isalpha()]
    return len(marks) >= 4 and len(marks) > 4 * len(plain) and all("À" <= char <= "ÿ" for char in marks)


class Decoder:
    """Decodes values with one encoding, each distinct value once.

    Bytes that the encoding does not know become U+FFFD; the row checks report them.

    Parameters
    ----------
    name : str
    in_fields : bool
        Whether the values stand in fields of fixed width, which cut UTF-8 inside a letter: then the
        half letter is left out, and the reader says so (see `is_cut`).
    """

    def __init__(self, name: str, *, in_fields: bool = False) -> None:
        self._name = name
        self._in_fields = in_fields and name == "utf-8"
        self._known: dict[bytes, str] = {}

    def __call__(self, raw: bytes) -> str:
        text = self._known.get(raw)
        if text is None:
            whole = raw[: len(raw) - _cut_tail(raw)] if self._in_fields else raw
            text = whole.decode(self._name, errors="replace")
            self._known[raw] = text
        return text

    def is_cut(self, raw: bytes) -> bool:
        """Whether the field ended inside the last letter of `raw`, so that text is lost."""
        return self._in_fields and not raw.isascii() and _cut_tail(raw) > 0


def _cut_tail(value: bytes) -> int:
    """How many bytes at the end are the beginning of a letter that a DBF field cut off."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(value) - error.start if error.reason == "unexpected end of data" else 0
    return 0


@dataclass(frozen=True)
class Choice:
    """What was decided about an encoding; ``encoding`` is None where the user must be asked.

    Parameters
    ----------
    is_judged : bool
        Whether neither the user nor the file says so, but the statistics of the letters.
    """

    encoding: str | None
    candidates: tuple[str, ...]
    issues: tuple[Issue, ...] = ()
    is_judged: bool = False

    def require(self, file: object, layer: str, values: Iterable[bytes]) -> str:
        """The encoding.

        Raises
        ------
        InputError
            If the evidence did not suffice; it shows how a value reads in each candidate.
        """
        if self.encoding is not None:
            return self.encoding
        sample = next((value for value in values if not value.isascii()), b"")
        readings = []
        for name in self.candidates:
            text, _n = redact(sample.decode(name, errors="replace"))
            readings.append(f"{name}: {text}")
        raise InputError(
            _("{file}, layer {layer}: the encoding of the text is not stated and cannot be told").format(
                file=file, layer=layer
            ),
            hint=_("choose the reading that is right and give it with --encoding NAME: {readings}").format(
                readings="; ".join(readings)
            ),
        )


def choose(values: Iterable[bytes], *, declared_as: str | None, wanted: str | None) -> Choice:
    """Decide: the user's word, else what is declared unless the bytes say otherwise, else the bytes."""
    if wanted is not None:
        return Choice(normalise(wanted), ())
    evidence = detect(values)
    if evidence.encoding == "ascii":
        return Choice(declared_as or "ascii", ())
    is_judged = evidence.encoding in CYRILLIC
    if declared_as is None:
        return Choice(evidence.encoding, evidence.candidates, is_judged=is_judged)
    contradicted = evidence.encoding is not None and evidence.encoding != declared_as
    if not contradicted:
        # Declared as UTF-8, but the bytes are not: what else they are is not known.
        broken = declared_as == "utf-8" and evidence.candidates[:1] != ("utf-8",)
        return Choice(None if broken else declared_as, evidence.candidates)
    issue = Issue(
        "ENCODING_CONTRADICTED",
        Severity.WARNING,
        _("the file declares the encoding {declared}, but its text is in {found}: read as {found}").format(
            declared=declared_as, found=evidence.encoding
        ),
    )
    return Choice(evidence.encoding, evidence.candidates, (issue,), is_judged)

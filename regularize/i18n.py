"""The language of messages: one gettext domain for the program and for Click's own strings.

Source strings are English; ``locale/bg/LC_MESSAGES/regularize.po`` holds the Bulgarian. Terms of
the field (classes, layers, columns, codes) are labels in the country packs, not here.
"""

import gettext
import locale
import os
from functools import cache
from pathlib import Path

DOMAIN = "regularize"
LANGUAGES = ("bg", "en")
LOCALE_DIR = Path(__file__).parent / "locale"


def use(language: str) -> None:
    """Speak `language` from now on, in this process.

    Parameters
    ----------
    language : {"bg", "en"}
        Click reads the same domain through :mod:`gettext`, so its usage texts follow.

    Examples
    --------
    >>> use("en"); language()
    'en'
    """
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}")
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    gettext.textdomain(DOMAIN)


def language() -> str:
    """The language in use: ``"bg"`` or ``"en"``."""
    first = os.environ.get("LANGUAGE", "").split(":")[0]
    return first if first in LANGUAGES else "en"


def default_language() -> str:
    """The language of the user's locale, English where it is not Bulgarian."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "bg" if value.lower().startswith("bg") else "en"
    system = locale.getlocale()[0] or ""
    return "bg" if system.lower().startswith(("bg", "bulgarian")) else "en"


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    """The catalogue of a language, read once: gettext itself looks for the file at every message."""
    return gettext.translation(DOMAIN, str(LOCALE_DIR), languages=[lang], fallback=True)


def translate(message: str) -> str:
    """`message` in the language in use. Imported everywhere as ``_``."""
    return _catalogue(language()).gettext(message) if message else ""


def translate_count(one: str, many: str, n: int) -> str:
    """The form of `one`/`many` that suits the count `n`, in the language in use."""
    return _catalogue(language()).ngettext(one, many, n)


def counted(one: str, many: str, n: int, lang: str | None = None) -> str:
    """A count with its noun in the form that suits it: ``{n}`` is filled in.

    The two forms stand in a catalogue as ``msgid`` and ``msgid_plural``; of `lang`, or the language in use.

    Examples
    --------
    >>> use("en"); counted("{n} row", "{n} rows", 1)
    '1 row'
    """
    return _catalogue(lang or language()).ngettext(one, many, n).format(n=n)


def in_language(message: str, lang: str) -> str:
    """`message` in `lang`, whatever language is in use (for outputs of another language)."""
    return _catalogue(lang).gettext(message) if message else ""


def marked(message: str) -> str:
    """Mark `message` for the catalogue without translating it yet (help texts)."""
    return message

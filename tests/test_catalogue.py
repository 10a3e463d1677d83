"""The Bulgarian catalogue is whole: every message, every placeholder, compiled as committed."""

import gettext
import importlib.util
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "regularize"
FOLDER = PACKAGE / "locale" / "bg" / "LC_MESSAGES"
KEYWORDS = {
    "_": None,
    "N_": None,
    "marked": None,
    "translate": None,
    "in_language": None,
    "translate_count": (1, 2),
    "dngettext": (2, 3),
}


def messages() -> Iterator[tuple[str, str]]:
    """(module, message) of everything that the package says."""
    with_empty = extract_from_dir(PACKAGE, [("**.py", "python")], keywords=KEYWORDS)
    for module, _line, message, _comments, _context in with_empty:
        for text in (message,) if isinstance(message, str) else message:
            yield module, text


@pytest.fixture(scope="module")
def bulgarian() -> gettext.NullTranslations:
    return gettext.translation("regularize", str(PACKAGE / "locale"), languages=["bg"])


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    return {text: module for module, text in messages() if text}


def fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_message_has_its_bulgarian(bulgarian: gettext.NullTranslations, said: dict[str, str]) -> None:
    same = {
        text
        for text in said
        if not any(letter.isalpha() for letter in text) or text.startswith("regularize ")
    }
    missing = {
        text: module for text, module in said.items() if text not in same and bulgarian.gettext(text) == text
    }
    # A line that is the same in both languages says so by standing in a catalogue.
    catalogue = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.po"))
    missing = {text: module for text, module in missing.items() if f'msgid "{text}"' not in catalogue}
    assert missing == {}


def test_placeholders_survive_translation(bulgarian: gettext.NullTranslations, said: dict[str, str]) -> None:
    for text in said:
        try:
            wanted = fields(text)
        except ValueError:
            continue  # braces that are not for str.format
        assert fields(bulgarian.gettext(text)) == wanted, text


def test_compiled_catalogue_is_current() -> None:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "scripts" / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (FOLDER / "regularize.mo").read_bytes() == script.compiled(FOLDER), "run: make catalogue"


def test_no_translation_without_its_message(said: dict[str, str]) -> None:
    """What nobody says any more leaves the catalogue; Click's own words stand apart."""
    from babel.messages.pofile import read_po

    stale = []
    for file in sorted(FOLDER.glob("*.po")):
        if file.stem == "click":
            continue
        with file.open("rb") as stream:
            for message in read_po(stream):
                first = message.id[0] if isinstance(message.id, tuple) else message.id
                if first and first not in said:
                    stale.append(f"{file.name}: {first}")
    assert stale == []

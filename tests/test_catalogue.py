"""The Bulgarian catalogue is whole: every message, every placeholder, compiled as committed."""

import ast
import gettext
import importlib.util
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "regularize"
FOLDER = PACKAGE / "locale" / "bg" / "LC_MESSAGES"
# function -> how many of its leading arguments are messages
KEYWORDS = {
    "_": 1,
    "N_": 1,
    "marked": 1,
    "translate": 1,
    "in_language": 1,
    "say": 1,
    "ui": 1,
}
PLURALS = {"translate_count", "counted"}  # their first two arguments are one message


def messages() -> Iterator[tuple[str, str]]:
    """(module, message) of everything that the package says, inside f-strings as well."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for argument in node.args[: KEYWORDS.get(name, 0)]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield str(path.relative_to(PACKAGE)), argument.value


def plurals() -> Iterator[tuple[str, str]]:
    """(one, many) of everything that is counted."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
                if name in PLURALS and len(texts) == 2 and all(isinstance(text, str) for text in texts):
                    yield str(texts[0]), str(texts[1])


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


def test_what_is_counted_has_both_forms(bulgarian: gettext.NullTranslations) -> None:
    pairs = set(plurals())
    assert pairs
    for one, many in pairs:
        forms = {n: bulgarian.ngettext(one, many, n) for n in (1, 2)}
        assert forms[1] != one, f"no Bulgarian for {one}"
        assert forms[2] != many, f"no Bulgarian for {many}"
        assert fields(forms[1]) == fields(one)
        assert fields(forms[2]) == fields(many)


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

    counted = {one for one, _many in plurals()}
    stale = []
    for file in sorted(FOLDER.glob("*.po")):
        if file.stem == "click":
            continue
        with file.open("rb") as stream:
            for message in read_po(stream):
                first = message.id[0] if isinstance(message.id, tuple) else message.id
                if first and first not in said and first not in counted:
                    stale.append(f"{file.name}: {first}")
    assert stale == []

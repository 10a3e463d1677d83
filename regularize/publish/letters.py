"""Letters of a procedure: individual notice, State Gazette text, list for the notice board.

The words are a catalogue (``templates/letters``), the terms and provisions are those of the procedure;
what nobody has compared with the law is marked in the letter itself.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regularize.i18n import translate as _
from regularize.publish.dossier import TEMPLATE as DOSSIER_TEMPLATE
from regularize.publish.text import printable, unlike
from regularize.publish.typesetting import DossierError, compile_pdf

FOLDER = DOSSIER_TEMPLATE.parent / "letters"
TEMPLATE = DOSSIER_TEMPLATE.parent / "letter.typ"
KINDS = ("notice", "gazette", "board")
_NAME = re.compile(r"\{(\w+)\}(\.?)")
_ACT_FIRST = re.compile(r"^([^,]+), ((?:чл\.|§) .+)$")


def letter_words(lang: str, own: Path | None = None) -> dict[str, Any]:
    """The catalogue of a language; ``letters.LANG.toml`` in the folder `own` goes before ours.

    Raises
    ------
    DossierError
        If a municipality's own one cannot be read or lacks a key.
    """
    ours: dict[str, Any] = tomllib.loads((FOLDER / f"{lang}.toml").read_text(encoding="utf-8"))
    file = None if own is None else own / f"letters.{lang}.toml"
    if file is None or not file.is_file():
        return ours
    try:
        words = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DossierError(
            _("{file} cannot be read: {reason}").format(file=file.name, reason=error),
            hint=_("mend the file at that line"),
        ) from error
    missing = list(unlike(ours, words))
    if missing:
        raise DossierError(
            _("{file} lacks words: {names}").format(file=file.name, names=", ".join(missing[:5])),
            hint=_("the program's own are written by: regularize dossier form -o letters.{lang}.toml").format(
                lang=lang
            ),
        )
    return words


def letter_values(
    kind: str,
    words: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    lang: str,
    contact: Sequence[str],
    parcels: Sequence[str] = (),
    listed: Sequence[str] = (),
) -> tuple[dict[str, Any], list[str]]:
    """What the templates of a letter are given, and the names of what is still to be filled in.

    Parameters
    ----------
    given : mapping
        Values of the names in braces; what is missing or empty becomes dots.
    contact : sequence of str
        Lines beneath the name of the municipality.
    parcels : sequence of str
        One notice is printed for each; none gives one with an empty address.
    listed : sequence of str
        The identifiers of a list.
    """
    own = words[kind]
    given = {**given, "municipality": str(given.get("municipality") or "").removeprefix(words["prefix"])}
    lacking: list[str] = []

    def filled(text: str, **more: Any) -> str:
        def value(match: re.Match[str]) -> str:
            name, stop = match[1], match[2]
            found = {**given, **more}.get(name)
            if name == "part":
                shown = words["part"].replace("{part}", str(found)) if found else ""
            elif found is None or found == "":
                lacking.append(name)
                shown = words["blank"]
            else:
                shown = found
            said = printable(shown)
            return (
                said if stop and said.endswith(".") else f"{said}{stop}"
            )  # an abbreviation ends the sentence

        return _NAME.sub(value, text)

    addressees = [filled(own["to"], parcel=parcel) for parcel in parcels] if own["to"] else []
    paragraphs = [filled(text, n=len(listed)) for text in own["paragraphs"]]
    letters = [
        {
            "to": to,
            "paragraphs": paragraphs,
            "rows": [[str(n), printable(name)] for n, name in enumerate(listed, start=1)],
        }
        for to in addressees or [own["to_blank"]]
    ]
    values = {
        "lang": lang,
        "name": own["name"],
        "title": f"{own['name']}: {printable(given.get('case'), longest=40)}",
        "municipality": filled(words["header"]),
        "contact": [printable(line, longest=200) for line in contact if line],
        "letters": letters,
        "note": words["unverified_note"] if f"[{words['unverified']}]" in " ".join(paragraphs) else "",
        "signature": words["signature"],
        "sign_here": words["sign_here"],
        "made": filled(words["made"]),
    }
    return values, list(dict.fromkeys(lacking))


def term_words(words: Mapping[str, Any], amount: int, unit: str) -> str:
    """A term as a letter names it: ``14 days``, or in words that hold the number: ``14-дневен``."""
    forms = words["unit"].get(unit) or [unit, unit]
    form = str(forms[0] if amount == 1 else forms[-1])
    if any("{n}" in str(one) for one in forms):
        return form.replace("{n}", str(amount))
    return f"{amount} {form}"


def cited(words: Mapping[str, Any], citation: str, status: str) -> str:
    """A provision, marked where nobody has compared it with the law."""
    said = in_a_sentence(citation)
    return f"{said} [{words['unverified']}]" if status == "unverified" else said


def in_a_sentence(citation: str) -> str:
    """Provisions as a Bulgarian sentence names them: the article first, then its act.

    Examples
    --------
    >>> in_a_sentence("ЗУТ, чл. 128, ал. 1; АПК, чл. 61")
    'чл. 128, ал. 1 от ЗУТ; чл. 61 от АПК'
    >>> in_a_sentence("Наредба № 8 от 14.06.2001 г.")
    'Наредба № 8 от 14.06.2001 г.'
    """
    return "; ".join(_ACT_FIRST.sub(r"\2 от \1", part) for part in citation.split("; "))


def render_letter(values: Mapping[str, Any], *, day: str, template: Path | None = None) -> bytes:
    """The letters as one PDF/A-2a. Raises ``DossierError``."""
    return compile_pdf(template or TEMPLATE, values, day=day)


def render_letter_word(values: Mapping[str, Any], *, day: str, form: Path | None = None) -> bytes:
    """The letters as one Word file. Raises ``DossierError``, ``MissingExtraError``."""
    from regularize.publish.word import fill, program_form

    return fill(
        form or program_form("letter"), values, {}, title=values["title"], lang=values["lang"], day=day
    )

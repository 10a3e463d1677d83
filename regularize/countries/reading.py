"""Reading the TOML files of a pack: every complaint names the file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regularize.errors import InputError
from regularize.i18n import LANGUAGES
from regularize.i18n import translate as _

_PACKS = Path(__file__).parent.resolve()
Words = Mapping[str, str]  # language -> text


def broken(file: Path, reason: object) -> InputError:
    """The error for a file of a pack, or of a user's own, that cannot be used; `reason` says why."""
    name = "/".join(file.parts[-3:])
    if not file.resolve().is_relative_to(_PACKS):
        return InputError(
            _("{file} cannot be used: {reason}").format(file=name, reason=reason),
            hint=_("mend the file there, or begin again with a copy of the one that the program brings"),
        )
    return InputError(
        _("the pack file {file} cannot be used: {reason}").format(file=name, reason=reason),
        hint=_("mend the file, or install the program again"),
    )


def read_table(file: Path) -> dict[str, Any]:
    """The content of a TOML file in UTF-8.

    Raises
    ------
    InputError
        If the file is missing or is not TOML; the message names it.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # a number of 5,000 digits, brackets without end
        raise broken(file, error) from error


def words(value: object, file: Path, key: str) -> dict[str, str]:
    """Text in every language of the program, or an error that names file and key."""
    if (
        isinstance(value, Mapping)
        and set(value) == set(LANGUAGES)
        and all(isinstance(v, str) and v.strip() for v in value.values())
    ):
        return dict(value)
    raise broken(
        file,
        _("{key} must have text in each of: {languages}").format(key=key, languages=", ".join(LANGUAGES)),
    )


def check_keys(
    table: Mapping[str, object], file: Path, key: str, needed: set[str], allowed: set[str]
) -> None:
    """Refuse a record that lacks a needed key or has one that nobody reads (a typing error)."""
    for name in sorted(needed - set(table)):
        raise broken(file, _("{key} has no {name}").format(key=key, name=name))
    for name in sorted(set(table) - needed - allowed):
        raise broken(file, _("{key} has the unknown entry {name}").format(key=key, name=name))


def flat_words(table: Mapping[str, Any], file: Path, prefix: str = "") -> dict[str, dict[str, str]]:
    """Labels of a nested table as dotted keys; a table of languages is a leaf."""
    found: dict[str, dict[str, str]] = {}
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Mapping) and value and not set(value) & set(LANGUAGES):
            found |= flat_words(value, file, key)
        else:
            found[key] = words(value, file, key)
    return found

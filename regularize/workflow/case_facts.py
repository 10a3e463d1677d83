"""What people state of a case or an event: facts, documents, a scan's digest."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.law.definition import Procedure

NOTHING: Mapping[str, str | None] = {}
# A longer number is the name of something: nobody counts with it.
_MOST_DIGITS = 18
TRUTHS = {"true": True, "yes": True, "да": True, "false": False, "no": False, "не": False}


def event_payload(
    event: str,
    *,
    part: str | None = None,
    evidence: Mapping[str, str | None] = NOTHING,
    announced: date | None = None,
    facts: Sequence[str] = (),
    corrects: int | None = None,
) -> dict[str, Any]:
    """What the log says of an event of a case; personal data in its texts is masked."""
    stated = {
        name: privacy.redact(value)[0] if isinstance(value, str) else value
        for name, value in stated_facts(facts).items()
    }
    proof = {name: privacy.redact(text)[0] for name, text in evidence.items() if text}
    if "document" in proof:
        stated["document"] = proof["document"]
    return {
        "event": event,
        "part": privacy.redact(part)[0] if part else None,
        "facts": _plain(stated),
        "evidence": proof,
        "announced": announced.isoformat() if announced else None,
        "corrects": corrects,
    }


def digest_of(scan: Path) -> str:
    """The SHA-256 of a scanned document, which stays outside the store. Raises `InputError`."""
    try:
        with scan.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=scan, reason=error.strerror or error),
            hint=_("mind the folder and the spelling"),
        ) from error


def stated_facts(texts: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` words as facts: truths, whole numbers and ISO dates become such, else text."""
    facts: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise OptionError(_("{text} is no fact").format(text=text), hint=_("write it as NAME=VALUE"))
        facts[name.strip()] = _value(value.strip())
    return facts


def check_facts(definition: Procedure, stated: Mapping[str, Any]) -> None:
    """A fact that the procedure knows must have one of its values; others are kept as they are."""
    for name, value in stated.items():
        known = definition.facts.get(name)
        if known is not None and known.values and value not in known.values:
            raise OptionError(
                _("{name} cannot be {value}").format(name=name, value=value),
                hint=_("one of: {values}").format(values=", ".join(map(str, known.values))),
            )


def _value(text: str) -> Any:
    if text.lower() in TRUTHS:
        return TRUTHS[text.lower()]
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS:
        return int(text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}

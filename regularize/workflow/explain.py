"""What a code means: the country packs' records, for people."""

from collections.abc import Iterator
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.workflow.projects import Reference


def catalogue(reference: Reference, *, lang: str) -> list[dict[str, Any]]:
    """All codes with their titles, by kind and code."""
    rules = reference.pack.rules
    return [
        {"code": code, "kind": rule.kind, "title": rule.title[lang]}
        for code, rule in sorted(rules.items(), key=lambda item: (item[1].kind, item[0]))
    ]


def explained(reference: Reference, code: str, *, lang: str) -> dict[str, Any]:
    """Text, citation, parameters, known false positives and example of one code.

    Raises
    ------
    OptionError
        If the code is unknown; the message names those that resemble it.
    """
    from difflib import get_close_matches

    rules = reference.pack.rules
    found = next((name for name in (code, code.upper(), code.lower()) if name in rules), None)
    if found is None:
        near = get_close_matches(code.upper(), list(rules), n=3) + get_close_matches(
            code.lower(), list(rules), n=3
        )
        raise OptionError(
            _("no such code: {code}").format(code=code),
            hint=_("did you mean {codes}? All codes: regularize explain").format(codes=", ".join(near))
            if near
            else _("all codes: regularize explain"),
        )
    rule = rules[found]
    thresholds = reference.pack.threshold_records
    return {
        "code": found,
        "kind": rule.kind,
        "severity": rule.severity,
        "title": rule.title[lang],
        "text": rule.text[lang],
        "trap": rule.trap.get(lang, ""),
        "example": rule.example.get(lang, ""),
        "citation": rule.citation,
        "parameters": [
            {
                "name": name,
                "value": thresholds.get(name, {}).get("value"),
                "unit": thresholds.get(name, {}).get("unit"),
                "basis": thresholds.get(name, {}).get("basis"),
            }
            for name in rule.parameters
        ],
    }


def lines(record: dict[str, Any]) -> Iterator[str]:
    """An explained code for the terminal."""
    yield f"{record['code']}: {record['title']}"
    yield ""
    yield record["text"]
    for heading, key in (
        (_("Known false positives"), "trap"),
        (_("Example"), "example"),
        (_("Source"), "citation"),
    ):
        if record[key]:
            yield ""
            yield f"{heading}: {record[key]}"
    if record["parameters"]:
        yield ""
        yield _("Parameters") + ":"
        for parameter in record["parameters"]:
            unit = "" if parameter["unit"] in (None, "1") else f" {parameter['unit']}"
            value = "-" if parameter["value"] is None else parameter["value"]
            yield f"  {parameter['name']} = {value}{unit}  ({parameter['basis'] or '-'})"

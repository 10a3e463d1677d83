"""Records that explain a code to people: issues, reasons, classes and rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regularize.countries.reading import Words, broken, check_keys, read_table, words
from regularize.i18n import translate as _
from regularize.model import Severity

KINDS = ("issue", "reason", "class", "rule")


@dataclass(frozen=True)
class Rule:
    """What a permanent code means, in every language.

    Parameters
    ----------
    code : str
    kind : {"issue", "reason", "class", "rule"}
    severity : Severity or None
        Of issues; None for the rest.
    title, text : mapping of language to text
        A few words, and the explanation.
    citation : str
        Legal or technical source; empty where the rule is the program's own.
    trap, example : mapping of language to text
        When the rule is wrongly triggered, and a case in point; may be empty.
    parameters : tuple of str
        Names of the parameters or thresholds that the rule reads.
    """

    code: str
    kind: str
    severity: Severity | None
    title: Words
    text: Words
    citation: str
    trap: Words
    example: Words
    parameters: tuple[str, ...]


def read_rules(file: Path) -> dict[str, Rule]:
    """The records of one ``rules*.toml``; see `Rule`."""
    return {code: _rule(code, table, file) for code, table in read_table(file).items()}


def _rule(code: str, table: Any, file: Path) -> Rule:
    if not isinstance(table, Mapping):
        raise broken(file, _("{key} must be a table").format(key=code))
    needed = {"kind", "title", "text"}
    check_keys(table, file, code, needed, {"severity", "citation", "trap", "example", "parameters"})
    if table["kind"] not in KINDS:
        raise broken(file, _("{key} has the unknown kind {name}").format(key=code, name=table["kind"]))
    severity: Severity | None = None
    if table["kind"] == "issue" or "severity" in table:
        try:
            severity = Severity(table.get("severity", ""))
        except ValueError as error:
            raise broken(file, f"{code}: {error}") from error
    optional = {
        name: words(table[name], file, f"{code}.{name}") if name in table else {}
        for name in ("trap", "example")
    }
    return Rule(
        code=code,
        kind=table["kind"],
        severity=severity,
        title=words(table["title"], file, f"{code}.title"),
        text=words(table["text"], file, f"{code}.text"),
        citation=str(table.get("citation", "")),
        trap=optional["trap"],
        example=optional["example"],
        parameters=tuple(table.get("parameters", ())),
    )

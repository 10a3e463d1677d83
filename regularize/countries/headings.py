"""What the columns of a table of cases are called in a country, from ``case_import.toml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from regularize.countries.pack import Pack
from regularize.countries.profiles import folded
from regularize.countries.reading import broken, check_keys, read_table
from regularize.i18n import translate as _

FILE = "case_import.toml"


@dataclass(frozen=True)
class FactColumn:
    """A column that states a fact, of the case or of an event; `values` are words by folded text."""

    name: str
    of: Literal["case", "event"]
    values: Mapping[str, str]


@dataclass(frozen=True)
class Headings:
    """Names of columns and words in cells, all by their folded text (see ``profiles.folded``)."""

    columns: Mapping[str, str]
    facts: Mapping[str, FactColumn]
    procedures: Mapping[str, str]
    events: Mapping[str, str]


@cache
def case_headings(pack: Pack) -> Headings:
    """The headings that a pack knows, its own over those of its parent.

    Raises
    ------
    InputError
        If the file is broken, or a heading means two things.
    """
    inherited = case_headings(pack.parent) if pack.parent else Headings({}, {}, {}, {})
    file = pack.folder / FILE
    if not file.is_file():
        return inherited
    table = read_table(file)
    check_keys(table, file, FILE, {"columns"}, {"facts", "procedures", "events"})
    columns: dict[str, str] = {}
    facts: dict[str, FactColumn] = {}
    for name, texts in table["columns"].items():
        for text in texts:
            if columns.setdefault(folded(text), name) != name:
                raise broken(file, _("{key} stands for two columns").format(key=text))
    for name, record in table.get("facts", {}).items():
        check_keys(record, file, name, {"of", "headings"}, {"values"})
        words = {folded(text): str(value) for text, value in record.get("values", {}).items()}
        for text in record["headings"]:
            if folded(text) in columns:
                raise broken(file, _("{key} stands for two columns").format(key=text))
            facts[folded(text)] = FactColumn(name, record["of"], words)

    def aliases(key: str) -> dict[str, str]:
        return {folded(text): str(code) for text, code in table.get(key, {}).items()}

    return Headings(
        {**inherited.columns, **columns},
        {**inherited.facts, **facts},
        {**inherited.procedures, **aliases("procedures")},
        {**inherited.events, **aliases("events")},
    )

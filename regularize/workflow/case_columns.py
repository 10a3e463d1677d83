"""The columns of a table of cases: which heading means what, and how a date is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regularize import privacy
from regularize.countries.headings import Headings, case_headings
from regularize.countries.profiles import folded
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.sheet import Sheet, unusable
from regularize.workflow.projects import Opened

FACT = "fact:"


@dataclass(frozen=True)
class Problem:
    """A cell that cannot be used: the row as the spreadsheet numbers it, the heading, and why."""

    row: int
    column: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Columns:
    """Which column of the file holds what."""

    at: Mapping[str, int]
    headings: tuple[str, ...]
    ignored: tuple[str, ...]
    refused: tuple[str, ...]

    def heading(self, name: str) -> str:
        """What the file calls a column."""
        return self.headings[self.at[name]] if name in self.at else name


def assigned(here: Opened, path: Path, sheet: Sheet) -> Columns:
    """Which column is which; personal ones are not even looked at."""
    known = case_headings(here.pack)
    at: dict[str, int] = {}
    ignored: list[str] = []
    refused: list[str] = []
    for position, heading in enumerate(sheet.headings):
        name = _meaning(known, heading)
        if name is None and _is_personal(heading):
            refused.append(heading)
        elif name is None:
            if heading:
                ignored.append(heading)
        elif name in at:
            raise unusable(
                path,
                _("the columns {one} and {other} say the same").format(
                    one=sheet.headings[at[name]], other=heading
                ),
            )
        else:
            at[name] = position
    for name in ("key", "kind"):
        if name not in at:
            words = [text for text, meaning in known.columns.items() if meaning == name]
            raise InputError(
                _("{file} has no column for {name}; there are: {columns}").format(
                    file=path, name=name, columns=", ".join(h for h in sheet.headings if h) or "-"
                ),
                hint=_("it may be called: {words}").format(words=", ".join(words)),
            )
    return Columns(at, sheet.headings, tuple(ignored), tuple(refused))


def _meaning(known: Headings, heading: str) -> str | None:
    text = folded(heading)
    if text in known.columns:
        return known.columns[text]
    return f"{FACT}{text}" if text in known.facts else None


def _is_personal(heading: str) -> bool:
    return privacy.is_personal_column(heading) or privacy.is_special_category_column(heading)

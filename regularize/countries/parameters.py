"""Legal values: dated, cited, and only as sure as their source.

A value that nobody has checked, or whose conditions nobody has stated, is *not assessed*: the
program never fills the gap with a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from regularize.countries.reading import Words, broken, check_keys, read_table, words
from regularize.i18n import translate as _
from regularize.model import NotAssessed

# "verified": read in the law itself; "verified_secondary": seen in a source that quotes it;
# "unverified": known from memory or not at all, so never used for a verdict.
STATUSES = ("verified", "verified_secondary", "unverified")
Scalar = float | int | str | bool | date


@dataclass(frozen=True)
class Row:
    """One value of a parameter and when it applies.

    Parameters
    ----------
    value : number, text, bool, date or None
        None where the value is not known.
    unit : str
        ``m``, ``m2``, ``1`` (a ratio), ``year``, ``date``, ``text``.
    conditions : mapping of fact to the tuple of its admitted values
    citation : str
        Act and article, as the source gives them.
    valid_from, valid_to : date or None
        Half-open interval of civil dates; None where not known, which limits nothing.
    checked_on : date
        When a person last compared the row with its source.
    status : str
        One of `STATUSES`.
    note : mapping of language to text
        What the row leaves open; may be empty.
    dates_status : str or None
        One of `STATUSES` where the days of validity are less sure than the value. Unverified ones
        are known by their year only: in it nothing rests on them.
    """

    value: Scalar | None
    unit: str
    citation: str
    checked_on: date
    status: str
    conditions: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None
    note: Words = field(default_factory=dict)
    dates_status: str | None = None

    def is_valid_on(self, day: date) -> bool:
        """Whether the row is not known to be out of force on `day`."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )

    def is_sure_on(self, day: date) -> bool:
        """Whether what holds on `day` does not rest on a day that nobody has compared with the law."""
        bounds = (self.valid_from, self.valid_to) if self.dates_status == "unverified" else ()
        return all(bound is None or bound.year != day.year for bound in bounds)

    def contradicts(self, facts: Mapping[str, object]) -> bool:
        """Whether a stated fact rules the row out."""
        return any(
            facts.get(name) is not None and facts[name] not in admitted
            for name, admitted in self.conditions.items()
        )

    def unstated(self, facts: Mapping[str, object]) -> tuple[str, ...]:
        """Facts that the row depends on and that `facts` does not state."""
        return tuple(name for name in self.conditions if facts.get(name) is None)


@dataclass(frozen=True)
class Value:
    """A value that may be used: with its basis, to be printed beside every verdict."""

    parameter: str
    value: Scalar
    unit: str
    row: Row

    @property
    def citation(self) -> str:
        """Act and article."""
        return self.row.citation

    @property
    def number(self) -> float:
        """The value as a number, in `unit`. Raises ``TypeError`` for a text, date or truth value."""
        if isinstance(self.value, (bool, str, date)):
            raise TypeError(f"{self.parameter} is not a number")
        return float(self.value)


@dataclass(frozen=True)
class NotAssessedValue:
    """Why there is no value to use.

    Parameters
    ----------
    parameter : str
    reason : NotAssessed
    missing : tuple of str
        Facts to state, where the reason is ``fact_missing``.
    row : Row or None
        The row that would apply; its value, if any, is an indication, never a basis.
    """

    parameter: str
    reason: NotAssessed
    missing: tuple[str, ...] = ()
    row: Row | None = None


@dataclass(frozen=True)
class Parameter:
    """A legal value and its rows."""

    name: str
    title: Words
    rows: tuple[Row, ...]
    act_in_force_from: date | None = None

    def at(self, day: date, **facts: object) -> Value | NotAssessedValue:
        """The value on `day` under `facts`.

        The row with the most conditions wins among those that hold. A fact that is not given (or
        None) is unknown, not false: if it could change the answer, the answer is
        ``fact_missing``.

        Parameters
        ----------
        day : date
            The day whose law applies (for a procedure, the day its drafting was permitted).
        **facts
            Facts by name, as the rows' conditions name them.

        Examples
        --------
        >>> from regularize.countries import load
        >>> width = load("bg").parameter("dist_side_low")
        >>> width.at(date(2026, 11, 1)).number
        3.0
        """
        if self.act_in_force_from is not None and day < self.act_in_force_from:
            return NotAssessedValue(self.name, NotAssessed.LAW_UNVERIFIED)
        rows = [row for row in self.rows if row.is_valid_on(day) and not row.contradicts(facts)]
        holding = [row for row in rows if not row.unstated(facts)]
        best = max(holding, key=lambda row: len(row.conditions), default=None)
        missing: dict[str, None] = {}
        for row in rows:
            unstated = row.unstated(facts)
            outranks = best is None or len(row.conditions) >= len(best.conditions)
            differs = _usable(row, day) != _usable(best, day)
            if unstated and outranks and differs:
                missing |= dict.fromkeys(unstated)
        if missing:
            return NotAssessedValue(self.name, NotAssessed.FACT_MISSING, tuple(missing), best)
        if best is None or best.value is None or _usable(best, day) is None:
            return NotAssessedValue(self.name, NotAssessed.LAW_UNVERIFIED, (), best)
        return Value(self.name, best.value, best.unit, best)


def _usable(row: Row | None, day: date) -> tuple[Scalar, str] | None:
    """What a verdict may rest on: None for a row without a value or a source, or in force from memory."""
    if row is None or row.value is None or row.status == "unverified" or not row.is_sure_on(day):
        return None
    return row.value, row.unit


def read_parameters(file: Path) -> dict[str, Parameter]:
    """The parameters of one ``parameters.toml``.

    The table ``acts`` names the acts; any other table is a parameter with ``title``, ``unit``,
    ``act`` and ``rows``. What a row leaves out is taken from its parameter.

    Raises
    ------
    InputError
        If a row lacks its citation, unit, status or date of check; the message names the file.
    """
    table = read_table(file)
    acts = table.pop("acts", {})
    for act, entry in acts.items():
        check_keys(entry, file, act, {"title"}, {"in_force_from"})
        words(entry["title"], file, f"{act}.title")
    return {name: _parameter(name, entry, acts, file) for name, entry in table.items()}


def _parameter(name: str, table: Mapping[str, Any], acts: Mapping[str, Any], file: Path) -> Parameter:
    shared = {"unit", "citation", "status", "checked_on", "valid_from", "valid_to", "dates_status"}
    check_keys(table, file, name, {"title", "rows", "act"}, shared)
    if table["act"] not in acts:
        raise broken(file, _("{key} has no {name}").format(key="acts", name=table["act"]))
    defaults = {key: table[key] for key in shared if key in table}
    return Parameter(
        name=name,
        title=words(table["title"], file, f"{name}.title"),
        rows=tuple(_row(name, defaults | row, file) for row in table["rows"]),
        act_in_force_from=acts[table["act"]].get("in_force_from"),
    )


def _row(name: str, table: Mapping[str, Any], file: Path) -> Row:
    needed = {"unit", "citation", "status", "checked_on"}
    optional = {"value", "conditions", "valid_from", "valid_to", "dates_status", "note"}
    check_keys(table, file, name, needed, optional)
    for status in (table["status"], table.get("dates_status", table["status"])):
        if status not in STATUSES:
            raise broken(file, _("{key} has the unknown status {name}").format(key=name, name=status))
    if not table["citation"] or not table["unit"]:
        raise broken(file, _("{key} has no {name}").format(key=name, name="citation, unit"))
    conditions = {
        fact: tuple(value) if isinstance(value, list) else (value,)
        for fact, value in table.get("conditions", {}).items()
    }
    return Row(
        value=table.get("value"),
        unit=table["unit"],
        citation=table["citation"],
        checked_on=table["checked_on"],
        status=table["status"],
        conditions=conditions,
        valid_from=table.get("valid_from"),
        valid_to=table.get("valid_to"),
        note=words(table["note"], file, f"{name}.note") if "note" in table else {},
        dates_status=table.get("dates_status"),
    )

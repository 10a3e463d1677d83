"""From the columns of a source to those of a layer: mapping, types, and personal data kept out.

Only what the column contract names is carried on. Personal data never leaves this module: columns
that are named after it are not even decoded, and what stands in other text is masked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from regularize.countries import Pack, Profile, read_profile
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.encoding import is_destroyed, is_double_encoded
from regularize.intake.rows import Ledger
from regularize.intake.values import as_date, as_number, as_text, without_controls
from regularize.layers import COMMON, Layer
from regularize.model import Severity
from regularize.privacy import is_personal_column, is_special_category_column, redact

# Set by the store, or by the reader itself.
_NOT_MAPPED = frozenset({"fid", "batch", "origin"})
_OF_PLACES = frozenset({"identifier", "ref"})
# The profile of tables kept by hand: its everyday words would claim columns of maps as well.
_OF_TABLES = "register"
MOST_SIGMA_M = 50.0
# Beyond this a number in the file is not exact any more, and no database takes much more.
_MOST_WHOLE = 2**53
# No telephone or national number is shorter.
_PERSONAL_DIGITS = 6
# Where neither the user, the profile nor the pack says: a hand-held sketch.
_LAST_SIGMA_M = 1.0


@dataclass(frozen=True)
class Mapped:
    """Which source column fills which contract column.

    Parameters
    ----------
    profile : Profile or None
        None where no profile knows any of the names.
    sources : mapping of contract column to source column
    ignored : tuple of str
        Source columns that are not stored.
    refused : tuple of str
        Those of them that are named after personal data.
    """

    profile: Profile | None
    sources: Mapping[str, str]
    ignored: tuple[str, ...]
    refused: tuple[str, ...]


def map_columns(
    fields: Sequence[str],
    target: Layer,
    pack: Pack,
    profile: str | None,
    *,
    tabular: bool = False,
    named_by: str | None = None,
) -> Mapped:
    """Choose the profile (the user's, else the one that knows most names) and assign the columns.

    Parameters
    ----------
    tabular : bool
        Whether it is a table without geometry: only then headings are read as people write them.
    named_by : str or None
        A column that holds the numbers of things, though it is called as one of persons.

    Raises
    ------
    OptionError
        If `profile` is unknown.
    """
    refused = tuple(
        name
        for name in fields
        if name != named_by and (is_personal_column(name, target.kind) or is_special_category_column(name))
    )
    usable = [name for name in fields if name not in refused]
    wanted = {column.name for column in (*COMMON, *target.columns)} - _NOT_MAPPED

    def assigned(candidate: Profile) -> dict[str, str]:
        return {c: s for c, s in candidate.assign(target.kind, usable).items() if c in wanted}

    if profile is not None:
        chosen: Profile | None = profile_named(pack, profile)
        sources = assigned(chosen) if chosen else {}
    else:
        # The general profile is tried first, so that it wins where a special one knows no more.
        offered = [name for name in pack.profiles if tabular or name != _OF_TABLES]
        order = sorted(offered, key=lambda name: (name != "default", name))
        fits = {name: assigned(pack.profiles[name]) for name in order}
        best = max(fits, key=lambda name: _own_words(fits[name]), default=None)
        chosen = pack.profiles[best] if best is not None and fits[best] else None
        sources = fits[best] if best is not None else {}
    by_name = {name.casefold(): name for name in usable}
    for column in wanted:
        if column in by_name:  # a column that is called as the contract calls it needs no profile
            sources.setdefault(column, by_name[column])
    if "ref" in by_name:
        sources["ref"] = by_name["ref"]
    ignored = tuple(name for name in fields if name not in set(sources.values()))
    return Mapped(chosen, sources, ignored, refused)


def profile_named(pack: Pack, profile: str) -> Profile:
    """A profile of the pack by its name, or the user's own from a TOML file.

    Raises
    ------
    InputError, OptionError
        If there is none.
    """
    file = Path(profile)
    if file.suffix.lower() == ".toml":
        if not file.is_file():
            raise InputError(
                _("no such file: {file}").format(file=file), hint=_("mind the folder and the spelling")
            )
        return read_profile(file)
    return pack.profile(profile)


def _own_words(sources: Mapping[str, str]) -> tuple[int, int]:
    """How many columns a profile alone could tell, and how many it knows at all.

    A column that is called as the contract calls it says nothing for any profile.
    """
    own = sum(name.casefold() != column for column, name in sources.items())
    return own, len(sources)


@dataclass(frozen=True)
class Defaults:
    """What stands where a row says nothing: accuracy, date and source."""

    sigma_m: float
    valid_from: date
    source: str


# What a format tells of the instrument: GPX is written by telephones and hand-held receivers.
_INSTRUMENTS = {"gpx": "survey.phone_gnss"}


def default_sigma_m(
    option: float | None, profile: Profile | None, pack: Pack, origin: str, reader: str
) -> float:
    """Standard deviation of a position (m): the user's, else the profile's, the format's, or the pack's."""
    if option is not None:
        return option
    if profile is not None and profile.sigma_m is not None:
        return profile.sigma_m
    instrument = _INSTRUMENTS.get(reader, "")
    if instrument in pack.sigmas:
        return pack.sigmas[instrument].value_m
    return pack.sigmas[origin].value_m if origin in pack.sigmas else _LAST_SIGMA_M


def default_source(option: str | None, profile: Profile | None, origin: str) -> str:
    """What the delivery says it comes from: the user's word, else the profile's, else its origin.

    Deliveries of one source replace each other row by row. So the word depends neither on the file's
    name nor on the language in use, and the cadastre is one source in whatever form it delivers.
    """
    if option is not None:
        return option
    stated = profile.source.get("en") if profile is not None and origin != "cadastre" else None
    return stated or origin


class Converter:
    """Turns the values of a source into those of the contract, and says what was odd."""

    def __init__(
        self,
        mapped: Mapped,
        defaults: Defaults,
        today: date,
        ledger: Ledger,
        pack: Pack | None = None,
    ) -> None:
        self._module = pack.identifier if pack is not None else None
        self._mapped = mapped
        self._defaults = defaults
        self._today = today
        self._ledger = ledger

    def convert(
        self, target: Layer, values: Mapping[str, Sequence[Any]], n: int, origin: str
    ) -> dict[str, list[Any]]:
        """One list per contract column (without ``fid`` and ``batch``), in contract order."""
        found: dict[str, list[Any]] = {}
        convert: dict[str, Callable[[str, Sequence[Any]], list[Any]]] = {
            "text": self._text,
            "json": self._text,
            "integer": self._integer,
            "real": self._real,
            "date": self._date,
        }
        for column in (*COMMON, *target.columns):
            if column.name in {"fid", "batch"}:
                continue
            source = self._mapped.sources.get(column.name)
            if column.name == "origin":
                found["origin"] = [origin] * n
            elif source is None or source not in values:
                found[column.name] = [None] * n
            else:
                found[column.name] = convert[column.dtype](column.name, values[source])
        if "ref" not in self._mapped.sources:
            found["ref"] = list(found["identifier"])
        found["ref"] = [str(row) if value is None else value for row, value in enumerate(found["ref"])]
        self._fill(found)
        return found

    def _fill(self, found: dict[str, list[Any]]) -> None:
        defaults = self._defaults
        if "sigma_m" in self._mapped.sources:
            for row, value in enumerate(found["sigma_m"]):
                if value is not None and not 0 < value <= MOST_SIGMA_M:
                    found["sigma_m"][row] = None
                    self._ledger.warn(
                        row,
                        "SIGMA_ABSURD",
                        _("the accuracy {value} m is not possible; {default} m is used").format(
                            value=value, default=defaults.sigma_m
                        ),
                    )
        found["sigma_m"] = [defaults.sigma_m if v is None else v for v in found["sigma_m"]]
        found["source"] = [defaults.source if v is None else v for v in found["source"]]
        for row, value in enumerate(found["valid_from"]):
            if value is not None and value > self._today:
                found["valid_from"][row] = None
                self._ledger.warn(
                    row, "DATE_IN_FUTURE", _("its date lies in the future: {value}").format(value=value)
                )
        found["valid_from"] = [defaults.valid_from if v is None else v for v in found["valid_from"]]
        for row, (start, end) in enumerate(zip(found["valid_from"], found["valid_to"], strict=True)):
            if end is not None and end <= start:
                found["valid_to"][row] = None
                self._ledger.warn(row, "DATE_FORM", _("it ends before it begins: {value}").format(value=end))

    def _text(self, column: str, values: Sequence[Any]) -> list[str | None]:
        known: dict[Any, tuple[str | None, list[tuple[str, str]]]] = {}
        found: list[str | None] = []
        for row, value in enumerate(values):
            if value not in known:
                known[value] = self._one_text(column, value)
            text, remarks = known[value]
            for code, remark in remarks:
                self._ledger.warn(row, code, remark)
            found.append(text)
        return found

    def _one_text(self, column: str, value: Any) -> tuple[str | None, list[tuple[str, str]]]:
        text = as_text(value)
        if text is None:
            return None, []
        remarks = []
        name = self._mapped.sources[column]
        cleaned = without_controls(text)
        if is_destroyed(cleaned):
            remarks.append(
                (
                    "UNRECOVERABLE_TEXT",
                    _("column {column}: letters were lost before the file came here").format(column=name),
                )
            )
        elif is_double_encoded(cleaned):
            remarks.append(
                (
                    "DOUBLE_ENCODED_TEXT",
                    _("column {column}: Cyrillic that was saved in a wrong encoding").format(column=name),
                )
            )
        if profile := self._mapped.profile:
            cleaned = profile.code(column, cleaned)
        # Streets and areas bear names of people, and are not persons.
        context = "street_name" if column == "name" else ""
        harmless = _is_short_number(cleaned) or self._is_identifier(column, cleaned)
        masked, hits = (cleaned, 0) if harmless else redact(cleaned, context=context)
        if hits:
            remarks.append(
                (
                    "PERSONAL_DATA_REDACTED",
                    _("column {column}: personal data was masked and is not stored").format(column=name),
                )
            )
        return masked or None, remarks

    def _is_identifier(self, column: str, text: str) -> bool:
        """Whether `text` is the identifier that its column is for: of a place, not of a person."""
        return column in _OF_PLACES and self._module is not None and self._module.is_valid(text)

    def _real(self, column: str, values: Sequence[Any]) -> list[float | None]:
        return [self._number(column, row, value) for row, value in enumerate(values)]

    def _integer(self, column: str, values: Sequence[Any]) -> list[int | None]:
        found: list[int | None] = []
        for row, value in enumerate(values):
            number = self._number(column, row, value)
            if number is not None and (number != int(number) or abs(number) > _MOST_WHOLE):
                self._odd_number(column, row)
                number = None
            found.append(None if number is None else int(number))
        return found

    def _number(self, column: str, row: int, value: Any) -> float | None:
        text = as_text(value)
        if text is None or not text.strip():
            return None
        number = as_number(text)
        if number is None:
            self._odd_number(column, row)
        return number

    def _odd_number(self, column: str, row: int) -> None:
        self._ledger.warn(
            row,
            "NUMBER_FORM",
            _("column {column}: not a number of the kind that is wanted; left empty").format(
                column=self._mapped.sources[column]
            ),
        )

    def _date(self, column: str, values: Sequence[Any]) -> list[date | None]:
        found: list[date | None] = []
        for row, value in enumerate(values):
            day = as_date(value)
            if day is None and as_text(value):
                self._ledger.warn(
                    row,
                    "DATE_FORM",
                    _("column {column}: not a date (31.12.2025 or 2025-12-31); left empty").format(
                        column=self._mapped.sources[column]
                    ),
                )
            found.append(day)
        return found


def _is_short_number(text: str) -> bool:
    """Whether `text` is too short a number to be anybody's."""
    return len(text) < _PERSONAL_DIGITS and text.isascii() and text.isdigit()


def note_refused(mapped: Mapped, ledger: Ledger) -> None:
    """Name the columns of personal data that were not read."""
    for name in mapped.refused:
        shown, _hits = redact(name)
        ledger.note(
            "PERSONAL_COLUMN_REFUSED",
            _("column {column} is named after personal data: it was not read").format(column=shown),
            Severity.WARNING,
        )


def is_default_sigma(option: float | None, mapped: Mapped) -> bool:
    """Whether nobody states an accuracy: not the user, not the profile, and no column."""
    stated_by_profile = mapped.profile is not None and mapped.profile.sigma_m is not None
    return option is None and not stated_by_profile and "sigma_m" not in mapped.sources


def sample_of(mapped: Mapped, values: Mapping[str, Sequence[Any]], n: int) -> str | None:
    """One row as it was decoded, masked, for a person to see whether the letters are right."""
    columns = list(dict.fromkeys(name for name in mapped.sources.values() if name in values))
    if not n or not columns:
        return None
    letters = [sum(_letters(values[name][row]) for name in columns) for row in range(min(n, 1000))]
    row = letters.index(max(letters))
    parts = []
    for name in columns:
        text = as_text(values[name][row])
        if text is not None:
            masked, _hits = redact(without_controls(text), context=name)
            parts.append(f"{name}={masked}")
    return "; ".join(parts) or None


def _letters(value: Any) -> int:
    return sum(not char.isascii() for char in value) if isinstance(value, str) else 0

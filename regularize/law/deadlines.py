"""When a term ends, in civil dates.

The start day is not counted. A term in months ends on the same day-number, or on the last day of a
shorter month; a term that would end on a non-working day ends on the next working day. "30 days" and
"one month" are different terms and are never turned into each other.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import holidays

from regularize.countries import Pack
from regularize.countries.reading import read_table
from regularize.errors import OptionError
from regularize.i18n import translate as _

Unit = Literal["day", "month", "working_day"]
UNITS: tuple[Unit, ...] = ("day", "month", "working_day")
DAY = timedelta(days=1)
HOLIDAYS_FILE = "holidays.toml"


@dataclass(frozen=True)
class Due:
    """The last day of a term.

    Parameters
    ----------
    date : datetime.date
        Civil date; an act on this day is in time.
    provisional : bool
        Whether the calendar of that year was not yet checked, so that decreed days off may move it.
    """

    date: date
    provisional: bool


@dataclass(frozen=True)
class FixedDay:
    """A public holiday with a fixed date, every year."""

    month: int
    day: int


@dataclass(frozen=True, eq=False)
class Calendar:
    """Working and non-working days of a country, from its dated data file.

    Parameters
    ----------
    country : str
        ISO 3166 code; the `holidays` library is asked for years that the file does not cover.
    weekend : frozenset of int
        ISO weekdays (Monday is 1).
    fixed : tuple of FixedDay
    easter : mapping of year to the date of Easter Sunday
        Its years are those that the file covers.
    easter_offsets : tuple of int
        Days off around Easter Sunday, in days from it.
    substitution_from : date or None
        From when a fixed holiday on a weekend gives the next working day off.
    decreed, worked : frozenset of date
        Days off by decree, and rest days worked instead.
    checked_on : date or None
        When a person last compared the file with its sources. Terms that end after that year are provisional.
    time_zone : str
        Where the civil dates hold.
    """

    country: str = ""
    weekend: frozenset[int] = frozenset()
    fixed: tuple[FixedDay, ...] = ()
    easter: Mapping[int, date] = field(default_factory=dict)
    easter_offsets: tuple[int, ...] = ()
    substitution_from: date | None = None
    decreed: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    checked_on: date | None = None
    time_zone: str = "UTC"
    _years: dict[int, frozenset[date]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "Calendar":
        """The calendar in the table of a ``holidays.toml``."""
        easter = [*table["easter"]["sundays"]]
        return cls(
            country=table["country"],
            weekend=frozenset(table["weekend"]),
            fixed=tuple(FixedDay(entry["month"], entry["day"]) for entry in table["fixed"]),
            easter={sunday.year: sunday for sunday in easter},
            easter_offsets=tuple(table["easter"]["offsets"]),
            substitution_from=table["substitution"]["valid_from"],
            decreed=frozenset(day for entry in table["decreed"] for day in entry["off"]),
            worked=frozenset(day for entry in table["decreed"] for day in entry["worked"]),
            checked_on=table["checked_on"],
            time_zone=table["time_zone"],
        )

    def holidays(self, year: int) -> frozenset[date]:
        """Days off in `year` beside the weekends: holidays, their substitutes, decreed days."""
        if year not in self._years:
            self._years[year] = self._drawn_up(year) if year in self.easter else self.from_library(year)
        return self._years[year]

    def from_library(self, year: int) -> frozenset[date]:
        """The same days as the `holidays` library knows them; none where no country is named."""
        if not self.country:
            return frozenset()
        return frozenset(holidays.country_holidays(self.country, years=year))

    def _drawn_up(self, year: int) -> frozenset[date]:
        fixed = sorted(date(year, entry.month, entry.day) for entry in self.fixed)
        off = set(fixed) | {self.easter[year] + timedelta(days=n) for n in self.easter_offsets}
        if self.substitution_from is not None:
            for day in fixed:
                if day.isoweekday() in self.weekend and day >= self.substitution_from:
                    instead = day + DAY
                    while instead.isoweekday() in self.weekend or instead in off:
                        instead += DAY
                    off.add(instead)
        return frozenset(off | {day for day in self.decreed if day.year == year})

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        if day.isoweekday() in self.weekend and day not in self.worked:
            return False
        return day not in self.holidays(day.year)

    def is_checked(self, day: date) -> bool:
        """Whether the year of `day` had been checked when the file was."""
        return self.checked_on is not None and day.year <= self.checked_on.year

    def civil_date(self, moment: datetime) -> date:
        """The civil date of an instant: 23:30 UTC in winter is the next day in Sofia.

        Raises
        ------
        OptionError
            If the instant has no time zone: then it names no day.
        """
        if moment.tzinfo is None:
            raise OptionError(_("a time without a time zone names no day"), hint=_("give a date: YYYY-MM-DD"))
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


def calendar_of(pack: Pack) -> Calendar:
    """The calendar of a country pack; without ``holidays.toml`` one without days off, never checked."""
    file = pack.folder / HOLIDAYS_FILE
    return Calendar.of(read_table(file)) if file.exists() else Calendar()


def due(start: date, amount: int, unit: Unit, calendar: Calendar) -> Due:
    """The last day of a term of `amount` `unit`s that begins with the event on `start`.

    Raises
    ------
    OptionError
        If `start` is an instant instead of a date, or the term is not positive or of another unit.

    Examples
    --------
    >>> from regularize.countries import load
    >>> due(date(2017, 10, 31), 1, "month", calendar_of(load("bg"))).date
    datetime.date(2017, 11, 30)
    """
    if isinstance(start, datetime):
        raise OptionError(
            _("a term is counted from a date, not from a time"), hint=_("give a date: YYYY-MM-DD")
        )
    if amount < 1 or unit not in UNITS:
        raise OptionError(_("{amount} {unit} is not a term").format(amount=amount, unit=unit))
    return _due(start, amount, unit, calendar)


@cache
def _due(start: date, amount: int, unit: Unit, calendar: Calendar) -> Due:
    if unit == "month":
        end = _months_later(start, amount)
    elif unit == "day":
        end = start + timedelta(days=amount)
    else:
        end = start
        for _counted in range(amount):
            end = _working_from(end + DAY, calendar)
    end = _working_from(end, calendar)
    return Due(end, provisional=not calendar.is_checked(end))


def _working_from(day: date, calendar: Calendar) -> date:
    while not calendar.is_working(day):
        day += DAY
    return day


def _months_later(start: date, amount: int) -> date:
    first = start.replace(day=1)
    for _counted in range(amount):
        first += timedelta(days=_days_in(first))
    return first.replace(day=min(start.day, _days_in(first)))


def _days_in(month: date) -> int:
    return monthrange(month.year, month.month)[1]

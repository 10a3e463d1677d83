"""Terms: the vectors of practice, and every day of twenty-one years against another calculation."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize.countries import load
from regularize.countries.reading import read_table
from regularize.errors import OptionError
from regularize.law.deadlines import Calendar, Due, Unit, calendar_of, due
from regularize.law.procedure import CaseEvent, parse, status

BG = calendar_of(load("bg"))
DAY = timedelta(days=1)
FIXED = [(1, 1), (3, 3), (5, 1), (5, 6), (5, 24), (9, 6), (9, 22), (12, 24), (12, 25), (12, 26)]


# --- An independent calculation: nothing of the package, no library --------------------------------


def easter(year: int) -> date:
    """Orthodox Easter by Meeus' Julian algorithm; 13 days between the calendars from 1900 to 2099."""
    a, b, c = year % 4, year % 7, year % 19
    d = (19 * c + 15) % 30
    e = (2 * a + 4 * b - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def days_off(year: int) -> set[date]:
    fixed = [date(year, month, day) for month, day in FIXED]
    off = {*fixed, *(easter(year) + timedelta(days=n) for n in (-2, -1, 0, 1))}
    substitutes: set[date] = set()
    if year >= 2017:
        for day in fixed:
            if day.weekday() >= 5:
                other = day
                while other.weekday() >= 5 or other in off | substitutes:
                    other += DAY
                substitutes.add(other)
    return off | substitutes


DECREES = read_table(Path(load("bg").folder) / "holidays.toml")["decreed"]
OFF = {day for entry in DECREES for day in entry["off"]} | {
    day for year in range(2014, 2042) for day in days_off(year)
}
WORKED = {day for entry in DECREES for day in entry["worked"]}


def independent(start: date, amount: int, unit: str) -> date:
    def works(day: date) -> bool:
        return day not in OFF and (day.weekday() < 5 or day in WORKED)

    if unit == "working_day":
        end, left = start, amount
        while left:
            end += DAY
            left -= works(end)
        return end
    if unit == "day":
        end = date.fromordinal(start.toordinal() + amount)
    else:
        months = start.year * 12 + start.month - 1 + amount
        year, month = divmod(months, 12)
        end = date(year, month + 1, 1)
        last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - DAY).day
        end = end.replace(day=min(start.day, last))
    while not works(end):
        end += DAY
    return end


# --- Vectors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "amount", "unit", "last"),
    [
        (date(2026, 3, 6), 1, "month", date(2026, 4, 6)),  # SG 24/2026, as announced
        (date(2020, 9, 25), 1, "month", date(2020, 10, 26)),  # SG 83/2020: 25.10. is a Sunday
        (date(2017, 10, 31), 1, "month", date(2017, 11, 30)),  # SG 87/2017: November has no 31st
        (date(2021, 4, 2), 30, "day", date(2021, 5, 5)),  # SG 27/2021: Easter and a substitute day
        (date(2024, 1, 31), 1, "month", date(2024, 2, 29)),  # leap day
        (date(2023, 1, 31), 1, "month", date(2023, 2, 28)),
        (date(2024, 2, 29), 1, "month", date(2024, 3, 29)),  # never stretched to the last day
        (date(2019, 11, 30), 2, "month", date(2020, 1, 30)),  # over the turn of the year
        (date(2025, 12, 1), 30, "day", date(2026, 1, 5)),  # 31.12.2025 and 02.01.2026 off by decree
        (date(2026, 12, 11), 14, "day", date(2026, 12, 29)),  # 28.12. stands for Saturday 26.12.
        (date(2026, 3, 27), 14, "day", date(2026, 4, 14)),  # Good Friday to Easter Monday
        (date(2016, 5, 13), 1, "day", date(2016, 5, 14)),  # a Saturday that was worked
        (date(2026, 4, 9), 1, "working_day", date(2026, 4, 14)),
        (date(2026, 3, 15), 14, "day", date(2026, 3, 30)),  # over the change of the clocks; 29.03. is Sunday
    ],
)
def test_vectors(start: date, amount: int, unit: Unit, last: date) -> None:
    assert due(start, amount, unit, BG).date == last
    assert independent(start, amount, unit) == last


HAND_WORKED = read_table(Path(__file__).with_name("hand_worked_terms.toml"))["terms"]


@pytest.mark.parametrize("case", HAND_WORKED, ids=lambda c: f"{c['start']}+{c['amount']}{c['unit']}")
def test_hand_worked_terms(case: dict[str, Any]) -> None:
    found = due(case["start"], case["amount"], case["unit"], BG)
    assert found.date == case["last"], case["why"]
    assert found.provisional == ("not checked yet" in case["why"].casefold())


@pytest.mark.parametrize("case", HAND_WORKED, ids=lambda c: f"{c['start']}+{c['amount']}{c['unit']}")
def test_the_independent_calculation_agrees_with_the_hand(case: dict[str, Any]) -> None:
    assert independent(case["start"], case["amount"], case["unit"]) == case["last"], case["why"]


def test_sixty_hand_worked_terms_have_each_their_own_reason() -> None:
    assert len({case["why"] for case in HAND_WORKED}) == len(HAND_WORKED) >= 60


HISTORIES = read_table(Path(__file__).with_name("hand_worked_histories.toml"))["histories"]


@pytest.mark.parametrize("case", HISTORIES, ids=lambda c: f"{c['clock']}-{c['on']}-{c['state']}")
def test_hand_worked_histories(case: dict[str, Any]) -> None:
    log = [
        CaseEvent(seq, e["type"], e["on"], None, e.get("facts", {}), e.get("announced"), e.get("corrects"))
        for seq, e in enumerate(case["events"], start=1)
    ]
    procedure = parse(load("bg").procedures[case.get("procedure", "detailed_plan")])
    found = status(procedure, log, on=case["on"], calendar=BG, facts=case["facts"])
    terms = [d for d in found.deadlines if (d.clock, d.notice) == (case["clock"], case.get("notice"))]
    assert len(terms) == 1, case["why"]
    (term,) = terms
    assert independent(term.start, term.amount, term.unit) == case["computed"], case["why"]
    assert (term.computed_due, term.due, term.state, term.decides, term.provisional) == (
        case["computed"],
        case["due"],
        case["state"],
        case["decides"],
        case.get("provisional", False),
    ), case["why"]


def test_hand_worked_histories_have_each_their_own_reason() -> None:
    assert len({case["why"] for case in HISTORIES}) == len(HISTORIES)


def test_thirty_days_are_not_a_month() -> None:
    assert due(date(2026, 1, 30), 30, "day", BG).date == date(2026, 3, 2)  # 01.03. is a Sunday
    assert due(date(2026, 1, 30), 1, "month", BG).date == date(2026, 3, 2)  # 28.02. is a Saturday
    assert due(date(2026, 5, 5), 30, "day", BG).date == date(2026, 6, 4)
    assert due(date(2026, 5, 5), 1, "month", BG).date == date(2026, 6, 5)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [
        (3, "day"),
        (7, "day"),
        (10, "day"),
        (14, "day"),
        (30, "day"),
        (1, "month"),
        (2, "month"),
        (7, "working_day"),
    ],
)
def test_every_day_of_2015_to_2035(amount: int, unit: Unit) -> None:
    day, end = date(2015, 1, 1), date(2035, 12, 31)
    while day <= end:
        assert due(day, amount, unit, BG).date == independent(day, amount, unit), day
        day += DAY


@settings(deadline=None, max_examples=300)
@given(
    start=st.dates(date(2015, 1, 1), date(2035, 12, 31)),
    amount=st.integers(1, 400),
    unit=st.sampled_from(["day", "working_day"]),
)
def test_any_number_of_days(start: date, amount: int, unit: Unit) -> None:
    found = due(start, amount, unit, BG).date
    assert found == independent(start, amount, unit)
    assert found >= start + timedelta(days=amount), "never earlier than the law gives"
    assert BG.is_working(found)


@settings(deadline=None, max_examples=200)
@given(start=st.dates(date(2015, 1, 1), date(2034, 12, 31)), amount=st.integers(1, 48))
def test_any_number_of_months(start: date, amount: int) -> None:
    found = due(start, amount, "month", BG).date
    assert found == independent(start, amount, "month")
    assert (found.year * 12 + found.month) - (start.year * 12 + start.month) >= amount
    assert due(start + DAY, amount, "month", BG).date >= found, "a later start never ends earlier"


# --- The calendar ----------------------------------------------------------------------------------


@pytest.mark.parametrize("year", sorted(BG.easter))
def test_file_and_library_agree(year: int) -> None:
    """A decree that the library learns of and the file does not know makes this fail: check the file anew."""
    assert BG.holidays(year) == BG.from_library(year)


def test_the_library_completes_years_outside_the_file() -> None:
    assert 2010 not in BG.easter
    assert date(2010, 4, 5) in BG.holidays(2010)  # Easter Monday
    assert not BG.is_working(date(2050, 3, 3))


def test_a_decree_of_the_file_moves_a_term() -> None:
    table = read_table(Path(load("bg").folder) / "holidays.toml")
    table["decreed"].append({"off": [date(2026, 4, 6)], "worked": [date(2026, 4, 18)]})
    assert due(date(2026, 3, 6), 1, "month", Calendar.of(table)).date == date(2026, 4, 7)
    assert Calendar.of(table).is_working(date(2026, 4, 18))


def test_beyond_the_checked_year_a_term_is_provisional() -> None:
    assert BG.checked_on is not None
    year = BG.checked_on.year
    assert not due(date(year, 11, 1), 10, "day", BG).provisional
    assert due(date(year, 12, 30), 10, "day", BG).provisional


def test_without_a_calendar_every_day_counts_and_every_term_is_provisional() -> None:
    calendar = calendar_of(load("generic"))
    assert due(date(2026, 3, 6), 1, "day", calendar) == Due(date(2026, 3, 7), provisional=True)


def test_the_civil_date_is_that_of_sofia() -> None:
    assert BG.civil_date(datetime(2026, 1, 14, 22, 30, tzinfo=UTC)) == date(2026, 1, 15)
    assert BG.civil_date(datetime(2026, 7, 14, 20, 59, tzinfo=UTC)) == date(2026, 7, 14)
    assert BG.civil_date(datetime(2026, 7, 14, 21, 0, tzinfo=UTC)) == date(2026, 7, 15)
    with pytest.raises(OptionError, match="time zone"):
        BG.civil_date(datetime(2026, 1, 14))  # noqa: DTZ001 - a naive time is what is refused here


def test_what_is_no_term_is_refused() -> None:
    with pytest.raises(OptionError, match="not from a time"):
        due(datetime(2026, 1, 14, tzinfo=UTC), 1, "day", BG)
    with pytest.raises(OptionError, match="not a term"):
        due(date(2026, 1, 14), 0, "day", BG)
    with pytest.raises(OptionError, match="not a term"):
        due(date(2026, 1, 14), 1, "week", BG)  # type: ignore[arg-type]  # what a broken TOML could say

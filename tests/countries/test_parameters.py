"""Legal values: three-valued, dated, cited."""

from datetime import date
from itertools import product

import pytest

from regularize.countries import NotAssessedValue, Parameter, Row, Value, load
from regularize.countries.parameters import STATUSES
from regularize.i18n import LANGUAGES
from regularize.model import NotAssessed

BG = load("bg")
DAY = date(2026, 11, 1)
TOWN = {
    "settlement_kind": "town",
    "height_class": "low",
    "attachment": "detached",
    "use": "residential",
    "specific_development": False,
}


@pytest.mark.parametrize("name", sorted(BG.parameters))
def test_every_row_has_unit_citation_and_status(name: str) -> None:
    parameter = BG.parameter(name)
    assert set(parameter.title) == set(LANGUAGES)
    assert parameter.rows
    for row in parameter.rows:
        assert row.unit in {"m", "m2", "1", "year", "date", "text"}
        assert row.citation
        assert row.status in STATUSES
        assert row.checked_on == date(2026, 11, 1)
        assert row.status == "unverified" or row.value is not None
        assert set(row.note) in (set(), set(LANGUAGES))


@pytest.mark.parametrize("name", sorted(BG.parameters))
def test_no_two_rows_contradict_each_other(name: str) -> None:
    """Whatever the facts, rows of equal weight that hold give one value."""
    rows = BG.parameter(name).rows
    facts: dict[str, set[object]] = {}
    for row in rows:
        for fact, admitted in row.conditions.items():
            facts.setdefault(fact, {"something else"}).update(admitted)
    for values in product(*facts.values()):
        stated = dict(zip(facts, values, strict=True))
        for day in {DAY, *(d for r in rows for d in (r.valid_from, r.valid_to) if d)} | {date(2010, 1, 1)}:
            holding = [r for r in rows if r.is_valid_on(day) and not r.contradicts(stated)]
            most = max((len(r.conditions) for r in holding), default=0)
            assert len({(r.value, r.unit) for r in holding if len(r.conditions) == most}) <= 1, stated


def test_sizes_of_plots() -> None:
    frontage, area = BG.parameter("upi_min_frontage"), BG.parameter("upi_min_area")
    village = {**TOWN, "settlement_kind": "village"}
    for facts, least_m, least_m2 in (
        (TOWN, 14, 300),
        ({**TOWN, "settlement_kind": "resort"}, 16, 500),
        ({**TOWN, "settlement_kind": "villa_zone"}, 18, 600),
        ({**village, "terrain": "flat", "special_or_main_street": False}, 16, 500),
        ({**village, "terrain": "flat", "special_or_main_street": True}, 14, 300),
        ({**village, "terrain": "steep"}, 12, 250),
    ):
        wide, large = frontage.at(DAY, **facts), area.at(DAY, **facts)
        assert isinstance(wide, Value)
        assert isinstance(large, Value)
        assert (wide.number, wide.unit, large.number, large.unit) == (least_m, "m", least_m2, "m2")
        assert wide.citation.startswith("ЗУТ, чл. 19")


def test_exempt_plots_take_their_size_from_the_plan() -> None:
    for fact, value in (
        ("specific_development", True),
        ("height_class", "high"),
        ("attachment", "attached_more"),
        ("use", "nonresidential"),
    ):
        answer = BG.parameter("upi_min_area").at(DAY, **{**TOWN, fact: value})
        assert isinstance(answer, Value)
        assert answer.value == "by_plan"
        with pytest.raises(TypeError):
            _ = answer.number


@pytest.mark.parametrize("fact", sorted(TOWN))
def test_missing_fact_is_named(fact: str) -> None:
    answer = BG.parameter("upi_min_frontage").at(DAY, **{**TOWN, fact: None})
    assert isinstance(answer, NotAssessedValue)
    assert answer.reason is NotAssessed.FACT_MISSING
    assert fact in answer.missing


@pytest.mark.parametrize(
    "name",
    ["street_width_min", "cul_de_sac_length_max", "cadastre_point_error", "dist_between_buildings",
     "dist_villa_side", "cad_vs_reg_offset_hint"],
)  # fmt: skip
def test_unverified_law_is_not_assessed(name: str) -> None:
    answer = BG.parameter(name).at(DAY)
    assert isinstance(answer, NotAssessedValue)
    assert answer.reason is NotAssessed.LAW_UNVERIFIED
    assert answer.row is not None  # shown as an indication


def test_zone_without_a_verified_value_asks_for_no_fact_in_vain() -> None:
    density = BG.parameter("zone_density_max")
    known = density.at(DAY, zone="Zhm")
    assert isinstance(known, Value)
    assert known.number == 0.6
    for facts in ({"zone": "Zhg"}, {"zone": "Zhg", "municipality": "Пловдив"}):
        answer = density.at(DAY, **facts)
        assert isinstance(answer, NotAssessedValue)
        assert answer.reason is NotAssessed.LAW_UNVERIFIED
    nothing = density.at(DAY)
    assert isinstance(nothing, NotAssessedValue)
    assert "zone" in nothing.missing


def test_law_before_it_was_in_force_is_unknown() -> None:
    distance = BG.parameter("dist_side_low")
    assert isinstance(distance.at(date(2001, 3, 31)), Value)
    before = distance.at(date(2001, 3, 30))
    assert isinstance(before, NotAssessedValue)
    assert before.reason is NotAssessed.LAW_UNVERIFIED


def test_rows_hold_in_half_open_intervals() -> None:
    def row(value: float, since: date | None, until: date | None) -> Row:
        return Row(value, "m", "Act, Art. 1", DAY, "verified", {}, since, until)

    change = date(2020, 1, 1)
    parameter = Parameter("p", {}, (row(1, None, change), row(2, change, None)))
    values = [parameter.at(day) for day in (date(2019, 12, 31), change)]
    assert [v.value for v in values if isinstance(v, Value)] == [1, 2]


def test_dates_are_dates() -> None:
    built_by = BG.parameter("tolerable_built_by_1987").at(DAY)
    assert isinstance(built_by, Value)
    assert built_by.value == date(1987, 4, 7)

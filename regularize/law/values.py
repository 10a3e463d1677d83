"""Legal values under what is known of a home, each looked up once for the same facts."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from regularize.countries import Pack
from regularize.countries.parameters import NotAssessedValue, Row, Value

Facts = Mapping[str, Any]


def value_of(pack: Pack, name: str, on: date, facts: Facts) -> Value | NotAssessedValue:
    """A legal value under what is known of the facts that it asks for."""
    return _value_under(pack, name, on, tuple(facts.get(fact) for fact in _asked(pack, name)))


@cache  # homes of one place repeat the same few patterns
def _value_under(pack: Pack, name: str, on: date, stated: tuple[Any, ...]) -> Value | NotAssessedValue:
    return pack.parameter(name).at(on, **dict(zip(_asked(pack, name), stated, strict=True)))


def rows_of(pack: Pack, name: str, on: date, facts: Facts) -> tuple[Row, ...]:
    """The row that gives a legal value, else those that may come to give it."""
    return _rows_under(pack, name, on, tuple(facts.get(fact) for fact in _asked(pack, name)))


@cache
def _rows_under(pack: Pack, name: str, on: date, stated: tuple[Any, ...]) -> tuple[Row, ...]:
    row = _value_under(pack, name, on, stated).row
    if row is not None:
        return (row,)
    facts = dict(zip(_asked(pack, name), stated, strict=True))
    rows = pack.parameter(name).rows
    return tuple(row for row in rows if row.is_valid_on(on) and not row.contradicts(facts))


@cache
def _asked(pack: Pack, name: str) -> tuple[str, ...]:
    """The facts on which a legal value depends."""
    return tuple(sorted({fact for row in pack.parameter(name).rows for fact in row.conditions}))

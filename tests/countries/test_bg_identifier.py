"""The cadastral identifier and the check digit of the settlement code."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.exceptions import InvalidFormat, InvalidLength, ValidationError

from regularize.countries import load
from regularize.countries.bg import identifier

FIELDS = st.lists(st.integers(1, 99999).map(str), min_size=2, max_size=4)
EKATTE = st.integers(0, 99999).map(lambda n: f"{n:05d}")


def test_the_pack_offers_it() -> None:
    assert load("bg").identifier is identifier


@settings(deadline=None, max_examples=100)
@given(EKATTE, FIELDS)
def test_round_trip(ekatte: str, fields: list[str]) -> None:
    text = ".".join((ekatte, *fields))
    assert identifier.validate(f" {text}\n") == text
    assert identifier.split(text) == (ekatte, *fields)
    assert identifier.kind(text) == {3: "parcel", 4: "building", 5: "unit"}[len(fields) + 1]
    assert identifier.parcel_of(text) == ".".join((ekatte, *fields[:2]))
    assert identifier.kind(identifier.parcel_of(text)) == "parcel"
    assert identifier.settlement_of(text) == ekatte
    long = any(len(field) > 4 for field in fields)
    assert (identifier.IDENTIFIER_LONG_FIELD in identifier.warnings(text)) == long


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=25))
def test_any_text_is_answered(text: str) -> None:
    if identifier.is_valid(text):
        assert identifier.validate(text) == identifier.compact(text)
    else:
        with pytest.raises(ValidationError):
            identifier.validate(text)


@pytest.mark.parametrize(
    "text", ["68134.4081.2048", "56784.553.226.2", "51500.506.331.1.15", "03304.501.402"]
)
def test_real_shapes(text: str) -> None:
    assert identifier.is_valid(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", InvalidLength),
        ("68134", InvalidLength),
        ("68134.1", InvalidLength),
        ("68134.1.2.3.4.5", InvalidLength),
        ("3304.501.402", InvalidFormat),
        ("68134.0.5", InvalidFormat),
        ("68134.01.5", InvalidFormat),
        ("68134.1.", InvalidFormat),
        ("68134.1.123456", InvalidFormat),
        ("68134,1,2", InvalidLength),
        ("٦٨١٣٤.1.2", InvalidFormat),
        ("T-68134-1", InvalidLength),
        ("XXI-2308, кв. 133", InvalidLength),
    ],
)
def test_what_is_no_identifier(text: str, error: type[ValidationError]) -> None:
    assert not identifier.is_valid(text)
    with pytest.raises(error):
        identifier.validate(text)


@pytest.mark.parametrize("code", ["68134", "56784", "10135", "07079", "81006", "68080"])
def test_known_settlements_pass(code: str) -> None:
    assert identifier.ekatte_check_digit_ok(code)
    assert identifier.EKATTE_CHECK_DIGIT not in identifier.warnings(f"{code}.1.1")
    for digit in set("0123456789") - {code[-1]}:
        assert not identifier.ekatte_check_digit_ok(code[:-1] + digit)


@pytest.mark.parametrize("code", ["7079", "", "6813a", "681344"])
def test_what_is_no_settlement_code(code: str) -> None:
    assert not identifier.ekatte_check_digit_ok(code)


def test_warnings_are_explained() -> None:
    for code in identifier.warnings("68143.12345.1"):
        assert load("bg").rule(code).severity == "warning"
    assert len(identifier.warnings("68143.12345.1")) == 2

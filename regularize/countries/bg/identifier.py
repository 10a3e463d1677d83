"""The Bulgarian cadastral identifier, in the manner of python-stdnum.

Three to five numbers with dots between: settlement (EKATTE, five digits), cadastral district,
parcel, building or facility, self-contained unit; all but the first are positive and have no
leading zeros. An identifier is text, always: EKATTE 07079 is not the number 7079.

Source: Ordinance РД-02-20-3 of 29.09.2016 (SG 80/2016).

>>> validate(" 68134.4081.2048 ")
'68134.4081.2048'
>>> kind("56784.553.226.2"), parcel_of("56784.553.226.2")
('building', '56784.553.226')
>>> is_valid("7079.1.1")
False
"""

import re
from functools import lru_cache
from typing import Literal

from stdnum.exceptions import InvalidFormat, InvalidLength, ValidationError

Kind = Literal["parcel", "building", "unit"]
_KINDS: dict[int, Kind] = {3: "parcel", 4: "building", 5: "unit"}

_EKATTE = re.compile(r"[0-9]{5}")
_FIELD = re.compile(r"[1-9][0-9]{0,4}")
# Longer fields exist on no map seen so far: a warning, since no rule forbids them.
_USUAL_DIGITS = 4

# Not published; derived from known codes and confirmed on others held out. A warning, never an error.
_EKATTE_MODULUS = 11
_EKATTE_WEIGHTS = ((1, 2, 3, 4), (3, 4, 5, 6))

EKATTE_CHECK_DIGIT = "EKATTE_CHECK_DIGIT"
IDENTIFIER_LONG_FIELD = "IDENTIFIER_LONG_FIELD"


def compact(number: str) -> str:
    """`number` without the white space around and inside it."""
    return re.sub(r"\s+", "", number)


# One row is asked about several times in a row.
@lru_cache(maxsize=4096)
def validate(number: str) -> str:
    """The compact identifier.

    Raises
    ------
    stdnum.exceptions.InvalidLength
        If it has fewer than three or more than five fields.
    stdnum.exceptions.InvalidFormat
        If a field is not a number of the required form.
    """
    text = compact(number)
    ekatte, *fields = text.split(".")
    if len(fields) + 1 not in _KINDS:
        raise InvalidLength
    if not _EKATTE.fullmatch(ekatte) or not all(_FIELD.fullmatch(field) for field in fields):
        raise InvalidFormat
    return text


def is_valid(number: str) -> bool:
    """Whether `number` has the form of an identifier."""
    try:
        validate(number)
    except ValidationError:
        return False
    return True


def split(number: str) -> tuple[str, ...]:
    """The fields as text: settlement, district, parcel, and building and unit where there are any.

    Raises
    ------
    stdnum.exceptions.ValidationError
        If `number` is not an identifier.
    """
    return tuple(validate(number).split("."))


def kind(number: str) -> Kind:
    """What the identifier names. Raises ``ValidationError``.

    A building may also be a facility of the technical infrastructure: the form does not tell.
    """
    return _KINDS[len(split(number))]


def parcel_of(number: str) -> str:
    """The identifier of the parcel on which a building or unit stands. Raises ``ValidationError``."""
    return ".".join(split(number)[:3])


def settlement_of(number: str) -> str:
    """The EKATTE code, as text. Raises ``ValidationError``."""
    return split(number)[0]


@lru_cache(maxsize=4096)
def ekatte_check_digit_ok(code: str) -> bool:
    """Whether the fifth digit of an EKATTE code follows from the first four.

    Examples
    --------
    >>> [ekatte_check_digit_ok(code) for code in ("68134", "81006", "68080", "68135")]
    [True, True, True, False]
    """
    if not _EKATTE.fullmatch(code):
        return False
    *digits, check = (int(digit) for digit in code)
    for weights in _EKATTE_WEIGHTS:
        remainder = sum(w * d for w, d in zip(weights, digits, strict=True)) % _EKATTE_MODULUS
        if remainder < _EKATTE_MODULUS - 1:
            return check == remainder
    return check == 0


def warnings(number: str) -> tuple[str, ...]:
    """Codes of what is odd in a valid identifier; empty for most. Raises ``ValidationError``."""
    ekatte, *fields = split(number)
    found = []
    if not ekatte_check_digit_ok(ekatte):
        found.append(EKATTE_CHECK_DIGIT)
    if any(len(field) > _USUAL_DIGITS for field in fields):
        found.append(IDENTIFIER_LONG_FIELD)
    return tuple(found)

"""Regulated plots as papers name them: "УПИ XXI-2308, кв. 133 по плана на ..." taken apart.

What has not this form is kept as it stands.
"""

import re
from functools import cache
from typing import Any

from regularize.i18n import translate as _
from regularize.intake.rows import Ledger
from regularize.intake.text.words import words
from regularize.model import Severity

# Capitals that look alike; a Roman numeral is typed in either alphabet.
_LATIN = str.maketrans("ІХМСІхмсіӀ", "IXMCIXMCII")
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,4})(?:XC|XL|L?X{0,4})(?:IX|IV|V?I{0,4})")
_MOST_CHARS = 200


@cache
def _form() -> re.Pattern[str]:
    def one_of(name: str) -> str:
        return "|".join(re.escape(word) for word in words("designations")[name])

    return re.compile(
        rf"\s*(?:(?:{one_of('plot')})(?![^\W\d_])[\s.:№]*)?"
        r"(?P<numeral>[IVXLCDMІХМСӀivxlcdmіхмс]+|\d{1,3}[а-я]?)"
        r"(?:\s*[-–—]\s*(?P<rest>[^\s,;-][^;]*?))?"
        rf"(?:\s*[,;]\s*|\s+)(?:(?:{one_of('within')})\s+)?"
        rf"(?:{one_of('quarter')})(?![^\W\d_])[\s.:№]*"
        r"(?P<quarter>\d{1,4}(?:\s?-?\s?[а-яa-z])?)(?![\w])"
        rf"(?P<plan>[\s,;]+(?:{one_of('of_plan')})(?![^\W\d_]).*)?[\s.,;]*",
        re.IGNORECASE,
    )


def split(text: str) -> tuple[str, str] | None:
    """Designation and quarter; None where the text is of another form.

    Examples
    --------
    >>> split("УПИ XXI-2308,2309 в кв. 133 по плана на гр. Примерово")
    ('XXI-2308,2309', '133')
    >>> split("ХІІ-360, кв. 133а"), split("за озеленяване")
    (('XII-360', '133а'), None)
    """
    found = _form().fullmatch(text) if len(text) <= _MOST_CHARS else None
    if found is None:
        return None
    numeral = found["numeral"]
    roman = numeral.translate(_LATIN).upper()
    if not numeral[0].isdigit():
        if not _ROMAN.fullmatch(roman):
            return None
        numeral = roman
    rest = re.sub(r"\s*,\s*", ",", (found["rest"] or "").strip(" ,"))
    quarter = re.sub(r"[\s-]", "", found["quarter"])
    return (f"{numeral}-{rest}" if rest else numeral), quarter


def split_designations(values: dict[str, list[Any]], ledger: Ledger) -> None:
    """Take designations apart that name their quarter, unless the quarter column says otherwise."""
    done = 0
    for row, text in enumerate(values["designation"]):
        found = split(text) if text else None
        stated = values["quarter"][row]
        if found is None or (stated is not None and stated.casefold() != found[1].casefold()):
            continue
        values["designation"][row] = found[0]
        values["quarter"][row] = stated or found[1]
        done += 1
    if done:
        ledger.note(
            "DESIGNATION_SPLIT",
            _("{n} designations name their quarter as well: the two are stored apart").format(n=done),
            Severity.INFO,
        )

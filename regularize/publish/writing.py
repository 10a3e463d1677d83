"""Values in words of one language, as paper carries them: for dossiers and what else is printed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regularize.i18n import in_language
from regularize.publish.text import NO_BREAK, format_day, format_number, printable

Labels = Callable[[str, str], str]  # (key, language) -> word; a country pack's ``label``
Table = dict[str, Any]

_DIGITS = {"m": 2, "m2": 1, "1": 2}


def dicts(value: Any) -> list[Mapping[str, Any]]:
    """The records among `value`; none where there is nothing."""
    return [item for item in value or () if isinstance(item, Mapping)]


class Writer:
    """Writes values in one language."""

    def __init__(self, facts: Mapping[str, Any], lang: str, labels: Labels) -> None:
        self.facts, self.lang, self.labels = facts, lang, labels

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def word(self, key: str, value: Any) -> str:
        """The label of a coded value; the bare code where the pack has none."""
        if value in {None, ""}:
            return "–"
        return printable(self.labels(f"{key}.{value}", self.lang))

    @staticmethod
    def lower(words: str) -> str:
        """`words` in the middle of a line."""
        return words[:1].lower() + words[1:]

    def text(self, value: Any) -> str:
        return printable(value, lines=True) if value not in {None, ""} else "–"

    def many(self, values: Sequence[Any] | None) -> str:
        return ", ".join(printable(v) for v in values) if values else "–"

    def day(self, value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=self.lang))

    def number(self, value: Any, digits: int = 2, *, sign: bool = False) -> str:
        return format_number(value, digits, lang=self.lang, sign=sign)

    def pair(self, value: Any, sigma: Any, unit: str, *, sign: bool = False, bare: bool = False) -> str:
        """``84,2 ± 1,3 m²``, with spaces that never break."""
        if value is None:
            return "–"
        digits = _DIGITS.get(unit, 2)
        if sigma and abs(sigma) < 0.5 * 10.0**-digits:
            digits += 1  # an accuracy of 0,00 would be none
        text = self.number(value, digits, sign=sign)
        if sigma is not None:
            text += f"{NO_BREAK}±{NO_BREAK}{self.number(sigma, digits)}"
        return text if bare or unit in {"1", "None", ""} else f"{text}{NO_BREAK}{self.word('unit', unit)}"

    def unit(self, unit: Any) -> str:
        """The sign of a unit; a number of one has none."""
        return "" if unit in {"1", "None", "", None} else self.word("unit", unit)

    def share(self, value: Any) -> str:
        return "–" if value is None else f"{self.number(100 * value, 1)}{NO_BREAK}%"

    def measure(self, value: Any, sigma: Any, unit: str) -> str:
        """A measure of a finding; one without a unit is a share of an area or of a border."""
        return self.share(value) if unit == "1" else self.pair(value, sigma, unit)

    def table(self, head: Sequence[str], rows: list[list[str]], align: str) -> Table:
        """A table: `align` has one letter per column (``l``, ``r``, ``c``)."""
        return {"head": [self.say(h) for h in head], "rows": rows, "align": align}

"""What every report says of itself: data and their days, rules that were run, values, tool and day."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.printed import Section
from regularize.publish.text import format_day, format_number, printable

WHOLE_ONLY = _(
    "By class, findings are told of the whole place only: by area, differences would give small counts away."
)
_BOUND = re.compile(r"[0-9]+\+")


def count_text(value: Any, lang: str) -> str:
    """A count as reports write it; None was held back."""
    if value is None:
        return in_language(_("not shown"), lang)
    if isinstance(value, int | float):
        return format_number(value, 0 if float(value).is_integer() else 2, lang=lang)
    return printable(value)


def key_of(rows: Sequence[Sequence[str]], *, k: Any, lang: str) -> list[str]:
    """What the signs of a table of counts mean: one line for each that stands in it.

    There is one rule for all tables of a report: a count under `k` is not shown, nor is one from which
    such a count follows; where even the exact size would tell of single homes, a lower bound stands.
    """
    cells = {text for row in rows for text in row}
    made = []
    hidden = count_text(None, lang)
    if hidden in cells:
        said = in_language(
            _("“{sign}”: a count under {k}, or one from which such a count would follow."), lang
        )
        made.append(said.format(sign=hidden, k=count_text(k, lang)))
    bounds = sorted({text for text in cells if _BOUND.fullmatch(text)}, key=lambda text: int(text[:-1]))
    if bounds:
        said = in_language(
            _("“{sign}”: at least {n}; the exact count would tell too much of single homes."), lang
        )
        made.append(said.format(sign=bounds[0], n=bounds[0][:-1]))
    return made


def foot_line(version: Any, day: Any, lang: str) -> str:
    """Tool, version and day, at the foot of a report."""
    shown = printable(format_day(None if day is None else str(day), lang=lang))
    return f"regularize {printable(version)}".rstrip() + f" · {shown}"


def origin_sections(
    origins: Sequence[Mapping[str, Any]],
    rules: Sequence[Mapping[str, Any]],
    parameters: Sequence[Mapping[str, Any]],
    *,
    run_on: Any,
    lang: str,
) -> list[Section]:
    """Small print of every report: data and their days, rules that were run, values they rest on."""

    def say(message: str) -> str:
        return in_language(message, lang)

    def day(value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=lang))

    made = []
    if origins:
        rows = [[printable(r["what"]), day(r["since"]), printable(r["accuracy"]) or "–"] for r in origins]
        heads: tuple[str, ...] = (say(_("Data")), say(_("As of day")), say(_("Accuracy")))
        made.append(Section(say(_("Data and their days")), heads, rows, small=True))
    if rules:
        lead = (
            say(_("All were run on {day}, those without a finding too.")).format(day=day(run_on))
            if run_on
            else say(_("They have not been run yet: nothing has been compared."))
        )
        rows = [[printable(r["title"]), printable(r["code"])] for r in rules]
        heads = (say(_("Rule")), say(_("Code")))
        made.append(Section(say(_("Rules")), heads, rows, lead=lead, small=True))
    own = [[printable(r["name"]), printable(r["value"])] for r in parameters if not r["checked_on"]]
    if own:
        heads = (say(_("Setting of the program")), say(_("Size")))
        made.append(Section(say(_("Settings that the rules rest on")), heads, own, small=True))
    legal = [
        [printable(r["name"]), printable(r["value"]), printable(r["citation"]) or "–", day(r["checked_on"])]
        for r in parameters
        if r["checked_on"]
    ]
    if legal:
        heads = (say(_("Legal value")), say(_("Size")), say(_("Source")), say(_("Last checked on")))
        made.append(Section(say(_("Legal values that were used")), heads, legal, small=True))
    return made

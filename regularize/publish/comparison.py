"""Two days side by side, on paper: counts, classes, blocks, and where procedures stood."""

from collections.abc import Mapping
from typing import Any

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.origins import WHOLE_ONLY, count_text, foot_line, key_of, origin_sections
from regularize.publish.printed import Printed, Section, as_pdf, written
from regularize.publish.text import MINUS, format_day, format_number, printable
from regularize.publish.writing import Labels


def render_comparison(data: Mapping[str, Any], *, lang: str, labels: Labels, fmt: str = "html") -> str:
    """The comparison as text of `fmt`.

    Parameters
    ----------
    data : mapping
        From ``workflow.comparison``; what an audience must not see is not in it. A count of None was
        held back, or is not known for the reason that ``days`` gives.
    lang : {"bg", "en"}
    labels : callable
        ``labels(key, lang)``: the ``label`` of a country pack.
    fmt : {"html", "json", "csv"}

    Raises
    ------
    OptionError
        If `fmt` is none of these.
    """
    return written(data, fmt, lambda: _Comparison(data, lang, labels).printed())


def comparison_pdf(data: Mapping[str, Any], *, lang: str, labels: Labels) -> bytes:
    """The same as tagged PDF/A-2a. Raises ``DossierError``."""
    return as_pdf(_Comparison(data, lang, labels).printed(), day=str(data["to"]))


class _Comparison:
    """Writes a comparison in one language."""

    def __init__(self, data: Mapping[str, Any], lang: str, labels: Labels) -> None:
        self.data, self.lang, self.labels = data, lang, labels

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def day(self, value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=self.lang))

    def cells(self, row: Mapping[str, Any]) -> list[str]:
        """Before, after, change."""
        told = [
            self.say(_("not assessed")) if value is None and reason else count_text(value, self.lang)
            for value, reason in zip((row["before"], row["after"]), self.reasons(row), strict=True)
        ]
        change = row["change"]
        if change is None:
            return [*told, "–"]
        sign = "+" if change > 0 else MINUS if change < 0 else ""
        return [*told, f"{sign}{format_number(abs(change), 0, lang=self.lang)}"]

    def reasons(self, row: Mapping[str, Any]) -> list[Any]:
        """Why nothing is known of a row on either day; of its own, or because of the day."""
        return list(row.get("reasons") or (day["reason"] for day in self.data["days"]))

    def heads(self, first: str) -> tuple[str, ...]:
        days = (self.day(self.data["from"]), self.day(self.data["to"]))
        return (first, *days, self.say(_("Change")))

    def sections(self) -> list[Section]:
        d = self.data
        waiting = [[self.say(_("Findings that await a decision")), *self.cells(row)] for row in d["totals"]]
        figures = [[printable(row["label"]), *self.cells(row)] for row in d["figures"]]
        classes = [
            [printable(self.labels(f"class.{row['class']}", self.lang)), *self.cells(row)]
            for row in sorted(d["classes"], key=_by_count)
        ]
        blocks = [[printable(row["block"]), *self.cells(row)] for row in d["blocks"]]
        cases = [
            [
                printable(row["title"]) or "–",
                printable(row["plan_part"]) or "–",
                printable(row["before"]) or "–",
                printable(row["after"]) or "–",
            ]
            for row in d["cases"]
        ]
        heads = self.heads(self.say(_("Figure")))
        made = [
            self.counted(_("In short"), heads, [*figures, *waiting]),
            self.counted(
                _("Findings by class"),
                self.heads(self.say(_("Class"))),
                classes,
                WHOLE_ONLY if d["area"] and d["audience"] == "council" else "",
            ),
            self.counted(_("Findings by block"), self.heads(self.say(_("Block"))), blocks),
            Section(
                self.say(_("Plan parts and cases")),
                (
                    self.say(_("Case")),
                    self.say(_("Part of the plan")),
                    self.day(d["from"]),
                    self.day(d["to"]),
                ),
                cases,
                self.say(_("No case is open.")),
            ),
        ]
        small = origin_sections(d["origins"], d["rules"], d["parameters"], run_on=d["run_on"], lang=self.lang)
        return [*made, *small]

    def counted(self, title: str, heads: tuple[str, ...], rows: list[list[str]], empty: str = "") -> Section:
        """A table of counts, with what its signs mean."""
        k = self.data["k"]
        key = key_of(rows, k=k, lang=self.lang) if k is not None else []
        nothing = self.say(empty or _("Nothing has been counted."))
        return Section(self.say(title), heads, rows, nothing, "lrrr", key=key)

    def notes(self) -> list[str]:
        notes = []
        for day in self.data["days"]:
            if day["reason"]:
                said = self.say(_("{day}: not assessed: {reason}."))
                notes.append(said.format(day=self.day(day["day"]), reason=printable(day["reason"])))
            elif day["figures_of"] != day["day"]:
                said = self.say(_("{day}: the figures are those released on {of}."))
                notes.append(said.format(day=self.day(day["day"]), of=self.day(day["figures_of"])))
        bare = {reason for row in self.data["figures"] for reason in row.get("reasons") or () if reason}
        notes += [f"{self.say(_('not assessed'))}: {printable(reason)}." for reason in sorted(bare)]
        held = self.say(_("Consultations held between the two days: {n}"))
        notes.append(held.format(n=format_number(self.data["held"], 0, lang=self.lang)))
        if self.data["k"] is not None:
            k = count_text(self.data["k"], self.lang)
            notes.append(self.say(_("Counts under {k} are not shown.")).format(k=k))
            notes.append(
                self.say(_("A figure stays as it was told before while it has changed by a few only."))
            )
        return notes

    def printed(self) -> Printed:
        area = printable(self.data["area"])
        title = self.say(_("What has changed"))
        office = self.data["audience"] == "office"
        word = (
            _("For the office: exact counts, not for publication")
            if office
            else _("Compared is what the council was shown by each of the two days.")
        )
        under = (
            printable(self.data["municipality"]),
            f"{self.day(self.data['from'])} – {self.day(self.data['to'])}",
        )
        return Printed(
            title=f"{title}: {area}" if area else title,
            under=" · ".join(under),
            word=self.say(word),
            sections=self.sections(),
            notes=self.notes(),
            foot=foot_line(self.data["version"], self.data["to"], self.lang),
            lang=self.lang,
            notes_title=self.say(_("Data and notes")),
        )


def _by_count(row: Mapping[str, Any]) -> tuple[bool, int, str]:
    """The largest of the later day first; those held back last, by name."""
    n = row["after"]
    return not isinstance(n, int), -n if isinstance(n, int) else 0, str(row["class"])

"""The council's report on a neighbourhood: counts, plan parts and deadlines, never a home.

It is handed counts that are already suppressed (None = held back) and writes what it is handed, as a
page that needs no network and runs no script, as PDF, as JSON or as CSV.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.charts import PHASES, Bar, Lane, Stretch, bar_chart, lane_chart
from regularize.publish.origins import WHOLE_ONLY, count_text, foot_line, key_of, origin_sections
from regularize.publish.palette import BLUE, PLOT_STYLES, SKY, class_style
from regularize.publish.printed import Draw, Printed, Section, as_pdf, written
from regularize.publish.text import format_day, printable
from regularize.publish.writing import Labels

DEADLINE_DAYS = 60
_MOST_LANES = 14

# What the report may hold. A key that is not named here does not leave the house.
_FIELDS: dict[str, tuple[str, ...]] = {
    "figures": ("label", "value"),
    "ways": ("state", "count", "reason"),
    "classes": ("class", "kind", "count"),
    "blocks": ("block", "count"),
    "unlocks": ("document", "scope", "decides", "together"),
    "cases": ("title", "plan_part", "state", "next_deadline"),
    "lanes": ("label", "stretches", "due"),
    "deadlines": ("title", "due", "basis"),
    "consultations": ("kind", "partner", "area", "first", "last", "held", "people"),
    "origins": ("what", "since", "accuracy"),
    "rules": ("title", "code"),
    "parameters": ("name", "value", "citation", "checked_on"),
}
_PLAIN = ("area", "municipality", "data_on", "k", "version", "run_on", "ways_reason", "best")


def render_council_report(data: Mapping[str, Any], *, lang: str, labels: Labels, fmt: str = "html") -> str:
    """The report as text of `fmt`.

    Parameters
    ----------
    data : mapping
        JSON-able; every key may be missing. ``area``, ``municipality``, ``data_on``, ``version``, ``k``
        (the smallest count that is shown), ``run_on`` (day of the last detection); the lists of
        records that `_FIELDS` names; ``ways_reason`` (why the ways of homes are not assessed);
        ``notes`` (texts). A value or count of None was held back by the caller. Keys that are not
        named here are left out.
    lang : {"bg", "en"}
    labels : callable
        ``labels(key, lang)``: the ``label`` of a country pack.
    fmt : {"html", "json", "csv"}

    Raises
    ------
    OptionError
        If `fmt` is none of these.
    """
    allowed = _allowed(data)
    return written(allowed, fmt, lambda: _Report(allowed, lang, labels).printed())


def council_report_pdf(data: Mapping[str, Any], *, lang: str, labels: Labels) -> bytes:
    """The same report as tagged PDF/A-2a. Raises ``DossierError``."""
    allowed = _allowed(data)
    return as_pdf(_Report(allowed, lang, labels).printed(), day=str(allowed["data_on"] or ""))


def _allowed(data: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {key: data.get(key) for key in _PLAIN}
    for key, names in _FIELDS.items():
        out[key] = [{name: row.get(name) for name in names} for row in data.get(key) or ()]
    out["deadlines"] = [row for row in out["deadlines"] if _is_near(row["due"], data.get("data_on"))]
    out["deadlines"].sort(key=lambda row: (str(row["due"]), str(row["title"])))
    out["notes"] = list(data.get("notes") or ())
    return out


def _is_near(due: Any, data_on: Any) -> bool:
    """Whether a deadline falls in the next days; one that cannot be read is kept, not hidden."""
    try:
        days = (date.fromisoformat(str(due)[:10]) - date.fromisoformat(str(data_on)[:10])).days
    except ValueError:
        return True
    return 0 <= days <= DEADLINE_DAYS


class _Report:
    """Writes the allowed data in one language."""

    def __init__(self, data: Mapping[str, Any], lang: str, labels: Labels) -> None:
        self.data, self.lang, self.labels = data, lang, labels

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def count(self, value: Any) -> str:
        """A count as written. One that was held back may be small, or may give a small one away."""
        return count_text(value, self.lang)

    def day(self, value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=self.lang))

    def word(self, key: str, value: Any) -> str:
        return printable(self.labels(f"{key}.{value}", self.lang))

    def text(self, value: Any) -> str:
        return printable(value) or "–"

    def sections(self) -> list[Section]:
        """What the report says, in the order of its use."""
        made = [self.in_short(), self.by_class(), self.by_block(), self.unlocks(), self.cases()]
        made += [self.deadlines()]
        if self.data["consultations"]:
            made.append(self.consultations())
        return [*made, *self.small_print()]

    def in_short(self) -> Section:
        rows = [[printable(r["label"]), self.count(r["value"])] for r in self.data["figures"]]
        rows += [[self.word("home_state", r["state"]), self.standing(r)] for r in self.data["ways"]]
        heads = (self.say(_("Figure")), self.say(_("Value")))
        key = self.key(rows)
        partly: dict[str, list[str]] = {}
        for row in self.data["ways"]:
            if row["reason"]:
                partly.setdefault(row["reason"], []).append(self.word("home_state", row["state"]))
        key += [f"{'; '.join(states)}: {printable(reason)}." for reason, states in partly.items()]
        nothing = self.say(_("Nothing has been counted."))
        return Section(self.say(_("In short")), heads, rows, nothing, "lr", key=key)

    def standing(self, row: Mapping[str, Any]) -> str:
        """Homes in one state. Of what is known in part only, a count that is held back may be nought."""
        if not row["reason"]:
            return self.count(row["count"])
        if row["count"] is None:
            return self.say(_("not assessed"))
        return self.say(_("{n} (in part)")).format(n=self.count(row["count"]))

    def key(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """What the signs in a table mean."""
        return key_of(rows, k=self.data["k"], lang=self.lang) if self.data["k"] is not None else []

    def by_class(self) -> Section:
        title = self.say(_("Findings by class"))
        named = ((self.word("class", r["class"]), r) for r in self.data["classes"])
        shown = sorted(named, key=_by_count)
        bars = [Bar(label, r["count"], self.colour(r)) for label, r in shown]
        rows = [[label, self.count(r["count"])] for label, r in shown]
        return Section(
            title,
            (self.say(_("Class")), self.say(_("Count"))),
            rows,
            self.say(WHOLE_ONLY) if self.data["area"] else self.say(_("Nothing has been counted.")),
            "lr",
            chart=self.bars(bars, title),
            key=self.key(rows),
        )

    def by_block(self) -> Section:
        rows = [[printable(r["block"]), self.count(r["count"])] for r in self.data["blocks"]]
        return Section(
            self.say(_("Findings by block")),
            (self.say(_("Block")), self.say(_("Count"))),
            rows,
            self.say(_("Nothing has been counted.")),
            "lr",
            key=self.key(rows),
        )

    def unlocks(self) -> Section:
        """What would settle most homes, and what they lack."""
        rows = self.data["unlocks"]
        title = self.say(_("Documents missing, and what would unlock most homes"))
        named = [(self.word("document", r["document"]), r) for r in rows]
        by_itself, together = self.say(_("settles by itself")), self.say(_("is needed beside others"))
        bars = [Bar(label, r["decides"], BLUE, ((r["together"], SKY),)) for label, r in named]
        said = [
            [
                label,
                self.word("document_scope", r["scope"]),
                self.count(r["decides"]),
                self.count(r["together"]),
            ]
            for label, r in named
        ]
        empty = self.say(_("Not assessed: {reason}.")).format(reason=printable(self.data["ways_reason"]))
        if not self.data["ways_reason"]:
            empty = self.say(_("No document by itself would settle a home."))
        return Section(
            title,
            (
                self.say(_("Document")),
                self.say(_("One is needed")),
                self.say(_("Settles by itself, homes")),
                self.say(_("Is needed beside others, homes")),
            ),
            said,
            empty,
            "llrr",
            lead=self.best(),
            chart=self.bars(bars, self.say(_("Documents missing")), key=((BLUE, by_itself), (SKY, together))),
            key=self.key(said),
        )

    def best(self) -> str:
        """The one sentence that a council can act upon."""
        name = self.data["best"]
        row = next((r for r in self.data["unlocks"] if r["document"] == name and r["decides"]), None)
        if row is None:
            return ""
        once = row["scope"] == "area"
        message = (
            _("One document for the whole area settles most: “{document}” would decide {n} homes.")
            if once
            else _("Most is settled by “{document}”: one for each home would decide {n} homes.")
        )
        return self.say(message).format(
            document=self.word("document", row["document"]), n=self.reached(row["decides"])
        )

    def reached(self, value: Any) -> str:
        """A count within a sentence, where a bound is said in words."""
        text = self.count(value)
        return self.say(_("at least {n}")).format(n=text[:-1]) if text.endswith("+") else text

    def cases(self) -> Section:
        title = self.say(_("Plan parts and cases"))
        heads = (
            self.say(_("Case")),
            self.say(_("Part of the plan")),
            self.say(_("State")),
            self.say(_("Next deadline")),
        )
        rows = [
            [
                self.text(r["title"]),
                self.text(r["plan_part"]),
                self.text(r["state"]),
                self.day(r["next_deadline"]),
            ]
            for r in self.data["cases"]
        ]
        return Section(title, heads, rows, self.say(_("No case is open.")), chart=self.lanes())

    def deadlines(self) -> Section:
        return Section(
            self.say(_("Deadlines of the next {days} days")).format(days=DEADLINE_DAYS),
            (self.say(_("Until")), self.say(_("What")), self.say(_("Basis"))),
            [
                [self.day(r["due"]), printable(r["title"]), printable(r["basis"])]
                for r in self.data["deadlines"]
            ],
            self.say(_("No deadline falls in these days.")),
        )

    def consultations(self) -> Section:
        rows = [
            [
                self.heard(r),
                self.text(r["area"]),
                " – ".join(dict.fromkeys((self.day(r["first"]), self.day(r["last"])))),
                self.count(r["held"]),
                self.count(r["people"]),
            ]
            for r in self.data["consultations"]
        ]
        heads = (_("Kind and partner"), _("Area"), _("When"), _("Held"), _("People, each time counted"))
        return Section(
            self.say(_("Consultations with residents")),
            tuple(self.say(head) for head in heads),
            rows,
            figures="lllrr",
            key=self.key(rows),
        )

    def heard(self, row: Mapping[str, Any]) -> str:
        """The kind of a consultation, and with whom it was held."""
        kind = self.word("consultation_kind", row["kind"])
        return f"{kind} · {self.word('consultation_partner', row['partner'])}" if row["partner"] else kind

    def small_print(self) -> list[Section]:
        """Where the figures come from."""
        d = self.data
        return origin_sections(d["origins"], d["rules"], d["parameters"], run_on=d["run_on"], lang=self.lang)

    @staticmethod
    def colour(row: Mapping[str, Any]) -> str:
        """The stroke of a class in the one palette."""
        cls = str(row["class"])
        kind = row["kind"] or ("plot" if cls in PLOT_STYLES else "building")
        return class_style(str(kind), cls).stroke

    def bars(self, bars: Sequence[Bar], title: str, key: Sequence[tuple[str, str]] = ()) -> Draw | None:
        held_back = self.count(None)
        if not bars:
            return None
        return lambda face: bar_chart(
            bars, title=title, held_back=held_back, lang=self.lang, face=face, key=key
        )

    def lanes(self) -> Draw | None:
        lanes = [lane for row in self.data["lanes"] if (lane := _lane(row)) is not None][:_MOST_LANES]
        on = _date(self.data["data_on"])
        if not lanes or on is None:
            return None
        words = [self.word("process_step", phase) for phase in PHASES]
        title = self.say(_("Progress of the procedures"))
        due = self.say(_("a term ends"))
        return lambda face: lane_chart(
            lanes, on=on, title=title, words=words, due=due, lang=self.lang, face=face
        )

    def notes(self) -> list[str]:
        notes = [printable(note, lines=True) for note in self.data["notes"]]
        if self.data["k"] is not None:
            notes.append(self.say(_("Counts under {k} are not shown.")).format(k=self.count(self.data["k"])))
        return notes

    def printed(self) -> Printed:
        title = self.say(_("State of the neighbourhood"))
        area = printable(self.data["area"])
        head = (
            self.say(_("Report for the municipal council and the community council")),
            printable(self.data["municipality"]),
            self.day(self.data["data_on"]),
        )
        word = _(
            "The findings are candidates until a person decides. Not being in the cadastre says nothing "
            "about rights to a home or about its lawfulness."
        )
        return Printed(
            title=f"{title}: {area}" if area else title,
            under=" · ".join(part for part in head if part),
            word=self.say(word),
            sections=self.sections(),
            notes=self.notes(),
            foot=foot_line(self.data["version"], self.data["data_on"], self.lang),
            lang=self.lang,
            notes_title=self.say(_("Data and notes")),
        )


def _by_count(entry: tuple[str, Mapping[str, Any]]) -> tuple[bool, int, str]:
    """The largest first; those held back last, by name, so that their order says nothing."""
    label, row = entry
    n = row["count"]
    return n is None, -n if isinstance(n, int) else 0, label


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _lane(row: Mapping[str, Any]) -> Lane | None:
    """A line of the chart over time; None where its days cannot be read."""
    stretches = []
    for entry in row["stretches"] or ():
        since, until = _date(entry.get("since")), _date(entry.get("until"))
        if since is None or until is None:
            return None
        stretches.append(Stretch(str(entry.get("phase")), since, until))
    return Lane(str(row["label"] or ""), tuple(stretches), _date(row["due"])) if stretches else None

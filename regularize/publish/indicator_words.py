"""What indicators are called and where they come from, in words: shared by page and tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regularize.i18n import in_language
from regularize.i18n import marked as _
from regularize.publish.origins import count_text, key_of, origin_sections
from regularize.publish.printed import Section
from regularize.publish.text import NO_BREAK, format_day, format_number, printable

Label = Callable[[str, str], str]
_LISTED = 12  # numbers of deliveries that are named one by one
_DIGEST = 16  # letters of a digest on a page; tables hold it whole


class IndicatorWords:
    """The words of one set of indicators in one language."""

    def __init__(self, data: Mapping[str, Any], lang: str, label: Label) -> None:
        self.data, self.lang, self.label = data, lang, label
        self.several = len(data["projects"]) > 1
        self.names = {p["project"]: printable(p["municipality"]) for p in data["projects"]}

    def say(self, message: str) -> str:
        return in_language(message, self.lang)

    def day(self, value: Any) -> str:
        return printable(format_day(None if value is None else str(value), lang=self.lang))

    def number(self, value: Any) -> str:
        if value is None:
            return "–"
        return format_number(value, 0 if float(value).is_integer() else 2, lang=self.lang)

    def share(self, value: Any) -> str:
        if value is None:
            return "–"
        digits = 0 if self.data["audience"] == "public" else 1
        return f"{format_number(100 * value, digits, lang=self.lang)}{NO_BREAK}%"

    def value(self, figure: Mapping[str, Any]) -> str:
        """The figure, or which of the two reasons there is none."""
        if figure["state"] == "assessed":
            return self.number(figure["value"])
        if figure["state"] == "partly_assessed":
            return self.say(_("{n} (in part)")).format(n=self.number(figure["value"]))
        return self.say(_("not shown")) if figure["state"] == "withheld" else self.say(_("not assessed"))

    def key(self, figures: Sequence[Mapping[str, Any]]) -> list[str]:
        """What the words in place of a figure mean, for those that stand in a table."""
        states = {figure["state"] for figure in figures}
        made = []
        if "partly_assessed" in states:
            said = self.say(_("“{sign}”: what is known; the rest is not assessed, and it is said below why."))
            made.append(said.format(sign=self.say(_("{n} (in part)")).format(n="").strip()))
        if "withheld" in states:
            rows = [[count_text(None, self.lang)]]
            made += key_of(rows, k=self.data["k"], lang=self.lang)
        if "not_assessed" in states:
            made.append(self.say(_("“not assessed”: it is not known; the reason stands below.")))
        return made

    def title(self, row: Mapping[str, Any]) -> str:
        return printable(row["title"][self.lang])

    def unit(self, row: Mapping[str, Any]) -> str:
        return printable(self.label(f"indicator_unit.{row['unit']}", self.lang))

    def period(self) -> str:
        if self.data["from"] is None:
            return self.say(_("from the beginning to {day}")).format(day=self.day(self.data["to"]))
        return f"{self.day(self.data['from'])} – {self.day(self.data['to'])}"

    def audience(self) -> str:
        if self.data["audience"] == "office":
            return self.say(_("For the office: exact counts, not for publication"))
        return self.say(_("For everybody: small counts held back, the others rounded to five"))

    def named(self, key: str) -> str:
        """A project by its letter and its name."""
        return f"{key} · {self.names[key]}"

    # --- definitions and origins --------------------------------------------------------------------

    def definitions(self, *, whole: bool) -> Section:
        """Every indicator with its unit, definition, denominator and period; in tables with its source."""
        heads = (_("Indicator"), _("Unit"), _("Definition"), _("Out of"), _("Period"), _("Source"))
        wide = len(heads) if whole else len(heads) - 1
        return Section(
            self.say(_("What is counted")),
            tuple(self.say(head) for head in heads[:wide]),
            [
                [
                    self.title(row),
                    self.unit(row),
                    printable(row["definition"][self.lang]),
                    self.denominator(row) or "–",
                    self.kind_of_period(row),
                    self.source(row),
                ][:wide]
                for row in self.data["indicators"]
            ],
            small=True,
        )

    def denominator(self, row: Mapping[str, Any]) -> str:
        """What the figure is a share of, in words; empty where it is none."""
        of = row["denominator"]
        return printable(self.label(f"indicator_count.{of}", self.lang)) if of else ""

    def kind_of_period(self, row: Mapping[str, Any]) -> str:
        """Whether it is counted on a day or over a time."""
        return printable(self.label(f"indicator_period.{row['period']}", self.lang))

    def source(self, row: Mapping[str, Any]) -> str:
        """The layers and the kinds of entries that it is counted from."""
        kinds = [f"layer.{name}" for name in row["layers"]] + [f"log.{name}" for name in row["events"]]
        return "; ".join(printable(self.label(kind, self.lang)) for kind in kinds)

    def origins(self, *, whole: bool) -> Section:
        """Of each figure: deliveries by their numbers, and entries of the log."""
        heads = (_("Indicator"), _("Project"), _("Deliveries"), _("Entries of the log"))
        return Section(
            self.say(_("Where each figure comes from")),
            tuple(self.say(head) for head in heads),
            [
                [self.title(row), one["project"], self.batches(one, whole=whole), self.events(one)]
                for row in self.data["indicators"]
                for one in row["projects"]
            ],
            small=True,
        )

    def deliveries(self, *, whole: bool) -> Section:
        """What stands behind the numbers of deliveries; digests are cut on a page, whole in tables."""
        heads = (
            _("Project"),
            _("Delivery"),
            _("Layer"),
            _("File"),
            _("As of day"),
            _("Accuracy"),
            _("Digest (SHA-256)"),
        )
        return Section(
            self.say(_("Deliveries by number")),
            tuple(self.say(head) for head in heads),
            [
                [
                    project["project"],
                    str(source["delivery"]),
                    printable(source["what"]),
                    printable(source["file"]) or "–",
                    self.day(source["since"]),
                    printable(source["accuracy"]) or "–",
                    printable(source["sha256"] if whole else f"{source['sha256'][:_DIGEST]}…"),
                ]
                for project in self.data["projects"]
                for source in project["sources"]
            ],
            self.say(_("no delivery of this kind is stored")),
            small=True,
        )

    def rules_and_values(self) -> list[Section]:
        """Rules that were run and values that they rest on, by project."""
        made = []
        for project in self.data["projects"]:
            sections = origin_sections(
                [], project["rules"], project["parameters"], run_on=project["run_on"], lang=self.lang
            )
            head = self.named(project["project"])
            for section in sections:
                title = f"{section.title}: {head}" if self.several else section.title
                made.append(Section(title, section.heads, section.rows, lead=section.lead, small=True))
        return made

    def batches(self, one: Mapping[str, Any], *, whole: bool) -> str:
        """Numbers of deliveries; where there are many, a page names the first only."""
        numbers = one["provenance"]["batches"]
        most = len(numbers) if whole else _LISTED
        shown = ", ".join(str(number) for number in numbers[:most])
        return f"{shown} …" if len(numbers) > most else shown or "–"

    def events(self, one: Mapping[str, Any]) -> str:
        """How many entries of which kind; their numbers, which tell days apart, for the office only."""
        office = self.data["audience"] == "office"
        said = []
        for kind, entry in one["provenance"]["events"].items():
            name = printable(self.label(f"log.{kind}", self.lang))
            if not office:
                said.append(name)
            elif entry["n"]:
                ends = dict.fromkeys((str(entry["first"]), str(entry["last"])))
                said.append(f"{name}: {entry['n']} (№{NO_BREAK}{'–'.join(ends)})")
            else:
                said.append(f"{name}: 0")
        return "; ".join(said) or "–"

    def notes(self) -> list[str]:
        notes = []
        if self.data["audience"] == "public":
            k = self.number(self.data["k"])
            notes.append(self.say(_("Counts under {k} are not shown.")).format(k=k))
            notes.append(
                self.say(_("A figure stays as it was told before while it has changed by a few only."))
            )
        notes.append(self.say(_("What is not assessed is not known; it is not zero.")))
        if self.several:
            notes += self.notes_on_several()
        for row in self.data["indicators"]:
            for one in row["projects"]:
                if one["figure_of"]:
                    said = self.say(_("{title}, {project}: the figure of {day}."))
                    notes.append(
                        said.format(
                            title=self.title(row), project=one["project"], day=self.day(one["figure_of"])
                        )
                    )
        return notes

    def notes_on_several(self) -> list[str]:
        twice, unknown = self.data["homes_twice"], self.data["homes_without_identifier"]
        notes = []
        if twice is None:
            notes.append(
                self.say(_("A few homes stand in several projects; each counts once, in the first."))
            )
        elif twice:
            said = self.say(
                _("{n} homes stand in several projects by their identifier; each counts once, in the first.")
            )
            notes.append(said.format(n=self.number(twice)))
        else:
            notes.append(self.say(_("No home stands in several projects by its identifier.")))
        if unknown:
            said = self.say(
                _("{n} homes have no identifier: whether they stand in two projects cannot be known.")
            )
            notes.append(said.format(n=self.number(unknown)))
        systems = {printable(p["crs"]) for p in self.data["projects"]}
        if len(systems) > 1:
            notes.append(
                self.say(
                    _("The projects lie in different coordinate systems ({names}); only counts are added up.")
                ).format(names=", ".join(sorted(systems)))
            )
        packs = {printable(p["country"]) for p in self.data["projects"]}
        if len(packs) > 1:
            said = _("The projects have different country packs ({names}): what one lacks is not assessed.")
            notes.append(self.say(said).format(names=", ".join(sorted(packs))))
        return notes

"""From facts to the words and figures of a dossier: every value final, printable and in one language.

The template only sets them on the page; it computes nothing but the scale of the map.
"""

from collections.abc import Mapping
from typing import Any

from regularize.i18n import marked as _
from regularize.publish.prospects import Prospects, short_citation
from regularize.publish.text import data_dates, printable
from regularize.publish.wording import FIXED, OBJECTS, STEP_STATES, VERDICTS
from regularize.publish.writing import Labels, Table, Writer, dicts

_SHORT_HASH = 12
_MOST_POINTS = 120  # more corners than these would make a file that no post office takes
# What a plot's finding says once with its accuracy, and once more without.
_SAID_TWICE = {"outside_parcels_m2": "outside_m2"}


class _Sheet(Writer):
    """The parts of a dossier."""

    def identification(self) -> list[list[str]]:
        home, street = self.facts.get("home") or {}, self.facts.get("street")
        settlement = home.get("settlement_name")
        near = "–"
        if street:
            name = printable(street.get("name")) or self.say(_("street without a name"))
            near = self.say(_("{name}, {distance} away")).format(
                name=name, distance=self.pair(street.get("distance_m"), None, "m")
            )
        rows = [
            (_("Home"), self.text(home.get("id"))),
            (
                _("Cadastral identifiers"),
                self.many(home.get("identifiers"))
                if home.get("identifiers")
                else self.say(_("none: no building of the register is linked")),
            ),
            (_("Municipality"), self.text(home.get("municipality"))),
            *([(_("Settlement"), self.text(settlement))] if settlement else []),
            (_("Area"), self.text(home.get("area"))),
            (_("Nearest street"), near),
            (_("Known since"), self.day(home.get("valid_from"))),
        ]
        if home.get("valid_to"):
            rows.append((_("Closed on"), self.day(home.get("valid_to"))))
        if home.get("merged_into"):
            rows.append((_("Goes on as"), self.text(home.get("merged_into"))))
        out = [[self.say(label), value] for label, value in rows]
        code = [self.word("identity", "settlement_code"), self.text(home.get("settlement"))]
        place = next(i for i, (label, _value) in enumerate(rows) if label == "Area")
        return [*out[:place], code, *out[place:]]

    def sources(self) -> Table:
        rows = [
            [
                self.word("origin", s.get("origin")),
                self.word("layer", s.get("layer")),
                self.text(s.get("source")),
                self.day(s.get("valid_from")),
                self.pair(s.get("sigma_m"), None, "m"),
            ]
            for s in dicts(self.facts.get("sources"))
        ]
        return self.table((_("From"), _("Layer"), _("Source"), _("Date"), _("Accuracy σ")), rows, "lllrr")

    def data_dates(self) -> str:
        """The days of all deliveries that the dossier rests on, by origin."""
        rows = ((str(s.get("origin")), str(s.get("valid_from"))) for s in dicts(self.facts.get("sources")))
        return data_dates(rows, lang=self.lang, word=lambda origin: self.lower(self.word("origin", origin)))

    def findings(self) -> list[dict[str, Any]]:
        out = []
        for f in dicts(self.facts.get("findings")):
            measures = f.get("measures") or {}
            rows = [
                [self.word("measure", name), self.measure(m.get("value"), m.get("sigma"), str(m.get("unit")))]
                for name, m in measures.items()
                if _SAID_TWICE.get(name) not in measures
            ]
            kind = self.word("kind", f.get("kind"))
            facts = [
                (_("Grade"), self.word("grade", f.get("grade"))),
                (_("Review"), self.word("review", f.get("review"))),
                (_("By the survey"), self.many(f.get("survey_refs"))),
                (_("By the register"), self.many(f.get("register_refs"))),
            ]
            out.append(
                {
                    "id": self.text(f.get("id")),
                    "title": f"{kind}: {self.lower(self.word('class', f.get('class')))}",
                    "facts": [[self.say(label), value] for label, value in facts],
                    "reasons": [self._coded(code) for code in f.get("reasons") or ()],
                    "measures": self.table((_("Measured"), _("Value ± σ")), rows, "lr"),
                }
            )
        return out

    def _coded(self, code: Any) -> list[str]:
        """The word of a rule, and behind it the code by which ``regularize explain`` knows it."""
        word = self.word("reason", code)
        return [word, printable(code) if word != code else ""]

    def areas(self) -> Table:
        rows = []
        for a in dicts(self.facts.get("areas")):
            verdict = self.say(VERDICTS.get(str(a.get("verdict")), VERDICTS["not_assessed"]))
            because = a.get("because")
            rows.append(
                [
                    self.say(OBJECTS[a["what"]]) if a.get("what") in OBJECTS else self.text(a.get("what")),
                    self.number(a.get("stated_m2"), 0),
                    self.pair(a.get("register_m2"), a.get("sigma_register_m2"), "m2", bare=True),
                    self.pair(a.get("survey_m2"), a.get("sigma_survey_m2"), "m2", bare=True),
                    self.pair(a.get("difference_m2"), a.get("sigma_m2"), "m2", bare=True, sign=True),
                    f"{verdict}: {self.lower(self.word('not_assessed', because))}" if because else verdict,
                ]
            )
        head = (_("Object"), _("Stated"), _("Register"), _("Survey"), _("Difference"), _("Verdict"))
        return self.table(head, rows, "lrrrrl")

    def tolerance(self) -> str:
        """What the verdict on areas was held against, or what is missing for one."""
        found = self.facts.get("area_tolerance")
        if not isinstance(found, Mapping):
            return ""
        if found.get("value") is None:
            message = self.say(
                _("{name}: no value is known, so no verdict is given. What is missing: {citation}.")
            )
        else:
            message = self.say(_("{name}: {value}. Basis: {citation}."))
        basis = printable(found.get("citation"))
        if found.get("status") == "unverified":
            basis += f" [{self.lower(self.word('parameter_status', 'unverified'))}]"
        value = self.pair(found.get("value"), None, str(found.get("unit")))
        return message.format(name=self.text(found.get("name")), value=value, citation=basis)

    def parcels(self) -> Table:
        rows = [
            [
                self.text(p.get("identifier") or p.get("ref")),
                self.share(p.get("share")),
                self.pair(p.get("area_m2"), p.get("sigma_m2"), "m2"),
                self.word("ownership", p.get("ownership_kind")),
                self.word("territory_purpose", p.get("territory_purpose")),
            ]
            for p in dicts(self.facts.get("parcels"))
        ]
        head = (_("Parcel"), _("Share of the home"), _("Area of the parcel"), _("Ownership"), _("Purpose"))
        return self.table(head, rows, "lrrll")

    def land(self) -> Table:
        rows = [
            [
                self.word("land_owner_category", p.get("land_owner_category")),
                self.word("territory_purpose", p.get("territory_purpose")),
                self.share(p.get("share")),
            ]
            for p in dicts(self.facts.get("land"))
        ]
        return self.table((_("Category of owner"), _("Purpose"), _("Share of the home")), rows, "llr")

    def boundary(self) -> Table:
        rows = [
            [
                str(b.get("n")),
                self.number(b.get("northing_m"), 2),
                self.number(b.get("easting_m"), 2),
                self.number(b.get("sigma_m"), 2),
                self.number(b.get("side_m"), 2),
            ]
            for b in dicts(self.facts.get("boundary"))[:_MOST_POINTS]
        ]
        return self.table((_("No."), _("N (north)"), _("E (east)"), "σ", _("Side")), rows, "rrrrr")

    def boundary_cut(self) -> str:
        """What to say where there are more points than the table prints."""
        n = len(dicts(self.facts.get("boundary")))
        if n <= _MOST_POINTS:
            return ""
        message = _("The first {shown} of {n} points are printed; the project holds all of them.")
        return self.say(message).format(shown=_MOST_POINTS, n=self.number(n, 0))

    def cases(self) -> list[dict[str, Any]]:
        return [self._case(case) for case in dicts(self.facts.get("cases"))]

    def _case(self, case: Mapping[str, Any]) -> dict[str, Any]:
        lines = [
            (_("Case"), self.text(case.get("id"))),
            (_("Procedure"), self.text(case.get("title"))),
            (_("State"), self.text(case.get("state"))),
            (_("Opened on"), self.day(case.get("opened_on"))),
        ]
        steps = [
            {
                "title": self.text(step.get("title")),
                "state": step.get("state") if step.get("state") in STEP_STATES else "later",
                "word": self.say(STEP_STATES.get(str(step.get("state")), STEP_STATES["later"])),
                "when": self.day(step.get("on") or step.get("due")),
                "basis": printable(step.get("basis")),
            }
            for step in dicts(case.get("steps"))
        ]
        deadlines = [
            [self.text(d.get("title")), self.day(d.get("due")), self.text(d.get("basis"))]
            for d in dicts(case.get("deadlines"))
        ]
        return {
            "facts": [[self.say(label), value] for label, value in lines],
            "steps": steps,
            "deadlines": self.table((_("What"), _("Until"), _("Basis")), deadlines, "lrl"),
            "notes": [self.text(note) for note in case.get("notes") or ()],
        }

    def reviews(self) -> Table:
        rows = [
            [
                self.day(r.get("on")),
                self.text(r.get("finding")),
                self.word("review", r.get("state")),
                self.text(r.get("note")),
            ]
            for r in dicts(self.facts.get("reviews"))
        ]
        return self.table((_("Date"), _("Finding"), _("Decision"), _("Note")), rows, "llll")

    def basis(self) -> dict[str, Any]:
        made = self.facts.get("provenance") or {}
        chain = printable(made.get("chain_head"))
        lines = [
            (_("State as of"), self.day(made.get("data_on"))),
            (_("Dates of the data"), self.data_dates()),
            (_("Coordinate system"), self.text(made.get("crs"))),
            (_("Detection run"), self.text(made.get("run"))),
            (_("Program"), f"regularize {printable(made.get('version'))}".rstrip()),
            (_("Version of the dossier"), self.text(made.get("dossier_version"))),
        ]
        records = dicts(made.get("parameters"))
        law = [p for p in records if p.get("citation") or p.get("status")]
        head = (_("Parameter"), _("Value"), _("Unit"))
        cited = (*head, _("Basis"), _("Checked on"), _("Status"))
        spoke = {code for f in dicts(self.facts.get("findings")) for code in f.get("reasons") or ()}
        return {
            "facts": [[self.say(label), value] for label, value in lines],
            "head": [self.say(_("Head of the event log")), chain or "–"],
            "rules": [
                {"name": self._coded(code)[0], "code": printable(code), "spoke": code in spoke}
                for code in made.get("rules") or ()
            ],
            "parameters": self.table(head, [self._valued(p) for p in records if p not in law], "lrl"),
            "law": self.table(cited, [[*self._valued(p), *self._cited(p)] for p in law], "lrllrl"),
        }

    def _valued(self, record: Mapping[str, Any]) -> list[str]:
        value = record.get("value")
        return [
            self.text(record.get("name")),
            self.text(value) if isinstance(value, str) else self.number(value),
            self.unit(record.get("unit")),
        ]

    def _cited(self, record: Mapping[str, Any]) -> list[str]:
        return [
            short_citation(record.get("citation")),
            self.day(record.get("checked_on")),
            self.word("parameter_status", record.get("status")),
        ]


def dossier_sheet(facts: Mapping[str, Any], *, lang: str, labels: Labels) -> dict[str, Any]:
    """What the template of the dossier is given, as plain JSON-able values.

    Parameters
    ----------
    facts : mapping
        See :func:`regularize.publish.dossier.render_dossier`.
    lang : {"bg", "en"}
    labels : callable
        Word of a coded value in a language: a country pack's ``label``.
    """
    sheet, prospects = _Sheet(facts, lang, labels), Prospects(facts, lang, labels)
    made, cases = facts.get("provenance") or {}, sheet.cases()
    home_id = printable((facts.get("home") or {}).get("id"), longest=40)
    fixed = {key: sheet.say(message) for key, message in FIXED.items()}
    fixed["boundary_note"] = fixed["boundary_note"].format(crs=printable(made.get("crs")) or "–")
    return {
        "lang": lang,
        "fixed": fixed,
        "home": home_id,
        "municipality": printable((facts.get("home") or {}).get("municipality"), longest=120),
        "data_on": sheet.day(made.get("data_on")),
        "as_of": sheet.say(_("As of {day}")).format(day=sheet.day(made.get("data_on"))),
        "short_hash": printable(made.get("chain_head"))[:_SHORT_HASH],
        "version": printable(made.get("dossier_version"), longest=20) or "1",
        "identification": sheet.identification(),
        "sources": sheet.sources(),
        "findings": sheet.findings(),
        "areas": sheet.areas(),
        "tolerance": sheet.tolerance(),
        "parcels": sheet.parcels(),
        "adjoining": sheet.many(facts.get("adjoining")),
        "land": sheet.land(),
        "boundary": sheet.boundary(),
        "boundary_cut": sheet.boundary_cut(),
        "case": next(iter(cases), None),  # for a municipality's own template that shows one
        "cases": cases,
        "ways": prospects.ways(),
        "norms": prospects.norms(),
        "evidence": prospects.evidence(),
        "missing": prospects.missing(),
        "reviews": sheet.reviews(),
        "basis": sheet.basis(),
        "signatures": [
            sheet.say(_("Prepared by")),
            sheet.say(_("Checked by")),
            sheet.say(_("Chief architect of the municipality")),
        ],
    }

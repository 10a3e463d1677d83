"""Rows of a table of cases as cases with their histories, and what is wrong with each cell."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from regularize import privacy
from regularize.countries.headings import case_headings
from regularize.countries.profiles import folded
from regularize.errors import OptionError
from regularize.i18n import LANGUAGES
from regularize.i18n import translate as _
from regularize.intake.sheet import SheetRow
from regularize.law.procedure import RepeatedEventError
from regularize.law.records import CaseEvent, Gap, LintNote
from regularize.model import Case
from regularize.project import civil_date, today
from regularize.store import Store
from regularize.store.cases import Incoming
from regularize.store.events import Draft
from regularize.workflow import case as cases
from regularize.workflow.case_columns import FACT, Columns, Problem
from regularize.workflow.case_facts import check_facts, event_payload, stated_facts
from regularize.workflow.case_notes import record_text
from regularize.workflow.homes import resolve
from regularize.workflow.projects import Opened

OF_CASE = ("kind", "title", "part", "area", "home", "opened_on")
PROOF = ("document", "number", "document_date", "issuer", "gazette")


@dataclass
class _Group:
    """The rows of one case."""

    key: str
    first: SheetRow
    rows: list[SheetRow] = field(default_factory=list)


class RowReader:
    """Turns rows into cases with their histories, and gathers what is wrong with them."""

    def __init__(self, here: Opened, store: Store, columns: Columns, known_keys: Mapping[str, str]) -> None:
        self.here, self.store, self.columns, self.known_keys = here, store, columns, known_keys
        self.problems: list[Problem] = []
        self.redacted = 0
        self._words = case_headings(here.pack)
        self._events: dict[str, dict[str, str]] = {}
        self._cleaned: dict[str, tuple[str, int]] = {}  # cells repeat each other
        self._places: dict[tuple[str | None, str | None], BaseGeometry | None] = {}

    def read(self, rows: Sequence[SheetRow]) -> list[tuple[Incoming, dict[str, Any]]]:
        """Every case that could be read, with what is to be said of it."""
        groups: dict[str, _Group] = {}
        for row in rows:
            if not self._is_readable(row):
                continue
            key = self._cell(row, "key")
            if not key:
                self._wrong(
                    row,
                    "key",
                    _("no case is named"),
                    _("repeat it in every row; a merged cell counts for its first row only"),
                )
            elif privacy.find_personal(key):
                self._wrong(row, "key", _("personal data stands where the case is named"))
            elif key in self.known_keys:
                self._wrong(
                    row,
                    "key",
                    _("case {key} was imported before, as {id}").format(key=key, id=self.known_keys[key]),
                    f"regularize case event {self.known_keys[key]}",
                )
            else:
                groups.setdefault(key, _Group(key, row)).rows.append(row)
        return [found for group in groups.values() if (found := self._case(group)) is not None]

    def _is_readable(self, row: SheetRow) -> bool:
        wanted = {at: name for name, at in self.columns.at.items()}
        before = len(self.problems)
        for at, reason in row.unread.items():
            if at in wanted:
                self._wrong(row, wanted[at], reason)
            elif at >= len(self.columns.headings):
                self.problems.append(Problem(row.number, "", reason))
        return len(self.problems) == before

    # --- cells --------------------------------------------------------------------------------

    def _cell(self, row: SheetRow, name: str) -> str:
        at = self.columns.at.get(name)
        return "" if at is None else row.cells[at]

    def _clean(self, row: SheetRow, name: str) -> str:
        """A text with personal data masked."""
        said = self._cell(row, name)
        if said not in self._cleaned:
            self._cleaned[said] = privacy.redact(said)
        text, hits = self._cleaned[said]
        self.redacted += hits
        return text

    def _wrong(self, row: SheetRow, name: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(row.number, self.columns.heading(name), message, hint))

    def _date(self, row: SheetRow, name: str) -> date | None:
        text = self._cell(row, name)
        if not text:
            return None
        try:
            return civil_date(text)
        except ValueError:
            self._wrong(
                row,
                name,
                _("it is no date as DD.MM.YYYY or YYYY-MM-DD"),
                _("write the year with four digits; format the cells as dates or as text"),
            )
            return None

    def _facts(self, row: SheetRow, of: str) -> list[str]:
        """Facts of a row as NAME=VALUE."""
        found = []
        for name in self.columns.at:
            if name.startswith(FACT):
                column = self._words.facts[name.removeprefix(FACT)]
                text = self._clean(row, name)
                if text and column.of == of:
                    found.append(f"{column.name}={column.values.get(folded(text), text)}")
        if (of == "event") == bool(self._cell(row, "event")):
            found += [part.strip() for part in self._clean(row, "facts").split(";") if part.strip()]
        return found

    # --- cases --------------------------------------------------------------------------------

    def _case(self, group: _Group) -> tuple[Incoming, dict[str, Any]] | None:
        start = len(self.problems)
        first = self._agreed(group)
        kind = self._kind(first["kind"])
        dated = [day for row in group.rows if (day := self._quiet_date(row, "on")) is not None]
        opened_on = self._date(first["opened_on"], "opened_on") or min(dated, default=None)
        if opened_on is None:
            self._wrong(group.first, "opened_on", _("it is not known when the case was opened"))
        elif opened_on > today():
            self._wrong(first["opened_on"], "opened_on", _("the day lies in the future"))
        if kind is None or opened_on is None:
            return None
        made = self._guarded(group.first, "key", lambda: self._opened(group, first, kind, opened_on))
        if made is None:
            return None
        known: list[CaseEvent] = []
        drafts: list[Draft] = []
        for row in group.rows:
            self._event(row, made, known, drafts)
        if len(self.problems) > start:
            return None
        status = cases.derive(self.here, made, known, on=today())
        found_odd: list[LintNote | Gap] = [*status.notes, *status.gaps]
        said = {
            "key": group.key,
            "kind": kind,
            "title": made.title,
            "opened_on": made.opened_on.isoformat(),
            "opened_on_derived": not self._cell(first["opened_on"], "opened_on"),
            "events": len(known),
            "steps": [{"part": part.part, "step": part.step} for part in status.parts],
            "notes": [
                record_text(self.here, _by_row(note.as_dict()), kind=kind, cited=True) for note in found_odd
            ],
        }
        return Incoming(group.key, made, tuple(drafts)), said

    def _agreed(self, group: _Group) -> dict[str, SheetRow]:
        """For each column of the case the row that states it; rows that say otherwise are wrong."""
        found: dict[str, SheetRow] = {}
        names = [*OF_CASE, *(n for n in self.columns.at if n.startswith(FACT) and self._is_of_case(n))]
        for name in names:
            stating = [row for row in group.rows if self._cell(row, name)]
            found[name] = stating[0] if stating else group.first
            for row in stating[1:]:
                if self._cell(row, name) != self._cell(stating[0], name):
                    self._wrong(
                        row, name, _("row {row} says otherwise of this case").format(row=stating[0].number)
                    )
        return found

    def _is_of_case(self, name: str) -> bool:
        return self._words.facts[name.removeprefix(FACT)].of == "case"

    def _opened(self, group: _Group, first: Mapping[str, SheetRow], kind: str, opened_on: date) -> Case:
        part, area = (self._clean(first[name], name) or None for name in ("part", "area"))
        homes = [
            resolve(self.store, text.strip())
            for text in self._clean(first["home"], "home").split(";")
            if text.strip()
        ]
        if (part, area) not in self._places:
            self._places[part, area] = cases.place_of(self.store, part=part, area=area, homes=[])
        place = self._places[part, area]
        if place is None and homes:
            place = cases.place_of(self.store, part=None, area=None, homes=[home.geometry for home in homes])
        texts = [
            text for name in first if name.startswith(FACT) for text in self._facts_at(first[name], name)
        ]
        for row in group.rows:
            if not self._cell(row, "event"):
                texts += [text for text in self._facts(row, "case") if text not in texts]
        stated = stated_facts(texts)
        check_facts(cases.procedure_of(self.here, kind), stated)
        return Case(
            id="",
            kind=kind,
            title=self._clean(first["title"], "title") or group.key,
            opened_on=opened_on,
            geometry=place,
            homes=tuple(home.id for home in homes),
            plan_part=part,
            facts=stated,
        )

    def _facts_at(self, row: SheetRow, name: str) -> Iterator[str]:
        column = self._words.facts[name.removeprefix(FACT)]
        text = self._clean(row, name)
        if text:
            yield f"{column.name}={column.values.get(folded(text), text)}"

    def _event(self, row: SheetRow, made: Case, known: list[CaseEvent], drafts: list[Draft]) -> None:
        text = self._cell(row, "event")
        if not text:
            if self._cell(row, "on"):
                self._wrong(row, "event", _("a date without an event"))
            return
        event = self._events_of(made.kind).get(folded(text))
        if event is None:
            names = ", ".join(cases.procedure_of(self.here, made.kind).event_types)
            self._wrong(
                row,
                "event",
                _("there is no event of this name in the procedure"),
                _("events: {names}").format(names=names),
            )
            return
        on = self._date(row, "on")
        if on is None:
            if not self._cell(row, "on"):
                self._wrong(row, "on", _("an event needs the day on which it happened"))
            return
        payload = self._guarded(row, "event", lambda: self._payload(row, event))
        if payload is None:
            return
        # Its number is that of its row: so notes name the place in the file where to look.
        new = cases.said(row.number, on, payload)
        before = len(self.problems)
        self._guarded(row, "event", lambda: cases.refuse(self.here, made, known, new))
        if len(self.problems) == before:
            known.append(new)
            drafts.append(Draft(cases.EVENT, "", on, payload))

    def _payload(self, row: SheetRow, event: str) -> dict[str, Any]:
        issued = self._date(row, "document_date")
        proof: dict[str, str | None] = {
            name: self._clean(row, name) for name in PROOF if name != "document_date"
        }
        proof["document_date"] = issued.isoformat() if issued else None
        return event_payload(
            event,
            part=self._clean(row, "event_part") or None,
            evidence=proof,
            announced=self._date(row, "announced"),
            facts=self._facts(row, "event"),
        )

    def _guarded(self, row: SheetRow, name: str, work: "Callable[[], Any]") -> Any:
        """What `work` returns; None where it refuses, which is then a problem of the row."""
        try:
            return work()
        except RepeatedEventError as error:
            self._wrong(row, name, _("row {row} says the same of this case").format(row=error.seq))
            return None
        except OptionError as error:
            self._wrong(row, name, error.message, error.hint)
            return None

    def _quiet_date(self, row: SheetRow, name: str) -> date | None:
        try:
            return civil_date(self._cell(row, name))
        except ValueError:
            return None

    # --- words --------------------------------------------------------------------------------

    def _kind(self, row: SheetRow) -> str | None:
        text = self._cell(row, "kind")
        labels = {
            folded(self.here.pack.label(f"procedure.{kind}", lang)): kind
            for kind in self.here.pack.procedures
            for lang in LANGUAGES
        }
        known = {**labels, **self._words.procedures, **{folded(k): k for k in self.here.pack.procedures}}
        kind = known.get(folded(text))
        if kind not in self.here.pack.procedures:
            self._wrong(
                row,
                "kind",
                _("there is no procedure of this name") if text else _("no procedure is named"),
                _("known procedures: {kinds}").format(kinds=", ".join(cases.kinds(self.here))),
            )
            return None
        return kind

    def _events_of(self, kind: str) -> Mapping[str, str]:
        """Events of a procedure by code, label in either language, and the pack's further words."""
        if kind not in self._events:
            types = cases.procedure_of(self.here, kind).event_types
            found = {text: code for text, code in self._words.events.items() if code in types}
            for code in types:
                for lang in LANGUAGES:
                    found[folded(self.here.pack.label(f"event.{code}", lang))] = code
            self._events[kind] = found | {folded(code): code for code in types}
        return self._events[kind]


def _by_row(note: Mapping[str, Any]) -> dict[str, Any]:
    """A note on a case that has no numbers in the log yet names the rows of its file."""
    params = {"row" if name == "seq" else name: value for name, value in note["params"].items()}
    return {**note, "params": params}

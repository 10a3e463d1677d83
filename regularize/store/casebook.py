"""The part of the store that procedures write: cases, objections, and the log itself."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import MetaData

from regularize.model import Case, Event
from regularize.project import today
from regularize.store import cases, database, events, objections


class CaseBook:
    """Cases and log of an open store; every method that writes does so in one transaction."""

    _database: database.Database
    _metadata: MetaData

    def head(self) -> events.Head:
        """The end of the log."""
        with self._database.read() as connection:
            return events.head(connection, self._metadata)

    def open_case(self, case: Case, actor: str = "") -> Case:
        """Store a case; where its id is empty it gets the next ``C-n``. Raises ``OptionError``."""
        with self._database.write() as connection:
            return cases.open_case(connection, self._metadata, case, actor)

    def import_cases(
        self,
        incoming: Sequence[cases.Incoming],
        *,
        sha256: str,
        source: str,
        on: date | None = None,
        actor: str = "",
    ) -> cases.Imported:
        """Store cases with their histories, all or none (``cases.import_cases``). Raises ``OptionError``."""
        with self._database.write() as connection:
            return cases.import_cases(
                connection,
                self._metadata,
                incoming,
                sha256=sha256,
                source=source,
                on=on or today(),
                actor=actor,
            )

    def imported(self) -> cases.Before:
        """Which files and which of their cases were imported before."""
        with self._database.read() as connection:
            return cases.imported_before(connection, self._metadata)

    def cases(self) -> list[Case]:
        """Cases in the order in which they were opened."""
        with self._database.read() as connection:
            return cases.all_cases(connection, self._metadata)

    def case(self, id_: str) -> Case:
        """One case. Raises ``OptionError`` if there is none."""
        with self._database.read() as connection:
            return cases.one(connection, self._metadata, id_)

    def add_objection(
        self, objection: objections.Objection, further: Sequence[events.Draft] = (), *, actor: str = ""
    ) -> objections.Objection:
        """Store an objection; it gets the next number of its case (``objections.add``)."""
        with self._database.write() as connection:
            return objections.add(connection, self._metadata, objection, further, actor)

    def answer_objection(
        self,
        case: str,
        number: int,
        *,
        decision: str,
        on: date,
        note: str = "",
        batch: int | None = None,
        actor: str = "",
    ) -> objections.Objection:
        """Record how an objection was answered. Raises ``OptionError`` if there is none."""
        with self._database.write() as connection:
            return objections.answer(
                connection,
                self._metadata,
                case,
                number,
                decision=decision,
                on=on,
                note=note,
                batch=batch,
                actor=actor,
            )

    def objections(self, case: str) -> list[objections.Objection]:
        """The objections of a case by number."""
        with self._database.read() as connection:
            return objections.all_of(connection, self._metadata, case)

    def append_event(
        self,
        type: str,  # noqa: A002 - the name that an event's own field has
        subject: str,
        on: date,
        payload: Mapping[str, Any],
        actor: str = "",
    ) -> Event:
        """Add an entry to the log. Raises ``OptionError`` if the store does not know its subject."""
        with self._database.write() as connection:
            events.require_subject(connection, self._metadata, subject)
            draft = events.Draft(type, subject, on, payload, actor)
            return events.append(connection, self._metadata, [draft])

    def erase_payload(self, seq: int, reason: str, *, on: date | None = None, actor: str = "") -> Event:
        """Blank the payload of an entry; the chain still verifies. Raises ``OptionError``."""
        with self._database.write() as connection:
            return events.blank(connection, self._metadata, seq, reason, on or today(), actor)

    def events(
        self,
        subject: str | None = None,
        type: str | None = None,  # noqa: A002 - the name that an event's own field has
    ) -> list[Event]:
        """Entries of the log in their order, of one subject or type where given."""
        with self._database.read() as connection:
            return list(events.read(connection, self._metadata, subject, type))

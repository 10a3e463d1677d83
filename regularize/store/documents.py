"""Documents of a home or a case: what was asked for, received, refused or has expired.

The store keeps the kind, state, day, and of a scanned file its digest and place; the file itself stays
outside. Every step stands in the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, MetaData, Row, select, update

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.project import today
from regularize.store import cases, database, digests, events, geopackage, homes

STATES = ("asked_for", "received", "refused", "expired")
ADDED, CHANGED = "document.added", "document.state"


@dataclass(frozen=True)
class Document:
    """One document.

    Parameters
    ----------
    id : int
        0 until it is stored.
    document_type : str
        A kind of the country pack.
    state : str
        One of `STATES`.
    on : date
        The day of its latest state.
    home, case : str or None
        What it belongs to: at least one of them.
    sha256, place : str or None
        Digest of the scanned file, and where it lies outside the store.
    """

    id: int
    document_type: str
    state: str
    on: date
    home: str | None = None
    case: str | None = None
    sha256: str | None = None
    place: str | None = None


def add(
    connection: Connection, metadata: MetaData, document: Document, details: Mapping[str, Any], actor: str
) -> Document:
    """Store a document, hang it on its home, and record it.

    Raises
    ------
    OptionError
        If the state, home or case is unknown, or it belongs to neither.
    """
    _check_state(document.state)
    if document.home is None and document.case is None:
        raise OptionError(_("a document belongs to a home or a case"), hint=_("give a home or a case"))
    if document.home is not None:
        homes.one(connection, metadata, document.home)
    if document.case is not None:
        cases.one(connection, metadata, document.case)
    values = {
        name: getattr(document, name)
        for name in ("home", "case", "document_type", "state", "on", "sha256", "place")
    }
    key = connection.execute(metadata.tables["documents"].insert(), values).inserted_primary_key
    stored = replace(document, id=int(key[0]) if key else 0)
    if stored.home is not None:
        homes.attach(connection, metadata, stored.home, "document", stored.id, stored.on)
    _record(connection, metadata, ADDED, stored, details, actor)
    return stored


def set_state(
    connection: Connection,
    metadata: MetaData,
    number: int,
    state: str,
    on: date,
    *,
    sha256: str | None,
    place: str | None,
    details: Mapping[str, Any],
    actor: str,
) -> Document:
    """Say what has become of a document; what it was before stays in the log.

    Raises
    ------
    OptionError
        If there is no such document or state, or the day lies before that of its present state.
    """
    _check_state(state)
    known = one(connection, metadata, number)
    if on < known.on:
        raise OptionError(
            _("document {id} has been {state} since {on}").format(
                id=number, state=known.state, on=known.on.isoformat()
            ),
            hint=_("give the day on which its state changed"),
        )
    changed = replace(known, state=state, on=on, sha256=sha256 or known.sha256, place=place or known.place)
    table = metadata.tables["documents"]
    values = {"state": state, "on": on, "sha256": changed.sha256, "place": changed.place}
    connection.execute(update(table).where(table.c.id == number).values(values))
    _record(connection, metadata, CHANGED, changed, {**details, "before": known.state}, actor)
    return changed


def one(connection: Connection, metadata: MetaData, number: int) -> Document:
    """The document of a number. Raises ``OptionError`` where there is none."""
    table = metadata.tables["documents"]
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise OptionError(
            _("there is no document {id}").format(id=number), hint="regularize case document list"
        )
    return _read(row)


def listed(
    connection: Connection, metadata: MetaData, *, home: str | None, case: str | None
) -> list[Document]:
    """Documents in the order of their numbers, of one home (also those handed over to it) or case."""
    table, links = metadata.tables["documents"], metadata.tables["home_links"]
    query = select(table).order_by(table.c.id)
    if home is not None:
        linked = select(links.c.row).where(
            links.c.home == home, links.c.role == "document", links.c.valid_to.is_(None)
        )
        query = query.where(table.c.id.in_(linked))
    if case is not None:
        query = query.where(table.c.case == case)
    return [_read(row) for row in connection.execute(query)]


class DocumentMethods:
    """The part of the store's facade that is about documents."""

    _database: database.Database
    _metadata: MetaData

    def add_document(
        self, document: Document, *, details: Mapping[str, Any] | None = None, actor: str = ""
    ) -> Document:
        """Store a document and return it with its number; `details` go into the log only.

        Raises
        ------
        OptionError
            If its state, home or case is unknown.
        """
        with self._database.write() as connection:
            return add(connection, self._metadata, document, details or {}, actor)

    def set_document_state(
        self,
        number: int,
        state: str,
        *,
        on: date | None = None,
        sha256: str | None = None,
        place: str | None = None,
        details: Mapping[str, Any] | None = None,
        actor: str = "",
    ) -> Document:
        """Say what has become of a document. Raises ``OptionError``."""
        with self._database.write() as connection:
            return set_state(
                connection,
                self._metadata,
                number,
                state,
                on or today(),
                sha256=sha256,
                place=place,
                details=details or {},
                actor=actor,
            )

    def document(self, number: int) -> Document:
        """One document. Raises ``OptionError`` if there is none."""
        with self._database.read() as connection:
            return one(connection, self._metadata, number)

    def documents(self, *, home: str | None = None, case: str | None = None) -> list[Document]:
        """Documents in the order of their numbers, of one home or case where given."""
        with self._database.read() as connection:
            return listed(connection, self._metadata, home=home, case=case)


def _record(
    connection: Connection,
    metadata: MetaData,
    type_: str,
    document: Document,
    details: Mapping[str, Any],
    actor: str,
) -> None:
    for name in ("documents", "home_links"):
        geopackage.touch(connection, metadata.tables[name])
    subject = f"home:{document.home}" if document.home is not None else f"case:{document.case}"
    payload = {
        **details,
        "document": document.id,
        "document_type": document.document_type,
        "state": document.state,
        "home": document.home,
        "case": document.case,
        "sha256": document.sha256,
    }
    state = digests.of_tables(connection, metadata, "documents", "home_links")
    events.append(connection, metadata, [events.Draft(type_, subject, document.on, payload, actor, state)])


def _check_state(state: str) -> None:
    if state not in STATES:
        raise OptionError(_("unknown state of a document: {name}").format(name=state), hint=", ".join(STATES))


def _read(row: Row[Any]) -> Document:
    v = row._mapping
    names = ("id", "document_type", "state", "on", "home", "case", "sha256", "place")
    return Document(**{name: v[name] for name in names})

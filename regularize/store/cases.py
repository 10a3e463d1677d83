"""Cases: what a procedure runs for. Where it stands is derived from the log, never kept here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, MetaData, Row, Table, select

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.model import Case
from regularize.store import digests, events, findings, geopackage, homes
from regularize.store.schema import GEOMETRY

IMPORTED = "cases.imported"


@dataclass(frozen=True)
class Incoming:
    """A case on its way into the store, with its history.

    Parameters
    ----------
    key : str
        What its file calls it.
    case : Case
        With an empty id.
    history : sequence of Draft
        Its events in their order; the subject is filled in here.
    """

    key: str
    case: Case
    history: Sequence[events.Draft]


@dataclass(frozen=True)
class Imported:
    """What became of an import: key of the file -> case; ``again`` if it stood there already."""

    ids: Mapping[str, str]
    again: bool


@dataclass(frozen=True)
class Before:
    """Earlier imports: by digest of the file, and every key with its case."""

    files: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, str]


def _read(row: Row[Any]) -> Case:
    v = row._mapping
    return Case(
        id=v["id"],
        kind=v["kind"],
        title=v["title"],
        opened_on=v["opened_on"],
        geometry=v[GEOMETRY],
        homes=tuple(v["homes"]),
        plan_part=v["plan_part"],
        facts=v["facts"],
    )


def open_case(connection: Connection, metadata: MetaData, case: Case, actor: str) -> Case:
    """Store a case under the next free id, hang it on its homes, and record it.

    Raises
    ------
    OptionError
        If one of its homes is unknown, or its id is taken.
    """
    if not case.id:
        case = replace(case, id=f"C-{findings.next_number(connection, metadata, 'C')}")
    elif connection.execute(select(_table(metadata).c.fid).where(_table(metadata).c.id == case.id)).first():
        raise OptionError(_("there is a case {id} already").format(id=case.id), hint="regularize case list")
    draft = _place(connection, metadata, case, actor)
    geopackage.touch(connection, _table(metadata))
    state = digests.of_tables(connection, metadata, "cases", "home_links")
    events.append(connection, metadata, [replace(draft, state=state)])
    return case


def _table(metadata: MetaData) -> Table:
    return metadata.tables["cases"]


def _place(connection: Connection, metadata: MetaData, case: Case, actor: str) -> events.Draft:
    """Write the row of a case and its links; returns the entry that says so, still without state."""
    for home in case.homes:
        homes.one(connection, metadata, home)
    inserted = connection.execute(
        _table(metadata).insert(),
        {
            GEOMETRY: case.geometry,
            "id": case.id,
            "kind": case.kind,
            "title": case.title,
            "opened_on": case.opened_on,
            "plan_part": case.plan_part,
            "homes": list(case.homes),
            "facts": dict(case.facts),
        },
    )
    geopackage.touch(connection, _table(metadata))
    key = inserted.inserted_primary_key
    for home in case.homes:
        homes.attach(connection, metadata, home, "case", key[0] if key else 0, case.opened_on)
    payload = {"kind": case.kind, "title": case.title, "homes": list(case.homes), "plan_part": case.plan_part}
    return events.Draft("case.opened", f"case:{case.id}", case.opened_on, payload, actor)


def imported_before(connection: Connection, metadata: MetaData) -> Before:
    """What was imported from files, as far as the log still says it."""
    files: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    for event in events.read(connection, metadata, type_=IMPORTED):
        if event.payload is not None:
            files[event.payload["sha256"]] = dict(event.payload["cases"])
            keys |= event.payload["cases"]
    return Before(files, keys)


def import_cases(
    connection: Connection,
    metadata: MetaData,
    incoming: Sequence[Incoming],
    *,
    sha256: str,
    source: str,
    on: date,
    actor: str,
) -> Imported:
    """Store cases that ran elsewhere, with their histories; a file that was read before adds nothing.

    Parameters
    ----------
    incoming : sequence of Incoming
    sha256 : str
        Of the file's content.
    source : str
        What the log calls the file; no personal data.

    Raises
    ------
    OptionError
        If a case of that key came from another file, or a home is unknown; nothing is stored.
    """
    before = imported_before(connection, metadata)
    if sha256 in before.files:
        return Imported(before.files[sha256], again=True)
    double = [one.key for one in incoming if one.key in before.keys]
    if double:
        raise OptionError(
            _("case {key} was imported before, as {id}; nothing was stored").format(
                key=double[0], id=before.keys[double[0]]
            ),
            hint=_("leave it out of the file, and add what is new: regularize case event {id}").format(
                id=before.keys[double[0]]
            ),
        )
    number = findings.next_number(connection, metadata, "C")
    drafts: list[events.Draft] = []
    ids: dict[str, str] = {}
    for offset, one in enumerate(incoming):
        case = replace(one.case, id=f"C-{number + offset}")
        ids[one.key] = case.id
        drafts.append(_place(connection, metadata, case, actor))
        drafts += [replace(draft, subject=f"case:{case.id}", actor=actor) for draft in one.history]
    geopackage.touch(connection, _table(metadata))
    state = digests.of_tables(connection, metadata, "cases", "home_links")
    payload = {"source": source, "sha256": sha256, "cases": ids}
    events.append(connection, metadata, [*drafts, events.Draft(IMPORTED, "store", on, payload, actor, state)])
    return Imported(ids, again=False)


def all_cases(connection: Connection, metadata: MetaData) -> list[Case]:
    """Cases in the order in which they were opened."""
    table = metadata.tables["cases"]
    return [_read(row) for row in connection.execute(select(table).order_by(table.c.fid))]


def one(connection: Connection, metadata: MetaData, id_: str) -> Case:
    """The case `id_`.

    Raises
    ------
    OptionError
    """
    table = metadata.tables["cases"]
    row = connection.execute(select(table).where(table.c.id == id_)).one_or_none()
    if row is None:
        raise OptionError(_("there is no case {id}").format(id=id_), hint="regularize case list")
    return _read(row)

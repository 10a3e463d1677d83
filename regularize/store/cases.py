"""Cases: what a procedure runs for. Where it stands is derived from the log, never kept here."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, MetaData, Row, select

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.model import Case
from regularize.store import digests, events, findings, homes
from regularize.store.schema import GEOMETRY


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
    for home in case.homes:
        homes.one(connection, metadata, home)
    table = metadata.tables["cases"]
    if not case.id:
        case = replace(case, id=f"C-{findings.next_number(connection, metadata, 'C')}")
    elif connection.execute(select(table.c.fid).where(table.c.id == case.id)).first() is not None:
        raise OptionError(_("there is a case {id} already").format(id=case.id), hint="regularize case list")
    inserted = connection.execute(
        table.insert(),
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
    key = inserted.inserted_primary_key
    for home in case.homes:
        homes.attach(connection, metadata, home, "case", key[0] if key else 0, case.opened_on)
    payload = {"kind": case.kind, "title": case.title, "homes": list(case.homes), "plan_part": case.plan_part}
    state = digests.of_tables(connection, metadata, "cases", "home_links")
    events.append(
        connection,
        metadata,
        [events.Draft("case.opened", f"case:{case.id}", case.opened_on, payload, actor, state)],
    )
    return case


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

"""Objections against a plan: what for and where, never by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, MetaData, Row, func, select, update

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.store import cases, digests, events, geopackage
from regularize.store.schema import GEOMETRY

RECEIVED = "case.objection"
ANSWERED = "case.objection_answered"


@dataclass(frozen=True)
class Objection:
    """An objection in a case, by its running number.

    Parameters
    ----------
    case : str
    number : int
        1, 2, 3 ... within the case; 0 before it is stored.
    cause : str
        A code of the pack's list of causes.
    on : date
        The day it was filed.
    place_kind : str
        ``home``, ``parcel``, ``point`` or ``whole`` (the whole plan part).
    place : str or None
        Home id or cadastral identifier.
    geometry : shapely geometry
        Where, in the project's CRS.
    note, answer_note : str
        Without personal data.
    decision : str or None
        A code of the pack's list of decisions, once answered.
    answer_batch : int or None
        The delivery of plan parts that answers it.
    """

    case: str
    number: int
    cause: str
    on: date
    place_kind: str
    place: str | None
    geometry: BaseGeometry
    note: str = ""
    decision: str | None = None
    answered_on: date | None = None
    answer_note: str = ""
    answer_batch: int | None = None


def _read(row: Row[Any]) -> Objection:
    values = dict(row._mapping)
    del values["fid"]
    return Objection(geometry=values.pop(GEOMETRY), **values)


def all_of(connection: Connection, metadata: MetaData, case: str) -> list[Objection]:
    """The objections of a case in the order of their numbers."""
    table = metadata.tables["objections"]
    query = select(table).where(table.c.case == case).order_by(table.c.number)
    return [_read(row) for row in connection.execute(query)]


def add(
    connection: Connection,
    metadata: MetaData,
    objection: Objection,
    further: Sequence[events.Draft],
    actor: str,
) -> Objection:
    """Store an objection under the next number of its case and record it.

    Parameters
    ----------
    further : sequence of Draft
        Other entries of the same transaction; a fact ``objection`` in them gets the number.

    Raises
    ------
    OptionError
        If there is no such case.
    """
    cases.one(connection, metadata, objection.case)
    table = metadata.tables["objections"]
    last = connection.scalar(select(func.max(table.c.number)).where(table.c.case == objection.case)) or 0
    stored = replace(objection, number=last + 1)
    values = dict(vars(stored))
    values[GEOMETRY] = values.pop("geometry")
    connection.execute(table.insert(), values)
    payload = {
        "number": stored.number,
        "cause": stored.cause,
        "place_kind": stored.place_kind,
        "place": stored.place,
        "note": stored.note,
    }
    own = _draft(connection, metadata, RECEIVED, stored, stored.on, payload, actor)
    events.append(connection, metadata, [own, *(_numbered(draft, stored.number) for draft in further)])
    return stored


def answer(
    connection: Connection,
    metadata: MetaData,
    case: str,
    number: int,
    *,
    decision: str,
    on: date,
    note: str,
    batch: int | None,
    actor: str,
) -> Objection:
    """Record how an objection was answered; an earlier answer stays in the log.

    Raises
    ------
    OptionError
        If the case has no objection of that number.
    """
    found = next((o for o in all_of(connection, metadata, case) if o.number == number), None)
    if found is None:
        raise OptionError(
            _("case {id} has no objection {number}").format(id=case, number=number),
            hint=f"regularize case objection list {case}",
        )
    table = metadata.tables["objections"]
    said = {"decision": decision, "answered_on": on, "answer_note": note, "answer_batch": batch}
    connection.execute(update(table).where(table.c.case == case, table.c.number == number).values(**said))
    answered = replace(found, decision=decision, answered_on=on, answer_note=note, answer_batch=batch)
    payload = {"number": number, "decision": decision, "note": note, "batch": batch}
    draft = _draft(connection, metadata, ANSWERED, answered, on, payload, actor)
    events.append(connection, metadata, [draft])
    return answered


def _draft(
    connection: Connection,
    metadata: MetaData,
    type_: str,
    objection: Objection,
    on: date,
    payload: Mapping[str, Any],
    actor: str,
) -> events.Draft:
    geopackage.touch(connection, metadata.tables["objections"])
    state = digests.of_tables(connection, metadata, "objections")
    return events.Draft(type_, f"case:{objection.case}", on, payload, actor, state)


def _numbered(draft: events.Draft, number: int) -> events.Draft:
    facts = {**draft.payload.get("facts", {}), "objection": number}
    return replace(draft, payload={**draft.payload, "facts": facts})

"""Homes: what links a building of the register, observed buildings, plot, findings and cases.

The id is permanent. What hangs on a home does so from a day to a day, and the ends stay on
record: merging and splitting are events, never a rewriting.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, MetaData, Row, bindparam, select, update

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.model import Finding, Home, HomeChanges
from regularize.store import bulk, events
from regularize.store.schema import GEOMETRY

# Roles that a detection run sets anew; cases and documents hang on a home by a person's act.
ROLES = {"register": "buildings", "survey": "observed_buildings", "plot": "plots", "finding": "findings"}
LASTING = {"case": "cases", "document": "documents"}

Link = tuple[str, str, int]  # role, table, row number


def _read(row: Row[Any]) -> Home:
    v = row._mapping
    return Home(
        id=v["id"],
        settlement=v["settlement"],
        geometry=v[GEOMETRY],
        register_fids=tuple(v["register_fids"]),
        survey_fids=tuple(v["survey_fids"]),
        plot_fids=tuple(v["plot_fids"]),
        valid_from=v["valid_from"],
        valid_to=v["valid_to"],
        merged_into=v["merged_into"],
    )


def all_homes(connection: Connection, metadata: MetaData, *, include_closed: bool) -> list[Home]:
    """Homes in the order of their making."""
    table = metadata.tables["homes"]
    query = select(table).order_by(table.c.fid)
    if not include_closed:
        query = query.where(table.c.valid_to.is_(None))
    return [_read(row) for row in connection.execute(query)]


def one(connection: Connection, metadata: MetaData, id_: str) -> Home:
    """The home `id_`, ended or not.

    Raises
    ------
    OptionError
    """
    table = metadata.tables["homes"]
    row = connection.execute(select(table).where(table.c.id == id_)).one_or_none()
    if row is None:
        raise OptionError(_("there is no home {id}").format(id=id_), hint="regularize home list")
    return _read(row)


def save(
    connection: Connection,
    metadata: MetaData,
    changes: HomeChanges,
    found: Sequence[Finding],
    on: date,
    actor: str,
) -> tuple[list[events.Draft], dict[str, int]]:
    """Write what a run means for the homes; returns the events of what changed, and counts."""
    table = metadata.tables["homes"]
    before = {home.id: home for home in all_homes(connection, metadata, include_closed=True)}
    _check_known(changes, before)
    drafts: list[events.Draft] = []

    def tell(type_: str, id_: str, payload: Mapping[str, Any]) -> None:
        drafts.append(events.Draft(type_, f"home:{id_}", on, payload, actor))

    fresh = [_values(home) | {"id": home.id, "valid_from": home.valid_from} for home in changes.new]
    bulk.insert(connection, table, fresh)
    for home in changes.new:
        tell("home.opened", home.id, {"settlement": home.settlement})
    for home in changes.kept:
        if _values(home) != _values(before[home.id]) or before[home.id].valid_to is not None:
            connection.execute(update(table).where(table.c.id == home.id).values(_values(home)))
        if before[home.id].valid_to is not None:
            tell("home.reopened", home.id, {})
    for goes_on, left in changes.split:
        tell("home.split", goes_on, {"left": left})
        tell("home.split", left, {"from": goes_on})
    for ends, goes_on in changes.merged:
        _end(connection, metadata, ends, on, merged_into=goes_on)
        tell("home.merged", ends, {"into": goes_on})
        tell("home.merged", goes_on, {"from": ends})
    for id_, reason in changes.closed:
        _end(connection, metadata, id_, on, closed_reason=reason)
        tell("home.closed", id_, {"reason": reason})
    relinked = _link(connection, metadata, (*changes.kept, *changes.new), found, on)
    opened = {home.id for home in changes.new}
    for id_ in sorted(relinked - opened):
        tell("home.changed", id_, {"links": relinked_count(connection, metadata, id_)})
    for ends, goes_on in changes.merged:
        _hand_over(connection, metadata, ends, goes_on, on)
    counts = {name: len(getattr(changes, name)) for name in ("kept", "new", "merged", "split", "closed")} | {
        "relinked": len(relinked)
    }
    return drafts, counts


def _check_known(changes: HomeChanges, before: Mapping[str, Home]) -> None:
    new = {home.id for home in changes.new}
    named = {home.id for home in changes.kept} | {id_ for id_, _reason in changes.closed}
    named |= {id_ for pair in (*changes.merged, *changes.split) for id_ in pair} - new
    for id_ in sorted(named):
        if id_ not in before:
            raise OptionError(_("there is no home {id}").format(id=id_), hint="regularize home list")


def _values(home: Home) -> dict[str, Any]:
    return {
        GEOMETRY: home.geometry,
        "settlement": home.settlement,
        "register_fids": [int(fid) for fid in home.register_fids],
        "survey_fids": [int(fid) for fid in home.survey_fids],
        "plot_fids": [int(fid) for fid in home.plot_fids],
        "valid_to": None,
        "merged_into": None,
        "closed_reason": None,
    }


def _end(connection: Connection, metadata: MetaData, id_: str, on: date, **why: str) -> None:
    table, links = metadata.tables["homes"], metadata.tables["home_links"]
    connection.execute(update(table).where(table.c.id == id_).values(valid_to=on, **why))
    connection.execute(
        update(links)
        .where(links.c.home == id_, links.c.valid_to.is_(None), links.c.role.in_(ROLES))
        .values(valid_to=on)
    )


def _link(
    connection: Connection, metadata: MetaData, homes: Iterable[Home], found: Sequence[Finding], on: date
) -> set[str]:
    """Bring the links of `homes` up to date; returns the ids of those whose links changed."""
    missing: dict[str, set[Link]] = {}
    for home in homes:
        fids = {"register": home.register_fids, "survey": home.survey_fids, "plot": home.plot_fids}
        missing[home.id] = {
            (role, ROLES[role], int(fid)) for role, numbers in fids.items() for fid in numbers
        }
    table = metadata.tables["findings"]
    rows = {row.id: row.fid for row in connection.execute(select(table.c.id, table.c.fid))}
    for finding in found:
        if finding.home in missing:
            missing[finding.home].add(("finding", ROLES["finding"], rows[finding.id]))
    links = metadata.tables["home_links"]
    changed: set[str] = set()
    closing: list[dict[str, Any]] = []
    query = select(links).where(links.c.valid_to.is_(None), links.c.role.in_(ROLES))
    for row in connection.execute(query):
        link = (row.role, row.table_name, row.row)
        if row.home not in missing:
            continue
        if link in missing[row.home]:
            missing[row.home].discard(link)
        else:
            closing.append({"key": row.id})
            changed.add(row.home)
    if closing:
        connection.execute(update(links).where(links.c.id == bindparam("key")).values(valid_to=on), closing)
    adding = [
        {"home": id_, "role": role, "table_name": name, "row": row, "valid_from": on}
        for id_, rest in missing.items()
        for role, name, row in sorted(rest)
    ]
    if adding:
        bulk.plain(connection, links, adding)
    return changed | {str(link["home"]) for link in adding}


def relinked_count(connection: Connection, metadata: MetaData, id_: str) -> dict[str, int]:
    """How many links of each role are open for a home."""
    links = metadata.tables["home_links"]
    counts: dict[str, int] = {}
    for role in connection.scalars(
        select(links.c.role).where(links.c.home == id_, links.c.valid_to.is_(None)).order_by(links.c.role)
    ):
        counts[role] = counts.get(role, 0) + 1
    return counts


def attach(connection: Connection, metadata: MetaData, id_: str, role: str, row: int, on: date) -> None:
    """Hang a case or a document on a home from a day on; a second time changes nothing."""
    links = metadata.tables["home_links"]
    same = (links.c.home == id_, links.c.role == role, links.c.row == row, links.c.valid_to.is_(None))
    if connection.execute(select(links.c.id).where(*same)).first() is None:
        connection.execute(
            links.insert(),
            {"home": id_, "role": role, "table_name": LASTING[role], "row": row, "valid_from": on},
        )


def _hand_over(connection: Connection, metadata: MetaData, ends: str, goes_on: str, on: date) -> None:
    """Cases and documents of a home that ends hang on the one that goes on."""
    links = metadata.tables["home_links"]
    open_ = (links.c.home == ends, links.c.valid_to.is_(None), links.c.role.in_(LASTING))
    rows = connection.execute(select(links.c.role, links.c.row).where(*open_)).all()
    connection.execute(update(links).where(*open_).values(valid_to=on))
    for role, row in rows:
        attach(connection, metadata, goes_on, role, row, on)


def links_of(connection: Connection, metadata: MetaData, id_: str) -> dict[str, list[dict[str, Any]]]:
    """Everything that hangs or hung on a home, by table.

    Returns
    -------
    dict
        Table (``buildings``, ``observed_buildings``, ``plots``, ``findings``, ``cases``, ``documents``)
        to list of ``{"row", "name", "ref", "valid_from", "valid_to"}``; ``name`` is
        the cadastral identifier of a feature, the id of a finding or case, the type of a document.

    Raises
    ------
    OptionError
        If there is no such home.
    """
    one(connection, metadata, id_)
    links = metadata.tables["home_links"]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in (*ROLES.values(), *LASTING.values())}
    for link in connection.execute(select(links).where(links.c.home == id_).order_by(links.c.id)):
        table = metadata.tables[link.table_name]
        key = table.primary_key.columns.values()[0]
        name = {"finding": "id", "case": "id", "document": "document_type"}.get(link.role, "identifier")
        ref = table.c.ref if "ref" in table.c else table.c[name]
        row = connection.execute(select(table.c[name], ref).where(key == link.row)).one_or_none()
        found[link.table_name].append(
            {
                "row": link.row,
                "name": None if row is None else row[0],
                "ref": None if row is None else row[1],
                "valid_from": link.valid_from,
                "valid_to": link.valid_to,
            }
        )
    return found

"""Named changes of the schema, each recorded in the store with its date.

A new store is made from today's tables and starts with all names recorded. An older store runs the
changes that it does not have, in order, each in the transaction that records it; a store with a
name that this program does not know was written by a newer one and is left alone.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, MetaData, select

from regularize.errors import StoreError
from regularize.i18n import translate as _
from regularize.project import today
from regularize.store import digests, events, geopackage, history

HISTORY = "row_history"


def _foundation(connection: Connection, metadata: MetaData) -> None:
    """The first schema: it has no forerunner, so there is nothing to change.

    Only :func:`create` leads here in effect; a store without it is no store of this program.
    """
    del connection, metadata


def _objections(connection: Connection, metadata: MetaData) -> None:
    """Objections get a table of their own, with the place of each."""
    geopackage.add_table(connection, metadata.tables["objections"])


def _indicative_plots(connection: Connection, metadata: MetaData) -> None:
    """Plots inferred where none were surveyed get a table of their own."""
    geopackage.add_table(connection, metadata.tables["indicative_plots"])


def _proposals(connection: Connection, metadata: MetaData) -> None:
    """Proposals of plans get a table of their own."""
    geopackage.add_table(connection, metadata.tables["proposals"])


def _row_history(connection: Connection, metadata: MetaData) -> None:
    """Changes of rows are kept from now on, and edits made elsewhere are told from the program's own."""
    history.create(connection)
    listed = set(connection.exec_driver_sql("SELECT table_name FROM gpkg_contents").scalars())
    for table in metadata.sorted_tables:  # extents were not always brought up to date
        if table.name in listed:
            geopackage.touch(connection, table)


MIGRATIONS: tuple[tuple[str, Callable[[Connection, MetaData], None]], ...] = (
    ("foundation", _foundation),
    ("objections", _objections),
    ("indicative_plots", _indicative_plots),
    ("proposals", _proposals),
    (HISTORY, _row_history),
)


def create(connection: Connection, metadata: MetaData, crs: str, title: str) -> None:
    """Make all tables of a new store and begin its log."""
    geopackage.create_frame(connection, crs)
    for table in metadata.sorted_tables:
        geopackage.add_table(connection, table)
    geopackage.add_guards(connection)
    history.create(connection)
    connection.execute(
        metadata.tables["settings"].insert(),
        [{"name": "crs", "value": crs}, {"name": "title", "value": title}],
    )
    at = geopackage.stamp()
    connection.execute(
        metadata.tables["migrations"].insert(),
        [{"name": name, "applied_at": at} for name, _change in MIGRATIONS],
    )
    state = digests.of_tables(connection, metadata, "settings", "migrations")
    payload = {"crs": crs, "title": title}
    events.append(connection, metadata, [events.Draft("store.created", "store", today(), payload, "", state)])
    history.add_triggers(connection, metadata)
    history.end(connection)


def applied(connection: Connection, metadata: MetaData) -> list[str]:
    """Names that the store has, in the order in which it got them."""
    table = metadata.tables["migrations"]
    return list(connection.scalars(select(table.c.name).order_by(table.c.id)))


def pending(connection: Connection, metadata: MetaData, path: Path) -> list[str]:
    """Names that the store lacks.

    Raises
    ------
    StoreError
        If the store has a name that this program does not know.
    """
    known = [name for name, _change in MIGRATIONS]
    have = applied(connection, metadata)
    newer = [name for name in have if name not in known]
    if newer:
        raise StoreError(
            _("the store {path} was written by a newer version of this program (schema {name})").format(
                path=path, name=newer[-1]
            ),
            hint=_("install the newer version; this one leaves the store unchanged"),
        )
    return [name for name in known if name not in have]


def apply(connection: Connection, metadata: MetaData, path: Path) -> list[str]:
    """Run what the store lacks, in the caller's transaction; returns the names."""
    names = pending(connection, metadata, path)
    changes = dict(MIGRATIONS)
    for name in names:
        changes[name](connection, metadata)
        connection.execute(
            metadata.tables["migrations"].insert(), [{"name": name, "applied_at": geopackage.stamp()}]
        )
    if names:
        history.add_triggers(connection, metadata)  # also for tables that came after the history
        state = digests.of_tables(connection, metadata, "migrations")
        draft = events.Draft("store.migrated", "store", today(), {"names": names}, "", state)
        events.append(connection, metadata, [draft])
    return names

"""Before a command states anew what the store holds, what lay there is held against the log.

Otherwise its statement would cover an earlier edit made behind the program's back: verification
would find nothing any more. Such an edit is put into the log by an entry that stays, and is told.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, MetaData, select
from sqlalchemy.exc import DBAPIError

from regularize.i18n import translate as _
from regularize.project import today
from regularize.store import digests, events, history, timeline

DIFFERED = "store.differed"
_NOTHING = hashlib.sha256().hexdigest()  # of a table without rows, or a delivery that was not there


def agrees(
    connection: Connection,
    metadata: MetaData,
    key: str,
    said: str,
    seq: int,
    elsewhere: Sequence[history.Edit],
) -> bool:
    """Whether the store holds what entry `seq` said of `key`, but for edits whose trace was kept.

    Parameters
    ----------
    key : str
        As `digests` names content; ``validity:LAYER`` for the ends and withdrawals of its rows.
    said : str
        The digest; empty if no entry ever spoke of it: then there must be nothing.
    elsewhere : sequence of Edit
        Edits made in other programs.
    """
    kind, _colon, what = key.partition(":")
    if kind == "validity":
        return next(wrong_ends(connection, metadata, what, elsewhere), None) is None
    if kind == "history":
        first, _dash, last = what.partition("-")
        return not said or digests.of_history(connection, int(first), int(last)) == said
    if kind == "table":
        former = history.before(elsewhere, what, seq)
        fresh = digests.of_table(connection, metadata.tables[what], former=former)
    elif kind == "rows":
        fresh = _rows(connection, metadata, int(what), elsewhere)
    else:
        former = history.before(elsewhere, digests.table_of(kind), seq)
        fresh = digests.of_delivery(connection, metadata, kind, int(what), former)
    return fresh == (said or _NOTHING)


def _rows(connection: Connection, metadata: MetaData, batch: int, elsewhere: Sequence[history.Edit]) -> str:
    batches = metadata.tables["batches"]
    target = connection.scalar(select(batches.c.target).where(batches.c.id == batch))
    if target is None:
        return _NOTHING
    former = history.before(elsewhere, target, 0)
    rows = digests.stored_rows(connection, metadata.tables[target], batch, former)
    return digests.fold(computed for _fid, _stored, computed, _blob in rows)


def wrong_ends(
    connection: Connection, metadata: MetaData, layer: str, elsewhere: Sequence[history.Edit]
) -> Iterator[int]:
    """Rows whose end or withdrawal is not what the recorded closings make of them."""
    batches, table = metadata.tables["batches"], metadata.tables[layer]
    names = ("fid", "batch", "valid_to", "superseded_by", "withdrawn_on")
    withdrawn = {row[0]: row[1] for row in digests.raw(connection, [batches.c.id, batches.c.withdrawn_on])}
    ends = timeline.effective_ends(connection, metadata, layer)
    at = [list(table.columns.keys()).index(name) for name in names]
    former = {
        fid: None if values is None else [values[i] for i in at]
        for fid, values in history.before(elsewhere, layer, 0).items()
    }
    rows = digests.with_former(digests.raw(connection, [table.c[name] for name in names]), former)
    for fid, batch, valid_to, superseded_by, withdrawn_on in rows:
        day, by = ends.get(fid, (None, None))
        end = None if day is None else day.isoformat()
        if (end, None if by == batch else by, withdrawn.get(batch)) != (
            valid_to,
            superseded_by,
            withdrawn_on,
        ):
            yield fid


def stated_since(connection: Connection, seq: int) -> set[str]:
    """What entries after `seq` state; of deliveries also the ends of rows, which they settle."""
    query = "SELECT DISTINCT json_each.key FROM events, json_each(events.state) WHERE events.seq > ?"
    keys = set(connection.exec_driver_sql(query, (seq,)).scalars())
    batches = {int(key.partition(":")[2]) for key in keys if key.startswith("batch:")}
    for batch in batches:
        layer = connection.exec_driver_sql("SELECT target FROM batches WHERE id = ?", (batch,)).scalar()
        keys.add(f"validity:{layer}")
    return keys


def differing(before: Connection, metadata: MetaData, keys: Iterable[str]) -> list[str]:
    """Those of `keys` whose content is not what the log says.

    Parameters
    ----------
    before : Connection
        Sees the store as it was before the transaction that states them.
    """
    elsewhere = history.edits(before, "external = 1")
    found = []
    for key in sorted(keys):
        said, seq = _last_word(before, key)
        try:
            agreed = agrees(before, metadata, key, said, seq, elsewhere)
        except (DBAPIError, ValueError, TypeError, LookupError):
            agreed = False  # nothing that the program wrote
        if not agreed:
            found.append(key)
    return found


def _last_word(connection: Connection, key: str) -> tuple[str, int]:
    query = (
        "SELECT json_extract(state, ?), seq FROM events WHERE instr(state, ?) > 0 ORDER BY seq DESC LIMIT 1"
    )
    row = connection.exec_driver_sql(query, (f'$."{key}"', f'"{key}"')).one_or_none()
    return ("", 0) if row is None else (str(row[0]), int(row[1]))


def record(connection: Connection, metadata: MetaData, found: Sequence[str]) -> None:
    """Put into the log, and say, that `found` differed."""
    draft = events.Draft(DIFFERED, "store", today(), {"content": list(found)})
    events.append(connection, metadata, [draft])
    say(
        _(
            "warning: {content} in the store was changed behind the program's back; the log keeps that, "
            "see: regularize store verify"
        ).format(content=", ".join(found))
    )


def say(message: str) -> None:
    """Tell whoever runs the program, whichever command it is: on stderr where nobody listens otherwise."""
    logging.getLogger(__name__).warning(message)


def recorded(connection: Connection, metadata: MetaData) -> list[tuple[int, str]]:
    """Number of each such entry, and the content that it names."""
    return [
        (event.seq, ", ".join((event.payload or {}).get("content", ())))
        for event in events.read(connection, metadata, type_=DIFFERED)
    ]

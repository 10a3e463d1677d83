"""Verification: does the store hold what its log says, and is the log whole?"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, func, select
from sqlalchemy.exc import DBAPIError

from regularize import layers
from regularize.i18n import translate as _
from regularize.store import digests, events, geopackage, history, restating, verify_file

Stated = dict[str, tuple[str, int]]
Edits = Sequence[history.Edit]
UNSAID = ("", 0)
# How many row numbers a detail names before it only counts.
NAMED = 5


@dataclass(frozen=True)
class Check:
    """One check by its permanent name, and what it found: sound with a detail, somebody should look."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class VerifyReport:
    """All checks; ``ok`` if each of them is."""

    ok: bool
    checks: tuple[Check, ...]


def verify(connection: Connection, metadata: MetaData, path: Path) -> VerifyReport:
    """Hold the store against its log, without changing anything.

    Returns
    -------
    VerifyReport
        One :class:`Check` per question; a check that finds several faults names the first ones.
    """
    state = _stated(connection, metadata)
    try:
        elsewhere = history.edits(connection, "external = 1")
    except (DBAPIError, ValueError, TypeError):
        elsewhere = []  # the check of the history says so; what was edited is then an error
    foreign: dict[str, set[int]] = {}
    for edit in elsewhere:
        foreign.setdefault(edit.table, set()).update({edit.row, edit.new_row or edit.row})
    todo: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
        ("integrity", lambda: _integrity(connection)),
        ("foreign_keys", lambda: _foreign_keys(connection)),
        ("guards", lambda: _guards(connection, metadata)),
        ("georeference", lambda: verify_file.georeference(connection, metadata, foreign)),
        ("spatial_index", lambda: verify_file.spatial_index(connection, metadata, foreign)),
        ("rows", lambda: _rows(connection, metadata, state, elsewhere)),
        ("validity", lambda: _validity(connection, metadata, elsewhere)),
        ("deliveries", lambda: _deliveries(connection, metadata, state, elsewhere)),
        ("tables", lambda: _tables(connection, metadata, state, elsewhere)),
        ("history", lambda: _history(connection, state)),
        ("differed", lambda: _differed(connection, metadata)),
        ("log", lambda: _chain(connection, metadata)),
        ("payloads", lambda: _payloads(connection, metadata)),
        ("head", lambda: _head(connection, metadata, path)),
        ("file_mode", lambda: verify_file.file_mode(path)),
    )
    checks = [_checked(name, work) for name, work in todo]
    counts: dict[str, dict[str, int]] = {}
    for edit in elsewhere:
        of_table = counts.setdefault(edit.table, {})
        of_table[edit.operation] = of_table.get(edit.operation, 0) + 1
    told = (
        _("edited in another program; what was there before is kept: {edits}").format(
            edits=history.told(counts)
        )
        if counts
        else ""
    )
    checks.append(Check(history.EXTERNAL, True, told))
    return VerifyReport(
        all(check.ok for check in checks), tuple(_noted(connection, metadata, check) for check in checks)
    )


def _noted(connection: Connection, metadata: MetaData, check: Check) -> Check:
    """A sound head says since when it is one, if it was lost before."""
    if check.name != "head" or not check.ok:
        return check
    log = metadata.tables["events"]
    lost = connection.scalars(select(log.c.seq).where(log.c.type == events.HEAD_LOST).order_by(log.c.seq))
    numbers = ", ".join(map(str, lost))
    if not numbers:
        return check
    told = _("it was missing or unreadable before event {seq}: what was cut off until then cannot be told")
    return Check(check.name, True, told.format(seq=numbers))


def _checked(name: str, work: Callable[[], Iterator[str]]) -> Check:
    faults: list[str] = []
    try:
        faults += work()
    except (DBAPIError, ValueError, TypeError, IndexError) as error:
        # A damaged page, or a number where text belongs: the check could not be carried out.
        reason = error.orig if isinstance(error, DBAPIError) else error
        faults.append(_("could not be read: {reason}").format(reason=reason))
    shown = "; ".join(faults[:NAMED])
    if len(faults) > NAMED:
        shown += _(" and {n} more").format(n=len(faults) - NAMED)
    return Check(name, not faults, shown)


def _stated(connection: Connection, metadata: MetaData) -> Stated:
    """What the log says of each delivery and table, and in which entry: the latest word counts."""
    log = metadata.tables["events"]
    state: Stated = {}
    query = select(log.c.seq, log.c.state).where(log.c.state != "{}").order_by(log.c.seq)
    try:
        for seq, text in connection.execute(query):
            state |= {key: (str(digest), int(seq)) for key, digest in json.loads(text).items()}
    except (DBAPIError, ValueError, TypeError, AttributeError):
        return {}  # the checks of the log say so; nothing stated means that nothing agrees
    return state


def _integrity(connection: Connection) -> Iterator[str]:
    for word in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
        if word != "ok":
            yield str(word)


def _foreign_keys(connection: Connection) -> Iterator[str]:
    for table, row, parent, _key in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield _("row {row} of {table} points to nothing in {parent}").format(
            row=row, table=table, parent=parent
        )


def _guards(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """The triggers are ours, all of them, and nobody else's."""
    expected = geopackage.triggers(metadata.sorted_tables)
    found = {
        row[0]: row[1]
        for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type='trigger'")
    }
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield _("trigger {name} is missing").format(name=name)
        elif name not in expected:
            yield _("trigger {name} is not the program's").format(name=name)
        elif expected[name] != found[name]:
            yield _("trigger {name} was changed").format(name=name)


def _rows(connection: Connection, metadata: MetaData, state: Stated, elsewhere: Edits) -> Iterator[str]:
    batches = metadata.tables["batches"]
    formers = {layer.name: history.before(elsewhere, layer.name, 0) for layer in layers.LAYERS}
    targets = dict.fromkeys(formers, 0)
    for batch in connection.execute(select(batches).order_by(batches.c.id)):
        if batch.target not in targets:
            yield _("batch {batch} fills no known layer").format(batch=batch.id)
            continue
        fresh: list[str] = []
        table = metadata.tables[batch.target]
        rows = digests.stored_rows(connection, table, batch.id, formers[batch.target])
        for fid, stored, computed, _blob in rows:
            fresh.append(computed)
            if stored != computed:
                yield _("{table}: row {row} was changed").format(table=batch.target, row=fid)
        targets[batch.target] += len(fresh)
        if len(fresh) != batch.n_stored:
            yield _("{table}: batch {batch} has {n} rows, stored were {stored}").format(
                table=batch.target, batch=batch.id, n=len(fresh), stored=batch.n_stored
            )
        agreed = {batch.row_digest, state.get(f"rows:{batch.id}", UNSAID)[0]}
        if agreed != {digests.fold(fresh)}:
            yield _("{table}: the rows of batch {batch} are not those of the log").format(
                table=batch.target, batch=batch.id
            )
    for name, n in targets.items():
        total = _rows_before(connection, metadata.tables[name], formers[name])
        if total != n:
            yield _("{table}: {total} rows, {n} of them from known batches").format(
                table=name, total=total, n=n
            )


def _rows_before(connection: Connection, table: Table, former: Mapping[int, history.Values | None]) -> int:
    """How many rows there were before the edits made elsewhere."""
    total = connection.scalar(select(func.count()).select_from(table)) or 0
    if not former:
        return total
    there = {row[0] for row in digests.raw(connection, [table.columns.values()[0]])}
    kept = {key for key, values in former.items() if values is not None}
    return total + len(kept - there) - len((former.keys() - kept) & there)


def _validity(connection: Connection, metadata: MetaData, elsewhere: Edits) -> Iterator[str]:
    """Ends and withdrawals of rows are what the recorded closings make of them."""
    for layer in layers.LAYERS:
        for row in restating.wrong_ends(connection, metadata, layer.name, elsewhere):
            yield _("{table}: the validity of row {row} was changed").format(table=layer.name, row=row)


def _deliveries(connection: Connection, metadata: MetaData, state: Stated, elsewhere: Edits) -> Iterator[str]:
    batches = metadata.tables["batches"]
    known = {f"{n}" for n in connection.scalars(select(batches.c.id))}
    stated = {
        number for key, _colon, number in (k.partition(":") for k in state) if key in digests.DELIVERY_KEYS
    }
    for number in sorted(known | stated, key=int):
        for key in digests.DELIVERY_KEYS[1:]:
            said, seq = state.get(f"{key}:{number}", UNSAID)
            name = digests.table_of(key)
            former = history.before(elsewhere, name, seq)
            if said != digests.of_delivery(connection, metadata, key, int(number), former):
                yield _("batch {batch}: {part} is not what the log says").format(batch=number, part=key)
    for name, column in (("closings", "recorded_in"), ("quarantine", "batch"), ("issues", "batch")):
        table = metadata.tables[name]
        foreign = {edit.row for edit in elsewhere if edit.table == name}
        for key, batch in digests.raw(connection, [table.c.id, table.c[column]]):
            if f"{batch}" not in known and key not in foreign:
                yield _("{table} has rows of an unknown batch {batch}").format(table=name, batch=batch)


def _tables(connection: Connection, metadata: MetaData, state: Stated, elsewhere: Edits) -> Iterator[str]:
    for name in digests.CHANGING_TABLES:
        said, seq = state.get(f"table:{name}", UNSAID)
        if not restating.agrees(connection, metadata, f"table:{name}", said, seq, elsewhere):
            yield _("the content of {table} is not what the log says").format(table=name)


def _history(connection: Connection, state: Stated) -> Iterator[str]:
    """The changes that were kept are those that the log tells of; later ones were made elsewhere."""
    if not history.exists(connection):
        yield _("the tables of the history are missing")
        return
    if connection.exec_driver_sql("SELECT id, active FROM writing").all() != [(1, 0)]:
        yield _("the mark of the program's own writing was changed")
    ranges = sorted(
        tuple(map(int, key.partition(":")[2].split("-"))) for key in state if key.startswith("history:")
    )
    end = 0
    for first, last in ranges:
        if first != end + 1:
            yield _("changes {first} to {last} are told by no entry of the log").format(
                first=end + 1, last=first - 1
            )
        end = last
        if digests.of_history(connection, first, last) != state[f"history:{first}-{last}"][0]:
            yield _("the kept changes {first} to {last} are not what the log says").format(
                first=first, last=last
            )
    if connection.exec_driver_sql("SELECT covered FROM writing").scalar() != end:
        yield _("the mark of the program's own writing was changed")
    later = history.edits(connection, "id > ?", (end,))
    for expected, edit in enumerate(later, start=end + 1):
        if not edit.external or edit.id != expected:
            yield _("the kept change {number} is told by no entry of the log").format(number=edit.id)
    named = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name='row_history'").scalar()
    if (named or 0) != end + len(later):
        yield _("kept changes are missing at the end")


def _differed(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """Edits without a trace that a later command came upon: its own statement would have covered them."""
    for seq, content in restating.recorded(connection, metadata):
        yield _("before event {seq} {content} was not what the log said").format(seq=seq, content=content)


def _chain(connection: Connection, metadata: MetaData) -> Iterator[str]:
    log = metadata.tables["events"]
    fields = [log.c[n] for n in ("type", "subject", "on", "recorded_at", "actor", "payload_hash", "state")]
    previous = events.GENESIS
    expected = 0
    for seq, *values, stored in digests.raw(connection, [log.c.seq, *fields, log.c.hash]):
        expected += 1
        if seq != expected:
            yield _("event {seq} is missing").format(seq=expected)
            expected = seq
        try:
            fresh = events.link(previous, [seq, *values])
        except TypeError:  # a blob where text belongs
            fresh = ""
        if fresh != stored:
            yield _("event {seq} was changed").format(seq=seq)
        previous = stored


def _payloads(connection: Connection, metadata: MetaData) -> Iterator[str]:
    log, payloads = metadata.tables["events"], metadata.tables["event_payloads"]
    stored = {row[0]: row[1:] for row in digests.raw(connection, list(payloads.columns))}
    erased = {
        event.payload.get("seq")
        for event in events.read(connection, metadata, type_=events.ERASED)
        if event.payload is not None
    }
    for seq, hashed in digests.raw(connection, [log.c.seq, log.c.payload_hash]):
        if seq not in stored:
            yield _("the payload of event {seq} is missing").format(seq=seq)
            continue
        payload, salt = stored.pop(seq)
        if payload is None and salt is None:
            if seq not in erased:
                yield _("the payload of event {seq} was erased without a record").format(seq=seq)
        elif events.payload_hash(str(salt), str(payload)) != hashed:
            yield _("the payload of event {seq} was changed").format(seq=seq)
    for seq in sorted(stored):
        yield _("there is a payload for event {seq}, which does not exist").format(seq=seq)


def _head(connection: Connection, metadata: MetaData, path: Path) -> Iterator[str]:
    """The head kept outside lies in the chain. It may lie further back: a crash after a commit."""
    kept = events.read_heads(path)
    if not kept:
        yield _("{file} is missing or cannot be read").format(file=events.head_path(path).name)
    elif not any(events.is_in_chain(connection, metadata, one) for one in kept):
        yield _("the log ends at event {seq}, but {count} were recorded, or they were other events").format(
            seq=events.head(connection, metadata).seq, count=kept[0].seq
        )

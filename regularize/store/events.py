"""The append-only log: a hash chain over salted hashes, with the payloads apart.

Each entry's hash covers the one before it, its own fields, the salted hash of its payload and the
digests of what the command left behind (``state``). A payload can be blanked by an erasure: the
chain still verifies, and the salt goes with it, so that nobody can guess the payload back.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, func, select, update

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.model import Event
from regularize.project import unfinished
from regularize.store import bulk, digests, geopackage, history
from regularize.store import connection as door
from regularize.store.json_text import encoder_of, written

GENESIS = "0" * 64
_SALT_BYTES = 16
ERASED = "event.erased"
HEAD_LOST = "store.head_lost"
_compact = encoder_of(separators=(",", ":"))


@dataclass(frozen=True)
class Draft:
    """An event before it is recorded.

    Parameters
    ----------
    type, subject : str
        What happened, to what: ``case.notice``, ``case:C-1``.
    on : date
        When it happened (civil date).
    state : mapping, optional
        Digests of the tables or deliveries that the same transaction wrote.
    """

    type: str
    subject: str
    on: date
    payload: Mapping[str, Any]
    actor: str = ""
    state: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many entries, and the hash of the last."""

    seq: int
    hash: str


def payload_hash(salt: str, payload: str) -> str:
    """The salted hash that stands in the chain for a payload."""
    return hashlib.sha256(f"{salt}|{payload}".encode()).hexdigest()


def link(previous: str, fields: Sequence[Any]) -> str:
    """The hash of an entry: over the hash before it and its own `fields`, unambiguously joined."""
    text = _compact([previous, *fields])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def head(connection: Connection, metadata: MetaData) -> Head:
    """The last entry of the log."""
    log = metadata.tables["events"]
    row = connection.execute(select(log.c.seq, log.c.hash).order_by(log.c.seq.desc()).limit(1)).one_or_none()
    return Head(0, GENESIS) if row is None else Head(row.seq, row.hash)


def append(connection: Connection, metadata: MetaData, drafts: Sequence[Draft]) -> Event:
    """Record `drafts`, at least one, in order within the caller's transaction; returns the last entry."""
    last = head(connection, metadata)
    seq, previous = last.seq, last.hash
    recorded_at = geopackage.stamp()
    log_rows: list[dict[str, Any]] = []
    payload_rows: list[dict[str, Any]] = []
    # What the transaction changed in rows that lay there before is part of what its first entry states.
    stated = history.statement(connection, digests.of_history)
    salts = secrets.token_hex(_SALT_BYTES * len(drafts))
    for at, draft in enumerate(drafts):
        seq += 1
        salt = salts[2 * _SALT_BYTES * at : 2 * _SALT_BYTES * (at + 1)]
        payload = written(draft.payload)
        hashed = payload_hash(salt, payload)
        state = written({**draft.state, **stated})
        stated = {}
        subject = (draft.type, draft.subject, draft.on.isoformat(), recorded_at, draft.actor)
        previous = link(previous, [seq, *subject, hashed, state])
        log_rows.append(
            {
                "seq": seq,
                "type": draft.type,
                "subject": draft.subject,
                "on": draft.on,
                "recorded_at": recorded_at,
                "actor": draft.actor,
                "payload_hash": hashed,
                "state": state,
                "hash": previous,
            }
        )
        payload_rows.append({"seq": seq, "payload": payload, "salt": salt})
    bulk.plain(connection, metadata.tables["events"], log_rows)
    bulk.plain(connection, metadata.tables["event_payloads"], payload_rows)
    end, told = drafts[-1], json.loads(payload)
    return Event(seq, end.type, end.subject, end.on, recorded_at, end.actor, told, previous)


def read(
    connection: Connection, metadata: MetaData, subject: str | None = None, type_: str | None = None
) -> Iterator[Event]:
    """Entries of the log in their order, of one subject or type where given."""
    log, payloads = metadata.tables["events"], metadata.tables["event_payloads"]
    query = (
        select(log, payloads.c.payload)
        .join_from(log, payloads, log.c.seq == payloads.c.seq, isouter=True)
        .order_by(log.c.seq)
    )
    if subject is not None:
        query = query.where(log.c.subject == subject)
    if type_ is not None:
        query = query.where(log.c.type == type_)
    for row in connection.execute(query).mappings():
        yield Event(
            seq=row["seq"],
            type=row["type"],
            subject=row["subject"],
            on=row["on"],
            recorded_at=row["recorded_at"],
            actor=row["actor"],
            payload=None if row["payload"] is None else json.loads(row["payload"]),
            hash=row["hash"],
        )


_SUBJECTS = {
    "case": ("cases", "regularize case list"),
    "home": ("homes", "regularize home list"),
    "finding": ("findings", "regularize findings list"),
    "batch": ("batches", "regularize store info"),
}


def require_subject(connection: Connection, metadata: MetaData, subject: str) -> None:
    """Refuse an event about something that the store does not know.

    Raises
    ------
    OptionError
    """
    kind, _colon, name = subject.partition(":")
    if subject == "store":
        return
    if kind in _SUBJECTS:
        table_name, hint = _SUBJECTS[kind]
        table = metadata.tables[table_name]
        value: Any = name
        if kind == "batch":
            value = int(name) if name.isascii() and name.isdigit() else -1
        if connection.scalar(select(func.count()).select_from(table).where(table.c.id == value)):
            return
        raise OptionError(_("the store knows no {subject}").format(subject=subject), hint=hint)
    raise OptionError(
        _("{subject} is not something that an event can be about").format(subject=subject),
        hint=_("use case:ID, home:ID, finding:ID, batch:NUMBER or store"),
    )


def blank(connection: Connection, metadata: MetaData, seq: int, reason: str, on: date, actor: str) -> Event:
    """Erase the payload of entry `seq`; that it was erased, when and why is an entry itself.

    Raises
    ------
    OptionError
        If there is no such entry, or it is blank already.
    """
    payloads = metadata.tables["event_payloads"]
    done = connection.execute(
        update(payloads)
        .where(payloads.c.seq == seq, payloads.c.payload.is_not(None))
        .values(payload=None, salt=None)
    )
    if done.rowcount != 1:
        raise OptionError(
            _("event {seq} has no payload to erase").format(seq=seq), hint="regularize case show ID"
        )
    return append(connection, metadata, [Draft(ERASED, "store", on, {"seq": seq, "reason": reason}, actor)])


def head_path(store: Path) -> Path:
    """The side file that keeps the end of the chain outside the store."""
    return store.with_suffix(".head")


def write_head(store: Path, now_at: Head, *, alternative: Head | None = None) -> None:
    """Keep `now_at` beside the store, in one step; never replaces a later head by an earlier one.

    The transaction is committed by then, so a side file that cannot be written is no reason to
    call the command failed: verification accepts a head that lies further back in the chain.

    Parameters
    ----------
    alternative : Head, optional
        The head of a store that is about to take this one's place: until that is done, either counts.
    """
    known = read_heads(store)
    if alternative is None and len(known) == 1 and known[0].seq > now_at.seq:
        return
    values: dict[str, Any] = {"count": now_at.seq, "hash": now_at.hash}
    if alternative is not None:
        values["or"] = {"count": alternative.seq, "hash": alternative.hash}
    with suppress(OSError):
        part = unfinished(store.parent)
        try:
            with part.open("w", encoding="ascii") as file:
                json.dump(values, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(head_path(store))
        except OSError:
            part.unlink(missing_ok=True)
            raise
        door.sync_folder(store.parent)


def read_heads(store: Path) -> list[Head]:
    """The heads kept beside the store, one but while it is being replaced; none if unreadable."""
    try:
        values = json.loads(head_path(store).read_text(encoding="ascii"))
        return [Head(int(v["count"]), str(v["hash"])) for v in (values, values.get("or")) if v is not None]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return []


def head_is_lost(store: Path) -> bool:
    """Whether no head is kept beside the store; one that is in use at the moment is not lost."""
    try:
        head_path(store).read_bytes()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return not read_heads(store)


def is_in_chain(connection: Connection, metadata: MetaData, kept: Head) -> bool:
    """Whether the log runs through a head that was kept."""
    log = metadata.tables["events"]
    return kept.seq == 0 or connection.scalar(select(log.c.hash).where(log.c.seq == kept.seq)) == kept.hash

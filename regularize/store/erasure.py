"""Erasure: texts leave the store for good, and the log says that they did, when and why.

Three ways: the payload of an entry, the free text that hangs on a home or a document, and given words
wherever they stand. Everything happens in one transaction with its entries in the log; afterwards
:meth:`ErasureMethods.sweep` makes sure that no page of the file or its journal keeps the old bytes.
What stands in the chain itself (who acted, on what) cannot go without breaking the chain: it is named.
"""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, MetaData, Table, bindparam, select, type_coerce, update
from sqlalchemy.types import NullType

from regularize import layers
from regularize.errors import OptionError, StoreError
from regularize.i18n import translate as _
from regularize.privacy import MASK
from regularize.project import today
from regularize.store import database, digests, documents, events, geopackage, homes, objections
from regularize.store.connection import BUSY_TIMEOUT_MS, spoken
from regularize.store.json_text import written
from regularize.store.schema import Json
from regularize.store.texts import LEAST_CHARS, cells, forget, former_texts, kept_changes, texts_in

DONE = "store.erased"
# Entries about a home, a finding or an objection whose payload a person wrote.
_BY_PEOPLE = frozenset(
    {"evidence.recorded", "evidence.withdrawn", documents.ADDED, documents.CHANGED, "finding.reviewed"}
)


@dataclass
class Erased:
    """What an erasure did.

    Parameters
    ----------
    entries : list of int
        Entries of the log whose payload is gone.
    cells : int
        Texts in tables that were blanked or masked.
    gone : set of str
        What no byte may hold any more; for the proof, never to be shown.
    elsewhere : int
        Texts that rightly stand in other entries too, and are not looked for.
    fixed : list of str
        Places in the chain of the log, which no erasure can change.
    """

    entries: list[int] = field(default_factory=list)
    cells: int = 0
    gone: set[str] = field(default_factory=set)
    elsewhere: int = 0
    fixed: list[str] = field(default_factory=list)


class _Work:
    """One erasure within one transaction."""

    def __init__(self, connection: Connection, metadata: MetaData, reason: str, on: date, actor: str) -> None:
        self.connection, self.metadata = connection, metadata
        self.reason, self.on, self.actor = reason, on, actor
        self.done = Erased()
        self._stated: dict[str, str] = {}
        self._at_work: dict[str, set[int]] = {}
        self._own: set[tuple[str, int]] = set()
        self._words: re.Pattern[str] | None = None

    def blank(self, seqs: Iterable[int]) -> None:
        """Blank the payloads of entries; those that are blank already stay so."""
        payloads = self.metadata.tables["event_payloads"]
        for seq in sorted(set(seqs)):
            row = self.connection.execute(select(payloads).where(payloads.c.seq == seq)).one_or_none()
            if row is None or row.payload is None:
                continue
            self.done.gone.add(row.salt)
            self.done.gone.update(texts_in(json.loads(row.payload)))
            self._forget()
            events.blank(self.connection, self.metadata, seq, self.reason, self.on, self.actor)
            self.done.entries.append(seq)

    def rewrite(self, table: Table, values: Mapping[str, Any], *where: Any) -> None:
        """Set columns of rows, keeping what stood there for the proof; the log states the new content."""
        columns = [table.c[name] for name in values]
        rows = self.connection.execute(select(*columns).where(*where)).all()
        old = [text for row in rows for text in row if isinstance(text, str) and text]
        key = table.columns.values()[0]
        own = {int(n) for n in self.connection.scalars(select(key).where(*where))}
        former = former_texts(self.connection, table, own, values.keys())
        if not old and not former:
            return
        self.done.gone.update(text for text in (*old, *former) if len(text.strip()) >= LEAST_CHARS)
        self.done.cells += len(old)
        self._own |= {(table.name, n) for n in own}
        self.connection.execute(update(table).where(*where).values(**values))
        geopackage.touch(self.connection, table)
        self._stated |= digests.of_tables(self.connection, self.metadata, table.name)

    def finish(self, subject: str, *, words: Sequence[str] = ()) -> Erased:
        """Record the erasure, and leave out of the proof what rightly stands elsewhere.

        Parameters
        ----------
        words : sequence of str
            What was asked for: nowhere is it right. Where it is not found there is nothing to record.

        Raises
        ------
        OptionError
            If there was nothing to erase; nothing is written.
        """
        if not self.done.entries and not self.done.cells:
            if words:
                self.done.gone.update(words)
                return self.done
            raise OptionError(_("there is nothing to erase"), hint=_("regularize privacy report"))
        self._forget()
        counts = {"entries": len(self.done.entries), "cells": self.done.cells}
        payload = {"reason": self.reason, **counts}
        draft = events.Draft(DONE, subject, self.on, payload, self.actor, self._stated)
        events.append(self.connection, self.metadata, [draft])
        self._leave_out_what_stands_elsewhere()
        self.done.gone.update(words)
        return self.done

    def _forget(self) -> None:
        """Blank what the history of rows keeps of the texts: of these rows, or of the words anywhere."""

        def holds(table: str, row: int, old: str) -> bool:
            if self._words is not None and self._words.search(old):
                return True
            return (table, row) in self._own

        stated, edited_elsewhere = forget(self.connection, self.metadata, holds)
        self._stated |= stated
        self._state_anew(edited_elsewhere)

    def _leave_out_what_stands_elsewhere(self) -> None:
        places = [cell for *_where, cell in cells(self.connection, self.metadata)]
        places += [old for *_where, old in kept_changes(self.connection)]
        still = {text for text in self.done.gone if any(text in place for place in places)}
        self.done.gone -= still
        self.done.elsewhere = len(still)

    # Given words, wherever they stand

    def mask(self, words: Sequence[str]) -> None:
        """Mask `words` in every table, and blank the payloads that hold them."""
        pattern = re.compile(
            "|".join(r"\s+".join(map(re.escape, w.split())) for w in sorted(words, key=len, reverse=True)),
            re.IGNORECASE,
        )
        self._words = pattern
        touched: dict[str, set[Any]] = {}
        found = list(cells(self.connection, self.metadata))
        log = [
            int(row) for table, row, _c, cell in found if table == "event_payloads" and pattern.search(cell)
        ]
        for table, row, column, cell in found:
            if table in {"event_payloads", "events"}:
                if table == "events" and pattern.search(cell):
                    self.done.fixed.append(_("event {seq}: {field}").format(seq=row, field=column))
                continue
            if pattern.search(cell) or pattern.search(_unescaped(cell)):
                self._mask_cell(self.metadata.tables[table], row, column, cell, pattern)
                touched.setdefault(table, set()).add(row)
        self._state_anew(touched)
        self.blank(log)

    def _mask_cell(self, table: Table, row: Any, column: str, cell: str, pattern: re.Pattern[str]) -> None:
        key = table.primary_key.columns.values()[0]
        if table.name in _LAYERS:
            self._require_unchanged(table, row)
        masked: Any
        if isinstance(table.c[column].type, Json):
            masked = written(_masked(json.loads(cell), pattern))
        else:
            masked = pattern.sub(MASK, cell)
        self.connection.execute(
            update(table).where(key == row).values({column: type_coerce(masked, NullType)})
        )
        self.done.cells += 1

    def _require_unchanged(self, table: Table, fid: int) -> None:
        batch = self.connection.scalar(select(table.c.batch).where(table.c.fid == fid))
        for number, stored, computed, _blob in digests.stored_rows(self.connection, table, int(batch or 0)):
            if number == fid and stored != computed and fid not in self._at_work.get(table.name, set()):
                raise StoreError(
                    _("{table}: row {row} was changed").format(table=table.name, row=fid),
                    hint=_(
                        "an erasure would hide it: find out first what happened (regularize store verify)"
                    ),
                )
        self._at_work.setdefault(table.name, set()).add(fid)

    def _state_anew(self, touched: Mapping[str, set[Any]]) -> None:
        """Digests of what was masked, for the row, its delivery and the log."""
        batches = self.metadata.tables["batches"]
        stale: set[tuple[str, int]] = set()
        for name, rows in touched.items():
            table = self.metadata.tables[name]
            geopackage.touch(self.connection, table)
            if name in digests.CHANGING_TABLES:
                self._stated |= digests.of_tables(self.connection, self.metadata, name)
            elif name in _LAYERS:
                numbers = self.connection.scalars(
                    select(table.c.batch).where(table.c.fid.in_(rows)).distinct()
                )
                for batch in numbers:
                    self._rows_of(table, int(batch), rows)
                    stale.add(("batch", int(batch)))
            elif name == "batches":
                stale |= {("batch", int(row)) for row in rows}
            else:
                column = table.c["batch"]
                key = table.primary_key.columns.values()[0]
                numbers = self.connection.scalars(select(column).where(key.in_(rows)).distinct())
                stale |= {(name, int(batch)) for batch in numbers}
        if any(name == "batch" for name, _n in stale):
            geopackage.touch(self.connection, batches)
        for name, batch in sorted(stale):
            self._stated[f"{name}:{batch}"] = digests.of_delivery(self.connection, self.metadata, name, batch)

    def _rows_of(self, table: Table, batch: int, rows: set[Any]) -> None:
        """Row digests of a delivery: new for the rows that were masked, as they were for the others."""
        whole, fresh = [], []
        for fid, stored, computed, _blob in digests.stored_rows(self.connection, table, batch):
            whole.append(computed if fid in rows else stored)
            if fid in rows:
                fresh.append({"key": fid, "value": computed})
        by_row = update(table).where(table.c.fid == bindparam("key")).values(digest=bindparam("value"))
        self.connection.execute(by_row, fresh)
        folded = digests.fold(whole)
        batches = self.metadata.tables["batches"]
        self.connection.execute(update(batches).where(batches.c.id == batch).values(row_digest=folded))
        self._stated[f"rows:{batch}"] = folded


_LAYERS = frozenset(layer.name for layer in layers.LAYERS)


def _unescaped(cell: str) -> str:
    return cell.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"') if "\\" in cell else ""


def _masked(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(MASK, value)
    if isinstance(value, Mapping):
        return {pattern.sub(MASK, str(name)): _masked(part, pattern) for name, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, pattern) for part in value]
    return value


class ErasureMethods:
    """The part of the store's facade that erases."""

    _database: database.Database
    _metadata: MetaData

    @contextlib.contextmanager
    def _erasing(self, reason: str, on: date | None, actor: str) -> Iterator[_Work]:
        with self._database.write() as connection:
            yield _Work(connection, self._metadata, reason, on or today(), actor)

    def erase_entry(self, seq: int, reason: str, *, on: date | None = None, actor: str = "") -> Erased:
        """Erase the payload of one entry. Raises ``OptionError`` if there is none."""
        with self._erasing(reason, on, actor) as work:
            work.blank([seq])
            if not work.done.entries:
                raise OptionError(
                    _("event {seq} has no payload to erase").format(seq=seq), hint="regularize case show ID"
                )
            return work.finish("store")

    def erase_home(self, home: str, reason: str, *, on: date | None = None, actor: str = "") -> Erased:
        """Erase the free text that hangs on a home.

        Notes of reviews, evidence of age, objections about the place, and what is known of documents but
        their kind, state and day. Outlines, classes and the fact that something was decided stay.

        Raises
        ------
        OptionError
            If there is no such home, or nothing to erase.
        """
        with self._erasing(reason, on, actor) as work:
            connection, metadata = work.connection, work.metadata
            homes.one(connection, metadata, home)
            table, found = metadata.tables["objections"], metadata.tables["findings"]
            subjects = [f"home:{home}"]
            subjects += [
                f"finding:{id_}" for id_ in connection.scalars(select(found.c.id).where(found.c.home == home))
            ]
            about = {
                (f"case:{row.case}", row.number)
                for row in connection.execute(
                    select(table.c.case, table.c.number).where(table.c.place == home)
                )
            }
            seqs = []
            for event in events.read(connection, metadata):
                said = event.payload or {}
                own = event.subject in subjects and event.type in _BY_PEOPLE
                filed = event.type in {objections.RECEIVED, objections.ANSWERED}
                if own or (filed and (event.subject, said.get("number")) in about):
                    seqs.append(event.seq)
            work.rewrite(table, {"note": "", "answer_note": ""}, table.c.place == home)
            papers = metadata.tables["documents"]
            work.rewrite(papers, {"sha256": None, "place": None}, papers.c.home == home)
            work.blank(seqs)
            return work.finish(f"home:{home}")

    def erase_document(self, number: int, reason: str, *, on: date | None = None, actor: str = "") -> Erased:
        """Erase what is known of a document but its kind, state and day. Raises ``OptionError``."""
        with self._erasing(reason, on, actor) as work:
            document = documents.one(work.connection, work.metadata, number)
            subject = f"home:{document.home}" if document.home is not None else f"case:{document.case}"
            seqs = [
                event.seq
                for event in events.read(work.connection, work.metadata, subject)
                if event.type in {documents.ADDED, documents.CHANGED}
                and (event.payload or {}).get("document") == number
            ]
            papers = work.metadata.tables["documents"]
            work.rewrite(papers, {"sha256": None, "place": None}, papers.c.id == number)
            work.blank(seqs)
            return work.finish(subject)

    def erase_words(
        self, words: Sequence[str], reason: str, *, on: date | None = None, actor: str = ""
    ) -> Erased:
        """Mask `words` wherever they stand, in any case of letters, and blank the payloads that hold them.

        Raises
        ------
        OptionError
            If a text is too short to be told from others.
        StoreError
            If a row that holds one was changed by another program.
        """
        for text in words:
            if len("".join(text.split())) < LEAST_CHARS:
                raise OptionError(
                    _("a text to erase needs at least {n} letters or digits").format(n=LEAST_CHARS),
                    hint=_("write it whole, one on each line"),
                )
        with self._erasing(reason, on, actor) as work:
            work.mask(words)
            return work.finish("store", words=words)

    def sweep(self) -> None:
        """Write the file anew and empty its journal, so that no old page is left.

        Raises
        ------
        StoreError
            If another program has the store open.
        """
        path = self._database.path
        with spoken(path), contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}")
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
            busy, *_pages = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(
                _("erased, but another program keeps old pages of {path} in its journal").format(path=path),
                hint=_("close the layer in QGIS and other commands, and run the same erasure again"),
            )

    def known_texts(self) -> Iterator[tuple[str, str]]:
        """(table.column, text) of every text of the store: for the scan of ``privacy report``."""
        with self._database.read() as connection:
            for table, _row, column, cell in cells(connection, self._metadata):
                yield f"{table}.{column}", cell

    def row_counts(self) -> dict[str, int]:
        """Rows of every table."""
        with self._database.read() as connection:
            return {
                table.name: sum(
                    1 for _row in connection.execute(select(table.primary_key.columns.values()[0]))
                )
                for table in self._metadata.sorted_tables
            }

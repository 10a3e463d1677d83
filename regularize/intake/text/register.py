"""Tables without geometry: rows of a register, joined to stored outlines by their identifier.

A spreadsheet knows what a map does not: ownership, purpose, area by document. Its rows take their
outline from the layer that bears the same identifier, and replace that row in the store; a row that
finds none, or more than one, is set aside. What the table does not say stays as it was stored.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from regularize.countries import Pack
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.columns import Mapped
from regularize.intake.dataset import (
    Dataset,
    Fault,
    LayerInfo,
    OpenLayer,
    Rows,
    digest_of,
    empty_geometries,
)
from regularize.intake.known import Known
from regularize.intake.rows import Ledger
from regularize.intake.sheet import Sheet, read_sheets
from regularize.intake.text.lines import Text, decode, short_names, table
from regularize.intake.text.points import to_number
from regularize.intake.text.words import words
from regularize.layers import COMMON, Layer
from regularize.model import Severity

# An identifier has at least two dots; with one it is a decimal number.
_DOTTED = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){2,4}")
# A column of which fewer cells than this have the form is no column of identifiers.
_MOST_ROWS = 0.5
_LOOKED_AT = 500
_EKATTE_DIGITS = 5
# What belongs to the row of the store or to its outline, not to the table.
_OF_THE_OUTLINE = frozenset({"sigma_m", "source", "origin"})


@dataclass(frozen=True)
class _Record:
    """One row below the header: its cells, and why some have no text."""

    cells: Sequence[str]
    unread: Mapping[int, str]


@dataclass(frozen=True)
class _Table:
    headings: tuple[str, ...]
    records: tuple[_Record, ...]


def key_column(headings: Sequence[str], records: Sequence[Sequence[str]]) -> int | None:
    """The position of the column of identifiers, by its heading or by what stands in it."""
    known = words("headings")["key"]
    plain = [re.sub(r"[\W_]+", " ", name.casefold()).strip() for name in headings]
    named = next((at for at, name in enumerate(plain) if name in known), None)
    if named is not None:
        return named
    best, best_share = None, _MOST_ROWS
    for at in range(len(headings)):
        cells = [row[at].strip() for row in records[:_LOOKED_AT] if at < len(row) and row[at].strip()]
        share = sum(_DOTTED.fullmatch(cell) is not None for cell in cells) / max(len(cells), 1)
        if share > best_share:
            best, best_share = at, share
    return best


def is_register(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table of text has a header, identifiers, and no coordinates."""
    if len(rows) < 2 or any(to_number(cell, comma=True) is not None for cell in rows[0]):
        return False
    plain = {re.sub(r"[\[(].*", "", cell).strip(" .:").casefold().replace(" ", "_") for cell in rows[0]}
    headings = words("headings")
    for pair in (("east", "north"), ("first", "second")):
        if all(plain & set(headings[role]) for role in pair):
            return False
    return key_column(rows[0], rows[1:]) is not None


class RegisterTable(Dataset):
    """A table of a register; each sheet with rows is a layer."""

    reader = "table"

    def __init__(self, path: Path, content: bytes, name: str, *, workbook: bool) -> None:
        self.path = path
        self._content = content
        self._name = name
        self._sheets = read_sheets(path, content) if workbook else None

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        if self._sheets is None:
            return [self.open_layer(self._name, self.encoding).info]
        only = len(self._sheets) == 1
        return [
            LayerInfo(self._name if only else name, "any", len(sheet.rows), None)
            for name, sheet in self._sheets.items()
        ]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        if self._sheets is None:
            text = decode(self.path, self._content, encoding)
            rows = table(self.path, text.text)
            width = len(rows[0])
            records = tuple(_Record(row, _too_wide(row, width)) for row in rows[1:])
            found = _Table(tuple(short_names(rows[0])), records)
            return RegisterLayer(self.path, self._content, self._name, found, text)
        sheet = self._sheets[name] if name in self._sheets else next(iter(self._sheets.values()))
        return RegisterLayer(self.path, self._content, name, _of_sheet(sheet), None)


def _too_wide(row: Sequence[str], width: int) -> Mapping[int, str]:
    return {width: _("the row has more cells than the header")} if any(row[width:]) else {}


def _of_sheet(sheet: Sheet) -> _Table:
    return _Table(
        tuple(short_names(sheet.headings)), tuple(_Record(row.cells, row.unread) for row in sheet.rows)
    )


class RegisterLayer(OpenLayer):
    """Rows of a register, which have a place once they are joined.

    Attributes
    ----------
    brings_news : bool
        Whether a joined row says anything that the stored one does not; known after ``complete``.
    """

    def __init__(self, path: Path, content: bytes, name: str, found: _Table, text: Text | None) -> None:
        self._path = path
        self._content = content
        self._table = found
        self._text = text
        self.fields = found.headings
        self.crs = None
        self.info = LayerInfo(name, "any", len(found.records), None)
        self._stored: GeoDataFrame | None = None
        self._partner: list[int | None] = []
        self._key: str | None = None
        self._pack: Pack | None = None
        self._target: Layer | None = None
        self.brings_news = False

    def digest(self) -> str:
        """See the base class."""
        return digest_of([self._content])

    def join(self, mapped: Mapped, target: Layer, known: Known, pack: Pack) -> Mapped:
        """Hear what to join to; returns the columns with that of the identifier.

        Raises
        ------
        InputError
            If there is no column of identifiers, or nothing is stored to join to.
        """
        key = mapped.sources.get("identifier")
        if key is None:
            at = key_column(self.fields, [record.cells for record in self._table.records])
            key = self.fields[at] if at is not None and self.fields[at] not in mapped.refused else None
        if key is None:
            raise InputError(
                _("{file}: the table has neither geometry nor a column of identifiers").format(
                    file=self._path
                ),
                hint=_("name the column with the cadastral identifiers: identifier"),
            )
        self._stored = known.rows(target.name)
        if self._stored is None:
            raise InputError(
                _("{file}: no {layer} are stored yet that its rows could be joined to").format(
                    file=self._path, layer=target.name
                ),
                hint=_("give the layer first, or both in one command: regularize ingest {words}").format(
                    words=f"{target.origins[0]} {target.kind}.shp {self._path.name} --kind {target.kind}"
                ),
            )
        self.crs = self._stored.crs
        self._key, self._pack, self._target = key, pack, target
        sources = {c: s for c, s in mapped.sources.items() if c not in _OF_THE_OUTLINE and c != "ref"}
        ignored = (name for name in self.fields if name not in {*sources.values(), key})
        return replace(mapped, sources=sources | {"identifier": key}, ignored=tuple(ignored))

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class; geometry is that of the stored partners, in the project's CRS."""
        ledger = Ledger(_("{file}, layer {layer}").format(file=self._path.name, layer=self.info.name))
        records = self._table.records
        places = {name: at for at, name in enumerate(self.fields) if name in columns}
        values: dict[str, Sequence[Any]] = {
            name: [_cell(record, at) for record in records] for name, at in places.items()
        }
        for row, record in enumerate(records):
            for at in (at for at in record.unread if at in places.values()):
                text = _("column {column} is not read: {reason}")
                ledger.warn(
                    row, "TABLE_CELL_UNREAD", text.format(column=self.fields[at], reason=record.unread[at])
                )
        geometries = empty_geometries(len(records))
        faults = self._joined(values, ledger)
        stored = self._stored
        if stored is not None:
            outlines = stored.geometry.array
            for row, partner in enumerate(self._partner):
                if partner is not None:
                    geometries[row] = outlines[partner]
        rows = Rows(geometries, values, faults)
        if self._text is not None:
            rows.encoding = self._text.choice.encoding
            rows.is_judged = self._text.choice.is_judged
            rows.issues += self._text.choice.issues
        rows.issues += ledger.issues
        rows.notes = [_note(self._partner, stored)]
        return rows

    def _joined(self, values: dict[str, Sequence[Any]], ledger: Ledger) -> dict[int, Fault]:
        """Find the partner of each row; what has none is a fault."""
        n = len(self._table.records)
        self._partner = [None] * n
        faults: dict[int, Fault] = {}
        keys = list(values.get(self._key or "", [None] * n))
        stored = self._stored
        if stored is None or self._pack is None:
            return faults
        places: dict[str, list[int]] = {}
        for at, text in enumerate(stored["identifier"].tolist()):
            if text is not None:
                places.setdefault(str(text), []).append(at)
        written = [self._written(key, places) for key in keys]
        times = Counter(text for text in written if text is not None)
        said: dict[str, set[tuple[Any, ...]]] = {}
        others = [name for name in values if name != self._key]
        for row, text in enumerate(written):
            if text is not None:
                said.setdefault(text, set()).add(tuple(values[name][row] for name in others))
        first: set[str] = set()
        for row, text in enumerate(written):
            if len(self.fields) in self._table.records[row].unread:
                faults[row] = Fault("TABLE_ROW_WIDTH", _("it has more values than the table has columns"))
            elif text is None:
                faults[row] = Fault("TABLE_WITHOUT_KEY", _("the row has no identifier to be joined by"))
            elif text not in places:
                faults[row] = Fault(
                    "TABLE_UNMATCHED",
                    _("no stored row of {layer} has its identifier").format(
                        layer=self._target.name if self._target else ""
                    ),
                )
            elif len(places[text]) > 1:
                faults[row] = Fault(
                    "TABLE_AMBIGUOUS",
                    _("{n} stored rows have its identifier: nobody knows which is meant").format(
                        n=len(places[text])
                    ),
                )
            elif times[text] > 1 and len(said[text]) > 1:
                faults[row] = Fault(
                    "TABLE_ROWS_CONTRADICT",
                    _("{n} rows of the table have its identifier and say different things").format(
                        n=times[text]
                    ),
                )
            elif text in first:
                faults[row] = Fault(
                    "TABLE_ROW_REPEATED", _("an earlier row of the table says the same of its identifier")
                )
            else:
                first.add(text)
                self._partner[row] = places[text][0]
                if text != _compact(keys[row], self._pack):
                    remark = _("its settlement lacks leading zeros; it was joined as {padded}")
                    ledger.warn(row, "TABLE_ZEROS_RESTORED", remark.format(padded=text))
        if self._key is not None:
            values[self._key] = [
                key if (partner := self._partner[row]) is None else stored["identifier"].iloc[partner]
                for row, key in enumerate(keys)
            ]
        left = len(stored) - len(first)
        if first and left:
            text = _("{n} of {of} stored rows stand in the table; {left} keep what they had")
            ledger.note(
                "TABLE_COVERS_PART", text.format(n=len(first), of=len(stored), left=left), Severity.INFO
            )
        return faults

    def _written(self, key: Any, places: Mapping[str, list[int]]) -> str | None:
        """The identifier as the store would write it, with zeros that a spreadsheet dropped."""
        compact = _compact(key, self._pack)
        if compact is None or compact in places:
            return compact
        settlement, dot, rest = compact.partition(".")
        padded = f"{settlement.zfill(_EKATTE_DIGITS)}{dot}{rest}"
        return padded if settlement.isdigit() and padded in places else compact

    def complete(self, values: dict[str, list[Any]]) -> None:
        """Fill in, for each joined row, what the table does not say: accuracy, source, other columns.

        No row begins before the one that it replaces, else it would end at once.
        """
        stored, target = self._stored, self._target
        if stored is None or target is None:
            return
        known = {name: stored[name].tolist() for name in stored.columns if name in values}
        own = [column.name for column in target.columns if column.name in known]
        self.brings_news = any(
            values[name][row] is not None and values[name][row] != known[name][partner]
            for row, partner in enumerate(self._partner)
            if partner is not None
            for name in own
        )
        for row, partner in enumerate(self._partner):
            if partner is None:
                continue
            for name in ("sigma_m", "source", "ref"):
                values[name][row] = known[name][partner]
            for column in (*COMMON, *target.columns):
                if column.name in known and column.name in values and values[column.name][row] is None:
                    before = known[column.name][partner]
                    values[column.name][row] = None if pd.isna(before) else before
            values["valid_from"][row] = max(values["valid_from"][row], known["valid_from"][partner])


def _compact(key: Any, pack: Pack | None) -> str | None:
    text = str(key).strip() if key is not None else ""
    if not text:
        return None
    module = pack.identifier if pack is not None else None
    return module.compact(text) if module is not None else text


def _cell(record: _Record, at: int) -> str | None:
    if at in record.unread or at >= len(record.cells):
        return None
    return record.cells[at].strip() or None


def _note(partners: Sequence[int | None], stored: GeoDataFrame | None) -> str:
    """What the batch keeps of the joining; language-neutral."""
    joined = sum(partner is not None for partner in partners)
    return f"joined by identifier: {joined} of {len(partners)} rows to {0 if stored is None else len(stored)}"

"""The attribute table of a shapefile, read by bytes.

Read here and not by the engines because the evidence for the encoding is in the raw bytes, because
MIK is unknown to them, and because only the columns that are asked for are ever decoded: names of
owners in the others stay where they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

_FIXED = 32
_END = 0x0D
_DELETED = ord("*")


class DamagedTableError(ValueError):
    """The header contradicts itself."""


@dataclass(frozen=True)
class Field:
    """One column: raw name, type letter, place in the record, decimals."""

    raw_name: bytes
    kind: str
    start: int
    width: int
    decimals: int


@dataclass(frozen=True)
class Table:
    """A DBF file.

    Parameters
    ----------
    n : int
        Records by the header.
    n_whole : int
        Records that the file holds whole; fewer than `n` when it was cut.
    language_driver : int
        Code page byte of the header.
    """

    n: int
    n_whole: int
    language_driver: int
    fields: tuple[Field, ...]
    _records: NDArray[np.uint8]

    @property
    def deleted(self) -> NDArray[np.intp]:
        """Positions of the records that are marked as deleted."""
        return np.flatnonzero(self._records[:, 0] == _DELETED)

    def raw(self, field: Field) -> list[bytes]:
        """The stripped bytes of a column, one per whole record."""
        part = np.ascontiguousarray(self._records[:, field.start : field.start + field.width])
        return [value.strip(b" \x00") for value in part.view(f"S{field.width}").ravel().tolist()]

    def texts(self) -> Iterator[bytes]:
        """All raw text values that are not plain ASCII, and the column names."""
        for field in self.fields:
            yield field.raw_name
            if field.kind != "C":
                continue
            part = self._records[:, field.start : field.start + field.width]
            marked = np.ascontiguousarray(part[(part >= 0x80).any(axis=1)])
            for value in marked.view(f"S{field.width}").ravel().tolist():
                yield value.strip(b" \x00")


def parse(data: bytes) -> Table:
    """Read header and records.

    Raises
    ------
    DamagedTableError
        If the header is cut or contradicts itself.
    """
    if len(data) < _FIXED + 1:
        raise DamagedTableError("header")
    n = int.from_bytes(data[4:8], "little")
    header = int.from_bytes(data[8:10], "little")
    width = int.from_bytes(data[10:12], "little")
    if header < _FIXED + 1 or width < 1 or header > len(data):
        raise DamagedTableError("header")
    fields: list[Field] = []
    start = 1
    for at in range(_FIXED, header - 1, _FIXED):
        if data[at] == _END or at + _FIXED > header:
            break
        length = data[at + 16]
        decimals = data[at + 17]
        if length < 1 or start + length > width:
            raise DamagedTableError("fields")
        name = data[at : at + 11].split(b"\x00")[0].strip()
        fields.append(Field(name, chr(data[at + 11]), start, length, decimals))
        start += length
    n_whole = min(n, (len(data) - header) // width)
    records = np.frombuffer(data, np.uint8, n_whole * width, header).reshape(n_whole, width)
    return Table(n, n_whole, data[29], tuple(fields), records)


def value_of(raw: str, field: Field) -> str | float | date | None:
    """The value of a decoded field: numbers stay text unless they carry decimals."""
    if not raw or set(raw) == {"*"}:
        return None
    if field.kind == "D":
        try:
            return date(int(raw[:4]), int(raw[4:6]), int(raw[6:8]))
        except ValueError:
            return None if set(raw) == {"0"} else raw
    if field.kind in "NF" and field.decimals:
        try:
            return float(raw.replace(",", "."))
        except ValueError:
            return raw
    return raw

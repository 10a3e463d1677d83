"""Tables with a column of WKT, found by its content."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.dataset import RING_CLOSED, Dataset, Fault, LayerInfo, OpenLayer, crs_name
from regularize.intake.text.delimited import TableLayer
from regularize.intake.text.lines import decode, short_names, table

_TYPES = "POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION"
MARK = re.compile(rf"(?i)\b(?:{_TYPES})\s{{0,4}}(?:Z|M|ZM)?\s{{0,4}}(?:\(|EMPTY)".encode())
# The blanks are bounded: unbounded ones side by side would make a long row of them a trap.
_WKT = re.compile(
    rf"(?:SRID\s{{0,4}}=\s{{0,4}}(\d{{1,6}})\s{{0,4}};\s{{0,4}})?"
    rf"((?:{_TYPES})\s{{0,4}}(?:ZM|Z|M)?\s{{0,4}}(?:\(|EMPTY).*)",
    re.IGNORECASE | re.DOTALL,
)
_MOST_ROWS = 0.5
# Brackets may be nested this deep in WKT; deeper is a trap for the parser.
_MOST_DEPTH = 10


def columns_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """Positions of the columns that hold WKT in most of their values."""
    found = []
    for at in range(len(rows[0])):
        values = [row[at] for row in rows[1:] if at < len(row) and row[at].strip()]
        fitting = sum(_WKT.fullmatch(value.strip()) is not None for value in values)
        if fitting and fitting >= _MOST_ROWS * len(values):
            found.append(at)
    return found


class WktTable(Dataset):
    """A table whose geometry is text; of several such columns each is a layer."""

    reader = "csv-wkt"

    def __init__(self, path: Path, content: bytes, name: str) -> None:
        self.path = path
        self._content = content
        self._name = name

    def _columns(self, wanted: str | None) -> dict[str, int]:
        rows = table(self.path, decode(self.path, self._content, wanted).text)
        places = columns_of(rows)
        if len(places) == 1:
            return {self._name: places[0]}
        names = short_names(rows[0])
        return {names[at]: at for at in places}

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        return [self.open_layer(name, self.encoding).info for name in self._columns(self.encoding)]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        columns = self._columns(encoding)
        text = decode(self.path, self._content, encoding)
        return _WktLayer(self.path, self._content, text, name, columns[name], frozenset(columns.values()))


class _WktLayer(TableLayer):
    def __init__(
        self, path: Path, content: bytes, text: Any, name: str, column: int, hidden: frozenset[int]
    ) -> None:
        super().__init__(path, content, text, name, hidden=hidden)
        self._column = column
        self.crs = self._stated_crs()
        self.placed_by_area = self.crs is None
        self.info = LayerInfo(name, "any", len(self._records), crs_name(self.crs))

    def _stated_crs(self) -> CRS | None:
        """The SRID that all values agree on."""
        codes = set()
        for record in self._records:
            found = _WKT.fullmatch(record[self._column].strip()) if self._column < len(record) else None
            if found is not None:
                codes.add(found.group(1))
        if len(codes) != 1 or None in codes:
            return None
        try:
            return CRS.from_epsg(int(codes.pop()))
        except CRSError:
            return None

    def _geometry(self, record: Sequence[str]) -> Any:
        value = record[self._column] if self._column < len(record) else ""
        if not value.strip():
            return None
        found = _WKT.fullmatch(value.strip())
        if found is None or _depth(value) > _MOST_DEPTH:
            return Fault("WKT_UNREADABLE", _("its WKT cannot be read"))
        try:
            with np.errstate(invalid="ignore"):
                return shapely.from_wkt(found.group(2))
        except (shapely.errors.ShapelyError, ValueError):
            with np.errstate(invalid="ignore"):
                geometry = bulk.closed(found.group(2))
            if geometry is not None:
                return geometry, RING_CLOSED
            return Fault("WKT_UNREADABLE", _("its WKT cannot be read"))


def _depth(text: str) -> int:
    depth = most = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        most = max(most, depth)
    return most

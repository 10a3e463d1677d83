"""Tables with a header as layers: what WKT tables and field forms have in common."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regularize.i18n import translate as _
from regularize.intake.dataset import Fault, LayerInfo, OpenLayer, Rows, digest_of, empty_geometries
from regularize.intake.rows import Ledger
from regularize.intake.text.lines import Text, short_names, table


class TableLayer(OpenLayer):
    """One column of geometry in a table, and the columns beside it.

    Parameters
    ----------
    hidden : set of int
        Positions of columns that are not offered as values.
    rows : sequence of int
        Positions of the rows, below the header, that are features of this layer.
    """

    def __init__(
        self,
        path: Path,
        content: bytes,
        text: Text,
        name: str,
        *,
        hidden: frozenset[int],
        rows: Sequence[int] | None = None,
    ) -> None:
        self._path = path
        self._content = content
        self._text = text
        records = table(path, text.text)
        self._width = len(records[0])
        every = records[1:]
        self._records = every if rows is None else [every[at] for at in rows]
        names = short_names(records[0])
        self._places = {each: at for at, each in enumerate(names) if at not in hidden}
        self.fields = tuple(self._places)
        self.info = LayerInfo(name, "any", len(self._records), None)

    def digest(self) -> str:
        """See the base class."""
        return digest_of([self._content])

    @abstractmethod
    def _geometry(self, record: Sequence[str]) -> Any:
        """A geometry, None, a Fault, or a geometry with the fault that was mended in it."""

    def _own(self, values: dict[str, Sequence[Any]], ledger: Ledger) -> None:
        """Columns that the reader fills itself."""

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        n = len(self._records)
        ledger = Ledger(_("{file}, layer {layer}").format(file=self._path.name, layer=self.info.name))
        geometries = empty_geometries(n)
        faults: dict[int, Fault] = {}
        for row, record in enumerate(self._records):
            if len(record) > self._width:
                # A separator inside a value: nobody knows any more which value is whose.
                faults[row] = Fault("TABLE_ROW_WIDTH", _("it has more values than the table has columns"))
                continue
            geometry = self._geometry(record)
            if isinstance(geometry, Fault):
                faults[row] = geometry
            elif isinstance(geometry, tuple):
                geometries[row], faults[row] = geometry
            else:
                geometries[row] = geometry
        values: dict[str, Sequence[Any]] = {
            name: [
                (record[at].strip() or None)
                if at < len(record) and (row not in faults or faults[row].mended)
                else None
                for row, record in enumerate(self._records)
            ]
            for name, at in self._places.items()
            if name in columns
        }
        self._own(values, ledger)
        values = {name: values[name] for name in columns if name in values}
        rows = Rows(
            geometries,
            values,
            faults,
            encoding=self._text.choice.encoding,
            is_judged=self._text.choice.is_judged,
        )
        rows.issues = [*self._text.choice.issues, *ledger.issues]
        return rows

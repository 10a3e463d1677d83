"""FlatGeobuf, in bulk by pyogrio: how many rows there are stands in its header."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyproj.exceptions import CRSError

from regularize import gdal_guard  # noqa: F401 first, before the engine
from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.crs import named
from regularize.intake.dataset import (
    Dataset,
    Fault,
    LayerInfo,
    OpenLayer,
    Rows,
    crs_name,
    digest_of,
    empty_geometries,
)
from regularize.layers import Family

_FAMILIES: tuple[tuple[str, Family], ...] = (("Polygon", "polygon"), ("Line", "line"), ("Point", "point"))
# pyogrio's own errors derive from RuntimeError.
_GIVES_UP = (RuntimeError, ValueError, IndexError)


class FlatGeobuf(Dataset):
    """A FlatGeobuf file; it holds one layer."""

    reader = "flatgeobuf"

    def __init__(self, path: Path, content: bytes, name: str) -> None:
        self.path = path
        self._layer = _Layer(path, content, name)

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        return [self._layer.info]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:  # noqa: ARG002 text is UTF-8
        """See the base class."""
        return self._layer


class _Layer(OpenLayer):
    def __init__(self, path: Path, content: bytes, name: str) -> None:
        import pyogrio

        self._path = path
        self._content = content
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                info = pyogrio.read_info(content)
            except (*_GIVES_UP, UnicodeDecodeError) as error:
                raise bulk.unreadable(path, error) from error
        try:
            self.crs = named(info["crs"]) if info["crs"] else None
        except CRSError as error:
            raise bulk.unreadable(path, _("it describes no coordinate system")) from error
        kind = str(info["geometry_type"] or "")
        family: Family = next((family for word, family in _FAMILIES if word in kind), "any")
        self.fields = tuple(info["fields"].tolist())
        self.info = LayerInfo(name, family, max(int(info["features"]), 0), crs_name(self.crs))

    def digest(self) -> str:
        """See the base class."""
        return digest_of([self._content])

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        import pyogrio.raw

        n = self.info.n
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is seen in the rows
            try:
                meta, _fids, blobs, fields = pyogrio.raw.read(self._content, columns=list(columns))
            except (*_GIVES_UP, UnicodeDecodeError) as error:
                raise bulk.unreadable(self._path, error) from error
        names = meta["fields"].tolist()
        found = len(blobs) if blobs is not None else 0
        rows = Rows(empty_geometries(n), {}, encoding="utf-8")
        if found:
            geometries, faults = bulk.from_wkb(blobs)
            rows.geometries[: min(found, n)] = geometries[:n]
            rows.faults.update({row: fault for row, fault in faults.items() if row < n})
        missing = Fault("TRUNCATED", _("the file ends before this row does"))
        rows.faults.update(dict.fromkeys(range(found, n), missing))
        for name, column in zip(names, fields, strict=True):
            values: list[Any] = bulk.python_values(column)[:n]
            rows.values[name] = values + [None] * (n - len(values))
        return rows

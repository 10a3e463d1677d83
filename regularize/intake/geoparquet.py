"""GeoParquet by pyarrow, which is an extra: how many rows there are stands in its footer."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pyproj.exceptions import CRSError

from regularize.errors import InputError, MissingExtraError
from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.crs import named
from regularize.intake.dataset import Dataset, LayerInfo, OpenLayer, Rows, crs_name, digest_of
from regularize.layers import Family

MAX_ROWS = 20_000_000
_FAMILIES: tuple[tuple[str, Family], ...] = (("Polygon", "polygon"), ("Line", "line"), ("Point", "point"))


class GeoParquet(Dataset):
    """A GeoParquet file; it holds one layer.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    """

    reader = "geoparquet"

    def __init__(self, path: Path, content: bytes, name: str) -> None:
        try:
            import pyarrow.parquet  # noqa: F401 only whether it is there
        except ImportError as error:
            raise MissingExtraError(
                _("{file} is GeoParquet: the part of the program that reads it is not installed").format(
                    file=path
                ),
                hint='pip install "regularize[parquet]"',
            ) from error
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
        import pyarrow
        import pyarrow.parquet

        self._path = path
        self._content = content
        self._broken = (pyarrow.ArrowException, OSError, ValueError, KeyError)
        try:
            self._file = pyarrow.parquet.ParquetFile(BytesIO(content))
            footer = self._file.metadata
            names = self._file.schema_arrow.names
        except self._broken as error:
            raise bulk.unreadable(path, error) from error
        self._geometry, about = _geometry_column(path, footer.metadata or {}, names)
        try:
            # By its standard: without a word longitude and latitude; with an empty one, not known.
            text = about.get("crs", "OGC:CRS84")
            self.crs = None if text is None else named(text)
        except CRSError as error:
            raise bulk.unreadable(path, _("it describes no coordinate system")) from error
        stated = about.get("geometry_types")
        kinds = {str(kind).removesuffix(" Z") for kind in (stated if isinstance(stated, list) else ())}
        families = {next((f for word, f in _FAMILIES if word in kind), "any") for kind in kinds}
        family: Family = families.pop() if len(families) == 1 else "any"  # type: ignore[assignment]  # of _FAMILIES
        self.fields = tuple(column for column in names if column != self._geometry)
        if footer.num_rows > MAX_ROWS:
            raise bulk.unreadable(path, _("it has more than {n} rows").format(n=MAX_ROWS))
        self.info = LayerInfo(name, family, footer.num_rows, crs_name(self.crs))

    def digest(self) -> str:
        """See the base class."""
        return digest_of([self._content])

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        try:
            table = self._file.read(columns=[self._geometry, *columns])
            lists = {name: _listed(table.column(name)) for name in table.column_names}
        except self._broken as error:
            raise bulk.unreadable(self._path, error) from error
        if any(len(values) != self.info.n for values in lists.values()):
            raise bulk.unreadable(self._path, _("its columns are of different lengths"))
        blobs = np.empty(self.info.n, dtype=object)
        blobs[:] = [value if isinstance(value, bytes) else None for value in lists[self._geometry]]
        geometries, faults = bulk.from_wkb(blobs)
        values: dict[str, Sequence[Any]] = {
            name: [_plain(value) for value in lists[name]] for name in columns
        }
        return Rows(geometries, values, faults, encoding="utf-8")


def _geometry_column(
    path: Path, metadata: dict[bytes, bytes], names: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """The column of geometry and what the file says about it."""
    try:
        geo = json.loads(metadata[b"geo"])
        name = geo["primary_column"]
        about = geo["columns"][name]
        encoding = about["encoding"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(
            _("{file} is a table without geometry").format(file=path),
            hint=_("export the layer as GeoPackage (QGIS: Export > Save Features As) and give that file"),
        ) from error
    if encoding != "WKB" or name not in names:
        raise InputError(
            _("{file}: its geometry is encoded as {encoding}, which is not read").format(
                file=path, encoding=encoding
            ),
            hint=_("export the layer as GeoPackage (QGIS: Export > Save Features As) and give that file"),
        )
    return name, about


def _listed(column: Any) -> list[Any]:
    """The values of a column; a day that no calendar has is the number that stands for it."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [_one(value) for value in column]


def _one(value: Any) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return str(getattr(value, "value", value))


def _plain(value: Any) -> Any:
    """Lists and structures as JSON text, as for GeoJSON; everything else as it is."""
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value

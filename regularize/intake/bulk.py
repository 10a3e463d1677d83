"""Geometry in bulk by pyogrio, and feature by feature by fiona where that fails.

pyogrio is many times faster, but it gives up a whole file for one broken feature; fiona can be
asked for one feature after the other, and names the one that cannot be read.
"""

import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from regularize import gdal_guard  # noqa: F401 first, before the engines
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.dataset import RING_CLOSED, Fault, empty_geometries

Geometries = NDArray[Any]
# pyogrio's own errors derive from RuntimeError; IndexError is what a file without layers gives.
_PYOGRIO_GIVES_UP = (RuntimeError, ValueError, IndexError)


def unreadable(path: Path, reason: object) -> InputError:
    """The error for a file that no engine can open."""
    return InputError(
        _("{file} cannot be read: {reason}").format(file=path, reason=str(reason).split("\n")[0]),
        hint=_("ask the sender for the file again, best as GeoPackage"),
    )


def unreadable_geometry(error: Exception) -> str:
    """What to say of a geometry that an engine refuses."""
    return _("the geometry cannot be read ({reason})").format(reason=str(error).split("\n")[0])


def from_wkb(blobs: NDArray[Any]) -> tuple[Geometries, dict[int, Fault]]:
    """Geometries of raw WKB; what is no geometry becomes a fault that keeps its bytes.

    Rings that are only not closed are closed, and said.
    """
    geometries = shapely.from_wkb(blobs, on_invalid="ignore")
    faults: dict[int, Fault] = {}
    for row in np.flatnonzero(shapely.is_missing(geometries)).tolist():
        if blobs[row] is None:
            continue
        try:
            shapely.from_wkb(blobs[row], on_invalid="raise")
        except shapely.errors.ShapelyError as error:
            geometries[row] = closed(blobs[row])
            faults[row] = RING_CLOSED
            if geometries[row] is None:
                faults[row] = Fault("UNREADABLE_GEOMETRY", unreadable_geometry(error), bytes(blobs[row]))
    return geometries, faults


def closed(raw: bytes | str) -> Any:
    """The geometry of WKB or WKT whose rings are closed where they are open; None if that is not all."""
    parse: Any = shapely.from_wkt if isinstance(raw, str) else shapely.from_wkb
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parse([raw], on_invalid="fix")[0]
        except (shapely.errors.ShapelyError, ValueError):
            return None


def read_archive(path: Path, archive: bytes, n: int) -> tuple[Geometries, dict[int, Fault]]:
    """The `n` geometries of a shapefile in a zip held in memory.

    Raises
    ------
    InputError
        If neither engine can open it.
    """
    import pyogrio.errors
    import pyogrio.raw

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters is seen in the rows
        try:
            _meta, fids, blobs, _fields = pyogrio.raw.read(archive, columns=[], return_fids=True)
        except _PYOGRIO_GIVES_UP:
            return one_by_one(path, archive, n)
    geometries = empty_geometries(n)
    inside = fids < n
    found, faults = from_wkb(blobs[inside])
    rows = fids[inside]
    geometries[rows] = found
    return geometries, {int(rows[position]): fault for position, fault in faults.items()}


def one_by_one(path: Path, archive: bytes, n: int) -> tuple[Geometries, dict[int, Fault]]:
    """The same by fiona, one feature after the other: what it refuses becomes a fault.

    Raises
    ------
    InputError
        If the file as a whole cannot be opened.
    """
    import fiona
    import fiona.errors
    from fiona.io import ZipMemoryFile

    geometries = empty_geometries(n)
    faults: dict[int, Fault] = {}
    broken = (fiona.errors.FionaError, shapely.errors.ShapelyError, LookupError, ValueError)
    try:
        with ZipMemoryFile(archive) as memory, memory.open("layer.shp") as collection:
            for row in range(n):
                try:
                    feature = collection[row]
                    if feature.geometry is not None:
                        geometries[row] = shapely.geometry.shape(feature.geometry)
                except broken as error:
                    faults[row] = Fault("UNREADABLE_GEOMETRY", unreadable_geometry(error))
    except fiona.errors.FionaError as error:
        raise unreadable(path, error) from error
    return geometries, faults


def read_table(
    path: Path, source: Path | bytes, layer: str, columns: Sequence[str]
) -> tuple[NDArray[np.int64], Geometries, dict[int, Fault], dict[str, NDArray[Any]]]:
    """Row ids, geometries, faults and columns of one layer of a GeoPackage, read-only.

    Raises
    ------
    UnicodeDecodeError
        If text is not UTF-8: the caller knows what to do.
    InputError
        If the engine cannot open it; a broken geometry alone is a fault of its row.
    """
    import pyogrio.raw

    options = {"IMMUTABLE": "YES", "LIST_ALL_TABLES": "NO"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            meta, fids, blobs, fields = pyogrio.raw.read(
                source, layer=layer, columns=list(columns), return_fids=True, **options
            )
        except UnicodeDecodeError:
            raise
        except _PYOGRIO_GIVES_UP as error:
            raise unreadable(path, error) from error
    geometries, faults = from_wkb(blobs) if blobs is not None else (empty_geometries(len(fids)), {})
    return fids, geometries, faults, dict(zip(meta["fields"].tolist(), fields, strict=True))


def python_values(column: NDArray[Any]) -> list[Any]:
    """Values of an engine's column as Python's own: dates without time, None for nothing."""
    if column.dtype.kind == "M":
        days = column.astype("datetime64[D]").tolist()
        return [day if isinstance(day, date) else None for day in days]
    if column.dtype.kind == "f":
        return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 NaN
    return column.tolist()  # type: ignore[no-any-return]  # numpy's stub says Any

"""Small sources, written by the engines that municipalities' programs use."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regularize import (
    gdal_guard,  # noqa: F401 first, before any engine
    intake,
)

UTM = "EPSG:25830"
BG = "EPSG:7801"


def square(x: float = 0, y: float = 0, side: float = 10) -> Any:
    """A square house near Ceuta, in EPSG:25830."""
    from shapely import box

    return box(288_000 + x, 3_974_000 + y, 288_000 + x + side, 3_974_000 + y + side)


def write(
    path: Path,
    geometries: Sequence[Any],
    *,
    crs: str | None = UTM,
    layer: str | None = None,
    **columns: Sequence[Any],
) -> Path:
    """A file of `geometries` and `columns` in the format of its ending."""
    import warnings

    from geopandas import GeoDataFrame

    frame = GeoDataFrame(dict(columns), geometry=list(geometries), crs=crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(
            path, layer=layer, engine="pyogrio", **({"encoding": "utf-8"} if path.suffix == ".shp" else {})
        )
    return path


def dbf_bytes(
    fields: Mapping[str, Sequence[str]], *, encoding: str, language_driver: int = 0, width: int = 40
) -> bytes:
    """A DBF file whose text and column names are in `encoding`."""
    names = list(fields)
    n = len(fields[names[0]]) if names else 0
    header = bytearray(32 + 32 * len(names) + 1)
    header[0] = 3
    header[1:4] = bytes((125, 1, 1))
    header[4:8] = n.to_bytes(4, "little")
    header[8:10] = len(header).to_bytes(2, "little")
    header[10:12] = (1 + width * len(names)).to_bytes(2, "little")
    header[29] = language_driver
    for at, name in enumerate(names):
        start = 32 + 32 * at
        raw = name.encode(encoding)[:10]
        header[start : start + len(raw)] = raw
        header[start + 11] = ord("C")
        header[start + 16] = width
    header[-1] = 0x0D
    rows = b"".join(
        b" " + b"".join(fields[name][row].encode(encoding)[:width].ljust(width) for name in names)
        for row in range(n)
    )
    return bytes(header) + rows + b"\x1a"


def codes(delivery: intake.Delivery) -> list[str]:
    """Codes of the issues, in order."""
    return [issue.code for issue in delivery.issues]


def folder_state(folder: Path) -> dict[str, str]:
    """What lies in a folder: names and content."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }

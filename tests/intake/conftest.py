"""Small sources, written by the engines that municipalities' programs use."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from regularize import (
    gdal_guard,  # noqa: F401 first, before any engine
    i18n,
    intake,
)
from regularize.countries import Pack, load

UTM = "EPSG:25830"
BG = "EPSG:7801"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    i18n.use("en")


@pytest.fixture
def generic() -> Pack:
    return load("generic")


@pytest.fixture
def bg() -> Pack:
    return load("bg")


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


@pytest.fixture
def agency_shapefile(tmp_path: Path) -> Callable[..., Path]:
    """A shapefile as agencies deliver it: one-byte Cyrillic, often without a word about it."""

    def build(
        fields: Mapping[str, Sequence[str]],
        *,
        encoding: str = "cp1251",
        cpg: str | None = None,
        language_driver: int = 0,
    ) -> Path:
        n = len(next(iter(fields.values())))
        path = write(tmp_path / "buildings.shp", [square(20 * at) for at in range(n)], ref=["x"] * n)
        path.with_suffix(".cpg").unlink()
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
        path.with_suffix(".dbf").write_bytes(
            dbf_bytes(fields, encoding=encoding, language_driver=language_driver)
        )
        return path

    return build


@pytest.fixture
def read(generic: Pack) -> Callable[..., intake.Delivery]:
    """``intake.read`` as for a survey of buildings in the generic pack."""

    def call(path: Path, **options: Any) -> intake.Delivery:
        given = {
            "origin": "survey",
            "kind": "buildings",
            "layer": None,
            "project_crs": UTM,
            "extent": None,
            "pack": generic,
        }
        delivery = intake.read(path, **{**given, **options})
        assert delivery.source.n_read == len(delivery.frame) + len(delivery.quarantine)
        features = sorted([*delivery.frame["feature"].tolist(), *(q.feature for q in delivery.quarantine)])
        assert features == list(range(delivery.source.n_read))
        return delivery

    return call


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

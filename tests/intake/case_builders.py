"""Cases that a small text file cannot carry: cut, mis-encoded and generated sources.

Each builder writes the failing or the passing source of its code and returns its path with the
options of reading.
"""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from small_grids import LOCAL, ntv2, to_local
from small_sources import BG, dbf_bytes, write

Options = dict[str, Any]
Builder = Callable[[Path, bool], tuple[Path, Options]]
AT = np.array([500_000.0, 4_700_000.0])


def house(x: float = 0.0, side: float = 10.0) -> Any:
    return shapely.box(AT[0] + x, AT[1], AT[0] + x + side, AT[1] + side)


def houses(path: Path, n: int = 4, **columns: Any) -> Path:
    return write(path, [house(20 * k) for k in range(n)], crs=BG, **(columns or {"ref": ["x"] * n}))


def cut(folder: Path, fails: bool) -> tuple[Path, Options]:
    path = houses(folder / "b.shp")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - (150 if fails else 0)])
    return path, {}


def deleted(folder: Path, fails: bool) -> tuple[Path, Options]:
    path = houses(folder / "b.shp")
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    start = int.from_bytes(content[8:10], "little")
    content[start : start + 1] = b"*" if fails else b" "
    table.write_bytes(bytes(content))
    return path, {}


def contradicted(folder: Path, fails: bool) -> tuple[Path, Options]:
    path = houses(folder / "b.shp", 2)
    names = ["Кирпичена къща с навес", "Паянтова постройка до оградата"]
    path.with_suffix(".dbf").write_bytes(dbf_bytes({"ref": names}, encoding="cp1251", width=60))
    path.with_suffix(".cpg").write_text("UTF-8" if fails else "1251", encoding="ascii")
    return path, {}


def cut_text(folder: Path, fails: bool) -> tuple[Path, Options]:
    """The letters take two bytes each, so that a field of an odd width cuts one of them."""
    path = houses(folder / "b.shp", 2)
    table = dbf_bytes({"ref": ["Здравец", "Крайречна"]}, encoding="utf-8", width=15 if fails else 18)
    path.with_suffix(".dbf").write_bytes(table)
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    return path, {}


def unplaced(folder: Path, fails: bool) -> tuple[Path, Options]:
    path = houses(folder / "b.shp")
    if fails:
        path.with_suffix(".prj").unlink()
    return path, {"crs_option": BG}


def package(sql: str) -> Builder:
    def build(folder: Path, fails: bool) -> tuple[Path, Options]:
        import sqlite3

        path = houses(folder / "b.gpkg")
        with sqlite3.connect(path) as database:
            if fails:
                database.executescript(sql)
        database.close()
        return path, {}

    return build


VIEW = (
    "CREATE VIEW seen AS SELECT * FROM b;"
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
    "SELECT 'seen', data_type, 'seen', srs_id FROM gpkg_contents WHERE table_name = 'b';"
)
TRIGGER = "CREATE TRIGGER eats AFTER INSERT ON b BEGIN DELETE FROM b; END;"


def bomb(folder: Path, fails: bool) -> tuple[Path, Options]:
    points = np.random.default_rng(5).random((3000, 2)) * 20 + AT
    shapes = [house(100), shapely.polygons(points) if fails else house(200)]
    return write(folder / "b.gpkg", shapes, crs=BG, ref=["a", "b"]), {}


def local(far: bool) -> Builder:
    """A local system: turned, moved, with numbers of its own; points near or far."""

    def build(folder: Path, fails: bool) -> tuple[Path, Options]:
        def to_local(target: Any) -> Any:
            turn = np.radians(0.8)
            matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            return (np.asarray(target) - AT) @ matrix + 9_000.0

        away = 5_000.0 if far and fails else 0.0
        target = AT + away + np.array([[0, 0], [900, 40], [870, 800], [30, 760], [400, 500]])
        both = np.column_stack([to_local(target), target])
        rows = "\n".join(",".join(f"{value:.3f}" for value in row) for row in both)
        points = folder / "identical points.csv"
        points.write_text(f"x_source,y_source,x_target,y_target\n{rows}\n", encoding="utf-8")
        if not far and not fails:
            return houses(folder / "b.gpkg"), {}
        shapes = [shapely.transform(house(20 * k), to_local) for k in range(4)]
        path = write(folder / "b.shp", shapes, crs=None, ref=["x"] * 4)
        return path, {"control_points": points}

    return build


def by_grid(folder: Path, fails: bool) -> tuple[Path, Options]:
    if not fails:
        return houses(folder / "b.gpkg"), {}
    grid = folder / "grid.gsb"
    grid.write_bytes(ntv2())
    path = write(folder / "b.shp", [shapely.transform(house(), to_local)], crs=None, ref=["x"])
    return path, {"grid": grid, "crs_option": LOCAL}


def formula(folder: Path, fails: bool) -> tuple[Path, Options]:
    """A register whose area is computed by the spreadsheet; joined to one stored parcel."""
    import openpyxl
    from geopandas import GeoDataFrame

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Идентификатор", "Площ"])
    sheet.append(["00990.501.1", "=20*20" if fails else 400])
    book.save(folder / "register.xlsx")
    stored = GeoDataFrame(
        {
            "identifier": ["00990.501.1"],
            "ref": ["00990.501.1"],
            "source": ["cadastre"],
            "sigma_m": [0.2],
            "valid_from": [date(2024, 5, 1)],
        },
        geometry=[house(side=20.0)],
        crs=BG,
    )
    return folder / "register.xlsx", {
        "origin": "cadastre",
        "kind": "parcels",
        "stored": {"parcels": stored}.get,
    }


def packed(folder: Path, fails: bool) -> tuple[Path, Options]:
    """A map in an archive, with or without a table beside it."""
    houses(folder / "b.shp")
    path = folder / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.glob("b.*")):
            if file != path:
                archive.write(file, file.name)
        archive.writestr("прочети ме.txt", "Две думи за доставката.")
        if fails:
            archive.writestr("регистър.csv", "Идентификатор;НТП\n00990.501.1;1000\n")
    return path, {}


BUILDERS: dict[str, Builder] = {
    "TRUNCATED": cut,
    "FILE_TRUNCATED": cut,
    "DELETED_RECORD": deleted,
    "ENCODING_CONTRADICTED": contradicted,
    "TRUNCATED_TEXT": cut_text,
    "MISSING_SIDE_FILE": unplaced,
    "GPKG_VIEW_REFUSED": package(VIEW),
    "GPKG_TRIGGER_IGNORED": package(TRIGGER),
    "TOO_COMPLEX": bomb,
    "CONTROL_POINTS_USED": local(far=False),
    "CONTROL_POINTS_FAR": local(far=True),
    "GRID_USED": by_grid,
    "TABLE_CELL_UNREAD": formula,
    "ARCHIVE_MEMBER_LEFT": packed,
}

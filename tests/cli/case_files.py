"""A project with parcels, a plan part and an area, on which the tests of cases run."""

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import box

from regularize import i18n
from regularize.cli import main

CRS = "EPSG:7801"
E, N = 560_000.0, 4_720_000.0
PARCELS = {
    "00990.501.1": box(E, N, E + 40, N + 40),
    "00990.501.2": box(E + 40, N, E + 80, N + 40),
    "00990.501.3": box(E + 80, N, E + 120, N + 40),
    "00990.501.9": box(E + 300, N, E + 340, N + 40),
}
PART = box(E, N, E + 80, N + 40)

CASE = (
    "detailed_plan",
    *("--title", "ПРЗ за част 1", "--date", "2026-02-01", "--fact", "scope=state_gazette"),
)


def write(path: Path, geometries: list[Any], **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=geometries, crs=CRS).to_file(path, driver="GPKG", engine="pyogrio")
    return path


def furnish(project: Path, folder: Path) -> None:
    """A project with parcels, plan part "Част 1", areas "Изток" (holds it) and "Запад", case C-1."""
    parcels = write(
        folder / "p.gpkg", list(PARCELS.values()), identifier=list(PARCELS), sigma_m=[0.1] * len(PARCELS)
    )
    parts = write(folder / "c.gpkg", [PART], name=["Част 1"], plan_kind=["PRZ"])
    areas = write(
        folder / "a.gpkg",
        [box(E - 10, N - 10, E + 200, N + 60), box(E - 500, N, E - 300, N + 60)],
        name=["Изток", "Запад"],
    )
    houses = write(
        folder / "h.gpkg",
        [box(E + 5, N + 5, E + 15, N + 15), box(E + 200, N + 5, E + 210, N + 15)],
        ref=["S-1", "S-2"],
        dwellings=[2, 1],
    )
    assert said("init", project, "--municipality", "Примерна", "--language", "en") == 0
    for origin, path, kind in (
        ("cadastre", parcels, "parcels"),
        ("plan", parts, "plan_parts"),
        ("plan", areas, "areas"),
        ("survey", houses, "buildings"),
    ):
        options = ("--kind", kind, "--date", "2026-01-05", "--sigma", "0.1")
        assert said("-p", project, "ingest", origin, path, *options) == 0
    assert said("-p", project, "case", "open", *CASE, "--part", "Част 1") == 0
    i18n.use("en")


def said(*words: object) -> int:
    return main(["--lang", "en", *map(str, words)])

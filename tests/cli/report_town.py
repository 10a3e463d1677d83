"""A small town with homes, two areas, a plan part and a case: for the tests of reports and indicators."""

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import box

from regularize import i18n
from regularize.cli import main

E, N = 560_000.0, 4_720_000.0
STEP_M = 30.0
COLUMNS = 10


def write(path: Path, geometries: list[Any], crs: str, **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=geometries, crs=crs).to_file(path, driver="GPKG", engine="pyogrio")
    return path


def plot(i: int, east: float, north: float) -> Any:
    x, y = east + STEP_M * (i % COLUMNS), north + STEP_M * (i // COLUMNS)
    return box(x, y, x + 24, y + 24)


def furnish(
    project: Path,
    folder: Path,
    *,
    houses: int = 70,
    known: range = range(40, 70),
    identifiers: range | None = None,
    country: str = "bg",
    crs: str = "EPSG:7801",
    origin: tuple[float, float] = (E, N),
    detect: bool = True,
) -> Path:
    """`houses` surveyed houses, each on its plot; those of `known` stand in the cadastre too.

    The cadastre numbers its buildings ``00990.501.<i>.1`` for i in `identifiers` (default: `known`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    east, north = origin
    plots = [plot(i, east, north) for i in range(houses)]
    bodies = [box(p.bounds[0] + 4, p.bounds[1] + 4, p.bounds[0] + 14, p.bounds[1] + 13) for p in plots]
    numbers = list(identifiers or known)
    rows = (houses + COLUMNS - 1) // COLUMNS
    middle, width = north + STEP_M * (rows // 2), STEP_M * COLUMNS
    west = box(east - 5, north - 5, east + width, middle - 3)
    rest = box(east - 5, middle - 3, east + width, north + STEP_M * rows)
    data = [
        ("cadastre", "parcels", [p for i, p in enumerate(plots) if i in known],
         {"identifier": [f"00990.501.{n}" for n in numbers]}),
        ("cadastre", "buildings", [b for i, b in enumerate(bodies) if i in known],
         {"identifier": [f"00990.501.{n}.1" for n in numbers]}),
        ("survey", "buildings", bodies,
         {"ref": [f"S-{i}" for i in range(houses)], "dwellings": [1] * houses}),
        ("survey", "plots", plots, {"ref": [f"P-{i}" for i in range(houses)]}),
        ("plan", "areas", [west, rest], {"name": ["Запад", "Изток"]}),
        ("plan", "plan_parts", [west], {"name": ["Част 1"], "plan_kind": ["PRZ"]}),
    ]  # fmt: skip
    options = ["--municipality", f"Община {project.name}", "--language", "en", "--country", country]
    assert said("init", project, *options, "--crs", crs) == 0
    for source, kind, geometries, columns in data:
        if geometries:
            path = write(folder / f"{source}-{kind}.gpkg", geometries, crs, **columns)
            more = ("--kind", kind, "--date", "2026-01-05", "--sigma", "0.05")
            assert said("-p", project, "ingest", source, path, *more) == 0, kind
    if detect:
        assert said("-p", project, "detect") == 0
    if country == "bg":
        opened = ("--title", "ПРЗ за част 1", "--date", "2026-02-01", "--fact", "scope=state_gazette")
        assert said("-p", project, "case", "open", "detailed_plan", *opened, "--part", "Част 1") == 0
        for day, people, kind in (("2026-03-02", 35, "meeting"), ("2026-06-15", 4, "outreach")):
            told = ("--kind", kind, "--date", day, "--people", people, "--area", "Изток", "--partner", "ngo")
            assert said("-p", project, "case", "consultation", "C-1", *told) == 0
        for whose in ("--whole", "--whole"):
            told = ("--cause", "boundary", "--date", "2026-04-02", whose)
            assert said("-p", project, "case", "objection", "add", "C-1", *told) == 0
        answer = ("--decision", "rejected", "--date", "2026-05-02")
        assert said("-p", project, "case", "objection", "answer", "C-1", "1", *answer) == 0
    i18n.use("en")
    return project


def said(*words: object) -> int:
    return main(["--lang", "en", "-q", *map(str, words)])

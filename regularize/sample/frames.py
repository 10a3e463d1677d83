"""Tables of the neighbourhood, with the columns of the layer contracts of the program."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Point, Polygon

from regularize.sample.cadastre import Cadastre, PlotFate, prefix_of
from regularize.sample.fabric import Fabric, Street
from regularize.sample.fates import Fate
from regularize.sample.kais import CATEGORIES
from regularize.sample.noise import Placement
from regularize.sample.settings import CRS, EKATTE, Settings
from regularize.sample.shapes import canonical, common_edges, unit

FENCE_TYPES = ("масивна", "полумасивна", "лека", "жив плет")
CONSTRUCTIONS = ("масивна", "полумасивна", "паянтова")
CORNER = "ъгъл на сграда"


@dataclass
class RegisterRow:
    """One row of the buildings of the register, before it becomes a frame."""

    fate: Fate | None
    ref: str
    identifier: str | None
    parcel: int
    outline: Polygon
    area_m2: float
    function_code: str
    storeys: int | None
    dwellings: int | None
    repeated: bool = False


def _frame(
    rows: Sequence[dict[str, Any]], geometry: Sequence[Any], columns: Sequence[str], kept: dict[str, Any]
) -> gpd.GeoDataFrame:
    """A frame with the common columns; `kept` are those that are the same for all rows."""
    names = ("fid", "ref", "identifier", "batch", "origin", "source", "sigma_m", "valid_from", "valid_to")
    data: dict[str, list[Any]] = {name: [] for name in (*names, *columns)}
    for fid, row in enumerate(rows):
        full: dict[str, Any] = {"fid": fid, "batch": 1, **kept, **row}
        for name, values in data.items():
            values.append(full.get(name))
    table = pd.DataFrame({name: _series(name, values) for name, values in data.items()})
    return gpd.GeoDataFrame(table, geometry=list(geometry), crs=CRS)


def _series(name: str, values: list[Any]) -> "pd.Series[Any]":
    if name in {"fid", "batch"}:
        return pd.Series(values, dtype="int64")
    if name.endswith(("_m", "_m2")):
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype="object")


def _cadastre(settings: Settings) -> dict[str, Any]:
    return {
        "origin": "cadastre",
        "source": "КККР",
        "sigma_m": settings.register_sigma_m,
        "valid_from": settings.cadastre_on,
    }


def _surveyed(settings: Settings) -> dict[str, Any]:
    return {
        "origin": "survey",
        "source": "геодезическо заснемане",
        "sigma_m": settings.survey_sigma_m,
        "valid_from": settings.survey_on,
    }


def _planned(origin: str, source: str, on: date) -> dict[str, Any]:
    return {"origin": origin, "source": source, "sigma_m": 0.0, "valid_from": on}


def parcels(
    fabric: Fabric, cadastre: Cadastre, outlines: Sequence[Polygon], settings: Settings
) -> tuple[list[str], gpd.GeoDataFrame]:
    """Identifiers of the parcels, and their frame."""
    counts: dict[int, int] = {}
    refs, rows = [], []
    for parcel, outline in zip(cadastre.parcels, outlines, strict=True):
        quarter = fabric.blocks[parcel.block].quarter
        counts[quarter] = counts.get(quarter, 0) + 1
        ref = f"{EKATTE}.{quarter + 1}.{counts[quarter]}"
        refs.append(ref)
        municipal = cadastre.kinds[parcel.block] == "municipal"
        # Some parcels of people have been municipal private land all along.
        owner = "4" if municipal or counts[quarter] % 7 == 0 else "5"
        rows.append(
            {
                "ref": ref,
                "identifier": ref,
                "ownership_kind": owner,
                "territory_purpose": "1",
                "land_use_code": "1040" if municipal else "1000",
                "area_register_m2": round(outline.area, 2),
            }
        )
    columns = ("ownership_kind", "territory_purpose", "land_use_code", "area_register_m2")
    return refs, _frame(rows, list(outlines), columns, _cadastre(settings))


def register_rows(
    rows: Sequence[tuple[Fate, Polygon, Any]],
    cadastre: Cadastre,
    parcel_refs: Sequence[str],
) -> list[RegisterRow]:
    """Rows of the register, each numbered inside the parcel in which it truly lies."""
    result: list[RegisterRow] = []
    counts: dict[int, int] = {}
    for fate, true, outline in rows:
        parcel = prefix_of(cadastre, fate.body.block, true)
        counts[parcel] = counts.get(parcel, 0) + 1
        ref = f"{parcel_refs[parcel]}.{counts[parcel]}"
        annex = fate.body.kind == "annex"
        result.append(
            RegisterRow(
                fate, ref, ref, parcel, outline, round(outline.area, 2), "180" if annex else "100",
                fate.body.storeys, 0 if annex else fate.body.dwellings,
            )
        )  # fmt: skip
    return result


def register_buildings(rows: Sequence[RegisterRow], settings: Settings) -> gpd.GeoDataFrame:
    """The buildings of the register."""
    data = [
        {
            "ref": row.ref,
            "identifier": row.identifier,
            "function_code": row.function_code,
            "storeys": row.storeys,
            "dwellings": row.dwellings,
            "area_register_m2": row.area_m2,
        }
        for row in rows
    ]
    columns = ("function_code", "construction_code", "storeys", "dwellings", "area_register_m2")
    return _frame(data, [row.outline for row in rows], columns, _cadastre(settings))


def land(cadastre: Cadastre, placement: Placement, settings: Settings) -> gpd.GeoDataFrame:
    """Categories of the land by owner; ``use`` says the use in words."""
    rows = [
        {
            "ref": f"L-{i + 1:02d}",
            "land_owner_category": CATEGORIES[part.owner],
            "territory_purpose": part.purpose,
            "use": part.use,
        }
        for i, part in enumerate(cadastre.land)
    ]
    columns = ("land_owner_category", "territory_purpose", "land_use_code", "use")
    shapes = [placement(part.geometry) for part in cadastre.land]
    return _frame(rows, shapes, columns, _cadastre(settings))


def observed_buildings(rows: Sequence[tuple[Fate, str, Polygon]], settings: Settings) -> gpd.GeoDataFrame:
    """The buildings as measured, described as a surveyor would."""
    data = []
    for number, (fate, ref, _outline) in enumerate(rows):
        body = fate.body
        light = body.kind != "house" or number % 9 == 0
        data.append(
            {
                "ref": ref,
                "building_use": "жилищна" if body.kind == "house" else "допълваща",
                "construction": CONSTRUCTIONS[2 if light and body.storeys == 1 else number % 5 == 0],
                "storeys": body.storeys,
                "dwellings": body.dwellings,
            }
        )
    columns = ("building_use", "construction", "storeys", "dwellings")
    return _frame(data, [outline for _f, _r, outline in rows], columns, _surveyed(settings))


def plots(
    fates: Sequence[PlotFate],
    refs: Sequence[str],
    shapes: Sequence[Polygon],
    built: set[tuple[int, int]],
    settings: Settings,
) -> gpd.GeoDataFrame:
    """The plots as occupied."""
    rows = [
        {"ref": ref, "plot_use": "двор" if (fate.block, fate.plot) in built else "незастроен двор"}
        for ref, fate in zip(refs, fates, strict=True)
    ]
    return _frame(rows, list(shapes), ("plot_use",), _surveyed(settings))


def fences(
    fates: Sequence[PlotFate], shapes: Sequence[Polygon], settings: Settings, rng: Generator
) -> gpd.GeoDataFrame:
    """Fences along most sides of the plots; some stop short, and gates are left open."""
    rows: list[dict[str, Any]] = []
    lines: list[LineString] = []
    for number in sorted({fate.block for fate in fates}):
        here = [shape for fate, shape in zip(fates, shapes, strict=True) if fate.block == number]
        for (start, end), owners in common_edges(here).items():
            a, b = np.array(start), np.array(end)
            length = float(np.hypot(*(b - a)))
            if rng.random() >= settings.fenced or length < 1.5:
                continue
            along = unit(b - a)
            kind = FENCE_TYPES[int(rng.choice(4, p=[0.3, 0.25, 0.3, 0.15]))]
            spans = [(0.0, length)]
            if len(owners) == 1 and length > 6.0:
                at, gate = float(rng.uniform(1.0, length - 4.5)), float(rng.uniform(1.0, 3.2))
                spans = [(0.0, at), (at + gate, length)]
            elif rng.random() < 0.2:
                spans = [(0.0, length * float(rng.uniform(0.5, 0.85)))]
            for low, high in spans:
                lines.append(LineString(np.round([a + along * low, a + along * high], 3)))
                rows.append({"ref": f"O-{len(rows) + 1:04d}", "fence_type": kind})
    return _frame(rows, lines, ("fence_type",), _surveyed(settings))


def streets(
    fabric: Fabric, through: Sequence[Street], placement: Placement, settings: Settings
) -> gpd.GeoDataFrame:
    """Centre lines with names and widths; inner lanes have no name.

    Those of `through` follow: the cadastre shows them, so they lie where the register lies.
    """
    every = [*fabric.streets, *through]
    rows: list[dict[str, Any]] = [
        {"ref": f"U-{i + 1:02d}", "name": street.name, "width_m": street.width_m}
        for i, street in enumerate(every)
    ]
    for row in rows[len(fabric.streets) :]:
        row.update(_cadastre(settings))
    lines = [*(street.line for street in fabric.streets), *(placement(street.line) for street in through)]
    return _frame(rows, lines, ("name", "width_m"), _surveyed(settings))


def points(outlines: Sequence[Polygon], settings: Settings) -> gpd.GeoDataFrame:
    """The corners of the buildings as measured points, numbered from 1001."""
    corners = dict.fromkeys(
        tuple(corner) for outline in outlines for corner in shapely.get_coordinates(outline).tolist()
    )
    rows = [
        {
            "ref": str(1001 + i),
            "code": CORNER,
            "height_m": round(180.0 + (east % 1000) * 0.021 + (north % 1000) * 0.034, 2),
        }
        for i, (east, north) in enumerate(corners)
    ]
    return _frame(rows, [Point(corner) for corner in corners], ("code", "height_m"), _surveyed(settings))


def _ground(fabric: Fabric, quarter: int, low: int, high: int, margin_m: float) -> Polygon:
    """The ground of a quarter between two of its long streets, with a margin."""
    rows = fabric.grids[quarter][low : high + 1]
    rim = np.concatenate([rows[0], rows[1:, -1], rows[-1, ::-1][1:], rows[::-1, 0][1:-1]])
    outline = Polygon(rim)
    return canonical(shapely.buffer(outline, margin_m, join_style="mitre") if margin_m else outline)


def areas(fabric: Fabric, settings: Settings) -> gpd.GeoDataFrame:
    """The project areas: one for each quarter."""
    rows = [{"ref": f"R-{i + 1}", "name": f"кв. {q.name}"} for i, q in enumerate(settings.quarters)]
    shapes = [_ground(fabric, i, 0, len(fabric.grids[i]) - 1, 8.0) for i in range(len(rows))]
    kept = _planned("survey", "задание за проектиране", settings.survey_on)
    return _frame(rows, shapes, ("name",), kept)


def plan_parts(fabric: Fabric, settings: Settings) -> gpd.GeoDataFrame:
    """Parts of the detailed plan: two for the larger quarters, one for the others."""
    rows: list[dict[str, Any]] = []
    shapes: list[Polygon] = []
    for index, quarter in enumerate(settings.quarters):
        last = len(fabric.grids[index]) - 1
        spans = [(0, 1, "част юг"), (1, last, "част север")] if last > 2 else [(0, last, "")]
        for low, high, part in spans:
            name = f"ПРЗ кв. {quarter.name}" + (f", {part}" if part else "")
            rows.append({"ref": f"P-{len(rows) + 1}", "name": name, "plan_kind": "ПРЗ"})
            shapes.append(_ground(fabric, index, low, high, 0.0))
    kept = _planned("plan", "проект за ПУП", settings.survey_on)
    return _frame(rows, shapes, ("name", "plan_kind"), kept)

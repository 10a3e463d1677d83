"""Rows, sources and findings from which the tests of the store build deliveries."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from regularize.model import Finding, Grade, Measure, Source

CRS = "EPSG:7801"
EAST, NORTH = 322_000.0, 4_707_000.0


@dataclass(frozen=True)
class Held:
    """A row that was held back."""

    feature: int
    code: str = "NULL_GEOMETRY"
    message: str = "no geometry"
    wkb: bytes | None = None
    attributes: dict[str, str] = field(default_factory=dict)


def square(east: float = 0.0, north: float = 0.0, side: float = 10.0) -> shapely.Polygon:
    return shapely.box(EAST + east, NORTH + north, EAST + east + side, NORTH + north + side)


def rows_of(geometries: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    # As intake hands them over: text stays what it is, whatever pandas would make of it.
    data = {name: pd.Series(values, dtype=object) for name, values in columns.items()}
    return gpd.GeoDataFrame({"feature": range(len(geometries)), **data}, geometry=list(geometries), crs=CRS)


def source_of(n_read: int, **given: Any) -> Source:
    values: dict[str, Any] = {
        "path": "parcels.shp",
        "layer": "parcels",
        "origin": "cadastre",
        "kind": "parcels",
        "sha256": "0" * 64,
        "reader": "pyogrio",
        "source_crs": CRS,
        "encoding": "cp1251",
        "sigma_m": 0.1,
        "valid_from": date(2024, 1, 1),
        "source": "agency",
        "n_read": n_read,
    }
    return Source(**(values | given))


def finding_of(id_: str, cls: str = "not_in_cadastre", **given: Any) -> Finding:
    values: dict[str, Any] = {
        "kind": "building",
        "cls": cls,
        "geometry": square(),
        "survey_fids": (1,),
        "register_fids": (),
        "survey_refs": ("s1",),
        "register_refs": (),
        "reasons": ("NO_REGISTER_BUILDING",),
        "measures": {"area_m2": Measure(100.0, 2.5, "m2")},
        "score": 0.9,
        "grade": Grade.A,
        "id": id_,
    }
    return Finding(**(values | given))

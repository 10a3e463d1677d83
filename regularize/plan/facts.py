"""The facts of one home, read from the layers: what a dossier states and later steps decide on.

Pure: frames in, plain JSON-able values out. Lengths in metres, areas in square metres, coordinates in
the project's CRS; coordinates are tabled as N, E, the order in which surveyors write them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from regularize.geometry.measures import area_sigma_m2
from regularize.geometry.rows import Positions, Rows, rows_of
from regularize.model import Finding, Home, NotAssessed
from regularize.plan.agreement import compare_areas

STREET_REACH_M = 100.0  # a street farther off is not "the street of" a home
SLIVER_SHARE = 0.005  # a parcel that holds less of the home than this is only grazed
TOUCH_M = 0.05  # parcels closer than this adjoin
_OF_OBJECT = (
    "ref",
    "identifier",
    "source",
    "sigma_m",
    "valid_from",
    "storeys",
    "dwellings",
    "area_register_m2",
)
_OF_OBJECTS = (*_OF_OBJECT, "geometry")


def home_facts(
    home: Home,
    *,
    register_buildings: GeoDataFrame | Rows | None = None,
    observed_buildings: GeoDataFrame | Rows | None = None,
    parcels: GeoDataFrame | Rows | None = None,
    plots: GeoDataFrame | Rows | None = None,
    streets: GeoDataFrame | Rows | None = None,
    land: GeoDataFrame | Rows | None = None,
    findings: Sequence[Finding] = (),
    area_tolerance_m2: float | NotAssessed | None = None,
) -> dict[str, Any]:
    """The facts of `home`.

    Parameters
    ----------
    home : Home
        Its ``*_fids`` name its rows; its geometry may be None or empty.
    register_buildings, observed_buildings, parcels, plots, streets, land : GeoDataFrame or Rows, optional
        Layers of ``layers.py`` in the project's CRS; may hold far more than this home.
    findings : sequence of Finding
        Any; those whose ``home`` is this one are taken.
    area_tolerance_m2 : float or NotAssessed, optional
        See :func:`compare_areas`.

    Returns
    -------
    dict
        Plain values under the keys ``home``, ``objects``, ``areas``, ``parcels``, ``adjoining``,
        ``street``, ``land``, ``boundary`` and ``findings``. What is not known is None or empty.
    """
    register, observed, occupied = (
        _taken(rows, rows.of(fids), _OF_OBJECTS)
        for rows, fids in (
            (rows_of(register_buildings), home.register_fids),
            (rows_of(observed_buildings), home.survey_fids),
            (rows_of(plots), home.plot_fids),
        )
    )
    ground = rows_of(parcels)
    body = _body(home, observed, register, occupied)
    touched = _parcels_touched(ground, body)
    return {
        "home": {
            "id": home.id,
            "settlement": home.settlement,
            "valid_from": home.valid_from.isoformat(),
            "valid_to": home.valid_to.isoformat() if home.valid_to else None,
            "merged_into": home.merged_into,
            "identifiers": _distinct(row.get("identifier") for row in register),
        },
        "objects": [
            _object(row, what)
            for what, rows in (
                ("building_register", register),
                ("building_survey", observed),
                ("plot", occupied),
            )
            for row in rows
        ],
        "areas": _areas(register, observed, occupied, touched, area_tolerance_m2),
        "parcels": [{k: v for k, v in row.items() if k != "geometry"} for row in touched],
        "adjoining": _adjoining(ground, touched, body),
        "street": _nearest_street(rows_of(streets), body),
        "land": _land(rows_of(land), body),
        "boundary": _boundary(observed or register or occupied),
        "findings": [_finding(f) for f in findings if f.home == home.id and not f.closed_reason],
    }


def _plain(value: Any) -> Any:
    """A cell of a frame as JSON knows it; missing values of any make are None."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "isoformat"):
        text = str(value.isoformat())
        return None if text == "NaT" else text[:10]
    return value


def _taken(rows: Rows, positions: Positions, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The rows at `positions` as JSON knows them, but for their geometry, in the order of their numbers."""
    return [
        {name: value if name == "geometry" else _plain(value) for name, value in row.items()}
        for row in rows.taken(positions, wanted)
    ]


def _usable(geometry: Any) -> bool:
    return isinstance(geometry, BaseGeometry) and not geometry.is_empty


def _body(home: Home, *groups: list[dict[str, Any]]) -> BaseGeometry | None:
    """What the home covers: the best-known outlines of it, else the home's own geometry."""
    for rows in groups:
        found = [row["geometry"] for row in rows if _usable(row.get("geometry"))]
        if found:
            return shapely.union_all(shapely.make_valid(np.array(found, dtype=object)))
    return shapely.make_valid(home.geometry) if _usable(home.geometry) else None


def _near(
    rows: Rows, body: BaseGeometry | None, reach_m: float, wanted: Sequence[str]
) -> list[dict[str, Any]]:
    if body is None or not len(rows):
        return []
    west, south, east, north = body.bounds
    window = shapely.box(west - reach_m, south - reach_m, east + reach_m, north + reach_m)
    return _taken(rows, rows.near(window), (*wanted, "geometry"))


def _area(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Area of a row's outline and its standard deviation, in square metres."""
    geometry, sigma_m = row.get("geometry"), row.get("sigma_m")
    if not isinstance(geometry, BaseGeometry) or not geometry.area > 0:
        return None, None
    return geometry.area, (area_sigma_m2(geometry, sigma_m) if sigma_m is not None else None)


def _total(rows: Iterable[Mapping[str, Any]]) -> tuple[float | None, float | None]:
    """Areas added up; their errors as of independent surveys of each outline."""
    pairs = [_area(row) for row in rows]
    known = [area for area, _ in pairs if area is not None]
    if not known:
        return None, None
    sigmas = [sigma for area, sigma in pairs if area is not None]
    return sum(known), (None if None in sigmas else math.hypot(*(s for s in sigmas if s is not None)))


def _stated(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """The areas as the register states them in figures; None where one is missing."""
    stated = [row.get("area_register_m2") for row in rows]
    return float(sum(s for s in stated if s is not None)) if stated and None not in stated else None


def _areas(
    register: list[dict[str, Any]],
    observed: list[dict[str, Any]],
    occupied: list[dict[str, Any]],
    touched: list[dict[str, Any]],
    tolerance_m2: float | NotAssessed | None,
) -> list[dict[str, Any]]:
    out = []
    # The parcel that a plot is compared with is the one that holds the home; where the home lies in
    # several, no single parcel area answers to the plot.
    holding = [row for row in touched if row["share"] >= SLIVER_SHARE]
    for what, by_register, by_survey in (
        ("building", register, observed),
        ("plot", holding if len(holding) == 1 else [], occupied),
    ):
        if not by_register and not by_survey:
            continue
        (register_m2, sigma_register), (survey_m2, sigma_survey) = _total(by_register), _total(by_survey)
        out.append(
            {
                "what": what,
                "stated_m2": _stated(by_register),
                "register_m2": register_m2,
                "sigma_register_m2": sigma_register,
                "survey_m2": survey_m2,
                "sigma_survey_m2": sigma_survey,
                **compare_areas(
                    register_m2,
                    survey_m2,
                    sigma_register_m2=sigma_register,
                    sigma_survey_m2=sigma_survey,
                    tolerance_m2=tolerance_m2,
                ),
            }
        )
    return out


def _object(row: Mapping[str, Any], what: str) -> dict[str, Any]:
    area, sigma = _area(row)
    return {"what": what, **{name: row.get(name) for name in _OF_OBJECT}, "area_m2": area, "sigma_m2": sigma}


def _parcels_touched(parcels: Rows, body: BaseGeometry | None) -> list[dict[str, Any]]:
    """Parcels that hold part of the home, largest share first. Shares are of the home's area."""
    out = []
    kept = (
        "identifier",
        "ref",
        "ownership_kind",
        "territory_purpose",
        "land_use_code",
        "area_register_m2",
    )
    for row in _near(parcels, body, 0.0, (*kept, "sigma_m")):
        if body is None or not _usable(row["geometry"]) or not body.area > 0:
            continue
        common = float(shapely.area(shapely.intersection(body, shapely.make_valid(row["geometry"]))))
        if common / body.area < SLIVER_SHARE:
            continue
        area, sigma = _area(row)
        out.append(
            {
                **{name: row.get(name) for name in (*kept, "sigma_m", "geometry")},
                "area_m2": area,
                "sigma_m2": sigma,
                "common_m2": common,
                "share": common / body.area,
            }
        )
    return sorted(out, key=lambda row: (-row["share"], str(row["identifier"])))


def _adjoining(parcels: Rows, touched: list[dict[str, Any]], body: BaseGeometry | None) -> list[str]:
    """Identifiers of the parcels that share a boundary with those that hold the home."""
    own = {row["identifier"] for row in touched}
    ground = [row["geometry"] for row in touched] or ([body] if body is not None else [])
    if not ground:
        return []
    core = shapely.union_all(shapely.make_valid(np.array(ground, dtype=object)))
    found = (
        row.get("identifier") or row.get("ref")
        for row in _near(parcels, core, TOUCH_M, ("identifier", "ref"))
        if _usable(row["geometry"]) and shapely.dwithin(core, row["geometry"], TOUCH_M)
    )
    return sorted(set(_distinct(found)) - own)


def _nearest_street(streets: Rows, body: BaseGeometry | None) -> dict[str, Any] | None:
    """The nearest street, by straight distance in metres from the home's outline."""
    best: dict[str, Any] | None = None
    for row in _near(streets, body, STREET_REACH_M, ("name", "width_m")):
        if not _usable(row["geometry"]):
            continue
        distance = float(shapely.distance(body, row["geometry"]))
        if best is None or distance < best["distance_m"]:
            best = {"name": row.get("name"), "width_m": row.get("width_m"), "distance_m": distance}
    return best if best is not None and best["distance_m"] <= STREET_REACH_M else None


def _land(land: Rows, body: BaseGeometry | None) -> list[dict[str, Any]]:
    """Category of owner and purpose of the land beneath the home, with the share of each."""
    out = []
    kept = ("land_owner_category", "territory_purpose", "land_use_code", "source")
    for row in _near(land, body, 0.0, kept):
        if body is None or not _usable(row["geometry"]) or not body.area > 0:
            continue
        share = float(
            shapely.area(shapely.intersection(body, shapely.make_valid(row["geometry"]))) / body.area
        )
        if share >= SLIVER_SHARE:
            out.append({**{name: row.get(name) for name in kept}, "share": share})
    return sorted(out, key=lambda row: (-row["share"], str(row["land_owner_category"])))


def _boundary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Corners of the outlines, clockwise from the northernmost, with the side to the next corner.

    The survey's outlines where there are any, else the register's, else the plot's.
    """
    out: list[dict[str, Any]] = []
    for row in rows:
        if not _usable(row.get("geometry")):
            continue
        for part in shapely.get_parts(shapely.get_parts(row["geometry"])):
            if part.geom_type != "Polygon":
                continue
            for ring in (part.exterior, *part.interiors):
                corners = shapely.get_coordinates(shapely.force_2d(ring))[:-1]
                if shapely.is_ccw(ring):
                    corners = corners[::-1]
                corners = np.roll(corners, -int(np.lexsort((corners[:, 0], -corners[:, 1]))[0]), axis=0)
                sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
                first = len(out) + 1
                out.extend(
                    {
                        "n": first + i,
                        "northing_m": float(north),
                        "easting_m": float(east),
                        "side_m": float(side),
                        "sigma_m": row.get("sigma_m"),
                        "ref": row.get("identifier") or row.get("ref"),
                    }
                    for i, ((east, north), side) in enumerate(zip(corners, sides, strict=True))
                )
    return out


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "kind": finding.kind,
        "class": finding.cls,
        "grade": finding.grade.value,
        "score": finding.score,
        "review": finding.review.value,
        "reasons": list(finding.reasons),
        "measures": {
            name: {"value": measure.value, "sigma": measure.sigma, "unit": measure.unit}
            for name, measure in finding.measures.items()
        },
        "survey_refs": list(finding.survey_refs),
        "register_refs": list(finding.register_refs),
    }


def _distinct(values: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value))

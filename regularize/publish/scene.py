"""The scene of a home from its layers: what is its own, what is a neighbour's, which label each has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from regularize.geometry.rows import Rows, rows_of
from regularize.publish.paper import Shape
from regularize.publish.situation import Scene, reach_m


def home_scene(
    *,
    register_fids: Collection[int] = (),
    survey_fids: Collection[int] = (),
    outline: BaseGeometry | None = None,
    register_buildings: GeoDataFrame | Rows | None = None,
    observed_buildings: GeoDataFrame | Rows | None = None,
    parcels: GeoDataFrame | Rows | None = None,
    plots: GeoDataFrame | Rows | None = None,
    streets: GeoDataFrame | Rows | None = None,
    boundary: Sequence[Mapping[str, Any]] = (),
) -> Scene:
    """The scene that ``situation`` draws.

    Parameters
    ----------
    register_fids, survey_fids : collection of int
        Rows of the two building layers that are the home's own.
    outline : geometry, optional
        The home's own geometry: drawn where it has no building in either layer (a plot alone).
    register_buildings, observed_buildings, parcels, plots, streets : GeoDataFrame or Rows, optional
        Layers of ``layers.py`` in the project's CRS; they may reach far beyond the home.
    boundary : sequence of mapping
        The table of corners of ``plan.facts.home_facts``, so that sketch and table count alike.
    """
    observed, register = rows_of(observed_buildings), rows_of(register_buildings)
    surveyed, registered = _own(observed, survey_fids), _own(register, register_fids)
    if not surveyed and not registered and outline is not None and not outline.is_empty:
        surveyed = [Shape(outline)]
    window = _window([*surveyed, *registered])
    return Scene(
        home_observed=surveyed,
        home_register=registered,
        observed=_around(observed, window, but=survey_fids),
        register=_around(register, window, but=register_fids),
        parcels=_around(rows_of(parcels), window, label="identifier"),
        plots=_around(rows_of(plots), window),
        streets=_around(rows_of(streets), window, label="name"),
        points=[(row["easting_m"], row["northing_m"], str(row["n"])) for row in boundary],
    )


def _own(rows: Rows, fids: Collection[int]) -> list[Shape]:
    return [Shape(g) for g in rows.shapes[rows.of(fids)] if g is not None and not g.is_empty]


def _window(home: Sequence[Shape]) -> BaseGeometry | None:
    if not home:
        return None
    west, south, east, north = shapely.total_bounds(np.array([s.geometry for s in home], dtype=object))
    reach = reach_m((west, south, east, north))
    window: BaseGeometry = shapely.box(west - reach, south - reach, east + reach, north + reach)
    return window


def _around(
    rows: Rows, window: BaseGeometry | None, *, but: Collection[int] = (), label: str | None = None
) -> list[Shape]:
    """The rows near the home, its own left out, in the order of the layer."""
    if window is None or not len(rows):
        return []
    positions = rows.near(window)
    positions = positions[~np.isin(rows.fids[positions], list(but))]
    shapes = rows.shapes[positions].tolist()
    if label is None or label not in rows.names:
        return [Shape(g) for g in shapes]
    names = rows.column(label)[positions].tolist()
    return [Shape(g, _short(n, label)) for g, n in zip(shapes, names, strict=True)]


def _short(name: Any, label: str) -> str:
    """Of an identifier its last part, which is what a sketch has room for; a name as it is."""
    if not isinstance(name, str):
        return ""
    return name.rpartition(".")[2] if label == "identifier" else name

"""The scene of a home from its layers: what is its own, what is a neighbour's, which label each has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from regularize.publish.paper import Shape
from regularize.publish.situation import Scene

MARGIN_M = 100.0  # of the smallest drawing, on both sides of the home together


def reach_m(bounds: Sequence[float]) -> float:
    """How far from a home's `bounds` any of the drawings can show, in metres.

    The next smaller usual scale shows at most 2.5 times what must be shown, and a frame is at most 1.6
    times as wide as high.
    """
    west, south, east, north = bounds
    return 2.0 * (max(east - west, north - south) + MARGIN_M)


def home_scene(
    *,
    register_fids: Collection[int] = (),
    survey_fids: Collection[int] = (),
    outline: BaseGeometry | None = None,
    register_buildings: GeoDataFrame | None = None,
    observed_buildings: GeoDataFrame | None = None,
    parcels: GeoDataFrame | None = None,
    plots: GeoDataFrame | None = None,
    streets: GeoDataFrame | None = None,
    boundary: Sequence[Mapping[str, Any]] = (),
) -> Scene:
    """The scene that ``situation`` draws.

    Parameters
    ----------
    register_fids, survey_fids : collection of int
        Rows of the two building layers that are the home's own.
    outline : geometry, optional
        The home's own geometry: drawn where it has no building in either layer (a plot alone).
    register_buildings, observed_buildings, parcels, plots, streets : GeoDataFrame, optional
        Layers of ``layers.py`` in the project's CRS; they may reach far beyond the home.
    boundary : sequence of mapping
        The table of corners of ``plan.facts.home_facts``, so that sketch and table count alike.
    """
    surveyed = _own(observed_buildings, survey_fids)
    registered = _own(register_buildings, register_fids)
    if not surveyed and not registered and outline is not None and not outline.is_empty:
        surveyed = [Shape(outline)]
    window = _window([*surveyed, *registered])
    return Scene(
        home_observed=surveyed,
        home_register=registered,
        observed=_around(observed_buildings, window, but=survey_fids),
        register=_around(register_buildings, window, but=register_fids),
        parcels=_around(parcels, window, label="identifier"),
        plots=_around(plots, window),
        streets=_around(streets, window, label="name"),
        points=[(row["easting_m"], row["northing_m"], str(row["n"])) for row in boundary],
    )


def _own(frame: GeoDataFrame | None, fids: Collection[int]) -> list[Shape]:
    if frame is None or not len(frame) or not fids:
        return []
    return [
        Shape(g) for g in frame.geometry[frame["fid"].isin(list(fids))] if g is not None and not g.is_empty
    ]


def _window(home: Sequence[Shape]) -> BaseGeometry | None:
    if not home:
        return None
    west, south, east, north = shapely.total_bounds(np.array([s.geometry for s in home], dtype=object))
    reach = reach_m((west, south, east, north))
    window: BaseGeometry = shapely.box(west - reach, south - reach, east + reach, north + reach)
    return window


def _around(
    frame: GeoDataFrame | None,
    window: BaseGeometry | None,
    *,
    but: Collection[int] = (),
    label: str | None = None,
) -> list[Shape]:
    """The rows of `frame` near the home, its own left out, in the order of the layer."""
    if frame is None or window is None or not len(frame):
        return []
    positions = np.sort(frame.sindex.query(window))
    positions = positions[~np.isin(frame["fid"].to_numpy()[positions], list(but))]
    geometries = np.asarray(frame.geometry.array, dtype=object)[positions]
    if label is None or label not in frame.columns:
        return [Shape(g) for g in geometries]
    names = np.asarray(frame[label].array.take(positions), dtype=object)
    return [Shape(g, _short(n, label)) for g, n in zip(geometries, names, strict=True)]


def _short(name: Any, label: str) -> str:
    """Of an identifier its last part, which is what a sketch has room for; a name as it is."""
    if not isinstance(name, str):
        return ""
    return name.rpartition(".")[2] if label == "identifier" else name

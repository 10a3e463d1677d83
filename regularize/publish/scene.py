"""The scene of a home from its layers: what is its own, what is a neighbour's, which label each has."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from geopandas import GeoDataFrame

from regularize.publish.paper import Shape
from regularize.publish.situation import Scene


def home_scene(
    *,
    register_fids: Collection[int] = (),
    survey_fids: Collection[int] = (),
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
    register_buildings, observed_buildings, parcels, plots, streets : GeoDataFrame, optional
        Layers of ``layers.py`` in the project's CRS; they may reach far beyond the home.
    boundary : sequence of mapping
        The table of corners of ``plan.facts.home_facts``, so that sketch and table count alike.
    """
    return Scene(
        home_observed=_shapes(observed_buildings, survey_fids, own=True),
        home_register=_shapes(register_buildings, register_fids, own=True),
        observed=_shapes(observed_buildings, survey_fids, own=False),
        register=_shapes(register_buildings, register_fids, own=False),
        parcels=_shapes(parcels, (), own=False, label="identifier"),
        plots=_shapes(plots, (), own=False),
        streets=_shapes(streets, (), own=False, label="name"),
        points=[(row["easting_m"], row["northing_m"], str(row["n"])) for row in boundary],
    )


def _shapes(
    frame: GeoDataFrame | None, fids: Collection[int], *, own: bool, label: str | None = None
) -> list[Shape]:
    if frame is None or not len(frame):
        return []
    mine = frame["fid"].isin(list(fids))
    chosen = frame[mine if own else ~mine]
    names = chosen[label] if label and label in chosen.columns else [None] * len(chosen)
    return [Shape(g, _short(n, label)) for g, n in zip(chosen.geometry, names, strict=True) if g is not None]


def _short(name: Any, label: str | None) -> str:
    """Of an identifier its last part, which is what a sketch has room for; a name as it is."""
    if not isinstance(name, str):
        return ""
    return name.rpartition(".")[2] if label == "identifier" else name

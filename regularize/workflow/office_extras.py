"""What only the office's map shows beside layers and findings."""

from datetime import date

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from regularize.geometry import alignment
from regularize.layers import Layer, layer_named
from regularize.publish.office_layers import (
    OBJECTIONS,
    RESIDUALS,
    UNCERTAIN,
    clustered,
    residual_arrows,
    uncertain_ground,
)
from regularize.publish.view import View
from regularize.store import Store
from regularize.workflow.projects import Opened


def views(here: Opened, store: Store, place: BaseGeometry | None, on: date) -> list[View]:
    """Indicative plots, remaining shift, uncertain ground and objections, so far as the store has any."""
    frames: list[tuple[Layer, gpd.GeoDataFrame]] = [
        (layer_named("indicative_plots"), store.indicative_plots()),
        (UNCERTAIN, uncertain_ground(store.findings(), crs=store.crs)),
        (RESIDUALS, _residuals(here, store, on)),
        (OBJECTIONS, _objections(store, on)),
    ]
    made = []
    for layer, frame in frames:
        inside = frame if place is None or frame.empty else frame[frame.intersects(place)]
        if len(inside):
            made.append(View.of(layer, inside, "office"))
    return made


def _residuals(here: Opened, store: Store, on: date) -> gpd.GeoDataFrame:
    observed, register = store.layer("observed_buildings", on=on), store.layer("buildings", on=on)
    cells: list[tuple[float, float, float, float, float, int]] = []
    if len(observed) and len(register):
        shift = alignment.estimate(
            observed.geometry.to_numpy(), register.geometry.to_numpy(), thresholds=here.pack.thresholds
        )
        cells = [(c.x, c.y, c.dx_m, c.dy_m, c.sigma_m, c.pairs) for c in shift.cells if shift.accepted]
    return residual_arrows(cells, crs=store.crs)


def _objections(store: Store, on: date) -> gpd.GeoDataFrame:
    filed = [o for case in store.cases() for o in store.objections(case.id) if o.on <= on]
    places = [(o.geometry, o.decision is None) for o in filed if o.geometry is not None]
    return clustered([(g, is_open) for g, is_open in places if not g.is_empty], crs=store.crs)

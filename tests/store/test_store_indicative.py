"""Indicative plots in the store: proposals of a run, ended by a later one that looked again."""

import geopandas as gpd
import pytest
import shapely
from store_samples import CRS, finding_of

from regularize import layers
from regularize.layers import AUDIENCES
from regularize.model import HomeChanges
from regularize.store import Store

NOTHING = HomeChanges()


def proposals(*boxes: tuple[float, float, float, float], confidence: float = 0.5) -> gpd.GeoDataFrame:
    n = len(boxes)
    return gpd.GeoDataFrame(
        {"confidence": [confidence] * n, "n_buildings": [1] * n, "reason": ["INDICATIVE"] * n},
        geometry=[shapely.box(*box) for box in boxes],
        crs=CRS,
    )


A, B, C = (0, 0, 9, 9), (10, 0, 19, 9), (20, 0, 29, 9)


def test_what_is_made_again_goes_on(store: Store) -> None:
    store.save_run({}, [], {}, NOTHING, proposals=proposals(A, B))
    first = store.indicative_plots()
    assert list(first["run"]) == [1, 1]
    store.save_run({}, [], {}, NOTHING, proposals=proposals(B, C), outdated=first["fid"])
    again = store.indicative_plots()
    assert list(again["run"]) == [1, 2]
    assert [shape.bounds for shape in again.geometry] == [B, C]
    assert store.verify().ok


def test_a_run_that_did_not_look_leaves_them(store: Store) -> None:
    store.save_run({}, [], {}, NOTHING, proposals=proposals(A))
    store.save_run({}, [], {}, NOTHING)
    assert len(store.indicative_plots()) == 1
    store.save_run({}, [], {}, NOTHING, proposals=proposals(B))  # elsewhere: A was not looked at
    assert len(store.indicative_plots()) == 2


def test_another_confidence_is_another_proposal(store: Store) -> None:
    store.save_run({}, [], {}, NOTHING, proposals=proposals(A))
    fids = store.indicative_plots()["fid"]
    store.save_run({}, [], {}, NOTHING, proposals=proposals(A, confidence=0.8), outdated=fids)
    assert list(store.indicative_plots()["confidence"]) == [0.8]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_only_the_office_sees_them_and_nobody_their_area(audience: layers.Audience) -> None:
    layer = layers.layer_named("indicative_plots")
    assert bool(layer.visible(audience)) == (audience in {"office", "resident"})  # the common columns
    own = [c.name for c in layer.columns if audience in c.audience]
    assert bool(own) == (audience == "office")
    assert (audience in layer.geometry_audience) == (audience == "office")
    assert not [c.name for c in layer.columns if c.unit == "m2"]


def test_many_rows_are_indexed_as_few_are(store: Store) -> None:
    boxes = [(20.0 * k, 0.0, 20.0 * k + 9, 9.0) for k in range(300)]
    findings = [finding_of(f"B-{k + 1}", geometry=shapely.box(*box)) for k, box in enumerate(boxes)]
    store.save_run({}, findings, {}, NOTHING)
    few = finding_of("B-301", geometry=shapely.box(0, 50, 9, 59))
    store.save_run({}, [*findings, few], {}, NOTHING)
    # Outlines and index agree, and the trigger that rested is there again.
    assert store.verify().ok, store.verify().checks
    assert [f.geometry.bounds for f in store.findings()] == [*boxes, (0, 50, 9, 59)]

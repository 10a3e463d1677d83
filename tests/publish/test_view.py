"""The privacy gate: deny is the default, and nothing but View.of opens it."""

import dataclasses
import json
import math
from datetime import date

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from regularize.layers import AUDIENCES, COMMON, DERIVED, LAYERS, layer_named
from regularize.publish.view import NotForAudienceError, View, is_visible, smallest_count, suppress

CRS = "EPSG:7801"
SAMPLE = {"text": "x", "integer": 1, "real": 1.5, "date": date(2026, 1, 1), "json": "{}"}


def frame_of(name: str, rows: int = 2) -> gpd.GeoDataFrame:
    """A full frame of a layer, with columns that no contract names."""
    layer = layer_named(name)
    data = {column.name: [SAMPLE[column.dtype]] * rows for column in (*COMMON, *layer.columns)}
    data["owner_name"] = ["must not pass"] * rows
    shapes = [box(i, 0, i + 1, 1) for i in range(rows)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("layer", [*LAYERS, *DERIVED], ids=lambda layer: layer.name)
def test_only_what_the_contract_names_passes(layer, audience) -> None:
    frame = frame_of(layer.name)
    before = frame.copy(deep=True)
    if not is_visible(layer, audience):
        with pytest.raises(NotForAudienceError):
            View.of(layer, frame, audience)
        return
    view = View.of(layer, frame, audience)
    assert tuple(c for c in view.frame.columns if c != "geometry") == layer.visible(audience)
    assert view.has_geometry == (audience in layer.geometry_audience)
    assert "must not pass" not in view.frame.to_csv()
    assert frame.equals(before)


def test_a_view_is_made_only_by_the_gate() -> None:
    layer, frame = layer_named("parcels"), frame_of("parcels")
    with pytest.raises(TypeError):
        View(layer, "public", frame)
    with pytest.raises(TypeError):
        View(layer, "public", frame, {}, object())


def test_council_gets_bare_outlines_in_an_order_that_tells_nothing() -> None:
    frame = frame_of("observed_buildings", 6)
    one = View.of(layer_named("observed_buildings"), frame, "council").frame
    other = View.of(layer_named("observed_buildings"), frame.iloc[::-1], "council").frame
    assert list(one.columns) == ["geometry"]
    assert list(one.geometry.to_wkb()) == list(other.geometry.to_wkb())


def test_findings_are_not_for_councils_nor_the_public() -> None:
    for audience in ("council", "public"):
        with pytest.raises(NotForAudienceError):
            View.of(layer_named("findings"), frame_of("findings"), audience)


def test_a_value_of_another_type_is_stopped_without_being_told() -> None:
    frame = frame_of("parcels")
    frame["area_register_m2"] = ["secret text", "x"]
    with pytest.raises(TypeError) as caught:
        View.of(layer_named("parcels"), frame, "office")
    assert "secret" not in str(caught.value)


def test_missing_values_become_none() -> None:
    frame = frame_of("parcels")
    frame["area_register_m2"] = [math.nan, 2.0]
    view = View.of(layer_named("parcels"), frame, "office")
    assert view.frame["area_register_m2"].tolist() == [None, 2.0]


def test_counts_leave_as_sums_at_or_above_k() -> None:
    frame = frame_of("blocks", 4)
    frame["counts"] = [
        '{"extended": 20, "no_parcel": 4}',
        '{"extended": 3}',
        '{"extended": 30}',
        '{"no_parcel": 40}',
    ]
    view = View.of(layer_named("blocks"), frame, "council", k=11)
    assert [row["all"] for row in view.frame["counts"]] == [None, None, 30, 40]
    assert view.totals == {"extended": 53, "no_parcel": 44, "all": 97}
    office = View.of(layer_named("blocks"), frame, "office").frame
    assert office["counts"][0] == {"extended": 20, "no_parcel": 4}


def test_few_findings_show_nothing_at_all() -> None:
    frame = frame_of("blocks", 3)
    frame["counts"] = ['{"extended": 3}', "{}", '{"no_parcel": 4}']
    view = View.of(layer_named("blocks"), frame, "council")
    assert view.totals == {"extended": None, "no_parcel": None, "all": None}
    assert {row["all"] for row in view.frame["counts"]} == {None}


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.integers(2, 20))
def test_suppressed_counts_cannot_be_subtracted_back(counts: list[int], k: int) -> None:
    line = {str(i): n for i, n in enumerate(counts)}
    shown = suppress(line, k)
    assert list(shown) == list(line)
    assert all(n is None or (n >= k and n == line[key]) for key, n in shown.items())
    hidden = [line[key] for key, n in shown.items() if n is None]
    if hidden and sum(counts) >= k and len(counts) > 1:
        assert len(hidden) > 1
        assert sum(hidden) >= k or len(hidden) == len(counts)


def test_k_is_eleven_and_is_data() -> None:
    assert smallest_count() == 11
    assert {f.name for f in dataclasses.fields(View)} >= {"frame", "totals"}


def _blocks_of(counts: list[int]) -> gpd.GeoDataFrame:
    outlines = [box(10 * i, 0, 10 * i + 9, 9) for i in range(len(counts))]
    texts = [json.dumps({"not_in_cadastre": n}) for n in counts]
    return gpd.GeoDataFrame(
        {"block": range(1, len(counts) + 1), "counts": texts}, geometry=outlines, crs="EPSG:7801"
    )


@settings(deadline=None, max_examples=150)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=9), st.data())
def test_a_part_never_gives_back_what_the_whole_hides(counts: list[int], data: st.DataObject) -> None:
    """Subtraction across two maps: the whole place, and a part of it with its sum."""
    shown = data.draw(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts)))
    frame, layer = _blocks_of(counts), layer_named("blocks")
    whole = View.of(layer, frame, "council", k=11)
    part = View.of(layer, frame, "council", k=11, shown=shown)
    known = [row["all"] for row in whole.frame["counts"]]
    assert [row["all"] for row in part.frame["counts"]] == [
        n for n, keep in zip(known, shown, strict=True) if keep
    ]
    if all(shown):
        assert part.totals == whole.totals
        return
    assert set(part.totals) == {"all"}
    if part.totals["all"] is not None:  # the rest is the difference of two sums: nothing hides in it
        assert None not in known

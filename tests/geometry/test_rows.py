"""Layers as arrays: positions, columns and rows are those of the frame."""

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from regularize.geometry.rows import Rows, rows_of


def frame(n: int = 30, seed: int = 1) -> geopandas.GeoDataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 100, (2, n))
    shapes = shapely.box(x, y, x + 5, y + 5)
    shapes[::7] = None
    names = np.array([None if i % 5 == 0 else f"n{i}" for i in range(n)], dtype=object)
    return geopandas.GeoDataFrame(
        {
            "fid": rng.permutation(n) + 1,
            "name": pd.Series(names, dtype=object),
            "sigma_m": rng.uniform(0, 1, n),
        },
        geometry=shapes,
        crs="EPSG:7801",
    )


@given(seed=st.integers(0, 50), wanted=st.sets(st.integers(-2, 40)))
def test_rows_are_those_of_the_frame(seed: int, wanted: set[int]) -> None:
    layer = frame(seed=seed)
    rows = Rows(layer)
    at = rows.of(wanted)
    assert layer["fid"].iloc[at].tolist() == [f for f in layer["fid"] if f in wanted]
    taken = rows.taken(at, ("name", "nothing", "geometry", "fid"))
    assert [row["fid"] for row in taken] == sorted(wanted & set(layer["fid"]))
    by_fid = layer.set_index("fid")
    for row in taken:
        assert list(row) == ["name", "geometry", "fid"]
        assert row["geometry"] is by_fid.geometry[row["fid"]]
        assert [row["name"]] == by_fid.loc[[row["fid"]], "name"].astype(object).tolist()


def test_near_is_by_boxes_and_in_order() -> None:
    layer = frame(200)
    window = shapely.box(20, 20, 60, 50)
    found = Rows(layer).near(window)
    expected = [i for i, g in enumerate(layer.geometry) if g is not None and g.intersects(window)]
    assert found.tolist() == expected


def test_a_layer_that_is_not_there_or_empty() -> None:
    for layer in (None, frame(5).iloc[:0]):
        rows = rows_of(layer)
        assert len(rows) == len(rows.of({1})) == len(rows.near(shapely.box(0, 0, 1, 1))) == 0
        assert rows.taken(rows.of({1}), ("fid", "geometry")) == []
        assert rows_of(rows) is rows
    with pytest.raises(KeyError):
        Rows(frame()).column("nothing")

"""Plots inferred where none were surveyed: proposals that say how much they rest on."""

import builtins
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from regularize import countries
from regularize.detect.indicative import COLUMNS, infer_plots
from regularize.errors import MissingExtraError

T = countries.load("generic").thresholds
CRS = "EPSG:7801"
E, N = 523_000.0, 4_791_000.0


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def house(x: float, y: float, w: float = 7.0, d: float = 6.0) -> shapely.Polygon:
    return shapely.box(E + x, N + y, E + x + w, N + y + d)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(E + x, N + y) for x, y in points])


BLOCK = shapely.box(E, N, E + 40, N + 20)
PAIR = frame([house(5, 6), house(27, 7)])


def iou(a: Any, b: Any) -> float:
    return float(a.intersection(b).area / a.union(b).area)


def test_a_fence_is_the_line_between_two_plots() -> None:
    fences = frame([line((14, -1), (14, 21))])
    plots = infer_plots(PAIR, fences, None, BLOCK, T)
    assert len(plots) == 2
    assert tuple(plots.columns[:4]) == COLUMNS
    assert plots.crs == CRS
    west = plots.geometry.iloc[int(np.argmin(plots.centroid.x))]
    assert iou(west, shapely.box(E, N, E + 14, N + 20)) > 0.95
    assert plots["confidence"].min() > 0.95


def test_without_fences_the_line_runs_between_the_houses_and_says_so() -> None:
    plots = infer_plots(PAIR, None, None, BLOCK, T)
    assert len(plots) == 2
    west = plots.geometry.iloc[int(np.argmin(plots.centroid.x))]
    assert iou(west, shapely.box(E, N, E + 19.5, N + 20)) > 0.9
    assert plots["confidence"].max() < 0.85
    assert plots["reason"].eq("INDICATIVE").all()


def test_houses_of_one_yard_stay_together_unless_a_fence_parts_them() -> None:
    close = frame([house(5, 6), house(12.6, 6), house(30, 6)])
    assert sorted(infer_plots(close, None, None, BLOCK, T)["n_buildings"]) == [1, 2]
    parted = infer_plots(close, frame([line((12.3, 0), (12.3, 20))]), None, BLOCK, T)
    assert sorted(parted["n_buildings"]) == [1, 1, 1]


def test_a_closed_yard_without_a_house_is_a_plot() -> None:
    fences = frame([line((14, 0), (14, 20)), line((26, 0), (26, 20))])
    plots = infer_plots(PAIR, fences, None, BLOCK, T)
    assert sorted(plots["n_buildings"]) == [0, 1, 1]
    empty = plots[plots["n_buildings"] == 0].geometry.iloc[0]
    assert iou(empty, shapely.box(E + 14, N, E + 26, N + 20)) > 0.9


def test_streets_cut_the_area_into_blocks() -> None:
    streets = frame([line((20, -5), (20, 25))], width_m=[6.0])
    plots = infer_plots(PAIR, None, streets, BLOCK, T)
    way = shapely.box(E + 17, N, E + 23, N + 20)
    assert len(plots) == 2
    assert plots.intersection(way).area.max() < 0.15 * way.area
    assert plots["confidence"].min() > 0.95  # all edges are those of a block
    unknown = infer_plots(PAIR, None, streets.drop(columns="width_m"), BLOCK, T)
    assert unknown.area.sum() > plots.area.sum()


def test_plots_do_not_overlap_and_fill_their_block() -> None:
    rng = np.random.default_rng(4)
    houses = frame([house(*p) for p in rng.uniform([1, 1], [150, 90], (25, 2)).tolist()])
    block = shapely.box(E, N, E + 160, N + 100)
    plots = infer_plots(houses, None, None, block, T)
    shapes = plots.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-6)
    assert shapely.union_all(shapes).area > 0.97 * block.area
    again = infer_plots(houses.iloc[::-1], None, None, block, T)
    assert len(again) == len(plots)


def test_nothing_to_begin_with() -> None:
    nothing = infer_plots(None, None, None, BLOCK, T)
    assert nothing.empty
    assert list(nothing.columns) == [*COLUMNS, "geometry"]
    assert infer_plots(PAIR.iloc[:0], frame([]), frame([]), BLOCK, T).empty
    assert infer_plots(PAIR, None, None, shapely.Polygon(), T).empty


def test_inputs_stay_as_they_are() -> None:
    houses, fences = PAIR.copy(), frame([line((14, 0), (14, 20))])
    before = houses.copy(), fences.copy()
    infer_plots(houses, fences, None, BLOCK, T)
    assert houses.equals(before[0])
    assert fences.equals(before[1])


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("skimage"):
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtraError) as caught:
        infer_plots(PAIR, None, None, BLOCK, T)
    assert "watershed" in caught.value.hint
    assert caught.value.exit_code == 5

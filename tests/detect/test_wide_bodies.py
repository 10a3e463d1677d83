"""Whether a body is more than a strip: the quick bound says what the buffer says, and the pairs stay."""

import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from regularize.detect.flags import _solid, is_wide
from regularize.detect.sides import Floats, Shapes
from regularize.geometry import areas

ORIGIN = np.array([327_000.0, 4_720_000.0])


def outlines(seed: int, n: int) -> Shapes:
    """Valid outlines of every kind: bars, L-shapes, spiky stars, rings, several parts, slivers."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(n):
        long_m, wide_m = rng.uniform(0.1, 20), rng.uniform(0.05, 8)
        shape: BaseGeometry = shapely.box(0, 0, long_m, wide_m)
        if k % 5 == 1:
            shape = shape.union(shapely.box(0, 0, wide_m / 3, long_m))
        elif k % 5 == 2:
            angle = np.sort(rng.uniform(0, 2 * np.pi, 14))
            radius = rng.uniform(0.2, 6, 14)
            shape = shapely.make_valid(
                shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
            )
        elif k % 5 == 3:
            shape = shape.difference(shapely.box(0.2 * long_m, 0.2 * wide_m, 0.7 * long_m, 0.9 * wide_m))
        elif k % 5 == 4:
            shape = shape.union(shapely.box(long_m + 1, 0, long_m + 1 + rng.uniform(0.1, 3), wide_m / 2))
        x, y = ORIGIN + rng.uniform(0, 40, 2)
        made.append(affinity.translate(affinity.rotate(shape, rng.uniform(0, 90)), x, y))
    return np.array([shape for shape in made if shape.area > 0], dtype=object)


@pytest.mark.parametrize("seed", range(3))
def test_a_body_is_wide_where_its_inner_buffer_is_not_empty(seed: int) -> None:
    shapes = outlines(seed, 400)
    widths: Floats = np.random.default_rng(seed).uniform(0.02, 4, len(shapes))
    told = is_wide(shapes, widths)
    assert 40 < told.sum() < len(shapes) - 40
    assert (told == ~shapely.is_empty(shapely.buffer(shapes, -widths / 2))).all()


def test_just_as_wide_as_the_strip() -> None:
    bars = np.array([shapely.box(0, 0, 50, width) for width in (0.999, 1.001)], dtype=object)
    assert is_wide(bars, 1.0).tolist() == [False, True]
    assert is_wide(np.array([shapely.Polygon()], dtype=object), 1.0).tolist() == [False]
    assert is_wide(np.array([], dtype=object), np.array([])).tolist() == []


@pytest.mark.parametrize("seed", range(3))
def test_what_is_surely_no_strip_need_not_be_cut_out(seed: int) -> None:
    shapes, beneath = outlines(seed, 60), outlines(seed + 100, 60)
    found = areas.pairs(shapes, beneath)
    tolerance_m: Floats = np.random.default_rng(seed).uniform(0.1, 2, len(shapes))
    i, j, m2 = _solid(shapes, beneath, found, tolerance_m, 1.0)
    pieces = shapely.intersection(shapes[found.left], beneath[found.right])
    whole = shapely.area(shapes)[found.left] - found.area_m2 <= 1.0
    body = ~shapely.is_empty(shapely.buffer(pieces, -tolerance_m[found.left] / 2))
    kept = (found.area_m2 >= 1.0) & (whole | body)
    assert 20 < kept.sum() < len(found)
    assert (i == found.left[kept]).all()
    assert (j == found.right[kept]).all()
    assert (m2 == found.area_m2[kept]).all()

"""Things on the same ground: by how much they overlap, and in which order they are told."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.geometry import areas


def north_west_first(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Positions by place, from north to south and from west to east."""
    if not shapes:
        return []
    boxes = shapely.bounds(np.array(shapes, dtype=object))
    order: list[int] = np.lexsort((boxes[:, 2], boxes[:, 0], -boxes[:, 3])).tolist()
    return order


def best_overlaps(
    previous: Sequence[BaseGeometry], current: Sequence[BaseGeometry], thresholds: Mapping[str, float]
) -> list[tuple[int, int]]:
    """Pairs (previous, current) that lie on the same ground, the most alike first.

    Two are alike by intersection over union; a clearly smaller one inside a larger comes after.
    """
    old: npt.NDArray[np.object_] = np.array(list(previous), dtype=object)
    new: npt.NDArray[np.object_] = np.array(list(current), dtype=object)
    if not len(old) or not len(new):
        return []
    found = areas.pairs(old, new)
    a, b = shapely.area(old)[found.left], shapely.area(new)[found.right]
    iou = found.area_m2 / (a + b - found.area_m2)
    smaller = found.area_m2 / np.minimum(a, b)
    kept = (iou >= thresholds["identity_min_iou"]) | (smaller >= thresholds["identity_min_overlap"])
    left, right, iou = found.left[kept], found.right[kept], iou[kept]
    order = np.lexsort((right, left, -np.round(iou, 9)))
    return list(zip(left[order].tolist(), right[order].tolist(), strict=True))

"""Plane geometry of the generator, on its own feet: nothing here is shared with detection."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

Vec = NDArray[np.float64]
MM = 3  # decimals: coordinates are kept to the millimetre
_FAR_M = 2_000.0


def unit(vector: Vec) -> Vec:
    """`vector` with length one."""
    return vector / math.hypot(float(vector[0]), float(vector[1]))


def left_of(direction: Vec) -> Vec:
    """The direction 90 degrees to the left."""
    return np.array([-direction[1], direction[0]])


def turned(direction: Vec, angle_rad: float) -> Vec:
    """`direction` turned anticlockwise."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([c * direction[0] - s * direction[1], s * direction[0] + c * direction[1]])


def ring(polygon: Polygon) -> Vec:
    """Corners of the outer ring, without the repeated last one."""
    return np.asarray(polygon.exterior.coords, dtype=np.float64)[:-1, :2]


def canonical(polygon: Polygon) -> Polygon:
    """The same polygon to the millimetre, anticlockwise, beginning at its south-west-most corner.

    The order in which GEOS happens to write a ring so leaves no trace in the files.
    """
    rings = []
    for index, line in enumerate((polygon.exterior, *polygon.interiors)):
        points = np.round(np.asarray(line.coords, dtype=np.float64)[:-1, :2], MM)
        before = np.concatenate([points[-1:], points[:-1]])
        points = points[(points != before).any(axis=1)]
        if (_signed_area(points) < 0) == (index == 0):
            points = points[::-1]
        start = int(np.lexsort((points[:, 1], points[:, 0]))[0])
        rings.append(np.concatenate([points[start:], points[:start]]))
    return Polygon(rings[0], rings[1:])


def _signed_area(points: Vec) -> float:
    x, y = points[:, 0] - points[0, 0], points[:, 1] - points[0, 1]
    return float(x[:-1] @ y[1:] - x[1:] @ y[:-1] + x[-1] * y[0] - x[0] * y[-1]) / 2


def rectangle(corner: Vec, along: Vec, length_m: float, depth_m: float) -> Polygon:
    """Rectangle from `corner`, `length_m` along a unit vector and `depth_m` to its left."""
    side = left_of(along) * depth_m
    front = along * length_m
    return Polygon([corner, corner + front, corner + front + side, corner + side])


def half_plane(point: Vec, direction: Vec) -> Polygon:
    """What lies to the left of the line through `point`, as far as anything here reaches."""
    return rectangle(point - direction * _FAR_M, direction, 2 * _FAR_M, _FAR_M)


def band(point: Vec, direction: Vec, depth_m: float) -> Polygon:
    """The band to the left of the line through `point`, `depth_m` wide."""
    return rectangle(point - direction * _FAR_M, direction, 2 * _FAR_M, depth_m)


def whole(geometry: object) -> Polygon | None:
    """`geometry` as one polygon without holes and not void, else None."""
    if isinstance(geometry, Polygon) and not geometry.is_empty and not geometry.interiors:
        mended = canonical(geometry)
        return mended if mended.is_valid and mended.area > 0 else None
    return None


def sides(polygon: Polygon) -> tuple[Vec, float, float]:
    """Long direction, length and width of the smallest rectangle around `polygon`."""
    box = shapely.minimum_rotated_rectangle(polygon)
    corners = np.asarray(shapely.get_coordinates(box))
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    a, b = float(np.hypot(*first)), float(np.hypot(*second))
    direction = unit(first if a >= b else second)
    if (direction[0], direction[1]) < (0.0, 0.0):
        direction = -direction
    return direction, max(a, b), min(a, b)


def share_nodes(polygons: Sequence[Polygon], tolerance_m: float = 0.02) -> list[Polygon]:
    """Neighbours with the same corners on their common line.

    Corners nearer than the tolerance become one, and a corner on a neighbour's side is written
    into that side, so that moving corners never opens a gap or an overlap.
    """
    nodes: list[Vec] = []
    rings: list[list[int]] = []
    for polygon in polygons:
        indices: list[int] = []
        for corner in ring(polygon):
            found = _near(nodes, corner, tolerance_m)
            if found is None:
                nodes.append(np.round(corner, MM))
                found = len(nodes) - 1
            if not indices or indices[-1] != found:
                indices.append(found)
        while len(indices) > 1 and indices[0] == indices[-1]:
            indices.pop()
        rings.append(indices)
    table = np.array(nodes)
    return [canonical(Polygon(table[_with_nodes(indices, table, tolerance_m)])) for indices in rings]


def _near(nodes: list[Vec], corner: Vec, tolerance_m: float) -> int | None:
    if not nodes:
        return None
    distance = np.hypot(*(np.array(nodes) - corner).T)
    index = int(np.argmin(distance))
    return index if distance[index] <= tolerance_m else None


def _with_nodes(indices: list[int], table: Vec, tolerance_m: float) -> list[int]:
    result: list[int] = []
    for here, there in zip(indices, [*indices[1:], indices[0]], strict=True):
        result.append(here)
        start, end = table[here], table[there]
        along = unit(end - start)
        length = float(np.hypot(*(end - start)))
        offset = table - start
        position = offset @ along
        away = np.abs(offset @ left_of(along))
        between = (position > tolerance_m) & (position < length - tolerance_m) & (away < tolerance_m)
        found = [i for i in np.flatnonzero(between) if i not in (here, there)]
        result.extend(int(i) for i in sorted(found, key=lambda i: float(position[i])))
    return result


def common_edges(polygons: Iterable[Polygon]) -> dict[tuple[tuple[float, ...], ...], list[int]]:
    """Every side of `polygons` (corners in sorted order) with the positions of those that have it."""
    edges: dict[tuple[tuple[float, ...], ...], list[int]] = {}
    for index, polygon in enumerate(polygons):
        corners = ring(polygon)
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            pair = tuple(sorted((tuple(start.tolist()), tuple(end.tolist()))))
            edges.setdefault(pair, []).append(index)
    return edges

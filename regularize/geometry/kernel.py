"""Areas of intersection without topology, compiled by numba. Imported by ``areas`` only when it pays.

A polygon is the sum of the strips below its edges, each with a sign: plus below an upper edge, minus
below a lower one. The area that two polygons share is therefore the sum over all pairs of edges
(i of A, j of B) of ``s_i * s_j`` times the integral of ``min(y_i(x), y_j(x))`` over the x they have in
common. Concave rings, holes, parts and shared edges need no special case, and nothing is noded.

Edges run from left to right: ``x0 <= x1``. They are sorted by ``x0`` within their polygon. An upright
edge has sign 0: it adds nothing, but it says where an outline runs.
"""

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from regularize.geometry.areas import Outlines
from regularize.geometry.compiled import compiled
from regularize.geometry.index import meeting_boxes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

UPRIGHT_M = 1e-200  # narrower than this an edge has no slope that a float can hold
NEVER_ZERO = 1e-300  # added to a denominator that is zero only where the numerator is


@compiled("Tuple((float64[:, ::1], boolean[::1]))(float64[:, ::1], int64[::1])")
def _boxes(coordinates: Floats, start: Integers) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The box of each polygon, and whether it comes back to its first point before its last."""
    n = len(start) - 1
    boxes = np.empty((n, 4))
    closes_early = np.zeros(n, np.bool_)
    for owner in range(n):
        x, y = coordinates[start[owner], 0], coordinates[start[owner], 1]
        x_low, y_low, x_high, y_high = x, y, x, y
        for k in range(start[owner] + 1, start[owner + 1] - 1):
            x_low = min(x_low, coordinates[k, 0])
            y_low = min(y_low, coordinates[k, 1])
            x_high = max(x_high, coordinates[k, 0])
            y_high = max(y_high, coordinates[k, 1])
            closes_early[owner] |= (coordinates[k, 0] == x) & (coordinates[k, 1] == y)
        boxes[owner, 0] = x_low
        boxes[owner, 1] = y_low
        boxes[owner, 2] = x_high
        boxes[owner, 3] = y_high
    return boxes, closes_early


@compiled("void(float64[:, ::1], int64, int64)")
def _sort(table: Floats, first: int, last: int) -> None:
    """Sort the rows from `first` to before `last` by their first column (Shell's gaps by 2.25)."""
    gap = 1
    while gap * 9 // 4 + 1 < last - first:
        gap = gap * 9 // 4 + 1
    while gap > 0:
        for k in range(first + gap, last):
            x0, y0, x1, y1, sign = table[k, 0], table[k, 1], table[k, 2], table[k, 3], table[k, 4]
            at = k
            while at - gap >= first and table[at - gap, 0] > x0:
                for column in range(5):
                    table[at, column] = table[at - gap, column]
                at -= gap
            table[at, 0] = x0
            table[at, 1] = y0
            table[at, 2] = x1
            table[at, 3] = y1
            table[at, 4] = sign
        gap = gap * 4 // 9


@compiled(
    "Tuple((float64[:, ::1], int64[::1], float64[::1]))"
    "(float64[:, ::1], int64[::1], int64[::1], boolean[::1], int64, float64[:, ::1])"
)
def _edges(
    coordinates: Floats,
    ring_owner: Integers,
    ring_start: Integers,
    is_hole: npt.NDArray[np.bool_],
    n: int,
    table: Floats,
) -> tuple[Floats, Integers, Floats]:
    """The edges of `n` polygons: rows (x0, y0, x1, y1, sign), where each polygon's begin, and areas.

    `ring_start` has one entry more than there are rings; `ring_owner` does not decrease. The rows are
    written into `table`, which has one for each coordinate.
    """
    start = np.zeros(n + 1, np.int64)
    area_m2 = np.zeros(n)
    size = 0
    ring = 0
    for owner in range(n):
        first = size
        while ring < len(ring_owner) and ring_owner[ring] == owner:
            low, high = ring_start[ring], ring_start[ring + 1]
            twice = 0.0
            for k in range(low + 1, high - 1):
                twice += (coordinates[k, 0] - coordinates[low, 0]) * (
                    coordinates[k + 1, 1] - coordinates[low, 1]
                )
                twice -= (coordinates[k + 1, 0] - coordinates[low, 0]) * (
                    coordinates[k, 1] - coordinates[low, 1]
                )
            turn = 1.0 if (twice > 0.0) != is_hole[ring] else -1.0
            area_m2[owner] += -abs(twice) / 2.0 if is_hole[ring] else abs(twice) / 2.0
            for k in range(low, high - 1):
                x0, y0 = coordinates[k, 0], coordinates[k, 1]
                x1, y1 = coordinates[k + 1, 0], coordinates[k + 1, 1]
                sign = -turn
                if x0 > x1:
                    x0, y0, x1, y1 = x1, y1, x0, y0
                    sign = turn
                elif x0 == x1:
                    sign = 0.0
                table[size, 0] = x0
                table[size, 1] = y0
                table[size, 2] = x1
                table[size, 3] = y1
                table[size, 4] = sign
                size += 1
            ring += 1
        _sort(table, first, size)
        start[owner + 1] = size
    return table[:size], start, area_m2


@compiled(
    "float64(float64[:, ::1], int64, int64, float64, float64[:, ::1], int64,"
    " float64[:, ::1], int64, int64, float64[:, ::1], int64, float64[:, ::1])"
)
def _shared_area(
    inner: Floats,
    inner_first: int,
    inner_last: int,
    inner_area_m2: float,
    inner_boxes: Floats,
    inner_at: int,
    outer: Floats,
    outer_first: int,
    outer_last: int,
    outer_boxes: Floats,
    outer_at: int,
    near: Floats,
) -> float:
    """The area that two polygons share; the first is the one with the smaller box."""
    x_low, y_low = inner_boxes[inner_at, 0], inner_boxes[inner_at, 1]
    x_high, y_high = inner_boxes[inner_at, 2], inner_boxes[inner_at, 3]
    outer_low = outer_boxes[outer_at, 1]
    middle = (x_low + x_high) / 2.0
    meets = False
    inside = 0.0
    size = 0
    for j in range(outer_first, outer_last):
        x0, y0, x1, y1 = outer[j, 0], outer[j, 1], outer[j, 2], outer[j, 3]
        if x0 >= x_high:
            break
        # What lies wholly below cancels: it takes the same from above and below each of inner's edges.
        if x1 <= x_low or max(y0, y1) <= y_low:
            continue
        if min(y0, y1) < y_high:
            meets = True
        if x0 <= middle < x1:
            inside += outer[j, 4]
        if outer[j, 4] == 0.0 or x1 - x0 < UPRIGHT_M:
            continue
        near[size, 0] = x0
        near[size, 1] = y0 - y_low
        near[size, 2] = x1
        near[size, 3] = (y1 - y0) / (x1 - x0)
        near[size, 4] = outer[j, 4]
        size += 1
    if not meets:  # outer's outline passes inner's box by: one ray upwards decides for all of it
        return inner_area_m2 if inside > 0.5 else 0.0
    total = 0.0
    begin = 0
    for i in range(inner_first, inner_last):
        sign = inner[i, 4]
        x0, y0, x1 = inner[i, 0], inner[i, 1] - y_low, inner[i, 2]
        if sign == 0.0 or x1 - x0 < UPRIGHT_M or max(inner[i, 1], inner[i, 3]) <= outer_low:
            continue
        slope = (inner[i, 3] - inner[i, 1]) / (x1 - x0)
        while begin < size and near[begin, 2] <= x0:
            begin += 1
        part = 0.0
        for j in range(begin, size):
            if near[j, 0] >= x1:
                break
            u = max(x0, near[j, 0])
            v = min(x1, near[j, 2])
            if u >= v:
                continue
            mine_u = y0 + (u - x0) * slope
            mine_v = y0 + (v - x0) * slope
            above_u = mine_u - (near[j, 1] + (u - near[j, 0]) * near[j, 3])
            above_v = mine_v - (near[j, 1] + (v - near[j, 0]) * near[j, 3])
            # min(mine, other) is mine less what of mine is above. Of a difference that runs from d to e
            # the positive part has the mean p * p / (|d| + |e|) / 2, where p adds up their positive parts,
            # whether it changes sign or not: one formula, no branch to guess wrong.
            positive = max(above_u, 0.0) + max(above_v, 0.0)
            cut = positive * positive / (abs(above_u) + abs(above_v) + NEVER_ZERO)
            twice = mine_u + mine_v - cut
            part += near[j, 4] * (v - u) * twice
        total += sign * part
    return total / 2.0


@compiled(
    "float64[::1](int64[:, ::1], float64[:, ::1], int64[::1], float64[::1], float64[:, ::1],"
    " float64[:, ::1], int64[::1], float64[::1], float64[:, ::1])"
)
def _shared_areas(
    pairs: Integers,
    edges_a: Floats,
    start_a: Integers,
    area_a: Floats,
    boxes_a: Floats,
    edges_b: Floats,
    start_b: Integers,
    area_b: Floats,
    boxes_b: Floats,
) -> Floats:
    """The area that each pair (left, right) shares, in m2. The smaller box of a pair asks the larger."""
    most = 1
    for k in range(len(start_a) - 1):
        most = max(most, start_a[k + 1] - start_a[k])
    for k in range(len(start_b) - 1):
        most = max(most, start_b[k + 1] - start_b[k])
    near = np.empty((most, 5))  # the edges that matter: x0, y0, x1, slope, sign
    found = np.empty(len(pairs))
    for k in range(len(pairs)):
        a, b = pairs[k, 0], pairs[k, 1]
        size_a = (boxes_a[a, 2] - boxes_a[a, 0]) * (boxes_a[a, 3] - boxes_a[a, 1])
        size_b = (boxes_b[b, 2] - boxes_b[b, 0]) * (boxes_b[b, 3] - boxes_b[b, 1])
        if size_a <= size_b:
            found[k] = _shared_area(
                edges_a, start_a[a], start_a[a + 1], area_a[a], boxes_a, a,
                edges_b, start_b[b], start_b[b + 1], boxes_b, b, near,
            )  # fmt: skip
        else:
            found[k] = _shared_area(
                edges_b, start_b[b], start_b[b + 1], area_b[b], boxes_b, b,
                edges_a, start_a[a], start_a[a + 1], boxes_a, a, near,
            )  # fmt: skip
    return found


class _Table(NamedTuple):
    """A layer as the kernel wants it, kept for as long as its outlines are."""

    edges: Floats
    start: Integers
    area_m2: Floats
    boxes: Floats


_tables: WeakKeyDictionary[Outlines, _Table] = WeakKeyDictionary()


def overlaps(a: Outlines, b: Outlines | None) -> tuple[Integers, Integers, Floats]:
    """Pairs of `a` and `b` whose boxes meet, and the area in m2 that each pair shares (0 if none).

    Without `b` the pairs within `a`, each once.
    """
    table_a = _table(a)
    table_b = table_a if b is None else _table(b)
    pairs = meeting_boxes(table_a.boxes, table_b.boxes)
    if b is None:
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return pairs[:, 0], pairs[:, 1], _shared_areas(pairs, *table_a, *table_b)


def _table(layer: Outlines) -> _Table:
    """The table of a layer, made at its first join."""
    table = _tables.get(layer)
    if table is None:
        boxes, closes_early = _boxes(layer.coordinates, layer.start)
        # A polygon that never comes back to its first point before its end is one ring.
        # numpy asks for large pages where numba does not: the joins walk over this table most of all.
        room = np.empty((len(layer.coordinates), 5))
        edges, start, area_m2 = _edges(layer.coordinates, *layer.rings(closes_early), len(layer.at), room)
        table = _Table(edges, start, area_m2, boxes)
        _tables[layer] = table
    return table

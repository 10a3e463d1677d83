"""Areas of intersection without topology, compiled by numba. Imported by ``areas`` only when it pays.

A polygon is the sum of the strips below its edges, each with a sign: plus below an upper edge, minus
below a lower one. The area that two polygons share is therefore the sum over all pairs of edges
(i of A, j of B) of ``s_i * s_j`` times the integral of ``min(y_i(x), y_j(x))`` over the x they have in
common. Concave rings, holes, parts and shared edges need no special case, and nothing is noded.

Edges run from left to right: ``x0 <= x1``. They are sorted by ``x0`` within their polygon. An upright
edge adds nothing, but it says where an outline runs.

Of an edge four bytes are kept: ``4 * k + 2 * is_lower + backwards``, where ``k`` counts its polygon's
coordinates up to the one at which it begins along the ring. The rest is read from the coordinates, so
that a large layer is not written into memory once more. Places in arrays are unsigned in the innermost
loops: for a signed one that may be negative, numba asks each time whether it counts from the end.
"""

from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from regularize.geometry.areas import TOUCH_M2, Outlines
from regularize.geometry.compiled import compiled
from regularize.geometry.index import Tree, curve_order, meeting_boxes, tree

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]

UPRIGHT_M = 1e-100  # narrower than this an edge adds nothing, and the square of its slope has no float
MANY = 32  # edges of which it pays to seek out those that matter
LANES = 4  # edges that are computed at once
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


@compiled("void(float64[::1], int32[::1], int64, int64)")
def _sort(keys: Floats, edges: Small, first: int, size: int) -> None:
    """Sort `size` edges from `first` on by their keys, and these (Shell's gaps by 2.25)."""
    gap = 1
    while gap * 9 // 4 + 1 < size:
        gap = gap * 9 // 4 + 1
    while gap > 0:
        for k in range(gap, size):
            key, edge = keys[np.uint64(k)], edges[np.uint64(first + k)]
            at = k
            while at >= gap and keys[np.uint64(at - gap)] > key:
                keys[np.uint64(at)] = keys[np.uint64(at - gap)]
                edges[np.uint64(first + at)] = edges[np.uint64(first + at - gap)]
                at -= gap
            keys[np.uint64(at)] = key
            edges[np.uint64(first + at)] = edge
        gap = gap * 4 // 9


@compiled("float64[::1](float64[:, ::1], int64[::1], int64[::1], int64[::1], boolean[::1], int32[::1])")
def _edges(
    coordinates: Floats,
    start: Integers,
    ring_owner: Integers,
    ring_start: Integers,
    is_hole: npt.NDArray[np.bool_],
    edges: Small,
) -> Floats:
    """Write the edges of polygons whose coordinates begin at `start` into `edges`; the areas.

    `start` and `ring_start` have one entry more than there are polygons and rings; `ring_owner` does
    not decrease. There is room for an edge at each coordinate: what a polygon leaves is -1.
    """
    n = len(start) - 1
    area_m2 = np.zeros(n)
    most = 1
    for owner in range(n):
        most = max(most, start[owner + 1] - start[owner])
    keys = np.empty(most)
    ring = 0
    for owner in range(n):
        first, size = start[owner], 0
        while ring < len(ring_owner) and ring_owner[ring] == owner:
            low, high = ring_start[ring], ring_start[ring + 1]
            x, y = coordinates[low, 0], coordinates[low, 1]
            twice = 0.0
            for k in range(low + 1, high - 1):
                here, there = np.uint64(k), np.uint64(k + 1)
                twice += (coordinates[here, 0] - x) * (coordinates[there, 1] - y)
                twice -= (coordinates[there, 0] - x) * (coordinates[here, 1] - y)
            is_lower = np.int64((twice > 0.0) != is_hole[ring])
            area_m2[owner] += -abs(twice) / 2.0 if is_hole[ring] else abs(twice) / 2.0
            for k in range(low, high - 1):
                x0, x1 = coordinates[np.uint64(k), 0], coordinates[np.uint64(k + 1), 0]
                backwards = np.int64(x0 > x1)
                keys[np.uint64(size)] = min(x0, x1)
                edges[np.uint64(first + size)] = 4 * (k - first) + 2 * (is_lower ^ backwards) + backwards
                size += 1
            ring += 1
        _sort(keys, edges, first, size)
        for k in range(first + size, start[owner + 1]):
            edges[k] = -1
    return area_m2


@compiled(
    "void(int64[::1], int64[::1], boolean, float64[::1],"
    " float64[:, ::1], int64[::1], int32[::1], float64[:, ::1], float64[::1],"
    " float64[:, ::1], int64[::1], int32[::1], float64[:, ::1])"
)
def _shared_areas(
    inner_at: Integers,
    outer_at: Integers,
    is_second: bool,
    found: Floats,
    inner: Floats,
    inner_start: Integers,
    inner_edges: Small,
    inner_boxes: Floats,
    inner_area_m2: Floats,
    outer: Floats,
    outer_start: Integers,
    outer_edges: Small,
    outer_boxes: Floats,
) -> None:
    """Write the area in m2 that each pair shares where the inner one has the smaller box.

    Where both boxes are as large the one of the first layer is the inner.
    """
    most = 0
    for k in range(len(outer_start) - 1):
        most = max(most, outer_start[k + 1] - outer_start[k])
    near = np.zeros((5, most + LANES))  # of the edges that matter: x0, y0, x1, slope, sign
    terms = np.zeros(most + LANES)
    one = np.uint64(1)
    for pair in range(len(inner_at)):
        mine, other = np.uint64(inner_at[pair]), np.uint64(outer_at[pair])
        x_low, y_low = inner_boxes[mine, 0], inner_boxes[mine, 1]
        x_high, y_high = inner_boxes[mine, 2], inner_boxes[mine, 3]
        outer_low = outer_boxes[other, 1]
        size_m2 = (x_high - x_low) * (y_high - y_low)
        against_m2 = (outer_boxes[other, 2] - outer_boxes[other, 0]) * (outer_boxes[other, 3] - outer_low)
        if (size_m2 > against_m2) | (is_second & (size_m2 == against_m2)):
            continue
        middle = (x_low + x_high) / 2.0
        meets = False
        inside = 0.0
        size = 0
        first = outer_start[other]
        for k in range(first, outer_start[other + one] - 1):
            edge = np.int64(outer_edges[np.uint64(k)])
            # Where there is no edge (-1), what is read is not used; but it must be there.
            backwards, place = edge & 1, first + np.int64(edge > 0) * (edge >> 2)
            left, right = np.uint64(place + backwards), np.uint64(place + 1 - backwards)
            x0, y0, x1, y1 = outer[left, 0], outer[left, 1], outer[right, 0], outer[right, 1]
            if (edge < 0) | (x0 >= x_high):
                break
            # What lies wholly below cancels: it takes the same from above and below each of inner's edges.
            counts = (x1 > x_low) & ((y0 > y_low) | (y1 > y_low))
            sign = 1.0 - np.float64(edge & 2)
            meets |= counts & ((y0 < y_high) | (y1 < y_high))
            inside += sign * np.float64(counts & (x0 <= middle) & (middle < x1))
            to = np.uint64(size)
            near[0, to] = x0
            near[1, to] = y0 - y_low
            near[2, to] = x1
            near[3, to] = (y1 - y0) / (x1 - x0)
            near[4, to] = sign
            size += int(counts & (x1 - x0 >= UPRIGHT_M))
        if not meets:  # outer's outline passes inner's box by: one ray upwards decides for all of it
            found[pair] = inner_area_m2[mine] if inside > 0.5 else 0.0
            continue
        for k in range(size, size + LANES):
            for row in range(5):
                near[row, np.uint64(k)] = 0.0
        total = 0.0
        begin, count, lanes, is_long = 0, size, (size + LANES - 1) // LANES * LANES, size > MANY
        first = inner_start[mine]
        for k in range(first, inner_start[mine + one] - 1):
            edge = np.int64(inner_edges[np.uint64(k)])
            if edge < 0:
                break
            backwards = edge & 1
            left, right = (
                np.uint64(first + (edge >> 2) + backwards),
                np.uint64(first + (edge >> 2) + 1 - backwards),
            )
            x0, x1 = inner[left, 0], inner[right, 0]
            if (x1 - x0 < UPRIGHT_M) | (inner[left, 1] <= outer_low) & (inner[right, 1] <= outer_low):
                continue
            y0 = inner[left, 1] - y_low
            slope = (inner[right, 1] - inner[left, 1]) / (x1 - x0)
            if is_long:
                while begin < size and near[2, begin] <= x0:
                    begin += 1
                if 8 * begin > size:  # what lies to the left of all that follows makes room
                    size -= begin
                    for row in range(5):
                        for at in range(size + LANES):
                            near[row, at] = near[row, begin + at]
                    begin = 0
                count = int(np.searchsorted(near[0, :size], x1))
                lanes = (count + LANES - 1) // LANES * LANES
            for at in range(lanes):
                u = max(x0, near[0, at])
                v = max(u, min(x1, near[2, at]))
                mine_u = y0 + (u - x0) * slope
                mine_v = y0 + (v - x0) * slope
                above_u = mine_u - (near[1, at] + (u - near[0, at]) * near[3, at])
                above_v = mine_v - (near[1, at] + (v - near[0, at]) * near[3, at])
                # min(mine, other) is mine less what of mine is above. Of a difference that runs from d to
                # e the positive part has the mean p * p / (|d| + |e|) / 2, where p adds up their positive
                # parts, whether it changes sign or not: one formula, no branch to guess wrong.
                positive = max(above_u, 0.0) + max(above_v, 0.0)
                cut = positive * positive / (abs(above_u) + abs(above_v) + NEVER_ZERO)
                terms[at] = near[4, at] * (v - u) * (mine_u + mine_v - cut)
            part = 0.0
            for at in range(count):
                part += terms[at]
            total += (1.0 - np.float64(edge & 2)) * part
        found[pair] = total / 2.0


@compiled(
    "Tuple((int64[::1], int64[::1], float64[::1]))"
    "(int64[::1], int64[::1], float64[::1], int64, int64, float64)"
)
def _in_order(
    left: Integers, right: Integers, area_m2: Floats, n_left: int, n_right: int, least_m2: float
) -> tuple[Integers, Integers, Floats]:
    """The pairs that share more than `least_m2`, by left and right: counted out, as there are no ties."""
    until = np.zeros(n_right, np.int64)  # how many come before each right, then where its next one goes
    for k in range(len(right)):
        until[np.uint64(right[k])] += np.int64(area_m2[k] > least_m2)
    size = 0
    for k in range(n_right):
        until[k], size = size, size + until[k]
    by_right = np.empty(size + 1, np.int64)  # one more, for what is not kept
    for k in range(len(right)):
        at = np.uint64(right[k])
        is_kept = area_m2[k] > least_m2
        by_right[np.uint64(until[at] if is_kept else size)] = k
        until[at] += np.int64(is_kept)
    until = np.zeros(n_left, np.int64)
    for k in range(size):
        until[np.uint64(left[np.uint64(by_right[k])])] += 1
    size = 0
    for k in range(n_left):
        until[k], size = size, size + until[k]
    lefts, rights, areas_m2 = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    for k in range(size):
        pair = np.uint64(by_right[k])
        at = np.uint64(left[pair])
        to = np.uint64(until[at])
        lefts[to] = left[pair]
        rights[to] = right[pair]
        areas_m2[to] = area_m2[pair]
        until[at] += 1
    return lefts, rights, areas_m2


class _Table(NamedTuple):
    """A layer as the kernel wants it."""

    coordinates: Floats
    start: Integers
    edges: Small
    boxes: Floats


class _Layer:
    """A layer's table, the order of its boxes and their tree, each made when it is first wanted."""

    def __init__(self, layer: Outlines) -> None:
        boxes, closes_early = _boxes(layer.coordinates, layer.start)
        # A polygon that never comes back to its first point before its end is one ring.
        room = np.empty(len(layer.coordinates), np.int32)
        self.area_m2 = _edges(layer.coordinates, layer.start, *layer.rings(closes_early), room)
        self.table = _Table(layer.coordinates, layer.start, room, boxes)
        self.order = curve_order(boxes)

    @cached_property
    def tree(self) -> Tree:
        return tree(self.table.boxes, self.order)


_layers: WeakKeyDictionary[Outlines, _Layer] = WeakKeyDictionary()  # kept for as long as their outlines


def overlaps(a: Outlines, b: Outlines | None) -> tuple[Integers, Integers, Floats]:
    """Pairs of `a` and `b` that do more than touch, in order, and the area in m2 that each pair shares.

    Without `b` the pairs within `a`, each once.
    """
    layer_a = _layer(a)
    layer_b = layer_a if b is None else _layer(b)
    left, right = meeting_boxes(layer_a.table.boxes, layer_a.order, layer_b.tree)
    if b is None:
        once = left < right
        left, right = left[once], right[once]
    area_m2 = np.empty(len(left))
    _shared_areas(left, right, False, area_m2, *layer_a.table, layer_a.area_m2, *layer_b.table)
    _shared_areas(right, left, True, area_m2, *layer_b.table, layer_b.area_m2, *layer_a.table)
    made: tuple[Integers, Integers, Floats]
    made = _in_order(left, right, area_m2, len(a.at), len(layer_b.order), TOUCH_M2)
    return made


def _layer(outlines: Outlines) -> _Layer:
    """What the kernel keeps of a layer, made at its first join."""
    layer = _layers.get(outlines)
    if layer is None:
        layer = _layers[outlines] = _Layer(outlines)
    return layer

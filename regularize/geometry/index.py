"""Which boxes of two layers meet: a tree packed along a Hilbert curve, compiled by numba."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from regularize.geometry.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FAN = 8  # children of a node of the tree
GROUP = 8  # boxes that ask the tree together


@compiled("int64[:](float64[:, ::1], float64, float64, float64)")
def _hilbert(boxes: Floats, x_m: float, y_m: float, size_m: float) -> Integers:
    """Places of the middles of `boxes` on a Hilbert curve of 2^16 x 2^16 cells over a square."""
    places = np.empty(len(boxes), np.int64)
    scale = 65535.0 / size_m if size_m > 0.0 else 0.0
    for k in range(len(boxes)):
        x = np.int64(((boxes[k, 0] + boxes[k, 2]) / 2.0 - x_m) * scale)
        y = np.int64(((boxes[k, 1] + boxes[k, 3]) / 2.0 - y_m) * scale)
        place = np.int64(0)
        side = np.int64(32768)
        while side > 0:
            right = np.int64((x & side) != 0)
            upper = np.int64((y & side) != 0)
            place += side * side * ((3 * right) ^ upper)
            if upper == 0:
                if right == 1:
                    x = 65535 - x
                    y = 65535 - y
                x, y = y, x
            side >>= 1
        places[k] = place
    return places


@compiled("Tuple((float64[:, ::1], int64[::1]))(float64[:, ::1], int64[::1])")
def _tree(boxes: Floats, order: Integers) -> tuple[Floats, Integers]:
    """A packed tree over `boxes` in `order`: all levels' boxes from the leaves up, where each begins."""
    levels = 1
    total = width = len(order)
    while width > 1 or levels == 1:  # even a single leaf has a root above it
        width = (width + FAN - 1) // FAN
        total += width
        levels += 1
    nodes = np.empty((total, 4))
    begin = np.zeros(levels + 1, np.int64)
    for k in range(len(order)):
        for side in range(4):
            nodes[k, side] = boxes[order[k], side]
    begin[1] = len(order)
    for level in range(1, levels):
        below, here = begin[level - 1], begin[level]
        width = (here - below + FAN - 1) // FAN
        begin[level + 1] = here + width
        for k in range(width):
            node = here + k
            nodes[node, 0] = nodes[node, 1] = np.inf
            nodes[node, 2] = nodes[node, 3] = -np.inf
            for child in range(below + k * FAN, min(below + (k + 1) * FAN, here)):
                nodes[node, 0] = min(nodes[node, 0], nodes[child, 0])
                nodes[node, 1] = min(nodes[node, 1], nodes[child, 1])
                nodes[node, 2] = max(nodes[node, 2], nodes[child, 2])
                nodes[node, 3] = max(nodes[node, 3], nodes[child, 3])
    return nodes, begin


@compiled(
    "Tuple((int64[::1], int64[::1]))(float64[:, ::1], int64[::1], float64[:, ::1], int64[::1], int64[::1])"
)
def _search(
    boxes: Floats, order: Integers, nodes: Floats, begin: Integers, leaves: Integers
) -> tuple[Integers, Integers]:
    """The pairs (box, leaf) whose insides meet.

    Boxes that follow each other in `order` lie together: a group of them asks the tree once.
    """
    left = np.empty(4 * len(order) + 16, np.int64)
    right = np.empty(len(left), np.int64)
    size = 0
    top = len(begin) - 2
    stack = np.empty((FAN * len(begin), 2), np.int64)  # (level, node): one row of children per level
    near = np.empty(begin[1] + 1, np.uint64)  # the leaves that a group may meet
    for first_query in range(0, len(order), GROUP):
        last_query = min(first_query + GROUP, len(order))
        x_low, y_low, x_high, y_high = np.inf, np.inf, -np.inf, -np.inf
        for k in range(first_query, last_query):
            query = np.uint64(order[np.uint64(k)])
            x_low = min(x_low, boxes[query, 0])
            y_low = min(y_low, boxes[query, 1])
            x_high = max(x_high, boxes[query, 2])
            y_high = max(y_high, boxes[query, 3])
        around = 0
        waiting = 1
        stack[0, 0] = top
        stack[0, 1] = begin[top]
        while waiting > 0:
            waiting -= 1
            level, node = stack[waiting, 0] - 1, stack[waiting, 1]
            first = begin[level] + (node - begin[level + 1]) * FAN
            last = min(first + FAN, begin[level + 1])
            if level > 0:
                for k in range(first, last):
                    child = np.uint64(k)
                    meets_x = (nodes[child, 0] < x_high) & (nodes[child, 2] > x_low)  # & does not branch
                    stack[waiting, 0] = level
                    stack[waiting, 1] = k
                    waiting += meets_x & (nodes[child, 1] < y_high) & (nodes[child, 3] > y_low)
            else:
                for k in range(first, last):
                    child = np.uint64(k)
                    meets_x = (nodes[child, 0] < x_high) & (nodes[child, 2] > x_low)
                    near[np.uint64(around)] = child
                    around += meets_x & (nodes[child, 1] < y_high) & (nodes[child, 3] > y_low)
        if size + around * GROUP >= len(left):
            room = np.empty(len(left) + around * GROUP, np.int64)
            left = np.concatenate((left, room))
            right = np.concatenate((right, room))
        for k in range(first_query, last_query):
            query = np.uint64(order[np.uint64(k)])
            x_low, y_low, x_high, y_high = boxes[query, 0], boxes[query, 1], boxes[query, 2], boxes[query, 3]
            for j in range(around):
                leaf = near[np.uint64(j)]
                meets_x = (nodes[leaf, 0] < x_high) & (nodes[leaf, 2] > x_low)
                left[np.uint64(size)] = query
                right[np.uint64(size)] = leaves[leaf]
                size += meets_x & (nodes[leaf, 1] < y_high) & (nodes[leaf, 3] > y_low)
    return left[:size], right[:size]


def curve_order(boxes: Floats) -> Integers:
    """An order of `boxes` in which neighbours lie together; `boxes` as :func:`meeting_boxes` wants them."""
    x_m, y_m = float(boxes[:, 0].min()), float(boxes[:, 1].min())
    size_m = float(max(boxes[:, 2].max() - x_m, boxes[:, 3].max() - y_m))
    # Place (32 bits) and position sorted as one number, so no ties.
    bits = len(boxes).bit_length()
    order: Integers = np.sort(_hilbert(boxes, x_m, y_m, size_m) << bits | np.arange(len(boxes)))
    return order & ((1 << bits) - 1)


class Tree(NamedTuple):
    """Boxes along their curve, and the boxes around them."""

    nodes: Floats
    begin: Integers
    leaves: Integers


def tree(boxes: Floats, order: Integers) -> Tree:
    """The tree over `boxes` in `order`."""
    nodes, begin = _tree(boxes, order)
    return Tree(nodes, begin, order)


def meeting_boxes(boxes: Floats, order: Integers, others: Tree) -> tuple[Integers, Integers]:
    """All pairs (row of `boxes`, row of the `others`) whose insides meet, as rows, in no useful order.

    Boxes are rows (x_low, y_low, x_high, y_high), finite, at least one in each array.
    """
    pairs: tuple[Integers, Integers] = _search(boxes, order, *others)
    return pairs

"""Outlines that a drawing holds as loose lines: chained where their ends meet.

Draughtsmen draw a house as four strokes. Where strokes enclose a face they are one outline; what is
left over stays a line and is told as such. Nothing is bridged: ends meet, or they do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.intake.dxf_blocks import Part
from regularize.intake.dxf_shapes import CLOSED_WITHIN_M, Shape

_DECIMALS = round(-np.log10(CLOSED_WITHIN_M))
# Faces of fewer than two strokes do not exist.
_LEAST_LINES = 2

Key = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Chained:
    """The rows of a layer once its loose lines are chained.

    Parameters
    ----------
    parts : list of Part
        What was closed before, and lines that enclose nothing, in the order of the file; then the
        outlines that were chained.
    n_lines, n_outlines : int
        How many lines were chained, and into how many outlines.
    """

    parts: list[Part]
    n_lines: int
    n_outlines: int


def chain(parts: Sequence[Part]) -> Chained:
    """Make outlines of the open lines among `parts` that enclose a face.

    Examples
    --------
    >>> sides = [Part("A", "1", Shape(np.array(ends, float))) for ends in
    ...          ([(0, 0), (4, 0)], [(4, 0), (4, 3)], [(4, 3), (0, 0)], [(9, 9), (8, 8)])]
    >>> found = chain(sides)
    >>> found.n_lines, found.n_outlines, len(found.parts)
    (3, 1, 2)
    """
    loose = {at: _line(part.shape) for at, part in enumerate(parts) if _is_loose(part) and part.shape}
    if len(loose) < _LEAST_LINES:
        return Chained(list(parts), 0, 0)
    distinct = {_key(line): line for line in loose.values()}
    faces, cuts, dangles, invalid = shapely.polygonize_full(list(distinct.values()))
    left = {_key(line) for rest in (cuts, dangles, invalid) for line in shapely.get_parts(rest)}
    outlines = [face for face in shapely.get_parts(faces) if face.area > 0]
    if not outlines:
        return Chained(list(parts), 0, 0)
    used = [at for at, line in loose.items() if _key(line) not in left]
    kept = [part for at, part in enumerate(parts) if at not in set(used)]
    of_side: dict[Key, int] = {}
    for at in used:
        for side in _sides(loose[at]):
            of_side.setdefault(side, at)
    taken: set[int] = set()
    for outline in outlines:
        # An outline is called by the first of its lines that gave no other its name.
        lines = sorted({of_side[side] for side in _sides(outline.exterior) if side in of_side})
        named = next((at for at in lines if at not in taken), lines[0] if lines else used[0])
        taken.add(named)
        first = parts[named]
        holes = tuple(_open(ring) for ring in outline.interiors)
        shape = Shape(_open(outline.exterior), True, holes=holes)
        kept.append(Part(first.layer, first.handle, shape, None, first.block))
    return Chained(kept, len(used), len(outlines))


def _is_loose(part: Part) -> bool:
    shape = part.shape
    if part.fault is not None or shape is None or shape.is_closed or len(shape.points) < 2:
        return False
    return bool(np.isfinite(shape.points).all() and shape.gap_m > CLOSED_WITHIN_M)


def _line(shape: Shape) -> BaseGeometry:
    """The line with its ends on the grid that ends meet on."""
    points = shape.points.copy()
    points[[0, -1]] = np.round(points[[0, -1]], _DECIMALS)
    return shapely.LineString(points)


def _key(line: BaseGeometry) -> Key:
    points = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
    return min(tuple(points), tuple(reversed(points)))


def _sides(line: BaseGeometry) -> list[Key]:
    points = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
    return [min((a, b), (b, a)) for a, b in pairwise(points)]


def _open(ring: BaseGeometry) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    return shapely.get_coordinates(ring)[:-1]

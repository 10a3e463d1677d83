"""The outlines of drawing entities as points: closed, stroked, and turned into the plan.

Arcs become chords that leave them by no more than a stated sagitta. Everything is bounded: no
number in a drawing can ask for more points than ``MAX_ARC_POINTS``.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regularize.i18n import translate as _
from regularize.intake.dxf_tags import Entity, load_ezdxf

# An arc and its chords lie no further apart than this (m).
ARC_TOLERANCE_M = 0.01
MAX_ARC_POINTS = 2_000
# A full circle has at least eight chords, however small it is.
_WIDEST_CHORD = math.pi / 4
# Ends that lie as near as this are one point (m).
CLOSED_WITHIN_M = 0.001
_MAX_CONTROL_POINTS = 2_000
_MAX_DEGREE = 11

_CLOSED, _IS_3D, _MESH, _POLYFACE = 1, 8, 16, 64
_SPLINE_FRAME = 16

Points = NDArray[np.float64]
Axis = tuple[float, float, float]
_UP: Axis = (0.0, 0.0, 1.0)


class UnreadableEntityError(Exception):
    """An entity that contradicts itself; the text says how."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The plan of one entity.

    Parameters
    ----------
    points : array (n, 2)
        One point for a point; a closed outline does not repeat its first.
    is_closed : bool
    height : float or None
        Z of a point, where it is not zero.
    is_stroked : bool
        Whether arcs were replaced by chords.
    """

    points: Points
    is_closed: bool = False
    height: float | None = None
    is_stroked: bool = False
    holes: tuple[Points, ...] = ()

    @property
    def gap_m(self) -> float:
        """Distance of its ends."""
        return float(np.hypot(*(self.points[0] - self.points[-1])))


def shape_of(entity: Entity, tolerance_m: float) -> Shape | None:
    """The plan of `entity`; None where its type has none.

    Raises
    ------
    UnreadableEntityError
        If its numbers make no outline.
    """
    draw = _DRAW.get(entity.type)
    if draw is None:
        return None
    try:
        shape = draw(entity, tolerance_m)
    except (ValueError, ZeroDivisionError, OverflowError, IndexError, TypeError, AttributeError) as error:
        # What ezdxf's curves raise for numbers that contradict each other is of many kinds.
        raise UnreadableEntityError(_("its numbers make no outline")) from error
    except load_ezdxf() as error:
        raise UnreadableEntityError(_("its numbers make no outline")) from error
    if shape is None:
        return None
    return _closed_by_its_ends(shape)


def _closed_by_its_ends(shape: Shape) -> Shape:
    """A line that comes back to its first point encloses what a closed one does."""
    points = shape.points
    if len(points) < 2 or (not shape.is_closed and len(points) < 4):
        return shape
    if not np.isfinite(points).all() or shape.gap_m > CLOSED_WITHIN_M:
        return shape
    return Shape(points[:-1], True, shape.height, shape.is_stroked)


def axis_of(entity: Entity) -> Axis:
    """The direction that the entity's own plane faces. Raises ``ValueError``."""
    if not any(code == 210 for code, _value in entity.tags):
        return _UP
    return entity.number(210), entity.number(220), entity.number(230, 1.0)


def to_plan(points: Points, axis: Axis, elevation: float = 0.0) -> Points:
    """Points of an entity's own plane in the coordinates of the drawing, seen from above."""
    if axis == _UP:
        return points
    load_ezdxf()
    from ezdxf.math import OCS

    if not any(axis):
        raise ValueError(axis)
    found = [OCS(axis).to_wcs((x, y, elevation)) for x, y in points.tolist()]
    return np.array([(point.x, point.y) for point in found], dtype=float).reshape(-1, 2)


def arc_points(
    centre: tuple[float, float], radius: float, start: float, sweep: float, tolerance_m: float
) -> Points:
    """Points along an arc, both ends included; angles in radians, anticlockwise.

    Examples
    --------
    >>> len(arc_points((0, 0), 10, 0, math.pi, 0.01))
    36
    """
    values = (*centre, radius, start, sweep)
    if not all(map(math.isfinite, values)):
        raise ValueError(values)
    step = (
        2 * math.acos(max(1 - tolerance_m / radius, math.cos(_WIDEST_CHORD / 2))) if radius > 0 else math.pi
    )
    n = min(max(math.ceil(abs(sweep) / max(step, 1e-9)), 1), MAX_ARC_POINTS)
    angles = start + np.linspace(0, sweep, n + 1)
    return np.column_stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)])


def _with_bulges(points: Points, bulges: list[float], is_closed: bool, tolerance_m: float) -> Points:
    """A polyline whose arcs are chords; a bulge is the tangent of a quarter of the arc's angle."""
    pieces: list[Points] = []
    last = len(points) if is_closed else len(points) - 1
    for at in range(last):
        start, end = points[at], points[(at + 1) % len(points)]
        bulge = bulges[at]
        chord = float(np.hypot(*(end - start)))
        if bulge == 0 or chord == 0 or not math.isfinite(bulge):
            pieces.append(start[None])
            continue
        radius = chord * (1 + bulge * bulge) / (4 * abs(bulge))
        # From the middle of the chord to the centre, on its left where the bulge is positive.
        along = (end - start) / chord
        offset = chord * (1 - bulge * bulge) / (4 * bulge)
        centre = (start + end) / 2 + offset * np.array([-along[1], along[0]])
        angle = math.atan2(start[1] - centre[1], start[0] - centre[0])
        pieces.append(
            arc_points(
                (float(centre[0]), float(centre[1])), radius, angle, 4 * math.atan(bulge), tolerance_m
            )[:-1]
        )
    if not is_closed:
        pieces.append(points[-1:])
    return np.concatenate(pieces) if pieces else points


def _polyline(
    vertices: list[tuple[float, float, float]], entity: Entity, elevation: float, tolerance_m: float
) -> Shape:
    if not vertices:
        raise ValueError(vertices)
    points = np.array([(x, y) for x, y, _bulge in vertices], dtype=float)
    bulges = [bulge for _x, _y, bulge in vertices]
    is_closed = bool(entity.integer(70) & _CLOSED)
    is_stroked = any(bulges)
    if is_stroked:
        points = _with_bulges(points, bulges, is_closed, tolerance_m)
    return Shape(to_plan(points, axis_of(entity), elevation), is_closed, is_stroked=is_stroked)


def _lwpolyline(entity: Entity, tolerance_m: float) -> Shape:
    vertices: list[list[float]] = []
    for code, value in entity.tags:
        if code == 10:
            vertices.append([float(value), math.nan, 0.0])
        elif code == 20 and vertices:
            vertices[-1][1] = float(value)
        elif code == 42 and vertices:
            vertices[-1][2] = float(value)
    return _polyline([(x, y, bulge) for x, y, bulge in vertices], entity, entity.number(38), tolerance_m)


def _polyline_2d(entity: Entity, tolerance_m: float) -> Shape | None:
    flags = entity.integer(70)
    if flags & (_MESH | _POLYFACE):
        return None
    vertices = [
        (part.number(10, math.nan), part.number(20, math.nan), part.number(42))
        for part in entity.parts
        if part.type == "VERTEX" and not part.integer(70) & _SPLINE_FRAME
    ]
    if not flags & _IS_3D:
        return _polyline(vertices, entity, entity.number(30), tolerance_m)
    if not vertices:
        raise ValueError(vertices)
    return Shape(np.array([(x, y) for x, y, _bulge in vertices], dtype=float), bool(flags & _CLOSED))


def _line(entity: Entity, _tolerance_m: float) -> Shape:
    ends = [[entity.number(10, math.nan), entity.number(20, math.nan)]]
    ends.append([entity.number(11, math.nan), entity.number(21, math.nan)])
    return Shape(np.array(ends, dtype=float))


def _point(entity: Entity, _tolerance_m: float) -> Shape:
    place = np.array([[entity.number(10, math.nan), entity.number(20, math.nan)]])
    return Shape(place, height=entity.number(30) or None)


def _circle(entity: Entity, tolerance_m: float) -> Shape:
    ring = arc_points(_centre(entity), entity.number(40), 0.0, 2 * math.pi, tolerance_m)[:-1]
    return Shape(to_plan(ring, axis_of(entity), entity.number(30)), True, is_stroked=True)


def _arc(entity: Entity, tolerance_m: float) -> Shape:
    start, end = math.radians(entity.number(50)), math.radians(entity.number(51, 360.0))
    sweep = (end - start) % (2 * math.pi) or 2 * math.pi
    points = arc_points(_centre(entity), entity.number(40), start, sweep, tolerance_m)
    return Shape(to_plan(points, axis_of(entity), entity.number(30)), is_stroked=True)


def _centre(entity: Entity) -> tuple[float, float]:
    return entity.number(10, math.nan), entity.number(20, math.nan)


def _ellipse(entity: Entity, tolerance_m: float) -> Shape:
    major = np.array([entity.number(11), entity.number(21), entity.number(31)])
    minor = np.cross(np.array(axis_of(entity)), major) * entity.number(40, 1.0)
    start, end = entity.number(41), entity.number(42, 2 * math.pi)
    turn = (end - start) % (2 * math.pi) or 2 * math.pi
    unit = arc_points(
        (0.0, 0.0), 1.0, start, turn, tolerance_m / max(float(np.hypot(*major[:2])), tolerance_m)
    )
    points = np.array(_centre(entity)) + unit[:, :1] * major[:2] + unit[:, 1:] * minor[:2]
    return Shape(points, is_stroked=True)


def _spline(entity: Entity, tolerance_m: float) -> Shape:
    load_ezdxf()
    from ezdxf.math import BSpline, fit_points_to_cad_cv

    control, fit = list(_vertices(entity, 10)), list(_vertices(entity, 11))
    degree = entity.integer(71, 3)
    if max(len(control), len(fit)) > _MAX_CONTROL_POINTS or not 0 < degree <= _MAX_DEGREE:
        raise ValueError(degree)
    if not np.isfinite(np.array(control + fit, dtype=float)).all():
        raise ValueError(control)
    if control:
        knots = [float(value) for code, value in entity.tags if code == 40] or None
        weights = [float(value) for code, value in entity.tags if code == 41] or None
        curve: Any = BSpline(control, degree + 1, knots, weights)
    else:
        curve = fit_points_to_cad_cv(fit)
    n = 4 * max(len(control), len(fit), 2)
    while True:
        fine = np.array([(p.x, p.y) for p in curve.approximate(2 * n)], dtype=float)
        middle = (fine[:-2:2] + fine[2::2]) / 2
        off_m = np.hypot(*(fine[1::2] - middle).T).max(initial=0.0)
        if not off_m > tolerance_m or 4 * n > MAX_ARC_POINTS:
            return Shape(fine, bool(entity.integer(70) & _CLOSED), is_stroked=True)
        n *= 2


def _vertices(entity: Entity, code: int) -> Iterator[tuple[float, float, float]]:
    at: list[float] = []
    for c, value in entity.tags:
        if c == code:
            if at:
                yield at[0], at[1], 0.0
            at = [float(value), math.nan]
        elif c == code + 10 and at:
            at[1] = float(value)
    if at:
        yield at[0], at[1], 0.0


def _filled(entity: Entity, _tolerance_m: float) -> Shape:
    """A filled triangle or quadrangle; the third and the fourth corner are written crosswise."""
    corners = [
        (entity.number(code, math.nan), entity.number(code + 10, math.nan)) for code in (10, 11, 13, 12)
    ]
    if not any(code == 13 for code, _value in entity.tags):
        corners.pop(2)
    kept = [corner for at, corner in enumerate(corners) if corner != corners[at - 1]]
    if not kept:
        raise ValueError(_("there are no coordinates"))
    return Shape(to_plan(np.array(kept, dtype=float), axis_of(entity), entity.number(30)), True)


_DRAW: dict[str, Callable[[Entity, float], Shape | None]] = {
    "LWPOLYLINE": _lwpolyline,
    "POLYLINE": _polyline_2d,
    "LINE": _line,
    "POINT": _point,
    "CIRCLE": _circle,
    "ARC": _arc,
    "ELLIPSE": _ellipse,
    "SPLINE": _spline,
    "SOLID": _filled,
    "TRACE": _filled,
}
DRAWN = frozenset(_DRAW)

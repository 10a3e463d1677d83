"""Vertices of many outlines at once: repeated ones, and tips of spikes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from regularize.geometry import areas

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_LEAST_CORNERS = 3


@dataclass(frozen=True)
class Odd:
    """Which outlines have odd vertices, and where.

    Parameters
    ----------
    repeated, spiked : ndarray of bool
        One per outline.
    """

    repeated: Booleans
    spiked: Booleans


def odd_vertices(polygons: areas.Geometries, *, same_m: float, angle_deg: float) -> Odd:
    """Which polygons repeat a vertex (within `same_m`) or have a corner sharper than `angle_deg`.

    Examples
    --------
    >>> spike = shapely.from_wkt("POLYGON ((0 0, 9 0, 9 9, 4 9, 4 20, 3.99 9, 0 9, 0 0))")
    >>> odd_vertices([shapely.box(0, 0, 1, 1), spike], same_m=0.001, angle_deg=5).spiked
    array([False,  True])
    """
    layer = areas.outlines(polygons)
    repeated, spiked = np.zeros(layer.size, np.bool_), np.zeros(layer.size, np.bool_)
    if not len(layer.at):
        return Odd(repeated, spiked)
    owner, start, _hole = layer.rings(_may_be_several(layer))
    xy = layer.coordinates
    step = np.diff(xy, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    inside = np.ones(len(xy) - 1, np.bool_)
    inside[start[1:-1] - 1] = False  # the step from one ring to the next is none
    ring_of = np.repeat(np.arange(len(owner)), np.diff(start))
    short = inside & (length <= same_m)
    repeated[layer.at[owner[ring_of[:-1][short]]]] = True
    # At each vertex: the step that arrives and the step that leaves; at the first, the ring's last.
    arrive = np.empty_like(xy)
    arrive[1:] = step
    arrive[start[:-1]] = step[start[1:] - 2]
    leave = np.empty_like(xy)
    leave[:-1] = step
    corner = np.ones(len(xy), np.bool_)
    corner[start[1:] - 1] = False  # the closing point is the first again
    sharp = _sharp(arrive, leave, angle_deg) & corner
    spiked[layer.at[owner[ring_of[sharp]]]] = True
    return Odd(repeated, spiked)


def _may_be_several(layer: areas.Outlines) -> Booleans:
    several: Booleans = ~layer.is_single
    single = np.flatnonzero(layer.is_single)
    several[single] = shapely.get_num_interior_rings(layer.polygons[single]) > 0
    return several


def _sharp(arrive: Floats, leave: Floats, angle_deg: float) -> Booleans:
    """Where an outline turns back on itself by more than 180 - `angle_deg`."""
    dot = arrive[:, 0] * leave[:, 0] + arrive[:, 1] * leave[:, 1]
    lengths = np.hypot(arrive[:, 0], arrive[:, 1]) * np.hypot(leave[:, 0], leave[:, 1])
    sharp: Booleans = (lengths > 0) & (dot < -np.cos(np.radians(angle_deg)) * lengths)
    return sharp


def without_repeated(geometry: BaseGeometry, same_m: float) -> BaseGeometry:
    """`geometry` without vertices that lie within `same_m` of the one before."""
    return _with_rings(geometry, lambda ring: _thinned(ring, same_m))


def without_spikes(geometry: BaseGeometry, *, angle_deg: float, width_m: float) -> BaseGeometry:
    """`geometry` without the tips of spikes whose foot is at most `width_m` wide.

    A tip leaves, then what has become a tip, until none is left; so doing it again changes nothing.
    """
    return _with_rings(geometry, lambda ring: _blunt(ring, angle_deg, width_m))


def _with_rings(geometry: BaseGeometry, change: Any) -> BaseGeometry:
    parts = []
    for part in shapely.get_parts(geometry):
        if not isinstance(part, Polygon):
            return geometry
        shell = change(np.asarray(part.exterior.coords)[:, :2])
        if shell is None:
            return geometry
        holes = [
            ring for hole in part.interiors if (ring := change(np.asarray(hole.coords)[:, :2])) is not None
        ]
        parts.append(Polygon(LinearRing(shell), [LinearRing(hole) for hole in holes if hole is not None]))
    return parts[0] if isinstance(geometry, Polygon) else MultiPolygon(parts)


def _thinned(ring: Floats, same_m: float) -> Floats | None:
    step = np.diff(ring, axis=0)
    if (np.hypot(step[:, 0], step[:, 1]) > same_m).all():
        return ring
    kept = [ring[0]]
    for point in ring[1:-1]:
        if np.hypot(*(point - kept[-1])) > same_m:
            kept.append(point)
    while len(kept) > 1 and np.hypot(*(kept[-1] - kept[0])) <= same_m:
        kept.pop()
    return _closed(kept)


def _blunt(ring: Floats, angle_deg: float, width_m: float) -> Floats | None:
    leave = np.diff(ring, axis=0)
    if leave.any(axis=1).all() and not _sharp(np.roll(leave, 1, axis=0), leave, angle_deg).any():
        return ring
    kept = list(ring[:-1])
    at, calm = 0, 0
    while calm < len(kept) and len(kept) >= _LEAST_CORNERS:
        before, tip, after = kept[at - 1], kept[at], kept[(at + 1) % len(kept)]
        arrive, leave = (tip - before)[None, :], (after - tip)[None, :]
        if not arrive.any() or (
            _sharp(arrive, leave, angle_deg)[0] and _foot_m(before, tip, after) <= width_m
        ):
            del kept[at]
            at, calm = max(at - 1, 0), 0
            at = at % len(kept) if kept else 0
        else:
            at, calm = (at + 1) % len(kept), calm + 1
    return _closed(kept)


def _foot_m(before: Floats, tip: Floats, after: Floats) -> float:
    """How wide a spike is where the shorter of its sides begins."""
    one, other = before - tip, after - tip
    longer = max(float(np.hypot(*one)), float(np.hypot(*other)))
    return abs(float(one[0] * other[1] - one[1] * other[0])) / longer if longer else 0.0


def _closed(kept: list[Floats]) -> Floats | None:
    return np.array([*kept, kept[0]]) if len(kept) >= _LEAST_CORNERS else None

"""How a plot lies to streets and boundaries: frontage, access, depth, distances, density.

Pure: frames in the project's CRS in, measures with their standard deviation out; lengths in metres,
areas in square metres. What the layers do not show is None, never zero.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from regularize.geometry.measures import area_sigma_m2
from regularize.model import Measure

CONTACT_M = 0.15  # a plot this near to a street touches it
ADJOINING_M = 0.1  # plots this near to each other adjoin
REACH_M = 30.0  # streets farther off than this are not looked at
# A front runs along its street; a side line that merely reaches the street is not part of it.
ALONG_STREET = math.cos(math.radians(45.0))
Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class StreetContact:
    """How a plot meets streets.

    Parameters
    ----------
    frontage : Measure or None
        Length of the longest front (m); its sigma covers how surely the plot touches the street at
        all. None where the edge of a street near the plot is not known.
    front : geometry or None
        All front lines, on every side.
    """

    frontage: Measure | None
    front: BaseGeometry | None


@dataclass(frozen=True)
class Distances:
    """Least distances of a building to the side and rear lines of its plot (m).

    Both are None where the plot has no front, or fronts on several sides: then the law's "rear" is a
    question for a person.
    """

    side: Measure | None
    rear: Measure | None


def street_surfaces(streets: GeoDataFrame) -> tuple[Shapes, NDArray[np.float64], Shapes]:
    """Surfaces of streets, their sigma (m), and the lines whose width nobody has stated.

    A centre line becomes a surface by its width; one without a width has no known edge.
    """
    surfaces: list[BaseGeometry] = []
    sigmas: list[float] = []
    bare: list[BaseGeometry] = []
    for shape, width, sigma in zip(streets.geometry, streets["width_m"], streets["sigma_m"], strict=True):
        if shape is None or shape.is_empty:
            continue
        if shapely.get_dimensions(shape) == 2:
            surfaces.append(shapely.make_valid(shape))
        elif width is not None and not math.isnan(width) and width > 0:
            surfaces.append(shapely.buffer(shape, width / 2, cap_style="flat", join_style="mitre"))
        else:
            bare.append(shape)
            continue
        sigmas.append(float(sigma))
    return _array(surfaces), np.array(sigmas, dtype=np.float64), _array(bare)


class Streets:
    """The streets of a layer, ready to be asked for many plots."""

    def __init__(self, streets: GeoDataFrame | None) -> None:
        empty = streets is None or not len(streets)
        self.known = not empty
        self._surfaces, self._sigmas, self._bare = (
            street_surfaces(streets)
            if streets is not None and not empty
            else (_array([]), np.array([], dtype=np.float64), _array([]))
        )
        self._tree = shapely.STRtree(self._surfaces)
        self._bare_tree = shapely.STRtree(self._bare)

    def near(self, plot: BaseGeometry) -> tuple[BaseGeometry, float] | None:
        """The street ground near `plot` as one surface, with its sigma; None where its edge is unknown."""
        if not self.known or len(self._bare_tree.query(plot, predicate="dwithin", distance=REACH_M)):
            return None
        found = self._tree.query(plot, predicate="dwithin", distance=REACH_M)
        if not len(found):
            return shapely.Polygon(), 0.0
        return shapely.union_all(self._surfaces[found]), float(self._sigmas[found].max())

    def holds(self, shape: BaseGeometry, sigma_m: float | None) -> bool | None:
        """Whether part of `shape` lies in a street; None where that is within two standard deviations."""
        ground = self.near(shape)
        if ground is None or sigma_m is None:
            return None
        street, street_sigma = ground
        doubt = 2.0 * math.hypot(sigma_m, street_sigma)
        if street.is_empty or not shapely.dwithin(shape, street, doubt):
            return False
        # A strip of twice the doubt at most may be nothing but error.
        return True if shapely.buffer(shapely.intersection(shape, street), -doubt).area > 0 else None

    def contact(self, plot: BaseGeometry, sigma_m: float | None) -> StreetContact:
        """How `plot`, whose corners err by `sigma_m`, meets the streets."""
        ground = self.near(plot)
        if ground is None or sigma_m is None:
            return StreetContact(None, None)
        street, street_sigma = ground
        sigma = math.hypot(sigma_m, street_sigma)
        if street.is_empty:
            return StreetContact(Measure(0.0, 0.0, "m"), None)
        return _contact(plot, street, sigma)


def frontage_m(plot: BaseGeometry, streets: GeoDataFrame | None, sigma_m: float | None) -> Measure | None:
    """The frontage of one plot in metres; see :class:`StreetContact`.

    Examples
    --------
    >>> street = GeoDataFrame(
    ...     {"width_m": [None], "sigma_m": [0.05]}, geometry=[shapely.box(0, -6, 40, 0)], crs="EPSG:7801"
    ... )
    >>> frontage_m(shapely.box(10, 0, 24, 20), street, 0.05).value
    14.0
    """
    return Streets(streets).contact(plot, sigma_m).frontage


def area_measure(plot: BaseGeometry, sigma_m: float | None) -> Measure:
    """Area of a plot with its sigma (m2)."""
    return Measure(plot.area, None if sigma_m is None else area_sigma_m2(plot, sigma_m), "m2")


def distances(
    building: BaseGeometry, plot: BaseGeometry, front: BaseGeometry | None, sigma_m: float | None
) -> Distances:
    """Least distances of a building to the side and rear lines of its plot.

    A line of the plot that runs along the front's direction is rear, any other is side. A part of
    the building outside the plot stands at a negative distance: its depth beyond the line.
    """
    lines = _direction(front)
    if lines is None or front is None or plot.is_empty or building.is_empty:
        return Distances(None, None)
    sides: list[float] = []
    rears: list[float] = []
    beyond = shapely.difference(building, plot)
    for start, end in _segments(plot):
        segment = shapely.LineString([start, end])
        middle = segment.interpolate(0.5, normalized=True)
        if shapely.dwithin(middle, front, CONTACT_M):
            continue
        parallel = abs(float(np.dot(_unit(end - start), lines))) >= ALONG_STREET
        crossing = shapely.get_coordinates(shapely.intersection(beyond, _strip(segment)))
        crosses = len(crossing) and shapely.dwithin(beyond, segment, CONTACT_M)
        distance = (
            -float(shapely.distance(shapely.points(crossing), segment).max())
            if crosses
            else float(shapely.distance(building, segment))
        )
        (rears if parallel else sides).append(distance)
    doubt = None if sigma_m is None else sigma_m * math.sqrt(2.0)
    return Distances(*(Measure(min(found), doubt, "m") if found else None for found in (sides, rears)))


def density(
    plot: BaseGeometry, buildings: Sequence[BaseGeometry], plot_sigma_m: float | None, sigma_m: float | None
) -> Measure | None:
    """Built-up share of a plot; None where the plot has no area."""
    if not plot.area > 0:
        return None
    if not buildings:
        return Measure(0.0, None if plot_sigma_m is None else 0.0, "1")
    built = shapely.intersection(shapely.union_all(_array(list(buildings))), plot)
    share = built.area / plot.area
    if plot_sigma_m is None or sigma_m is None:
        return Measure(share, None, "1")
    doubt = math.hypot(area_sigma_m2(built, sigma_m), share * area_sigma_m2(plot, plot_sigma_m))
    return Measure(share, doubt / plot.area, "1")


def depths(plots: GeoDataFrame, streets: GeoDataFrame | None) -> list[int | None]:
    """How deep each plot lies: 1 on a street, 2 behind one such plot, and so on.

    Returns
    -------
    list of int or None
        In the order of `plots`; None where no chain of adjoining plots reaches a street.
    """
    shapes = _array([shapely.make_valid(shape) for shape in plots.geometry])
    ways = Streets(streets)
    depth: list[int | None] = [None] * len(shapes)
    waiting: deque[int] = deque()
    for i, shape in enumerate(shapes):
        ground = ways.near(shape)
        if ground is not None and not ground[0].is_empty and shapely.dwithin(shape, ground[0], CONTACT_M):
            depth[i] = 1
            waiting.append(i)
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=ADJOINING_M)
    neighbours: dict[int, list[int]] = {}
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        neighbours.setdefault(i, []).append(j)
    while waiting:
        i = waiting.popleft()
        for j in neighbours.get(i, ()):
            if depth[j] is None:
                depth[j] = (depth[i] or 0) + 1
                waiting.append(j)
    return depth


def _contact(plot: BaseGeometry, street: BaseGeometry, sigma: float) -> StreetContact:
    left = shapely.difference(plot, street)
    beside = left if left.area > 0 else plot
    near = _front(beside, street, CONTACT_M)
    far = _front(beside, street, CONTACT_M + 2.0 * sigma)
    longest, at_most = _longest(near), _longest(far)
    ends = sigma * math.sqrt(2.0) if at_most > 0 else 0.0
    doubt = math.hypot(ends, max(0.0, at_most - longest) / 2.0)
    return StreetContact(Measure(longest, doubt, "m"), near if near.length > 0 else None)


def _front(plot: BaseGeometry, street: BaseGeometry, tolerance_m: float) -> BaseGeometry:
    """The lines of a plot that run along a street within `tolerance_m` of it."""
    kept = []
    corridor = shapely.buffer(street, tolerance_m, join_style="mitre")
    shapely.prepare(corridor)
    sides: Any = shapely.linestrings(np.array(_segments(plot), dtype=np.float64).reshape(-1, 2, 2))
    for piece in shapely.get_parts(
        shapely.intersection(sides[shapely.intersects(corridor, sides)], corridor)
    ):
        ends = shapely.get_coordinates(piece)
        if piece.length == 0 or len(ends) < 2:
            continue
        a, b = shapely.distance(np.array(shapely.points(ends[[0, -1]])), street)
        # A line that leaves the street nears it by its own length; one along it does not.
        if abs(a - b) <= piece.length * (1.0 - ALONG_STREET):
            kept.append(piece)
    return shapely.union_all(_array(kept)) if kept else shapely.LineString()


def _longest(front: BaseGeometry) -> float:
    """Length of the longest front: lines of one direction on one street; a corner ends it."""
    pieces = [piece for piece in shapely.get_parts(front) if piece.length > 0]
    if len(pieces) < 2:
        return float(sum(piece.length for piece in pieces))
    best = 0.0
    for chosen in pieces:
        unit = _unit(_ends(chosen))
        alike = [p for p in pieces if abs(float(np.dot(_unit(_ends(p)), unit))) >= ALONG_STREET]
        joined = shapely.union_all(_array([shapely.buffer(p, CONTACT_M) for p in alike]))
        for run in shapely.get_parts(joined):
            best = max(best, sum(p.length for p in alike if shapely.intersects(p, run)))
    return best


def _direction(front: BaseGeometry | None) -> NDArray[np.float64] | None:
    """The direction of the front, as a unit vector; None where it has several."""
    if front is None or front.is_empty:
        return None
    pieces = [_ends(piece) for piece in shapely.get_parts(front) if piece.length > 0]
    longest = max(pieces, key=lambda vector: float(np.hypot(*vector)), default=None)
    if longest is None:
        return None
    unit = _unit(longest)
    total = sum(float(np.hypot(*vector)) for vector in pieces)
    along = sum(float(np.hypot(*v)) for v in pieces if abs(float(np.dot(_unit(v), unit))) >= ALONG_STREET)
    # Fronts on two streets that meet at a corner: which line is the rear is not for us to say.
    return unit if along >= total - CONTACT_M else None


def _ends(piece: BaseGeometry) -> NDArray[np.float64]:
    coordinates = shapely.get_coordinates(piece)
    vector: NDArray[np.float64] = coordinates[-1] - coordinates[0]
    return vector


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.hypot(*vector))
    return vector / length if length > 0 else vector


def _segments(plot: BaseGeometry) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    out = []
    for part in shapely.get_parts(plot):
        if part.geom_type != "Polygon":
            continue
        corners = shapely.get_coordinates(shapely.force_2d(part.exterior))
        out += [(a, b) for a, b in pairwise(corners) if float(np.hypot(*(b - a))) > 0]
    return out


def _strip(segment: BaseGeometry) -> BaseGeometry:
    """The ground straight before and behind a line, as far as a building may cross it."""
    return shapely.buffer(segment, REACH_M, cap_style="flat")


def _array(shapes: Sequence[Any]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array

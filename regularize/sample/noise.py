"""Errors of measurement and of the register, drawn corner by corner."""

import math

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from regularize.sample.shapes import Vec, canonical


class Placement:
    """How the register lies off the ground: turned about a centre, then moved.

    Parameters
    ----------
    shift_m : (float, float)
        East, north.
    rotation_deg : float
        Anticlockwise.
    centre : Vec
    jump_m : float
        Objects whose middle lies east of the centre are moved north by so much more.
    """

    def __init__(
        self, shift_m: tuple[float, float], rotation_deg: float, centre: Vec, jump_m: float = 0.0
    ) -> None:
        angle = math.radians(rotation_deg)
        self._matrix = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        self._shift = np.array(shift_m)
        self._centre = centre
        self._jump = np.array([0.0, jump_m])

    def __call__(self, geometry: BaseGeometry) -> BaseGeometry:
        """`geometry` where the register shows it."""
        east = geometry.envelope.centroid.x > self._centre[0]
        shift = self._shift + self._jump if east else self._shift

        def move(points: Vec) -> Vec:
            turned: Vec = (points - self._centre) @ self._matrix.T + self._centre + shift
            return turned.round(3)

        moved = shapely.transform(geometry, move)
        return canonical(moved) if isinstance(moved, Polygon) else moved


def parts_of(sigma_m: float, common_share: float) -> tuple[float, float]:
    """Standard deviations of the part common to one object and of the part of each corner."""
    return sigma_m * math.sqrt(common_share), sigma_m * math.sqrt(1.0 - common_share)


def disturbed(polygons: list[Polygon], sigma_m: float, common_share: float, rng: Generator) -> list[Polygon]:
    """`polygons` as one object with errors: moved together, and corner by corner.

    A corner that several of them share moves once, so that neighbours stay neighbours. Where large
    errors would turn an outline inside out, the part of the corners is halved until it does not.
    """
    if sigma_m == 0.0 or not polygons:
        return [canonical(polygon) for polygon in polygons]
    common, single = parts_of(sigma_m, common_share)
    offset = rng.normal(0, common, 2) if common else np.zeros(2)
    nodes = dict.fromkeys(
        tuple(point) for polygon in polygons for point in shapely.get_coordinates(polygon).round(3).tolist()
    )
    errors = dict(zip(nodes, rng.normal(0, single, (len(nodes), 2)), strict=True))
    scale = 1.0
    while scale > 0.01:
        result = [_moved(polygon, errors, scale, offset) for polygon in polygons]
        if all(polygon.is_valid and polygon.area > 0.5 for polygon in result) and not _overlap(
            polygons, result
        ):
            return result
        scale /= 2
    return [_moved(polygon, errors, 0.0, offset) for polygon in polygons]


def _moved(polygon: Polygon, errors: dict[tuple[float, ...], Vec], scale: float, offset: Vec) -> Polygon:
    def move(points: Vec) -> Vec:
        return np.array([point + errors[tuple(point.round(3).tolist())] * scale for point in points]) + offset

    return canonical(shapely.transform(polygon, move))


def _overlap(before: list[Polygon], after: list[Polygon]) -> bool:
    """Whether moving the corners of a coverage made its members overlap."""
    if len(after) == 1:
        return False
    gained = sum(p.area for p in after) - float(shapely.union_all(after).area)
    had = sum(p.area for p in before) - float(shapely.union_all(before).area)
    return gained > had + 0.05

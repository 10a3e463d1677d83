"""The buildings as they stand: houses, pairs under one gable, annexes and sheds, each in its plot.

Two buildings either share a wall or stand at least :data:`CLEAR_M` apart, so that what adjoins
what is known from the drawing and not decided by a threshold.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import Polygon

from regularize.sample.fabric import Block, Fabric, front_edges
from regularize.sample.settings import Settings
from regularize.sample.shapes import (
    Vec,
    canonical,
    common_edges,
    left_of,
    rectangle,
    ring,
    turned,
    unit,
    whole,
)

CLEAR_M = 1.2
SMALLEST_M2 = 14.0
TRIES = 60


@dataclass(frozen=True)
class Body:
    """One building on the ground.

    Parameters
    ----------
    block, plot : int
        Its block, and its plot in the block.
    kind : str
        ``house``, ``annex`` or ``shed`` (4-9 m2: too small to be reported).
    outline : Polygon
    corner, along : Vec
        A corner of its rectangle and the unit direction of its front; ``length_m`` runs along
        the front, ``depth_m`` to its left.
    storeys, dwellings : int
    """

    block: int
    plot: int
    kind: str
    outline: Polygon
    corner: Vec = field(compare=False)
    along: Vec = field(compare=False)
    length_m: float
    depth_m: float
    storeys: int
    dwellings: int


def draw_buildings(fabric: Fabric, settings: Settings, rng: Generator) -> list[Body]:
    """Every building of every block, block by block, true and without error."""
    bodies: list[Body] = []
    for number, block in enumerate(fabric.blocks):
        bodies.extend(_BlockBuilder(number, block, settings, rng).build())
    return bodies


class _BlockBuilder:
    """Fills one block; keeps what stands already, to keep clear of it."""

    def __init__(self, number: int, block: Block, settings: Settings, rng: Generator) -> None:
        self.number = number
        self.block = block
        self.settings = settings
        self.rng = rng
        self.bodies: list[Body] = []

    def build(self) -> list[Body]:
        settings, rng = self.settings, self.rng
        taken = self._pairs()
        for plot, ground in enumerate(self.block.plots):
            if plot in taken:
                continue
            if rng.random() < settings.empty:
                taken.add(plot)
                continue
            self._house(plot, ground, 0.5)
        for body in [body for body in self.bodies if rng.random() < settings.annex]:
            self._annex(body)
        for plot, ground in enumerate(self.block.plots):
            stands = any(body.plot == plot for body in self.bodies)
            if stands and rng.random() < settings.second_house and ground.area > 120:
                self._house(plot, ground, 0.3)
            if rng.random() < settings.shed:
                self._shed(plot, ground)
        return self.bodies

    def _add(self, body: Body, but: Body | None = None) -> bool:
        """Keep `body` if it stands clear of everything else (`but` may share a wall with it)."""
        others = [other.outline for other in self.bodies if other is not but]
        if others and float(np.min(shapely.distance(np.array(others), body.outline))) < CLEAR_M:
            return False
        self.bodies.append(body)
        return True

    def _storeys(self, area_m2: float) -> int:
        return 2 if area_m2 > 45 and self.rng.random() < 0.35 else 1

    def _pairs(self) -> set[int]:
        """Two houses under one gable, wall to wall on the common line of their plots."""
        rng = self.rng
        taken: set[int] = set()
        plots = self.block.plots
        wanted = self.settings.rows_share * (1 - self.settings.empty) * len(plots)
        shared = [(edge, owners) for edge, owners in common_edges(plots).items() if len(owners) == 2]
        for position in rng.permutation(len(shared)):
            (start, end), owners = shared[int(position)]
            if len(taken) >= wanted or taken & set(owners):
                continue
            p, q = np.array(start), np.array(end)
            length = float(np.hypot(*(q - p)))
            wall = float(rng.uniform(6.0, 9.5))
            if length < wall + 0.6:
                continue
            along = unit(q - p)
            corner = p + along * rng.uniform(0.3, length - wall - 0.3)
            depths = rng.uniform(4.5, 7.5, 2)
            pair = []
            for direction, origin, depth in (
                (along, corner, depths[0]),
                (-along, corner + along * wall, depths[1]),
            ):
                outline = canonical(rectangle(origin, direction, wall, float(depth)))
                homes = [i for i in owners if plots[i].buffer(0.02).contains(outline)]
                if homes:
                    pair.append((homes[0], outline, origin, direction, float(depth)))
            if len(pair) == 2 and pair[0][0] != pair[1][0]:
                first, second = (
                    Body(self.number, plot, "house", outline, origin, direction, wall, depth,
                         self._storeys(outline.area), 1)
                    for plot, outline, origin, direction, depth in pair
                )  # fmt: skip
                if self._add(first):
                    if self._add(second, but=first):
                        taken |= set(owners)
                        if self.settings.row_longest > 2:
                            self._row([first, second])
                    else:
                        self.bodies.remove(first)
        return taken

    def _row(self, row: list[Body]) -> None:
        """More houses behind those of a pair, wall to wall, as far as their plots reach."""
        rng = self.rng
        wanted = int(rng.integers(2, self.settings.row_longest + 1))
        ends = [row[0], row[1]]
        while len(row) < wanted and ends:
            end = ends.pop(0)
            depth = float(rng.uniform(4.5, 7.5))
            corner = end.corner + left_of(end.along) * end.depth_m
            outline = canonical(rectangle(corner, end.along, end.length_m, depth))
            if not self.block.plots[end.plot].buffer(0.02).contains(outline):
                continue
            body = Body(self.number, end.plot, "house", outline, corner, end.along, end.length_m, depth,
                        self._storeys(outline.area), 1)  # fmt: skip
            if self._add(body, but=end):
                row.append(body)
                ends.append(body)

    def _house(self, plot: int, ground: Polygon, most: float) -> None:
        """One house of its own, square to a side of the plot, somewhere in the plot."""
        rng, settings = self.rng, self.settings
        area = min(max(math.exp(rng.normal(math.log(50.0), 0.45)), 20.0), 110.0)
        on_line = rng.random() < settings.on_boundary
        l_shape = rng.random() < settings.l_shape
        fronts = front_edges(self.block, ground)
        corners = ring(ground)
        edges = list(zip(corners, np.roll(corners, -1, axis=0), strict=True))
        edges = [pair for pair in edges if np.hypot(*(pair[1] - pair[0])) > 4.0]
        inner = ground if on_line else ground.buffer(-0.5)
        if inner.is_empty:
            return
        shapely.prepare(inner)
        west, south, east, north = inner.bounds
        room = ground.area * most
        for attempt in range(TRIES):
            shrink = 0.965**attempt
            size = min(area, room) * shrink
            if size < SMALLEST_M2 + 4:
                return
            ratio = float(rng.uniform(1.0, 1.7))
            depth, length = math.sqrt(size / ratio), math.sqrt(size * ratio)
            front = fronts[0] if fronts and rng.random() < 0.6 else edges[int(rng.integers(len(edges)))]
            start, end = front
            along = unit(end - start)
            side = float(np.hypot(*(end - start)))
            if on_line:
                if side < length + 0.4:
                    length, depth = depth, length
                if side < length + 0.4:
                    continue
                corner = start + along * rng.uniform(0.2, side - length - 0.2) + left_of(along) * 0.02
            else:
                along = turned(along, math.radians(rng.normal(0, 4.0)))
                if rng.random() < 0.5:
                    length, depth = depth, length
                corner = np.array([rng.uniform(west, east), rng.uniform(south, north)])
            full = rectangle(corner, along, length, depth)
            outline = _l_cut(corner, along, length, depth, rng) if l_shape and size > 34 else full
            if not inner.contains(outline):
                continue
            outline = canonical(outline)
            if outline.area < SMALLEST_M2:
                continue
            dwellings = 2 if outline.area > 70 and rng.random() < 0.3 else 1
            if self._add(
                Body(self.number, plot, "house", outline, corner, along, length, depth,
                     self._storeys(outline.area), dwellings)
            ):  # fmt: skip
                return

    def _annex(self, host: Body) -> None:
        """A room built to a wall of `host`, measured as a building of its own."""
        rng = self.rng
        smallest, largest = self.settings.annex_m2
        ground = self.block.plots[host.plot].buffer(-0.1)
        shapely.prepare(ground)
        corners = ring(host.outline)
        walls = list(zip(corners, np.roll(corners, -1, axis=0), strict=True))
        for _ in range(TRIES):
            start, end = walls[int(rng.integers(len(walls)))]
            wall = float(np.hypot(*(end - start)))
            length = float(rng.uniform(2.6, 5.5))
            depth = float(rng.uniform(2.4, 5.0))
            if wall < length or not smallest <= length * depth <= largest:
                continue
            # The ring runs anticlockwise: outside lies to the right of a wall.
            back = unit(start - end)
            free = wall - length
            place = (0.0, free, float(rng.uniform(0, free)))[int(rng.integers(3))]
            corner = end + back * place
            outline = rectangle(corner, back, length, depth)
            if not ground.contains(outline):
                continue
            outline = canonical(outline)
            body = Body(self.number, host.plot, "annex", outline, corner, back, length, depth, 1, 0)
            if host.outline.intersection(outline).area < 0.02 and self._add(body, but=host):
                return

    def _shed(self, plot: int, ground: Polygon) -> None:
        """A shed of 4-9 m2 somewhere in the yard."""
        rng = self.rng
        inner = ground.buffer(-0.4)
        if inner.is_empty:
            return
        shapely.prepare(inner)
        west, south, east, north = inner.bounds
        corners = ring(ground)
        for _ in range(TRIES // 2):
            size, ratio = float(rng.uniform(4.2, 8.8)), float(rng.uniform(1.0, 1.6))
            edge = int(rng.integers(len(corners)))
            along = unit(corners[(edge + 1) % len(corners)] - corners[edge])
            corner = np.array([rng.uniform(west, east), rng.uniform(south, north)])
            length, depth = math.sqrt(size * ratio), math.sqrt(size / ratio)
            outline = rectangle(corner, along, length, depth)
            if inner.contains(outline) and self._add(
                Body(self.number, plot, "shed", canonical(outline), corner, along, length, depth, 1, 0)
            ):
                return


def _l_cut(corner: Vec, along: Vec, length: float, depth: float, rng: Generator) -> Polygon:
    """A rectangle without one of its two far corners."""
    side = left_of(along)
    a = length * float(rng.uniform(0.35, 0.5))
    b = depth * float(rng.uniform(0.35, 0.5))
    at = corner + along * (length - a if rng.random() < 0.5 else 0.0) + side * (depth - b)
    cut = rectangle(corner, along, length, depth).difference(
        rectangle(at - along * 0.0, along, a, b).buffer(1e-6, join_style="mitre")
    )
    return whole(cut) or rectangle(corner, along, length, depth)

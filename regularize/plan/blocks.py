"""Blocks: the partition of an area in which findings are counted for councils.

A block is what streets enclose, merged with its neighbours until it holds enough dwellings that no
count points at a single home. The partition is computed once and kept, because two different
partitions of one place would give small differences away.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from regularize.model import DECIDED, QUIET_CLASSES, Finding

# Where nothing but buildings is known, the area is cut until a part holds fewer than this many k.
_CUT_ABOVE = 4
# Buildings that stand alone still get ground around them, so that a hull has an area (m).
_HULL_MARGIN_M = 10.0


@dataclass(frozen=True)
class Blocks:
    """A partition, numbered from north to south and from west to east.

    Parameters
    ----------
    geometries : tuple of Polygon or MultiPolygon
        In the project's CRS; they do not overlap.
    dwellings : tuple of int
        How many dwellings each block holds.
    """

    geometries: tuple[BaseGeometry, ...]
    dwellings: tuple[int, ...]

    def locate(self, geometries: Sequence[BaseGeometry]) -> NDArray[np.int64]:
        """The one block of each geometry: where its inner point lies, else the nearest block.

        Parameters
        ----------
        geometries : sequence of geometry
            Not empty, in the CRS of the blocks.
        """
        if not self.geometries:
            raise ValueError("no blocks to locate in")
        points = shapely.point_on_surface(np.asarray(geometries, dtype=object))
        return _nearest(list(self.geometries), points)


def partition(
    buildings: Sequence[BaseGeometry],
    *,
    k: int,
    area: BaseGeometry | None = None,
    streets: Sequence[BaseGeometry] = (),
    parcels: Sequence[BaseGeometry] = (),
    dwellings: Sequence[int | None] | None = None,
) -> Blocks:
    """Cut an area into blocks of at least `k` dwellings each.

    Parameters
    ----------
    buildings : sequence of geometry
        In a metric CRS. Their order does not matter.
    k : int
        Smallest number of dwellings of a block; ground without any is left out. Where all
        buildings together hold fewer, there is one block.
    area : Polygon or MultiPolygon, optional
        Where the partition ends; the hull of everything given where it is None.
    streets : sequence of geometry
        As lines (axes), polygons (bodies) or both.
    parcels : sequence of geometry
        Used where there are no streets: groups of parcels that touch are blocks.
    dwellings : sequence of int or None, optional
        Per building; unknown counts as one, zero (a barn) as none.

    Returns
    -------
    Blocks

    Examples
    --------
    >>> from shapely import Point
    >>> partition([Point(i, 0).buffer(0.3) for i in range(60)], k=11).dwellings
    (30, 30)
    """
    if k < 1:
        raise ValueError("k is at least 1")
    houses = np.asarray([b for b in buildings if b is not None and not b.is_empty], dtype=object)
    counts = homes_in(dwellings, len(buildings))
    kept = [n for n, b in zip(counts, buildings, strict=True) if b is not None and not b.is_empty]
    weights = np.array(kept, dtype=np.int64)
    ground = _ground(area, houses, parcels)
    if ground.is_empty:
        return Blocks((), ())
    points = shapely.point_on_surface(houses) if len(houses) else houses
    faces = _street_faces(ground, streets) or _parcel_faces(ground, parcels)
    if len(faces) < 2:
        faces = _bisect(ground, points, weights, _CUT_ABOVE * k)
    held = np.zeros(len(faces), dtype=np.int64)
    if len(points):
        np.add.at(held, _nearest(faces, points), weights)
    # Ground on which nobody lives belongs to no block, unless there is no other.
    lived = [(face, int(n)) for face, n in zip(faces, held, strict=True) if n] or [(ground, 0)]
    merged = _merge([face for face, _n in lived], [n for _face, n in lived], k)
    merged.sort(key=lambda block: _place(block[0]))
    return Blocks(tuple(g for g, _n in merged), tuple(n for _g, n in merged))


def homes_in(dwellings: Sequence[int | None] | None, n_buildings: int) -> list[int]:
    """Homes per building: as stated, one where nothing is stated."""
    return [1 if n is None else max(0, int(n)) for n in (dwellings or [None] * n_buildings)]


def homes_by_block(
    findings: Sequence[Finding],
    blocks: Blocks,
    buildings: Sequence[BaseGeometry],
    dwellings: Sequence[int | None] | None = None,
) -> list[tuple[int, int]]:
    """Per block its homes, and how many of them a finding that waits for a decision lies on.

    Parameters
    ----------
    findings : sequence of Finding
    blocks : Blocks
    buildings : sequence of geometry
        Where people live: the surveyed buildings, or those of the register; none of them empty.
    dwellings : sequence of int or None, optional
        Per building; unknown counts as one.
    """
    totals = np.zeros((len(blocks.geometries), 2), dtype=np.int64)
    if len(buildings) and blocks.geometries:
        homes = np.array(homes_in(dwellings, len(buildings)), dtype=np.int64)
        points = shapely.point_on_surface(np.asarray(buildings, dtype=object))
        waiting = np.array([f.geometry for f in findings if is_waiting(f)], dtype=object)
        met = np.zeros(len(points), dtype=bool)
        if len(waiting):
            met[shapely.STRtree(points).query(waiting, predicate="intersects")[1]] = True
        place = blocks.locate(buildings)
        np.add.at(totals, place, np.column_stack((homes, homes * met)))
    return [(int(n), int(concerned)) for n, concerned in totals]


def is_waiting(finding: Finding) -> bool:
    """Whether a finding waits for a decision: its class asks for one, and nobody rejected it."""
    return finding.cls not in QUIET_CLASSES and finding.review not in DECIDED


def count_by_block(findings: Sequence[Finding], blocks: Blocks) -> list[dict[str, int]]:
    """Per block and class, how many findings wait for a decision (in order classes do not).

    Each finding counts in exactly one block, also where it lies outside all of them. Rejected
    findings are none any more.
    """
    wanted = [f for f in findings if is_waiting(f)]
    counts = [Counter[str]() for _block in blocks.geometries]
    if wanted:
        places = blocks.locate([f.geometry for f in wanted])
        for finding, place in zip(wanted, places, strict=True):
            counts[int(place)][finding.cls] += 1
    return [dict(sorted(count.items())) for count in counts]


def blocks_frame(
    blocks: Blocks,
    counts: Sequence[Mapping[str, int]],
    *,
    crs: str,
    homes: Sequence[tuple[int | None, int | None]] | None = None,
) -> gpd.GeoDataFrame:
    """The derived layer ``blocks``, with exact counts: only a View takes it out of the house.

    `homes` are the numbers of :func:`homes_by_block`; without them nobody can tell whether a count
    speaks of every home of a block.
    """
    beside = homes if homes is not None else [(None, None)] * len(blocks.geometries)
    return gpd.GeoDataFrame(
        {
            "block": list(range(1, len(blocks.geometries) + 1)),
            "counts": [json.dumps(dict(count), ensure_ascii=False, sort_keys=True) for count in counts],
            "dwellings": np.array([n for n, _concerned in beside], dtype=object),
            "concerned": np.array([concerned for _n, concerned in beside], dtype=object),
        },
        geometry=list(blocks.geometries),
        crs=crs,
    )


def _ground(
    area: BaseGeometry | None, houses: NDArray[np.object_], parcels: Sequence[BaseGeometry]
) -> BaseGeometry:
    if area is not None and not area.is_empty:
        return _polygons(shapely.make_valid(area, method="structure"))
    everything = [*houses, *(p for p in parcels if p is not None and not p.is_empty)]
    if not everything:
        return shapely.Polygon()
    hull = shapely.convex_hull(shapely.GeometryCollection(everything))
    return shapely.buffer(hull, _HULL_MARGIN_M, join_style="mitre", quad_segs=2)


def _street_faces(ground: BaseGeometry, streets: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """What street axes enclose and street bodies leave over; empty where no street cuts."""
    known = [s for s in streets if s is not None and not s.is_empty]
    bodies = [s for s in known if shapely.get_dimensions(s) == 2]
    lines = [s for s in known if shapely.get_dimensions(s) == 1]
    if not bodies and not lines:
        return []
    rest = ground
    if bodies:
        rest = shapely.difference(
            ground, shapely.union_all(shapely.make_valid(np.array(bodies, dtype=object)))
        )
    faces = _parts(rest)
    if lines:
        cut = shapely.union_all(np.array([shapely.boundary(rest), *lines], dtype=object))
        pieces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(shapely.node(cut)))))
        inner = shapely.point_on_surface(pieces)
        faces = [p for p, point in zip(pieces, inner, strict=True) if shapely.covers(rest, point)]
    return sorted(faces, key=_place)


def _parcel_faces(ground: BaseGeometry, parcels: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Groups of parcels that touch, within the ground."""
    known = [p for p in parcels if p is not None and not p.is_empty]
    if not known:
        return []
    whole = shapely.union_all(shapely.make_valid(np.array(known, dtype=object)))
    return sorted(_parts(shapely.intersection(whole, ground)), key=_place)


def _bisect(
    ground: BaseGeometry, points: NDArray[np.object_], weights: NDArray[np.int64], most: int
) -> list[BaseGeometry]:
    """Halve the ground across its longer side at the median building, until each part holds few."""
    if len(points) < 2 or int(weights.sum()) < most:
        return [ground]
    xy = shapely.get_coordinates(points)
    axis = int(np.argmax(np.ptp(xy, axis=0)))
    order = np.lexsort((xy[:, 1 - axis], xy[:, axis]))
    half = int(np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)) + 1
    half = min(max(half, 1), len(order) - 1)
    limit = float((xy[order[half - 1], axis] + xy[order[half], axis]) / 2)
    bounds = np.array(ground.bounds)
    low, high = bounds.copy(), bounds.copy()
    low[2 + axis], high[axis] = limit, limit
    parts: list[BaseGeometry] = []
    for box, chosen in ((low, order[:half]), (high, order[half:])):
        part = _polygons(shapely.intersection(ground, shapely.box(*box)))
        if not part.is_empty:
            parts += _bisect(part, points[chosen], weights[chosen], most)
    return parts


def _merge(faces: list[BaseGeometry], held: list[int], k: int) -> list[tuple[BaseGeometry, int]]:
    """Join the block with fewest dwellings to its nearest neighbour until all hold `k`.

    Among the neighbours at the same distance the one with the longest common border is taken, then
    the one with fewest dwellings, then the northernmost.
    """
    blocks = list(zip(faces, held, strict=True))
    while len(blocks) > 1:
        blocks.sort(key=lambda block: (block[1], _place(block[0])))
        if blocks[0][1] >= k:
            break
        (small, n), rest = blocks[0], blocks[1:]
        near = _nearest_blocks(small, [g for g, _n in rest])
        best = min(
            near,
            key=lambda i: (
                -round(shapely.length(shapely.intersection(small, rest[i][0])), 3),
                rest[i][1],
                _place(rest[i][0]),
            ),
        )
        other, m = rest.pop(best)
        blocks = [*rest, (_polygons(shapely.union(small, other)), n + m)]
    return blocks


def _nearest_blocks(small: BaseGeometry, others: list[BaseGeometry]) -> list[int]:
    """Positions of the others at the smallest distance from `small`, to a decimetre."""
    west, south, east, north = small.bounds
    bounds = shapely.bounds(np.array(others, dtype=object))
    gap_x = np.maximum(0, np.maximum(bounds[:, 0] - east, west - bounds[:, 2]))
    gap_y = np.maximum(0, np.maximum(bounds[:, 1] - north, south - bounds[:, 3]))
    gap = np.hypot(gap_x, gap_y)  # no block is nearer than its box
    found: dict[int, float] = {}
    smallest = np.inf
    for i in np.argsort(gap, kind="stable"):
        if gap[i] > smallest + 0.1:
            break
        found[int(i)] = float(shapely.distance(small, others[int(i)]))
        smallest = min(smallest, found[int(i)])
    return [i for i, distance in found.items() if distance <= smallest + 0.1]


def _nearest(faces: list[BaseGeometry], points: NDArray[np.object_]) -> NDArray[np.int64]:
    """The first of the nearest faces for each point; a point inside a face is at distance zero."""
    tree = shapely.STRtree(faces)
    (found, face) = tree.query_nearest(points, all_matches=True)
    result = np.full(len(points), len(faces), dtype=np.int64)
    np.minimum.at(result, found, face)
    return result


def _polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Only the areal parts."""
    parts = [
        inner
        for part in shapely.get_parts(geometry)
        for inner in (shapely.get_parts(part) if part.geom_type.startswith("Multi") else [part])
    ]
    areal = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    if len(areal) == 1:
        only: BaseGeometry = areal[0]
        return only
    return shapely.MultiPolygon(areal) if areal else shapely.Polygon()


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The areal parts one by one; none where the geometry is empty."""
    areal = _polygons(geometry)
    return [] if areal.is_empty else list(shapely.get_parts(areal))


def _place(geometry: BaseGeometry) -> tuple[float, float, bytes]:
    """North to south, west to east, then by shape: an order that does not hang on the input's."""
    point = shapely.point_on_surface(geometry)
    return (-round(point.y, 3), round(point.x, 3), shapely.to_wkb(shapely.normalize(geometry)))

"""What happens to deliveries beyond noise: old plans, streets through houses, files in other coordinates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

from regularize.sample.buildings import Body
from regularize.sample.cadastre import Cadastre
from regularize.sample.fabric import Fabric, Street
from regularize.sample.settings import CRS, Settings
from regularize.sample.shapes import Vec, canonical, left_of, sides

# The zone in which a file is delivered by mistake, while it states the project's system.
WRONG_CRS = "EPSG:32634"
SWAPPED, WRONG_ZONE = "swapped_axes", "wrong_zone"


def old_plan(n_blocks: int, cadastre: Cadastre, settings: Settings, rng: Generator) -> dict[int, float]:
    """Blocks that the register has from an old plan, with the grid in metres to which it was drawn.

    Blocks with a gap or overlap of their own keep it: on a coarse grid it would close.
    """
    odd = {parcel.block for parcel in cadastre.parcels if parcel.odd}
    draws = rng.random(n_blocks)
    grids = rng.uniform(*settings.generalised_m, n_blocks)
    return {
        number: float(grids[number])
        for number in range(n_blocks)
        if draws[number] < settings.generalised and number not in odd
    }


def generalised(polygons: Sequence[Polygon], grid_m: float) -> list[Polygon]:
    """`polygons` as an old plan shows them: every corner on a grid, so that neighbours stay neighbours.

    Where one of them would not survive, all stay as they are.
    """

    def snap(points: Vec) -> Vec:
        on_grid: Vec = (np.round(points / grid_m) * grid_m).round(3)
        return on_grid

    drawn = [shapely.transform(polygon, snap) for polygon in polygons]
    if all(polygon.is_valid and polygon.area > 1.0 for polygon in drawn):
        return [canonical(polygon) for polygon in drawn]
    return list(polygons)


@dataclass(frozen=True)
class Through:
    """A street that the cadastre shows where houses stand; its line is true, without error."""

    street: Street

    @property
    def corridor(self) -> Polygon:
        """The ground of the street."""
        return shapely.buffer(self.street.line, self.street.width_m / 2, cap_style="flat")


def streets_through(
    fabric: Fabric, bodies: Sequence[Body], settings: Settings, rng: Generator
) -> list[Through]:
    """Streets across blocks, each drawn through the middle of a house."""
    wanted = math.ceil(settings.street_through * len(fabric.blocks)) if settings.street_through else 0
    houses: dict[int, list[Body]] = {}
    for body in bodies:
        if body.kind == "house":
            houses.setdefault(body.block, []).append(body)
    built = sorted(houses)
    found = []
    for number in [built[int(k)] for k in rng.permutation(len(built))[:wanted]]:
        here = houses[number]
        body = here[int(rng.integers(len(here)))]
        direction, _length, _width = sides(fabric.blocks[number].outline)
        if rng.random() < 0.5:
            direction = left_of(direction)
        middle = np.asarray(body.outline.centroid.coords[0])
        line = LineString([middle - direction * 300, middle + direction * 300])
        # From street to street: a little beyond the block on both sides.
        inside = line.intersection(fabric.blocks[number].outline.buffer(3.0))
        ends = np.round(np.asarray(inside.coords)[[0, -1]], 3)
        found.append(Through(Street(None, LineString(ends), round(float(rng.uniform(4.0, 6.0)), 1))))
    return found


def survey_fault(settings: Settings, rng: Generator) -> str:
    """What is wrong with the coordinates of a survey's files: mostly nothing."""
    which = (SWAPPED, WRONG_ZONE)[int(rng.integers(2))]
    return which if rng.random() < settings.file_fault else ""


def displaced(frame: gpd.GeoDataFrame, fault: str) -> gpd.GeoDataFrame:
    """`frame` as it is delivered with `fault`; it still states the project's system."""
    if fault == SWAPPED:
        shapes: Any = shapely.transform(np.asarray(frame.geometry.array), lambda xy: xy[:, ::-1])
        return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=CRS))
    if fault == WRONG_ZONE:
        return frame.to_crs(WRONG_CRS).set_crs(CRS, allow_override=True)
    return frame

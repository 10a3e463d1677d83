"""What land an observed building or plot lies on: flags with their square metres."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from regularize.detect.sides import Floats, Shapes
from regularize.geometry import areas
from regularize.geometry.alignment import Shift

Groups = Mapping[str, Mapping[str, frozenset[str]]]

STRADDLES = "STRADDLES_PARCELS"
OUTSIDE = "OUTSIDE_PARCELS"
STREET = "ON_STREET"

# Flag -> (columns that can say so, code lists that know the codes, name of the group of codes). Which
# codes belong to a group is the country pack's knowledge.
_SPEAKING: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        "ON_STATE_LAND",
        ("ownership_kind", "land_owner_category"),
        ("ownership", "land_owner_category"),
        "state",
    ),
    (
        "ON_MUNICIPAL_LAND",
        ("ownership_kind", "land_owner_category"),
        ("ownership", "land_owner_category"),
        "municipal",
    ),
    ("ON_AGRICULTURAL_LAND", ("territory_purpose",), ("territory_purpose",), "agricultural"),
    ("ON_FOREST_LAND", ("territory_purpose",), ("territory_purpose",), "forest"),
    ("ON_WATER_LAND", ("territory_purpose",), ("territory_purpose",), "water"),
    (STREET, ("territory_purpose",), ("territory_purpose",), "transport"),
)
# By how much a bound must be kept for GEOS to find the same: it draws circles as polygons, within 1 %.
_SURELY = 1.05
FLAGS: tuple[str, ...] = (STRADDLES, OUTSIDE, *(row[0] for row in _SPEAKING))


@dataclass(frozen=True, eq=False)
class Ground:
    """The land beneath, on the observation.

    Parameters
    ----------
    parcels : array of polygons
    parcel_flags, land_flags : list of tuple of str
        What the codes of each polygon say of it.
    land, streets : array of polygons
    """

    parcels: Shapes
    parcel_flags: list[tuple[str, ...]]
    land: Shapes
    land_flags: list[tuple[str, ...]]
    streets: Shapes


def ground(
    shift: Shift,
    *,
    parcels: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    land: gpd.GeoDataFrame | None = None,
    groups: Groups | None = None,
) -> Ground:
    """Make parcels, streets and land ready; what comes from the register is moved by the shift.

    Parameters
    ----------
    shift : Shift
    parcels, streets, land : GeoDataFrame, optional
        Layers of the store. A street drawn as a line counts where its width is stated.
    groups : mapping, optional
        Code groups of the country pack; without them no flag is taken from codes.
    """
    parcel_shapes, parcel_rows = _usable(parcels, shift)
    land_shapes, land_rows = _usable(land, shift)
    return Ground(
        parcels=parcel_shapes,
        parcel_flags=_speaking(parcels, parcel_rows, groups or {}),
        land=land_shapes,
        land_flags=_speaking(land, land_rows, groups or {}),
        streets=_corridors(streets, shift),
    )


def land_flags(
    shapes: Shapes, tolerance_m: Floats, on: Ground, *, thresholds: Mapping[str, float]
) -> list[dict[str, float]]:
    """For each shape its flags with square metres; strips within the tolerance do not count.

    Parameters
    ----------
    shapes : array of polygons
    tolerance_m : ndarray
        t of each shape against the parcels.
    on : Ground
    thresholds : mapping
    """
    found: list[dict[str, float]] = [{} for _shape in shapes]
    least_m2 = thresholds["flag_min_area_m2"]
    area = np.asarray(shapely.area(shapes))
    for beneath, flags in ((on.parcels, on.parcel_flags), (on.land, on.land_flags)):
        covered = areas.pairs(shapes, beneath)
        i, j, m2 = _solid(shapes, beneath, covered, tolerance_m, least_m2)
        for at, under, value in zip(i.tolist(), j.tolist(), m2.tolist(), strict=True):
            for flag in flags[under]:
                found[at][flag] = found[at].get(flag, 0.0) + value
        if beneath is on.parcels and len(on.parcels):
            parts = np.bincount(i, minlength=len(shapes))
            largest = np.zeros(len(shapes))
            np.maximum.at(largest, i, m2)
            total = np.bincount(i, weights=m2, minlength=len(shapes))
            # Where parcels overlap each other a building may lie in two without crossing any line.
            across = np.minimum(total - largest, area - largest)
            for at in np.flatnonzero((parts > 1) & (across >= least_m2)).tolist():
                found[at][STRADDLES] = float(across[at])
            inside = np.bincount(covered.left, weights=covered.area_m2, minlength=len(shapes))
            for at, outside in _outside(
                shapes, np.flatnonzero(area - inside > least_m2), covered, on, tolerance_m
            ):
                if outside >= least_m2:
                    found[at][OUTSIDE] = outside
    i, _j, m2 = _solid(shapes, on.streets, areas.pairs(shapes, on.streets), tolerance_m, least_m2)
    on_street = np.bincount(i, weights=m2, minlength=len(shapes))
    for at in np.flatnonzero(on_street > 0).tolist():
        found[at][STREET] = max(found[at].get(STREET, 0.0), float(on_street[at]))
    return [
        {flag: min(m2s[flag], float(area[at])) for flag in FLAGS if m2s.get(flag, 0.0) > 0}
        for at, m2s in enumerate(found)
    ]


def parcel_sigma_m(parcels: gpd.GeoDataFrame | None, thresholds: Mapping[str, float]) -> float:
    """The typical accuracy of the parcels' lines."""
    if parcels is None or "sigma_m" not in parcels:
        return thresholds["sigma_default_register_m"]
    sigma = parcels["sigma_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    known = sigma[(sigma > 0) & (sigma <= thresholds["sigma_max_m"])]
    return float(np.median(known)) if len(known) else thresholds["sigma_default_register_m"]


def opened(shapes: Shapes, radius_m: npt.ArrayLike) -> Shapes:
    """Shapes without their strips narrower than twice the radius."""
    shrunk = shapely.buffer(shapes, -np.asarray(radius_m), join_style="mitre")
    result: Shapes = np.asarray(
        shapely.intersection(shapely.buffer(shrunk, np.asarray(radius_m), join_style="mitre"), shapes)
    )
    return result


def _simple(shapes: Shapes) -> npt.NDArray[np.bool_]:
    """Which are one polygon without holes."""
    return np.asarray(
        (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
        & (shapely.get_num_interior_rings(shapes) == 0)
    )


def is_wide(shapes: Shapes, width_m: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether each shape is wider than `width_m` anywhere: a circle of that width finds room in it.

    Examples
    --------
    >>> is_wide(np.array([shapely.box(0, 0, 9, 0.3), shapely.box(0, 0, 9, 3)]), 0.4)
    array([False,  True])
    """
    radius_m = np.broadcast_to(np.asarray(width_m) / 2, len(shapes))
    result = _simple(shapes) & _holds(shapely.area(shapes), shapely.length(shapes), radius_m)
    ask = np.flatnonzero(~result)
    result[ask] = ~shapely.is_empty(shapely.buffer(shapes[ask], -radius_m[ask]))
    return result


def _holds(area_m2: Floats, outline_m: Floats, radius_m: Floats) -> npt.NDArray[np.bool_]:
    """Whether a circle surely finds room in bodies without holes that have this area and outline together.

    No point lies further from the outline than the radius of the largest circle within. So strips of that
    depth along the outline cover a body, and its area is at most outline times depth: where the strips gape,
    at corners that point inwards, they overlap all the more at the others.
    """
    return np.asarray(area_m2 > _SURELY * radius_m * outline_m)


def _solid(
    shapes: Shapes, beneath: Shapes, found: areas.Pairs, tolerance_m: Floats, least_m2: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Those of the pairs found whose common area is more than a strip along a line, with that area."""
    large = found.area_m2 >= least_m2
    i, j, m2 = found.left[large], found.right[large], found.area_m2[large]
    # What lies within altogether is no strip, nor what is too large for one: all lines of both are more
    # than its outline. The rest is cut out and tried.
    simple = _simple(shapes)[i] & _simple(beneath)[j]
    lines_m = shapely.length(shapes)[i] + shapely.length(beneath)[j]
    ask = np.flatnonzero(
        (shapely.area(shapes)[i] - m2 > least_m2) & ~(simple & _holds(m2, lines_m, tolerance_m[i] / 2))
    )
    piece: Shapes = np.asarray(shapely.intersection(shapes[i[ask]], beneath[j[ask]]), dtype=object)
    m2[ask[~is_wide(piece, tolerance_m[i[ask]])]] = 0.0
    kept = m2 >= least_m2
    return i[kept], j[kept], m2[kept]


def _outside(
    shapes: Shapes, which: npt.NDArray[np.int64], covered: areas.Pairs, on: Ground, tolerance_m: Floats
) -> Iterator[tuple[int, float]]:
    """Area of some shapes that lies in no parcel, without strips along their lines."""
    begin = np.searchsorted(covered.left, which, side="left").tolist()
    end = np.searchsorted(covered.left, which, side="right").tolist()
    left = shapes[which].copy()
    for k, (first, last) in enumerate(zip(begin, end, strict=True)):
        if last > first:
            left[k] = shapely.difference(left[k], shapely.union_all(on.parcels[covered.right[first:last]]))
    open_m2 = shapely.area(opened(left, tolerance_m[which] / 2))
    yield from zip(which.tolist(), open_m2.tolist(), strict=True)


def _usable(frame: gpd.GeoDataFrame | None, shift: Shift) -> tuple[Shapes, npt.NDArray[np.int64]]:
    """Polygons of a layer on the observation, and which rows they are."""
    if frame is None or not len(frame):
        return np.array([], dtype=object), np.array([], dtype=np.int64)
    shapes: Shapes = np.array(frame.geometry.array, dtype=object)
    rows = np.flatnonzero(np.isfinite(shapely.bounds(shapes)).all(axis=1) & (shapely.area(shapes) > 0))
    broken = rows[~shapely.is_valid(shapes[rows])]
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    return _placed(frame, shapes, rows, shift), rows


def placed(frame: gpd.GeoDataFrame, shift: Shift) -> gpd.GeoDataFrame:
    """A copy of a layer on the observation: what was surveyed lies there, all else is moved."""
    shapes: Shapes = np.array(frame.geometry.array, dtype=object)
    return frame.set_geometry(
        gpd.GeoSeries(_placed(frame, shapes, np.arange(len(frame)), shift), index=frame.index, crs=frame.crs)
    )


def _placed(frame: gpd.GeoDataFrame, shapes: Shapes, rows: npt.NDArray[np.int64], shift: Shift) -> Shapes:
    """The rows' shapes; a survey lies on the observation already, all else is moved."""
    kept: Shapes = shapes[rows]
    moved = shift.moved(kept)
    if "origin" in frame:
        surveyed = (frame["origin"].to_numpy(dtype=object)[rows] == "survey").astype(bool)
        moved[surveyed] = kept[surveyed]
    return moved


def without_width(streets: gpd.GeoDataFrame | None) -> int:
    """How many streets are lines without a width: nothing can be said to stand on them."""
    if streets is None or not len(streets):
        return 0
    line = shapely.get_dimensions(np.asarray(streets.geometry.array, dtype=object)) == 1
    return int((line & ~(_widths_m(streets) > 0)).sum())


def _widths_m(streets: gpd.GeoDataFrame) -> Floats:
    if "width_m" not in streets:
        return np.zeros(len(streets))
    width: Floats = np.nan_to_num(streets["width_m"].to_numpy(dtype=np.float64, na_value=np.nan))
    return width


def _corridors(frame: gpd.GeoDataFrame | None, shift: Shift) -> Shapes:
    """Streets as polygons: drawn as such, or lines widened by their stated width."""
    if frame is None or not len(frame):
        return np.array([], dtype=object)
    shapes: Shapes = np.array(frame.geometry.array, dtype=object)
    width = _widths_m(frame)
    line = (
        np.isfinite(shapely.bounds(shapes)).all(axis=1) & (shapely.get_dimensions(shapes) == 1) & (width > 0)
    )
    shapes[line] = shapely.buffer(shapes[line], width[line] / 2, cap_style="flat")
    rows = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    parts = shapely.get_parts(shapely.union_all(shapely.make_valid(_placed(frame, shapes, rows, shift))))
    return np.asarray([p for p in parts if p.geom_type == "Polygon"], dtype=object)


def _speaking(
    frame: gpd.GeoDataFrame | None, rows: npt.NDArray[np.int64], groups: Groups
) -> list[tuple[str, ...]]:
    """The flags that the codes of each row stand for."""
    flags: list[list[str]] = [[] for _row in rows]
    if frame is None:
        return [tuple(f) for f in flags]
    for flag, columns, lists, group in _SPEAKING:
        codes = frozenset().union(*(groups.get(name, {}).get(group, frozenset()) for name in lists))
        for column in columns:
            if column not in frame or not codes:
                continue
            values = frame[column].to_numpy(dtype=object)[rows]
            for at, value in enumerate(values):
                if value in codes and flag not in flags[at]:
                    flags[at].append(flag)
    return [tuple(f) for f in flags]

"""Where the coordinates lie: declared, compared by parameters, carried to the project's CRS.

Every axis order here is x = easting, y = northing (``always_xy``), whatever the register of
coordinate systems says. Nothing is guessed: what a wrong place looks like is said, and then the
file is refused.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake.dataset import crs_name
from regularize.intake.values import without_controls

Extent = tuple[float, float, float, float]

# Ellipsoids of ETRS89 and WGS84: between these no datum shift worth a centimetre is left out.
_MODERN_AXIS_M = 6_378_137.0
# A datum shift that is known less well than this is not good enough for plots.
# A survey at a zone's edge is often kept in the next zone's system (degrees).
_ZONE_DEG = 6.0
_WORST_ACCURACY_M = 2.0
_PARAMETER_TOLERANCE = 1e-7
# An area of use is a box around land; coast, islands and its rounding need room.
_PAD_SHARE = 0.1
_PAD_LEAST_M = 50_000.0
_CENTRAL = (5, 95)
# A coordinate system may be described in pages: of what is none, so many letters are repeated.
_MOST_SHOWN = 100


def named(text: Any) -> CRS:
    """The CRS that a file or a user names: a code, WKT, PROJ's own notation, or JSON of it.

    Raises
    ------
    CRSError
        If there is none of that name, whatever else pyproj raises for what is no name at all.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of notations that are going out of use
        try:
            return CRS.from_user_input(text)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise CRSError(_("it describes no coordinate system")) from error


def parse(text: str, option: str = "--crs") -> CRS:
    """The CRS that a user names.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    try:
        return named(text)
    except CRSError as error:
        raise OptionError(
            _("{option}: there is no coordinate system {text}").format(
                option=option, text=without_controls(text)[:_MOST_SHOWN]
            ),
            hint=_("give it as AUTH:CODE, for instance EPSG:7801"),
        ) from error


def is_same(a: CRS, b: CRS) -> bool:
    """Whether two systems give the same coordinates: by method and parameters, not by name.

    Examples
    --------
    >>> is_same(CRS.from_epsg(7801), CRS.from_wkt(CRS.from_epsg(7801).to_wkt("WKT1_ESRI")))
    True
    """
    try:
        return a == b or _is_alike(a, b)
    except ProjError:
        return False  # a description that contradicts itself is like no other


def _is_alike(a: CRS, b: CRS) -> bool:
    if not (_is_metric(a) and _is_metric(b)):
        return False
    if not (_is_modern(a) and _is_modern(b)) and a.geodetic_crs != b.geodetic_crs:
        return False
    one, other = _parameters(a), _parameters(b)
    return (
        bool(one)
        and one.keys() == other.keys()
        and all(abs(one[key] - other[key]) <= _PARAMETER_TOLERANCE * max(1.0, abs(one[key])) for key in one)
    )


def _is_metric(crs: CRS) -> bool:
    """Whether the axes of a projected system count metres."""
    return crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in crs.axis_info[:2])


def _is_modern(crs: CRS) -> bool:
    return crs.ellipsoid is not None and abs(crs.ellipsoid.semi_major_metre - _MODERN_AXIS_M) < 1e-3


def _parameters(crs: CRS) -> dict[str, float]:
    """Parameters of the projection in SI units and degrees; latitude of origin folded into north."""
    operation = crs.coordinate_operation
    if operation is None:
        return {}
    try:
        found = {f"{operation.method_name}:{p.name}": float(p.value) for p in operation.params}
    except ValueError:
        return {}  # it names a grid: no two of these are told to be the same by their numbers
    origin = next((key for key in found if "Latitude of false origin" in key), None)
    if origin is not None:
        # Two notations of one conic projection differ in the origin and the northing that goes
        # with it: compare what they make of one point instead.
        to_plane = Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
        longitude = next((v for k, v in found.items() if "Longitude" in k), 0.0)
        latitude = next((v for k, v in found.items() if "1st standard parallel" in k), 0.0)
        east, north = to_plane.transform(longitude, latitude)
        found = {k: v for k, v in found.items() if "origin" not in k or "Longitude" in k}
        found = {k: v for k, v in found.items() if "Easting" not in k and "Northing" not in k}
        found |= {"east": round(east, 3), "north": round(north, 3)}
    return found


def choose(file: Path, layer: str, declared: CRS | None, option: str | None) -> tuple[CRS, bool]:
    """The CRS of a source and whether the user's word replaced what the source declares.

    Raises
    ------
    InputError
        If neither the source nor the user says.
    """
    if option is not None:
        wanted = parse(option)
        return wanted, declared is not None and not is_same(wanted, declared)
    if declared is None or declared.is_engineering:
        raise InputError(
            _("{file}, layer {layer}: no coordinate system is stated").format(file=file, layer=layer),
            hint=_("ask the sender which it is, then: --crs AUTH:CODE"),
        )
    return declared, False


def transformer(file: Path, source: CRS, project: CRS) -> Transformer | None:
    """The way from `source` to `project`; None where both are the same.

    Raises
    ------
    InputError
        If no way is known that is good enough for plots.
    """
    try:
        return _way(file, source, project)
    except ProjError as error:
        raise _no_way(file, source, project) from error


def _way(file: Path, source: CRS, project: CRS) -> Transformer | None:
    if is_same(source, project):
        return None
    if not _can_meet(source, project):
        raise InputError(
            _("{file}: {crs} is made for another part of the world than the project").format(
                file=file, crs=crs_name(source)
            ),
            hint=_("look up the right system, and give it: --crs AUTH:CODE"),
        )
    exact = _is_modern(source) and _is_modern(project)
    if not exact and not 0 <= _best_accuracy_m(source, project) <= _WORST_ACCURACY_M:
        raise _no_way(file, source, project)
    return Transformer.from_crs(source, project, always_xy=True)


def _best_accuracy_m(source: CRS, project: CRS) -> float:
    """Of the best way that is at hand; negative where it is not known or there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of better ways whose grids are not at hand
        try:
            best = TransformerGroup(source, project, always_xy=True).transformers
        except IndexError:  # it wants to name the grid that is missing, and there is none
            return -1
    return float(best[0].accuracy) if best else -1


def _can_meet(one: CRS, other: CRS) -> bool:
    """Whether the areas that two systems are made for touch, a zone's width forgiven."""
    a, b = one.area_of_use, other.area_of_use
    if a is None or b is None:
        return True
    return not (
        a.west > b.east + _ZONE_DEG
        or b.west > a.east + _ZONE_DEG
        or a.south > b.north + _ZONE_DEG
        or b.south > a.north + _ZONE_DEG
    )


def _no_way(file: Path, source: CRS, project: CRS) -> InputError:
    return InputError(
        _("{file}: from {source} to {project} no way is known that is good enough for plots").format(
            file=file, source=source.name, project=project.name
        ),
        hint=_(
            "two ways: have it transformed with the official tool and give the file in {crs}; or give at "
            "least four points known in both systems: --control-points FILE.csv (without --crs), or a grid "
            "of shifts: --grid FILE"
        ).format(crs=crs_name(project)),
    )


class Way(Protocol):
    """What carries coordinates to the project's CRS, x = easting."""

    def transform(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Carry arrays of coordinates over."""


def transform(geometries: NDArray[Any], way: Way | None) -> NDArray[Any]:
    """Planar copies of `geometries` (Z and M dropped) in the CRS at the end of `way`."""
    flat = shapely.force_2d(geometries)
    if way is None:
        return flat
    points = shapely.get_coordinates(flat)
    if not len(points):
        return flat
    x, y = _xy(way, points)
    return shapely.set_coordinates(flat.copy(), np.column_stack([x, y]))


def _xy(way: Way, points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        x, y = way.transform(points[:, 0], points[:, 1])
    except ProjError:
        nowhere = np.full(len(points), np.inf)
        return nowhere, nowhere.copy()
    return np.asarray(x), np.asarray(y)


def area_of(project: CRS) -> Extent | None:
    """A generous box around the area that `project` is made for, in its own metres."""
    area = project.area_of_use
    if area is None:
        return None
    way = Transformer.from_crs(project.geodetic_crs, project, always_xy=True)
    west, south, east, north = way.transform_bounds(
        area.west, area.south, area.east, area.north, densify_pts=21
    )
    if not np.isfinite([west, south, east, north]).all():
        return None
    pad = max(_PAD_LEAST_M, _PAD_SHARE * max(east - west, north - south))
    return west - pad, south - pad, east + pad, north + pad


def is_inside(bounds: NDArray[Any], extent: Extent) -> NDArray[np.bool_]:
    """For each row of (minx, miny, maxx, maxy) whether it lies in `extent`; NaN does not."""
    minx, miny, maxx, maxy = extent
    inside = (bounds[:, 0] >= minx) & (bounds[:, 1] >= miny) & (bounds[:, 2] <= maxx) & (bounds[:, 3] <= maxy)
    return np.asarray(inside, dtype=bool)


@dataclass(frozen=True)
class Reading:
    """How the coordinates of a file can be meant.

    Parameters
    ----------
    words : str
        For people.
    crs : CRS
    swapped : bool
        Whether the northing (or the latitude) comes first in the file.
    """

    words: str
    crs: CRS
    swapped: bool


def readings_within(
    points: NDArray[Any], source: CRS | None, project: CRS, extent: Extent
) -> Iterator[Reading]:
    """Every reading of `points` that puts their bulk (5th to 95th percentile) into `extent`.

    Parameters
    ----------
    points : array (n, 2)
        As they stand in the file.
    source : CRS or None
        As declared.
    project : CRS
    extent : tuple of float
        In `project`, easting first.
    """
    corners = bulk_of(points)
    if corners is None:
        return
    for words, crs, swapped in _readings(source, project):
        if _lies_within(corners, crs, swapped, project, extent):
            yield Reading(words, crs, swapped)


def bulk_of(points: NDArray[Any]) -> NDArray[Any] | None:
    """Lower and upper corner of the bulk of `points` (5th to 95th percentile); None of nothing."""
    finite = points[np.isfinite(points).all(axis=1)]
    return np.percentile(finite, _CENTRAL, axis=0) if len(finite) else None


def _lies_within(corners: NDArray[Any], crs: CRS, swapped: bool, project: CRS, extent: Extent) -> bool:
    if crs.is_geographic and np.abs(corners).max() > 360:
        return False
    try:
        way = Transformer.from_crs(crs, project, always_xy=True)
    except ProjError:
        return False  # heights, times: nothing that lies in the plan
    x, y = _xy(way, corners[:, ::-1] if swapped else corners)
    box = np.array([[x.min(), y.min(), x.max(), y.max()]])
    return bool(np.isfinite(box).all() and is_inside(box, extent)[0])


def looks_like(points: NDArray[Any], source: CRS | None, project: CRS, extent: Extent) -> list[str]:
    """What coordinates could be, in words, such that they lie in `extent`."""
    return list(dict.fromkeys(reading.words for reading in readings_within(points, source, project, extent)))


def from_extent(file: Path, layer: str, points: NDArray[Any], project: CRS, extent: Extent | None) -> Reading:
    """The only reading of coordinates without a CRS that puts them into the project's area.

    For formats that cannot state a CRS (drawings, lists of points). Who uses it records it in the
    batch (``CRS_FROM_EXTENT``).

    Raises
    ------
    InputError
        If there is none, or more than one: the user has to say.
    """
    possible: list[Reading] = []
    for reading in () if extent is None else readings_within(points, None, project, extent):
        # The project's own system comes first; what only has another name is no other reading.
        if not any(r.swapped == reading.swapped and is_same(r.crs, reading.crs) for r in possible):
            possible.append(reading)
    if len(possible) == 1:
        return possible[0]
    hint = _("ask the sender which it is, then: --crs AUTH:CODE")
    if possible:
        hint = _("the coordinates look like {guesses}; state which is right: --crs AUTH:CODE").format(
            guesses=_(" or ").join(reading.words for reading in possible)
        )
    raise InputError(
        _("{file}, layer {layer}: no coordinate system is stated").format(file=file, layer=layer), hint=hint
    )


def is_swapped(points: NDArray[Any], source: CRS, project: CRS, extent: Extent | None) -> bool:
    """Whether `points`, in `source`, lie in `extent` only with their coordinates exchanged."""
    corners = bulk_of(points)
    if extent is None or corners is None:
        return False
    straight, exchanged = (_lies_within(corners, source, order, project, extent) for order in (False, True))
    return exchanged and not straight


def _readings(source: CRS | None, project: CRS) -> Iterator[tuple[str, CRS, bool]]:
    if source is not None:
        yield _("{crs} with the axes swapped").format(crs=crs_name(source)), source, True
    candidates = {crs_name(project): project}
    for longitude in _zones(project):
        utm = CRS.from_epsg(32600 + longitude)
        candidates[crs_name(utm)] = utm
    candidates["EPSG:3857"] = CRS.from_epsg(3857)
    for name, crs in candidates.items():
        if source is None or not is_same(crs, source):
            yield str(name), crs, False
        yield _("{crs} with the axes swapped").format(crs=name), crs, True
    degrees = CRS.from_epsg(4326)
    yield _("longitude and latitude (EPSG:4326)"), degrees, False
    yield _("latitude and longitude, swapped (EPSG:4326)"), degrees, True


def _zones(project: CRS) -> Iterator[int]:
    """Northern UTM zones over and beside the area of the project."""
    area = project.area_of_use
    if area is None or area.south < 0:
        return
    first, last = (int((side + 180) // 6) + 1 for side in (area.west, area.east))
    yield from (zone for zone in range(first - 1, last + 2) if 1 <= zone <= 60)

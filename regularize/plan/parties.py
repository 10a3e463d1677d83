"""Who has to be heard on a plan, as far as outlines tell: cadastral identifiers, never persons.

The statutory list follows from the parcels inside the plan and beside it. Households that would be
affected without being on it are counted apart, and the two are never mixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from regularize.geometry.measures import area_sigma_m2
from regularize.model import NotAssessed, Verdict

# Two outlines of one border differ by less than so many standard deviations (95 of 100 times).
BORDER_SIGMAS = 2.0
# Coordinates are kept to the millimetre: what is nearer touches.
TOUCH_M = 0.002
LARGER_PART = 0.5


@dataclass(frozen=True)
class Party:
    """A parcel whose holders of rights are to be heard, or may have to be.

    Parameters
    ----------
    identifier : str
        Cadastral identifier.
    reason : {"inside", "adjoining"}
    verdict : Verdict
        ``met`` inside; beside the plan geometry alone cannot tell.
    because : NotAssessed or None
        ``fact_missing`` beside the plan; ``within_uncertainty`` where the parcel may as well lie inside
        by a strip, or not touch at all.
    area_m2, area_sigma_m2 : float
        Of the part inside the plan, with its standard deviation (m²).
    share : float
        Of the parcel that lies inside, 0 to 1.
    border_m : float
        Length along which it adjoins (m); 0 where only corners meet.
    """

    identifier: str
    reason: Literal["inside", "adjoining"]
    verdict: Verdict
    because: NotAssessed | None
    area_m2: float
    area_sigma_m2: float
    share: float
    border_m: float


@dataclass(frozen=True)
class Parties:
    """The list, those inside first, then by identifier; parcels without identifier are counted."""

    named: tuple[Party, ...]
    unnamed_inside: int
    unnamed_adjoining: int


def interested_parties(place: BaseGeometry, parcels: GeoDataFrame, *, place_sigma_m: float = 0.0) -> Parties:
    """Parcels inside a plan part and beside it.

    Parameters
    ----------
    place : Polygon or MultiPolygon
        The plan part, in the project's metric CRS.
    parcels : GeoDataFrame
        Layer ``parcels``: ``identifier``, ``sigma_m`` (m), geometry. Rows of one identifier are one parcel.
    place_sigma_m : float
        Standard deviation of the plan part's border (m).

    Examples
    --------
    >>> import geopandas as gpd
    >>> rows = {"identifier": ["a", "b"], "sigma_m": [0.1, 0.1]}
    >>> frame = gpd.GeoDataFrame(rows, geometry=[shapely.box(0, 0, 9, 9), shapely.box(10, 0, 19, 9)])
    >>> [(p.identifier, p.reason) for p in interested_parties(shapely.box(0, 0, 10, 9), frame).named]
    [('a', 'inside'), ('b', 'adjoining')]
    """
    body = shapely.make_valid(place)
    if parcels.empty or body.is_empty:
        return Parties((), 0, 0)
    named: dict[str, list[tuple[BaseGeometry, float]]] = {}
    unnamed: list[tuple[BaseGeometry, float]] = []
    reaches = _reaches(parcels["sigma_m"], place_sigma_m)
    near = shapely.dwithin(np.asarray(parcels.geometry.array, dtype=object), body, reaches)
    rows = zip(parcels["identifier"], parcels.geometry, reaches, near, strict=True)
    for identifier, geometry, reach, is_near in rows:
        if is_near:
            entry = (shapely.make_valid(geometry), float(reach))
            named.setdefault(str(identifier), []).append(entry) if identifier else unnamed.append(entry)
    found = [_party(name, body, entries) for name, entries in named.items()]
    others = [_party("", body, [entry]) for entry in unnamed]
    found.sort(key=lambda party: (party.reason != "inside", _in_order(party.identifier)))
    n_inside = sum(party.reason == "inside" for party in others)
    return Parties(tuple(found), n_inside, len(others) - n_inside)


def _reaches(sigmas_m: Sequence[float], place_sigma_m: float) -> Any:
    """Within which distance (m) two outlines may be the same border."""
    own = np.nan_to_num(np.asarray(sigmas_m, dtype=float))
    return np.maximum(BORDER_SIGMAS * np.hypot(own, place_sigma_m), TOUCH_M)


def _party(identifier: str, body: BaseGeometry, entries: Sequence[tuple[BaseGeometry, float]]) -> Party:
    parcel = shapely.union_all([geometry for geometry, _reach in entries])
    reach = max(reach for _geometry, reach in entries)
    common = shapely.intersection(parcel, body)
    area = float(shapely.area(common))
    share = area / float(shapely.area(parcel)) if shapely.area(parcel) > 0 else 0.0
    deep = float(shapely.area(shapely.intersection(parcel, shapely.buffer(body, -reach)))) > 0
    edge = shapely.buffer(shapely.boundary(body), reach, cap_style="flat")
    border = float(shapely.length(shapely.intersection(shapely.boundary(parcel), edge)))
    sigma = area_sigma_m2(common, reach / BORDER_SIGMAS)
    if deep or share > LARGER_PART:
        return Party(identifier, "inside", Verdict.MET, None, area, sigma, share, border)
    sure = float(shapely.distance(parcel, body)) <= TOUCH_M and area <= TOUCH_M * border
    because = NotAssessed.FACT_MISSING if sure else NotAssessed.WITHIN_UNCERTAINTY
    return Party(identifier, "adjoining", Verdict.NOT_ASSESSED, because, area, sigma, share, border)


def _in_order(identifier: str) -> tuple[tuple[int, str], ...]:
    """Identifiers by their numbers: 68134.8.2 before 68134.8.10."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in identifier.split("."))


def buildings_without_parcel(
    place: BaseGeometry, buildings: GeoDataFrame, parcels: GeoDataFrame
) -> Mapping[str, int]:
    """Surveyed buildings inside a plan part that stand in no parcel of the cadastre, as counts.

    Returns
    -------
    mapping
        ``buildings``; ``dwellings`` as far as the survey states them; ``not_stated``: buildings of
        which it does not say how many dwellings they hold.
    """
    counts = {"buildings": 0, "dwellings": 0, "not_stated": 0}
    if buildings.empty:
        return counts
    points = shapely.point_on_surface(shapely.make_valid(np.asarray(buildings.geometry.array, dtype=object)))
    inside = shapely.covers(shapely.make_valid(place), points)
    tree = shapely.STRtree(shapely.make_valid(np.asarray(parcels.geometry.array, dtype=object)))
    owned = set(tree.query(points, predicate="intersects")[0].tolist())
    for at, dwellings in enumerate(buildings["dwellings"]):
        if not inside[at] or at in owned:
            continue
        counts["buildings"] += 1
        if dwellings is None or dwellings != dwellings:  # noqa: PLR0124 - pandas' missing number
            counts["not_stated"] += 1
        else:
            counts["dwellings"] += int(dwellings)
    return counts

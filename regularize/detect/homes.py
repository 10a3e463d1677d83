"""What a run means for the homes: which stay, begin, merge, part or end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect.places import best_overlaps, north_west_first
from regularize.geometry import areas
from regularize.model import BuildingClass, Finding, Home, HomeChanges

PREFIX = "T"
NOTHING_LEFT = "NOTHING_LEFT"
_GUESTS = frozenset({BuildingClass.ADJOINING_ANNEX.value, BuildingClass.UNCERTAIN.value})


@dataclass(frozen=True)
class HomeCandidate:
    """What hangs together on the ground and may be a home.

    Parameters
    ----------
    geometry : shapely geometry
        Of the buildings, as observed where they were; of the plot where there is no building.
    register_fids, survey_fids, plot_fids : tuple of int
        Rows of the layers ``buildings``, ``observed_buildings`` and ``plots``.
    """

    geometry: BaseGeometry
    register_fids: tuple[int, ...]
    survey_fids: tuple[int, ...]
    plot_fids: tuple[int, ...]


def home_candidates(
    findings: Sequence[Finding], plots: gpd.GeoDataFrame | None, *, thresholds: Mapping[str, float]
) -> list[HomeCandidate]:
    """One candidate per matched component, and one for each plot that holds most of none.

    An annex belongs to the building that it adjoins. A plot belongs to a candidate when it holds
    most of it.

    Parameters
    ----------
    findings : sequence of Finding
        Of buildings and plots, ``unchanged`` and ``registered`` ones included.
    plots : GeoDataFrame or None
        Layer ``plots``: rows that no finding speaks of take part as well.
    thresholds : mapping
        ``home_plot_share``.
    """
    buildings = [f for f in findings if f.kind == "building"]
    grounds = _grounds(findings, plots)
    rows: list[tuple[list[BaseGeometry], set[int], set[int]]] = []
    owner_of: dict[tuple[str, int], list[int]] = {}
    guests = []
    for finding in buildings:
        if finding.cls in _GUESTS and finding.register_fids and finding.survey_fids:
            guests.append(finding)
            continue
        _add(rows, owner_of, finding)
    # Guests name a row of the home that they stand against; without it they are homes themselves.
    for finding in guests:
        register = [k for fid in finding.register_fids for k in owner_of.get(("register", fid), ())]
        survey = [k for fid in finding.survey_fids for k in owner_of.get(("survey", fid), ())]
        hosts = sorted({*register, *survey})
        if not hosts:
            _add(rows, owner_of, finding)
            continue
        nearest = min(hosts, key=lambda k: (min(finding.geometry.distance(g) for g in rows[k][0]), k))
        # A row that belongs to another finding already stays there.
        own_r = {fid for fid in finding.register_fids if ("register", fid) not in owner_of}
        own_s = {fid for fid in finding.survey_fids if ("survey", fid) not in owner_of}
        rows[nearest][0].append(finding.geometry)
        rows[nearest][1].update(own_r)
        rows[nearest][2].update(own_s)
    shapes = [g[0] if len(g) == 1 else shapely.union_all(g) for g, _r, _s in rows]
    of_home, empty = _plots_of(shapes, grounds, thresholds)
    candidates = [
        HomeCandidate(shape, tuple(sorted(r)), tuple(sorted(s)), tuple(sorted(of_home[k])))
        for k, (shape, (_g, r, s)) in enumerate(zip(shapes, rows, strict=True))
    ]
    candidates += [HomeCandidate(grounds[k][0], (), (), grounds[k][1]) for k in empty]
    return [candidates[i] for i in north_west_first([c.geometry for c in candidates])]


def carry_homes(
    previous: Sequence[Home],
    current: Sequence[HomeCandidate],
    *,
    settlement: str,
    next_number: Mapping[str, int],
    on: date,
    thresholds: Mapping[str, float],
) -> HomeChanges:
    """Carry the homes over to the candidates of a new run.

    A home goes on in the candidate that shares its rows, or else its ground. Where two homes go on in
    one candidate the one with more in common stays and the other merges into it; where one home
    goes on in two candidates the likelier keeps the id and the other is split off. A home that had
    ended and comes back on the same rows or ground is reopened.

    Parameters
    ----------
    previous : sequence of Home
    current : sequence of HomeCandidate
    settlement : str
        Code in the ids: ``T-<settlement>-<n>``.
    next_number : mapping of prefix to int
        ``T``: the next free number, ended homes counted.
    on : date
        Day from which changes hold.
    thresholds : mapping
        ``identity_*``.

    Returns
    -------
    HomeChanges
        Deterministic; new ids are numbered from north-west to south-east.
    """
    standing = [h for h in previous if h.merged_into is None]
    links = _links(standing, current, thresholds)
    kept: dict[int, int] = {}  # candidate -> home
    goes_on: dict[int, int] = {}  # home -> candidate
    for home, candidate in links:
        if candidate not in kept and home not in goes_on:
            kept[candidate], goes_on[home] = home, candidate
    merged, closed = [], []
    heir = {}
    for home, candidate in links:
        if home not in goes_on and home not in heir and standing[home].valid_to is None:
            heir[home] = candidate
    for home, old in enumerate(standing):
        if home in goes_on or old.valid_to is not None:
            continue
        if home in heir:
            merged.append((old.id, standing[kept[heir[home]]].id))
        else:
            closed.append((old.id, NOTHING_LEFT))
    parent = {}
    for home, candidate in links:
        if candidate not in kept and candidate not in parent and standing[home].valid_to is None:
            parent[candidate] = home
    new: list[Home] = []
    split: list[tuple[str, str]] = []
    number = int(next_number.get(PREFIX, 1))
    for k in north_west_first([c.geometry for c in current]):
        if k in kept:
            continue
        begun = _home(f"{PREFIX}-{settlement}-{number}", settlement, current[k], on)
        number += 1
        new.append(begun)
        if k in parent:
            split.append((standing[parent[k]].id, begun.id))
    return HomeChanges(
        kept=tuple(_refreshed(standing[h], current[k]) for k, h in sorted(kept.items())),
        new=tuple(new),
        merged=tuple(sorted(merged)),
        split=tuple(split),
        closed=tuple(sorted(closed)),
    )


def with_homes(findings: Sequence[Finding], changes: HomeChanges) -> list[Finding]:
    """The findings with the id of the home that holds their rows; as they were where none does."""
    by_survey: dict[int, str] = {}
    by_register: dict[int, str] = {}
    by_plot: dict[int, str] = {}
    for home in (*changes.kept, *changes.new):
        by_survey |= dict.fromkeys(home.survey_fids, home.id)
        by_register |= dict.fromkeys(home.register_fids, home.id)
        for fid in home.plot_fids:
            by_plot.setdefault(fid, home.id)
    result = []
    for finding in findings:
        if finding.kind == "building":
            # An uncertain registered building names observed neighbours; its own row decides.
            own_register = (
                finding.cls != BuildingClass.ADJOINING_ANNEX.value and "ADJOINS_MATCHED" in finding.reasons
            )
            lookups = [(by_survey, finding.survey_fids), (by_register, finding.register_fids)]
            if own_register:
                lookups.reverse()
        else:
            lookups = [(by_plot, finding.survey_fids)]
        ids = [known[fid] for known, fids in lookups for fid in fids if fid in known]
        result.append(finding.but(home=ids[0]) if ids else finding)
    return result


def _add(
    rows: list[tuple[list[BaseGeometry], set[int], set[int]]],
    owner_of: dict[tuple[str, int], list[int]],
    finding: Finding,
) -> None:
    for fid in finding.register_fids:
        owner_of.setdefault(("register", fid), []).append(len(rows))
    for fid in finding.survey_fids:
        owner_of.setdefault(("survey", fid), []).append(len(rows))
    rows.append(([finding.geometry], set(finding.register_fids), set(finding.survey_fids)))


Ground = tuple[BaseGeometry, tuple[int, ...]]


def _grounds(findings: Sequence[Finding], plots: gpd.GeoDataFrame | None) -> list[Ground]:
    """Every plot with its rows: those with a finding, and those of the layer without."""
    grounds: list[Ground] = [(f.geometry, f.survey_fids) for f in findings if f.kind == "plot"]
    if plots is not None and len(plots):
        spoken = {fid for _shape, fids in grounds for fid in fids}
        for fid, shape in zip(plots["fid"].tolist(), plots.geometry, strict=True):
            if int(fid) not in spoken and shape is not None and shape.area > 0:
                grounds.append((shape, (int(fid),)))
    return grounds


def _plots_of(
    shapes: Sequence[BaseGeometry], grounds: Sequence[Ground], thresholds: Mapping[str, float]
) -> tuple[list[set[int]], list[int]]:
    """Plot rows of each candidate, and positions of plots that hold most of no candidate."""
    result: list[set[int]] = [set() for _shape in shapes]
    if not grounds:
        return result, []
    ground = np.array([shape for shape, _fids in grounds], dtype=object)
    homes = np.array(list(shapes), dtype=object)
    found = areas.pairs(homes, ground)
    share = found.area_m2 / shapely.area(homes)[found.left] if len(found.left) else found.area_m2
    built: set[int] = set()
    for k, p, part in zip(found.left.tolist(), found.right.tolist(), share.tolist(), strict=True):
        if part >= thresholds["home_plot_share"]:
            result[k].update(grounds[p][1])
            built.add(p)
    return result, [p for p in range(len(grounds)) if p not in built]


def _links(
    homes: Sequence[Home], current: Sequence[HomeCandidate], thresholds: Mapping[str, float]
) -> list[tuple[int, int]]:
    """(home, candidate) that may be the same, the surest first."""
    by_row: dict[tuple[str, int], list[int]] = {}
    for k, candidate in enumerate(current):
        for name in ("register_fids", "survey_fids"):
            for fid in getattr(candidate, name):
                by_row.setdefault((name, fid), []).append(k)
        if not candidate.register_fids and not candidate.survey_fids:
            for fid in candidate.plot_fids:
                by_row.setdefault(("plot_fids", fid), []).append(k)
    shared: dict[tuple[int, int], int] = {}
    for h, home in enumerate(homes):
        bare = not home.register_fids and not home.survey_fids
        for name in ("register_fids", "survey_fids", *(("plot_fids",) if bare else ())):
            for fid in getattr(home, name):
                for k in by_row.get((name, fid), ()):
                    shared[h, k] = shared.get((h, k), 0) + 1
    ground = best_overlaps([h.geometry for h in homes], [c.geometry for c in current], thresholds)
    rank = {pair: at for at, pair in enumerate(ground)}
    last = len(rank)
    # A home that ended returns only on what it had; it never takes a living home's place.
    return sorted(
        {*shared, *ground},
        key=lambda p: (homes[p[0]].valid_to is not None, -shared.get(p, 0), rank.get(p, last), p),
    )


def _home(identity: str, settlement: str, candidate: HomeCandidate, on: date) -> Home:
    return Home(
        id=identity,
        settlement=settlement,
        geometry=candidate.geometry,
        register_fids=candidate.register_fids,
        survey_fids=candidate.survey_fids,
        plot_fids=candidate.plot_fids,
        valid_from=on,
    )


def _refreshed(home: Home, candidate: HomeCandidate) -> Home:
    return replace(
        home,
        geometry=candidate.geometry,
        register_fids=candidate.register_fids,
        survey_fids=candidate.survey_fids,
        plot_fids=candidate.plot_fids,
        valid_to=None,
    )

"""The guard of places: what a file declares is held against where its settlements lie.

A box around the country cannot tell one zone from the next, the settlements that identifiers name
can. Nothing is moved here: a place that does not fit is refused with what the coordinates look
like, or noted where only some rows lie elsewhere.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from regularize.countries import Pack
from regularize.errors import InputError
from regularize.i18n import language
from regularize.i18n import translate as _
from regularize.intake import crs as place
from regularize.intake import whereabouts
from regularize.intake.crs import Extent
from regularize.intake.dataset import crs_name
from regularize.intake.known import Known
from regularize.intake.rows import Ledger
from regularize.intake.settlements import Settlements
from regularize.intake.whereabouts import MOST_ELSEWHERE

# A city is larger than the reach around its middle; no settlement is larger than this many reaches.
_CERTAINLY_ELSEWHERE = 10.0

_LISTED = ("SETTLEMENT_DISTANCE", "OUTSIDE_MUNICIPALITY")
PLACE_CODES = (*_LISTED, whereabouts.CODE)


def narrow(
    area: Extent | None,
    points: NDArray[Any],
    codes: Sequence[str | None],
    project: CRS,
    pack: Pack,
    known: Known,
) -> Extent | None:
    """Where rows must lie whose format leaves their CRS open.

    The box around the settlements that the rows, or else the project, name; else around what is
    stored, if `points` can be meant so at all; else `area`.
    """
    limits = pack.thresholds
    if known.settlements is not None:
        named = {code for code in codes if code is not None} or set(known.own)
        box = known.settlements.around(named, limits["settlement_reach_m"])
        if box is not None:
            return box
    box = None if known.is_elsewhere else whereabouts.around(known, limits["stored_reach_m"])
    return box if box is not None and place.looks_like(points, None, project, box) else area


def local_systems(points: NDArray[Any], pack: Pack) -> list[str]:
    """Local systems whose range holds the bulk of `points`, in words; either order of axes."""
    corners = place.bulk_of(points)
    if corners is None:
        return []
    found = []
    for system in pack.local_systems.values():
        minx, miny, maxx, maxy = system.bounds
        for low, high in (corners, corners[:, ::-1]):
            inside = minx <= low[0] and high[0] <= maxx and miny <= low[1] and high[1] <= maxy
            if inside and system.title[language()] not in found:
                found.append(system.title[language()])
    return found


def refuse_unplaced(
    file: Path, layer: str, points: NDArray[Any], project: CRS, area: Extent | None, pack: Pack
) -> InputError:
    """The error for a file that states no system: what its coordinates look like, and what to do."""
    return InputError(
        _("{file}, layer {layer}: no coordinate system is stated").format(file=file, layer=layer),
        hint=advice(points, None, project, area, pack),
    )


def advice(points: NDArray[Any], source: CRS | None, project: CRS, area: Extent | None, pack: Pack) -> str:
    """What to do with coordinates that lie elsewhere."""
    readings = list(place.readings_within(points, source, project, area)) if area is not None else []
    straight = [reading.words for reading in readings if not reading.swapped]
    if straight:
        return _("the coordinates look like {guesses}; if that is so, state it: --crs AUTH:CODE").format(
            guesses=_(" or ").join(straight)
        )
    if readings:  # no option exchanges what a format defines: the file itself is wrong
        return _(
            "the coordinates look like {guess}: have the two exchanged where the file was made, or in QGIS "
            "(Processing: Swap X and Y coordinates), and give that file"
        ).format(guess=readings[0].words)
    local = local_systems(points, pack)
    if local:
        return _(
            "the coordinates look like {systems}: no published way is good enough for plots. Either have "
            "the file transformed with the official tool and give it in {crs}, or give at least four "
            "identical points: --control-points FILE.csv, or a grid of shifts: --grid FILE"
        ).format(systems=_(" or ").join(local), crs=crs_name(project))
    return _("look at the file in QGIS; then state what is right: --crs AUTH:CODE")


def check_place(
    file: Path,
    layer: str,
    placed: NDArray[Any],
    codes: Sequence[str | None],
    points: NDArray[Any],
    source: CRS,
    project: CRS,
    pack: Pack,
    known: Known,
    ledger: Ledger,
) -> Mapping[str, str]:
    """Hold the placed rows against the user's list of settlements, and against what is stored.

    Parameters
    ----------
    placed : array of shapely geometries
        In the project's CRS.
    points : array (n, 2)
        As they stand in the file, for saying what they look like.

    Returns
    -------
    mapping of code to text
        What could not be assessed, and why.

    Raises
    ------
    InputError
        If most rows lie elsewhere, and either another reading of the file puts them where their
        settlement is, or they are too far for any settlement. Without a list: if most lie far from
        all that is stored.
    """
    unassessed = _check_listed(file, layer, placed, codes, points, source, project, pack, known, ledger)
    unassessed |= whereabouts.check_stored(
        file,
        layer,
        placed,
        pack,
        known,
        ledger,
        read_as=str(crs_name(source)),
        advice=lambda box: advice(points, source, project, box, pack),
        is_decided=not unassessed.keys() >= set(_LISTED),
    )
    return unassessed


def _check_listed(
    file: Path,
    layer: str,
    placed: NDArray[Any],
    codes: Sequence[str | None],
    points: NDArray[Any],
    source: CRS,
    project: CRS,
    pack: Pack,
    known: Known,
    ledger: Ledger,
) -> dict[str, str]:
    """What the list of settlements says; returns what it cannot say, and why."""
    settlements = known.settlements
    if settlements is None:
        return dict.fromkeys(_LISTED, _("no list of settlements was given (--settlements FILE.csv)"))
    alive = np.array([row for row in range(len(placed)) if row not in ledger.refused], dtype=np.int64)
    reach_m = pack.thresholds["settlement_reach_m"]
    named = {code for code in codes if code is not None and code in settlements.places}
    unassessed: dict[str, str] = {}
    if named:
        away = _distances(placed, alive, codes, named, settlements)
        _judge(file, layer, away, named, reach_m, points, source, project, pack, settlements, ledger, placed)
    else:
        unassessed["SETTLEMENT_DISTANCE"] = _("no identifier names a settlement of the list")
    own = {code for code in known.own if code in settlements.places}
    if own and not named:
        away = _nearest(placed, alive, own, settlements)
        _judge(file, layer, away, own, reach_m, points, source, project, pack, settlements, ledger, placed)
    elif own:
        _note_outside(_nearest(placed, alive, own, settlements), reach_m, placed, ledger)
    else:
        unassessed["OUTSIDE_MUNICIPALITY"] = (
            _("no settlement of the project stands in the list")
            if known.own
            else _("no project names its settlements")
        )
    return unassessed


def _middles(placed: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    box = shapely.bounds(placed[rows])
    return np.asarray((box[:, :2] + box[:, 2:]) / 2, dtype=np.float64)


def _distances(
    placed: NDArray[Any],
    alive: NDArray[np.int64],
    codes: Sequence[str | None],
    named: set[str],
    settlements: Settlements,
) -> dict[int, float]:
    """Of each row with a known settlement, how far it lies from it (m)."""
    by_code: dict[str, list[int]] = {}
    for row in alive.tolist():
        code = codes[row]
        if code is not None and code in named:
            by_code.setdefault(code, []).append(row)
    away: dict[int, float] = {}
    for code, rows in by_code.items():
        found = settlements.distances_m(_middles(placed, np.array(rows)), code)
        away.update(zip(rows, found.tolist(), strict=True))
    return away


def _nearest(
    placed: NDArray[Any], alive: NDArray[np.int64], own: set[str], settlements: Settlements
) -> dict[int, float]:
    """Of each row, how far it lies from the nearest settlement of the project (m)."""
    if not len(alive):
        return {}
    middles = _middles(placed, alive)
    nearest = np.min([settlements.distances_m(middles, code) for code in sorted(own)], axis=0)
    return dict(zip(alive.tolist(), nearest.tolist(), strict=True))


def _judge(
    file: Path,
    layer: str,
    away: Mapping[int, float],
    named: set[str],
    reach_m: float,
    points: NDArray[Any],
    source: CRS,
    project: CRS,
    pack: Pack,
    settlements: Settlements,
    ledger: Ledger,
    placed: NDArray[Any],
) -> None:
    far = {row: distance for row, distance in away.items() if distance > reach_m}
    if not far:
        return
    typical = float(np.median(list(away.values())))
    box = settlements.around(named, reach_m)
    if len(far) > MOST_ELSEWHERE * len(away) and box is not None:
        others = place.looks_like(points, source, project, box)
        if others or typical > _CERTAINLY_ELSEWHERE * reach_m:
            raise InputError(
                _(
                    "{file}, layer {layer}: {n} of {of} features lie far from their settlement "
                    "({settlement}: {distance:.1f} km; read as {crs})"
                ).format(
                    file=file,
                    layer=layer,
                    n=len(far),
                    of=len(away),
                    settlement=settlements.name(min(named)),
                    distance=typical / 1000,
                    crs=crs_name(source),
                ),
                hint=advice(points, source, project, box, pack),
            )
    for row, distance in sorted(far.items()):
        ledger.warn(
            row,
            "SETTLEMENT_DISTANCE",
            _("it lies {distance:.1f} km from the settlement that it is said to be of").format(
                distance=distance / 1000
            ),
            placed[row],
        )


def _note_outside(away: Mapping[int, float], reach_m: float, placed: NDArray[Any], ledger: Ledger) -> None:
    for row, distance in sorted(away.items()):
        if distance > reach_m:
            ledger.warn(
                row,
                "OUTSIDE_MUNICIPALITY",
                _("it lies {distance:.1f} km from the nearest settlement of the project").format(
                    distance=distance / 1000
                ),
                placed[row],
            )

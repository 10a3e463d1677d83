"""Where a file lies, held against what is stored already.

One zone and the next differ by more than a hundred kilometres, and both can lie inside the country.
Where no list of settlements tells, what has been stored before does: a file far from all of it is
refused, until the user says that it does lie there.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from regularize.countries import Pack
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.crs import Extent
from regularize.intake.known import Known
from regularize.intake.rows import Ledger
from regularize.model import Severity

CODE = "FAR_FROM_STORED"
# More rows than this share elsewhere: it is the file that is wrong, not the rows.
MOST_ELSEWHERE = 0.5


def around(known: Known, reach_m: float) -> Extent | None:
    """The box that holds everything within `reach_m` of what is stored; None where nothing is."""
    boxes = _places(known)
    if not len(boxes):
        return None
    (minx, miny), (maxx, maxy) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(minx - reach_m), float(miny - reach_m), float(maxx + reach_m), float(maxy + reach_m)


def distances_m(bounds: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each of `bounds` (n, 4) lies from the nearest of `boxes` (m, 4); 0 where they meet."""
    nearest = np.full(len(bounds), np.inf)
    for minx, miny, maxx, maxy in boxes:
        beyond = np.maximum(np.maximum((minx, miny) - bounds[:, 2:], bounds[:, :2] - (maxx, maxy)), 0.0)
        np.minimum(nearest, np.hypot(beyond[:, 0], beyond[:, 1]), out=nearest)
    return nearest


def check_stored(
    file: Path,
    layer: str,
    placed: NDArray[Any],
    pack: Pack,
    known: Known,
    ledger: Ledger,
    *,
    read_as: str,
    advice: Callable[[Extent | None], str],
    is_decided: bool,
) -> dict[str, str]:
    """Hold the placed rows against the places of earlier deliveries.

    Parameters
    ----------
    read_as : str
        The CRS that the rows were read in, for people.
    advice : callable
        From the box where the rows should lie to what to do where they do not.
    is_decided : bool
        Whether a list of settlements has found the place right: then this is only told.

    Returns
    -------
    dict of code to text
        What could not be assessed, and why.

    Raises
    ------
    InputError
        If most rows lie far from all that is stored, and nobody says that this is right.
    """
    boxes = _places(known)
    if not len(boxes):
        return {CODE: _("nothing is stored yet that its place could be held against")}
    alive = np.array([row for row in range(len(placed)) if row not in ledger.refused], dtype=np.int64)
    if not len(alive):
        return {}
    away_m = distances_m(shapely.bounds(placed[alive]), boxes)
    far = away_m > pack.thresholds["stored_reach_m"]
    if not far.any():
        return {}
    typical_km = float(np.median(away_m[far])) / 1000
    if far.sum() <= MOST_ELSEWHERE * len(alive):
        if not is_decided:
            text = _("it lies {distance:.1f} km from all that is stored")
            for row, distance in zip(alive[far].tolist(), away_m[far].tolist(), strict=True):
                ledger.warn(row, "FAR_FROM_STORED", text.format(distance=distance / 1000), placed[row])
    elif is_decided or known.is_elsewhere:
        said = _(
            "it lies {distance:.1f} km from all that is stored; the list of settlements decides its place"
        )
        if not is_decided:
            said = _("it lies {distance:.1f} km from all that is stored; --elsewhere says that this is right")
        severity = Severity.INFO if is_decided else Severity.WARNING
        ledger.note("FAR_FROM_STORED", said.format(distance=typical_km), severity)
    else:
        raise InputError(
            _(
                "{file}, layer {layer}: {n} of {of} features lie {distance:.1f} km from all that is stored "
                "(read as {crs})"
            ).format(
                file=file, layer=layer, n=int(far.sum()), of=len(alive), distance=typical_km, crs=read_as
            ),
            hint=_("{advice}; if they do lie there: --elsewhere").format(
                advice=advice(around(known, pack.thresholds["stored_reach_m"]))
            ),
        )
    return {}


def _places(known: Known) -> NDArray[np.float64]:
    boxes: Sequence[Extent] = known.places() if known.places is not None else ()
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)

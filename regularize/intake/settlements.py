"""The user's list of settlements: where each EKATTE code lies.

It decides what a box around the country cannot: whether coordinates are of one zone or another.
Published outlines of settlements are simplified and off by up to a kilometre, so only the distance
to a position counts, never whether something lies inside.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from regularize.i18n import translate as _
from regularize.intake.crs import Extent
from regularize.intake.tables import number, read_lines, unusable
from regularize.privacy import redact

FILE = "settlements.csv"
_COLUMNS = {
    "code": ("code", "ekatte", "код", "екатте"),
    "name": ("name", "име", "наименование", "населено място"),
    "easting": ("easting", "e", "изток"),
    "northing": ("northing", "n", "север"),
    "longitude": ("longitude", "lon", "lng", "дължина"),
    "latitude": ("latitude", "lat", "ширина"),
}
_CODE = re.compile(r"\d{5}")


@dataclass(frozen=True)
class Settlements:
    """Settlements by code.

    Parameters
    ----------
    places : mapping of code to (x, y)
        In the project's CRS, x = easting.
    names : mapping of code to name
    source : str
        Which file, with its sha256.
    """

    places: Mapping[str, tuple[float, float]]
    names: Mapping[str, str]
    source: str

    def name(self, code: str) -> str:
        """Code and name, for people."""
        return f"{code} {self.names.get(code, '')}".strip()

    def around(self, codes: "set[str]", reach_m: float) -> Extent | None:
        """The box that holds everything within `reach_m` of the settlements of `codes`."""
        known = np.array([self.places[code] for code in sorted(codes) if code in self.places])
        if not len(known):
            return None
        (minx, miny), (maxx, maxy) = known.min(axis=0), known.max(axis=0)
        return float(minx - reach_m), float(miny - reach_m), float(maxx + reach_m), float(maxy + reach_m)

    def distances_m(self, points: NDArray[np.float64], code: str) -> NDArray[np.float64]:
        """How far each of `points` (n, 2) lies from the settlement `code`."""
        away = points - np.array(self.places[code])
        return np.asarray(np.hypot(away[:, 0], away[:, 1]), dtype=np.float64)


def load(path: Path, project_crs: str, extent: Extent | None) -> Settlements:
    """Read a list: ``code, name`` and either ``easting, northing`` or ``longitude, latitude``.

    Parameters
    ----------
    project_crs : str
        Metres are of this CRS; degrees are carried to it.
    extent : tuple of float or None
        Where a position can lie.

    Raises
    ------
    InputError
        If the file cannot be read, a code is not of five digits (a spreadsheet drops leading
        zeros), stands twice, or a position lies elsewhere.
    """
    lines = read_lines(path, _COLUMNS, ("code",))
    in_degrees = not any("easting" in line.cells for line in lines)
    axes = ("longitude", "latitude") if in_degrees else ("easting", "northing")
    way = Transformer.from_crs(4326, CRS.from_user_input(project_crs), always_xy=True)
    places: dict[str, tuple[float, float]] = {}
    names: dict[str, str] = {}
    for line in lines:
        code = line.cells.get("code", "")
        if not _CODE.fullmatch(code):
            raise unusable(
                path,
                _(
                    "line {line}: {code} is no EKATTE code of five digits (a spreadsheet drops leading zeros)"
                ).format(line=line.number, code=redact(code[:12])[0]),
            )
        if code in places:
            raise unusable(path, _("line {line}: {code} stands twice").format(line=line.number, code=code))
        x, y = (number(path, line, axis) for axis in axes)
        if in_degrees:
            x, y = way.transform(x, y)
        if extent is not None and not (extent[0] <= x <= extent[2] and extent[1] <= y <= extent[3]):
            raise unusable(
                path,
                _("line {line}: {code} lies outside the area of the project; are the axes swapped?").format(
                    line=line.number, code=code
                ),
            )
        places[code] = (round(float(x), 2), round(float(y), 2))
        names[code] = redact(line.cells.get("name", ""), context="name")[0]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Settlements(places, names, redact(_recorded(path))[0] or f"{redact(path.name)[0]} sha256={digest}")


def _recorded(path: Path) -> str:
    """The source that a stored list states in its first line."""
    first = path.read_bytes().split(b"\n", 1)[0].decode("utf-8", errors="replace").strip()
    return first.removeprefix("# source: ") if first.startswith("# source: ") else ""


def as_csv(settlements: Settlements, on: date) -> str:
    """The list as a project keeps it, with its source in the first line."""
    text = io.StringIO(newline="")
    source = settlements.source.replace("\n", " ")
    text.write(f"# source: {source}; read {on.isoformat()}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "name", "easting", "northing"))
    for code, (x, y) in sorted(settlements.places.items()):
        writer.writerow((code, settlements.names.get(code, ""), f"{x:.2f}", f"{y:.2f}"))
    return text.getvalue()

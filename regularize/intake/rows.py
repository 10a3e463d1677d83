"""Checks of the rows, one geometry at a time: what cannot be stored is quarantined with its reason.

The order matters: the first reason stands. Cheap checks run on all rows at once, and only what they
mark is looked at singly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from regularize.i18n import translate as _
from regularize.intake.crs import Extent, is_inside
from regularize.intake.dataset import Fault
from regularize.layers import Family
from regularize.model import Issue, Severity

# Below this nothing stands on the ground.
LEAST_AREA_M2 = 0.01
LEAST_LENGTH_M = 0.01
# A line that hangs on an outline is an artefact up to this length.
STRAY_LINE_M = 1.0

_POINT, _LINE, _RING, _POLYGON, _COLLECTION = 0, 1, 2, 3, 7
_FAMILY_TYPES: dict[Family, tuple[int, ...]] = {
    "point": (0, 4),
    "line": (1, 2, 5),
    "polygon": (3, 6),
    "any": (0, 1, 2, 3, 4, 5, 6),
}


@dataclass
class Ledger:
    """What was found: reasons by row, and issues in the order of their finding.

    Parameters
    ----------
    place : str
        File and layer, for the messages.
    """

    place: str
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    _template: str = ""

    def message(self, row: int, text: str) -> str:
        """`text` with the place of the row."""
        if not self._template:
            self._template = _("{place}, feature {feature}: {text}")
        # People count rows from one, as the reports do.
        return self._template.format(place=self.place, feature=row + 1, text=text)

    def refuse(self, row: int, code: str, text: str, geometry: Any = None) -> None:
        """Quarantine a row; of several reasons the first stands."""
        if row in self.refused:
            return
        message = self.message(row, text)
        self.refused[row] = (code, message)
        x, y = _middle(geometry)
        self.issues.append(Issue(code, Severity.ERROR, message, row, x, y))

    def warn(
        self, row: int, code: str, text: str, geometry: Any = None, severity: Severity = Severity.WARNING
    ) -> None:
        """Note something odd about a row that is stored all the same."""
        x, y = _middle(geometry)
        self.issues.append(Issue(code, severity, self.message(row, text), row, x, y))

    def warn_at(
        self, row: int, code: str, text: str, x: float, y: float, severity: Severity = Severity.WARNING
    ) -> None:
        """Note something odd about a row at one very point of it."""
        self.issues.append(Issue(code, severity, self.message(row, text), row, round(x, 3), round(y, 3)))

    def note(self, code: str, text: str, severity: Severity = Severity.WARNING) -> None:
        """Note something about the layer as a whole."""
        self.issues.append(Issue(code, severity, f"{self.place}: {text}"))


def _middle(geometry: Any) -> tuple[float | None, float | None]:
    if geometry is None:
        return None, None
    minx, miny, maxx, maxy = shapely.bounds(geometry).tolist()
    x, y = (minx + maxx) / 2, (miny + maxy) / 2
    return (round(x, 3), round(y, 3)) if np.isfinite([x, y]).all() else (None, None)


def check_source(geometries: NDArray[Any], faults: Mapping[int, Fault], ledger: Ledger) -> None:
    """What shows before anything is moved: rows that could not be read, null, empty, not finite."""
    for row, fault in sorted(faults.items()):
        if not fault.mended:
            ledger.refuse(row, fault.code, fault.message)
    for row in np.flatnonzero(shapely.is_missing(geometries)).tolist():
        ledger.refuse(row, "NULL_GEOMETRY", _("the row has no geometry"))
    for row in np.flatnonzero(shapely.is_empty(geometries)).tolist():
        ledger.refuse(row, "EMPTY_GEOMETRY", _("the geometry is empty"))
    for row in not_finite(geometries):
        ledger.refuse(row, "NOT_FINITE", _("a coordinate is not a number"))
    with_z = int(np.count_nonzero(shapely.has_z(geometries) | shapely.has_m(geometries)))
    if with_z:
        ledger.note(
            "Z_DROPPED",
            _("heights or measures of {n} features are not stored: outlines are kept in plan").format(
                n=with_z
            ),
            Severity.INFO,
        )


def not_finite(geometries: NDArray[Any]) -> list[int]:
    """Rows with a coordinate that is NaN or infinite."""
    points, owner = shapely.get_coordinates(geometries, return_index=True)
    return np.unique(owner[~np.isfinite(points).all(axis=1)]).tolist()  # type: ignore[no-any-return]  # numpy's stub


def check_placed(
    geometries: NDArray[Any], family: Family, extent: Extent | None, ledger: Ledger
) -> NDArray[Any]:
    """Family and place of the rows in the project's CRS.

    Returns
    -------
    array of shapely geometries
        Collections are taken apart; rows that are refused keep what they had.
    """
    found = geometries.copy()
    alive = np.ones(len(found), dtype=bool)
    alive[list(ledger.refused)] = False

    def refuse(rows: NDArray[Any], code: str, text: str) -> None:
        for row in np.flatnonzero(rows & alive).tolist():
            ledger.refuse(row, code, text, found[row])
            alive[row] = False

    _take_apart_collections(found, alive, family, ledger)
    alive[list(ledger.refused)] = False
    kinds = shapely.get_type_id(found)
    refuse(
        ~np.isin(kinds, _FAMILY_TYPES[family]),
        "WRONG_FAMILY",
        _("the geometry is of another kind than the layer: {family}").format(family=_family_name(family)),
    )
    if extent is not None:
        refuse(
            ~is_inside(shapely.bounds(found), extent),
            "OUTSIDE_EXTENT",
            _("the feature lies outside the area of the project"),
        )
    return found


def note_closed(found: NDArray[Any], faults: Mapping[int, Fault], ledger: Ledger) -> None:
    """Say which rings a straight side had to close, and what they enclose then.

    Parameters
    ----------
    found : array
        In the project's CRS.
    """
    for row, fault in sorted(faults.items()):
        if fault.mended and row not in ledger.refused:
            ledger.warn(
                row,
                "UNCLOSED_RING",
                _("a ring is not closed; a straight line closes it, which makes {area:.2f} m²").format(
                    area=float(shapely.area(found[row]))
                ),
                found[row],
            )


def check_size(found: NDArray[Any], ledger: Ledger) -> None:
    """Set aside what encloses nothing, or has no length."""
    alive = np.ones(len(found), dtype=bool)
    alive[list(ledger.refused)] = False
    kinds = shapely.get_type_id(found)
    too_small = np.where(
        np.isin(kinds, _FAMILY_TYPES["polygon"]),
        shapely.area(found) < LEAST_AREA_M2,
        np.isin(kinds, _FAMILY_TYPES["line"]) & (shapely.length(found) < LEAST_LENGTH_M),
    )
    for row in np.flatnonzero(too_small & alive).tolist():
        ledger.refuse(row, "ZERO_AREA", _("the outline encloses nothing"), found[row])


def _family_name(family: Family) -> str:
    names = {"polygon": _("polygons"), "line": _("lines"), "point": _("points"), "any": _("any")}
    return names[family]


def _take_apart_collections(found: NDArray[Any], alive: NDArray[Any], family: Family, ledger: Ledger) -> None:
    """A collection counts as its polygons where nothing but stray lines and points is lost."""
    for row in np.flatnonzero(alive & (shapely.get_type_id(found) == _COLLECTION)).tolist():
        parts = shapely.get_parts(found[row])
        while (shapely.get_type_id(parts) >= 4).any():
            parts = shapely.get_parts(parts)
        kinds = shapely.get_type_id(parts)
        polygons = parts[kinds == _POLYGON]
        lost_m = float(shapely.length(parts[np.isin(kinds, (_LINE, _RING))]).sum())
        if family not in {"polygon", "any"} or not len(polygons) or lost_m > STRAY_LINE_M:
            ledger.refuse(
                row, "MIXED_GEOMETRY", _("the geometry is a collection of different kinds"), found[row]
            )
            continue
        found[row] = polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)
        ledger.warn(
            row,
            "GEOMETRY_MENDED",
            _("a collection was taken as its polygons; stray lines of {lost:.2f} m were left out").format(
                lost=lost_m
            ),
            found[row],
        )


def check_duplicates(
    geometries: NDArray[Any], keys: list[Any], identifiers: list[str | None], ledger: Ledger
) -> None:
    """The same row twice is quarantined; an identifier or an outline used twice is a warning.

    Parameters
    ----------
    keys : list
        What besides the geometry makes a row the same: its identifier, else its own values.
    """
    rows = [row for row in range(len(geometries)) if row not in ledger.refused]
    shapes = dict(zip(rows, shapely.to_wkb(shapely.normalize(geometries[rows])).tolist(), strict=True))
    first_same: dict[Any, int] = {}
    first_shape: dict[Any, int] = {}
    first_identifier: dict[str, int] = {}
    for row in rows:
        shape, key, identifier = shapes[row], keys[row], identifiers[row]
        earlier = first_same.setdefault((key, shape), row)
        if earlier != row:
            ledger.refuse(
                row,
                "DUPLICATE_ROW",
                _("the same as feature {other}").format(other=earlier + 1),
                geometries[row],
            )
            continue
        if identifier is not None and (earlier := first_identifier.setdefault(identifier, row)) != row:
            ledger.warn(
                row,
                "DUPLICATE_IDENTIFIER",
                _("its identifier stands at feature {other} as well, with another outline").format(
                    other=earlier + 1
                ),
                geometries[row],
            )
        elif (earlier := first_shape.setdefault(shape, row)) != row:
            ledger.warn(
                row,
                "DUPLICATE_GEOMETRY",
                _("its outline is that of feature {other}").format(other=earlier + 1),
                geometries[row],
            )

"""From the coordinates of a file to the project's: decided, carried, and held against the ground."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake import control_points, grid, guard
from regularize.intake import crs as place
from regularize.intake import rows as checks
from regularize.intake.control_points import Affine
from regularize.intake.crs import Extent
from regularize.intake.dataset import OpenLayer, Rows, crs_name
from regularize.intake.grid import GridWay
from regularize.intake.known import Known
from regularize.model import Severity

# More rows than this share outside the project's area: it is the file that is wrong, not the rows.
MOST_OUTSIDE = 0.5


@dataclass
class Placer:
    """Places the rows of one layer.

    Parameters
    ----------
    path : Path
    opened : OpenLayer
    option : str or None
        What the user says the CRS is.
    project : CRS
    area : tuple of float or None
        Where rows may lie, in `project`.
    """

    path: Path
    opened: OpenLayer
    option: str | None
    project: CRS
    area: Extent | None
    pack: Pack
    known: Known
    ledger: checks.Ledger
    source: CRS | None = None
    local: Affine | GridWay | None = None

    def prepare(self) -> None:
        """What can be decided before the rows are read.

        Raises
        ------
        InputError
            If the file states no CRS and nobody else does; the hint says what it looks like.
        OptionError
            If ``--crs``, ``--control-points`` and ``--grid`` contradict each other.
        """
        if self.known.grid is not None:
            if self.known.control_points is not None:
                raise OptionError(
                    _("--grid and --control-points exclude each other"),
                    hint=_("give the one that you trust more"),
                )
            self.local = grid.load(self.known.grid, self.option, self.opened.crs, self.project)
        elif self.known.control_points is not None:
            if self.option is not None:
                raise OptionError(
                    _("--crs and --control-points exclude each other"),
                    hint=_("the points alone say where the local system lies"),
                )
            self.local = control_points.fit(self.known.control_points, self.area, self.pack.thresholds)
        elif not self.opened.placed_by_area:
            try:
                place.choose(self.path, self.opened.info.name, self.opened.crs, self.option)
            except InputError as error:
                points = shapely.get_coordinates(self.opened.read([]).geometries)
                box = guard.narrow(self.area, points, [], self.project, self.pack, self.known)
                raise guard.refuse_unplaced(
                    self.path, self.opened.info.name, points, self.project, box, self.pack
                ) from error

    @property
    def source_name(self) -> str:
        """The CRS of the file as the batch keeps it."""
        if self.local is not None:
            return f"local system, by {self.local.file}"
        return str(crs_name(self.source))

    def place(self, raw: Rows, codes: Sequence[str | None]) -> NDArray[Any]:
        """The geometries in the project's CRS; rows already refused stay where they were.

        Parameters
        ----------
        codes : sequence of str or None
            The settlement that each row names: where the format leaves its CRS open, they decide.
        """
        way: place.Way | None
        if self.local is not None:
            way = self.local
            self._note_local(raw, self.local)
        else:
            self.source = self._source(raw, self._box(raw, codes))
            way = place.transformer(self.path, self.source, self.project)
        alive = np.ones(len(raw.geometries), dtype=bool)
        alive[list(self.ledger.refused)] = False
        placed = raw.geometries.copy()
        if not alive.any():
            return placed
        placed[alive] = place.transform(raw.geometries[alive], way)
        moved = placed.copy()
        moved[~alive] = None
        for row in checks.not_finite(moved):
            text = _("the feature lies where the coordinate system does not reach")
            self.ledger.refuse(row, "OUTSIDE_EXTENT", text)
        return placed

    def _box(self, raw: Rows, codes: Sequence[str | None]) -> Extent | None:
        """Where the rows must lie, if the format leaves their CRS or the order of axes open."""
        if not self.opened.placed_by_area:
            return self.area
        points = shapely.get_coordinates(raw.geometries)
        return guard.narrow(self.area, points, codes, self.project, self.pack, self.known)

    def _source(self, raw: Rows, area: Extent | None) -> CRS:
        """The CRS of the rows; where the format leaves it or the order of axes open, by the area.

        Rows whose northing comes first are exchanged in `raw`, so that x = easting from here on.
        """
        layer = self.opened.info.name
        points = shapely.get_coordinates(raw.geometries)
        swapped = False
        if self.opened.placed_by_area and self.opened.crs is None and self.option is None:
            if (
                area is not None
                and guard.local_systems(points, self.pack)
                and not place.looks_like(points, None, self.project, area)
            ):
                raise guard.refuse_unplaced(self.path, layer, points, self.project, area, self.pack)
            reading = place.from_extent(self.path, layer, points, self.project, area)
            found, swapped = reading.crs, reading.swapped
            self.ledger.note(
                "CRS_FROM_EXTENT",
                _(
                    "no coordinate system is stated; in the project's area the coordinates can only be "
                    "{words}"
                ).format(words=reading.words),
            )
        else:
            found, overridden = place.choose(self.path, layer, self.opened.crs, self.option)
            if overridden:
                self.ledger.note(
                    "CRS_OVERRIDDEN",
                    _("{given} was given; the file itself declares {declared}").format(
                        given=crs_name(found), declared=crs_name(self.opened.crs)
                    ),
                )
            if self.opened.placed_by_area and place.is_swapped(points, found, self.project, area):
                swapped = True
                self.ledger.note(
                    "AXES_SWAPPED",
                    _("the coordinates lie in the project's area only with their axes exchanged: read so"),
                )
        if swapped:
            raw.geometries[:] = shapely.transform(raw.geometries, lambda xy: xy[:, ::-1])
        return found

    def _note_local(self, raw: Rows, local: Affine | GridWay) -> None:
        raw.notes.append(local.note)
        if isinstance(local, GridWay):
            self.ledger.note(
                "GRID_USED",
                _("the coordinates were carried over by {file} (sha256 {sha256}...)").format(
                    file=local.file, sha256=local.sha256[:12]
                ),
                Severity.INFO,
            )
            return
        self.ledger.note(
            "CONTROL_POINTS_USED",
            _(
                "{n} identical points of {file} carry the local system; the worst misses by {worst:.3f} m"
            ).format(n=len(local.residuals_m), file=local.file, worst=local.residuals_m.max()),
            Severity.INFO,
        )
        corners = place.bulk_of(shapely.get_coordinates(raw.geometries))
        if corners is not None:
            reach = local.reach(corners)
            if reach > self.pack.thresholds["control_points_most_reach"]:
                self.ledger.note(
                    "CONTROL_POINTS_FAR",
                    _(
                        "the features lie beyond the identical points by {share:.0f} % of their spread: "
                        "the residuals say nothing about that place"
                    ).format(share=100 * reach),
                )

    def check(self, raw: Rows, placed: NDArray[Any], codes: Sequence[str | None]) -> Mapping[str, str]:
        """Refuse the whole file where most of it lies elsewhere; returns what was not assessed.

        Raises
        ------
        InputError
            With what the coordinates look like.
        """
        outside = sum(code == "OUTSIDE_EXTENT" for code, _message in self.ledger.refused.values())
        others = len(self.ledger.refused) - outside
        points = shapely.get_coordinates(raw.geometries)
        source = self.source if self.source is not None else self.project
        if self.area is not None and outside > MOST_OUTSIDE * (len(raw.geometries) - others) and outside:
            raise InputError(
                _(
                    "{file}, layer {layer}: {n} of {of} features lie outside the area of the project "
                    "(read as {crs})"
                ).format(
                    file=self.path,
                    layer=self.opened.info.name,
                    n=outside,
                    of=len(raw.geometries),
                    crs=self.source_name,
                ),
                hint=guard.advice(points, self.source, self.project, self.area, self.pack)
                if self.local is None
                else _("look whether the identical points or the grid belong to this file"),
            )
        return guard.check_place(
            self.path,
            self.opened.info.name,
            placed,
            codes,
            points,
            source,
            self.project,
            self.pack,
            self.known,
            self.ledger,
        )

"""An aerial picture under a map: cut to the place that is drawn, handed to the privacy gate as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from regularize.errors import OptionError
from regularize.i18n import in_language, marked
from regularize.i18n import translate as _
from regularize.intake import raster
from regularize.layers import Audience
from regularize.privacy import redact
from regularize.publish.text import format_day
from regularize.publish.view import IMAGERY, Picture, View, is_visible

EDGE_M = 15.0  # around the place, so that its border does not lie on the edge of the picture
_GEOGRAPHIC = "EPSG:4326"
_BARELY = 0.98  # a smaller share of the place than this is remarked


@dataclass(frozen=True)
class Wanted:
    """The picture that a person asks for, and what they say of it."""

    path: Path
    crs: str | None = None
    taken_on: date | None = None
    source: str | None = None


@dataclass(frozen=True)
class Ground:
    """The picture behind the gate, and what the map says of it."""

    view: View
    source: str
    taken_on: date | None
    remarks: list[str]

    def said(self, lang: str) -> str:
        """Source and date in a language."""
        if self.taken_on is None:
            return in_language(marked("{source}, date not known"), lang).format(source=self.source)
        day = format_day(self.taken_on.isoformat(), lang=lang)
        return in_language(marked("{source}, taken on {date}"), lang).format(source=self.source, date=day)


def require_audience(audience: Audience) -> None:
    """Refuse a picture under a map for everyone.

    Raises
    ------
    OptionError
    """
    if not is_visible(IMAGERY, audience):
        raise OptionError(
            _("a public map lies on no aerial picture: it would show every single home"),
            hint=_("leave --underlay out, or draw the map for the council"),
        )


def below(
    wanted: Wanted, views: Sequence[View], place: BaseGeometry | None, *, audience: Audience, crs: str
) -> Ground:
    """The picture below what is drawn.

    Parameters
    ----------
    wanted : Wanted
    views : sequence of View
        Where no area was named, the picture covers their areas, else all that they hold.
    place : geometry, optional
        In the project's CRS.
    audience : str
    crs : str
        The project's.

    Raises
    ------
    InputError
        If the file is no raster of the place.
    OptionError
        If the audience sees no pictures.
    """
    require_audience(audience)
    cut = raster.cut(wanted.path, _window(views, place), crs, declared=wanted.crs)
    south, west, north, east = cut.bounds
    frame = gpd.GeoDataFrame(geometry=[box(west, south, east, north)], crs=_GEOGRAPHIC).to_crs(crs)
    picture = Picture(cut.content, cut.media, cut.bounds)
    remarks = []
    if cut.covered < _BARELY:
        remarks.append(_("the picture covers {share} % of the map").format(share=int(100 * cut.covered)))
    return Ground(
        View.of(IMAGERY, frame, audience, picture=picture),
        redact(wanted.source or wanted.path.stem)[0],
        wanted.taken_on or cut.taken_on,
        remarks,
    )


def _window(views: Sequence[View], place: BaseGeometry | None) -> tuple[float, float, float, float]:
    held = [view for view in views if view.has_geometry and view.layer.name != "streets"]
    chosen = [view for view in held if view.layer.name == "areas"] or held
    boxes = [np.asarray(view.frame.total_bounds) for view in chosen if len(view.frame)]
    if place is not None:
        boxes = [np.array(place.bounds)]
    if not boxes:
        raise OptionError(
            _("there is nothing to draw, and so no place for the picture"),
            hint=_("regularize ingest survey FILE --kind buildings"),
        )
    corners = np.array(boxes)
    west, south = corners[:, :2].min(axis=0) - EDGE_M
    east, north = corners[:, 2:].max(axis=0) + EDGE_M
    return float(west), float(south), float(east), float(north)

"""Project areas by name: what ``--area`` means everywhere."""

from shapely import prepare
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.store import Store


def area_geometry(store: Store, name: str | None) -> BaseGeometry | None:
    """The area called `name`, its parts united; None where no area was asked for.

    Raises
    ------
    OptionError
        If there is no such area; the hint names those that there are.
    """
    if name is None:
        return None
    areas = store.layer("areas")
    chosen = areas[areas["name"] == name]
    if chosen.empty:
        known = sorted({str(known) for known in areas["name"] if known})
        raise OptionError(
            _("no area is called {name}").format(name=name),
            hint=_("known areas: {names}").format(names=", ".join(known))
            if known
            else _("areas are read by: regularize ingest plan FILE --kind areas"),
        )
    place = unary_union(list(chosen.geometry))
    prepare(place)
    return place


def lies_in(geometry: BaseGeometry | None, place: BaseGeometry | None) -> bool:
    """Whether a geometry's inner point lies in `place`; always, where no place was asked for."""
    if place is None:
        return True
    return geometry is not None and not geometry.is_empty and place.covers(geometry.representative_point())

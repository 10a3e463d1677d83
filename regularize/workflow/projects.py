"""Start a project, open one, and reach its store."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from regularize import gdal_guard  # noqa: F401  # isort: skip  # must close GDAL's doors before geopandas comes
from geopandas import GeoDataFrame
from pyproj import CRS
from pyproj.exceptions import CRSError

from regularize import countries, project
from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.privacy import redact
from regularize.project import Project
from regularize.store import Store
from regularize.store.places import is_network

if TYPE_CHECKING:  # the readers of all formats: a command that reads no delivery does without them
    from regularize.intake.known import Known

Extent = tuple[float, float, float, float]
WEB_MERCATOR = "EPSG:3857"
# Without a project and without a CRS of the pack, areas are judged in an equal-area system.
ANYWHERE = "EPSG:6933"


@dataclass(frozen=True)
class Opened:
    """A project with its country pack.

    Parameters
    ----------
    as_known : date, optional
        Its store is then shown as it was known at the end of this day; nothing is written.
    as_known_seq : int, optional
        The same by the number of the last event that counts.
    """

    project: Project
    pack: Pack
    as_known: date | None = None
    as_known_seq: int | None = None

    @property
    def extent(self) -> Extent | None:
        """Where coordinates of this project can lie, in its CRS."""
        return self.pack.extent or extent_of(self.project.crs)


@dataclass(frozen=True)
class Reference:
    """What a delivery is judged against where there may be no project: pack, CRS, extent."""

    pack: Pack
    crs: str | None
    extent: Extent | None
    project: Project | None


def start(
    folder: Path,
    *,
    municipality: str,
    settlements: Sequence[str],
    country: str,
    crs: str | None,
    language: str,
    settlement_list: Path | None = None,
    contact: Mapping[str, str] | None = None,
) -> tuple[Project, list[str]]:
    """Write a new project and its empty store.

    Parameters
    ----------
    contact : mapping, optional
        Whom a family may ask: ``[project.contact]``.

    Returns
    -------
    Project, list of str
        The project, and remarks for the user (a code that looks mistyped).

    Raises
    ------
    OptionError
        If a project stands there, the pack is unknown, or the CRS cannot carry areas.
    InputError
        If the list of settlements cannot be used; nothing is written.
    """
    from regularize.intake import settlements as lists

    pack = countries.load(country)
    chosen = crs or pack.crs
    if chosen is None:
        raise OptionError(
            _("the country pack {pack} has no CRS of its own").format(pack=pack.code),
            hint=_("give a metric one: --crs EPSG:25830"),
        )
    if not municipality.strip():
        raise OptionError(_("the municipality has no name"), hint=_("give one: --municipality NAME"))
    _require_place(pack, chosen)
    remarks = [remark for code in settlements for remark in _settlement_remarks(pack, code)]
    listed = None
    if settlement_list is not None:
        metric = metric_crs(chosen)
        listed = lists.load(settlement_list, metric, pack.extent or extent_of(metric))
        remarks += [
            _("warning: EKATTE {code} does not stand in the list of settlements").format(code=code)
            for code in settlements
            if code not in listed.places
        ]
    named = redact(municipality)[0]
    made = Project(
        root=folder,
        municipality=named,
        country=pack.code,
        crs=metric_crs(chosen),
        language=language,
        settlements=tuple(settlements),
        contact=dict(contact or {}),
    )
    project.prepare(made)
    if listed is not None:
        (folder / lists.FILE).write_bytes(lists.as_csv(listed, project.today()).encode("utf-8"))
    if is_network(folder):
        remarks.append(network_remark())
    _clear_unfinished(made)
    Store.create(made.store_path, crs=made.crs, title=named).close()
    return project.create(made), remarks


def network_remark() -> str:
    """What to tell whoever keeps a project on a network drive."""
    return _(
        "warning: the project lies on a network drive: let only one computer work with it at a time; "
        "reading waits while somebody writes"
    )


def _clear_unfinished(made: Project) -> None:
    """Remove the empty store of an ``init`` that was interrupted before ``regularize.toml`` was written.

    A store that holds anything is never touched: creating another beside it is refused.
    """
    if not made.store_path.is_file():
        return
    with Store.open(made.store_path, read_only=True) as left:
        if [event.type for event in left.events()] != ["store.created"]:
            return
    parts = [Path(f"{made.store_path}{ending}") for ending in ("-wal", "-shm", "")]
    for part in (made.store_path.with_suffix(".head"), *parts):
        part.unlink(missing_ok=True)


def known_of(
    here: "Opened | Reference",
    control_points: Path | None,
    store: Store | None,
    *,
    grid: Path | None = None,
    settlements: Path | None = None,
    elsewhere: bool = False,
    beside: Mapping[str, GeoDataFrame] | None = None,
) -> "Known":
    """What intake may judge by: settlements of the project, identical points, stored layers.

    Parameters
    ----------
    settlements : Path or None
        A list for this delivery, in place of the project's.
    elsewhere : bool
        Whether the user says that a place far from what is stored is right.
    beside : mapping of layer to rows
        What the same command has read and not stored (a check, a dry run): a table can be joined to it.
    """
    from regularize.intake import settlements as lists
    from regularize.intake.known import Known

    if settlements is None and here.project is not None:
        kept = here.project.root / lists.FILE
        settlements = kept if kept.is_file() else None
    crs = here.project.crs if isinstance(here, Opened) else here.crs or ANYWHERE
    return Known(
        settlements=lists.load(settlements, crs, here.extent) if settlements is not None else None,
        own=here.project.settlements if here.project is not None else (),
        control_points=control_points,
        grid=grid,
        stored=partial(_rows_of, store, beside or {}),
        places=cache(partial(_places_of, store, list((beside or {}).values()))),
        is_elsewhere=elsewhere,
    )


def settlement_names(here: Opened) -> Mapping[str, str]:
    """Names of settlements by code, of the list that the project keeps; empty where it keeps none."""
    from regularize.intake import settlements as lists

    kept = here.project.root / lists.FILE
    return lists.load(kept, here.project.crs, here.extent).names if kept.is_file() else {}


def _places_of(store: Store | None, beside: Sequence[GeoDataFrame]) -> list[Extent]:
    """Boxes around what is stored, and around what the same command has read so far."""
    found = store.delivery_places() if store is not None else []
    return found + [tuple(frame.total_bounds.tolist()) for frame in beside if len(frame)]


def _rows_of(store: Store | None, beside: Mapping[str, GeoDataFrame], layer: str) -> GeoDataFrame | None:
    if layer in beside:
        return beside[layer]
    return store.layer(layer) if store is not None else None


def opened(folder: Path, *, as_known: date | None = None) -> Opened:
    """The project in `folder` with its country pack, as it was known on a day (default: now)."""
    found = project.load(folder)
    return Opened(found, countries.load(found.country), as_known)


def reference(folder: Path, *, country: str | None) -> Reference:
    """The pack, CRS and extent to judge by: of the project in `folder`, else of a pack.

    Without a project the CRS of a pack that has none is that of the file itself.
    """
    if country is None and (folder / project.FILE).is_file():
        here = opened(folder)
        return Reference(here.pack, here.project.crs, here.extent, here.project)
    pack = countries.load(country or "bg")
    return Reference(pack, pack.crs, pack.extent, None)


@contextmanager
def store_of(here: Opened, *, read_only: bool = False) -> Iterator[Store]:
    """The store of a project, closed at the end."""
    if not here.project.store_path.is_file():
        raise InputError(
            _("the store of this project is missing: {path}").format(path=here.project.store_path),
            hint=_("bring store.gpkg back from the last backup"),
        )
    if here.as_known is not None or here.as_known_seq is not None:
        store = Store.as_known(here.project.store_path, day=here.as_known, seq=here.as_known_seq)
    else:
        store = Store.open(here.project.store_path, read_only=read_only)
        if not read_only:
            # A program killed at its last step leaves a half file that no repetition would come by.
            project.sweep(here.project.store_path.parent)
    try:
        yield store
    finally:
        store.close()


def metric_crs(name: str) -> str:
    """`name` as ``AUTH:CODE``, refused unless areas in square metres can be measured in it."""
    try:
        crs = CRS.from_user_input(name)
    except CRSError as error:
        raise OptionError(
            _("unknown CRS: {name}").format(name=name), hint=_("write it as AUTH:CODE, such as EPSG:7801")
        ) from error
    units = {axis.unit_name for axis in crs.axis_info}
    if not crs.is_projected or units != {"metre"} or crs == CRS.from_user_input(WEB_MERCATOR):
        raise OptionError(
            _("areas cannot be measured in {name}").format(name=name),
            hint=_("give a projected CRS in metres that suits the place, such as EPSG:25830"),
        )
    authority = crs.to_authority()
    return ":".join(authority) if authority else name


def _require_place(pack: Pack, crs: str) -> None:
    """Refuse a CRS that is made for another part of the world than the pack's country."""
    use = CRS.from_user_input(metric_crs(crs)).area_of_use
    if pack.geographic_extent is None or use is None:
        return
    west, south, east, north = pack.geographic_extent
    if use.west > east or use.east < west or use.south > north or use.north < south:
        raise OptionError(
            _("{crs} is made for another part of the world ({place})").format(crs=crs, place=use.name),
            hint=_("leave --crs out, or give {crs}").format(crs=pack.crs),
        )


def extent_of(crs: str) -> Extent | None:
    """The area of use of `crs` in its own coordinates; None where it states none."""
    from pyproj import Transformer

    stated = CRS.from_user_input(crs)
    use = stated.area_of_use
    if use is None or use.west >= use.east:
        return None
    transformer = Transformer.from_crs(4326, stated, always_xy=True)
    return transformer.transform_bounds(use.west, use.south, use.east, use.north)


def _settlement_remarks(pack: Pack, code: str) -> Iterator[str]:
    if not re.fullmatch(r"\d{5}", code):
        raise OptionError(
            _("{code} is no EKATTE code: five digits, leading zeros kept").format(code=code),
            hint=_("regularize init --help"),
        )
    if pack.identifier is not None and not pack.identifier.ekatte_check_digit_ok(code):
        yield _("warning: the check digit of EKATTE {code} does not fit; is it mistyped?").format(code=code)

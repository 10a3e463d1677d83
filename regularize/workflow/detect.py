"""Compare the survey with the register, recognise what is known, and store the result."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from regularize.detect import buildings, cadastre, identity, indicative, plots
from regularize.detect.flags import placed
from regularize.detect.sides import sources_of
from regularize.detect.sources import Shifts, as_machine_drawn
from regularize.errors import InputError, MissingExtraError
from regularize.geometry.alignment import Shift
from regularize.i18n import translate as _
from regularize.model import Batch, Issue, Severity
from regularize.project import today
from regularize.store import Store
from regularize.workflow import replay
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.issues import issue_lines, issue_record
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.shifts import shift_lines, shift_record

LAYERS = ("buildings", "observed_buildings", "parcels", "plots", "streets", "land")
NOT_ASSESSED = "INDICATIVE_NOT_ASSESSED"


@dataclass(frozen=True)
class Detected:
    """What a run found."""

    run: int
    counts: Mapping[str, int]
    shift: Shift | None
    issues: tuple[Issue, ...]
    new: int
    closed: int
    homes: int
    shifts: Shifts
    indicative: int | None
    digests: Mapping[str, str]

    @property
    def remarks(self) -> Iterator[str]:
        """What to tell the user besides the counts."""
        yield from shift_lines(self.shift, self.shifts)
        if self.indicative:
            yield _(
                "{n} indicative plots where none were surveyed: they show where to measure first and enter"
                " no statement of areas"
            ).format(n=self.indicative)
        yield from issue_lines(self.issues, verbose=False)
        yield _("run {run}: {new} new findings, {closed} closed, {homes} homes").format(
            run=self.run, new=self.new, closed=self.closed, homes=self.homes
        )

    def as_dict(self) -> dict[str, Any]:
        """The run with stable English keys."""
        return {
            "run": self.run,
            "counts": dict(sorted(self.counts.items())),
            "shift": shift_record(self.shift),
            "shifts": {source: shift_record(shift) for source, shift in self.shifts.own.items()},
            "indicative_plots": self.indicative,
            "issues": [issue_record(issue) for issue in self.issues],
            "new": self.new,
            "closed": self.closed,
            "homes": self.homes,
        }


def detect(
    here: Opened, *, area: str | None = None, on: date | None = None, infer: bool | None = None
) -> Detected:
    """Run detection on the rows valid on a day and store the findings.

    Findings outside `area` are left as they are. A finding that is no longer found is closed with
    its reason; one that is found again keeps its number and its review.

    Parameters
    ----------
    infer : bool, optional
        Whether to infer indicative plots where none were surveyed. Not stated: where an area is known
        and streets or fences divide it.

    Raises
    ------
    InputError
        If nothing of the cadastre, or nothing surveyed, has been ingested.
    OptionError
        If there is no area of that name.
    """
    day = on or today()
    before = replay.moment(here)
    with store_of(here) as store:
        place = area_geometry(store, area)
        layers = {name: _inside(store.layer(name, on=day), place) for name in LAYERS}
        _require_both_sides(store)
        thresholds = here.pack.thresholds
        drawn = {batch.id for batch in store.batches() if _is_machine_drawn(here, batch)}
        observed, distrusted = as_machine_drawn(
            layers["observed_buildings"],
            layers["observed_buildings"]["batch"].isin(drawn).to_numpy(dtype=bool),
            thresholds,
        )
        surroundings = {name: layers[name] for name in ("streets", "land")}
        built = buildings.detect_buildings(
            layers["buildings"],
            observed,
            thresholds=thresholds,
            parcels=layers["parcels"],
            groups=here.pack.groups,
            **surroundings,
        )
        occupied = plots.detect_plots(
            layers["parcels"],
            layers["plots"],
            thresholds=thresholds,
            shift=built.shifts.of(_chief(sources_of(layers["plots"]))),
            groups=here.pack.groups,
            **surroundings,
        )
        checked = cadastre.self_check(layers["parcels"], layers["buildings"], thresholds=thresholds)
        proposals, outdated, unable = _proposals(here, store, layers, place, day, built.shift, infer)
        found = [*built.findings, *occupied.findings]
        numbers = {prefix: store.next_number(prefix) for prefix in ("B", "P", "T")}
        known = [f for f in store.known_findings() if lies_in(f.geometry, place)]
        carried = identity.carry_findings(known, found, next_number=numbers, thresholds=thresholds)
        candidates = identity.home_candidates(carried.findings, layers["plots"], thresholds=thresholds)
        homes = [home for home in store.known_homes() if lies_in(home.geometry, place)]
        changes = identity.carry_homes(
            homes,
            candidates,
            settlement=here.project.settlement,
            next_number=numbers,
            on=day,
            thresholds=thresholds,
        )
        findings = identity.with_homes(carried.findings, changes)
        issues = (*distrusted, *built.issues, *occupied.issues, *checked, *unable)
        record = {
            "on": day.isoformat(),
            "area": area,
            "shift": shift_record(built.shift),
            "shifts": {source: shift_record(shift) for source, shift in built.shifts.own.items()},
            "thresholds": dict(thresholds),
            "batches": [b.id for b in store.batches() if b.withdrawn_reason is None],
            "version": version("regularize"),
            "issues": [issue_record(issue) for issue in issues],
        }
        run = store.save_run(
            record, findings, carried.closed, changes, on=day, proposals=proposals, outdated=outdated
        )
    outlines = shapely.to_wkb(np.array([f.geometry for f in findings], dtype=object))
    told = zip(findings, outlines, strict=True)
    digests = {f.id: replay.hashed(repr((f, outline)).encode()) for f, outline in told}
    parameters = {"on": day.isoformat(), "area": area, "infer": infer}
    replay.write(here, "detect", before, parameters, digests)
    return Detected(
        run=run,
        digests=digests,
        counts=Counter(f.cls for f in findings),
        shift=built.shift,
        issues=issues,
        new=len({f.id for f in findings} - {k.id for k in known}),
        closed=len(carried.closed),
        homes=len(changes.kept) + len(changes.new),
        shifts=built.shifts,
        indicative=None if proposals is None else len(proposals),
    )


def _proposals(
    here: Opened,
    store: Store,
    layers: Mapping[str, gpd.GeoDataFrame],
    place: BaseGeometry | None,
    day: date,
    shift: Shift,
    infer: bool | None,
) -> tuple[gpd.GeoDataFrame | None, list[int], list[Issue]]:
    """Indicative plots where none were surveyed, the earlier ones they replace, and why there are none."""
    if infer is False:
        return None, [], []
    areas = store.layer("areas", on=day)
    known = place if place is not None else unary_union(list(areas.geometry)) if len(areas) else None
    fences = _inside(store.layer("fences", on=day), place)
    streets, observed, surveyed = layers["streets"], layers["observed_buildings"], layers["plots"]
    if observed.empty:
        return None, [], []
    ground, houses = indicative.ground_of(known, observed, surveyed, here.pack.thresholds)
    earlier = store.indicative_plots()
    outdated = [
        int(fid) for fid, shape in zip(earlier["fid"], earlier.geometry, strict=True) if lies_in(shape, place)
    ]
    nothing = gpd.GeoDataFrame(
        {"confidence": [], "n_buildings": [], "reason": []}, geometry=[], crs=observed.crs
    )
    if houses.empty:
        return nothing, outdated, []
    if infer is None and (known is None or (fences.empty and streets.empty)):
        why = _("plots were not surveyed; inferred ones need an area, and streets or fences that divide it")
        return None, [], [Issue(NOT_ASSESSED, Severity.INFO, why)]
    try:
        made = indicative.infer_plots(houses, fences, placed(streets, shift), ground, here.pack.thresholds)
    except MissingExtraError as error:
        if infer:
            raise
        message = _("plots were not surveyed: {why} ({hint})").format(why=error, hint=error.hint)
        return None, [], [Issue(NOT_ASSESSED, Severity.INFO, message)]
    # Beside surveyed plots a fenced yard without a building is mostly a strip that they leave.
    kept = made if surveyed.empty else made[made["n_buildings"] > 0].reset_index(drop=True)
    return kept, outdated, []


def _is_machine_drawn(here: Opened, batch: Batch) -> bool:
    """Whether a machine drew what was delivered, as its profile says."""
    name = batch.source.profile
    profile = here.pack.profiles.get(name) if name is not None else None
    return profile is not None and profile.machine_drawn


def _chief(sources: list[str]) -> str:
    """The source of most rows."""
    return Counter(sources).most_common(1)[0][0] if sources else ""


def _inside(frame: gpd.GeoDataFrame, place: BaseGeometry | None) -> gpd.GeoDataFrame:
    """The rows that touch the area: what lies on its edge must find its partner."""
    if place is None or frame.empty:
        return frame
    return frame[frame.intersects(place)].reset_index(drop=True)


def _require_both_sides(store: Store) -> None:
    live = [batch.source for batch in store.batches() if batch.withdrawn_reason is None]
    if not any(source.origin == "cadastre" for source in live):
        raise InputError(
            _("nothing of the cadastre has been ingested: there is nothing to compare with"),
            hint=_("regularize ingest cadastre FILE --kind buildings"),
        )
    if not any(source.origin == "survey" and source.kind in {"buildings", "plots"} for source in live):
        raise InputError(
            _("no surveyed buildings or plots have been ingested"),
            hint=_("regularize ingest survey FILE --kind buildings"),
        )

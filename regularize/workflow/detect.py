"""Compare the survey with the register, recognise what is known, and store the result."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from regularize.detect import buildings, identity, plots
from regularize.errors import InputError
from regularize.geometry.alignment import Shift
from regularize.i18n import translate as _
from regularize.model import Issue
from regularize.project import today
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.ingest import issue_lines, issue_record
from regularize.workflow.projects import Opened, store_of

LAYERS = ("buildings", "observed_buildings", "parcels", "plots", "streets", "land")


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

    @property
    def remarks(self) -> Iterator[str]:
        """What to tell the user besides the counts."""
        if self.shift is not None and self.shift.accepted:
            yield _(
                "shift of the register against the survey: {dx} m east, {dy} m north ({pairs} pairs)"
            ).format(dx=f"{self.shift.dx_m:+.2f}", dy=f"{self.shift.dy_m:+.2f}", pairs=self.shift.pairs)
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
            "issues": [issue_record(issue) for issue in self.issues],
            "new": self.new,
            "closed": self.closed,
            "homes": self.homes,
        }


def detect(here: Opened, *, area: str | None = None, on: date | None = None) -> Detected:
    """Run detection on the rows valid on a day and store the findings.

    Findings outside `area` are left as they are. A finding that is no longer found is closed with
    its reason; one that is found again keeps its number and its review.

    Raises
    ------
    InputError
        If nothing of the cadastre, or nothing surveyed, has been ingested.
    OptionError
        If there is no area of that name.
    """
    day = on or today()
    with store_of(here) as store:
        place = area_geometry(store, area)
        layers = {name: _inside(store.layer(name, on=day), place) for name in LAYERS}
        _require_both_sides(store)
        thresholds = here.pack.thresholds
        surroundings = {name: layers[name] for name in ("streets", "land")}
        built = buildings.detect_buildings(
            layers["buildings"],
            layers["observed_buildings"],
            thresholds=thresholds,
            parcels=layers["parcels"],
            groups=here.pack.groups,
            **surroundings,
        )
        occupied = plots.detect_plots(
            layers["parcels"],
            layers["plots"],
            thresholds=thresholds,
            shift=built.shift,
            groups=here.pack.groups,
            **surroundings,
        )
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
        issues = (*built.issues, *occupied.issues)
        record = {
            "on": day.isoformat(),
            "area": area,
            "shift": shift_record(built.shift),
            "thresholds": dict(thresholds),
            "batches": [b.id for b in store.batches() if b.withdrawn_reason is None],
            "version": version("regularize"),
            "issues": [issue_record(issue) for issue in issues],
        }
        run = store.save_run(record, findings, carried.closed, changes, on=day)
    return Detected(
        run=run,
        counts=Counter(f.cls for f in findings),
        shift=built.shift,
        issues=issues,
        new=sum(f.id not in {k.id for k in known} for f in findings),
        closed=len(carried.closed),
        homes=len(changes.kept) + len(changes.new),
    )


def shift_record(shift: Shift | None) -> dict[str, Any] | None:
    """A shift with stable English keys."""
    if shift is None:
        return None
    return {
        "dx_m": round(shift.dx_m, 3),
        "dy_m": round(shift.dy_m, 3),
        "accepted": shift.accepted,
        "reason": shift.reason,
        "pairs": shift.pairs,
        "sigma_m": None if shift.sigma_m is None else round(shift.sigma_m, 3),
    }


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

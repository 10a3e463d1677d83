"""What the layers say of a home's site: the facts that norms and ways to regularisation ask for.

Pure: frames in, facts out. A fact that the layers do not show, or show within their uncertainty only,
is left out; nobody's title, papers or claims are read from geometry.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from regularize.model import BuildingClass, Finding, Home, Measure, PlotClass, ReviewState
from regularize.plan.access import Streets, area_measure, density, distances

# The owner or purpose of land is that of a home if at least this much of the home lies on it.
WHOLE_SHARE = 0.9
# A building belongs to the plot that holds at least this much of it.
ON_PLOT_SHARE = 0.5
# Houses farther apart than this share no wall, however the outlines err.
WALL_M = 0.3

MISSING = frozenset(
    {
        BuildingClass.NOT_IN_CADASTRE.value,
        BuildingClass.ADJOINING_ANNEX.value,
        PlotClass.NO_PARCEL.value,
    }
)
AGREES = frozenset({BuildingClass.UNCHANGED.value, PlotClass.REGISTERED.value})
UNSAID = frozenset({BuildingClass.UNCERTAIN.value, BuildingClass.NOT_IN_SURVEY.value})
STRADDLES = "STRADDLES_PARCELS"
Groups = Mapping[str, Mapping[str, frozenset[str]]]


@dataclass(frozen=True)
class Fact:
    """A fact and the layer that shows it. A measured one is a ``Measure``."""

    value: object
    source: str


class Site:
    """The layers of a place, made ready to be asked for many homes.

    Parameters
    ----------
    groups : mapping
        Codes that belong together (``Pack.groups``): ownership and purpose of land.
    """

    def __init__(
        self,
        *,
        groups: Groups,
        observed_buildings: GeoDataFrame | None = None,
        parcels: GeoDataFrame | None = None,
        plots: GeoDataFrame | None = None,
        streets: GeoDataFrame | None = None,
        land: GeoDataFrame | None = None,
        regulated_plots: GeoDataFrame | None = None,
    ) -> None:
        self._groups = groups
        self._observed = _Rows(observed_buildings, "storeys")
        self._plots = _Rows(plots)
        self._parcels = _Rows(parcels, "ownership_kind", "territory_purpose")
        self._land_rows = _Rows(land, "land_owner_category", "territory_purpose")
        self._regulated = _Rows(regulated_plots)
        self._streets = Streets(streets)

    def facts(self, home: Home, findings: Sequence[Finding]) -> dict[str, Fact]:
        """What the layers say of `home`; `findings` may hold far more than its own."""
        own = [
            f
            for f in findings
            if f.home == home.id and not f.closed_reason and f.review is not ReviewState.REJECTED
        ]
        body, sigma = self._body(home)
        found: dict[str, Fact | None] = {
            "register_state": _register_state(own),
            "neighbour_conflict": self._neighbour_conflict(own),
            **self._land(body),
            **self._regulation(body, sigma),
            **self._plot(home, body, sigma),
        }
        if body is not None:
            on_street = self._streets.holds(body, sigma)
            found["on_street"] = None if on_street is None else Fact(on_street, "streets")
        return {name: fact for name, fact in found.items() if fact is not None}

    def _body(self, home: Home) -> tuple[BaseGeometry | None, float | None]:
        """The observed outline of the home and its sigma, else the home's own without one."""
        rows = self._observed.of(home.survey_fids)
        if rows:
            shapes, sigmas = self._observed.shapes, self._observed.sigmas
            return shapely.union_all(shapes[rows]), max(sigmas[i] for i in rows)
        return (
            (home.geometry, None)
            if home.geometry is not None and not home.geometry.is_empty
            else (None, None)
        )

    def _neighbour_conflict(self, own: Sequence[Finding]) -> Fact | None:
        buildings = [f for f in own if f.kind == "building"]
        if not buildings or not len(self._parcels):
            return None
        return Fact(any(STRADDLES in f.reasons for f in buildings), "parcels")

    def _land(self, body: BaseGeometry | None) -> dict[str, Fact | None]:
        """Owner's category and purpose of the land, of the land layer, else of the parcels."""
        land, parcels = self._land_rows.shares(body), self._parcels.shares(body)
        owner = _main((row[0], share) for row, share in land) or _main(
            (self._category(row[0]), share) for row, share in parcels
        )
        purpose = next(
            (
                found
                for rows in (land, parcels)
                if (found := _main((self._named("territory_purpose", row[1]), share) for row, share in rows))
            ),
            None,
        )
        return {
            "land_owner_category": None if owner in {None, "unknown"} else Fact(owner, "land"),
            "territory_purpose": None if purpose is None else Fact(purpose, "land"),
        }

    def _category(self, code: str | None) -> str | None:
        """The category of land owner that a code of ownership stands for."""
        fine = ("state_public", "state_private", "municipal_public", "municipal_private", "private")
        groups = self._groups.get("ownership", {})
        return next((name for name in fine if code in groups.get(name, frozenset())), None)

    def _named(self, code_list: str, code: str | None) -> str | None:
        """The group that a code belongs to, else the code itself."""
        groups = self._groups.get(code_list, {})
        return next((name for name, codes in groups.items() if code in codes), code)

    def _regulation(self, body: BaseGeometry | None, sigma: float | None) -> dict[str, Fact | None]:
        """Whether the home lies in a regulated plot, and whether it keeps to its lines."""
        if body is None or not len(self._regulated):
            return {}
        near = self._regulated.near(body.representative_point())
        if not near:
            return {"regulated": Fact(False, "regulated_plots")}
        plot, plot_sigma = self._regulated.shapes[near[0]], self._regulated.sigmas[near[0]]
        out: dict[str, Fact | None] = {"regulated": Fact(True, "regulated_plots")}
        if sigma is not None:
            doubt = 2.0 * math.hypot(sigma, plot_sigma)
            beyond = shapely.difference(body, plot)
            if shapely.buffer(beyond, -doubt).area > 0:
                out["off_plot_lines"] = Fact(True, "regulated_plots")
            elif shapely.covers(shapely.buffer(plot, -doubt), body):
                out["off_plot_lines"] = Fact(False, "regulated_plots")
        return out

    def _plot(self, home: Home, body: BaseGeometry | None, sigma: float | None) -> dict[str, Fact | None]:
        """Sizes of the plot as occupied, and how the home's buildings stand on it."""
        rows = self._plots.of(home.plot_fids)
        if len(rows) != 1:
            return {}  # without a plot, or with several, there is none to measure
        plot, plot_sigma = self._plots.shapes[rows[0]], self._plots.sigmas[rows[0]]
        contact = self._streets.contact(plot, plot_sigma)
        out: dict[str, Measure | object | None] = {
            "area_m2": area_measure(plot, plot_sigma),
            "frontage_m": contact.frontage,
        }
        on_plot = self._buildings_on(plot)
        # That nothing was surveyed where the cadastre has a building does not say that nothing stands there.
        if on_plot is not None and (on_plot or not home.register_fids):
            worst = max((s for _shape, s, _storeys in on_plot), default=plot_sigma)
            out["density"] = density(plot, [shape for shape, _s, _storeys in on_plot], plot_sigma, worst)
            out["floor_area_ratio"] = _floor_area_ratio(plot, on_plot, plot_sigma)
        if body is not None and sigma is not None:
            found = distances(body, plot, contact.front, math.hypot(sigma, plot_sigma) / math.sqrt(2.0))
            out["distance_side_m"], out["distance_rear_m"] = found.side, found.rear
            out["attachment"] = self._attachment(home, body, sigma)
        return {name: None if value is None else Fact(value, "plots") for name, value in out.items()}

    def _buildings_on(self, plot: BaseGeometry) -> list[tuple[BaseGeometry, float, float | None]] | None:
        if not len(self._observed):
            return None
        observed = self._observed
        out, others = [], False
        for i in observed.near(plot):
            shape, sigma = observed.shapes[i], observed.sigmas[i]
            common = shapely.intersection(shape, plot)
            if shape.area > 0 and common.area >= ON_PLOT_SHARE * shape.area:
                out.append((shape, sigma, _number(observed.columns[0][i])))
            others = others or shapely.buffer(common, -2.0 * sigma).area > 0
        # A building that belongs elsewhere and reaches over surely: neither built up nor empty.
        return out if out or not others else None

    def _attachment(self, home: Home, body: BaseGeometry, sigma: float) -> str | None:
        """Detached, where no building of others is near enough to share a wall; else not said."""
        reach = WALL_M + 2.0 * sigma * math.sqrt(2.0)
        near = {self._observed.fids[i] for i in self._observed.near(body, reach)}
        return "detached" if near <= set(home.survey_fids) else None


class _Rows:
    """The rows of a layer as plain arrays with an index: asked for once per home, so without frames."""

    def __init__(self, frame: GeoDataFrame | None, *columns: str) -> None:
        given = frame is not None and len(frame) > 0
        self.fids: list[int] = [int(fid) for fid in frame["fid"]] if frame is not None and given else []
        self.shapes = (
            shapely.make_valid(np.asarray(frame.geometry.to_numpy(), dtype=object))
            if frame is not None and given
            else np.empty(0, dtype=object)
        )
        self.sigmas: list[float] = [float(s) for s in frame["sigma_m"]] if frame is not None and given else []
        self.columns: list[list[Any]] = [
            frame[name].tolist() if frame is not None and given else [] for name in columns
        ]
        self._at = {fid: i for i, fid in enumerate(self.fids)}
        self._tree = shapely.STRtree(self.shapes)

    def __len__(self) -> int:
        return len(self.fids)

    def of(self, fids: Sequence[int]) -> list[int]:
        """Positions of the rows with these numbers that are there, in the order of the numbers."""
        return [self._at[fid] for fid in sorted(fids) if fid in self._at]

    def near(self, shape: BaseGeometry, reach_m: float = 0.0) -> list[int]:
        """Positions of the rows within `reach_m` of `shape`, in order."""
        found = self._tree.query(shape, predicate="dwithin", distance=reach_m)
        return sorted(int(i) for i in found)

    def shares(self, body: BaseGeometry | None) -> list[tuple[list[str | None], float]]:
        """Values of the columns of the rows beneath `body`, each with its share of the body's area."""
        if body is None or not body.area > 0:
            return []
        near = self.near(body)
        common = shapely.area(shapely.intersection(self.shapes[near], body))
        return [
            (
                [None if _empty(column[i]) else str(column[i]) for column in self.columns],
                float(area) / body.area,
            )
            for i, area in zip(near, common, strict=True)
        ]


def _register_state(own: Sequence[Finding]) -> Fact | None:
    """What the findings say of the home in the register: missing, differs or agrees."""
    for kind in ("building", "plot"):
        classes = [f.cls for f in own if f.kind == kind and f.cls not in UNSAID]
        if any(cls in MISSING for cls in classes):
            return Fact("missing", "findings")
        if any(cls not in AGREES for cls in classes):
            return Fact("differs", "findings")
    said = [f for f in own if f.cls not in UNSAID]
    return Fact("agrees", "findings") if said and len(said) == len(own) else None


def _main(shares: Iterable[tuple[str | None, float]]) -> str | None:
    """The value that holds for nearly the whole home; None where there is none."""
    total: dict[str, float] = {}
    for value, share in shares:
        if value is not None:
            total[value] = total.get(value, 0.0) + share
    best = max(total, key=lambda value: total[value], default=None)
    return best if best is not None and total[best] >= WHOLE_SHARE else None


def _floor_area_ratio(
    plot: BaseGeometry, buildings: Sequence[tuple[BaseGeometry, float, float | None]], plot_sigma: float
) -> Measure | None:
    """Floor area by plot area, from outlines and storeys; None where a storey count is missing."""
    if not plot.area > 0 or any(storeys is None for _shape, _sigma, storeys in buildings):
        return None
    floor = sum(shape.area * (storeys or 0) for shape, _sigma, storeys in buildings)
    doubts = [(storeys or 0) * (area_measure(shape, sigma).sigma or 0) for shape, sigma, storeys in buildings]
    ratio = floor / plot.area
    plot_doubt = ratio * (area_measure(plot, plot_sigma).sigma or 0)
    return Measure(ratio, math.hypot(*doubts, plot_doubt) / plot.area, "1")


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _number(value: Any) -> float | None:
    return None if _empty(value) else float(value)

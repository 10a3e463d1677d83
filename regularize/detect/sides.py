"""The two sides of a comparison, made ready: usable shapes, accuracies, duplicates counted once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from regularize.errors import InputError
from regularize.geometry import areas, topology
from regularize.i18n import translate as _
from regularize.model import Issue, Severity

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]
_WEB_MERCATOR = "EPSG:3857"
# Which rows are one footprint: those whose ground better sources show, those nearly alike, only those
# exactly the same, or none.
Merge = Literal["shown", "alike", "same", "none"]


@dataclass(frozen=True, eq=False)
class Side:
    """One layer of a comparison; every array has one entry per distinct footprint.

    Parameters
    ----------
    shapes : array of polygons
        In the project's CRS, where they are compared.
    delivered : array of polygons
        The same as delivered.
    sources : list of str
        Which source each is from.
    sigma_m : ndarray
        Standard deviation of a coordinate.
    fids, refs : list of tuple
        Rows and references behind the footprint: more than one where it was delivered twice.
    dates : list of date or None
        Since when the footprint is known.
    twice_observed : ndarray of bool
        Whether a second delivery from another source shows the same footprint.
    """

    shapes: Shapes
    delivered: Shapes
    sources: list[str]
    sigma_m: Floats
    fids: list[tuple[int, ...]]
    refs: list[tuple[str, ...]]
    dates: list[date | None]
    twice_observed: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.shapes)

    def latest(self, rows: Iterable[int]) -> date | None:
        """The latest known date of some footprints."""
        return max([day for i in rows if (day := self.dates[i]) is not None], default=None)


def prepare(
    frame: gpd.GeoDataFrame | None,
    *,
    default_sigma_m: float,
    thresholds: Mapping[str, float],
    layer: str,
    merge: Merge = "alike",
    lay: Callable[[Shapes], Floats] | None = None,
) -> tuple[Side, tuple[Issue, ...]]:
    """Make one layer ready for comparison.

    Parameters
    ----------
    frame : GeoDataFrame or None
        With the columns of the layer's contract; ``fid``, ``ref`` and ``sigma_m`` may be missing.
    default_sigma_m : float
        For rows whose accuracy is missing or absurd; an issue says so.
    thresholds : mapping
    layer : str
        Name of the layer, for the messages.
    merge : {"shown", "alike", "same", "none"}
        Whether footprints that nearly coincide are one, with "shown" also those whose ground better sources
        mostly show, or only those of exactly the same outline.
    lay : callable, optional
        By how much each row is moved for comparing: an array (n, 2) in metres.

    Returns
    -------
    Side, tuple of Issue
    """
    if frame is None or not len(frame):
        none: Shapes = np.array([], dtype=object)
        return Side(none, none, [], np.array([]), [], [], [], np.array([], dtype=bool)), ()
    shapes: Shapes = np.array(frame.geometry.array, dtype=object)
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    broken = finite & ~shapely.is_valid(shapes)
    shapes[broken] = [_polygonal(shape) for shape in shapely.make_valid(shapes[broken], method="structure")]
    usable = finite & (shapely.area(shapes) > 0)
    issues = []
    for at in np.flatnonzero(~usable).tolist():
        message = _("{layer}: a row has no area and takes no part in the comparison").format(layer=layer)
        issues.append(Issue("SHAPE_WITHOUT_AREA", Severity.WARNING, message, feature=at))
    for at in np.flatnonzero(broken & usable).tolist():
        message = _("{layer}: an outline crosses itself and was mended for the comparison").format(
            layer=layer
        )
        issues.append(Issue("SHAPE_MENDED", Severity.WARNING, message, at, *_middle(shapes[at])))
    sigma, sigma_issues = _sigmas(frame, default_sigma_m, thresholds["sigma_max_m"], layer)
    issues += sigma_issues
    n = len(frame)
    fid = frame["fid"].to_numpy(dtype=np.int64) if "fid" in frame else np.arange(n)
    ref, maker = _texts(frame, "ref"), _texts(frame, "source")
    when = [_day(v) for v in frame["valid_from"].tolist()] if "valid_from" in frame else [None] * n
    delivered = shapes
    if lay is not None:
        coordinates, index = shapely.get_coordinates(shapes, return_index=True)
        shapes = shapely.set_coordinates(shapes.copy(), coordinates + lay(shapes)[index])
    names = sources_of(frame)
    group = np.arange(n)
    if merge in {"shown", "alike"}:
        group = _duplicates(shapes, usable, np.array(maker, dtype=object), thresholds)
    elif merge == "same":
        group = topology.first_of_same(shapes)
    # The best outline speaks for a footprint; of equals the row that was stored first.
    order = np.lexsort((fid, sigma))
    rows = _gathered(group, order[usable[order]], fid)
    for m in rows:
        if len(m) > 1 and len({maker[i] for i in m}) < len(m):
            message = _("{layer}: the same footprint stands {n} times; it is counted once").format(
                layer=layer, n=len(m)
            )
            issues.append(
                Issue("DUPLICATE_FOOTPRINT", Severity.WARNING, message, m[1], *_middle(shapes[m[0]]))
            )
    twice = [len(m) > 1 and len({maker[i] for i in m}) > 1 for m in rows]
    if merge == "shown":
        shown = _shown_better([m[0] for m in rows], shapes, sigma, names, thresholds)
        for at, better in shown.items():
            rows[better] += rows[at]
        kept = [k for k in range(len(rows)) if k not in shown]
        rows, twice = [rows[k] for k in kept], [twice[k] for k in kept]
    first = np.array([m[0] for m in rows], dtype=np.int64)
    number = fid.tolist()
    stored = [m if len(m) == 1 else sorted(m, key=number.__getitem__) for m in rows]
    side = Side(
        shapes=shapes[first],
        delivered=delivered[first],
        sources=[names[m[0]] for m in rows],
        sigma_m=sigma[first],
        fids=[tuple([number[i] for i in m]) for m in stored],
        refs=[tuple([ref[i] for i in m if ref[i]]) for m in stored],
        dates=[when[m[0]] for m in rows],
        twice_observed=np.array(twice, dtype=bool),
    )
    return side, tuple(issues)


def require_one_ground(**layers: gpd.GeoDataFrame | None) -> None:
    """Refuse layers that cannot be laid on each other, or in which areas cannot be measured.

    Raises
    ------
    InputError
        If two layers state different CRSs, or one is in degrees or in the frame of web maps.
    """
    stated = {
        name: frame.crs for name, frame in layers.items() if frame is not None and frame.crs is not None
    }
    hint = _("reproject them first, for instance to EPSG:7801: frame.to_crs(7801)")
    for name, crs in stated.items():
        if crs.is_geographic or crs == _WEB_MERCATOR:
            message = _("{layer}: areas cannot be measured in {crs}").format(layer=name, crs=crs.name)
            raise InputError(message, hint=hint)
    different = [name for name, crs in stated.items() if crs != next(iter(stated.values()))]
    if different:
        message = _("{layer}: its CRS is another than that of {other}")
        raise InputError(message.format(layer=different[0], other=next(iter(stated))), hint=hint)


def sources_of(frame: gpd.GeoDataFrame | None) -> list[str]:
    """The source of each row: what it states, else the delivery that it came with."""
    if frame is None or not len(frame):
        return []
    names = _texts(frame, "source")
    if all(names):
        return names
    return [name or number for name, number in zip(names, _texts(frame, "batch"), strict=True)]


def components(n: int, left: Ints, right: Ints) -> Ints:
    """For each of `n` nodes the lowest node that it hangs together with over the given edges."""
    label = np.arange(n)
    while len(left):
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, label[left], low)
        np.minimum.at(label, label[right], low)
        while True:
            jumped = label[label]
            if np.array_equal(jumped, label):
                break
            label = jumped
        if np.array_equal(before, label):
            break
    return label


def tolerances(sigma_a: npt.ArrayLike, sigma_b: npt.ArrayLike, thresholds: Mapping[str, float]) -> Floats:
    """The tolerance t in metres: outlines of the same line may lie this far apart."""
    result: Floats = thresholds["sigma_factor"] * np.hypot(
        np.asarray(sigma_a, dtype=np.float64), np.asarray(sigma_b, dtype=np.float64)
    )
    return result


def _sigmas(
    frame: gpd.GeoDataFrame, default_m: float, max_m: float, layer: str
) -> tuple[Floats, list[Issue]]:
    """The accuracies, with the default where there is none or none that can be true."""
    if "sigma_m" not in frame:
        message = _("{layer}: no accuracy stated, {value} m is assumed").format(layer=layer, value=default_m)
        return np.full(len(frame), default_m), [Issue("SIGMA_MISSING", Severity.WARNING, message)]
    sigma: Floats = pd.to_numeric(frame["sigma_m"], errors="coerce").to_numpy(dtype=np.float64, copy=True)
    missing, absurd = np.isnan(sigma), (sigma <= 0) | (sigma > max_m)
    issues = []
    if missing.any():
        message = _("{layer}: {n} rows state no accuracy, {value} m is assumed").format(
            layer=layer, n=int(missing.sum()), value=default_m
        )
        issues.append(Issue("SIGMA_MISSING", Severity.WARNING, message))
    if absurd.any():
        message = _("{layer}: {n} rows state an accuracy that cannot be, {value} m is assumed").format(
            layer=layer, n=int(absurd.sum()), value=default_m
        )
        issues.append(Issue("SIGMA_REPLACED", Severity.WARNING, message))
    sigma[missing | absurd] = default_m
    return sigma, issues


def _duplicates(
    shapes: Shapes, usable: npt.NDArray[np.bool_], maker: Shapes, thresholds: Mapping[str, float]
) -> Ints:
    """Groups of rows that show the same footprint."""
    # What is exactly the same is found without comparing each with each: a file may be one row repeated.
    first = topology.first_of_same(shapes, np.unique(maker.astype(str), return_inverse=True)[1])
    kept = np.flatnonzero(usable & (first == np.arange(len(shapes))))
    found = areas.self_pairs(shapes[kept])
    left, right = kept[found.left], kept[found.right]
    area = shapely.area(shapes)
    iou = found.area_m2 / (area[left] + area[right] - found.area_m2)
    needed = np.where(
        maker[left] == maker[right], thresholds["duplicate_iou"], thresholds["duplicate_iou_other_source"]
    )
    same = iou > needed
    return components(len(shapes), left[same], right[same])[first]


def _shown_better(
    rows: Sequence[int],
    shapes: Shapes,
    sigma_m: Floats,
    sources: Sequence[str],
    thresholds: Mapping[str, float],
) -> dict[int, int]:
    """Footprints whose ground better sources mostly show already: position -> that of the best one.

    Else a building that two sources draw differently would be two.
    """
    name = np.array([sources[i] for i in rows], dtype=object)
    if len(set(name.tolist())) < 2:
        return {}
    typical = {s: float(np.median(sigma_m[np.array(rows)[name == s]])) for s in set(name.tolist())}
    ranked = sorted(typical, key=lambda s: (typical[s], -int((name == s).sum()), s))
    rank = np.array([ranked.index(s) for s in name])
    mine = shapes[np.array(rows)]
    found = areas.self_pairs(mine)
    left, right = np.concatenate([found.left, found.right]), np.concatenate([found.right, found.left])
    common = np.concatenate([found.area_m2, found.area_m2])
    kept = rank[left] > rank[right]
    left, right, common = left[kept], right[kept], common[kept]
    area = np.asarray(shapely.area(mine))
    shown: dict[int, int] = {}
    for place in range(1, len(ranked)):
        asked = np.flatnonzero((rank[left] == place) & ~np.isin(right, list(shown)))
        covered = np.bincount(left[asked], weights=common[asked], minlength=len(mine))
        enough = covered[left[asked]] >= thresholds["duplicate_shown_share"] * area[left[asked]]
        # The largest common ground last, so that it is the one that stays.
        order = asked[enough][np.argsort(common[asked[enough]], kind="stable")]
        shown.update(zip(left[order].tolist(), right[order].tolist(), strict=True))
    return shown


def _polygonal(shape: Any) -> Any:
    """The polygonal part of a mended shape."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in {"Polygon", "MultiPolygon"}]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _middle(shape: Any) -> tuple[float, float]:
    point = shapely.point_on_surface(shape)
    return float(point.x), float(point.y)


def _gathered(group: Ints, order: Ints, fid: Ints) -> list[list[int]]:
    """The rows of `order` by group, in this order within each; groups by the number of their first row."""
    by_group = np.argsort(group[order], kind="stable")
    rows = order[by_group]
    begin = np.flatnonzero(np.diff(group[rows], prepend=-1))
    end = np.append(begin[1:], len(rows))
    told = np.lexsort((by_group[begin], fid[rows[begin]]))
    listed = rows.tolist()
    return [listed[a:b] for a, b in zip(begin[told].tolist(), end[told].tolist(), strict=True)]


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """A column as text, "" where nothing is stated."""
    if column not in frame:
        return [""] * len(frame)
    values: list[object] = frame[column].tolist()
    return [value if type(value) is str else _text(value) for value in values]


def _text(value: object) -> str:
    return (
        ""
        if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA
        else str(value)
    )


def _day(value: object) -> date | None:
    """A civil date, from whatever the store's frame holds."""
    if value is None or value is pd.NaT:
        return None
    if type(value) is date:
        return value
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None

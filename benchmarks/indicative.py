"""How near plots inferred by watershed come to the true ones, by the share of boundaries that are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.gates import thresholds
from regularize.detect.indicative import infer_plots
from regularize.sample import FULL, Neighbourhood, neighbourhood

KNOWN = (0.0, 0.5, 0.75, 0.9, 1.0)
NOISE_M = 0.1
GOOD_IOU = 0.8

# No parcels anywhere, so that every plot is in the truth; no errors but those of the survey.
_GROUND = replace(
    FULL, no_parcels=1.0, coarse=0.0, exact=0.0, street_through=0.0, missed=0.0, measured_twice=0.0
)


@dataclass(frozen=True)
class Reached:
    """What was reached with one share of the boundaries known.

    Parameters
    ----------
    known : float
    n : int
        True plots.
    median_iou, good : float
        Of the true plots against the inferred one that fits best; share with 0.8 or more.
    confidence_of_good, confidence_of_others : float
        Mean confidence of the inferred plots that fit a true one with 0.8, and of the others.
    """

    known: float
    n: int
    median_iou: float
    good: float
    confidence_of_good: float
    confidence_of_others: float


def measured(seeds: Sequence[int]) -> list[Reached]:
    """One row for each share of known boundaries."""
    table = []
    for known in KNOWN:
        fits, good, others = [], [], []
        for seed in seeds:
            drawn = neighbourhood(seed, _GROUND)
            inferred = infer_plots(
                drawn.observed_buildings, boundaries(drawn, known, seed), drawn.streets,
                drawn.areas.geometry.iloc[0], thresholds(),
            )  # fmt: skip
            best, other_way = _iou(
                np.asarray(drawn.plots.geometry.array), np.asarray(inferred.geometry.array)
            )
            fits.append(best)
            confidence = inferred["confidence"].to_numpy()
            good.append(confidence[other_way >= GOOD_IOU])
            others.append(confidence[other_way < GOOD_IOU])
        every = np.concatenate(fits)
        table.append(
            Reached(
                known, len(every), float(np.median(every)), float((every >= GOOD_IOU).mean()),
                _mean(good), _mean(others),
            )
        )  # fmt: skip
    return table


def boundaries(drawn: Neighbourhood, known: float, seed: int) -> gpd.GeoDataFrame:
    """A share of the sides of the plots as surveyed lines, each with an error of its own."""
    rng = np.random.default_rng([seed, 7])
    sides = set()
    for plot in drawn.plots.geometry:
        corners = [tuple(c) for c in np.asarray(plot.exterior.coords)[:-1].tolist()]
        sides |= {tuple(sorted(pair)) for pair in zip(corners, corners[1:] + corners[:1], strict=True)}
    # The draws are the same whatever the share: what is known at 50 % is known at 75 %.
    ordered = np.array(sorted(sides))
    chosen = rng.random(len(ordered)) < known
    noisy = ordered + rng.normal(0, NOISE_M, ordered.shape)
    return gpd.GeoDataFrame(geometry=list(shapely.linestrings(noisy[chosen])), crs=drawn.plots.crs)


def _iou(true: np.ndarray, inferred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best IoU of every true plot, and of every inferred one."""
    left, right = shapely.STRtree(inferred).query(true, predicate="intersects")
    common = shapely.area(shapely.intersection(true[left], inferred[right]))
    iou = common / (shapely.area(true)[left] + shapely.area(inferred)[right] - common)
    of_true, of_inferred = np.zeros(len(true)), np.zeros(len(inferred))
    np.maximum.at(of_true, left, iou)
    np.maximum.at(of_inferred, right, iou)
    return of_true, of_inferred


def _mean(parts: list[np.ndarray]) -> float:
    every = np.concatenate(parts)
    return float(every.mean()) if len(every) else float("nan")

"""The workload of the benchmarks: seeded settlements, nobody's."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
import shapely.affinity

Layer = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]

BUILDINGS = 1000  # surveyed buildings of one settlement
COLUMNS = 39
ROWS = 54  # every third one is a street
WIDTH_M = 18.0
DEPTH_M = 26.0
FAR_M = (500_000.0, 4_700_000.0)


@dataclass(frozen=True)
class Neighbourhoods:
    """The four layers of the workload."""

    surveyed: Layer
    registered: Layer
    parcels: Layer
    plots: Layer

    @property
    def joins(self) -> dict[str, tuple[Layer, Layer]]:
        """What is joined with what."""
        return {
            "surveyed x parcels": (self.surveyed, self.parcels),
            "surveyed x registered": (self.surveyed, self.registered),
            "plots x parcels": (self.plots, self.parcels),
        }


def neighbourhoods(n_surveyed: int, seed: int = 20900101) -> Neighbourhoods:
    """Settlements of 1,000 surveyed buildings each, 3 km apart, at national coordinates."""
    rng = np.random.default_rng(seed)
    count = max(1, round(n_surveyed / BUILDINGS))
    side = int(np.ceil(np.sqrt(count)))
    layers: list[list[Layer]] = [[], [], [], []]
    for k in range(count):
        angle = rng.uniform(0, np.pi / 2)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        place = np.array(FAR_M) + 3000.0 * np.array([k % side, k // side])
        for kept, local in zip(layers, _settlement(rng), strict=True):
            placed = shapely.transform(local, lambda xy, t=turn, p=place: np.round(xy @ t + p, 3))
            kept.append(placed[shapely.is_valid(placed)])
    return Neighbourhoods(*(np.concatenate(kept) for kept in layers))


def _settlement(rng: np.random.Generator) -> tuple[Layer, Layer, Layer, Layer]:
    """One settlement in its own axes: a jittered mesh of parcels and what stands on it."""
    at = np.stack(np.meshgrid(np.arange(2 * COLUMNS + 1), np.arange(2 * ROWS + 1)), axis=-1) / 2.0
    mesh = at * (WIDTH_M, DEPTH_M) + rng.normal(0, 0.9, at.shape)  # corners, and a bend on each side
    rows, columns = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    private = rows % 3 != 2
    around = np.array([(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)])
    rings = mesh[2 * rows[:, None] + around[:, 0], 2 * columns[:, None] + around[:, 1]]
    lots = rings[private]

    home = rng.permutation(len(lots))[:BUILDINGS]
    middle = lots[home].mean(axis=1) + rng.normal(0, (4.0, 6.0), (BUILDINGS, 2))
    surveyed = _buildings(rng, middle)
    known = rng.permutation(BUILDINGS)[: round(0.74 * BUILDINGS)]
    coordinates, index = shapely.get_coordinates(surveyed[known], return_index=True)
    old = middle[known][index]
    size = rng.normal(1.0, 0.03, (len(known), 2))[index]
    drawn = old + (coordinates - old) * size + rng.normal((0.6, -0.4), 0.25, (len(known), 2))[index]
    registered = shapely.set_coordinates(surveyed[known], drawn)
    gone = lots[rng.permutation(len(lots))[: round(0.05 * BUILDINGS)]].mean(axis=1)
    registered = np.concatenate([registered, _buildings(rng, gone)])

    occupied = home[: round(0.85 * BUILDINGS)]
    fences = np.repeat(lots[occupied], 2, axis=1)
    fences[:, 1::2] = (fences[:, ::2] + np.roll(fences[:, ::2], -1, axis=1)) / 2
    drift = rng.normal(0, 1.2, (len(occupied), 1, 2)) + rng.normal(0, 0.35, fences.shape)
    centre = fences.mean(axis=1, keepdims=True)
    plots = shapely.polygons(centre + 1.06 * (fences - centre) + drift)  # fences stand a little outside
    for i in range(0, len(plots) - 1, 50):  # a household that uses a second yard over the street
        yard = shapely.affinity.translate(plots[i], 0.0, 3.2 * DEPTH_M)
        plots[i] = shapely.MultiPolygon([plots[i], yard])
    return surveyed, registered, shapely.polygons(lots), plots


def _buildings(rng: np.random.Generator, middle: Floats) -> Layer:
    """Rectangles, L shapes, and a few around a light well, each turned a little."""
    n = len(middle)
    w, d = rng.uniform(6, 13, n), rng.uniform(7, 15, n)
    cut_w, cut_d = w * rng.uniform(0.3, 0.6, n), d * rng.uniform(0.3, 0.6, n)
    zero = np.zeros(n)
    shape = np.stack([zero, zero, w, zero, w, d - cut_d, w - cut_w, d - cut_d, w - cut_w, d, zero, d], axis=1)
    rings = shape.reshape(n, 6, 2) - np.stack([w, d], axis=1)[:, None] / 2
    plain = np.flatnonzero(rng.random(n) < 0.55)
    made = shapely.polygons(rings)
    made[plain] = shapely.box(-w[plain] / 2, -d[plain] / 2, w[plain] / 2, d[plain] / 2)
    for i in plain[::25]:
        made[i] = shapely.difference(made[i], shapely.box(-1.2, -1.2, 1.2, 1.2))
    coordinates, index = shapely.get_coordinates(made, return_index=True)
    angle = rng.normal(0, 0.15, n)[index]
    x, y = coordinates.T
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1)
    return shapely.set_coordinates(made, turned + middle[index])

"""The parcels of the register against the plots as occupied, and the categories of the land."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from regularize.sample.fabric import Block, Fabric, front_edges, street_surface
from regularize.sample.settings import Settings
from regularize.sample.shapes import band, canonical, common_edges, share_nodes, unit, whole

# A strip must exceed by so much what a detector may take for noise (10 m2 and 10 % of the plot).
MARGIN = 1.6


@dataclass
class Parcel:
    """One parcel: its block and outline, true and without error."""

    block: int
    outline: Polygon
    odd: str = ""


@dataclass
class PlotFate:
    """What a plot is to the parcels; ``parcels`` are positions in :attr:`Cadastre.parcels`."""

    block: int
    plot: int
    cls: str
    parcels: tuple[int, ...]


@dataclass(frozen=True)
class Land:
    """Ground of one category: code and text of owner, of purpose, and the use in words."""

    geometry: Polygon | MultiPolygon
    owner: str
    purpose: str
    use: str


@dataclass
class Cadastre:
    """Parcels, what every surveyed plot is to them, and the land categories."""

    kinds: list[str]
    parcels: list[Parcel] = field(default_factory=list)
    plots: list[PlotFate] = field(default_factory=list)
    land: list[Land] = field(default_factory=list)

    def blocks_without(self) -> set[int]:
        """Blocks in which there is no parcel."""
        return {i for i, kind in enumerate(self.kinds) if kind == "none"}


def draw_cadastre(
    fabric: Fabric, occupied: set[tuple[int, int]], settings: Settings, rng: Generator
) -> Cadastre:
    """Parcels of every block by its kind, with the class of each plot.

    Parameters
    ----------
    fabric : Fabric
    occupied : set of (int, int)
        Block and plot where a building stands; a vacant half of a parcel is not surveyed.
    settings : Settings
        Effective ones.
    rng : Generator
    """
    cadastre = Cadastre(_kinds(len(fabric.blocks), settings, rng))
    for number, block in enumerate(fabric.blocks):
        kind = cadastre.kinds[number]
        if kind == "none":
            cadastre.plots.extend(PlotFate(number, i, "no_parcel", ()) for i in range(len(block.plots)))
        elif kind == "municipal":
            cadastre.parcels.append(Parcel(number, block.outline))
            here = (len(cadastre.parcels) - 1,)
            cadastre.plots.extend(
                PlotFate(number, i, "informal_subdivision", here) for i in range(len(block.plots))
            )
        elif kind == "coarse":
            _coarse(number, block, occupied, cadastre, rng)
        else:
            _exact(number, block, cadastre, settings, rng)
    cadastre.land = _land(fabric, cadastre, rng)
    return cadastre


def _kinds(n: int, settings: Settings, rng: Generator) -> list[str]:
    """Kinds of the blocks: each gets its share by largest remainder, in random order."""
    shares = {"none": settings.no_parcels, "coarse": settings.coarse, "exact": settings.exact}
    shares["municipal"] = max(0.0, 1.0 - sum(shares.values()))
    counts = {kind: int(share * n + 1e-9) for kind, share in shares.items()}
    rest = sorted(shares, key=lambda kind: counts[kind] - shares[kind] * n)
    for kind in rest[: n - sum(counts.values())]:
        counts[kind] += 1
    kinds = [kind for kind in shares for _ in range(counts[kind])]
    return [kinds[int(k)] for k in rng.permutation(n)]


def _coarse(
    number: int, block: Block, occupied: set[tuple[int, int]], cadastre: Cadastre, rng: Generator
) -> None:
    """Parcels of two to four plots each."""
    beside: dict[int, set[int]] = {i: set() for i in range(len(block.plots))}
    for (start, end), owners in common_edges(block.plots).items():
        if len(owners) == 2 and np.hypot(*(np.array(end) - np.array(start))) > 3.0:
            beside[owners[0]].add(owners[1])
            beside[owners[1]].add(owners[0])
    left = set(beside)
    while left:
        group = [min(left)]
        wanted = int(rng.integers(2, 5))
        while len(group) < wanted:
            near = sorted({k for i in group for k in beside[i]} & left - set(group))
            joined = [k for k in near if whole(_union(block, [*group, k])) is not None]
            if not joined:
                break
            group.append(joined[int(rng.integers(len(joined)))])
        left -= set(group)
        outline = whole(_union(block, group))
        if outline is None:  # a single plot always is a polygon; a group was tested above
            raise ValueError("a group of plots is no polygon")
        cadastre.parcels.append(Parcel(number, outline))
        here = (len(cadastre.parcels) - 1,)
        if len(group) == 1:
            cadastre.plots.append(PlotFate(number, group[0], "registered", here))
            continue
        used = [i for i in group if (number, i) in occupied]
        if len(used) == 1 and len(group) == 2:
            cadastre.plots.append(PlotFate(number, used[0], "part_of_parcel", here))
            continue
        cadastre.plots.extend(PlotFate(number, i, "informal_subdivision", here) for i in group)


def _union(block: Block, group: list[int]) -> BaseGeometry:
    return shapely.union_all([block.plots[i] for i in group])


def _exact(number: int, block: Block, cadastre: Cadastre, settings: Settings, rng: Generator) -> None:
    """A parcel for every plot; some common lines lie elsewhere than the fences."""
    first = len(cadastre.parcels)
    shapes = list(block.plots)
    classes = ["registered"] * len(shapes)
    links = [(first + i,) for i in range(len(shapes))]
    also: dict[int, tuple[int, ...]] = {}
    odd = [""] * len(shapes)
    used: set[int] = set()
    edges = [(edge, owners) for edge, owners in common_edges(block.plots).items() if len(owners) == 2]
    order = [edges[int(k)] for k in rng.permutation(len(edges))]
    moved = round(settings.moved_line * len(shapes) / 2 + 0.2) if settings.moved_line else 0
    for (start, end), owners in order:
        if moved == 0:
            break
        if used & set(owners):
            continue
        loser, winner = (owners[int(k)] for k in rng.permutation(2))
        cut = _strip(block.plots[loser], np.array(start), np.array(end), float(rng.uniform(3.0, 6.0)))
        joined = cut and whole(block.plots[winner].union(cut[1].buffer(0.001, join_style="mitre")))
        if not cut or not joined:
            continue
        rest, strip = cut
        least = MARGIN * max(10.0, 0.1 * block.plots[loser].area, 0.1 * joined.area)
        if strip.area < least or strip.area > 0.4 * block.plots[loser].area:
            continue
        shapes[loser], shapes[winner] = rest, joined
        classes[loser], classes[winner] = "straddles", "part_of_parcel"
        also[loser] = (first + loser, first + winner)
        used |= set(owners)
        moved -= 1
    taken = round(settings.street_taken * len(shapes))
    gaps = round(settings.gaps * len(shapes))
    for i in (int(k) for k in rng.permutation(len(shapes))):
        if i in used:
            continue
        plot = block.plots[i]
        fronts = front_edges(block, plot)
        cut = _strip(plot, *fronts[0], float(rng.uniform(2.5, 5.0))) if taken and fronts else None
        if cut and MARGIN * max(10.0, 0.1 * plot.area) < cut[1].area < 0.55 * plot.area:
            shapes[i], classes[i] = cut[0], "partly_outside"
            used.add(i)
            taken -= 1
        elif gaps and _gap(i, block, shapes, odd, order, used, rng):
            gaps -= 1
    outlines = share_nodes(shapes)
    for i, outline in enumerate(outlines):
        cadastre.parcels.append(Parcel(number, outline, odd[i]))
        cadastre.plots.append(PlotFate(number, i, classes[i], also.get(i, links[i])))


def _strip(
    plot: Polygon, start: np.ndarray, end: np.ndarray, depth_m: float
) -> tuple[Polygon, Polygon] | None:
    """`plot` without the strip along one of its sides, and the strip."""
    along = unit(end - start)
    for direction in (along, -along):
        area = band(start, direction, depth_m)
        if area.intersection(plot.buffer(-0.1)).area > 0:
            # Where the side bends, a splinter stays beyond the band: neither parcel has it.
            rest, strip = _largest(plot.difference(area)), whole(plot.intersection(area))
            if rest is None or strip is None or plot.area - rest.area - strip.area > 1.0:
                return None
            return rest, strip
    return None


def _largest(geometry: BaseGeometry) -> Polygon | None:
    parts = [part for part in shapely.get_parts(geometry).tolist() if isinstance(part, Polygon)]
    return whole(max(parts, key=lambda part: part.area)) if parts else None


def _gap(
    index: int,
    block: Block,
    shapes: list[Polygon],
    odd: list[str],
    order: list[tuple[tuple[tuple[float, ...], ...], list[int]]],
    used: set[int],
    rng: Generator,
) -> bool:
    """A narrow strip that two parcels share, or that none has: too narrow to matter to a plot."""
    for (start, end), owners in order:
        if index not in owners or used & set(owners):
            continue
        other = owners[0] if owners[1] == index else owners[1]
        cut = _strip(block.plots[index], np.array(start), np.array(end), float(rng.uniform(0.2, 0.45)))
        if cut is None or cut[1].area > 6.0:
            continue
        if rng.random() < 0.5:
            shapes[index], odd[index] = cut[0], "gap"
        else:
            wider = whole(shapes[other].union(cut[1].buffer(0.001, join_style="mitre")))
            if wider is None:
                continue
            shapes[other], odd[other] = wider, "overlap"
        used |= set(owners)
        return True
    return False


def _land(fabric: Fabric, cadastre: Cadastre, rng: Generator) -> list[Land]:
    """Streets are municipal public land; blocks without parcels lie on land of other kinds."""
    land = []
    for quarter in range(len(fabric.grids)):
        # A fenced strip of the street is street all the same.
        taken = [
            fabric.blocks[fate.block]
            .plots[fate.plot]
            .difference(cadastre.parcels[fate.parcels[0]].outline.buffer(0.002))
            for fate in cadastre.plots
            if fate.cls == "partly_outside" and fabric.blocks[fate.block].quarter == quarter
        ]
        surface = shapely.union_all([street_surface(fabric, quarter), *taken])
        land.append(Land(_rounded(surface), "3", "2", "За второстепенна улица"))
    choices = [
        ("4", "1", "За друг вид озеленени площи"),
        ("5", "3", "Нива"),
        ("2", "4", "Друг вид дървопроизводителна гора"),
    ]
    start = int(rng.integers(len(choices)))
    for count, number in enumerate(sorted(cadastre.blocks_without())):
        owner, purpose, use = choices[(start + count) % len(choices)]
        land.append(Land(fabric.blocks[number].outline, owner, purpose, use))
    return land


def _rounded(geometry: BaseGeometry) -> Polygon | MultiPolygon:
    # The grid makes the outline valid where rounding each corner by itself would let sides cross.
    gridded = shapely.get_parts(shapely.set_precision(geometry, 0.001)).tolist()
    parts = sorted(
        (canonical(part) for part in gridded if isinstance(part, Polygon) and part.area > 0.5),
        key=lambda part: part.bounds,
    )
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def prefix_of(cadastre: Cadastre, block: int, outline: Polygon) -> int:
    """Position of the parcel of `block` that holds the most of `outline`, else the nearest."""
    here = [i for i, parcel in enumerate(cadastre.parcels) if parcel.block == block]
    return min(
        here,
        key=lambda i: (
            -round(cadastre.parcels[i].outline.intersection(outline).area, 3),
            cadastre.parcels[i].outline.distance(outline),
        ),
    )

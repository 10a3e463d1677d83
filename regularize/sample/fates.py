"""What the register knows of each building: the class is drawn first, the outline follows from it.

Labels therefore come by construction. Where an outline of the wanted class cannot be drawn clear of
the neighbours, the building stays as it is and another one is tried.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import Polygon

from regularize.sample.buildings import Body
from regularize.sample.fabric import Fabric
from regularize.sample.settings import Settings
from regularize.sample.shapes import canonical, half_plane, left_of, rectangle, ring, turned, unit, whole

# Outlines of the register keep this far from other buildings, so that no chance overlap is drawn.
APART_M = 1.6
TOUCH_M = 0.5
BELOW = "below_threshold"


@dataclass
class Fate:
    """One situation: its class, and the outlines in the survey and in the register.

    ``cls`` is a building class, or ``below_threshold`` for a shed.
    """

    cls: str
    body: Body
    survey: list[Polygon]
    register: list[Polygon]


def draw_fates(
    fabric: Fabric, bodies: list[Body], without: set[int], settings: Settings, rng: Generator
) -> list[Fate]:
    """Decide for every building what the register holds.

    Parameters
    ----------
    fabric : Fabric
    bodies : list of Body
        As they stand.
    without : set of int
        Blocks without parcels: the register has no building there.
    settings : Settings
        Effective ones.
    rng : Generator

    Returns
    -------
    list of Fate
        In the order of `bodies`; buildings that the register alone knows follow at the end.
    """
    fates = [Fate("unchanged", body, [body.outline], [body.outline]) for body in bodies]
    real = [i for i, body in enumerate(bodies) if body.kind != "shed"]
    for i, body in enumerate(bodies):
        if body.kind == "shed":
            fates[i].cls, fates[i].register = BELOW, []
    _omit(fates, real, without, settings, rng)
    _edit(fates, real, settings, rng)
    known = sum(1 for fate in fates if fate.register)
    fates.extend(_demolish(fabric, fates, without, round(settings.demolished * known), rng))
    _miss(fates, settings, rng)
    _adjoin(fates)
    return [fate for fate in fates if fate.survey or fate.register]


def _omit(fates: list[Fate], real: list[int], without: set[int], settings: Settings, rng: Generator) -> None:
    """Take buildings out of the register: all in blocks without parcels, then the share that is left."""
    outside = [i for i in real if fates[i].body.block in without]
    inside = [i for i in real if fates[i].body.block not in without]
    wanted = max(0, round(settings.omission * len(real)) - len(outside))
    # Annexes are forgotten more often than houses: they get four tickets in the draw.
    weight = np.array([4.0 if fates[i].body.kind == "annex" else 1.0 for i in inside])
    chosen: list[int] = []
    if inside and wanted:
        picks = rng.choice(len(inside), min(wanted, len(inside)), replace=False, p=weight / weight.sum())
        chosen = [inside[int(k)] for k in picks]
    for i in (*outside, *chosen):
        fates[i].cls, fates[i].register = "not_in_cadastre", []


def _edit(fates: list[Fate], real: list[int], settings: Settings, rng: Generator) -> None:
    """Draw the registered houses that differ, each kind up to its share."""
    edits: tuple[tuple[str, float, Callable[[Body, Generator], _Change | None]], ...] = (
        ("complex", settings.complex_share, _complex),
        ("merged", settings.merged, _merged),
        ("split", settings.split, _split),
        ("rebuilt", settings.rebuilt, _rebuilt),
        ("changed", settings.changed, _changed),
        ("reduced", settings.reduced, _reduced),
        ("extended", settings.extended, _extended),
    )
    registered = [i for i in real if fates[i].register]
    free = [i for i in registered if fates[i].body.kind == "house"]
    order = [free[int(k)] for k in rng.permutation(len(free))]
    for cls, share, edit in edits:
        wanted = math.ceil(share * len(registered)) if share else 0
        for i in list(order):
            if wanted == 0:
                break
            change = edit(fates[i].body, rng)
            if change is None or not _clear(change, i, fates):
                continue
            fates[i].cls, fates[i].survey, fates[i].register = cls, change[0], change[1]
            order.remove(i)
            wanted -= 1


_Change = tuple[list[Polygon], list[Polygon]]


def _clear(change: _Change, index: int, fates: list[Fate]) -> bool:
    """Whether what reaches beyond the building as it stands keeps away from all others."""
    own = fates[index].body.outline.buffer(0.05)
    beyond = shapely.union_all(change[1]).difference(own)
    if beyond.is_empty:
        return True
    block = fates[index].body.block
    others = [
        outline
        for k, fate in enumerate(fates)
        if k != index and fate.body.block == block
        for outline in (*fate.survey, *fate.register)
    ]
    return not others or float(np.min(shapely.distance(np.array(others), beyond))) >= APART_M


def _beyond(body: Body, at_m: float) -> Polygon:
    """The half-plane before the line across the front, `at_m` along it."""
    return half_plane(body.corner + body.along * at_m, left_of(body.along))


def _extended(body: Body, rng: Generator) -> _Change | None:
    """The register lacks one end of the house."""
    part = float(rng.uniform(0.2, 0.42)) * body.length_m
    old = whole(body.outline.intersection(_beyond(body, body.length_m - part)))
    if old is None or body.outline.area - old.area < 6.0 or old.area < 12.0 or part < 1.7:
        return None
    return [body.outline], [old]


def _reduced(body: Body, rng: Generator) -> _Change | None:
    """The register still has an end of the house that is gone."""
    part = float(rng.uniform(1.9, 3.6))
    end = rectangle(body.corner + body.along * (body.length_m - 0.01), body.along, part + 0.01, body.depth_m)
    old = whole(body.outline.union(end))
    if old is None or old.area - body.outline.area < max(6.0, 0.15 * body.outline.area):
        return None
    return [body.outline], [old]


def _changed(body: Body, rng: Generator) -> _Change | None:
    """One end was added and a strip of the back is gone; the most is still the same house."""
    part, strip = float(rng.uniform(2.0, 3.2)), float(rng.uniform(1.5, 1.9))
    old = whole(body.outline.intersection(_beyond(body, body.length_m - part)))
    if old is None:
        return None
    back = rectangle(
        body.corner - left_of(body.along) * strip, body.along, body.length_m - part, strip + 0.01
    )
    old = whole(old.union(back))
    if old is None:
        return None
    gain, loss = body.outline.difference(old).area, old.difference(body.outline).area
    same = old.intersection(body.outline).area / old.union(body.outline).area
    if min(gain, loss) < 6.0 or min(gain, loss) > 0.18 * old.area or same < 0.6:
        return None
    return [body.outline], [old]


def _rebuilt(body: Body, rng: Generator) -> _Change | None:
    """Another house stood about there: it overlaps the new one by less than half."""
    centre = np.asarray(body.outline.centroid.coords[0])
    for _ in range(25):
        along = turned(body.along, float(rng.normal(0, 0.25)) + (math.pi / 2 if rng.random() < 0.5 else 0))
        length, depth = float(rng.uniform(5.0, 9.0)), float(rng.uniform(4.5, 7.0))
        corner = centre - along * length / 2 - left_of(along) * depth / 2 + rng.normal(0, 2.2, 2)
        old = canonical(rectangle(corner, along, length, depth))
        common = old.intersection(body.outline).area
        same = common / old.union(body.outline).area
        lesser = min(old.area, body.outline.area)
        gone = min(old.area, body.outline.area) - common
        if 0.12 < same < 0.42 and common > 0.35 * lesser and gone > 0.3 * old.area:
            return [body.outline], [old]
    return None


def _halves(body: Body, at: float, gap_m: float) -> list[Polygon] | None:
    """The house cut across its front at the share `at`, with a gap between the parts."""
    cut = at * body.length_m
    near = whole(body.outline.intersection(_beyond(body, cut - gap_m / 2)))
    far = whole(body.outline.difference(_beyond(body, cut + gap_m / 2)))
    if near is None or far is None or min(near.area, far.area) < 13.0:
        return None
    return [near, far]


def _merged(body: Body, rng: Generator) -> _Change | None:
    """Two houses of the register are one today."""
    parts = _halves(body, float(rng.uniform(0.42, 0.58)), float(rng.uniform(0.4, 1.2)))
    return None if parts is None else ([body.outline], parts)


def _split(body: Body, rng: Generator) -> _Change | None:
    """One house of the register was measured as two."""
    parts = _halves(body, float(rng.uniform(0.42, 0.58)), 0.0)
    return None if parts is None else (parts, [body.outline])


def _complex(body: Body, rng: Generator) -> _Change | None:
    """Two in the register, two in the survey, divided elsewhere."""
    first, second = _halves(body, 0.33, 0.0), _halves(body, 0.67, 0.0)
    if first is None or second is None:
        return None
    return (first, second) if rng.random() < 0.5 else (second, first)


def _demolish(
    fabric: Fabric, fates: list[Fate], without: set[int], wanted: int, rng: Generator
) -> list[Fate]:
    """Houses that the register still has and nobody finds, on free ground inside plots."""
    gone: list[Fate] = []
    blocks = [i for i in range(len(fabric.blocks)) if i not in without]
    for _ in range(wanted * 150):
        if len(gone) >= wanted or not blocks:
            break
        number = blocks[int(rng.integers(len(blocks)))]
        plots = fabric.blocks[number].plots
        plot = int(rng.integers(len(plots)))
        inner = plots[plot].buffer(-0.6)
        if inner.is_empty:
            continue
        corners = ring(plots[plot])
        edge = int(rng.integers(len(corners)))
        along = unit(corners[(edge + 1) % len(corners)] - corners[edge])
        west, south, east, north = inner.bounds
        corner = np.array([rng.uniform(west, east), rng.uniform(south, north)])
        length, depth = float(rng.uniform(5.0, 9.0)), float(rng.uniform(4.0, 6.0))
        outline = rectangle(corner, along, length, depth)
        if not inner.contains(outline):
            continue
        outline = canonical(outline)
        others = [
            shape
            for fate in (*fates, *gone)
            if fate.body.block == number
            for shape in (*fate.survey, *fate.register)
        ]
        near = others and float(np.min(shapely.distance(np.array(others), outline))) < APART_M
        if near:
            continue
        body = Body(number, plot, "house", outline, corner, along, length, depth, 1, 1)
        gone.append(Fate("not_in_survey", body, [], [outline]))
    return gone


def _miss(fates: list[Fate], settings: Settings, rng: Generator) -> None:
    """The surveyor passed by a few houses."""
    for fate in fates:
        if rng.random() < settings.missed and fate.cls in {"unchanged", "not_in_cadastre"}:
            fate.cls, fate.survey = "not_in_survey", []


def _adjoin(fates: list[Fate]) -> None:
    """A house that the register does not know, wall to wall with one it knows, adjoins it."""
    for fate in fates:
        if fate.cls != "not_in_cadastre":
            continue
        for other in fates:
            matched = bool(other.survey and other.register) and other.body.block == fate.body.block
            if matched and any(a.distance(b) < TOUCH_M for a in fate.survey for b in other.survey):
                fate.cls = "adjoining_annex"
                break

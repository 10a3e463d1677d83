"""One neighbourhood in memory: what the agency and the surveyor deliver, and the truth."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import PCG64, Generator, SeedSequence
from shapely.geometry import Polygon

from regularize.sample import frames, mishaps, oddities
from regularize.sample.buildings import Body, draw_buildings
from regularize.sample.cadastre import Cadastre, draw_cadastre
from regularize.sample.fabric import Fabric, draw_fabric
from regularize.sample.fates import BELOW, Fate, draw_fates
from regularize.sample.mishaps import Through
from regularize.sample.noise import Placement, disturbed
from regularize.sample.settings import DEFAULT, Settings, effective, ground_of
from regularize.sample.shapes import Vec

# Streams of random numbers, one for each stage: another error setting leaves the ground as it is.
_FABRIC, _BUILDINGS, _CADASTRE, _FATES, _REGISTER, _SURVEY, _ODD = range(7)
_PLAN, _TWICE, _FILE, _THROUGH = range(8, 12)
# An unrelated register keeps this far from what stands there, so that nothing meets by chance.
_UNRELATED_M = 1.6


@dataclass(frozen=True)
class Neighbourhood:
    """Frames with the columns of the layer contracts, and the truth about them.

    All geometry is in EPSG:7801, x = easting, to the millimetre.

    Parameters
    ----------
    parcels, buildings, land : GeoDataFrame
        The register, with its noise and its shift.
    observed_buildings, plots, fences, streets, points : GeoDataFrame
        The survey.
    areas, plan_parts : GeoDataFrame
        Project areas, and parts of the detailed plan.
    truth_buildings : DataFrame
        ``survey_ref, register_ref, class``; several refs are separated by ``|``.
    truth_plots : DataFrame
        ``plot_ref, class, parcel_ref``.
    odd_rows : DataFrame
        ``origin, layer, ref, what``: rows that are odd in themselves, and what is below the
        threshold and must not be reported.
    truth_on_street : DataFrame
        ``survey_ref, m2``: buildings that stand on a street which the cadastre shows through houses.
    survey_fault : str
        ``swapped_axes`` or ``wrong_zone`` where the files of the survey are in other coordinates
        than they state; mostly empty.
    shift_m : tuple of float, or None
        What must be added to the register (east, north) to lay it on the survey, at its centre;
        None where register and survey have nothing in common.
    """

    seed: int
    settings: Settings
    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    observed_buildings: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    fences: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    plan_parts: gpd.GeoDataFrame
    truth_buildings: pd.DataFrame
    truth_plots: pd.DataFrame
    odd_rows: pd.DataFrame
    truth_on_street: pd.DataFrame
    survey_fault: str
    shift_m: tuple[float, float] | None


@dataclass(frozen=True)
class _World:
    fabric: Fabric
    fates: list[Fate]
    cadastre: Cadastre
    through: list[Through]


@dataclass(frozen=True, eq=False)
class Standing:
    """What stands on the ground, true and without error.

    Parameters
    ----------
    outlines : list of Polygon
    kinds : list of str
        ``house``, ``annex`` or ``shed`` of each.
    plots : list of Polygon
        As occupied.
    """

    outlines: list[Polygon]
    kinds: list[str]
    plots: list[Polygon]


def standing(seed: int, settings: Settings = DEFAULT) -> Standing:
    """The ground of :func:`neighbourhood`, as somebody above would see it."""
    world = _draw(seed, effective(settings))
    seen = [(outline, fate.body.kind) for fate in world.fates for outline in fate.survey]
    return Standing(
        [outline for outline, _kind in seen],
        [kind for _outline, kind in seen],
        [plot for block in world.fabric.blocks for plot in block.plots],
    )


def _generator(seed: int, stage: int, again: int = 0) -> Generator:
    return Generator(PCG64(SeedSequence([seed, stage, again] if again else [seed, stage])))


def _draw(seed: int, settings: Settings) -> _World:
    """The ground and what the register knows of it, without errors: the same for all of them."""
    world = _drawn(seed, ground_of(settings))
    return replace(world, fates=[replace(fate) for fate in world.fates])


@lru_cache(maxsize=8)
def _drawn(seed: int, settings: Settings) -> _World:
    fabric = draw_fabric(settings, _generator(seed, _FABRIC))
    bodies: list[Body] = draw_buildings(fabric, settings, _generator(seed, _BUILDINGS))
    occupied = {(body.block, body.plot) for body in bodies if body.kind != "shed"}
    cadastre = draw_cadastre(fabric, occupied, settings, _generator(seed, _CADASTRE))
    fates = draw_fates(fabric, bodies, cadastre.blocks_without(), settings, _generator(seed, _FATES))
    order = sorted(range(len(fates)), key=lambda i: (fates[i].body.block, fates[i].body.plot, i))
    through = mishaps.streets_through(fabric, bodies, settings, _generator(seed, _THROUGH))
    return _World(fabric, [fates[i] for i in order], cadastre, through)


def neighbourhood(seed: int, settings: Settings = DEFAULT) -> Neighbourhood:
    """Draw a neighbourhood with its register, its survey and the truth.

    Parameters
    ----------
    seed : int
        The same seed and settings give the same neighbourhood; seeds of ``TEST_SEEDS`` are never
        used to tune anything.
    settings : Settings

    Examples
    --------
    >>> drawn = neighbourhood(0, with_survey(BENCHMARK, "drone"))
    >>> sorted(drawn.truth_buildings.columns)
    ['class', 'register_ref', 'survey_ref']
    """
    drawn = effective(settings)
    world = _draw(seed, drawn)
    ground = [block.outline for block in world.fabric.blocks]
    centre: Vec = np.asarray(shapely.union_all(ground).envelope.centroid.coords[0])
    placement = Placement(drawn.shift_m, drawn.rotation_deg, centre, drawn.sheet_jump_m)
    registered = world
    if settings.unrelated:
        registered = _apart(_draw(seed + 1_000_003, drawn), world)
        for fate in world.fates:
            if fate.cls != BELOW:
                fate.cls, fate.register = "not_in_cadastre", []
    register = _register(seed, registered, placement, drawn)
    survey = _survey(seed, world, placement, drawn)
    fault = mishaps.survey_fault(drawn, _generator(seed, _FILE))
    for name in ("buildings", "plots", "fences", "streets", "points"):
        survey[name] = mishaps.displaced(survey[name], fault)
    fates = world.fates if registered is world else [*world.fates, *registered.fates]
    truth = [
        {
            "survey_ref": "|".join(survey["refs"].get(id(fate), ())),
            "register_ref": "|".join(register["refs"].get(id(fate), ())),
            "class": fate.cls,
        }
        for fate in fates
        if fate.cls != BELOW
    ]
    below = [
        {"origin": "survey", "layer": "observed_buildings", "ref": ref, "what": "shed_below_threshold"}
        for fate in world.fates
        if fate.cls == BELOW
        for ref in survey["refs"].get(id(fate), ())
    ]
    plots = pd.DataFrame(survey["truth"], columns=["plot_ref", "class", "parcel_ref"])
    if settings.unrelated:
        plots = plots.iloc[:0]
    else:
        plots["parcel_ref"] = [
            "|".join(register["parcel_refs"][i] for i in links) for links in survey["links"]
        ]
    return Neighbourhood(
        seed=seed,
        settings=settings,
        parcels=register["parcels"],
        buildings=register["buildings"],
        land=register["land"],
        observed_buildings=survey["buildings"],
        plots=survey["plots"],
        fences=survey["fences"],
        streets=survey["streets"],
        points=survey["points"],
        areas=frames.areas(world.fabric, drawn),
        plan_parts=frames.plan_parts(world.fabric, drawn),
        truth_buildings=pd.DataFrame(truth, columns=["survey_ref", "register_ref", "class"]),
        truth_plots=plots,
        odd_rows=pd.DataFrame(
            [*below, *survey["odd"], *register["odd"]], columns=["origin", "layer", "ref", "what"]
        ),
        truth_on_street=pd.DataFrame(_on_street(world, survey["refs"]), columns=["survey_ref", "m2"]),
        survey_fault=fault,
        shift_m=None if settings.unrelated else (-drawn.shift_m[0], -drawn.shift_m[1]),
    )


def _apart(other: _World, world: _World) -> _World:
    """The buildings of `other` that stand clear of all of `world`, known to the register alone."""
    standing = np.array([outline for fate in world.fates for outline in fate.survey])
    fates = []
    for fate in other.fates:
        if fate.cls == BELOW:
            continue
        near = min(float(np.min(shapely.distance(standing, outline))) for outline in fate.register)
        if near >= _UNRELATED_M:
            fates.append(Fate("not_in_survey", fate.body, [], fate.register))
    return _World(other.fabric, fates, other.cadastre, other.through)


def _on_street(world: _World, refs: dict[int, list[str]]) -> list[tuple[str, float]]:
    """How much of each building truly stands on a street that the cadastre shows through houses."""
    found = []
    for fate in world.fates:
        for ref, outline in zip(refs.get(id(fate), ()), fate.survey, strict=False):
            area = sum(outline.intersection(through.corridor).area for through in world.through)
            if area > 0:
                found.append((ref, round(area, 2)))
    return found


def _register(seed: int, world: _World, placement: Placement, settings: Settings) -> dict[str, Any]:
    rng = _generator(seed, _REGISTER)
    sigma, common = settings.register_sigma_m, settings.common_share
    cadastre = world.cadastre
    outlines: list[Any] = []
    blocks = len(world.fabric.blocks)
    grids = mishaps.old_plan(blocks, cadastre, settings, _generator(seed, _PLAN))
    for number in range(blocks):
        here = [parcel.outline for parcel in cadastre.parcels if parcel.block == number]
        if number in grids:
            here = mishaps.generalised(here, grids[number])
        outlines.extend(placement(polygon) for polygon in disturbed(here, sigma, common, rng))
    parcel_refs, parcels = frames.parcels(world.fabric, cadastre, outlines, settings)
    rows = []
    for fate in world.fates:
        plan = fate.register
        if fate.body.block in grids:
            plan = mishaps.generalised(plan, grids[fate.body.block])
        for true, noisy in zip(fate.register, disturbed(plan, sigma, common, rng), strict=True):
            rows.append((fate, true, placement(noisy)))
    drawn = frames.register_rows(rows, cadastre, parcel_refs)
    standing = [placement(outline) for fate in world.fates for outline in (*fate.survey, *fate.register)]
    odd = oddities.apply(drawn, standing, cadastre, placement, parcel_refs, settings, _generator(seed, _ODD))
    refs: dict[int, list[str]] = {}
    for row in drawn:
        if row.fate is not None and not row.repeated:
            refs.setdefault(id(row.fate), []).append(row.ref)
    return {
        "parcels": parcels,
        "parcel_refs": parcel_refs,
        "buildings": frames.register_buildings(drawn, settings),
        "land": frames.land(cadastre, placement, settings),
        "refs": refs,
        "odd": odd,
    }


def _survey(seed: int, world: _World, placement: Placement, settings: Settings) -> dict[str, Any]:
    rng = _generator(seed, _SURVEY, settings.resurvey)
    sigma, common = settings.survey_sigma_m, settings.survey_common_share
    rows: list[tuple[Fate, str, Any]] = []
    refs: dict[int, list[str]] = {}
    for fate in world.fates:
        true = [
            shapely.buffer(outline, settings.eaves_m, join_style="mitre") if settings.eaves_m else outline
            for outline in fate.survey
        ]
        for noisy in disturbed(true, sigma, common, rng):
            ref = f"S-{len(rows) + 1:04d}"
            rows.append((fate, ref, noisy))
            refs.setdefault(id(fate), []).append(ref)
    odd = _measured_twice(seed, world, rows, refs, settings)
    outlines: dict[tuple[int, int], Any] = {}
    fates = world.cadastre.plots
    for number in range(len(world.fabric.blocks)):
        here = [fate for fate in fates if fate.block == number]
        plots = world.fabric.blocks[number].plots
        moved = disturbed([plots[fate.plot] for fate in here], sigma, common, rng)
        outlines.update({(number, fate.plot): shape for fate, shape in zip(here, moved, strict=True)})
    ordered = sorted(fates, key=lambda fate: (fate.block, fate.plot))
    plot_refs = [f"D-{i + 1:04d}" for i in range(len(ordered))]
    shapes = [outlines[fate.block, fate.plot] for fate in ordered]
    built = {(fate.body.block, fate.body.plot) for fate in world.fates if fate.survey}
    return {
        "buildings": frames.observed_buildings(rows, settings),
        "plots": frames.plots(ordered, plot_refs, shapes, built, settings),
        "fences": frames.fences(ordered, shapes, settings, rng),
        "streets": frames.streets(world.fabric, [t.street for t in world.through], placement, settings),
        "points": frames.points([noisy for _fate, _ref, noisy in rows], settings),
        "refs": refs,
        "odd": odd,
        "truth": [(ref, fate.cls, "") for ref, fate in zip(plot_refs, ordered, strict=True)],
        "links": [fate.parcels for fate in ordered],
    }


def _measured_twice(
    seed: int,
    world: _World,
    rows: list[tuple[Fate, str, Any]],
    refs: dict[int, list[str]],
    settings: Settings,
) -> list[dict[str, str]]:
    """Append a second measurement of some buildings, with errors of its own; returns what was done."""
    rng = _generator(seed, _TWICE, settings.resurvey)
    odd = []
    for fate in world.fates:
        again = rng.random() < settings.measured_twice
        if not again or len(fate.survey) != 1 or fate.cls == BELOW:
            continue
        outline = fate.survey[0]
        if settings.eaves_m:
            outline = shapely.buffer(outline, settings.eaves_m, join_style="mitre")
        ref = f"S-{len(rows) + 1:04d}"
        sigma, common = settings.survey_sigma_m, settings.survey_common_share
        rows.append((fate, ref, disturbed([outline], sigma, common, rng)[0]))
        refs[id(fate)].append(ref)
        odd.append({"origin": "survey", "layer": "observed_buildings", "ref": ref, "what": "measured_twice"})
    return odd

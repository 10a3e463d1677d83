"""One neighbourhood in memory: what the agency and the surveyor deliver, and the truth."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import PCG64, Generator, SeedSequence

from regularize.sample import frames, oddities
from regularize.sample.buildings import Body, draw_buildings
from regularize.sample.cadastre import Cadastre, draw_cadastre
from regularize.sample.fabric import Fabric, draw_fabric
from regularize.sample.fates import BELOW, Fate, draw_fates
from regularize.sample.noise import Placement, disturbed
from regularize.sample.settings import DEFAULT, Settings, effective, ground_of
from regularize.sample.shapes import Vec

# Streams of random numbers, one for each stage: another error setting leaves the ground as it is.
_FABRIC, _BUILDINGS, _CADASTRE, _FATES, _REGISTER, _SURVEY, _ODD, _OTHER = range(8)
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
    shift_m: tuple[float, float] | None


@dataclass(frozen=True)
class _World:
    fabric: Fabric
    fates: list[Fate]
    cadastre: Cadastre


def _generator(seed: int, stage: int, again: int = 0) -> Generator:
    return Generator(PCG64(SeedSequence([seed, stage, again] if again else [seed, stage])))


def _draw(seed: int, settings: Settings) -> _World:
    """The ground and what the register knows of it, without errors: the same for all of them."""
    world = _drawn(seed, ground_of(settings))
    return replace(world, fates=[replace(fate) for fate in world.fates])


@lru_cache(maxsize=4)
def _drawn(seed: int, settings: Settings) -> _World:
    fabric = draw_fabric(settings, _generator(seed, _FABRIC))
    bodies: list[Body] = draw_buildings(fabric, settings, _generator(seed, _BUILDINGS))
    occupied = {(body.block, body.plot) for body in bodies if body.kind != "shed"}
    cadastre = draw_cadastre(fabric, occupied, settings, _generator(seed, _CADASTRE))
    fates = draw_fates(fabric, bodies, cadastre.blocks_without(), settings, _generator(seed, _FATES))
    order = sorted(range(len(fates)), key=lambda i: (fates[i].body.block, fates[i].body.plot, i))
    return _World(fabric, [fates[i] for i in order], cadastre)


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
    survey = _survey(seed, world, drawn)
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
        odd_rows=pd.DataFrame([*below, *register["odd"]], columns=["origin", "layer", "ref", "what"]),
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
    return _World(other.fabric, fates, other.cadastre)


def _register(seed: int, world: _World, placement: Placement, settings: Settings) -> dict[str, Any]:
    rng = _generator(seed, _REGISTER)
    sigma, common = settings.register_sigma_m, settings.common_share
    cadastre = world.cadastre
    outlines: list[Any] = []
    for number in range(len(world.fabric.blocks)):
        here = [parcel.outline for parcel in cadastre.parcels if parcel.block == number]
        outlines.extend(placement(polygon) for polygon in disturbed(here, sigma, common, rng))
    parcel_refs, parcels = frames.parcels(world.fabric, cadastre, outlines, settings)
    rows = []
    for fate in world.fates:
        for true, noisy in zip(fate.register, disturbed(fate.register, sigma, common, rng), strict=True):
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


def _survey(seed: int, world: _World, settings: Settings) -> dict[str, Any]:
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
        "streets": frames.streets(world.fabric, settings),
        "points": frames.points([noisy for _fate, _ref, noisy in rows], settings),
        "refs": refs,
        "truth": [(ref, fate.cls, "") for ref, fate in zip(plot_refs, ordered, strict=True)],
        "links": [fate.parcels for fate in ordered],
    }

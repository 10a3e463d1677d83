"""Views of a generated town for the tests of maps: findings straight from the truth of the sample."""

from dataclasses import replace
from datetime import date
from functools import cache

import geopandas as gpd
import pandas as pd

from regularize import countries
from regularize.layers import Audience, layer_named
from regularize.model import Finding, Grade, Measure, ReviewState
from regularize.plan.blocks import Blocks, blocks_frame, count_by_block, partition
from regularize.publish.maps import MapMeta
from regularize.publish.view import View, findings_frame, is_visible, smallest_count
from regularize.sample import DEFAULT, SAMPLE_SEED, Neighbourhood, neighbourhood

DAY = date(2026, 6, 1)
LAYERS = ("parcels", "buildings", "land", "observed_buildings", "plots", "fences", "streets", "points")


@cache
def drawn(seed: int = SAMPLE_SEED) -> Neighbourhood:
    return neighbourhood(seed, DEFAULT)


def labels(lang: str = "bg"):
    pack = countries.load("bg")
    return lambda key: pack.label(key, lang)


def findings_of(town: Neighbourhood) -> list[Finding]:
    """What a perfect detection would say, with made-up measures."""
    observed = town.observed_buildings.drop_duplicates("ref").set_index("ref")
    register = town.buildings.drop_duplicates("ref").set_index("ref")
    plots = town.plots.drop_duplicates("ref").set_index("ref")
    found: list[Finding] = []
    for number, row in enumerate(town.truth_buildings.itertuples(index=False)):
        survey, known, cls = (str(value) if pd.notna(value) else "" for value in row)
        mine = [ref for ref in survey.split("|") if ref in observed.index]
        theirs = [ref for ref in known.split("|") if ref in register.index]
        frame, refs = (observed, mine) if mine else (register, theirs)
        if not refs or cls == "unchanged":
            continue
        geometry = frame.loc[refs].geometry.union_all()
        found.append(
            Finding(
                "building",
                cls,
                geometry,
                (),
                (),
                tuple(mine),
                tuple(theirs),
                ("SAMPLE_REASON",),
                {"area_m2": Measure(geometry.area, 1.7, "m2")},
                0.9,
                Grade("ABCD"[number % 4]),
                id=f"B-{number + 1}",
                review=ReviewState.REJECTED if number % 41 == 0 else ReviewState.NEW,
                home=f"T-00000-{number + 1}",
            )
        )
    for number, row in enumerate(town.truth_plots.itertuples(index=False)):
        plot, cls, parcel = (str(value) if pd.notna(value) else "" for value in row)
        if plot not in plots.index or cls == "registered":
            continue
        found.append(
            Finding(
                "plot",
                cls,
                plots.loc[plot].geometry,
                (),
                (),
                (plot,),
                tuple(ref for ref in parcel.split("|") if ref),
                (),
                {"area_m2": Measure(plots.loc[plot].geometry.area, 2.4, "m2")},
                0.8,
                Grade.B,
                id=f"P-{number + 1}",
            )
        )
    return found


def blocks_of(town: Neighbourhood) -> Blocks:
    return partition(
        list(town.observed_buildings.geometry),
        k=smallest_count(),
        area=town.areas.union_all(),
        streets=list(town.streets.geometry),
    )


def case_parts(town: Neighbourhood) -> gpd.GeoDataFrame:
    parts = town.plan_parts.iloc[:2]
    return gpd.GeoDataFrame(
        {
            "case": [f"C-{i + 1}" for i in range(len(parts))],
            "title": ["Изменение на подробния план"] * len(parts),
            "state": ["announced", "expert_council"][: len(parts)],
            "next_deadline": [date(2026, 6, 14), None][: len(parts)],
        },
        geometry=list(parts.geometry),
        crs=town.parcels.crs,
    )


def frames_of(town: Neighbourhood) -> dict[str, gpd.GeoDataFrame]:
    findings = findings_of(town)
    blocks = blocks_of(town)
    frames = {name: getattr(town, name) for name in (*LAYERS, "areas", "plan_parts")}
    crs = str(town.parcels.crs)
    return {
        **frames,
        "findings": findings_frame(findings, crs=crs),
        "blocks": blocks_frame(blocks, count_by_block(findings, blocks), crs=crs),
        "case_parts": case_parts(town),
    }


def views_of(frames: dict[str, gpd.GeoDataFrame], audience: Audience) -> list[View]:
    wanted = [name for name in frames if is_visible(layer_named(name), audience)]
    if audience == "office":
        wanted.remove("blocks")
    return [View.of(layer_named(name), frames[name], audience) for name in wanted]


def meta(audience: Audience, **changes: object) -> MapMeta:
    """What the workflow would hand over."""
    text = (
        "Заснемането показва сграда, за която кадастралната карта няма запис. "
        "Това е повод за проверка, не решение."
    )
    made = MapMeta(
        audience=audience,
        title="Община Примерна",
        on=DAY,
        place="Квартал Изгрев и квартал Поляна",
        recipient="отдел „Устройство на територията“" if audience == "office" else "",
        dates=(("Кадастър, сгради", "15.01.2026"), ("Заснемане, сгради", "20.05.2026")),
        class_notes={"not_in_cadastre": text},
        reason_titles={"SAMPLE_REASON": "Покриване под прага"},
    )
    return replace(made, **changes)

"""The fixed partition into blocks: made once, kept in the store, used by every map and report.

Two different partitions of one place would give small counts away by their differences; so blocks
are drawn when they are first needed and never redrawn. Each area is partitioned for itself, what
lies outside all areas together.
"""

from collections.abc import Sequence
from datetime import date

import geopandas as gpd
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from regularize.layers import Audience
from regularize.model import Finding
from regularize.plan.blocks import Blocks, partition
from regularize.publish.view import View, smallest_count
from regularize.store import Store
from regularize.workflow.areas import lies_in
from regularize.workflow.releases import Release, release


def fixed_blocks(store: Store, *, on: date) -> Blocks:
    """The stored partition; drawn and stored now if there is none yet.

    A store that cannot be written keeps no partition and gets the same one again, because it
    depends on the stored rows only.
    """
    known = store.blocks()
    if known.empty:
        store.save_blocks(_drawn(store, on))
        known = store.blocks()
    return Blocks(
        tuple(known.geometry),
        tuple(int(counts.get("dwellings", 0)) for counts in known["counts"]),
    )


def council_blocks(
    store: Store, findings: Sequence[Finding], *, place: BaseGeometry | None, on: date
) -> View | None:
    """The blocks as a council may see them; only those inside `place`, if one is given.

    Which counts are hidden is decided on the whole partition, whatever part is shown.
    """
    made = release_of_blocks(store, findings, audience="council", place=place, on=on)
    return None if made is None else made.view


def release_of_blocks(
    store: Store, findings: Sequence[Finding], *, audience: Audience, place: BaseGeometry | None, on: date
) -> Release | None:
    """The blocks for an audience, recorded as released; None where nobody lives."""
    blocks = fixed_blocks(store, on=on)
    if not blocks.geometries:
        return None
    inside = [lies_in(outline, place) for outline in blocks.geometries]
    shown = None if all(inside) else inside
    return release(store, blocks, findings, audience=audience, on=on, shown=shown)


def _drawn(store: Store, on: date) -> gpd.GeoDataFrame:
    """Blocks of every area, then of what lies outside all areas."""
    observed, register = store.layer("observed_buildings", on=on), store.layer("buildings", on=on)
    buildings = observed if len(observed) else register
    streets = list(store.layer("streets", on=on).geometry)
    parcels = store.layer("parcels", on=on)
    areas = store.layer("areas", on=on)
    grounds: list[BaseGeometry | None] = []
    taken: BaseGeometry | None = None
    for outline in areas.geometry:
        ground = outline if taken is None else outline.difference(taken)
        taken = outline if taken is None else unary_union([taken, outline])
        if not ground.is_empty:
            grounds.append(ground)
    outlines: list[BaseGeometry] = []
    dwellings: list[int] = []
    inner = buildings.geometry.representative_point()
    outside = [taken is None or not taken.covers(point) for point in inner]
    for place in [*grounds, None]:
        chosen = outside if place is None else [place.covers(point) for point in inner]
        if not any(chosen):
            continue
        part = buildings[chosen]
        made = partition(
            list(part.geometry),
            k=smallest_count(),
            area=place,
            streets=streets,
            parcels=list(parcels.geometry) if place is not None or taken is None else (),
            dwellings=[None if value is None else int(value) for value in part["dwellings"]],
        )
        outlines += made.geometries
        dwellings += made.dwellings
    return gpd.GeoDataFrame(
        {
            "block": list(range(1, len(outlines) + 1)),
            "counts": [{"dwellings": n} for n in dwellings],
        },
        geometry=outlines,
        crs=store.crs,
    )

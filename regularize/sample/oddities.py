"""Rows of the register that are odd in themselves, so that reading it is work; all are listed."""

import math
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from regularize.sample.cadastre import Cadastre
from regularize.sample.frames import RegisterRow
from regularize.sample.noise import Placement
from regularize.sample.settings import Settings
from regularize.sample.shapes import left_of, ring, unit

Odd = dict[str, str]


def apply(
    rows: list[RegisterRow],
    standing: list[BaseGeometry],
    cadastre: Cadastre,
    placement: Placement,
    parcel_refs: list[str],
    settings: Settings,
    rng: Generator,
) -> list[Odd]:
    """Spoil some rows, append slivers and repeated rows; returns what was done.

    Wrong prefix: the identifier names a neighbouring parcel. Typo: the identifier is misspelt.
    Invalid: the ring has a spike without area. Sliver: less than 1 m2 left of a division.
    Repeated: the same row twice, byte for byte. `standing` is what a sliver keeps away from.
    """
    odd: list[Odd] = [
        {"origin": "cadastre", "layer": "parcels", "ref": parcel_refs[i], "what": parcel.odd}
        for i, parcel in enumerate(cadastre.parcels)
        if parcel.odd
    ]
    order = [int(k) for k in rng.permutation(len(rows))]

    def take(share: float) -> list[int]:
        count = math.ceil(share * len(rows)) if share and rows else 0
        return [order.pop() for _ in range(min(count, len(order)))]

    def note(row: RegisterRow, what: str) -> None:
        odd.append({"origin": "cadastre", "layer": "buildings", "ref": row.ref, "what": what})

    for k in take(settings.wrong_parcel):
        row = rows[k]
        near = [i for i in range(len(parcel_refs)) if i != row.parcel and _together(cadastre, i, row.parcel)]
        if near:
            other = near[int(rng.integers(len(near)))]
            used = {r.ref for r in rows}
            number = next(n for n in range(1, 1000) if f"{parcel_refs[other]}.{n}" not in used)
            row.ref = row.identifier = f"{parcel_refs[other]}.{number}"
            note(row, "wrong_parcel")
    for count, k in enumerate(take(settings.typos)):
        row = rows[k]
        head, tail = row.ref.split(".", 1)
        row.ref = (f"{head}..{tail}", f"{head[:-1]}О.{tail}", f"{head},{tail}")[count % 3]
        row.identifier = None
        note(row, "identifier_typo")
    for k in take(settings.invalid):
        rows[k].outline = _spiked(rows[k].outline)
        note(rows[k], "invalid_geometry")
    repeated = take(settings.duplicates)
    for _ in range(math.ceil(settings.slivers * len(rows)) if settings.slivers and rows else 0):
        sliver = _sliver(rows, standing, cadastre, placement, parcel_refs, rng)
        if sliver is not None:
            rows.append(sliver)
            note(sliver, "sliver_below_threshold")
    for k in repeated:
        rows.append(replace(rows[k], repeated=True))
        note(rows[k], "repeated_row")
    return odd


def _together(cadastre: Cadastre, one: int, other: int) -> bool:
    return cadastre.parcels[one].block == cadastre.parcels[other].block


def _spiked(outline: Polygon) -> Polygon:
    """`outline` with a spike without area at its second corner: invalid, yet of the same area."""
    corners = ring(outline)
    out = unit(corners[1] - corners.mean(axis=0))
    spike = np.round(corners[1] + out * 1.5, 3)
    return Polygon([corners[0], corners[1], spike, *corners[1:]])


def _sliver(
    rows: list[RegisterRow],
    standing: list[BaseGeometry],
    cadastre: Cadastre,
    placement: Placement,
    parcel_refs: list[str],
    rng: Generator,
) -> RegisterRow | None:
    """A strip of 12 cm along a side of a plot, away from every building."""
    for _ in range(200):
        index = int(rng.integers(len(cadastre.parcels)))
        parcel = cadastre.parcels[index]
        corners = ring(parcel.outline)
        edge = int(rng.integers(len(corners)))
        start, end = corners[edge], corners[(edge + 1) % len(corners)]
        length = float(np.hypot(*(end - start)))
        if length < 7.0:
            continue
        along = unit(end - start)
        a = start + along * 1.0 + left_of(along) * 0.4
        outline = placement(Polygon([a, a + along * 5.0, a + along * 4.8 + left_of(along) * 0.12]))
        if not isinstance(outline, Polygon) or any(outline.distance(other) < 2.0 for other in standing):
            continue
        used = {row.ref for row in rows}
        number = next(n for n in range(1, 1000) if f"{parcel_refs[index]}.{n}" not in used)
        ref = f"{parcel_refs[index]}.{number}"
        return RegisterRow(None, ref, ref, index, outline, round(outline.area, 2), "480", 1, 0)
    return None

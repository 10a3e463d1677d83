"""Drawings that were cut, flipped, zeroed or spoilt: refused in words, or every row accounted for."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import ezdxf
import pytest
from mutation import Series, mutated
from small_sources import BG

from regularize.countries import Pack
from regularize.errors import RegularizeError
from regularize.intake import Delivery

Read = Callable[..., Delivery]
AREA = (440_000.0, 4_668_000.0, 442_000.0, 4_670_000.0)


def rich_drawing(version: str, form: str) -> bytes:
    """Everything that the reader understands, in a few kilobytes of entities."""
    document = ezdxf.new(version)
    document.header["$DWGCODEPAGE"] = "ANSI_1251"
    document.encoding = "cp1251"
    space = document.modelspace()
    attributes = {"layer": "СГРАДИ"}
    for at in range(6):
        x, y = 440_500 + 20 * at, 4_668_500
        ring = [(x, y), (x + 9, y), (x + 9, y + 9), (x, y + 9)]
        if version == "R12":
            space.add_polyline2d(ring, close=True, dxfattribs=attributes)
        else:
            bulged = [(*point, 0.3 * (at % 2)) for point in ring]
            space.add_lwpolyline(bulged, format="xyb", close=True, dxfattribs=attributes)
        space.add_text(f"S-{at}", dxfattribs={"layer": "НАДПИСИ", "insert": (x + 4, y + 4)})
    block = document.blocks.new("ДОМ")
    block.add_circle((0, 0), 4)
    block.add_attdef("N", (0, 0))
    for at in range(3):
        place = (440_500 + 30 * at, 4_668_600)
        space.add_blockref("ДОМ", place, dxfattribs=attributes).add_auto_attribs({"N": str(at)})
    space.add_arc((440_600, 4_668_700), 5, 0, 200, dxfattribs=attributes)
    if version != "R12":
        space.add_ellipse((440_700, 4_668_700), (9, 0), 0.4, dxfattribs=attributes)
        curve = space.add_spline(dxfattribs=attributes)
        curve.set_open_uniform([(440_500, 4_668_800, 0), (440_530, 4_668_810, 0), (440_560, 4_668_800, 0)], 2)
        hatch = space.add_hatch(dxfattribs={"layer": "ПЛАН"})
        hatch.paths.add_polyline_path([(440_800, 4_668_500), (440_850, 4_668_500), (440_850, 4_668_550)])
        edges = hatch.paths.add_edge_path()
        edges.add_arc((440_820, 4_668_520), 3, 0, 360)
        space.add_mtext("{\\fArial|b0;S-9}", dxfattribs={"layer": "НАДПИСИ", "insert": (440_820, 4_668_520)})
    if form == "bin":
        stream = io.BytesIO()
        document.write(stream, fmt="bin")
        return stream.getvalue()
    text = io.StringIO()
    document.write(text)
    return text.getvalue().encode(document.output_encoding)


DRAWINGS = [
    ("R2010", "asc", "СГРАДИ", "buildings"),
    ("R2018", "asc", "ПЛАН", "buildings"),
    ("R12", "asc", "СГРАДИ", "points"),
    ("R2000", "bin", "СГРАДИ", "buildings"),
]


@pytest.mark.parametrize(("version", "form", "layer", "kind"), DRAWINGS)
def test_damaged_drawings_never_crash(
    version: str, form: str, layer: str, kind: str, tmp_path: Path, read: Read, bg: Pack
) -> None:
    whole = rich_drawing(version, form)
    # Most of a drawing is its preamble: damage what is drawn as well as that.
    start = max(whole.rfind(b"BLOCKS"), 0)
    path = tmp_path / "a.dxf"
    series = Series(f"drawings {version} {form} {kind}")
    dice = series.dice
    for _round in series.rounds():
        at = start if dice.random() < 0.8 else 0
        damaged = whole[:at] + mutated(whole[at:], dice)
        if dice.random() < 0.3:
            damaged = mutated(damaged, dice)
        path.write_bytes(damaged)
        began = time.process_time()
        try:
            read(path, project_crs=BG, extent=AREA, pack=bg, layer=layer, kind=kind, encoding=None)
            series.outcomes["read"] += 1
        except RegularizeError:
            series.outcomes["refused"] += 1
        assert time.process_time() - began < 5

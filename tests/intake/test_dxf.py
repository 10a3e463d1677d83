"""Drawings: outlines, arcs, blocks, labels, layers and letters, of every version."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezdxf
import numpy as np
import pytest
import shapely
from ezdxf.document import Drawing
from small_sources import BG, codes

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery, dxf_blocks, layers_in

Read = Callable[..., Delivery]
# A neighbourhood in EPSG:7801: easting, northing.
EAST, NORTH = 440_700.0, 4_668_400.0
AREA = (440_000.0, 4_668_000.0, 442_000.0, 4_670_000.0)
LAYER = "СГРАДИ"


def corners(x: float = 0, y: float = 0, side: float = 10) -> list[tuple[float, float]]:
    x, y = EAST + x, NORTH + y
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def drawing(version: str = "R2010") -> tuple[Drawing, Any]:
    document = ezdxf.new(version)
    return document, document.modelspace()


def saved(document: Drawing, path: Path, *, encoding: str | None = None) -> Path:
    text = io.StringIO()
    document.write(text)
    path.write_bytes(text.getvalue().encode(encoding or document.output_encoding, errors="strict"))
    return path


@pytest.fixture
def draw(read: Read, bg: Pack) -> Callable[..., Delivery]:
    """``intake.read`` of buildings of a survey in the project at Plovdiv."""

    def call(path: Path, **options: Any) -> Delivery:
        return read(path, **{"project_crs": BG, "extent": AREA, "pack": bg, "layer": LAYER, **options})

    return call


@pytest.mark.parametrize("version", ["R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018"])
def test_every_version_with_cyrillic(version: str, tmp_path: Path, draw: Read) -> None:
    document, space = drawing(version)
    document.header["$DWGCODEPAGE"] = "ANSI_1251"
    document.encoding = "cp1251"
    add = space.add_polyline2d if version == "R12" else space.add_lwpolyline
    for at in range(3):
        add(corners(20 * at), close=True, dxfattribs={"layer": LAYER})
        name = {"layer": "НАДПИСИ", "insert": (EAST + 20 * at + 5, NORTH + 5)}
        space.add_text(f"Сграда {at + 1}", dxfattribs=name)
    delivery = draw(saved(document, tmp_path / "чертеж.dxf"))
    assert delivery.frame["ref"].tolist() == ["Сграда 1", "Сграда 2", "Сграда 3"]
    assert delivery.frame.geometry.area.tolist() == pytest.approx([100] * 3)
    assert delivery.source.encoding == ("cp1251" if version in {"R12", "R2000", "R2004"} else "utf-8")
    assert delivery.source.reader == "dxf"


def test_a_western_code_page_over_cyrillic_text(tmp_path: Path, draw: Read) -> None:
    document, space = drawing("R2000")
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": LAYER})
    for at, name in enumerate(("Крайречна улица", "Върба", "Детска градина", "Здравец")):
        space.add_text(name, dxfattribs={"layer": name, "insert": (at, 0)})
    path = saved(document, tmp_path / "a.dxf", encoding="cp1251")
    assert b"ANSI_1252" in path.read_bytes()
    assert draw(path).source.encoding == "cp1251"


def test_too_few_letters_ask(tmp_path: Path, draw: Read) -> None:
    document, space = drawing("R2000")
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": "Блок"})
    path = saved(document, tmp_path / "a.dxf", encoding="cp1251")
    with pytest.raises(InputError, match="encoding") as caught:
        draw(path)
    assert "cp1251: Блок" in caught.value.hint
    assert len(draw(path, encoding="cp1251", layer="Блок").frame) == 1


@pytest.mark.parametrize("version", ["R12", "R2000", "R2010"])
def test_binary(version: str, tmp_path: Path, draw: Read) -> None:
    document, space = drawing(version)
    document.header["$DWGCODEPAGE"] = "ANSI_1251"
    document.encoding = "cp1251"
    add = space.add_polyline2d if version == "R12" else space.add_lwpolyline
    add(corners(), close=True, dxfattribs={"layer": LAYER})
    with (tmp_path / "a.dxf").open("wb") as stream:
        document.write(stream, fmt="bin")
    delivery = draw(tmp_path / "a.dxf")
    assert delivery.frame.geometry.iloc[0].equals(shapely.Polygon(corners()))


def test_a_bulge_is_stroked_within_the_tolerance(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    x, y = EAST, NORTH
    half_moon = [(x, y, 1.0), (x + 20, y, 0.0)]
    space.add_lwpolyline(half_moon, format="xyb", close=True, dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    shape = delivery.frame.geometry.iloc[0]
    assert shape.area == pytest.approx(math.pi * 100 / 2, rel=2e-3)
    distances = shapely.distance(shapely.points(shapely.get_coordinates(shape)), shapely.Point(x + 10, y))
    assert np.allclose(distances, 10)
    edges = shapely.get_coordinates(shape)
    middles = (edges[1:] + edges[:-1]) / 2
    curved = middles[middles[:, 1] < y - 0.01]
    assert (10 - np.hypot(*(curved - (x + 10, y)).T)).max() <= 0.01
    assert shape.bounds[1] == pytest.approx(y - 10, abs=0.01)  # a positive bulge lies to the right
    assert any("0.01" in note for note in delivery.source.notes)


def test_a_huge_arc_stays_bounded(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    ring = [(EAST, NORTH, 1e-9), (EAST + 20, NORTH, 1e12), (EAST + 20, NORTH + 20, 0)]
    space.add_lwpolyline(ring, format="xyb", close=True, dxfattribs={"layer": LAYER})
    space.add_circle((EAST, NORTH), 1e9, dxfattribs={"layer": LAYER})
    for at in range(3):
        space.add_lwpolyline(corners(20 * at), close=True, dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"), crs=BG)
    assert len(delivery.frame) == 3
    assert [entry.feature for entry in delivery.quarantine] == [0, 1]
    for entry in delivery.quarantine:
        assert entry.wkb is not None
        assert len(entry.wkb) < 16 * 5_000


def test_open_and_nearly_closed_lines(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    ring = corners()
    space.add_lwpolyline([*ring, ring[0]], dxfattribs={"layer": LAYER})
    space.add_lwpolyline([*ring, (ring[0][0], ring[0][1] + 0.0005)], dxfattribs={"layer": LAYER})
    space.add_lwpolyline(ring, dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    refused = {entry.feature: entry for entry in delivery.quarantine}
    assert refused[2].code == "DXF_OPEN_OUTLINE"
    assert "10.00 m" in refused[2].message
    assert refused[2].wkb is not None
    assert delivery.frame["feature"].tolist() == [0, 1]


def test_closed_lines_are_fences_where_fences_are_wanted(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": "огради"})
    space.add_line((EAST, NORTH), (EAST + 5, NORTH), dxfattribs={"layer": "огради"})
    delivery = draw(saved(document, tmp_path / "a.dxf"), kind="fences", layer=None)
    assert delivery.frame.geometry.geom_type.tolist() == ["LineString", "LineString"]
    assert delivery.frame.geometry.length.tolist() == pytest.approx([40, 5])


def test_curves_of_other_kinds(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    middle = (EAST + 50, NORTH + 50)
    space.add_circle(middle, 10, dxfattribs={"layer": LAYER})
    space.add_ellipse(middle, (20, 0), 0.5, dxfattribs={"layer": LAYER})
    space.add_solid([*corners()[:2], corners()[3], corners()[2]], dxfattribs={"layer": LAYER})
    ring = [(middle[0] + 30 * math.cos(a), middle[1] + 30 * math.sin(a), 0) for a in np.linspace(0, 6, 9)]
    curve = space.add_spline(dxfattribs={"layer": LAYER})
    curve.set_closed(ring)
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert len(delivery.frame) == 4, delivery.issues
    areas = delivery.frame.geometry.area.tolist()
    assert areas[:3] == pytest.approx([math.pi * 100, math.pi * 200, 100], rel=3e-3)
    assert areas[3] > 1_500


def test_mirrored_planes(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    mirrored = [(-x, y) for x, y in corners()]
    attributes = {"layer": LAYER, "extrusion": (0, 0, -1)}
    space.add_lwpolyline(mirrored, close=True, dxfattribs=attributes)
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert delivery.frame.geometry.iloc[0].equals(shapely.Polygon(corners()))


def test_blocks_are_taken_apart(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    house = document.blocks.new("КЪЩА", base_point=(1, 1))
    house.add_lwpolyline([(1, 1), (11, 1), (11, 6), (1, 6)], close=True, dxfattribs={"layer": "0"})
    house.add_line((0, 0), (1, 1), dxfattribs={"layer": "ДРУГО"})
    row = document.blocks.new("РЕДИЦА")
    for at in range(3):
        row.add_blockref("КЪЩА", (20 * at, 0), dxfattribs={"layer": "0"})
    turned = {"layer": LAYER, "rotation": 90, "xscale": 2, "yscale": 2}
    space.add_blockref("КЪЩА", (EAST, NORTH), dxfattribs=turned)
    space.add_blockref("РЕДИЦА", (EAST + 100, NORTH), dxfattribs={"layer": LAYER})
    grid = {"layer": LAYER, "column_count": 2, "row_count": 2, "column_spacing": 30, "row_spacing": 40}
    space.add_blockref("КЪЩА", (EAST + 200, NORTH), dxfattribs=grid)
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert delivery.source.n_read == 1 + 3 + 4
    areas = sorted(delivery.frame.geometry.area.tolist())
    assert areas == pytest.approx([50] * 7 + [200])
    expected = shapely.box(EAST - 10, NORTH, EAST, NORTH + 20)
    assert delivery.frame.geometry.iloc[0].symmetric_difference(expected).area < 1e-6
    assert delivery.frame["ref"].is_unique
    by_ezdxf = next(iter(space.query("INSERT")[0].virtual_entities()))
    ours = delivery.frame.geometry.iloc[0].exterior.coords[:-1]
    assert np.allclose(ours, [point[:2] for point in by_ezdxf.get_points()])


def test_block_bombs_are_counted_not_made(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    first = document.blocks.new("b0")
    first.add_lwpolyline(corners(), close=True, dxfattribs={"layer": "0"})
    for level in range(1, 20):
        block = document.blocks.new(f"b{level}")
        for _copy in range(10):
            block.add_blockref(f"b{level - 1}", (0, 0))
    document.blocks.new("self").add_blockref("self", (0, 0))
    space.add_lwpolyline(corners(50), close=True, dxfattribs={"layer": LAYER})
    for name in ("b19", "b8", "self"):
        space.add_blockref(name, (0, 0), dxfattribs={"layer": LAYER})
    wide = {"layer": LAYER, "column_count": 30_000, "row_count": 30_000}
    space.add_blockref("b0", (0, 0), dxfattribs=wide)
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert [entry.code for entry in delivery.quarantine] == ["TOO_COMPLEX"] * 4
    assert len(delivery.frame) == 1


def test_many_insertions_share_one_limit(tmp_path: Path, draw: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dxf_blocks, "MAX_PARTS", 5)
    document, space = drawing()
    document.blocks.new("b").add_lwpolyline([(0, 0), (4, 0), (4, 4)], close=True)
    for at in range(8):
        space.add_blockref("b", (EAST + 10 * at, NORTH), dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert (len(delivery.frame), len(delivery.quarantine)) == (5, 3)


def test_survey_points_are_insertions_with_attributes(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    symbol = document.blocks.new("ТОЧКА")
    symbol.add_circle((0, 0), 0.2)
    symbol.add_attdef("NOMER", (0.5, 0.5))
    symbol.add_attdef("KOTA", (0.5, 0))
    for at in range(2):
        place = (EAST + at, NORTH, 163.25)
        reference = space.add_blockref("ТОЧКА", place, dxfattribs={"layer": "точки"})
        reference.add_auto_attribs({"NOMER": str(100 + at), "KOTA": "163,30"})
    space.add_point((EAST, NORTH + 9, 164.5), dxfattribs={"layer": "точки"})
    path = saved(document, tmp_path / "a.dxf")
    assert [(layer.family, layer.n) for layer in layers_in(path)] == [("point", 3)]
    delivery = draw(path, kind="points", layer="точки", profile="survey")
    assert delivery.frame["ref"].tolist()[:2] == ["100", "101"]
    assert delivery.frame["height_m"].tolist()[:2] == [163.30, 163.30]
    assert delivery.frame["code"].tolist() == ["ТОЧКА", "ТОЧКА", None]
    unnamed = draw(path, kind="points", layer="точки", profile="default")
    assert unnamed.frame["height_m"].tolist() == [163.25, 163.25, 164.5]


def test_one_attribute_is_the_name(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    document.blocks.new("ТОЧКА").add_attdef("N", (0.5, 0.5))
    reference = space.add_blockref("ТОЧКА", (EAST, NORTH), dxfattribs={"layer": "точки"})
    reference.add_auto_attribs({"N": "417"})
    delivery = draw(saved(document, tmp_path / "a.dxf"), kind="points", layer="точки")
    assert delivery.frame["ref"].tolist() == ["417"]


def test_labels(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    for at in range(5):
        space.add_lwpolyline(corners(20 * at), close=True, dxfattribs={"layer": LAYER})

    def text(at: int, words: str, layer: str = "НАДПИСИ") -> None:
        place = (EAST + 20 * at + 5, NORTH + 5)
        space.add_text(words, dxfattribs={"layer": layer, "insert": place})

    text(0, "10504.8.360.1")
    text(1, "S-12")
    text(1, "2МЖ", LAYER)  # on the layer of the outline itself: that one counts
    text(2, "Мария Иванова")  # no digit: no name for an outline
    text(3, "S-13")
    text(3, "S-14")
    marked = r"{\fArial|b1;S-15}"
    space.add_mtext(marked, dxfattribs={"layer": "НАДПИСИ", "insert": (EAST + 85, NORTH + 5)})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    refs = delivery.frame["ref"].tolist()
    assert refs[:2] == ["10504.8.360.1", "2МЖ"]
    assert refs[4] == "S-15"
    assert all(int(handle, 16) for handle in refs[2:4])  # named by their handles
    assert delivery.frame["identifier"].tolist() == ["10504.8.360.1", None, None, None, None]
    assert "Мария" not in delivery.frame.to_csv() + repr(delivery.issues) + str(delivery.sample)


def test_layers_are_listed_with_their_counts(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    for at in range(3):
        space.add_lwpolyline(corners(20 * at), close=True, dxfattribs={"layer": "Сгради"})
    space.add_line((EAST, NORTH), (EAST + 5, NORTH), dxfattribs={"layer": "Мрежа"})
    space.add_text("S-1", dxfattribs={"layer": "Надписи"})
    path = saved(document, tmp_path / "a.dxf")
    assert [(layer.name, layer.family, layer.n) for layer in layers_in(path)] == [
        ("Сгради", "polygon", 3),
        ("Мрежа", "line", 1),
    ]
    with pytest.raises(OptionError) as caught:
        draw(path, kind=None, layer=None)
    assert "Сгради (polygons, 3), Мрежа (lines, 1)" in caught.value.hint
    assert len(draw(path, layer=None).frame) == 3  # --kind buildings: only one layer is called so


def test_a_profile_names_the_layers(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": "K-101"})
    space.add_lwpolyline(corners(20), close=True, dxfattribs={"layer": "X-7"})
    path = saved(document, tmp_path / "a.dxf")
    profile = tmp_path / "ours.toml"
    profile.write_text('[columns.buildings]\n[patterns]\nbuildings = ["^k$"]\n', encoding="utf-8")
    with pytest.raises(OptionError):
        draw(path, layer=None)
    assert draw(path, layer=None, profile=str(profile)).source.layer == "K-101"


def test_hatches_count_where_nothing_else_encloses(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    for layer in (LAYER, "САМО"):
        hatch = space.add_hatch(dxfattribs={"layer": layer})
        hatch.paths.add_polyline_path(corners(side=20), is_closed=True, flags=1)
        hatch.paths.add_polyline_path(corners(5, 5), is_closed=True, flags=16)
    space.add_lwpolyline(corners(50), close=True, dxfattribs={"layer": LAYER})
    path = saved(document, tmp_path / "a.dxf")
    assert draw(path).frame.geometry.area.tolist() == [100]
    assert draw(path, layer="САМО").frame.geometry.area.tolist() == pytest.approx([300])


def test_what_is_not_drawn_is_named(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": LAYER})
    space.add_3dface(corners(), dxfattribs={"layer": LAYER})
    document.layout("Layout1").add_lwpolyline(corners(40), close=True, dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert delivery.source.n_read == 1  # what lies on a sheet is no part of the ground
    assert "1 3DFACE" in next(i.message for i in delivery.issues if i.code == "DXF_NOT_READ")


@pytest.mark.parametrize("swap", [False, True])
def test_the_area_places_a_drawing(swap: bool, tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    ring = [(y, x) if swap else (x, y) for x, y in corners()]
    space.add_lwpolyline(ring, close=True, dxfattribs={"layer": LAYER})
    path = saved(document, tmp_path / "a.dxf")
    delivery = draw(path)
    assert "CRS_FROM_EXTENT" in codes(delivery)
    assert delivery.source.source_crs == "EPSG:7801"
    assert delivery.frame.geometry.iloc[0].equals(shapely.Polygon(corners()))
    stated = draw(path, crs="EPSG:7801")
    assert ("AXES_SWAPPED" in codes(stated)) == swap
    assert stated.frame.geometry.iloc[0].equals(shapely.Polygon(corners()))


def test_a_whole_country_does_not_tell_the_system(tmp_path: Path, draw: Read, bg: Pack) -> None:
    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": LAYER})
    with pytest.raises(InputError) as caught:
        draw(saved(document, tmp_path / "a.dxf"), extent=bg.extent)
    assert "EPSG:7801" in caught.value.hint
    assert "EPSG:32635" in caught.value.hint


def test_one_broken_entity_harms_no_other(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    for at in range(3):
        space.add_lwpolyline(corners(20 * at), close=True, dxfattribs={"layer": LAYER})
    path = saved(document, tmp_path / "a.dxf")
    text = path.read_text(encoding="utf-8").replace(f"{EAST + 20}", "forty", 1)
    path.write_text(text, encoding="utf-8")
    delivery = draw(path)
    assert [entry.code for entry in delivery.quarantine] == ["UNREADABLE_GEOMETRY"]
    assert len(delivery.frame) == 2


def test_a_cut_drawing_gives_what_is_whole(tmp_path: Path, draw: Read) -> None:
    document, space = drawing("R12")
    for at in range(5):
        space.add_polyline2d(corners(20 * at), close=True, dxfattribs={"layer": "b"})
    path = saved(document, tmp_path / "a.dxf")
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"VERTEX")])
    delivery = draw(path, layer="b")
    assert len(delivery.frame) == 4
    assert [entry.code for entry in delivery.quarantine] == ["TRUNCATED"]
    assert "FILE_TRUNCATED" in codes(delivery)


def test_a_drawing_cut_in_its_preamble(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": LAYER})
    path = saved(document, tmp_path / "a.dxf")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="cut before anything is drawn"):
        draw(path)


def test_lines_out_of_step(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": LAYER})
    path = saved(document, tmp_path / "a.dxf")
    path.write_text(
        path.read_text(encoding="utf-8").replace("ENTITIES\n", "ENTITIES\nsome words\n"), encoding="utf-8"
    )
    delivery = draw(path)
    assert len(delivery.frame) == 1
    assert "DXF_GARBLED" in codes(delivery)


def test_a_drawing_in_a_zip(tmp_path: Path, draw: Read) -> None:
    import zipfile

    document, space = drawing()
    space.add_lwpolyline(corners(), close=True, dxfattribs={"layer": LAYER})
    path = saved(document, tmp_path / "a.dxf")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(path, "папка/чертеж.dxf")
    assert len(draw(tmp_path / "a.zip").frame) == 1


def strokes(space: Any, ring: list[tuple[float, float]]) -> None:
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        space.add_line(one, other, dxfattribs={"layer": LAYER})


def test_loose_lines_that_enclose_are_outlines(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    strokes(space, corners())
    strokes(space, corners(40)[::-1])
    space.add_lwpolyline(corners(80), close=True, dxfattribs={"layer": LAYER})
    space.add_line((EAST, NORTH + 90), (EAST + 5, NORTH + 90), dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert delivery.source.n_read == 4  # two chained, one closed, one line left over
    assert sorted(delivery.frame.geometry.area.round(2)) == [100.0] * 3
    assert [entry.code for entry in delivery.quarantine] == ["DXF_OPEN_OUTLINE"]
    said = next(issue for issue in delivery.issues if issue.code == "DXF_LINES_CHAINED")
    assert "8 separate lines enclose 2 outlines" in said.message


def test_shared_walls_and_double_strokes(tmp_path: Path, draw: Read) -> None:
    """Two houses wall to wall: the common wall is drawn once, another one twice."""
    document, space = drawing()
    left, right = corners(), corners(10)
    strokes(space, left)
    for one, other in zip(right, [*right[1:], right[0]], strict=True):
        if not {one, other} <= set(left):
            space.add_line(one, other, dxfattribs={"layer": LAYER})
    space.add_line(left[1], left[0], dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert delivery.frame.geometry.area.round(2).tolist() == [100.0, 100.0]
    assert not delivery.quarantine
    assert len(set(delivery.frame["ref"])) == 2


def test_ends_that_do_not_meet_are_not_bridged(tmp_path: Path, draw: Read) -> None:
    document, space = drawing()
    ring = corners()
    for one, other in zip(ring, [*ring[1:], (ring[0][0] + 0.4, ring[0][1])], strict=True):
        space.add_line(one, other, dxfattribs={"layer": LAYER})
    space.add_lwpolyline(corners(40), close=True, dxfattribs={"layer": LAYER})
    delivery = draw(saved(document, tmp_path / "a.dxf"))
    assert len(delivery.frame) == 1
    assert {entry.code for entry in delivery.quarantine} == {"DXF_OPEN_OUTLINE"}
    assert len(delivery.quarantine) == 4

"""The sketch: a true scale, labels that keep apart, text that stays text."""

import math
import re
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import dossier_facts
import geopandas
import numpy as np
import pytest
import shapely

from regularize.publish.paper import SCALES, Frame, Labels
from regularize.publish.resident import draw_own
from regularize.publish.scene import home_scene
from regularize.publish.situation import (
    MOST_SIDES,
    Scene,
    Shape,
    draw_location,
    draw_situation,
)

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 (our own SVG)


@pytest.fixture
def scene() -> Scene:
    return dossier_facts.scene(dossier_facts.facts()["boundary"])


@pytest.mark.parametrize("draw", [draw_situation, draw_location])
def test_a_metre_on_paper_is_a_metre_by_the_scale(scene: Scene, draw) -> None:  # type: ignore[no-untyped-def] # two functions of one signature
    """The red outline's extent in millimetres, times the denominator, is the home's extent."""
    drawing = draw(scene, lang="bg")
    root = ElementTree.fromstring(drawing.svg)  # noqa: S314 (our own SVG)
    assert root.get("width") == f"{drawing.width_mm:g}mm"
    assert root.get("viewBox") == f"0 0 {drawing.width_mm:g} {drawing.height_mm:g}"
    red = [p.get("d") for p in root.iter(f"{SVG}path") if "#D55E00" in {p.get("stroke"), p.get("fill")}]
    numbers = np.array([float(n) for n in re.findall(r"-?\d+\.\d+", red[0])]).reshape(-1, 2)
    west, south, east, north = shapely.union(dossier_facts.SURVEY, dossier_facts.REGISTER).bounds
    if draw is draw_situation:
        west, south, east, north = dossier_facts.SURVEY.bounds
    on_paper = (numbers.max(axis=0) - numbers.min(axis=0)) * drawing.denominator / 1000
    assert on_paper == pytest.approx([east - west, north - south], abs=0.02 * drawing.denominator / 1000)
    assert drawing.denominator in SCALES


@pytest.mark.parametrize("size_m", [2, 9, 30, 80, 300, 900, 30_000, 400_000])
def test_the_home_always_fits_the_frame(size_m: float) -> None:
    drawing = draw_situation(Scene(home_observed=[Shape(shapely.box(0, 0, size_m, size_m / 2))]), lang="en")
    assert drawing is not None
    on_paper = size_m * 1000 / drawing.denominator
    assert on_paper <= drawing.width_mm
    larger = [s for s in SCALES if s < drawing.denominator]
    if larger and size_m <= SCALES[-1] / 10:
        assert (size_m + 20) * 1000 / larger[-1] > drawing.width_mm or (size_m / 2 + 20) * 1000 / larger[
            -1
        ] > drawing.height_mm


def test_sides_points_names_and_neighbours_are_written(scene: Scene) -> None:
    drawing = draw_situation(scene, lang="bg")
    assert drawing is not None
    written = texts(drawing.svg)
    for expected in ("13,61", "8,16", "230", "231", "235", "ул. „Лозен“", "С", "10 м"):
        assert expected in written
    assert {str(n) for n in range(1, 7)} <= set(written)
    english = draw_situation(scene, lang="en")
    assert english is not None
    assert "13.61" in texts(english.svg)
    assert "N" in texts(english.svg)


def test_labels_never_cover_each_other() -> None:
    labels = Labels(Frame(0, 0, 170, 128, 250), [])
    rng = np.random.default_rng(7)
    for i in range(300):
        spots = [(rng.uniform(0, 170), rng.uniform(0, 128), rng.uniform(-90, 90))]
        labels.place(f"имот {i}", spots, 2.5)
    assert 20 < len(labels.taken) < 300
    assert not any(shapely.intersects(a, b) for a, b in combinations(labels.taken, 2))
    assert all(b.within(shapely.box(0, 0, 170, 128)) for b in labels.taken)


def test_text_stays_text(scene: Scene) -> None:
    hostile = '</text></svg><script>alert("1")</script>&'
    drawing = draw_situation(
        Scene(
            home_observed=scene.home_observed,
            parcels=[Shape(dossier_facts.PARCEL, hostile)],
            streets=[Shape(dossier_facts.streets().geometry[0], "\u202e" + hostile)],
        ),
        lang="bg",
    )
    assert drawing is not None
    root = ElementTree.fromstring(drawing.svg)  # noqa: S314 (our own SVG)
    assert not list(root.iter(f"{SVG}script"))
    assert any(t.startswith("</text></svg>") for t in texts(drawing.svg))
    assert "\u202e" not in drawing.svg


def test_many_corners_and_many_neighbours() -> None:
    angles = np.linspace(0, 2 * math.pi, 2001)[:-1]
    home = shapely.Polygon(np.column_stack((6 * np.cos(angles), 6 * np.sin(angles))))
    around = [
        Shape(shapely.box(x * 9 - 30, y * 9 - 30, x * 9 - 22, y * 9 - 22), f"{x}{y}")
        for x in range(7)
        for y in range(7)
        if (x, y) != (3, 3)
    ]
    points = [(x, y, str(i)) for i, (x, y) in enumerate(home.exterior.coords[:-1])]
    drawing = draw_situation(
        Scene(home_observed=[Shape(home)], register=around, parcels=around, points=points), lang="bg"
    )
    assert drawing is not None
    assert len(drawing.svg) < 60_000
    assert drawing.svg.count("<circle") == 0, f"numbers only up to {MOST_SIDES} corners"


@pytest.mark.parametrize(
    "scene",
    [
        Scene(),
        Scene(home_observed=[Shape(shapely.Polygon())]),
        Scene(parcels=[Shape(dossier_facts.PARCEL, "230")]),
    ],
)
def test_nothing_to_draw(scene: Scene) -> None:
    assert draw_situation(scene, lang="bg") is None
    assert draw_location(scene, lang="bg") is None


def test_odd_geometry_is_drawn() -> None:
    bow = shapely.Polygon([(0, 0), (8, 8), (8, 0), (0, 8)])
    three = shapely.Polygon([(0, 0, 5), (8, 0, 5), (8, 8, 5)])
    many = shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(6, 0, 9, 4)])
    line = shapely.LineString([(-50, -3), (50, -3)])
    for odd in (bow, three, many, shapely.Point(3, 3)):
        drawing = draw_situation(
            Scene(home_observed=[Shape(odd)], streets=[Shape(line, "ул. Трета"), Shape(shapely.Point(1, 1))]),
            lang="bg",
        )
        assert drawing is not None
        assert "ул. Трета" in texts(drawing.svg)


def test_the_same_scene_gives_the_same_drawing(scene: Scene) -> None:
    assert draw_situation(scene, lang="bg") == draw_situation(scene, lang="bg")


def test_a_scene_keeps_own_and_others_apart() -> None:
    made = home_scene(
        register_fids={1},
        survey_fids=(),
        register_buildings=dossier_facts.neighbours(),
        observed_buildings=dossier_facts.observed(),
        parcels=dossier_facts.parcels(),
    )
    assert [s.geometry for s in made.home_register] == [dossier_facts.REGISTER]
    assert len(made.register) == len(dossier_facts.neighbours()) - 1
    assert not made.home_observed
    assert len(made.observed) == len(dossier_facts.observed())
    assert made.parcels[0].label == "230"
    assert home_scene() == Scene(
        home_observed=[],
        home_register=[],
        observed=[],
        register=[],
        parcels=[],
        plots=[],
        streets=[],
        points=[],
    )


def test_a_plot_alone_is_drawn_as_the_home() -> None:
    made = home_scene(outline=dossier_facts.PLOT, parcels=dossier_facts.parcels())
    assert [s.geometry for s in made.home_observed] == [dossier_facts.PLOT]
    assert len(made.parcels) == len(dossier_facts.parcels())
    assert draw_situation(made, lang="bg") is not None


def test_what_lies_far_off_is_left_out() -> None:
    far = dossier_facts.parcels()
    far.geometry = far.geometry.translate(5000, 0)
    assert not home_scene(outline=dossier_facts.PLOT, parcels=far).parcels


def test_what_two_buildings_share_is_said_once() -> None:
    """Two halves of a house: one wall between them, and corners whose numbers would read as one."""
    halves = [Shape(shapely.box(0, 0, 6, 8)), Shape(shapely.box(6, 0, 14, 8))]
    corners = [(0, 0, "1"), (6, 0, "2"), (6, 8, "3"), (6, 0, "4"), (14, 0, "5"), (6, 8, "6")]
    drawing = draw_situation(Scene(home_observed=halves, points=corners), lang="bg")
    assert drawing is not None
    said = texts(drawing.svg)
    assert said.count("8,00") == 5, "of six sides of 8 m two are one wall"
    assert {"1", "5", "2, 4", "3, 6"} <= set(said)
    assert not {"2", "3", "4", "6"} & set(said)


def test_a_border_of_two_yards_is_drawn_once() -> None:
    """Its dashes would else fill each other's gaps; and two centimetres apart is the same line on paper."""
    home = [Shape(shapely.box(2, 2, 8, 8))]
    yards = [Shape(shapely.box(0, 0, 10, 10)), Shape(shapely.box(10.02, 0, 20, 10))]
    drawing = draw_situation(Scene(home_observed=home, plots=yards), lang="bg")
    assert drawing is not None
    root = ElementTree.fromstring(drawing.svg)  # noqa: S314 (our own SVG)
    (dashed,) = [p.get("d") or "" for p in root.iter(f"{SVG}path") if p.get("stroke-dasharray") == "2 0.8"]
    length_mm = 0.0
    for line in re.findall(r"M[^M]+", dashed):
        points = np.array([float(n) for n in re.findall(r"-?\d+\.\d+", line)]).reshape(-1, 2)
        length_mm += float(np.hypot(*np.diff(points, axis=0).T).sum())
        assert "Z" not in line
    assert length_mm * drawing.denominator / 1000 == pytest.approx(70, abs=0.5)


def test_buildings_that_overlap_leave_no_hole_in_the_location_map() -> None:
    scene = Scene(
        home_observed=[Shape(shapely.box(0, 0, 8, 8))],
        home_register=[Shape(shapely.box(4, 0, 12, 8))],
        observed=[Shape(shapely.box(30, 0, 40, 10))],
        register=[Shape(shapely.box(32, 0, 42, 10))],
    )
    drawing = draw_location(scene, lang="bg")
    assert drawing is not None
    root = ElementTree.fromstring(drawing.svg)  # noqa: S314 (our own SVG)
    for path in root.iter(f"{SVG}path"):
        if path.get("fill-rule") == "evenodd" and path.get("fill"):
            rings = [
                shapely.Polygon(np.array([float(n) for n in re.findall(r"-?\d+\.\d+", ring)]).reshape(-1, 2))
                for ring in re.findall(r"M[^M]+Z", path.get("d") or "")
            ]
            assert shapely.union_all(rings).area == pytest.approx(sum(ring.area for ring in rings))


@pytest.mark.parametrize("size_m", [3.0, 12.0, 40.0, 75.0, 140.0, 600.0])
def test_the_scene_holds_all_that_the_drawings_show(size_m: float) -> None:
    """What is drawn of the rows near the home is what would be drawn of the whole layer."""
    rng = np.random.default_rng(round(size_m))
    x, y = rng.uniform(-3 * size_m - 400, 3 * size_m + 400, (2, 1500))
    around = geopandas.GeoDataFrame({"fid": np.arange(1500)}, geometry=shapely.box(x, y, x + 9, y + 7))
    home = shapely.box(0, 0, size_m, size_m / 3)
    yards = geopandas.GeoDataFrame({"fid": [0]}, geometry=[shapely.box(-25, -9, size_m + 9, size_m + 20)])
    made = home_scene(outline=home, observed_buildings=around, plots=yards)
    whole = replace(made, observed=[Shape(g) for g in around.geometry])
    assert len(made.observed) < len(whole.observed)
    for draw in (draw_situation, draw_location):
        drawn = draw(made, lang="bg")
        assert drawn is not None
        assert drawn == draw(whole, lang="bg")
    # the neighbours are one shape there, whose rings may begin anywhere
    one, other = (draw_own(scene, north="С") for scene in (made, whole))
    assert one is not None
    assert other is not None
    assert sorted(map(sorted, _rings(one.svg))) == sorted(map(sorted, _rings(other.svg)))


def _rings(svg: str) -> list[set[str]]:
    return [set(ring.split("L")) for ring in re.findall(r"M([^MZ\"]+)", svg)]

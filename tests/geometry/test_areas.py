"""Overlapping pairs and their areas, against exact rational arithmetic and against GEOS."""

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate, translate

from regularize.geometry import areas
from regularize.geometry.areas import TOUCH_M2, coverage, outlines, pairs, self_pairs

kernel = pytest.importorskip("regularize.geometry.kernel", reason="numba is not installed")
compiled = pytest.importorskip("regularize.geometry.compiled", reason="numba is not installed")

ENGINES = ("numba", "shapely")
TOLERANCE_M2 = {"numba": 1e-9, "shapely": 1e-7}
FAR = (512_345.678, 4_701_234.567)


def exact_area(a, b):
    """The area a and b share, as an exact fraction: slab by slab, without the kernel's formula."""
    sides = [_sides(a), _sides(b)]
    cuts = {x for edges in sides for (x0, _, x1, _) in edges for x in (x0, x1)}
    for x0, y0, x1, y1 in sides[0]:
        for u0, v0, u1, v1 in sides[1]:
            slope, other = (y1 - y0) / (x1 - x0), (v1 - v0) / (u1 - u0)
            if slope != other:
                x = (v0 - other * u0 - y0 + slope * x0) / (slope - other)
                if max(x0, u0) < x < min(x1, u1):
                    cuts.add(x)
    total = Fraction(0)
    for low, high in pairwise(sorted(cuts)):
        middle = (low + high) / 2
        heights = [
            sorted(y0 + (middle - x0) * (y1 - y0) / (x1 - x0) for x0, y0, x1, y1 in edges if x0 < middle < x1)
            for edges in sides
        ]
        spans = [list(zip(ys[::2], ys[1::2], strict=True)) for ys in heights]
        for bottom, top in spans[0]:
            for under, over in spans[1]:
                total += max(Fraction(0), min(top, over) - max(bottom, under)) * (high - low)
    return total


def _sides(polygon):
    """The edges of all rings that are not upright, left to right, as exact fractions."""
    found = []
    for part in shapely.get_parts(polygon):
        for ring in shapely.get_rings(part):
            corners = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
            for (x0, y0), (x1, y1) in pairwise(corners):
                if x0 != x1:
                    found.append((x0, y0, x1, y1) if x0 < x1 else (x1, y1, x0, y0))
    return found


def _ring_around(points):
    """Points in the order of their direction from their middle: a star-shaped ring."""
    corners = np.array(sorted(set(points)), dtype=float)
    if len(corners) < 3:
        return None
    x, y = (corners - corners.mean(axis=0)).T
    ring = corners[np.lexsort((np.hypot(x, y), np.arctan2(y, x)))]
    made = Polygon(ring)
    return made if made.is_valid and made.area > 0 else None


LATTICE = st.tuples(st.integers(0, 6), st.integers(0, 6))
FREE = st.tuples(st.floats(0, 6, width=32), st.floats(0, 6, width=32))
STAR = (
    (st.lists(LATTICE, min_size=3, max_size=9) | st.lists(FREE, min_size=3, max_size=9))
    .map(_ring_around)
    .filter(lambda p: p is not None)
)


@st.composite
def polygons(draw):
    """Stars on a lattice (so that edges and corners meet) or not, with a hole, in parts, far away."""
    made = draw(STAR)
    kind = draw(st.sampled_from(["plain", "plain", "hole", "parts", "turned"]))
    if kind == "hole":
        hole = [(made.centroid.x + (x - made.centroid.x) / 4, made.centroid.y + (y - made.centroid.y) / 4)
                for x, y in made.exterior.coords]  # fmt: skip
        made = Polygon(made.exterior, [hole])
    elif kind == "parts":
        made = MultiPolygon([made, translate(draw(STAR), draw(st.sampled_from([6.0, 6.5])), 0.0)])
    elif kind == "turned":
        made = rotate(made, draw(st.integers(1, 359)), origin=(3, 3))
    return made if made.is_valid else box(0, 0, 6, 6)


@st.composite
def layers(draw):
    """Two small layers at one place: near the origin, or at national coordinates."""
    size = draw(st.sampled_from([0.1, 1.0, 10.0]))
    place = draw(st.sampled_from([(0.0, 0.0), FAR]))
    found = []
    for _ in range(2):
        local = np.array(draw(st.lists(polygons(), min_size=1, max_size=3)), dtype=object)
        placed = shapely.transform(local, lambda xy: xy * size + place)
        found.append(placed[shapely.is_valid(placed)])
    return found


@pytest.mark.parametrize("engine", ENGINES)
@given(layers())
@settings(deadline=None, max_examples=120)
def test_areas_are_those_of_exact_arithmetic(engine, pair):
    a, b = pair
    found = pairs(a, b, engine=engine)
    got = {(i, j): area for i, j, area in zip(found.left, found.right, found.area_m2, strict=True)}
    for i, mine in enumerate(a):
        for j, other in enumerate(b):
            expected = float(exact_area(mine, other))
            if (i, j) in got:
                assert got[i, j] == pytest.approx(expected, abs=TOLERANCE_M2[engine], rel=0)
            else:
                assert expected <= TOUCH_M2 + TOLERANCE_M2[engine]


UNIT = box(0, 0, 10, 10)
RING = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
COMB = Polygon(
    [(0, 0), (10, 0), (10, 10), (8, 10), (8, 1), (6, 1), (6, 10), (4, 10), (4, 1), (2, 1), (2, 10), (0, 10)]
)
CASES = {
    "identical": (UNIT, UNIT, 100.0),
    "other direction": (UNIT, UNIT.reverse(), 100.0),
    "shared edge": (UNIT, box(10, 0, 20, 10), 0.0),
    "part of an edge shared": (UNIT, box(10, 3, 20, 30), 0.0),
    "touching corners": (UNIT, box(10, 10, 20, 20), 0.0),
    "corner on an edge": (UNIT, Polygon([(10, 5), (20, 0), (20, 10)]), 0.0),
    "apart": (UNIT, box(11, 0, 12, 1), 0.0),
    "inside": (UNIT, box(2, 3, 4, 5), 4.0),
    "inside, on an edge": (UNIT, box(0, 3, 4, 5), 8.0),
    "around": (box(2, 3, 4, 5), UNIT, 4.0),
    "island in a hole": (RING, box(3, 3, 6, 6), 0.0),
    "small island in a hole": (RING, box(4, 4, 5, 5), 0.0),
    "over a hole": (RING, box(2, 2, 7, 7), 16.0),
    "two with the same hole": (RING, RING, 72.0),
    "between the teeth": (COMB, box(2, 1, 4, 10), 0.0),
    "over the teeth": (COMB, box(1, 5, 9, 6), 4.0),
    # Only upright edges of the outer polygon run through the box of the inner one.
    "upright edges alone": (box(0, -50, 4, 50), box(-5, 0, 5, 10), 40.0),
    "upright edge through the middle": (box(0, -50, 4, 50), box(-5, 0, 5, 1), 4.0),
    "sliver": (UNIT, box(9.999, -5, 20, 5), 0.005),
    "needle": (UNIT, Polygon([(-100, 5), (200, 5), (200, 5.001)]), 10 * 0.001 * 105 / 300),
    "parts": (UNIT, MultiPolygon([box(-5, -5, 1, 1), box(9, 9, 15, 15), box(40, 40, 41, 41)]), 2.0),
    "parts that meet in a corner": (UNIT, MultiPolygon([box(0, 0, 5, 5), box(5, 5, 10, 10)]), 50.0),
    "crossing": (box(-5, 4, 15, 6), box(4, -5, 6, 15), 4.0),
    "diamond": (UNIT, Polygon([(5, -5), (15, 5), (5, 15), (-5, 5)]), 100.0),
    "in the box, not in the shape": (Polygon([(0, 0), (10, 0), (10, 10)]), box(1, 5, 2, 6), 0.0),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("place", [(0.0, 0.0), (512_345.0, 4_701_234.0)])
@pytest.mark.parametrize("name", CASES)
def test_known_cases(name, place, turned, engine):
    a, b, expected = CASES[name]
    if turned:
        a, b = (shapely.transform(p, lambda xy: xy[:, ::-1]) for p in (b, a))
    a, b = (translate(p, *place) for p in (a, b))
    found = pairs([a], [b], engine=engine)
    # At national coordinates the decimals of an input are themselves rounded, to 1e-9 m.
    assert found.area_m2.sum() == pytest.approx(expected, abs=1e-12 if place == (0.0, 0.0) else 1e-7)
    assert len(found) == (expected > 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_no_polygon_overlaps_nothing(engine):
    with np.errstate(invalid="ignore"):  # GEOS itself stumbles over it
        broken = Polygon([(0, 0), (10, 0), (10, np.nan), (0, 10)])
        endless = Polygon([(0, 0), (np.inf, 0), (10, 10), (0, 10)])
    layer = [
        None,
        Polygon(),
        UNIT,
        Point(1, 1),
        broken,
        UNIT.boundary,
        endless,
        MultiPolygon(),
        box(5, 5, 15, 15),
    ]
    found = pairs(layer, layer, engine=engine)
    assert found.left.tolist() == [2, 2, 8, 8]
    assert found.right.tolist() == [2, 8, 2, 8]
    assert found.area_m2 == pytest.approx([100, 25, 25, 100])
    assert coverage(layer, [box(0, 0, 5, 5)], engine=engine).tolist() == [0, 0, 25, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("a", "b"), [([], []), ([UNIT], []), ([], [UNIT]), ([None], [UNIT]), ([UNIT], [None])]
)
def test_empty_layers(a, b, engine):
    found = pairs(a, b, engine=engine)
    assert (len(found), found.left.dtype, found.area_m2.dtype) == (0, np.dtype("int64"), np.dtype("float64"))
    assert coverage(a, b, engine=engine).tolist() == [0.0] * len(a)
    assert len(self_pairs(a, engine=engine)) == 0


def town(seed, n=900):
    """A jittered mesh of parcels and turned houses on it, at national coordinates."""
    rng = np.random.default_rng(seed)
    side = round(np.sqrt(n))
    mesh = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1)), axis=-1) * 20.0
    mesh = np.round(mesh + rng.normal(0, 2, mesh.shape) + FAR, 3)
    rings = np.stack([mesh[:-1, :-1], mesh[:-1, 1:], mesh[1:, 1:], mesh[1:, :-1]], axis=2).reshape(-1, 4, 2)
    lots = shapely.polygons(rings)
    houses = [
        rotate(translate(COMB, *p), t)
        for p, t in zip(rings.mean(axis=1), rng.uniform(0, 360, n), strict=True)
    ]
    return lots, np.array(houses)


def test_engines_agree_on_a_town():
    lots, houses = town(1)
    ours, geos = (pairs(houses, lots, engine=engine) for engine in ENGINES)
    assert len(ours) > len(houses)
    assert (ours.left == geos.left).all()
    assert (ours.right == geos.right).all()
    assert ours.area_m2 == pytest.approx(geos.area_m2, abs=1e-8, rel=0)
    assert len(self_pairs(lots, engine="numba")) == 0  # a mesh has no overlaps
    inside = coverage(houses[:5], [shapely.union_all(lots)], engine="numba")
    assert coverage(houses[:5], lots, engine="numba") == pytest.approx(inside)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_order_of_the_input_does_not_matter(engine):
    lots, houses = town(2)
    before = shapely.to_wkb(lots).copy()
    first, again = (pairs(houses, lots, engine=engine) for _ in range(2))
    assert (np.diff(first.left) >= 0).all()
    assert first.area_m2.tobytes() == again.area_m2.tobytes()
    assert (shapely.to_wkb(lots) == before).all()
    order = np.random.default_rng(3).permutation(len(lots))
    mixed = pairs(houses, lots[order], engine="numba")
    straight = pairs(houses, lots, engine="numba")
    at = np.lexsort((order[mixed.right], mixed.left))
    assert (order[mixed.right][at] == straight.right).all()
    assert mixed.area_m2[at].tobytes() == straight.area_m2.tobytes()


def test_large_outlines():
    angle = np.linspace(0, 2 * np.pi, 6000, endpoint=False)
    reach = 1000 + 60 * np.sin(40 * angle)
    forest = Polygon(np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1) + FAR)
    moved = translate(forest, 37.0, 11.0)
    layer = np.array([forest, *town(4)[0][:50]])
    ours, geos = (pairs(layer, [moved], engine=engine) for engine in ENGINES)
    assert ours.area_m2 == pytest.approx(geos.area_m2, rel=1e-12)
    assert (ours.left == geos.left).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_layer_made_ready_once_gives_the_same(engine):
    lots, houses = town(6)
    layer = np.array([None, *lots, Point(0, 0)], dtype=object)
    ready = outlines(layer)
    for other in (houses, houses[::2], lots):
        plain, again = pairs(other, layer, engine=engine), pairs(other, ready, engine=engine)
        assert (plain.left == again.left).all()
        assert (plain.right == again.right).all()
        assert plain.area_m2.tobytes() == again.area_m2.tobytes()
    assert len(coverage(ready, houses, engine=engine)) == len(layer)


def test_many_boxes_over_one_place():
    squares = [box(-k, -k, 1, 1) for k in range(300)]
    found = pairs(squares, squares, engine="numba")
    assert len(found) == 300 * 300
    assert found.area_m2[0] == pytest.approx(1)
    assert found.area_m2[-1] == pytest.approx(300**2)


def test_self_pairs_come_once():
    layer = [box(0, 0, 2, 2), box(1, 1, 3, 3), box(3, 0, 4, 9), box(0, 0, 2, 2)]
    for engine in ENGINES:
        found = self_pairs(layer, engine=engine)
        assert list(zip(found.left, found.right, strict=True)) == [(0, 1), (0, 3), (1, 3)]
        assert found.area_m2 == pytest.approx([1, 4, 1])


def test_smaller_overlaps_are_left_out_on_demand():
    squares = [box(0, 0, 1, 1), box(0, 0, 2, 2), box(0, 0, 3, 3)]
    for engine in ENGINES:
        assert pairs([UNIT], squares, engine=engine, min_area_m2=4.0).right.tolist() == [1, 2]


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="engine"):
        pairs([UNIT], [UNIT], engine="dask")


def test_small_inputs_do_not_start_numba():
    code = (
        "import sys; from shapely import box; from regularize.geometry.areas import pairs;"
        "assert len(pairs([box(0, 0, 2, 2)], [box(1, 1, 3, 3)])) == 1; assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_large_inputs_take_the_kernel_if_it_is_there(monkeypatch):
    n = areas.NUMBA_PAYS
    assert areas._engine("auto", n) is kernel.overlaps
    assert areas._engine("auto", n - 1) is areas._overlaps_shapely
    monkeypatch.setitem(sys.modules, "regularize.geometry.kernel", None)  # an import of it fails
    monkeypatch.delattr("regularize.geometry.kernel")
    assert areas._engine("auto", n) is areas._overlaps_shapely
    with pytest.raises(ImportError):
        areas._engine("numba", n)
    monkeypatch.setattr(areas, "NUMBA_PAYS", 1)
    assert pairs([UNIT], [UNIT]).area_m2 == pytest.approx([100])


def test_a_disk_that_keeps_nothing_is_no_obstacle(monkeypatch):
    compile_ = compiled.numba.njit

    def no_locator(signature, **options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return compile_(signature, **options)

    monkeypatch.setattr(compiled.numba, "njit", no_locator)
    assert compiled.compiled("int64(int64)")(lambda n: n + 1)(1) == 2


def test_touching_is_not_overlapping_whatever_the_rounding():
    """Neighbours whose common corner lies on the other's edge only up to the last bit."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        p, q = rng.uniform(0, 50, (2, 2)) + FAR
        middle = p + (q - p) * rng.uniform(0.1, 0.9)
        side = np.array([p[1] - q[1], q[0] - p[0]])
        one = Polygon([p, q, q + side, p + side])
        other = Polygon([p, middle, q, q - side, p - side])
        assert one.is_valid
        assert other.is_valid
        for engine in ENGINES:
            assert len(pairs([one], [other], engine=engine)) == 0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("width_m", [1e-30, 1e-99, 1e-101, 1e-160, 1e-250])
def test_an_edge_that_is_all_but_upright_loses_nothing(engine, width_m):
    leaning = Polygon([(0, 0), (4, 0), (4, 4), (width_m, 4)])
    others = [box(-1, 1, 5, 2), box(2, 1, 9, 2), Polygon([(-3, 0), (6, 1), (width_m, 3)])]
    expected = [shapely.area(shapely.intersection(box(0, 0, 4, 4), other)) for other in others]
    assert pairs([leaning], others, engine=engine).area_m2 == pytest.approx(expected, abs=1e-9)
    assert pairs(others, [leaning], engine=engine).area_m2 == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("corners", [kernel.MANY - 1, kernel.MANY + 1, 300])
def test_outlines_of_many_corners(corners):
    rng = np.random.default_rng(corners)
    layers = []
    for _ in range(2):
        angle = np.sort(rng.uniform(0, 2 * np.pi, (6, corners)), axis=1)
        reach = 30 * rng.uniform(0.5, 1.0, angle.shape)
        middle = np.array(FAR) + rng.uniform(-20, 20, (6, 1, 2))
        rings = middle + np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=-1)
        layers.append(shapely.polygons(rings))
    found, plain = pairs(*layers, engine="numba"), pairs(*layers, engine="shapely")
    assert len(found) == 36
    assert found.left.tolist() == plain.left.tolist()
    assert found.right.tolist() == plain.right.tolist()
    assert found.area_m2 == pytest.approx(plain.area_m2, abs=1e-6)


def test_outlines_are_the_same_however_many_are_read_at_once(monkeypatch):
    with np.errstate(invalid="ignore"):  # GEOS itself stumbles over it
        endless = Polygon([(0, 0), (1, np.inf), (1, 1)])
    odd = [
        None,
        Point(1, 1),
        Polygon(),
        endless,
        shapely.LineString([(0, 0), (1, 1)]),
    ]
    holed = box(0, 0, 9, 9).difference(box(2, 2, 4, 4))
    layer = [
        box(0, 0, 1, 1),
        *odd,
        holed,
        MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]),
        *odd,
        box(3, 3, 8, 8),
    ]
    whole = outlines(layer)
    monkeypatch.setattr(areas, "FREELY", 0)
    for at_once in (1, 2, 5, len(layer)):
        monkeypatch.setattr(areas, "AT_ONCE", at_once)
        again = outlines(layer)
        for name in ("at", "is_single", "coordinates", "start", "size"):
            assert np.array_equal(getattr(whole, name), getattr(again, name)), name
        assert all(a is b for a, b in zip(whole.polygons, again.polygons, strict=True))
    assert whole.at.tolist() == [0, 6, 7, 13]
    assert whole.is_single.tolist() == [True, True, False, True]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # where compiled code divides by zero in silence
def test_no_place_outside_the_arrays_is_read():
    """Compiled code does not ask whether a place is there; the same code in Python does."""
    holed = box(0, 0, 9, 9).difference(box(2, 2, 4, 4))
    first, second = (kernel._layer(outlines(layer)) for layer in ([holed, holed], [box(1, 1, 9.5, 1.5)]))
    area_m2, left, right = np.empty(2), np.zeros(2, np.int64), np.arange(2)
    kernel._shared_areas.py_func(left, right, True, area_m2, *second.table, second.area_m2, *first.table)
    assert area_m2.tolist() == [4.0, 4.0]

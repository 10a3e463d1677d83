"""Row by row: the first reason stands, nothing vanishes, mending eats no land."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_sources import codes, square, write

from regularize.geometry.repair import mend
from regularize.intake import Delivery

Read = Callable[..., Delivery]
X, Y = 288_000, 3_974_000


def moved(wkt: str) -> Any:
    return shapely.transform(shapely.from_wkt(wkt), lambda points: points + np.array([X, Y]))


SPIKED = moved("POLYGON ((0 0, 10 0, 10 10, 0.1 10, -0.2 10.2, 0 10, 0 9.9, 0.2 10.3, 0 9.8, 0 0))")
BOW_TIE = moved("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")


def star(n: int) -> Any:
    """A ring of `n` vertices that crosses itself everywhere."""
    points = np.random.default_rng(5).random((n, 2)) * 20 + [X, Y]
    return shapely.polygons(points)


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "NULL_GEOMETRY"),
        (shapely.Polygon(), "EMPTY_GEOMETRY"),
        (shapely.Point(X, Y), "WRONG_FAMILY"),
        (shapely.LineString([(X, Y), (X + 1, Y)]), "WRONG_FAMILY"),
        (moved("POLYGON ((0 0, 1 1, 0 0, 0 0))"), "ZERO_AREA"),
        (moved("POLYGON ((0 0, 0.01 0, 0.01 0.01, 0 0))"), "ZERO_AREA"),
        (BOW_TIE, "NOT_MENDABLE"),
        (moved("POLYGON ((0 0, 20 0, 20 20, 0 20, 0 0), (30 5, 35 5, 35 10, 30 10, 30 5))"), "NOT_MENDABLE"),
        (star(100), "NOT_MENDABLE"),
        (star(300), "NOT_MENDABLE"),
        (
            moved("GEOMETRYCOLLECTION (POLYGON ((0 0, 5 0, 5 5, 0 0)), LINESTRING (0 0, 50 50))"),
            "MIXED_GEOMETRY",
        ),
    ],
)
def test_a_row_that_cannot_be_stored(geometry: Any, code: str, tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "b.gpkg", [square(50), geometry, square(100)], ref=list("abc"))
    delivery = read(path)
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, code)]
    (kept,) = delivery.quarantine
    assert kept.attributes["ref"] == "b"
    assert "b.gpkg" in kept.message
    assert "feature 2" in kept.message
    assert (kept.wkb is None) == (geometry is None)
    causes = {"SELF_CROSSING", "HOLE_OUTSIDE"}
    assert [found for found in codes(delivery) if found not in causes] == [code]


def test_a_bomb_does_not_hold_up_the_rest(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "b.gpkg", [square(), *(star(n) for n in (190, 260, 3000))], ref=list("abcd"))
    begin = time.process_time()
    delivery = read(path)
    assert time.process_time() - begin < 5
    assert delivery.frame["ref"].tolist() == ["a"]
    assert [q.code for q in delivery.quarantine] == ["NOT_MENDABLE", "NOT_MENDABLE", "TOO_COMPLEX"]


def test_very_many_vertices_are_judged_apart(tmp_path: Path, read: Read) -> None:
    turn = np.linspace(0, 2 * np.pi, 120_000, endpoint=False)
    big = shapely.polygons(np.column_stack([X + 500 * np.cos(turn), Y + 500 * np.sin(turn)]))
    delivery = read(write(tmp_path / "b.gpkg", [square(2000), big], ref=list("ab")))
    assert codes(delivery) == []
    assert delivery.frame["ref"].tolist() == ["a", "b"]


def test_a_small_fault_is_mended_and_said(tmp_path: Path, read: Read) -> None:
    """Tips that cross over and reach 0.3 m: more than a total station errs, less than a sketch does."""
    path = write(tmp_path / "b.gpkg", [SPIKED], ref=["a"])
    assert [row.code for row in read(path, sigma_m=0.1).quarantine] == ["NOT_MENDABLE"]
    delivery = read(path, sigma_m=0.4)
    assert codes(delivery) == ["SELF_CROSSING", "GEOMETRY_MENDED"]
    assert "100.01 m² before, 99.99 m² after" in delivery.issues[1].message
    assert delivery.frame.geometry.is_valid.all()


def test_a_collection_with_a_stray_point_is_its_polygons(tmp_path: Path, read: Read) -> None:
    mixed = shapely.GeometryCollection([square(), shapely.Point(X, Y)])
    delivery = read(write(tmp_path / "b.gpkg", [mixed], ref=["a"]))
    assert codes(delivery) == ["GEOMETRY_MENDED"]
    assert delivery.frame.geometry.iloc[0].equals(square())


def test_heights_are_dropped_and_noted_once(tmp_path: Path, read: Read) -> None:
    shapes = [shapely.force_3d(square(at), 5.0) for at in (0, 50)]
    delivery = read(write(tmp_path / "b.gpkg", shapes))
    assert codes(delivery) == ["Z_DROPPED"]
    assert not delivery.frame.geometry.has_z.any()


def test_duplicates(tmp_path: Path, read: Read) -> None:
    turned = shapely.Polygon(list(square().exterior.coords)[2:-1] + list(square().exterior.coords)[:2])
    shapes = [square(), turned, square(50), square(100), square(100)]
    path = write(tmp_path / "b.gpkg", shapes, identifier=["1", "1", "1", "2", "3"])
    delivery = read(path)
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, "DUPLICATE_ROW")]
    assert [(i.code, i.feature) for i in delivery.issues] == [
        ("DUPLICATE_ROW", 1),
        ("DUPLICATE_IDENTIFIER", 2),
        ("DUPLICATE_GEOMETRY", 4),
    ]


def test_issues_say_where(tmp_path: Path, read: Read) -> None:
    issue = read(write(tmp_path / "b.gpkg", [square(50), BOW_TIE])).issues[0]
    assert (issue.feature, issue.x, issue.y) == (1, X + 5, Y + 5)


rings = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9)


@given(rings, st.floats(0.01, 2))
@settings(deadline=None, max_examples=200)
def test_mending_keeps_the_land(ring: list[tuple[int, int]], tolerance_m: float) -> None:
    geometry = shapely.Polygon(ring)
    done = mend(geometry, tolerance_m)
    if done.geometry is None:
        assert not geometry.is_valid
        return
    assert done.geometry.is_valid
    assert shapely.get_num_geometries(done.geometry) == 1
    assert done.area_after_m2 == pytest.approx(done.geometry.area)
    assert abs(done.area_before_m2 - done.area_after_m2) <= tolerance_m * geometry.length
    drawn = shapely.union_all(shapely.get_parts(shapely.polygonize([shapely.node(geometry.exterior)])))
    assert abs(drawn.area - done.area_after_m2) <= tolerance_m * geometry.length
    # No land farther from what is left than the accuracy, and none that was not drawn.
    assert done.geometry.buffer(tolerance_m + 1e-6, quad_segs=64).covers(drawn)
    assert drawn.buffer(1e-6).covers(done.geometry)
    again = mend(done.geometry, tolerance_m)
    assert not again.changed
    assert again.geometry is done.geometry


TIP = shapely.Polygon([(0, 20), (20, 20), (20, 0), (0, 0), (0, -0.95), (1.2, 0.6)])


@pytest.mark.parametrize(("tolerance_m", "is_mended"), [(0.02, False), (1.1, False), (1.3, True)])
def test_a_small_part_is_left_out_only_within_the_accuracy(tolerance_m: float, is_mended: bool) -> None:
    """The corner that crosses over reaches 1.2 m from the rest and holds 0.35 m2."""
    done = mend(TIP, tolerance_m)
    assert (done.geometry is not None) is is_mended
    if done.geometry is not None:
        assert done.area_before_m2 - done.area_after_m2 == pytest.approx(0.3489, abs=0.001)


def test_small_parts_far_off_go_into_quarantine(tmp_path: Path, read: Read) -> None:
    tip = shapely.transform(TIP, lambda points: points + np.array([X, Y]))
    delivery = read(write(tmp_path / "b.gpkg", [tip]), sigma_m=0.02)
    assert [q.code for q in delivery.quarantine] == ["NOT_MENDABLE"]


def test_a_valid_outline_is_left_alone() -> None:
    done = mend(square(), 0.1)
    assert done.geometry is not None
    assert not done.changed
    assert done.area_before_m2 == done.area_after_m2 == 100

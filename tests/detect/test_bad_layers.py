"""What detection does with layers that are empty, identical, overlapping, one clump, or absurd."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import box

from regularize import countries
from regularize.detect.buildings import BuildingResult, detect_buildings
from regularize.detect.cadastre import self_check
from regularize.detect.flags import STRADDLES
from regularize.detect.plots import detect_plots
from regularize.errors import InputError

T = countries.load("generic").thresholds


def layer(shapes, sigma_m: object = 0.1, prefix: str = "r") -> gpd.GeoDataFrame:  # type: ignore[no-untyped-def]
    n = len(shapes)
    data = {"fid": range(1, n + 1), "ref": [f"{prefix}{k}" for k in range(n)], "sigma_m": sigma_m}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:7801")


def run(register, observed, **more) -> BuildingResult:  # type: ignore[no-untyped-def]
    return detect_buildings(register, observed, thresholds=T, **more)


def codes(result: BuildingResult) -> set[str]:
    return {issue.code for issue in result.issues}


HOUSES = [box(20 * k, 0, 20 * k + 8, 9 + k % 3) for k in range(12)]


@pytest.mark.parametrize("nothing", [None, layer([])])
def test_nothing_on_either_side(nothing: gpd.GeoDataFrame | None) -> None:
    empty = run(nothing, nothing)
    assert empty.findings == []
    assert codes(empty) == {"NO_OBSERVED_BUILDINGS"}
    assert detect_plots(nothing, nothing, thresholds=T).findings == []
    assert self_check(nothing, nothing, thresholds=T) == ()


@pytest.mark.parametrize("nothing", [None, layer([])])
def test_one_side_empty(nothing: gpd.GeoDataFrame | None) -> None:
    no_register = run(nothing, layer(HOUSES))
    assert {f.cls for f in no_register.findings} == {"not_in_cadastre"}
    assert {f.grade for f in no_register.findings} == {"D"}
    assert "NO_REGISTER_BUILDINGS" in codes(no_register)
    no_survey = run(layer(HOUSES), nothing)
    # Nobody looked: that is no finding about any building.
    assert no_survey.findings == []
    assert codes(no_survey) == {"NO_OBSERVED_BUILDINGS"}
    no_parcels = detect_plots(nothing, layer(HOUSES), thresholds=T)
    assert no_parcels.findings == []
    assert {i.code for i in no_parcels.issues} == {"NO_PARCELS"}


def test_all_the_same_everywhere() -> None:
    both = run(layer(HOUSES), layer(HOUSES))
    assert {f.cls for f in both.findings} == {"unchanged"}
    assert len(both.findings) == len(HOUSES)
    # One outline sixty times over: one building, and it is said.
    heap = run(layer([HOUSES[0]] * 60), layer([HOUSES[0]] * 60))
    assert [f.cls for f in heap.findings] == ["unchanged"]
    assert "DUPLICATE_FOOTPRINT" in codes(heap)
    assert len(heap.findings[0].survey_fids) == 60


def test_one_outline_ten_thousand_times_over() -> None:
    n = 10_000
    heap = run(layer([HOUSES[0]] * n), layer([HOUSES[0]] * n))
    assert [f.cls for f in heap.findings] == ["unchanged"]
    assert len(heap.findings[0].register_fids) == n
    parcels = layer([box(0, 0, 40, 40)] * n, prefix="p")
    plots = detect_plots(parcels, layer([box(0, 0, 40, 40)] * n, prefix="d"), thresholds=T)
    assert [f.cls for f in plots.findings] == ["registered"]
    # Each is told against the first, not each against each.
    assert len(self_check(parcels, None, thresholds=T)) == n - 1


def test_the_same_outline_drawn_another_way_round_is_the_same() -> None:
    turned = shapely.Polygon([(8, 9), (0, 9), (0, 0), (8, 0)])
    other = shapely.Polygon([(0, 0), (8, 0), (8, 9), (4, 9), (0, 9)])  # the same ground, one corner more
    result = run(layer([HOUSES[0], turned, other]), layer([HOUSES[0]]))
    assert [f.register_refs for f in result.findings] == [("r0", "r1", "r2")]


def test_parcels_that_overlap_count_once_and_are_reported() -> None:
    parcels = layer([box(0, 0, 40, 40), box(0, 0, 40, 40), box(30, 0, 60, 40)], prefix="p")
    houses = layer([box(5, 5, 15, 15), box(28, 5, 38, 15)])
    result = run(None, houses, parcels=parcels)
    for finding in result.findings:
        area = finding.measures["area_survey_m2"].value
        for name, measure in finding.measures.items():
            if name.startswith("on_") or name in {"outside_parcels_m2", f"{STRADDLES.lower()}_m2"}:
                assert measure.value <= area + 1e-6, name
    plots = detect_plots(parcels, layer([box(2, 2, 38, 38), box(20, 2, 58, 38)], prefix="d"), thresholds=T)
    for finding in plots.findings:
        m = finding.measures
        assert m["inside_m2"].value <= m["area_survey_m2"].value + 1e-6
        assert m["largest_share"].value <= 1.0
        assert m["inside_m2"].value + m["outside_m2"].value <= m["area_survey_m2"].value + 1e-6
    overlaps = [i for i in self_check(parcels, None, thresholds=T) if i.code == "PARCELS_OVERLAP"]
    assert len(overlaps) == 3
    assert {i.severity for i in overlaps} == {"warning"}


def test_ten_thousand_buildings_in_one_clump() -> None:
    side = 100
    x, y = (v.ravel() for v in np.meshgrid(np.arange(side), np.arange(side)))
    register = shapely.box(10.0 * x, 10.0 * y, 10.0 * x + 10, 10.0 * y + 10)
    # Each observed one covers parts of four: everything hangs together.
    observed = shapely.box(10.0 * x + 5, 10.0 * y + 5, 10.0 * x + 15, 10.0 * y + 15)
    from regularize.geometry.alignment import Shift

    still = Shift(0.0, 0.0, True, "", 50, 0.1, 0.9, 0.9)
    result = run(layer(register), layer(observed), shift=still)
    (finding,) = result.findings
    assert finding.cls == "complex"
    assert (len(finding.survey_fids), len(finding.register_fids)) == (side * side, side * side)
    assert finding.grade in {"B", "C", "D"}
    assert finding.measures["area_survey_m2"].value == pytest.approx(side * side * 100)


@pytest.mark.parametrize(
    ("sigma_m", "code"),
    [
        (None, "SIGMA_MISSING"),
        (float("nan"), "SIGMA_MISSING"),
        ("about a metre", "SIGMA_MISSING"),
        (0.0, "SIGMA_REPLACED"),
        (-0.1, "SIGMA_REPLACED"),
        (500.0, "SIGMA_REPLACED"),
        (float("inf"), "SIGMA_REPLACED"),
    ],
)
def test_an_accuracy_that_is_missing_or_cannot_be(sigma_m: object, code: str) -> None:
    result = run(layer(HOUSES), layer(HOUSES, sigma_m))
    assert code in codes(result)
    assert {f.cls for f in result.findings} == {"unchanged"}
    # The stated default: no sizes, and no grade above C.
    assert all("SIZE_NOT_ASSESSED" in f.reasons for f in result.findings)
    assert {f.grade for f in result.findings} <= {"C", "D"}


def test_no_column_of_accuracy_at_all() -> None:
    result = run(layer(HOUSES), layer(HOUSES).drop(columns="sigma_m"))
    assert "SIGMA_MISSING" in codes(result)
    assert {f.cls for f in result.findings} == {"unchanged"}


def test_layers_on_different_grounds_are_refused() -> None:
    register, observed = layer(HOUSES), layer(HOUSES)
    for crs in ("EPSG:4326", "EPSG:3857"):
        with pytest.raises(InputError, match="measured"):
            run(register.set_crs(crs, allow_override=True), observed.set_crs(crs, allow_override=True))
    with pytest.raises(InputError, match="observed_buildings"):
        run(register.set_crs("EPSG:25830", allow_override=True), observed)
    with pytest.raises(InputError, match="parcels"):
        detect_plots(register.set_crs("EPSG:25830", allow_override=True), observed, thresholds=T)
    # Without any CRS the numbers are taken as metres.
    assert len(run(layer(HOUSES).set_crs(None, allow_override=True), observed).findings) == len(HOUSES)


def test_streets_without_a_width_are_said_to_prove_nothing() -> None:
    line = shapely.LineString([(-10, 4), (260, 4)])
    streets = layer([line, line.buffer(2)], prefix="u").assign(width_m=[float("nan"), 3.0])
    unknown = run(layer(HOUSES), layer(HOUSES), streets=streets.iloc[:1])
    assert "STREET_WITHOUT_WIDTH" in codes(unknown)
    assert not [f for f in unknown.findings if "ON_STREET" in f.reasons]
    known = run(layer(HOUSES), layer(HOUSES), streets=streets.iloc[1:])
    assert "STREET_WITHOUT_WIDTH" not in codes(known)
    assert all("ON_STREET" in f.reasons for f in known.findings)
    without_column = run(layer(HOUSES), layer(HOUSES), streets=streets.iloc[:1].drop(columns="width_m"))
    assert "STREET_WITHOUT_WIDTH" in codes(without_column)


def test_paced_outlines_are_each_at_most_one_building() -> None:
    register = layer([box(0, 0, 9, 9), box(9, 0, 18, 9)], 0.2)
    shifted = layer([box(2, 1, 11, 10), box(11, -1, 20, 8), box(60, 0, 69, 9)], 2.0, "s")
    from regularize.geometry.alignment import Shift

    still = Shift(0.0, 0.0, True, "", 50, 0.1, 0.9, 0.9)
    result = run(register, shifted, shift=still)
    told = {ref: f.cls for f in result.findings for ref in f.survey_refs}
    assert told == {"s0": "unchanged", "s1": "unchanged", "s2": "not_in_cadastre"}
    pairs = {(f.survey_refs, f.register_refs) for f in result.findings if f.cls == "unchanged"}
    assert pairs == {(("s0",), ("r0",)), (("s1",), ("r1",))}

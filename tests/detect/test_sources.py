"""Several observed sources: each its own shift, and accuracies that are not what they are said to be."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from regularize import countries
from regularize.detect.buildings import BuildingResult, detect_buildings
from regularize.detect.sources import Shifts, issues_of

T = countries.load("generic").thresholds
RNG = np.random.default_rng(20900101)
N = 60


def town(n: int = N) -> np.ndarray:
    """Houses of different sizes, far enough from each other."""
    at = np.array([(24.0 * (k % 10), 26.0 * (k // 10)) for k in range(n)]) + 4_700_000.0
    at += RNG.uniform(-4, 4, at.shape)
    size = RNG.uniform(6, 12, at.shape)
    return shapely.box(*at.T, *(at + size).T)


def moved(shapes: np.ndarray, dx: float, dy: float, noise_m: float = 0.0) -> np.ndarray:
    off = np.array([dx, dy]) + RNG.normal(0, noise_m, (len(shapes), 2))
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    return shapely.set_coordinates(shapes.copy(), coordinates + off[index])


def layer(shapes: np.ndarray, sigma_m: float, prefix: str, source: str | None = None) -> gpd.GeoDataFrame:
    n = len(shapes)
    data = {"ref": [f"{prefix}{k}" for k in range(n)], "sigma_m": sigma_m, "source": [source] * n}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:7801")


def together(*layers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = pd.concat(layers, ignore_index=True)
    return gpd.GeoDataFrame(rows.assign(fid=range(1, len(rows) + 1)), geometry="geometry", crs="EPSG:7801")


def run(register: gpd.GeoDataFrame, observed: gpd.GeoDataFrame) -> BuildingResult:
    return detect_buildings(register.assign(fid=range(len(register))), observed, thresholds=T)


def test_each_source_has_its_own_shift_and_findings_say_which() -> None:
    houses = town()
    register = layer(moved(houses, 2.0, -1.0), 0.2, "R")
    ground = layer(houses[:35], 0.05, "G", "GNSS")
    drone = layer(moved(houses[35:], 3.0, 2.0), 0.1, "D", "drone")
    result = run(register, together(ground, drone))
    assert set(result.shifts.own) == {"GNSS", "drone"}
    assert result.shifts.own["GNSS"].dx_m == pytest.approx(-2.0, abs=0.05)
    assert result.shifts.own["drone"].dx_m == pytest.approx(1.0, abs=0.05)
    assert result.shifts.own["drone"].dy_m == pytest.approx(3.0, abs=0.05)
    assert result.shift is result.shifts.own["GNSS"]
    assert {f.cls for f in result.findings} == {"unchanged"}
    assert len(result.findings) == N
    for finding in result.findings:
        dx_m = finding.measures["shift_dx_m"].value
        assert dx_m == pytest.approx(1.0 if finding.survey_refs[0].startswith("D") else -2.0, abs=0.05)
    # What is reported lies where it was delivered.
    by_ref = dict(zip(drone["ref"], drone.geometry, strict=True))
    assert all(f.geometry.equals(by_ref[r]) for f in result.findings for r in f.survey_refs if r in by_ref)


def test_two_sources_that_show_one_building_agree_only_on_common_ground() -> None:
    houses = town()
    register = layer(houses[:30], 0.2, "R")
    ground = layer(houses, 0.05, "G", "GNSS")
    drone = layer(moved(houses, 3.0, 2.0), 0.1, "D", "drone")
    result = run(register, together(ground, drone))
    assert len(result.findings) == N
    assert all("SECOND_SOURCE_AGREES" in f.reasons for f in result.findings)
    assert sum(f.cls == "not_in_cadastre" for f in result.findings) == 30


def test_a_building_that_two_sources_draw_differently_is_one() -> None:
    houses = town()
    register = layer(houses[:30], 0.2, "R")
    ground = layer(houses[:40], 0.05, "G", "GNSS")
    # The machine sees less than half of each house, and one house that the survey passed by.
    west, south, east, north = shapely.bounds(houses).T
    halves = shapely.box(west - 0.5, south, 0.6 * west + 0.4 * east, north)[:40]
    drawn = layer(np.append(halves, houses[50]), 1.2, "M", "footprints")
    result = run(register, together(ground, drawn))
    told = {ref: f for f in result.findings for ref in f.survey_refs}
    assert len(result.findings) == 41
    assert {told[f"G{k}"].cls for k in range(30)} == {"unchanged"}
    assert {told[f"G{k}"].cls for k in range(30, 40)} == {"not_in_cadastre"}
    for k in range(40):
        assert told[f"M{k}"] is told[f"G{k}"]
        assert told[f"G{k}"].measures["area_survey_m2"].value == pytest.approx(houses[k].area)
        assert told[f"G{k}"].grade == "A"
        assert {"COUNTED_ONCE"} <= set(told[f"G{k}"].reasons)
        assert "SECOND_SOURCE_AGREES" not in told[f"G{k}"].reasons
    assert told["M40"].cls == "not_in_cadastre"
    assert not {i.code for i in result.issues} & {"DUPLICATE_FOOTPRINT"}


def test_what_no_better_source_shows_stays() -> None:
    houses = town()
    register = layer(houses[:30], 0.2, "R")
    west, south, east, north = shapely.bounds(houses[45])
    wide = shapely.box(west, south, west + 3 * (east - west), north)  # a third of it is the house
    ground = layer(houses, 0.05, "G", "GNSS")
    result = run(register, together(ground, layer(np.array([wide]), 1.2, "M", "footprints")))
    told = {ref: f for f in result.findings for ref in f.survey_refs}
    assert told["M0"] is not told["G45"]


def test_a_small_source_takes_the_common_shift_and_it_is_said() -> None:
    houses = town()
    register = layer(moved(houses, 2.0, -1.0), 0.2, "R")
    result = run(
        register, together(layer(houses[:50], 0.05, "G", "GNSS"), layer(houses[50:], 0.3, "T", "tape"))
    )
    assert result.shifts.taken_over == ("tape",)
    assert [i.code for i in result.issues] == ["SHIFT_TAKEN_OVER"]
    assert {f.cls for f in result.findings} == {"unchanged"}


def test_one_source_is_the_same_as_before() -> None:
    houses = town()
    register = layer(moved(houses, 2.0, -1.0), 0.2, "R")
    result = run(register, together(layer(houses, 0.05, "G", "GNSS")))
    assert result.shifts.of("GNSS") is result.shift
    assert issues_of(result.shifts) == []
    assert Shifts().of("nobody") is Shifts().common


def test_outlines_worse_than_stated_are_said_and_get_no_a() -> None:
    houses = town()
    register = layer(houses[:45], 0.1, "R")
    drawn = together(layer(moved(houses, 0.0, 0.0, noise_m=1.3), 0.05, "M", "footprints"))
    result = run(register, drawn)
    assert [i.code for i in result.issues if i.code.startswith("ACCURACY")] == ["ACCURACY_WORSE_THAN_STATED"]
    assert {f.grade for f in result.findings if f.survey_refs} <= {"C", "D"}
    assert all("ACCURACY_WORSE_THAN_STATED" in f.reasons for f in result.findings if f.survey_refs)
    # What is stated is disproved: no class of size rests on it.
    assert {f.cls for f in result.findings} <= {
        "unchanged",
        "not_in_cadastre",
        "uncertain",
        "split",
        "merged",
    }
    assert all("SIZE_NOT_ASSESSED" in f.reasons for f in result.findings if f.cls == "unchanged")
    gone = [f for f in run(register, drawn.iloc[5:]).findings if f.cls == "not_in_survey"]
    assert gone
    assert {f.grade for f in gone} <= {"C", "D"}
    honest = run(register, drawn.assign(sigma_m=1.3))
    assert not [i for i in honest.issues if i.code.startswith("ACCURACY")]
    good = run(register, together(layer(moved(houses, 0, 0, noise_m=0.05), 0.05, "G", "GNSS")))
    assert "A" in {f.grade for f in good.findings}
    assert good.issues == ()

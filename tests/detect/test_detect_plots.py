"""Plots against parcels."""

import geopandas as gpd
import pytest
from shapely import affinity, box

from regularize import countries
from regularize.detect.cadastre import self_check
from regularize.detect.plots import PlotResult, detect_plots
from regularize.geometry.alignment import Shift

PACK = countries.load("bg")
T = PACK.thresholds
STILL = Shift(0.0, 0.0, True, "", 50, 0.1, 0.9, 0.9)


def layer(shapes, sigma_m, prefix, **columns) -> gpd.GeoDataFrame:  # type: ignore[no-untyped-def]
    n = len(shapes)
    data = {"fid": range(1, n + 1), "ref": [f"{prefix}{i}" for i in range(n)], "sigma_m": [sigma_m] * n}
    return gpd.GeoDataFrame({**data, **columns}, geometry=list(shapes), crs="EPSG:7801")


PARCELS = [box(0, 0, 20, 20), box(20, 0, 40, 20), box(40, 0, 80, 20)]


def run(plots, parcels=PARCELS, sigma_m=0.1, **more) -> PlotResult:  # type: ignore[no-untyped-def]
    return detect_plots(
        layer(parcels, 0.2, "p"), layer(plots, sigma_m, "d"), thresholds=T, shift=STILL, **more
    )


@pytest.mark.parametrize(
    ("plots", "classes"),
    [
        ([box(0.2, 0.1, 19.8, 20.2)], ["registered"]),
        ([box(40, 0, 58, 20)], ["part_of_parcel"]),
        ([box(40, 0, 60, 20), box(60, 0, 80, 20)], ["informal_subdivision"] * 2),
        ([box(10, 0, 30, 20)], ["straddles"]),
        ([box(0, 0, 20, 30)], ["partly_outside"]),
        ([box(0, 100, 20, 120)], ["no_parcel"]),
    ],
)
def test_class_of_plots(plots, classes) -> None:  # type: ignore[no-untyped-def]
    assert [f.cls for f in run(plots).findings] == classes


def test_measures_and_parcels_of_a_straddling_plot() -> None:
    finding = run([box(14, 0, 30, 20)]).findings[0]
    assert finding.register_refs == ("p1", "p0")
    assert finding.measures["inside_m2"].value == pytest.approx(320)
    assert finding.measures["straddles_parcels_m2"].value == pytest.approx(120)
    assert finding.kind == "plot"


@pytest.mark.parametrize(
    ("plot", "cls"),
    [
        (box(20, 0, 20.4, 20), "registered"),  # a strip that is a parcel of its own
        (box(50, 5, 52, 8), "part_of_parcel"),  # 6 m2 in the middle of a parcel
        (box(20.1, 0, 20.6, 20), "uncertain"),  # across a line, nowhere wider than the lines are sure
        (box(0, 100, 0.4, 120), "no_parcel"),
        (box(0, 100, 2, 103), "no_parcel"),
    ],
)
def test_strips_and_tiny_plots_are_not_said_to_lie_in_no_parcel(plot, cls) -> None:  # type: ignore[no-untyped-def]
    parcels = [box(0, 0, 20, 20), box(20, 0, 20.4, 20), box(20.4, 0, 40, 20), box(40, 0, 80, 20)]
    finding = run([plot], parcels).findings[0]
    assert finding.cls == cls
    assert (finding.cls == "uncertain") == ("LINES_TOO_INACCURATE" in finding.reasons)


def test_phone_outlines_do_not_straddle() -> None:
    finding = run([box(8, 0, 32, 20)], sigma_m=1.5).findings[0]
    assert finding.cls == "uncertain"
    assert "LINES_TOO_INACCURATE" in finding.reasons


def test_overlapping_parcels_are_reported_and_counted_once() -> None:
    doubled = [*PARCELS, box(0, 0, 20, 20)]
    result = run([box(0, 0, 20, 20)], doubled)
    assert [i.code for i in self_check(layer(doubled, 0.2, "p"), None, thresholds=T)] == ["PARCELS_OVERLAP"]
    finding = result.findings[0]
    assert finding.cls == "registered"
    assert finding.measures["inside_m2"].value <= finding.measures["area_survey_m2"].value
    assert "STRADDLES_PARCELS" not in finding.reasons


def test_parcels_move_by_the_shift() -> None:
    plots = [affinity.translate(box(0, 0, 20, 20), 4, 3)]
    shift = Shift(4.0, 3.0, True, "", 50, 0.1, 0.9, 0.9)
    moved = detect_plots(layer(PARCELS, 0.2, "p"), layer(plots, 0.1, "d"), thresholds=T, shift=shift)
    assert [f.cls for f in moved.findings] == ["registered"]
    assert run(plots).findings[0].cls != "registered"


def test_flags_of_plots() -> None:
    parcels = layer(PARCELS, 0.2, "p", ownership_kind=["5", "4", "5"])
    plots = layer([box(20, 0, 40, 20)], 0.1, "d")
    result = detect_plots(parcels, plots, thresholds=T, shift=STILL, groups=PACK.groups)
    assert result.findings[0].cls == "registered"
    assert result.findings[0].measures["on_municipal_land_m2"].value == pytest.approx(400)


def test_empty_sides() -> None:
    some, none = layer([box(0, 0, 20, 20)], 0.1, "d"), layer([], 0.1, "d")
    for parcels in (None, none):
        result = detect_plots(parcels, some, thresholds=T)
        assert result.findings == []
        assert [i.code for i in result.issues] == ["NO_PARCELS"]
    assert detect_plots(some, None, thresholds=T).findings == []
    assert detect_plots(None, None, thresholds=T).findings == []

"""What only the office's map has: arrows, uncertain ground, objections in clusters."""

import geopandas as gpd
import pytest
import town
from shapely.geometry import Point, box

from regularize.model import Finding, Grade
from regularize.publish import packing
from regularize.publish.maps import render_map
from regularize.publish.office_layers import (
    OBJECTIONS,
    RESIDUALS,
    STRETCHED,
    UNCERTAIN,
    clustered,
    residual_arrows,
    uncertain_ground,
)
from regularize.publish.page import data_block
from regularize.publish.view import NotForAudienceError, View

CRS = "EPSG:7801"


def test_arrow_is_as_long_as_it_says() -> None:
    frame = residual_arrows([(500_000, 4_700_000, 0.3, -0.4, 0.1, 9)], crs=CRS)
    assert frame["length_m"].tolist() == pytest.approx([0.5])
    assert frame.geometry.iloc[0].geoms[0].length == pytest.approx(0.5 * STRETCHED)


def test_near_uncertain_findings_are_one_ground() -> None:
    def finding(x: float, cls: str) -> Finding:
        return Finding("building", cls, box(x, 0, x + 8, 8), (), (), (), (), (), {}, 0.4, Grade.D)

    frame = uncertain_ground(
        [
            finding(0, "uncertain"),
            finding(20, "uncertain"),
            finding(500, "uncertain"),
            finding(900, "extended"),
        ],
        crs=CRS,
    )
    assert len(frame) == 2
    assert uncertain_ground([], crs=CRS).empty


def test_objections_count_by_cluster() -> None:
    places = [(Point(0, 0), True), (Point(10, 5), False), (Point(1_000, 0), True)]
    frame = clustered(places, crs=CRS)
    assert sorted(zip(frame["count"], frame["open"], strict=True)) == [(1, 1), (2, 1)]
    assert clustered([], crs=CRS).empty


def test_they_are_on_the_office_map_only_and_off_at_first() -> None:
    frames: dict[str, tuple[object, gpd.GeoDataFrame]] = {
        "residuals": (RESIDUALS, residual_arrows([(500_000, 4_700_000, 0.3, 0.4, 0.1, 9)], crs=CRS)),
        "objections": (OBJECTIONS, clustered([(Point(500_000, 4_700_050), True)], crs=CRS)),
        "uncertain_ground": (
            UNCERTAIN,
            gpd.GeoDataFrame(geometry=[box(500_000, 4_700_000, 500_050, 4_700_050)], crs=CRS),
        ),
    }
    for layer, frame in frames.values():
        for audience in ("council", "public"):
            with pytest.raises(NotForAudienceError):
                View.of(layer, frame, audience)
    views = [View.of(layer, frame, "office") for layer, frame in frames.values()]
    block = data_block(render_map(views, town.meta("office"), labels=town.labels("en"), lang="en"))
    layers = [layer["name"] for layer in packing.unpack_header(block["packed"])["layers"]]
    assert set(layers) == set(frames)
    assert not any(row["on"] for row in block["rows"])

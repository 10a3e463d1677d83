"""Pictures below maps: behind the gate, never under public data, the same bytes twice, on the sheet too."""

import base64
import io

import geopandas as gpd
import numpy as np
import pytest
import town
from PIL import Image
from shapely.geometry import box

from regularize.layers import Audience, layer_named
from regularize.publish.maps import DrawnMap, Edition
from regularize.publish.page import data_block
from regularize.publish.view import IMAGERY, NotForAudienceError, Picture, View


def png(colour: tuple[int, int, int] = (255, 0, 255)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(made, "PNG")
    return made.getvalue()


def imagery(frames: dict[str, gpd.GeoDataFrame], audience: Audience) -> View:
    west, south, east, north = frames["areas"].to_crs(4326).total_bounds.tolist()
    picture = Picture(png(), "image/png", (south, west, north, east))
    frame = gpd.GeoDataFrame(geometry=[box(west, south, east, north)], crs=4326)
    return View.of(IMAGERY, frame.to_crs(frames["areas"].crs), audience, picture=picture)


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return town.frames_of(town.drawn())


@pytest.mark.parametrize("audience", ["public", "resident"])
def test_no_picture_under_data_for_everyone(frames: dict[str, gpd.GeoDataFrame], audience: Audience) -> None:
    with pytest.raises(NotForAudienceError):
        imagery(frames, audience)


def test_a_picture_belongs_to_its_layer_and_is_one(frames: dict[str, gpd.GeoDataFrame]) -> None:
    picture = Picture(png(), "image/png", (42.0, 25.0, 42.1, 25.1))
    with pytest.raises(ValueError, match="no other"):
        View.of(layer_named("areas"), frames["areas"], "office", picture=picture)
    with pytest.raises(ValueError, match="no other"):
        View.of(IMAGERY, frames["areas"], "office")
    for content, media in ((b"<svg onload=x>", "image/png"), (png(), "image/svg+xml"), (png(), "image/webp")):
        with pytest.raises(ValueError, match="no picture"):
            Picture(content, media, (42.0, 25.0, 42.1, 25.1))


@pytest.mark.parametrize("audience", ["office", "council"])
def test_page_and_sheet_hold_it_and_are_the_same_twice(
    frames: dict[str, gpd.GeoDataFrame], audience: Audience
) -> None:
    made = []
    for _ in range(2):
        views = [*town.views_of(frames, audience), imagery(frames, audience)]
        made.append(
            DrawnMap([Edition("bg", town.labels(), town.meta(audience, imagery="Служба, 2025"), views)])
        )
    page = made[0].page()
    assert page == made[1].page()
    block = data_block(page)
    assert block["underlay"]["source"].startswith("data:image/png;base64,")
    assert block["rows"][block["underlay"]["row"]]["label"] == "Въздушна снимка"
    assert "Въздушна снимка: Служба, 2025" in str(block["stamp"])
    with Image.open(io.BytesIO(made[0].png())) as sheet:
        seen = {tuple(rgb) for rgb in np.asarray(sheet.convert("RGB")).reshape(-1, 3)[::7].tolist()}
    assert (255, 0, 255) in seen, "the sheet shows the picture as well"
    small = base64.b64decode(made[0].preview().partition(",")[2])
    with Image.open(io.BytesIO(small)) as still:
        seen = {tuple(rgb) for rgb in np.asarray(still.convert("RGB")).reshape(-1, 3).tolist()}
    assert any(r > 240 and g < 15 and b > 240 for r, g, b in seen), "and so does the page without script"
    without = DrawnMap([Edition("bg", town.labels(), town.meta(audience), town.views_of(frames, audience))])
    assert data_block(without.page())["underlay"] is None
    bounds = made[0].first.bounds
    assert bounds == without.first.bounds, "the picture does not decide what is seen first"


def test_labels_keep_a_halo_of_paper(frames: dict[str, gpd.GeoDataFrame]) -> None:
    views = [*town.views_of(frames, "council"), imagery(frames, "council")]
    drawn = DrawnMap([Edition("bg", town.labels(), town.meta("council"), views)])
    svg = drawn.still(300, 200).svg
    assert svg.count("<text") == 2 * svg.count('stroke="#FFFFFF" stroke-width="1"') > 4

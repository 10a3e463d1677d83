"""What the maps draw: five signs at first, each layer that the office asks for, colours that stay apart."""

import re
from itertools import combinations, pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import town
from shapely.geometry import LineString, Point, box

from regularize.layers import layer_named
from regularize.model import QUIET_CLASSES, BuildingClass, PlotClass
from regularize.publish import packing, palette
from regularize.publish.maps import DrawnMap, Edition, MapMeta, render_map
from regularize.publish.office_layers import OBJECTIONS, RESIDUALS, UNCERTAIN, clustered, residual_arrows
from regularize.publish.page import data_block
from regularize.publish.palette import DECISIONS
from regularize.publish.view import NotForAudienceError, View

CRS = "EPSG:7801"
GROUND = box(500_000, 4_700_000, 500_050, 4_700_050)
EVERY = {("building", str(cls)) for cls in BuildingClass} | {("plot", str(cls)) for cls in PlotClass}


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return town.frames_of(town.drawn())


def office(frames: dict[str, gpd.GeoDataFrame], **changes: object) -> Any:
    meta = town.meta("office", **changes)
    return data_block(render_map(town.views_of(frames, "office"), meta, labels=town.labels("en"), lang="en"))


def test_every_class_waits_for_one_decision() -> None:
    listed = [pair for decision in DECISIONS for pair in decision.classes]
    assert len(listed) == len(set(listed))
    assert set(listed) == EVERY
    for decision in DECISIONS:
        quiet = {cls in QUIET_CLASSES for _kind, cls in decision.classes}
        assert quiet == {decision.key == "in_order"}


def test_at_most_five_signs_of_findings_are_seen_at_first(frames: dict[str, gpd.GeoDataFrame]) -> None:
    block = office(frames)
    (group,) = [g for g in block["groups"] if g["branches"]]
    rows = [block["rows"][r] for branch in group["branches"] for r in branch["rows"]]
    shown = {str(row["style"]) for row in rows if row["on"]}
    assert len(shown) == 5
    assert len({row["cls"] for row in rows if row["on"]}) > 5, "which stand for more classes than five"
    listed = sum(int(branch["count"]) for branch in group["branches"])
    assert listed == sum(f.review != "rejected" for f in town.findings_of(town.drawn()))
    for branch in group["branches"]:
        assert int(branch["count"]) == sum(int(block["rows"][r]["count"]) for r in branch["rows"])
        assert len({str(block["rows"][r]["style"]) for r in branch["rows"]}) == 1


# Machado, Oliveira and Fernandes (2009), severity 1.0: what is left of a linear colour.
SIGHT = {
    "all": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen(colour: str, sight: np.ndarray) -> np.ndarray:
    """The colour as CIE L*a*b*, by an eye that may lack a kind of cones."""
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(sight @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    t = np.array(to_xyz) @ linear / np.array([0.9505, 1.0, 1.089])
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
def test_signs_stay_apart_for_every_eye(sight: str) -> None:
    shown = [d.style for d in DECISIONS if d.shown]
    patterns = {(style.hatch, bool(style.dash_px), style.fill_opacity > 0.5) for style in shown}
    assert len(patterns) == len(shown), "each has a hatch or dash of its own: colour is never alone"
    for one, other in combinations(shown, 2):
        apart = float(np.linalg.norm(seen(one.stroke, SIGHT[sight]) - seen(other.stroke, SIGHT[sight])))
        assert apart > 12, (one, other, apart)
    for steps in (palette.SEQUENCE, palette.SHARES):
        light = [seen(colour, SIGHT[sight])[0] for colour in steps]
        assert all(before - after > 5 for before, after in pairwise(light)), light


def test_colours_of_a_pack_are_used_and_wrong_ones_named(frames: dict[str, gpd.GeoDataFrame]) -> None:
    colours = {
        "missing": "#112233",
        "outline": "red",
        "parcel": "#12345",
        "field": "url(https://a.example)",
        "nothing": "#112233",
        "matching": 7,
    }
    block = office(frames, colours=colours)
    strokes = {row["style"]["stroke"] for row in block["rows"]}
    assert "#112233" in strokes
    assert palette.VERMILION not in strokes
    assert {palette.ORANGE, palette.GREEN, palette.PURPLE, palette.BLUE} <= strokes
    note = next(note for note in block["notes"] if "Colours of the country pack" in note)
    assert note.endswith("field, matching, nothing, outline, parcel.")
    assert "a.example" not in str(block)
    assert not [note for note in office(frames)["notes"] if "country pack" in note]


def proposal() -> gpd.GeoDataFrame:
    line = LineString([(500_000, 4_700_000), (500_040, 4_700_030)])
    return gpd.GeoDataFrame({"name": ["Нов достъп"]}, geometry=[line], crs=CRS)


def indicative() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"fid": [1], "run": [1], "confidence": [0.8], "n_buildings": [2], "reason": ["INDICATIVE"]},
        geometry=[GROUND],
        crs=CRS,
    )


BESIDE = {
    "indicative_plots": (layer_named("indicative_plots"), indicative()),
    "proposals": (layer_named("proposals"), proposal()),
    "residuals": (RESIDUALS, residual_arrows([(500_010, 4_700_010, 0.3, 0.4, 0.1, 9)], crs=CRS)),
    "uncertain_ground": (UNCERTAIN, gpd.GeoDataFrame(geometry=[GROUND], crs=CRS)),
    "objections": (
        OBJECTIONS,
        clustered([(Point(500_010, 4_700_010), True), (Point(500_015, 4_700_012), False)], crs=CRS),
    ),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_findings_is_drawn_when_asked_for(name: str) -> None:
    layer, frame = BESIDE[name]
    meta = MapMeta(audience="office", title="Село", on=town.DAY)
    drawn = DrawnMap([Edition("en", town.labels("en"), meta, [View.of(layer, frame, "office")])])
    block = data_block(drawn.page())
    (header,) = packing.unpack_header(block["packed"])["layers"]
    assert (header["name"], header["n"]) == (name, len(frame))
    (row,) = block["rows"]
    assert row["label"] != name, "it has a name that people read"
    assert row["on"] == (name == "proposals")
    drawn.first.layers[0].rows[0].on = True
    assert palette.layer_style(name).stroke in drawn.still(200, 140).svg
    if name == "indicative_plots":
        assert row["style"]["dash_px"], "what was not surveyed is dashed"
        assert "measure here first" in row["note"]
    if name == "objections":
        assert row["count"] == "2"
        assert [label[1] for label in header["labels"]] == ["2"]


def test_councils_see_proposals_but_no_guesses() -> None:
    assert View.of(layer_named("proposals"), proposal(), "council").frame["name"].tolist() == ["Нов достъп"]
    for audience in ("council", "public"):
        with pytest.raises(NotForAudienceError):
            View.of(layer_named("indicative_plots"), indicative(), audience)
    with pytest.raises(NotForAudienceError):
        View.of(layer_named("proposals"), proposal(), "public")


def test_municipal_land_stands_apart(frames: dict[str, gpd.GeoDataFrame]) -> None:
    block = office(frames, municipal=frozenset({"municipal_public", "municipal_private"}))
    header = next(h for h in packing.unpack_header(block["packed"])["layers"] if h["name"] == "land")
    owners = list(frames["land"]["land_owner_category"])
    municipal = sum(owner in {"municipal_public", "municipal_private"} for owner in owners)
    assert header["classes"].count(1) == municipal > 0
    labels = [row["label"] for row in block["rows"]]
    assert {"Municipal land", "Land of others"} <= set(labels)
    parcels = frames["parcels"].assign(ownership_kind=["4"] + ["5"] * (len(frames["parcels"]) - 1))
    page = render_map(
        [View.of(layer_named("parcels"), parcels, "office")],
        town.meta("office", municipal=frozenset({"4"})),
        labels=town.labels("en"),
        lang="en",
    )
    held = packing.unpack_header(data_block(page)["packed"])["layers"]
    assert {layer["name"]: layer["n"] for layer in held}["municipal_land"] == 1


def test_counts_take_their_place_before_names(frames: dict[str, gpd.GeoDataFrame]) -> None:
    blocks = frames["blocks"].assign(dwellings=40, concerned=12)
    spot = blocks.geometry.iloc[0].centroid.buffer(60)
    cases = gpd.GeoDataFrame(
        {"case": ["C-1"], "title": ["План"], "state": [None], "next_deadline": [None]},
        geometry=[spot],
        crs=CRS,
    )
    views = [
        View.of(layer_named("blocks"), blocks, "council"),
        View.of(layer_named("case_parts"), cases, "council"),
    ]
    drawn = DrawnMap([Edition("bg", town.labels(), town.meta("council"), views)])
    svg = drawn.still(300, 200).svg
    counted = [label[1] for d in drawn.first.layers if d.name == "blocks" for label in d.labels]
    assert counted
    for count in counted:
        assert f">{count}</text>" in svg
    assert ">План</text>" in svg, "the name moves out of the way"


def test_a_name_moves_sideways_where_counts_stand_above_and_below(
    frames: dict[str, gpd.GeoDataFrame],
) -> None:
    x, y = frames["blocks"].union_all().centroid.coords[0]
    # A column of counts right of the middle: straight up or down, the name always meets one of them.
    blocks = gpd.GeoDataFrame(
        {
            "block": range(1, 4),
            "counts": [{"extended": 30}] * 3,
            "dwellings": [60] * 3,
            "concerned": [30] * 3,
        },
        geometry=[box(x + 4, y + dy - 3.5, x + 12, y + dy + 3.5) for dy in (-7, 0, 7)],
        crs=CRS,
    )
    cases = gpd.GeoDataFrame(
        {"case": ["C-1"], "title": ["План на квартала"], "state": [None], "next_deadline": [None]},
        geometry=[box(x - 80, y - 80, x + 80, y + 80)],
        crs=CRS,
    )
    views = [
        View.of(layer_named("blocks"), blocks, "council"),
        View.of(layer_named("case_parts"), cases, "council"),
    ]
    drawn = DrawnMap([Edition("bg", town.labels(), town.meta("council"), views)])
    svg = drawn.still(200, 200).svg
    at = [float(n) for n in re.findall(r'<text x="([0-9.]+)"[^>]*>План на квартала</text>', svg)]
    assert svg.count(">30</text>") == 6, "every count, with its halo"
    assert at, "the name is written"
    assert at[0] < 96, "left of the counts"


def test_streets_and_their_names_come_from_the_local_layer(frames: dict[str, gpd.GeoDataFrame]) -> None:
    streets = View.of(layer_named("streets"), frames["streets"], "council")
    drawn = DrawnMap([Edition("bg", town.labels(), town.meta("council"), [streets])])
    (layer,) = drawn.first.layers
    named = set(frames["streets"]["name"].dropna())
    assert {label[1] for label in layer.labels} == named
    assert layer.label_font == "street"
    svg = drawn.still(300, 200).svg
    assert sum(f">{name}</text>" in svg for name in named) >= len(named) // 2, "those that fit are written"

"""Pictures drawn without a browser, the pages that lead to maps, and two languages in one page."""

import io
import re
from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pypdfium2
import pytest
import town
from hostile import CORPUS, PRODUCT, TAGS
from PIL import Image
from shapely.geometry import Polygon, box

from regularize.layers import layer_named
from regularize.publish import packing
from regularize.publish.languages import merged
from regularize.publish.map_list import Card, LeadingMap, is_linkable, render_cards
from regularize.publish.maps import DrawnMap, Edition, render_map
from regularize.publish.page import PageError, StaticText, data_block, write_page
from regularize.publish.picture import scale_bar, set_sheet
from regularize.publish.small_png import decoded, with_few_colours
from regularize.publish.view import View

CRS = "EPSG:7801"


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return town.frames_of(town.drawn())


@pytest.fixture(scope="module")
def council(frames: dict[str, gpd.GeoDataFrame]) -> DrawnMap:
    views = town.views_of(frames, "council")
    return DrawnMap([Edition(lang, town.labels(lang), town.meta("council"), views) for lang in ("bg", "en")])


def test_sheet_is_one_a3_page_with_title_scale_and_date(council: DrawnMap) -> None:
    first = council.pdf()
    assert first == council.pdf(), "the same bytes for the same map"
    document = pypdfium2.PdfDocument(first)
    assert len(document) == 1
    assert [round(side / 72 * 25.4) for side in document[0].get_size()] == [420, 297]
    text = document[0].get_textpage().get_text_bounded().replace("\u00a0", " ")
    assert "Община Примерна" in text
    assert "01.06.2026" in text
    assert re.search(r"1:\d+", text)
    picture = document[0].render(scale=0.6).to_pil().convert("RGB")
    right = picture.crop((picture.width // 3, 0, picture.width, picture.height))
    assert len(right.getcolors(maxcolors=1_000_000)) > 20
    document.close()


def test_picture_and_preview_are_png(council: DrawnMap) -> None:
    assert council.png().startswith(b"\x89PNG")
    preview = council.preview()
    assert preview.startswith("data:image/png;base64,")
    assert len(preview) < 60_000
    page = council.page(preview)
    assert f'<img src="{preview}"' in page
    assert page == council.page(preview)


def test_few_colours_keep_the_picture(council: DrawnMap) -> None:
    still = council.still(120, 90)
    bare = {"bare": True, "svg": still.svg, "width_mm": still.width_mm, "height_mm": still.height_mm}
    png = set_sheet(bare, form="png", ppi=60)
    known = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert np.array_equal(decoded(png), known)
    small = with_few_colours(png)
    assert len(small) < 0.5 * len(png)
    again = np.asarray(Image.open(io.BytesIO(small)).convert("RGB")).astype(int)
    assert np.abs(again - known).mean() < 3
    with pytest.raises(ValueError, match="no PNG"):
        decoded(b"GIF89a")


def test_length_on_the_sheet_is_length_on_the_ground() -> None:
    square = gpd.GeoDataFrame(
        {"identifier": ["1"]}, geometry=[box(500_000, 4_700_000, 500_200, 4_700_100)], crs=CRS
    )
    view = View.of(layer_named("parcels"), square, "office")
    still = DrawnMap([Edition("en", town.labels("en"), town.meta("office"), [view])]).still(312, 277)
    ring = re.search(r'<path d="M([^"]*)Z"', still.svg).group(1)
    corners = [tuple(map(float, pair.split())) for pair in ring.split("L")]
    width_mm = max(x for x, _y in corners) - min(x for x, _y in corners)
    # A map projection keeps lengths to a part in a thousand here; paper is drawn to a hundredth.
    assert width_mm * still.denominator / 1000 == pytest.approx(200, rel=2e-3)
    assert scale_bar(2000) == {"metres": 100, "mm": 50}


def test_public_sheet_is_no_finer_than_its_scale(frames: dict[str, gpd.GeoDataFrame]) -> None:
    from regularize.publish.disclosure import CELLS

    view = View.of(CELLS, frames["blocks"], "public")
    drawn = DrawnMap([Edition("bg", town.labels(), town.meta("public"), [view])])
    assert drawn.still(312, 277).denominator >= 10_000
    assert drawn.still(200, 140, usual=False).denominator >= 10_000


def test_hostile_texts_reach_the_sheet_as_text_only() -> None:
    names = [f"<#{text[:60]}" for text in CORPUS]
    shapes = [box(500_000 + 90 * i, 4_700_000, 500_080 + 90 * i, 4_700_080) for i in range(len(names))]
    parts = gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=CRS)
    view = View.of(layer_named("plan_parts"), parts, "office")
    meta = town.meta("office", title="".join(TAGS), place='#read("x")', recipient="$ #panic() $")
    drawn = DrawnMap([Edition("en", lambda key: f"{key} {TAGS[0]} #pagebreak()", meta, [view])])
    text = pypdfium2.PdfDocument(drawn.pdf())[0].get_textpage().get_text_bounded()
    assert "#panic()" in text
    assert PRODUCT not in text
    assert drawn.preview()


def test_a_picture_that_is_not_ours_stops_the_page() -> None:
    for picture in ("https://example.invalid/x.png", "data:image/svg+xml;base64,AAAA", 'data:x" onerror="x'):
        with pytest.raises(PageError):
            write_page({}, StaticText("x", picture=picture), lang="bg")


def test_cards_escape_their_texts_and_link_to_files_beside_them() -> None:
    names = ["ok-1.html", "карта (2).html", "../x.html", "//host/x.html", "javascript:x.html", "a/b.html"]
    assert [is_linkable(name) for name in names] == [True, True, False, False, False, False]
    cards = [Card("a.html", text, [text]) for text in CORPUS if len(text) < 1000]
    page = render_cards([*cards, Card("../x.html", "x")], title=TAGS[0], under=TAGS[1], lang="bg")
    assert "<script" not in page
    assert "onerror=" not in re.sub(r"<[bp]\b[^>]*>[^<]*|<span>[^<]*|<h1>[^<]*|<title>[^<]*", "", page)
    assert set(re.findall(r'href="([^"]*)"', page)) == {"./a.html"}
    assert "img-src data:;" in page


def test_the_leading_map_escapes_names_and_leads_beside_itself_only() -> None:
    places = [(Card("a.html", text), box(1, 1, 9, 9)) for text in CORPUS if len(text) < 1000]
    places += [(Card("../x.html", "x"), box(1, 1, 2, 2)), (Card("b.html", "empty"), Polygon())]
    leading = LeadingMap(Card("whole.html", TAGS[0], [TAGS[1]]), 100, 50, places)
    page = render_cards([], title="x", under="", lang="bg", leading=leading)
    assert "<script" not in page
    assert set(re.findall(r'href="([^"]*)"', page)) == {"./a.html", "./whole.html"}
    shown = re.sub(r'aria-label="[^"]*"|<(title|text|b|span)\b[^>]*>[^<]*', "", page)
    assert "onerror=" not in shown
    assert "javascript:" not in shown


def test_languages_share_what_is_the_same() -> None:
    bg = {"n": [1, 2], "t": "да", "rows": ["а", "б"], "x": [1]}
    en = {"n": [1, 2], "t": "yes", "rows": ["а", "c"], "x": [1, 2]}
    assert merged({"bg": bg, "en": en}) == {
        "n": [1, 2],
        "t": {"@": {"bg": "да", "en": "yes"}},
        "rows": ["а", {"@": {"bg": "б", "en": "c"}}],
        "x": {"@": {"bg": [1], "en": [1, 2]}},
    }
    assert merged({"bg": bg}) == bg


def test_both_languages_cost_little(frames: dict[str, gpd.GeoDataFrame]) -> None:
    views, meta = town.views_of(frames, "office"), town.meta("office")
    one = render_map(views, meta, labels=town.labels(), lang="bg")
    both = render_map(
        views, meta, labels=town.labels(), lang="bg", also=[Edition("en", town.labels("en"), meta, views)]
    )
    assert data_block(both)["languages"] == ["bg", "en"]
    assert len(both) < 1.1 * len(one)


def test_rows_of_another_day_are_marked(frames: dict[str, gpd.GeoDataFrame]) -> None:
    days = [date(2026, 1, 15), date(2026, 5, 20), town.DAY]
    buildings = frames["buildings"].copy().reset_index(drop=True)
    buildings["valid_from"] = days[0]
    buildings["valid_to"] = [days[1] if i == 0 else None for i in range(len(buildings))]
    view = View.of(layer_named("buildings"), buildings, "office")
    meta = town.meta("office", timeline=[(day, "x") for day in days])
    cases = View.of(layer_named("case_parts"), frames["case_parts"], "office")
    later = frames["case_parts"].assign(state="adopted")
    past = [None, cases, View.of(layer_named("case_parts"), later, "office")]
    drawn = DrawnMap([Edition("bg", town.labels(), replace(meta), [view, past[-1]], past)])
    layers = {
        layer["name"]: layer for layer in packing.unpack_header(data_block(drawn.page())["packed"])["layers"]
    }
    assert sorted(layers["buildings"]["until"])[0] == 1
    assert layers["buildings"]["until"].count(3) == len(buildings) - 1
    assert sorted(zip(layers["case_parts"]["since"], layers["case_parts"]["until"], strict=True)) == [
        (1, 2),
        (1, 2),
        (2, 3),
        (2, 3),
    ]
    assert len(drawn.first.sheet.tables[0]["lines"]) == 2

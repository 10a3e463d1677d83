"""Maps in a real browser: drawn, quiet, usable, and deaf to hostile text."""

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import town
from hostile import CORPUS, PRODUCT, TAGS, TEMPLATES, whole_corpus
from PIL import Image
from shapely.geometry import Polygon, box

from regularize.layers import layer_named
from regularize.model import Finding, Grade, Measure
from regularize.publish.disclosure import CELLS
from regularize.publish.maps import DrawnMap, Edition, render_map
from regularize.publish.view import View, findings_frame

pytestmark = pytest.mark.browser
CRS = "EPSG:7801"
WIPE = "delete window.DecompressionStream"


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return town.frames_of(town.drawn())


@pytest.fixture(scope="module")
def office(frames: dict[str, gpd.GeoDataFrame]) -> str:
    return render_map(
        town.views_of(frames, "office"), town.meta("office"), labels=town.labels("en"), lang="en"
    )


@pytest.fixture(scope="module")
def council(frames: dict[str, gpd.GeoDataFrame]) -> str:
    return render_map(
        town.views_of(frames, "council"), town.meta("council"), labels=town.labels("en"), lang="en"
    )


def colours(page: Any) -> set[tuple[int, int, int]]:
    """Colours of the map itself, without the panel."""
    shot = page.locator(".folium-map").screenshot()
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    return {colour for _n, colour in picture.getcolors(maxcolors=1_000_000) or []}


@pytest.mark.parametrize("audience", ["office", "council"])
@pytest.mark.parametrize("size", [(1920, 1080), (390, 844)])
def test_map_is_drawn_and_quiet(
    audience: str, size: tuple[int, int], office: str, council: str, open_page: Any
) -> None:
    opened = open_page({"office": office, "council": council}[audience], size=size)
    assert len(colours(opened.page)) > 20
    assert opened.quiet, (opened.console, opened.requests)
    wide = opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide, "nothing sticks out to the side"


def test_map_without_decompression_stream_is_the_same(council: str, open_page: Any) -> None:
    newer = open_page(council).page.locator(".folium-map").screenshot()
    opened = open_page(council, script=WIPE)
    assert opened.page.evaluate("typeof DecompressionStream") == "undefined"
    assert opened.page.locator(".folium-map").screenshot() == newer
    assert opened.quiet, opened.console


def test_search_finds_and_opens_the_right_card(office: str, open_page: Any) -> None:
    opened = open_page(office)
    found = next(f for f in town.findings_of(town.drawn()) if f.cls == "extended")
    opened.page.fill("input[type=search]", found.register_refs[0])
    opened.page.wait_for_selector(".result")
    opened.page.fill("input[type=search]", found.id.lower())
    opened.page.keyboard.press("Enter")
    card = opened.page.wait_for_selector(".card")
    text = card.inner_text()
    assert text.startswith("Extended")
    assert found.id in text
    assert found.home in text
    assert "\u00a0±\u00a01.7\u00a0sq m" in text
    assert "Покриване под прага" in text
    opened.page.fill("input[type=search]", "няма такова нещо")
    assert opened.page.inner_text(".results") == "Nothing found"
    assert opened.quiet, opened.console


def test_click_on_a_building_opens_its_card_with_the_meaning(office: str, open_page: Any) -> None:
    opened = open_page(office)
    found = next(f for f in town.findings_of(town.drawn()) if f.cls == "not_in_cadastre")
    opened.page.fill("input[type=search]", found.id)
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector(".card")
    opened.page.click(".leaflet-popup-close-button")
    opened.page.wait_for_selector(".card", state="detached")
    # The search has centred the building: a click in the middle of the map meets it.
    area = opened.page.locator(".folium-map").bounding_box()
    opened.page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    text = opened.page.wait_for_selector(".card").inner_text()
    assert found.id in text
    assert "Това е повод за проверка, не решение." in text


def test_legend_switches_a_class_off_and_on(office: str, open_page: Any) -> None:
    opened = open_page(office)
    shot = opened.page.locator(".folium-map").screenshot
    before = shot()
    waiting = [f.cls for f in town.findings_of(town.drawn()) if f.review != "rejected"]
    branch = opened.page.locator(".branch", has_text="Buildings missing from the cadastre")
    whole = branch.locator("> .row")
    row = branch.locator(".rows .row", has_text="Not in the cadastre").first
    assert not row.is_visible()
    whole.locator(".more").focus()
    opened.page.keyboard.press("Enter")
    assert row.locator(".row-count").inner_text() == str(waiting.count("not_in_cadastre"))
    both = waiting.count("not_in_cadastre") + waiting.count("adjoining_annex")
    assert whole.locator(".row-count").inner_text() == str(both)
    row.locator("input").focus()
    opened.page.keyboard.press("Space")
    without = shot()
    assert without != before
    state = "(box) => [box.checked, box.indeterminate]"
    assert whole.locator("input").evaluate(state) == [True, True], "one of its classes is off"
    whole.locator("input").focus()
    opened.page.keyboard.press("Space")
    assert whole.locator("input").evaluate(state) == [False, False]
    assert shot() not in {before, without}
    opened.page.keyboard.press("Space")
    assert shot() == before
    assert row.locator("input").is_checked()


def test_list_shows_every_finding_and_leads_to_the_map(office: str, open_page: Any) -> None:
    opened = open_page(office)
    opened.page.get_by_role("button", name="List").click()
    rows = opened.page.locator("dialog tbody").last.locator("tr")
    assert rows.count() == len(town.findings_of(town.drawn()))
    name = rows.first.locator("td").nth(1).inner_text()
    rows.first.locator("button").click()
    assert name in opened.page.wait_for_selector(".card").inner_text()


def test_measure_knows_a_metre(office: str, open_page: Any) -> None:
    opened = open_page(office)
    opened.page.get_by_role("button", name="Measure").click()
    bar = opened.page.locator(".leaflet-control-scale-line")
    length_m = float(re.sub(r"\D", "", bar.inner_text()))
    width_px = bar.bounding_box()["width"]
    area = opened.page.locator(".folium-map").bounding_box()
    x, y = area["x"] + 200, area["y"] + 200
    opened.page.mouse.click(x, y)
    opened.page.mouse.click(x + width_px, y)
    shown = float(opened.page.inner_text(".measured").split()[0])
    assert shown == pytest.approx(length_m, rel=0.03)  # the bar is drawn to whole pixels
    assert opened.page.locator(".card").count() == 0


def test_council_map_shows_counts_and_says_what_is_due(council: str, open_page: Any) -> None:
    opened = open_page(council)
    text = opened.page.inner_text(".panel").replace("\u00a0", " ")
    assert "findings wait for a decision" in text
    assert "due 14 June 2026" in text
    assert "Counts below 11 are not shown" in text


def test_without_script_title_date_and_counts_stand(council: str, open_page: Any) -> None:
    opened = open_page(council, javascript=False, wait=".without-script")
    text = opened.page.inner_text(".without-script").replace("\u00a0", " ")
    assert "Община Примерна" in text
    assert "State on 1 June 2026" in text
    assert re.search(r"Not in the cadastre\s+\d+", text)


def test_print_is_one_a3_sheet(council: str, open_page: Any) -> None:
    import pypdfium2

    opened = open_page(council)
    opened.page.locator(".panel").evaluate("panel => { panel.scrollTop = 500; }")
    sheet = pypdfium2.PdfDocument(opened.page.pdf(prefer_css_page_size=True))
    assert len(sheet) == 1
    assert [round(side / 72 * 25.4) for side in sheet[0].get_size()] == [420, 297]
    picture = sheet[0].render(scale=0.5).to_pil().convert("RGB")
    right_half = picture.crop((picture.width // 3, 0, picture.width, picture.height))
    assert len(right_half.getcolors(maxcolors=1_000_000)) > 20
    text = sheet[0].get_textpage().get_text_range()
    assert "Община Примерна" in text
    assert "1\xa0June\xa02026" in text or "1 June 2026" in text
    sheet.close()


@pytest.mark.parametrize(
    "corpus",
    [CORPUS, pytest.param(whole_corpus(), marks=pytest.mark.long)],
    ids=["sample", "whole"],
)
def test_hostile_texts_are_shown_and_do_nothing(corpus: tuple[str, ...], open_page: Any) -> None:
    findings = [
        Finding(
            "building",
            "not_in_cadastre",
            box(500_000 + 30 * i, 4_700_000, 500_020 + 30 * i, 4_700_015),
            (),
            (),
            (text,),
            (f"{text}#",),
            (),
            {"area_m2": Measure(300.0, 1.0, "m2")},
            0.9,
            Grade.A,
            id=f"B-{i}",
            home=text,
        )
        for i, text in enumerate(corpus)
    ]
    streets = gpd.GeoDataFrame(
        {"name": list(corpus)},
        geometry=[box(500_000 + 30 * i, 4_699_980, 500_029 + 30 * i, 4_699_990) for i in range(len(corpus))],
        crs=CRS,
    )
    views = [
        View.of(layer_named("findings"), findings_frame(findings, crs=CRS), "office"),
        View.of(layer_named("streets"), streets, "office"),
    ]
    whole = " ".join(text for text in corpus if len(text) < 1000)
    short = f"{TAGS[2]}{TEMPLATES[0]}{TEMPLATES[17]}"
    meta = replace(
        town.meta("office"),
        title=whole,
        place=whole,
        recipient=whole,
        dates=tuple((text, text) for text in corpus),
        class_notes={"not_in_cadastre": short},
        imagery=whole,
        colours={short: whole, "missing": whole},
    )
    meta = replace(meta, timeline=[(date(2026, 1, day), corpus[day]) for day in range(1, 28)])
    english = Edition("en", lambda key: f"{key} {short}", meta, views)
    bulgarian = Edition("bg", lambda key: f"{key} бг {short}", meta, views)
    drawn = DrawnMap([english, bulgarian])
    page = drawn.page(drawn.preview())
    opened = open_page(page)
    shown = opened.page.evaluate(
        """async () => {
          const dates = [...document.querySelectorAll(".dates dd")].map((node) => node.textContent);
          [...document.querySelectorAll(".tools .tool")][2].click();
          const rows = [...document.querySelectorAll("dialog tbody tr")];
          const cells = rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent));
          const stamps = [...document.querySelectorAll(".stamp")].map((node) => node.textContent);
          const notes = [...document.querySelectorAll(".note")].map((node) => node.textContent).join(" ");
          const title = document.querySelector("h1").textContent;
          return {dates, cells, stamps, notes, title, tab: document.title};
        }"""
    )
    assert shown["dates"] == list(corpus)
    assert whole in shown["stamps"][-1]
    assert short in shown["notes"]
    assert shown["title"] == whole
    by_id = {line[1]: line for line in shown["cells"]}
    for i, text in enumerate(corpus):
        assert text in by_id[f"B-{i}"]
        assert f"{text}#" in by_id[f"B-{i}"]
    # Open every card as well: that is where stock maps run what they show.
    opened.page.evaluate("document.querySelector('dialog').remove()")
    for i, text in enumerate(corpus):
        if len(text) > 10_000:
            continue
        opened.page.evaluate(
            "(id) => { const box = document.querySelector('input[type=search]'); box.value = id;"
            " box.dispatchEvent(new Event('input')); document.querySelector('.result').click(); }",
            f"B-{i}",
        )
        values = opened.page.evaluate(
            "[...document.querySelectorAll('.card dd .value')].map((node) => node.textContent)"
        )
        assert f"B-{i}" in values
        assert text in values
    opened.page.click(".language")
    assert opened.page.evaluate("document.documentElement.lang") == "bg"
    opened.page.focus(".time input")
    for _ in range(27):
        opened.page.keyboard.press("ArrowLeft")
    said = opened.page.evaluate("document.querySelector('.time-said span').textContent")
    assert said == corpus[1]
    assert opened.page.evaluate("window.__hostile") is None
    assert PRODUCT not in page
    assert PRODUCT not in opened.page.content()
    assert opened.quiet, (opened.console, opened.requests)


def test_empty_and_single_feature_maps_say_so(open_page: Any) -> None:
    nothing = render_map([], town.meta("office"), labels=town.labels("en"), lang="en")
    opened = open_page(nothing)
    assert "This view holds no features." in opened.page.inner_text(".panel")
    assert opened.quiet, opened.console
    one = gpd.GeoDataFrame(
        {"identifier": ["00990.1.1"]}, geometry=[box(500_000, 4_700_000, 500_020, 4_700_015)], crs=CRS
    )
    page = render_map(
        [View.of(layer_named("parcels"), one, "office")],
        town.meta("office"),
        labels=town.labels("en"),
        lang="en",
    )
    opened = open_page(page)
    assert len(colours(opened.page)) > 1
    opened.page.fill("input[type=search]", "00990")
    opened.page.keyboard.press("Enter")
    assert "00990.1.1" in opened.page.wait_for_selector(".card").inner_text()
    assert opened.quiet, opened.console


def test_a_polygon_of_a_hundred_thousand_vertices_opens(open_page: Any) -> None:
    turn = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    radius = 150 + 3 * np.sin(200 * turn)
    ring = np.column_stack([500_200 + radius * np.cos(turn), 4_700_150 + radius * np.sin(turn)])
    shape = Polygon(ring)
    frame = gpd.GeoDataFrame({"identifier": ["1"]}, geometry=[shape], crs=CRS)
    page = render_map(
        [View.of(layer_named("parcels"), frame, "office")],
        town.meta("office"),
        labels=town.labels("en"),
        lang="en",
    )
    opened = open_page(page)
    assert opened.quiet, opened.console
    assert len(colours(opened.page)) > 1


@pytest.fixture(scope="module")
def two_languages(frames: dict[str, gpd.GeoDataFrame]) -> str:
    """An office map in both languages, over three days, with two surveys."""
    days = [date(2026, 1, 15), date(2026, 5, 20), town.DAY]
    shown = dict(frames)
    houses = frames["observed_buildings"].copy().reset_index(drop=True)
    houses["valid_from"] = days[1]
    houses["valid_to"] = None
    before = houses.iloc[:40].assign(valid_from=days[0], valid_to=days[1])
    shown["observed_buildings"] = pd.concat([houses, before], ignore_index=True)
    findings = frames["findings"].copy()
    findings["valid_from"] = days[1]
    findings["valid_to"] = None
    shown["findings"] = findings
    editions = []
    for lang in ("bg", "en"):
        meta = town.meta(
            "office", timeline=[(day, f"ден {i}") for i, day in enumerate(days)], surveys=days[:2]
        )
        editions.append(Edition(lang, town.labels(lang), meta, town.views_of(shown, "office")))
    return DrawnMap(editions).page()


def test_language_is_switched_in_the_page(two_languages: str, open_page: Any) -> None:
    opened = open_page(two_languages)
    page = opened.page
    assert page.evaluate("document.documentElement.lang") == "bg"
    assert "Сгради, липсващи в кадастъра" in page.inner_text(".panel")
    page.locator(".branch .more").first.click()
    page.locator(".row", has_text="Липсва в кадастъра").first.locator("input").uncheck()
    page.get_by_role("button", name="English").click()
    assert page.evaluate("document.documentElement.lang") == "en"
    text = page.inner_text(".panel")
    assert "Buildings missing from the cadastre" in text
    assert "липсващи" not in text
    page.locator(".branch .more").first.click()
    row = page.locator(".row", has_text="Not in the cadastre").first
    assert not row.locator("input").is_checked(), "what was switched off stays off"
    assert page.inner_text(".leaflet-control-scale-line").endswith(" m")
    assert page.inner_text(".north").endswith("N")
    assert page.get_attribute(".leaflet-control-zoom-in", "aria-label") == "Closer"
    assert page.locator(".leaflet-control-zoom").count() == 1
    found = next(f for f in town.findings_of(town.drawn()) if f.cls == "extended")
    page.fill("input[type=search]", found.id)
    page.keyboard.press("Enter")
    assert "\u00a0±\u00a01.7\u00a0sq m" in page.wait_for_selector(".card").inner_text()
    page.get_by_role("button", name="Български").click()
    page.fill("input[type=search]", found.id)
    page.keyboard.press("Enter")
    assert "\u00a0±\u00a01,7\u00a0" in page.wait_for_selector(".card").inner_text()
    assert opened.quiet, opened.console


def test_slider_shows_an_earlier_day(two_languages: str, open_page: Any) -> None:
    opened = open_page(two_languages)
    page = opened.page
    shot = page.locator(".folium-map").screenshot
    now = shot()
    count = page.locator(".branch > .row", has_text="Сгради, липсващи в кадастъра").locator(".row-count")
    full = int(count.inner_text())
    slider = page.locator(".time input")
    assert slider.get_attribute("max") == "2"
    slider.focus()
    page.keyboard.press("Home")
    assert "15.01.2026" in page.inner_text(".time-said")
    assert shot() != now
    assert count.inner_text() == "0"
    page.keyboard.press("End")
    assert shot() == now
    assert int(count.inner_text()) >= full
    button = page.locator(".time > .tool")
    button.click()
    after = shot()
    button.click()
    assert shot() != after
    assert opened.quiet, opened.console


def test_public_map_is_quiet_and_stops_at_its_scale(
    frames: dict[str, gpd.GeoDataFrame], open_page: Any
) -> None:
    views = [
        View.of(CELLS, frames["blocks"].assign(dwellings=30, concerned=12), "public"),
        View.of(layer_named("streets"), frames["streets"], "public"),
    ]
    drawn = DrawnMap([Edition("en", town.labels("en"), town.meta("public"), views)])
    opened = open_page(drawn.page(drawn.preview()))
    assert "10–50\u00a0%" in opened.page.inner_text(".panel")
    for _ in range(30):
        opened.page.locator(".leaflet-control-zoom-in").click(force=True)
    bar = opened.page.locator(".leaflet-control-scale-line")
    metres = float(re.sub(r"\D", "", bar.inner_text())) / bar.bounding_box()["width"]
    assert metres >= 0.97 * 10_000 * 0.0254 / 96, "metres per CSS pixel, the bar to whole pixels"
    assert opened.quiet, (opened.console, opened.requests)


def test_preview_stands_where_no_script_runs(frames: dict[str, gpd.GeoDataFrame], open_page: Any) -> None:
    views = town.views_of(frames, "council")
    drawn = DrawnMap([Edition("bg", town.labels(), town.meta("council"), views)])
    opened = open_page(drawn.page(drawn.preview()), javascript=False, wait=".without-script img")
    size = opened.page.locator("img").bounding_box()
    assert size["width"] > 300
    assert opened.quiet, opened.console


def test_a_picture_lies_below_and_can_be_taken_away(
    frames: dict[str, gpd.GeoDataFrame], open_page: Any
) -> None:
    from test_imagery import imagery

    views = [*town.views_of(frames, "council"), imagery(frames, "council")]
    drawn = DrawnMap([Edition("en", town.labels("en"), town.meta("council", imagery="Office, 2025"), views)])
    opened = open_page(drawn.page())
    plain = (255, 0, 255)
    assert plain in colours(opened.page), "outside the blocks the picture shows as it is"
    assert "Aerial picture: Office, 2025" in opened.page.inner_text(".panel")
    row = opened.page.locator(".row", has_text="Aerial picture")
    row.locator("input").uncheck()
    assert plain not in colours(opened.page)
    row.locator("input").check()
    assert plain in colours(opened.page)
    assert opened.quiet, (opened.console, opened.requests)


def test_map_fills_the_screen_and_leaves_it_again(council: str, open_page: Any) -> None:
    page = open_page(council).page
    button = page.get_by_role("button", name="Full screen")
    filled = "document.fullscreenElement !== null"
    assert not page.evaluate(filled)
    button.click()
    page.wait_for_function(filled)
    button.click()
    page.wait_for_function(f"!({filled})")


def test_every_control_is_reached_by_keyboard_and_has_a_name(office: str, open_page: Any) -> None:
    page = open_page(office).page
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(() => { const n = document.activeElement; return n.getAttribute('aria-label') ||"
                " n.closest('label')?.textContent || n.textContent || n.title; })()"
            ).strip()
        )
    assert "" not in reached - {page.evaluate("document.body.textContent").strip()}
    wanted = {"Search", "Whole area", "Measure", "List", "Full screen", "Print", "Data and dates"}
    assert wanted <= reached
    assert any(name.startswith("Buildings missing from the cadastre") for name in reached)
    assert "By kind: Buildings missing from the cadastre" in reached

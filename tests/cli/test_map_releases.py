"""Maps through the command line: releases that are remembered, pictures, index and overview."""

import re
import shutil
import warnings
from datetime import date
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from regularize import i18n
from regularize.cli import main
from regularize.publish.page import data_block
from regularize.store import Store
from regularize.workflow.maps import data_dates
from regularize.workflow.projects import opened, store_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps") / "demo"
    assert main(["--lang", "en", "-q", "demo", str(folder)]) == 0
    i18n.use("en")
    return folder


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "demo"))


def releases(folder: Path) -> list:
    with Store.open(folder / "store.gpkg", read_only=True) as store:
        return [e for e in store.events(type="map.released") if e.payload["audience"] == "council"]


def test_a_few_reviews_do_not_change_what_councils_see(demo: Path, run, monkeypatch) -> None:
    council = demo / "maps" / "again.html"
    assert len(releases(demo)) == 1, "the demonstration's map and report are one release"
    shown = releases(demo)[0].payload["shown"]
    with Store.open(demo / "store.gpkg") as store:
        waiting = [f for f in store.findings() if f.cls == "not_in_cadastre"][:3]
        for found in waiting:
            store.review(found.id, "rejected", "", "office", date(2026, 6, 1))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1893456000")  # 1 January 2030
    assert run("-p", demo, "map", "build", "--audience", "council", "-o", council).code == 0
    assert len(releases(demo)) == 1, "nothing new is shown, so nothing new is released"
    block = data_block(council.read_text(encoding="utf-8"))
    assert any("Figures of" in line for line in str(block["stamp"]).split("@"))
    assert block["headline"]["number"] == str(shown["totals"]["all"])
    with Store.open(demo / "store.gpkg") as store:
        rest = [f for f in store.findings() if f.review != "rejected" and f.cls == "not_in_cadastre"]
        for found in rest:
            store.review(found.id, "rejected", "", "office", date(2026, 6, 1))
    assert run("-p", demo, "map", "build", "--audience", "council", "-o", council, "--overwrite").code == 0
    assert len(releases(demo)) == 2, "many changes are shown"
    assert releases(demo)[1].payload["shown"]["totals"]["all"] <= shown["totals"]["all"] - 11


def test_pictures_index_and_overview(demo: Path, run) -> None:
    maps = demo / "maps"
    said = run(
        "-p", demo, "map", "build", "--audience", "public", "-o", maps / "public.html",
        "--png", maps / "public.png", "--pdf", maps / "public.pdf",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert (maps / "public.png").read_bytes().startswith(b"\x89PNG")
    assert (maps / "public.pdf").read_bytes().startswith(b"%PDF")
    index = (maps / "index.html").read_text(encoding="utf-8")
    assert all(f'href="./{name}.html"' in index for name in ("office", "council", "public"))
    assert run("-p", demo, "map", "build", "--audience", "public", "-o", maps / "public.html").code == 2
    assert run("-p", demo, "map", "overview", "-o", maps / "overview.html").code == 0
    page = (maps / "overview.html").read_text(encoding="utf-8")
    assert [f"overview-{n}.html" in page for n in range(3)] == [True] * 3
    assert all((maps / f"overview-{n}.html").is_file() for n in range(3))
    outlines = re.findall(r'<a href="\./(overview-\d\.html)" aria-label="([^"]+)"><path d="M[^"]+Z"/>', page)
    assert [file for file, _name in outlines] == ["overview-1.html", "overview-2.html"], (
        "areas of the map open"
    )
    for file, name in outlines:
        assert data_block((maps / file).read_text(encoding="utf-8"))["place"] == name
    assert '<image width="240"' in page
    index = (maps / "index.html").read_text(encoding="utf-8")
    for name in ("overview", "overview-0", "overview-1", "overview-2"):
        assert f'href="./{name}.html"' in index, "the index lists what the overview wrote"
    assert run("-p", demo, "map", "overview", "-o", maps / "overview.html").code == 2


def test_two_builds_of_one_store_are_the_same_bytes(demo: Path, run, tmp_path: Path) -> None:
    for audience in ("office", "council", "public"):
        pages = []
        for number in (1, 2):
            file = demo / "out" / f"{audience}-{number}" / "map.html"
            assert run("-p", demo, "map", "build", "--audience", audience, "-o", file).code == 0
            pages.append(file.read_bytes())
        assert pages[0] == pages[1]


@pytest.fixture(scope="module")
def ortho(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of the demonstration's ground."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import rasterio
        from rasterio.transform import from_origin

        with Store.open(made / "store.gpkg", read_only=True) as store:
            west, south, east, north = store.layer("areas").total_bounds.tolist()
        width, height = int(east - west) + 100, int(north - south) + 100
        file = tmp_path_factory.mktemp("ortho") / "снимка.tif"
        about = {"driver": "GTiff", "count": 3, "dtype": "uint8", "crs": "EPSG:7801"}
        place = from_origin(west - 50, north + 50, 1.0, 1.0)
        with rasterio.open(file, "w", width=width, height=height, transform=place, **about) as target:
            target.write(np.random.default_rng(1).integers(60, 160, (3, height, width), dtype=np.uint8))
    return file


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("audience", ["office", "council"])
def test_a_map_lies_on_a_picture(demo: Path, ortho: Path, run, tmp_path: Path, audience: str) -> None:
    pages = []
    for number in (1, 2):
        file = demo / "out" / str(number) / "map.html"
        said = run(
            "-p", demo, "map", "build", "--audience", audience, "-o", file, "--underlay", ortho,
            "--underlay-date", "2025-07-14", "--underlay-source", "Държавен орган {{7*7}}",
        )  # fmt: skip
        assert said.code == 0, said.err
        pages.append(file.read_bytes())
    assert pages[0] == pages[1]
    block = data_block(pages[0].decode("utf-8"))
    assert block["underlay"]["source"].startswith("data:image/webp;base64,")
    assert "Държавен орган {{7*7}}, taken on 14\xa0July\xa02025" in block["stamp"][-1]["@"]["en"]
    assert "Aerial picture" in str(block["dates"]), "the panel of data names it too"
    assert "Държавен орган {{7*7}}" in str(block["dates"])
    assert len(pages[0]) < 3_500_000, "page and picture together"


def test_a_public_map_lies_on_no_picture(demo: Path, ortho: Path, run, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    said = run("-p", demo, "map", "build", "--audience", "public", "-o", file, "--underlay", ortho)
    assert said.code == 2
    assert "every single home" in said.err
    assert not file.exists()
    said = run("-p", demo, "map", "build", "--audience", "office", "-o", file, "--underlay", demo / "no.tif")
    assert said.code == 3
    assert "no such file" in said.err
    assert not file.exists()


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_refused_picture_releases_nothing_where_no_area_frames_the_map(
    project: Path, ortho: Path, run, tmp_path: Path
) -> None:
    import rasterio
    from rasterio.transform import from_origin

    data = Path(__file__).parents[2] / "data"
    for origin, file in (("cadastre", "cadastre/sgradi.shp"), ("survey", "surveys/zasneti_sgradi.shp")):
        given = ("--kind", "buildings", "--sigma", "0.2")
        assert run("-p", project, "ingest", origin, data / file, *given).code in {0, 1}
    assert run("-p", project, "detect").code == 0
    elsewhere = tmp_path / "elsewhere.tif"
    about = {"driver": "GTiff", "count": 3, "dtype": "uint8", "crs": "EPSG:7801", "width": 50, "height": 50}
    with rasterio.open(elsewhere, "w", transform=from_origin(500_000, 4_800_000, 1, 1), **about) as target:
        target.write(np.full((3, 50, 50), 90, dtype=np.uint8))
    with Store.open(project / "store.gpkg", read_only=True) as store:
        before = store.events()
    council = ("-p", project, "map", "build", "--audience", "council", "-o", project / "maps" / "m.html")
    said = run(*council, "--underlay", elsewhere)
    assert said.code == 3, said.err
    assert not (project / "maps" / "m.html").exists()
    with Store.open(project / "store.gpkg", read_only=True) as store:
        assert store.events() == before
    assert run(*council, "--underlay", ortho).code == 0
    assert len(releases(project)) == 1


def test_panel_says_which_data_and_which_rules(demo: Path) -> None:
    lines = str(data_block((demo / "maps" / "council.html").read_text(encoding="utf-8"))["dates"])
    assert "Comparison of survey and cadastre, run 1" in lines
    assert "Rules: " in lines
    assert "thresholds" in lines
    assert version("regularize") in lines
    assert "changed since" not in lines


def test_panel_counts_the_rules_of_the_run_not_of_today(demo: Path) -> None:
    here = opened(demo)
    with store_of(here) as store:
        ran = store.run_parameters(1)["thresholds"]
        said = dict(data_dates(here, store, lang="en"))
        assert store.run_parameters(99) == {}
    assert f"{len(ran)} thresholds" in said[f"Rules: {here.pack.title['en']}"]
    records = dict(here.pack.threshold_records)
    name = min(records)
    records[name] = {**records[name], "value": records[name]["value"] + 1}
    records["a_later_one"] = {"value": 1.0}

    values = {key: float(record["value"]) for key, record in records.items()}
    pack = SimpleNamespace(
        threshold_records=records, thresholds=values,
        label=here.pack.label, rules=here.pack.rules, title=here.pack.title,
    )  # fmt: skip
    with store_of(here) as store:
        later = dict(data_dates(SimpleNamespace(pack=pack), store, lang="en"))
    assert f"{len(ran)} thresholds" in later[f"Rules: {here.pack.title['en']}"], "those of the run"
    assert later["Thresholds changed since the comparison"] == "2"


@pytest.mark.parametrize("audience", ["office", "council", "public"])
def test_without_findings_or_features_the_page_says_so(
    project: Path, run, tmp_path: Path, audience: str
) -> None:
    file = project / "empty.html"
    said = run(
        "-p", project, "map", "build", "--audience", audience, "-o", file,
        "--png", project / "empty.png", "--pdf", project / "empty.pdf",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert "no findings are stored yet" in said.err
    block = data_block(file.read_text(encoding="utf-8"))
    assert "This view holds no features." in str(block["empty"])
    areas = gpd.GeoDataFrame(
        {"name": ["Пусто място"]}, geometry=[box(5e5, 47e5, 500_100, 4_700_100)], crs=7801
    )
    areas.to_file(tmp_path / "areas.gpkg")
    said = run(
        "-p", project, "ingest", "plan", tmp_path / "areas.gpkg", "--kind", "areas", "--date", "2026-01-01"
    )
    assert said.code == 0, said.err
    said = run(
        "-p", project, "map", "build", "--audience", audience, "-o", file, "--overwrite",
        "--area", "Пусто място",
    )  # fmt: skip
    assert said.code == 0, said.err
    said_there = str(data_block(file.read_text(encoding="utf-8"))["empty"])
    assert "features" in said_there or "findings" in said_there.lower(), said_there


@pytest.mark.browser
def test_cards_open_without_a_request(demo: Path, run, open_page) -> None:
    maps = demo / "maps"
    assert run("-p", demo, "map", "overview", "-o", maps / "overview.html").code == 0
    for name in ("index", "overview"):
        shown = open_page((maps / f"{name}.html").read_text(encoding="utf-8"), wait=".card")
        assert shown.page.locator(".card").count() >= 2
        widths = shown.page.evaluate("[...document.images].map((image) => image.naturalWidth)")
        assert all(width > 100 for width in widths), "thumbnails are shown"
        if name == "overview":
            shown.page.keyboard.press("Tab")
            assert shown.page.evaluate("document.activeElement.getAttribute('href')") == "./overview-1.html"
            assert shown.page.locator("svg image").bounding_box()["width"] > 300
        assert shown.quiet, (shown.console, shown.requests)

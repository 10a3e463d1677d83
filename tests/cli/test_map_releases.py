"""Maps through the command line: releases that are remembered, pictures, index and overview."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from regularize import i18n
from regularize.cli import main
from regularize.publish.page import data_block
from regularize.store import Store


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
    assert run("-p", demo, "map", "overview", "-o", maps / "overview.html").code == 2


def test_two_builds_of_one_store_are_the_same_bytes(demo: Path, run, tmp_path: Path) -> None:
    for audience in ("office", "council", "public"):
        pages = []
        for number in (1, 2):
            file = tmp_path / f"{audience}-{number}" / "map.html"
            assert run("-p", demo, "map", "build", "--audience", audience, "-o", file).code == 0
            pages.append(file.read_bytes())
        assert pages[0] == pages[1]

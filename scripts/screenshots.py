"""Photograph every map kind, the report and a dossier of the demonstration, to be looked at.

Usage: python scripts/screenshots.py [DEMO_FOLDER]. Writes build/screenshots/ and, at the size that the
README shows, docs/images/.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
MAPS = ("office", "council", "public")
SIZES = ((1920, 1080), (1366, 768), (390, 844))
README_SIZE = (1366, 768)
COLOURS = 256  # enough for flat map colours, and a third of the bytes
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str:
    """The system's Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise SystemExit("no chromium found: sh scripts/chromium.sh")


def small(source: Path, target: Path) -> None:
    """A copy with few colours."""
    with Image.open(source) as picture:
        picture.convert("RGB").quantize(COLOURS, kmeans=2).save(target, optimize=True)


def photograph_pages(demo: Path, out: Path, images: Path) -> None:
    """The HTML pages in every size."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=list(QUIET))
        for name in ("office", "council", "public", "overview", "index", "report"):
            drawn = name in MAPS
            for width, height in SIZES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto((demo / "maps" / f"{name}.html").resolve().as_uri())
                if drawn:
                    page.wait_for_selector("html[data-ready=yes]", state="attached")
                picture = out / f"{name}-{width}x{height}.png"
                page.screenshot(path=picture)
                page.close()
                if (width, height) == README_SIZE and drawn:
                    small(picture, images / f"{name}-map.png")
        browser.close()


def build_the_rest(demo: Path) -> None:
    """The kinds of maps that the demonstration itself does not write, and their sheets."""
    program = Path(sys.executable).with_name("regularize")
    maps = demo / "maps"
    kinds = [
        ["build", "--audience", "public", "-o", str(maps / "public.html")],
        ["overview", "-o", str(maps / "overview.html")],
    ]
    kinds += [
        ["build", "--audience", name, "-o", str(maps / f"{name}.html"), "--png", str(maps / f"{name}.png")]
        for name in MAPS
    ]
    for words in kinds:
        subprocess.run([str(program), "-q", "-p", str(demo), "map", *words, "--overwrite"], check=True)


def photograph_sheets(demo: Path, out: Path) -> None:
    """The maps as sheets, drawn without a browser."""
    for name in MAPS:
        shutil.copyfile(demo / "maps" / f"{name}.png", out / f"{name}-sheet.png")


def photograph_dossier(demo: Path, out: Path, images: Path) -> None:
    """The pages of the first dossier."""
    first = min(f for f in (demo / "dossiers").glob("*.pdf") if "-sheet" not in f.name)
    document = pypdfium2.PdfDocument(first)
    for number in range(len(document)):
        document[number].render(scale=1.4).to_pil().save(out / f"dossier-{number + 1}.png")
    document.close()
    small(out / "dossier-1.png", images / "dossier.png")


def photograph_family_sheet(demo: Path, out: Path, images: Path) -> None:
    """The sheet of the first home."""
    with pypdfium2.PdfDocument(min((demo / "dossiers").glob("*-sheet.pdf"))) as document:
        document[0].render(scale=1.4).to_pil().save(out / "family-sheet.png")
    small(out / "family-sheet.png", images / "family-sheet.png")


def main() -> None:
    """Photograph everything."""
    demo = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "demo"
    out, images = ROOT / "build" / "screenshots", ROOT / "docs" / "images"
    for folder in (out, images):
        folder.mkdir(parents=True, exist_ok=True)
    build_the_rest(demo)
    photograph_pages(demo, out, images)
    photograph_sheets(demo, out)
    photograph_dossier(demo, out, images)
    photograph_family_sheet(demo, out, images)


if __name__ == "__main__":
    main()

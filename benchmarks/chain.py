"""The figures of the main job: help, the chain on the sample, the council map's first picture.

Usage: python benchmarks/chain.py
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
ROUNDS = 5


def cpu_of(*args: str) -> tuple[float, float]:
    """CPU and wall seconds of one run of the command line, as a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "regularize", "--lang", "bg", *args],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def median(values: list[float]) -> float:
    """The middle of several runs."""
    return sorted(values)[len(values) // 2]


def first_picture(page_file: Path) -> float:
    """Seconds from opening the file to the first full picture in headless Chromium."""
    browser_path = next(found for name in BROWSERS if (found := shutil.which(name)))
    times = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=list(QUIET))
        for _round in range(ROUNDS):
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            start = time.perf_counter()
            page.goto(page_file.resolve().as_uri())
            page.wait_for_selector("html[data-ready=yes]", state="attached")
            times.append(time.perf_counter() - start)
            page.close()
        browser.close()
    return median(times)


def main() -> None:
    """Measure and print."""
    helps = [cpu_of("--help")[0] for _round in range(ROUNDS)]
    print(f"regularize --help            {median(helps):6.2f} s CPU   (goal 0.5)")
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        cpu, wall = cpu_of("demo", str(demo))
        print(f"regularize demo              {wall:6.1f} s wall, {cpu:.1f} s CPU   (goal 20 s)")
        council = demo / "maps" / "council.html"
        print(f"council map of the sample    {council.stat().st_size / 1e6:6.2f} MB   (goal 1.5)")
        print(f"council map, first picture   {first_picture(council):6.2f} s   (goal 2)")


if __name__ == "__main__":
    main()

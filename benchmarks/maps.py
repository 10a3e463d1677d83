"""Size and first picture of an office map, beside stock folium in the same run.

    python benchmarks/maps.py [FEATURES ...]        (5000, 20000 and 100000 by default)

The table goes to docs/performance.md where the default sizes are run; stock folium is left out
above 20,000 features, where it takes minutes.

Both pages show the same parcels and buildings with the same attributes, hold everything they need,
and are opened from disk in headless Chromium. Ratios matter; milliseconds depend on the machine.
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from playwright.sync_api import sync_playwright
from xstatic.pkg import leaflet

from regularize import countries
from regularize.layers import layer_named
from regularize.model import Finding, Grade, Measure
from regularize.publish.maps import DrawnMap, Edition, MapMeta
from regularize.publish.view import View, findings_frame

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import ARGUMENTS, NAMES

CRS = "EPSG:7801"
SIZES = [5_000, 20_000, 100_000]
STOCK_MOST = 20_000
DOC = Path(__file__).parents[1] / "docs" / "performance.md"
MARKS = ("<!-- benchmarks/maps.py writes from here -->", "<!-- benchmarks/maps.py writes to here -->")
CLASSES = ("not_in_cadastre", "extended", "rebuilt", "not_in_survey", "uncertain")


def features(n: int, seed: int = 7801) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[Finding]]:
    """`n` features: four tenths parcels, three tenths buildings, three tenths findings."""
    dice = np.random.default_rng(seed)
    n_parcels, n_buildings = n * 4 // 10, n * 3 // 10
    side = int(np.ceil(np.sqrt(n_parcels)))
    parcels, shapes = [], []
    for i in range(n_parcels):
        x, y = 500_000 + (i % side) * 18 + (i % side) // 8 * 9, 4_700_000 + (i // side) * 22
        corners = np.array([[0, 0], [18, 0], [18, 22], [0, 22]]) + dice.normal(0, 0.4, (4, 2))
        parcels.append(shapely.Polygon(corners + np.array([x, y])))
    for i in range(n - n_parcels):
        west, south = np.array(parcels[i % n_parcels].bounds[:2]) + dice.uniform(1, 5, 2)
        w, d, bay = dice.uniform(6, 11), dice.uniform(6, 12), dice.uniform(2, 4)
        ring = [[0, 0], [w, 0], [w, d], [w - bay, d], [w - bay, d - bay], [0, d - bay]]
        turned = shapely.affinity.rotate(
            shapely.Polygon(np.array(ring) + np.array([west, south])), dice.normal(0, 4)
        )
        shapes.append(turned)

    def common(count: int, prefix: str) -> dict[str, list[Any]]:
        return {
            "fid": list(range(count)),
            "ref": [f"{prefix}-{i:05d}" for i in range(count)],
            "identifier": [f"00990.{i // 500 + 1}.{i % 500 + 1}" for i in range(count)],
            "batch": [1] * count,
            "origin": ["cadastre"] * count,
            "source": ["кадастрална карта"] * count,
            "sigma_m": [0.2] * count,
            "valid_from": [date(2026, 1, 15)] * count,
        }

    parcel_frame = gpd.GeoDataFrame(
        {**common(n_parcels, "P"), "area_register_m2": [round(p.area, 1) for p in parcels]},
        geometry=parcels,
        crs=CRS,
    )
    building_frame = gpd.GeoDataFrame(
        {**common(n_buildings, "S"), "storeys": dice.integers(1, 4, n_buildings)},
        geometry=shapes[:n_buildings],
        crs=CRS,
    )
    findings = [
        Finding(
            "building",
            CLASSES[i % len(CLASSES)],
            shape,
            (),
            (),
            (f"O-{i:05d}",),
            (f"S-{i:05d}",),
            ("BELOW_THRESHOLD",),
            {"area_m2": Measure(shape.area, 1.7, "m2")},
            0.9,
            Grade("ABCD"[i % 4]),
            id=f"B-{i}",
            home=f"T-00990-{i}",
        )
        for i, shape in enumerate(shapes[n_buildings:])
    ]
    return parcel_frame, building_frame, findings


def ours(parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, findings: list[Finding]) -> str:
    """The office map."""
    pack = countries.load("bg")
    views = [
        View.of(layer_named("parcels"), parcels, "office"),
        View.of(layer_named("buildings"), buildings, "office"),
        View.of(layer_named("findings"), findings_frame(findings, crs=CRS), "office"),
    ]
    meta = MapMeta(audience="office", title="Мярка", on=date(2026, 6, 1))
    drawn = DrawnMap(
        [Edition(lang, lambda key, lang=lang: pack.label(key, lang), meta, views) for lang in ("bg", "en")]
    )
    return drawn.page(drawn.preview())


def stock(parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, findings: list[Finding]) -> str:
    """The same layers as folium writes them, with Leaflet inlined so that it opens at all."""
    drawn = folium.Map(tiles=None, control_scale=True)
    frame = findings_frame(findings, crs=CRS).drop(columns=["score"])
    for name, layer in (("parcels", parcels), ("buildings", buildings), ("findings", frame)):
        data = layer.assign(**{c: layer[c].astype(str) for c in layer.columns if c != "geometry"})
        fields = [c for c in data.columns if c != "geometry"]
        folium.GeoJson(
            data.to_crs(4326),
            name=name,
            style_function=lambda feature: {
                "color": "#D55E00" if "class" in feature["properties"] else "#59636E",
                "weight": 1,
            },
            popup=folium.GeoJsonPopup(fields),
        ).add_to(drawn)
    folium.LayerControl().add_to(drawn)
    drawn.fit_bounds([[parcels.to_crs(4326).total_bounds[i] for i in pair] for pair in ((1, 0), (3, 2))])
    text: str = drawn.get_root().render()
    script = (Path(leaflet.BASE_DIR) / "leaflet.js").read_text(encoding="utf-8")
    style = (Path(leaflet.BASE_DIR) / "leaflet.css").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if "<script src=" not in line and "<link rel=" not in line]
    head = f"<style>{style}</style><script>{script}</script></head>"
    return "\n".join(kept).replace("</head>", head, 1)


def first_picture_ms(browser: Any, file: Path, *, marked: bool) -> float:
    """From the start of the page to two frames after everything is drawn; the best of three."""
    times = []
    for _ in range(3):
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        errors: list[str] = []
        page.on("pageerror", lambda error, into=errors: into.append(str(error)))
        page.goto(file.as_uri(), timeout=180_000)
        if marked:
            page.wait_for_selector("html[data-ready=yes]", timeout=180_000)
            times.append(page.evaluate("performance.getEntriesByName('drawn')[0].startTime"))
        else:
            frames = "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())))"
            times.append(page.evaluate(f"new Promise((done) => {frames})"))
        assert not errors, errors
        page.close()
    return float(min(times))


def pan_ms(browser: Any, file: Path) -> float:
    """One step of 200 pixels in the whole view, until the next frame after it; the median of seven."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(file.as_uri(), timeout=180_000)
    page.wait_for_selector("html[data-ready=yes]", timeout=180_000, state="attached")
    step = """() => new Promise((done) => {
      const map = window[JSON.parse(document.getElementById("regularize-data").textContent).map_id];
      const start = performance.now();
      map.panBy([200, 0], { animate: false });
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
    })"""
    times = sorted(page.evaluate(step) for _ in range(7))
    page.close()
    return float(times[3])


def written(rows: list[dict[str, float]]) -> str:
    """The section of docs/performance.md."""
    lines = [
        MARKS[0],
        "## Maps",
        "",
        "An office map in two languages (four tenths parcels, the rest buildings and findings), opened from "
        "disk in headless Chromium at 1920 x 1080, beside the same layers as stock folium writes them. "
        "Shown: start of the page to two frames after everything is drawn, best of three. Pan: one step of "
        "200 pixels in the whole view. Milliseconds depend on the machine and its load; ratios less.",
        "",
        "| features | size, MB | asked | shown, s | asked | pan, ms | written, s | smaller than stock "
        "| sooner |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    asked = {5_000: ("0.6", "1.0"), 20_000: ("1.5", "2.0"), 100_000: ("7", "opens")}
    for row in rows:
        size, shown = asked[int(row["n"])]
        stock = [f"{row[name]:.1f} x" if name in row else "-" for name in ("smaller", "sooner")]
        lines.append(
            f"| {int(row['n']):,} | {row['mb']:.2f} | {size} | {row['shown']:.2f} | {shown} "
            f"| {row['pan']:.0f} | {row['wrote']:.1f} | {stock[0]} | {stock[1]} |"
        )
    return "\n".join([*lines, MARKS[1]])


def keep(section: str) -> None:
    """Put the section between its marks, or at the end."""
    text = DOC.read_text(encoding="utf-8")
    before, mark, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2] if mark else ""
    DOC.write_text(before.rstrip("\n") + "\n\n" + section + "\n" + after.lstrip("\n"), encoding="utf-8")


def main(sizes: list[int]) -> None:
    """Print one line per size; write the table where the default sizes are run."""
    import shutil

    chromium = next(path for name in NAMES if (path := shutil.which(name)))
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for n in sizes:
            data = features(n)
            row: dict[str, float] = {"n": n}
            found: dict[str, tuple[float, float]] = {}
            for name, write in (("ours", ours), ("stock", stock)):
                if name == "stock" and n > STOCK_MOST:
                    continue
                started = time.perf_counter()
                text = write(*data)
                seconds = time.perf_counter() - started
                file = Path(folder) / f"{name}-{n}.html"
                file.write_text(text, encoding="utf-8")
                found[name] = (
                    file.stat().st_size / 1e6,
                    first_picture_ms(browser, file, marked=name == "ours"),
                )
                if name == "ours":
                    row |= {"mb": found[name][0], "shown": found[name][1] / 1000, "wrote": seconds}
                    row["pan"] = pan_ms(browser, file)
            if "stock" in found:
                ratio = [b / a for a, b in zip(found["ours"], found["stock"], strict=True)]
                row |= {"smaller": ratio[0], "sooner": ratio[1]}
            rows.append(row)
            print(" | ".join(f"{name} {value:.2f}" for name, value in row.items()), flush=True)
        browser.close()
    if sizes == SIZES:
        keep(written(rows))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or SIZES)

"""How long ``store verify`` takes on a store of 100,000 plots, in CPU seconds.

Run: python benchmarks/verify.py [PLOTS]
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import geopandas as gpd
import shapely

from regularize import layers
from regularize.model import Source
from regularize.store import Store

PLOTS = 100_000
SIDE_M, STEP_M, ROW = 18.0, 20.0, 400
MOST_CPU_S = 5.0
CRS = "EPSG:7801"
EAST, NORTH = 322_000.0, 4_707_000.0


def delivery(n: int) -> tuple[Source, gpd.GeoDataFrame]:
    """A regular grid of plots, as a survey would deliver it."""
    outlines = [
        shapely.box(x, y, x + SIDE_M, y + SIDE_M)
        for i in range(n)
        for x, y in [(EAST + i % ROW * STEP_M, NORTH + i // ROW * STEP_M)]
    ]
    frame = gpd.GeoDataFrame(
        {"feature": range(n), "ref": [f"S-{i}" for i in range(n)]}, geometry=outlines, crs=CRS
    )
    source = Source(
        path="plots.gpkg",
        layer="plots",
        origin="survey",
        kind="plots",
        sha256="0" * 64,
        reader="pyogrio",
        source_crs=CRS,
        encoding="utf-8",
        sigma_m=0.1,
        valid_from=date(2026, 1, 1),
        source="survey",
        n_read=n,
    )
    return source, frame


def main(n: int) -> int:
    """Fill a store, verify it, print the time; 1 if it is above the limit."""
    with tempfile.TemporaryDirectory() as folder:
        source, frame = delivery(n)
        with Store.create(Path(folder) / "store.gpkg", crs=CRS, title="benchmark") as store:
            began = time.process_time()
            store.ingest(source, layers.layer_named("plots"), frame)
            ingested = time.process_time() - began
        with Store.open(Path(folder) / "store.gpkg", read_only=True) as store:
            began = time.process_time()
            report = store.verify()
            verified = time.process_time() - began
    assert report.ok, report
    print(f"{n} plots: ingest {ingested:.2f} s, verify {verified:.2f} s CPU (at most {MOST_CPU_S:.0f} s)")
    return 0 if verified <= MOST_CPU_S else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PLOTS))

"""Areas of intersection: our pairs beside the joins that people use, in one run.

    python -m benchmarks.areas 1000 10000                    prints, and writes nothing
    python -m benchmarks.areas 1000 10000 100000 --write     and writes docs/performance.md

The job is the one of every detection run: all overlapping pairs and their areas of surveyed
buildings with parcels, surveyed buildings with registered ones, and occupied plots with parcels.
Engines take turns in each round, in an order that rotates. CPU seconds of the process count, not the
clock: the machine may be busy. Every engine must find the same pairs and areas, or the run fails.
"""

import argparse
import importlib.util
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import geopandas
import numpy as np
import numpy.typing as npt
import shapely

from benchmarks.settlements import BUILDINGS, Layer, neighbourhoods
from regularize.geometry import areas

Floats = npt.NDArray[np.float64]

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKS = ("<!-- benchmarks/areas.py writes from here -->", "<!-- to here -->")
PATIENCE_S = 120.0  # an engine that would take longer at the next size sits it out
SAME_M2 = 1e-6

Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]
Joins = Mapping[str, tuple[Layer, Layer]]
Engine = Callable[[Joins], dict[str, Found]]


def ours(engine: areas.Engine) -> Engine:
    """All joins by our pairs, each layer made ready once, as detection does it."""

    def run(joins: Joins) -> dict[str, Found]:
        layers = {id(layer): layer for pair in joins.values() for layer in pair}  # some are in two joins
        ready = {name: areas.outlines(layer) for name, layer in layers.items()}
        found = {k: areas.pairs(ready[id(a)], ready[id(b)], engine=engine) for k, (a, b) in joins.items()}
        return {k: (f.left, f.right, f.area_m2) for k, f in found.items()}

    return run


def _each(join: Callable[[Layer, Layer], Found]) -> Engine:
    """All joins, one after the other."""
    return lambda joins: {k: join(a, b) for k, (a, b) in joins.items()}


def _shapely(a: Layer, b: Layer) -> Found:
    left, right = shapely.STRtree(b).query(a, predicate="intersects")
    return left, right, shapely.area(shapely.intersection(a[left], b[right]))


def _sjoin(a: Layer, b: Layer) -> Found:
    one, other = geopandas.GeoDataFrame(geometry=a), geopandas.GeoDataFrame(geometry=b)
    joined = geopandas.sjoin(one, other, predicate="intersects")
    right = joined["index_right"].to_numpy()
    shared = joined.geometry.array.intersection(other.geometry.array[right])
    return joined.index.to_numpy(), right, shared.area


def _overlay(a: Layer, b: Layer) -> Found:
    one = geopandas.GeoDataFrame({"left": np.arange(len(a))}, geometry=a)
    other = geopandas.GeoDataFrame({"right": np.arange(len(b))}, geometry=b)
    shared = geopandas.overlay(one, other, how="intersection", keep_geom_type=True)
    return shared["left"].to_numpy(), shared["right"].to_numpy(), shared.area.to_numpy()


SQL = """
SELECT l.id AS l, r.id AS r, ST_Area(ST_Intersection(l.geometry, r.geometry)) AS m2
FROM one AS l JOIN other AS r ON ST_Intersects(l.geometry, r.geometry)
"""


def _duckdb(a: Layer, b: Layer) -> Found:
    import duckdb
    import duckdb_extension_spatial  # type: ignore[import-untyped]  # a package that only holds a file
    import pandas as pd

    # The package holds the extension as a file: nothing is fetched.
    folder = Path(duckdb_extension_spatial.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    with duckdb.connect() as connection:
        connection.load_extension(str(folder / "spatial.duckdb_extension"))
        for name, layer in (("one", a), ("other", b)):
            connection.register(
                "wkb", pd.DataFrame({"id": np.arange(len(layer)), "wkb": shapely.to_wkb(layer)})
            )
            connection.execute(f"CREATE TABLE {name} AS SELECT id, ST_GeomFromWKB(wkb) AS geometry FROM wkb")  # noqa: S608 (two fixed names)
        found = connection.execute(SQL).df()
    return found["l"].to_numpy(), found["r"].to_numpy(), found["m2"].to_numpy()


def _sedonadb(a: Layer, b: Layer) -> Found:
    import pyarrow
    import sedonadb  # type: ignore[import-untyped]  # it comes without types

    context = sedonadb.connect()
    for name, layer in (("one", a), ("other", b)):
        wkb = pyarrow.array(shapely.to_wkb(layer).tolist(), pyarrow.binary())
        table = pyarrow.table({"id": np.arange(len(layer)), "wkb": wkb})
        context.create_data_frame(table).to_view(f"{name}_wkb")
        made = f"SELECT id, ST_GeomFromWKB(wkb) AS geometry FROM {name}_wkb"  # noqa: S608 (two fixed names)
        context.sql(made).to_memtable().to_view(name)
    # By Arrow's stream: the way over pandas wants geoarrow, which holds nothing that is needed here.
    found = pyarrow.RecordBatchReader.from_stream(context.sql(SQL)).read_all()
    return found["l"].to_numpy(), found["r"].to_numpy(), found["m2"].to_numpy()


KERNEL, PLAIN, SJOIN = "ours (numba)", "ours (shapely path)", "geopandas sjoin + intersection"
ENGINES: dict[str, tuple[str, Engine]] = {  # name: (the module it needs, how it runs)
    KERNEL: ("numba", ours("numba")),
    PLAIN: ("shapely", ours("shapely")),
    "shapely STRtree + intersection": ("shapely", _each(_shapely)),
    SJOIN: ("geopandas", _each(_sjoin)),
    "geopandas overlay": ("geopandas", _each(_overlay)),
    "duckdb spatial": ("duckdb", _each(_duckdb)),
    "sedonadb": ("sedonadb", _each(_sedonadb)),
}


def _ordered(found: Found) -> Found:
    left, right, area_m2 = found
    kept = np.flatnonzero(area_m2 > areas.TOUCH_M2)
    order = kept[np.lexsort((right[kept], left[kept]))]
    return left[order], right[order], area_m2[order]


def _measure(n: int, rounds: int, running: Sequence[str]) -> tuple[dict[str, float], int, float]:
    """CPU seconds of each engine (its middle round), the number of pairs, the worst difference.

    The middle, not the best: small sizes have more rounds than large ones, and the best of many would
    flatter them.
    """
    layers = neighbourhoods(n)
    spent: dict[str, list[float]] = {name: [] for name in running}
    worst_m2 = 0.0
    expected: dict[str, Found] = {}
    for turn in range(rounds):
        for name in (*running[turn % len(running) :], *running[: turn % len(running)]):
            begin = time.process_time()
            results = ENGINES[name][1](layers.joins)
            total = time.process_time() - begin
            for join, result in results.items():
                left, right, area_m2 = _ordered(result)
                first = expected.setdefault(join, (left, right, area_m2))
                if not (np.array_equal(left, first[0]) and np.array_equal(right, first[1])):
                    sys.exit(f"{name} finds other pairs of {join} at {n}")
                worst_m2 = max(worst_m2, float(np.abs(area_m2 - first[2]).max()))
            spent[name].append(total)
            print(f"  {n:>7,} round {turn + 1} {name:32s} {total:8.2f} CPU s", flush=True)
    if worst_m2 > SAME_M2:
        sys.exit(f"areas differ by {worst_m2} m2 at {n}")
    return {name: median(s) for name, s in spent.items()}, sum(len(f[0]) for f in expected.values()), worst_m2


def _exact(a: shapely.Geometry, b: shapely.Geometry) -> Fraction:
    """The area two polygons share in rational arithmetic, edge against edge."""
    total = Fraction(0)
    for mine, x0, y0, x1, y1 in _sides(a):
        for other, u0, v0, u1, v1 in _sides(b):
            low, high = max(x0, u0), min(x1, u1)
            if low >= high:
                continue
            slope, against = (y1 - y0) / (x1 - x0), (v1 - v0) / (u1 - u0)
            cuts = [low, high]
            if (
                slope != against
                and low < (x := (v0 - against * u0 - y0 + slope * x0) / (slope - against)) < high
            ):
                cuts.insert(1, x)
            for p, q in pairwise(cuts):
                at = (p + q) / 2
                height = min(y0 + (at - x0) * slope, v0 + (at - u0) * against)
                total += mine * other * (q - p) * height
    return total


def _sides(polygon: shapely.Geometry) -> list[tuple[int, Fraction, Fraction, Fraction, Fraction]]:
    sides = []
    for part in shapely.get_parts(shapely.orient_polygons(polygon)):
        for ring in shapely.get_rings(part):
            corners = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
            for (x0, y0), (x1, y1) in pairwise(corners):
                if x0 > x1:
                    sides.append((1, x1, y1, x0, y0))
                elif x0 < x1:
                    sides.append((-1, x0, y0, x1, y1))
    return sides


def _exactness(pairs_per_join: int) -> tuple[float, float, int]:
    """The worst error of the kernel and of shapely against rational arithmetic, in m2, and of how many."""
    layers = neighbourhoods(BUILDINGS)
    worst, count = [0.0, 0.0], 0
    for a, b in layers.joins.values():
        found = areas.pairs(a, b, engine="numba")
        sample = np.random.default_rng(1).permutation(len(found))[:pairs_per_join]
        left, right = found.left[sample], found.right[sample]
        plain = shapely.area(shapely.intersection(a[left], b[right]))
        for i, j, ours, geos in zip(left, right, found.area_m2[sample], plain, strict=True):
            truth = _exact(a[i], b[j])
            for k, area_m2 in enumerate((ours, geos)):
                worst[k] = max(worst[k], abs(float(Fraction(area_m2) - truth)))
            count += 1
    return worst[0], worst[1], count


START = """
import sys, time
from benchmarks.areas import neighbourhoods, ours
joins = neighbourhoods(int(sys.argv[1])).joins
begin = time.process_time()
ours(sys.argv[2])(joins)
print(time.process_time() - begin)
"""


def _starts(sizes: Sequence[int], rounds: int) -> list[tuple[int, int, float, float]]:
    """Of a fresh process: size, polygons of the largest join, CPU s with numba, CPU s with shapely."""
    rows = []
    for n in sizes:
        largest = max(len(a) + len(b) for a, b in neighbourhoods(n).joins.values())
        spent: dict[str, list[float]] = {"numba": [], "shapely": []}
        for _ in range(rounds):
            for engine, seconds in spent.items():
                command = [sys.executable, "-c", START, str(n), engine]
                seconds.append(
                    float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                )
        rows.append((n, largest, min(spent["numba"]), min(spent["shapely"])))
        print(
            f"  {n:>7,} from a fresh process: numba {rows[-1][2]:.2f}, shapely {rows[-1][3]:.2f} CPU s",
            flush=True,
        )
    return rows


def _page(
    table: dict[int, tuple[dict[str, float], int, float]],
    absent: dict[str, str],
    exact: tuple[float, float, int],
    starts: Sequence[tuple[int, int, float, float]],
) -> str:
    """The figures as Markdown."""
    sizes = list(table)
    last = sizes[-1]
    ratio = table[last][0][SJOIN] / table[last][0][KERNEL]
    lines = [
        "## Areas of intersection",
        "",
        "Three joins (surveyed buildings with parcels, surveyed with registered buildings, occupied plots"
        " with parcels): all pairs and the area of each. CPU seconds, the middle of interleaved rounds, warm;"
        f" in brackets the multiple of ours. {os.cpu_count()} cores, Python {platform.python_version()},"
        f" numpy {np.__version__}, shapely {shapely.__version__} (GEOS {shapely.geos_version_string}),"
        f" geopandas {geopandas.__version__}.",
        "",
        "| surveyed buildings | " + " | ".join(f"{n:,}" for n in sizes) + " | growth |",
        "|---|" + "---:|" * (len(sizes) + 1),
        "| pairs | " + " | ".join(f"{table[n][1]:,}" for n in sizes) + " | |",
    ]
    for name in ENGINES:
        if name in absent:
            lines.append(f"| {name} | " + " | ".join([absent[name]] * len(sizes)) + " | |")
            continue
        cells = [
            f"{table[n][0][name]:.3g} ({table[n][0][name] / table[n][0][KERNEL]:.1f})"
            if name in table[n][0]
            else "skipped"
            for n in sizes
        ]
        done = [n for n in sizes if name in table[n][0]]
        growth = "" if len(done) < 2 else f"n^{_growth(table, name, done):.2f}"
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {growth} |")
    lines += [
        "",
        "All engines found the same pairs; their areas differ by at most"
        f" {max(t[2] for t in table.values()):.1e} m2. Growth is the exponent between the"
        f" last two sizes. What is skipped would have taken more than {PATIENCE_S:.0f} CPU seconds a round.",
        "",
        "| figure | reached | asked |",
        "|---|---:|---:|",
        f"| sjoin / ours at {last:,} | {ratio:.1f} | at least 15 |",
    ]
    if len(sizes) > 1:
        lines.append(f"| exponent of growth | {_growth(table, KERNEL, sizes):.2f} | at most 1.1 |")
    lines += [
        f"| worst error against exact fractions, {exact[2]:,} pairs | {exact[0]:.1e} m2 | at most 1e-9 m2 |",
        f"| the same of shapely at national coordinates | {exact[1]:.1e} m2 | |",
        "",
        "### Where the kernel begins to pay",
        "",
        "The same joins in a fresh process, the start of numba included, its compiled code already on disk."
        f' `engine="auto"` takes the kernel from {areas.NUMBA_PAYS:,} polygons in one call.',
        "",
        "| surveyed buildings | polygons in the largest call | numba, CPU s | shapely, CPU s |",
        "|---:|---:|---:|---:|",
        *(f"| {n:,} | {polygons:,} | {ours:.2f} | {plain:.2f} |" for n, polygons, ours, plain in starts),
    ]
    return "\n".join(lines)


def _growth(table: dict[int, tuple[dict[str, float], int, float]], name: str, sizes: Sequence[int]) -> float:
    small, large = sizes[-2:]
    return math.log(table[large][0][name] / table[small][0][name]) / math.log(large / small)


def _write(text: str) -> None:
    """Put `text` between the marks of the page, and leave the rest of the page alone."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Performance\n"
    if MARKS[0] not in page:
        page = f"{page.rstrip()}\n\n{MARKS[0]}\n{MARKS[1]}\n"
    between = re.compile(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", page), encoding="utf-8")


def main() -> None:
    """Run the sizes that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="+", type=int, metavar="BUILDINGS")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    arguments = parser.parse_args()
    absent = {
        name: "not installed"
        for name, (module, _) in ENGINES.items()
        if importlib.util.find_spec(module) is None
    }
    running = [name for name in ENGINES if name not in absent]
    warm = neighbourhoods(BUILDINGS)
    for name in running:
        ENGINES[name][1]({k: (a[:50], b[:50]) for k, (a, b) in warm.joins.items()})
    table: dict[int, tuple[dict[str, float], int, float]] = {}
    for n in sorted(arguments.sizes):
        if table:
            before, (spent, *_) = list(table.items())[-1]
            running = [name for name in running if spent.get(name, 0.0) * n / before <= PATIENCE_S]
        # A round of few buildings is over in milliseconds, so more of them are taken.
        more = max(1, min(10, max(arguments.sizes) // n // 3))
        table[n] = _measure(n, more * arguments.rounds, running)
    text = _page(table, absent, _exactness(200), _starts((1000, 2000, 5000, 10_000), arguments.rounds))
    print(text)
    if arguments.write:
        _write(text)


if __name__ == "__main__":
    main()

"""From the store to findings in the store, beside a plain script that finds the same.

    python -m benchmarks.detect                 prints, and writes nothing
    python -m benchmarks.detect --write         and writes docs/performance.md

Ours is ``regularize detect`` as people type it: it reads the store, estimates the shift, matches, compares
sizes, looks at the land beneath, checks the cadastre, numbers findings and homes and writes them with their
log. The plain script reads the same layers from a GeoPackage, joins them with ``sjoin`` and ``overlay``,
looks for overlaps and gaps of parcels and for buildings across their lines, and writes its tables: no shift,
no tolerance, no identity. Each runs as a process of its own, imports included;
CPU seconds count, of all threads. What both call "not in the register" must be the same buildings.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import geopandas
import pandas as pd

from benchmarks.settlements import Layer, neighbourhoods

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKS = ("<!-- benchmarks/detect.py writes from here -->", "<!-- detect: to here -->")
CRS = "EPSG:7801"
# Table -> origin, kind, accuracy as the workload was made.
TABLES = {
    "parcels": ("cadastre", "parcels", 0.2),
    "buildings": ("cadastre", "buildings", 0.4),
    "observed_buildings": ("survey", "buildings", 0.05),
}
RATIO, LEAST_RATIO_AT = 8.0, 10_000
MOST_MB, MEMORY_AT = 2048.0, 100_000
MOST_WALL_S, WALL_AT = 2.5, 1000

PLAIN = """
import sys
import geopandas as gpd
package, target = sys.argv[1:]
surveyed, registered, parcels = (
    gpd.read_file(package, layer=name) for name in ("observed_buildings", "buildings", "parcels")
)
for frame in (surveyed, registered, parcels):
    frame["m2"] = frame.area
pairs = gpd.sjoin(surveyed, registered, predicate="intersects")
other = registered.geometry.loc[pairs["index_right"]]
pairs["common"] = pairs.geometry.intersection(other, align=False).area
smaller = pairs[["m2_left", "m2_right"]].min(axis=1)
known = pairs[pairs["common"] >= 0.15 * smaller]
def sums(shapes, key="ref"):
    return shapes.assign(m2=shapes.area).groupby(key)["m2"]
gain = gpd.overlay(surveyed, registered, how="difference")
loss = gpd.overlay(registered, surveyed, how="difference")
surveyed["gain_m2"] = sums(gain).sum().reindex(surveyed["ref"]).to_numpy()
registered["loss_m2"] = sums(loss).sum().reindex(registered["ref"]).to_numpy()
within = gpd.overlay(surveyed, parcels, how="intersection")
parts = sums(within, "ref_1").agg(["max", "sum"])
surveyed["across_m2"] = (parts["sum"] - parts["max"]).reindex(surveyed["ref"]).to_numpy()
outside = gpd.overlay(surveyed, parcels, how="difference")
surveyed["outside_m2"] = sums(outside).sum().reindex(surveyed["ref"]).to_numpy()
surveyed["new"] = ~surveyed["ref"].isin(known["ref_left"])
registered["gone"] = ~registered["ref"].isin(known["ref_right"])
held = gpd.overlay(registered, parcels, how="intersection")
parts = sums(held, "ref_1").agg(["max", "sum"])
registered["across_m2"] = (parts["sum"] - parts["max"]).reindex(registered["ref"]).to_numpy()
twice = gpd.sjoin(parcels, parcels, predicate="overlaps")
twice = twice[twice.index < twice["index_right"]]
twice["m2"] = twice.geometry.intersection(parcels.geometry.loc[twice["index_right"]], align=False).area
whole = gpd.GeoSeries([parcels.union_all()], crs=parcels.crs).explode(index_parts=False)
gaps = gpd.GeoDataFrame(geometry=whole.interiors.explode().dropna(), crs=parcels.crs)
gaps["m2"] = gaps.geometry.convex_hull.area
for name, found in (("overlaps", twice), ("gaps", gaps)):
    if len(found):
        found[["m2", "geometry"]].to_file(target, layer=name)
surveyed.to_file(target, layer="surveyed")
registered.to_file(target, layer="registered")
"""


def layers_of(n: int) -> dict[str, Layer]:
    """The workload by its tables."""
    drawn = neighbourhoods(n)
    return {"parcels": drawn.parcels, "buildings": drawn.registered, "observed_buildings": drawn.surveyed}


def make(folder: Path, n: int) -> None:
    """A project with the layers in its store, and a package with the same rows."""
    from regularize.layers import layer_named
    from regularize.model import Source
    from regularize.workflow import projects

    project = folder / "project"
    projects.start(project, municipality="A", settlements=["00990"], country="bg", crs=None, language="en")
    opened = projects.opened(project)
    with projects.store_of(opened) as store:
        for table, shapes in layers_of(n).items():
            origin, kind, sigma_m = TABLES[table]
            refs = [f"{table[0]}{k}" for k in range(len(shapes))]
            rows = geopandas.GeoDataFrame(
                {"feature": range(len(shapes)), "ref": pd.Series(refs, dtype=object)},
                geometry=shapes,
                crs=CRS,
            )
            source = Source(
                path=f"{table}.gpkg", layer=table, origin=origin, kind=kind, sha256=f"{len(shapes):064d}",
                reader="benchmark", source_crs=CRS, encoding=None, sigma_m=sigma_m,
                valid_from=date(2026, 1, 1), source=origin, n_read=len(shapes),
            )  # fmt: skip
            store.ingest(source, layer_named(table), rows)
            rows[["ref", "geometry"]].to_file(folder / "plain.gpkg", layer=table)


# A small process starts the job: a child begins with the memory of whoever started it. Modules are kept
# compiled, as where a program is installed, also when this very process was told to keep none.
LAUNCH = """
import json, os, sys, time
begin = time.perf_counter()
around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], around,
                       file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_pid, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - begin
print(json.dumps({"failed": status, "cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": wall,
                  "peak_mb": usage.ru_maxrss / 1024}))
"""


def spent(arguments: Sequence[str]) -> dict[str, float]:
    """CPU and wall seconds and the peak of memory of one run of Python."""
    command = [sys.executable, "-S", "-E", "-c", LAUNCH, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    if found.pop("failed"):
        raise SystemExit(done.stderr)
    return found


def ours(folder: Path) -> dict[str, float]:
    """``regularize detect`` on the project, which has not been looked at yet."""
    fresh = folder / "fresh"
    subprocess.run(["cp", "-r", str(folder / "project"), str(fresh)], check=True)
    subprocess.run(["rm", "-rf", str(folder / "done")], check=True)
    found = spent(["-m", "regularize", "-p", str(fresh), "detect", "--no-indicative"])
    fresh.rename(folder / "done")
    return found


def plain(folder: Path) -> dict[str, float]:
    """The plain script."""
    target = folder / "found.gpkg"
    target.unlink(missing_ok=True)
    return spent(["-c", PLAIN, str(folder / "plain.gpkg"), str(target)])


def disagreement(folder: Path) -> tuple[int, int]:
    """Of how many surveyed buildings the two say different things, and of how many in all."""
    from regularize.store import Store

    table = geopandas.read_file(folder / "found.gpkg", layer="surveyed")
    theirs = set(table.loc[table["new"].astype(bool), "ref"])
    with Store.open(folder / "done" / "store.gpkg", read_only=True) as store:
        found = store.findings()
    new = {"not_in_cadastre", "adjoining_annex"}
    mine = {ref for f in found if f.kind == "building" and f.cls in new for ref in f.survey_refs}
    return len(mine ^ theirs), len(table)


def measured(n: int, rounds: int, *, beside: bool) -> dict[str, Any]:
    """The figures of one size: the middle of the rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, n)
        each: dict[str, list[dict[str, float]]] = {"ours": [], "plain": []}
        for _round in range(rounds):
            each["ours"].append(ours(folder))
            if beside:
                each["plain"].append(plain(folder))
        result: dict[str, Any] = {
            who: {key: median(found[key] for found in all_of) for key in all_of[0]}
            for who, all_of in each.items()
            if all_of
        }
        if beside:
            different, of = disagreement(folder)
            if different > 0.005 * of:
                raise SystemExit(f"{different} of {of} buildings are told differently")
            result["different"] = different
    print(json.dumps({"n": n, **result}), file=sys.stderr, flush=True)
    return result


def table(sizes: Sequence[int], rounds: int) -> str:
    """The figures of all sizes as Markdown."""
    lines = [
        "## From the store to findings in the store",
        "",
        "`regularize detect` on a project with parcels, beside a plain geopandas script (`sjoin`, `overlay`"
        " intersection and differences, overlaps and gaps of parcels) that reads and writes GeoPackages:"
        f" processes of their own, imports included, the middle of {rounds} rounds, {os.cpu_count()} cores."
        " Told differently: surveyed buildings that only one of them calls not in the register;"
        " the plain script knows no shift.",
        "",
        "| surveyed buildings | ours CPU s | wall s | peak MB | plain CPU s | wall s | peak MB | ratio"
        " | told differently |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    goals = []
    for n in sizes:
        found = measured(n, rounds, beside=True)
        mine, theirs = found["ours"], found["plain"]
        ratio = theirs["cpu_s"] / mine["cpu_s"]
        lines.append(
            f"| {n:,} | {mine['cpu_s']:.2f} | {mine['wall_s']:.2f} | {mine['peak_mb']:.0f} |"
            f" {theirs['cpu_s']:.2f} | {theirs['wall_s']:.2f} | {theirs['peak_mb']:.0f} | {ratio:.1f} |"
            f" {found['different']} |"
        )
        if n == WALL_AT:
            goals.append(f"| {n:,} buildings, wall s | {mine['wall_s']:.2f} | at most {MOST_WALL_S} |")
        if n == LEAST_RATIO_AT:
            goals.append(f"| {n:,} buildings, plain / ours CPU | {ratio:.1f} | at least {RATIO:.0f} |")
        if n == MEMORY_AT:
            goals.append(f"| {n:,} buildings, peak MB | {mine['peak_mb']:.0f} | at most {MOST_MB:.0f} |")
    return "\n".join([*lines, "", "| figure | reached | asked |", "|---|---:|---:|", *goals])


def write(text: str) -> None:
    """Put the figures between our own marks of the page."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Performance\n"
    if MARKS[0] not in page:
        page = f"{page.rstrip()}\n\n{MARKS[0]}\n{MARKS[1]}\n"
    between = re.compile(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", page), encoding="utf-8")


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, metavar="BUILDINGS")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    text = table(options.sizes or [WALL_AT, LEAST_RATIO_AT, MEMORY_AT], options.rounds)
    print(text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()

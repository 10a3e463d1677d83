"""Reading into the store: ours beside a bare read and append of the same file, in one run.

    python -m benchmarks.intake 20000                prints, and writes nothing
    python -m benchmarks.intake 20000 200000 --write and writes docs/performance.md

The job is a shapefile of cadastral parcels with identifiers and register values. Bare is
``pyogrio.read_dataframe`` and ``write_dataframe(append=True)`` to a GeoPackage: it checks nothing
and keeps no record. Ours decodes, places, checks each row and all neighbours, and stores rows,
digests, history and issues in one transaction. Each runs in a process of its own; CPU seconds of
the process count, not the clock, and peak memory is what the system saw. Exits with 1 if a ratio at
200,000 parcels is missed; the fixed cost of smaller files says nothing about it.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKS = ("<!-- benchmarks/intake.py writes from here -->", "<!-- intake: to here -->")
MOST_CPU = 8.0
MOST_MEMORY = 2.5
ASKED_FROM = 200_000
CRS = "EPSG:7801"


def make(path: Path, n: int) -> None:
    """A shapefile of `n` parcels in settlements, in cp1251, as an agency delivers it."""
    import geopandas
    import numpy as np
    import pyogrio

    from benchmarks.settlements import neighbourhoods

    parcels = neighbourhoods(round(n / 1.4) + 1000).parcels[:n]
    if len(parcels) < n:
        raise SystemExit(f"only {len(parcels)} parcels were made")
    rng = np.random.default_rng(20900102)
    number = np.arange(n)
    frame = geopandas.GeoDataFrame(
        {
            "cadnum": [f"00990.{1 + k // 9000}.{1 + k % 9000}" for k in number],
            "proptype": rng.choice(["1", "3", "4", "5", "11"], n),
            "usecode": rng.choice(["1000", "1010", "1040"], n),
            "place": rng.choice(["Долна махала", "Горна махала", "Край реката"], n),
        },
        geometry=parcels,
        crs=CRS,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, encoding="cp1251")


def bare(source: Path, folder: Path) -> dict[str, Any]:
    """Read and append, as a script would."""
    import pyogrio

    target = folder / "bare.gpkg"
    frame = pyogrio.read_dataframe(source)
    pyogrio.write_dataframe(frame.iloc[:1], target, layer="parcels")
    begin = time.process_time()
    frame = pyogrio.read_dataframe(source)
    pyogrio.write_dataframe(frame, target, layer="parcels", append=True)
    return {"cpu_s": time.process_time() - begin, "rows": len(frame)}


def ours(source: Path, folder: Path) -> dict[str, Any]:
    """The same file through the workflow of ``regularize ingest``."""
    from regularize.workflow import ingest, projects

    project = folder / "project"
    projects.start(project, municipality="A", settlements=["00990"], country="bg", crs=None, language="en")
    opened = projects.opened(project)
    begin = time.process_time()
    done = ingest.ingest(opened, source, origin="cadastre", kind="parcels", dry_run=False)
    return {
        "cpu_s": time.process_time() - begin,
        "rows": done.n_read,
        "stored": done.n_stored,
        "issues": len(done.issues),
    }


JOBS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {"bare": bare, "ours": ours}


def measured(job: str, source: Path) -> dict[str, Any]:
    """One job in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.intake", "--job", job, str(source), folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _one(job: str, source: Path, folder: Path) -> None:
    import resource

    warnings.simplefilter("ignore")
    found = JOBS[job](source, folder)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def table(sizes: Sequence[int], rounds: int) -> tuple[str, list[str]]:
    """The figures of all sizes as Markdown, and what was asked and missed."""
    missed: list[str] = []
    lines = [
        "## Reading into the store",
        "",
        "A shapefile of parcels into the store, checks of rows and of neighbours included, beside a bare "
        "`pyogrio.read_dataframe` and append of the same file. Each in its own process, the best of "
        f"{rounds} by CPU. Asked of {ASKED_FROM:,} parcels: at most {MOST_CPU:g} times the CPU and "
        f"{MOST_MEMORY:g} times the memory.",
        "",
        "| parcels | bare CPU s | ours CPU s | ratio | bare MB | ours MB | ratio |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "imoti.shp"
            make(source, n)
            best: dict[str, dict[str, Any]] = {}
            for _round in range(rounds):
                for job in JOBS:
                    found = measured(job, source)
                    if job not in best or found["cpu_s"] < best[job]["cpu_s"]:
                        best[job] = found
        plain, full = best["bare"], best["ours"]
        if full["rows"] != n or full["stored"] != n:
            raise SystemExit(f"not all rows were stored: {full}")
        cpu, memory = full["cpu_s"] / plain["cpu_s"], full["peak_mb"] / plain["peak_mb"]
        lines.append(
            f"| {n:,} | {plain['cpu_s']:.2f} | {full['cpu_s']:.2f} | {cpu:.1f} "
            f"| {plain['peak_mb']:.0f} | {full['peak_mb']:.0f} | {memory:.2f} |"
        )
        print(lines[-1], f"{full['issues']} issues", file=sys.stderr)
        missed += missed_of(n, cpu, memory)
    return "\n".join(lines), missed


def missed_of(n: int, cpu: float, memory: float) -> list[str]:
    """Which ratios of a size that counts are above what is asked, in words."""
    if n < ASKED_FROM:
        return []
    told = (("CPU", cpu, MOST_CPU), ("memory", memory, MOST_MEMORY))
    return [
        f"{n:,} parcels: {what} {ratio:.2f} times, asked at most {most:g}"
        for what, ratio, most in told
        if ratio > most
    ]


def write(text: str, marks: tuple[str, str] = MARKS) -> None:
    """Put the figures between `marks` of the page."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Performance\n"
    if marks[0] not in page:
        page = f"{page.rstrip()}\n\n{marks[0]}\n{marks[1]}\n"
    between = re.compile(re.escape(marks[0]) + ".*?" + re.escape(marks[1]), re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{marks[0]}\n{text}\n{marks[1]}", page), encoding="utf-8")


def main() -> int:
    """Parse, measure, print; 1 if a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=str)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--job", choices=tuple(JOBS))
    options = parser.parse_args()
    if options.job:
        _one(options.job, *(Path(text) for text in options.sizes))
        return 0
    text, missed = table([int(size) for size in options.sizes or ["20000"]], options.rounds)
    print(text)
    if options.write:
        write(text)
    for line in missed:
        print(f"MISSED: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Dossiers of a drawn settlement: CPU, memory and size of the files.

Usage: python benchmarks/dossiers.py [N] [JOBS]     (default: 1000 dossiers on one core)
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

DOC = Path(__file__).parents[1] / "docs" / "performance.md"
MARKS = ("<!-- benchmarks/dossiers.py writes from here -->", "<!-- dossiers: to here -->")
DOSSIERS = 1000
SEED = 20900107
CPU_S, MEMORY_MB, MEDIAN_KB, LARGEST_KB = 150.0, 1024.0, 150.0, 300.0


def settle(folder: Path) -> None:
    """A project of a settlement with more than a thousand homes that await a decision."""
    from regularize import sample
    from regularize.sample.settings import Quarter
    from regularize.workflow import detect, ingest, projects

    large = replace(sample.BENCHMARK, quarters=(Quarter("Изгрев", 9, 12, 523_400.0, 4_791_200.0, 14.0),))
    drawn = sample.generate(SEED, folder / "data", settings=large)
    projects.start(
        folder, municipality="Примерово", settlements=[sample.EKATTE], country="bg", crs=None, language="bg"
    )
    here = projects.opened(folder)
    for delivered in drawn.deliveries:
        if delivered.kind != "points":
            ingest.ingest(
                here,
                delivered.path,
                origin=delivered.origin,
                kind=delivered.kind,
                sigma_m=delivered.sigma_m,
                valid_from=delivered.valid_from,
                dry_run=False,
            )
    detect.detect(here)


def build(folder: Path, n: int, jobs: int) -> None:
    """Print `n` dossiers; run in a process of its own, which states its peak of memory."""
    from regularize.workflow import dossiers, projects

    here = projects.opened(folder)
    before = _cpu()
    started = time.perf_counter()
    with click.progressbar(length=n, label="dossiers", file=sys.stderr) as shown:
        printed = dossiers.build(
            here,
            (),
            everything=True,
            area=None,
            on=None,
            limit=n,
            folder=folder / "dossiers",
            lang="bg",
            overwrite=True,
            jobs=jobs,
            progress=lambda _n: lambda: shown.update(1),
        )
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    for failure in printed.failures:
        print(failure, file=sys.stderr)
    print(
        _cpu() - before, time.perf_counter() - started, peak / 1024, len(printed.files), len(printed.failures)
    )


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def keep(section: str) -> None:
    """Put the section between its marks, or at the end."""
    text = DOC.read_text(encoding="utf-8")
    before, mark, rest = text.partition(MARKS[0])
    after = rest.partition(MARKS[1])[2] if mark else ""
    DOC.write_text(
        f"{before.rstrip()}\n\n{MARKS[0]}\n{section}\n{MARKS[1]}\n"
        + (f"\n{after.strip()}\n" if after.strip() else ""),
        encoding="utf-8",
    )


def main(n: int, jobs: int) -> None:
    """Measure, print, and keep the figures of the whole run on one core."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        settle(folder)
        made = subprocess.run(
            [sys.executable, __file__, "build", str(folder), str(n), str(jobs)],
            check=True,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        cpu, wall, peak_mb, files, failures = (float(x) for x in made.stdout.split()[-5:])
        sizes = [file.stat().st_size / 1000 for file in (folder / "dossiers").glob("*.pdf")]
    line = (
        f"| {files:.0f} | {jobs} | {cpu:.0f} | {wall:.0f} | {peak_mb:.0f} "
        f"| {statistics.median(sizes):.0f} | {max(sizes):.0f} | {failures:.0f} |"
    )
    print(line)
    if n == DOSSIERS and jobs == 1:
        keep(
            "## Dossiers\n\n"
            "Dossiers with both maps, as PDF/A-2a, of a drawn settlement. Asked of 1,000 on one core: "
            f"at most {CPU_S:.0f} s CPU and {MEMORY_MB:.0f} MB, median at most {MEDIAN_KB:.0f} kB, "
            f"none above {LARGEST_KB:.0f} kB.\n\n"
            "| dossiers | processes | CPU s | wall s | peak MB | median kB | largest kB | failures |\n"
            f"|---:|---:|---:|---:|---:|---:|---:|---:|\n{line}"
        )
    assert failures == 0
    assert statistics.median(sizes) <= MEDIAN_KB
    assert max(sizes) <= LARGEST_KB
    assert peak_mb <= MEMORY_MB
    assert jobs > 1 or cpu <= CPU_S * files / DOSSIERS


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        given = [int(argument) for argument in sys.argv[1:]]
        main(given[0] if given else DOSSIERS, given[1] if len(given) > 1 else 1)

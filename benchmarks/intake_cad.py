"""How long a ``.cad`` file of 5,000 parcels takes to read, in CPU seconds of this process.

    python -m benchmarks.intake_cad                 prints, and writes nothing
    python -m benchmarks.intake_cad --write         and writes docs/performance.md

The village is invented: parcels in a grid that share their lines, a house on each, persons and rights
as real files have them, text in MIK. From the file to checked rows. Exits with 1 if 5,000 parcels take
more than 5 s CPU.
"""

import argparse
import math
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "intake"))

from cad_files import village

from benchmarks.intake import write
from regularize import intake
from regularize.countries import load

PARCELS = 5_000
GOAL_S = 5.0
MARKS = ("<!-- benchmarks/intake_cad.py writes from here -->", "<!-- intake_cad: to here -->")


def measured(parcels: int, rounds: int) -> tuple[str, list[str]]:
    """The figures of both layers as Markdown, and what was missed."""
    columns = math.isqrt(parcels)
    rows = -(-parcels // columns)
    pack = load("bg")
    with tempfile.TemporaryDirectory() as folder:
        path = village(columns, rows, accuracy="13").write(Path(folder) / "village.cad")
        lines = [
            "## The cadastre's exchange format",
            "",
            f"A `.cad` file of {columns * rows:,} parcels and as many buildings "
            f"({path.stat().st_size / 1e6:.1f} MB, MIK) from the file to checked rows, the best of {rounds}.",
            "",
            "| layer | rows | CPU s | asked: at most |",
            "|---|---:|---:|---:|",
        ]
        missed = []
        for kind in ("parcels", "buildings"):
            best_s = math.inf
            for _round in range(rounds):
                start = time.process_time()
                delivery = intake.read(
                    path,
                    origin="cadastre",
                    kind=kind,
                    layer=None,
                    project_crs="EPSG:7801",
                    extent=pack.extent,
                    pack=pack,
                )
                best_s = min(best_s, time.process_time() - start)
            if len(delivery.frame) != columns * rows:
                raise SystemExit(f"{kind}: {len(delivery.frame)} rows of {columns * rows} can be stored")
            lines.append(f"| {kind} | {len(delivery.frame):,} | {best_s:.2f} | {GOAL_S:g} |")
            if best_s > GOAL_S:
                missed.append(f"{kind}: {best_s:.2f} s CPU, asked at most {GOAL_S:g}")
    return "\n".join(lines), missed


def main() -> int:
    """Parse, measure, print; 1 if the figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcels", nargs="?", type=int, default=PARCELS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text, missed = measured(options.parcels, options.rounds)
    print(text)
    if options.write:
        write(text, MARKS)
    for line in missed:
        print(f"MISSED: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How long a ``.cad`` file of 5,000 parcels takes to read, in CPU seconds of this process.

Run it as ``python benchmarks/intake_cad.py [PARCELS]``. The village is invented: parcels in a grid
that share their lines, a house on each, persons and rights as real files have them, text in MIK.
Goal: at most 5 s CPU for 5,000 parcels from file to checked rows.
"""

import math
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "intake"))

from cad_files import village

from regularize import intake
from regularize.countries import load

PARCELS = 5_000
GOAL_S = 5.0


def main(parcels: int) -> None:
    columns = math.isqrt(parcels)
    rows = -(-parcels // columns)
    pack = load("bg")
    with tempfile.TemporaryDirectory() as folder:
        path = village(columns, rows, accuracy="13").write(Path(folder) / "village.cad")
        print(f"{columns * rows} parcels and as many buildings, {path.stat().st_size / 1e6:.1f} MB")
        worst_s = 0.0
        for kind in ("parcels", "buildings"):
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
            spent_s = time.process_time() - start
            worst_s = max(worst_s, spent_s)
            assert len(delivery.frame) == columns * rows
            print(f"{kind}: {spent_s:.2f} s CPU, {len(delivery.frame)} rows, {len(delivery.issues)} issues")
    print(f"goal {GOAL_S:.0f} s for each: {'met' if worst_s <= GOAL_S else 'MISSED'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PARCELS)

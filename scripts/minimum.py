"""Print the oldest versions that pyproject.toml accepts, one pin a line, for a test on the minimum.

Usage: python scripts/minimum.py [EXTRA]... > oldest.txt
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def oldest(extras: Iterable[str] = ()) -> Iterator[str]:
    """``name==version`` of the lower bound of every requirement that holds on this system.

    Raises
    ------
    ValueError
        If a requirement has no lower bound.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = list(project["dependencies"])
    for extra in extras:
        texts += project["optional-dependencies"][extra]
    for need in map(Requirement, texts):
        if need.marker is not None and not need.marker.evaluate():
            continue
        bounds = [s.version for s in need.specifier if s.operator in {">=", "=="}]
        if len(bounds) != 1:
            raise ValueError(f"{need} has no lower bound")
        yield f"{need.name}=={bounds[0]}"


if __name__ == "__main__":
    print("\n".join(oldest(sys.argv[1:])))

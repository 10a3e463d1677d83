"""A command that has a process of its own settles how Python tidies up in it; one that is called does not."""

import subprocess
import sys

import pytest

PROBE = """
import gc, sys
from regularize.cli import main
sys.argv = ["regularize", "--version"]
code = main({argv})
print(gc.get_threshold()[0], gc.get_freeze_count(), code, file=sys.stderr)
"""


@pytest.mark.parametrize(("argv", "is_its_own"), [("", True), ("sys.argv[1:]", False)])
def test_only_an_own_process_leaves_its_objects_to_the_end(argv: str, is_its_own: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(argv=argv)], capture_output=True, text=True, check=True
    )
    threshold, frozen, code = map(int, done.stderr.split())
    assert done.stdout.startswith("regularize ")
    assert code == 0
    assert (threshold > 10_000, frozen > 10_000) == (is_its_own, is_its_own)

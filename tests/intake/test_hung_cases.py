"""A damaged file that hangs the reader fails its test, and never the whole run's patience."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = {
    "heard": "while True: pass",
    "swallowed": """
        try:
            while True: pass
        except Exception: pass
""",
    "unheard": """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        while True: pass
""",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
@pytest.mark.parametrize("name", sorted(CASES))
def test_what_hangs_fails(name: str, tmp_path: Path) -> None:
    body = f"""
import signal
from mutation import WATCH, Series

def test_one():
    for _round in Series("a reader").rounds():
        {CASES[name].strip()}

def test_two():
    WATCH.end()
"""
    (tmp_path / "test_hanging.py").write_text(body, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {HERE}\n", encoding="utf-8")
    done = subprocess.run(
        [*(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"), str(tmp_path)],
        env={**os.environ, "MUTATION_CASE_SECONDS": "0.5", "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    if name == "unheard":  # the process is gone, and has left where it hung
        (left,) = tmp_path.glob("regularize-hung-*.txt")
        assert "test_one" in left.read_text(encoding="utf-8")
    else:
        assert "round 1 of a reader took more than 0.5 s" in done.stdout
        assert "1 failed, 1 passed" in done.stdout
        assert not list(tmp_path.glob("regularize-hung-*.txt"))

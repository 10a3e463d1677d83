"""A progress bar where somebody sits before a terminal, and nowhere else."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_answers import DATA, Run

pty = pytest.importorskip("pty")
PARCELS = DATA / "cadastre" / "pozemleni_imoti.shp"


def before_a_terminal(words: Sequence[str]) -> tuple[int, str]:
    """Exit code and what a terminal of eighty columns would show of a command."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "regularize", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # Linux says so that the other end is closed
        pass
    os.close(ours)
    return done.wait(timeout=120), shown.decode("utf-8")


@pytest.mark.parametrize(
    ("lang", "steps"),
    [
        ("en", ("reading", "placing", "overlaps and gaps", "storing")),
        ("bg", ("четене", "разполагане", "застъпвания и процепи", "записване")),
    ],
)
def test_the_bar_names_each_step(lang: str, steps: tuple[str, ...], tmp_path: Path, run: Run) -> None:
    project = str(tmp_path / "Проект 1")
    assert run("init", project, "--municipality", "Средище").code == 0
    words = ["-p", project, "--lang", lang, "ingest", "cadastre", str(PARCELS), "--kind", "parcels"]
    code, shown = before_a_terminal(words)
    assert code in {0, 1}, shown
    for step in steps:
        assert re.search(rf"{step}\s+\[[#-]+\]", shown), (step, shown)
    assert shown.strip().splitlines()[-1].startswith("read=")


def test_quiet_shows_none(tmp_path: Path, run: Run) -> None:
    project = str(tmp_path / "p")
    assert run("init", project, "--municipality", "Средище").code == 0
    words = ["-p", project, "-q", "--lang", "en", "ingest", "cadastre", str(PARCELS), "--kind", "parcels"]
    code, shown = before_a_terminal(words)
    assert code in {0, 1}
    assert "[" not in shown


def test_a_pipe_gets_no_bar(tmp_path: Path, run: Run) -> None:
    project = str(tmp_path / "p")
    assert run("init", project, "--municipality", "Средище").code == 0
    done = subprocess.run(
        [
            *(sys.executable, "-m", "regularize", "-p", project, "--lang", "en"),
            *("ingest", "cadastre", str(PARCELS), "--kind", "parcels"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in {0, 1}
    assert not re.search(r"\[[#-]+\]", done.stderr)

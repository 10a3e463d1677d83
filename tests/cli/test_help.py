"""The tree of commands: help that is cheap, translated, and complete."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from regularize import i18n
from regularize.cli.app import app
from regularize.cli.base import Command

HEAVY = {
    "geopandas",
    "folium",
    "pandas",
    "numpy",
    "shapely",
    "pyogrio",
    "fiona",
    "rasterio",
    "sqlalchemy",
    "typst",
}


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))


ALL = list(commands(app))


def test_help_imports_nothing_heavy() -> None:
    probe = (
        "import sys; from regularize.cli import main; main(['--help']); "
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Commands" in done.stdout or "Команди" in done.stdout


@pytest.mark.parametrize("path", [p for p, _c in ALL], ids=" ".join)
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_command_explains_itself(path: tuple[str, ...], lang: str) -> None:
    command = dict(ALL)[path]
    i18n.use(lang)
    try:
        text = command.get_help(click.Context(command, info_name="regularize " + " ".join(path)))
    finally:
        i18n.use("en")
    assert ("Употреба" if lang == "bg" else "Usage") in text
    if lang == "bg":
        words = [word for word in text.split() if word.isalpha()]
        cyrillic = [word for word in words if any("а" <= letter.lower() <= "я" for letter in word)]
        assert len(cyrillic) > 0.4 * len(words), text


@pytest.mark.parametrize(("path", "command"), ALL, ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_every_command_ends_in_an_example_that_parses(path: tuple[str, ...], command: click.Command) -> None:
    if isinstance(command, click.Group):
        return
    assert isinstance(command, Command)
    words = command.example.split()
    assert words[:1] == ["regularize"]
    assert tuple(words[1 : 1 + len(path)]) == path


def test_unknown_command_is_a_wrong_option(run) -> None:
    answer = run("nonsense")
    assert answer.code == 2
    assert "nonsense" in answer.err


def test_usage_errors_speak_bulgarian(run) -> None:
    answer = run("ingest", "survey", lang="bg")
    assert answer.code == 2
    assert "Липсва аргумент" in answer.err


def test_redirected_to_a_narrow_code_page(tmp_path: Path) -> None:
    """A cp1252 pipe lacks every Bulgarian letter; the program must not die of it."""
    env = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "regularize", "--lang", "bg", "-p", str(tmp_path / "няма"), "store", "info"],
        capture_output=True,
        env=env,
        check=False,
    )
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr

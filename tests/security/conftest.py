"""A command line to talk to, and a village to talk about."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# The hostile texts are those of the tests of maps.
sys.path.insert(0, str(Path(__file__).parents[1] / "publish"))
import village

from regularize import i18n
from regularize.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``regularize`` in this process; English unless a test says otherwise."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("REGULARIZE_LANG", "en")

    def call(*args: object, lang: str = "en") -> Answer:
        capsys.readouterr()
        code = main(["--lang", lang, *map(str, args)])
        said = capsys.readouterr()
        i18n.use("en")
        return Answer(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("village")
    village.build(folder / "село", folder)
    return folder / "село"


@pytest.fixture
def here(founded: Path, tmp_path: Path) -> Path:
    """A village of one's own, in a folder with Cyrillic letters and a blank."""
    shutil.copytree(founded, tmp_path / "моето село")
    return tmp_path / "моето село"

"""A command line to talk to, and a project to talk about."""

from pathlib import Path

import pytest
from command_answers import Answer, Run

from regularize import i18n
from regularize.cli import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``regularize`` in this process; English unless a test says otherwise."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("REGULARIZE_LANG", "en")

    def call(*args: object, lang: str | None = "en") -> Answer:
        words = [str(arg) for arg in args]
        capsys.readouterr()
        code = main((["--lang", lang] if lang else []) + words)
        said = capsys.readouterr()
        i18n.use("en")
        return Answer(code, said.out, said.err)

    return call


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    """An empty Bulgarian project."""
    folder = tmp_path / "проект с интервал"
    assert run("init", folder, "--municipality", "Примерна", "--language", "en").code == 0
    return folder

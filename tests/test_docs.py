"""Documentation that cannot lie: the reference is what the program says, the README's commands run."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from regularize import countries, i18n
from regularize.cli import main

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "codes.md", "parameters.md"])
def test_reference_is_current(reference: ModuleType, page: str) -> None:
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == reference.PAGES[page](), (
        "run: make reference"
    )


def test_every_code_and_parameter_has_its_place(reference: ModuleType) -> None:
    pack = countries.load("bg")
    codes, parameters = reference.codes(), reference.parameters()
    assert [code for code in pack.rules if f"`{code}`" not in codes] == []
    assert [name for name in pack.parameters if f"`{name}`" not in parameters] == []
    assert [name for name in pack.threshold_records if f"`{name}`" not in parameters] == []


@pytest.mark.parametrize(
    "page", ["README.md", "DESIGN.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md"]
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (ROOT / page).parent.joinpath(target).exists(), target


def _write_register(path: Path) -> None:
    """A table as an office keeps it: parcels of the sample with their ownership, and no outlines."""
    import geopandas
    import openpyxl

    parcels = geopandas.read_file(ROOT / "data" / "cadastre" / "pozemleni_imoti.shp")
    unique = parcels["cadnum"][~parcels["cadnum"].duplicated(keep=False)]
    book = openpyxl.Workbook()
    for row in [("Идентификатор", "Вид собственост"), *((text, "Частна") for text in unique[:20])]:
        book.active.append(row)
    book.save(path)


def test_readme_commands_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands of "A project of your own", typed as they stand, on the sample's files."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## A project of your own")[1].split("```sh")[1].split("```")[0]
    for folder in ("cadastre", "surveys"):
        for file in (ROOT / "data" / folder).iterdir():
            shutil.copy(file, tmp_path / file.name)
    shutil.copy(ROOT / "data" / "settlements.csv", tmp_path / "selishta.csv")
    _write_register(tmp_path / "registar.xlsx")
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    ran = 0
    for line in filter(None, section.splitlines()):
        words = shlex.split(line)
        if words[0] == "cd":
            for file in tmp_path.iterdir():
                if file.is_file():
                    shutil.copy(file, tmp_path / words[1])
            monkeypatch.chdir(tmp_path / words[1])
            continue
        code = main(words[1:])
        said = capsys.readouterr()
        # A delivery with quarantined rows says so by 1.
        assert code in ({0, 1} if words[1] == "ingest" else {0}), f"{line}\n{said.err}"
        ran += 1
    i18n.use("en")
    assert ran >= 15

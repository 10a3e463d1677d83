"""The page on detection does not lie: its commands run, its Python runs, its names exist."""

import importlib
import re
import shlex
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from regularize import countries
from regularize.cli import main
from regularize.model import BuildingClass

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "detection.md").read_text(encoding="utf-8")
E, N = 560_000.0, 4_720_000.0


def block(language: str) -> str:
    return PAGE.split(f"```{language}\n")[1].split("```")[0]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve houses: one more observed as two, one gone, one new."""
    monkeypatch.chdir(tmp_path)
    houses = [box(E + 30 * k, N, E + 30 * k + 11, N + 9) for k in range(1, 13)]
    wide = box(E + 60, N, E + 78, N + 9)
    halves = [box(E + 60, N, E + 69, N + 9), box(E + 69, N, E + 78, N + 9)]
    register = {"r1": houses[0], "r2": wide, "r3": box(E, N + 60, E + 10, N + 70)}
    observed = {"s1": houses[0], "s2": halves[0], "s3": halves[1], "s4": box(E + 90, N + 60, E + 99, N + 70)}
    register |= {f"r{k}": house for k, house in enumerate(houses[3:], start=4)}
    observed |= {f"s{k}": house for k, house in enumerate(houses[3:], start=5)}
    for name, rows in (("register", register), ("footprints", observed)):
        gpd.GeoDataFrame({"ref": list(rows)}, geometry=list(rows.values()), crs="EPSG:7801").to_file(
            tmp_path / f"{name}.gpkg", driver="GPKG"
        )
    (tmp_path / "labels.csv").write_text(block("csv"), encoding="utf-8")
    return tmp_path


def test_commands_run_and_labels_are_scored(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in block("sh").splitlines() if line]
    assert len(lines) == 6
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "regularize"
        capsys.readouterr()
        assert main(["--lang", "en", *words[1:]]) == 0, line
    printed = {tuple(row.split()[-3:]) for row in capsys.readouterr().out.splitlines()[1:] if row}
    assert printed == {("1.000", "1.000", "1.000")}
    assert files.joinpath("quarter", "store.gpkg").exists()


@pytest.mark.usefixtures("files")
def test_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block("python"), "detection.md", "exec"), {})  # noqa: S102  # the page's own text
    said = capsys.readouterr().out
    assert "not_in_cadastre C ('s4',) ()" in said
    assert "split C ('s2', 's3') ('r2',)" in said


def test_every_class_option_and_function_that_is_named_exists() -> None:
    assert {c.value for c in BuildingClass} <= set(re.findall(r"`(\w+)`", PAGE))
    for path in re.findall(r"`(regularize(?:\.\w+)+)`", PAGE):
        module, _dot, name = path.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name)), path
    profiles = {"microsoft", "google_open_buildings", "overture", "osm"}
    assert profiles <= set(countries.load("generic").profiles)
    rules = countries.load("generic").rules
    assert [code for code in re.findall(r"`([A-Z_]{6,})`", PAGE) if code not in rules] == []
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists()

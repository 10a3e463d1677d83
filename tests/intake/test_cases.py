"""Every code of the catalogue has a case that raises it and one that does not."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import shapely
from case_builders import BUILDERS
from geopandas import GeoDataFrame
from small_sources import BG

from regularize import countries, intake
from regularize.intake.known import Known
from regularize.intake.settlements import Settlements

CASES = Path(__file__).parents[1] / "cases"
PACKS = Path(countries.__file__).parent
CATALOGUE = sorted(
    code
    for file in ("generic/rules_intake.toml", "generic/rules_checks.toml", "bg/rules_identifier.toml")
    for code in tomllib.loads((PACKS / file).read_text(encoding="utf-8"))
)
# Codes of single formats are shown by the tests of their readers.
OF_FORMATS = sorted(
    code
    for name in ("cad", "dxf", "xml", "points")
    if (file := PACKS / "generic" / f"rules_{name}.toml").is_file()
    for code in tomllib.loads(file.read_text(encoding="utf-8"))
)


def test_there_are_at_least_forty() -> None:
    assert len(CATALOGUE) >= 40


def raised(code: str, fails: bool, folder: Path) -> set[str]:
    """Codes that the failing or the passing case of `code` raises."""
    file = CASES / f"{code}.{'fail' if fails else 'pass'}.geojson"
    options: dict[str, Any] = {"origin": "survey", "kind": "buildings", "country": "bg"}
    known: dict[str, Any] = {}
    if code in BUILDERS:
        folder = folder / ("fail" if fails else "pass")
        folder.mkdir()
        path, given = BUILDERS[code](folder, fails)
        for name in ("control_points", "grid"):
            known[name] = given.pop(name, None)
        options |= given
    else:
        path = file
        document = json.loads(file.read_text(encoding="utf-8"))
        options |= document["reading"]
        known["own"] = tuple(document.get("own", ()))
        if "settlements" in document:
            places = {name: tuple(at) for name, at in document["settlements"].items()}
            known["settlements"] = Settlements(places, {}, "a list")
        if "stored" in document:
            known["stored"] = {name: rows_of(rows) for name, rows in document["stored"].items()}.get
    options["crs"] = options.pop("crs_option", None)
    pack = countries.load(options.pop("country"))
    delivery = intake.read(
        path, layer=None, project_crs=BG, extent=pack.extent, pack=pack, known=Known(**known), **options
    )
    assert delivery.source.n_read == len(delivery.frame) + len(delivery.quarantine)
    return {issue.code for issue in delivery.issues}


def rows_of(rows: list[dict[str, Any]]) -> GeoDataFrame:
    """Stored rows as a project's store would give them."""
    return GeoDataFrame(
        {"identifier": [row["identifier"] for row in rows], "sigma_m": [0.2] * len(rows)},
        geometry=[shapely.Polygon(row["ring"]) for row in rows],
        crs=BG,
    )


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_has_a_failing_and_a_passing_case(code: str, tmp_path: Path) -> None:
    assert code in raised(code, True, tmp_path)
    assert code not in raised(code, False, tmp_path)


@pytest.mark.parametrize("code", OF_FORMATS)
def test_a_code_of_a_format_is_shown_by_its_reader(code: str) -> None:
    files = Path(__file__).parent.glob("*.py")
    assert any(f'"{code}"' in file.read_text(encoding="utf-8") for file in files)


def test_no_case_without_its_code() -> None:
    assert {file.name.split(".")[0] for file in CASES.iterdir()} | set(BUILDERS) == set(CATALOGUE)

"""Every code of the catalogue has a case that raises it and one that does not."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from case_builders import BUILDERS
from geopandas import GeoDataFrame
from small_sources import BG, folder_state

from regularize import countries, intake
from regularize.intake.known import Known
from regularize.intake.settlements import Settlements

CASES = Path(__file__).parents[1] / "cases"
PACKS = Path(countries.__file__).parent
ROOMS = ("intake", "checks", "cad", "dxf", "xml", "points", "tables")
CATALOGUE = sorted(
    code
    for file in (*(f"generic/rules_{room}.toml" for room in ROOMS), "bg/rules_identifier.toml")
    for code in tomllib.loads((PACKS / file).read_text(encoding="utf-8"))
)
# How files are read that cannot say it themselves.
READING = json.loads((CASES / "reading.json").read_text(encoding="utf-8"))


def test_there_are_at_least_forty() -> None:
    assert len(CATALOGUE) >= 40


def raised(code: str, fails: bool, folder: Path) -> set[str]:
    """Codes that the failing or the passing case of `code` raises."""
    word = "fail" if fails else "pass"
    options: dict[str, Any] = {"origin": "survey", "kind": "buildings", "country": "bg"}
    known: dict[str, Any] = {}
    if code in BUILDERS:
        folder = folder / ("fail" if fails else "pass")
        folder.mkdir()
        path, given = BUILDERS[code](folder, fails)
        for name in ("control_points", "grid", "stored"):
            known[name] = given.pop(name, None)
        options |= given
    else:
        (path,) = CASES.glob(f"{code}.{word}.*")
        if code in READING:
            document = {"reading": dict(READING[code])}
            document["reading"] |= document["reading"].pop("passing", {}) if not fails else {}
            document["reading"].pop("passing", None)
            if "stored" in READING[code]:
                document["stored"] = document["reading"].pop("stored")
        else:
            document = json.loads(path.read_text(encoding="utf-8"))
        options |= document["reading"]
        known["own"] = tuple(document.get("own", ()))
        if "settlements" in document:
            places = {name: tuple(at) for name, at in document["settlements"].items()}
            known["settlements"] = Settlements(places, {}, "a list")
        if "stored_places" in document:
            boxes = [tuple(box) for box in document["stored_places"]]
            known["places"] = lambda: boxes
        if "stored" in document:
            known["stored"] = {name: rows_of(rows) for name, rows in document["stored"].items()}.get
    options["crs"] = options.pop("crs_option", None)
    pack = countries.load(options.pop("country"))
    options["extent"] = tuple(options.get("extent", pack.extent or ())) or None
    before = folder_state(folder) if code in BUILDERS else {path.name: path.read_bytes()}
    delivery = intake.read(path, layer=None, project_crs=BG, pack=pack, known=Known(**known), **options)
    # Whatever is delivered stays as it is, byte for byte, and nothing is written beside it.
    assert before == (folder_state(folder) if code in BUILDERS else {path.name: path.read_bytes()})
    assert delivery.source.n_read == len(delivery.frame) + len(delivery.quarantine)
    return {issue.code for issue in delivery.issues}


def rows_of(rows: list[dict[str, Any]]) -> GeoDataFrame:
    """Stored rows as a project's store would give them."""
    return GeoDataFrame(
        {
            "identifier": [row["identifier"] for row in rows],
            "ref": [row["identifier"] for row in rows],
            "source": ["cadastre"] * len(rows),
            "sigma_m": [0.2] * len(rows),
            "valid_from": [date(2024, 5, 1)] * len(rows),
        },
        geometry=[shapely.Polygon(row["ring"]) for row in rows],
        crs=BG,
    )


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_has_a_failing_and_a_passing_case(code: str, tmp_path: Path) -> None:
    assert code in raised(code, True, tmp_path)
    assert code not in raised(code, False, tmp_path)


def test_nothing_is_written_beside_what_is_read(tmp_path: Path) -> None:
    """A sidecar, a lock or an index would change the folder of a delivery: one case of each format."""
    endings = {path.suffix: path for path in sorted(CASES.glob("*.fail.*"))}
    assert len(endings) >= 7
    before = {path.name for path in CASES.iterdir()}
    for path in endings.values():
        raised(path.name.split(".")[0], True, tmp_path)
    assert {path.name for path in CASES.iterdir()} == before


def test_no_case_without_its_code() -> None:
    files = {file.name.split(".")[0] for file in CASES.iterdir() if file.name != "reading.json"}
    assert files | set(BUILDERS) == set(CATALOGUE)
    assert set(READING) <= files

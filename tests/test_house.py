"""The rules of the stair: who may import whom, and how long a room may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "regularize"
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LIMIT = 400

# room -> rooms it may import. A room is a folder of the package or one of its single modules.
GROUND = {"errors", "i18n", "model", "layers", "project", "privacy", "gdal_guard"}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "i18n": set(),
    "gdal_guard": set(),
    "model": set(),
    "layers": set(),
    "privacy": {"i18n"},
    "project": {"errors", "i18n"},
    "countries": {"errors", "i18n", "model", "privacy"},
    "geometry": {"errors", "i18n", "model", "layers"},
    "law": {"errors", "i18n", "model", "countries"},
    "intake": GROUND | {"countries", "geometry"},
    "store": GROUND | {"countries", "geometry"},
    "detect": (GROUND - {"gdal_guard"}) | {"countries", "geometry"},
    "plan": (GROUND - {"gdal_guard"}) | {"countries", "geometry", "law"},
    "publish": (GROUND - {"gdal_guard"}) | {"countries", "geometry", "law"},
    "sample": {"errors", "i18n", "gdal_guard"},
    "workflow": GROUND
    | {"countries", "geometry", "law", "intake", "store", "detect", "plan", "publish", "sample"},
    "cli": GROUND | {"countries", "workflow"},
}

# third-party package -> where it may be imported (rooms, or single modules as "room/module").
GATES: dict[str, set[str]] = {
    "click": {"cli"},
    "folium": {"publish/maps", "publish/page"},
    "branca": {"publish/maps", "publish/page"},
    "xstatic": {"publish/page"},
    "rasterio": {"intake/raster", "cli/doctor", "workflow/doctor"},
    "fiona": {"intake", "store", "sample", "workflow/doctor"},
    "pyogrio": {"intake", "store", "sample", "workflow/doctor"},
    "ezdxf": {"intake", "store", "sample"},
    "sqlalchemy": {"store"},
    "sqlite3": {"store", "intake/geopackage"},  # a foreign file is asked for its triggers before it is read
    "typst": {"publish"},
    "segno": {"publish"},
    "holidays": {"law"},
}
NO_PANDAS = {"errors", "model", "law", "i18n", "layers", "project", "privacy", "countries"}
PANDAS = {"pandas", "geopandas"}


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """Dotted names that a module imports anywhere, lazily or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the stair"
            assert node.module is not None
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def breaches(path: Path) -> Iterator[str]:
    room = room_of(path)
    module = f"{room}/{path.stem}"
    for name, line in imports_of(path):
        parts = name.split(".")
        if parts[0] == "regularize":
            target = parts[1] if len(parts) > 1 else "__init__"
            if target == "__version__":
                continue
            if target != room and target not in MAY_IMPORT[room]:
                yield f"{path.name}:{line}: {room} may not import {target}"
        elif parts[0] in GATES and not {room, module} & GATES[parts[0]]:
            yield f"{path.name}:{line}: {parts[0]} may not be imported in {module}"
        elif parts[0] in PANDAS and room in NO_PANDAS:
            yield f"{path.name}:{line}: no {parts[0]} in {room}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    assert room_of(path) in MAY_IMPORT, f"{room_of(path)} has no place in the house: name it in DESIGN.md"
    assert list(breaches(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_module_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LIMIT


def test_siblings_never_meet() -> None:
    siblings = {"intake", "store", "detect", "plan", "publish"}
    for room in siblings:
        assert not MAY_IMPORT[room] & (siblings - {room})


def test_the_rules_can_be_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that cannot fail is none: a module that breaks each rule is caught."""
    package = tmp_path / "regularize"
    (package / "publish").mkdir(parents=True)
    bad = package / "publish" / "leak.py"
    bad.write_text("import folium\nfrom regularize.store import Store\nimport fiona\n", encoding="utf-8")
    monkeypatch.setattr("test_house.PACKAGE", package)
    assert len(list(breaches(bad))) == 3


def test_no_module_is_called_utils() -> None:
    assert not [p for p in MODULES if p.stem in {"utils", "helpers", "misc", "common"}]

"""Is everything here that the work needs: versions, projections, encodings, modes, the store."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from regularize import gdal_guard, project
from regularize.errors import RegularizeError
from regularize.i18n import translate as _
from regularize.project import Project

REQUIRED = (
    "geopandas",
    "shapely",
    "pyproj",
    "rasterio",
    "fiona",
    "folium",
    "click",
    "pyogrio",
    "sqlalchemy",
    "typst",
    "segno",
)
EXTRAS = {"numba": "numba", "docxtpl": "docx", "pyarrow": "parquet", "openpyxl": "xlsx"}
# Sofia in degrees and in EPSG:7801: a published pair, far beyond what a missing grid would spoil.
PROBE_DEGREES = (23.32, 42.70)
PROBE_BOX_M = (321000.0, 4728000.0, 324000.0, 4732000.0)


@dataclass(frozen=True)
class Checked:
    """One line of the doctor: ``ok``, ``warn`` or ``FAIL``."""

    mark: str
    name: str
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """With stable English keys."""
        return asdict(self)


def examine(folder: Path) -> list[Checked]:
    """All checks; those of the project only where there is one in `folder`."""
    checks = [_python(), *_packages(), _projection(), *_drivers(), _streams()]
    if (folder / project.FILE).is_file():
        checks.extend(_project(folder))
    return checks


def _python() -> Checked:
    text = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Checked("ok" if fits else "FAIL", "Python", text)


def _packages() -> Iterator[Checked]:
    for name in REQUIRED:
        try:
            yield Checked("ok", name, version(name))
        except PackageNotFoundError:
            yield Checked("FAIL", name, _("not installed; install the project again"))
    for name, extra in EXTRAS.items():
        try:
            yield Checked("ok", name, version(name))
        except PackageNotFoundError:
            yield Checked(
                "warn",
                name,
                _("not installed (optional): pip install regularize[{extra}]").format(extra=extra),
            )


def _projection() -> Checked:
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, 7801, always_xy=True).transform(*PROBE_DEGREES)
    minx, miny, maxx, maxy = PROBE_BOX_M
    fits = minx < x < maxx and miny < y < maxy
    return Checked("ok" if fits else "FAIL", "EPSG:7801", f"E {x:.1f}  N {y:.1f}")


def _drivers() -> Iterator[Checked]:
    """What the guard forbids must be absent from every engine."""
    import fiona
    import pyogrio
    import rasterio

    engines = {
        "pyogrio": (pyogrio.__gdal_version_string__, set(pyogrio.list_drivers())),
        "fiona": (fiona.__gdal_version__, set(fiona.supported_drivers)),
        "rasterio": (rasterio.__gdal_version__, set()),
    }
    for name, (gdal, drivers) in engines.items():
        open_doors = drivers & set(gdal_guard.SKIPPED)
        yield Checked(
            "FAIL" if open_doors else "ok",
            f"GDAL ({name})",
            f"{gdal}" + (f": {', '.join(sorted(open_doors))}" if open_doors else ""),
        )


def _streams() -> Checked:
    return Checked(
        "ok",
        _("encoding"),
        f"stdout {sys.stdout.encoding}, {_('files')} {sys.getfilesystemencoding()}",
    )


def _project(folder: Path) -> Iterator[Checked]:
    from regularize.workflow import projects, storage

    try:
        here = projects.opened(folder)
        yield Checked("ok", _("project"), f"{here.project.municipality}, {here.project.crs}")
        yield from _modes(here.project)
        yield _drive(folder)
        report = storage.verify(here)
    except RegularizeError as error:
        yield Checked("FAIL", _("project"), error.message)
        return
    for check in report["checks"]:
        level = "FAIL" if not check["ok"] else "warn" if check["note"] else "ok"
        yield Checked(level, f"store: {check['name']}", check["detail"])


def _drive(folder: Path) -> Checked:
    """Where the project lies: on a network drive only one computer may work with it at a time."""
    from regularize.store import places
    from regularize.workflow.projects import network_remark

    system = places.file_system(folder) or "?"
    if places.is_network(folder):
        return Checked("warn", _("drive"), f"{system}: {network_remark()}")
    if not places.is_told(folder):
        told = _(
            "this system does not say whether a folder lies on a network drive; if it does, let only one "
            "computer work with the project at a time, or keep it on a disk of this computer"
        )
        return Checked("warn", _("drive"), told)
    return Checked("ok", _("drive"), system)


def _modes(here: Project) -> Iterator[Checked]:
    """Whether only their owner may read the store, the folder, and what was written into it."""
    name = _("file mode")
    if os.name == "nt":
        told = _("this system has no file modes: protect the folder by its owner's rights")
        yield Checked("warn", name, told)
        return
    store = here.store_path
    if not _holds_modes(here.root):
        told = _("this disk or share keeps no file modes: protect {folder} by the rights of the share")
        yield Checked("warn", name, told.format(folder=here.root.name or str(here.root)))
        return
    beside = (store.with_suffix(".head"), Path(f"{store}-wal"), Path(f"{store}-shm"))
    for path in (here.root, store, *(file for file in beside if file.exists())):
        mode = stat.S_IMODE(path.stat().st_mode)
        change = "" if not mode & 0o077 else f": chmod {'700' if path.is_dir() else '600'} {path.name}"
        # Others may come through an open folder, but read nothing in it that is closed.
        mark = "ok" if not change else "warn" if path == here.root else "FAIL"
        yield Checked(mark, name, f"{path.name or path} {mode:04o}{change}")
    others = sum(
        1
        for path in here.root.rglob("*")
        if not path.is_symlink() and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    )
    if others:
        told = _("files and folders that others may read: {n}; chmod -R go= {folder}")
        yield Checked("warn", name, told.format(n=others, folder=here.root.name or str(here.root)))


def _holds_modes(folder: Path) -> bool:
    """Whether a mode that is set on a file of this folder is still there when it is asked for."""
    try:
        handle, trial = tempfile.mkstemp(prefix=".mode-", dir=folder)
    except OSError:
        return True  # a folder that cannot be written says so elsewhere
    os.close(handle)
    path = Path(trial)
    try:
        for mode in (0o600, 0o644):
            path.chmod(mode)
            if stat.S_IMODE(path.stat().st_mode) != mode:
                return False
        return True
    except OSError:
        return False
    finally:
        path.unlink(missing_ok=True)

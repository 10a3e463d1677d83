"""A local coordinate system carried to the project's by a grid of shifts, or a way of PROJ.

Whoever holds an official grid for a system of 1970, 1950 or Sofia gives it here. Nothing of the
kind is shipped or fetched: the file is the user's, and the batch keeps its name and its hash.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake.crs import parse

MOST_BYTES = 500_000_000
MOST_PIPELINE_BYTES = 20_000
# No file system takes a longer name of a file.
_LONGEST_BYTES = 255
# NTv2 begins with the number of its header records, a geodetic TIFF with the mark of TIFF.
_NTV2 = b"NUM_OREC"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_GRIDS = re.compile(r"(\+grids=)(\"[^\"]*\"|\S+)")
_DEGREES_BY_GRID = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    '+step +proj=hgridshift +grids="{grid}" +step +proj=unitconvert +xy_in=rad +xy_out=deg'
)


@dataclass(frozen=True, eq=False)
class GridWay:
    """The way from the local system to the project's.

    Parameters
    ----------
    steps : sequence of Transformer
    file : str
        Name of the user's file.
    sha256 : str
    words : str
        What was done, for the batch; language-neutral.
    """

    steps: Sequence[Transformer]
    file: str
    sha256: str
    words: str

    def transform(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Carry coordinates over; where the grid does not reach they become infinite."""
        for step in self.steps:
            x, y = step.transform(x, y)
        return np.asarray(x), np.asarray(y)

    @property
    def note(self) -> str:
        """What the batch keeps."""
        return f"grid {self.file} sha256={self.sha256}: {self.words}"


def load(path: Path, option: str | None, declared: CRS | None, project: CRS) -> GridWay:
    """Read the user's file: a grid (NTv2 or geodetic TIFF), or the text of a pipeline of PROJ.

    Parameters
    ----------
    option : str or None
        Projection of the local system, which a bare grid needs; a pipeline says all itself.
    declared : CRS or None
        What the data file declares.

    Raises
    ------
    InputError
        If the file cannot be used.
    OptionError
        If ``--crs`` is missing for a bare grid, or contradicts a pipeline.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unusable(path, _("it is too large"))
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=path, reason=error.strerror or error),
            hint=_("mind the folder and the spelling"),
        ) from error
    sha256 = hashlib.sha256(content).hexdigest()
    if content.startswith((_NTV2, *_TIFF)):
        try:
            return _by_grid(path, sha256, option, declared, project)
        except ProjError as error:  # a system that contradicts itself
            raise _unusable(path, str(error).split("\n")[0]) from error
    if len(content) > MOST_PIPELINE_BYTES or b"\x00" in content:
        raise _unusable(path, _("it is neither a grid (NTv2, geodetic TIFF) nor a pipeline of PROJ"))
    if option is not None:
        raise OptionError(
            _("--crs and a pipeline in --grid exclude each other"),
            hint=_("the pipeline alone says how the coordinates are carried over"),
        )
    return _by_pipeline(path, content)


def _by_grid(path: Path, sha256: str, option: str | None, declared: CRS | None, project: CRS) -> GridWay:
    local = parse(option) if option is not None else declared
    if local is None or local.is_engineering or local.geodetic_crs is None:
        raise OptionError(
            _("{file} is a grid of shifts: the projection of the local system is needed as well").format(
                file=path.name
            ),
            hint=_("give it as PROJ writes it: --crs '+proj=lcc +lat_1=... +ellps=krass', or AUTH:CODE"),
        )
    if project.geodetic_crs is None:
        raise _unusable(path, _("the project's system has no geographic one beneath it"))
    # Not the geodetic system of the register: its axes may be turned, and its meridian another.
    steps = (
        Transformer.from_crs(local, local.geodetic_crs, always_xy=True),
        _pipeline(path, _DEGREES_BY_GRID.format(grid=_quotable(path))),
        Transformer.from_crs(project.geodetic_crs, project, always_xy=True),
    )
    return GridWay(steps, path.name, sha256, f"{local.to_string()} > hgridshift > {project.to_string()}")


def _by_pipeline(path: Path, content: bytes) -> GridWay:
    try:
        text = " ".join(
            line for line in content.decode("utf-8-sig").splitlines() if not line.lstrip().startswith("#")
        )
    except UnicodeDecodeError as error:
        raise _unusable(path, _("it is no text in UTF-8")) from error
    if not re.match(r"\s*\+?proj=pipeline\b", text):
        raise _unusable(path, _("it does not begin with +proj=pipeline"))
    total = hashlib.sha256(content)
    words = text.strip()
    for _prefix, value in _GRIDS.findall(text):
        for name in value.strip('"').removeprefix("@").split(","):
            beside = path.parent / name
            if Path(name).name != name or len(name.encode()) > _LONGEST_BYTES or not beside.is_file():
                raise _unusable(
                    path, _("the grid {name} does not lie beside it in the same folder").format(name=name)
                )
            total.update(hashlib.sha256(beside.read_bytes()).digest())
    located = _GRIDS.sub(lambda found: found[1] + _located(path.parent, found[2]), text)
    return GridWay((_pipeline(path, located),), path.name, total.hexdigest(), words)


def _located(folder: Path, value: str) -> str:
    names = value.strip('"').removeprefix("@").split(",")
    return '"' + ",".join(_quotable(folder / name) for name in names) + '"'


def _quotable(path: Path) -> str:
    text = path.resolve().as_posix()
    if '"' in text or "," in text:
        raise _unusable(path, _("quotation marks and commas in its path confuse PROJ"))
    return text


def _pipeline(path: Path, text: str) -> Transformer:
    try:
        return Transformer.from_pipeline(text)
    except ProjError as error:
        raise _unusable(path, str(error).split("\n")[0]) from error


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(
        _("{file} cannot be used as a grid: {reason}").format(file=path, reason=reason),
        hint=_(
            "give an NTv2 grid (.gsb), a geodetic TIFF, or a text that begins with +proj=pipeline; "
            "or identical points: --control-points FILE.csv"
        ),
    )

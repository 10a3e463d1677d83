"""A project is a folder: ``regularize.toml``, ``data/``, ``maps/`` and ``store.gpkg``."""

import os
import re
import shutil
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import tomli_w

from regularize.errors import InputError, OptionError
from regularize.i18n import LANGUAGES
from regularize.i18n import translate as _

FILE = "regularize.toml"
CIVIL_ZONE = ZoneInfo("Europe/Sofia")
# A day as people may write it, with 0 for each digit: digits of another script make no day.
_ISO = "0000-00-00"
_WRITTEN = "00.00.0000"
# What is not finished yet carries this name and the number of the process that works on it.
_UNFINISHED = re.compile(r"\.?regularize-(\d+)-[^/\\]+")
_YOUNG_S = 3600.0  # whoever still works on it may do so on another computer: left alone for an hour,
_OLD_S = 86400.0  # and for a day while a process of that number lives, though it may be another one
SWEEP_EVERY_S = 60.0
_swept: dict[str, float] = {}


def now() -> datetime:
    """The moment of recording, in UTC; ``SOURCE_DATE_EPOCH`` fixes it for reproducible builds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def today() -> date:
    """The civil date in Europe/Sofia: statutory terms count in these, never in timestamps."""
    return now().astimezone(CIVIL_ZONE).date()


def civil_date(text: str) -> date:
    """A date written as YYYY-MM-DD or DD.MM.YYYY, with or without the Bulgarian "г.".

    Raises
    ------
    ValueError
        In any other form, a year of two digits above all.

    Examples
    --------
    >>> civil_date("06.03.2026 г.")
    datetime.date(2026, 3, 6)
    """
    bare = text.strip().removesuffix("г.").strip()
    shape = "".join("0" if char in "0123456789" else char for char in bare)
    if shape == _WRITTEN:
        return date(int(bare[6:]), int(bare[3:5]), int(bare[:2]))
    if shape == _ISO:
        return date.fromisoformat(bare)
    raise ValueError(text)


@dataclass(frozen=True)
class Project:
    """What ``regularize.toml`` says.

    Parameters
    ----------
    root : Path
        The project folder.
    municipality : str
    country : str
        A country pack: ``bg`` or ``generic``.
    crs : str
        The metric CRS of everything inside, as ``AUTH:CODE``.
    language : str
        Of messages and outputs where ``--lang`` does not say otherwise.
    settlements : tuple of str
        EKATTE codes, as text with their leading zeros.
    contact : dict
        Office, address, telephone: printed on the resident's sheet.
    """

    root: Path
    municipality: str
    country: str
    crs: str
    language: str
    settlements: tuple[str, ...] = ()
    contact: dict[str, str] = field(default_factory=dict)

    @property
    def store_path(self) -> Path:
        """The store of the project."""
        return self.root / "store.gpkg"

    @property
    def maps_dir(self) -> Path:
        """Where maps are written."""
        return self.root / "maps"

    @property
    def dossiers_dir(self) -> Path:
        """Where dossiers are written."""
        return self.root / "dossiers"

    @property
    def settlement(self) -> str:
        """The code that home ids carry: the first settlement, or ``00000`` where none is stated."""
        return self.settlements[0] if self.settlements else "00000"


def prepare(project: Project) -> None:
    """Make the folders of a new project, private to their owner.

    Raises
    ------
    OptionError
        If a project stands there already; nothing is changed.
    """
    if (project.root / FILE).exists():
        raise OptionError(
            _("a project stands already in {folder}").format(folder=project.root),
            hint=_("use another folder, or: regularize -p {folder} store info").format(folder=project.root),
        )
    for folder in (
        project.root,
        project.root / "data",
        project.root / "data" / "cadastre",
        project.root / "data" / "surveys",
        project.maps_dir,
    ):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create(project: Project) -> Project:
    """Write ``regularize.toml`` (mode 0600) of a new project whose other files stand.

    It comes last and in one step: with it the project exists, without it ``init`` can be repeated.

    Raises
    ------
    OptionError
        If a project stands there already; nothing is changed.
    """
    prepare(project)
    values: dict[str, Any] = asdict(project)
    del values["root"]
    values["settlements"] = list(project.settlements)
    part = unfinished(project.root)
    try:
        with part.open("wb") as stream:
            stream.write(tomli_w.dumps({"project": values}).encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(project.root / FILE)
    finally:
        part.unlink(missing_ok=True)
    return project


def unfinished(folder: Path, suffix: str = ".part") -> Path:
    """A new empty file in `folder`, readable for its owner only: to be finished, then renamed.

    What killed programs left there long ago is removed first.

    Raises
    ------
    OSError
    """
    sweep(folder)
    handle, name = tempfile.mkstemp(prefix=f".regularize-{os.getpid()}-", suffix=suffix, dir=folder)
    os.close(handle)
    return Path(name)


def unfinished_folder(folder: Path) -> Path:
    """The same for a whole folder."""
    sweep(folder)
    return Path(tempfile.mkdtemp(prefix=f".regularize-{os.getpid()}-", suffix=".part", dir=folder))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of the system for what nobody keeps, gone at the end; after a crash, with the next one."""
    sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"regularize-{os.getpid()}-") as folder:
        yield Path(folder)


def sweep(folder: Path) -> None:
    """Remove unfinished files and folders of programs that were killed: ours, old, held by nobody.

    At most once a minute for each folder, since some commands write thousands of files into one.
    """
    key, at = str(folder.absolute()), time.monotonic()
    if at - _swept.get(key, -SWEEP_EVERY_S) < SWEEP_EVERY_S:
        return
    _swept[key] = at
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = _UNFINISHED.fullmatch(entry.name)
            if found is None:
                continue
            with suppress(OSError):
                if not _is_left(entry.stat(follow_symlinks=False), int(found.group(1))):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    Path(entry.path).unlink()  # refused by Windows while somebody has it open


def _is_left(stat: os.stat_result, process: int) -> bool:
    if hasattr(os, "getuid") and stat.st_uid != os.getuid():
        return False
    age_s = time.time() - stat.st_mtime
    return age_s > _OLD_S or (age_s > _YOUNG_S and not _lives(process))


def _lives(process: int) -> bool:
    if os.name != "posix":
        return True  # asking would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def load(folder: Path) -> Project:
    """Read the project in `folder`.

    Raises
    ------
    InputError
        If there is no project, or its file cannot be read.
    """
    file = folder / FILE
    if not file.is_file():
        raise InputError(
            _("no project in {folder}: {file} is missing").format(folder=folder, file=FILE),
            hint=_("regularize init DIR --municipality NAME, or give the project's folder with -p"),
        )
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        if values["language"] not in LANGUAGES:
            raise ValueError(f"language = {values['language']!r}")
        return Project(
            root=folder,
            municipality=str(values["municipality"]),
            country=str(values["country"]),
            crs=str(values["crs"]),
            language=str(values["language"]),
            settlements=tuple(str(code) for code in values.get("settlements", ())),
            contact={str(k): str(v) for k, v in values.get("contact", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=file, reason=error),
            hint=_("mend the file, or copy the [project] section from another project"),
        ) from error

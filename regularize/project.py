"""A project is a folder: ``regularize.toml``, ``data/``, ``maps/`` and ``store.gpkg``."""

import os
import tempfile
import tomllib
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import tomli_w

from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _

FILE = "regularize.toml"
CIVIL_ZONE = ZoneInfo("Europe/Sofia")


def now() -> datetime:
    """The moment of recording, in UTC; ``SOURCE_DATE_EPOCH`` fixes it for reproducible builds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def today() -> date:
    """The civil date in Europe/Sofia: statutory terms count in these, never in timestamps."""
    return now().astimezone(CIVIL_ZONE).date()


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
    handle, name = tempfile.mkstemp(prefix=".project-", suffix=".part", dir=project.root)
    try:
        with os.fdopen(handle, "wb") as stream:  # mkstemp made it readable for its owner only
            stream.write(tomli_w.dumps({"project": values}).encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(project.root / FILE)
    finally:
        Path(name).unlink(missing_ok=True)
    return project


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
        return Project(
            root=folder,
            municipality=str(values["municipality"]),
            country=str(values["country"]),
            crs=str(values["crs"]),
            language=str(values["language"]),
            settlements=tuple(str(code) for code in values.get("settlements", ())),
            contact={str(k): str(v) for k, v in values.get("contact", {}).items()},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError, AttributeError) as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=file, reason=error),
            hint=_("mend the file, or copy the [project] section from another project"),
        ) from error

"""Zip archives: members are read into memory, never extracted by their names.

A member's name is a label and nothing more, so ``../`` and absolute names reach no file. Limits are
checked on the directory before anything is unpacked, and a member that holds more than it declares
is refused by its checksum.
"""

import lzma
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.shapefile import MEMBERS, Bundle

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
MAX_MEMBERS = 1_000
MAX_TOTAL_BYTES = 2 * 1024**3
MAX_RATIO = 100
# Below this size a high ratio harms nobody: tables of blanks compress as well.
_RATIO_FROM_BYTES = 1024**2
# What the standard library raises for an archive that is damaged or packed in a way it does not know.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError),
    *(EOFError, OSError, ValueError, IndexError),
)
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tar")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, checked against the limits; damage found while reading is an InputError too."""
    try:
        # Windows writes member names in the DOS code page of the machine.
        with zipfile.ZipFile(path, metadata_encoding="cp866") as archive:
            _check(path, archive.infolist())
            yield archive
    except _DAMAGE as error:
        raise InputError(
            _("{file}: the archive cannot be read: {reason}").format(file=path, reason=_reason(error)),
            hint=_("unpack it and give the files themselves, or ask the sender for it again"),
        ) from error


def _reason(error: Exception) -> str:
    """What the library says in English, in words of the user's language."""
    if isinstance(error, NotImplementedError):
        return _("it is packed in a way that is not known here")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _("it is cut or damaged")


def _check(path: Path, members: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    refusal = ""
    if len(members) > MAX_MEMBERS:
        refusal = _("it has {n} members; at most {limit} are read").format(n=len(members), limit=MAX_MEMBERS)
    elif total > MAX_TOTAL_BYTES:
        refusal = _("unpacked it is larger than 2 GiB")
    elif total > _RATIO_FROM_BYTES and total > MAX_RATIO * max(packed, 1):
        refusal = _("it is packed more than {ratio} times: that is no map").format(ratio=MAX_RATIO)
    elif any(member.flag_bits & 1 for member in members):
        refusal = _("it is locked with a password")
    elif any(stat.S_ISLNK(member.external_attr >> 16) for member in members):
        refusal = _("it holds links to other files")
    elif inner := next((m.filename for m in members if m.filename.lower().endswith(_ARCHIVES)), None):
        refusal = _("it holds another archive: {name}").format(name=readable_name(inner))
    elif twice := next((n for n, c in Counter(m.filename for m in members).items() if c > 1), None):
        refusal = _("it holds two members of the name {name}").format(name=readable_name(twice))
    if refusal:
        raise InputError(
            _("{file}: the archive is refused: {reason}").format(file=path, reason=refusal),
            hint=_("unpack it and give the files themselves, or ask the sender for it again"),
        )


def readable_name(name: str) -> str:
    """A member's name; what some programs write in UTF-8 without saying so is put right.

    Examples
    --------
    >>> readable_name("сгради.shp".encode("utf-8").decode("cp866"))
    'сгради.shp'
    """
    try:
        return name.encode("cp866").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return name


def heads(path: Path, size: int) -> Mapping[str, bytes]:
    """The first `size` bytes of every member, by readable name."""
    found = {}
    with _opened(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as stream:
                    found[readable_name(member.filename)] = stream.read(size)
    return found


def member(path: Path, name: str) -> bytes:
    """The content of one member, by readable name."""
    with _opened(path) as archive:
        info = next(info for info in archive.infolist() if readable_name(info.filename) == name)
        return archive.read(info)


def bundles(path: Path) -> list[Bundle]:
    """The shapefiles of the archive, at its root or in folders; names are made unique by folder."""
    groups: dict[tuple[str, str], dict[str, zipfile.ZipInfo]] = {}
    with _opened(path) as archive:
        for info in archive.infolist():
            name = PurePosixPath(readable_name(info.filename))
            ending = name.suffix[1:].lower()
            # Resource forks of a Mac are no members of anything.
            if ending in MEMBERS and not info.is_dir() and "__MACOSX" not in name.parts:
                groups.setdefault((str(name.parent), name.stem), {})[ending] = info
        shapes = {key: members for key, members in groups.items() if "shp" in members}
        stems = Counter(stem for _folder, stem in shapes)
        return [
            Bundle(
                stem if stems[stem] == 1 else f"{folder}/{stem}",
                {ending: archive.read(info) for ending, info in members.items()},
            )
            for (folder, stem), members in shapes.items()
        ]

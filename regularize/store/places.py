"""Where a store lies: a drive of this computer, or one that others reach over a network.

Write-ahead logging needs memory that all who have the file open share; over a network there is none,
and two computers would damage the file. There the classic journal is used, which only locks.
"""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

# File systems as Linux and macOS name them; what is not named here counts as local.
NETWORK_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "smb2",
        "afs",
        "ncpfs",
        "9p",
        "webdav",
        "ftp",
        "davfs",
        "ceph",
        "glusterfs",
    }
    | {"fuse.sshfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.gvfsd-fuse", "afpfs", "lustre"}
)
_MOUNTS = Path("/proc/self/mountinfo")
_WINDOWS_REMOTE = 4
_SYSTEM = sys.platform
# macOS: ``struct statfs`` with 64-bit inodes. A system that is not marked as local is another computer's.
_STATFS_BYTES, _FLAGS_AT, _NAME_AT, _NAME_BYTES = 4096, 64, 72, 16
_LOCAL = 0x1000
_REMOTE = "remote:"
_MOUNT_LINE = re.compile(r".* on (?P<point>.+) \((?P<system>[^,()]+)(?P<options>[^()]*)\)")
_WAL_MARK = b"\x02\x02"  # bytes 18 and 19 of the file: written and read through a write-ahead log


def file_system(path: Path) -> str:
    """The name of the file system on which `path` lies; empty where this system does not say."""
    if os.name == "nt":
        return _windows(path)
    if _SYSTEM == "darwin":
        return _darwin(path.resolve())
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place = path.resolve()
    best, found = -1, ""
    for line in lines:
        fields, _dash, rest = line.partition(" - ")
        point = fields.split(" ")[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if place.is_relative_to(point) and len(point) >= best:
            best, found = len(point), rest.split(" ")[0]
    return found


def _windows(path: Path) -> str:
    drive = path.resolve().drive
    if drive.startswith("\\\\"):
        return "cifs"
    import ctypes

    ask = getattr(ctypes, "windll", None)  # absent in the type stubs of other systems
    return "cifs" if ask is not None and ask.kernel32.GetDriveTypeW(drive + "\\") == _WINDOWS_REMOTE else ""


def _darwin(place: Path) -> str:
    """What macOS says by the system call ``statfs``; where that cannot be called, by its list of mounts."""
    while not place.exists() and place != place.parent:
        place = place.parent  # a folder that is yet to be made lies where its parent does
    told = _statfs(os.fsencode(place))
    if told is not None:
        flags = int.from_bytes(told[_FLAGS_AT : _FLAGS_AT + 4], sys.byteorder)
        name = told[_NAME_AT : _NAME_AT + _NAME_BYTES].partition(b"\0")[0].decode("ascii", "replace")
        return _named(name, local=bool(flags & _LOCAL))
    best, found = -1, ""
    for line in _mount_list().splitlines():
        said = _MOUNT_LINE.fullmatch(line)
        if said is not None and place.is_relative_to(said["point"]) and len(said["point"]) >= best:
            options = said["options"].replace(" ", "").split(",")
            best, found = len(said["point"]), _named(said["system"], local="local" in options)
    return found


def _named(system: str, *, local: bool) -> str:
    return system if local or system in NETWORK_SYSTEMS else _REMOTE + system


def _statfs(place: bytes) -> bytes | None:
    """The answer of the system call as it lies in memory; None where it cannot be asked."""
    import ctypes

    try:
        library = ctypes.CDLL(None)
        # On Intel the plain name is that of an older layout.
        call: Any = getattr(library, "statfs$INODE64", None) or library.statfs
    except (OSError, TypeError, AttributeError):
        return None
    answer = ctypes.create_string_buffer(_STATFS_BYTES)
    return answer.raw if call(place, answer) == 0 else None


def _mount_list() -> str:
    try:
        done = subprocess.run(["/sbin/mount"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "surrogateescape")


def is_told(path: Path) -> bool:
    """Whether this system says where `path` lies."""
    return os.name == "nt" or bool(file_system(path))


def is_network(path: Path) -> bool:
    """Whether `path` lies on a drive that other computers can write at the same time."""
    system = file_system(path)
    return system in NETWORK_SYSTEMS or system.startswith(_REMOTE)


def uses_write_ahead_log(path: Path) -> bool:
    """Whether the file remembers that it is written through a write-ahead log."""
    with path.open("rb") as stream:
        return stream.read(20)[18:20] == _WAL_MARK


def leave_write_ahead_log(path: Path) -> None:
    """Fold the journal in and use the classic one; alone, without shared memory.

    Raises
    ------
    sqlite3.OperationalError
        If somebody else has the file open.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    finally:
        connection.close()


def tidy(path: Path) -> None:
    """Remove the empty journal files that a reader leaves beside the store, if nobody has it open.

    Only SQLite itself knows that: the last one to close the file for writing removes them.
    """
    journal = Path(f"{path}-wal")
    try:
        if not journal.exists() or journal.stat().st_size:
            return
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except (OSError, sqlite3.Error):
        return  # read-only or in use: then they are left to whoever may

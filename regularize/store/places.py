"""Where a store lies: a drive of this computer, or one that others reach over a network.

Write-ahead logging needs memory that all who have the file open share; over a network there is none,
and two computers would damage the file. There the classic journal is used, which only locks.
"""

import os
import sqlite3
from pathlib import Path

# File systems as Linux names them; what is not named here counts as local.
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
        "davfs",
        "ceph",
        "glusterfs",
    }
    | {"fuse.sshfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone", "fuse.gvfsd-fuse", "afpfs", "lustre"}
)
_MOUNTS = Path("/proc/self/mountinfo")
_WINDOWS_REMOTE = 4
_WAL_MARK = b"\x02\x02"  # bytes 18 and 19 of the file: written and read through a write-ahead log


def file_system(path: Path) -> str:
    """The name of the file system on which `path` lies; empty where this system does not say."""
    if os.name == "nt":
        return _windows(path)
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


def is_told() -> bool:
    """Whether this system says where a folder lies: Linux and Windows do, macOS is not asked."""
    return os.name == "nt" or _MOUNTS.exists()


def is_network(path: Path) -> bool:
    """Whether `path` lies on a drive that other computers can write at the same time."""
    return file_system(path) in NETWORK_SYSTEMS


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

"""Where a store lies: on a network drive it is written without a write-ahead log, and people are told."""

import os
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from store_samples import CRS

from regularize.cli import main
from regularize.store import Store, places

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asks the mount table of Linux")
Mounted = Callable[..., Path]


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mounted:
    """Put a table of mounts in the place of the system's own: folders of the test to file systems."""

    def mount(**systems: str) -> Path:
        lines = ["22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"]
        for number, (name, system) in enumerate(systems.items(), start=40):
            folder = tmp_path / name.replace("_", " ")
            folder.mkdir(exist_ok=True)
            point = str(folder).replace(" ", "\\040")
            lines.append(f"{number} 22 0:{number} / {point} rw shared:{number} - {system} server:/share rw")
        table = tmp_path / "mountinfo"
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")
        monkeypatch.setattr(places, "_MOUNTS", table)
        return tmp_path

    return mount


def mode_of(path: Path) -> str:
    import sqlite3

    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    finally:
        connection.close()


@LINUX
@pytest.mark.parametrize("system", ["nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_network_drive_is_seen(mounted: Mounted, system: str) -> None:
    root = mounted(common_drive=system)
    assert places.file_system(root / "common drive" / "p" / "store.gpkg") == system
    assert places.is_network(root / "common drive" / "p")
    assert not places.is_network(root / "common drives")  # another folder whose name begins alike
    assert not places.is_network(root)


@LINUX
def test_the_nearest_and_latest_mount_counts(mounted: Mounted, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    mounted(a="nfs", **{"a/b": "ext4"})
    assert places.is_network(tmp_path / "a" / "c")
    assert not places.is_network(tmp_path / "a" / "b" / "c")
    with (tmp_path / "mountinfo").open("a", encoding="utf-8") as table:
        table.write(f"90 22 0:90 / {tmp_path}/a/b rw shared:9 - cifs //server/share rw\n")
    assert places.is_network(tmp_path / "a" / "b" / "c")  # mounted over the other


@LINUX
def test_a_link_to_a_network_drive_leads_there(mounted: Mounted) -> None:
    root = mounted(drive="nfs4")
    (root / "link").symlink_to(root / "drive")
    assert places.is_network(root / "link" / "store.gpkg")


@LINUX
def test_a_store_on_a_network_drive_uses_no_write_ahead_log(mounted: Mounted) -> None:
    root = mounted(drive="nfs4")
    for name, mode in (("drive", "delete"), ("local", "wal")):
        path = root / name / "store.gpkg"
        path.parent.mkdir(exist_ok=True)
        with Store.create(path, crs=CRS, title="t") as store:
            assert not Path(f"{path}-wal").exists() or name == "local"
            assert store.verify().ok
        assert mode_of(path) == mode
        assert places.uses_write_ahead_log(path) == (mode == "wal")


@LINUX
def test_a_store_that_was_moved_there_leaves_its_write_ahead_log(mounted: Mounted) -> None:
    root = mounted(drive="cifs")
    (root / "local").mkdir()
    Store.create(root / "local" / "store.gpkg", crs=CRS, title="t").close()
    for file in (root / "local").iterdir():
        shutil.copy(file, root / "drive" / file.name)
    path = root / "drive" / "store.gpkg"
    assert mode_of(path) == "wal"
    with Store.open(path) as store:
        assert store.verify().ok
    assert mode_of(path) == "delete"


@LINUX
def test_people_are_told(mounted: Mounted, capsys: pytest.CaptureFixture[str]) -> None:
    root = mounted(drive="cifs")
    for lang, words in (("en", "network drive"), ("bg", "мрежово устройство")):
        here = root / "drive" / lang
        assert main(["--lang", lang, "init", str(here), "--municipality", "Примерна"]) == 0
        said = capsys.readouterr()
        assert words in said.out + said.err
        main(["--lang", lang, "-p", str(here), "doctor"])
        assert words in capsys.readouterr().out
    here = root / "local"
    assert main(["--lang", "en", "init", str(here), "--municipality", "Примерна"]) == 0
    said = capsys.readouterr()
    assert "network drive" not in said.out + said.err


def statfs_of(system: str, *, local: bool) -> bytes:
    """What macOS answers: counts of blocks and files, then flags at byte 64 and the name at byte 72."""
    sizes = struct.pack("=Ii5Q", 4096, 1 << 20, 9, 8, 7, 6, 5)
    owner = struct.pack("=2i4I", 1, 2, 501, 30, 0x1000 if local else 0x0018, 0)
    return (sizes + owner + system.encode() + b"\0" * 64).ljust(4096, b"\xff")


MAC = {
    "apfs": ("apfs", True, False),
    "exfat on a stick": ("exfat", True, False),
    "smbfs": ("smbfs", False, True),
    "nfs": ("nfs", False, True),
    "afpfs": ("afpfs", False, True),
    "another's file system of some kind": ("macfuse", False, True),
}


@pytest.mark.skipif(os.name == "nt", reason="asks as macOS does")
@pytest.mark.parametrize(("system", "local", "network"), MAC.values(), ids=MAC)
def test_macos_says_by_its_system_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, local: bool, network: bool
) -> None:
    asked = []

    def statfs(place: bytes) -> bytes:
        asked.append(place)
        return statfs_of(system, local=local)

    monkeypatch.setattr(places, "_SYSTEM", "darwin")
    monkeypatch.setattr(places, "_statfs", statfs)
    assert places.is_network(tmp_path / "to" / "come") == network
    assert places.file_system(tmp_path).removeprefix("remote:") == system
    assert places.is_told(tmp_path)
    assert asked == [os.fsencode(tmp_path.resolve())] * 3


@pytest.mark.skipif(os.name == "nt", reason="asks as macOS does")
def test_macos_says_by_its_list_of_mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path.resolve()
    (here / "общ диск (2)" / "p").mkdir(parents=True)
    lines = [
        "/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)",
        "map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)",
        f"//ana@server/share on {here}/общ диск (2) (smbfs, nodev, nosuid, mounted by ana)",
        f"/dev/disk4s1 on {here}/stick (exfat, local, nodev)",
    ]
    monkeypatch.setattr(places, "_SYSTEM", "darwin")
    monkeypatch.setattr(places, "_statfs", lambda _place: None)
    monkeypatch.setattr(places, "_mount_list", lambda: "\n".join(lines))
    assert places.file_system(here / "общ диск (2)" / "p" / "store.gpkg") == "smbfs"
    assert places.is_network(here / "общ диск (2)" / "p")
    assert places.file_system(here) == "apfs"
    assert not places.is_network(here / "stick")
    monkeypatch.setattr(places, "_mount_list", str)
    assert not places.is_told(here)


@pytest.mark.skipif(sys.platform != "darwin", reason="asks macOS itself")
def test_macos_itself_answers(tmp_path: Path) -> None:
    assert places.file_system(tmp_path) in {"apfs", "hfs"}
    assert not places.is_network(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows tells")
def test_a_system_that_does_not_tell_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A system without such a table: the folder counts as local, and the doctor says that nobody knows."""
    monkeypatch.setattr(places, "_MOUNTS", tmp_path / "none")
    monkeypatch.setattr(places, "_SYSTEM", "another")
    assert places.file_system(tmp_path) == ""
    assert not places.is_network(tmp_path)
    assert main(["-q", "init", str(tmp_path / "p"), "--municipality", "Примерна"]) == 0
    main(["--lang", "en", "-p", str(tmp_path / "p"), "doctor"])
    out = capsys.readouterr().out
    assert "does not say whether a folder lies on a network drive" in out

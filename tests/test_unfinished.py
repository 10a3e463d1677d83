"""What a killed program leaves half done: beside its place, and swept by the next one that writes there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

from regularize import project
from regularize.cli import main
from regularize.errors import OptionError
from regularize.workflow import demo

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX processes and signals")
HOUR_S = 3600.0


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    return gone.pid


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "SWEEP_EVERY_S", 0.0)


def left(folder: Path, name: str, age_s: float) -> Path:
    """A file (a folder for names that end with a stroke) that was left `age_s` ago."""
    path = folder / name.rstrip("/")
    if name.endswith("/"):
        path.mkdir()
        (path / "half.html").write_text("half")
    else:
        path.write_text("half")
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


@POSIX
def test_only_ours_and_only_what_nobody_holds_is_swept(tmp_path: Path, dead: int) -> None:
    goes = [
        left(tmp_path, f".regularize-{dead}-a.part", 2 * HOUR_S),
        left(tmp_path, f".regularize-{dead}-a.part-wal", 2 * HOUR_S),
        left(tmp_path, f".regularize-{dead}-b.html", 2 * HOUR_S),
        left(tmp_path, f".regularize-{dead}-c.part/", 2 * HOUR_S),
        left(tmp_path, f".regularize-{os.getpid()}-d.part", 25 * HOUR_S),
    ]
    stays = [
        left(tmp_path, f".regularize-{dead}-young.part", 60),
        left(tmp_path, f".regularize-{os.getpid()}-held.part", 2 * HOUR_S),
        left(tmp_path, ".regularize-notes.part", 99 * HOUR_S),
        left(tmp_path, f".other-{dead}-a.part", 99 * HOUR_S),
        left(tmp_path, f"a.regularize-{dead}-a.part", 99 * HOUR_S),
        left(tmp_path, "store.gpkg", 99 * HOUR_S),
    ]
    outside = tmp_path.parent / "outside"
    outside.mkdir()
    link = tmp_path / f".regularize-{dead}-link"
    link.symlink_to(outside)
    os.utime(link, (0, 0), follow_symlinks=False)
    made = project.unfinished(tmp_path)
    assert made.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in goes if path.exists()] == []
    assert [path.name for path in stays if not path.exists()] == []
    assert not link.is_symlink()
    assert outside.is_dir()


@POSIX
def test_commands_sweep_where_they_write(tmp_path: Path, dead: int) -> None:
    here = tmp_path / "p"
    assert main(["-q", "init", str(here), "--municipality", "Примерна"]) == 0
    in_root = left(here, f".regularize-{dead}-x.part", 2 * HOUR_S)
    in_maps = left(here / "maps", f".regularize-{dead}-x.ics", 2 * HOUR_S)
    said = ["-q", "-p", str(here), "case"]
    assert main([*said, "list"]) == 0
    assert in_root.exists(), "what only reads removes nothing"
    assert main([*said, "open", "detailed_plan", "--title", "П", "--date", "2026-02-02"]) == 0
    assert not in_root.exists()
    assert main([*said, "deadlines", "--ics", str(here / "maps" / "a.ics")]) == 0
    assert not in_maps.exists()
    assert sorted(p.name for p in here.rglob(".regularize-*")) == []


def test_the_scratch_of_a_killed_typesetter_is_swept(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old = left(tmp_path, f"regularize-{dead}-x/", 25 * HOUR_S)
    with project.scratch() as folder:
        assert folder.parent == tmp_path
        assert not old.exists()
    assert list(tmp_path.iterdir()) == []


KILLED = dedent("""
    import os, signal, sys
    from pathlib import Path
    from regularize.workflow import demo
    def killed(*args, **named):
        os.kill(os.getpid(), signal.SIGKILL)
    demo.projects.start = killed
    demo.run(Path(sys.argv[1]), overwrite=False, lang="en", say=print)
""")


def drawn(folder: Path, lang: str, _say: object) -> demo.Demonstration:
    """The chain in short: what the program knows a demonstration by."""
    (folder / demo.MARK).parent.mkdir(parents=True)
    (folder / demo.MARK).write_text(lang)
    (folder / project.FILE).write_text("")
    maps = folder / "maps"
    report, dossiers = maps / "report.html", folder / "dossiers"
    return demo.Demonstration(
        folder, lang, maps={"office": maps / "office.html"}, dossiers=dossiers, report=report
    )


@POSIX
def test_a_killed_demonstration_leaves_what_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not folder.exists()
    (half,) = tmp_path.iterdir()
    assert (half / demo.MARK).is_file()
    assert not (half / project.FILE).exists()
    os.utime(half, (0, 0))
    monkeypatch.setattr(demo, "_carry", drawn)
    made = demo.run(folder, overwrite=False, lang="en", say=print)
    assert made.maps == {"office": folder / "maps" / "office.html"}
    assert made.dossiers == folder / "dossiers"
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_an_earlier_demonstration_goes_only_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()  # an empty folder is fine
    monkeypatch.setattr(demo, "_carry", drawn)
    demo.run(folder, overwrite=False, lang="en", say=print)
    with pytest.raises(OptionError):
        demo.run(folder, overwrite=False, lang="bg", say=print)

    def broken(folder: Path, lang: str, say: object) -> demo.Demonstration:
        drawn(folder, lang, say)
        raise OSError(28, "no space")

    monkeypatch.setattr(demo, "_carry", broken)
    with pytest.raises(OSError, match="no space"):
        demo.run(folder, overwrite=True, lang="bg", say=print)
    assert (folder / demo.MARK).read_text() == "en"
    monkeypatch.setattr(demo, "_carry", drawn)
    demo.run(folder, overwrite=True, lang="bg", say=print)
    assert (folder / demo.MARK).read_text() == "bg"
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]

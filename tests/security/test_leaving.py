"""What leaves the project is encrypted, or plain for a stated purpose; both stand in the log."""

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import pyzipper

from regularize.workflow import sealed

WORDS = "дълга тайна дума 2026"
COMMANDS = {
    "map": (("map", "build", "--audience", "office", "-o"), "m.html"),
    "overview": (("map", "overview", "--audience", "office", "-o"), "o.html"),
    "dossiers": (("dossier", "build", "T-00990-1", "-o"), "досиета"),
    "findings": (("findings", "list", "-o"), "f.csv"),
    "pathways": (("pathway", "--all", "-o"), "p.json"),
    "fieldcheck": (("fieldcheck", "draw", "--purpose", "огледи", "-o"), "c.csv"),
    "privacy export": (("privacy", "export", "T-00990-1", "-o"), "e.json"),
    "letters": (("letter", "build", "notice", "C-2", "--all-parcels", "-o"), "писма"),
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "парола.txt"
    file.write_text(WORDS + "\n", encoding="utf-8")
    return file


def opened(archive: Path, words: str) -> dict[str, bytes]:
    with pyzipper.AESZipFile(archive) as packed:
        assert all(info.flag_bits & 1 for info in packed.infolist())
        packed.setpassword(words.encode())
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.mark.parametrize("what", COMMANDS)
def test_outside_it_is_encrypted(run, here: Path, tmp_path: Path, secret: Path, what: str) -> None:
    words, name = COMMANDS[what]
    case = ("detailed_plan", "--date", "2026-02-01", "--fact", "scope=individual_notice")
    assert run("-p", here, "case", "open", *case, "--part", "Част 1").code == 0
    assert run("-p", here, "case", "event", "C-2", "submitted", "--date", "2026-02-02").code == 0
    outside = tmp_path / "флашка"
    settings = here / "regularize.toml"
    contact = '[project.contact]\noffice = "а"\naddress = "б"\ntelephone = "в"\n'
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[project.contact]\n", contact), encoding="utf-8")
    target = outside / name
    answer = run("-p", here, *words, target, "--passphrase-file", secret)
    assert answer.code == 0, answer.err
    assert [p.name for p in outside.iterdir()] == [f"{name}.zip"]
    archive = outside / f"{name}.zip"
    content = opened(archive, WORDS)
    assert content
    assert all(content.values())
    with pytest.raises(RuntimeError, match="password"):
        opened(archive, "друга дума, също дълга")
    assert b"T-00990" not in archive.read_bytes().replace(b"T-00990-1.pdf", b"")
    assert "passphrase" not in answer.err
    assert WORDS not in answer.err + answer.out
    assert str(archive) in answer.err
    told = run("-p", here, "privacy", "report", "--json").json["left"]
    left = [entry for entry in told if "form" in entry]  # a list is logged besides
    assert [(e["what"], e["form"], e["file"]) for e in left] == [(what, "encrypted", f"{name}.zip")]
    assert left[0]["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert not list(here.glob(".leaving*"))


def test_inside_it_is_plain_and_not_logged(run, here: Path) -> None:
    assert run("-p", here, "findings", "list", "-o", here / "f.csv").code == 0
    assert b"T-00990-1" in (here / "f.csv").read_bytes()
    assert run("-p", here, "privacy", "report", "--json").json["left"] == []


def test_a_link_inside_that_leads_outside_leaves(run, here: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (here / "maps" / "link").symlink_to(tmp_path / "away")
    assert run("-p", here, "findings", "list", "-o", here / "maps" / "link" / "f.csv").code == 0
    assert [p.name for p in (tmp_path / "away").iterdir()] == ["f.csv.zip"]


def test_plain_needs_a_purpose_and_is_logged(run, here: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "f.csv"
    for lang in ("en", "bg"):
        answer = run("-p", here, "findings", "list", "-o", target, "--plain", lang=lang)
        assert answer.code == 2
        assert "--purpose" in answer.err
    assert not target.parent.exists()
    words = ("--plain", "--purpose", "за съда, при 0888 123 456")
    assert run("-p", here, "findings", "list", "-o", target, *words).code == 0
    assert b"T-00990-1" in target.read_bytes()
    left = [e for e in run("-p", here, "privacy", "report", "--json").json["left"] if "form" in e]
    assert [(e["form"], e["purpose"]) for e in left] == [("plain", "за съда, при **********")]
    assert left[0]["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    folder = tmp_path / "plain"
    assert run("-p", here, "dossier", "build", "T-00990-1", "-o", folder, *words).code == 0
    assert [p.name for p in folder.iterdir()] == ["T-00990-1.pdf"]


def test_a_passphrase_is_made_where_none_is_given(run, here: Path, tmp_path: Path) -> None:
    answer = run("-q", "-p", here, "findings", "list", "-o", tmp_path / "f.csv")
    assert answer.code == 0
    shown = next(line for line in answer.err.splitlines() if line.startswith("passphrase")).rpartition(" ")[2]
    assert len(shown.replace("-", "")) == 25
    assert opened(tmp_path / "f.csv.zip", shown)
    assert shown.encode() not in (here / "store.gpkg").read_bytes()


def test_refusals_leave_nothing_behind(run, here: Path, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "f.csv.zip").write_bytes(b"mine")
    target = out / "f.csv"
    short = tmp_path / "short.txt"
    short.write_text("1234", encoding="utf-8")
    assert run("-p", here, "findings", "list", "-o", target).code == 2
    assert run("-p", here, "findings", "list", "-o", out / "g.csv", "--passphrase-file", short).code == 2
    assert run("-p", here, "findings", "list", "-o", out / "g.csv", "--passphrase-file", out / "x").code == 3
    monkeypatch.setitem(sys.modules, "pyzipper", None)
    for lang, word in (("en", "encrypt"), ("bg", "шифрова")):
        answer = run("-p", here, "findings", "list", "-o", out / "g.csv", lang=lang)
        assert answer.code == 5
        assert word in answer.err
        assert "regularize[encrypt]" in answer.err
    assert [p.name for p in out.iterdir()] == ["f.csv.zip"]
    assert (out / "f.csv.zip").read_bytes() == b"mine"
    assert run("-p", here, "privacy", "report", "--json").json["left"] == []
    monkeypatch.undo()
    assert run("-p", here, "findings", "list", "-o", target, "--overwrite").code == 0
    assert (out / "f.csv.zip").read_bytes() != b"mine"


def test_council_outputs_need_no_seal(run, here: Path, tmp_path: Path) -> None:
    assert run("-p", here, "map", "build", "--audience", "council", "-o", tmp_path / "c.html").code == 0
    assert (tmp_path / "c.html").exists()
    assert not (tmp_path / "c.html.zip").exists()


def test_an_export_is_sealed_even_inside(run, here: Path) -> None:
    assert run("-p", here, "privacy", "export", "T-00990-1", "-o", here / "dom.json").code == 0
    assert not (here / "dom.json").exists()
    assert (here / "dom.json.zip").exists()
    from regularize.workflow import projects

    project = projects.opened(here)
    leave = sealed.Leave(passphrase=WORDS)
    with sealed.way_out(project, [here / "e.dxf"], what="export", leave=leave, always=True) as way:
        way.path(here / "e.dxf").write_bytes(b"0\nEOF\n")
    assert not (here / "e.dxf").exists()
    assert opened(here / "e.dxf.zip", WORDS) == {"e.dxf": b"0\nEOF\n"}


def test_an_export_is_not_printed_into_a_file(run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``privacy export HOME > file`` would lie there unencrypted and unlogged."""
    export = ("-p", here, "privacy", "export", "T-00990-1", "--json")
    before = (here / "store.gpkg").read_bytes()
    for words in ((), ("--plain",), ("--purpose", "за лицето"), ("--plain", "--purpose", " ")):
        for lang, hint in (("en", "on a terminal it is shown"), ("bg", "на терминал се показва")):
            answer = run(*export, *words, lang=lang)
            assert (answer.code, answer.out) == (2, ""), words
            assert hint in answer.err
            assert "--plain --purpose" in answer.err
    assert (here / "store.gpkg").read_bytes() == before
    answer = run(*export, "--plain", "--purpose", "за лицето, 0888 123 456")
    assert answer.code == 0
    assert answer.json["home"]["id"] == "T-00990-1"
    left = [e for e in run("-p", here, "privacy", "report", "--json").json["left"] if "form" in e]
    assert [(e["what"], e["form"], e["purpose"], e["file"]) for e in left] == [
        ("privacy export", "plain", "за лицето, **********", None)
    ]
    assert left[0]["sha256"] == hashlib.sha256(answer.out.encode()).hexdigest()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = run(*export)
    assert (shown.code, shown.json["home"]["id"]) == (0, "T-00990-1")
    assert run(*export, "--plain").code == 2  # on a terminal, too, unencrypted is for a purpose


def test_a_failure_within_leaves_nothing(here: Path, tmp_path: Path) -> None:
    from regularize.workflow import projects

    target = tmp_path / "out" / "a.txt"

    def fail() -> None:
        leave = sealed.Leave(plain=True, purpose="проба")
        with sealed.way_out(projects.opened(here), [target], what="x", leave=leave) as way:
            way.path(target).write_text("half", encoding="utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert not target.parent.exists()
    assert not list(here.glob(".leaving*"))


@pytest.mark.skipif(os.name != "posix", reason="this system has no file modes")
def test_files_are_private_whatever_the_umask(run, here: Path, tmp_path: Path) -> None:
    """Begun with an umask that lets everybody read."""
    folder = tmp_path / "new" / "project"
    words = [
        ["init", str(folder), "--municipality", "Примерна"],
        ["-p", str(here), "findings", "list", "-o", str(here / "new" / "f.csv")],
        ["-p", str(here), "fieldcheck", "draw", "--purpose", "огледи", "-o", str(here / "c.csv")],
        ["-p", str(here), "map", "build", "--audience", "office", "-o", str(here / "maps2" / "m.html")],
        ["-p", str(here), "store", "backup", str(tmp_path / "b" / "copy.gpkg")],
        ["-p", str(here), "findings", "list", "-o", str(tmp_path / "z" / "f.csv")],
    ]
    before = os.umask(0)
    try:
        for line in words:
            os.umask(0)
            assert run(*line).code == 0, line
    finally:
        os.umask(before)
    made = [
        tmp_path / "new",
        folder,
        *folder.rglob("*"),
        here / "new",
        here / "maps2",
        here / "c.csv",
        tmp_path / "z",
    ]
    made += [*(here / "new").iterdir(), *(here / "maps2").iterdir(), *(tmp_path / "z").iterdir()]
    made += [*(tmp_path / "b").iterdir()]
    assert len(made) > 12
    for path in made:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path.name} {mode:o}"


@pytest.mark.skipif(os.name != "posix", reason="this system has no file modes")
def test_doctor_says_who_else_may_read(run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from regularize.workflow import doctor

    def said() -> list[tuple[str, str]]:
        return [(c.mark, c.detail) for c in doctor.examine(here) if c.name == "file mode"]

    subprocess.run(["chmod", "-R", "go=", str(here)], check=True)
    assert {mark for mark, _detail in said()} == {"ok"}
    (here / "store.gpkg").chmod(0o644)
    (here / "f.csv").write_text("x", encoding="utf-8")
    (here / "f.csv").chmod(0o640)
    marks = {detail.split()[0]: mark for mark, detail in said()}
    assert marks["store.gpkg"] == "FAIL"
    assert any("that others may read: " in detail for _mark, detail in said())
    # A share that knows no modes answers another one than was set.
    monkeypatch.setattr("pathlib.Path.chmod", lambda *_words: None)
    assert [mark for mark, _detail in said()] == ["warn"]
    assert "keeps no file modes" in said()[0][1]

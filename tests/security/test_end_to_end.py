# ruff: noqa: E501 - command lines stand on one line, as they are typed
"""Hostile files and texts through every command and output: nothing runs, nothing is fetched, nothing leaks.

The commands run in a process of their own under Python's audit hook; the readers below Python are
watched by what they could bring back: the content of a canary file, and calls to a canary address.
"""

import contextlib
import csv
import json
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hostile_files as make
import pytest
import village

from regularize.privacy.scan import Needles, scan

HERE = Path(__file__).parent
SAFE = re.compile(r"[\w][\w .\-]{0,119}")
SHORT_TEXTS, ALL_TEXTS = 60, 600


@dataclass
class Listener:
    """An address on this machine that nobody may call."""

    address: str = ""
    calls: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    found = Listener(f"http://127.0.0.1:{server.getsockname()[1]}")
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _address = server.accept()
                with connection:
                    connection.settimeout(1)
                    with contextlib.suppress(OSError):
                        found.calls.append(connection.recv(200))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        server.close()


def attacked(
    folder: Path, commands: list[list[str]], *, may_write: list[Path], kept: list[Path]
) -> dict[str, Any]:
    """Run `commands` in one watched process; after each refusal every file in `kept` is compared."""
    plan, result = folder / "plan.json", folder / "result.json"
    allowed = [str(p) for p in (*may_write, result)] + ["/dev/null"]
    content = {"commands": commands, "canary": "canary", "may_write": allowed, "result": str(result)}
    content["kept"] = [str(path) for path in kept]
    plan.write_text(json.dumps(content), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(HERE / "attacked.py"), str(plan)],
        capture_output=True,
        check=False,
        timeout=1500,
        env={
            "PATH": "/usr/bin:/bin",
            "TMPDIR": str(may_write[0]),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(may_write[0]),
        },
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert result.is_file(), said[-3000:]
    return {**json.loads(result.read_text(encoding="utf-8")), "said": said}


def foreign(seen: list[list[str]]) -> list[list[str]]:
    """What the hook saw, without the program's own workers."""
    own = (
        sys.executable,
        str(Path(sys.executable).resolve()),
        "resource_tracker",
        "multiprocessing",
        "libgeos",
        "site-packages",
    )
    # A library looks whether this machine speaks IPv6, by an address that leads nowhere.
    harmless = {("socket.bind", "('::1', 0)"), ("ctypes.dlopen", "(None,)")}

    def is_own(event: str, words: str) -> bool:
        if any(event == name and words.rstrip(")").endswith(end.rstrip(")")) for name, end in harmless):
            return True
        starts = event in {"subprocess.Popen", "os.posix_spawn", "ctypes.dlopen"}
        return starts and any(word in words for word in own)

    return [entry for entry in seen if not is_own(entry[1], entry[2])]


def ways_in(project: Path, path: Path) -> list[list[str]]:
    """Every command that takes a foreign file."""
    p, f = ["-q", "-p", str(project)], str(path)
    kinds = ["--kind", "buildings", "--date", "2026-01-05"]
    return [
        ["-q", "check", f, "--kind", "buildings"],
        [*p, "ingest", "survey", f, *kinds],
        [*p, "case", "import", f],
        [*p, "map", "build", "--audience", "office", "--underlay", f, "-o", str(project / "maps" / "u.html")],
    ]  # fmt: skip


MORE = (
    ["ingest", "cadastre", "{f}", "--kind", "parcels", "--date", "2026-01-05"],
    ["ingest", "plan", "{f}", "--kind", "areas", "--date", "2026-01-05"],
    ["ingest", "survey", "{f}", "--kind", "points", "--control-points", "{f}", "--date", "2026-01-05"],
    ["evaluate", "{f}"],
    ["fieldcheck", "score", "{f}"],
    ["store", "restore", "{f}"],
    ["store", "erase", "--words", "{f}", "--reason", "проба"],
    ["init", "{w}/new-{n}", "--municipality", "Х", "--settlements", "{f}"],
    ["check", "{f}", "--profile", "{f}"],
    ["replay", "{f}"],
    ["pathway", "--all", "--costs", "{f}"],
    ["letter", "build", "board", "C-1", "--format", "docx", "--form", "{f}", "-o", "{p}/letters/{n}"],
    ["dossier", "build", "T-00990-1", "--format", "docx", "--form", "{f}", "-o", "{p}/dossiers/{n}"],
    ["map", "build", "--audience", "council", "--underlay", "{f}", "-o", "{p}/maps/u{n}.html"],
)
SAMPLED_EVERY = 4  # in the suite every fourth file also goes through one of these


def corpus_of_files(folder: Path, secret: Path, address: str, outside: Path) -> dict[str, list[Path]]:
    made = {}
    for name, build in (
        ("disguised", lambda f: make.disguised(f, secret, address)),
        ("zips", lambda f: make.zips(f, outside)),
        ("geopackages", lambda f: make.geopackages(f, address)),
        ("xml", lambda f: make.xml(f, secret, address)),
        ("rasters", make.rasters),
    ):
        (folder / name).mkdir(parents=True)
        made[name] = build(folder / name)
    return made


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["short", "whole"])
def test_files_that_reach_out(here: Path, tmp_path: Path, whole: bool) -> None:
    secret = make.canary_of(tmp_path)
    outside, work, delivered = tmp_path / "outside", tmp_path / "work", tmp_path / "in"
    for folder in (outside, work, delivered):
        folder.mkdir()
    with listening() as listener:
        files = corpus_of_files(delivered, secret, listener.address, outside)
        every = [path for paths in files.values() for path in paths]
        before = {path: path.read_bytes() for path in delivered.rglob("*") if path.is_file()}
        assert set(every) <= set(before)
        commands = []
        for number, path in enumerate(every):
            ways = ways_in(here, path)
            names = {"f": path, "w": work, "p": here, "n": number}
            more = [["-q", "-p", str(here), *(w.format(**names) for w in words)] for words in MORE]
            if whole:
                commands += ways + more
            else:
                commands.append(ways[number % 2])  # each file once, checked or ingested by turns
                if number % SAMPLED_EVERY == 0:
                    commands.append(more[(5 + number // SAMPLED_EVERY) % len(more)])
        # What the network would be asked for without a file at all.
        commands += [
            ["-q", "check", f"/vsicurl/{listener.address}/a.gpkg"],
            ["-q", "check", f"WFS:{listener.address}"],
        ]
        done = attacked(tmp_path, commands, may_write=[work, here], kept=[here, delivered])
    assert len(every) == 12 + 8 + 4 + 20 + 2
    assert listener.calls == []
    assert foreign(done["seen"]) == []
    assert set(done["codes"]) <= {0, 1, 2, 3, 4}
    assert 70 not in done["codes"]
    refused = [code for code in done["codes"] if code]
    assert len(refused) > len(commands) * 0.7
    assert "Traceback" not in done["said"]
    assert list(outside.iterdir()) == []
    assert done["changed"] == []
    assert {path: path.read_bytes() for path in delivered.rglob("*") if path.is_file()} == before
    needles = Needles([make.CANARY])
    for path in (*here.rglob("*"), *work.rglob("*")):
        if path.is_file():
            assert scan(path, needles).hits == 0, path
    assert make.CANARY not in done["said"]
    print(
        f"{len(every)} files, {len(commands)} runs, {len(refused)} refusals: "
        "0 calls, 0 foreign reads, 0 stores or deliveries changed"
    )


OUTPUTS = (
    ["detect"],
    ["map", "build", "--audience", "office", "--recipient", "{t}", "-o", "{o}/office.html", "--pdf", "{o}/o.pdf", "--png", "{o}/o.png"],
    ["map", "build", "--audience", "council", "-o", "{o}/council.html"],
    ["map", "build", "--audience", "public", "-o", "{o}/public.html"],
    ["map", "overview", "--audience", "office", "-o", "{o}/overview.html"],
    ["report", "council", "-o", "{o}/report.html"],
    ["report", "council", "-o", "{o}/report.csv"],
    ["report", "council", "-o", "{o}/report.json"],
    ["report", "indicators", "-o", "{o}/indicators.html"],
    ["report", "indicators", "-o", "{o}/indicators.csv"],
    ["report", "indicators", "-o", "{o}/indicators.xlsx"],
    ["report", "compare", "--from", "2026-01-05", "--audience", "office", "-o", "{o}/compare.html"],
    ["report", "compare", "--from", "2026-01-05", "--audience", "office", "-o", "{o}/compare.csv"],
    ["findings", "list", "--all", "-o", "{o}/findings.csv", "--purpose", "{t}"],
    ["findings", "list", "--all", "-o", "{o}/findings.json", "--purpose", "{t}"],
    ["findings", "review", "B-1", "--confirm", "--note", "{t}", "--by", "{t}"],
    ["case", "open", "detailed_plan", "--title", "{t}", "--date", "2026-02-01", "--fact", "scope=state_gazette"],
    ["case", "objection", "add", "C-1", "--cause", "boundary", "--date", "2026-03-02", "--home", "T-00990-1", "--note", "{t}"],
    ["case", "document", "add", "C-1", "title", "--place", "{t}", "--number", "{t}", "--issuer", "{t}"],
    ["case", "evidence", "add", "T-00990-1", "orthophoto", "--dated", "2001-06-01", "--accuracy", "30", "--shows", "--ref", "{t}"],
    ["case", "export", "--all", "-o", "{o}/acts.csv"],
    ["case", "export", "--all", "-o", "{o}/acts.html"],
    ["case", "deadlines", "--ics", "{o}/terms.ics"],
    ["case", "show", "C-1"],
    ["fieldcheck", "draw", "--per-stratum", "5", "--purpose", "огледи", "-o", "{o}/form.csv"],
    ["dossier", "build", "--all", "--limit", "{n}", "--format", "both", "-o", "{o}/dossiers"],
    ["home", "list"],
    ["pathway", "--all", "--costs", "{c}", "-o", "{o}/pathways.csv", "--purpose", "{t}"],
    ["letter", "build", "board", "C-1", "--format", "both", "-o", "{o}/letters"],
    ["replay", "glob:{p}/runs/detect-*.json"],
    ["privacy", "export", "T-00990-1", "-o", "{o}/home.json"],
    ["privacy", "report", "--scan"],
    ["store", "info"],
    ["store", "verify"],
)  # fmt: skip
# Left to the long series: what the suite tries in another format or for another audience.
SLOW = tuple(
    words
    for words in OUTPUTS
    if (words[:2] in (["map", "overview"], ["report", "council"]) and words[-1] != "{o}/report.html")
    or words[-1] in {"{o}/public.html", "{o}/indicators.csv", "{o}/compare.csv", "{o}/findings.json"}
)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["short", "whole"])
def test_texts_that_want_to_run(tmp_path: Path, whole: bool) -> None:
    n = ALL_TEXTS if whole else SHORT_TEXTS
    work, delivered, project = tmp_path / "work", tmp_path / "in", tmp_path / "{{7*7}} проект"
    work.mkdir()
    delivered.mkdir()
    p = ["-q", "-p", str(project)]
    start = ("-q", "init", project, "--municipality", "{{1234567*1000003}}", "--ekatte", "00990")
    assert village.said(*start) == 0
    settings = project / "regularize.toml"
    contact = '[project.contact]\noffice = "{{7*7}}"\naddress = "=1+1"\ntelephone = "1"\n'
    told = settings.read_text(encoding="utf-8").replace("[project.contact]\n", contact)
    assert contact in told
    settings.write_text(told, encoding="utf-8")
    commands = []
    for origin, kind, path in make.texts(delivered, n):
        options = ["--kind", kind, "--date", "2026-01-05", "--sigma", "0.1", "--source", "{% if 1 %}=1+1"]
        commands.append([*p, "ingest", origin, str(path), *options])
        commands.append(
            ["-q", "check", str(path), "--kind", kind, "--report", str(project / f"check-{kind}.html")]
        )
    text = '=1+1 {{1234567*1000003}} ${1234567*1000003} <img src=x onerror=window.__hostile=1> #read("x")'
    out, (costs, register) = project / "out", make.tables(delivered, n)
    # A table of a register is joined to the parcels that were stored before it.
    register_options = ["--kind", "parcels", "--date", "2026-01-06", "--source", text]
    commands.append([*p, "ingest", "cadastre", str(register), *register_options])
    for words in OUTPUTS if whole else [words for words in OUTPUTS if words not in SLOW]:
        filled = [
            w.replace("{t}", text)
            .replace("{o}", str(out))
            .replace("{n}", "40" if whole else "3")
            .replace("{c}", str(costs))
            .replace("{p}", str(project))
            for w in words
        ]
        commands.append([*p, *filled])
    done = attacked(tmp_path, commands, may_write=[work, project], kept=[])
    assert foreign(done["seen"]) == []
    failed = [
        (words[3:], code) for words, code in zip(commands, done["codes"], strict=True) if code not in {0, 1}
    ]
    assert failed == [], done["said"][-3000:]
    assert "Traceback" not in done["said"]
    needles = Needles([make.PRODUCT])
    written = [path for path in project.rglob("*") if path.is_file()]
    assert len(written) > 25
    for path in written:
        assert scan(path, needles).hits == 0, f"{path.name}: a template was evaluated"
        assert SAFE.fullmatch(path.name.removeprefix(".")), path.name
    for path in project.rglob("*.csv"):
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        bad = [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))]
        assert bad == [], path.name
    for path in project.rglob("*.docx"):
        with zipfile.ZipFile(path) as packed:
            assert not any("vba" in name.lower() for name in packed.namelist())
            assert b'TargetMode="External"' not in b"".join(packed.read(name) for name in packed.namelist())
    stored = sum(done["codes"][i] in {0, 1} for i in range(11))
    assert stored == 11
    print(
        f"{n} texts, {len(commands)} runs, {len(written)} files written: 0 evaluated, 0 formulas, 0 outside"
    )

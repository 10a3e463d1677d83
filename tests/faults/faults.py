"""One warm parent for many harmed runs, and what must hold after each of them."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fault_scene
from fault_scene import COMMANDS, Command

import regularize
from regularize.errors import RegularizeError
from regularize.store import Store

# One thread each: threads of numerical libraries do not survive the fork.
SINGLE = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GDAL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
HERE = Path(__file__).parent
_MANIFEST = re.compile(r"^((?:.+/)?runs/[a-z]+)-\d+-[0-9a-f]+\.json$")
# What the short runs use; with REGULARIZE_KILLS set every command is warmed for the long ones.
WARM = ("ingest cadastre", "detect", "case event")


@dataclass
class Runner:
    """The warm parent and the scene that each run gets a copy of."""

    process: "subprocess.Popen[str]"
    folder: Path
    scene: Path
    number: int = 0
    references: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the parent of the runs has ended"
        answer: dict[str, Any] = json.loads(line)
        assert not answer.get("hung"), answer
        return answer

    def fresh(self) -> Path:
        """A new copy of the scene."""
        self.number += 1
        return fault_scene.copy_of(self.scene, self.folder / f"run-{self.number}")

    def run(self, name: str, folder: Path, plan: dict[str, Any], **more: Any) -> dict[str, Any]:
        command = COMMANDS[name]
        args = ["--lang", "en", *fault_scene.resolved(command, folder)]
        return self.ask({"folder": str(folder), "args": args, "plan": plan, "fresh": command.fresh, **more})

    def reference(self, name: str) -> dict[str, Any]:
        """A run that nothing disturbs: how long it is, and through which states the log goes."""
        if name not in self.references:
            folder = self.fresh()
            before = events_of(folder)
            done = self.run(name, folder, {})
            assert done["code"] in COMMANDS[name].ends, (name, done)
            done["before"] = before  # every copy of the scene is the same
            done["allowed"] = {before, *done["states"], events_of(folder)}
            done["outputs"] = outputs_of(folder)
            shutil.rmtree(folder)
            self.references[name] = done
        return self.references[name]


def start(folder: Path) -> Runner:
    """Start the parent and let it build the scene in `folder`."""
    # The parent runs the code that this process tests, wherever another copy may be installed.
    path = os.pathsep.join((str(HERE), str(Path(regularize.__file__).parents[1])))
    environment = {**os.environ, **SINGLE, "PYTHONPATH": path, "LANGUAGE": "en", "REGULARIZE_LANG": "en"}
    process = subprocess.Popen(
        [sys.executable, str(HERE / "fault_runner.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    runner = Runner(process, folder, folder / "scene")
    asked = list(WARM) if os.environ.get("REGULARIZE_KILLS") is None else []
    assert runner.ask({"prepare": str(runner.scene), "warm": asked}) == {"ready": True}
    return runner


@contextmanager
def running(folder: Path) -> Iterator[Runner]:
    """The parent, ended at the end."""
    runner = start(folder)
    try:
        yield runner
    finally:
        assert runner.process.stdin is not None
        runner.process.stdin.close()
        runner.process.wait(30)
        assert runner.process.stdout is not None
        runner.process.stdout.close()


def events_of(folder: Path) -> int:
    """How many entries the log of the scene's store has."""
    with Store.open(folder / "store.gpkg", read_only=True) as store:
        return len(store.events())


def outputs_of(folder: Path) -> dict[str, int]:
    """Whole files that a run left outside the store, by name, with their sizes."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.name.startswith("store.")
    }


def require_sound(folder: Path, name: str, allowed: set[int]) -> int:
    """The store is the old or the new one, and verification finds nothing; returns its events."""
    with Store.open(folder / "store.gpkg", read_only=True) as store:
        report = store.verify()
        events = len(store.events())
    assert report.ok, (name, [check for check in report.checks if not check.ok])
    assert events in allowed, (name, events, allowed)
    return events


def kinds_of(names: Iterable[str]) -> "Counter[str]":
    """Names of outputs; manifests, whose names hold the hash of the log, by their kind."""
    return Counter(_MANIFEST.sub(r"\1", name) for name in names)


def require_whole_outputs(folder: Path, before: dict[str, int], reference: dict[str, Any]) -> None:
    """A file that stands under its own name is the old one or a whole new one, never half of it."""
    known = kinds_of(reference["outputs"])
    for name, size in outputs_of(folder).items():
        if name in before and size == before[name]:
            continue
        assert kinds_of([name]).keys() <= known.keys(), f"{name} is no output of this command"
        assert size > 0, name
        if name.endswith(".json"):
            json.loads((folder / name).read_text(encoding="utf-8"))


def plans(reference: dict[str, Any], rng: random.Random, n: int, number: int = 9) -> Iterator[dict[str, Any]]:
    """Where to strike: two times of three inside the writing, otherwise anywhere in the run."""
    # What C calls back cannot raise: an interrupt would be lost there, as it is nowhere else.
    places = (
        ("statements", "files") if number == signal.SIGINT else ("statements", "ticks", "writes", "files")
    )
    counted = [name for name in places if reference[name]]
    for i in range(n):
        if i % 3 == 2:
            yield {"after_s": rng.uniform(0.0, reference["seconds"]), "signal": number}
            continue
        how = rng.choice([*counted, "time"])
        if i == 0 and reference["statements"]:
            # The first strikes at a counted place, whatever the machine is busy with: it always hits.
            how = "statements"
        if how == "time" or not counted:
            yield {
                "after_s": rng.uniform(0, reference["write_seconds"]),
                "from_write": True,
                "signal": number,
            }
        else:
            yield {"at": how, "n": rng.randint(1, reference[how]), "signal": number}


def age(folder: Path) -> list[Path]:
    """What a killed run left unfinished, made to look two hours old: the next run may sweep it."""
    left = list(folder.rglob(".regularize-*"))
    for path in left:
        then = path.stat().st_mtime - 7200.0
        os.utime(path, (then, then))
    return left


@dataclass
class Tally:
    """What became of many runs of one command."""

    name: str
    runs: int = 0
    killed: int = 0
    in_write: int = 0
    old: int = 0
    new: int = 0
    faults: list[str] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        return (
            f"{self.name}: runs={self.runs} killed={self.killed} in_write={self.in_write} "
            f"old={self.old} new={self.new} "
            f"faults={len(self.faults)} phases={dict(sorted(self.phases.items()))}"
        )


def require_nested(folder: Path) -> None:
    """A project that a command was making within the scene is whole, or is not one yet."""
    for file in folder.glob("*/regularize.toml"):
        with Store.open(file.with_name("store.gpkg"), read_only=True) as store:
            report = store.verify()
        assert report.ok, [check for check in report.checks if not check.ok]


def kill_many(runner: Runner, name: str, n: int, seed: int, *, heal_every: int = 1) -> Tally:
    """Kill `n` runs of a command; after each the store is old or new, and a rerun heals it."""
    reference = runner.reference(name)
    tally = Tally(name)
    for i, plan in enumerate(plans(reference, random.Random(f"{name} {seed}"), n)):
        folder = runner.fresh()
        try:
            _kill_once(runner, name, folder, plan, tally, heal=i % heal_every == 0)
        except (AssertionError, RegularizeError) as error:
            tally.faults.append(f"{plan}: {error}")
        shutil.rmtree(folder)
    return tally


def _kill_once(
    runner: Runner, name: str, folder: Path, plan: dict[str, Any], tally: Tally, *, heal: bool
) -> None:
    command: Command = COMMANDS[name]
    reference = runner.references[name]
    before, files = reference["before"], outputs_of(folder)
    done = runner.run(name, folder, plan)
    tally.runs += 1
    if done["code"] == -plan["signal"]:
        tally.killed += 1
        tally.phases[done["phase"]] += 1
        tally.in_write += done["phase"] in {"writing", "commit"}
    else:
        assert done["code"] in command.ends, done
    events = require_sound(folder, name, reference["allowed"])
    tally.old += events == before
    tally.new += events != before
    require_whole_outputs(folder, files, reference)
    require_nested(folder)
    if heal:
        left = age(folder)
        healed = runner.run(name, folder, {})
        assert healed["code"] in {*command.ends, *command.again}, healed
        require_sound(folder, name, {events_of(folder)})
        require_nested(folder)
        missing = kinds_of(reference["outputs"]) - kinds_of(outputs_of(folder))
        assert not missing, missing
        if healed["code"] == 0 and healed["files"]:  # a rerun that finds all done writes nothing
            still = [path.name for path in left if path.exists()]
            assert not still, f"left by the killed run and not swept: {still}"

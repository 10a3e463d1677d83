"""A disk that is full, breaks, or may not be written: refused in words, and nothing half done."""

import hashlib
import os
import random
import shutil
import stat
from pathlib import Path
from typing import Any

import fault_disk
import pytest
from fault_scene import COMMANDS
from faults import Runner, events_of, require_nested, require_sound

STEP = 4096
HEAL_EVERY = 5  # after how many failing writes the command is run again
SAMPLED = "case event"
NO_DISK = pytest.mark.skipif(
    not fault_disk.reachable(), reason="SQLite is built into this Python: its disk cannot be made to fail"
)
ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to become nobody")


def refused(runner: Runner, name: str, folder: Path, plan: dict[str, Any], *, heal: bool = True) -> bool:
    """Run with a failing disk; the store is sound, a rerun heals. Says whether the run was refused."""
    reference = runner.reference(name)
    done = runner.run(name, folder, plan)
    said = done["said"]
    assert done["code"] in {*COMMANDS[name].ends, 3, 4}, (plan, done)
    assert "Traceback" not in said
    if done["code"] in {3, 4}:
        assert "error: " in said, said
        assert "hint: " in said, said
    require_sound(folder, name, reference["allowed"])
    if heal:
        healed = runner.run(name, folder, {})
        assert healed["code"] in {*COMMANDS[name].ends, *COMMANDS[name].again}, (plan, healed)
        require_sound(folder, name, {events_of(folder)})
    require_nested(folder)
    return bool(done["code"])


def full_at(runner: Runner, name: str, steps: list[int]) -> int:
    """How many of the runs were refused, each with another limit of the size of files."""
    n = 0
    for step in steps:
        folder = runner.fresh()
        n += refused(runner, name, folder, {"fsize": step * STEP})
        shutil.rmtree(folder)
    return n


def test_a_full_disk_at_a_sampled_step(runner: Runner) -> None:
    assert full_at(runner, SAMPLED, [random.Random(SAMPLED).randrange(1, 4)]) == 1


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if not command.slow])
def test_a_full_disk_at_every_step(runner: Runner, name: str) -> None:
    """Until the limit is so wide that the command succeeds twice in a row."""
    passed, step, refusals = 0, 0, 0
    while passed < 2 and step < 400:
        refusals += (hit := full_at(runner, name, [step]))
        passed = 0 if hit else passed + 1
        step += 1
    print(f"{name}: {step} steps, {refusals} refused")
    assert refusals > 0 or name in {"store migrate"}


@NO_DISK
@pytest.mark.parametrize("code", [fault_disk.IO_ERROR, fault_disk.NO_SPACE])
def test_a_write_that_fails_changes_nothing(runner: Runner, code: int) -> None:
    n = random.Random(f"{SAMPLED} {code}").randint(1, runner.reference(SAMPLED)["writes"])
    folder = runner.fresh()
    refused(runner, SAMPLED, folder, {"fail_from": n, "errno": code})
    shutil.rmtree(folder)


@NO_DISK
@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if not command.slow])
def test_every_write_may_fail(runner: Runner, name: str) -> None:
    """From the n-th write on, for each n; and at the n-th only, as a bad sector does."""
    runs, refusals = 0, 0
    for n in range(1, runner.reference(name)["writes"] + 1):
        for more in ({}, {"fail_for": 1}):
            folder = runner.fresh()
            plan = {"fail_from": n, "errno": fault_disk.IO_ERROR, **more}
            refusals += refused(runner, name, folder, plan, heal=n % HEAL_EVERY == 1)
            runs += 1
            shutil.rmtree(folder)
    print(f"{name}: {runs} runs with a failing write, {refusals} refused, 0 damaged")


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@ROOT
@pytest.mark.parametrize(
    "name",
    [
        SAMPLED,
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("ingest cadastre", "detect", "map build", "store backup")
        ),
    ],
)
def test_a_folder_that_may_not_be_written_is_left_alone(runner: Runner, name: str) -> None:
    folder = runner.fresh()
    for parent in folder.parents:
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = content(folder)
    done = runner.run(name, folder, {}, nobody=True)
    assert done["code"] in {3, 4}, done
    assert "hint: " in done["said"]
    assert content(folder) == before
    listed = runner.ask({"folder": str(folder), "args": ["findings", "list"], "plan": {}, "nobody": True})
    assert listed["code"] == 0, listed
    assert content(folder) == before

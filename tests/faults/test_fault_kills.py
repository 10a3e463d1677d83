"""kill -9 in every writing command: the old or the new state, and a rerun heals."""

import os

import pytest
from fault_scene import COMMANDS, READING, READING_ARGS, leaves
from faults import Runner, Tally, kill_many

# Seeded, so that a failure can be repeated; the long run strikes more often, at other moments.
RUNS = int(os.environ.get("REGULARIZE_KILLS", "100"))
OFTEN = ("ingest cadastre", "detect", "case event")
SAMPLED = ("ingest cadastre", "detect", "case event")


def require(tally: Tally) -> None:
    print(tally.line())
    assert tally.faults == []


def test_every_command_is_struck_or_only_reads() -> None:
    every = set(leaves())
    assert set(COMMANDS) | READING == every
    assert not set(COMMANDS) & READING
    assert set(READING_ARGS) <= READING


@pytest.mark.parametrize("name", SAMPLED)
def test_a_killed_command_leaves_the_old_or_the_new(runner: Runner, name: str) -> None:
    tally = kill_many(runner, name, 3, seed=8, heal_every=3)
    require(tally)
    assert tally.killed > 0


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_many_killed_commands_leave_the_old_or_the_new(runner: Runner, name: str) -> None:
    n = RUNS * 10 if name in OFTEN else RUNS
    tally = kill_many(runner, name, n, seed=1, heal_every=10)
    require(tally)
    assert tally.killed > n / 4

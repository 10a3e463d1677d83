"""A store of the previous schema, struck while it migrates: it is the old or the new one."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fault_scene import said
from faults import Runner

from regularize.store import Store, history, migrations

NAMES = [name for name, _change in migrations.MIGRATIONS]
MIGRATE = ["--lang", "en", "store", "migrate"]
MOST = 200  # strikes of one kind
DATED = ("--date", "2026-01-05", "--sigma", "0.2")


@pytest.fixture(scope="module")
def previous(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in use, made by the program as it was before the last change of the schema."""
    folder = tmp_path_factory.mktemp("previous") / "p"
    later = runner.scene / "later"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:-1])
        patch.setattr(history, "create", lambda _connection: None)
        said("init", folder, "--municipality", "Примерна", "--language", "en")
        here = ("-p", folder)
        for name, kind in (("parcels", "parcels"), ("known", "buildings")):
            said(*here, "ingest", "cadastre", later / f"{name}.gpkg", "--kind", kind, *DATED)
        said(*here, "ingest", "survey", later / "seen.gpkg", "--kind", "buildings", *DATED)
        said(*here, "detect", "--on", "2026-02-01")
        said(*here, "findings", "review", "B-1", "--confirm", "--note", "seen", "--by", "office")
        said(*here, "case", "open", "detailed_plan", "--title", "П", "--date", "2026-02-02")
    assert schema(folder) == NAMES[:-1]
    assert "row_history" not in tables(folder)
    return folder


def asked(folder: Path, query: str) -> list[Any]:
    """Answers of a plain connection, which migrates nothing."""
    with closing(sqlite3.connect(folder / "store.gpkg")) as connection:
        return [row[0] for row in connection.execute(query)]


def schema(folder: Path) -> list[str]:
    return asked(folder, "SELECT name FROM migrations ORDER BY id")


def tables(folder: Path) -> set[str]:
    return set(asked(folder, "SELECT name FROM sqlite_master WHERE type = 'table'"))


def content(folder: Path) -> list[list[Any]]:
    """What a migration must not touch: the log before it, and what people and deliveries left."""
    return [
        asked(folder, query)
        for query in (
            "SELECT hash FROM events WHERE type <> 'store.migrated' ORDER BY seq",
            "SELECT digest FROM parcels ORDER BY fid",
            "SELECT digest FROM buildings ORDER BY fid",
            "SELECT id || class || review FROM findings ORDER BY fid",
            "SELECT id FROM homes ORDER BY fid",
            "SELECT id || title FROM cases ORDER BY id",
        )
    ]


def struck(runner: Runner, previous: Path, plan: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Migrate a copy with `plan`; afterwards it is old or new, and a rerun makes it new."""
    folder = runner.folder / "migrating"
    shutil.copytree(previous, folder)
    try:
        before = content(folder)
        done = runner.ask({"folder": str(folder), "args": MIGRATE, "plan": plan})
        names = schema(folder)
        new = names == NAMES
        assert new or names == NAMES[:-1], names
        assert ("row_history" in tables(folder)) == new, "half of a migration"
        triggers = asked(folder, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'history_%'")
        assert (triggers != [0]) == new, "half of a migration"
        assert content(folder) == before
        if new:
            require_migrated(folder)
        healed = runner.ask({"folder": str(folder), "args": MIGRATE, "plan": {}})
        assert healed["code"] == 0, healed
        assert schema(folder) == NAMES
        assert content(folder) == before
        require_migrated(folder)
        return new, done
    finally:
        shutil.rmtree(folder)


def require_migrated(folder: Path) -> None:
    with Store.open(folder / "store.gpkg", read_only=True) as store:
        assert [event.type for event in store.events()].count("store.migrated") == 1
        report = store.verify()
    assert report.ok, [check for check in report.checks if not check.ok]


def test_a_killed_migration_leaves_the_old_or_the_new(runner: Runner, previous: Path) -> None:
    new, whole = struck(runner, previous, {})
    assert new
    assert whole["code"] == 0, whole
    rng = random.Random(5)
    outcomes = []
    for what in ("statements", "writes", "files"):
        if whole[what]:
            plan = {"at": what, "n": rng.randint(1, whole[what]), "signal": 9}
            outcomes.append(struck(runner, previous, plan))
    assert outcomes
    assert all(done["code"] == -9 for _new, done in outcomes)
    assert not all(new for new, _done in outcomes), "no strike fell before the commit"


@pytest.mark.long
@pytest.mark.parametrize("what", ["statements", "writes", "files", "ticks"])
def test_a_migration_is_killed_at_every_step(runner: Runner, previous: Path, what: str) -> None:
    _new, whole = struck(runner, previous, {})
    n_new, n_runs = 0, 0
    for n in range(1, whole[what] + 1, 1 + whole[what] // MOST):
        n_runs += 1
        new, done = struck(runner, previous, {"at": what, "n": n, "signal": 9})
        assert done["code"] in {-9, 0}, done
        n_new += new
    print(f"migration killed at {n_runs} of {whole[what]} {what}: {n_new} new, {n_runs - n_new} old")


@pytest.mark.long
def test_a_migration_on_a_full_disk_is_refused(runner: Runner, previous: Path) -> None:
    refused = 0
    for step in range(1, 60):
        new, done = struck(runner, previous, {"fsize": step * 4096})
        assert done["code"] in {0, 3, 4}, done
        assert "Traceback" not in done["said"]
        refused += not new
    assert refused

"""Edits made in another program: told as such; every one without its trace is found."""

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import shapely
from store_samples import square
from test_store_tampering import by_hand, changed, failed, filled, report

from regularize.store import Store, blobs, events

# How many random edits the long test makes.
EDITS = int(os.environ.get("REGULARIZE_EDITS", "1000"))
# Dates of the file's own bookkeeping, which other programs refresh at will.
UNTOLD = {("gpkg_contents", "last_change"), ("gpkg_contents", "description")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("external"))


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    for file in made.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return tmp_path / made.name


def told(path: Path) -> str:
    (check,) = [check for check in report(path).checks if check.name == "external"]
    assert check.ok
    return check.detail


@contextmanager
def elsewhere(path: Path) -> Iterator[sqlite3.Connection]:
    """A program like QGIS: it knows SQLite and the functions of a GeoPackage, and nothing of ours."""
    connection = sqlite3.connect(path)
    connection.create_function("ST_IsEmpty", 1, blobs.is_empty)
    for name, which in (("ST_MinX", 0), ("ST_MaxX", 1), ("ST_MinY", 2), ("ST_MaxY", 3)):
        connection.create_function(name, 1, partial(blobs.bound, which=which))
    yield connection
    connection.commit()
    connection.close()


def test_what_gdal_adds_is_told(path: Path) -> None:
    import fiona

    given = {"batch": 1, "origin": "survey", "sigma_m": 0.1, "valid_from": "2024-01-01"}
    given |= {"feature": 99, "digest": "-"}
    outline = shapely.geometry.mapping(shapely.MultiPolygon([square(900)]))
    with fiona.open(path, "a", layer="parcels") as layer:
        empty = dict.fromkeys(layer.schema["properties"])
        layer.write({"type": "Feature", "properties": {**empty, **given}, "geometry": outline})
    assert failed(path) == set()
    assert told(path).endswith("parcels: insert 1")


def test_an_edit_is_told_and_is_no_error(path: Path) -> None:
    with elsewhere(path) as connection:
        connection.execute("UPDATE parcels SET ref='by hand' WHERE fid=2")
        moved = blobs.encode(blobs.fit([square(700)], "MULTIPOLYGON"), 7801)[0]
        connection.execute("UPDATE parcels SET geom=? WHERE fid=3", (moved,))
        connection.execute("UPDATE findings SET review='rejected'")
        connection.execute("DELETE FROM cases")
        connection.execute("UPDATE batches SET source='else' WHERE id=1")
    assert failed(path) == set()
    assert "parcels: update 2" in told(path)
    assert "cases: delete 1" in told(path)


def test_the_next_command_puts_it_into_the_log(path: Path) -> None:
    with elsewhere(path) as connection:
        connection.execute("UPDATE parcels SET ref='by hand' WHERE fid IN (2, 3)")
        connection.execute("UPDATE homes SET settlement='00001'")
    with Store.open(path) as store:
        store.append_event("case.notice", "case:C-1", date(2026, 3, 2), {})
        (event,) = store.events(type="external")
        assert event.payload == {"edits": {"homes": {"update": 1}, "parcels": {"update": 2}}}
        assert store.verify().ok
        store.append_event("case.notice", "case:C-1", date(2026, 3, 3), {})
        assert len(store.events(type="external")) == 1
    assert "parcels: update 2" in told(path)  # a row of a delivery stays marked for good


def test_the_program_s_own_work_is_not_told(path: Path) -> None:
    with Store.open(path) as store:
        store.review("B-1", "rejected", "", "ana", date(2026, 3, 4))
    assert told(path) == ""
    with by_hand(path) as connection:
        rows = connection.execute("SELECT external, table_name FROM row_history").fetchall()
        assert connection.execute("SELECT active FROM writing").fetchone() == (0,)
    assert rows
    assert {row[0] for row in rows} == {0}


@pytest.mark.parametrize(
    "edit",
    [
        "DELETE FROM row_history",
        "UPDATE row_history SET old='1' WHERE external=1",
        "UPDATE writing SET active=1",
        "UPDATE writing SET covered=0",
        "DELETE FROM row_history WHERE id=(SELECT max(id) FROM row_history)",
    ],
)
def test_the_trace_itself_is_guarded(path: Path, edit: str) -> None:
    with elsewhere(path) as connection:
        connection.execute("UPDATE parcels SET ref='by hand' WHERE fid=2")
    assert failed(path) == set()
    with by_hand(path) as connection:
        connection.execute(edit)
    assert failed(path)


def test_a_second_edit_without_a_trace_is_found(path: Path) -> None:
    with elsewhere(path) as connection:
        connection.execute("UPDATE parcels SET ref='told' WHERE fid=2")
    with by_hand(path) as hidden:
        hidden.execute("UPDATE parcels SET ref='hidden' WHERE fid=3")
    assert "rows" in failed(path)
    with by_hand(path) as hidden:
        hidden.execute("UPDATE findings SET review='rejected'")
    assert "tables" in failed(path)


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """Every table with rows, those of the file format too; an R-tree only as itself."""
    names = [
        row[0]
        for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        # A gap in the numbers of rows means nothing: they are only never given twice.
        if not row[0].startswith("sqlite_s") and not row[0].endswith(("_node", "_rowid", "_parent"))
    ]
    return [n for n in names if connection.execute(f'SELECT count(*) FROM "{n}"').fetchone() != (0,)]  # noqa: S608 - own names


def tamper(path: Path, rng: random.Random) -> str:
    """One random act of somebody who knows SQLite; empty if the database refused it."""
    act = rng.choice(("edit", "edit", "edit", "delete", "swap", "cut"))
    with by_hand(path) as connection:
        if act == "cut":
            last = connection.execute("SELECT max(seq) FROM events").fetchone()[0]
            keep = rng.randrange(last)
            connection.execute("DELETE FROM event_payloads WHERE seq > ?", (keep,))
            connection.execute("DELETE FROM events WHERE seq > ?", (keep,))
            return f"cut after {keep}"
        table = rng.choice(tables_of(connection))
        info = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        key = "rowid"
        columns = [row[1] for row in info if not row[5] and (table, row[1]) not in UNTOLD]
        column = rng.choice(columns)
        rows = connection.execute(f'SELECT {key}, "{column}" FROM "{table}"').fetchall()  # noqa: S608 - own names
        number, old = rng.choice(rows)
        try:
            if act == "delete":
                connection.execute(f'DELETE FROM "{table}" WHERE {key}=?', (number,))  # noqa: S608 - own names
                return f"delete {table} {number}"
            if act == "swap":
                other, value = rng.choice(rows)
                if value == old:
                    return ""
                update = f'UPDATE "{table}" SET "{column}"=? WHERE {key}=?'  # noqa: S608 - own names
                connection.execute(update, (value, number))
                connection.execute(update, (old, other))
                return f"swap {table}.{column} {number} {other}"
            new = changed(old, rng)
            connection.execute(f'UPDATE "{table}" SET "{column}"=? WHERE {key}=?', (new, number))  # noqa: S608 - own names
            stored = connection.execute(f'SELECT "{column}" FROM "{table}" WHERE {key}=?', (number,))  # noqa: S608 - own names
            return "" if stored.fetchone() == (old,) else f"{table}.{column}: {old!r} -> {new!r}"
        except sqlite3.IntegrityError:
            return ""


def missed(path: Path, n: int, seed: int) -> list[str]:
    """Of `n` random acts those that verification does not see."""
    rng = random.Random(seed)
    sound, kept = path.read_bytes(), events.head_path(path).read_bytes()
    unseen, done = [], 0
    while done < n:
        path.write_bytes(sound)
        events.head_path(path).write_bytes(kept)
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        act = tamper(path, rng)
        if not act:
            continue
        done += 1
        if not failed(path):
            unseen.append(act)
    return unseen


def test_random_acts_are_found(path: Path) -> None:
    assert missed(path, 25, seed=3) == []


@pytest.mark.long
def test_a_thousand_random_acts_are_found(path: Path) -> None:
    unseen = missed(path, EDITS, seed=1)
    print(f"{EDITS - len(unseen)} of {EDITS} found")
    assert unseen == []

"""Whatever is edited behind the program's back is found."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from store_samples import CRS, finding_of, rows_of, source_of, square

from regularize import layers
from regularize.errors import OptionError, StoreError
from regularize.model import Case, Home, HomeChanges, Issue, Severity
from regularize.store import Store, VerifyReport, blobs, events

ON = date(2026, 3, 1)


def filled(path: Path) -> Path:
    with Store.create(path / "store.gpkg", crs=CRS, title="t") as store:
        frame = rows_of([square(i * 20) for i in range(6)], ref=["a"] * 6, area_register_m2=[1.5] * 6)
        issue = Issue("CODE", Severity.WARNING, "message", 1)
        for day in (date(2024, 1, 1), date(2025, 1, 1)):
            store.ingest(source_of(6, valid_from=day), layers.layer_named("parcels"), frame, (), [issue])
        store.withdraw(2, "wrong", on=ON)
        store.ingest(source_of(6, valid_from=ON), layers.layer_named("parcels"), frame)
        home = Home("T-00000-1", "00000", square(), (1,), (), (), ON)
        store.save_run({"a": 1}, [finding_of("B-1", home=home.id)], {}, HomeChanges(new=(home,)), on=ON)
        store.review("B-1", "confirmed", "бележка", "ana", ON)
        store.open_case(Case("", "plan", "План", ON, homes=(home.id,)), "ana")
        store.append_event("case.notice", "case:C-1", ON, {"number": "12"}, "ana")
    return store.path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    for file in made.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return tmp_path / made.name


@contextmanager
def by_hand(path: Path) -> Iterator[sqlite3.Connection]:
    """An editor that knows SQLite: guards dropped, and put back after the edit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("BEGIN")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'").fetchall()
    for name, _sql in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    yield connection
    for _name, sql in triggers:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.close()


def report(path: Path) -> VerifyReport:
    with Store.open(path, read_only=True) as store:
        return store.verify()


def failed(path: Path) -> set[str]:
    try:
        return {check.name for check in report(path).checks if not check.ok}
    except StoreError:
        return {"open"}


def test_a_sound_store_passes(path: Path) -> None:
    assert failed(path) == set()
    with by_hand(path):
        pass
    assert failed(path) == set()


EDITS = {
    "UPDATE parcels SET ref='b' WHERE fid=2": {"rows"},
    "UPDATE parcels SET ref=NULL WHERE fid=2": {"rows"},
    "UPDATE parcels SET area_register_m2=1.5000001 WHERE fid=1": {"rows"},
    "UPDATE parcels SET digest='0' WHERE fid=1": {"rows"},
    "UPDATE parcels SET valid_from='2024-01-02' WHERE fid=1": {"rows"},
    "UPDATE parcels SET valid_to=NULL, superseded_by=NULL WHERE fid=1": {"validity"},
    "UPDATE parcels SET withdrawn_on=NULL WHERE fid=7": {"validity"},
    "UPDATE parcels SET batch=3 WHERE fid=1": {"rows", "validity"},
    "UPDATE parcels SET geom=(SELECT geom FROM parcels WHERE fid=2) WHERE fid=1": {"rows", "spatial_index"},
    "UPDATE parcels SET geom=x'00' WHERE fid=1": {"rows", "spatial_index"},
    "DELETE FROM parcels WHERE fid=6": {"rows", "spatial_index"},
    "DELETE FROM rtree_parcels_geom WHERE id=1": {"spatial_index"},
    "UPDATE rtree_parcels_geom SET minx=minx-100 WHERE id=1": {"spatial_index"},
    "DELETE FROM closings WHERE id=1": {"validity", "deliveries"},
    "UPDATE batches SET path='other.shp' WHERE id=1": {"deliveries"},
    "UPDATE batches SET withdrawn_on=NULL, withdrawn_reason=NULL WHERE id=2": {"deliveries", "validity"},
    "UPDATE batches SET row_digest='0' WHERE id=1": {"rows", "deliveries"},
    "DELETE FROM batches WHERE id=1": {"rows", "deliveries", "foreign_keys", "validity"},
    "UPDATE issues SET message='other'": {"deliveries"},
    "INSERT INTO issues (batch, code, severity, message) VALUES (1, 'X', 'info', 'x')": {"deliveries"},
    "INSERT INTO quarantine (batch, feature, code, message, attributes) VALUES (1,1,'X','x','{}')": {
        "deliveries"
    },
    "UPDATE findings SET review='rejected'": {"tables"},
    "UPDATE findings SET class='extended'": {"tables"},
    "DELETE FROM findings": {"tables", "spatial_index"},
    "UPDATE homes SET valid_to='2026-01-01'": {"tables"},
    "DELETE FROM home_links": {"tables"},
    "UPDATE runs SET parameters='{}'": {"tables"},
    "UPDATE cases SET facts='{\"a\":1}'": {"tables"},
    "INSERT INTO documents (document_type, state) VALUES ('x', 'y')": {"tables"},
    "UPDATE settings SET value='other' WHERE name='title'": {"tables"},
    "UPDATE gpkg_geometry_columns SET srs_id=4326 WHERE table_name='plots'": {"georeference"},
    "UPDATE gpkg_spatial_ref_sys SET definition=replace(definition, '25.5', '25.4') WHERE srs_id=7801": {
        "georeference"
    },
    "UPDATE migrations SET applied_at='x'": {"tables"},
    "UPDATE events SET \"on\"='2020-01-01' WHERE seq=3": {"log"},
    "UPDATE events SET actor='other' WHERE seq=3": {"log"},
    "UPDATE events SET state='{}' WHERE seq=3": {"log", "validity", "rows", "deliveries"},
    "UPDATE events SET hash=hash||'0' WHERE seq=3": {"log"},
    "DELETE FROM events WHERE seq=3": {"log", "payloads"},
    "DELETE FROM events WHERE seq=(SELECT max(seq) FROM events)": {"head", "payloads"},
    "DELETE FROM event_payloads WHERE seq=3": {"payloads"},
    "UPDATE event_payloads SET payload='{}' WHERE seq=3": {"payloads"},
    "UPDATE event_payloads SET salt='0' WHERE seq=3": {"payloads"},
    "UPDATE event_payloads SET payload=NULL, salt=NULL WHERE seq=3": {"payloads"},
    "UPDATE event_payloads SET payload=x'FF' WHERE seq=3": {"payloads"},
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_found(path: Path, edit: str) -> None:
    with by_hand(path) as connection:
        assert connection.execute(edit).rowcount > 0
    found = failed(path)
    assert found
    assert found & EDITS[edit]


def test_guards_that_are_gone_or_strange_are_found(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER events_no_delete")
    connection.execute("CREATE TRIGGER strange AFTER INSERT ON parcels BEGIN SELECT 1; END")
    connection.commit()
    connection.close()
    (guards,) = [check for check in report(path).checks if check.name == "guards"]
    assert "events_no_delete" in guards.detail
    assert "strange" in guards.detail


def test_the_log_refuses_to_be_rewritten(path: Path) -> None:
    """Not only our program: whoever opens the file is told."""
    connection = sqlite3.connect(path)
    for statement in (
        "UPDATE events SET actor='x'",
        "DELETE FROM events",
        "DELETE FROM event_payloads",
        "UPDATE event_payloads SET payload='{}'",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    connection.close()


def test_a_cut_tail_is_found_even_when_cut_clean(path: Path) -> None:
    with by_hand(path) as connection:
        connection.execute("DELETE FROM event_payloads WHERE seq=(SELECT max(seq) FROM events)")
        connection.execute("DELETE FROM events WHERE seq=(SELECT max(seq) FROM events)")
    assert failed(path) == {"head"}


def test_an_older_head_is_a_crash_a_strange_one_is_not(path: Path) -> None:
    kept = events.head_path(path).read_bytes()
    with Store.open(path) as store:
        store.append_event("case.notice", "case:C-1", ON, {})
    events.head_path(path).write_bytes(kept)  # the machine stopped between commit and side file
    assert failed(path) == set()
    events.head_path(path).write_text('{"count": 2, "hash": "0"}')
    assert failed(path) == {"head"}
    events.head_path(path).unlink()
    assert failed(path) == {"head"}


def test_an_erased_payload_leaves_the_chain_whole(path: Path) -> None:
    with Store.open(path) as store:
        (reviewed,) = store.events(type="finding.reviewed")
        store.erase_payload(reviewed.seq, "request of the person", on=ON, actor="ana")
        assert store.events(type="finding.reviewed")[0].payload is None
        assert store.verify().ok
        with pytest.raises(OptionError):
            store.erase_payload(reviewed.seq, "again")
        with pytest.raises(OptionError):
            store.erase_payload(999, "none")
    assert "бележка".encode() not in path.read_bytes()
    assert not path.with_name(path.name + "-wal").exists()


def test_random_edits_are_found(path: Path) -> None:
    """One value of one row, somewhere, turned into another."""
    rng = random.Random(20)
    sound = path.read_bytes()
    with by_hand(path) as connection:
        names = connection.execute("SELECT table_name FROM gpkg_contents ORDER BY table_name").fetchall()
        filled_tables = [
            name
            for (name,) in names
            if connection.execute(f'SELECT count(*) FROM "{name}"').fetchone() != (0,)  # noqa: S608 - own names
        ]
    assert len(filled_tables) > 10
    for _ in range(30):
        path.write_bytes(sound)
        table = rng.choice(filled_tables)
        with by_hand(path) as connection:
            info = connection.execute(f'PRAGMA table_info("{table}")')
            column = rng.choice([row[1] for row in info if not row[5]])
            rows = connection.execute(f'SELECT rowid, "{column}" FROM "{table}"').fetchall()  # noqa: S608 - own names
            number, old = rng.choice(rows)
            new = changed(old, rng)
            statement = f'UPDATE "{table}" SET "{column}"=? WHERE rowid=?'  # noqa: S608 - own names
            try:
                connection.execute(statement, (new, number))
            except sqlite3.IntegrityError:
                continue  # the database itself refused the edit
        assert failed(path), f"{table}.{column}: {old!r} -> {new!r}"


def changed(value: object, rng: random.Random) -> object:
    if value is None:
        return 1
    if isinstance(value, bytes):
        at = rng.randrange(len(value))
        return value[:at] + bytes([value[at] ^ (1 << rng.randrange(8))]) + value[at + 1 :]
    if isinstance(value, str):
        return value + " "
    assert isinstance(value, int | float)
    return value + 1


def test_a_row_slipped_in_is_found(path: Path) -> None:
    blob = blobs.encode(blobs.fit([square(500)], "MULTIPOLYGON"), 7801)[0]
    with Store.open(path) as store, store._database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO parcels (geom, batch, origin, sigma_m, valid_from, feature, digest)"
            " VALUES (?, 1, 'cadastre', 0.1, '2024-01-01', 7, 'x')",
            (blob,),
        )
    assert "rows" in failed(path)

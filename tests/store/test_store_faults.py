"""What goes wrong around a store, and what then stands in it."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import Connection, MetaData
from store_samples import CRS, finding_of, rows_of, source_of, square

from regularize import layers
from regularize.errors import InputError, OptionError, StoreError
from regularize.model import Batch, HomeChanges
from regularize.store import Store, connection, copies, migrations

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")

WRITER = dedent("""
    import os, sys
    sys.path.insert(0, sys.argv[2])
    from pathlib import Path
    from store_samples import rows_of, source_of, square
    from regularize import layers
    from regularize.store import Store

    n = 3000
    frame = rows_of([square(i * 20) for i in range(n)])
    source = source_of(n)
    for _ in range(int(sys.argv[3])):
        pid = os.fork()
        if pid == 0:
            with Store.open(Path(sys.argv[1])) as store:
                os.write(1, b"%d\\n" % os.getpid())
                store.ingest(source, layers.layer_named("parcels"), frame)
            os._exit(0)
        os.waitpid(pid, 0)
        os.write(1, b"done\\n")
        sys.stdin.readline()
""")


@POSIX
def test_a_killed_ingest_leaves_the_old_or_the_new(store: Store) -> None:
    """A parent with everything imported forks the writers, so that the kills fall into the work."""
    rng = random.Random(4)
    kills = 6
    store.close()
    arguments = [sys.executable, "-c", WRITER, str(store.path), str(Path(__file__).parent), str(kills)]
    outcomes: list[bool] = []
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        before = 0
        for _ in range(kills):
            writer = int(parent.stdout.readline())
            time.sleep(rng.uniform(0.0, 0.25))
            with contextlib.suppress(ProcessLookupError):  # it was done before the kill came
                os.kill(writer, signal.SIGKILL)
            assert parent.stdout.readline() == "done\n"
            with Store.open(store.path) as opened:
                n = len(opened.batches())
                assert n in {before, before + 1}
                assert opened.info()["layers"]["parcels"]["total"] == 3000 * n
                assert len(opened.events()) == 1 + n
                report = opened.verify()
                assert report.ok, report
            outcomes.append(n > before)
            before = n
            parent.stdin.write("\n")
            parent.stdin.flush()
    assert not all(outcomes), "no kill fell into the work"
    with Store.open(store.path) as opened:  # a rerun heals
        opened.ingest(source_of(1), layers.layer_named("parcels"), rows_of([square()]))
        assert opened.verify().ok


def test_a_second_writer_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store.open(store.path) as second:
        with pytest.raises(StoreError, match="in use") as caught:
            second.append_event("note", "store", date(2026, 1, 1), {})
        assert caught.value.exit_code == 4
        assert caught.value.hint
        assert len(second.events()) == 1  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.append_event("note", "store", date(2026, 1, 1), {})


def test_an_error_in_the_work_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> None:
        raise OptionError("stop")

    monkeypatch.setattr("regularize.store.homes.save", broken)
    with pytest.raises(OptionError, match="stop"):
        store.save_run({}, [finding_of("B-1")], {}, HomeChanges())
    assert store.findings() == []
    assert store.info()["runs"] == 0
    assert store.verify().ok


@POSIX
def test_many_writers_lose_nothing(store: Store) -> None:
    program = dedent("""
        import os, sys
        from datetime import date
        from pathlib import Path
        from regularize.store import Store
        writers = []
        for n in range(4):
            pid = os.fork()
            if pid == 0:
                with Store.open(Path(sys.argv[1])) as store:
                    for i in range(20):
                        store.append_event("note", "store", date(2026, 1, 1), {"writer": n, "i": i})
                os._exit(0)
            writers.append(pid)
        sys.exit(max(os.waitpid(pid, 0)[1] for pid in writers))
    """)
    assert subprocess.run([sys.executable, "-c", program, str(store.path)], check=False).returncode == 0
    notes = [event.payload for event in store.events(type="note")]
    assert len(notes) == 80
    for n in range(4):
        assert [note["i"] for note in notes if note and note["writer"] == n] == list(range(20))
    assert store.verify().ok


def test_there_must_be_a_store(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Store.open(tmp_path / "store.gpkg")
    assert caught.value.exit_code == 3
    with pytest.raises(StoreError):
        Store.create(tmp_path / "none" / "store.gpkg", crs=CRS, title="")


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_what_is_no_store_is_not_adopted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.gpkg"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Store.open(path)
    assert caught.value.exit_code == 4
    assert path.read_bytes() == content


def test_a_foreign_geopackage_is_not_adopted(tmp_path: Path) -> None:
    path = tmp_path / "store.gpkg"
    rows_of([square()]).to_file(path, layer="parcels", driver="GPKG")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store"):
        Store.open(path)
    assert path.read_bytes() == before


def test_damage_is_told_not_thrown(store: Store, deliver: Callable[..., Batch]) -> None:
    deliver([square(i * 20) for i in range(400)])
    store.close()
    content = bytearray(store.path.read_bytes())
    last = len(content) // 4096
    for page in range(last - 20, last):  # the rows; the tables of the schema lie before them
        content[page * 4096 : page * 4096 + 400] = b"\xff" * 400
    store.path.write_bytes(content)
    with Store.open(store.path, read_only=True) as opened:
        report = opened.verify()
        assert not report.ok
        assert "integrity" in {check.name for check in report.checks if not check.ok}
        with pytest.raises(StoreError, match="damaged"):
            opened.layer("parcels", on=date(2024, 1, 1))


def test_a_newer_schema_is_left_alone(store: Store) -> None:
    with store._database.write() as inside:
        inside.exec_driver_sql("INSERT INTO migrations (name, applied_at) VALUES ('of tomorrow', 'x')")
    with pytest.raises(StoreError, match="of tomorrow"):
        Store.open(store.path)


def test_an_older_schema_is_brought_up_to_date(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_index(inside: Connection, _metadata: MetaData) -> None:
        inside.exec_driver_sql("CREATE INDEX ix_new ON cases (kind)")

    names = [name for name, _change in migrations.MIGRATIONS]
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, ("index of kinds", add_index)))
    store.close()
    with pytest.raises(StoreError, match="older"):
        Store.open(store.path, read_only=True)
    with Store.open(store.path) as opened:
        assert opened.info()["schema"] == [*names, "index of kinds"]
        assert [event.type for event in opened.events()] == ["store.created", "store.migrated"]
        assert opened.verify().ok
    with Store.open(store.path) as again:
        assert len(again.events()) == 2


def test_a_migration_that_fails_leaves_the_old(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def halfway(inside: Connection, _metadata: MetaData) -> None:
        inside.exec_driver_sql("CREATE INDEX ix_new ON cases (kind)")
        inside.exec_driver_sql("CREATE INDEX ix_new ON cases (kind)")

    store.close()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, ("bad", halfway)))
        with pytest.raises(StoreError):
            Store.open(store.path)
    with Store.open(store.path) as opened:
        assert opened.verify().ok
        assert opened.info()["schema"] == [name for name, _change in migrations.MIGRATIONS]


def test_a_store_for_reading_is_not_written(store: Store, deliver: Callable[..., Batch]) -> None:
    deliver([square()])
    store.close()
    with Store.open(store.path, read_only=True) as opened:
        assert len(opened.layer("parcels", on=date(2024, 1, 1))) == 1
        with pytest.raises(StoreError, match="reading only"):
            opened.append_event("note", "store", date(2026, 1, 1), {})


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_can_be_read(store: Store, deliver: Callable[..., Batch]) -> None:
    deliver([square()])
    store.close()
    folder = store.path.parent
    store.path.chmod(0o400)
    folder.chmod(0o500)
    try:
        with Store.open(store.path, read_only=True) as opened:
            assert len(opened.layer("parcels", on=date(2024, 1, 1))) == 1
    finally:
        folder.chmod(0o700)


@POSIX
def test_a_full_disk_changes_nothing(store: Store) -> None:
    """A file-size limit stands for the full disk: the ingest fails at any step, the store is whole."""
    store.close()
    program = dedent("""
        import resource, signal, sys
        sys.path.insert(0, sys.argv[2])
        from pathlib import Path
        from store_samples import rows_of, source_of, square
        from regularize import layers
        from regularize.errors import StoreError
        from regularize.store import Store
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        frame = rows_of([square(i * 20) for i in range(400)])
        for step in range(1, 40, 6):
            resource.setrlimit(resource.RLIMIT_FSIZE, (step * 4096, resource.RLIM_INFINITY))
            try:
                with Store.open(Path(sys.argv[1])) as store:
                    store.ingest(source_of(400), layers.layer_named("parcels"), frame)
            except StoreError as error:
                assert error.hint
                print("refused")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            with Store.open(Path(sys.argv[1])) as store:
                report = store.verify()
                assert report.ok, report
                assert store.info()["layers"]["parcels"]["total"] == 400 * len(store.batches())
    """)
    arguments = [sys.executable, "-c", program, str(store.path), str(Path(__file__).parent)]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "refused" in done.stdout


def test_messages_hold_no_values(store: Store) -> None:
    """A database error names the table, never what somebody wrote into it."""
    with pytest.raises(StoreError) as caught, store._database.write() as inside:
        inside.exec_driver_sql("INSERT INTO settings (name, value) VALUES (?, ?)", ("crs", "Иван Тайнов"))
    assert "Тайнов" not in f"{caught.value} {caught.value.__cause__}"


def test_what_the_pool_of_connections_logs_is_not_printed() -> None:
    code = (
        "import logging, regularize.store.connection\n"
        "logging.getLogger('sqlalchemy.pool.impl.QueuePool').error('Exception closing connection')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_file_that_cannot_be_told_to_keep_a_journal(tmp_path: Path) -> None:
    broken = tmp_path / "store.gpkg"
    broken.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8192)
    with pytest.raises(StoreError) as caught:
        connection.use_write_ahead_log(broken)
    assert caught.value.hint


def test_what_a_failed_close_left_in_the_journal_comes_along(tmp_path: Path) -> None:
    """A disk that fails once while a copy is closed leaves its newest pages in the journal, unsaid."""
    written, half, target = (tmp_path / name for name in ("written.gpkg", "half.gpkg", "store.gpkg"))
    with contextlib.closing(sqlite3.connect(written)) as writing:
        writing.execute("PRAGMA journal_mode=WAL")
        with writing:
            writing.execute("CREATE TABLE kept (n INTEGER)")
            writing.execute("INSERT INTO kept VALUES (7)")
        for ending in ("", "-wal"):
            shutil.copyfile(f"{written}{ending}", f"{half}{ending}")
    copies._settle(half, target)
    assert not half.exists()
    with contextlib.closing(sqlite3.connect(target)) as found:
        assert found.execute("SELECT n FROM kept").fetchall() == [(7,)]

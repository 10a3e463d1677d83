"""What an erasure takes from the history of rows: every byte, while log, digests and earlier days hold."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from store_samples import CRS, finding_of, rows_of, source_of, square

from regularize import layers
from regularize.errors import StoreError
from regularize.model import Case, Home, HomeChanges
from regularize.store import Store, blobs
from regularize.store.documents import Document

ON = date(2026, 3, 1)
SECRET, OTHER = "при дядо Вълчо", "при баба Цона"
REASON = "искане на лицето"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store in which the secret stands in kept changes only, among others that stay."""
    with Store.create(tmp_path / "store.gpkg", crs=CRS, title="t") as store:
        frame = rows_of([square(i * 20) for i in range(4)], ref=["a", "b", SECRET, "d"])
        store.ingest(source_of(4), layers.layer_named("parcels"), frame)
        home = Home("T-00000-1", "00000", square(), (1,), (), (), ON)
        store.save_run({}, [finding_of("B-1", home=home.id)], {}, HomeChanges(new=(home,)), on=ON)
        for title in (f"План {SECRET}", f"План {OTHER}"):
            store.open_case(Case("", "plan", title, ON, homes=(home.id,)), "office")
        for place in (SECRET, OTHER):
            added = store.add_document(Document(0, "title", "asked_for", ON, home.id, place=place))
            store.set_document_state(added.id, "received", on=ON, place="папка 7")
    return tmp_path / "store.gpkg"


def edited(path: Path, statement: str, *values: object) -> None:
    """Edit as QGIS would: with the triggers, without the program."""
    connection = sqlite3.connect(path)
    connection.create_function("ST_IsEmpty", 1, blobs.is_empty, deterministic=True)
    for name, which in (("ST_MinX", 0), ("ST_MaxX", 1), ("ST_MinY", 2), ("ST_MaxY", 3)):
        connection.create_function(name, 1, lambda blob, which=which: blobs.bound(blob, which=which))
    with connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def kept(path: Path, text: str) -> int:
    """How many kept changes hold a text."""
    connection = sqlite3.connect(path)
    (n,) = connection.execute("SELECT count(*) FROM row_history WHERE instr(old, ?) > 0", (text,)).fetchone()
    connection.close()
    return int(n)


def hits(path: Path, text: str) -> int:
    """Raw bytes of everything beside the store."""
    return sum(file.read_bytes().count(text.encode()) for file in path.parent.iterdir())


def faults(path: Path) -> list[str]:
    with Store.open(path, read_only=True) as store:
        return [f"{check.name}: {check.detail}" for check in store.verify().checks if not check.ok]


def erase(path: Path, work: Callable[[Store], object]) -> None:
    with Store.open(path) as store:
        work(store)
        store.sweep()


def test_old_values_go_with_the_words(path: Path) -> None:
    edited(path, "UPDATE cases SET title = 'План 1' WHERE id = 'C-1'")
    assert kept(path, SECRET) == 2  # the case's title and the document's place before their changes
    n_other = kept(path, OTHER)
    assert n_other
    assert faults(path) == []
    erase(path, lambda store: store.erase_words([SECRET], REASON))
    assert kept(path, SECRET) == 0
    assert kept(path, OTHER) == n_other
    assert hits(path, SECRET) == 0
    assert hits(path, OTHER)
    assert faults(path) == []
    with Store.open(path) as store:
        store.open_case(Case("", "plan", "План", ON), "office")
    assert faults(path) == []


def test_old_values_go_with_the_document(path: Path) -> None:
    erase(path, lambda store: store.erase_document(1, REASON))
    assert kept(path, SECRET) == 0
    assert kept(path, OTHER) == 1
    assert faults(path) == []


def test_an_earlier_day_shows_the_row_without_what_was_erased(path: Path) -> None:
    with Store.open(path, read_only=True) as store:
        last = store.events()[-1].seq
        added = [event.seq for event in store.events() if event.type == "document.added"]
    edited(path, "UPDATE cases SET title = 'План 1' WHERE id = 'C-1'")
    erase(path, lambda store: store.erase_words([SECRET], REASON))
    for seq in (*added, last):
        with Store.as_known(path, seq=seq) as then:
            assert [case.id for case in then.cases()] == ["C-1", "C-2"]
            assert len(then.documents(home="T-00000-1")) == sum(one <= seq for one in added)
            assert SECRET not in str(then.cases())


def test_an_edit_made_elsewhere_stays_told_when_its_old_values_go(path: Path) -> None:
    edited(path, "UPDATE cases SET title = 'План 1' WHERE id = 'C-1'")
    edited(path, "UPDATE parcels SET ref = 'c' WHERE ref = ?", SECRET)
    assert faults(path) == []
    erase(path, lambda store: store.erase_words([SECRET], REASON))
    assert hits(path, SECRET) == 0
    assert faults(path) == []
    with Store.open(path, read_only=True) as store:
        (told,) = [check.detail for check in store.verify().checks if check.name == "external"]
    assert "cases: update 1" in told
    assert "parcels: update 1" in told
    # What is edited past the triggers after that is found as before.
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("UPDATE parcels SET ref = 'e' WHERE ref = 'c'")
    connection.commit()
    connection.close()
    assert any(fault.startswith("rows: ") for fault in faults(path))


def test_a_deleted_row_of_a_delivery_is_not_covered_up(path: Path) -> None:
    edited(path, "DELETE FROM parcels WHERE ref = ?", SECRET)
    before = path.read_bytes()
    with Store.open(path) as store, pytest.raises(StoreError, match="deleted in another program") as caught:
        store.erase_words([SECRET], REASON)
    assert "store verify" in caught.value.hint
    assert kept(path, SECRET) >= 1
    assert path.read_bytes() == before

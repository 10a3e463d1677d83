"""A command that states content anew does not cover what was edited before it."""

import contextlib
import random
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
from store_samples import CRS, finding_of, square
from test_store_cases import objection
from test_store_external import EDITS, elsewhere, tamper
from test_store_indicative import proposals
from test_store_tampering import by_hand, failed, filled, report

from regularize.model import Case, Home, HomeChanges
from regularize.store import Document, Store, digests, events, migrations, places, restating

ON = date(2026, 3, 9)
HOME = "T-00000-1"


def detect(store: Store) -> None:
    store.save_run({}, [], {}, HomeChanges(), on=ON, proposals=proposals((0, 0, 9, 9)))


def draw(store: Store, number: int = 2) -> None:
    frame = gpd.GeoDataFrame({"block": [number], "counts": [{}]}, geometry=[square(90 * number)], crs=CRS)
    store.save_blocks(frame)


def migrate(store: Store) -> None:
    later = (f"later{len(migrations.MIGRATIONS)}", lambda _connection, _metadata: None)
    migrations.MIGRATIONS = (*migrations.MIGRATIONS, later)
    Store.open(store.path).close()


def oppose(store: Store) -> None:
    store.add_objection(objection(store))


def erase_words(store: Store, word: str) -> None:
    store.erase_words([word], "request", on=ON)


# For each table: an edit behind the program's back, and commands of the office that state it anew.
RESTATED: dict[str, tuple[str, tuple[Callable[[Store], object], ...]]] = {
    "migrations": ("UPDATE migrations SET applied_at='x'", (migrate,)),
    "runs": ("UPDATE runs SET parameters='{}'", (detect,)),
    "findings": (
        "UPDATE findings SET review='rejected'",
        (detect, lambda store: store.review("B-1", "confirmed", "", "ana", ON)),
    ),
    "homes": ("UPDATE homes SET settlement='00001'", (detect,)),
    "home_links": (
        "DELETE FROM home_links",
        (
            detect,
            lambda store: store.open_case(Case("", "plan", "б", ON)),
            lambda store: store.add_document(Document(0, "title", "asked_for", ON, home=HOME)),
        ),
    ),
    "blocks": ("UPDATE blocks SET counts='{\"dwellings\":1}'", (lambda store: draw(store, 3),)),
    "indicative_plots": ("UPDATE indicative_plots SET confidence=0.9", (detect,)),
    "cases": ("UPDATE cases SET title='друго'", (lambda store: store.open_case(Case("", "plan", "б", ON)),)),
    "objections": ("UPDATE objections SET cause='street'", (oppose,)),
    "documents": (
        "UPDATE documents SET place='друго'",
        (
            lambda store: store.set_document_state(1, "received", on=ON),
            lambda store: store.add_document(Document(0, "title", "asked_for", ON, home=HOME)),
        ),
    ),
}
WAYS = [(name, n) for name, (_edit, ways) in RESTATED.items() for n in range(len(ways))]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which every table has rows."""
    path = filled(tmp_path_factory.mktemp("restated"))
    with Store.open(path) as store:
        store.save_run({}, [], {}, HomeChanges(), on=ON, proposals=proposals((20, 0, 29, 9)))
        draw(store)
        oppose(store)
        store.add_document(Document(0, "title", "asked_for", date(2026, 3, 2), home=HOME))
        assert store.verify().ok
    return path


@pytest.fixture(autouse=True)
def _no_more_changes_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS)  # `migrate` adds to them


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    for file in made.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    return tmp_path / made.name


def test_every_changing_table_is_tried() -> None:
    # The settings are written once, with the store.
    assert set(RESTATED) == set(digests.CHANGING_TABLES) - {"settings"}


@pytest.mark.parametrize(("table", "way"), WAYS, ids=[f"{name}-{n}" for name, n in WAYS])
def test_an_earlier_edit_is_not_covered(
    path: Path, caplog: pytest.LogCaptureFixture, table: str, way: int
) -> None:
    edit, ways = RESTATED[table]
    with by_hand(path) as connection:
        assert connection.execute(edit).rowcount > 0
    assert failed(path) >= {"tables"}
    with Store.open(path) as store:
        ways[way](store)
        ways[way](store)
        noted = store.events(type=restating.DIFFERED)
    assert [event.payload for event in noted] == [{"content": [f"table:{table}"]}]
    assert "differed" in failed(path)
    (check,) = [check for check in report(path).checks if check.name == "differed"]
    assert f"table:{table}" in check.detail
    assert f"table:{table}" in caplog.text


@pytest.mark.parametrize("table", RESTATED)
def test_the_program_s_own_work_differs_in_nothing(
    path: Path, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    _edit, ways = RESTATED[table]
    with Store.open(path) as store:
        for way in ways:
            way(store)
        assert store.verify().ok
        assert store.events(type=restating.DIFFERED) == []
    assert caplog.text == ""


def test_a_row_where_nothing_was_stated_is_found(tmp_path: Path) -> None:
    with Store.create(tmp_path / "store.gpkg", crs=CRS, title="t") as store:
        path = store.path
        store.save_run({}, [finding_of("B-1", home=HOME)], {}, HomeChanges(new=(home(),)), on=ON)
    with by_hand(path) as connection:
        connection.execute("INSERT INTO documents (document_type, state) VALUES ('x', 'y')")
    with Store.open(path) as store:
        store.add_document(Document(0, "title", "asked_for", ON, home=HOME))
    assert failed(path) == {"differed"}


def home() -> Home:
    return Home(HOME, "00000", square(), (), (), (), ON)


def test_a_withdrawal_does_not_cover_an_edit_of_its_delivery(path: Path) -> None:
    with by_hand(path) as connection:
        connection.execute("UPDATE batches SET source='друго' WHERE id=3")
    with Store.open(path) as store:
        store.withdraw(3, "wrong", on=ON)
    assert failed(path) == {"differed"}


def test_a_withdrawal_does_not_mend_a_row_in_silence(path: Path) -> None:
    with by_hand(path) as connection:
        connection.execute("UPDATE parcels SET withdrawn_on='2026-01-01' WHERE batch=3")
    assert failed(path) == {"validity"}
    with Store.open(path) as store:
        store.withdraw(3, "wrong", on=ON)
        (event,) = store.events(type=restating.DIFFERED)
    assert event.payload == {"content": ["validity:parcels"]}
    assert failed(path) == {"differed"}


def test_an_erasure_does_not_cover_an_edit(path: Path) -> None:
    with by_hand(path) as connection:
        connection.execute("UPDATE issues SET severity='info' WHERE batch=1")
        connection.execute("UPDATE issues SET message='Щ. Примерова' WHERE batch=2")
        connection.execute("UPDATE row_history SET old='1' WHERE id=1 AND old NOTNULL")
    with Store.open(path) as store:
        erase_words(store, "Примерова")
    assert "differed" in failed(path)
    with by_hand(path) as connection:
        payload = connection.execute(
            "SELECT payload FROM events JOIN event_payloads USING (seq) WHERE type=?", (restating.DIFFERED,)
        ).fetchone()
    assert "issues:2" in payload[0]


def test_an_edit_with_its_trace_is_no_difference(path: Path) -> None:
    with elsewhere(path) as connection:
        connection.execute("UPDATE cases SET title='друго'")
    with Store.open(path) as store:
        store.open_case(Case("", "plan", "б", ON))
        assert store.events(type=restating.DIFFERED) == []
    assert failed(path) == set()


def test_the_look_back_needs_no_journal_of_its_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network drive: one file, and whoever writes shuts others out when the memory is full."""
    places.leave_write_ahead_log(path)
    monkeypatch.setattr("regularize.store.places.is_network", lambda _path: True)
    with by_hand(path) as connection:
        connection.execute("UPDATE cases SET title='друго'")
    with Store.open(path) as store:
        with store._database.write() as inside:
            inside.exec_driver_sql("PRAGMA cache_size=5")  # pages
        for n in range(20):
            store.open_case(Case("", "plan", f"{n}" * 5000, ON))
        assert len(store.events(type=restating.DIFFERED)) == 1
    assert failed(path) == {"differed"}


def test_a_head_that_was_lost_is_told(path: Path) -> None:
    events.head_path(path).unlink()
    assert failed(path) == {"head"}
    with Store.open(path) as store:
        store.append_event("note", "store", ON, {})
        store.append_event("note", "store", ON, {})
        assert len(store.events(type=events.HEAD_LOST)) == 1
    assert failed(path) == set()
    (check,) = [check for check in report(path).checks if check.name == "head"]
    assert check.detail


def work_on(path: Path) -> None:
    """A day of the office; what the edit made impossible is refused or breaks, and the next is tried."""
    every = [way for _edit, ways in RESTATED.values() for way in ways if way is not migrate]
    acts: list[Callable[[Store], object]] = [*every, lambda store: store.withdraw(3, "wrong", on=ON)]
    for act in acts:
        with contextlib.suppress(Exception), Store.open(path) as store:
            act(store)


def covered(path: Path, n: int, seed: int) -> list[str]:
    """Of `n` random acts those that verification does not see after a day of the office."""
    rng = random.Random(seed)
    sound, kept = path.read_bytes(), events.head_path(path).read_bytes()
    unseen, done = [], 0
    while done < n:
        path.write_bytes(sound)
        events.head_path(path).write_bytes(kept)
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        act = tamper(path, rng)
        if not act or " gpkg_contents" in f" {act}" or " rtree_" in f" {act}":
            continue  # extents and boxes are worked out from the rows: a command puts them right
        done += 1
        work_on(path)
        if not failed(path):
            unseen.append(act)
    return unseen


def test_random_acts_are_found_after_the_office_worked_on(path: Path) -> None:
    assert covered(path, 6, seed=5) == []


@pytest.mark.long
def test_many_random_acts_are_found_after_the_office_worked_on(path: Path) -> None:
    unseen = covered(path, EDITS // 4, seed=9)
    print(f"{EDITS // 4 - len(unseen)} of {EDITS // 4} found afterwards")
    assert unseen == []


def test_a_head_that_is_in_use_is_not_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows shows a file that is just being replaced to nobody."""

    def busy(file: Path, *_given: object, **_more: object) -> bytes:
        raise PermissionError(13, "in use", str(file))

    with Store.open(path) as store:
        for name in ("read_text", "read_bytes"):
            monkeypatch.setattr(Path, name, busy)
        store.append_event("note", "store", ON, {})
        monkeypatch.undo()
        assert store.events(type=events.HEAD_LOST) == []
    events.head_path(path).write_text("{", encoding="ascii")
    with Store.open(path) as store:
        store.append_event("note", "store", ON, {})
        assert len(store.events(type=events.HEAD_LOST)) == 1

"""Documents: hung on a home or a case, told by the log, whole after every step."""

from datetime import date

import pytest
from store_samples import finding_of, square

from regularize.errors import OptionError
from regularize.model import Case, Home, HomeChanges
from regularize.store import Document, Store

DAY = date(2026, 5, 1)


def home_of(id_: str, east: float = 0.0) -> Home:
    return Home(id_, "00000", square(east), (), (), (), DAY)


@pytest.fixture
def housed(store: Store) -> Store:
    changes = HomeChanges(new=(home_of("T-00000-1"), home_of("T-00000-2", 40.0)))
    store.save_run({}, [finding_of("B-1", home="T-00000-1")], {}, changes, on=DAY)
    return store


def whole(store: Store) -> bool:
    report = store.verify()
    assert report.ok, [c for c in report.checks if not c.ok]
    return report.ok


def test_a_document_goes_through_its_states(housed: Store) -> None:
    asked = housed.add_document(Document(0, "title", "asked_for", DAY, home="T-00000-1"), actor="clerk")
    assert asked.id == 1
    assert whole(housed)
    got = housed.set_document_state(
        1, "received", on=date(2026, 6, 1), sha256="a" * 64, place="архив/папка 4", details={"number": "12"}
    )
    assert (got.state, got.sha256) == ("received", "a" * 64)
    expired = housed.set_document_state(1, "expired", on=date(2027, 6, 1))
    assert expired.place == "архив/папка 4"
    assert whole(housed)
    told = [e for e in housed.events(subject="home:T-00000-1") if e.type.startswith("document.")]
    assert [(e.payload or {})["state"] for e in told] == ["asked_for", "received", "expired"]
    assert (told[1].payload or {})["number"] == "12"
    assert housed.home_links("T-00000-1")["documents"][0]["name"] == "title"
    assert housed.info()["documents"] == 1


def test_documents_of_a_home_or_a_case(housed: Store) -> None:
    case = housed.open_case(Case("", "review", "part", DAY))
    housed.add_document(Document(0, "title", "received", DAY, home="T-00000-1"))
    housed.add_document(Document(0, "survey", "received", DAY, home="T-00000-2"))
    housed.add_document(Document(0, "brief", "asked_for", DAY, case=case.id))
    assert [d.document_type for d in housed.documents()] == ["title", "survey", "brief"]
    assert [d.document_type for d in housed.documents(home="T-00000-2")] == ["survey"]
    assert [d.document_type for d in housed.documents(case=case.id)] == ["brief"]
    assert whole(housed)


def test_documents_follow_a_home_that_merges(housed: Store) -> None:
    housed.add_document(Document(0, "title", "received", DAY, home="T-00000-2"))
    changes = HomeChanges(kept=(home_of("T-00000-1"),), merged=(("T-00000-2", "T-00000-1"),))
    housed.save_run({}, [], {}, changes, on=date(2026, 7, 1))
    assert [d.document_type for d in housed.documents(home="T-00000-1")] == ["title"]
    assert housed.documents(home="T-00000-2") == []
    assert whole(housed)


@pytest.mark.parametrize(
    "document",
    [
        Document(0, "title", "lost", DAY, home="T-00000-1"),
        Document(0, "title", "received", DAY),
        Document(0, "title", "received", DAY, home="T-00000-9"),
        Document(0, "title", "received", DAY, case="C-9"),
    ],
)
def test_what_fits_nothing_is_refused(housed: Store, document: Document) -> None:
    before = housed.info()["head"]
    with pytest.raises(OptionError):
        housed.add_document(document)
    assert housed.info()["head"] == before


def test_a_state_does_not_go_back_in_time(housed: Store) -> None:
    housed.add_document(Document(0, "title", "received", DAY, home="T-00000-1"))
    with pytest.raises(OptionError, match="2026-05-01"):
        housed.set_document_state(1, "expired", on=date(2026, 4, 30))
    with pytest.raises(OptionError):
        housed.set_document_state(2, "expired", on=DAY)
    with pytest.raises(OptionError):
        housed.set_document_state(1, "burnt", on=DAY)


def test_tampering_with_a_document_is_seen(housed: Store) -> None:
    import sqlite3

    housed.add_document(Document(0, "title", "refused", DAY, home="T-00000-1"))
    path = housed.path
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE documents SET state='received'")
    connection.close()
    told = {check.name: check.detail for check in housed.verify().checks}
    assert "documents: update 1" in told["external"]  # the file itself keeps what another program does
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER history_documents_update")
        connection.execute("UPDATE documents SET state='refused'")
    connection.close()
    assert not housed.verify().ok

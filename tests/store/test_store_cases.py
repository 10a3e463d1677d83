"""Cases in bulk, objections, and stores from before objections had a table."""

from datetime import date
from pathlib import Path

import pytest
from store_samples import square

from regularize.errors import OptionError
from regularize.model import Case
from regularize.store import Store, digests, events, migrations
from regularize.store.cases import Incoming
from regularize.store.events import Draft
from regularize.store.objections import Objection

DAY = date(2026, 3, 6)


def incoming(key: str, n: int = 2, **given: object) -> Incoming:
    case = Case(id="", kind="review", title=key, opened_on=DAY, geometry=square(), **given)  # type: ignore[arg-type]
    drafts = [Draft("case.event", "", DAY, {"event": "remark", "n": i}) for i in range(n)]
    return Incoming(key, case, drafts)


def objection(store: Store, **given: object) -> Objection:
    case = store.open_case(Case(id="", kind="review", title="a", opened_on=DAY))
    values = {"cause": "access", "place_kind": "point", "place": None, "geometry": square().centroid}
    return Objection(case=case.id, number=0, on=DAY, **(values | given))  # type: ignore[arg-type]


def without_later_tables(path: Path) -> None:
    """The store as it was before objections, indicative plots and proposals came."""
    with Store.open(path) as opened, opened._database.write() as inside:
        for later in ("objections", "indicative_plots", "proposals"):
            for name in inside.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name=?", (later,)
            ).scalars():
                inside.exec_driver_sql(f'DROP TRIGGER "{name}"')
            inside.exec_driver_sql(f"DROP TABLE rtree_{later}_geom")
            for table in ("gpkg_extensions", "gpkg_geometry_columns", "gpkg_contents"):
                inside.exec_driver_sql(f"DELETE FROM {table} WHERE table_name=?", (later,))  # noqa: S608 - own names
            inside.exec_driver_sql(f"DROP TABLE {later}")
            inside.exec_driver_sql("DELETE FROM migrations WHERE name=?", (later,))
        state = digests.of_tables(inside, opened._metadata, "migrations")  # as its own log had it
        events.append(inside, opened._metadata, [Draft("note", "store", DAY, {}, "", state)])


def test_a_store_without_objections_gets_their_table(store: Store) -> None:
    store.close()
    without_later_tables(store.path)
    with Store.open(store.path) as opened:
        assert sorted(opened.info()["schema"]) == sorted(name for name, _change in migrations.MIGRATIONS)
        assert [event.type for event in opened.events()][-1] == "store.migrated"
        assert opened.info()["objections"] == 0
        assert opened.indicative_plots().empty
        assert opened.verify().ok, opened.verify().checks
        opened.add_objection(objection(opened))
        assert opened.verify().ok


def test_import_is_one_transaction(store: Store) -> None:
    done = store.import_cases([incoming("a"), incoming("b")], sha256="1" * 64, source="x.csv")
    assert done.ids == {"a": "C-1", "b": "C-2"}
    assert not done.again
    subjects = [event.subject for event in store.events()]
    assert subjects == ["store", *["case:C-1"] * 3, *["case:C-2"] * 3, "store"]
    assert store.verify().ok
    again = store.import_cases([incoming("a"), incoming("b")], sha256="1" * 64, source="x.csv")
    assert (again.again, dict(again.ids)) == (True, dict(done.ids))
    assert store.imported().files == {"1" * 64: done.ids}
    with pytest.raises(OptionError, match="imported before, as C-2"):
        store.import_cases([incoming("c"), incoming("b")], sha256="2" * 64, source="y.csv")
    with pytest.raises(OptionError, match="T-00000-9"):
        store.import_cases(
            [incoming("d"), incoming("e", homes=("T-00000-9",))], sha256="3" * 64, source="z.csv"
        )
    assert [case.id for case in store.cases()] == ["C-1", "C-2"]
    assert len(store.events()) == len(subjects)


def test_objections_are_numbered_answered_and_verified(store: Store) -> None:
    first = store.add_objection(
        objection(store), [Draft("case.event", "case:C-1", DAY, {"event": "objection_received", "facts": {}})]
    )
    assert first.number == 1
    assert store.events(type="case.event")[-1].payload["facts"] == {"objection": 1}  # type: ignore[index]
    second = store.add_objection(Objection(**{**vars(first), "number": 0, "cause": "street"}))
    assert second.number == 2
    answered = store.answer_objection("C-1", 2, decision="accepted", on=DAY, note="moved")
    assert store.objections("C-1") == [first, answered]
    assert store.verify().ok
    with pytest.raises(OptionError, match="no objection 3"):
        store.answer_objection("C-1", 3, decision="accepted", on=DAY)
    with store._database.write() as inside:
        inside.exec_driver_sql("UPDATE objections SET decision='rejected' WHERE number=2")
    assert not store.verify().ok


def test_an_objection_needs_a_known_case(store: Store) -> None:
    with pytest.raises(OptionError, match="C-9"):
        store.add_objection(Objection("C-9", 0, "access", DAY, "point", None, square().centroid))
    assert [event.type for event in store.events()] == ["store.created"]

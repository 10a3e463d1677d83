"""Runs, findings, reviews, homes, cases, blocks: what changes, what stays, what is told."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from store_samples import CRS, finding_of, square

from regularize.errors import OptionError, StoreError
from regularize.model import Batch, Case, Grade, Home, HomeChanges, Measure, ReviewState
from regularize.store import Store, bulk

ON = date(2026, 3, 1)
LATER = date(2026, 4, 1)


def home_of(id_: str, **given: Any) -> Home:
    values: dict[str, Any] = {
        "settlement": "00000",
        "geometry": square(),
        "register_fids": (1,),
        "survey_fids": (),
        "plot_fids": (),
        "valid_from": ON,
    }
    return Home(id=id_, **(values | given))


def types(store: Store, subject: str | None = None) -> list[str]:
    return [event.type for event in store.events(subject)]


def test_a_finding_comes_back_as_it_went(store: Store) -> None:
    finding = finding_of(
        "B-1",
        measures={"iou": Measure(0.25, None, "1"), "area_m2": Measure(81.0, 2.0, "m2")},
        reasons=("A", "B"),
        register_fids=(3, 4),
        register_refs=("r", "ж"),
        grade=Grade.C,
    )
    assert store.save_run({"threshold": 0.5}, [finding], {}, HomeChanges(), on=ON) == 1
    assert store.findings() == [finding]
    assert store.finding("B-1") == finding
    with pytest.raises(OptionError):
        store.finding("B-2")


def noted(path: Path) -> list[tuple[Any, ...]]:
    query = 'SELECT id, table_name, "row", new_row, operation, after_seq, external, old FROM row_history'
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"{query} ORDER BY id").fetchall()


def test_many_rows_are_noted_as_few_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [finding_of(f"B-{k}", home=f"T-00000-{k}") for k in range(1, 251)]
    homes = HomeChanges(new=tuple(home_of(f"T-00000-{k}", survey_fids=(k,)) for k in range(1, 251)))
    for name, many in (("few", 10_000), ("many", bulk._MANY)):
        monkeypatch.setattr(bulk, "_MANY", many)
        with Store.create(tmp_path / f"{name}.gpkg", crs=CRS, title="A") as store:
            store.save_run({}, found[:1], {}, HomeChanges(), on=ON)
            store.save_run({}, found, {}, homes, on=ON)
            assert store.verify().ok, store.verify().checks
    rows = noted(tmp_path / "few.gpkg")
    assert [row[1] for row in rows].count("home_links") == 3 * 250  # register, survey, finding
    assert noted(tmp_path / "many.gpkg") == rows
    # The trigger stands again: what others add is told.
    link = "NULL, home, role, table_name, 7, valid_from, valid_to"
    with closing(sqlite3.connect(tmp_path / "many.gpkg")) as connection:
        connection.execute(f"INSERT INTO home_links SELECT {link} FROM home_links LIMIT 1")  # noqa: S608 - constant text
        connection.commit()
    table, row, new_row, operation, _after, external, old = noted(tmp_path / "many.gpkg")[-1][1:]
    assert (table, row, new_row, operation, external, old) == ("home_links", 751, None, "insert", 1, None)


def test_a_trigger_that_somebody_changed_is_not_mended_unsaid(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    Store.create(path, crs=CRS, title="A").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER history_home_links_insert")
        connection.execute(
            'CREATE TRIGGER "history_home_links_insert" AFTER INSERT ON home_links BEGIN SELECT 1; END'
        )
        connection.commit()
    homes = HomeChanges(new=tuple(home_of(f"T-00000-{k}", survey_fids=(k,)) for k in range(1, 251)))
    with Store.open(path) as store:
        store.save_run({}, [], {}, homes, on=ON)
        (guards,) = [check for check in store.verify().checks if not check.ok]
    assert guards.name == "guards"
    assert "history_home_links_insert" in guards.detail


def test_rows_that_cannot_be_inserted_leave_the_trigger_in_place(tmp_path: Path) -> None:
    new = tuple(home_of(f"T-00000-{k}", survey_fids=(k,)) for k in range(1, 251))
    path = tmp_path / "a.gpkg"
    with Store.create(path, crs=CRS, title="A") as store:
        before = noted(path)
        with pytest.raises(StoreError, match="UNIQUE"):
            store.save_run({}, [], {}, HomeChanges(new=(*new, new[0])), on=ON)
        assert store.verify().ok
        assert noted(path) == before
        store.save_run({}, [], {}, HomeChanges(new=new), on=ON)
        assert store.verify().ok
        assert [row[1] for row in noted(path)].count("home_links") == 2 * 250


def test_a_run_without_change_adds_one_event(store: Store) -> None:
    findings = [finding_of(f"B-{i}") for i in range(1, 6)]
    homes = HomeChanges(new=(home_of("T-00000-1"),))
    store.save_run({}, findings, {}, homes, on=ON)
    n = len(store.events())
    kept = HomeChanges(kept=(home_of("T-00000-1"),))
    assert store.save_run({}, findings, {}, kept, on=LATER) == 2
    assert types(store)[n:] == ["detect.run"]
    run = store.events(type="detect.run")[-1]
    assert run.payload is not None
    assert run.payload["findings"] == {
        "opened": 0,
        "reopened": 0,
        "class_changed": 0,
        "closed": 0,
        "open": 5,
    }
    assert store.verify().ok


def test_a_review_survives_a_run(store: Store) -> None:
    store.save_run({}, [finding_of("B-1"), finding_of("B-2")], {}, HomeChanges(), on=ON)
    store.review("B-1", ReviewState.CONFIRMED, "видяна на място", "ana", ON)
    # The run does not know of the review; it may even have measured a little differently.
    again = finding_of("B-1", score=0.8, geometry=square(1))
    store.save_run({}, [again, finding_of("B-2")], {}, HomeChanges(), on=LATER)
    finding = store.finding("B-1")
    assert (finding.review, finding.score, finding.geometry) == (ReviewState.CONFIRMED, 0.8, square(1))
    event = store.events("finding:B-1")[-1]
    assert (event.type, event.actor, event.on) == ("finding.reviewed", "ana", ON)
    assert event.payload == {
        "from": "new",
        "to": "confirmed",
        "note": "видяна на място",
        "class": "not_in_cadastre",
    }


def test_another_class_asks_again_and_remembers(store: Store) -> None:
    store.save_run({}, [finding_of("B-1")], {}, HomeChanges(), on=ON)
    store.review("B-1", "rejected", "", "ana", ON)
    store.save_run({}, [finding_of("B-1", "extended")], {}, HomeChanges(), on=LATER)
    assert store.finding("B-1").review is ReviewState.NEW
    event = store.events("finding:B-1")[-1]
    assert event.type == "finding.class_changed"
    assert event.payload == {"run": 2, "from": "not_in_cadastre", "to": "extended", "review": "rejected"}


def test_what_is_gone_is_closed_and_may_come_back(store: Store) -> None:
    store.save_run({}, [finding_of("B-1"), finding_of("P-7", kind="plot")], {}, HomeChanges(), on=ON)
    store.review("B-1", "confirmed", "", "ana", ON)
    store.save_run({}, [finding_of("P-7", kind="plot")], {"B-1": "not found"}, HomeChanges(), on=LATER)
    assert [f.id for f in store.findings()] == ["P-7"]
    assert [f.id for f in store.known_findings()] == ["B-1", "P-7"]
    assert store.finding("B-1").closed_reason == "not found"
    assert store.next_number("B") == 2  # an id is never given twice
    store.save_run({}, [finding_of("B-1")], {"P-7": "gone"}, HomeChanges(), on=LATER)
    back = store.finding("B-1")
    assert (back.closed_reason, back.review) == (None, ReviewState.CONFIRMED)
    assert types(store, "finding:B-1") == ["finding.reviewed", "finding.closed", "finding.reopened"]
    store.save_run({}, [finding_of("B-1")], {"P-7": "gone"}, HomeChanges(), on=LATER)
    assert types(store, "finding:P-7") == ["finding.closed"]  # told once
    assert store.verify().ok


def test_a_run_with_muddled_ids_is_refused_whole(store: Store) -> None:
    for found, closed in (
        ([finding_of("")], {}),
        ([finding_of("B-1"), finding_of("B-1")], {}),
        ([finding_of("B-1")], {"B-1": "gone"}),
        ([], {"B-9": "gone"}),
    ):
        with pytest.raises(OptionError):
            store.save_run({}, found, closed, HomeChanges(), on=ON)
    with pytest.raises(OptionError):
        store.save_run({}, [], {}, HomeChanges(kept=(home_of("T-00000-9"),)), on=ON)
    assert store.info()["runs"] == 0
    assert types(store) == ["store.created"]


def test_only_known_states_are_reviews(store: Store) -> None:
    store.save_run({}, [finding_of("B-1")], {}, HomeChanges(), on=ON)
    with pytest.raises(OptionError) as caught:
        store.review("B-1", "decided", "", "ana", ON)
    assert "confirmed" in caught.value.hint
    with pytest.raises(OptionError):
        store.review("B-2", "confirmed", "", "ana", ON)


def test_a_finding_and_a_case_hang_on_a_home(store: Store, deliver: Callable[..., Batch]) -> None:
    deliver([square()], layer="buildings", kind="buildings", columns={"identifier": ["00000.1.2.3"]})
    finding = finding_of("B-1", home="T-00000-1")
    store.save_run({}, [finding], {}, HomeChanges(new=(home_of("T-00000-1"),)), on=ON)
    case = store.open_case(Case("", "plan", "План", LATER, homes=("T-00000-1",)), "ana")
    links = store.home_links("T-00000-1")
    assert links["buildings"] == [
        {"row": 1, "name": "00000.1.2.3", "ref": None, "valid_from": ON, "valid_to": None}
    ]
    assert [link["name"] for link in links["findings"]] == ["B-1"]
    assert [(link["name"], link["valid_from"]) for link in links["cases"]] == [(case.id, LATER)]
    assert links["documents"] == []
    with pytest.raises(OptionError):
        store.home_links("T-00000-2")


def test_links_end_and_begin_with_dates(store: Store) -> None:
    store.save_run({}, [], {}, HomeChanges(new=(home_of("T-00000-1", survey_fids=(5,)),)), on=ON)
    changed = home_of("T-00000-1", survey_fids=(6,))
    store.save_run({}, [], {}, HomeChanges(kept=(changed,)), on=LATER)
    links = store.home_links("T-00000-1")["observed_buildings"]
    assert [(link["row"], link["valid_from"], link["valid_to"]) for link in links] == [
        (5, ON, LATER),
        (6, LATER, None),
    ]
    assert types(store, "home:T-00000-1") == ["home.opened", "home.changed"]
    assert store.home("T-00000-1") == changed
    assert store.verify().ok


def test_merging_and_splitting_are_events(store: Store) -> None:
    a, b = home_of("T-00000-1"), home_of("T-00000-2", register_fids=(2,))
    store.save_run({}, [], {}, HomeChanges(new=(a, b)), on=ON)
    case = store.open_case(Case("", "plan", "План", ON, homes=("T-00000-2",)))
    joined = home_of("T-00000-1", register_fids=(1, 2))
    store.save_run({}, [], {}, HomeChanges(kept=(joined,), merged=(("T-00000-2", "T-00000-1"),)), on=LATER)
    assert store.homes() == [joined]
    ended = store.home("T-00000-2")
    assert (ended.valid_to, ended.merged_into) == (LATER, "T-00000-1")
    assert types(store, "home:T-00000-2") == ["home.opened", "home.merged"]
    # What a person hung on the home that ended hangs on the one that goes on.
    assert [link["name"] for link in store.home_links("T-00000-1")["cases"]] == [case.id]
    assert store.home_links("T-00000-2")["cases"][0]["valid_to"] == LATER
    assert store.home_links("T-00000-2")["buildings"][0]["valid_to"] == LATER
    left = home_of("T-00000-3", register_fids=(2,))
    changes = HomeChanges(kept=(a,), new=(left,), split=(("T-00000-1", "T-00000-3"),))
    store.save_run({}, [], {}, changes, on=LATER)
    assert types(store, "home:T-00000-3") == ["home.split", "home.opened"] or types(
        store, "home:T-00000-3"
    ) == ["home.opened", "home.split"]
    store.save_run({}, [], {}, HomeChanges(kept=(a,), closed=(("T-00000-3", "gone"),)), on=LATER)
    assert [home.id for home in store.homes(include_closed=True)] == ["T-00000-1", "T-00000-2", "T-00000-3"]
    assert store.next_number("T") == 4
    assert store.verify().ok


def test_a_case_comes_back_as_it_went(store: Store) -> None:
    given = Case("", "plan", "ПУП", ON, geometry=square(), plan_part="1", facts={"area_ha": 2.5, "а": [1]})
    first = store.open_case(given, "ana")
    second = store.open_case(Case("", "plan", "без място", LATER))
    assert (first.id, second.id) == ("C-1", "C-2")
    assert store.cases() == [first, second]
    assert store.case("C-1").facts == {"area_ha": 2.5, "а": [1]}
    assert store.case("C-2").geometry is None
    event = store.append_event("case.notice", "case:C-1", LATER, {"number": "12/2026"}, "ana")
    assert store.events("case:C-1")[-1] == event
    for case in (Case("C-1", "plan", "", ON), Case("", "plan", "", ON, homes=("T-00000-1",))):
        with pytest.raises(OptionError):
            store.open_case(case)
    with pytest.raises(OptionError):
        store.case("C-3")


@pytest.mark.parametrize(
    "subject", ["case:C-9", "home:T-1", "finding:B-1", "batch:1", "batch:x", "other:1", ""]
)
def test_an_event_is_about_something_known(store: Store, subject: str) -> None:
    with pytest.raises(OptionError):
        store.append_event("note", subject, ON, {})
    assert types(store) == ["store.created"]


def test_blocks_are_drawn_once(store: Store) -> None:
    frame = gpd.GeoDataFrame({"block": [1], "counts": [{"dwellings": 12}]}, geometry=[square()], crs=CRS)
    assert store.save_blocks(frame) == 1
    moved = gpd.GeoDataFrame({"block": [1, 2], "counts": [{}, {}]}, geometry=[square(5), square(90)], crs=CRS)
    assert store.save_blocks(moved) == 1
    stored = store.blocks()
    assert list(stored["block"]) == [1, 2]
    assert list(stored.geometry) == [square(), square(90)]
    assert list(stored["counts"]) == [{"dwellings": 12}, {}]
    assert store.verify().ok


def test_info_counts(store: Store, deliver: Callable[..., Batch]) -> None:
    deliver([square()], valid_from=date(2020, 1, 1), held=1)
    deliver([square()], valid_from=date(2021, 1, 1))
    info = store.info()
    assert info["layers"]["parcels"] == {"live": 1, "total": 2}
    assert (info["batches"], info["quarantine"], info["events"]) == (2, 1, 3)
    assert info["title"] == "Опитна община"
    assert info["crs"] == CRS
    assert info["head"]["count"] == 3


def test_an_unknown_prefix_has_no_numbers(store: Store) -> None:
    assert store.next_number("C") == 1
    with pytest.raises(OptionError):
        store.next_number("X")

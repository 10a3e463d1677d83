"""Deliveries: stored as read, dated against each other, withdrawn without loss."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import Held, rows_of, source_of, square

from regularize import layers
from regularize.errors import InputError, OptionError, RefusedError
from regularize.model import Batch, Issue, Severity
from regularize.store import Store, geopackage

Deliver = Callable[..., Batch]
PARCELS = layers.layer_named("parcels")
Y2023, Y2024, Y2025, Y2026 = (date(year, 1, 1) for year in (2023, 2024, 2025, 2026))


def live(store: Store, on: date, layer: str = "parcels") -> list[int]:
    return list(store.layer(layer, on=on)["fid"])


def test_rows_come_back_as_they_went(store: Store, deliver: Deliver) -> None:
    batch = deliver(
        [square(), shapely.MultiPolygon([square(30), square(60)])],
        columns={"ref": ["а", None], "area_register_m2": [100.5, None], "identifier": [None, "00000.1.2"]},
    )
    assert (batch.id, batch.n_stored, batch.n_quarantined) == (1, 2, 0)
    frame = store.layer("parcels", on=Y2024)
    assert list(frame.geometry) == [square(), shapely.MultiPolygon([square(30), square(60)])]
    assert list(frame["ref"]) == ["а", None]
    assert list(frame["identifier"]) == [None, "00000.1.2"]
    assert frame["area_register_m2"][0] == 100.5
    assert np.isnan(frame["area_register_m2"][1])
    assert set(frame["valid_from"]) == {Y2024}
    assert set(frame["sigma_m"]) == {0.1}
    assert [c for c in frame.columns if c != "geometry"] == [
        c.name for c in (*layers.COMMON, *PARCELS.columns)
    ]
    assert frame.crs == "EPSG:7801"
    assert store.verify().ok


def test_an_empty_layer_has_its_columns(store: Store) -> None:
    frame = store.layer("buildings")
    assert len(frame) == 0
    assert "storeys" in frame.columns
    assert frame.crs == "EPSG:7801"
    with pytest.raises(OptionError):
        store.layer("batches")


def test_whole_numbers_stay_whole(store: Store, deliver: Deliver) -> None:
    deliver([square(), square(20)], layer="buildings", kind="buildings", columns={"storeys": [2.0, None]})
    storeys = list(store.layer("buildings", on=Y2024)["storeys"])
    assert storeys == [2, None]
    assert isinstance(storeys[0], int)


def test_what_was_held_back_is_kept(store: Store) -> None:
    held = Held(1, wkb=b"\x01broken", attributes={"ref": "ж"})
    issue = Issue("NULL_GEOMETRY", Severity.ERROR, "ред 1", feature=1, x=1.5)
    batch = store.ingest(source_of(2), PARCELS, rows_of([square()]), [held], [issue], actor="ana")
    assert (batch.n_stored, batch.n_quarantined) == (1, 1)
    assert store.issues() == [(batch.id, issue)]
    assert store.issues(batch.id + 1) == []
    event = store.events(subject="batch:1")[0]
    assert (event.type, event.actor) == ("batch.ingested", "ana")
    assert event.payload is not None
    assert (event.payload["read"], event.payload["stored"], event.payload["quarantined"]) == (2, 1, 1)


def test_each_standing_delivery_has_its_place(store: Store, deliver: Deliver) -> None:
    """A few rows far off make no place of a delivery; what is withdrawn lies nowhere."""
    assert store.delivery_places() == []
    many = [square(20.0 * k) for k in range(300)] + [square(9e5), square(9.1e5)]
    deliver(many)
    far = deliver([square(5e4, 7e4)], layer="buildings", kind="buildings")
    first, second = store.delivery_places()
    west, south, _east, north = square().bounds
    assert first[:2] == pytest.approx((west + 60, south), abs=20)
    assert first[2:] == pytest.approx((west + 10 + 20 * 299, north), abs=60)
    assert second == pytest.approx(square(5e4, 7e4).bounds, abs=0.1)  # as far as its one outline reaches
    store.withdraw(far.id, "wrong sheet")
    assert store.delivery_places() == [first]


def test_a_lost_row_stops_everything(store: Store) -> None:
    with pytest.raises(RefusedError, match="read=3"):
        store.ingest(source_of(3), PARCELS, rows_of([square(), square(20)]))
    assert store.batches() == []
    assert len(store.events()) == 1


@pytest.mark.parametrize(
    ("frame", "layer"),
    [
        (rows_of([None]), "parcels"),
        (rows_of([shapely.Point(0, 0)]), "parcels"),
        (rows_of([square()], storeys=["две"]), "buildings"),
        (rows_of([square()], storeys=[1.5]), "buildings"),
        (rows_of([square()], ref=["half \ud83d pair"]), "parcels"),
        (rows_of([square()], valid_from=["12.01.2026"]), "parcels"),
    ],
)
def test_what_does_not_fit_is_refused_whole(store: Store, frame: Any, layer: str) -> None:
    with pytest.raises(InputError, match="feature 0"):
        store.ingest(source_of(1), layers.layer_named(layer), frame)
    assert store.batches() == []
    assert store.verify().ok


def test_another_crs_is_refused(store: Store) -> None:
    with pytest.raises(OptionError):
        store.ingest(source_of(1), PARCELS, rows_of([square()]).set_crs("EPSG:32635", allow_override=True))


def test_the_same_file_is_found_again(store: Store, deliver: Deliver) -> None:
    deliver([square()], sha256="a" * 64)
    found = store.find_batch("a" * 64, "cadastre", "parcels", "parcels")
    assert found == store.batch(1)
    assert store.find_batch("b" * 64, "cadastre", "parcels", "parcels") is None
    assert store.find_batch("a" * 64, "survey", "parcels", "parcels") is None
    store.withdraw(1, "wrong file")
    assert store.find_batch("a" * 64, "cadastre", "parcels", "parcels") is None
    with pytest.raises(OptionError):
        store.batch(2)


# Dating


def test_a_newer_delivery_ends_the_older(store: Store, deliver: Deliver) -> None:
    deliver([square(), square(50)], valid_from=Y2024)
    deliver([square(1), square(100)], valid_from=Y2025)  # 90 % the same; and a new one
    assert live(store, Y2024) == [1, 2]
    assert live(store, Y2025) == [2, 3, 4]  # what nothing meets stays
    event = store.events(subject="batch:2")[0]
    assert event.payload is not None
    assert event.payload["superseded"] == 1
    assert store.verify().ok


def test_half_of_the_smaller_is_the_same_thing(store: Store, deliver: Deliver) -> None:
    deliver([square(), square(100)], valid_from=Y2024)
    deliver([square(4.9), square(105.1)], valid_from=Y2025)
    assert live(store, Y2025) == [2, 3, 4]


def test_identifiers_decide_where_both_have_one(store: Store, deliver: Deliver) -> None:
    deliver([square(), square(50)], columns={"identifier": ["1", "2"]}, valid_from=Y2024)
    deliver([square(50), square()], columns={"identifier": ["1", "3"]}, valid_from=Y2025)
    assert live(store, Y2025) == [2, 3, 4]  # 1 moved; 2 and 3 lie on others but are not them


def test_an_older_delivery_fits_in_before(store: Store, deliver: Deliver) -> None:
    deliver([square()], valid_from=Y2025)
    deliver([square()], valid_from=Y2024)
    assert live(store, Y2024) == [2]
    assert live(store, Y2025) == [1]
    deliver([square()], valid_from=date(2024, 7, 1))  # and one between the two
    assert [live(store, day) for day in (Y2024, date(2024, 7, 1), Y2025)] == [[2], [3], [1]]
    assert store.verify().ok


def test_of_one_day_the_later_ingest_stays(store: Store, deliver: Deliver) -> None:
    deliver([square()])
    deliver([square()])
    assert live(store, Y2024) == [2]


def test_another_source_or_layer_is_another_matter(store: Store, deliver: Deliver) -> None:
    deliver([square()], valid_from=Y2024)
    deliver([square()], valid_from=Y2025, source="company")
    deliver([square()], valid_from=Y2025, layer="areas", kind="areas")
    assert live(store, Y2025) == [1, 2]


def test_lines_and_points_are_recognised(store: Store, deliver: Deliver) -> None:
    x, y = square().bounds[:2]
    line = shapely.LineString([(x, y), (x + 10, y)])
    longer = shapely.LineString([(x + 4, y), (x + 90, y)])
    for day, geometries in ((Y2024, [line]), (Y2025, [longer])):
        deliver(geometries, layer="fences", kind="fences", valid_from=day)
    points = [shapely.Point(x, y), shapely.Point(x, y + 1)]
    deliver(points, layer="points", kind="points", origin="survey", valid_from=Y2024)
    deliver(points[:1], layer="points", kind="points", origin="survey", valid_from=Y2025)
    assert live(store, Y2025, "fences") == [2]
    assert live(store, Y2025, "points") == [2, 3]


def test_an_end_that_the_delivery_states_holds(store: Store, deliver: Deliver) -> None:
    deliver([square(), square(50)], columns={"valid_to": [Y2025, None]}, valid_from=Y2024)
    assert live(store, Y2024) == [1, 2]
    assert live(store, Y2025) == [2]
    assert list(store.layer("parcels", on=Y2024)["valid_to"]) == [Y2025, None]
    assert store.verify().ok


def test_a_withdrawal_reopens_what_was_closed(store: Store, deliver: Deliver) -> None:
    deliver([square(), square(50)], valid_from=Y2024)
    deliver([square(), square(100)], valid_from=Y2025)
    assert store.withdraw(2, "wrong file", on=Y2026, actor="ana") == 1
    assert live(store, Y2025) == [1, 2]
    assert store.info()["layers"]["parcels"]["total"] == 4  # nothing is erased
    assert store.batch(2).withdrawn_reason == "wrong file"
    event = store.events(type="batch.withdrawn")[0]
    assert event.payload == {"reason": "wrong file", "closed": 2, "reopened": 1}
    with pytest.raises(OptionError, match="already"):
        store.withdraw(2, "again")
    with pytest.raises(OptionError):
        store.withdraw(9, "none")
    assert store.verify().ok


def test_withdrawing_the_middle_leaves_the_ends_in_order(store: Store, deliver: Deliver) -> None:
    for year in (Y2024, Y2025, Y2026):
        deliver([square()], valid_from=year)
    store.withdraw(2, "wrong", on=Y2026)
    assert [live(store, day) for day in (Y2024, Y2025, Y2026)] == [[1], [1], [3]]
    store.withdraw(3, "wrong", on=Y2026)
    assert live(store, Y2026) == [1]
    deliver([square()], valid_from=Y2025)
    assert [live(store, day) for day in (Y2024, Y2025, Y2026)] == [[1], [4], [4]]
    assert store.verify().ok


@given(
    days=st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=6),
    withdrawn=st.sets(st.integers(1, 6)),
)
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_order_of_deliveries_gives_one_row_a_day(
    tmp_path_factory: pytest.TempPathFactory, days: list[tuple[int, bool]], withdrawn: set[int]
) -> None:
    """Whatever the order of arrival, on each day the latest version of a thing in force is valid."""
    with Store.create(tmp_path_factory.mktemp("t") / "store.gpkg", crs="EPSG:7801", title="") as store:
        for day, named in days:
            frame = rows_of([square()], identifier=["1" if named else None])
            store.ingest(source_of(1, valid_from=date(2024, day, 1)), PARCELS, frame)
        for number in withdrawn:
            if number <= len(days):
                store.withdraw(number, "wrong")
        left = [(day, n) for n, (day, _named) in enumerate(days, 1) if n not in withdrawn]
        for month in range(1, 7):
            due = [n for day, n in sorted(left) if day <= month]
            assert live(store, date(2024, month, 15)) == due[-1:]
        assert store.verify().ok


# Text


HOSTILE = [
    "'; DROP TABLE parcels; --",
    '"; DELETE FROM events; --',
    "{{7*7}}{% if 1 %}",
    "${7*7}`",
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(1)",
    "\u202eобратно\u202c",
    "a\x00b",
    "\r\n\t",
    " ",
    "",
    "NULL",
    "None",
    "nan",
    "0123",
    "1e400",
    "П" * 70_000,
    "\U0001f3da дом",
    "e\u0301 é",
    "\ufeffначало",
    "\x7f\x1b[31m",
    "%s %d {0} {name}",
    "C:\\имот\\..\\..",
    "#read(\"other.txt\")",
]  # fmt: skip


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    rng = np.random.default_rng(7)
    alphabet = [chr(c) for c in (*range(0x250), *range(0x400, 0x460), 0x200F, 0x2028, 0xFFFD, 0x1F600)]
    made = ["".join(rng.choice(alphabet, size=rng.integers(1, 40))) for _ in range(200 - len(HOSTILE))]
    return HOSTILE + made


def test_hostile_text_is_stored_byte_for_byte(store: Store, corpus: list[str]) -> None:
    assert len(corpus) == 200
    before = store.info()
    frame = rows_of(
        [square(i * 20) for i in range(200)],
        ref=corpus,
        identifier=corpus,
        source=corpus,
        ownership_kind=corpus,
    )
    store.ingest(source_of(200), PARCELS, frame)
    back = store.layer("parcels", on=Y2024)
    for column in ("ref", "identifier", "source", "ownership_kind"):
        assert list(back[column]) == corpus
    assert store.info()["layers"].keys() == before["layers"].keys()
    assert store.verify().ok


def test_hostile_names_are_stored_byte_for_byte(store: Store, corpus: list[str]) -> None:
    names = corpus[:30]
    for name in names:
        source = source_of(1, layer=name, path=name, source=name, sha256=name, notes=(name, name))
        held = Held(0, message=name, attributes={name: name})
        store.ingest(source, PARCELS, rows_of([]), [held], actor=name)
        store.append_event(name, "store", Y2024, {name: [name]}, name)
    assert [b.source.layer for b in store.batches()] == names
    assert [b.source.notes for b in store.batches()] == [(name, name) for name in names]
    assert store.find_batch(names[0], "cadastre", "parcels", names[0]) is not None
    assert [e.payload for e in store.events()[2::2]] == [{name: [name]} for name in names]
    assert store.verify().ok


def test_a_file_name_that_is_no_text_is_shown(store: Store) -> None:
    store.ingest(source_of(0, path="a\udcff.shp"), PARCELS, rows_of([]))
    assert store.batch(1).source.path == "a\\udcff.shp"
    with pytest.raises(OptionError):
        store.append_event("note", "store", Y2024, {"text": "\ud800"})
    assert store.verify().ok


# Many rows


def test_many_rows_are_indexed_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way for many rows leaves the same file as the way for few."""
    monkeypatch.setattr(geopackage, "BULK_ROWS", 10)
    frame = rows_of([square(i * 20) for i in range(50)], identifier=[str(i) for i in range(50)])
    store.ingest(source_of(50), PARCELS, frame)
    store.ingest(source_of(50, valid_from=Y2025), PARCELS, frame)
    assert live(store, Y2025) == list(range(51, 101))
    report = store.verify()
    assert report.ok, report
    store.close()
    import pyogrio

    x, y = square(40).bounds[:2]
    assert len(pyogrio.read_dataframe(store.path, layer="parcels", bbox=(x + 1, y, x + 2, y + 1))) == 2

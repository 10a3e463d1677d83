"""What was known when: every state that the store went through comes back as it was."""

from datetime import date
from pathlib import Path

import pytest
from store_samples import CRS, finding_of, rows_of, source_of, square

from regularize import layers
from regularize.errors import OptionError
from regularize.model import Case, Home, HomeChanges
from regularize.store import Store

ON = date(2026, 3, 1)


def seen(store: Store) -> dict[str, object]:
    return {
        "parcels": [list(store.layer("parcels", on=day)["fid"]) for day in (date(2024, 6, 1), ON)],
        "findings": [(f.id, f.cls, str(f.review), f.closed_reason) for f in store.known_findings()],
        "homes": [(h.id, h.valid_to) for h in store.homes(include_closed=True)],
        "cases": [c.id for c in store.cases()],
        "batches": [(b.id, b.withdrawn_reason) for b in store.batches()],
        "events": len(store.events()),
    }


def test_every_state_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "store.gpkg"
    states: dict[int, dict[str, object]] = {}
    with Store.create(path, crs=CRS, title="t") as store:

        def note() -> None:
            states[len(store.events())] = seen(store)

        frame = rows_of([square(i * 20) for i in range(4)])
        home = Home("T-00000-1", "00000", square(), (1,), (), (), ON)
        note()
        for day in (date(2024, 1, 1), date(2025, 1, 1)):
            store.ingest(source_of(4, valid_from=day), layers.layer_named("parcels"), frame)
            note()
        store.save_run({}, [finding_of("B-1", home=home.id)], {}, HomeChanges(new=(home,)), on=ON)
        note()
        store.review("B-1", "confirmed", "", "ana", ON)
        note()
        store.withdraw(2, "wrong", on=ON)
        note()
        store.open_case(Case("", "plan", "План", ON, homes=(home.id,)), "ana")
        note()
        store.save_run({}, [], {"B-1": "gone"}, HomeChanges(closed=((home.id, "gone"),)), on=ON)
        note()
    content = path.read_bytes()
    for seq, state in states.items():
        with Store.as_known(path, seq=seq) as then:
            assert seen(then) == state
            wrong = [check for check in then.verify().checks if not check.ok and check.name != "head"]
            assert wrong == []
            then.append_event("note", "store", ON, {})  # in memory only
    assert path.read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store.gpkg", "store.head"]


def test_before_the_store_nothing_was_known(tmp_path: Path) -> None:
    Store.create(tmp_path / "store.gpkg", crs=CRS, title="t").close()
    with pytest.raises(OptionError):
        Store.as_known(tmp_path / "store.gpkg", day=date(2000, 1, 1))
    with Store.as_known(tmp_path / "store.gpkg", day=date(2999, 1, 1)) as now:
        assert len(now.events()) == 1

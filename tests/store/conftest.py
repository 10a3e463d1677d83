"""A small store, and a way to fill it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from store_samples import CRS, Held, rows_of, source_of

from regularize import layers
from regularize.model import Batch
from regularize.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "store.gpkg", crs=CRS, title="Опитна община") as made:
        yield made


@pytest.fixture
def deliver(store: Store) -> Callable[..., Batch]:
    def work(geometries: list[Any], *, layer: str = "parcels", held: int = 0, **given: Any) -> Batch:
        columns = given.pop("columns", {})
        quarantine = [Held(len(geometries) + i) for i in range(held)]
        source = source_of(len(geometries) + held, **given)
        return store.ingest(source, layers.layer_named(layer), rows_of(geometries, **columns), quarantine)

    return work

"""A small store, and a way to fill it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from store_samples import CRS, Held, rows_of, source_of

from regularize import layers
from regularize.model import Batch
from regularize.store import Store


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "store.gpkg"
    Store.create(path, crs=CRS, title="Опитна община").close()
    return path


@pytest.fixture
def store(tmp_path: Path, empty_store: Path) -> Iterator[Store]:
    for file in empty_store.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    with Store.open(tmp_path / "store.gpkg") as opened:
        yield opened


@pytest.fixture
def deliver(store: Store) -> Callable[..., Batch]:
    def work(geometries: list[Any], *, layer: str = "parcels", held: int = 0, **given: Any) -> Batch:
        columns = given.pop("columns", {})
        quarantine = [Held(len(geometries) + i) for i in range(held)]
        source = source_of(len(geometries) + held, **given)
        return store.ingest(source, layers.layer_named(layer), rows_of(geometries, **columns), quarantine)

    return work

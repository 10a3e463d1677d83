"""What the tests of intake share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from mutation import WATCH
from small_sources import UTM, dbf_bytes, square, write

from regularize import (
    gdal_guard,  # noqa: F401 first, before any engine
    i18n,
    intake,
)
from regularize.countries import Pack, load


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    i18n.use("en")


@pytest.fixture(autouse=True)
def _watch_ends() -> Iterator[None]:
    """A series of mutations that failed leaves its watch running: it ends with the test."""
    yield
    WATCH.end()


@pytest.fixture
def generic() -> Pack:
    return load("generic")


@pytest.fixture
def bg() -> Pack:
    return load("bg")


@pytest.fixture
def agency_shapefile(tmp_path: Path) -> Callable[..., Path]:
    """A shapefile as agencies deliver it: one-byte Cyrillic, often without a word about it."""

    def build(
        fields: Mapping[str, Sequence[str]],
        *,
        encoding: str = "cp1251",
        cpg: str | None = None,
        language_driver: int = 0,
    ) -> Path:
        n = len(next(iter(fields.values())))
        path = write(tmp_path / "buildings.shp", [square(20 * at) for at in range(n)], ref=["x"] * n)
        path.with_suffix(".cpg").unlink()
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
        path.with_suffix(".dbf").write_bytes(
            dbf_bytes(fields, encoding=encoding, language_driver=language_driver)
        )
        return path

    return build


@pytest.fixture
def read(generic: Pack) -> Callable[..., intake.Delivery]:
    """``intake.read`` as for a survey of buildings in the generic pack."""

    def call(path: Path, **options: Any) -> intake.Delivery:
        given = {
            "origin": "survey",
            "kind": "buildings",
            "layer": None,
            "project_crs": UTM,
            "extent": None,
            "pack": generic,
        }
        delivery = intake.read(path, **{**given, **options})
        assert delivery.source.n_read == len(delivery.frame) + len(delivery.quarantine)
        features = sorted([*delivery.frame["feature"].tolist(), *(q.feature for q in delivery.quarantine)])
        assert features == list(range(delivery.source.n_read))
        return delivery

    return call

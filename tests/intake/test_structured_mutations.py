"""Odd values at any place of a sound file: refused in words, or every row accounted for, never a crash.

A fixed number of files by a seed, the same each time; `make test-long` tries many more.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import structure
import test_dxf_mutations
import test_text_mutations
import test_xml_hostile
from mutation import SEED, WATCH
from small_sources import BG

from regularize import intake
from regularize.countries import Pack
from regularize.errors import RegularizeError
from regularize.intake import registry, xml_rows

AREA = (100_000.0, 4_500_000.0, 800_000.0, 4_950_000.0)
ROUNDS = 25
MANY = int(os.environ.get("STRUCTURED_ROUNDS", "300"))
KINDS = (
    *(("survey", "buildings"), ("survey", "points"), ("survey", "fences"), ("survey", "plots")),
    *(("cadastre", "parcels"), ("cadastre", "buildings"), ("plan", "regulated_plots"), ("plan", "areas")),
)
REGISTER = "идентификатор;собственост;площ;дата\n" + "".join(
    f"00990.501.{at};1;{at},5;0{at}.02.2024\n" for at in range(1, 6)
)
GPX = (
    '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="43" lon="25">'
    '<name>P1</name></wpt><rte><rtept lat="43" lon="25"/><rtept lat="43.001" lon="25"/></rte>'
    '<trk><name>t</name><trkseg><trkpt lat="43" lon="25"/><trkpt lat="43.001" lon="25"/></trkseg></trk></gpx>'
)
# Of each: the name of the file, how it is changed, and how it is written.
Source = tuple[str, structure.Change, Callable[[], bytes]]
SOURCES: dict[str, Source] = {
    "kml": ("a.kml", structure.xml, lambda: test_xml_hostile.rich("kml")),
    "gml": ("a.gml", structure.xml, lambda: test_xml_hostile.rich("gml")),
    "gpx": ("a.gpx", structure.xml, GPX.encode),
    "drawing": ("a.dxf", structure.tags, lambda: test_dxf_mutations.rich_drawing("R2010", "asc")),
    "old drawing": ("a.dxf", structure.tags, lambda: test_dxf_mutations.rich_drawing("R12", "asc")),
    "register": ("a.csv", structure.cells, REGISTER.encode),
    **{
        name: (file, structure.cad if name.startswith("cad") else structure.cells, write)
        for name, (file, _origin, _kind, write) in test_text_mutations.SOURCES.items()
    },
}


def tried(name: str, rounds: int, folder: Path, pack: Pack, *, every: int = 1) -> Counter[str]:
    """What became of so many changed files of one source; the first of `every` goes as far as the store."""
    file, change, write = SOURCES[name]
    whole, path = write(), folder / file
    dice = random.Random(f"structure of {name}{SEED}")
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        changed = change(whole, dice)
        outcomes["changed"] += changed != whole
        path.write_bytes(changed)
        WATCH.begin(f"round {number} of {name}")
        began = time.process_time()
        try:
            take(path)
            if number % every == 0:
                read(path, dice, pack)
            outcomes["read"] += 1
        except RegularizeError:
            outcomes["refused"] += 1
        assert time.process_time() - began < 10
    WATCH.end()
    return outcomes


@np.errstate(all="ignore")  # as where the reader is used
def take(path: Path) -> None:
    """Read every layer with all that it holds; rows, values and faults must account for each other."""
    dataset = registry.open_dataset(path)
    for info in dataset.layers():
        layer = dataset.open_layer(info.name, None)
        rows = layer.read(layer.fields)
        n = len(rows.geometries)
        assert n == layer.info.n
        assert all(len(values) == n for values in rows.values.values())
        assert all(0 <= row < n for row in rows.faults)
        assert len(layer.digest()) == 64


def read(path: Path, dice: random.Random, pack: Pack) -> None:
    """Read one of the layers as something, and hold what comes out against itself."""
    origin, kind = dice.choice(KINDS)
    layers = [layer.name for layer in intake.layers_in(path)]
    delivery = intake.read(
        path,
        origin=origin,
        kind=kind,
        layer=dice.choice(layers) if layers else None,
        project_crs=BG,
        extent=AREA,
        pack=pack,
        crs=dice.choice((None, None, BG)),
    )
    rows = [*delivery.frame["feature"].tolist(), *(each.feature for each in delivery.quarantine)]
    assert sorted(rows) == list(range(delivery.source.n_read))
    for column in delivery.frame.drop(columns="geometry"):
        for value in delivery.frame[column].tolist():
            assert not isinstance(value, str) or "\x00" not in value.encode("utf-8").decode("utf-8")
    told = [delivery.sample or "", *delivery.ignored_columns, *(issue.message for issue in delivery.issues)]
    assert all(text.encode("utf-8").decode("utf-8") == text for text in told)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_odd_values_never_crash(name: str, tmp_path: Path, bg: Pack) -> None:
    outcomes = tried(name, ROUNDS, tmp_path, bg, every=5)
    assert outcomes["changed"] > ROUNDS / 2
    assert outcomes["read"] + outcomes["refused"] == ROUNDS


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(SOURCES))
def test_many_odd_values_never_crash(name: str, tmp_path: Path, bg: Pack) -> None:
    outcomes = tried(name, MANY, tmp_path, bg, every=3)
    assert outcomes["read"] > MANY / 10


def test_a_reader_that_trusts_its_numbers_is_found(
    tmp_path: Path, bg: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing catches what is no number, the series meets one."""
    monkeypatch.setattr(xml_rows, "BROKEN", ())
    with pytest.raises((ValueError, TypeError, IndexError, OverflowError)):
        tried("gpx", 100, tmp_path, bg)

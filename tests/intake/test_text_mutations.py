"""Cadastre files, lists and tables that were damaged: refused in words, or every row accounted for."""

import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from cad_files import Cad, unborn_egn, village
from mutation import Series, mutated

from regularize import intake
from regularize.countries import Pack, load
from regularize.errors import RegularizeError

AREA = (515_000.0, 4_785_000.0, 535_000.0, 4_800_000.0)
RING = "43.2733 25.7881 197 2.0;43.2734 25.7881 197 2.0;43.2734 25.7883 197 2.0;43.2733 25.7881 197 2.0"


def rich_cad(version: str) -> Cad:
    """Everything that the format has: holes, fences, points, a plan, texts, history."""
    cad = village(version=version, accuracy="13")
    cad.parcel("501.9", [(300, 300), (320, 300), (340, 300), (340, 340), (300, 340)])
    cad.parcel("501.10", [(300, 300), (320, 300), (320, 310)])
    cad.nested.append(("501.9", "501.10"))
    cad.conflicts.append(("501.1.1", "501.2"))
    cad.line([(0, 0), (30, 0), (40, 10)], 141)
    cad.contour(2, "501.50", [(400, 400), (420, 400), (420, 420)], d="28.08.2019")
    for at in range(3):
        corners = [
            (500 + 20.0 * at, 0.0),
            (520 + 20.0 * at, 0.0),
            (520 + 20.0 * at, 20.0),
            (500 + 20.0 * at, 20.0),
        ]
        cad.contour(2, f"133.XI-{at}_училище", corners, layer="REGPLAN")
    cad.blocks["CADASTER"] += [
        'P 5 77 12.000 34.000 101.250 0 0.03 0.04 0 0 0 0 0 0 "стар 5" 05.05.2015 0',
        'T 7 9 200.0 100.0 0 0 0 100.000 LD \n"2МЖ" ',
    ]
    return cad


def corners(code: str, first: int, east: float) -> list[str]:
    ring = [(0, 0), (10, 0), (10, 10), (0, 10)]
    return [
        f"{first + at},{4_791_263 + n},{523_384 + east + e},197.0,{code}" for at, (e, n) in enumerate(ring)
    ]


SQUARE = "POLYGON((523384 4791263,523394 4791263,523394 4791273,523384 4791273,523384 4791263))"
SOURCES: dict[str, tuple[str, str, str, Callable[[], bytes]]] = {
    "cad 4.02 parcels": ("a.cad", "cadastre", "parcels", lambda: rich_cad("4.02").text().encode("mik")),
    "cad 2.00 buildings": (
        "a.cad",
        "cadastre",
        "buildings",
        lambda: rich_cad("2.00").text().encode("cp1251"),
    ),
    "cad 4.03 plan": ("a.cad", "plan", "regulated_plots", lambda: rich_cad("4.03").text().encode("utf-8")),
    "cad 4.00 fences": ("a.cad", "cadastre", "fences", lambda: rich_cad("4.00").text().encode("cp866")),
    "points": (
        "a.txt",
        "survey",
        "points",
        lambda: "\r\n".join([*corners("сграда 1", 1, 0), *corners("двор 2", 11, 20)]).encode("cp1251"),
    ),
    "objects": (
        "a.txt",
        "survey",
        "buildings",
        lambda: "\n".join(
            [*corners("сграда 1", 1, 0), "", *corners("сграда 2", 11, 20), "къща 3: 1, 2, 11"]
        ).encode(),
    ),
    "forms": (
        "a.csv",
        "survey",
        "buildings",
        lambda: "\n".join(
            [
                "KEY,етажи,place",
                *(f'uuid:{at},{at},"{RING.replace("25.788", f"25.7{at}8")}"' for at in range(6)),
            ]
        ).encode(),
    ),
    "wkt": (
        "a.csv",
        "survey",
        "buildings",
        lambda: "\n".join(
            ["ref;geom;етажи", *(f'r{at};"{SQUARE.replace("5233", f"523{at}")}";{at}' for at in range(6))]
        ).encode(),
    ),
}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_damaged_text_never_crashes(name: str, tmp_path: Path, bg: Pack) -> None:
    file, origin, kind, write = SOURCES[name]
    whole = write()
    path = tmp_path / file
    series = Series(name, "read", *(() if name.startswith("points") else ("refused",)))
    dice = series.dice
    refusals: list[str] = []
    for _round in series.rounds():
        data = whole
        for _ in range(dice.choice((1, 1, 1, 3))):
            data = mutated(data, dice) if data else whole
        path.write_bytes(data)
        started = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                delivery = intake.read(
                    path,
                    origin=origin,
                    kind=kind,
                    layer=None,
                    project_crs="EPSG:7801",
                    extent=AREA,
                    pack=bg,
                    crs=None if name in {"forms"} or name.startswith("cad") else "EPSG:7801",
                )
        except RegularizeError as error:
            refusals.append(error.message + error.hint)
            series.outcomes["refused"] += 1
        else:
            series.outcomes["read"] += 1
            features = sorted([*delivery.frame["feature"], *(q.feature for q in delivery.quarantine)])
            assert features == list(range(delivery.source.n_read))
            told = repr((delivery, delivery.frame.drop(columns="geometry").to_dict()))
            assert not [at for at in range(8) if unborn_egn(at) in told]
            if name == "cad 4.02 parcels" and data.count(b"LAYER CADASTER") == 1:
                check_count(data, delivery.source.n_read)
        assert time.process_time() - started < 5
    assert not [text for text in refusals if not text or any(unborn_egn(at) in text for at in range(8))]


def check_count(data: bytes, n_read: int) -> None:
    """Living parcels counted by a pattern that knows nothing of the reader, where the blocks are whole."""
    begin, end = data.find(b"\nLAYER CADASTER\n") + 1, data.find(b"\nEND_LAYER\n")
    layer = data[begin:end]
    torn = re.search(rb"[\r\v\f\x1a]|\n[ \t]*(?:END_|TABLE|CONTROL|LAYER|HEADER)", layer)
    heads = re.findall(rb"(?m)^[ \t]*C[ \t]+2[ \t]+(\S+)(.*)$", layer)
    if not 0 < begin < end or torn or any(len(rest.split()) < 4 for _number, rest in heads):
        return
    ended = re.compile(rb"\s\d{1,2}\.\d{1,2}\.\d{4}\s*")
    living = [n for n, rest in heads if not ended.fullmatch(b" " + rest.split()[3])]
    assert n_read == len([number for number in living if number not in {b"0", b"0.0"}])


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_cut_is_survived(name: str, tmp_path: Path) -> None:
    """A copy that was interrupted, at forty places of the file."""
    file, origin, kind, write = SOURCES[name]
    whole = write()
    pack = load("bg")
    path = tmp_path / file
    for at in range(1, 41):
        path.write_bytes(whole[: len(whole) * at // 40])
        try:
            delivery = intake.read(
                path,
                origin=origin,
                kind=kind,
                layer=None,
                project_crs="EPSG:7801",
                extent=AREA,
                pack=pack,
                crs=None if name == "forms" or name.startswith("cad") else "EPSG:7801",
            )
        except RegularizeError:
            continue
        assert delivery.source.n_read == len(delivery.frame) + len(delivery.quarantine)
    assert delivery.source.n_read > 0

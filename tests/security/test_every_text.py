"""Every text that enters is screened: each option that takes free text, and each file that holds it."""

import csv
from collections.abc import Iterator
from pathlib import Path

import click
import geopandas as gpd
import pytest
import village
from stdnum.bg import egn

from regularize.cli.app import app
from regularize.privacy.scan import Needles, scan

BODY = "954512" + "321"
NUMBER = BODY + egn.calc_check_digit(BODY)
NAME = "Примерко Образцов Примеров"
TEXT = f"подал {NAME}, ЕГН {NUMBER}"

# Commands with free text, all their free options at once; each must be taken.
FREE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "findings review": (("B-1", "--confirm"), ("--note", "--by")),
    "case open": (("detailed_plan", "--date", "2026-02-01", "--area", "Изток"), ("--title",)),
    "case event": (
        ("C-1", "brief_prepared", "--date", "2026-02-03"),
        ("--number", "--issuer", "--gazette", "--by"),
    ),
    "case parties": (("C-1", "--households", "4"), ("--block", "--by")),
    "case objection add": (
        ("C-1", "--cause", "boundary", "--date", "2026-03-02", "--home", "T-00990-1"),
        ("--note", "--by"),
    ),
    "case objection answer": (
        ("C-1", "1", "--decision", "rejected", "--date", "2026-03-05"),
        ("--note", "--by"),
    ),
    "case document add": (("T-00990-1", "title"), ("--place", "--number", "--issuer", "--by")),
    "case document state": (("1", "received"), ("--place", "--number", "--issuer", "--by")),
    "case evidence add": (
        ("T-00990-1", "orthophoto", "--dated", "2001-06-01", "--accuracy", "30", "--shows"),
        ("--ref", "--by"),
    ),
    "ingest withdraw": (("5",), ("--reason",)),
    "privacy export": (("T-00990-1", "--plain"), ("--purpose", "--by")),
    "store erase": (("--document", "1"), ("--reason", "--by")),
}
# Free text that a slow command writes into a file, or that needs a file to be read.
SLOW: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "map build": (("--audience", "office", "-o", "{p}/maps/m.html"), ("--recipient", "--purpose")),
    "map overview": (("--audience", "office", "-o", "{p}/maps/o.html"), ("--recipient", "--purpose")),
    "findings list": (("-o", "{p}/f.csv"), ("--purpose",)),
    "pathway": (("--all", "-o", "{p}/p.json"), ("--purpose",)),
    "fieldcheck draw": (("-o", "{p}/c.csv"), ("--purpose",)),
    "ingest survey": (("{f}", "--kind", "plots", "--date", "2026-01-09"), ("--source",)),
    "dossier build": (("T-00990-1", "-o", "{o}/d", "--plain"), ("--purpose",)),
}
# Names of options that take free text wherever they stand.
WORDY = {
    *("--note", "--by", "--reason", "--title", "--source", "--recipient", "--purpose", "--block", "--ref"),
    *("--place", "--issuer", "--number", "--gazette", "--partner"),
}
# Free options that are walked by the generic test below only.
GENERIC = {"case evidence withdraw", "case import", "case consultation", "ingest cadastre"}
GENERIC |= {"ingest plan", "check", "letter build"}


def commands(tree: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    if isinstance(tree, click.Group):
        for name, child in tree.commands.items():
            yield from commands(child, (*path, name))
    else:
        yield " ".join(path), tree


def text_options(command: click.Command) -> list[str]:
    return [
        parameter.opts[0]
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.is_flag and parameter.type.name == "text"
    ]


def held(folder: Path) -> list[str]:
    needles = Needles([NUMBER, NAME])
    return [str(p) for p in folder.rglob("*") if p.is_file() and scan(p, needles).hits]


def test_every_option_of_free_text_is_known_here() -> None:
    """A new command with a note, a reason or a name of somebody who acts joins one of the lists."""
    wordy = {name for name, command in commands(app) if WORDY & set(text_options(command))}
    assert wordy <= {*FREE, *SLOW, *GENERIC}
    for name, command in commands(app):
        if name in FREE:
            assert set(FREE[name][1]) == WORDY & set(text_options(command)), name


def test_free_text_is_masked_before_it_is_stored(run, here: Path) -> None:
    for name, (words, options) in FREE.items():
        given = [part for option in options for part in (option, TEXT)]
        answer = run("-p", here, *name.split(), *words, *given)
        assert answer.code == 0, (name, answer.err)
        assert NUMBER not in answer.out + answer.err, name
        assert NAME not in answer.out + answer.err, name
    assert held(here) == []
    assert run("-p", here, "privacy", "report", "--scan").code == 0


@pytest.mark.long
def test_free_text_is_masked_before_it_is_written(run, here: Path, tmp_path: Path) -> None:
    lots = [village.box(village.E, village.N + 200, village.E + 9, village.N + 209)]
    file = village.write(tmp_path / "lots.gpkg", lots, ref=["a"])
    (tmp_path / "out").mkdir()
    for name, (words, options) in SLOW.items():
        filled = [w.format(p=here, f=file, o=tmp_path / "out") for w in words]
        given = [part for option in options for part in (option, TEXT)]
        answer = run("-p", here, *name.split(), *filled, *given)
        assert answer.code == 0, (name, answer.err)
        assert NUMBER not in answer.out + answer.err, name
    assert held(here) == []
    assert held(tmp_path / "out") == []


@pytest.mark.long
def test_any_text_option_of_any_command(run, here: Path, tmp_path: Path) -> None:
    """Whatever a command makes of it: nothing is stored, and no message repeats it."""
    tried = 0
    for name, command in commands(app):
        if name in {"demo", "doctor"}:
            continue
        for option in text_options(command):
            given = [] if name == "init" else ["-p", str(here)]
            extra = [str(tmp_path / f"new-{tried}"), "--municipality", "Х"] if name == "init" else []
            answer = run(*given, *name.split(), *extra, option, TEXT)
            assert answer.code in {0, 1, 2, 3, 5}, (name, option, answer.err)
            assert NUMBER not in answer.out + answer.err, (name, option)
            tried += 1
    assert tried > 90
    assert held(here) == []
    assert [p for p in held(tmp_path) if "new-" in p] == []


def test_every_file_of_text_is_screened(run, here: Path, tmp_path: Path) -> None:
    lots = [village.box(village.E, village.N + 100, village.E + 9, village.N + 109)]
    columns = {"ref": [TEXT], "sobstvenik": [NAME], "ЕГН": [NUMBER], "бележка": [TEXT]}
    named = tmp_path / f"скан {NUMBER}"
    named.mkdir()
    frame = gpd.GeoDataFrame(columns, geometry=lots, crs=village.CRS)
    frame.to_file(named / f"{NUMBER}.gpkg", engine="pyogrio")
    frame.rename(columns={"бележка": "bel"}).to_file(tmp_path / "a.shp", engine="pyogrio", encoding="utf-8")
    frame.to_crs(4326).to_file(tmp_path / "a.geojson", engine="pyogrio")
    frame.to_file(tmp_path / "a.fgb", engine="pyogrio")
    e, n = village.E, village.N + 130
    points = "\n".join(f"{i} {n + i:.2f} {e + i:.2f} 560.1 {TEXT.replace(' ', '_')}" for i in range(9))
    (tmp_path / "a.txt").write_text(points, encoding="utf-8")
    table = tmp_path / "a.csv"
    table.write_text(f"ref;wkt;собственик\n{TEXT};{lots[0].wkt};{NAME}\n", encoding="utf-8")
    # As a KML the same rows, with the text also as a name and a description.
    lonlat = " ".join(f"{x:.7f},{y:.7f}" for x, y in frame.to_crs(4326).geometry[0].exterior.coords)
    (tmp_path / "a.kml").write_text(
        "<kml xmlns='http://www.opengis.net/kml/2.2'><Document><Placemark>"
        f"<name>{TEXT}</name><description>{TEXT}</description><Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>{lonlat}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        "</Document></kml>",
        encoding="utf-8",
    )
    stored = 0
    sources = [named / f"{NUMBER}.gpkg", *(tmp_path / f"a.{e}" for e in ("shp", "geojson", "fgb", "kml"))]
    for number, path in enumerate([*sources, table, tmp_path / "a.txt"]):
        kind = "points" if path.suffix == ".txt" else "plots"
        options = ("--kind", kind, "--date", f"2026-01-{number + 10}", "--sigma", "0.1")
        extra = ("--crs", village.CRS) if path.suffix in {".txt", ".csv"} else ()
        answer = run("-p", here, "ingest", "survey", path, *options, *extra)
        assert answer.code in {0, 1, 2, 3}, answer.err
        assert NUMBER not in answer.out + answer.err, path.name
        stored += "stored=0" not in answer.err and answer.code < 2
    assert stored >= 5
    cases = tmp_path / "c.csv"
    with cases.open("w", encoding="utf-8", newline="") as stream:
        rows = [["Преписка №", "Вид", "Наименование", "Открита на"], ["7", "ПУП", TEXT, "01.02.2026"]]
        csv.writer(stream, delimiter=";").writerows(rows)
    run("-p", here, "case", "import", cases)
    places = tmp_path / f"селища {NUMBER}.csv"
    places.write_text(f'code,name,easting,northing\n00990,"{TEXT}",560000,4720000\n', encoding="utf-8")
    new = tmp_path / "нов"
    assert run("init", new, "--municipality", TEXT, "--settlements", places).code == 0
    assert held(here) == []
    # A settlement may bear the name of a person; a number is nobody's town.
    assert [name for name in held(new) if not name.endswith("settlements.csv")] == []
    assert NUMBER not in (new / "settlements.csv").read_text(encoding="utf-8")
    report = run("-p", here, "privacy", "report", "--scan", "--json")
    assert report.code == 0
    assert report.json["refused_columns"]
    assert report.json["masked_texts"]

"""A small project in which every command has something to do, and how each command is called.

Run as a module nothing happens; ``prepare`` builds the scene once, by the program's own commands.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import geopandas as gpd
from shapely import box

from regularize.cli import main
from regularize.cli.app import app
from regularize.store import Store

CRS = "EPSG:7801"
E, N = 560_000.0, 4_720_000.0
STEP = 30.0
COLUMNS, ROWS = 6, 4


@dataclass(frozen=True)
class Command:
    """How a writing command is called in a copy of the scene.

    Parameters
    ----------
    args : tuple of str
        Without the program's name; the project is the current folder.
    again : tuple of int
        Exit codes of the same command after it was done: 2 where it refuses to do it twice.
    ends : tuple of int
        Exit codes of a run that nothing disturbs.
    slow : bool
        Takes seconds: fewer runs.
    fresh : bool
        Cannot be forked from a warm parent, because it keeps threads: started anew.
    """

    args: tuple[str, ...]
    again: tuple[int, ...] = (0,)
    ends: tuple[int, ...] = (0,)
    slow: bool = False
    fresh: bool = False


BY = ("--by", "office")
DATED = ("--date", "2026-03-02")
COMMANDS: dict[str, Command] = {
    "init": Command(("init", "new", "--municipality", "Примерна"), again=(2,)),
    "demo": Command(("demo", "shown", "--overwrite"), slow=True, fresh=True),
    "ingest cadastre": Command(
        ("ingest", "cadastre", "later/buildings.gpkg", "--kind", "buildings", "--sigma", "0.2", *DATED)
    ),
    "ingest survey": Command(
        ("ingest", "survey", "later/houses.gpkg", "--kind", "buildings", "--sigma", "0.1", *DATED)
    ),
    "ingest plan": Command(("ingest", "plan", "later/areas.gpkg", "--kind", "areas", *DATED)),
    "ingest withdraw": Command(("ingest", "withdraw", "3", "--reason", "wrong sheet"), again=(2,)),
    "check": Command(
        ("check", "later/houses.gpkg", "--kind", "buildings", "--report", "check.html", "--overwrite"),
    ),
    "detect": Command(("detect", "--on", "2026-03-05")),
    "fieldcheck draw": Command(
        ("fieldcheck", "draw", "-o", "form.csv", "--squares", "2", "--overwrite", "--purpose", "x"),
        slow=True,
        fresh=True,
    ),
    "findings list": Command(("findings", "list", "-o", "list.csv", "--purpose", "tour", "--overwrite")),
    "findings review": Command(("findings", "review", "B-1", "--confirm", "--note", "measured", *BY)),
    "case open": Command(("case", "open", "detailed_plan", "--title", "План", *DATED)),
    "case event": Command(("case", "event", "C-1", "brief_prepared", *DATED, *BY), again=(2,)),
    "case deadlines": Command(("case", "deadlines", "--ics", "dates.ics", "--overwrite")),
    "case import": Command(("case", "import", "later/cases.csv", *BY)),
    "case parties": Command(("case", "parties", "C-1", "--households", "9", "--block", "кв. 7", *BY)),
    "case objection add": Command(
        ("case", "objection", "add", "C-1", "--cause", "access", "--whole", *DATED)
    ),
    "case objection answer": Command(
        ("case", "objection", "answer", "C-1", "1", "--decision", "accepted", *DATED)
    ),
    "case consultation": Command(
        ("case", "consultation", "C-1", "--kind", "meeting", *DATED, "--people", "35")
    ),
    "case document add": Command(("case", "document", "add", "T-00000-1", "title", "--state", "received")),
    "case document state": Command(("case", "document", "state", "1", "received", *DATED)),
    "case evidence add": Command(
        ("case", "evidence", "add", "T-00000-1", "orthophoto", "--dated", "2001-06-01", "--accuracy", "30",
         "--shows", *BY),
        again=(2,),
    ),
    "case evidence withdraw": Command(
        ("case", "evidence", "withdraw", "T-00000-1", "{evidence}", "--reason", "another building", *BY),
        again=(2,),
    ),
    "case export": Command(("case", "export", "--all", "-o", "register.csv", "--overwrite")),
    "pathway": Command(("pathway", "--all", "-o", "ways.csv", "--purpose", "tour", "--overwrite")),
    "map build": Command(("map", "build", "--audience", "council", "-o", "maps/c.html", "--overwrite")),
    "map overview": Command(
        ("map", "overview", "--audience", "office", "-o", "maps/o.html", "--overwrite"), slow=True
    ),
    "dossier build": Command(("dossier", "build", "T-00000-1", "--overwrite"), slow=True, fresh=True),
    "dossier form": Command(("dossier", "form", "-o", "form.docx", "--overwrite"), slow=True, fresh=True),
    "letter build": Command(
        ("letter", "build", "board", "C-1", "--format", "docx", "-o", "letters", "--overwrite"),
        slow=True,
        fresh=True,
    ),
    "report indicators": Command(("report", "indicators", "-o", "maps/i.html", "--overwrite")),
    "report compare": Command(
        ("report", "compare", "--from", "2026-01-06", "--to", "2026-03-01", "-o", "maps/v.html",
         "--overwrite")
    ),
    "privacy export": Command(("privacy", "export", "T-00000-1", "--plain", "--purpose", "request", *BY)),
    "store erase": Command(("store", "erase", "T-00000-1", "--reason", "request", *BY), again=(0, 2)),
    "report council": Command(("report", "council", "-o", "maps/report.html", "--overwrite")),
    "store migrate": Command(("store", "migrate")),
    "store backup": Command(("store", "backup", "copies/copy.gpkg"), again=(2,)),
    "store restore": Command(("store", "restore", "later/older.gpkg")),
}  # fmt: skip

# What only reads, and why nothing of it can be left half done: it says so on the terminal only.
READING = {
    "doctor", "evaluate", "fieldcheck score", "findings show", "home list", "home show", "explain",
    "case list", "case show", "case status", "case objection list", "case document list",
    "case document checklist", "case evidence list", "store info", "store verify",
    "privacy report", "replay",
}  # fmt: skip
READING_ARGS = {
    "replay": ("later/run.json",),
    "evaluate": ("later/truth.csv",),
    "fieldcheck score": ("later/form.csv",),
    "findings show": ("B-1",),
    "home show": ("T-00000-1",),
    "case show": ("C-1",),
    "case status": ("C-1",),
    "case objection list": ("C-1",),
    "case document list": ("T-00000-1",),
    "case document checklist": ("T-00000-1",),
    "case evidence list": ("T-00000-1",),
}


def leaves(tree: click.Command = app, before: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the program by its words."""
    if isinstance(tree, click.Group):
        for name, child in tree.commands.items():
            yield from leaves(child, (*before, name))
    else:
        yield " ".join(before)


def write(path: Path, geometries: list[Any], **columns: list[Any]) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=geometries, crs=CRS)
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    return path


def said(*args: object) -> None:
    code = main(["--lang", "en", "-q", *map(str, args)])
    assert code in {0, 1}, (code, args)


def _plots() -> list[Any]:
    return [
        box(E + i * STEP, N + j * STEP, E + (i + 1) * STEP - 4, N + (j + 1) * STEP - 4)
        for j in range(ROWS)
        for i in range(COLUMNS)
    ]


def prepare(folder: Path) -> Path:
    """The scene: a project with deliveries, findings, homes, a case, papers, and files to come."""
    folder.mkdir(parents=True)
    later = folder / "later"
    plots = _plots()
    houses = [box(p.bounds[0] + 4, p.bounds[1] + 4, p.bounds[0] + 14, p.bounds[1] + 13) for p in plots]
    said("init", folder, "--municipality", "Примерна", "--language", "en")
    with (folder / "regularize.toml").open("a", encoding="utf-8") as stream:
        stream.write('office = "Стая 12"\naddress = "пл. 1"\ntelephone = "000"\n')
    later.mkdir()
    write(later / "parcels.gpkg", plots, identifier=[f"00990.501.{i + 1}" for i in range(len(plots))])
    known = houses[::2]
    write(later / "known.gpkg", known, identifier=[f"00990.501.{2 * i + 1}.1" for i in range(len(known))])
    write(later / "seen.gpkg", houses[:-1], ref=[f"S-{i}" for i in range(len(houses) - 1)])
    yards = [plot.buffer(-0.5) for plot in plots]
    write(later / "yards.gpkg", yards, ref=[f"P-{i}" for i in range(len(yards))])
    streets = [box(E - 4, N + j * STEP - 4, E + COLUMNS * STEP, N + j * STEP) for j in range(ROWS + 1)]
    write(later / "streets.gpkg", streets, name=[f"ул. {j}" for j in range(len(streets))])
    half = E + COLUMNS * STEP / 2
    write(
        later / "areas0.gpkg",
        [box(E - 5, N - 5, half, N + ROWS * STEP), box(half, N - 5, E + COLUMNS * STEP, N + ROWS * STEP)],
        name=["Изток", "Запад"],
    )
    moved = [box(*(value + 0.6 for value in house.bounds)) for house in houses]
    write(later / "houses.gpkg", moved, ref=[f"R-{i}" for i in range(len(moved))])
    write(
        later / "buildings.gpkg",
        known[:-1],
        identifier=[f"00990.501.{2 * i + 1}.1" for i in range(len(known) - 1)],
    )
    write(later / "areas.gpkg", [box(E - 9, N - 9, half, N + 60)], name=["Център"])
    for origin, name, kind in (
        ("cadastre", "parcels", "parcels"),
        ("cadastre", "known", "buildings"),
        ("survey", "seen", "buildings"),
        ("survey", "yards", "plots"),
        ("survey", "streets", "streets"),
        ("survey", "areas0", "areas"),
    ):
        options = ("--kind", kind, "--date", "2026-01-05", "--sigma", "0.2")
        said("-p", folder, "ingest", origin, later / f"{name}.gpkg", *options)
    here = ("-p", folder)
    said(*here, "detect", "--on", "2026-02-01")
    said(*here, "store", "backup", later / "older.gpkg")
    said(
        "-p",
        folder,
        "case",
        "open",
        "detailed_plan",
        "--title",
        "ПРЗ",
        "--area",
        "Изток",
        "--date",
        "2026-02-02",
    )
    said(
        "-p",
        folder,
        "case",
        "objection",
        "add",
        "C-1",
        "--cause",
        "street",
        "--whole",
        "--date",
        "2026-02-03",
    )
    said(
        "-p",
        folder,
        "case",
        "document",
        "add",
        "T-00000-1",
        "title",
        "--state",
        "asked_for",
        "--date",
        "2026-02-10",
    )
    said(*here, "case", "evidence", "add", "T-00000-1", "orthophoto", "--dated", "1999-06-01",
         "--accuracy", "30", "--shows", *BY)  # fmt: skip
    with Store.open(folder / "store.gpkg", read_only=True) as store:
        number = store.events()[-1].seq
    (manifest,) = (folder / "runs").glob("detect-*.json")
    shutil.copy(manifest, later / "run.json")
    (later / "numbers.json").write_text(json.dumps({"evidence": number}), encoding="utf-8")
    said(*here, "fieldcheck", "draw", "-o", later / "form.csv", "--purpose", "x")
    (later / "truth.csv").write_text(
        "survey_ref,register_ref,class\nS-1,,not_in_cadastre\n", encoding="utf-8"
    )
    (later / "cases.csv").write_text(
        "Преписка №;Вид;Наименование;Обхват;Открита на;Акт;Дата\n"
        "007;ПУП;ПРЗ за част 2;ДВ;01.02.2026;brief_prepared;10.02.2026\n",
        encoding="utf-8",
    )
    return folder


def resolved(command: Command, folder: Path) -> list[str]:
    """The words of a command, with what only the scene knows put in."""
    number = json.loads((folder / "later" / "numbers.json").read_text())["evidence"]
    return [str(number) if word == "{evidence}" else word for word in command.args]


def copy_of(scene: Path, folder: Path) -> Path:
    shutil.copytree(scene, folder)
    return folder

"""A small project with homes, findings, a case and free text on them, for the tests of this room."""

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import box

from regularize import i18n
from regularize.cli import main

CRS = "EPSG:7801"
E, N = 560_000.0, 4_720_000.0
# Words that no screen takes for personal, so that they are stored and must be erased by a person.
NOTE = "според съседите строено от Големия Майстор през осемдесетте"
REF = "тефтер на стария кмет, лист двайсет и втори"
PLACE = "шкаф Зелен, класьор Последен"
ISSUER = "нотариус при синята чешма"
OBJECTION = "оградата на Кривия Дол минава през кладенеца"
ANSWER = "комисията видя кладенеца при Кривия Дол"
TEXTS = (NOTE, REF, PLACE, ISSUER, OBJECTION, ANSWER)


def said(*words: object) -> int:
    code = main(["--lang", "en", *map(str, words)])
    i18n.use("en")
    return code


def write(path: Path, geometries: list[Any], **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=geometries, crs=CRS).to_file(path, driver="GPKG", engine="pyogrio")
    return path


def build(project: Path, folder: Path) -> None:
    """Six parcels, five houses of the register, seven surveyed, an area, a plan part, a case."""
    lots = [box(E + 40 * i, N, E + 40 * i + 40, N + 40) for i in range(6)]
    known = [box(E + 40 * i + 5, N + 5, E + 40 * i + 15, N + 15) for i in range(5)]
    seen = [box(E + 40 * i + 5, N + 5, E + 40 * i + 15, N + 15) for i in range(3)]
    seen += [box(E + 40 * i + 22, N + 22, E + 40 * i + 34, N + 34) for i in range(4)]
    files = (
        ("cadastre", "parcels", lots, {"identifier": [f"00990.501.{i + 1}" for i in range(6)]}),
        ("cadastre", "buildings", known, {"identifier": [f"00990.501.{i + 1}.1" for i in range(5)]}),
        ("survey", "buildings", seen, {"ref": [f"S-{i + 1}" for i in range(7)]}),
        ("plan", "plan_parts", [box(E, N, E + 80, N + 40)], {"name": ["Част 1"], "plan_kind": ["PRZ"]}),
        ("plan", "areas", [box(E - 10, N - 10, E + 300, N + 60)], {"name": ["Изток"]}),
    )
    assert said("-q", "init", project, "--municipality", "Примерна", "--ekatte", "00990") == 0
    for number, (origin, kind, shapes, columns) in enumerate(files):
        path = write(folder / f"{number}.gpkg", shapes, **columns)
        options = ("--kind", kind, "--date", "2026-01-05", "--sigma", "0.1")
        assert said("-q", "-p", project, "ingest", origin, path, *options) == 0
    assert said("-q", "-p", project, "detect") == 0
    case = ("detailed_plan", "--date", "2026-02-01", "--fact", "scope=state_gazette")
    assert said("-q", "-p", project, "case", "open", *case, "--part", "Част 1") == 0


def talk(project: Path, home: str, finding: str) -> None:
    """Everything that people may write about a home."""
    paper = ("title", "--state", "received", "--place", PLACE, "--number", "17", "--issuer", ISSUER)
    piece = ("orthophoto", "--dated", "2001-06-01", "--accuracy", "30", "--shows", "--ref", REF)
    objection = ("C-1", "--cause", "boundary", "--date", "2026-03-02", "--home", home, "--note", OBJECTION)
    for words in (
        ("findings", "review", finding, "--confirm", "--note", NOTE, "--by", "отдел Кадастър"),
        ("case", "evidence", "add", home, *piece),
        ("case", "document", "add", home, *paper),
        ("case", "objection", "add", *objection),
    ):
        assert said("-q", "-p", project, *words) == 0, words

# ruff: noqa: E501 - hostile documents stand on one line, as they would be sent
"""Files that reach out, unpack badly, run triggers or never end: made here, none taken from elsewhere.

Nothing does harm where it works: a canary file is read, a canary address on this machine is called, a
file appears where none may be.
"""

import csv
import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

from hostile import PRODUCT, whole_corpus
from village import CRS, E, N, box, write

CANARY = "CANARY7f3a91"
__all__ = ["CANARY", "PRODUCT", "disguised", "geopackages", "rasters", "tables", "texts", "xml", "zips"]


def canary_of(folder: Path) -> Path:
    """A readable file that nobody may read."""
    path = write(folder / "canary.gpkg", [box(E, N, E + 10, N + 10)], ref=[CANARY])
    (folder / "canary.txt").write_text(CANARY, encoding="utf-8")
    return path


def disguised(folder: Path, secret: Path, address: str) -> list[Path]:
    """Twelve virtual files and services under the endings of plain data."""
    vrt = f"<OGRVRTDataSource><OGRVRTLayer name='canary'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    remote = vrt.replace(str(secret), f"/vsicurl/{address}/a.gpkg")
    raster = (
        "<VRTDataset rasterXSize='9' rasterYSize='9'><VRTRasterBand dataType='Byte' band='1'><SimpleSource>"
        f"<SourceFilename>/vsicurl/{address}/a.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    wms = f"<GDAL_WMS><Service name='TMS'><ServerUrl>{address}/</ServerUrl></Service></GDAL_WMS>"
    wfs = f"<OGRWFSDataSource><URL>{address}/wfs</URL></OGRWFSDataSource>"
    pipeline = json.dumps(
        {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline read {secret} ! write -"}
    )
    stac = json.dumps(
        {
            "type": "FeatureCollection",
            "stac_version": "1.0.0",
            "features": [{"type": "Feature", "assets": {"a": {"href": f"{address}/a.tif"}}}],
        }
    )
    oapif = json.dumps({"links": [{"rel": "data", "href": f"{address}/collections"}], "collections": []})
    contents = {
        "a.kml": vrt,
        "b.geojson": vrt,
        "c.gpkg": remote,
        "d.shp": vrt,
        "e.csv": vrt,
        "f.tif": raster,
        "g.gml": wfs,
        "h.xml": wms,
        "i.json": pipeline,
        "j.geojson": stac,
        "k.json": oapif,
        "l.dxf": f"<GDALTileIndexDataset><IndexDataset>{address}/i.gpkg</IndexDataset></GDALTileIndexDataset>",
    }
    return [_text(folder / name, content) for name, content in contents.items()]


def _text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def zips(folder: Path, outside: Path) -> list[Path]:
    """Members that climb, point, repeat, nest or explode."""
    made = []

    def packed(name: str, members: list[tuple[zipfile.ZipInfo | str, bytes]]) -> None:
        path = folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members:
                archive.writestr(member, content)
        made.append(path)

    link = zipfile.ZipInfo("link.shp")
    link.external_attr = 0o120777 << 16
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.geojson", "{}")
    packed("slip.zip", [(f"../../{outside.name}/slipped.shp", b"x"), ("a.geojson", b"{}")])
    packed("absolute.zip", [(f"{outside}/slipped.shp", b"x")])
    packed("drive.zip", [("C:\\slipped.shp", b"x"), ("..\\slipped.shp", b"x")])
    packed("link.zip", [(link, str(outside).encode())])
    packed("nested.zip", [("inner.zip", inner.getvalue())])
    packed("bomb.zip", [("a.geojson", b"0" * (64 << 20))])
    packed("many.zip", [(f"{i}.txt", b"") for i in range(1100)])
    packed("twice.zip", [("a.shp", b"x"), ("A.SHP", b"y")])
    return made


def geopackages(folder: Path, address: str) -> list[Path]:
    """Views that call functions, triggers that eat rows, a store of somebody else."""
    made = []
    for name, statement in (
        ("view.gpkg", f"CREATE VIEW v AS SELECT ogr_geocode('{address}') AS a, * FROM d"),  # noqa: S608 - hostile on purpose
        ("eats.gpkg", "CREATE TRIGGER t AFTER INSERT ON d BEGIN DELETE FROM d; END"),
        ("loads.gpkg", "CREATE TRIGGER t AFTER INSERT ON d BEGIN SELECT load_extension('x'); END"),
        ("store.gpkg", "PRAGMA application_id=0x47504B47"),
    ):
        path = write(folder / f"d_{name}", [box(E, N, E + 10, N + 10)], ref=["a"])
        with sqlite3.connect(path) as connection:
            connection.execute(statement.replace(" d", f' "d_{Path(name).stem}"'))
        connection.close()
        made.append(path)
    return made


def xml(folder: Path, secret: Path, address: str) -> list[Path]:
    """External entities, remote schemas, laughter in every XML format and in those packed in ZIP."""
    made = []
    laughs = "<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9)
    )
    attacks = {
        "file": (f"<!DOCTYPE r [<!ENTITY x SYSTEM 'file://{secret.with_suffix('.txt')}'>]>", "&x;"),
        "http": (f"<!DOCTYPE r [<!ENTITY x SYSTEM '{address}/x'>]>", "&x;"),
        "dtd": (f"<!DOCTYPE r SYSTEM '{address}/x.dtd'>", "a"),
        "laughs": (f"<!DOCTYPE r [{laughs}]>", "&j;"),
    }
    kml = "<kml xmlns='http://www.opengis.net/kml/2.2'><Document><NetworkLink><href>{address}</href></NetworkLink><Placemark><name>{word}</name><Point><coordinates>25,43</coordinates></Point></Placemark></Document></kml>"
    gml = "<gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a {address}/s.xsd'><gml:name>{word}</gml:name></gml:FeatureCollection>"
    gpx = "<gpx version='1.1' xmlns='http://www.topografix.com/GPX/1/1'><wpt lat='43' lon='25'><name>{word}</name><link href='{address}'/></wpt></gpx>"
    for kind, (doctype, word) in attacks.items():
        for ending, body in (("kml", kml), ("gml", gml), ("gpx", gpx)):
            text = f"<?xml version='1.0'?>{doctype}" + body.format(word=word, address=address)
            made.append(_text(folder / f"{kind}.{ending}", text))
        for ending, member in (("kmz", "doc.kml"), ("xlsx", "xl/workbook.xml")):
            path = folder / f"{kind}.{ending}"
            with zipfile.ZipFile(path, "w") as archive:
                body = kml.format(word=word, address=address)
                archive.writestr(member, f"<?xml version='1.0'?>{doctype}{body}")
                if ending == "xlsx":
                    archive.writestr(
                        "[Content_Types].xml", f"<?xml version='1.0'?>{doctype}<Types>{word}</Types>"
                    )
            made.append(path)
    return made


def rasters(folder: Path) -> list[Path]:
    """A kilobyte that claims a million by a million pixels, and overviews that lead in a ring."""
    made = []
    for name, next_directory in (("huge.tif", 0), ("ring.tif", 8)):
        tags = [
            (256, 4, 1, 1_000_000),
            (257, 4, 1, 1_000_000),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 1, 200),
            (277, 3, 1, 1),
            (278, 4, 1, 1_000_000),
            (279, 4, 1, 100),
        ]
        body = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
        body += b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", next_directory)
        (folder / name).write_bytes(body + bytes(1024 - len(body)))
        made.append(folder / name)
    return made


def texts(folder: Path, n: int) -> list[tuple[str, str, Path]]:
    """(origin, kind, file): `n` hostile strings as values of the columns that outputs show."""
    corpus = [text.replace("\x00", "") or " " for text in whole_corpus(600)[:n]]
    columns = round(n**0.5) + 1
    cells = [(E + 30.0 * (i % columns), N + 30.0 * (i // columns)) for i in range(n)]
    wide = 30.0 * columns
    houses = [box(x, y, x + 9, y + 9) for x, y in cells]
    made = [
        ("survey", "buildings", write(folder / "houses.gpkg", houses, ref=corpus)),
        ("survey", "streets", write(folder / "streets.gpkg", houses, name=corpus)),
        ("plan", "areas", write(folder / "areas.gpkg", [box(E - 9, N - 9, E + wide, N + wide)] * 3, name=corpus[:3])),
        ("plan", "plan_parts", write(folder / "parts.gpkg", [box(E, N, E + wide, N + wide)], name=[corpus[1]])),
        ("cadastre", "parcels", write(folder / "parcels.gpkg", [box(x, y, x + 25, y + 25) for x, y in cells],
                                      identifier=[f"00990.501.{i + 1}" for i in range(n)])),
    ]  # fmt: skip
    assert all(str(CRS) for _row in made)
    return made


COSTS = ["document", "fee", "currency", "days", "source", "date"]


def tables(folder: Path, n: int) -> tuple[Path, Path]:
    """What papers cost, and a table of a register for the parcels of `texts`: hostile in every free cell."""
    corpus = [text.replace("\x00", "") or " " for text in whole_corpus(600)[:n]]
    costs, register = folder / "costs.csv", folder / "register.csv"
    with costs.open("w", encoding="utf-8", newline="") as stream:
        rows = [COSTS, ["archive_check", "10", "BGN", "7", corpus[0], "2026-01-05"]]
        csv.writer(stream, delimiter=";").writerows(rows)
    with register.open("w", encoding="utf-8", newline="") as stream:
        rows = [[f"00990.501.{i + 1}", text, corpus[-i], text] for i, text in enumerate(corpus)]
        csv.writer(stream, delimiter=";").writerows(
            [["Идентификатор", "Вид собственост", "НТП", "бележка"], *rows]
        )
    return costs, register

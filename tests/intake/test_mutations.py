"""Bytes cut, flipped, zeroed and inserted: a clear refusal or every row accounted for, never a crash."""

import json
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from small_sources import square, write

from regularize.errors import RegularizeError
from regularize.intake import Delivery

Read = Callable[..., Delivery]
SECONDS = 3.0


def mutated(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    length = dice.choice((1, 2, 4, 16, 200))
    kind = dice.choice(("cut", "flip", "zero", "insert", "ones", "swap"))
    if kind == "cut":
        return data[:at]
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
    if kind == "zero":
        return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]
    if kind == "ones":
        return data[:at] + b"\xff" * len(data[at : at + length]) + data[at + length :]
    if kind == "insert":
        return data[:at] + dice.randbytes(length) + data[at:]
    other = dice.randrange(len(data))
    piece = data[other : other + length]
    return data[:at] + piece + data[at + len(piece) :]


def sources(folder: Path) -> dict[str, list[Path]]:
    """For each format the file to read, and then those to damage."""
    shapes = [square(20 * at) for at in range(12)]
    columns = {"ref": [f"r{at}" for at in range(12)], "use": ["Жилищна сграда", "Навес"] * 6}
    shp = write(folder / "b.shp", shapes, **columns)
    gpkg = write(folder / "b.gpkg", shapes, **columns)
    from geopandas import GeoSeries

    degrees = list(GeoSeries(shapes, crs="EPSG:25830").to_crs(4326))
    geojson = write(folder / "b.geojson", degrees, crs="EPSG:4326", **columns)
    lines = folder / "b.geojsonl"
    features = json.loads(geojson.read_text(encoding="utf-8"))["features"]
    lines.write_text("\n".join(json.dumps(feature) for feature in features), encoding="utf-8")
    packed = folder / "b.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            target.write(shp.with_suffix(ending), f"b{ending}")
    members = [shp.with_suffix(ending) for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg")]
    return {"shp": members, "gpkg": [gpkg], "geojson": [geojson], "geojsonl": [lines], "zip": [packed]}


@pytest.mark.parametrize("name", ["shp", "gpkg", "geojson", "geojsonl", "zip"])
def test_damaged_files_never_crash(name: str, tmp_path: Path, read: Read) -> None:
    files = sources(tmp_path)[name]
    whole = {file: file.read_bytes() for file in files}
    dice = random.Random(f"mutations of {name}")
    end = time.monotonic() + SECONDS
    outcomes = {"read": 0, "refused": 0}
    while time.monotonic() < end:
        victim = dice.choice(files)
        victim.write_bytes(mutated(whole[victim], dice))
        try:
            read(files[0])  # the fixture checks that every row is stored or in quarantine
            outcomes["read"] += 1
        except RegularizeError:
            outcomes["refused"] += 1
        victim.write_bytes(whole[victim])
    assert outcomes["read"]
    assert outcomes["refused"]

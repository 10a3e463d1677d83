"""Bytes cut, flipped, zeroed and inserted: a clear refusal or every row accounted for, never a crash."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from mutation import SOURCES, Series, mutated
from small_sources import square, write

from regularize.errors import RegularizeError
from regularize.intake import Delivery

Read = Callable[..., Delivery]


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


NAMES = ["shp", "gpkg", "geojson", "geojsonl", "zip"]


@pytest.mark.parametrize("name", NAMES)
def test_damaged_sources_never_crash(name: str, tmp_path: Path, read: Read) -> None:
    files = sources(tmp_path)[name]
    whole = {file: file.read_bytes() for file in files}
    series = Series(name)
    dice = series.dice
    for _round in series.rounds():
        victim = dice.choice(files)
        victim.write_bytes(mutated(whole[victim], dice))
        try:
            read(files[0])  # the fixture checks that every row is stored or in quarantine
            series.outcomes["read"] += 1
        except RegularizeError:
            series.outcomes["refused"] += 1
        victim.write_bytes(whole[victim])


def test_all_sources_share_the_time() -> None:
    """The share of each is right only if they are counted right."""
    import test_dxf_mutations
    import test_more_formats
    import test_registers
    import test_text_mutations
    import test_xml_hostile

    counted = [
        NAMES,
        test_dxf_mutations.DRAWINGS,
        test_text_mutations.SOURCES,
        test_xml_hostile.FORMS,
        test_more_formats.ENDINGS,
        test_registers.DAMAGED,
    ]
    assert sum(map(len, counted)) == SOURCES

"""Rings that are not closed: closed by a straight side, listed, the same from every format."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from case_builders import AT
from small_sources import BG, write

from regularize import intake
from regularize.countries import Pack

CORNERS = [(float(AT[0] + e), float(AT[1] + n)) for e, n in ((0, 0), (10, 0), (10, 8), (0, 8))]
DEGREES = [(25.5, 42.5), (25.5001, 42.5), (25.5001, 42.5001), (25.5, 42.5001)]


def wkt(folder: Path) -> Path:
    ring = ", ".join(f"{x} {y}" for x, y in CORNERS)
    (folder / "b.csv").write_text(f"ref;wkt\na;POLYGON(({ring}))\n", encoding="utf-8")
    return folder / "b.csv"


def kml(folder: Path) -> Path:
    ring = " ".join(f"{x},{y}" for x, y in DEGREES)
    (folder / "b.kml").write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>a1</name><Polygon>'
        f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
        "</Polygon></Placemark></Document></kml>",
        encoding="utf-8",
    )
    return folder / "b.kml"


def gml(folder: Path) -> Path:
    ring = " ".join(f"{x} {y}" for x, y in CORNERS)
    (folder / "b.gml").write_text(
        '<f:FeatureCollection xmlns:f="http://www.opengis.net/gml" xmlns:gml="http://www.opengis.net/gml">'
        '<gml:featureMember><f:dom><f:ref>a</f:ref><gml:Polygon srsName="EPSG:7801"><gml:exterior>'
        f"<gml:LinearRing><gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
        "</f:dom></gml:featureMember></f:FeatureCollection>",
        encoding="utf-8",
    )
    return folder / "b.gml"


def geojson(folder: Path) -> Path:
    geometry = {"type": "Polygon", "coordinates": [DEGREES]}
    feature = {"type": "Feature", "properties": {"ref": "a"}, "geometry": geometry}
    (folder / "b.geojson").write_text(json.dumps(feature), encoding="utf-8")
    return folder / "b.geojson"


def shapefile(folder: Path) -> Path:
    """Its last point is moved, so that it repeats the first no more."""
    path = write(folder / "b.shp", [shapely.Polygon(CORNERS)], crs=BG, ref=["a"])
    content = bytearray(path.read_bytes())
    ring = 100 + 8 + 4 + 32 + 4 + 4 + 4
    struct.pack_into("<dd", content, ring + 4 * 16, CORNERS[0][0] + 1, CORNERS[0][1] + 2)
    path.write_bytes(bytes(content))
    return path


def package(folder: Path) -> Path:
    import sqlite3

    path = write(folder / "b.gpkg", [shapely.Polygon(CORNERS)], crs=BG, ref=["a"])
    open_ring = struct.pack("<BIII", 1, 3, 1, 4) + b"".join(struct.pack("<dd", *place) for place in CORNERS)
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        (blob,) = database.execute("SELECT geom FROM b").fetchone()
        database.execute("UPDATE b SET geom = ?", (blob[:40] + open_ring,))
    database.close()
    return path


MAKERS = [wkt, kml, gml, geojson, shapefile, package]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_an_open_ring_is_closed_and_listed(
    make: Callable[[Path], Path], tmp_path: Path, bg: Pack, read: Callable[..., intake.Delivery]
) -> None:
    crs = BG if make is wkt else None
    done = read(make(tmp_path), project_crs=BG, extent=bg.extent, pack=bg, crs=crs)
    assert len(done.frame) == 1
    said = [issue for issue in done.issues if issue.code == "UNCLOSED_RING"]
    assert [issue.feature for issue in said] == [0]
    assert f"{done.frame.geometry.area.iloc[0]:.2f} m²" in said[0].message
    assert said[0].x is not None
    assert done.frame.geometry.is_valid.all()
    assert "a" in str(done.frame["ref"].iloc[0])


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_closed_ring_is_not_spoken_of(
    make: Callable[[Path], Path],
    tmp_path: Path,
    bg: Pack,
    read: Callable[..., intake.Delivery],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("test_open_rings.CORNERS", [*CORNERS, CORNERS[0]])
    monkeypatch.setattr("test_open_rings.DEGREES", [*DEGREES, DEGREES[0]])
    path = make(tmp_path)
    if make in {shapefile, package}:
        path = write(tmp_path / f"c{path.suffix}", [shapely.Polygon(CORNERS)], crs=BG, ref=["a"])
    done = read(path, project_crs=BG, extent=bg.extent, pack=bg, crs=BG if make is wkt else None)
    assert "UNCLOSED_RING" not in {issue.code for issue in done.issues}

"""Each engine, in a process of its own: only wanted drivers, nothing said, no disguise opened."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from regularize import gdal_guard

LISTING = {
    "pyogrio": "import pyogrio; names = list(pyogrio.list_drivers())",
    "fiona": "import fiona\nwith fiona.Env() as e: names = list(e.drivers())",
    "rasterio": "import rasterio\nwith rasterio.Env() as e: names = list(e.drivers())",
}
OPENING = {
    "pyogrio": "import pyogrio; pyogrio.read_dataframe(path)",
    "fiona": "import fiona\nwith fiona.open(path) as c: list(c)",
    "rasterio": "import rasterio\nwith rasterio.open(path) as c: c.read()",
}
NEEDED = {
    "pyogrio": {"ESRI Shapefile", "GPKG", "GeoJSON", "GeoJSONSeq", "KML", "GML", "GPX", "FlatGeobuf"},
    "fiona": {"ESRI Shapefile", "GPKG", "GeoJSON", "GeoJSONSeq", "KML", "GML", "GPX"},
    "rasterio": {"GTiff", "COG", "PNG", "JPEG", "WEBP", "MEM"},
}
FORBIDDEN = {
    *("VRT", "OGR_VRT", "GDALG", "GTI", "WFS", "OAPIF", "OGCAPI", "CSW", "WMS", "WCS", "WMTS", "HTTP"),
    *("STACIT", "STACTA", "EEDA", "EEDAI", "PostgreSQL", "MySQL", "MSSQLSpatial", "Elasticsearch", "Carto"),
    *("AmigoCloud", "NGW", "PLSCENES", "PLMOSAIC", "DAAS", "ADBC", "SQLite", "Rasterlite", "GPSBabel", "PDF"),
}
ENGINES = sorted(LISTING)


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GDAL", "OGR", "CPL", "PROJ"))}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**inherited, **environment},
        cwd=Path(__file__).parents[1],
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_only_wanted_drivers_are_left_and_nothing_is_said(engine: str) -> None:
    code = f"from regularize import gdal_guard\n{LISTING[engine]}\nimport json; print(json.dumps(names))"
    done = run(code)
    names = set(json.loads(done.stdout))
    assert done.stderr == ""
    assert not names & FORBIDDEN
    assert names <= gdal_guard.WANTED
    assert names >= NEEDED[engine]


@pytest.mark.parametrize("engine", ENGINES)
def test_without_the_guard_the_drivers_are_there(engine: str) -> None:
    """The test above can fail: bare engines have what the guard takes away."""
    done = run(f"{LISTING[engine]}\nimport json; print(json.dumps(names))")
    assert set(json.loads(done.stdout)) & FORBIDDEN


def test_foreign_settings_are_dropped() -> None:
    code = (
        "from regularize import gdal_guard; import os, pyproj\n"
        "assert 'PROJ_LIB' not in os.environ and 'GDAL_DATA' not in os.environ\n"
        "assert 'SHAPE_RESTORE_SHX' not in os.environ\n"
        "print(pyproj.CRS.from_epsg(7801).name)"
    )
    done = run(code, PROJ_LIB="/nowhere", GDAL_DATA="/nowhere", SHAPE_RESTORE_SHX="YES")
    assert done.stdout.strip() == "BGS2005 / CCS2005"
    assert done.stderr == ""


def test_settings_of_a_conda_environment_stay() -> None:
    code = "from regularize import gdal_guard; import os; print(os.environ['GDAL_DATA'])"
    assert (
        run(code, CONDA_PREFIX="/conda", GDAL_DATA="/conda/share/gdal").stdout.strip() == "/conda/share/gdal"
    )


class Listener(BaseHTTPRequestHandler):
    """A service that only counts its visitors."""

    hits: list[str] = []  # noqa: RUF012 shared by design: one per test server

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 name of the base class
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Listener.hits.clear()
    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def disguises(folder: Path, port: int) -> list[Path]:
    """Links to a canary, named as harmless data."""
    canary = folder / "canary.csv"
    canary.write_text('WKT,secret\n"POINT (1 2)",CANARY\n', encoding="utf-8")
    url = f"http://127.0.0.1:{port}/canary"
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="canary"><SrcDataSource>{canary}</SrcDataSource>'
        "<GeometryType>wkbNone</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
    )
    raster = (
        '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>/vsicurl/{url}.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    wms = (
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service>'
        "<DataWindow><UpperLeftX>0</UpperLeftX><UpperLeftY>1</UpperLeftY><LowerRightX>1</LowerRightX>"
        "<LowerRightY>0</LowerRightY><TileLevel>1</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY>"
        "</DataWindow><Projection>EPSG:4326</Projection><BandsCount>1</BandsCount></GDAL_WMS>"
    )
    gdalg = json.dumps(
        {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline read {canary} ! limit 1"}
    )
    texts = {
        **dict.fromkeys(("a.kml", "a.geojson", "a.gpkg", "a.shp", "a.gml", "a.xml", "a.vrt"), vrt),
        **dict.fromkeys(("b.tif", "b.png", "b.geojson", "b.vrt"), raster),
        **dict.fromkeys(("c.tif", "c.xml"), wms),
        "d.xml": f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>",
        **dict.fromkeys(("e.json", "e.geojson"), gdalg),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


@pytest.mark.parametrize("engine", ENGINES)
def test_disguised_files_open_nothing(engine: str, tmp_path: Path, port: int) -> None:
    paths = disguises(tmp_path, port)
    code = (
        "from regularize import gdal_guard\nimport sys, json\ndef attempt(path):\n"
        + "".join(f"    {line}\n" for line in OPENING[engine].splitlines())
        + "opened = []\nfor path in sys.argv[1:]:\n"
        + "    try: attempt(path)\n    except Exception as error: assert 'CANARY' not in str(error)\n"
        + "    else: opened.append(path)\n"
        + "print(json.dumps(opened))"
    )
    done = run(code, *map(str, paths))
    assert json.loads(done.stdout) == []
    assert Listener.hits == []


def test_without_the_guard_a_disguise_reads_the_canary(tmp_path: Path, port: int) -> None:
    """The test above can fail."""
    path = disguises(tmp_path, port)[0]
    assert path.suffix == ".kml"
    done = run("import sys, pyogrio; print(pyogrio.read_dataframe(sys.argv[1]).to_csv())", str(path))
    assert "CANARY" in done.stdout

"""GPX, FlatGeobuf and GeoParquet: read whole, counted apart, refused in words where they are damaged."""

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from geopandas import GeoDataFrame
from mutation import Series, mutated
from small_sources import BG, UTM, codes, square, write

from regularize.countries import Pack
from regularize.errors import InputError, MissingExtraError, RegularizeError
from regularize.intake import Delivery, layers_in

Read = Callable[..., Delivery]
GPX = """<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="42.15" lon="24.79"><ele>163.4</ele><name>T-1</name><sym>Flag</sym></wpt>
<wpt lat="42.151" lon="24.791"><name>Мария</name></wpt>
<wpt lat="42.151"><name>T-3</name></wpt>
<rte><name>R-1</name><rtept lat="42.15" lon="24.79"/><rtept lat="42.15" lon="24.80"/></rte>
<trk><name>ул. 5</name><trkseg><trkpt lat="42.15" lon="24.79"/><trkpt lat="42.16" lon="24.79"/></trkseg>
<trkseg><trkpt lat="42.16" lon="24.79"/></trkseg>
<trkseg><trkpt lat="42.17" lon="24.79"/><trkpt lat="42.17" lon="24.80"/></trkseg></trk></gpx>"""


def frame(n: int = 12) -> GeoDataFrame:
    columns: dict[str, Any] = {
        "ref": [f"r{at}" for at in range(n)],
        "use": ["Жилищна сграда", None] * (n // 2),
        "storeys": list(range(n)),
        "survey_date": [date(2026, 5, 14)] * n,
    }
    return GeoDataFrame(columns, geometry=[square(20 * at) for at in range(n)], crs=UTM)


@pytest.fixture
def gpx(tmp_path: Path, read: Read, bg: Pack) -> Callable[..., Delivery]:
    def call(text: str = GPX, **options: Any) -> Delivery:
        (tmp_path / "a.gpx").write_text(text, encoding="utf-8")
        return read(tmp_path / "a.gpx", project_crs=BG, pack=bg, **options)

    return call


def test_waypoints(gpx: Read, tmp_path: Path) -> None:
    delivery = gpx(kind="points", layer="waypoints")
    assert delivery.frame["ref"].tolist() == ["T-1", "1"]  # a name without a digit may be a person's
    assert delivery.frame["height_m"].tolist()[0] == 163.4
    assert delivery.source.sigma_m == 3.0  # of a telephone, not of a survey
    assert gpx(kind="points", layer="waypoints", sigma_m=0.5).source.sigma_m == 0.5
    assert [entry.code for entry in delivery.quarantine] == ["UNREADABLE_GEOMETRY"]
    assert [(layer.name, layer.n, layer.family) for layer in layers_in(tmp_path / "a.gpx")] == [
        ("waypoints", 3, "point"),
        ("routes", 1, "line"),
        ("tracks", 1, "line"),
    ]


def test_tracks_are_lines(gpx: Read) -> None:
    delivery = gpx(kind="streets", layer="tracks")
    assert delivery.frame.geometry.geom_type.tolist() == ["MultiLineString"]
    assert delivery.frame["name"].tolist() == ["ул. 5"]
    assert gpx(kind="fences", layer="routes").frame.geometry.geom_type.tolist() == ["LineString"]


def test_a_cut_gpx(gpx: Read) -> None:
    text = GPX.replace("</wpt>\n<wpt lat", "</wpt>\n<<wpt lat", 1)
    delivery = gpx(text, kind="points", layer="waypoints")
    assert delivery.source.n_read == 3
    assert len(delivery.frame) == 1
    assert "FILE_TRUNCATED" in codes(delivery)


def test_flatgeobuf(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "buildings.fgb"
    frame().to_file(path, engine="pyogrio", SPATIAL_INDEX="NO")
    delivery = read(path)
    assert delivery.source.reader == "flatgeobuf"
    assert delivery.frame["ref"].tolist() == [f"r{at}" for at in range(12)]
    assert delivery.frame["building_use"].tolist()[:2] == ["Жилищна сграда", None]
    assert delivery.frame["valid_from"].tolist()[0] == date(2026, 5, 14)
    assert delivery.frame.geometry.iloc[3].equals(square(60))


def test_geoparquet(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "buildings.parquet"
    frame().to_parquet(path)
    delivery = read(path)
    assert delivery.source.reader == "geoparquet"
    assert delivery.source.source_crs == UTM
    assert delivery.frame["storeys"].tolist() == list(range(12))
    assert delivery.frame["valid_from"].tolist()[0] == date(2026, 5, 14)
    assert delivery.frame.geometry.iloc[3].equals(square(60))


def geoparquet_of(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A GeoParquet file with the words about its geometry changed."""
    import pyarrow.parquet

    frame().to_parquet(path)
    table = pyarrow.parquet.read_table(path)
    metadata = dict(table.schema.metadata)
    geo = json.loads(metadata[b"geo"])
    change(geo)
    metadata[b"geo"] = json.dumps(geo).encode()
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_geoparquet_without_a_crs(tmp_path: Path, read: Read) -> None:
    def empty(geo: dict[str, Any]) -> None:
        geo["columns"]["geometry"]["crs"] = None

    def silent(geo: dict[str, Any]) -> None:
        del geo["columns"]["geometry"]["crs"]

    with pytest.raises(InputError, match="no coordinate system"):
        read(geoparquet_of(tmp_path / "a.parquet", empty))
    assert len(read(tmp_path / "a.parquet", crs=UTM).frame) == 12
    with pytest.raises(InputError, match="outside the area"):  # by its standard these are degrees
        read(geoparquet_of(tmp_path / "b.parquet", silent))


def test_geoparquet_of_another_encoding_and_tables(tmp_path: Path, read: Read) -> None:
    def native(geo: dict[str, Any]) -> None:
        geo["columns"]["geometry"]["encoding"] = "polygon"

    with pytest.raises(InputError, match="encoded as polygon"):
        read(geoparquet_of(tmp_path / "a.parquet", native))
    frame().drop(columns="geometry").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="table without geometry"):
        read(tmp_path / "t.parquet")


def test_without_the_extra(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    frame().to_parquet(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError) as caught:
        read(tmp_path / "a.parquet")
    assert "regularize[parquet]" in caught.value.hint


ENDINGS = ["fgb", "parquet", "gpx"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_damaged_files_never_crash(ending: str, tmp_path: Path, read: Read, bg: Pack) -> None:
    path = tmp_path / f"b.{ending}"
    options: dict[str, Any] = {}
    if ending == "gpx":
        path.write_text(GPX, encoding="utf-8")
        options = {"kind": "points", "layer": "waypoints", "project_crs": BG, "pack": bg}
    elif ending == "fgb":
        write(path, list(frame().geometry), ref=frame()["ref"].tolist())
    else:
        frame().to_parquet(path, compression=None)
    whole = path.read_bytes()
    series = Series(ending)
    dice = series.dice
    for _round in series.rounds():
        path.write_bytes(mutated(whole, dice))
        try:
            read(path, **options)  # the fixture checks that every row is stored or in quarantine
            series.outcomes["read"] += 1
        except RegularizeError:
            series.outcomes["refused"] += 1

"""What a file is, by its content; what is not read gets a sentence and advice."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_sources import square, write

from regularize.errors import InputError
from regularize.intake import Delivery, registry

Read = Callable[..., Delivery]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.dwg", b"AC1027\x00\x00", "DWG"),
        ("a.zem", b"anything at all", "ZEM"),
        ("a.ecw", b"e\x02\x00\x00", "ECW"),
        ("a.sid", b"msid\x00", "MrSID"),
        ("a.tif", b"II*\x00", "picture"),
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.rar", b"Rar!\x1a", "RAR"),
        ("a.svg", b"<svg></svg>", "SVG"),
        ("a.dgn", b"\x08\x09\xfe\x02", "DGN"),
        ("a.json", b'{"type": "Topology", "objects": {}}', "TopoJSON"),
        ("a.json", b'{"geometryType": "esriGeometryPolygon"}', "ESRI JSON"),
        ("a.dbf", b"\x03aaaa", "member of a shapefile"),
    ],
)
def test_what_is_not_read_is_named(name: str, content: bytes, words: str, tmp_path: Path, read: Read) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read(path)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["a.kml", "a.geojson", "a.gpkg", "a.shp", "a.zip"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{canary}</SrcDataSource></OGRVRTLayer>"
            "</OGRVRTDataSource>",
            "virtual file",
        ),
        ("<VRTDataset rasterXSize='1' rasterYSize='1'/>", "virtual file"),
        ("<OGRWFSDataSource><URL>http://127.0.0.1:9</URL></OGRWFSDataSource>", "network service"),
        ("<GDAL_WMS></GDAL_WMS>", "network service"),
        ('{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read {canary}"}}', "GDALG"),
    ],
)
def test_disguises_are_refused_by_their_true_name(
    name: str, content: str, words: str, tmp_path: Path, read: Read
) -> None:
    canary = write(tmp_path / "canary.gpkg", [square()], ref=["CANARY"])
    path = tmp_path / name
    path.write_text(content.format(canary=canary), encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read(path)


def test_a_shapefile_under_another_name(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "b.shp", [square()], ref=["a"])
    assert len(read(path.rename(path.with_suffix(".SHP"))).frame) == 1


def test_missing_folder_empty_unknown(tmp_path: Path, read: Read) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "none.shp")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)
    (tmp_path / "empty.shp").touch()
    with pytest.raises(InputError, match="is empty"):
        read(tmp_path / "empty.shp")
    (tmp_path / "noise.bin").write_bytes(bytes(range(200, 256)) * 4)
    with pytest.raises(InputError, match="no format that is known"):
        read(tmp_path / "noise.bin")
    with pytest.raises(InputError, match="no such file"):
        read(Path("/vsicurl/http://127.0.0.1:9/a.gpkg"))


@pytest.mark.parametrize(
    "piece", [b"<?a?>", b"<!--a-->", b"<!DOCTYPE a>", b"<!DOCTYPE a [b]>", b" ", b"999\n\n", b"999\na\n"]
)
def test_a_long_preamble_is_recognised_soon(piece: bytes) -> None:
    head = (piece * registry.HEAD_BYTES)[: registry.HEAD_BYTES - 1] + b"!"
    began = time.process_time()
    registry.recognise(head, "a.bin")
    assert time.process_time() - began < 1

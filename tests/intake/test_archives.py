"""Zips: read in memory, within limits, never by the names in them."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from small_sources import folder_state, square, write

from regularize.errors import InputError, OptionError
from regularize.intake import Delivery, archive, layers_in

Read = Callable[..., Delivery]


@pytest.fixture
def members(tmp_path: Path) -> dict[str, bytes]:
    folder = tmp_path / "loose"
    folder.mkdir()
    path = write(folder / "buildings.shp", [square(), square(50)], ref=["a", "b"])
    return {file.suffix: file.read_bytes() for file in path.parent.iterdir()}


def pack(path: Path, members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "prefix", ["buildings", "folder/sub/buildings", "../../buildings", "/abs/buildings", "C:\\b"]
)
def test_shapefile_anywhere_in_the_zip(
    prefix: str, members: dict[str, bytes], tmp_path: Path, read: Read
) -> None:
    path = pack(tmp_path / "a.zip", {prefix + ending: content for ending, content in members.items()})
    before = folder_state(tmp_path.parent)
    delivery = read(path)
    assert folder_state(tmp_path.parent) == before
    assert delivery.frame["ref"].tolist() == ["a", "b"]


def test_the_hash_is_that_of_the_loose_files(members: dict[str, bytes], tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "a.zip", {"buildings" + ending: content for ending, content in members.items()})
    assert read(path).source.sha256 == read(tmp_path / "loose" / "buildings.shp").source.sha256


def test_several_shapefiles_need_a_layer(members: dict[str, bytes], tmp_path: Path, read: Read) -> None:
    names = ("a/buildings", "b/buildings", "plots")
    path = pack(tmp_path / "a.zip", {name + e: content for name in names for e, content in members.items()})
    assert [layer.name for layer in layers_in(path)] == ["a/buildings", "b/buildings", "plots"]
    with pytest.raises(OptionError, match="3 layers"):
        read(path)
    assert len(read(path, layer="b/buildings").frame) == 2


@pytest.mark.parametrize("raw", ["cp866", "utf-8"])
def test_cyrillic_member_names(raw: str, members: dict[str, bytes], tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "a.zip", {"XXXXXX" + ending: content for ending, content in members.items()})
    if raw == "cp866":
        path.write_bytes(path.read_bytes().replace(b"XXXXXX", "сгради".encode("cp866")))
    else:
        path.write_bytes(path.read_bytes().replace(b"XXXXXX", "дом".encode()))
    expected = "сгради" if raw == "cp866" else "дом"
    assert read(path).source.layer == expected


@pytest.mark.parametrize("ending", [".gpkg", ".geojson"])
def test_single_files_in_a_zip(ending: str, tmp_path: Path, read: Read) -> None:
    crs = "EPSG:25830" if ending == ".gpkg" else "EPSG:4326"
    from geopandas import GeoSeries

    shapes = GeoSeries([square()], crs="EPSG:25830").to_crs(crs)
    inner = write(tmp_path / f"inner{ending}", list(shapes), crs=crs, ref=["a"])
    path = pack(tmp_path / "a.zip", {f"some/{inner.name}": inner.read_bytes()})
    assert read(path).frame["ref"].tolist() == ["a"]


def test_a_geopackage_in_wal_mode_in_a_zip(tmp_path: Path, read: Read) -> None:
    inner = write(tmp_path / "inner.gpkg", [square()], ref=["a"])
    data = bytearray(inner.read_bytes())
    data[18:20] = b"\x02\x02"
    assert len(read(pack(tmp_path / "a.zip", {"inner.gpkg": bytes(data)})).frame) == 1


def test_a_bomb_is_refused(tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "a.zip", {"a.geojson": b" " * 20_000_000})
    with pytest.raises(InputError, match="packed more than"):
        read(path)


def test_too_many_members(tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "a.zip", {f"{at}.txt": b"" for at in range(archive.MAX_MEMBERS + 1)})
    with pytest.raises(InputError, match="1001 members"):
        read(path)


def test_too_large_by_its_own_word(tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "a.zip", {"a.bin": b"x" * 100}, method=zipfile.ZIP_STORED)
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    path.write_bytes(data[: at + 24] + (2**31 + 1).to_bytes(4, "little") + data[at + 28 :])
    with pytest.raises(InputError, match="2 GiB"):
        read(path)


def test_an_archive_in_an_archive(members: dict[str, bytes], tmp_path: Path, read: Read) -> None:
    inner = pack(
        tmp_path / "inner.zip", {"buildings" + ending: content for ending, content in members.items()}
    )
    path = pack(tmp_path / "a.zip", {"inner.zip": inner.read_bytes()})
    with pytest.raises(InputError, match="another archive"):
        read(path)


def test_two_members_of_one_name(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("a.shp", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            target.writestr("a.shp", b"2")
    with pytest.raises(InputError, match="two members"):
        read(path)


def test_links_are_refused(tmp_path: Path, read: Read) -> None:
    info = zipfile.ZipInfo("link.shp")
    info.external_attr = 0o120777 << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr(info, "/etc/hostname")
    with pytest.raises(InputError, match="links"):
        read(path)


def test_a_cut_archive(members: dict[str, bytes], tmp_path: Path, read: Read) -> None:
    path = pack(tmp_path / "a.zip", {"buildings" + ending: content for ending, content in members.items()})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="archive cannot be read: it is cut or damaged"):
        read(path)


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("[Content_Types].xml", "word/document.xml"), "Office"),
        (("[Content_Types].xml", "xl/workbook.xml"), "no sound workbook"),
        (("a.txt",), "no layer to read"),
    ],
)
def test_other_archives_are_named(names: tuple[str, ...], what: str, tmp_path: Path, read: Read) -> None:
    with pytest.raises(InputError, match=what):
        read(pack(tmp_path / "a.zip", dict.fromkeys(names, b"<kml/>")))

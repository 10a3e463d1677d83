"""KML and KMZ: folders, attributes in Cyrillic, geometry of every kind, and nothing fetched."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_sources import BG, codes

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery, layers_in

Read = Callable[..., Delivery]
AREA = (440_000.0, 4_666_000.0, 443_000.0, 4_670_000.0)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
TAIL = "</Document></kml>"


def ring(
    east: float = 0, north: float = 0, *, side: float = 0.0001, swap: bool = False, height: str = ",0"
) -> str:
    west, south = 24.79 + east, 42.15 + north
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side)]
    pairs = [(y, x) if swap else (x, y) for x, y in [*corners, corners[0]]]
    return " ".join(f"{x:.7f},{y:.7f}{height}" for x, y in pairs)


def polygon(coordinates: str, *, holes: str = "") -> str:
    outer = f"<outerBoundaryIs><LinearRing><coordinates>{coordinates}</coordinates></LinearRing>"
    return f"<Polygon>{outer}</outerBoundaryIs>{holes}</Polygon>"


def placemark(name: str, geometry: str, **data: str) -> str:
    extended = "".join(f'<Data name="{key}"><value>{value}</value></Data>' for key, value in data.items())
    kept = f"<ExtendedData>{extended}</ExtendedData>" if extended else ""
    return f"<Placemark><name>{name}</name>{kept}{geometry}</Placemark>"


@pytest.fixture
def kml(tmp_path: Path, read: Read, bg: Pack) -> Callable[..., Delivery]:
    """Read a KML of this body as buildings of a survey near Plovdiv."""

    def call(body: str, *, head: str = HEAD, encoding: str = "utf-8", **options: Any) -> Delivery:
        path = tmp_path / "сгради.kml"
        path.write_bytes((head + body + TAIL).encode(encoding))
        return read(path, **{"project_crs": BG, "extent": AREA, "pack": bg, **options})

    return call


def test_cyrillic_keys_survive(kml: Read) -> None:
    body = placemark("a", polygon(ring()), номер="S-12", етажи="2", предназначение="жилищна")
    row = kml(body).frame.iloc[0]
    assert (row["ref"], row["storeys"], row["building_use"]) == ("S-12", 2, "жилищна")
    assert 60 < row.geometry.area < 120


def test_simple_data_of_a_schema(kml: Read) -> None:
    data = '<SchemaData schemaUrl="#s"><SimpleData name="номер">7</SimpleData></SchemaData>'
    body = f"<Placemark><ExtendedData>{data}</ExtendedData>{polygon(ring())}</Placemark>"
    assert kml(body).frame["ref"].tolist() == ["7"]


def test_names_are_references_only_with_a_digit(kml: Read) -> None:
    names = ["S-12", "10504.8.360.1", "Иван Петров"]
    delivery = kml("".join(placemark(name, polygon(ring(0.001 * at))) for at, name in enumerate(names)))
    assert delivery.frame["ref"].tolist() == ["S-12", "10504.8.360.1", "2"]
    assert delivery.frame["identifier"].tolist() == [None, "10504.8.360.1", None]


def test_folders_are_layers(kml: Read, tmp_path: Path) -> None:
    house = placemark("1", polygon(ring()))
    line = f"<Placemark><LineString><coordinates>{ring(0.001)}</coordinates></LineString></Placemark>"
    body = (
        f"<Folder><name>Сгради</name>{house}{placemark('2', polygon(ring(0.01)))}</Folder>"
        f"<Folder><name>Север</name><Folder><name>Огради</name>{line}</Folder></Folder>"
        f"<Folder><name>Юг</name><Folder><name>Огради</name>{line}</Folder></Folder>"
    )
    with pytest.raises(OptionError) as caught:
        kml(body, kind=None)
    assert "Сгради (polygons, 2), Север/Огради (lines, 1), Юг/Огради (lines, 1)" in caught.value.hint
    assert len(kml(body, kind=None, layer="Сгради").frame) == 2
    fences = kml(body, kind="fences", layer="Юг/Огради")
    assert fences.frame.geometry.geom_type.tolist() == ["LineString"]
    assert [layer.crs for layer in layers_in(tmp_path / "сгради.kml")] == ["EPSG:4326"] * 3


def test_holes_multi_geometries_and_heights(kml: Read) -> None:
    inner = ring(0.00002, 0.00002, side=0.00004)
    hole = f"<innerBoundaryIs><LinearRing><coordinates>{inner}</coordinates></LinearRing></innerBoundaryIs>"
    two = f"<MultiGeometry>{polygon(ring(0.001))}{polygon(ring(0.002))}</MultiGeometry>"
    mixed = f"<MultiGeometry>{polygon(ring(0.003))}<Point><coordinates>24.8,42.15</coordinates></Point>"
    loose = "<Polygon><outerBoundaryIs><LinearRing><coordinates>" + ring(0.004).replace(",", " , ")
    body = (
        placemark("1", polygon(ring(), holes=hole))
        + placemark("2", two)
        + placemark("3", mixed + "</MultiGeometry>")
        + placemark("4", loose + "</coordinates></LinearRing></outerBoundaryIs></Polygon>")
        + placemark("5", "")
        + placemark("6", polygon("24.8,42.1 24.81"))
        + placemark("7", polygon("a,b c,d e,f"))
    )
    delivery = kml(body)
    kinds = delivery.frame.geometry.geom_type.tolist()
    assert kinds == ["Polygon", "MultiPolygon", "Polygon", "Polygon"]
    assert len(delivery.frame.geometry.iloc[0].interiors) == 1
    assert "Z_DROPPED" in codes(delivery)
    assert [entry.code for entry in delivery.quarantine] == ["NULL_GEOMETRY", *["UNREADABLE_GEOMETRY"] * 2]


def test_a_track_is_a_line(kml: Read) -> None:
    track = "".join(f"<gx:coord>24.79{at} 42.15 160</gx:coord>" for at in range(3))
    body = f"<Placemark><gx:Track>{track}</gx:Track></Placemark>"  # gx was never declared
    assert kml(body, kind="streets").frame.geometry.geom_type.tolist() == ["LineString"]


def test_latitude_first_is_recognised(kml: Read) -> None:
    straight = kml(placemark("1", polygon(ring())))
    swapped = kml(placemark("1", polygon(ring(swap=True))))
    assert "AXES_SWAPPED" not in codes(straight)
    assert "AXES_SWAPPED" in codes(swapped)
    assert swapped.frame.geometry.iloc[0].equals_exact(straight.frame.geometry.iloc[0], 1e-6)


@pytest.mark.parametrize("said", ["windows-1251", "UTF-8"])
def test_one_byte_cyrillic(said: str, kml: Read) -> None:
    head = HEAD.replace("UTF-8", said)
    body = placemark("1", polygon(ring()), номер="Крайречна улица 5", предназначение="жилищна сграда")
    delivery = kml(body, head=head, encoding="cp1251")
    assert delivery.frame["ref"].tolist() == ["Крайречна улица 5"]
    assert delivery.source.encoding == "cp1251"


def test_utf_16(kml: Read) -> None:
    head = HEAD.replace("UTF-8", "UTF-16")
    assert len(kml(placemark("1", polygon(ring())), head=head, encoding="utf-16").frame) == 1


def test_kmz(tmp_path: Path, read: Read, bg: Pack) -> None:
    path = tmp_path / "сгради.kmz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("files/icon.png", b"\x89PNG")
        packed.writestr("files/other.kml", HEAD + TAIL)
        packed.writestr("doc.kml", HEAD + placemark("S-1", polygon(ring())) + TAIL)
    assert read(path, project_crs=BG, extent=AREA, pack=bg).frame["ref"].tolist() == ["S-1"]


def test_links_are_named_and_not_followed(kml: Read) -> None:
    link = "<NetworkLink><Link><href>http://127.0.0.1:1/x.kml</href></Link></NetworkLink>"
    delivery = kml(link + placemark("1", polygon(ring())))
    assert "1 NetworkLink" in next(i.message for i in delivery.issues if i.code == "XML_LINK_NOT_FOLLOWED")


def test_nothing_but_links_is_no_layer(kml: Read) -> None:
    with pytest.raises(InputError, match="no layer"):
        kml("<NetworkLink><Link><href>x.kml</href></Link></NetworkLink>")


@pytest.mark.parametrize("where", ["between", "inside"])
def test_what_stands_after_a_cut_is_counted(where: str, tmp_path: Path, read: Read, bg: Pack) -> None:
    body = "".join(placemark(f"S-{at}", polygon(ring(0.001 * at))) for at in range(6))
    text = HEAD + body + TAIL
    at = text.index("<name>S-3")
    text = text[:at] + "<<" + text[at:] if where == "inside" else text[: text.index("<Placemark><name>S-3")]
    path = tmp_path / "a.kml"
    path.write_text(text, encoding="utf-8")
    delivery = read(path, project_crs=BG, extent=AREA, pack=bg)
    assert delivery.source.n_read == (6 if where == "inside" else 3)
    assert len(delivery.frame) == 3
    assert {entry.code for entry in delivery.quarantine} <= {"TRUNCATED"}
    assert "FILE_TRUNCATED" in codes(delivery)


def test_names_of_owners_are_refused(kml: Read) -> None:
    delivery = kml(placemark("1", polygon(ring()), собственик="Петър Петров", номер="4"))
    assert "PERSONAL_COLUMN_REFUSED" in codes(delivery)
    assert "Петър" not in delivery.frame.to_csv() + repr(delivery.issues) + str(delivery.sample)


def test_a_name_that_is_a_number_of_a_thing_is_no_person(kml: Read) -> None:
    """The reference comes from it: then nothing of it is refused; a name without digits is."""
    numbers = kml(placemark("S-1", polygon(ring())) + placemark("S-2", polygon(ring(0.001))))
    assert numbers.frame["ref"].tolist() == ["S-1", "S-2"]
    assert "PERSONAL_COLUMN_REFUSED" not in codes(numbers)
    mixed = kml(placemark("S-1", polygon(ring())) + placemark("Петър Примеров", polygon(ring(0.001))))
    assert "PERSONAL_COLUMN_REFUSED" in codes(mixed)
    assert "Примеров" not in mixed.frame.to_csv() + repr(mixed.issues) + str(mixed.sample)

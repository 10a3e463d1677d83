"""GML of every version, INSPIRE parcels and buildings, axis order, and nothing fetched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Transformer
from small_sources import BG, codes

from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery, gml_shapes, layers_in

Read = Callable[..., Delivery]
EAST, NORTH = 440_700.0, 4_668_400.0
AREA = (440_000.0, 4_668_000.0, 442_000.0, 4_670_000.0)
URN = "urn:ogc:def:crs:EPSG::7801"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:o="urn:ours"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xsi:schemaLocation="urn:ours http://127.0.0.1:1/ours.xsd">'
)
TAIL = "</gml:FeatureCollection>"


def corners(x: float = 0, y: float = 0, side: float = 10) -> list[tuple[float, float]]:
    x, y = EAST + x, NORTH + y
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]


def pos_list(points: list[tuple[float, float]], *, northing_first: bool = True, z: str = "") -> str:
    pairs = [(y, x) if northing_first else (x, y) for x, y in points]
    return " ".join(f"{a} {b}{z}" for a, b in pairs)


def polygon(text: str, srs: str = URN, *, attributes: str = "", holes: str = "") -> str:
    ring = f"<gml:exterior><gml:LinearRing><gml:posList{attributes}>{text}</gml:posList></gml:LinearRing>"
    return f'<gml:Polygon srsName="{srs}">{ring}</gml:exterior>{holes}</gml:Polygon>'


def member(geometry: str, name: str = "Building", texts: str = "") -> str:
    return (
        f"<gml:featureMember><o:{name} gml:id='b1'>{texts}<o:geom>{geometry}</o:geom>"
        f"</o:{name}></gml:featureMember>"
    )


@pytest.fixture
def gml(tmp_path: Path, read: Read, bg: Pack) -> Callable[..., Delivery]:
    def call(body: str, *, head: str = HEAD, tail: str = TAIL, **options: Any) -> Delivery:
        path = tmp_path / "a.gml"
        path.write_text(head + body + tail, encoding="utf-8")
        delivery = read(path, **{"project_crs": BG, "extent": AREA, "pack": bg, **options})
        assert [each.name for each in tmp_path.iterdir()] == ["a.gml"]  # nothing is written beside it
        return delivery

    return call


@pytest.mark.parametrize(
    ("srs", "northing_first"),
    [
        (URN, True),
        ("urn:x-ogc:def:crs:EPSG:7801", True),
        ("urn:x-ogc:def:crs:EPSG:9.1:7801", True),
        ("http://www.opengis.net/def/crs/EPSG/0/7801", True),
        ("EPSG:7801", False),
        ("http://www.opengis.net/gml/srs/epsg.xml#7801", False),
        ("urn:ogc:def:crs:EPSG::9391", False),  # an authority that puts easting first
    ],
)
def test_axis_order_by_the_form_of_the_name(srs: str, northing_first: bool, gml: Read) -> None:
    points = corners()
    if srs.endswith("9391"):
        way = Transformer.from_crs(7801, 9391, always_xy=True)
        points = [way.transform(x, y) for x, y in points]
    delivery = gml(member(polygon(pos_list(points, northing_first=northing_first), srs)))
    assert "AXES_SWAPPED" not in codes(delivery)
    assert delivery.frame.geometry.iloc[0].symmetric_difference(shapely.Polygon(corners())).area < 1e-3


@pytest.mark.parametrize("srs", [URN, "EPSG:7801"])
def test_the_wrong_order_is_overruled_and_said(srs: str, gml: Read) -> None:
    delivery = gml(member(polygon(pos_list(corners(), northing_first=srs != URN), srs)))
    assert "AXES_SWAPPED" in codes(delivery)
    assert delivery.frame.geometry.iloc[0].equals(shapely.Polygon(corners()))


def test_geographic_in_both_orders(gml: Read) -> None:
    way = Transformer.from_crs(7801, 4258, always_xy=True)
    degrees = [way.transform(x, y) for x, y in corners()]
    for srs, first in (("urn:ogc:def:crs:EPSG::4258", True), ("EPSG:4258", False)):
        delivery = gml(member(polygon(pos_list(degrees, northing_first=first), srs)))
        assert delivery.frame.geometry.iloc[0].area == pytest.approx(100, abs=0.01)


def test_without_a_crs_the_area_decides(gml: Read) -> None:
    body = member(polygon(pos_list(corners())).replace(f' srsName="{URN}"', ""))
    delivery = gml(body)
    assert "CRS_FROM_EXTENT" in codes(delivery)
    assert delivery.frame.geometry.iloc[0].equals(shapely.Polygon(corners()))


def test_the_envelope_may_state_it(gml: Read) -> None:
    box = f'<gml:boundedBy><gml:Envelope srsName="{URN}"/></gml:boundedBy>'
    body = member(polygon(pos_list(corners())).replace(f' srsName="{URN}"', ""))
    delivery = gml(box + body)
    assert not {"CRS_FROM_EXTENT", "AXES_SWAPPED"} & set(codes(delivery))


def test_every_form_of_surface(gml: Read) -> None:
    flat = pos_list(corners())
    hole = (
        "<gml:interior><gml:LinearRing>"
        + "".join(f"<gml:pos>{y} {x}</gml:pos>" for x, y in corners(2, 2, 4))
        + "</gml:LinearRing></gml:interior>"
    )
    ring = f"<gml:exterior><gml:LinearRing><gml:posList>{flat}</gml:posList></gml:LinearRing></gml:exterior>"
    other = ring.replace(flat, pos_list(corners(10)))
    patches = f"<gml:PolygonPatch>{ring}</gml:PolygonPatch><gml:PolygonPatch>{other}</gml:PolygonPatch>"
    surface = f'<gml:Surface srsName="{URN}"><gml:patches>{patches}</gml:patches></gml:Surface>'
    apart = pos_list(corners(30))
    two = (
        f'<gml:MultiSurface srsName="{URN}"><gml:surfaceMember>{polygon(flat)}</gml:surfaceMember>'
        f"<gml:surfaceMember>{polygon(apart)}</gml:surfaceMember></gml:MultiSurface>"
    )
    curves = (
        f"<gml:Ring><gml:curveMember><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>{flat}"
        "</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></gml:curveMember></gml:Ring>"
    )
    of_curves = f'<gml:Polygon srsName="{URN}"><gml:exterior>{curves}</gml:exterior></gml:Polygon>'
    old = ",".join
    gml2 = (
        '<gml:MultiPolygon srsName="EPSG:7801"><gml:polygonMember><gml:Polygon><gml:outerBoundaryIs>'
        "<gml:LinearRing><gml:coordinates>"
        + " ".join(old((str(x), str(y))) for x, y in corners())
        + "</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></gml:polygonMember>"
        "</gml:MultiPolygon>"
    )
    high = polygon(pos_list(corners(), z=" 163.5"), attributes=' srsDimension="3"')
    shapes = [polygon(flat, holes=hole), surface, two, of_curves, gml2, high]
    shapes = [shape.replace("Building", "B") for shape in shapes]
    delivery = gml("".join(member(shape, texts=f"<o:ref>{at}</o:ref>") for at, shape in enumerate(shapes)))
    assert delivery.frame.geometry.area.tolist() == pytest.approx([84, 200, 200, 100, 100, 100])
    assert delivery.frame.geometry.geom_type.tolist()[1:3] == ["Polygon", "MultiPolygon"]


def test_arcs_are_stroked() -> None:
    import math

    from defusedxml.ElementTree import fromstring

    half = math.sqrt(0.5) * 10
    text = f"<Arc><posList>10 0 {half} {half} 0 10</posList></Arc>"
    arc, _srs = gml_shapes.shape_of(fromstring(text), None)
    points = shapely.get_coordinates(arc)
    middles = (points[1:] + points[:-1]) / 2
    assert (10 - (middles**2).sum(axis=1) ** 0.5).max() <= 0.01
    assert arc.length == pytest.approx(math.pi * 5, abs=0.01)
    circle, _srs = gml_shapes.shape_of(fromstring(text.replace("Arc", "Circle")), None)
    assert circle.is_closed


PARCEL = """<?xml version="1.0" encoding="UTF-8"?>
<base:SpatialDataSet xmlns:base="http://inspire.ec.europa.eu/schemas/base/3.3" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:cp="http://inspire.ec.europa.eu/schemas/cp/4.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<base:member><cp:CadastralParcel gml:id="p1">
 <cp:areaValue uom="m2">101.5</cp:areaValue>
 <cp:beginLifespanVersion xsi:nil="true"/>
 <cp:geometry><gml:MultiSurface srsName="http://www.opengis.net/def/crs/EPSG/0/7801"><gml:surfaceMember>{polygon}
  </gml:surfaceMember></gml:MultiSurface></cp:geometry>
 <cp:inspireId><base:Identifier><base:localId>CP.{ref}</base:localId><base:namespace>BG.CP</base:namespace></base:Identifier></cp:inspireId>
 <cp:label>360</cp:label>
 <cp:nationalCadastralReference>{ref}</cp:nationalCadastralReference>
 <cp:referencePoint><gml:Point srsName="http://www.opengis.net/def/crs/EPSG/0/7801">
  <gml:pos>4668401 440701</gml:pos></gml:Point></cp:referencePoint>
 <cp:validFrom>2019-10-01T00:00:00</cp:validFrom>
</cp:CadastralParcel></base:member>
<base:member><cp:CadastralZoning gml:id="z1"><cp:geometry>{polygon}</cp:geometry>
</cp:CadastralZoning></base:member>
</base:SpatialDataSet>"""


def test_inspire_parcels(tmp_path: Path, read: Read, bg: Pack) -> None:
    path = tmp_path / "cp.gml"
    path.write_text(PARCEL.format(polygon=polygon(pos_list(corners())), ref="10504.8.360"), encoding="utf-8")
    options = {"project_crs": BG, "extent": AREA, "pack": bg, "origin": "cadastre"}
    assert [(layer.name, layer.n) for layer in layers_in(path)] == [
        ("CadastralParcel", 1),
        ("CadastralZoning", 1),
    ]
    for kind, layer in (("parcels", None), (None, "CadastralParcel")):
        row = read(path, **options, kind=kind, layer=layer).frame.iloc[0]
        assert row["identifier"] == "10504.8.360"
        assert row["ref"] == "CP.10504.8.360"
        assert row["area_register_m2"] == 101.5
        assert row.geometry.equals(shapely.Polygon(corners()))


BUILDING = """<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:base="urn:b" xmlns:bu="urn:bu" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:featureMembers><bu:Building gml:id="b1">
 <bu:inspireId><base:Identifier><base:localId>B.1</base:localId></base:Identifier></bu:inspireId>
 <bu:currentUse><bu:CurrentUse><bu:currentUse xlink:href="http://inspire.ec.europa.eu/codelist/CurrentUseValue/residential"/></bu:CurrentUse></bu:currentUse>
 <bu:numberOfDwellings>2</bu:numberOfDwellings><bu:numberOfFloorsAboveGround>3</bu:numberOfFloorsAboveGround>
 <bu:officialArea><bu:OfficialArea><bu:value uom="m2">99</bu:value></bu:OfficialArea></bu:officialArea>
 <bu:geometry2D><bu:BuildingGeometry2D><bu:geometry>{roof}</bu:geometry><bu:referenceGeometry>false</bu:referenceGeometry></bu:BuildingGeometry2D></bu:geometry2D>
 <bu:geometry2D><bu:BuildingGeometry2D><bu:geometry>{foot}</bu:geometry><bu:referenceGeometry>true</bu:referenceGeometry></bu:BuildingGeometry2D></bu:geometry2D>
</bu:Building></gml:featureMembers></gml:FeatureCollection>"""


def test_inspire_buildings(tmp_path: Path, read: Read, bg: Pack) -> None:
    path = tmp_path / "bu.gml"
    roof, foot = polygon(pos_list(corners(side=12))), polygon(pos_list(corners()))
    path.write_text(BUILDING.format(roof=roof, foot=foot), encoding="utf-8")
    row = read(path, project_crs=BG, extent=AREA, pack=bg).frame.iloc[0]
    assert (row["ref"], row["storeys"], row["dwellings"], row["building_use"]) == ("B.1", 3, 2, "residential")
    assert row.geometry.area == 100
    cadastre = read(path, project_crs=BG, extent=AREA, pack=bg, origin="cadastre").frame.iloc[0]
    assert cadastre["area_register_m2"] == 99


def test_layers_by_kind_of_feature(gml: Read) -> None:
    body = member(polygon(pos_list(corners()))) + member(polygon(pos_list(corners(20))), "Shed")
    with pytest.raises(OptionError) as caught:
        gml(body, kind=None)
    assert "Building (polygons, 1), Shed (polygons, 1)" in caught.value.hint
    assert gml(body).source.layer == "Building"


def test_broken_geometry_harms_one_row(gml: Read) -> None:
    bad = [
        polygon("1 2 3"),
        polygon("a b c d e f"),
        polygon(pos_list(corners()), attributes=' srsDimension="7"'),
        '<gml:Polygon srsName="EPSG:7801"/>',
        '<gml:Point srsName="EPSG:7801"><gml:pos>7</gml:pos></gml:Point>',
    ]
    delivery = gml(member(polygon(pos_list(corners()))) + "".join(map(member, bad)))
    assert [entry.code for entry in delivery.quarantine] == ["UNREADABLE_GEOMETRY"] * len(bad)
    assert len(delivery.frame) == 1


def test_two_systems_in_one_layer(gml: Read) -> None:
    whole = "".join(member(polygon(pos_list(corners(20 * at)))) for at in range(3))
    other = member(polygon(pos_list(corners()), "urn:ogc:def:crs:EPSG::32635"))
    delivery = gml(whole + other)
    assert [entry.code for entry in delivery.quarantine] == ["GML_OTHER_CRS"]
    assert delivery.source.source_crs == "EPSG:7801"


def test_a_linked_outline_is_not_fetched(gml: Read) -> None:
    link = "<gml:featureMember><o:Building><o:geometry xlink:href='http://127.0.0.1:1/g.xml'/></o:Building>"
    delivery = gml(member(polygon(pos_list(corners()))) + link + "</gml:featureMember>")
    assert "XML_LINK_NOT_FOLLOWED" in codes(delivery)
    assert [entry.code for entry in delivery.quarantine] == ["NULL_GEOMETRY"]


def test_what_stands_after_a_cut_is_counted(gml: Read) -> None:
    body = "".join(member(polygon(pos_list(corners(20 * at)))) for at in range(5))
    at = body.index("</gml:Polygon>", body.index("</gml:Polygon>") + 1)
    delivery = gml(body[:at] + "<" + body[at:])
    assert delivery.source.n_read == 5
    assert len(delivery.frame) == 1
    assert {entry.code for entry in delivery.quarantine} == {"TRUNCATED"}


def test_a_page_of_errors_is_no_layer(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.gml"
    path.write_text(HEAD + TAIL, encoding="utf-8")
    with pytest.raises(InputError, match="no layer"):
        read(path)

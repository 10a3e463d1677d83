"""XML that attacks: nothing is read that was not given, nothing is asked of the network, nothing hangs."""

import contextlib
import http.server
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import test_gml
import test_kml
from mutation import Series, mutated
from small_sources import BG

from regularize.countries import Pack
from regularize.errors import InputError, RegularizeError
from regularize.intake import Delivery

Read = Callable[..., Delivery]
CANARY = "CANARY-7781"
BUILDING = test_kml.placemark("1", test_kml.polygon(test_kml.ring()), номер="{text}")
KML = '{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>' + BUILDING + "</Document></kml>"
GML = (
    "{doctype}"
    + test_gml.HEAD.partition("?>")[2]
    + test_gml.member(test_gml.polygon(test_gml.pos_list(test_gml.corners())), texts="<o:ref>{text}</o:ref>")
    + test_gml.TAIL
)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server of this machine and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 name of the base class
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


ATTACKS = {
    "external entity, file": ('<!DOCTYPE r [<!ENTITY x SYSTEM "{file}">]>', "&x;"),
    "external entity, http": ('<!DOCTYPE r [<!ENTITY x SYSTEM "{http}/x">]>', "&x;"),
    "external dtd": ('<!DOCTYPE r SYSTEM "{http}/r.dtd">', "a"),
    "public dtd": ('<!DOCTYPE r PUBLIC "-//a//b" "{http}/r.dtd">', "a"),
    "parameter entity": ('<!DOCTYPE r [<!ENTITY % p SYSTEM "{http}/p"> %p;]>', "a"),
    "billion laughs": (f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>', "&l29;"),
    "quadratic": (f'<!DOCTYPE r [<!ENTITY q "{"q" * 5_000}">]>', "&q;" * 5_000),
    "attribute default": ('<!DOCTYPE r [<!ATTLIST r a CDATA "b">]>', "a"),
}


@pytest.mark.parametrize("form", ["kml", "gml", "kmz", "gpx"])
@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_entities_are_refused(
    form: str,
    attack: str,
    tmp_path: Path,
    read: Read,
    bg: Pack,
    listener: tuple[str, list[str]],
) -> None:
    address, asked = listener
    (tmp_path / "canary.txt").write_text(CANARY, encoding="utf-8")
    doctype, text = ATTACKS[attack]
    doctype = doctype.replace("{file}", (tmp_path / "canary.txt").as_uri()).replace("{http}", address)
    gpx = "{doctype}<gpx version='1.1'><wpt lat='42.15' lon='24.79'><name>{text}</name></wpt></gpx>"
    template = {"gml": GML, "gpx": gpx}.get(form, KML)
    content = template.replace("{doctype}", doctype).replace("{text}", text)
    path = tmp_path / f"a.{form}"
    if form == "kmz":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("doc.kml", content)
    else:
        path.write_text(content, encoding="utf-8")
    began = time.process_time()
    kind = "points" if form == "gpx" else "buildings"
    with pytest.raises(InputError) as caught:
        read(path, project_crs=BG, pack=bg, kind=kind)
    assert "document type or entities" in caught.value.message
    assert CANARY not in caught.value.message + caught.value.hint
    assert time.process_time() - began < 5
    assert asked == []


def test_links_and_schemas_are_not_fetched(
    tmp_path: Path, read: Read, bg: Pack, listener: tuple[str, list[str]]
) -> None:
    address, asked = listener
    style = f'<?xml-stylesheet href="{address}/s.xsl"?>'
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}/i.xml"/>'
    link = f"<NetworkLink><Link><href>{address}/n.kml</href></Link></NetworkLink>"
    icon = f"<Style><IconStyle><Icon><href>{address}/i.png</href></Icon></IconStyle></Style>"
    kml = KML.replace("{doctype}", style).replace("{text}", "S-1")
    kml = kml.replace("<Document>", f"<Document>{icon}{link}{include}")
    gml = GML.replace("{doctype}", style).replace("{text}", "S-1").replace("http://127.0.0.1:1", address)
    for name, content in (("a.kml", kml), ("a.gml", gml)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert read(tmp_path / name, project_crs=BG, pack=bg).frame["ref"].tolist() == ["S-1"]
    assert asked == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.gml", "a.kml"]


@pytest.mark.parametrize(
    "content",
    [
        "<kml>" + "<Folder>" * 200_000,
        "<kml>" + "<Placemark><MultiGeometry>" + "<MultiGeometry>" * 5_000,
        "<kml " + " ".join(f"a{n}='1'" for n in range(50_000)) + ">",
        "<kml><Placemark><name>" + "a" * 5_000_000 + "</name></Placemark></kml>",
        "<kml>" + "<Placemark/>" * 50_000 + "</kml>",
        "<kml><Placemark><Polygon>" + "<outerBoundaryIs/>" * 50_000 + "</Polygon></Placemark></kml>",
    ],
    ids=["deep", "inside", "attributes", "long text", "empty", "boundaries"],
)
def test_bombs_end_soon(content: str, tmp_path: Path, read: Read, bg: Pack) -> None:
    path = tmp_path / "a.kml"
    path.write_text(content, encoding="utf-8")
    began = time.process_time()
    with contextlib.suppress(RegularizeError):
        read(path, project_crs=BG, pack=bg)
    assert time.process_time() - began < 15


def rich(form: str) -> bytes:
    if form == "kml":
        shapes = [test_kml.polygon(test_kml.ring(0.001 * at)) for at in range(8)]
        body = "".join(test_kml.placemark(f"S-{at}", shape, номер=str(at)) for at, shape in enumerate(shapes))
        return (test_kml.HEAD + body + test_kml.TAIL).encode()
    if form == "inspire":
        shape = test_gml.polygon(test_gml.pos_list(test_gml.corners()))
        return test_gml.PARCEL.format(polygon=shape, ref="10504.8.360").encode()
    shapes = [test_gml.polygon(test_gml.pos_list(test_gml.corners(20 * at))) for at in range(8)]
    return (test_gml.HEAD + "".join(map(test_gml.member, shapes)) + test_gml.TAIL).encode()


FORMS = ["kml", "gml", "inspire"]


@pytest.mark.parametrize("form", FORMS)
def test_damaged_xml_never_crashes(form: str, tmp_path: Path, read: Read, bg: Pack) -> None:
    whole = rich(form)
    path = tmp_path / f"a.{form}"
    series = Series(form)
    dice = series.dice
    inspire = {"origin": "cadastre", "kind": "parcels"} if form == "inspire" else {}
    for _round in series.rounds():
        path.write_bytes(mutated(whole, dice))
        try:
            delivery = read(path, project_crs=BG, pack=bg, **inspire)  # the fixture balances the rows
            assert delivery.source.n_read <= 12  # bytes copied over others may repeat a feature
            series.outcomes["read"] += 1
        except RegularizeError:
            series.outcomes["refused"] += 1


@pytest.mark.parametrize("between", ["\r", "\n", "\r\n", ""])
def test_what_follows_a_break_is_counted_once(between: str, tmp_path: Path, read: Read, bg: Pack) -> None:
    """Lines end in three ways, and a letter of Cyrillic is one letter and two bytes."""
    shapes = [
        test_kml.placemark(f"Сграда от улицата {at}", test_kml.polygon(test_kml.ring(0.001 * at)))
        for at in range(6)
    ]
    shapes[3] = shapes[3].replace("<coordinates>", "<coordinates><", 1)
    path = tmp_path / "a.kml"
    path.write_bytes((test_kml.HEAD + between + between.join(shapes) + test_kml.TAIL).encode())
    delivery = read(path, project_crs=BG, extent=test_kml.AREA, pack=bg)
    assert delivery.source.n_read == 6
    assert len(delivery.frame) == 3

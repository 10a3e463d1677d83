"""The page writer: one file, no address, the same bytes twice, and no second door."""

import ast
import base64
import gzip
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import town
from hostile import CORPUS, PRODUCT
from shapely.geometry import LineString, Point, box

from regularize.errors import OptionError
from regularize.layers import layer_named
from regularize.publish import packing
from regularize.publish.disclosure import CELLS
from regularize.publish.maps import render_map
from regularize.publish.page import PageError, StaticText, check_page, data_block, inert_json, write_page
from regularize.publish.view import View, findings_frame

PACKAGE = Path(__file__).parents[2] / "regularize"
EGN = "9951011230"  # of somebody born on 11 November 2099


@pytest.fixture(scope="module")
def frames() -> dict[str, gpd.GeoDataFrame]:
    return town.frames_of(town.drawn())


def council_page(frames: dict[str, gpd.GeoDataFrame]) -> str:
    return render_map(town.views_of(frames, "council"), town.meta("council"), labels=town.labels(), lang="bg")


def every_text(page: str) -> str:
    """The bytes of a page, its data block, and what is packed in it."""
    block = data_block(page)
    header = packing.unpack_header(block["packed"])
    return "\n".join([page, json.dumps(block, ensure_ascii=False), json.dumps(header, ensure_ascii=False)])


def test_two_builds_are_byte_identical(frames: dict[str, gpd.GeoDataFrame]) -> None:
    assert council_page(frames) == council_page(town.frames_of(town.drawn()))


def test_order_of_rows_does_not_reach_the_council_page(frames: dict[str, gpd.GeoDataFrame]) -> None:
    """The order of rows in the store may follow identifiers or classes: it must not be readable."""
    shuffled = {
        name: frame.sample(frac=1, random_state=3) if name not in {"blocks", "case_parts"} else frame
        for name, frame in frames.items()
    }
    assert council_page(shuffled) == council_page(frames)


def test_council_page_holds_nothing_of_a_single_home(frames: dict[str, gpd.GeoDataFrame]) -> None:
    planted = {name: frame.copy() for name, frame in frames.items()}
    for name in ("parcels", "buildings", "observed_buildings", "plots", "streets", "plan_parts", "areas"):
        planted[name]["ref"] = [f"REF-{name}-{i}" for i in range(len(planted[name]))]
        planted[name]["identifier"] = [f"00990.77.{i}" for i in range(len(planted[name]))]
        planted[name]["source"] = f"източник {EGN}"
        planted[name]["owner_name"] = "Планирана Собственичка"
    for name, column in (("plots", "plot_use"), ("observed_buildings", "building_use")):
        planted[name][column] = f"{EGN} бележка"
    text = every_text(council_page(planted))
    for secret in (EGN, "Собственичка", "REF-", "00990.77.", "бележка", "източник"):
        assert secret not in text
    findings = town.findings_of(town.drawn())
    for found in findings:
        for secret in (found.id, found.home, *found.survey_refs, *found.register_refs):
            assert not secret or f'"{secret}"' not in text
    header = packing.unpack_header(data_block(council_page(planted))["packed"])
    layers = {layer["name"]: layer for layer in header["layers"]}
    assert layers["outlines"]["columns"] == []
    assert layers["outlines"]["classes"] is None
    assert layers["parcels"]["columns"] == []
    assert not {"findings", "buildings", "observed_buildings", "plots", "land", "fences"} & set(layers)
    # The office page of the same data does hold them: the search above can find something.
    office = render_map(
        town.views_of(planted, "office"), town.meta("office"), labels=town.labels(), lang="bg"
    )
    assert "REF-parcels-0" in every_text(office)


def test_no_count_below_k_is_in_the_council_page(frames: dict[str, gpd.GeoDataFrame]) -> None:
    few = {**frames, "blocks": frames["blocks"].copy()}
    counts = [json.dumps({"extended": 3 if i % 3 == 0 else 30}) for i in range(len(few["blocks"]))]
    few["blocks"]["counts"] = counts
    header = packing.unpack_header(data_block(council_page(few))["packed"])
    blocks = next(layer for layer in header["layers"] if layer["name"] == "blocks")
    shown = [label[1] for label in blocks["labels"]]
    assert shown
    assert all(int(text) >= 11 for text in shown)
    column = blocks["columns"][-1]
    texts = [column["words"][i] if "words" in column else i for i in column["values"]]
    assert "3" not in texts
    assert [text for text in texts if not text.isdigit()], "what is small is not shown"


def test_there_is_no_map_for_a_resident() -> None:
    with pytest.raises(OptionError) as caught:
        render_map([], replace(town.meta("council"), audience="resident"), labels=str, lang="bg")
    assert caught.value.exit_code == 2


def test_public_page_holds_no_text_from_data(frames: dict[str, gpd.GeoDataFrame]) -> None:
    planted = {name: frame.copy() for name, frame in frames.items()}
    planted["streets"]["name"] = f"ул. {EGN} Собственичка"
    cells = View.of(CELLS, planted["blocks"], "public")
    streets = View.of(layer_named("streets"), planted["streets"], "public")
    page = render_map([cells, streets], town.meta("public"), labels=town.labels(), lang="bg")
    text = every_text(page)
    for secret in (EGN, "Собственичка", "T-00000-", "not_in_cadastre"):
        assert secret not in text
    header = packing.unpack_header(data_block(page)["packed"])
    assert {layer["name"] for layer in header["layers"]} == {"cells", "streets"}


def test_a_view_for_another_audience_is_refused(frames: dict[str, gpd.GeoDataFrame]) -> None:
    with pytest.raises(ValueError, match="another audience"):
        render_map(town.views_of(frames, "office"), town.meta("council"), labels=str, lang="bg")


def test_no_hostile_text_reaches_a_template_or_ends_the_block() -> None:
    payload = {"texts": list(CORPUS), **dict.fromkeys(CORPUS, 1)}
    page = write_page(
        payload, StaticText(" ".join(CORPUS), CORPUS, [("x", [(t, t) for t in CORPUS])]), lang="bg"
    )
    assert PRODUCT not in page
    assert data_block(page)["texts"] == list(CORPUS)
    assert page.count("<script") == 5
    assert len(re.findall(r"<script>", page)) == 4


def test_inert_json_has_no_letter_that_html_reads() -> None:
    text = inert_json(["<>&\u2028\u2029\ud800", {"</script>": "<!--"}])
    assert not set("<>&\u2028\u2029\ud800") & set(text)
    assert json.loads(text) == ["<>&\u2028\u2029\ud800", {"</script>": "<!--"}]


@pytest.mark.parametrize(
    "piece",
    [
        "<script src='https://example.invalid/x.js'></script>",
        "<link rel=stylesheet href='x.css'>",
        "<img src=x>",
        "<p onclick=x>",
        "<p style='x'>",
        "<script>fetch('//example.invalid/x')</script>",
        "<script>'https://example.invalid'</script>",
        "<style>@import 'x';</style>",
        "<style>p{background:url(http://example.invalid)}</style>",
        "<iframe></iframe>",
    ],
)
def test_an_unknown_address_or_element_stops_the_page(piece: str) -> None:
    with pytest.raises(PageError):
        check_page(f"<html><head></head><body>{piece}</body></html>")


def test_policy_allows_nothing_but_our_own_blocks() -> None:
    page = write_page({}, StaticText("x"), lang="bg")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style")
    assert page.index("charset") < 100


def test_one_writer_owns_maps() -> None:
    """folium's popups, tooltips and GeoJson fields execute text: they appear nowhere."""
    forbidden = {
        "Popup",
        "Tooltip",
        "GeoJson",
        "GeoJsonPopup",
        "GeoJsonTooltip",
        "DivIcon",
        "Marker",
    }
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        uses = any(
            (
                isinstance(node, ast.Import)
                and any(a.name.split(".")[0] in {"folium", "branca"} for a in node.names)
            )
            or (
                isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"folium", "branca"}
            )
            for node in ast.walk(tree)
        )
        assert not uses or path.name == "page.py", f"{path.name} imports folium"
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "explore" not in names, path.name
        assert not (uses and names & forbidden), path.name
    for script in (PACKAGE / "publish" / "assets").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
            assert word not in text, f"{word} in {script.name}"


def unpacked(packed: str) -> tuple[dict, list[list[list[tuple[int, int]]]]]:
    """An independent reading of the packed geometry: features of rings of integer coordinates."""
    body = gzip.decompress(base64.b64decode(packed))
    size = int.from_bytes(body[:4], "little")
    numbers, value, shift = [], 0, 0
    for byte in body[4 + size :]:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    stream, features, at = iter(numbers), [], (0, 0)
    for _kind in stream:
        rings = []
        for _ring in range(next(stream)):
            ring = []
            for _point in range(next(stream)):
                at = (at[0] + next(stream), at[1] + next(stream))
                ring.append(at)
            rings.append(ring)
        features.append(rings)
    return json.loads(body[4 : 4 + size]), features


def test_packed_geometry_is_the_geometry_to_a_centimetre() -> None:
    dice = random.Random(4)
    shapes = [
        box(23.3 + dice.random() / 100, 42.6, 23.4, 42.7 + dice.random() / 100),
        LineString([(23.3, 42.6), (23.31, 42.61), (-23.31, -42.61)]),
        Point(23.3, 42.6),
        shapely.MultiPolygon([box(1, 1, 2, 2), box(3, 3, 4, 4)]),
        shapely.difference(box(0, 0, 9, 9), box(1, 1, 2, 2)),
        shapely.GeometryCollection([box(0, 0, 1, 1), Point(5, 5)]),
        shapely.MultiPoint([(0, 0), (1, 1)]),
    ]
    header, features = unpacked(packing.pack({"a": "ъ"}, [shapes[:3], shapes[3:]]))
    assert header == {"a": "ъ"}
    assert [len(rings) for rings in features] == [1, 1, 1, 2, 2, 1, 1 + 1]
    for shape, rings in zip(shapes[:5], features[:5], strict=True):
        given = {tuple(round(v * 1e7) for v in p) for p in shapely.get_coordinates(shape)}
        assert given == {p for ring in rings for p in ring}


def test_findings_frame_keeps_every_finding() -> None:
    findings = town.findings_of(town.drawn())
    view = View.of(layer_named("findings"), findings_frame(findings, crs="EPSG:7801"), "office")
    assert view.frame["id"].tolist() == [f.id for f in findings]
    assert view.frame["measures"][0] == {
        name: [m.value, m.sigma, m.unit] for name, m in findings[0].measures.items()
    }


def test_packing_spells_what_utf8_cannot() -> None:
    header = {"text": "a\ud800b", "nothing": []}
    assert packing.unpack_header(packing.pack(header, [])) == header

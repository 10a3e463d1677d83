"""GeoJSON and its sequences: each feature stands or falls alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_sources import codes, folder_state

from regularize.errors import InputError
from regularize.intake import Delivery

Read = Callable[..., Delivery]
RING = [[-5.32, 35.88], [-5.3199, 35.88], [-5.3199, 35.8801], [-5.32, 35.8801], [-5.32, 35.88]]


def feature(at: int = 0, ring: Any = None, **properties: Any) -> dict[str, Any]:
    moved = [[x + at * 0.001, y] for x, y in RING] if ring is None else ring
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [moved]},
    }


def collection(path: Path, *features: Any, **members: Any) -> Path:
    text = json.dumps(
        {"type": "FeatureCollection", **members, "features": list(features)}, ensure_ascii=False
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_a_collection_is_placed_from_degrees(tmp_path: Path, read: Read) -> None:
    path = collection(
        tmp_path / "b.geojson", feature(ref="a", storeys=2, extra={"k": [1]}), feature(1, ref="b")
    )
    before = folder_state(tmp_path)
    delivery = read(path)
    assert folder_state(tmp_path) == before
    assert delivery.frame["ref"].tolist() == ["a", "b"]
    assert delivery.frame["storeys"].iloc[0] == 2
    assert delivery.frame.geometry.area.iloc[0] == pytest.approx(100, rel=0.02)
    assert delivery.source.source_crs == "EPSG:4326"
    assert delivery.ignored_columns == ("extra",)


def test_a_sequence_with_a_broken_record(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojsonl"
    lines = [json.dumps(feature(ref="a")), "{broken", json.dumps(feature(2, ref="c"))]
    path.write_text("\n".join(lines), encoding="utf-8")
    delivery = read(path)
    assert delivery.source.reader == "geojsonseq"
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, "UNREADABLE_FEATURE")]
    assert delivery.frame["ref"].tolist() == ["a", "c"]


def test_a_sequence_with_record_separators(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.json"
    path.write_text(
        "".join(f"\x1e{json.dumps(feature(at, ref=str(at)), indent=1)}\n" for at in range(3)), "utf-8"
    )
    assert read(path).frame["ref"].tolist() == ["0", "1", "2"]


def test_metres_without_a_word_ask(tmp_path: Path, read: Read) -> None:
    ring = [[288000, 3974000], [288010, 3974000], [288010, 3974010], [288000, 3974010], [288000, 3974000]]
    path = collection(tmp_path / "b.geojson", feature(ring=ring))
    with pytest.raises(InputError) as caught:
        read(path)
    assert "--crs" in caught.value.hint
    assert read(path, crs="EPSG:25830").frame.geometry.area.iloc[0] == pytest.approx(100)


def test_a_crs_member_is_taken(tmp_path: Path, read: Read) -> None:
    ring = [[288000, 3974000], [288010, 3974000], [288010, 3974010], [288000, 3974010], [288000, 3974000]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25830"}}
    path = collection(tmp_path / "b.geojson", feature(ring=ring), crs=crs)
    assert read(path).source.source_crs == "EPSG:25830"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"type": "Feature", "properties": {}, "geometry": None}, "NULL_GEOMETRY"),
        (feature(ring=[]), "EMPTY_GEOMETRY"),
        (feature(ring=[[1, 2]]), "UNREADABLE_GEOMETRY"),
        (feature(ring=["x"]), "UNREADABLE_GEOMETRY"),
        (feature(ring=[[-5.32, 35.88], [-5.31, float("nan")], [-5.31, 35.89], [-5.32, 35.88]]), "NOT_FINITE"),
        (feature(ring=[[-5.32, 35.88], [-5.31, float("inf")], [-5.31, 35.89], [-5.32, 35.88]]), "NOT_FINITE"),
        ({"type": "Feature", "geometry": {"type": "Blob"}}, "UNREADABLE_FEATURE"),
        ({"type": "Feature", "geometry": {"type": "Polygon"}}, "UNREADABLE_GEOMETRY"),
        ("text", "UNREADABLE_FEATURE"),
        ({"type": ["Feature"], "geometry": None}, "UNREADABLE_FEATURE"),
        ({"type": "Feature", "geometry": {"type": {"a": 1}}}, "UNREADABLE_FEATURE"),
        (
            feature(ring=[[-5.32, 35.88], [10**400, 35.88], [-5.31, 35.89], [-5.32, 35.88]]),
            "UNREADABLE_GEOMETRY",
        ),
    ],
)
def test_one_broken_feature_costs_only_itself(broken: Any, code: str, tmp_path: Path, read: Read) -> None:
    delivery = read(collection(tmp_path / "b.geojson", feature(ref="a"), broken, feature(2, ref="c")))
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, code)]
    assert delivery.frame["ref"].tolist() == ["a", "c"]


def test_a_number_that_cannot_be_counted_costs_only_its_feature(tmp_path: Path, read: Read) -> None:
    path = collection(tmp_path / "b.geojson", feature(ref="a", storeys=7), feature(2, ring=[[8, 9]] * 4))
    endless = "1" + "0" * 5000
    text = path.read_text("utf-8").replace('"storeys": 7', f'"storeys": {endless}')
    path.write_text(text.replace("[8, 9]", f"[{endless}, 35.88]", 1), encoding="utf-8")
    delivery = read(path)
    assert [(q.feature, q.code) for q in delivery.quarantine] == [(1, "NOT_FINITE")]
    assert delivery.frame["ref"].tolist() == ["a"]


def test_a_place_beyond_all_numbers_is_not_taken_for_degrees(tmp_path: Path, read: Read) -> None:
    far = feature(ring=[[10**30, 35.88], [10**30, 35.89], [0, 35.89], [10**30, 35.88]])
    with pytest.raises(InputError, match="coordinate system"):
        read(collection(tmp_path / "b.geojson", far))


def test_properties_nested_too_deep_cost_only_their_feature(tmp_path: Path, read: Read) -> None:
    path = collection(tmp_path / "b.geojson", feature(ref="a"), feature(2, ref="c", extra=7))
    deep = "[" * 800 + "]" * 800
    path.write_text(path.read_text("utf-8").replace('"extra": 7', f'"extra": {deep}'), encoding="utf-8")
    delivery = read(path)
    assert delivery.source.n_read == 2
    assert len(delivery.frame) + len(delivery.quarantine) == 2


@pytest.mark.parametrize("name", ["EPSG:\ud800", "x" * 10_000, "", [], None])
def test_a_crs_member_that_names_nothing_asks(name: Any, tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojson"
    members = {"crs": {"type": "name", "properties": {"name": name}}, "features": [feature()]}
    path.write_text(json.dumps({"type": "FeatureCollection", **members}), encoding="utf-8")
    with pytest.raises(InputError, match="crs member") as caught:
        read(path)
    assert "--crs" in caught.value.hint


def test_cyrillic_in_a_wrong_encoding_is_read_by_evidence(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojson"
    text = json.dumps(feature(use="Жилищна сграда с гараж и навес"), ensure_ascii=False)
    path.write_bytes(text.encode("cp1251"))
    delivery = read(path)
    assert delivery.frame["building_use"].tolist() == ["Жилищна сграда с гараж и навес"]
    assert delivery.source.encoding == "cp1251"


def test_too_little_evidence_asks_and_the_answer_is_taken(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojson"
    path.write_bytes(json.dumps(feature(use="навес"), ensure_ascii=False).encode("cp1251"))
    with pytest.raises(InputError, match="cannot be told") as caught:
        read(path)
    assert "cp1251: навес" in caught.value.hint
    assert read(path, encoding="cp1251").frame["building_use"].tolist() == ["навес"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_at_the_beginning(encoding: str, tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojson"
    path.write_bytes(json.dumps(feature(use="къща"), ensure_ascii=False).encode(encoding))
    assert read(path).frame["building_use"].tolist() == ["къща"]


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "FeatureCollection", "features": [',
        '{"a": 1}',
        "[" * 100_000,
        '{"type": "FeatureCollection"}',
        "[1]",
        '{"type": ["FeatureCollection"]}',
        '{"type": {"a": 1}, "features": []}',
    ],
)
def test_what_is_no_geojson_is_one_message(text: str, tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


def test_lone_surrogates_cannot_reach_the_store(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps(feature(use="a\ud800b\u0000c")), encoding="utf-8")
    delivery = read(path)
    assert delivery.frame["building_use"].tolist() == ["a\ufffdb c"]
    assert "UNRECOVERABLE_TEXT" in codes(delivery)

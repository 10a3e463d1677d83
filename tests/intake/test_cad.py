"""The exchange format of the cadastre: land read exactly, every deviation said, no person ever."""

import re
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cad_files import UNBORN, Cad, box, unborn_egn, village
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon
from small_sources import codes, folder_state

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import Delivery
from regularize.intake.cad.header import coordinate_system
from regularize.intake.cad.rows import field_name, split_row

ReadCad = Callable[..., Delivery]


@pytest.fixture
def read_cad(bg: Pack) -> ReadCad:
    """``intake.read`` of a delivery of the cadastre, every row accounted for."""

    def call(path: Path, kind: str | None = "parcels", **options: Any) -> Delivery:
        given = {"origin": "cadastre", "layer": None, "project_crs": "EPSG:7801", "extent": bg.extent}
        delivery = intake.read(path, kind=kind, **{"pack": bg, **given, **options})
        features = sorted([*delivery.frame["feature"].tolist(), *(q.feature for q in delivery.quarantine)])
        assert features == list(range(delivery.source.n_read))
        return delivery

    return call


def odd(delivery: Delivery) -> set[str]:
    """What the reader itself finds odd, beyond what every invented file has."""
    return {code for code in codes(delivery) if code.startswith("CAD_")} - {"CAD_ACCURACY_UNKNOWN"}


@pytest.mark.parametrize("encoding", ["mik", "cp1251", "cp866", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("version", ["2.00", "4.00", "4.01", "4.02", "4.03"])
def test_versions_and_encodings(version: str, encoding: str, tmp_path: Path, read_cad: ReadCad) -> None:
    path = village(version=version).write(tmp_path / "землище с интервал.cad", encoding)
    before = folder_state(tmp_path)
    parcels, buildings = read_cad(path), read_cad(path, "buildings")
    assert folder_state(tmp_path) == before
    assert odd(parcels) == odd(buildings) == set()
    independent = re.findall(rb"(?m)^C 2 (\S+) \S+ \S+ \S+ 0\r?$", path.read_bytes())
    assert parcels.source.n_read == len(independent) == 6
    assert parcels.frame["identifier"].tolist() == [f"00990.{n.decode()}" for n in independent]
    assert parcels.frame["ref"].tolist() == parcels.frame["identifier"].tolist()
    assert set(parcels.frame["ownership_kind"]) == {"5"}
    assert set(parcels.frame["territory_purpose"]) == {"1"}
    assert set(parcels.frame["land_use_code"]) == {"1000"}
    assert set(parcels.frame["area_register_m2"]) == {400.0}
    assert set(parcels.frame["valid_from"]) == {date(2020, 2, 3)}
    assert set(buildings.frame["function_code"]) == {"100"}
    assert set(buildings.frame["construction_code"]) == {"3"}
    assert set(buildings.frame["storeys"]) == {2}
    assert parcels.source.encoding == encoding.removesuffix("-sig")
    assert (parcels.source.reader, parcels.source.profile) == ("cad", "cad")
    assert parcels.source.sha256 == buildings.source.sha256


def test_north_comes_first_and_counts_from_the_reference(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = Cad()
    cad.parcel("501.1", [(10.123, 20.456), (30.0, 20.5), (29.5, 41.75), (10.2, 40.0)])
    outline = read_cad(cad.write(tmp_path / "a.cad")).frame.geometry.iloc[0]
    assert outline.equals_exact(
        Polygon(
            [
                (523_010.123, 4_791_020.456),
                (523_030.0, 4_791_020.5),
                (523_029.5, 4_791_041.75),
                (523_010.2, 4_791_040.0),
            ]
        ).normalize(),
        1e-6,
        normalize=True,
    )


@pytest.mark.parametrize("zone", [34, 35])
def test_utm_is_carried_over(zone: int, tmp_path: Path, read_cad: ReadCad) -> None:
    reference = {34: (690_000.0, 4_729_000.0), 35: (316_000.0, 4_668_000.0)}[zone]
    path = village(coordtype=f"2005 UTM, EVRS, {zone}", reference=reference).write(tmp_path / "a.cad")
    delivery = read_cad(path)
    assert delivery.source.source_crs == {34: "EPSG:7803", 35: "EPSG:9391"}[zone]
    x, y = delivery.frame.geometry.iloc[0].centroid.coords[0]
    near = {34: (321_559, 4_731_436), 35: (440_737, 4_668_441)}[zone]  # Sofia, Plovdiv
    assert (x, y) == pytest.approx(near, abs=2_000)


@pytest.mark.parametrize("system", ["1970, Балтийска, K9", "1950, Балтийска, 4", "1930, , 8", "Sofia, EVRS"])
def test_old_systems_are_refused_with_two_ways_out(system: str, tmp_path: Path, read_cad: ReadCad) -> None:
    path = village(coordtype=system).write(tmp_path / "a.cad", "utf-8")
    with pytest.raises(InputError, match="old system") as caught:
        read_cad(path)
    assert "transformed" in caught.value.hint
    assert "four points" in caught.value.hint


@pytest.mark.parametrize("system", ["Местна", None, "2005 UTM, EVRS", "2005, EVRS, 35"])
def test_an_unknown_system_asks(system: str | None, tmp_path: Path, read_cad: ReadCad) -> None:
    path = village(coordtype=system).write(tmp_path / "a.cad", "utf-8")
    with pytest.raises(InputError, match="no coordinate system is stated") as caught:
        read_cad(path)
    assert "--crs" in caught.value.hint
    assert odd(read_cad(path, crs="EPSG:7801")) == {"CAD_COORDTYPE_UNKNOWN"}


def test_no_person_appears_anywhere(tmp_path: Path, read_cad: ReadCad) -> None:
    path = village().write(tmp_path / "a.cad")
    people = [word for names in UNBORN for word in names] + [unborn_egn(at) for at in range(6)] + ["Тайна"]
    assert all(word.encode("mik") in path.read_bytes() for word in people)
    content = intake.registry.open_dataset(path)._content  # type: ignore[attr-defined]  # what is in memory
    for kind in ("parcels", "buildings"):
        delivery = read_cad(path, kind)
        told = repr((delivery, delivery.frame.to_dict(), vars(content), content.rights, content.tables))
        assert not [word for word in people if word in told or repr(word.encode("mik"))[2:-1] in told]
    assert "PRAVA 6 / 6 IDENT (1: 6)" in delivery.source.notes[0]


def test_ownership_where_only_the_rights_tell(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = Cad()
    for at, own in enumerate(["", "5", ""]):
        cad.parcel(f"501.{at + 1}", box(100 + 20 * at, 0, 20), row=f'1,3,{own},1000,,"","12",05.04.2019,')
    rights = ['"501.1",1,3', '"501.1",1,3', '"501.2",1,1', '"501.3",1,2', '"501.3",1,5']
    cad.tables["PRAVA"] = (("IDENT C 20", "PRAVOVID S 2", "VIDS S 2"), rights)
    frame = read_cad(cad.write(tmp_path / "a.cad")).frame
    assert frame["ownership_kind"].tolist() == ["3", "5", None]


def test_holes_touch_their_shell(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = Cad()
    cad.parcel("501.1", [(0, 0), (10, 0), (20, 0), (40, 0), (40, 40), (0, 40)])
    cad.parcel("501.2", [(10, 0), (20, 0), (20, 10), (10, 10)])  # along an edge
    cad.parcel("501.3", box(25, 25, 5))
    cad.nested.append(("501.1", "501.2", "501.3"))
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert odd(delivery) == set()
    assert delivery.frame.geometry.is_valid.all()
    assert delivery.frame.area.tolist() == [1600 - 100 - 25, 100, 25]
    assert delivery.frame["area_register_m2"].tolist() == [1600 - 100 - 25, 100, 25]


def test_a_lost_hole_is_said(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    cad.nested.append(("501.1", "501.99"))
    assert odd(read_cad(cad.write(tmp_path / "a.cad"))) == {"CAD_NESTED_MISSING"}


def test_nothing_is_taken_out_of_an_outline_that_crosses_itself(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = Cad()
    cad.parcel("501.1", [(0, 0), (40, 40), (40, 0), (0, 50)])
    cad.parcel("501.2", box(30, 15, 5))
    cad.nested.append(("501.1", "501.2"))
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert [q.code for q in delivery.quarantine] == ["CAD_RING_CROSSES"]
    assert delivery.quarantine[0].wkb is not None


def test_nesting_without_end_takes_no_time(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village(12, 10)
    numbers = [f"501.{at}" for at in range(1, 121)]
    cad.nested += [(number, *numbers) for number in numbers]
    start = time.process_time()
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert "CAD_NESTED_MISSING" in odd(delivery)
    assert time.process_time() - start < 3


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 0, 3, 1], [3, 2, 1, 0]])
@pytest.mark.parametrize("turned", [(), (1,), (0, 2)])
def test_lines_chain_in_any_order_and_direction(
    order: list[int], turned: tuple[int, ...], tmp_path: Path, read_cad: ReadCad
) -> None:
    cad = Cad()
    corners = box(0, 0, 20)
    sides = [[corners[at], corners[(at + 1) % 4]] for at in range(4)]
    numbers = [cad.line(side[::-1] if at in turned else side) for at, side in enumerate(sides)]
    cad.contour(2, "501.1", corners, lines=[numbers[at] for at in order])
    cad.parcels.append('"501.1",1,3,5,1000,,"","12",05.04.2019,')
    assert read_cad(cad.write(tmp_path / "a.cad")).frame.area.tolist() == [400]


def test_rings_that_touch_in_a_point(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = Cad()
    one = cad.line([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])
    other = cad.line([(10, 10), (20, 10), (20, 20), (10, 20), (10, 10)])
    bridge = cad.line([(0, 0), (-5, -5)])  # walked to and fro
    cad.contour(2, "501.1", box(0, 0, 10), lines=[one, bridge, bridge, other], area_m2=200, inside=(5.0, 5.0))
    cad.parcels.append('"501.1",1,3,5,1000,,"","12",05.04.2019,')
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert odd(delivery) == set()
    assert delivery.frame.area.tolist() == [200]


def test_accuracy_codes_become_sigma(tmp_path: Path, read_cad: ReadCad) -> None:
    delivery = read_cad(village(accuracy="15").write(tmp_path / "a.cad"))
    assert set(delivery.frame["sigma_m"]) == {0.30}
    assert "CAD_ACCURACY_UNKNOWN" not in codes(delivery)
    unknown = read_cad(village().write(tmp_path / "b.cad"), sigma_m=0.4)
    assert set(unknown.frame["sigma_m"]) == {0.4}
    worse = read_cad(village(accuracy="21").write(tmp_path / "c.cad"))
    assert "CAD_ACCURACY_OPEN" in codes(worse)
    assert set(worse.frame["sigma_m"]) == {3.6}


def test_historic_objects_are_counted_not_read(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    cad.contour(2, "501.50", box(300, 300, 20), d="28.08.2019")
    cad.parcels.append('"501.51",1,3,5,1000,,"","12",05.04.2019,01.01.2021')
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert delivery.source.n_read == 6
    assert odd(delivery) == {"CAD_HISTORIC", "CAD_ROW_ENDED"}


def test_an_object_whose_row_has_ended_is_valid_no_more(tmp_path: Path, read_cad: ReadCad) -> None:
    """Drawn as living, ended in its table; another one has a living row beside the ended one."""
    cad = village()
    ended = '1,3,5,1000,,"","12",05.04.2019,01.01.2021'
    cad.parcel("501.50", box(300, 300, 20), row=ended)
    cad.parcels.append(f'"501.1",{ended}')
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    ends = dict(zip(delivery.frame["identifier"], delivery.frame["valid_to"], strict=True))
    assert ends.pop("00990.501.50") == date(2021, 1, 1)
    assert set(ends.values()) == {None}


def test_dates_are_those_of_the_file_not_of_today(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village(columns=1, rows=1)
    cad.parcels[:] = ['"501.1",1,3,5,1000,,"","12",,']
    text = cad.text().replace(" 03.02.2020 0", " 0 0")
    delivery = read_cad(Cad().write(tmp_path / "a.cad", text=text))
    assert delivery.frame["valid_from"].tolist() == [date(2021, 6, 1)]  # the day of the extract
    dated = read_cad(cad.write(tmp_path / "b.cad"))
    assert dated.frame["valid_from"].tolist() == [date(2020, 2, 3)]


def test_the_settlement_as_a_whole_is_no_parcel(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    cad.contour(4, "0.0", box(0, 0, 900))
    cad.contour(3, "501", box(90, 190, 100))
    path = cad.write(tmp_path / "a.cad")
    assert read_cad(path).source.n_read == 6
    regions = read_cad(path, "areas")
    assert regions.frame["name"].tolist() == ["501"]
    assert regions.frame["identifier"].tolist() == [None]


def without(text: str, pattern: str) -> str:
    changed, n = re.subn(pattern, "", text, count=1, flags=re.MULTILINE)
    assert n == 1
    return changed


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "CAD_CONTROL_AREA": (lambda t: changed(t, "AREA 501.2 400.000", "AREA 501.2 401.000"), "parcels"),
    "CAD_CONTROL_COUNT": (lambda t: changed(t, "NUMBER_CONTURS 12", "NUMBER_CONTURS 13"), "parcels"),
    "CAD_CONTROL_MISSING": (
        lambda t: t[: t.index("CONTROL CAD")] + t[t.index("END_CONTROL\n") + 12 :],
        "parcels",
    ),
    "CAD_CONTUR_CONFLICT": (
        lambda t: changed(t, "END_CONTROL", "CONTUR_CONFLICT 501.1.1 501.2\nEND_CONTROL"),
        "buildings",
    ),
    "CAD_INTERIOR_POINT": (lambda t: changed(t, "C 2 501.2 210.000", "C 2 501.2 910.000"), "parcels"),
    "CAD_LINE_REPEATED": (
        lambda t: changed(t, "END_LAYER", "L 146 1 2 0 0\n1 1 1 0 0 0;2 2 2 0 0 0;\nEND_LAYER"),
        "parcels",
    ),
    "CAD_LINE_NUMBER": (lambda t: changed(t, "END_LAYER", "L 146 I7 2 0 0\nEND_LAYER"), "fences+"),
    "CAD_CUT": (lambda t: t[: t.index("TABLE PERSONS") + 60], "parcels"),
    "CAD_BLOCK_UNCLOSED": (lambda t: changed(t, "END_LAYER\n", ""), "parcels"),
    "CAD_REFERENCE_MISSING": (
        lambda t: without(t, r"^REFERENCE.*\n"),
        "outside",
    ),
    "CAD_EKATTE_MISSING": (lambda t: changed(t, "EKATTE 00990", "EKATTE "), "parcels"),
    "CAD_NUMBER_FORM": (lambda t: t.replace("501.2 ", "1234 ").replace('"501.2"', '"1234"'), "parcels"),
    "CAD_NOT_READ": (
        lambda t: changed(t, "NUMBER_TEXTS 0", "NUMBER_TEXTS 1").replace(
            "END_LAYER", 'T 7 9 200.0 100.0 0 0 0 100.000 LD \n"2МЖ" \nEND_LAYER', 1
        ),
        "parcels",
    ),
    "CAD_TABLE_MISSING": (
        lambda t: t[: t.index("TABLE POZ")] + t[t.index("END_TABLE\n", t.index("TABLE POZ")) + 10 :],
        "parcels",
    ),
    "CAD_ROW_WIDTH": (lambda t: changed(t, '"501.2",1,3', '"501.2",1,3,3'), "parcels"),
    "CAD_ROW_REPEATED": (
        lambda t: changed(t, 'D "501.2",', 'D "501.1",1,3,5,1000,,"","12",05.04.2019,\nD "501.2",'),
        "parcels",
    ),
    "CAD_ROW_WITHOUT_KEY": (
        lambda t: changed(t, 'D "501.2",', 'D ,1,3,5,1000,,"","12",05.04.2019,\nD "501.2",'),
        "parcels",
    ),
    "CAD_ROW_WITHOUT_OBJECT": (
        lambda t: changed(t, 'D "501.2",', 'D "501.77",1,3,5,1000,,"","12",05.04.2019,\nD "501.2",'),
        "parcels",
    ),
    "CAD_OBJECT_WITHOUT_ROW": (lambda t: without(t, r'^D "501\.2",.*\n'), "parcels"),
    "CAD_LINE_TOO_LONG": (lambda t: changed(t, "COMMENT ", "COMMENT " + "x" * 600), "parcels"),
    "CAD_LINE_SHARED": (
        lambda t: (
            changed(t, "END_LAYER", third_neighbour(t) + "END_LAYER")
            .replace("NUMBER_CONTURS 12", "NUMBER_CONTURS 13")
            .replace('D "501.2",', 'D "501.9",1,3,5,1000,,"","12",05.04.2019,\nD "501.2",', 1)
        ),
        "parcels",
    ),
}


def third_neighbour(text: str) -> str:
    """A parcel that lies over 501.2, whose western side has two neighbours already."""
    found = re.search(r"C 2 501\.2 .*\n(.*)\n", text)
    assert found is not None
    return f"C 2 501.9 210.000 130.000 03.02.2020 0\n{found.group(1)}\n"


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_every_deviation_is_said(code: str, tmp_path: Path, read_cad: ReadCad) -> None:
    breaks, kind = BROKEN[code]
    cad = village()
    cad.line([(0, 0), (30, 0)], 140)
    sound = read_cad(cad.write(tmp_path / "sound.cad"), kind if kind in {"buildings"} else "parcels")
    assert odd(sound) == set()
    path = cad.write(tmp_path / "broken.cad", text=breaks(cad.text()))
    if kind == "outside":
        with pytest.raises(InputError, match="outside the area"):
            read_cad(path)
        path = Cad(reference=None).write(tmp_path / "whole.cad", text=breaks(whole_coordinates().text()))
        assert code in odd(read_cad(path))
        return
    delivery = read_cad(path, kind.removesuffix("+") if kind != "fences+" else "fences")
    assert code in odd(delivery)
    if code in {"CAD_ROW_WIDTH", "CAD_OBJECT_WITHOUT_ROW"}:
        assert delivery.frame["ownership_kind"].isna().sum() == 1


def whole_coordinates() -> Cad:
    """A village whose coordinates are whole, so that it needs no reference point."""
    cad = Cad()
    cad.parcel("501.1", box(523_100, 4_791_200, 20))
    return cad


UNREADABLE: dict[str, Callable[[str], str]] = {
    "CAD_RECORD_UNREADABLE": lambda t: re.sub(r"C 2 501\.2 .*", "C 2 501.2 210.0", t),
    "CAD_LINE_MISSING": lambda t: re.sub(r"(C 2 501\.2 .*\n)(\d+) ", r"\g<1>987654 ", t),
    "CAD_RING_OPEN": lambda t: re.sub(r"(C 2 501\.2 .*\n)(\d+) ", r"\1", t),
    "CAD_LINE_UNREADABLE": lambda t: re.sub(r"(L 146 1 .*\n\d+) \S+", r"\1 nan", t),
}


@pytest.mark.parametrize("code", sorted(UNREADABLE))
def test_what_cannot_be_drawn_is_quarantined(code: str, tmp_path: Path, read_cad: ReadCad) -> None:
    text = village().text()
    delivery = read_cad(Cad().write(tmp_path / "a.cad", text=UNREADABLE[code](text)))
    assert delivery.source.n_read == 6
    assert [q.code for q in delivery.quarantine] == [code]
    assert len(delivery.frame) == 5
    assert delivery.quarantine[0].attributes["identifier"].startswith("00990.501.")
    if code in {"CAD_LINE_MISSING", "CAD_RING_OPEN"}:
        assert delivery.quarantine[0].wkb is not None


def test_a_repeated_identifier_is_said(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    cad.contour(2, "501.1", box(400, 400, 20))
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert "DUPLICATE_IDENTIFIER" in codes(delivery)
    assert len(delivery.frame) == 7


def test_fences_and_points(tmp_path: Path, read_cad: ReadCad, bg: Pack) -> None:
    cad = village()
    cad.line([(0, 0), (30, 0)], 141, begin="05.05.2015")
    cad.line([(0, 0), (0, 30)], 144)
    cad.line([(0, 0), (0, 40)], 145, d="05.05.2019")
    cad.blocks["CADASTER"] += [
        'P 5 77 12.000 34.000 101.250 0 0.03 0.04 0 0 0 0 0 0 "стар 5" 05.05.2015 0',
        'P 5 78 12.000 34.000 101.250 0 0.03 0.04 0 0 0 0 0 0 "" 05.05.2015 06.06.2016',
        "P 5 79 north 34.000",
    ]
    path = cad.write(tmp_path / "a.cad")
    fences = read_cad(path, "fences")
    assert odd(fences) == {"CAD_HISTORIC"}
    assert fences.frame["fence_type"].tolist() == ["плътна, обща", "лека"]
    assert fences.frame.length.tolist() == [30, 30]
    points = read_cad(path, "points", origin="survey")
    assert points.source.n_read == 2
    assert [q.code for q in points.quarantine] == ["CAD_RECORD_UNREADABLE"]
    row = points.frame.iloc[0]
    assert (row["ref"], row["code"], row["height_m"]) == ("77", "5", 101.25)
    assert row["sigma_m"] == pytest.approx(0.035, abs=0.001)
    assert row.geometry.coords[0] == (523_034, 4_791_012)


@pytest.mark.parametrize("encoding", ["mik", "cp1251", "utf-8"])
def test_regulation_plan(encoding: str, tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    for at, name in enumerate(("I-1203", "II-1204", "III-за озеленяване")):
        cad.contour(2, f"133.{name.replace(' ', '_')}", box(200 + 20 * at, 0, 20), layer="REGPLAN")
    cad.contour(3, "133А", box(200, 0, 60, 20), layer="REGPLAN")
    path = cad.write(tmp_path / "a.cad", encoding)
    plots = read_cad(path, "regulated_plots", origin="plan")
    assert plots.frame["designation"].tolist() == ["I-1203", "II-1204", "III-за_озеленяване"]
    assert set(plots.frame["quarter"]) == {"133"}
    assert plots.frame["identifier"].isna().all()
    quarters = read_cad(path, "areas", origin="plan")
    assert quarters.frame["name"].tolist() == ["133А"]
    assert quarters.source.encoding == encoding


def test_letters_that_matter_ask_for_their_encoding(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = Cad()
    cad.contour(2, "133.XII-за_озеленяване", box(0, 0, 20), layer="REGPLAN")
    text = re.sub(r"(?m)^(NAME|PROGRAM|FIRM|D).*\n", "", cad.text()).replace("Балтийска", "EVRS")
    path = cad.write(tmp_path / "a.cad", "cp1251", text=text)
    with pytest.raises(InputError, match="encoding") as caught:
        read_cad(path, "regulated_plots", origin="plan")
    assert "--encoding" in caught.value.hint
    plots = read_cad(path, "regulated_plots", origin="plan", encoding="cp1251")
    assert plots.frame["designation"].tolist() == ["XII-за_озеленяване"]
    wrong = read_cad(path, "regulated_plots", origin="plan", encoding="utf-8")
    assert "CAD_UNDECODABLE" in codes(wrong)


@pytest.mark.parametrize("et", ["ET", "ЕТ", "EТ"])
def test_field_names_in_either_alphabet(et: str, tmp_path: Path, read_cad: ReadCad) -> None:
    path = village(et=et).write(tmp_path / "a.cad", "mik")
    assert set(read_cad(path, "buildings").frame["storeys"]) == {2}


def test_lines_of_a_plan_that_border_nothing_are_counted(tmp_path: Path, read_cad: ReadCad) -> None:
    """Street lines have no type that is known: they are named as not read, and taken for nothing."""
    cad = village()
    cad.contour(2, "133.I-1203", box(200, 0, 20), layer="REGPLAN")
    cad.contour(3, "133", box(200, 0, 60, 20), layer="REGPLAN")
    before = read_cad(cad.write(tmp_path / "a.cad"), "regulated_plots", origin="plan")
    assert "CAD_NOT_READ" not in odd(before)
    cad.line([(190, 0), (190, 80)], 250, layer="REGPLAN")
    cad.line([(190, 0), (260, 0)], 251, layer="REGPLAN")
    cad.line([(190, 0), (270, 0)], 251, d="05.05.2019", layer="REGPLAN")
    path = cad.write(tmp_path / "b.cad")
    after = read_cad(path, "regulated_plots", origin="plan")
    (issue,) = (issue for issue in after.issues if issue.code == "CAD_NOT_READ")
    assert "REGPLAN L: 2" in issue.message
    assert len(after.frame) == len(before.frame) == 1
    for kind in ("streets", "plan_parts"):
        with pytest.raises(OptionError, match=kind) as caught:
            read_cad(path, kind, origin="plan")
        assert "DXF" in caught.value.hint


def test_document_area_of_the_draft_version(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village(version="4.03")
    text = cad.text().replace("F NTP      S  4 0 2", "F NTP      S  4 0 2\nF PLDOC N 11 3")
    text = re.sub(r'(D "501\.\d+",1,3,5,1000,)', r"\g<1>396.5,", text)
    assert set(read_cad(cad.write(tmp_path / "a.cad", text=text)).frame["area_register_m2"]) == {396.5}


def test_multipolygons_of_the_draft_version(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village(version="4.03")
    rings = [
        cad.line([*box(400, 400, 40), (400, 400)]),
        cad.line([*box(410, 410, 10), (410, 410)]),
        cad.line([*box(500, 400, 10), (500, 400)]),
    ]
    cad.blocks["CADASTER"].append(
        f"M 501.60 405.0 405.0 03.02.2020 0\n[{rings[0]},({rings[1]})], [{rings[2]}]"
    )
    cad.areas["CADASTER"].append(("501.60", 1600.0))
    delivery = read_cad(cad.write(tmp_path / "a.cad"))
    assert delivery.source.n_read == 7
    assert delivery.frame.area.iloc[-1] == pytest.approx(1600 - 100 + 100)
    assert delivery.frame.geometry.iloc[-1].geom_type == "MultiPolygon"


def test_plans_of_units_inside_buildings_are_left_out(tmp_path: Path, read_cad: ReadCad) -> None:
    cad = village()
    text = cad.text().replace(
        "TABLE MESTNOSTI",
        "LAYER SHEMI\nET 501.1.1 1\nL 189 1 0 0 0\n1 1 1 0 0 0;2 2 2 0 0 0;\n"
        "C 2 501.1.1.1 1 1 0 0\n1\nEND_ET\nEND_LAYER\n\nTABLE MESTNOSTI",
    )
    delivery = read_cad(cad.write(tmp_path / "a.cad", text=text))
    assert delivery.source.n_read == 6
    assert odd(delivery) == {"CAD_NOT_READ"}


def test_a_kind_that_the_file_has_not(tmp_path: Path, read_cad: ReadCad) -> None:
    path = village().write(tmp_path / "a.cad")
    with pytest.raises(OptionError, match="no layer fences") as caught:
        read_cad(path, "fences")
    assert "parcels" in caught.value.hint
    with pytest.raises(OptionError, match="say which"):
        read_cad(path, None)


def test_in_a_zip_and_without_a_header(tmp_path: Path, read_cad: ReadCad) -> None:
    path = village().write(tmp_path / "a.cad")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "папка/землище.cad")
    zipped = read_cad(tmp_path / "a.zip")
    assert zipped.source.sha256 == read_cad(path).source.sha256
    (tmp_path / "b.cad").write_bytes(b"HEADER\r\nEND_HEADER\r\nEKATTE 1\r\n")
    with pytest.raises(InputError, match="header"):
        read_cad(tmp_path / "b.cad")


def test_any_country_reads_it(tmp_path: Path, read_cad: ReadCad, generic: Pack) -> None:
    frame = read_cad(village().write(tmp_path / "a.cad"), pack=generic).frame
    assert frame["identifier"].iloc[0] == "00990.501.1"
    assert frame["area_register_m2"].iloc[0] == 400


@given(st.lists(st.text(alphabet='абв1,"\\ x', max_size=8), min_size=1, max_size=6))
@settings(deadline=None, max_examples=150)
def test_quoted_rows_round_trip(values: list[str]) -> None:
    row = ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values)
    assert split_row(row.encode("mik")) == [v.encode("mik") for v in values]


def test_rows_that_are_no_rows() -> None:
    assert split_row(b'"never closed, 5') is None
    assert split_row(b'"a"b,5') is None
    assert split_row(b'1, 2 ,,"",') == [b"1", b"2", b"", b"", b""]
    assert field_name("ПОЛЕ".encode("mik")) != "POLE"


def test_coordinate_systems() -> None:
    assert coordinate_system("2005,Балтийска".encode("mik")).state == "known"
    assert coordinate_system("1970, Балтийска, K9".encode("mik")).text == "1970, K9"
    assert coordinate_system("София, EVRS".encode("cp1251")).state == "old"
    assert coordinate_system(b"").state == "missing"

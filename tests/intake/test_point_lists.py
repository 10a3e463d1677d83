"""Lists of points: every layout surveyors use, objects by a stated rule, nothing guessed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shapely import box
from small_sources import codes, folder_state

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError
from regularize.intake import Delivery
from regularize.intake.text.objects import key_of, kind_of

ReadList = Callable[..., Delivery]
E0, N0 = 523_384.146, 4_791_263.497
SAMPLE = Path(__file__).parents[2] / "data" / "surveys" / "tochki.txt"


@pytest.fixture
def read_list(bg: Pack) -> ReadList:
    """``intake.read`` of a survey, every row accounted for."""

    def call(path: Path, kind: str | None = None, **options: Any) -> Delivery:
        given = {"origin": "survey", "layer": None, "project_crs": "EPSG:7801", "extent": bg.extent}
        delivery = intake.read(path, kind=kind, **{"pack": bg, "crs": "EPSG:7801", **given, **options})
        features = sorted([*delivery.frame["feature"].tolist(), *(q.feature for q in delivery.quarantine)])
        assert features == list(range(delivery.source.n_read))
        return delivery

    return call


LAYOUTS = {
    "pnezd": "1001,{n},{e},197.03,ъгъл\n1002,{n2},{e2},196.76,шахта\n",
    "penzd": "1001,{e},{n},197.03,ъгъл\n1002,{e2},{n2},196.76,шахта\n",
    "semicolons": "1001;{n};{e};197.03;ъгъл\n1002;{n2};{e2};196.76;шахта\n",
    "tabs": "1001\t{n}\t{e}\t197.03\tъгъл\n1002\t{n2}\t{e2}\t196.76\tшахта\n",
    "blanks": "  1001   {n}  {e} 197.03   ъгъл\n  1002   {n2}  {e2} 196.76  шахта\n",
    "bars": "1001|{n}|{e}|197.03|ъгъл\n1002|{n2}|{e2}|196.76|шахта\n",
    "header": "№,X [m],Y [m],H,Код\n1001,{n},{e},197.03,ъгъл\n1002,{n2},{e2},196.76,шахта\n",
    "header e n": "Код;Точка;East;North;Кота\nъгъл;1001;{e};{n};197.03\nшахта;1002;{e2};{n2};196.76\n",
    "remarks": "# измерено с RTK\n\n1001,{n},{e},197.03,ъгъл\n\n1002,{n2},{e2},196.76,шахта\n\x1a",
    "quoted": '"1001","{n}","{e}","197.03","ъгъл"\n"1002","{n2}","{e2}","196.76","шахта"\n',
    "large numbers": "20240501,{n},{e},197.03,ъгъл\n20240502,{n2},{e2},196.76,шахта\n",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_layouts(name: str, newline: str, tmp_path: Path, read_list: ReadList) -> None:
    text = LAYOUTS[name].format(n=N0, e=E0, n2=N0 + 10, e2=E0 + 20).replace("\n", newline)
    (tmp_path / "моите точки.txt").write_bytes(text.encode("utf-8"))
    before = folder_state(tmp_path)
    delivery = read_list(tmp_path / "моите точки.txt")
    assert folder_state(tmp_path) == before
    assert delivery.target.name == "points"
    assert [g.coords[0] for g in delivery.frame.geometry] == [(E0, N0), (E0 + 20, N0 + 10)]
    assert delivery.frame["height_m"].tolist() == [197.03, 196.76]
    assert delivery.frame["code"].tolist() == ["ъгъл", "шахта"]
    first = "20240501" if name == "large numbers" else "1001"
    assert delivery.frame["ref"].iloc[0] == first


@pytest.mark.parametrize("separator", [";", "\t", " "])
def test_decimal_commas(separator: str, tmp_path: Path, read_list: ReadList) -> None:
    rows = [
        ["1", "4791263,497", "523384,146", "197,03", "ъгъл"],
        ["2", "4791273,5", "523394,5", "197,1", "x"],
    ]
    (tmp_path / "a.csv").write_text("\n".join(separator.join(row) for row in rows), "utf-8")
    delivery = read_list(tmp_path / "a.csv")
    assert delivery.frame.geometry.iloc[0].coords[0] == (E0, N0)
    assert "decimal comma" in delivery.source.notes


def test_commas_for_both_are_refused(tmp_path: Path, read_list: ReadList) -> None:
    (tmp_path / "a.csv").write_text("1,4791263,497,523384,146,197,03,a\n2,4791263,597,523384,246,197,13,b\n")
    with pytest.raises(InputError, match="comma separates columns and decimals") as caught:
        read_list(tmp_path / "a.csv")
    assert "semicolons" in caught.value.hint


def test_sigma_by_its_heading_only(tmp_path: Path, read_list: ReadList) -> None:
    (tmp_path / "a.csv").write_text(f"no;N;E;H;sigma;code\n1;{N0};{E0};197;0.02;a\n2;{N0 + 1};{E0};197;;b\n")
    assert read_list(tmp_path / "a.csv").frame["sigma_m"].tolist() == [0.02, 0.05]
    (tmp_path / "b.csv").write_text(f"1;{N0};{E0};197;0.02;a\n2;{N0 + 1};{E0};197;0.03;b\n")
    assert read_list(tmp_path / "b.csv").frame["sigma_m"].tolist() == [0.05, 0.05]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "mik", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str, tmp_path: Path, read_list: ReadList) -> None:
    words = ["ъгъл на сграда", "оградата на съседа", "електрически стълб", "крайречна улица"]
    rows = [f"{at},{N0 + at},{E0},197.0,{word}" for at, word in enumerate(words)]
    (tmp_path / "a.txt").write_bytes("\r\n".join(rows).encode(encoding))
    assert read_list(tmp_path / "a.txt").frame["code"].tolist() == words


def test_without_a_crs_the_place_decides_or_asks(tmp_path: Path, read_list: ReadList) -> None:
    (tmp_path / "a.txt").write_text(
        f"1,{N0},{E0},197.0,a\n2,{N0 + 5},{E0},197.0,b\n3,{N0},{E0 + 5},197.0,b\n"
    )
    with pytest.raises(InputError, match="no coordinate system is stated") as caught:
        read_list(tmp_path / "a.txt", crs=None)
    assert "EPSG:7801" in caught.value.hint
    assert "EPSG:32635" in caught.value.hint
    near = (E0 - 5_000, N0 - 5_000, E0 + 5_000, N0 + 5_000)
    delivery = read_list(tmp_path / "a.txt", crs=None, extent=near)
    assert "CRS_FROM_EXTENT" in codes(delivery)
    assert delivery.frame.geometry.iloc[0].coords[0] == (E0, N0)


def test_degrees_of_a_telephone(tmp_path: Path, read_list: ReadList) -> None:
    (tmp_path / "a.csv").write_text("id,lat,lon,code\n1,43.2733,25.7881,a\n2,43.2734,25.7882,b\n")
    delivery = read_list(tmp_path / "a.csv", crs="EPSG:4326")
    assert delivery.frame.geometry.iloc[0].distance(box(E0, N0, E0, N0)) < 2_000


def corners(code: str, first: int, east: float = 0, side: float = 10) -> list[str]:
    ring = [(0, 0), (side, 0), (side, side), (0, side)]
    return [f"{first + at},{N0 + n:.3f},{E0 + east + e:.3f},197.0,{code}" for at, (e, n) in enumerate(ring)]


def test_objects_by_keyed_codes(tmp_path: Path, read_list: ReadList) -> None:
    one, other, yard = corners("сграда 12", 1), corners("Сграда-13", 11, 20), corners("двор 5", 21, 50, 30)
    fence = [f"{31 + at},{N0},{E0 + 100 + 5 * at},197.0,ограда 1" for at in range(3)]
    # Surveyors walk to and fro: points of two objects in turns, and a manhole between them.
    turns = [row for pair in zip(one, other, strict=True) for row in pair]
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*turns, f"99,{N0},{E0},197.0,шахта", *yard, *fence]), "utf-8")
    buildings = read_list(path, "buildings")
    assert buildings.source.n_read == 2
    assert buildings.frame["ref"].tolist() == ["сграда 12", "Сграда-13"]
    assert buildings.frame.area.round(6).tolist() == [100, 100]
    assert "POINTS_NOT_USED" in codes(buildings)
    assert read_list(path, "plots").frame.area.round(6).tolist() == [900]
    assert read_list(path, "fences").frame.length.round(6).tolist() == [10]
    assert read_list(path).source.n_read == 16  # the points themselves are what is meant by default


def test_objects_by_empty_lines_and_changing_codes(tmp_path: Path, read_list: ReadList) -> None:
    path = tmp_path / "a.txt"
    rows = [*corners("сграда", 1), "", *corners("сграда", 11, 20), *corners("двор", 21, 50)]
    path.write_text("\n".join(rows), "utf-8")
    assert read_list(path, "buildings").frame.area.round(6).tolist() == [100, 100]
    assert read_list(path, "plots").source.n_read == 1


@pytest.mark.parametrize("beside", [False, True])
def test_objects_by_lists_of_numbers(beside: bool, tmp_path: Path, read_list: ReadList) -> None:
    path = tmp_path / "a.txt"
    points = [*corners("ъгъл", 1), *corners("ъгъл", 11, 20)]
    lists = [
        "сграда 7: 1, 2, 3, 4",
        "двор 8: 11 12 13 14",
        "9: 1;2;13",
        "сграда 10: 1, 2, 99",
        "сграда 11: 1, 2",
    ]
    path.write_text("\n".join(points if beside else [*points, *lists]), "utf-8")
    if beside:
        (tmp_path / "a.objects.txt").write_text("\n".join(lists), "utf-8")
    buildings = read_list(path, "buildings")
    assert buildings.frame["ref"].tolist() == ["сграда 7", "9"]
    assert [q.code for q in buildings.quarantine] == ["POINT_MISSING", "POINT_TOO_FEW"]
    assert read_list(path, "plots").frame["ref"].tolist() == ["двор 8", "9"]


def test_one_code_for_all_tells_nothing(read_list: ReadList) -> None:
    delivery = read_list(SAMPLE)
    independent = sum(bool(line.strip()) for line in SAMPLE.read_bytes().splitlines())
    assert delivery.source.n_read == len(delivery.frame) == independent
    assert delivery.source.encoding == "cp1251"
    assert codes(delivery) == ["AXES_SWAPPED"] or codes(delivery) == []
    with pytest.raises(InputError, match="which of its points make one outline") as caught:
        read_list(SAMPLE, "buildings")
    assert "building 12" in caught.value.hint


def test_a_broken_point_costs_itself_and_its_object(tmp_path: Path, read_list: ReadList) -> None:
    rows = [*corners("сграда 1", 1), *corners("сграда 2", 11, 20)]
    rows[2] = rows[2].replace("4791", "47g1")
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*rows, "край"]), "utf-8")
    points = read_list(path)
    assert [(q.feature, q.code) for q in points.quarantine] == [
        (2, "POINT_UNREADABLE"),
        (8, "POINT_UNREADABLE"),
    ]
    buildings = read_list(path, "buildings")
    assert [q.code for q in buildings.quarantine] == ["POINT_UNREADABLE"]
    assert buildings.frame["ref"].tolist() == ["сграда 2"]


def test_repeated_numbers_are_said(tmp_path: Path, read_list: ReadList) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*corners("сграда 1", 1), *corners("сграда 2", 1, 20)]), "utf-8")
    assert "POINT_NUMBER_REPEATED" in codes(read_list(path))


def test_no_list_at_all(tmp_path: Path, read_list: ReadList) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Протокол от съвещание на комисията.\nПрисъстваха петима души от общината.\n", "utf-8")
    with pytest.raises(InputError, match="no two columns of coordinates"):
        read_list(path)


def test_the_content_decides_not_the_ending(tmp_path: Path, read_list: ReadList) -> None:
    rows = "\n".join([*corners("a", 1), *corners("b", 11, 20)])
    (tmp_path / "izmervane.koo").write_text(rows)
    assert read_list(tmp_path / "izmervane.koo").source.reader == "points"
    (tmp_path / "grid.asc").write_text("ncols 3\nnrows 3\n" + "1 2 3 4\n" * 9)
    with pytest.raises(InputError, match="no format that is known"):
        read_list(tmp_path / "grid.asc")


def test_national_numbers_in_codes_are_masked(tmp_path: Path, read_list: ReadList) -> None:
    from cad_files import unborn_egn

    path = tmp_path / "a.txt"
    path.write_text("\n".join(corners(f"двор на {unborn_egn(5)}", 1)), "utf-8")
    delivery = read_list(path)
    assert unborn_egn(5) not in repr((delivery, delivery.frame.to_dict()))
    assert "PERSONAL_DATA_REDACTED" in codes(delivery)


def test_words_and_keys_of_codes() -> None:
    assert [kind_of(c) for c in ("ъгъл на сграда 7", "KASHTA2", "yard", "стълб")] == [
        "buildings",
        "buildings",
        "plots",
        None,
    ]
    assert [key_of(c) for c in ("сграда 12", "dvor-3а", "fence", "к. 5/2")] == ["12", "3а", None, "5/2"]

"""Where a file lies is held against settlements and identical points, never guessed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from shapely import box
from small_sources import BG, write

from regularize import intake
from regularize.countries import Pack
from regularize.errors import InputError, OptionError
from regularize.intake import settlements
from regularize.intake.known import Known

SOFIA = (321_559.0, 4_731_436.0)  # EPSG:7801
OTHER = (440_737.0, 4_668_441.0)
STORED = (321_000.0, 4_731_000.0, 322_000.0, 4_732_000.0)
BG_EXTENT = (233136.0, 4557135.0, 761061.0, 4910733.0)


@pytest.fixture
def listed(tmp_path: Path) -> settlements.Settlements:
    file = tmp_path / "Списък на селата.csv"
    file.write_text(
        f"code;name;easting;northing\n68134;Средище;{SOFIA[0]};{SOFIA[1]}\n56784;Другаде;440737,0;4668441,0\n",
        encoding="cp1251",
    )
    return settlements.load(file, BG, BG_EXTENT)


@pytest.fixture
def read_bg(bg: Pack) -> Callable[..., intake.Delivery]:
    def call(path: Path, known: Known, **options: Any) -> intake.Delivery:
        given = {"origin": "cadastre", "kind": "parcels", "layer": None, "project_crs": BG}
        return intake.read(path, **{**given, "extent": None, "pack": bg, "known": known, **options})

    return call


def parcels(
    path: Path, at: tuple[float, float], *, crs: str | None = BG, stated: str | None = BG, n: int = 4
) -> Path:
    """Parcels of settlement 68134 at a place in EPSG:7801, written in `crs`, labelled `stated`."""
    shapes = [box(at[0] + 30 * k, at[1], at[0] + 30 * k + 20, at[1] + 20) for k in range(n)]
    if crs is not None:
        way = Transformer.from_crs(BG, crs, always_xy=True)
        shapes = [shapely.transform(s, lambda xy: np.column_stack(way.transform(*xy.T))) for s in shapes]
    return write(path, shapes, crs=stated, cadnum=[f"68134.1.{k + 1}" for k in range(n)])


def test_a_list_is_read_by_evidence_and_kept_with_its_source(
    listed: settlements.Settlements, tmp_path: Path
) -> None:
    assert listed.places["68134"] == SOFIA
    assert listed.names["68134"] == "Средище"
    assert "sha256=" in listed.source
    from datetime import date

    again = tmp_path / "again.csv"
    again.write_text(settlements.as_csv(listed, date(2026, 5, 1)), encoding="utf-8")
    kept = settlements.load(again, BG, BG_EXTENT)
    assert kept.places == listed.places
    assert "Списък на селата.csv" in kept.source
    assert "2026-05-01" in kept.source


def test_degrees_serve_as_well(tmp_path: Path) -> None:
    lon, lat = Transformer.from_crs(BG, 4326, always_xy=True).transform(*SOFIA)
    file = tmp_path / "degrees.csv"
    file.write_text(f"ekatte,name,lon,lat\n68134,Средище,{lon},{lat}\n", encoding="utf-8")
    assert settlements.load(file, BG, BG_EXTENT).places["68134"] == pytest.approx(SOFIA, abs=0.01)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("code,name,easting,northing\n14,Село,321559,4731436\n", "leading zeros"),
        ("code,name,easting,northing\n68134,А,321559,4731436\n68134,Б,321559,4731436\n", "twice"),
        ("code,name,easting,northing\n68134,А,4731436,321559\n", "axes swapped"),
        ("code,name,easting,northing\n68134,А,много,4731436\n", "not a number"),
        ("name,easting,northing\nА,1,2\n", "column code is missing"),
        ("", "no rows"),
    ],
)
def test_an_unusable_list_says_why(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        settlements.load(file, BG, BG_EXTENT)


def test_the_right_place_passes(
    tmp_path: Path, listed: settlements.Settlements, read_bg: Callable[..., intake.Delivery]
) -> None:
    known = Known(listed, own=("68134",), places=lambda: [STORED])
    delivery = read_bg(parcels(tmp_path / "p.gpkg", SOFIA), known)
    assert delivery.issues == ()
    assert delivery.not_assessed == {}
    assert delivery.source.notes == (f"settlements: {listed.source}",)


def test_without_a_list_the_place_is_not_assessed(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery]
) -> None:
    delivery = read_bg(parcels(tmp_path / "p.gpkg", SOFIA), Known())
    assert delivery.not_assessed.keys() == {*intake.PLACE_CODES, "IDENTIFIER_OTHER_SETTLEMENT"}
    assert not delivery.checked & delivery.not_assessed.keys()
    assert delivery.source.not_assessed == delivery.not_assessed


def test_a_list_that_names_none_of_them_says_so(
    tmp_path: Path, listed: settlements.Settlements, read_bg: Callable[..., intake.Delivery]
) -> None:
    shapes = [box(SOFIA[0], SOFIA[1], SOFIA[0] + 20, SOFIA[1] + 20)]
    path = write(tmp_path / "p.gpkg", shapes, crs=BG, cadnum=["00990.1.1"])
    delivery = read_bg(path, Known(listed, own=("00990",)))
    assert "no identifier names a settlement" in delivery.not_assessed["SETTLEMENT_DISTANCE"]
    assert "stands in the list" in delivery.not_assessed["OUTSIDE_MUNICIPALITY"]


@pytest.mark.parametrize("zone", ["EPSG:32634", "EPSG:32635"])
def test_another_zone_is_seen_by_what_is_stored(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery], zone: str
) -> None:
    """No list: what the project holds already tells one zone from the next."""
    wrong = parcels(tmp_path / "друга зона.gpkg", SOFIA, crs=zone, stated=BG)
    with pytest.raises(InputError, match="km from all that is stored") as caught:
        read_bg(wrong, Known(places=lambda: [STORED]))
    assert zone in caught.value.hint
    assert "--elsewhere" in caught.value.hint
    assert "4 of 4" in caught.value.message
    accepted = read_bg(wrong, Known(places=lambda: [STORED], is_elsewhere=True))
    assert [(i.code, i.feature) for i in accepted.issues] == [("FAR_FROM_STORED", None)]
    assert "--elsewhere" in accepted.issues[0].message
    assert len(accepted.frame) == 4


def test_an_outline_of_the_whole_municipality_is_near(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery]
) -> None:
    """Its middle lies far from the few parcels that are stored; it reaches them all the same."""
    whole = box(STORED[0] - 1_000, STORED[1] - 1_000, STORED[0] + 70_000, STORED[1] + 60_000)
    path = write(tmp_path / "община.gpkg", [whole], crs=BG, name=["Средище"])
    delivery = read_bg(path, Known(places=lambda: [STORED]), kind="areas")
    assert "FAR_FROM_STORED" not in {issue.code for issue in delivery.issues}


def test_the_next_village_asks_nobody(tmp_path: Path, read_bg: Callable[..., intake.Delivery]) -> None:
    near = (STORED[2] + 19_000.0, STORED[3])
    assert read_bg(parcels(tmp_path / "a.gpkg", near), Known(places=lambda: [STORED])).issues == ()
    # Each delivery is a place of its own: what lies between two of them is near neither.
    beyond = (STORED[0] + 200_000.0, STORED[1], STORED[2] + 200_000.0, STORED[3])
    between = (STORED[0] + 100_000.0, STORED[1])
    with pytest.raises(InputError, match="km from all that is stored"):
        read_bg(parcels(tmp_path / "b.gpkg", between), Known(places=lambda: [STORED, beyond]))


def test_the_list_of_settlements_decides_over_what_is_stored(
    tmp_path: Path, listed: settlements.Settlements, read_bg: Callable[..., intake.Delivery]
) -> None:
    elsewhere = (OTHER[0], OTHER[1], OTHER[0] + 500, OTHER[1] + 500)
    delivery = read_bg(parcels(tmp_path / "p.gpkg", SOFIA), Known(listed, places=lambda: [elsewhere]))
    (issue,) = delivery.issues
    assert (issue.code, issue.severity) == ("FAR_FROM_STORED", "info")
    assert "list of settlements" in issue.message


def test_another_zone_is_seen_by_the_settlement(
    tmp_path: Path, listed: settlements.Settlements, read_bg: Callable[..., intake.Delivery]
) -> None:
    """Zone 34 coordinates labelled 7801 lie inside the country: only the settlement tells."""
    wrong = parcels(tmp_path / "зона 34 грешна.gpkg", SOFIA, crs="EPSG:32634", stated=BG)
    assert len(read_bg(wrong, Known()).frame) == 4  # nothing else can see it
    with pytest.raises(InputError, match="far from their settlement") as caught:
        read_bg(wrong, Known(listed))
    assert "EPSG:32634" in caught.value.hint
    assert "зона 34 грешна.gpkg" in caught.value.message


def test_some_rows_elsewhere_are_noted(
    tmp_path: Path, listed: settlements.Settlements, read_bg: Callable[..., intake.Delivery]
) -> None:
    shapes = [box(SOFIA[0] + 30 * k, SOFIA[1], SOFIA[0] + 30 * k + 20, SOFIA[1] + 20) for k in range(4)]
    shapes.append(box(OTHER[0], OTHER[1], OTHER[0] + 20, OTHER[1] + 20))
    path = write(tmp_path / "p.gpkg", shapes, crs=BG, cadnum=[f"68134.1.{k + 1}" for k in range(5)])
    delivery = read_bg(path, Known(listed, own=("68134",)))
    assert [(i.code, i.feature) for i in delivery.issues] == [
        ("SETTLEMENT_DISTANCE", 4),
        ("OUTSIDE_MUNICIPALITY", 4),
    ]
    assert len(delivery.frame) == 5


def local_points(file: Path, n: int, *, wrong_m: float = 0.0, line: bool = False) -> Path:
    """Identical points: a system turned by 1.2 degrees, K9-like numbers, northing first."""
    rng = np.random.default_rng(1)
    target = np.array(SOFIA) + rng.uniform(-500, 500, (n, 2))
    if line:
        target = np.array(SOFIA) + np.linspace(0, 500, n)[:, None] * (1.0, 0.5)
    source = to_local(target)
    source[0, 0] += wrong_m
    rows = "\n".join(
        f"{a:.3f},{b:.3f},{c:.3f},{d:.3f}" for (a, b), (c, d) in zip(source, target, strict=True)
    )
    file.write_text(f"x_source,y_source,x_target,y_target\n{rows}\n", encoding="utf-8")
    return file


def to_local(target: Any) -> Any:
    turn = np.radians(1.2)
    turned = (
        (np.asarray(target) - SOFIA)
        @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        * 1.0001
    )
    return np.add(turned, (8_500_000.0, 4_600_000.0))[:, ::-1]


def local_parcels(path: Path) -> Path:
    shapes = [
        shapely.transform(box(SOFIA[0] + 30 * k, SOFIA[1], SOFIA[0] + 30 * k + 20, SOFIA[1] + 20), to_local)
        for k in range(4)
    ]
    return write(path, shapes, crs=None, cadnum=[f"68134.1.{k + 1}" for k in range(4)])


def test_a_local_system_is_named_with_the_two_ways_out(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery]
) -> None:
    with pytest.raises(InputError, match="no coordinate system") as caught:
        read_bg(local_parcels(tmp_path / "p.shp"), Known())
    assert "1970" in caught.value.hint
    assert "--control-points" in caught.value.hint
    assert BG in caught.value.hint


def test_identical_points_carry_it(
    tmp_path: Path, listed: settlements.Settlements, read_bg: Callable[..., intake.Delivery]
) -> None:
    points = local_points(tmp_path / "точки.csv", 6)
    delivery = read_bg(local_parcels(tmp_path / "p.shp"), Known(listed, control_points=points))
    assert [i.code for i in delivery.issues] == ["CONTROL_POINTS_USED"]
    assert delivery.frame.total_bounds == pytest.approx([*SOFIA, SOFIA[0] + 110, SOFIA[1] + 20], abs=0.01)
    note = delivery.source.notes[0]
    assert note.startswith("affine from")
    assert "residuals_m" in note
    assert "точки.csv" in note
    assert "точки.csv" in delivery.source.source_crs


@pytest.mark.parametrize(
    ("n", "options", "word"),
    [
        (3, {}, "at least 4"),
        (6, {"wrong_m": 1.5}, "misses by"),
        (6, {"line": True}, "one line"),
        (6, {"wrong_m": 90.0}, "stretch|misses"),
    ],
)
def test_points_that_disagree_are_refused(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery], n: int, options: dict[str, Any], word: str
) -> None:
    points = local_points(tmp_path / "points.csv", n, **options)
    with pytest.raises(InputError, match=word):
        read_bg(local_parcels(tmp_path / "p.shp"), Known(control_points=points))


def test_points_and_crs_exclude_each_other(tmp_path: Path, read_bg: Callable[..., intake.Delivery]) -> None:
    points = local_points(tmp_path / "points.csv", 6)
    with pytest.raises(OptionError, match="exclude"):
        read_bg(local_parcels(tmp_path / "p.shp"), Known(control_points=points), crs=BG)


def test_exchanged_axes_of_a_file_are_mended_where_it_was_made(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery]
) -> None:
    """No option exchanges what a format defines: the hint must not name one."""
    lon, lat = Transformer.from_crs(BG, 4326, always_xy=True).transform(*SOFIA)
    for crs, shape in (
        ("EPSG:4326", box(lat, lon, lat + 1e-4, lon + 1e-4)),
        (BG, box(*SOFIA[::-1], SOFIA[1] + 20, SOFIA[0] + 20)),
    ):
        path = write(tmp_path / f"разменени {crs[-4:]}.gpkg", [shape], crs=crs, cadnum=["68134.1.1"])
        with pytest.raises(InputError, match="outside the area") as caught:
            read_bg(path, Known())
        assert "axes swapped" in caught.value.hint
        assert "QGIS" in caught.value.hint
        assert "--crs" not in caught.value.hint


def test_what_is_stored_tells_what_an_unplaced_file_is_in(
    tmp_path: Path, read_bg: Callable[..., intake.Delivery]
) -> None:
    bare = parcels(tmp_path / "без система.shp", SOFIA, stated=None)
    hints = []
    for known in (Known(), Known(places=lambda: [STORED])):
        with pytest.raises(InputError, match="no coordinate system") as caught:
            read_bg(bare, known)
        hints.append(caught.value.hint)
    assert "EPSG:32635" in hints[0]
    assert BG in hints[1]
    assert "EPSG:326" not in hints[1]

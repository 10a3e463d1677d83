"""Plans as planners deliver them: regulated plots, parts, streets and land, from GIS files and drawings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ezdxf
import pytest
from shapely import LineString, box
from small_sources import BG, write

from regularize.countries import Pack
from regularize.intake import Delivery

Read = Callable[..., Delivery]
EAST, NORTH = 440_700.0, 4_668_400.0
AREA = (440_000.0, 4_668_000.0, 442_000.0, 4_670_000.0)


def plot(at: int) -> Any:
    return box(EAST + 30 * at, NORTH, EAST + 30 * at + 25, NORTH + 40)


@pytest.fixture
def plan(read: Read, bg: Pack) -> Callable[..., Delivery]:
    def call(path: Path, **options: Any) -> Delivery:
        return read(
            path, **{"origin": "plan", "kind": None, "project_crs": BG, "extent": AREA, "pack": bg, **options}
        )

    return call


@pytest.mark.parametrize(
    ("designation", "quarter"),
    [
        ("УПИ", "Квартал"),
        ("upi_nomer", "kv_nomer"),
        ("Designation", "Quarter"),
        ("oznachenie", "kvartal"),
        ("Обозначение", "кв"),
    ],
)
def test_regulated_plots_in_every_spelling(
    designation: str, quarter: str, tmp_path: Path, plan: Read
) -> None:
    columns = {designation: ["XII-360", "XIII-361"], quarter: ["133", "133а"], "Заповед": ["РД-15/2019"] * 2}
    delivery = plan(write(tmp_path / "УПИ.gpkg", [plot(0), plot(1)], crs=BG, **columns))
    assert delivery.target.name == "regulated_plots"
    assert delivery.frame["designation"].tolist() == ["XII-360", "XIII-361"]
    assert delivery.frame["quarter"].tolist() == ["133", "133а"]
    assert delivery.frame["source"].tolist() == ["РД-15/2019"] * 2
    assert delivery.source.profile == "plan"


def test_names_cut_by_a_dbf(tmp_path: Path, plan: Read) -> None:
    columns = {"oznachenie": ["XII-360"], "nomer_kvar": ["133"]}  # of nomer_kvartal
    delivery = plan(write(tmp_path / "upi.shp", [plot(0)], crs=BG, **columns))
    assert delivery.frame.iloc[0][["designation", "quarter"]].tolist() == ["XII-360", "133"]


def test_cyrillic_names_cut_by_a_dbf(tmp_path: Path, plan: Read) -> None:
    columns = {"Означ": ["XII-360"], "Кварт": ["133"]}  # five letters of UTF-8
    delivery = plan(write(tmp_path / "упи.shp", [plot(0)], crs=BG, **columns), profile="plan")
    assert delivery.frame["quarter"].tolist() == ["133"]


def test_parts_of_a_plan(tmp_path: Path, plan: Read) -> None:
    columns = {"Част": ["кв. 133 и 134"], "Вид_план": ["ИПРЗ"]}
    delivery = plan(write(tmp_path / "ПУП_ПРЗ_2024.gpkg", [plot(0)], crs=BG, **columns))
    assert delivery.target.name == "plan_parts"
    assert delivery.frame.iloc[0][["name", "plan_kind"]].tolist() == ["кв. 133 и 134", "ИПРЗ"]


def test_axes_of_streets(tmp_path: Path, plan: Read) -> None:
    axis = LineString([(EAST, NORTH), (EAST + 100, NORTH)])
    columns = {"Име": ["ул. Върба"], "Габарит": ["9,00"]}
    delivery = plan(write(tmp_path / "осови линии.gpkg", [axis], crs=BG, **columns))
    assert delivery.target.name == "streets"
    assert delivery.frame.iloc[0][["name", "width_m"]].tolist() == ["ул. Върба", 9.0]


def test_land_by_owner_and_purpose(tmp_path: Path, plan: Read) -> None:
    columns = {
        "Вид_собст": ["Публична общинска", "5"],
        "ТПТ": ["Урбанизирана територия", "Земеделска"],
        "НТП": ["1000", "2000"],
    }
    delivery = plan(write(tmp_path / "собственост.gpkg", [plot(0), plot(1)], crs=BG, **columns), kind="land")
    assert delivery.frame["land_owner_category"].tolist() == ["municipal_public", "private"]
    assert delivery.frame["territory_purpose"].tolist() == ["1", "3"]
    assert delivery.frame["land_use_code"].tolist() == ["1000", "2000"]


def test_a_drawing_of_a_plan(tmp_path: Path, plan: Read) -> None:
    document = ezdxf.new("R2010")
    space = document.modelspace()
    for at, name in enumerate(("XII-360", "XIII", "за озеленяване")):
        ring = list(plot(at).exterior.coords)[:-1]
        space.add_lwpolyline(ring, close=True, dxfattribs={"layer": "УПИ_граници"})
        middle = (EAST + 30 * at + 12, NORTH + 20)
        space.add_text(name, dxfattribs={"layer": "УПИ_номера", "insert": middle})
    space.add_line((EAST, NORTH), (EAST + 100, NORTH), dxfattribs={"layer": "ОСОВИ_ЛИНИИ"})
    space.add_lwpolyline(
        [(EAST, NORTH), (EAST + 90, NORTH), (EAST + 90, NORTH + 50)],
        close=True,
        dxfattribs={"layer": "ПУП-обхват"},
    )
    path = tmp_path / "чертеж.dxf"
    document.saveas(path)
    plots = plan(path, kind="regulated_plots", profile="plan")
    assert plots.source.layer == "УПИ_граници"
    assert plots.frame["designation"].tolist() == ["XII-360", "XIII", "за озеленяване"]
    assert plots.frame["ref"].tolist()[0] == "XII-360"
    assert plan(path, kind="streets").source.layer == "ОСОВИ_ЛИНИИ"
    assert plan(path, kind="plan_parts").source.layer == "ПУП-обхват"
    assert plan(path, layer="ОСОВИ_ЛИНИИ").target.name == "streets"  # the name of the layer says so

"""Designations of regulated plots: taken apart where they name the quarter, else kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from case_builders import AT
from hypothesis import given
from hypothesis import strategies as st
from small_sources import BG, codes, write

from regularize import intake
from regularize.countries import Pack
from regularize.intake.designations import split


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("XXI-2308, кв. 133", ("XXI-2308", "133")),
        ("УПИ XXI-2308,2309 в кв. 133 по плана на гр. Примерово", ("XXI-2308,2309", "133")),
        ("УПИ XXI - 2308, 2309, кв.133", ("XXI-2308,2309", "133")),
        ("ХХІ-2308, кв. 133", ("XXI-2308", "133")),  # in Cyrillic letters
        ("ХІV-360 кв 12а", ("XIV-360", "12а")),
        ("УПИ V – за озеленяване, квартал 7", ("V-за озеленяване", "7")),
        ("УПИ № IX-общ., кв. № 45 по действащия план на с. Примерово", ("IX-общ.", "45")),
        ("УПИ XII, кв. 133", ("XII", "133")),
        ("парцел 5-360 от кв. 20", ("5-360", "20")),
        ("upi xii-360, kv. 133", ("XII-360", "133")),
        ("XXI-2308,2309 кв. 133", ("XXI-2308,2309", "133")),
    ],
)
def test_what_papers_write(text: str, wanted: tuple[str, str]) -> None:
    assert split(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "XXI-2308",
        "УПИ",
        "",
        "за озеленяване",
        "кв. 133",
        "IIX-5, кв. 133",
        "м. Квартала, кв. 5",
        "х" * 500,
        "XXI-2308, кв. 133, собственост на общината",
    ],
)
def test_what_has_another_form_is_left(text: str) -> None:
    assert split(text) is None


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    found = split(text)
    assert found is None or (found[0] and found[1][0].isdigit())


def test_a_plan_with_both_in_one_column(
    tmp_path: Path, bg: Pack, read: Callable[..., intake.Delivery]
) -> None:
    shapes = [shapely.box(AT[0] + 30 * k, AT[1], AT[0] + 30 * k + 25, AT[1] + 40) for k in range(4)]
    texts = ["УПИ ХІІ-360, кв. 133", "XIII-361", "XIV-362, кв. 7", "за училище"]
    path = write(tmp_path / "УПИ.gpkg", shapes, crs=BG, УПИ=texts, кв=[None, "133", "133", None])
    done = read(path, origin="plan", kind="regulated_plots", project_crs=BG, extent=bg.extent, pack=bg)
    both = done.frame[["designation", "quarter"]].to_numpy().tolist()
    # The third contradicts its own column: a person has to look.
    assert both == [["XII-360", "133"], ["XIII-361", "133"], ["XIV-362, кв. 7", "133"], ["за училище", None]]
    assert "DESIGNATION_SPLIT" in codes(done)

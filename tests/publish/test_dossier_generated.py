"""Dossiers of generated plots: what went in stands in the file; many neighbours and long names as well."""

import io
import re
from datetime import date
from typing import Any

import dossier_facts
import numpy as np
import pikepdf
import pypdfium2
import pytest
import shapely
from hostile import whole_corpus
from test_dossier_prospects import pathways

from regularize.model import Finding, Grade, Home, Measure
from regularize.plan.facts import home_facts
from regularize.publish.dossier import render_dossier
from regularize.publish.scene import home_scene
from regularize.publish.sheet import dossier_sheet
from regularize.publish.situation import draw_location, draw_situation
from regularize.publish.text import printable

LARGEST = 300_000
LETTERS = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯабвгдежзийклмнопрстуфхцчшщъьюяѐѝЀЍ"


def squeezed(text: str) -> str:
    # a hyphen at the end of a line is taken for a divided word by readers of PDFs
    return re.sub(r"[\s\ufffe-]", "", text)


def pages(pdf: bytes) -> list[str]:
    return [p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf)]


def outline(rng: np.random.Generator, east: float, north: float, least: float, most: float) -> Any:
    """A plot or house of 3 to 12 corners around a point."""
    n = int(rng.integers(3, 13))
    angles = np.sort(rng.uniform(0, 2 * np.pi, n) + np.arange(n) * 1e-3)
    away = rng.uniform(least, most, n)
    ring = np.column_stack((east + away * np.cos(angles), north + away * np.sin(angles)))
    return shapely.make_valid(shapely.Polygon(np.round(ring, 3)))


def generated(seed: int) -> tuple[dict[str, Any], Any]:
    """Facts and scene of an invented home on an invented plot among invented neighbours."""
    rng = np.random.default_rng(seed)
    east, north = (float(x) for x in rng.uniform((410_000, 4_700_000), (420_000, 4_710_000)))
    name = "".join(rng.choice(list(LETTERS), int(rng.integers(3, 30))))
    body, plot = outline(rng, east, north, 3, 9), outline(rng, east, north, 10, 25)
    around = [outline(rng, *rng.normal((east, north), 30), 5, 20) for _ in range(int(rng.integers(0, 12)))]
    frame = dossier_facts.frame
    identifiers = [f"00001.{i}.{int(rng.integers(1, 9999))}" for i in range(1, len(around) + 2)]
    known = {"ownership_kind": "4", "territory_purpose": "1", "land_use_code": "1000"}
    parcels = frame(
        [
            {"identifier": i, "geometry": g, "area_register_m2": round(g.area), **known}
            for i, g in zip(identifiers, [plot, *around], strict=True)
        ]
    )
    observed = frame([{"ref": f"Т-{seed}", "geometry": body, "storeys": 1, "dwellings": 1}])
    register = frame(
        [{"identifier": f"{identifiers[0]}.1", "geometry": shapely.affinity.translate(body, 0.4, -0.3),
          "area_register_m2": float(rng.integers(20, 200)), "storeys": 1, "dwellings": 1}]
    )  # fmt: skip
    plots = frame([{"ref": f"Д-{seed}", "plot_use": "двор", "geometry": plot}])
    streets = frame([{"name": f"ул. „{name}“", "width_m": 5.0,
                      "geometry": shapely.box(east - 90, north - 40, east + 90, north - 34)}])  # fmt: skip
    home = Home(f"T-00001-{seed}", "00001", body, (1,), (1,), (1,), date(2026, 5, 12))
    measures = {
        "area_survey_m2": Measure(body.area, float(rng.uniform(0.1, 3)), "m2"),
        "overlap_ratio": Measure(float(rng.uniform(0, 1)), 0.02, "1"),
    }
    finding = Finding(
        "building", "extended", body, (1,), (1,), (f"Т-{seed}",), (identifiers[0],), ("FOOTPRINT_LARGER",),
        measures, 0.9, Grade.A, id=f"B-{seed}", home=home.id,
    )  # fmt: skip
    facts = home_facts(
        home, register_buildings=register, observed_buildings=observed, parcels=parcels, plots=plots,
        streets=streets, findings=[finding], area_tolerance_m2=5.0,
    )  # fmt: skip
    facts["home"].update(municipality=f"Община {name}", area=name[::-1])
    facts = {**dossier_facts.around_facts(), **facts, "pathways": pathways()}
    facts["reviews"] = [{"on": "2026-05-20", "finding": finding.id, "state": "new", "note": name * 3}]
    scene = home_scene(
        register_fids={1}, survey_fids={1}, register_buildings=register, observed_buildings=observed,
        parcels=parcels, plots=plots, streets=streets, boundary=facts["boundary"],
    )  # fmt: skip
    return facts, scene


def printed_values(sheet: Any) -> set[str]:
    """Every text that the page is given, but for those that only steer it."""
    if isinstance(sheet, str):
        return {sheet}
    if isinstance(sheet, dict):
        steering = {"align", "lang", "state", "fixed", "line", "colours"}
        # heads of empty tables are not printed, and the parameters have a layout without a head
        if sheet.get("rows") == [] and "head" in sheet:
            return set()
        return {v for key, item in sheet.items() if key not in steering for v in printed_values(item)}
    return {v for item in sheet for v in printed_values(item)} if isinstance(sheet, list) else set()


def check(seed: int) -> int:
    facts, scene = generated(seed)
    situation = draw_situation(scene, lang="bg")
    assert situation is not None
    pdf = render_dossier(
        facts, lang="bg", labels=dossier_facts.labels, situation=situation,
        location=draw_location(scene, lang="bg"),
    )  # fmt: skip
    sheet = dossier_sheet(facts, lang="bg", labels=dossier_facts.labels)
    unheaded = {"parameters": {"rows": sheet["basis"]["parameters"]["rows"]}}
    documents = {"rows": sheet["missing"]["documents"]["rows"]}
    sheet["basis"] = {**sheet["basis"], **unheaded}
    sheet["missing"] = {**sheet["missing"], "documents": documents}
    text = pages(pdf)
    whole = squeezed("".join(text))
    lost = [v for v in printed_values(sheet) if squeezed(v) not in whole]
    assert lost == [], (seed, lost)
    assert all(len(squeezed(page)) > 40 for page in text), f"a blank page in {seed}"
    assert len(pdf) <= LARGEST
    return len(printed_values(sheet))


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.usefixtures("bulgarian")
def test_what_went_in_stands_in_the_file(seed: int) -> None:
    assert check(seed) > 100


@pytest.mark.long
@pytest.mark.usefixtures("bulgarian")
def test_a_thousand_generated_plots() -> None:
    assert sum(check(seed) for seed in range(1000, 2000)) > 100_000


def unheaded(page: str) -> str:
    """The text of a page without its head, foot and the repeated head of the table: they cut long texts."""
    return re.sub(
        r"^ДосиенадомT000017Състояниекъм–(ДатаНаходкаРешениеБележка)?|T000017·v1стр\.\d+от\d+$", "", page
    )


def check_inert(texts: tuple[str, ...]) -> None:
    reviews = [{"on": "2026-05-20", "finding": "B-1", "state": "new", "note": text} for text in texts]
    facts = {"home": {"id": "T-00001-7"}, "reviews": reviews}
    pdf = render_dossier(facts, lang="bg", labels=dossier_facts.labels)
    whole = "".join(unheaded(squeezed(page)) for page in pages(pdf))
    for text in texts:
        assert squeezed(printable(text, lines=True)) in whole, text[:60]


@pytest.mark.usefixtures("bulgarian")
def test_hostile_texts_are_inert() -> None:
    check_inert(whole_corpus(600)[::10])


@pytest.mark.long
@pytest.mark.usefixtures("bulgarian")
def test_six_hundred_hostile_texts_are_inert() -> None:
    texts = whole_corpus(600)
    for first in range(0, len(texts), 60):
        check_inert(texts[first : first + 60])


@pytest.mark.usefixtures("bulgarian")
def test_every_cyrillic_letter_can_be_copied() -> None:
    letters = "".join(chr(c) for c in (*range(0x0400, 0x0483), *range(0x048A, 0x0500)))
    facts = {"home": {"id": "T-1", "municipality": " ".join(letters)}}
    text = "".join(pages(render_dossier(facts, lang="bg", labels=dossier_facts.labels)))
    assert [letter for letter in letters if letter not in text] == []


@pytest.mark.usefixtures("bulgarian")
def test_forty_neighbours_and_names_of_three_hundred_letters() -> None:
    rng = np.random.default_rng(7)
    facts, scene = generated(3)
    many = [
        dossier_facts.frame([{"identifier": f"00001.7.{i}", "geometry": outline(rng, *rng.normal(
            (facts["boundary"][0]["easting_m"], facts["boundary"][0]["northing_m"]), 25), 4, 12)}])
        for i in range(40)
    ]  # fmt: skip
    from dataclasses import replace

    from regularize.publish.paper import Shape

    crowded = replace(scene, parcels=[Shape(f.geometry.iloc[0], f["identifier"].iloc[0]) for f in many])
    name = "Щ" * 300
    facts["adjoining"] = [f"00001.7.{i}" for i in range(40)]
    facts["home"] = {**facts["home"], "municipality": name, "area": name, "settlement_name": name}
    facts["street"] = {"name": name, "distance_m": 3.0}
    situation = draw_situation(crowded, lang="bg")
    assert situation is not None
    pdf = render_dossier(facts, lang="bg", labels=dossier_facts.labels, situation=situation)
    whole = squeezed("".join(pages(pdf)))
    assert all(f"00001.7.{i}" in whole for i in range(40))
    assert name in whole
    assert len(pdf) <= LARGEST
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.check_pdf_syntax() == []
    boxes = [
        tuple(float(v) for v in found)
        for found in re.findall(
            r'<g><rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', situation.svg
        )
    ]
    shapes = [shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes]
    assert len(shapes) > 5
    for i, one in enumerate(shapes):
        assert not any(one.intersection(other).area > 0.05 for other in shapes[i + 1 :]), "labels collide"

"""The family's sheet: plain words in every situation, one page, nothing of anybody else."""

import copy
import itertools
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import dossier_facts
import pikepdf
import pypdfium2
import pytest
from shapely.affinity import translate
from shapely.geometry import box

from regularize.countries import load
from regularize.errors import OptionError
from regularize.law import procedure as law
from regularize.model import BuildingClass, PlotClass
from regularize.publish.paper import Shape
from regularize.publish.resident import (
    FOLDER,
    Standing,
    catalogue,
    draw_own,
    faults,
    render_sheet,
    require_contact,
    sheet_values,
    stage_of,
)
from regularize.publish.situation import COLOURS, Scene
from regularize.publish.typesetting import DossierError

DAY = date(2026, 6, 15)
CONTACT = {
    "office": "Отдел „Устройство на територията“",
    "address": "пл. „Примерен“ 1, етаж 2, стая 12",
    "telephone": "0000 12 345",
    "hours": "понеделник – петък, 9 – 12 ч.",
    "email": "office@example.invalid",
}
KINDS = [("building", c.value) for c in BuildingClass] + [("plot", c.value) for c in PlotClass]


def facts_with(
    *findings: tuple[str, str], papers: tuple[str, ...] = (), review: str = "new"
) -> dict[str, Any]:
    return {
        "home": {"id": "T-00001-7", "municipality": "Община Примерна"},
        "findings": [{"kind": kind, "class": cls, "review": review} for kind, cls in findings],
        "documents": [{"document": name, "state": "missing", "title": "х"} for name in papers],
    }


def procedures() -> list[tuple[str, str]]:
    found = [("", "")]
    for kind, table in load("bg").procedures.items():
        steps = law.parse(table).steps
        found += [(kind, name) for name, step in steps.items() if not step.parallel]
    return found


def values(lang: str, **more: Any) -> dict[str, Any]:
    given = {
        "facts": facts_with(("building", "extended"), ("plot", "straddles")),
        "standing": Standing(),
        **more,
    }
    return sheet_values(
        given["facts"],
        given["standing"],
        catalogue(lang),
        CONTACT,
        day=DAY,
        drawing=given.get("drawing"),
    )


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_every_sheet_is_plain(lang: str) -> None:
    """All findings, all steps of all procedures, all terms and papers: each sheet by itself."""
    words = catalogue(lang)
    assert len(procedures()) > 50
    steps = list({stage_of(*entry): entry for entry in procedures()}.values())
    clocks = [*words["until_when"], "unknown"]
    papers = list(words["papers"])
    seen = 0
    for number, ((procedure, step), (kind, cls)) in enumerate(itertools.product(steps, KINDS)):
        deadline = (clocks[number % len(clocks)], date(2026, 12, 24), bool(number % 2))
        some = tuple(papers[(number + i) % len(papers)] for i in range(number % 5))
        review = ("new", "confirmed", "field_check")[number % 3]
        made = values(
            lang,
            facts=facts_with((kind, cls), KINDS[number % len(KINDS)], papers=some, review=review),
            standing=Standing(procedure, step, [deadline] if number % 4 else []),
        )
        assert faults(made) == [], (procedure, step, kind, cls)
        seen += 1
    assert seen > 250


def test_the_rules_can_be_broken() -> None:
    """A check that cannot fail is none."""
    made = values("bg")
    for line, fault in (
        ("Сградата е обявена за събаряне.", "frightens"),
        ("Подайте жалба срещу заповедта.", "not explained"),
        (" ".join(["дума"] * 21) + ".", "a sentence of 21 words"),
    ):
        spoiled = copy.deepcopy(made)
        spoiled["stands"]["lines"] = [line]
        assert any(fault in found for found in faults(spoiled)), line
    long = copy.deepcopy(made)
    for part in ("saw", "stands", "until", "rights", "bring"):
        long[part]["lines"] = [" ".join(["дума"] * 18) + "."]
    long["bring"]["after"], long["drawing"]["note"] = [], ""
    assert any("on average" in found for found in faults(long))
    explained = copy.deepcopy(made)
    explained["stands"]["lines"] = ["Картата се казва кадастър."]
    assert any("кадаст" in found for found in faults(explained))
    explained["glossary"]["lines"] = ["Кадастър: картата на всички имоти в България."]
    assert faults(explained) == []


def test_a_hard_word_brings_its_explanation() -> None:
    made = values("bg", standing=Standing("detailed_plan", "appeal_window"))
    assert any(line.startswith("Съд:") for line in made["glossary"]["lines"])


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_every_step_has_a_stage_with_words(lang: str) -> None:
    stages = tomllib.loads((FOLDER / "stages.toml").read_text(encoding="utf-8"))
    words = catalogue(lang)["stage"]
    for procedure, step in procedures():
        assert not procedure or step in stages[procedure], f"{procedure}.{step} has no stage"
        assert stage_of(procedure, step) in words
    used = {stage for steps in stages.values() for stage in steps.values()} | {"none"}
    assert used == set(words)


def test_every_class_and_term_has_words() -> None:
    for lang in ("bg", "en"):
        words = catalogue(lang)
        for kind, cls in KINDS:
            assert words["finding"][kind][cls]
        clocks = {
            name
            for table in load("bg").procedures.values()
            for name, clock in law.parse(table).clocks.items()
            if clock.kind == "right"
        }
        assert clocks <= set(words["until_when"])
    assert set(catalogue("bg")["papers"]) == set(catalogue("en")["papers"])
    known = {name for name in catalogue("bg")["papers"] if load("bg").has_label(f"document.{name}")}
    assert known == set(catalogue("bg")["papers"])


def longest(lang: str) -> dict[str, Any]:
    """The fullest sheet: the longest words of each kind, the longest contact."""
    words = catalogue(lang)
    by_length = sorted(KINDS, key=lambda k: -len(words["finding"][k[0]][k[1]]))[:2]
    stage = max(procedures(), key=lambda p: len(words["stage"][stage_of(*p)]))
    papers = tuple(sorted(words["papers"], key=lambda p: -len(words["papers"][p])))
    contact = dict.fromkeys((*CONTACT, "person"), "Дълго название на отдел " * 8)
    facts = facts_with(*by_length, papers=papers)
    facts["home"]["municipality"] = "Община с име " * 30
    return sheet_values(
        facts,
        Standing(*stage, [("appeal_individual", date(2026, 12, 24), False)]),
        words,
        contact,
        day=DAY,
        drawing=draw_own(dossier_facts.scene(dossier_facts.facts()["boundary"]), north="С"),
    )


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_one_page_in_large_print(lang: str) -> None:
    drawing = draw_own(dossier_facts.scene([]), north=catalogue(lang)["north"])
    for made, least_pt in ((values(lang, drawing=drawing), 13.9), (longest(lang), 10.9)):
        document = pypdfium2.PdfDocument(render_sheet(made, day=DAY))
        assert len(document) == 1
        page = document[0].get_textpage()
        text = page.get_text_range()
        assert made["rights"]["lines"][0][:20] in text.replace("\r\n", " ")
        heights = sorted(page.get_charbox(i)[3] - page.get_charbox(i)[1] for i in range(page.count_chars()))
        # the height of a small letter of this face is 0.43 of its size
        assert heights[len(heights) // 2] > 0.40 * least_pt


def test_nothing_of_anybody_else() -> None:
    facts = {**dossier_facts.facts()}
    facts["documents"] = []
    scene = dossier_facts.scene(facts["boundary"])
    drawing = draw_own(scene, north="С")
    assert drawing is not None
    pdf = render_sheet(values("bg", facts=facts, drawing=drawing), day=DAY)
    text = "".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf))
    for identifier in ("00001.501", "230", "231", "232", "Т-20", "Т-21", "P-4", "B-12"):
        assert identifier not in text, identifier
    assert "T-00001-7" in text
    # surveyed and registered neighbours are one grey: none of them is told apart
    assert 'stroke-dasharray="0.9 0.5"' not in drawing.svg


@pytest.mark.parametrize("shift_m", [0.0, 1.5, 4.0])
def test_a_neighbour_looks_the_same_in_and_out_of_the_cadastre(shift_m: float) -> None:
    own, near, row = box(0, 0, 10, 8), box(16, 0, 26, 8), box(26, 0, 34, 8)
    registered = [translate(g, shift_m, -shift_m / 2) for g in (near, row)]
    unsurveyed = box(-14, 0, -6, 8)
    drawn = []
    for known in (registered, registered[:1], registered[1:], []):
        scene = Scene(
            home_observed=[Shape(own)],
            observed=[Shape(near), Shape(row)],
            register=[Shape(g) for g in (*known, unsurveyed)],
        )
        drawing = draw_own(scene, north="С")
        assert drawing is not None
        drawn.append(drawing.svg)
    assert len(set(drawn)) == 1
    grey = re.findall(rf'<path d="([^"]*)"[^>]*fill="{COLOURS["building"]}"', drawn[0])
    # the row is one shape without a line between its houses, the house nobody surveyed is another
    assert len(grey) == 1
    assert grey[0].count("M") == 2


def test_the_yard_of_a_neighbour_is_not_taken_for_its_own() -> None:
    yard, next_door = box(0, 0, 20, 30), box(20, 0, 40, 30)
    plots = [Shape(yard), Shape(next_door)]
    alone = draw_own(Scene(home_observed=[Shape(yard)], plots=plots), north="С")
    house = draw_own(Scene(home_observed=[Shape(box(10, 5, 20, 13))], plots=plots), north="С")
    assert alone is not None
    assert house is not None
    assert COLOURS["plot"] not in alone.svg
    dashed = re.findall(rf'<path d="([^"]*)"[^>]*stroke="{COLOURS["plot"]}"', house.svg)
    assert [path.count("M") for path in dashed] == [1]
    assert values("bg", drawing=house)["drawing"]["note"].endswith(catalogue("bg")["drawing_yard"])
    made = sheet_values(facts_with(), Standing(), catalogue("bg"), CONTACT, day=DAY, drawing=alone, yard=True)
    assert made["drawing"]["note"] == "Оцветен е Вашият двор."
    assert faults(made) == []


def test_the_days_of_the_data_are_not_the_day_of_the_print() -> None:
    around = dossier_facts.around_facts()
    facts = {**facts_with(), "sources": around["sources"], "provenance": around["provenance"]}
    made = values("bg", facts=facts)["made"].replace("\u00a0", " ")
    assert made.startswith(
        "Състояние към 15.06.2026 г. · данни: кадастър 01.03.2026 г.; заснемане 12.05.2026 г."
        " · приложени правила: 3, изброени в досието; стойности по закона: сверени на 01.05.2026 г."
        " · regularize 0.1.0 · последен запис 9f2c41d07ab3"
    )


def test_tagged_and_without_traces() -> None:
    import io

    pdf = render_sheet(values("bg"), day=DAY)
    assert render_sheet(values("bg"), day=DAY) == pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert bool(document.Root.MarkInfo.Marked)
        assert str(document.Root.Lang) == "bg"
        assert set(document.docinfo) <= {"/Title", "/Creator", "/CreationDate", "/ModDate", "/Producer"}


@pytest.mark.parametrize(
    "contact", [{}, {"office": "Отдел"}, {**CONTACT, "telephone": "  "}, {"address": "", "telephone": "1"}]
)
def test_without_a_contact_no_sheet(contact: dict[str, str]) -> None:
    with pytest.raises(OptionError) as caught:
        require_contact(contact, "regularize.toml")
    assert "[project.contact]" in caught.value.hint
    lacking = [name for name in ("office", "address", "telephone") if not contact.get(name, "").strip()]
    assert all(f"{name} = " in caught.value.hint for name in lacking)


class TestLanguages:
    """A municipality adds a language by a file of its own."""

    def write(self, folder: Path, text: str) -> None:
        (folder / "resident.tr.toml").write_text(text, encoding="utf-8")

    def test_a_language_of_the_municipality(self, tmp_path: Path) -> None:
        text = (FOLDER / "en.toml").read_text(encoding="utf-8")
        self.write(
            tmp_path,
            text.replace('language = "en"', 'language = "tr"').replace("About your home", "Eviniz hakkında"),
        )
        words = catalogue("tr", tmp_path)
        made = sheet_values(facts_with(), Standing(), words, CONTACT, day=DAY, drawing=None)
        pdf = pypdfium2.PdfDocument(render_sheet(made, day=DAY))
        assert "Eviniz hakkında" in pdf[0].get_textpage().get_text_range()

    def test_missing_words_are_named(self, tmp_path: Path) -> None:
        text = (FOLDER / "en.toml").read_text(encoding="utf-8")
        self.write(
            tmp_path, "\n".join(line for line in text.splitlines() if not line.startswith("until_none"))
        )
        with pytest.raises(DossierError, match="until_none"):
            catalogue("tr", tmp_path)

    def test_a_broken_file_names_its_line(self, tmp_path: Path) -> None:
        self.write(tmp_path, 'title = "x"\nbroken\n')
        with pytest.raises(DossierError, match="line 2"):
            catalogue("tr", tmp_path)

    @pytest.mark.parametrize("name", ["xx", "stages", "plain", "../../bg", ""])
    def test_what_is_no_language(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(OptionError):
            catalogue(name, tmp_path)


@pytest.mark.parametrize("lang", ["bg", "en"])
@pytest.mark.parametrize("review", ["none", "rejected"])
def test_where_nothing_was_found_nothing_is_claimed(lang: str, review: str) -> None:
    """The survey may have been withdrawn, or never came so far: that is no agreement with the map."""
    known = facts_with() if review == "none" else facts_with(("building", "extended"), review=review)
    words = catalogue(lang)
    values = sheet_values(known, Standing(), words, CONTACT, day=DAY, drawing=None)
    assert values["saw"]["lines"] == [words["no_finding"]]
    assert not re.search("съвпада|вярно|agree|right", words["no_finding"])
    assert faults(values) == []


def test_a_long_name_of_the_municipality_leaves_the_title_alone() -> None:
    known = facts_with(("building", "extended"))
    known["home"]["municipality"] = "О" * 300
    values = sheet_values(known, Standing(), catalogue("bg"), CONTACT, day=DAY, drawing=None)
    document = pypdfium2.PdfDocument(render_sheet(values, day=DAY))
    assert len(document) == 1
    page = document[0].get_textpage()
    whole = page.get_text_range()
    title, name = whole.index("За Вашия дом"), whole.index("О" * 20)
    title_right = max(page.get_charbox(i)[2] for i in range(title, title + len("За Вашия дом")))
    assert title_right < min(page.get_charbox(i)[0] for i in range(name, name + 20))

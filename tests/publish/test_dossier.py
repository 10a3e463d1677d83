"""The dossier: what went in stands on the page, the same bytes each time, and no text is code."""

import getpass
import io
import os
import re
import socket
import tempfile
import time
import unicodedata
from pathlib import Path
from typing import Any

import dossier_facts
import numpy as np
import pikepdf
import pypdfium2
import pytest
import shapely
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regularize.publish.dossier import TEMPLATE, render_dossier
from regularize.publish.situation import Scene, Shape, draw_location, draw_situation
from regularize.publish.text import carried, format_number, printable
from regularize.publish.typesetting import DossierError

LARGEST = 300_000

HOSTILE = [
    '#read("/etc/hostname")', '#read("dossier.typ")', '#panic("x")', "#while true {}", '#import "x.typ": *',
    '#include "x"', '#eval("1+1")', "#set page(width: 1pt)", "#pagebreak()", "#sys.inputs",
    "$x^2$", "$", "$$",
    "*bold*", "_it_", "*_", "`raw`", "```", "= heading", "- list", "+ enum", "/ term: x",
    "<label>", "@ref", "~",
    "--", "---", "...", "\\", "\\u{41}", "\\#", "//comment", "/* c */", "#", "##", "[x]", "{x}", "#{", "#[",
    "'single' \"double\"", "</svg>", "<script>alert(1)</script>",
    "<image href='file:///etc/passwd'/>", "&lt;&#65;",
    "]]>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "{{ 7*7 }}", "{% raw %}", "${7*7}", "%s%n", "=HYPERLINK(\"x\")",
    "\u202eобратно", "\u2066скрито\u2069", "🏠 дом", "נבנה", "مبنى", "漢字", "нула\x00край", "\ue000",
    "\ufffe",
    "ъ\u0301", "а\u0300\u0301\u0302", "ред\nнов ред", "а" * 300, "Щ" * 65_536, "../../x", "C:\\Users\\x",
]  # fmt: skip


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def squeezed(text: str) -> str:
    """Without white space: lines are broken where the column ends, which changes nothing else."""
    return re.sub(r"\s|\ufffe", "", text)


def drawn(facts: dict[str, Any], lang: str = "bg", **more: Any) -> bytes:
    scene = dossier_facts.scene(facts.get("boundary", []))
    return render_dossier(
        facts,
        lang=lang,
        labels=dossier_facts.labels,
        situation=draw_situation(scene, lang=lang),
        location=draw_location(scene, lang=lang),
        **more,
    )


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return dossier_facts.facts()


@pytest.fixture
def pdf(facts: dict[str, Any], bulgarian: None) -> bytes:
    return drawn(facts)


def test_the_values_stand_on_the_page(pdf: bytes) -> None:
    text = squeezed(" ".join(pages(pdf)))
    for value in (
        "Досие на дом", "T-00001-7", "00001.501.230.1", "Община Примерна", "с. Примерово",
        "ул. „Лозен“, на 7,60 м",
        "Мащаб 1:250", "B-12 · Сграда: разширена", "Заснетият контур излиза извън сградата по регистъра.",
        "100,2 ± 0,7 м²", "+24,6 ± 2,6", "извън допуска", "Общинска частна", "4 701 214,80",
        "412 317,35", "EPSG:7801",
        "Тече срок за възражения", "13.07.2026 г.", "чл. 128, ал. 5 ЗУТ",
        "Декларация за времето на построяване",
        "Липсва", "Измерено повторно.", "Потвърдена", "кадастрална карта", "15.06.2026 г.", "9f2c41d07ab3",
        "FOOTPRINT_LARGER", "Проверено в закона", "01.05.2026 г.", "regularize 0.1.0", "стр. 1 от 3",
        "Главен архитект на общината", "00001.501.231", "подлежи на потвърждаване",
    ):  # fmt: skip
        assert squeezed(value) in text, value
    assert "незакон" not in text.lower()


def test_in_english(facts: dict[str, Any]) -> None:
    text = squeezed(" ".join(pages(drawn(facts, "en"))))
    for value in (
        "Dossier of a home",
        "Building: extended",
        "100.2 ± 0.7 m²",
        "12 May 2026",
        "page 1 of",
        "Scale 1:250",
    ):
        assert squeezed(value) in text, value
    assert "illegal" not in text.lower()


def test_tagged_archival_and_without_traces(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root
        assert bool(root.MarkInfo.Marked)
        assert "/StructTreeRoot" in root
        assert str(root.Lang) == "bg"
        with document.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "A")
            assert meta["dc:title"] == "Досие на дом T-00001-7"
            assert set(meta) & {"dc:creator", "pdf:Author"} == set()
            said = str(meta) + str(dict(document.docinfo))
        assert set(document.docinfo) <= {"/Title", "/Creator", "/CreationDate", "/ModDate", "/Producer"}
        assert "20260615" in str(document.docinfo["/CreationDate"])
        fonts = {str(f.BaseFont) for p in document.pages for f in p.Resources.get("/Font", {}).values()}
        assert fonts
        streams = b"".join(
            o.read_bytes() for o in document.objects if isinstance(o, pikepdf.Stream) and "/Filter" in o
        )
    for trace in (
        getpass.getuser(),
        socket.gethostname(),
        tempfile.gettempdir(),
        str(Path.home()),
        "regularize-",
    ):
        if len(trace) > 3:
            assert trace not in said
            assert trace.encode() not in pdf + streams


def test_same_facts_same_bytes(facts: dict[str, Any], pdf: bytes, bulgarian: None) -> None:
    time.sleep(1.1)  # longer than the resolution of any date in a PDF
    assert drawn(facts) == pdf


def test_size_and_no_blank_page(pdf: bytes) -> None:
    assert len(pdf) <= LARGEST
    assert all(len(squeezed(page)) > 80 for page in pages(pdf))


def test_the_printed_scale_is_true(facts: dict[str, Any], bulgarian: None) -> None:
    """Measured on the rendered page, in millimetres of paper: the home's outline at 1:250."""
    per_mm = 5
    scene = Scene(home_observed=[Shape(dossier_facts.SURVEY)])
    drawing = draw_situation(scene, lang="bg")
    assert drawing is not None
    pdf = render_dossier(facts, lang="bg", labels=dossier_facts.labels, situation=drawing)
    found = []
    for page in list(pypdfium2.PdfDocument(pdf))[:2]:
        pixels = page.render(scale=per_mm * 25.4 / 72).to_numpy()[:, :, :3].astype(int)
        outline = np.abs(pixels - np.array([0x00, 0x5E, 0xD5])).sum(axis=2) < 24  # BGR of the outline
        rows, columns = np.nonzero(outline[int(110 * per_mm) :, :])
        found.append((len(rows), columns, rows))
    _n, columns, rows = max(found, key=lambda f: f[0])
    # the legend's swatch lies lower and to the left: keep what is within the frame's middle
    middle = (columns > 60 * per_mm) & (columns < 160 * per_mm) & (rows < 120 * per_mm)
    west, south, east, north = dossier_facts.SURVEY.bounds
    wide = (columns[middle].max() - columns[middle].min()) / per_mm
    high = (rows[middle].max() - rows[middle].min()) / per_mm
    stroke_mm = 0.5
    assert wide == pytest.approx((east - west) * 1000 / drawing.denominator + stroke_mm, abs=0.6)
    assert high == pytest.approx((north - south) * 1000 / drawing.denominator + stroke_mm, abs=0.6)


def test_hostile_texts_are_inert_and_shown(facts: dict[str, Any], bulgarian: None) -> None:
    assert len(HOSTILE) >= 60
    reviews = [
        {"on": "2026-05-20", "finding": f"B-{i}", "state": "new", "note": text}
        for i, text in enumerate(HOSTILE)
    ]
    documents = [{"title": text, "state": "missing", "basis": text[:40]} for text in HOSTILE]
    pdf = drawn({**facts, "reviews": reviews, "documents": documents})
    text = squeezed(" ".join(pages(pdf)))
    for hostile in HOSTILE:
        shown = squeezed(printable(hostile, lines=True))
        assert text.count(shown) >= 2 or shown[:200] in text, hostile[:60]
    assert "[U+202E]" in text
    assert "[U+1F3E0]" in text
    assert "[…65536]" in text
    assert len(pdf) <= LARGEST
    assert all(squeezed(page) for page in pages(pdf))


@pytest.mark.parametrize(
    "hostile",
    [
        '#read("x")',
        "</svg>",
        "$*_\\",
        "\u202e🏠\x00",
        "а" * 300,
        pytest.param("Щ" * 65_536, marks=pytest.mark.long),
    ],
)
def test_hostile_texts_in_every_place(facts: dict[str, Any], hostile: str, bulgarian: None) -> None:
    """Each text of the facts, keys apart, replaced by one hostile text: a dossier all the same."""

    def spoil(value: Any) -> Any:
        if isinstance(value, str):
            return hostile
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        return [spoil(item) for item in value] if isinstance(value, list) else value

    spoiled = render_dossier(spoil(facts), lang="bg", labels=dossier_facts.labels)
    shown = squeezed(printable(hostile, longest=40))
    assert shown[:20] in squeezed(" ".join(pages(spoiled)))
    # a hundred texts of two thousand letters each are shown whole, so this one may be larger
    assert len(spoiled) <= 3 * LARGEST


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_generated_values_are_read_back(facts: dict[str, Any], bulgarian: None, data: st.DataObject) -> None:
    """Whatever values go in, the same stand in the text of the file."""
    letters = st.text(alphabet=carried().replace(" ", ""), min_size=1, max_size=60)
    number = st.floats(-99_999, 99_999, allow_nan=False)
    names = {key: data.draw(letters, label=key) for key in ("municipality", "settlement_name", "area")}
    areas = [data.draw(number) for _ in range(4)]
    notes = data.draw(st.lists(letters, min_size=1, max_size=5))
    changed = {
        **facts,
        "home": {**facts["home"], **names},
        "areas": [{"what": "building", "register_m2": a, "survey_m2": a, "difference_m2": a} for a in areas],
        "reviews": [{"on": "2026-01-31", "finding": "B-1", "state": "new", "note": note} for note in notes],
    }
    printed = squeezed(" ".join(pages(render_dossier(changed, lang="bg", labels=dossier_facts.labels))))
    written = [*names.values(), *notes, *(format_number(a, 1, lang="bg") for a in areas)]
    for value in written:
        assert plain(value) in plain(printed), value


def plain(text: str) -> str:
    """Letters as any reader of PDFs may compose or decompose them.

    A hyphen at the end of a line is taken for a divided word by readers, so hyphens do not count.
    """
    return squeezed(unicodedata.normalize("NFKC", text)).replace("-", "")


def test_a_word_without_an_end_stays_on_the_page(facts: dict[str, Any], bulgarian: None) -> None:
    street = {**facts["street"], "name": "а" * 300}
    pdf = drawn({**facts, "street": street, "adjoining": ["б" * 300]})
    for page in pypdfium2.PdfDocument(pdf):
        text = page.get_textpage()
        rights = [text.get_charbox(i)[2] for i in range(text.count_chars())]
        assert max(rights) <= page.get_width() - 45, "within the right margin of 18 mm"


def test_a_wide_word_without_an_end_stays_in_its_column(facts: dict[str, Any], bulgarian: None) -> None:
    """Beside the references of a finding stands what was measured: neither covers the other."""
    finding = {**facts["findings"][0], "survey_refs": ["Щ" * 300]}
    for page in pypdfium2.PdfDocument(drawn({**facts, "findings": [finding]})):
        text = page.get_textpage()
        boxes = [(text.get_text_range(i, 1), text.get_charbox(i)) for i in range(text.count_chars())]
        wide = [box for char, box in boxes if char == "Щ"]
        if wide:
            assert len(wide) == 300
            head = text.get_text_range().index("Измерено")
            assert max(right for _left, _foot, right, _top in wide) < boxes[head][1][0]
            return
    raise AssertionError("the word is nowhere")


@pytest.mark.parametrize(
    "kept",
    [
        [],
        ["home"],
        ["home", "parcels", "findings", "provenance"],
        ["home", "areas", "boundary"],
        ["home", "cases", "documents", "reviews"],
    ],
)
def test_dossiers_of_homes_with_less(facts: dict[str, Any], kept: list[str], bulgarian: None) -> None:
    less = {key: facts[key] for key in kept}
    text = squeezed(" ".join(pages(render_dossier(less, lang="bg", labels=dossier_facts.labels))))
    assert squeezed("За този дом не е известно очертание") in text
    if "findings" not in kept:
        assert squeezed("Няма находки за този дом.") in text
    if "cases" not in kept:
        assert squeezed("няма открита преписка") in text


def test_a_plot_without_a_building(bulgarian: None) -> None:
    from dataclasses import replace

    from regularize.plan.facts import home_facts

    bare = replace(dossier_facts.home(), register_fids=(), survey_fids=(), geometry=dossier_facts.PLOT)
    facts = home_facts(bare, parcels=dossier_facts.parcels(), plots=dossier_facts.plots())
    drawing = draw_situation(Scene(home_observed=[Shape(dossier_facts.PLOT)]), lang="bg")
    text = squeezed(
        " ".join(pages(render_dossier(facts, lang="bg", labels=dossier_facts.labels, situation=drawing)))
    )
    assert squeezed("няма: не е свързана сграда") in text
    assert "Ползвандвор" in text


def test_two_thousand_corners(facts: dict[str, Any], bulgarian: None) -> None:
    angles = np.linspace(0, 2 * np.pi, 2001)[:-1]
    round_home = shapely.Polygon(np.column_stack((6 * np.cos(angles), 6 * np.sin(angles))))
    corners = [
        {"n": i + 1, "northing_m": y, "easting_m": x, "side_m": 0.02, "sigma_m": 0.05}
        for i, (x, y) in enumerate(round_home.exterior.coords[:-1])
    ]
    drawing = draw_situation(Scene(home_observed=[Shape(round_home)]), lang="bg")
    pdf = render_dossier(
        {**facts, "boundary": corners}, lang="bg", labels=dossier_facts.labels, situation=drawing
    )
    text = pages(pdf)
    assert len(pdf) <= LARGEST
    assert squeezed("първите 120 от 2000 точки") in squeezed(" ".join(text))


class TestTemplates:
    """A municipality's own template, and what happens when it is broken."""

    def write(self, folder: Path, text: str) -> Path:
        file = folder / "own.typ"
        file.write_text(text, encoding="utf-8")
        return file

    def test_own_template_with_a_picture_beside_it(self, tmp_path: Path, facts: dict[str, Any]) -> None:
        (tmp_path / "arms.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
            encoding="utf-8",
        )
        (tmp_path / "secret.txt").write_text("тайна", encoding="utf-8")
        head = '#set document(title: [x])\n#let d = json("data.json")\n'
        own = self.write(tmp_path, head + '#image("arms.svg", alt: "x")\nОбщинско досие #d.home\n')
        assert "Общинско досие T-00001-7" in pages(drawn(facts, template=own))[0]
        with pytest.raises(DossierError):
            drawn(facts, template=self.write(tmp_path, head + '#read("secret.txt")'))
        with pytest.raises(DossierError):
            drawn(facts, template=self.write(tmp_path, head + '#read("../../../../etc/hostname")'))

    def test_own_template_of_an_earlier_version(self, tmp_path: Path, facts: dict[str, Any]) -> None:
        """Those read the values from the inputs."""
        head = "#set document(title: [x])\n#let d = json(bytes(sys.inputs.data))\n"
        own = self.write(tmp_path, head + "Общинско досие #d.home\n")
        assert "Общинско досие T-00001-7" in pages(drawn(facts, template=own))[0]

    def test_an_error_names_line_and_hint(self, tmp_path: Path, facts: dict[str, Any]) -> None:
        broken = self.write(tmp_path, "= Досие\n\n#let x = 1 +\n")
        with pytest.raises(DossierError) as caught:
            drawn(facts, template=broken)
        assert "own.typ, line 3" in caught.value.message
        assert caught.value.hint
        assert tempfile.gettempdir() not in caught.value.message + caught.value.hint

    def test_the_built_in_one_broken_by_an_edit(self, tmp_path: Path, facts: dict[str, Any]) -> None:
        text = TEMPLATE.read_text(encoding="utf-8").replace("f.candidate", "f.nothing_of_the_kind")
        with pytest.raises(DossierError, match=r"own\.typ, line \d+"):
            drawn(facts, template=self.write(tmp_path, text))

    def test_a_missing_font(self, tmp_path: Path, facts: dict[str, Any]) -> None:
        own = self.write(tmp_path, '#set document(title: [x])\n#set text(font: "Общински шрифт")\nx\n')
        with pytest.raises(DossierError, match="font"):
            drawn(facts, template=own)

    def test_a_missing_file(self, tmp_path: Path, facts: dict[str, Any]) -> None:
        with pytest.raises(DossierError, match=r"none\.typ"):
            drawn(facts, template=tmp_path / "none.typ")

    def test_a_full_disk(self, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_args: object, **_more: object) -> None:
            raise OSError(28, "No space left on device", "/var/tmp/private")  # noqa: S108 (never opened)

        monkeypatch.setattr("regularize.publish.typesetting.shutil.copyfile", full)
        with pytest.raises(DossierError, match="No space left") as caught:
            drawn(facts)
        assert "private" not in caught.value.message

    def test_a_panic_costs_one_dossier(self, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        class PanicError(BaseException):
            """As pyo3 raises it: no Exception."""

        class Dies:
            def __init__(self, *_args: object, **_more: object) -> None:
                raise PanicError("index out of bounds at somewhere/x.rs")

        monkeypatch.setattr(typst, "Compiler", Dies)
        with pytest.raises(DossierError) as caught:
            drawn(facts)
        assert "somebody" not in caught.value.message

    def test_an_interrupt_is_one(self, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        class Stops:
            def __init__(self, *_args: object, **_more: object) -> None:
                raise KeyboardInterrupt

        monkeypatch.setattr(typst, "Compiler", Stops)
        with pytest.raises(KeyboardInterrupt):
            drawn(facts)


@pytest.fixture
def before() -> set[Path]:
    return _ours()


def _ours() -> set[Path]:
    """The scratch folders of this process: others may be at work beside it."""
    return set(Path(tempfile.gettempdir()).glob(f"regularize-{os.getpid()}-*"))


def test_nothing_is_left_behind(before: set[Path], facts: dict[str, Any]) -> None:
    drawn(facts)
    assert _ours() <= before

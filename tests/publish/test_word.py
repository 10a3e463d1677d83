"""The Word dossier: the values of the PDF, the same bytes each time, and no text is code."""

import io
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import docx
import dossier_facts
import pypdfium2
import pytest
from hostile import whole_corpus
from lxml import etree
from test_dossier_prospects import pathways

from regularize.publish import word
from regularize.publish.dossier import render_dossier
from regularize.publish.paper import Drawing
from regularize.publish.sheet import dossier_sheet
from regularize.publish.situation import draw_location, draw_situation
from regularize.publish.text import printable
from regularize.publish.typesetting import DossierError
from regularize.publish.word import program_form, render_word

pytest.importorskip("docxtpl")


def squeezed(text: str) -> str:
    return re.sub(r"[\s\ufffe]", "", text)


def drawings(facts: dict[str, Any]) -> dict[str, Drawing | None]:
    scene = dossier_facts.scene(facts.get("boundary", []))
    return {
        "situation": draw_situation(scene, lang="bg"),
        "location": draw_location(scene, lang="bg"),
    }


def words_of(content: bytes) -> str:
    """All text of a Word file as a reader sees it: tables, headers and footers included."""
    texts = []
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if re.fullmatch(r"word/(document|footer\d*|header\d*)\.xml", name):
                root = etree.fromstring(parts.read(name))
                for node in root.iter("{*}t", "{*}br", "{*}p"):
                    texts.append(node.text or "" if node.tag.endswith("}t") else "\n")
    return "".join(texts)


def values_of(tree: Any) -> set[str]:
    """Every text that the page is given, keys and drawings apart."""
    if isinstance(tree, str):
        return {tree}
    if isinstance(tree, dict):
        hidden = {"colours", "align", "lang", "state", "fixed", "line", "head"}
        return {v for key, item in tree.items() if key not in hidden for v in values_of(item)}
    return {v for item in tree for v in values_of(item)} if isinstance(tree, list) else set()


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return {**dossier_facts.facts(), "pathways": pathways()}


@pytest.fixture
def made(facts: dict[str, Any], bulgarian: None) -> bytes:
    return render_word(facts, lang="bg", labels=dossier_facts.labels, **drawings(facts))


def test_the_values_are_those_of_the_pdf(facts: dict[str, Any], made: bytes) -> None:
    pdf = render_dossier(facts, lang="bg", labels=dossier_facts.labels, **drawings(facts))
    printed = squeezed("".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf)))
    written = squeezed(words_of(made))
    values = values_of(dossier_sheet(facts, lang="bg", labels=dossier_facts.labels))
    assert len(values) > 150
    for value in values:
        # a hyphen at the end of a line is taken for a divided word by readers of PDFs
        if squeezed(value).replace("-", "") in printed.replace("-", ""):
            assert squeezed(value) in written, value
    for value in ("100,2 ± 0,7 м²", "извън допуска", "4 701 214,80", "13.07.2026 г.", "Мащаб 1:250"):
        assert squeezed(value) in written, value


def test_same_facts_same_bytes(facts: dict[str, Any], made: bytes, bulgarian: None) -> None:
    time.sleep(2.1)  # longer than the resolution of a date in a zip
    program_form.cache_clear()
    assert render_word(facts, lang="bg", labels=dossier_facts.labels, **drawings(facts)) == made


def test_nothing_tells_who_or_where(made: bytes) -> None:
    document = docx.Document(io.BytesIO(made))
    core = document.core_properties
    assert (core.author, core.last_modified_by, core.comments) == ("", "", "")
    assert core.title == "Досие на дом T-00001-7"
    assert str(core.created) == str(core.modified) == "2026-06-15 00:00:00+00:00"
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {item.date_time for item in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not any("thumbnail" in name for name in parts.namelist())
        assert len([n for n in parts.namelist() if n.startswith("word/media/")]) == 3


def check_inert(texts: tuple[str, ...], facts: dict[str, Any]) -> None:
    reviews = [{"on": "2026-05-20", "finding": "B-1", "state": "new", "note": text} for text in texts]
    content = render_word({**facts, "reviews": reviews}, lang="bg", labels=dossier_facts.labels)
    document = docx.Document(io.BytesIO(content))
    table = next(t for t in document.tables if t.rows[0].cells[0].text == "Дата" and len(t.columns) == 4)
    notes = [row.cells[3].text for row in table.rows[1:]]
    assert notes == [printable(text, lines=True) or "–" for text in texts]


def test_hostile_texts_are_inert_and_unchanged(facts: dict[str, Any], bulgarian: None) -> None:
    check_inert(whole_corpus(600)[::6], facts)
    check_inert(
        ("{_{ x }_}", "{_% x %_}", "{{r x }}", "{%p if %}", "{%tr for %}", "]]>", "&#123;{7*7}}"), facts
    )


@pytest.mark.long
def test_six_hundred_hostile_texts(facts: dict[str, Any], bulgarian: None) -> None:
    texts = whole_corpus(600)
    assert len(texts) == 600
    check_inert(texts, facts)


def test_a_home_of_which_nothing_is_known(bulgarian: None) -> None:
    text = words_of(render_word({}, lang="bg", labels=dossier_facts.labels))
    for said in (
        "За този дом не е известно очертание",
        "Няма находки за този дом.",
        "Няма вписани документи",
    ):
        assert said in text
    assert "None" not in text


@pytest.mark.usefixtures("bulgarian")
class TestForms:
    """A municipality's own form, and what happens when it is broken."""

    def form(self, folder: Path, *lines: str) -> Path:
        document = docx.Document()
        document.core_properties.author = "някой"
        for line in lines:
            document.add_paragraph(line)
        file = folder / "бланка.docx"
        document.save(str(file))
        return file

    def fill(self, form: Path) -> bytes:
        return render_word(dossier_facts.facts(), lang="bg", labels=dossier_facts.labels, form=form)

    def test_an_own_form_is_filled(self, tmp_path: Path) -> None:
        form = self.form(
            tmp_path, "Изх. № ___ за {{ home }}", "{% for a in areas.rows %}{{ a[0] }}; {% endfor %}"
        )
        content = self.fill(form)
        assert "Изх. № ___ за T-00001-7" in words_of(content)
        assert "Сграда; " in words_of(content)
        assert docx.Document(io.BytesIO(content)).core_properties.author == ""

    @pytest.mark.parametrize(
        ("line", "named"),
        [
            ("{{ няма_такова }}", "няма_такова"),
            ("{{ home.nothing }}", "nothing"),
            ("{% for a in areas.rows %}{{ a[0] }}", "endfor"),
            ("{{ home", "бланка.docx"),
            ("{{ ''.__class__.__mro__ }}", "__class__"),
        ],
    )
    def test_a_broken_form_is_one_message(self, tmp_path: Path, line: str, named: str) -> None:
        with pytest.raises(DossierError) as caught:
            self.fill(self.form(tmp_path, "Досие", line))
        assert named in caught.value.message
        assert "бланка.docx" in caught.value.message
        assert "dossier form" in caught.value.hint

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
    def test_what_is_no_word_file(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "x.docx"
        file.write_bytes(content)
        with pytest.raises(DossierError, match=r"x\.docx"):
            self.fill(file)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(DossierError, match=r"none\.docx"):
            self.fill(tmp_path / "none.docx")

    def test_the_program_s_form_can_be_edited_and_filled(self, tmp_path: Path) -> None:
        file = tmp_path / "own.docx"
        file.write_bytes(program_form())
        document = docx.Document(str(file))
        document.add_paragraph("Забележка на общината за {{ home }}")
        document.save(str(file))
        assert "Забележка на общината за T-00001-7" in words_of(self.fill(file))

    def test_without_the_optional_part(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        from regularize.errors import MissingExtraError

        monkeypatch.setitem(sys.modules, "docxtpl", None)
        with pytest.raises(MissingExtraError) as caught:
            word.fill(None, {}, {}, title="", lang="bg", day="")
        assert "regularize[docx]" in caught.value.hint


def test_pictures_stay_within_the_margins(made: bytes) -> None:
    """What is not stated of the space around a picture, some programs take for 3 mm."""
    document = docx.Document(io.BytesIO(made))
    section = document.sections[0]
    room = section.page_width - section.left_margin - section.right_margin
    pictures = list(document.element.body.iter("{*}inline"))
    assert len(pictures) == 3
    for picture in pictures:
        assert {picture.get(f"dist{side}") for side in "TBLR"} == {"0"}
        assert int(next(picture.iter("{*}extent")).get("cx")) <= room

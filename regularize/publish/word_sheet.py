"""A Word form that is being drawn: paragraphs, tables, and the marks that repeat or leave them out."""

import io
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

_FACE = "Times New Roman"
_ACCENT = RGBColor(0x1F, 0x4E, 0x5F)
_FAINT = RGBColor(0x59, 0x5F, 0x66)
_ALIGN = {"l": WD_ALIGN_PARAGRAPH.LEFT, "r": WD_ALIGN_PARAGRAPH.RIGHT, "c": WD_ALIGN_PARAGRAPH.CENTER}
_WIDE_MM = 170.0
_PICTURE_MM = 78.0  # of a picture beside a list
_NAME_MM = 44.0  # of the names in that list


class Sheet:
    """A form that is being drawn: paragraphs, tables and the marks that repeat or leave them out."""

    def __init__(self) -> None:
        self.document = Document()
        for relation in [r for r in self.document.part.package.rels.values() if "thumbnail" in r.reltype]:
            self.document.part.package.rels.pop(relation.rId)
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin, section.right_margin = Mm(22), Mm(18)
        section.top_margin, section.bottom_margin = Mm(19), Mm(17)
        for name, size, colour, before in (
            ("Normal", 10, None, 0),
            ("Title", 21, _ACCENT, 0),
            ("Heading 1", 13, _ACCENT, 12),
            ("Heading 2", 11, RGBColor(0, 0, 0), 8),
            ("List Bullet", 10, None, 0),
        ):
            style = self.document.styles[name]
            style.font.name, style.font.size = _FACE, Pt(size)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
                fonts.set(qn(script), _FACE)
            for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
                fonts.attrib.pop(qn(theme), None)
            if colour is not None:
                style.font.color.rgb = colour
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(3)
        self.document.styles["Normal"].paragraph_format.line_spacing = 1.0
        edge = self.document.styles["Title"].element.get_or_add_pPr().find(qn("w:pBdr"))
        if edge is not None:
            self.document.styles["Title"].element.pPr.remove(edge)

    def line(self, text: str, *, size: float | None = None, faint: bool = False, bold: bool = False) -> Any:
        """A paragraph of one run."""
        paragraph = self.document.add_paragraph()
        self._run(paragraph, text, size=size, faint=faint, bold=bold)
        return paragraph

    @staticmethod
    def _run(
        paragraph: Any, text: str, *, size: float | None, faint: bool = False, bold: bool = False
    ) -> None:
        run = paragraph.add_run(text)
        run.bold = bold or None
        if size is not None:
            run.font.size = Pt(size)
        if faint:
            run.font.color.rgb = _FAINT

    def heading(self, text: str, level: int = 1) -> None:
        """A heading; level 0 is the title."""
        self.document.add_heading(text, level)

    def mark(self, text: str) -> None:
        """A paragraph that vanishes when the form is filled: ``if``, ``for`` and their ends."""
        self.document.add_paragraph(f"{{%p {text} %}}")

    def bullet(self, text: str, *, code: str = "") -> None:
        """A line of a list, and small behind it its code."""
        paragraph = self.document.add_paragraph(text, style="List Bullet")
        if code:
            self._run(paragraph, code, size=6.5, faint=True)

    def table(
        self,
        rows: str,
        cells: Sequence[str],
        *,
        head: Sequence[str] = (),
        align: str = "",
        widths_mm: Sequence[float] = (),
        size: float = 9,
        ruled: bool = True,
    ) -> None:
        """A table with one row for each of `rows`: an expression ``name in list``.

        Parameters
        ----------
        cells, head : sequence of str
            What stands in each column of a row, and above it.
        align : str
            A letter for each column: ``l``, ``r``, ``c``.
        widths_mm : sequence of float
            By default all columns are equally wide.
        """
        n = len(cells)
        made = self.document.add_table(rows=(1 if head else 0) + 3, cols=n)
        made.autofit = False
        widths = [Mm(w) for w in (widths_mm or [_WIDE_MM / n] * n)]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        if ruled:
            _rule(made)
        lines = ([list(head)] if head else []) + [
            [f"{{%tr for {rows} %}}", *[""] * (n - 1)],
            list(cells),
            ["{%tr endfor %}", *[""] * (n - 1)],
        ]
        for number, (row, texts) in enumerate(zip(made.rows, lines, strict=True)):
            _keep_whole(row, repeated=bool(head) and number == 0)
            for i, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
                cell.width = widths[i]
                paragraph = cell.paragraphs[0]
                paragraph.alignment = _ALIGN[align[i]] if align else None
                paragraph.paragraph_format.space_after = Pt(1)
                self._run(paragraph, text, size=size, bold=bool(head) and number == 0)
        self.document.add_paragraph().paragraph_format.space_after = Pt(0)

    def listed(self, key: str, align: str, widths_mm: Sequence[float]) -> None:
        """The table `key` of the values, with its own head."""
        n = len(align)
        self.table(
            f"row in {key}.rows",
            [f"{{{{ row[{i}] }}}}" for i in range(n)],
            head=[f"{{{{ {key}.head[{i}] }}}}" for i in range(n)],
            align=align,
            widths_mm=widths_mm,
        )

    def pairs(self, key: str) -> None:
        """A list of (name, value) as two columns without rules."""
        self.table(
            f"pair in {key}", ["{{ pair[0] }}", "{{ pair[1] }}"], widths_mm=(49, 121), size=9.5, ruled=False
        )

    def beside(self, key: str, picture: str, under: str) -> None:
        """A list of (name, value) and, to its right where there is one, a picture with words under it."""
        made = self.document.add_table(rows=1, cols=2)
        made.autofit = False
        left, right = made.rows[0].cells
        left.width, right.width = Mm(_WIDE_MM - _PICTURE_MM), Mm(_PICTURE_MM)
        left.paragraphs[0].text = f"{{%p for pair in {key} %}}"
        pair = left.add_paragraph()
        self._run(pair, "{{ pair[0] }}", size=9, faint=True)
        self._run(pair, "\t{{ pair[1] }}", size=9.5)
        pair.paragraph_format.left_indent, pair.paragraph_format.first_line_indent = (
            Mm(_NAME_MM),
            -Mm(_NAME_MM),
        )
        pair.paragraph_format.tab_stops.add_tab_stop(Mm(_NAME_MM))
        left.add_paragraph("{%p endfor %}")
        right.paragraphs[0].text = f"{{%p if {picture} %}}"
        self._run(right.add_paragraph(), f"{{{{ {picture} }}}}", size=9)
        self._run(right.add_paragraph(), under, size=8.5)
        right.add_paragraph("{%p endif %}")
        for cell in (left, right):  # what Word asks of every cell, whatever is left out above
            cell.add_paragraph().paragraph_format.space_after = Pt(0)
        self.document.add_paragraph().paragraph_format.space_after = Pt(0)

    def footer(self, text: str) -> None:
        """A footer with the number of the page."""
        paragraph = self.document.sections[0].footer.paragraphs[0]
        self._run(paragraph, f"{text}    ", size=8, faint=True)
        run = paragraph.add_run()
        for kind, word in (("begin", None), (None, "PAGE"), ("end", None)):
            element = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                element.set(qn("w:fldCharType"), kind)
            else:
                element.text = word
            run._r.append(element)
        run.font.size = Pt(8)

    def bytes(self) -> bytes:
        """The form as a file; not yet the same bytes each time (``word.settled`` does that)."""
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()


def _rule(table: Any) -> None:
    """Rules above, below and between the rows of a table; none between its columns."""
    borders = OxmlElement("w:tblBorders")
    for side, size, colour in (("top", 8, "1F4E5F"), ("bottom", 8, "1F4E5F"), ("insideH", 2, "BFBFBF")):
        edge = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", colour)):
            edge.set(qn(f"w:{name}"), value)
        borders.append(edge)
    table._tbl.tblPr.append(borders)


def _keep_whole(row: Any, *, repeated: bool) -> None:
    """A row stays on one page; a head is repeated on each."""
    properties = row._tr.get_or_add_trPr()
    for name in ("w:cantSplit", *(["w:tblHeader"] if repeated else [])):
        properties.append(OxmlElement(name))

"""One table: what becomes of every kind of text on its way to paper, XML and spreadsheets."""

import csv
import io
import math
import unicodedata
from collections import Counter
from html import escape
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize.publish.text import (
    LONGEST,
    carried,
    cell,
    format_day,
    format_number,
    printable,
    printable_tree,
)
from regularize.publish.typesetting import compile_pdf

BULGARIAN = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯабвгдежзийклмнопрстуфхцчшщъьюяЀЍѐѝ№§„“–—…€°²³"

# given -> shown; every replacement that is made is named here
TABLE = [
    ("", ""),
    (None, ""),
    (12, "12"),
    ("ул. „Първа роза“ № 5", "ул. „Първа роза“ № 5"),
    (BULGARIAN, BULGARIAN),
    ("<b>&amp;", "<b>&amp;"),
    ('#read("x") $x$ *_`\\', '#read("x") $x$ *_`\\'),
    ("a\nb\tc\r", "a[U+000A]b[U+0009]c[U+000D]"),
    ("нула\x00", "нула[U+0000]"),
    ("\x7f\x85", "[U+007F][U+0085]"),
    ("\u202eобратно\u2066", "[U+202E]обратно[U+2066]"),
    ("\u200b\u200f\ufeff\u00ad", "[U+200B][U+200F][U+FEFF][U+00AD]"),
    ("\u2028\u2029", "[U+2028][U+2029]"),
    ("\ue000\U000f0000", "[U+E000][U+F0000]"),
    ("\ud800", "[U+D800]"),
    ("\ufffe\uffff", "[U+FFFE][U+FFFF]"),
    ("🏠", "[U+1F3E0]"),
    ("שלום", "[U+05E9][U+05DC][U+05D5][U+05DD]"),
    ("漢", "[U+6F22]"),
    ("ъ\u0301", "ъ\u0301"),
    ("а" * LONGEST, "а" * LONGEST),
    ("а" * (LONGEST + 1), "а" * LONGEST + " […2001]"),
]


@pytest.mark.parametrize(("given_text", "shown"), TABLE)
def test_printable(given_text: object, shown: str) -> None:
    assert printable(given_text) == shown


def test_notes_keep_their_lines() -> None:
    assert printable("a\nb\r", lines=True) == "a\nb[U+000D]"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300))
def test_only_what_can_be_carried_remains(text: str) -> None:
    shown = printable(text)
    assert set(shown) <= set(carried())
    assert printable(shown) == shown or len(shown) > LONGEST
    assert "".join(c for c in text if c in carried()) == text or "[U+" in shown


def test_trees_are_cleaned_to_the_last_leaf() -> None:
    tree = {"a\x00": [1, None, ("\u202e",), {"b": "в"}]}
    assert printable_tree(tree) == {"a[U+0000]": [1, None, ["[U+202E]"], {"b": "в"}]}


def test_every_carried_character_is_printed_in_every_style(tmp_path: Path) -> None:
    """The built-in faces carry what we say they do: PDF/A refuses a letter without a glyph."""
    template = tmp_path / "all.typ"
    template.write_text(
        '#let d = json("data.json")\n#set document(title: [t])\n'
        '#set text(font: ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"), lang: "bg")\n'
        '#d.all\n\n#text(weight: 700, d.all)\n\n#text(style: "italic", d.all)\n'
        '#image(bytes(d.svg), format: "svg", alt: "x")\n',
        encoding="utf-8",
    )
    everything = carried()
    lines = [everything[i : i + 40] for i in range(0, len(everything), 40)]
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 400" font-family="Libertinus Serif">'
        + "".join(
            f'<text x="1" y="{10 + 8 * i}" font-size="6">{escape(" ".join(line))}</text>'
            for i, line in enumerate(lines)
        )
        + "</svg>"
    )
    pdf = compile_pdf(template, {"all": " | ".join(everything), "svg": svg}, day="2026-06-15")
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    read = Counter(unicodedata.normalize("NFKC", text))
    lost = [
        f"U+{ord(char):04X}"
        for char in everything
        for letter in unicodedata.normalize("NFKC", char).strip()
        if read[letter] < 4  # three styles and the drawing
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+359", "'+359"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("\u00a0@x", "'\u00a0@x"),
        ("Лозен", "Лозен"),
        ("а=1", "а=1"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(text: str | None, written: str) -> None:
    assert cell(text) == written
    out = io.StringIO()
    csv.writer(out).writerow([cell(text)])
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [written]


@pytest.mark.parametrize(
    ("value", "digits", "bg", "en"),
    [
        (1234.5, 1, "1234,5", "1234.5"),
        (12345.678, 2, "12\u202f345,68", "12\u202f345.68"),
        (4701214.8, 2, "4\u202f701\u202f214,80", "4\u202f701\u202f214.80"),
        (-0.004, 2, "0,00", "0.00"),
        (-3.25, 1, "−3,2", "−3.2"),
        (0.0, 0, "0", "0"),
        (None, 2, "–", "–"),
        (math.nan, 2, "–", "–"),
        (math.inf, 2, "∞", "∞"),
        (-math.inf, 2, "−∞", "−∞"),
    ],
)
def test_numbers(value: float | None, digits: int, bg: str, en: str) -> None:
    assert format_number(value, digits, lang="bg") == bg
    assert format_number(value, digits, lang="en") == en


def test_signs_are_written_only_where_there_is_one() -> None:
    assert format_number(2.0, 1, lang="bg", sign=True) == "+2,0"
    assert format_number(0.01, 1, lang="bg", sign=True) == "0,0"


@pytest.mark.parametrize(
    ("day", "bg", "en"),
    [
        ("2026-05-12", "12.05.2026\u00a0г.", "12\u00a0May\u00a02026"),
        ("2026-05-12T10:00:00", "12.05.2026\u00a0г.", "12\u00a0May\u00a02026"),
        (None, "–", "–"),
        ("неизвестна", "неизвестна", "неизвестна"),
        ("2026-13-01", "2026-13-01", "2026-13-01"),
    ],
)
def test_days(day: str | None, bg: str, en: str) -> None:
    assert format_day(day, lang="bg") == bg
    assert format_day(day, lang="en") == en

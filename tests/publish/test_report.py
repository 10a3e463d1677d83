"""The council's report: suppressed counts stay held back, homes never appear, the page is inert."""

import base64
import csv
import hashlib
import html
import io
import json
import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import dossier_facts
import pypdfium2
import pytest

from regularize.errors import OptionError
from regularize.publish.charts import PHASES, Bar, Lane, Stretch, bar_chart, lane_chart
from regularize.publish.printed import TEXT_FORMATS
from regularize.publish.report import council_report_pdf, render_council_report
from regularize.publish.text import printable

DATA: dict[str, Any] = {
    "area": "Изток",
    "municipality": "Община Примерна",
    "data_on": "2026-06-15",
    "version": "0.1.0",
    "k": 11,
    "figures": [{"label": "Домове", "value": 312}, {"label": "Потвърдени находки", "value": None}],
    "classes": [
        {"class": "not_in_cadastre", "kind": "building", "count": 48},
        {"class": "adjoining_annex", "kind": "building", "count": None},
        {"class": "informal_subdivision", "kind": "plot", "count": 27},
    ],
    "blocks": [{"block": "1", "count": 34}, {"block": "2", "count": None}],
    "cases": [
        {
            "title": "ПУП, част „Изток“",
            "plan_part": "кв. 1–4",
            "state": "Тече срок за възражения",
            "next_deadline": "2026-07-13",
            "homes": ["T-00001-7"],
        }
    ],
    "deadlines": [
        {"title": "По-късно", "due": "2026-12-13", "basis": ""},
        {"title": "Възражения", "due": "2026-07-13", "basis": "чл. 128, ал. 5 ЗУТ", "home": "T-00001-7"},
        {"title": "Минало", "due": "2026-06-14", "basis": ""},
        {"title": "Последен ден", "due": "2026-08-14", "basis": ""},
    ],
    "notes": ["Кадастралните данни са към 01.03.2026 г."],
    "identifiers": ["00001.501.230"],
}


LANE = [
    {"phase": "elaboration", "since": "2026-01-10", "until": "2026-04-01"},
    {"phase": "adoption", "since": "2026-04-01", "until": "2026-06-15"},
]


def render(fmt: str, lang: str = "bg", **change: Any) -> str:
    return render_council_report({**DATA, **change}, lang=lang, labels=dossier_facts.labels, fmt=fmt)


@pytest.mark.parametrize("fmt", TEXT_FORMATS)
@pytest.mark.usefixtures("bulgarian")
def test_what_stands_in_it_and_what_does_not(fmt: str) -> None:
    text = html.unescape(render(fmt))
    for value in ("Изток", "312", "48", "Възражения", "Последен ден", "Кадастралните данни"):
        assert value in text or (fmt == "csv" and value == "Изток"), value
    for absent in ("T-00001", "00001.501", "По-късно", "Минало"):
        assert absent not in text, absent


@pytest.mark.usefixtures("bulgarian")
def test_held_back_counts() -> None:
    page = html.unescape(render("html"))
    assert page.count("не се показва<") == 4  # a figure, a class in chart and table, a block
    assert "Броеве под 11 не се показват." in page
    assert json.loads(render("json"))["classes"][1]["count"] is None
    rows = list(csv.reader(io.StringIO(render("csv"))))
    assert ["Находки по вид", "Пристройка, липсваща в кадастъра", "не се показва", "", ""] in rows


@pytest.mark.usefixtures("bulgarian")
def test_every_sign_is_explained_below_its_table() -> None:
    rows = [{"document": "title", "scope": "home", "decides": "40+", "together": None}]
    ways = [
        {"state": "now", "count": None, "reason": "пътищата не са преценени"},
        {"state": "further", "count": 30, "reason": None},
    ]
    change = {"unlocks": rows, "best": "title", "ways": ways, "blocks": [{"block": "1", "count": "11+"}]}
    page = html.unescape(render("html", **change))
    hidden = "„не се показва“: брой под 11 или такъв, от който би се изчислил брой под 11."
    for section in page.split("<section")[1:]:
        assert (">не се показва<" in section) == (hidden in section), section[:80]
        bound = re.search(r">(\d+)\+<", section)
        assert (bound is not None) == ("+“: най-малко" in section), section[:80]
    assert "решава въпроса за поне 40 дома" in page
    assert '<td class="n">не е преценено</td>' in page
    assert "пътищата не са преценени." in page


@pytest.mark.usefixtures("bulgarian")
def test_the_page_may_use_its_own_style_and_nothing_else() -> None:
    page = render("html")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    assert policy.startswith("default-src 'none'; style-src 'sha256-" + digest + "'")
    assert not re.findall(r"<script|<link|<img|<iframe|\son\w+=|style=|(?:src|href)=", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert '<html lang="bg">' in page
    assert "незакон" not in page.lower()


@pytest.mark.parametrize(
    "hostile", ["<img src=x onerror=alert(1)>", '"><script>x</script>', "{{7*7}}", "\u202eтекст\x00", "=1+1"]
)
@pytest.mark.usefixtures("bulgarian")
def test_hostile_texts_are_inert(hostile: str) -> None:
    change = {
        "area": hostile,
        "municipality": hostile,
        "version": hostile,
        "figures": [{"label": hostile, "value": hostile}],
        "classes": [{"class": hostile, "kind": hostile, "count": 12}],
        "blocks": [{"block": hostile, "count": 12}],
        "cases": [{"title": hostile, "plan_part": hostile, "state": hostile, "next_deadline": hostile}],
        "deadlines": [{"title": hostile, "due": hostile, "basis": hostile}],
        "notes": [hostile],
    }
    page = render("html", **change)
    assert "<img" not in page
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x00" not in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)  # noqa: S314 (our own SVG)
    for row in csv.reader(io.StringIO(render("csv", **change))):
        assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in row)


def test_the_pdf_holds_hostile_texts_as_text() -> None:
    hostile = '#read("x") $1+1$ <b> {{7*7}} \u202eтекст @x *y*'
    change = {
        "area": hostile,
        "figures": [{"label": hostile, "value": 12}],
        "cases": [{"title": hostile, "plan_part": None, "state": None, "next_deadline": None}],
        "unlocks": [{"document": "title", "scope": "area", "decides": 37, "together": None}],
        "best": "title",
        "notes": [hostile],
        "lanes": [{"label": hostile, "stretches": LANE, "due": "2026-09-01"}],
    }
    made = council_report_pdf({**DATA, **change}, lang="en", labels=dossier_facts.labels)
    assert made == council_report_pdf({**DATA, **change}, lang="en", labels=dossier_facts.labels)
    pdf = pypdfium2.PdfDocument(made)
    text = " ".join(page.get_textpage().get_text_bounded() for page in pdf)
    joined = re.sub(r"\s+", "", text)
    assert joined.count(re.sub(r"\s+", "", printable(hostile))) >= 4
    assert "would decide 37 homes" in re.sub(r"\s+", " ", text)


def test_an_empty_neighbourhood_has_a_report_too() -> None:
    for fmt in TEXT_FORMATS:
        assert render_council_report({}, lang="en", labels=dossier_facts.labels, fmt=fmt)
    page = render_council_report({}, lang="en", labels=dossier_facts.labels)
    assert "Nothing has been counted." in page
    assert "No case is open." in page


def test_the_same_data_gives_the_same_text_and_keeps_the_input() -> None:
    before = json.dumps(DATA, sort_keys=True)
    assert render("html") == render("html")
    assert json.dumps(DATA, sort_keys=True) == before


def test_an_unknown_format() -> None:
    with pytest.raises(OptionError, match="docx") as caught:
        render("docx")
    assert "html" in caught.value.hint


class TestChart:
    def test_lengths_follow_the_counts_and_hide_the_hidden(self) -> None:
        bars = [Bar("а", 50), Bar("б", 25), Bar("в", None), Bar("г", 0)]
        svg = bar_chart(bars, title="т", held_back="< 11", lang="bg")
        root = ElementTree.fromstring(svg)  # noqa: S314 (our own SVG)
        rects = list(root.findall("{http://www.w3.org/2000/svg}rect"))
        widths = [float(str(r.get("width"))) for r in rects]
        assert widths[0] == 2 * widths[1]
        assert widths[3] == 1.0
        other = bar_chart([Bar("а", 500), *bars[1:]], title="т", held_back="< 11", lang="bg")
        assert re.findall(r"<rect[^>]*url\(#held\)[^>]*>", svg) == re.findall(
            r"<rect[^>]*url\(#held\)[^>]*>", other
        )

    def test_lanes_are_as_long_as_their_days(self) -> None:
        one = Stretch("elaboration", date(2026, 1, 1), date(2026, 3, 2))
        two = Stretch("adoption", date(2026, 3, 2), date(2026, 5, 1))
        svg = lane_chart(
            [Lane("<b>", (one, two), date(2026, 6, 30))],
            on=date(2026, 5, 1),
            title="т",
            words=list(PHASES),
            due="срок",
            lang="bg",
        )
        root = ElementTree.fromstring(svg)  # noqa: S314 (our own SVG)
        bars = [r for r in root.findall("{http://www.w3.org/2000/svg}rect") if r.get("height") == "16"]
        widths = [float(str(r.get("width"))) for r in bars]
        assert widths == pytest.approx([380 * 60 / 180, 380 * 60 / 180], abs=0.1)
        assert "elaboration" in svg
        assert "legalForce" not in svg, "the key names what is drawn"
        assert len(root.findall("{http://www.w3.org/2000/svg}circle")) == 2, "the term, and the key to it"
        assert ">срок<" in svg
        assert lane_chart([], on=date(2026, 5, 1), title="т", words=list(PHASES), due="", lang="bg") == ""

    def test_a_bar_of_parts_says_what_each_is_and_a_bound_reaches_no_further(self) -> None:
        bars = [Bar("а", 60, "#111111", ((40, "#222222"),)), Bar("б", "20+", "#111111", ((None, "#222222"),))]
        key = [("#111111", "сам"), ("#222222", "с други")]
        svg = bar_chart(bars, title="т", held_back="не се показва", lang="bg", key=key)
        root = ElementTree.fromstring(svg)  # noqa: S314 (our own SVG)
        widths = [float(str(r.get("width"))) for r in root.findall("{http://www.w3.org/2000/svg}rect")]
        assert widths[:3] == pytest.approx([168, 112, 56])
        texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {"60 + 40", "20+ + …", "сам", "с други", "… не се показва"} <= set(texts)
        wide = float(str(root.get("viewBox")).split()[2])
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            if text.get("text-anchor") is None:
                assert float(str(text.get("x"))) + 8 * len(str(text.text)) <= wide

    def test_nothing_to_draw(self) -> None:
        assert bar_chart([], title="т", held_back="-", lang="bg") == ""

    def test_long_labels_are_cut_and_escaped(self) -> None:
        svg = bar_chart([Bar("<b>" + "я" * 300, 3)], title="<t>", held_back="-", lang="en")
        ElementTree.fromstring(svg)  # noqa: S314 (our own SVG)
        assert "…" in svg

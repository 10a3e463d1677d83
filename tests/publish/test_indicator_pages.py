"""Indicators on paper and in tables: hostile texts stay texts, in every format and unchanged."""

import csv
import html
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from hostile import CORPUS, PRODUCT, whole_corpus

from regularize.errors import OptionError
from regularize.publish.indicators import FORMATS, render
from regularize.publish.text import cell, printable

FIGURE: dict[str, Any] = {
    "state": "assessed",
    "value": 12,
    "of": 48,
    "share": 0.25,
    "reason": None,
    "figure_of": None,
    "baseline": 3.0,
    "baseline_on": None,
    "baseline_reason": None,
    "target": 40.0,
    "target_on": None,
    "target_reason": None,
    "progress": 0.2432,
}


def labels(key: str, lang: str) -> str:
    return f"{key} {lang}"


def data(text: str = "Община", audience: str = "office", **change: Any) -> dict[str, Any]:
    """Two projects and one indicator, with `text` wherever a text can come from outside."""
    one = {**FIGURE, **change, "reason": text if change.get("state") == "not_assessed" else None}
    provenance = {
        "layers": ["plots"],
        "batches": [1, 2],
        "events": {"case.event": {"n": 2, "first": 3, "last": 9}},
    }
    project = {
        "municipality": text,
        "country": text,
        "crs": text,
        "sources": [
            {
                "delivery": n,
                "what": text,
                "file": text,
                "since": "2026-01-05",
                "received": "2026-01-06",
                "accuracy": text,
                "sha256": f"{n:064x}",
                "stored": 12,
            }
            for n in (1, 2)
        ],
        "run_on": "2026-02-01",
        "rules": [{"title": text, "code": text}],
        "parameters": [{"name": text, "value": text, "citation": text, "checked_on": "2026-03-01"}],
    }
    return {
        "audience": audience,
        "from": "2026-01-01",
        "to": "2026-06-15",
        "version": "0.1.0",
        "k": 11,
        "projects": [{**project, "project": key} for key in "AB"],
        "homes_twice": 12,
        "homes_without_identifier": 0,
        "indicators": [
            {
                "id": "plots",
                "title": {"bg": text, "en": text},
                "definition": {"bg": text, "en": text},
                "unit": "plot",
                "period": "span",
                "numerator": "plots",
                "denominator": "plots",
                "guard": "few",
                "layers": ["plots"],
                "events": ["case.event"],
                "total": one,
                "projects": [{"project": key, **one, "provenance": provenance} for key in "AB"],
            }
        ],
    }


def check_inert(text: str) -> None:
    shown = printable(text)
    made = data(text, state="not_assessed", value=None, share=None)
    page = render(made, fmt="html", lang="bg", label=labels).decode("utf-8")
    body = page.partition("<body>")[2]
    assert not re.findall(r"<(?:script|img|iframe|svg|link|base|meta|style|body|a|details)\b", body)
    assert html.escape(shown) in body
    assert PRODUCT not in page
    rows = list(csv.reader(io.StringIO(render(made, fmt="csv", lang="bg", label=labels).decode("utf-8-sig"))))
    assert rows[1][1] == cell(shown)
    assert rows[1][13] == cell(shown)
    for row in rows:
        assert not any(field.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for field in row)
    told = json.loads(render(made, fmt="json", lang="bg", label=labels))
    assert told["indicators"][0]["title"]["bg"] == printable(text, lines=True)
    book = openpyxl.load_workbook(io.BytesIO(render(made, fmt="xlsx", lang="bg", label=labels)))
    sheet = book.worksheets[0]
    assert sheet.cell(2, 2).value == cell(shown)
    for page_ in book:
        for row in page_.iter_rows():
            assert {one.data_type for one in row if one.value is not None} <= {"s", "n"}


@pytest.mark.parametrize("number", range(0, len(CORPUS), 6))
def test_hostile_texts_are_inert_and_unchanged(number: int) -> None:
    check_inert(CORPUS[number])


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 600, 60))
def test_the_whole_corpus_is_inert_and_unchanged(first: int) -> None:
    texts = whole_corpus()[first : first + 60]
    assert len(texts) == 60
    for text in texts:
        check_inert(text)


@pytest.mark.usefixtures("bulgarian")
def test_a_word_for_each_state() -> None:
    for state, word in (
        ("assessed", "12"),
        ("withheld", "не се показва"),
        ("not_assessed", "не е преценено"),
        ("partly_assessed", "12 (отчасти)"),
    ):
        made = data("причина", state=state, value=12 if word.startswith("12") else None)
        page = html.unescape(render(made, fmt="html", lang="bg", label=labels).decode("utf-8"))
        assert f'<td class="n">{word}</td>' in page
        rows = list(
            csv.reader(io.StringIO(render(made, fmt="csv", lang="bg", label=labels).decode("utf-8-sig")))
        )
        assert rows[1][9] == ("12" if word.startswith("12") else ""), (
            "a table holds no zero for what is not known"
        )


@pytest.mark.usefixtures("bulgarian")
def test_the_public_learns_no_numbers_of_the_log() -> None:
    office = html.unescape(render(data(), fmt="html", lang="bg", label=labels).decode("utf-8"))
    public = html.unescape(
        render(data(audience="public"), fmt="html", lang="bg", label=labels).decode("utf-8")
    )
    assert "log.case.event bg: 2" in office
    assert "log.case.event bg" in public
    assert "log.case.event bg: 2" not in public
    assert "Служебно" in office
    assert "Служебно" not in public


def test_the_same_data_gives_the_same_bytes_and_an_unknown_format_is_refused() -> None:
    for fmt in FORMATS:
        assert render(data(), fmt=fmt, lang="bg", label=labels) == render(
            data(), fmt=fmt, lang="bg", label=labels
        )
    with pytest.raises(OptionError, match="docx"):
        render(data(), fmt="docx", lang="bg", label=labels)

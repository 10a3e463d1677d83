"""The words of the letters: provisions and terms as a Bulgarian sentence names them."""

import pytest

from regularize.countries import load
from regularize.law.parsing import parse
from regularize.publish.charts import Bar, bar_chart
from regularize.publish.letters import KINDS, cited, in_a_sentence, letter_words, term_words
from regularize.publish.text import data_dates


@pytest.mark.parametrize(
    ("citation", "said"),
    [
        ("ЗУТ, чл. 128, ал. 1", "чл. 128, ал. 1 от ЗУТ"),
        ("ЗУТ, чл. 129, ал. 2; АПК, чл. 61", "чл. 129, ал. 2 от ЗУТ; чл. 61 от АПК"),
        ("ЗУТ, § 16", "§ 16 от ЗУТ"),
        ("Наредба № 8 от 14.06.2001 г.", "Наредба № 8 от 14.06.2001 г."),
        ("практика; разпоредбата не е установена", "практика; разпоредбата не е установена"),
    ],
)
def test_the_article_goes_before_its_act(citation: str, said: str) -> None:
    assert in_a_sentence(citation) == said
    assert cited(letter_words("bg"), citation, "unverified") == f"{said} [непроверено]"


@pytest.mark.parametrize(
    ("lang", "amount", "unit", "said"),
    [
        ("bg", 1, "month", "едномесечен"),
        ("bg", 2, "month", "2-месечен"),
        ("bg", 14, "day", "14-дневен"),
        ("bg", 1, "day", "еднодневен"),
        ("en", 1, "month", "1 month"),
        ("en", 14, "day", "14 days"),
    ],
)
def test_a_term_in_words(lang: str, amount: int, unit: str, said: str) -> None:
    assert term_words(letter_words(lang), amount, unit) == said


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_what_a_procedure_sends_has_words(lang: str) -> None:
    """Steps, terms and duties of a letter stand with its procedure; here stand words and nothing else."""
    known = {name for table in load("bg").procedures.values() for name in parse(table).letters}
    assert known == set(KINDS)
    words = letter_words(lang)
    assert {key for kind in KINDS for key in words[kind]} == {"name", "to", "to_blank", "paragraphs"}


def test_words_of_a_municipality_without_the_number_still_serve() -> None:
    assert term_words({"unit": {"day": ["ден", "дни"]}}, 14, "day") == "14 дни"


def test_days_of_the_data_by_origin() -> None:
    rows = [("survey", "2026-05-12"), ("cadastre", "2026-03-01"), ("survey", "2026-05-12")]
    said = data_dates(rows, lang="bg", word=str)
    assert said == "cadastre 01.03.2026\u00a0г.; survey 12.05.2026\u00a0г."
    assert data_dates([], lang="bg", word=str) == "–"


def test_a_long_label_of_a_bar_is_folded_not_cut() -> None:
    label = "Справка за вида собственост и предназначението на земята"
    chart = bar_chart(
        [Bar(label, 3.0, "#000000"), Bar("Къса", 2.0, "#000000")], title="t", held_back="< 11", lang="bg"
    )
    assert "…" not in chart
    assert "Справка за вида собственост и" in chart
    assert "предназначението на земята" in chart

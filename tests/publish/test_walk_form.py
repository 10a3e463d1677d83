"""The paper form of a field check: every stop once, in walking order, with boxes and without people."""

import pypdfium2
import pytest

from regularize import countries
from regularize.publish.walk_form import walk_form

PACK = countries.load("bg")


def rows(n: int = 40) -> list[dict[str, str]]:
    made = []
    for k in range(n):
        square = k % 9 == 4
        made.append(
            {
                "order": str(k + 1),
                "what": "square" if square else "finding",
                "id": f"Q-{k}" if square else f"B-{100 + k}",
                "class": "" if square else ("not_in_cadastre", "extended", "unchanged")[k % 3],
                "grade": "" if square else "ABCD"[k % 4],
                "easting": f"{523_400 + 7.5 * k:.1f}",
                "northing": f"{4_791_200 + 40 * (k % 5):.1f}",
                "inside": "B-100 B-102" if square else "",
            }
        )
    return made


def made(lang: str = "bg", n: int = 40) -> bytes:
    return walk_form(
        rows(n),
        lang=lang,
        labels=PACK.label,
        municipality="Община Примерово",
        area="Изгрев",
        seed=7,
        day="2026-05-20",
        purpose="огледи",
    )


def text_of(pdf: bytes) -> str:
    return "\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf))


@pytest.mark.parametrize(
    ("lang", "yes", "cls"), [("bg", "да", "Липсва в кадастъра"), ("en", "yes", "Not in the")]
)
def test_every_stop_has_its_row(lang: str, yes: str, cls: str) -> None:
    text = text_of(made(lang))
    for row in rows():
        assert text.count(row["id"]) >= 1, row["id"]
    assert text.index("B-100") < text.index("B-120") < text.index("B-139")
    assert text.count(yes) >= sum(row["what"] == "finding" for row in rows())
    assert cls in text
    assert "523400.0" in text


def test_the_same_sample_gives_the_same_bytes() -> None:
    assert made() == made()


def test_few_stops_need_no_way() -> None:
    assert "B-100" in text_of(made(n=1))
    assert made(n=0).startswith(b"%PDF")

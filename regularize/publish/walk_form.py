"""The paper form of a field check: the way to walk, and boxes to tick.

It holds numbers of findings, their classes and places, and no word about people.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regularize.i18n import in_language, marked
from regularize.publish.text import format_day, printable
from regularize.publish.typesetting import compile_pdf
from regularize.publish.writing import Labels

TEMPLATE = Path(__file__).parent / "templates" / "fieldcheck.typ"
# The sketch of the way, in millimetres of paper, and its margin for the marks.
_WIDTH_MM, _MOST_MM, _MARGIN_MM = 178.0, 105.0, 6.0
_ROUND_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_LONGEST_BAR_MM = 40.0


def walk_form(
    rows: Sequence[Mapping[str, str]],
    *,
    lang: str,
    labels: Labels,
    municipality: str,
    area: str,
    seed: int,
    day: str,
    purpose: str,
) -> bytes:
    """The form as tagged PDF, the same bytes for the same sample.

    Parameters
    ----------
    rows : sequence of mapping
        In walking order, with the columns of the CSV form: ``order``, ``what``, ``id``, ``class``,
        ``grade``, ``easting``, ``northing``, ``inside``.
    municipality, area, purpose : str
    seed : int
        Of the sample, so that it can be drawn again.
    day : str
        ISO, printed and carried by the file.

    Raises
    ------
    DossierError
        If the template cannot be set.
    """

    def say(message: str) -> str:
        return in_language(message, lang)

    under = [municipality, area, format_day(day, lang=lang)]
    foot = say(marked("sample {seed}; {purpose}")).format(seed=seed, purpose=purpose or "–")
    data = {
        "title": say(marked("Field check")),
        "under": printable(" · ".join(part for part in under if part)),
        "words": [
            say(
                marked(
                    "Walk from stop to stop. At a finding look whether it is so on the ground, and tick yes"
                    " or no; leave it open where you could not see."
                )
            ),
            say(
                marked(
                    "In a square of 30 m around its place count every building, and how many of them are"
                    " among the numbers beneath it. Write nothing about people."
                )
            ),
        ],
        "who": say(marked("checked by (number of the order)")),
        "when": say(marked("day")),
        "heads": [
            say(text)
            for text in (
                marked("stop"),
                marked("number"),
                marked("what the finding says"),
                marked("place E / N"),
                marked("is it so?"),
                marked("remark"),
            )
        ],
        "yes": say(marked("yes")),
        "no": say(marked("no")),
        "seen": say(marked("stand there")),
        "listed": say(marked("of them listed")),
        "page": say(marked("page")),
        "of": say(marked("of")),
        "foot": printable(foot),
        "lang": lang,
        "rows": [_row(row, lang, labels) for row in rows],
        "route": {
            **_route(rows),
            "title": say(marked("The way, from the first stop to the last")),
            "north": say(marked("north is up")),
        },
    }
    return compile_pdf(TEMPLATE, data, day=day)


def _row(row: Mapping[str, str], lang: str, labels: Labels) -> dict[str, Any]:
    square = row["what"] == "square"
    what = (
        in_language(marked("square: count the buildings"), lang)
        if square
        else labels(f"class.{row['class']}", lang)
    )
    grade = labels(f"grade.{row['grade']}", lang) if row["grade"] else ""
    return {
        "order": row["order"],
        "id": printable(row["id"]),
        "what": printable(what),
        "note": printable(row["inside"].replace(" ", ", ") if square else grade),
        "place": f"{row['easting']}\n{row['northing']}",
        "square": square,
    }


def _route(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The stops on paper, north up, with a bar for the scale."""
    places = [(float(row["easting"]), float(row["northing"])) for row in rows]
    if not places:
        return {"points": [], "width": 0, "height": 0, "bar_mm": 0, "bar": ""}
    west, east = min(x for x, _y in places), max(x for x, _y in places)
    south, north = min(y for _x, y in places), max(y for _x, y in places)
    inner = (_WIDTH_MM - 2 * _MARGIN_MM, _MOST_MM - 2 * _MARGIN_MM)
    scale = min(inner[0] / max(east - west, 1.0), inner[1] / max(north - south, 1.0))  # mm of a metre
    left = (_WIDTH_MM - (east - west) * scale) / 2
    metres = max((m for m in _ROUND_M if m * scale <= _LONGEST_BAR_MM), default=_ROUND_M[0])
    return {
        "points": [
            {
                "x": round(left + (x - west) * scale, 2),
                "y": round(_MARGIN_MM + (north - y) * scale, 2),
                "name": row["order"],
                "square": row["what"] == "square",
            }
            for (x, y), row in zip(places, rows, strict=True)
        ],
        "width": _WIDTH_MM,
        "height": round((north - south) * scale + 2 * _MARGIN_MM, 2),
        "bar_mm": round(metres * scale, 2),
        "bar": f"{metres} m",
    }

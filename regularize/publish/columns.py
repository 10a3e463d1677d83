"""Columns of a layer as the page carries them: words once, numbers as numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd

from regularize.layers import COMMON
from regularize.publish.text import format_number
from regularize.publish.view import View
from regularize.publish.words import Speaker

# Columns that serve the program, not the reader.
HIDDEN = frozenset({"fid", "batch", "origin", "counts", "valid_to", "since", "run", "reason"})
SEARCHED = frozenset(
    {"id", "identifier", "ref", "home", "survey_refs", "register_refs", "designation", "quarter", "name"}
    | {"title", "case", "block"}
)


def columns_of(view: View, frame: gpd.GeoDataFrame, speaker: Speaker) -> list[dict[str, Any]]:
    """The columns that a popup, the table and the search show; empty ones are left out."""
    contract = (*view.layer.columns, *COMMON)
    columns = []
    for column in contract:
        if column.name in HIDDEN or column.name not in frame.columns:
            continue
        label, search = speaker.labels(f"column.{column.name}"), column.name in SEARCHED
        if column.dtype == "real":
            made = quantity_data(label, list(frame[column.name]), column.unit, speaker)
        else:
            values = [speaker.cell(column, value) for value in frame[column.name]]
            made = column_data(label, values, search=search)
        if any(value is not None for value in made["values"]):
            columns.append(made)
    return columns


def column_data(label: str, values: Sequence[str | list[str] | None], *, search: bool) -> dict[str, Any]:
    """One column; few different texts are written once and numbered, in the order of the features."""
    data: dict[str, Any] = {"label": label, "search": search, "form": "texts"}
    if any(isinstance(value, list) for value in values):
        number: dict[str, int] = {}
        lists = [
            None if value is None else [number.setdefault(word, len(number)) for word in _listed(value)]
            for value in values
        ]
        return {**data, "form": "lists", "words": list(number), "values": lists}
    words: dict[str, int] = {}
    numbered = [None if value is None else words.setdefault(str(value), len(words)) for value in values]
    if len(words) * 4 <= len(values):
        return {**data, "form": "words", "words": list(words), "values": numbered}
    return {**data, "values": list(values)}


def quantity_data(
    label: str, values: Sequence[float | None], unit: str | None, speaker: Speaker
) -> dict[str, Any]:
    """A column of numbers, written by the page as its language has it."""
    digits = digits_of(unit, None)
    known = [None if value is None else round(float(value), digits) for value in values]
    return {
        "label": label,
        "search": False,
        "form": "quantities",
        "digits": digits,
        "unit": speaker.unit(unit),
        "values": known,
    }


def measure_data(label: str, rows: Sequence[Mapping[str, Sequence[Any]]], speaker: Speaker) -> dict[str, Any]:
    """A column of named measures with their uncertainty."""
    names: dict[tuple[str, str], int] = {}
    values = []
    for row in rows:
        cells = []
        for name, told in row.items():
            value, sigma, unit = _in_hundredths(*told) if told[2] == "1" else told
            digits = digits_of(unit, sigma)
            place = names.setdefault((name, unit or ""), len(names))
            spread = None if sigma is None else round(sigma, digits)
            cells.append([place, digits, round(value, digits), spread])
        values.append(cells)
    words = [[speaker.code("measure", name), speaker.unit(unit)] for name, unit in names]
    return {"label": label, "search": False, "form": "measures", "words": words, "values": values}


def _in_hundredths(value: float, sigma: float | None, _unit: str) -> tuple[float, float | None, str]:
    """A share of an area or of a border, as shares are written everywhere."""
    return 100 * value, None if sigma is None else 100 * sigma, "%"


def cell_texts(column: Mapping[str, Any], speaker: Speaker) -> list[str | list[str] | None]:
    """The texts of a column as the page writes them (for pictures, checks and tests)."""

    def measure(digits: int, value: float, sigma: float | None, unit: str) -> str:
        text = format_number(value, digits, lang=speaker.lang)
        if sigma is not None:
            text += f"\u00a0±\u00a0{format_number(sigma, digits, lang=speaker.lang)}"
        return f"{text}\u00a0{unit}" if unit else text

    def text(cell: Any) -> str | list[str] | None:
        if cell is None or column["form"] == "texts":
            return None if cell is None else cell if isinstance(cell, list) else str(cell)
        if column["form"] == "words":
            return str(column["words"][cell])
        if column["form"] == "lists":
            return [column["words"][i] for i in cell]
        if column["form"] == "quantities":
            return measure(column["digits"], cell, None, column["unit"])
        return [f"{column['words'][n][0]}: {measure(d, v, s, column['words'][n][1])}" for n, d, v, s in cell]

    return [text(cell) for cell in column["values"]]


def digits_of(unit: str | None, sigma: float | None) -> int:
    """As many decimals as the uncertainty leaves meaning to."""
    return (1 if unit in {"m2", "%"} else 2) if sigma is None or sigma < 10 else 0


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value

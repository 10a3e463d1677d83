"""Charts as own SVG: bars with their figures written beside them, readable without colour.

A count that is held back is drawn as a hatched bar of a fixed length, so that its length says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from regularize.publish.palette import GREY, GREY_DARK, GREY_FAINT, INK
from regularize.publish.text import format_number, printable

_LABEL_WIDTH = 300.0
_BAR_WIDTH = 280.0
_ROW = 26.0
_LETTER = 8.6  # advance of a wide 14 px system face, in px


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its count (None = held back) and its colour as ``#RRGGBB``."""

    label: str
    value: float | None
    colour: str = GREY_DARK


def bar_chart(bars: Sequence[Bar], *, title: str, held_back: str, lang: str) -> str:
    """A horizontal bar chart as SVG text.

    Parameters
    ----------
    bars : sequence of Bar
        Drawn in the order given.
    title : str
        Read aloud by screen readers; not drawn.
    held_back : str
        What stands beside a bar without a value, for instance ``"< 11"``.
    lang : {"bg", "en"}
        For the figures.

    Returns
    -------
    str
        Empty where there are no bars.
    """
    if not bars:
        return ""
    most = max((bar.value for bar in bars if bar.value is not None), default=0.0) or 1.0
    wide, high = _LABEL_WIDTH + _BAR_WIDTH + 70, _ROW * len(bars) + 8
    rows = []
    for i, bar in enumerate(bars):
        top = 4 + i * _ROW
        middle = top + _ROW / 2 + 5
        if bar.value is None:
            length, fill, figure = 24.0, "url(#held)", held_back
        else:
            length = max(_BAR_WIDTH * max(bar.value, 0.0) / most, 1.0)
            fill, figure = bar.colour, format_number(bar.value, 0, lang=lang)
        rows.append(
            f'<text x="{_LABEL_WIDTH - 10:g}" y="{middle:g}" text-anchor="end">'
            f"{escape(_fit(bar.label))}</text>"
            f'<rect x="{_LABEL_WIDTH:g}" y="{top + 4:g}" width="{length:.1f}" height="{_ROW - 8:g}"'
            f' fill="{escape(fill)}"/>'
            f'<text x="{_LABEL_WIDTH + length + 7:.1f}" y="{middle:g}" font-weight="600">'
            f"{escape(figure)}</text>"
        )
    foot = high - 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img"'
        f' font-size="14" fill="{INK}"><title>{escape(printable(title))}</title>'
        '<defs><pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><rect width="6" height="6" fill="{GREY_FAINT}"/>'
        f'<path d="M0 0V6" stroke="{GREY}" stroke-width="2"/></pattern></defs>'
        f'<path d="M{_LABEL_WIDTH:g} 4V{foot:g}" stroke="{GREY}"/>{"".join(rows)}</svg>'
    )


def _fit(label: str) -> str:
    """`label`, cut with an ellipsis where the column is too narrow for it."""
    shown = printable(label)
    most = int((_LABEL_WIDTH - 14) / _LETTER)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"

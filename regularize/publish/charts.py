"""Charts as own SVG: bars with their figures written beside them, readable without colour.

A count that is held back is drawn as a hatched bar of a fixed length, so that its length says nothing; one
of which only a lower bound is told is drawn to that bound.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from regularize.publish.palette import GREEN, GREY, GREY_DARK, GREY_FAINT, INK, ORANGE, SKY
from regularize.publish.text import format_day, format_number, printable

_LABEL_WIDTH = 300.0
_BAR_WIDTH = 280.0
_ROW = 26.0
_LINE = 15.0  # of a label in two lines
_LETTER = 8.0  # advance of a wide 14 px system face, in px
_HELD_WIDTH = 24.0
Count = float | str | None
PAPER_FACE = "Libertinus Serif"  # typst's own, where no face of the system is at hand

# Phases of a procedure as INSPIRE names them: colour, and whether the bar is hollow (told apart in grey too).
PHASES: dict[str, tuple[str, bool]] = {
    "elaboration": (SKY, False),
    "adoption": (ORANGE, False),
    "legalForce": (GREEN, False),
    "obsolete": (GREY, True),
}


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its count and its colour as ``#RRGGBB``.

    Parameters
    ----------
    label : str
    value : float, str or None
        None was held back; a text is a lower bound, for instance ``"40+"``.
    colour : str
    more : tuple of (value, colour)
        Further parts that follow the first in the same bar.
    """

    label: str
    value: Count
    colour: str = GREY_DARK
    more: tuple[tuple[Count, str], ...] = ()

    @property
    def parts(self) -> tuple[tuple[Count, str], ...]:
        """All parts, from the left."""
        return ((self.value, self.colour), *self.more)


@dataclass(frozen=True)
class Stretch:
    """A part was in one phase (a key of `PHASES`) from one day to the next, the second not included."""

    phase: str
    since: date
    until: date


@dataclass(frozen=True)
class Lane:
    """One line of a chart over time: its name, its phases, and the day that it waits for."""

    label: str
    stretches: tuple[Stretch, ...]
    due: date | None = None


def bar_chart(
    bars: Sequence[Bar],
    *,
    title: str,
    held_back: str,
    lang: str,
    face: str = "",
    key: Sequence[tuple[str, str]] = (),
) -> str:
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
    face : str
        The face to write in; that of the page where it is empty.
    key : sequence of (colour, word)
        What the parts of the bars are; with it, one that is held back is written as "…" beside its bar.

    Returns
    -------
    str
        Empty where there are no bars.
    """
    if not bars:
        return ""
    most = max((_length(bar) for bar in bars), default=0.0) or 1.0
    labels = [_folded(bar.label) for bar in bars]
    row = _ROW + (_LINE if any(len(label) > 1 for label in labels) else 0.0)
    wide, body = _LABEL_WIDTH + _BAR_WIDTH + 110, row * len(bars) + 8
    high = body + (30 if key else 0)
    rows = []
    for i, (bar, label) in enumerate(zip(bars, labels, strict=True)):
        top = 4 + i * row
        middle = top + row / 2 + 5
        first = middle - _LINE / 2 * (len(label) - 1)
        rows += [
            f'<text x="{_LABEL_WIDTH - 10:g}" y="{first + n * _LINE:g}" text-anchor="end">'
            f"{escape(line)}</text>"
            for n, line in enumerate(label)
        ]
        x, said = _LABEL_WIDTH, []
        for value, colour in bar.parts:
            length, fill = _HELD_WIDTH, "url(#held)"
            if value is not None:
                length, fill = max(_BAR_WIDTH * _size(value) / most, 1.0), colour
            rows.append(
                f'<rect x="{x:.1f}" y="{middle - 14:.1f}" width="{length:.1f}" height="{_ROW - 8:g}"'
                f' fill="{escape(fill)}"/>'
            )
            x += length
            said.append(("…" if key else held_back) if value is None else _figure(value, lang))
        rows.append(
            f'<text x="{x + 7:.1f}" y="{middle:g}" font-weight="600">{escape(" + ".join(said))}</text>'
        )
    held = any(value is None for bar in bars for value, _colour in bar.parts)
    shown = [*key, *([("url(#held)", f"… {held_back}")] if key and held else [])]
    foot = body - 4
    return _svg(
        wide,
        high,
        title,
        face,
        '<defs><pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><rect width="6" height="6" fill="{GREY_FAINT}"/>'
        f'<path d="M0 0V6" stroke="{GREY}" stroke-width="2"/></pattern></defs>'
        f'<path d="M{_LABEL_WIDTH:g} 4V{foot:g}" stroke="{GREY}"/>{"".join(rows)}{_key(shown, body + 18)}',
    )


def _size(value: Count) -> float:
    """How long a count is drawn; a bound as far as it reaches."""
    if value is None:
        return 0.0
    return max(float(value.rstrip("+")) if isinstance(value, str) else value, 0.0)


def _length(bar: Bar) -> float:
    return sum(_size(value) for value, _colour in bar.parts)


def _figure(value: float | str, lang: str) -> str:
    return value if isinstance(value, str) else format_number(value, 0, lang=lang)


def _key(entries: Sequence[tuple[str, str]], y: float) -> str:
    """What colours mean, in one line below the bars; wide letters are counted, so that none overlaps."""
    made, x = [], 10.0
    for colour, word in entries:
        made.append(
            f'<rect x="{x:g}" y="{y - 11:g}" width="14" height="12" fill="{escape(colour)}" stroke="{INK}"'
            f' stroke-width="0.6"/><text x="{x + 20:g}" y="{y:g}" font-size="13">'
            f"{escape(printable(word))}</text>"
        )
        x += 34 + 7.6 * len(word)
    return "".join(made)


def lane_chart(
    lanes: Sequence[Lane],
    *,
    on: date,
    title: str,
    words: Sequence[str],
    due: str,
    lang: str,
    face: str = "",
) -> str:
    """Procedures over time as SVG: a line per part, a colour per phase, a ring where a term ends.

    Parameters
    ----------
    lanes : sequence of Lane
    on : date
        Drawn as a vertical line.
    words : sequence of str
        What the phases of `PHASES` are called, in their order.
    due : str
        What the ring is called.
    title, lang, face
        As in :func:`bar_chart`.

    Returns
    -------
    str
        Empty where there is nothing to draw.
    """
    days = [day for lane in lanes for s in lane.stretches for day in (s.since, s.until)]
    if not days:
        return ""
    dues = [lane.due for lane in lanes if lane.due is not None]
    first, last = min(days), max(*days, *dues, on)
    span = max((last - first).days, 1)
    left, width = _LABEL_WIDTH * 0.8, 380.0

    def at(day: date) -> float:
        return left + width * (day - first).days / span

    foot = 26 + _ROW * len(lanes)
    rows = []
    for i, lane in enumerate(lanes):
        top = 24 + i * _ROW
        rows.append(
            f'<text x="{left - 10:g}" y="{top + _ROW / 2 + 5:g}" text-anchor="end">'
            f"{escape(_fit(lane.label, left))}</text>"
        )
        for stretch in lane.stretches:
            colour, hollow = PHASES.get(stretch.phase, (GREY, True))
            x, length = at(stretch.since), max(at(stretch.until) - at(stretch.since), 1.5)
            rows.append(
                f'<rect x="{x:.1f}" y="{top + 5:g}" width="{length:.1f}" height="{_ROW - 10:g}"'
                f' fill="{"none" if hollow else colour}" stroke="{colour if hollow else INK}"'
                ' stroke-width="0.6"/>'
            )
        if lane.due is not None:
            rows.append(
                f'<circle cx="{at(lane.due):.1f}" cy="{top + _ROW / 2:g}" r="5.5" fill="none"'
                f' stroke="{INK}" stroke-width="2"/>'
            )
    ends = [
        f'<path d="M{at(on):.1f} 20V{foot:g}" stroke="{INK}" stroke-dasharray="4 3"/>',
        f'<text x="{left:g}" y="14" font-size="12">{escape(format_day(first.isoformat(), lang=lang))}</text>',
    ]
    if at(on) - left > 200:  # else the two days would stand on each other
        day = escape(format_day(on.isoformat(), lang=lang))
        ends.append(f'<text x="{at(on):.1f}" y="14" font-size="12" text-anchor="middle">{day}</text>')
    used = {s.phase for lane in lanes for s in lane.stretches}
    x = left
    for phase, word in zip(PHASES, words, strict=True):
        if phase in used:
            colour, hollow = PHASES[phase]
            ends.append(
                f'<rect x="{x:g}" y="{foot + 10:g}" width="14" height="12" stroke="{INK}" stroke-width="0.6"'
                f' fill="{"none" if hollow else colour}"/><text x="{x + 20:g}" y="{foot + 21:g}"'
                f' font-size="13">{escape(printable(word))}</text>'
            )
            x += 34 + 7.6 * len(word)
    if dues:
        ends.append(
            f'<circle cx="{x + 7:g}" cy="{foot + 16:g}" r="5.5" fill="none" stroke="{INK}" stroke-width="2"/>'
            f'<text x="{x + 20:g}" y="{foot + 21:g}" font-size="13">{escape(printable(due))}</text>'
        )
    return _svg(left + width + 60, foot + 30, title, face, "".join([*ends, *rows]))


def _svg(wide: float, high: float, title: str, face: str, inner: str) -> str:
    family = f' font-family="{escape(face)}"' if face else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img"'
        f' font-size="14" fill="{INK}"{family}><title>{escape(printable(title))}</title>{inner}</svg>'
    )


def _folded(label: str) -> list[str]:
    """`label` in one line or two; what two cannot hold is cut."""
    lines = textwrap.wrap(printable(label), int((_LABEL_WIDTH - 14) / _LETTER)) or [""]
    return [lines[0], _fit(" ".join(lines[1:]))] if len(lines) > 1 else lines


def _fit(label: str, width: float = _LABEL_WIDTH) -> str:
    """`label`, cut with an ellipsis where the column is too narrow for it."""
    shown = printable(label)
    most = int((width - 14) / _LETTER)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"

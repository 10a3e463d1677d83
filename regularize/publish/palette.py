"""The one palette: maps, dossiers and QGIS styles take their colours from here.

The hues are those of Okabe and Ito (2008), which stay apart for colour-blind readers and on weak
projectors. A hue says what kind of decision is needed, a hatch or dash tells classes of one hue
apart, and what is in order stays a thin grey line.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from regularize.model import QUIET_CLASSES, BuildingClass, PlotClass

Hatch = Literal["none", "forward", "backward", "cross", "dots"]

ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
BLACK = "#000000"

INK = "#1B2128"  # text and the strongest line
GREY_DARK = "#59636E"
GREY = "#9AA3AC"
GREY_LIGHT = "#C9CFD5"
GREY_FAINT = "#E6E9EC"
PAPER = "#FFFFFF"
GROUND = "#F7F8F9"  # behind the map

# Light to dark, one hue: counts per block. Dark text stays readable on every step.
SEQUENCE: tuple[str, ...] = ("#FDE9D3", "#FBCB98", "#F5A55E", "#E57E33")
# Light to dark, one hue: bands of shares, the closed ends among them.
SHARES: tuple[str, ...] = ("#DCE9F3", "#A9CCE3", "#6AA3CB", "#2F6F9F")

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Style:
    """How one class or layer is drawn, whatever draws it.

    Parameters
    ----------
    stroke : str
        Line colour as ``#RRGGBB``.
    width_px : float
        Line width in CSS pixels (1/96 inch).
    fill : str, optional
        Fill colour; None leaves the face empty.
    fill_opacity : float
        0 to 1.
    hatch : str
        ``none``, ``forward`` (/), ``backward`` (\\), ``cross`` or ``dots``, in `stroke`.
    dash_px : tuple of float
        Lengths of dash and gap; empty for a full line.

    Raises
    ------
    ValueError
        If a colour is not ``#RRGGBB`` or the opacity is not between 0 and 1.
    """

    stroke: str
    width_px: float = 1.0
    fill: str | None = None
    fill_opacity: float = 1.0
    hatch: Hatch = "none"
    dash_px: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what a browser, typst or QGIS would read differently."""
        for colour in (self.stroke, self.fill):
            if colour is not None and not _COLOUR.fullmatch(colour):
                raise ValueError(f"not a colour: {colour!r}")
        if not 0 <= self.fill_opacity <= 1:
            raise ValueError(f"not an opacity: {self.fill_opacity!r}")

    def as_json(self) -> dict[str, object]:
        """The style as plain values for the script of the page."""
        return asdict(self)


# Buildings: a filled face. Vermilion = the register lacks it; orange = its size or outline differs; blue
# = it is another building or another number of buildings; purple = go and look; grey = in order.
BUILDING_STYLES: dict[str, Style] = {
    BuildingClass.NOT_IN_CADASTRE: Style(VERMILION, 1.5, VERMILION, 0.72),
    BuildingClass.ADJOINING_ANNEX: Style(VERMILION, 1.5, VERMILION, 0.16, "forward"),
    BuildingClass.EXTENDED: Style(ORANGE, 1.5, ORANGE, 0.72),
    BuildingClass.REDUCED: Style(ORANGE, 1.5, ORANGE, 0.16, "backward"),
    BuildingClass.CHANGED: Style(ORANGE, 1.5, ORANGE, 0.16, "cross"),
    BuildingClass.REBUILT: Style(BLUE, 1.5, BLUE, 0.14, "forward"),
    BuildingClass.MERGED: Style(BLUE, 1.5, BLUE, 0.14, "backward"),
    BuildingClass.SPLIT: Style(BLUE, 1.5, BLUE, 0.14, "dots"),
    BuildingClass.COMPLEX: Style(BLUE, 1.5, BLUE, 0.14, "cross"),
    BuildingClass.NOT_IN_SURVEY: Style(PURPLE, 2.0, PURPLE, 0.12, "none", (5, 3)),
    BuildingClass.UNCERTAIN: Style(PURPLE, 2.0, PURPLE, 0.12, "dots", (5, 3)),
    BuildingClass.UNCHANGED: Style(GREY, 1.0),
}

# Plots lie under buildings: a dashed line, because their outline is only indicative.
PLOT_STYLES: dict[str, Style] = {
    PlotClass.NO_PARCEL: Style(GREEN, 1.5, GREEN, 0.08, "none", (7, 4)),
    PlotClass.PARTLY_OUTSIDE: Style(GREEN, 1.5, None, 0.0, "forward", (7, 4)),
    PlotClass.STRADDLES: Style(GREEN, 1.5, None, 0.0, "cross", (7, 4)),
    PlotClass.INFORMAL_SUBDIVISION: Style(SKY, 1.0, None, 0.0, "none", (7, 4)),
    PlotClass.PART_OF_PARCEL: Style(SKY, 1.0, None, 0.0, "backward", (7, 4)),
    PlotClass.UNCERTAIN: Style(PURPLE, 1.5, None, 0.0, "none", (2, 4)),
    PlotClass.REGISTERED: Style(GREY_LIGHT, 1.0, None, 0.0, "none", (2, 3)),
}


@dataclass(frozen=True)
class Decision:
    """Classes about which a person decides the same thing, drawn with one sign on maps.

    Parameters
    ----------
    key : str
    classes : tuple of (str, str)
        Kind and class.
    style : Style
    shown : bool
        Whether maps show it at first.
    """

    key: str
    classes: tuple[tuple[str, str], ...]
    style: Style
    shown: bool = True


def _of(kind: str, *classes: str) -> tuple[tuple[str, str], ...]:
    return tuple((kind, str(cls)) for cls in classes)


# A map shows five signs at first, each with a hue and a hatch or dash of its own; more cannot be told
# apart from the back row of a hall. What needs nobody's decision now waits in the legend.
DECISIONS: tuple[Decision, ...] = (
    Decision(
        "missing",
        _of("building", BuildingClass.NOT_IN_CADASTRE, BuildingClass.ADJOINING_ANNEX),
        Style(VERMILION, 1.5, VERMILION, 0.78),
    ),
    Decision(
        "outline",
        _of("building", BuildingClass.EXTENDED, BuildingClass.REDUCED, BuildingClass.CHANGED),
        Style(ORANGE, 1.5, ORANGE, 0.30, "forward"),
    ),
    Decision(
        "matching",
        _of(
            "building",
            *(BuildingClass.REBUILT, BuildingClass.MERGED, BuildingClass.SPLIT, BuildingClass.COMPLEX),
        ),
        Style(BLUE, 1.5, BLUE, 0.18, "cross"),
    ),
    Decision(
        "field",
        _of("building", BuildingClass.NOT_IN_SURVEY, BuildingClass.UNCERTAIN)
        + _of("plot", PlotClass.UNCERTAIN),
        Style(PURPLE, 2.0, PURPLE, 0.14, "dots", (5, 3)),
    ),
    Decision(
        "parcel",
        _of("plot", PlotClass.NO_PARCEL, PlotClass.PARTLY_OUTSIDE, PlotClass.STRADDLES),
        Style(GREEN, 1.5, GREEN, 0.10, "none", (7, 4)),
    ),
    Decision(
        "division",
        _of("plot", PlotClass.INFORMAL_SUBDIVISION, PlotClass.PART_OF_PARCEL),
        Style(SKY, 1.25, None, 0.0, "none", (7, 4)),
        shown=False,
    ),
    Decision(
        "in_order",
        _of("building", BuildingClass.UNCHANGED) + _of("plot", PlotClass.REGISTERED),
        Style(GREY, 1.0),
        shown=False,
    ),
)

# Layers without classes: the quiet base.
LAYER_STYLES: dict[str, Style] = {
    "areas": Style(GREY, 1.25, None, 0.0, "none", (10, 4, 2, 4)),
    "land": Style(GREY_LIGHT, 1.0, GREY_FAINT, 0.35),
    "municipal_land": Style(GREY, 1.0, GREY_LIGHT, 0.35, "backward"),
    "imagery": Style(GREY_DARK, 1.0, GREY, 1.0, "dots"),
    "proposals": Style(INK, 1.5, None, 0.0, "none", (2, 3)),
    "streets": Style(GREY_FAINT, 5.0, GREY_FAINT, 1.0),
    "parcels": Style(GREY_LIGHT, 1.0),
    "plots": Style(GREY, 1.0, None, 0.0, "none", (4, 3)),
    "regulated_plots": Style(GREY_DARK, 1.0, None, 0.0, "none", (8, 3)),
    "buildings": Style(GREY_DARK, 1.0),
    "observed_buildings": Style(GREY, 1.0, None, 0.0, "none", (3, 2)),
    "outlines": Style(GREY_DARK, 0.9, PAPER, 0.75),
    "fences": Style(GREY, 1.0, None, 0.0, "none", (1, 3)),
    "points": Style(GREY_DARK, 1.0, GREY_DARK, 1.0),
    "plan_parts": Style(INK, 1.75, None, 0.0, "none", (12, 4)),
    "case_parts": Style(BLUE, 2.5),
    "blocks": Style(GREY, 1.0),
    "indicative_plots": Style(GREEN, 1.25, None, 0.0, "none", (3, 4)),
    "residuals": Style(INK, 1.75),
    "uncertain_ground": Style(GREY_DARK, 1.0, GREY_DARK, 0.06, "dots"),
    "objections": Style(VERMILION, 2.0, PAPER, 0.9),
    "not_counted": Style(GREY, 1.0, GREY_FAINT, 0.45),
}
NEUTRAL = Style(GREY, 1.0)


def class_style(kind: str, cls: str) -> Style:
    """The style of a finding's class; neutral where the class is not known here.

    Examples
    --------
    >>> class_style("building", "not_in_cadastre").fill
    '#D55E00'
    """
    return (PLOT_STYLES if kind == "plot" else BUILDING_STYLES).get(cls, NEUTRAL)


def layer_style(name: str) -> Style:
    """The style of a layer without classes; neutral where it is not known here."""
    return LAYER_STYLES.get(name, NEUTRAL)


def decision_of(kind: str, cls: str) -> Decision | None:
    """What has to be decided about a class; None where the class is not known here.

    Examples
    --------
    >>> decision_of("building", "merged").key
    'matching'
    """
    return next((d for d in DECISIONS if (kind, cls) in d.classes), None)


def usable_colours(colours: Mapping[str, str]) -> tuple[dict[str, Style], list[str]]:
    """Styles of decisions in the colours that a country pack states, and the names that state none.

    Parameters
    ----------
    colours : mapping of str to str
        Key of a decision -> ``#RRGGBB``. What is no colour is left out, and named.
    """
    known = {decision.key: decision.style for decision in DECISIONS}
    styles: dict[str, Style] = {}
    wrong: list[str] = []
    for key, colour in sorted(colours.items()):
        if key not in known or not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            wrong.append(key)
            continue
        style = known[key]
        styles[key] = replace(style, stroke=colour, fill=style.fill and colour)
    return styles, wrong


def class_order(kind: str) -> tuple[str, ...]:
    """The classes of `kind` in the order in which legends list them, quiet ones last."""
    styles = PLOT_STYLES if kind == "plot" else BUILDING_STYLES
    return tuple(str(cls) for cls in sorted(styles, key=lambda cls: str(cls) in QUIET_CLASSES))


def sequence_colour(value: float, breaks: tuple[float, ...]) -> str:
    """The colour of `value` in the sequence, by ascending `breaks` (at most three of them)."""
    step = sum(value >= limit for limit in breaks)
    return SEQUENCE[min(step, len(SEQUENCE) - 1)]

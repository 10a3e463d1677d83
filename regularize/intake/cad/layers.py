"""Which layers a ``.cad`` file offers, and which of its objects each of them holds.

Of a plan (``REGPLAN``) these are the regulated plots and the quarters, which are contours with
numbers. Street lines and parts of a plan are none of these, and which types of line mean a street
stands in no source that was read: such lines are counted as not read, never taken for something.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from regularize.intake.cad.records import Content, Contour, Line, Point, Section
from regularize.layers import Family

BUILDING, PARCEL, REGION = 1, 2, 3
# Solid, half-solid and light fences; odd numbers are shared by two neighbours.
FENCES = range(140, 146)
# The settlement as a whole.
_WHOLE = frozenset({b"0", b"0.0"})
_FIELDS = re.compile(rb"\.")


@dataclass(frozen=True)
class LayerKind:
    """One layer that the format offers.

    Parameters
    ----------
    name : str
    section : str
        The LAYER of the file.
    family : str
    kinds : tuple of str
        Kinds of the store that it can fill.
    table : str or None
        The TABLE with its attributes.
    """

    name: str
    section: str
    family: Family
    kinds: tuple[str, ...]
    table: str | None = None


LAYERS: tuple[LayerKind, ...] = (
    LayerKind("parcels", "CADASTER", "polygon", ("parcels", "land"), "POZEMLIMOTI"),
    LayerKind("buildings", "CADASTER", "polygon", ("buildings",), "SGRADI"),
    LayerKind("regions", "CADASTER", "polygon", ()),
    LayerKind("fences", "CADASTER", "line", ("fences",)),
    LayerKind("points", "CADASTER", "point", ("points",)),
    LayerKind("regulated_plots", "REGPLAN", "polygon", ("regulated_plots",), "REGCONTURI"),
    LayerKind("quarters", "REGPLAN", "polygon", ("areas",)),
)
KINDS = tuple(dict.fromkeys(kind for layer in LAYERS for kind in layer.kinds))


def layer_of(kind: str, origin: str) -> str:
    """The layer for a kind of the store; the kind itself where the format has none for it."""
    if kind == "areas" and origin == "cadastre":
        return "regions"
    return next((layer.name for layer in LAYERS if kind in layer.kinds), kind)


def type_of(contour: Contour) -> int | None:
    """The type of a contour; a multipolygon has none written, so its number tells."""
    if contour.parts is None:
        return contour.type
    return {1: REGION, 2: PARCEL, 3: BUILDING}.get(1 + len(_FIELDS.findall(contour.number)))


def _holds(layer: LayerKind, contour: Contour) -> bool:
    if contour.number in _WHOLE:
        return False
    if layer.name == "regulated_plots":
        return b"." in contour.number
    if layer.name == "quarters":
        return b"." not in contour.number
    return type_of(contour) == {"parcels": PARCEL, "buildings": BUILDING, "regions": REGION}[layer.name]


def contours_of(layer: LayerKind, section: Section) -> tuple[list[Contour], int]:
    """The living contours of a layer in the order of the file, and the number of historic ones."""
    every = [contour for contour in section.contours if _holds(layer, contour)]
    living = [contour for contour in every if not contour.historic]
    return living, len(every) - len(living)


def fences_of(section: Section) -> tuple[list[Line], int]:
    """The living lines that are fences, and the number of historic ones."""
    every = [line for line in section.every_line if line.type in FENCES]
    living = [line for line in every if not line.historic]
    return living, len(every) - len(living)


def objects_of(layer: LayerKind, content: Content) -> tuple[Sequence[Contour | Line | Point], int]:
    """What a layer holds, and how many historic objects were left out."""
    section = content.sections.get(layer.section, Section())
    if layer.family == "line":
        return fences_of(section)
    if layer.family == "point":
        return section.points, section.historic["P"]
    return contours_of(layer, section)


def left_out(content: Content) -> dict[str, int]:
    """What the file holds beyond the layers that are offered: records by a word for them."""
    found: dict[str, int] = {}
    if lines := _loose_lines(content.sections.get("REGPLAN", Section())):
        found["REGPLAN L"] = lines
    for name, section in content.sections.items():
        read = any(layer.section == name for layer in LAYERS)
        for letter, n in section.records.items():
            if letter in "ST" or not read:
                found[f"{name} {letter}"] = n
        if name == "CADASTER":
            others = sum(
                type_of(contour) not in {BUILDING, PARCEL, REGION} and contour.number not in _WHOLE
                for contour in section.contours
            )
            found |= {f"{name} C ?": others} if others else {}
    return found


def _loose_lines(section: Section) -> int:
    """How many living lines border no contour: streets, axes and whatever else a plan draws."""
    used: set[int] = set()
    for contour in section.contours:
        used.update(contour.lines)
        for outer, holes in contour.parts or ():
            used.update(int(text) for ring in (outer, *holes) for text in ring if text.isdigit())
    return sum(not line.historic and line.number not in used for line in section.every_line)

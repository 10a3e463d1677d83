"""What a drawing shows: entities, insertions taken apart into what their blocks hold, and labels.

An insertion may hold insertions, and may be repeated in rows and columns, so a few lines of a file
can ask for millions of parts: how many there would be is counted before any is made.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from regularize.i18n import translate as _
from regularize.intake.dataset import Fault
from regularize.intake.dxf_hatches import outlines_of
from regularize.intake.dxf_shapes import (
    ARC_TOLERANCE_M,
    DRAWN,
    Points,
    Shape,
    UnreadableEntityError,
    axis_of,
    shape_of,
    to_plan,
)
from regularize.intake.dxf_tags import Entity, Scan, load_ezdxf

# One insertion, and all of one drawing, may come apart into no more than this.
MAX_PARTS_OF_INSERT = 20_000
MAX_PARTS = 200_000
MAX_DEPTH = 16
# A block no larger than this (m) is the sign of a point, not an outline.
SYMBOL_SIZE_M = 1.5
_TEXTS = frozenset({"TEXT", "MTEXT"})
_BY_INSERT = "0"  # what a block draws on layer 0 lies on the layer of its insertion


@dataclass(frozen=True, slots=True)
class Part:
    """One row: a shape or why there is none, with its layer and what is written to it."""

    layer: str
    handle: str | None
    shape: Shape | None
    fault: Fault | None = None
    block: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Insert:
    """An insertion as the point where it stands, and as what its block draws there."""

    symbol: Part
    parts: tuple[Part, ...]

    @property
    def is_symbol(self) -> bool:
        """Whether it marks a point: what its block draws is too small to be anything else."""
        shapes = [part.shape.points for part in self.parts if part.shape is not None]
        if len(shapes) < len(self.parts):
            return False
        sizes = [np.ptp(np.concatenate(shapes), axis=0).max()] if shapes else [0.0]
        return bool(sizes[0] <= SYMBOL_SIZE_M)


@dataclass(frozen=True, slots=True)
class Label:
    """A text and where it stands."""

    x: float
    y: float
    text: str
    layer: str


@dataclass
class Model:
    """All that is drawn, in the order of the file."""

    items: list[Part | Insert] = field(default_factory=list)
    hatches: list[Part] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    unread: Counter[tuple[str, str]] = field(default_factory=Counter)  # (layer, type) -> n


class Unfolder:
    """Makes the model of a scan."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._weights: dict[str, float] = {}
        self._left = MAX_PARTS

    def model(self) -> Model:
        """Every entity of the model as an item, a label, or counted as not read."""
        found = Model()
        last = len(self._scan.entities) - 1
        for at, entity in enumerate(self._scan.entities):
            if entity.on_paper:
                continue
            if at == last and self._scan.is_cut and entity.type in DRAWN | {"INSERT"}:
                fault = Fault("TRUNCATED", _("the file ends before this row does"))
                found.items.append(Part(entity.layer, entity.handle, None, fault))
            elif entity.type == "INSERT":
                insert = self._insert(entity)
                found.items.append(insert)
                found.labels += _attribute_labels(entity)
            elif entity.type in _TEXTS:
                found.labels += _label(entity)
            elif entity.type == "HATCH":
                found.hatches += _hatch(entity)
            elif (part := _drawn(entity, ARC_TOLERANCE_M)) is not None:
                found.items.append(part)
            elif entity.type not in {"ATTRIB", "SEQEND", "VIEWPORT"}:
                found.unread[entity.layer, entity.type] += 1
        return found

    def _insert(self, entity: Entity) -> Insert:
        name = entity.first(2).strip()
        written = tuple(
            (part.first(2).strip(), plain(part.first(1)))
            for part in entity.parts
            if part.type == "ATTRIB" and part.first(2).strip()
        )
        fault = None
        place: Shape | None = None
        parts: tuple[Part, ...] = ()
        try:
            at = np.array([[entity.number(10, math.nan), entity.number(20, math.nan)]])
            height = entity.number(30)
            place = Shape(to_plan(at, axis_of(entity), height), height=height or None)
            n = self._weight_of(entity, ())
            if n > min(MAX_PARTS_OF_INSERT, self._left):
                text = _("the block holds more parts than are taken apart ({n})").format(
                    n=MAX_PARTS_OF_INSERT
                )
                fault = Fault("TOO_COMPLEX", text)
            else:
                self._left -= int(n)
                parts = _numbered(self._unfold(entity, entity.layer, ARC_TOLERANCE_M), entity.handle)
        except (ValueError, ZeroDivisionError, OverflowError):
            fault = Fault("UNREADABLE_GEOMETRY", _("its numbers make no outline"))
        if fault is not None:
            broken = Part(entity.layer, entity.handle, None, fault, name, written)
            return Insert(broken, (broken,))
        return Insert(Part(entity.layer, entity.handle, place, None, name, written), parts)

    def _weight_of(self, entity: Entity, above: tuple[str, ...]) -> float:
        """How many parts an insertion comes apart into; infinite where it holds itself."""
        name = entity.first(2).strip().casefold()
        if name in above or len(above) >= MAX_DEPTH:
            return math.inf
        if name not in self._weights:
            block = self._scan.blocks.get(name)
            inner = block.entities if block else ()
            self._weights[name] = sum(
                self._weight_of(part, (*above, name)) if part.type == "INSERT" else part.type in DRAWN
                for part in inner
            )
        columns, rows = max(entity.integer(70, 1), 1), max(entity.integer(71, 1), 1)
        return self._weights[name] * columns * rows if self._weights[name] else 0

    def _unfold(self, entity: Entity, layer: str, tolerance_m: float) -> Iterator[Part]:
        block = self._scan.blocks.get(entity.first(2).strip().casefold())
        if block is None or not self._weights.get(entity.first(2).strip().casefold()):
            return
        scale = max(abs(entity.number(41, 1.0)), abs(entity.number(42, 1.0)))
        if not math.isfinite(scale):
            raise ValueError(scale)
        inner_tolerance_m = tolerance_m / scale if scale else tolerance_m
        inner: list[Part] = []
        for drawn in block.entities:
            its_layer = layer if drawn.layer == _BY_INSERT else drawn.layer
            if drawn.type == "INSERT":
                inner += self._unfold(drawn, its_layer, inner_tolerance_m)
            elif (part := _drawn(drawn, inner_tolerance_m)) is not None:
                inner.append(Part(its_layer, None, part.shape, part.fault))
        name = entity.first(2).strip()
        for offset in _offsets(entity):
            for part in inner:
                shape = part.shape and _moved(part.shape, entity, block.base, offset)
                yield Part(part.layer, None, shape, part.fault, name)


def _numbered(parts: Iterable[Part], handle: str | None) -> tuple[Part, ...]:
    """Parts of one insertion with names of their own: its handle and a number."""
    found = tuple(parts)
    if handle is None:
        return found
    names = [handle] if len(found) == 1 else [f"{handle}.{number + 1}" for number in range(len(found))]
    return tuple(replace(part, handle=name) for part, name in zip(found, names, strict=True))


def _offsets(entity: Entity) -> Iterator[tuple[float, float]]:
    """Where the copies of a repeated insertion stand, before it is turned."""
    for row in range(max(entity.integer(71, 1), 1)):
        for column in range(max(entity.integer(70, 1), 1)):
            yield column * entity.number(44), row * entity.number(45)


def _moved(
    shape: Shape, entity: Entity, base: tuple[float, float, float], offset: tuple[float, float]
) -> Shape:
    angle = math.radians(entity.number(50))
    cos, sin = math.cos(angle), math.sin(angle)
    scale = np.array([entity.number(41, 1.0), entity.number(42, 1.0)])
    at = np.array([entity.number(10), entity.number(20)])
    axis = axis_of(entity)

    def move(points: Points) -> Points:
        x, y = ((points - base[:2]) * scale + offset).T
        turned = np.column_stack([x * cos - y * sin, x * sin + y * cos]) + at
        return to_plan(turned, axis, entity.number(30))

    return Shape(move(shape.points), shape.is_closed, shape.height, shape.is_stroked)


def _drawn(entity: Entity, tolerance_m: float) -> Part | None:
    try:
        shape = shape_of(entity, tolerance_m)
    except UnreadableEntityError as error:
        return Part(entity.layer, entity.handle, None, Fault("UNREADABLE_GEOMETRY", str(error)))
    return None if shape is None else Part(entity.layer, entity.handle, shape)


def _hatch(entity: Entity) -> Iterator[Part]:
    try:
        for shape in outlines_of(entity, ARC_TOLERANCE_M):
            yield Part(entity.layer, entity.handle, shape)
    except UnreadableEntityError as error:
        yield Part(entity.layer, entity.handle, None, Fault("UNREADABLE_GEOMETRY", str(error)))


def _label(entity: Entity) -> Iterator[Label]:
    try:
        aligned = entity.type == "TEXT" and (entity.integer(72) or entity.integer(73))
        first = 11 if aligned and any(code == 11 for code, _value in entity.tags) else 10
        x, y = entity.number(first, math.nan), entity.number(first + 10, math.nan)
        if entity.type == "TEXT":
            x, y = to_plan(np.array([[x, y]]), axis_of(entity)).tolist()[0]
    except (ValueError, ZeroDivisionError, OverflowError):
        return
    written = "".join(value for code, value in entity.tags if code in {1, 3})
    text = plain(written, is_paragraph=entity.type == "MTEXT")
    if text and math.isfinite(x) and math.isfinite(y):
        yield Label(x, y, text, entity.layer)


def _attribute_labels(entity: Entity) -> Iterator[Label]:
    for part in entity.parts:
        if part.type == "ATTRIB":
            yield from _label(Entity("TEXT", part.tags))


def plain(written: str, *, is_paragraph: bool = False) -> str:
    """A text of the drawing without the marks that only shape it.

    Examples
    --------
    >>> plain("%%US-12"), plain(r"{\\\\fArial|b0;\\\\U+0421-12}", is_paragraph=True)
    ('S-12', 'С-12')
    """
    if "%%" not in written and "\\" not in written and "{" not in written and "^" not in written:
        return " ".join(written.split())
    load_ezdxf()
    from ezdxf.lldxf.encoding import decode_dxf_unicode, has_dxf_unicode
    from ezdxf.tools.text import fast_plain_mtext, plain_text

    if has_dxf_unicode(written):
        written = decode_dxf_unicode(written)
    try:
        text = str(fast_plain_mtext(written) if is_paragraph else plain_text(written))
    except (ValueError, IndexError, OverflowError):
        text = written
    return " ".join(text.split())

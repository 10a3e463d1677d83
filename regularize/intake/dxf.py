"""DXF drawings of every version, text or binary, layer by layer.

A drawing knows no features, only lines on layers: closed ones become outlines, and a text that
stands alone inside an outline names it. It has no coordinate system either; that is settled by the
project's area or by the user.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.i18n import translate as _
from regularize.intake import bulk
from regularize.intake.dataset import Dataset, Fault, LayerInfo, OpenLayer, Rows, digest_of, empty_geometries
from regularize.intake.dxf_blocks import Label, Model, Part, Unfolder
from regularize.intake.dxf_chains import Chained, chain
from regularize.intake.dxf_shapes import ARC_TOLERANCE_M, Shape
from regularize.intake.dxf_tags import Scan, scan
from regularize.intake.values import is_dotted_number, is_name
from regularize.layers import Family
from regularize.model import Issue, Severity

# Columns of every layer of a drawing; those of its block attributes come after them.
_FIELDS = ("ref", "identifier", "label", "layer", "block", "code", "height_m")


class Drawing(Dataset):
    """A drawing; each of its layers that holds something is a layer."""

    reader = "dxf"

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self._content = content
        self._opened: dict[str | None, tuple[Scan, Model]] = {}

    def _model(self, encoding: str | None) -> tuple[Scan, Model]:
        if encoding not in self._opened:
            found = scan(self.path, self._content, encoding)
            self._opened[encoding] = (found, Unfolder(found).model())
        return self._opened[encoding]

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        found, model = self._model(self.encoding)
        if not found.is_whole and not (model.items or model.hatches):
            raise bulk.unreadable(self.path, _("it was cut before anything is drawn"))
        return [
            LayerInfo(name, _family_of(parts), len(parts), None)
            for name, parts in _by_layer(model, None).items()
        ]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        found, model = self._model(encoding)
        return _DrawingLayer(self.path, name, found, model, digest_of([self._content]))


def _by_layer(model: Model, family: Family | None) -> dict[str, list[Part]]:
    """Rows by layer; layer names are the same whatever their case."""
    spelled: dict[str, str] = {}
    found: dict[str, list[Part]] = {}

    def add(part: Part) -> None:
        found.setdefault(spelled.setdefault(part.layer.casefold(), part.layer), []).append(part)

    for item in model.items:
        if isinstance(item, Part):
            add(item)
        elif family == "point" or item.is_symbol:
            add(item.symbol)
        else:
            for part in item.parts:
                add(part)
    encloses = {name for name, parts in found.items() if any(p.shape and p.shape.is_closed for p in parts)}
    for part in model.hatches:
        if spelled.get(part.layer.casefold(), part.layer) not in encloses:
            add(part)
    return found


def _family_of(parts: Iterable[Part]) -> Family:
    families: set[Family] = {
        "polygon" if part.shape.is_closed else "line" if len(part.shape.points) > 1 else "point"
        for part in parts
        if part.shape is not None
    }
    return families.pop() if len(families) == 1 else "any"


class _DrawingLayer(OpenLayer):
    placed_by_area = True
    crs = None

    def __init__(self, path: Path, name: str, found: Scan, model: Model, digest: str) -> None:
        self._path = path
        self._scan = found
        self._model = model
        self._digest = digest
        self._name = name
        self._family: Family | None = None
        self._take(None)

    def _take(self, family: Family | None) -> None:
        self._family = family
        self._parts = _by_layer(self._model, family).get(self._name, [])
        self._chained: Chained | None = None
        if family == "polygon":
            self._chained = chain(self._parts)
            self._parts = self._chained.parts
        self.info = LayerInfo(self._name, _family_of(self._parts), len(self._parts), None)
        known = {field.casefold() for field in _FIELDS}
        empty = {"label", "identifier"} if not self._model.labels else set()
        empty |= {"block", "code"} if not any(part.block for part in self._parts) else set()
        if not any(part.shape and part.shape.height for part in self._parts):
            empty.add("height_m")
        written = dict.fromkeys(
            tag for part in self._parts for tag, _value in part.attributes if tag.casefold() not in known
        )
        if len(written) > 1:
            empty.add("ref")  # insertions bear several texts: a profile tells which of them is the name
        self.fields = (*(field for field in _FIELDS if field not in empty), *written)

    def prefer(self, family: Family) -> None:
        """See the base class: closed lines and insertions are what is wanted."""
        self._take(family)

    def digest(self) -> str:
        """See the base class."""
        return self._digest

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        n = self.info.n
        rows = Rows(
            empty_geometries(n),
            {},
            encoding=self._scan.choice.encoding,
            is_judged=self._scan.choice.is_judged,
        )
        rows.issues += self._issues()
        for row, part in enumerate(self._parts):
            if part.fault is not None or part.shape is None:
                rows.faults[row] = part.fault or Fault("NULL_GEOMETRY", _("the row has no geometry"))
                continue
            geometry = _geometry(part.shape, self._family)
            if self._family == "polygon" and geometry.geom_type == "LineString" and not part.shape.is_closed:
                rows.faults[row] = _not_closed(part.shape, geometry)
            else:
                rows.geometries[row] = geometry
        rows.values = {name: column for name, column in self._values(rows).items() if name in columns}
        if any(part.shape is not None and part.shape.is_stroked for part in self._parts):
            rows.notes.append(_("arcs are chords within {tolerance} m").format(tolerance=ARC_TOLERANCE_M))
        return rows

    def _values(self, rows: Rows) -> dict[str, list[Any]]:
        labels = _labels(rows.geometries, self._name, self._model.labels)
        parts = self._parts
        for row, part in enumerate(parts):
            if labels[row] is None and len(part.attributes) == 1:
                labels[row] = part.attributes[0][1]
        names = [label if label is not None and is_name(label) else None for label in labels]
        found: dict[str, list[Any]] = {
            "ref": [name or part.handle for name, part in zip(names, parts, strict=True)],
            "identifier": [name if name and is_dotted_number(name) else None for name in names],
            "label": labels,
            "layer": [part.layer for part in parts],
            "block": [part.block for part in parts],
            "code": [part.block for part in parts],
            "height_m": [part.shape.height if part.shape else None for part in parts],
        }
        for tag in (field for field in self.fields if field not in found):
            found[tag] = [next((value for t, value in part.attributes if t == tag), None) for part in parts]
        return found

    def _issues(self) -> Iterable[Issue]:
        yield from self._scan.choice.issues
        if not self._scan.is_whole:
            yield Issue(
                "FILE_TRUNCATED",
                Severity.WARNING,
                _("{file}: the file was cut: its end mark is missing").format(file=self._path),
            )
        if self._chained is not None and self._chained.n_outlines:
            yield Issue(
                "DXF_LINES_CHAINED",
                Severity.INFO,
                _(
                    "layer {layer}: {lines} separate lines enclose {outlines} outlines and are read as these"
                ).format(layer=self._name, lines=self._chained.n_lines, outlines=self._chained.n_outlines),
            )
        if self._scan.skipped_lines:
            yield Issue(
                "DXF_GARBLED",
                Severity.WARNING,
                _("{file}: {n} lines belong to no pair of code and value: passed over").format(
                    file=self._path, n=self._scan.skipped_lines
                ),
            )
        unread = {
            type_: n
            for (layer, type_), n in self._model.unread.items()
            if layer.casefold() == self._name.casefold()
        }
        if unread:
            yield Issue(
                "DXF_NOT_READ",
                Severity.INFO,
                _("layer {layer}: {types} draw nothing that is stored").format(
                    layer=self._name, types=", ".join(f"{n} {type_}" for type_, n in sorted(unread.items()))
                ),
            )


def _geometry(shape: Shape, family: Family | None) -> BaseGeometry:
    points = shape.points
    if len(points) == 1:
        return shapely.Point(points[0])
    if not shape.is_closed:
        return shapely.LineString(points)
    if len(points) < 3 or family == "line" or not np.isfinite(points).all():
        # Two points enclose nothing, and a ring of NaN cannot be closed: the row checks say so.
        return shapely.LineString([*points, points[0]])
    return shapely.Polygon(points, shape.holes)


def _not_closed(shape: Shape, geometry: BaseGeometry) -> Fault:
    text = _("the line is not closed: its ends are {gap:.2f} m apart").format(gap=shape.gap_m)
    return Fault("DXF_OPEN_OUTLINE", text, shapely.to_wkb(geometry))


def _labels(geometries: Any, layer: str, labels: Sequence[Label]) -> list[str | None]:
    """For each outline the only text inside it: of its own layer, or else of all layers."""
    found: list[str | None] = [None] * len(geometries)
    if not labels or not len(geometries):
        return found
    outlines = np.array(
        [g if g is not None and g.geom_type == "Polygon" and g.is_valid else None for g in geometries],
        dtype=object,
    )
    tree = shapely.STRtree(shapely.points([(label.x, label.y) for label in labels]))
    inside: dict[int, list[Label]] = {}
    for row, at in tree.query(outlines, predicate="intersects").T.tolist():
        inside.setdefault(row, []).append(labels[at])
    for row, all_of_them in inside.items():
        own = [label for label in all_of_them if label.layer.casefold() == layer.casefold()]
        texts = own or all_of_them
        if len(texts) == 1:
            found[row] = texts[0].text
    return found

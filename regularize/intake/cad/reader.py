"""``.cad`` files as a Dataset: layers, rows, and everything in them that is odd."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.intake import encoding
from regularize.intake.cad import header, judge, layers
from regularize.intake.cad.attributes import Attributes, begin_of, read_table
from regularize.intake.cad.outlines import Outlines, build, line_accuracy, net_areas_m2
from regularize.intake.cad.records import Content, Contour, Line, Point
from regularize.intake.cad.scanner import scan
from regularize.intake.dataset import (
    Dataset,
    LayerInfo,
    OpenLayer,
    Rows,
    crs_name,
    empty_geometries,
)
from regularize.intake.rows import Ledger

# Columns that the reader fills itself; they bear the names of the contract.
_OWN_FIELDS = {
    "polygon": ("ref", "identifier", "sigma_m", "valid_from", "valid_to", "area_register_m2"),
    "line": ("ref", "sigma_m", "valid_from", "LINE_TYPE"),
    "point": ("ref", "sigma_m", "code", "height_m"),
}
_PLAN_FIELDS = ("designation", "quarter")
_OF_THE_NUMBER = frozenset({*_PLAN_FIELDS, "name"})
# Area by document; from version 4.03 on it stands beside the area that was computed.
_DOCUMENT_AREA = "PLDOC"
_OWNERSHIP = "VIDS"


class CadFile(Dataset):
    """A file of the cadastre's exchange format."""

    reader = "cad"

    def __init__(self, path: Path, content: bytes | None) -> None:
        self.path = path
        if content is not None:
            self._content = scan(io.BytesIO(content), len(content))
        else:
            with path.open("rb") as stream:
                self._content = scan(stream, path.stat().st_size)
        if not self._content.header:
            raise InputError(
                _("{file}: the header of the .cad file is missing").format(file=path),
                hint=_("ask the sender for the whole file; it begins with HEADER"),
            )

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        system = header.coordinate_system(self._content.header.get("COORDTYPE"))
        found = []
        for layer in layers.LAYERS:
            n = len(layers.objects_of(layer, self._content)[0])
            if n:
                found.append(LayerInfo(layer.name, layer.family, n, crs_name(system.crs) or system.text))
        return found

    def layer_of(self, origin: str, kind: str | None) -> str | None:
        """See the base class."""
        if kind is None:
            return None
        if kind not in layers.KINDS:
            raise OptionError(
                _("{file}: a .cad file holds nothing of the kind {kind}").format(file=self.path, kind=kind),
                hint=_(
                    "--kind, one of: {kinds}; street lines and parts of plans: give them as DXF or as a "
                    "GIS file"
                ).format(kinds=", ".join(layers.KINDS)),
            )
        return layers.layer_of(kind, origin)

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        return _CadLayer(self.path, name, self._content, encoding)


class _CadLayer(OpenLayer):
    def __init__(self, path: Path, name: str, content: Content, wanted: str | None) -> None:
        self._path = path
        self._content = content
        self._wanted = wanted
        self._layer = next(layer for layer in layers.LAYERS if layer.name == name)
        self._objects, self._historic = layers.objects_of(self._layer, content)
        self._system = header.coordinate_system(content.header.get("COORDTYPE"))
        self._ekatte = header.settlement(content.header)
        self.crs: CRS | None = self._system.crs
        table = content.tables.get(self._layer.table or "")
        self._attributes = read_table(table) if table is not None else Attributes()
        own = _OWN_FIELDS[self._layer.family]
        if self._layer.section == "REGPLAN":
            own += _PLAN_FIELDS
        if name in {"quarters", "regions"}:
            own += ("name",)
        if name == "parcels":
            own += tuple(n for n in (_OWNERSHIP,) if n not in self._attributes.names)
        self.fields = tuple(dict.fromkeys((*own, *self._attributes.names)))
        self.info = LayerInfo(name, self._layer.family, len(self._objects), crs_name(self.crs))

    def check_placeable(self, *, by_points: bool) -> None:
        """Refuse the old systems with the two ways out; see the base class."""
        if self._system.state == "old" and not by_points:
            raise InputError(
                _("{file}: its coordinates are in the old system {system}").format(
                    file=self._path, system=self._system.text
                ),
                hint=_(
                    "two ways: have it transformed to the 2005 cadastral system with the agency's own "
                    "program; or give at least four points known in both systems, well spread around the "
                    "place: --control-points FILE.csv, or a grid of shifts: --grid FILE"
                ),
            )

    def digest(self) -> str:
        """See the base class."""
        return self._content.sha256

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        ledger = Ledger(_("{file}, layer {layer}").format(file=self._path.name, layer=self.info.name))
        origin = header.reference(self._content.header)
        judge.judge_file(self._content, self._layer, self._system, self._ekatte, self._historic, ledger)
        if self._layer.family == "polygon":
            rows = self._contours(origin or (0.0, 0.0), ledger)
        elif self._layer.family == "line":
            rows = self._lines(origin or (0.0, 0.0), ledger)
        else:
            rows = self._points(origin or (0.0, 0.0), ledger)
        self._decode(rows, columns, ledger)
        rows.notes = self._notes()
        rows.issues = ledger.issues + rows.issues
        return rows

    def _contours(self, origin: tuple[float, float], ledger: Ledger) -> Rows:
        contours = [each for each in self._objects if isinstance(each, Contour)]
        section = self._content.sections[self._layer.section]
        control = self._content.controls.get(self._layer.section)
        outlines = build(section, control, contours, origin)
        judge.judge_outlines(outlines, contours, control, origin, ledger)
        if self._layer.table is not None:
            has_table = self._layer.table in self._content.tables
            numbers = [contour.number for contour in contours]
            judge.judge_table(self._layer, self._attributes, numbers, ledger, has_table=has_table)
        values = self._own_values(contours, outlines)
        for name in self._attributes.names:
            rows_of = self._attributes.by_number
            values[name] = [rows_of.get(contour.number, {}).get(name) for contour in contours]
        if self._layer.name == "parcels":
            self._ownership_of_rights(values, contours)
        return Rows(outlines.geometries, values, dict(outlines.faults))

    def _own_values(self, contours: Sequence[Contour], outlines: Outlines) -> dict[str, Sequence[Any]]:
        control = self._content.controls.get(self._layer.section)
        areas_m2 = control.areas_m2 if control is not None else {}
        rows_of = self._attributes.by_number
        identifiers = [self._identifier(contour.number) for contour in contours]
        values: dict[str, Sequence[Any]] = {
            "identifier": identifiers,
            "ref": [full or contour.number for full, contour in zip(identifiers, contours, strict=True)],
            "sigma_m": outlines.sigmas_m,
            "valid_from": [self._begin(contour) for contour in contours],
            # Drawn as living, but its row has ended: it is kept, and is not valid any more.
            "valid_to": [self._attributes.ended_on.get(contour.number) for contour in contours],
            "area_register_m2": [
                rows_of.get(contour.number, {}).get(_DOCUMENT_AREA) or net_m2
                for contour, net_m2 in zip(contours, net_areas_m2(outlines, contours, areas_m2), strict=True)
            ],
        }
        if self._layer.section == "REGPLAN":
            quarters = [contour.number.partition(b".") for contour in contours]
            values["quarter"] = [quarter for quarter, _dot, _plot in quarters]
            values["designation"] = [plot or None for _quarter, _dot, plot in quarters]
        values["name"] = [contour.number for contour in contours]
        return values

    def _identifier(self, number: bytes) -> str | None:
        """The whole identifier; None where the object has none, which is never made up."""
        return judge.identifier(self._ekatte, number) if self._layer.section == "CADASTER" else None

    def _begin(self, contour: Contour) -> Any:
        """Since when object and attributes are as they are: the later day of the two."""
        days = [header.day(contour.begin), header.day(begin_of(self._attributes, contour.number))]
        return max((day for day in days if day), default=header.written_on(self._content.header))

    def _ownership_of_rights(self, values: dict[str, Sequence[Any]], contours: Sequence[Contour]) -> None:
        """Where a parcel's own row says no kind of ownership, what its rights agree on."""
        stated = values.get(_OWNERSHIP, [None] * len(contours))
        agreed = self._content.rights.ownership
        values[_OWNERSHIP] = [
            own or (next(iter(kinds)) if len(kinds := agreed.get(contour.number, set())) == 1 else None)
            for own, contour in zip(stated, contours, strict=True)
        ]

    def _lines(self, origin: tuple[float, float], ledger: Ledger) -> Rows:
        lines = [each for each in self._objects if isinstance(each, Line)]
        geometries = empty_geometries(len(lines))
        faults = {}
        sigmas_m: list[float | None] = []
        for row, line in enumerate(lines):
            if line.broken or len(line.vertices) < 2:
                faults[row] = judge.unreadable_line()
            else:
                points = np.asarray(line.vertices, dtype=float) / 1000 + np.asarray(origin)
                geometries[row] = shapely.linestrings(points)
            n, coded, squares, _open = line_accuracy(line)
            sigmas_m.append(round((squares / coded) ** 0.5, 3) if 2 * coded > n else None)
        judge.note_unknown_accuracy(sigmas_m, ledger)
        values: dict[str, Sequence[Any]] = {
            "ref": [str(line.number) for line in lines],
            "LINE_TYPE": [str(line.type) for line in lines],
            "sigma_m": sigmas_m,
            "valid_from": [
                header.day(line.begin) or header.written_on(self._content.header) for line in lines
            ],
        }
        return Rows(geometries, values, faults)

    def _points(self, origin: tuple[float, float], ledger: Ledger) -> Rows:
        points = [each for each in self._objects if isinstance(each, Point)]
        geometries = empty_geometries(len(points))
        faults = {}
        sigmas_m: list[float | None] = []
        for row, point in enumerate(points):
            if point.place is None:
                faults[row] = judge.unreadable_record()
            else:
                geometries[row] = shapely.points(point.place[0] + origin[0], point.place[1] + origin[1])
            errors = point.mean_errors_m
            mean_m = ((errors[0] ** 2 + errors[1] ** 2) / 2) ** 0.5 if errors else 0.0
            sigmas_m.append(round(mean_m, 3) or None)
        judge.note_unknown_accuracy(sigmas_m, ledger)
        values: dict[str, Sequence[Any]] = {
            "ref": [point.number for point in points],
            "code": [point.type for point in points],
            "height_m": [point.height_m for point in points],
            "sigma_m": sigmas_m,
        }
        return Rows(geometries, values, faults)

    def _decode(self, rows: Rows, columns: Sequence[str], ledger: Ledger) -> None:
        """Bytes become text; whoever cannot tell the encoding of text that is stored must ask."""
        wanted = [name for name in columns if name in rows.values]
        # What repeats the number of an object is no evidence of its own.
        told = [name for name in wanted if name not in _OF_THE_NUMBER]
        raw = [v for name in told for v in rows.values[name] if isinstance(v, bytes) and not v.isascii()]
        words = self._content.words
        choice = encoding.choose([*raw, *words], declared_as=None, wanted=self._wanted)
        rows.issues += choice.issues
        name = choice.require(self._path, self.info.name, raw) if raw else choice.encoding
        decode = encoding.Decoder(name or "ascii")
        rows.encoding, rows.is_judged = name, choice.is_judged
        lost = 0
        for column in wanted:
            found: list[Any] = []
            for value in rows.values[column]:
                text = decode(value) if isinstance(value, bytes) else value
                lost += isinstance(text, str) and "\ufffd" in text
                found.append(text)
            rows.values[column] = found
        rows.values = {column: rows.values[column] for column in wanted}
        if lost:
            ledger.note(
                "CAD_UNDECODABLE",
                _("{n} values hold bytes that the encoding {encoding} does not know").format(
                    n=lost, encoding=name
                ),
            )

    def _notes(self) -> list[str]:
        """What the batch keeps of the file as a whole; nothing of persons or firms."""
        facts = [f"CAD {header.version(self._content.header)}".strip()]
        if self._system.text:
            facts.append(f"COORDTYPE {self._system.text}")
        day = header.written_on(self._content.header)
        if day is not None:
            facts.append(f"DATE {day.isoformat()}")
        contents = self._content.header.get("CONTENTS", b"")
        if contents in {b"PRO", b"PART", b"ALLK"}:
            facts.append(f"CONTENTS {contents.decode()}")
        rights = self._content.rights
        if rights.by_kind and self._layer.name in {"parcels", "buildings"}:
            kinds = ", ".join(f"{kind}: {n}" for kind, n in sorted(rights.by_kind.items()))
            facts.append(f"PRAVA {rights.by_kind.total()} / {len(rights.objects)} IDENT ({kinds})")
        return ["; ".join(facts)]

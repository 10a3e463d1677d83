"""A list of points as a Dataset: the points, and the objects that can be built from them."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake.dataset import (
    Dataset,
    Fault,
    LayerInfo,
    OpenLayer,
    Rows,
    digest_of,
    empty_geometries,
)
from regularize.intake.rows import Ledger
from regularize.intake.text import objects
from regularize.intake.text.lines import Text, decode, plain_lines
from regularize.intake.text.objects import SurveyObject
from regularize.intake.text.points import PointRows, SurveyPoint, read_points
from regularize.layers import Family
from regularize.model import Severity

POINTS = "points"
# Lists of objects may stand beside the points, in a file of the same name.
OBJECTS_ENDING = ".objects.txt"


class PointList(Dataset):
    """Points of a survey, and the buildings, plots and fences that their codes tell of."""

    reader = "points"

    def __init__(self, path: Path, content: bytes, beside: bytes | None = None) -> None:
        self.path = path
        self._content = content
        self._beside = beside
        self._opened: dict[str | None, tuple[Text, PointRows, list[SurveyObject]]] = {}

    def _parsed(self, wanted: str | None) -> tuple[Text, PointRows, list[SurveyObject]]:
        if wanted not in self._opened:
            text = decode(self.path, self._content, wanted)
            lines = plain_lines(text.text)
            if self._beside is not None:
                lines += plain_lines(decode(self.path, self._beside, wanted).text)
            rows = read_points(self.path, lines)
            self._opened[wanted] = text, rows, objects.objects_of(rows)
        return self._opened[wanted]

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        _text, rows, found = self._parsed(self.encoding)
        layers = [LayerInfo(POINTS, "point", len(rows.points), None)]
        for kind in objects.KINDS:
            n = len(objects.of_kind(found, kind))
            if n:
                layers.append(LayerInfo(kind, _family(kind), n, None))
        return layers

    def layer_of(self, origin: str, kind: str | None) -> str | None:  # noqa: ARG002 any origin
        """The points, unless another kind is asked for; see the base class.

        Raises
        ------
        InputError
            If the kind needs outlines and nothing tells which points make one.
        """
        if kind is None or kind == POINTS:
            return POINTS
        if kind in objects.KINDS and not any(layer.name == kind for layer in self.layers()):
            raise InputError(
                _("{file}: nothing tells which of its points make one outline").format(file=self.path),
                hint=_(
                    "give each object a code with a key (building 12), an empty line between objects, or a "
                    "line for each object: building 12: 1001, 1002, 1003, 1004"
                ),
            )
        return kind

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        text, rows, found = self._parsed(encoding)
        members = [self._content] if self._beside is None else [self._content, self._beside]
        digest = digest_of(members)
        if name == POINTS:
            return _Points(self.path, text, rows, digest)
        return _Objects(self.path, name, text, rows, objects.of_kind(found, name), digest)


def _family(kind: str) -> Family:
    return "line" if kind == "fences" else "polygon"


class _Listed(OpenLayer):
    """What points and objects have in common: no CRS, and an open order of axes."""

    crs = None
    placed_by_area = True

    def __init__(self, path: Path, text: Text, rows: PointRows, digest: str) -> None:
        self._path = path
        self._text = text
        self._rows = rows
        self._digest = digest

    def digest(self) -> str:
        """See the base class."""
        return self._digest

    def _ledger(self) -> Ledger:
        return Ledger(_("{file}, layer {layer}").format(file=self._path.name, layer=self.info.name))

    def _finished(self, rows: Rows, ledger: Ledger) -> Rows:
        rows.encoding = self._text.choice.encoding
        rows.is_judged = self._text.choice.is_judged
        rows.issues = [*self._text.choice.issues, *ledger.issues]
        if self._rows.decimal_comma:
            rows.notes.append("decimal comma")
        return rows


class _Points(_Listed):
    fields = ("ref", "code", "height_m", "sigma_m")

    def __init__(self, path: Path, text: Text, rows: PointRows, digest: str) -> None:
        super().__init__(path, text, rows, digest)
        self.info = LayerInfo(POINTS, "point", len(rows.points), None)

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        points = self._rows.points
        ledger = self._ledger()
        geometries = empty_geometries(len(points))
        faults = {}
        for row, point in enumerate(points):
            if point.place is None:
                faults[row] = Fault("POINT_UNREADABLE", _("its two coordinates cannot be read"))
            else:
                geometries[row] = shapely.points(*point.place)
        _note_repeated(points, ledger)
        values: dict[str, Sequence[Any]] = {
            "ref": [point.number for point in points],
            "code": [point.code for point in points],
            "height_m": [point.height_m for point in points],
            "sigma_m": [point.sigma_m for point in points],
        }
        kept = {name: values[name] for name in columns}
        return self._finished(Rows(geometries, kept, faults), ledger)


class _Objects(_Listed):
    fields = ("ref", "sigma_m")

    def __init__(
        self,
        path: Path,
        kind: str,
        text: Text,
        rows: PointRows,
        found: Sequence[SurveyObject],
        digest: str,
    ) -> None:
        super().__init__(path, text, rows, digest)
        self._kind = kind
        self._objects = found
        self.info = LayerInfo(kind, _family(kind), len(found), None)

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        ledger = self._ledger()
        geometries = empty_geometries(len(self._objects))
        faults = {}
        for row, each in enumerate(self._objects):
            outline = self._outline(each)
            if isinstance(outline, Fault):
                faults[row] = outline
            else:
                geometries[row] = outline
        _note_repeated(self._rows.points, ledger)
        used = {id(point) for each in self._objects for point in each.points}
        left = sum(id(point) not in used for point in self._rows.points)
        if left:
            ledger.note(
                "POINTS_NOT_USED",
                _("{n} of {of} points belong to no object of this kind: they are not read here").format(
                    n=left, of=len(self._rows.points)
                ),
                Severity.INFO,
            )
        values: dict[str, Sequence[Any]] = {
            "ref": [each.name for each in self._objects],
            "sigma_m": [_sigma_m(each.points) for each in self._objects],
        }
        kept = {name: values[name] for name in columns}
        return self._finished(Rows(geometries, kept, faults), ledger)

    def _outline(self, each: SurveyObject) -> Any:
        if each.missing is not None:
            return Fault("POINT_MISSING", _("a point that its list names is not among the points"))
        places = [point.place for point in each.points if point.place is not None]
        if len(places) < len(each.points):
            return Fault("POINT_UNREADABLE", _("the coordinates of one of its points cannot be read"))
        corners = [place for at, place in enumerate(places) if at == 0 or place != places[at - 1]]
        if self._kind != "fences" and len(corners) > 1 and corners[0] == corners[-1]:
            corners.pop()
        if len(set(corners)) < objects.LEAST_CORNERS[self._kind]:
            return Fault(
                "POINT_TOO_FEW",
                _("{n} different points do not make an outline").format(n=len(set(corners))),
            )
        return shapely.linestrings(corners) if self._kind == "fences" else shapely.polygons(corners)


def _sigma_m(points: Sequence[SurveyPoint]) -> float | None:
    """Root mean square, where every point states its own."""
    stated = [point.sigma_m for point in points if point.sigma_m is not None]
    if not stated or len(stated) < len(points):
        return None
    return round(math.sqrt(sum(value * value for value in stated) / len(stated)), 4)


def _note_repeated(points: Sequence[SurveyPoint], ledger: Ledger) -> None:
    times = Counter(point.number for point in points if point.number is not None)
    repeated = sum(n > 1 for n in times.values())
    if repeated:
        ledger.note(
            "POINT_NUMBER_REPEATED",
            _("{n} numbers are of more than one point: a list of numbers means the first").format(n=repeated),
        )

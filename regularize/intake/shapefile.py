"""ESRI Shapefile, bare or from an archive.

The members are taken into memory and handed to the engine under neutral names: nothing is ever
written beside the evidence, and upper-case endings or odd file names make no difference. How many
rows there are is read from the headers, so a file that was cut shows.
"""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.intake import bulk, dbf, encoding
from regularize.intake.crs import named
from regularize.intake.dataset import (
    Dataset,
    Fault,
    LayerInfo,
    OpenLayer,
    Rows,
    crs_name,
    digest_of,
    empty_geometries,
)
from regularize.intake.rows import Ledger
from regularize.layers import Family
from regularize.model import Issue, Severity

MAGIC = b"\x00\x00\x27\x0a"
MEMBERS = ("shp", "shx", "dbf", "prj", "cpg")
_REQUIRED = ("shp", "shx", "dbf")
_HEADER = 100
_FAMILIES: dict[int, Family] = {
    **dict.fromkeys((1, 8, 11, 18, 21, 28), "point"),
    **dict.fromkeys((3, 13, 23), "line"),
    **dict.fromkeys((5, 15, 25), "polygon"),
}
_MULTIPATCH = 31


@dataclass(frozen=True)
class Bundle:
    """One shapefile: its name and its members by ending, in lower case."""

    name: str
    members: Mapping[str, bytes]


class MissingMembersError(InputError):
    """Files of the set are not there without which no row can be read.

    Parameters
    ----------
    path : Path
    members : tuple of str
        Names of the files that are missing.
    """

    def __init__(self, path: Path, members: tuple[str, ...]) -> None:
        super().__init__(
            _("{file}: the member {member} is missing").format(file=path, member=", ".join(members)),
            hint=_("ask the sender for the whole set: .shp, .shx, .dbf, .prj, .cpg"),
        )
        self.members = members


def missing_members(path: Path, error: InputError, *, is_placed: bool) -> tuple[Issue, ...]:
    """What a delivery lacks that could not be read, for a report on it; empty where it is not that.

    Parameters
    ----------
    path : Path
    error : InputError
        Why it could not be read.
    is_placed : bool
        Whether the user says where it lies, so that a ``.prj`` is not needed.
    """
    if isinstance(error, MissingMembersError):
        members = error.members
    elif path.suffix.lower() != ".shp" or not path.is_file() or is_placed or "prj" in bundle_of(path).members:
        return ()
    else:
        members = (f"{path.stem}.prj",)
    text = _("the member {member} is missing: {advice}")
    return tuple(
        Issue("MISSING_SIDE_FILE", Severity.ERROR, text.format(member=member, advice=error.hint))
        for member in members
    )


def bundle_of(path: Path) -> Bundle:
    """The members that lie beside a ``.shp`` file, whatever the case of their endings."""
    members = {}
    for file in sorted(path.parent.iterdir()):
        ending = file.suffix[1:].lower()
        if file.stem == path.stem and ending in MEMBERS and file.is_file() and ending not in members:
            members[ending] = file.read_bytes()
    members["shp"] = path.read_bytes()
    return Bundle(path.stem, members)


class ShapefileSet(Dataset):
    """One shapefile, or all that lie in one archive."""

    reader = "shapefile"

    def __init__(self, path: Path, bundles: Sequence[Bundle]) -> None:
        self.path = path
        self._bundles = {bundle.name: bundle for bundle in bundles}

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        return [_ShapefileLayer(self.path, bundle, None).info for bundle in self._bundles.values()]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        return _ShapefileLayer(self.path, self._bundles[name], encoding)


class _ShapefileLayer(OpenLayer):
    def __init__(self, path: Path, bundle: Bundle, wanted: str | None) -> None:
        self._path = path
        self._bundle = bundle
        self._by_points = False
        if not bundle.members.keys() >= set(_REQUIRED):
            lacking = [ending for ending in (*_REQUIRED, "prj") if ending not in bundle.members]
            raise MissingMembersError(path, tuple(f"{bundle.name}.{ending}" for ending in lacking))
        n, family = self._check_headers()
        self.crs = self._declared_crs()
        self.info = LayerInfo(bundle.name, family, n, crs_name(self.crs))
        raw_texts = list(self._table.texts())
        self._choice = encoding.choose(
            raw_texts,
            declared_as=self._declared_encoding(),
            wanted=wanted,
        )
        names = [
            f.raw_name.decode(self._choice.encoding or "latin-1", errors="replace")
            for f in self._table.fields
        ]
        usable = {name: f for name, f in zip(names, self._table.fields, strict=True) if f.kind in "CNFDL"}
        self._fields = usable
        self.fields = tuple(usable)

    def check_placeable(self, *, by_points: bool) -> None:
        """A local system has no ``.prj`` to miss; see the base class."""
        self._by_points = by_points

    def _damaged(self, member: str, reason: str) -> InputError:
        return InputError(
            _("{file}: the member {member} is damaged: {reason}").format(
                file=self._path, member=f"{self._bundle.name}.{member}", reason=reason
            ),
            hint=_("ask the sender for the file again, best as GeoPackage"),
        )

    def _check_headers(self) -> tuple[int, Family]:
        shp, shx = self._bundle.members["shp"], self._bundle.members["shx"]
        for member, data in (("shp", shp), ("shx", shx)):
            if len(data) < _HEADER or not data.startswith(MAGIC):
                raise self._damaged(member, _("it has no header"))
        indexed = struct.unpack_from(">i", shx, 24)[0] * 2
        if indexed > len(shx) or indexed < _HEADER:
            raise self._damaged(
                "shx", _("{n} bytes of {of} are there").format(n=len(shx), of=max(indexed, _HEADER))
            )
        try:
            self._table = dbf.parse(self._bundle.members["dbf"])
        except dbf.DamagedTableError as error:
            raise self._damaged("dbf", _("its header contradicts itself")) from error
        n = (indexed - _HEADER) // 8
        if n != self._table.n:
            raise InputError(
                _("{file}: {shx} rows in .shx, {dbf} rows in .dbf: they are not of one delivery").format(
                    file=self._path, shx=n, dbf=self._table.n
                ),
                hint=_("ask the sender for the whole set: .shp, .shx, .dbf, .prj, .cpg"),
            )
        shape_type = struct.unpack_from("<i", shp, 32)[0]
        if shape_type == _MULTIPATCH:
            raise InputError(
                _("{file}: holds 3D surfaces (multipatch), not outlines").format(file=self._path),
                hint=_("export the outlines as polygons and give that file"),
            )
        return n, _FAMILIES.get(shape_type, "any")

    def _declared_crs(self) -> CRS | None:
        text = self._bundle.members.get("prj", b"").decode("utf-8", errors="replace").strip("\ufeff \r\n\x00")
        if not text:
            return None
        try:
            return named(text)
        except CRSError as error:
            raise self._damaged("prj", _("it describes no coordinate system")) from error

    def _declared_encoding(self) -> str | None:
        text = self._bundle.members.get("cpg", b"").decode("ascii", errors="replace")
        return (
            encoding.declared(text)
            if text.strip()
            else encoding.of_language_driver(self._table.language_driver)
        )

    def digest(self) -> str:
        """See the base class."""
        return digest_of(self._bundle.members.get(ending, b"") for ending in MEMBERS)

    def read(self, columns: Sequence[str]) -> Rows:
        """See the base class."""
        n = self.info.n
        fields = {name: self._fields[name] for name in columns}
        raw = {name: self._table.raw(f) for name, f in fields.items()}
        # A column name that cannot be told would be passed over: ask for that as well.
        to_decode = [v for column in raw.values() for v in column] + [f.raw_name for f in self._table.fields]
        if any(not value.isascii() for value in to_decode):
            self._choice.require(self._path, self.info.name, to_decode)
        decode = encoding.Decoder(self._choice.encoding or "ascii", in_fields=True)
        values: dict[str, Sequence[Any]] = {}
        for name, field in fields.items():
            column: list[Any] = [dbf.value_of(decode(value), field) for value in raw[name]]
            values[name] = column + [None] * (n - len(column))
        rows = Rows(
            empty_geometries(n), values, encoding=self._choice.encoding, is_judged=self._choice.is_judged
        )
        ledger = Ledger(_("{file}, layer {layer}").format(file=self._path.name, layer=self.info.name))
        for name in columns:
            for row, value in enumerate(raw[name]):
                if decode.is_cut(value):
                    ledger.warn(
                        row,
                        "TRUNCATED_TEXT",
                        _("column {column}: the field is too short for its text; the end is lost").format(
                            column=name
                        ),
                    )
        if "prj" not in self._bundle.members and not self._by_points:
            ledger.note(
                "MISSING_SIDE_FILE",
                _("the member {member} is missing: where it lies rests on what was given").format(
                    member=f"{self.info.name}.prj"
                ),
            )
        rows.issues += [*self._choice.issues, *ledger.issues]
        self._read_geometries(rows)
        return rows

    def _read_geometries(self, rows: Rows) -> None:
        shp, shx = self._bundle.members["shp"], self._bundle.members["shx"]
        n = self.info.n
        index = np.frombuffer(shx, ">i4", n * 2, _HEADER).reshape(n, 2).astype(np.int64) * 2
        ends = index[:, 0] + 8 + index[:, 1]
        cut = (ends > len(shp)) | (np.arange(n) >= self._table.n_whole)
        if n:
            geometries, faults = bulk.read_archive(self._path, archive_of(shp, shx), n)
            rows.geometries[:] = geometries
            rows.faults.update(faults)
        for row in np.flatnonzero(shapely.is_missing(rows.geometries) & ~cut).tolist():
            at = int(index[row, 0]) + 8
            if row not in rows.faults and struct.unpack_from("<i", shp, at)[0] != 0:
                rows.faults[row] = Fault("UNREADABLE_GEOMETRY", _("the geometry cannot be read"))
        for row in np.flatnonzero(cut).tolist():
            rows.geometries[row] = None
            rows.faults[row] = Fault("TRUNCATED", _("the file ends before this row does"))
        for row in self._table.deleted.tolist():
            rows.faults[row] = Fault("DELETED_RECORD", _("the row is marked as deleted in the .dbf"))
        if cut.any():
            rows.issues.append(
                Issue(
                    "FILE_TRUNCATED",
                    Severity.WARNING,
                    _("{file}: the file was cut: {n} of {of} rows are not whole").format(
                        file=self._path, n=int(cut.sum()), of=n
                    ),
                )
            )


def archive_of(shp: bytes, shx: bytes) -> bytes:
    """Geometry alone, uncompressed and under neutral names, for the engine to open from memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("layer.shp", shp)
        archive.writestr("layer.shx", shx)
    return buffer.getvalue()

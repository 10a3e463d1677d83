"""Which reader opens a file: decided by its content, never by its ending.

A new format is one reader and one line in ``FORMATS``. What is recognised but not read gets a
sentence that says what it is and what to do; what is a link to other files is refused by name.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from regularize.errors import InputError
from regularize.i18n import marked
from regularize.i18n import translate as _
from regularize.intake import archive, geopackage, shapefile
from regularize.intake.cad import CadFile
from regularize.intake.dataset import Dataset
from regularize.intake.dxf import Drawing
from regularize.intake.flatgeobuf import FlatGeobuf
from regularize.intake.geojson import GeoJson, loaded
from regularize.intake.geopackage import GeoPackage
from regularize.intake.geoparquet import GeoParquet
from regularize.intake.gml import Gml
from regularize.intake.gpx import Gpx
from regularize.intake.kml import Kml
from regularize.intake.shapefile import ShapefileSet
from regularize.intake.text import looks_like_list, open_text, open_workbook

HEAD_BYTES = 8192

_EXPORT = marked("export the layer as GeoPackage (QGIS: Export > Save Features As) and give that file")
_UNPACK = marked("unpack it and give the files themselves")
_IMAGE = marked("it is a picture; give it as an underlay: regularize map build --underlay FILE.tif")
_CADASTRE = marked("export it as shapefile or GeoPackage in the cadastre program and give that file")
_READABLE = marked(
    "readable are shapefile, GeoPackage, GeoJSON, KML, GML, DXF, .cad, lists as text, XLSX, "
    "and these in a zip"
)
_SERVICE = marked("save the data itself to a file and give that file")


@dataclass(frozen=True)
class Format:
    """One format.

    Parameters
    ----------
    name : str
        What it is, for people.
    fits : callable
        From the first bytes and the lower-case ending to whether it is this format.
    opens : callable or None
        From path, content (None: read the path) and member name to a Dataset; None where it
        is not read.
    advice : str
        What to do where it is not read.
    """

    name: str
    fits: Callable[[bytes, str], bool]
    opens: Callable[[Path, bytes | None, str], Dataset] | None = None
    advice: str = _EXPORT


def _text_of(head: bytes) -> str:
    encoding = "utf-8"
    if b"\x00" in head[:4] or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = json.detect_encoding(head[:4])
    return head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")


def _magic(*starts: bytes) -> Callable[[bytes, str], bool]:
    return lambda head, _ending: head.startswith(starts)


def _root(*names: str) -> Callable[[bytes, str], bool]:
    """XML whose root element is one of `names`; no names: any XML."""
    pattern = re.compile(
        # Each piece is taken whole and never given back: else a long preamble could be cut in
        # endlessly many ways.
        r"(?>(?><\?.*?\?>)|(?><!--.*?-->)|(?><!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>)|\s)*+"
        r"<(?:[\w.-]+:)?([\w.-]+)",
        re.DOTALL,
    )

    def fits(head: bytes, _ending: str) -> bool:
        found = pattern.match(_text_of(head))
        return found is not None and (not names or found.group(1).lower() in names)

    return fits


def _json(pattern: str) -> Callable[[bytes, str], bool]:
    compiled = re.compile(pattern)

    def fits(head: bytes, _ending: str) -> bool:
        text = _text_of(head)
        return text.startswith(("{", "[", "\x1e")) and compiled.search(text) is not None

    return fits


def _text(pattern: str) -> Callable[[bytes, str], bool]:
    compiled = re.compile(pattern)
    return lambda head, _ending: b"\x00" not in head and compiled.match(_text_of(head)) is not None


def _is_sequence(head: bytes, _ending: str) -> bool:
    text = _text_of(head)
    first, _newline, rest = text.partition("\n")
    return text.startswith("\x1e{") or (
        rest.lstrip().startswith("{")
        and re.match(r'\{.*"type"\s*:\s*"Feature"', first) is not None
        and _is_json(first)
    )


def _is_json(text: str) -> bool:
    try:
        loaded(text)
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


def _open_geojson(path: Path, content: bytes | None, name: str) -> Dataset:
    return GeoJson(path, path.read_bytes() if content is None else content, PurePosixPath(name).stem)


def _open_sequence(path: Path, content: bytes | None, name: str) -> Dataset:
    data = path.read_bytes() if content is None else content
    return GeoJson(path, data, PurePosixPath(name).stem, sequence=True)


def _open_kml(path: Path, content: bytes | None, name: str) -> Dataset:
    return Kml(path, path.read_bytes() if content is None else content, PurePosixPath(name).stem)


def _open_gml(path: Path, content: bytes | None, _name: str) -> Dataset:
    return Gml(path, path.read_bytes() if content is None else content)


def _open_gpx(path: Path, content: bytes | None, _name: str) -> Dataset:
    return Gpx(path, path.read_bytes() if content is None else content)


def _open_flatgeobuf(path: Path, content: bytes | None, name: str) -> Dataset:
    return FlatGeobuf(path, path.read_bytes() if content is None else content, PurePosixPath(name).stem)


def _open_geoparquet(path: Path, content: bytes | None, name: str) -> Dataset:
    return GeoParquet(path, path.read_bytes() if content is None else content, PurePosixPath(name).stem)


def _open_drawing(path: Path, content: bytes | None, _name: str) -> Dataset:
    return Drawing(path, path.read_bytes() if content is None else content)


def _open_shapefile(path: Path, _content: bytes | None, _name: str) -> Dataset:
    return ShapefileSet(path, [shapefile.bundle_of(path)])


def _open_geopackage(path: Path, content: bytes | None, _name: str) -> Dataset:
    return GeoPackage(path, content)


def _open_cad(path: Path, content: bytes | None, _name: str) -> Dataset:
    return CadFile(path, content)


def _is_beside_shapefile(head: bytes, ending: str) -> bool:
    return ending in {".dbf", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".qpj"} and not head.startswith(b"PK")


FORMATS: tuple[Format, ...] = (
    Format(
        marked("a member of a shapefile"),
        _is_beside_shapefile,
        advice=marked("give the .shp file; the others are found beside it"),
    ),
    Format(marked("a shapefile"), _magic(shapefile.MAGIC), _open_shapefile),
    Format(marked("a GeoPackage"), lambda head, _ending: geopackage.is_geopackage(head), _open_geopackage),
    Format(marked("an SQLite database that is no GeoPackage"), _magic(geopackage.MAGIC)),
    # Links to other files or to services, in the clothes of data.
    Format(marked("a GDAL stream description (GDALG)"), _json('"gdal_streamed_alg"'), advice=_SERVICE),
    Format(
        marked("a GDAL virtual file (VRT), a link to other files"),
        _root("ogrvrtdatasource", "ogrvrtlayer", "ogrvrtwarpedlayer", "vrtdataset", "gdaltileindexdataset"),
        advice=_SERVICE,
    ),
    Format(
        marked("the address of a network service (WFS, WMS, WCS, WMTS)"),
        _root(
            *("ogrwfsdatasource", "ogroapifdatasource", "ogrcswdatasource", "gdal_wms", "wms_capabilities"),
            *("gdal_wmts", "wcs_gdal", "capabilities", "wmt_ms_capabilities", "wfs_capabilities"),
        ),
        advice=_SERVICE,
    ),
    # JSON
    Format(marked("TopoJSON"), _json('"type"\\s*:\\s*"Topology"')),
    Format(marked("ESRI JSON"), _json('"geometryType"\\s*:\\s*"esri|"esriGeometry')),
    Format(marked("GeoJSON text sequence"), _is_sequence, _open_sequence),
    Format(marked("GeoJSON"), _json(""), _open_geojson),
    # XML
    Format("KML", _root("kml"), _open_kml),
    Format("GPX", _root("gpx"), _open_gpx),
    Format(marked("an SVG drawing"), _root("svg")),
    Format(marked("a web page"), _root("html")),
    Format("GML", _root("featurecollection", "spatialdataset", "dataset", "basefeature"), _open_gml),
    Format("XML", _root()),
    # Drawings and the cadastre's own formats
    Format(
        marked("an AutoCAD drawing (DWG)"),
        _magic(b"AC10", b"AC1.", b"AC2."),
        advice=marked("save it as DXF in the program that drew it, and give that file"),
    ),
    Format("DXF", _text(r"(?>999[ \t]*\r?\n[^\n]*\n\s*)*+0\s*\r?\n\s*SECTION"), _open_drawing),
    Format("DXF", _magic(b"AutoCAD Binary DXF"), _open_drawing),
    Format(
        marked("a file of the cadastre (.cad)"),
        _text(r"HEADER\s[\s\S]*?(VERSION|EKATTE|EKNM|REFERENCE|COORDTYPE)"),
        _open_cad,
    ),
    Format(
        marked("a file of the agricultural map (ZEM)"),
        lambda _head, ending: ending == ".zem",
        advice=_CADASTRE,
    ),
    Format("MicroStation DGN", _magic(b"\x08\x09\xfe\x02", b"\xc8\x09\xfe\x02")),
    # Other vector formats
    Format("FlatGeobuf", _magic(b"fgb\x03fgb"), _open_flatgeobuf),
    Format("GeoParquet", _magic(b"PAR1"), _open_geoparquet),
    Format("MapInfo TAB", _text(r"!table")),
    Format("MapInfo MIF", _text(r"(?i)version\s+\d+\s+charset")),
    # Rasters
    Format(
        "ECW",
        _magic(b"e\x02\x00", b"ecw"),
        advice=marked("convert it to GeoTIFF where it was made: ECW cannot be read without a licence"),
    ),
    Format(
        "MrSID",
        _magic(b"msid"),
        advice=marked("convert it to GeoTIFF where it was made: MrSID cannot be read without a licence"),
    ),
    Format(
        marked("a picture"),
        _magic(b"II*\x00", b"MM\x00*", b"II+\x00", b"\x89PNG", b"\xff\xd8\xff", b"RIFF"),
        advice=_IMAGE,
    ),
    Format("JPEG 2000", _magic(b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"), advice=_IMAGE),
    # Documents and archives
    Format("PDF", _magic(b"%PDF")),
    Format(marked("an old Office document"), _magic(b"\xd0\xcf\x11\xe0")),
    Format(marked("a RAR archive"), _magic(b"Rar!"), advice=_UNPACK),
    Format(marked("a 7z archive"), _magic(b"7z\xbc\xaf\x27\x1c"), advice=_UNPACK),
    Format(marked("a gzip archive"), _magic(b"\x1f\x8b"), advice=_UNPACK),
    Format(
        marked("a table or a list of points as text"),
        lambda head, ending: ending in {".csv", ".txt", ".tsv", ".pnt"} or looks_like_list(head),
        open_text,
    ),
)
# The member by which a spreadsheet is known among the documents that are archives.
_WORKBOOK = "xl/workbook.xml"
_IN_ARCHIVE: tuple[tuple[str, str], ...] = (
    ("[content_types].xml", marked("an Office document")),
    ("mimetype", marked("an OpenDocument file")),
    (".gdbtable", marked("a file geodatabase")),
)


def recognise(head: bytes, name: str) -> Format | None:
    """The format of a file by its first bytes; the ending only tells apart what content cannot."""
    ending = PurePosixPath(name.lower()).suffix
    return next((each for each in FORMATS if each.fits(head, ending)), None)


def open_dataset(path: Path) -> Dataset:
    """Open `path` with the reader for its content.

    Raises
    ------
    InputError
        If it is missing, unreadable, or of a format that is not read; the hint says what to do.
    """
    if path.is_dir():
        raise InputError(
            _("{file} is a folder").format(file=path),
            hint=_("give the file in it: .shp, .gpkg, .geojson, .kml, .gml, .dxf, .cad, .csv or .zip"),
        )
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if head.startswith(archive.MAGIC):
            return _open_archive(path)
        return _open_content(path, path.name, head, None)
    except FileNotFoundError as error:
        raise InputError(
            _("no such file: {file}").format(file=path), hint=_("mind the folder and the spelling")
        ) from error
    except OSError as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=path, reason=error.strerror or error),
            hint=_("see whether another program holds it, or the rights of the file"),
        ) from error


def _open_content(path: Path, name: str, head: bytes, content: bytes | None) -> Dataset:
    if not head:
        raise InputError(
            _("{file} is empty").format(file=path),
            hint=_("ask the sender for the file again, best as GeoPackage"),
        )
    found = recognise(head, name)
    if found is None:
        raise InputError(
            _("{file}: the content is of no format that is known").format(file=path),
            hint=_(_READABLE),
        )
    if found.opens is None:
        raise InputError(
            _("{file} is {format}: it is not read").format(file=path, format=_(found.name)),
            hint=_(found.advice),
        )
    return found.opens(path, content, name)


def _stands_alone(name: str, head: bytes) -> bool:
    """Whether a member beside shapefiles is data of its own, not a remark or a part of them."""
    ending = PurePosixPath(name.lower()).suffix
    if ending in {".xlsx", ".xlsm", ".csv", ".tsv"}:
        return True
    if ending == ".shp" or _is_beside_shapefile(head, ending):
        return False
    found = recognise(head, name)
    return found is not None and found.opens is not None and (ending != ".txt" or looks_like_list(head))


def _open_archive(path: Path) -> Dataset:
    heads = archive.heads(path, HEAD_BYTES)
    if any(name.lower().endswith(".shp") for name in heads):
        shapes = ShapefileSet(path, archive.bundles(path))
        shapes.left_out = tuple(sorted(name for name, head in heads.items() if _stands_alone(name, head)))
        return shapes
    if any(name.lower() == _WORKBOOK for name in heads):
        return open_workbook(path, path.read_bytes())
    for ending, what in _IN_ARCHIVE:
        if any(name.lower().endswith(ending) for name in heads):
            raise InputError(
                _("{file} is {format}: it is not read").format(file=path, format=_(what)), hint=_(_EXPORT)
            )
    readable = [
        name
        for name, head in heads.items()
        if (found := recognise(head, name)) is not None and found.opens is not None
    ]
    main = next((name for name in readable if name.lower() == "doc.kml"), None)
    if main is not None:  # a KMZ: the others are what its links would fetch
        readable = [main]
    if len(readable) == 1:
        name = readable[0]
        return _open_content(path, name, heads[name], archive.member(path, name))
    if readable:
        raise InputError(
            _("{file} holds several files: {names}").format(file=path, names=", ".join(sorted(readable))),
            hint=_(_UNPACK),
        )
    raise InputError(
        _("{file}: nothing in the archive can be read").format(file=path),
        hint=_(_READABLE),
    )

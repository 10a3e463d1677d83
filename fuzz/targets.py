"""What is fuzzed: each reader of foreign text as a function of bytes that must never surprise.

A target may refuse in words (``RegularizeError``); anything else that it raises is a finding. What it
returns is held against an invariant that the rest of the program rests on.
"""

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from regularize import gdal_guard  # noqa: F401 first, before any engine
from regularize.countries.bg import identifier
from regularize.errors import RegularizeError
from regularize.intake import registry
from regularize.intake.cad.reader import CadFile
from regularize.intake.dataset import Dataset
from regularize.intake.geojson import GeoJson
from regularize.intake.kml import Kml
from regularize.intake.text import forms
from regularize.intake.text.opening import open_text
from regularize.intake.values import as_date, as_text, without_controls
from regularize.privacy import find_personal, redact

NOWHERE = Path("fuzz.bin")
MOST_BYTES = 4096


def whole(dataset: Dataset) -> None:
    """Read every layer; rows, values and faults must account for each other."""
    for info in dataset.layers():
        layer = dataset.open_layer(info.name, None)
        rows = layer.read(layer.fields)
        n = len(rows.geometries)
        assert n == layer.info.n, f"{n} rows read, {layer.info.n} announced"
        assert all(len(values) == n for values in rows.values.values())
        assert all(0 <= position < n for position in rows.faults)
        assert len(layer.digest()) == 64


def cad(data: bytes) -> None:
    """A file of the cadastre's exchange format, its text in any encoding."""
    whole(CadFile(NOWHERE, data))


def points(data: bytes) -> None:
    """A point list, a table of outlines, or what is taken for one."""
    whole(open_text(NOWHERE, data, "fuzz"))


def odk(data: bytes) -> None:
    """The answer of a field form: places and their accuracies."""
    text = data.decode("utf-8", "replace")
    walk = forms.parse(text)
    if walk is not None:
        assert all(-180 <= east <= 180 and -90 <= north <= 90 for east, north in walk.places)
        assert all(accuracy >= 0 for accuracy in walk.accuracies_m)


def identifiers(data: bytes) -> None:
    """A cadastral identifier: what is valid is made of its parts again."""
    text = data.decode("utf-8", "replace")
    identifier.ekatte_check_digit_ok(text)
    if identifier.is_valid(text):
        assert identifier.compact(text) == ".".join(identifier.split(text))
        assert identifier.is_valid(identifier.parcel_of(text))
        assert identifier.settlement_of(text) == identifier.split(text)[0]
        identifier.kind(text)
        identifier.warnings(text)
    masked, hits = redact(text)
    assert (masked == text) == (hits == 0)
    assert not find_personal(masked)


def dates(data: bytes) -> None:
    """A day as text: one reading or none, never the wrong century."""
    text = data.decode("utf-8", "replace")
    day = as_date(text)
    assert day is None or (isinstance(day, date) and str(day.year).zfill(4) in text)
    without_controls(as_text(text) or "").encode("utf-8")


def gate(data: bytes) -> None:
    """JSON and KML as they come in: recognised by content, then read whole."""
    registry.recognise(data[: registry.HEAD_BYTES], "fuzz.json")
    if data.lstrip()[:1] == b"<":
        whole(Kml(NOWHERE, data, "fuzz"))
    else:
        whole(GeoJson(NOWHERE, data, "fuzz"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "cad": cad,
    "points": points,
    "odk": odk,
    "identifiers": identifiers,
    "dates": dates,
    "gate": gate,
}
# Where half of the mutants follow the structure of JSON.
STRUCTURED = frozenset({"gate"})

_GEOJSON = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ref":"a","use":"Навес"},'
    '"geometry":{"type":"Polygon","coordinates":[[[25.1,43.1],[25.2,43.1],[25.2,43.2],[25.1,43.1]]]}},'
    '{"type":"Feature","properties":null,"geometry":null}]}'
)
_WITH_CRS = _GEOJSON.replace('{"type"', '{"crs":{"type":"name","properties":{"name":"EPSG:7801"}},"type"', 1)
_KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<Folder><name>Сгради</name><Placemark><name>1</name><ExtendedData><Data name='ref'><value>a</value>"
    "</Data></ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>25,43 25.1,43 25.1,43.1 "
    "25,43</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>"
)
_CAD = (
    "HEADER\r\nVERSION 4.03\r\nEKATTE 00990\r\nNAME село Примерово\r\nPROGRAM fuzz 1\r\nDATE 01.02.2024\r\n"
    "FIRM фирма\r\nREFERENCE 4750000 500000\r\nWINDOW 0 0 100 100\r\nCOORDTYPE 2005,K\r\n"
    "CONTENTS CADASTER\r\nCOMMENT\r\nEND_HEADER\r\nLAYER CADASTER\r\n"
    "L 2 1 80 0 01.02.2024\r\n1 0.000 0.000 0 0 0;2 30.000 0.000 0 0 0;\r\n"
    "C 1 501.1 10 10 01.02.2024\r\n1 2 3 4\r\nP 1 5 10 10 0 0 0 0 01.02.2024\r\nEND_LAYER\r\n"
    "TABLE POZEMLIMOTI\r\nF IDENT T 20 0 0\r\nF PLDOC N 12 2 0\r\nD 00990.501.1,12.5\r\nEND_TABLE\r\n"
)
SEEDS: dict[str, tuple[str, ...]] = {
    "cad": (_CAD, _CAD.replace("4.03", "2.00"), "HEADER\r\nEND_HEADER\r\n", "HEADER\nVERSION 4.03\n"),
    "points": (
        "1 4725824.359 321559.123 560.12 СГР\n2 4725834.1 321569.5 560.2 СГР\n3 4725844 321559 561 ОГР\n",
        "№;X;Y;H;код\n1;4725824,359;321559,123;560,12;сграда\n2;4725834,1;321569,5;560;сграда\n",
        "ref,geometry\na,42.65 26.33 197.0 4.5;42.66 26.34 0 0;42.67 26.35 0 0\n",
        "ref;wkt\na;POLYGON((0 0,1 0,1 1,0 0))\n",
    ),
    "odk": ("42.65 26.33 197.0 4.5; 42.66 26.34 0 0;", "42.65 26.33 0 0", "90.0 180.0;-90.0 -180.0", ";;"),
    "identifiers": ("68134.4081.2048", "00990.501.1.1.2", "68134", "ЕГН 9545121234", "68134.501.1.2.3.4"),
    "dates": ("03.04.2025", "2025-04-03T10:00:00Z", "31.12.2024 г.", "1/2/03", "20\u06f25-04-03"),
    "gate": (
        _GEOJSON,
        _WITH_CRS,
        _KML,
        _GEOJSON.replace("25.1", "1e400"),
        '{"type":"Point","coordinates":[1,2]}',
    ),
}
ENCODINGS: dict[str, Iterable[str]] = {"cad": ("cp1251", "cp866", "utf-8"), "points": ("cp1251", "utf-8")}
WORDS: dict[str, tuple[str, ...]] = {
    "cad": (
        "HEADER",
        "LAYER ",
        "CADASTER",
        "END_LAYER",
        "TABLE ",
        "END_TABLE",
        "L 2 ",
        "C 1 ",
        "P 1 ",
        "S ",
        "D ",
    ),
    "points": ("1 ", ";", "\t", "4725824.359", "321559.123", "СГР", "POLYGON((", "e308", "nan"),
    "odk": ("42.65 ", "; ", "-", ".", "1e9", "nan"),
    "identifiers": ("68134.", "00000", ".1", "ЕГН", "0"),
    "dates": ("2025-", ".2025", "29.02.", "г.", "T"),
    "gate": (
        '"type":',
        '"Polygon"',
        '"coordinates":',
        "[[",
        "]]",
        "null",
        "1e400",
        "NaN",
        "<Placemark>",
        "<!DOCTYPE",
    ),
}


def seeds_of(name: str) -> list[bytes]:
    """The corpus that a target starts from."""
    encodings = tuple(ENCODINGS.get(name, ("utf-8",)))
    return [text.encode(encoding, "replace") for text in SEEDS[name] for encoding in encodings]


def words_of(name: str) -> tuple[str, ...]:
    """What its inputs are put together from."""
    return WORDS[name]


def once(name: str, data: bytes) -> None:
    """One run of a target: a refusal in words is fine."""
    try:
        TARGETS[name](data)
    except RegularizeError as refused:
        assert refused.message, "a refusal without words"

"""Sound files with odd values put at places of their structure, where blind damage seldom arrives.

Bytes that are flipped break a file before its values are looked at. Here the form stays whole: an
element, a record, a cell or a pair of a drawing is given what no program writes, doubled, left out,
or put where another one stood.
"""

import copy
import random
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.ElementTree import fromstring

NUMBERS = (
    *("0", "-1", "1e308", "-1e308", "1e309", "1e-320", "nan", "-inf", "1_000", "0x10", "²", "１２", "٣٤"),
    *("9" * 30, "9" * 5000, "1." + "0" * 400, "1,5", "1.234,5", "+", ".", "1e5000", "2147483648", "181"),
)
TEXTS = (
    *("", " ", "\u00a0", "я" * 10_000, "\ufffd", "\U0001f3e0", "\u202e", "\u2028", "null", "[]", "((", "{0}"),
    *("%s", "\\", '"', "'", ";", "|", "=1+1", "../x", "<", "&", "POINT(1 2)", "POLYGON EMPTY", "\\U+D800"),
    *("31.12.9999", "0001-01-01", "0000-00-00", "2024-02-30", "10000-01-01", "2024-01-01T00:00:00+23:59"),
    *("EPSG:5773", "EPSG:999999", "urn:ogc:def:crs:EPSG::5773", "+init=epsg:4326", "+proj=pipeline", "{"),
    *("00990.501.1", "990.501.1", "1.10E+09", "²²²²².²²²", "٠٠٩٩٠.٥٠١.١", "XXI-2308, кв. 133", "idna"),
)
ODD = (*NUMBERS, *TEXTS)
_TIMES = (1, 1, 1, 2, 4)
# Words of the vocabularies that may stand where another one stood.
_KML = "Placemark Folder name Data value Polygon Point LineString MultiGeometry LinearRing Track coordinates"
_GML = (
    "Polygon Point Curve Surface MultiSurface Arc ArcString Circle LineStringSegment LinearRing Ring "
    "posList pos coordinates exterior interior segments patches boundedBy referenceGeometry"
)
_GPX = "wpt rte trk rtept trkseg trkpt name ele time"
_ATTRIBUTES = ["srsName", "srsDimension", "cs", "ts", "decimal", "name", "lat", "lon", "id"]
# Where records and blocks of a cadastre file begin.
_RECORDS = (
    *("HEADER", "END_HEADER", "LAYER CADASTER", "LAYER REGPLAN", "END_LAYER", "TABLE SGRADI", "TABLE PRAVA"),
    *(
        "END_TABLE",
        "CONTROL CADASTER",
        "END_CONTROL",
        "F IDENT T 20 0 0",
        "D",
        "C",
        "C 2",
        "L 2",
        "M [",
        "P 5",
    ),
    *("P 5", "COORDTYPE ,,,", "COORDTYPE 2005,UTM,99", "REFERENCE nan nan", "CONTUR_AREA 501.1 nan"),
    *("CONTUR_NESTED 501.1 501.1", "CONTUR_NESTED 501.1 501.2 501.2", "NUMBER_LINES " + "9" * 5000),
    "M 1.1 0 0 01.01.2020 0 [1 (2 " + "9" * 5000 + ")] [3]",
)
_ENTITIES = (
    *("LINE", "POINT", "CIRCLE", "ARC", "ELLIPSE", "SPLINE", "SOLID", "HATCH", "INSERT", "TEXT", "MTEXT"),
    *("LWPOLYLINE", "POLYLINE", "VERTEX", "ATTRIB", "SEQEND", "BLOCK", "ENDBLK", "ENDSEC", "EOF"),
)
_CODES = (0, 2, 5, 8, 10, 20, 30, 11, 21, 40, 41, 42, 44, 50, 67, 70, 71, 72, 91, 92, 93, 210, 230, 999, -1)

Change = Callable[[bytes, random.Random], bytes]


def xml(whole: bytes, dice: random.Random) -> bytes:
    """Elements and attributes of an XML document changed at a few places."""
    root: Element = fromstring(whole)
    space = root.tag.partition("}")[0] + "}"
    words = [space + word for word in f"{_KML} {_GML} {_GPX}".split()]
    for _time in range(dice.choice(_TIMES)):
        every = list(root.iter())
        above = {child: each for each in every for child in each}
        one, other = dice.choice(every), dice.choice(every)
        what = dice.choice(("text", "numbers", "attribute", "drop", "double", "rename", "move", "nest"))
        if what == "text":
            one.text = dice.choice((*ODD, other.text or ""))
        elif what == "numbers":
            one.text = dice.choice((" ", ",")).join(
                dice.choices(("25", "43.1", *NUMBERS), k=dice.randrange(9))
            )
        elif what == "attribute":
            one.set(dice.choice([*one.attrib, *_ATTRIBUTES]), dice.choice(ODD))
        elif what == "rename":
            one.tag = dice.choice([other.tag, *words])
        elif what == "nest":
            for _depth in range(dice.choice((2, 30, 120))):
                one = SubElement(one, dice.choice([other.tag, *words]))
        elif one in above and what == "drop":
            above[one].remove(one)
        elif one in above and what == "double":
            above[one].append(copy.deepcopy(one))
        elif one in above and other not in set(one.iter()):
            above[one].remove(one)
            other.append(one)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _lines(whole: bytes, dice: random.Random, separators: tuple[bytes, ...], heads: tuple[str, ...]) -> bytes:
    lines = whole.replace(b"\r\n", b"\n").split(b"\n")
    for _time in range(dice.choice(_TIMES)):
        at, from_ = dice.randrange(len(lines)), dice.randrange(len(lines))
        what = dice.choice(("cell", "cell", "cell", "borrow", "cut", "drop", "double", "swap", "head"))
        separator = dice.choice(separators)
        cells = lines[at].split(separator)
        cell = dice.randrange(len(cells))
        if what == "cell":
            cells[cell] = dice.choice(ODD).encode(dice.choice(("utf-8", "cp1251")), "replace")
        elif what == "borrow":
            cells[cell] = dice.choice(lines[from_].split(separator))
        elif what == "cut":
            del cells[cell]
        lines[at] = separator.join(cells)
        if what == "double":
            lines.insert(from_, lines[at])
        elif what == "swap":
            lines[at], lines[from_] = lines[from_], lines[at]
        elif what == "drop" and len(lines) > 1:
            del lines[at]
        elif what == "head" and heads:
            lines.insert(at, dice.choice(heads).encode())
    return b"\n".join(lines)


def cad(whole: bytes, dice: random.Random) -> bytes:
    """Tokens and records of a cadastre file changed at a few places."""
    return _lines(whole, dice, (b" ", b" ", b",", b";"), _RECORDS)


def cells(whole: bytes, dice: random.Random) -> bytes:
    """Cells and rows of a list or table changed at a few places."""
    head = whole.partition(b"\n")[0]
    return _lines(whole, dice, (max((b";", b",", b"\t", b" "), key=head.count), b";"), ())


def tags(whole: bytes, dice: random.Random) -> bytes:
    """Pairs of code and value of a drawing changed at a few places, most of them of what is drawn."""
    lines = whole.replace(b"\r\n", b"\n").split(b"\n")
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    first = next((at for at, (_code, value) in enumerate(pairs) if value.strip() == b"ENTITIES"), 0)
    for _time in range(dice.choice((1, 2, 4, 10))):
        at, other = dice.randrange(first, len(pairs)), dice.randrange(first, len(pairs))
        code, value = pairs[at]
        what = dice.choice(("number", "number", "text", "code", "type", "drop", "double", "swap", "new"))
        if what in {"number", "text"}:
            pairs[at] = code, dice.choice(NUMBERS if what == "number" else ODD).encode()
        elif what == "code":
            pairs[at] = b"%d" % dice.choice(_CODES), value
        elif what == "type":
            types = [place for place in range(first, len(pairs)) if pairs[place][0].strip() == b"0"]
            pairs[dice.choice(types or [at])] = b"0", dice.choice(_ENTITIES).encode()
        elif what == "drop" and len(pairs) > first + 2:
            del pairs[at]
        elif what == "double":
            pairs[at:at] = pairs[at : at + dice.randrange(1, 12)]
        elif what == "swap":
            pairs[at], pairs[other] = pairs[other], pairs[at]
        else:
            pairs.insert(at, (b"%d" % dice.choice(_CODES), dice.choice(NUMBERS).encode()))
    return b"".join(b"%s\n%s\n" % pair for pair in pairs)

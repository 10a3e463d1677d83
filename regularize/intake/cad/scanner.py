"""From the bytes of a ``.cad`` file to its records, line by line.

Nothing is judged here but form: a record that begins is a record, however broken its rest. What is
personal is passed over before it is taken apart.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import IO

from regularize.intake.cad.records import (
    Content,
    Contour,
    Control,
    Line,
    Point,
    RawTable,
    Section,
    metres,
)
from regularize.intake.cad.rows import field_name, split_row

# The format allows 512 characters; longer lines are taken in pieces, so that no line fills memory.
MOST_LINE_BYTES = 65_536
LONGEST_ALLOWED = 512
# Tables whose rows are wanted. Of all others only the number of rows is kept.
WANTED_TABLES = frozenset({"POZEMLIMOTI", "SGRADI", "REGCONTURI"})
RIGHTS_TABLE = "PRAVA"
# Tables of people: no line of theirs is looked at.
PERSONAL_TABLES = frozenset({"PERSONS", RIGHTS_TABLE})
# Layers with a grammar of their own inside, or of no use here: their records are counted.
READ_LAYERS = frozenset({"CADASTER", "REGPLAN"})
# As much text as suffices to tell its encoding.
_WORDS_BYTES = 400_000

_RECORD = re.compile(rb"([PLCSTM])[ \t]+(\S.*)", re.DOTALL)
_BLOCK = re.compile(
    rb"(HEADER|LAYER|CONTROL|TABLE|END_HEADER|END_LAYER|END_CONTROL|END_TABLE)(?:\s+(\S+))?\s*$"
)
_DATE = re.compile(rb"\d{1,2}\.\d{1,2}\.\d{4}")
_GROUP = re.compile(rb"\[([^\]]*)\]")
_HOLE = re.compile(rb"\(([^()]*)\)")
_NUMBER = re.compile(rb"[\d.]+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_DIGITS = 18
# No outline on the ground takes more text.
_MOST_RECORD_BYTES = 2**22


def scan(stream: IO[bytes], size: int) -> Content:
    """All records of a file of `size` bytes, and the sha256 of its content."""
    return _Scanner(size).run(stream)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.readline(MOST_LINE_BYTES):
        yield piece


class _Scanner:
    def __init__(self, size: int) -> None:
        self._content = Content()
        self._digest = hashlib.sha256(size.to_bytes(8, "big"))
        self._block = ""
        self._name = ""
        self._section: Section | None = None
        self._control = Control()
        self._table: RawTable | None = None
        self._rights: tuple[int, int, int] | None = None
        self._line: Line | None = None
        self._contour: Contour | None = None
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._words_bytes = 0

    def run(self, stream: IO[bytes]) -> Content:
        first = True
        for piece in _pieces(stream):
            self._digest.update(piece)
            line = piece.strip(b" \t\r\n\x1a")
            if first:
                line, first = line.removeprefix(_BYTE_ORDER_MARK), False
            if len(line) > LONGEST_ALLOWED:
                self._content.long_lines += 1
            if line:
                self._take(line)
        self._finish_record()
        if self._block:
            self._content.cut_in = f"{self._block} {self._name}".strip()
        self._content.sha256 = self._digest.hexdigest()
        return self._content

    def _take(self, line: bytes) -> None:
        if line[:1] in b"HLCTE" and (found := _BLOCK.match(line)):
            self._turn(found.group(1).decode(), field_name(found.group(2) or b""))
        elif self._block == "HEADER":
            self._header(line)
        elif self._block == "LAYER":
            self._layer(line)
        elif self._block == "CONTROL":
            self._controls(line)
        elif self._block == "TABLE":
            self._tables(line)

    def _turn(self, word: str, name: str) -> None:
        """A block ends or begins; one that begins inside another ends it."""
        self._finish_record()
        if word.startswith("END_"):
            self._content.unclosed += word != f"END_{self._block}"
            self._block = self._name = ""
            return
        self._content.unclosed += bool(self._block)
        self._block, self._name = word, name
        if word == "LAYER":
            self._section = self._content.sections.setdefault(name, Section())
        elif word == "CONTROL":
            self._control = self._content.controls.setdefault(name, Control())
        elif word == "TABLE":
            self._table = self._content.tables.setdefault(name, RawTable())
            self._rights = None

    def _collect_words(self, line: bytes) -> None:
        if not line.isascii() and self._words_bytes < _WORDS_BYTES:
            self._content.words.append(line)
            self._words_bytes += len(line)

    def _header(self, line: bytes) -> None:
        key, _blank, value = line.partition(b" ")
        self._content.header.setdefault(field_name(key), value.strip())
        self._collect_words(value)

    # Records of a layer

    def _layer(self, line: bytes) -> None:
        section = self._section
        assert section is not None  # noqa: S101 set whenever a LAYER begins
        if found := _RECORD.match(line):
            self._finish_record()
            letter = found.group(1).decode()
            section.records[letter] += 1
            if self._name in READ_LAYERS:
                text, bracket, rest = (
                    found.group(2).partition(b"[") if letter == "M" else (found.group(2), b"", b"")
                )
                self._begin(section, letter, text.split())
                self._pending = [bracket + rest]
        elif self._line is not None or self._contour is not None:
            self._pending.append(line)
            self._pending_bytes += len(line)
            if self._pending_bytes > _MOST_RECORD_BYTES:
                self._abandon()

    def _begin(self, section: Section, letter: str, tokens: list[bytes]) -> None:
        if letter == "L":
            self._line = _line(tokens)
            section.every_line.append(self._line)
        elif letter in "CM":
            self._contour = _contour(tokens, multiple=letter == "M")
            section.contours.append(self._contour)
        elif letter == "P":
            if _is_historic(tokens[-1]) and len(tokens) > 8:
                section.historic["P"] += 1
            else:
                section.points.append(_point(tokens))

    def _abandon(self) -> None:
        if self._line is not None:
            self._line.broken = True
        if self._contour is not None:
            self._contour.broken = True
        self._clear()

    def _clear(self) -> None:
        self._pending = []
        self._pending_bytes = 0

    def _finish_record(self) -> None:
        section = self._section
        if section is not None and self._line is not None:
            _read_vertices(self._line, b" ".join(self._pending))
            if self._line.number < 0:
                section.unreadable += 1
            elif self._line.number in section.lines:
                section.repeated_lines += 1
            else:
                section.lines[self._line.number] = self._line
        if self._contour is not None:
            _read_lines(self._contour, b" ".join(self._pending))
        self._line = self._contour = None
        self._clear()

    # The writer's own figures

    def _controls(self, line: bytes) -> None:
        word, *tokens = line.split()
        control = self._control
        if word.startswith(b"NUMBER_") and tokens and tokens[0].isdigit():
            control.counts[word[7:].decode("ascii", errors="replace")] = int(tokens[0][:12])
        elif word == b"CONTUR_AREA" and len(tokens) >= 2:
            area_m2 = metres(tokens[1])
            if area_m2 is not None:
                control.areas_m2[tokens[0]] = area_m2
        elif word == b"CONTUR_NESTED" and len(tokens) >= 2:
            control.nested.setdefault(tokens[0], []).extend(tokens[1:])
        elif word == b"CONTUR_CONFLICT" and len(tokens) >= 2:
            control.conflicts.append((tokens[0], tokens[1]))

    # Tables

    def _tables(self, line: bytes) -> None:
        table = self._table
        assert table is not None  # noqa: S101 set whenever a TABLE begins
        if line.startswith(b"D"):
            table.n += 1
            if self._name == RIGHTS_TABLE:
                self._right(table, line[1:])
        elif line.startswith(b"F ") and (tokens := line.split()) and len(tokens) > 1:
            table.fields.append(tokens[1])
        if self._name in PERSONAL_TABLES:
            return
        self._collect_words(line)
        if line.startswith(b"D") and self._name in WANTED_TABLES:
            table.rows.append(line[1:].strip())

    def _right(self, table: RawTable, row: bytes) -> None:
        """Count a right; nothing of its row is kept but object, kind of right and of ownership."""
        names = [field_name(name) for name in table.fields]
        values = split_row(row)
        rights = self._content.rights
        if values is None or len(values) != len(names) or not {"IDENT", "PRAVOVID"} <= set(names):
            rights.by_kind["?"] += 1
            return
        identifier, kind = values[names.index("IDENT")], values[names.index("PRAVOVID")]
        rights.by_kind[kind.decode() if kind.isdigit() and len(kind) < 4 else "?"] += 1
        rights.objects.add(identifier)
        if "VIDS" in names and (ownership := values[names.index("VIDS")]).isdigit():
            rights.ownership.setdefault(identifier, set()).add(ownership)


def _is_historic(token: bytes) -> bool:
    return _DATE.fullmatch(token) is not None


def _is_state(token: bytes) -> bool:
    """Whether a token is what stands last in a record: 0 for alive, or the day it ended."""
    return token == b"0" or _is_historic(token)


def _line(tokens: list[bytes]) -> Line:
    """L t n k b d {h}; without a number that can be read it has the number -1."""
    numbered = len(tokens) > 1 and tokens[1].isdigit() and len(tokens[1]) <= _MOST_DIGITS
    kind = int(tokens[0]) if tokens[0].isdigit() and len(tokens[0]) < 6 else None
    historic = len(tokens) > 4 and _is_historic(tokens[4])
    begin = tokens[3] if len(tokens) > 3 else b""
    return Line(int(tokens[1]) if numbered else -1, kind, historic, begin, broken=not numbered)


def _read_vertices(line: Line, text: bytes) -> None:
    """Groups of ``n x y t o m``, each closed with a semicolon."""
    groups = text.split(b";")
    line.broken |= bool(groups.pop().strip())  # the last one is not closed: the record was cut
    for group in groups:
        tokens = group.split()
        if not tokens:
            continue
        north = metres(tokens[1]) if len(tokens) >= 3 else None
        east = metres(tokens[2]) if len(tokens) >= 3 else None
        if north is None or east is None:
            line.broken = True
            continue
        line.vertices.append((round(east * 1000), round(north * 1000)))
        line.accuracies.append(tokens[3] if len(tokens) > 3 else b"0")


def _contour(tokens: list[bytes], *, multiple: bool) -> Contour:
    """C t n x y b d, or M n x y b d."""
    kind = None
    if not multiple:
        kind = int(tokens[0]) if tokens[0].isdigit() and len(tokens[0]) < 4 else None
        tokens = tokens[1:]
    place = _place(tokens[1:3])
    whole = len(tokens) >= 5 and _is_state(tokens[4]) and place is not None
    return Contour(
        type=kind,
        number=tokens[0] if tokens else b"",
        inside=place,
        begin=tokens[3] if len(tokens) > 3 else b"",
        historic=len(tokens) > 4 and _is_historic(tokens[4]),
        parts=[] if multiple else None,
        broken=not whole,
    )


def _read_lines(contour: Contour, text: bytes) -> None:
    if contour.parts is not None:
        if any(len(number) > _MOST_DIGITS for number in _NUMBER.findall(text)):
            contour.broken = True  # and nobody has to take such a number for one
            return
        for group in _GROUP.findall(text):
            holes = [_NUMBER.findall(hole) for hole in _HOLE.findall(group)]
            contour.parts.append((_NUMBER.findall(_HOLE.sub(b" ", group)), holes))
        return
    for token in text.split():
        if token.isdigit() and len(token) <= _MOST_DIGITS:
            contour.lines.append(int(token))
        else:
            contour.broken = True


def _place(tokens: list[bytes]) -> tuple[float, float] | None:
    """(east, north) from "north east"."""
    numbers = [metres(token) for token in tokens]
    if len(numbers) < 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[1], numbers[0]


def _point(tokens: list[bytes]) -> Point:
    """P t n x y h k mx my kh mh mst msg sgn cen "ono" b d."""
    errors = _place(tokens[6:8])
    return Point(
        number=tokens[1] if len(tokens) > 1 else b"",
        type=tokens[0],
        place=_place(tokens[2:4]),
        height_m=metres(tokens[4]) if len(tokens) > 4 else None,
        mean_errors_m=errors,
    )

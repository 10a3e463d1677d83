"""Where a text still stands in files, byte by byte: the proof of an erasure.

Looks at the bytes themselves in the encodings that our files use, and into what is packed: zip
members (also DOCX and XLSX), streams of a PDF and the text that it sets, packed parts of our maps.
"""

import base64
import binascii
import gzip
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 32 << 20
_MOST_INFLATED = 256 << 20  # of one packed part; more is no file of ours
_DEPTH = 2
_LEAST = 4  # letters and digits: shorter texts are found everywhere by chance
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PACKED = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")
_TAG = re.compile(rb"<[^>]{0,2000}>")
_CMAP_PART = re.compile(rb"begin(bfchar|bfrange)(.*?)endbf(?:char|range)", re.DOTALL)
_CMAP_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")
_SHOWN = re.compile(rb"<([0-9A-Fa-f]+)>|\((?:[^()\\]|\\.)*\)", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """Whether a file holds one of the texts, and whether all of it could be looked at."""

    path: Path
    hits: int
    readable: bool = True


class Needles:
    """Texts in every form of bytes in which a file of ours may hold them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted({t for t in texts if len(re.sub(r"\W", "", t)) >= _LEAST})
        forms = {form for text in self.texts for form in _forms(text)}
        self.longest = max(map(len, forms), default=1)
        self._pattern = re.compile(b"|".join(map(re.escape, sorted(forms, key=len, reverse=True))))
        bare = {_bare(form) for text in self.texts for form in (text.encode("utf-8"),)}
        self._bare = re.compile(b"|".join(map(re.escape, sorted(bare, key=len, reverse=True))))

    def count(self, content: bytes) -> int:
        """How often one of the texts stands in `content` as it lies."""
        return sum(1 for _match in self._pattern.finditer(content)) if self.texts else 0

    def count_bare(self, content: bytes) -> int:
        """The same, without regard to white space: for text that was set into lines."""
        return sum(1 for _match in self._bare.finditer(_bare(content))) if self.texts else 0


def _bare(content: bytes) -> bytes:
    return re.sub(rb"\s+|\xc2\xa0|\xc2\xad", b"", content)


def _forms(text: str) -> Iterator[bytes]:
    spellings = {text, text.upper(), text.lower(), text.title()}
    spellings |= {html.escape(s) for s in spellings} | {json.dumps(s)[1:-1] for s in spellings}
    spellings |= {json.dumps(s, ensure_ascii=False)[1:-1] for s in spellings}
    for spelling in spellings:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1251", "cp866"):
            try:
                yield spelling.encode(encoding)
            except UnicodeEncodeError:
                continue


def scan(path: Path, needles: Needles) -> Found:
    """Look for `needles` in the file `path`."""
    if path.stat().st_size > _BLOCK:
        return Found(path, _scan_long(path, needles))
    content = path.read_bytes()
    hits = needles.count(content)
    readable = True
    for part in _parts(content, _DEPTH):
        if part is None:
            readable = False
        else:
            hits += needles.count(part) + needles.count_bare(part)
    return Found(path, hits, readable)


def _scan_long(path: Path, needles: Needles) -> int:
    hits, tail = 0, b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            # What ends in the part that is looked at again is counted there, once.
            hits += needles.count(tail + block) - needles.count(tail)
            tail = block[-(needles.longest - 1) :] if needles.longest > 1 else b""
    return hits


def _parts(content: bytes, depth: int) -> Iterator[bytes | None]:
    """What is packed in `content`, unpacked; None for what cannot be read."""
    if content.startswith(b"%PDF"):
        yield from _pdf(content)
    elif content.startswith(b"PK\x03\x04"):
        for member in _members(content):
            yield member
            if member is not None and depth > 1:
                yield from _parts(member, depth - 1)
    elif content.startswith(b"\x1f\x8b"):
        yield _gunzipped(content)
    elif content.lstrip()[:1] == b"<":
        yield html.unescape(_TAG.sub(b"", content).decode("utf-8", "replace")).encode("utf-8")
        for match in _PACKED.finditer(content):
            try:
                packed = base64.b64decode(match[0])
            except (binascii.Error, ValueError):
                continue
            if packed.startswith(b"\x1f\x8b"):
                yield _gunzipped(packed)


def _members(content: bytes) -> Iterator[bytes | None]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                yield info.filename.encode("utf-8", "replace")
                if info.flag_bits & 1 or info.file_size > _MOST_INFLATED:
                    yield None
                    continue
                yield archive.read(info)
    except (zipfile.BadZipFile, NotImplementedError, OSError, zlib.error, EOFError):
        yield None


def _gunzipped(content: bytes) -> bytes | None:
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(_MOST_INFLATED)
        return unpacked if len(unpacked) < _MOST_INFLATED else None
    except (OSError, EOFError, zlib.error):
        return None


def _pdf(content: bytes) -> Iterator[bytes | None]:
    """The streams of a PDF, and what it sets, spelled by each of its tables of characters."""
    streams = []
    for match in _STREAM.finditer(content):
        try:
            streams.append(zlib.decompressobj().decompress(match[1], _MOST_INFLATED))
        except zlib.error:
            streams.append(match[1])
    yield from streams
    tables = [_characters(stream) for stream in streams if b"begincmap" in stream]
    pages = [stream for stream in streams if b"BT" in stream and b"begincmap" not in stream]
    for table in tables:
        for page in pages:
            yield _spelled(page, table).encode("utf-8")


def _characters(cmap: bytes) -> dict[int, str]:
    """Glyph number -> text, of a ToUnicode table."""
    table: dict[int, str] = {}
    for kind, body in _CMAP_PART.findall(cmap):
        if kind == b"bfchar":
            codes = _CMAP_HEX.findall(body)
            for code, text in zip(codes[::2], codes[1::2], strict=False):
                table[int(code, 16)] = _from_hex(text)
            continue
        for line in re.findall(rb"<[^\n\r]*", body):
            codes = _CMAP_HEX.findall(line)
            if len(codes) < 3:
                continue
            first, last = int(codes[0], 16), int(codes[1], 16)
            if b"[" in line:
                for offset, text in enumerate(codes[2:]):
                    table[first + offset] = _from_hex(text)
                continue
            start = _from_hex(codes[2])
            for number in range(first, min(last, first + 0xFFFF) + 1):
                table[number] = (
                    start[:-1] + chr(min(ord(start[-1]) + number - first, 0x10FFFF)) if start else ""
                )
    return table


def _from_hex(digits: bytes) -> str:
    return bytes.fromhex(digits.decode("ascii").zfill(4)).decode("utf-16-be", "replace")


def _spelled(page: bytes, table: dict[int, str]) -> str:
    out = []
    for match in _SHOWN.finditer(page):
        codes = bytes.fromhex(match[1].decode("ascii")) if match[1] else _literal(match[0][1:-1])
        for i in range(0, len(codes) - 1, 2):
            out.append(table.get(codes[i] << 8 | codes[i + 1], "\ufffd"))
    return "".join(out)


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _literal(text: bytes) -> bytes:
    """The bytes of a PDF string in round brackets."""

    def plain(match: re.Match[bytes]) -> bytes:
        word = match[1]
        if word.isdigit():
            return bytes([int(word, 8) & 0xFF])
        return _ESCAPES.get(word, word)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, text, flags=re.DOTALL)

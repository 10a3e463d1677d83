"""A PDF of the typesetter made smaller: the same objects, packed into compressed object streams.

The tags that a screen reader needs are many small objects, and the typesetter writes them as plain
text: more than half of a dossier. PDF/A-2 admits object streams (ISO 32000-1, 7.5.7), so nothing is
lost by packing them.
"""

import re
import struct
import zlib
from itertools import pairwise

_PER_STREAM = 200  # objects that a reader unpacks at once
_XREF = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_SECTION = re.compile(rb"\s*xref\s+0 (\d+)\s*\n")
_TRAILER = re.compile(rb"trailer\s*<<(.*)>>\s*startxref", re.DOTALL)
_HEAD = re.compile(rb"(\d+) 0 obj\s*")
_ENTRY = 20  # bytes of one line of a cross-reference table
_FREE, _PLAIN, _PACKED = 0, 1, 2


def compact(pdf: bytes) -> bytes:
    """`pdf` with its small objects packed; as it came where its make is not the one that is known.

    Parameters
    ----------
    pdf : bytes
        One revision with a plain cross-reference table of generation 0, not encrypted.

    Returns
    -------
    bytes
        The same for the same input. Streams (pages, fonts, metadata) are copied byte for byte.
    """
    objects = _objects(pdf)
    trailer = _TRAILER.search(pdf)
    if objects is None or trailer is None or b"/Encrypt" in trailer[1]:
        return pdf
    small = [number for number, body in objects.items() if not body.endswith(b"endstream")]
    out = bytearray(pdf[: pdf.index(b"1 0 obj")] if b"1 0 obj" in pdf else b"%PDF-1.7\n")
    places: dict[int, tuple[int, int, int]] = {0: (_FREE, 0, 0xFFFF)}
    for number, body in objects.items():
        if body.endswith(b"endstream"):
            places[number] = (_PLAIN, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    following = max(objects) + 1
    for first in range(0, len(small), _PER_STREAM):
        chunk = small[first : first + _PER_STREAM]
        head: list[bytes] = []
        bodies: list[bytes] = []
        at = 0
        for index, number in enumerate(chunk):
            head.append(b"%d %d" % (number, at))
            bodies.append(objects[number])
            at += len(objects[number]) + 1
            places[number] = (_PACKED, following, index)
        table = b" ".join(head) + b"\n"
        packed = zlib.compress(table + b"\n".join(bodies), 6)
        places[following] = (_PLAIN, len(out), 0)
        out += b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Length %d/Filter/FlateDecode>>\nstream\n" % (
            following,
            len(chunk),
            len(table),
            len(packed),
        )
        out += packed + b"\nendstream\nendobj\n"
        following += 1
    places[following] = (_PLAIN, len(out), 0)
    rows = b"".join(struct.pack(">BIH", *places.get(n, (_FREE, 0, 0xFFFF))) for n in range(following + 1))
    rows = zlib.compress(rows, 9)
    rest = re.sub(rb"/Size\s+\d+", b"", trailer[1]).strip()
    start = len(out)
    out += b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Length %d/Filter/FlateDecode %s>>\nstream\n" % (
        following,
        following + 1,
        len(rows),
        rest,
    )
    out += rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % start
    return bytes(out)


def _objects(pdf: bytes) -> dict[int, bytes] | None:
    """The bodies of all objects by number, read by the cross-reference table; None where there is none."""
    end = _XREF.search(pdf)
    section = _SECTION.match(pdf, int(end[1])) if end else None
    if end is None or section is None:
        return None
    table = pdf[section.end() : section.end() + int(section[1]) * _ENTRY]
    entries = [table[i : i + _ENTRY] for i in range(0, len(table), _ENTRY)]
    offsets = {n: int(e[:10]) for n, e in enumerate(entries) if e[17:18] == b"n"}
    bounds = [*sorted(offsets.values()), int(end[1])]
    ends = dict(pairwise(bounds))
    found: dict[int, bytes] = {}
    for number, offset in offsets.items():
        whole = pdf[offset : ends[offset]].rstrip()
        head = _HEAD.match(whole)
        if head is None or int(head[1]) != number or not whole.endswith(b"endobj"):
            return None
        found[number] = whole[head.end() : -len(b"endobj")].rstrip()
    return found or None

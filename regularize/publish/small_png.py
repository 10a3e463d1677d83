"""A PNG of few colours from one of many: previews are flat maps, and a palette takes a quarter of the bytes.

Only for pictures that typst has drawn: eight bits a channel, not interlaced.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # colour types: red, green, blue; the same with opacity
_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4
_STEP = 17  # sixteen shades a channel


def with_few_colours(png: bytes, most: int = 48) -> bytes:
    """`png` with its `most` most frequent colours; every other pixel takes the nearest of them.

    Raises
    ------
    ValueError
        If it is no PNG of the kind that typst writes.
    """
    pixels = decoded(png)
    coarse = np.rint(pixels / _STEP).astype(np.int64)
    code = (coarse[..., 0] * 16 + coarse[..., 1]) * 16 + coarse[..., 2]
    codes, place, count = np.unique(code, return_inverse=True, return_counts=True)
    shades = np.stack((codes // 256, codes // 16 % 16, codes % 16), axis=1)
    # The true colour of a shade is the mean of its pixels: flat faces keep theirs.
    flat = place.reshape(-1)
    means = np.stack([np.bincount(flat, pixels[..., c].reshape(-1)) / count for c in range(3)], axis=1)
    kept = np.sort(np.argsort(-count, kind="stable")[:most])
    away = ((shades[:, None, :] - shades[None, kept, :]) ** 2).sum(axis=2)
    index = away.argmin(axis=1)[flat].reshape(code.shape).astype(np.uint8)
    return _encoded(index, np.rint(means[kept]).astype(np.uint8))


def decoded(png: bytes) -> NDArray[np.uint8]:
    """Rows, columns, red-green-blue of a PNG on white.

    Raises
    ------
    ValueError
    """
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    parts = dict.fromkeys((b"IHDR", b"IDAT"), b"")
    for kind, body in _chunks(png):
        if kind in parts:
            parts[kind] += body
    width, height, depth, colour, _z, _f, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    if depth != 8 or colour not in _CHANNELS or interlaced:
        raise ValueError("a PNG of another kind")
    n = _CHANNELS[colour]
    raw = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8).reshape(height, 1 + width * n)
    rows = np.zeros((height, width * n), dtype=np.uint8)
    above = np.zeros(width * n, dtype=np.uint8)
    for i in range(height):
        above = rows[i] = _unfiltered(int(raw[i, 0]), raw[i, 1:], above, n)
    pixels = rows.reshape(height, width, n).astype(np.float64)
    if n == 3:
        return rows.reshape(height, width, n)
    opacity = pixels[..., 3:] / 255
    return np.rint(pixels[..., :3] * opacity + 255 * (1 - opacity)).astype(np.uint8)


def _unfiltered(kind: int, row: NDArray[np.uint8], above: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    if kind == _SUB:
        return np.cumsum(row.reshape(-1, n), axis=0, dtype=np.uint8).reshape(-1)
    if kind == _UP:
        return row + above
    if kind not in {_AVERAGE, _PAETH}:
        return row
    line, up = row.tolist(), above.tolist()
    for i, value in enumerate(line):
        left = line[i - n] if i >= n else 0
        if kind == _AVERAGE:
            line[i] = (value + (left + up[i]) // 2) & 255
            continue
        corner = up[i - n] if i >= n else 0
        guess = left + up[i] - corner
        a, b, c = abs(guess - left), abs(guess - up[i]), abs(guess - corner)
        near = left if a <= b and a <= c else up[i] if b <= c else corner
        line[i] = (value + near) & 255
    return np.array(line, dtype=np.uint8)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += 12 + size


def _encoded(index: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    height, width = index.shape
    lines = np.hstack((np.zeros((height, 1), dtype=np.uint8), index))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )

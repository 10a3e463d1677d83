"""What stands in a ``.cad`` file, before anything is made of it.

Coordinates are whole millimetres from the reference point of the file, as (east, north): the file
itself writes north before east.
"""

from collections import Counter
from dataclasses import dataclass, field

Vertex = tuple[int, int]

# Nothing on Earth lies farther from a reference point.
_MOST_M = 100_000_000.0


def metres(token: bytes) -> float | None:
    """A number in metres; None where it is none, or beyond any place on Earth."""
    try:
        value = float(token)
    except ValueError:
        return None
    return value if abs(value) < _MOST_M else None


@dataclass
class Line:
    """A line (L): its type, whether it is historic, its vertices and their accuracy codes."""

    number: int
    type: int | None
    historic: bool
    begin: bytes = b""
    vertices: list[Vertex] = field(default_factory=list)
    accuracies: list[bytes] = field(default_factory=list)
    broken: bool = False


@dataclass
class Contour:
    """A contour (C) as a list of lines, or a multipolygon (M) as groups of them.

    Parameters
    ----------
    type : int or None
        1 building, 2 parcel, 3 cadastral region, 4 settlement territory; None for M.
    number : bytes
        Identifier without settlement, as written.
    inside : tuple of float or None
        (east, north) of the interior point, from the reference point, in metres.
    parts : list of (outer, holes)
        Only of M: numbers of lines or of contours.
    """

    type: int | None
    number: bytes
    inside: tuple[float, float] | None
    begin: bytes
    historic: bool
    lines: list[int] = field(default_factory=list)
    parts: list[tuple[list[bytes], list[list[bytes]]]] | None = None
    broken: bool = False


@dataclass(frozen=True)
class Point:
    """A point (P): place from the reference point, height and mean errors, all in metres."""

    number: bytes
    type: bytes
    place: tuple[float, float] | None
    height_m: float | None
    mean_errors_m: tuple[float, float] | None


@dataclass
class Section:
    """One LAYER; of lines with one number, ``lines`` has the first, ``every_line`` all."""

    lines: dict[int, Line] = field(default_factory=dict)
    every_line: list[Line] = field(default_factory=list)
    contours: list[Contour] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    historic: Counter[str] = field(default_factory=Counter)
    repeated_lines: int = 0
    unreadable: int = 0


@dataclass
class Control:
    """One CONTROL: what the writer of the file says of its LAYER."""

    counts: dict[str, int] = field(default_factory=dict)
    areas_m2: dict[bytes, float] = field(default_factory=dict)
    nested: dict[bytes, list[bytes]] = field(default_factory=dict)
    conflicts: list[tuple[bytes, bytes]] = field(default_factory=list)


@dataclass
class RawTable:
    """One TABLE: names of its fields, and its rows where they are wanted."""

    fields: list[bytes] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    n: int = 0


@dataclass
class Rights:
    """Of the table of rights: how many there are by kind, and on how many objects. No person."""

    by_kind: Counter[str] = field(default_factory=Counter)
    objects: set[bytes] = field(default_factory=set)
    ownership: dict[bytes, set[bytes]] = field(default_factory=dict)


@dataclass
class Content:
    """A whole file."""

    header: dict[str, bytes] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    tables: dict[str, RawTable] = field(default_factory=dict)
    rights: Rights = field(default_factory=Rights)
    cut_in: str | None = None
    unclosed: int = 0
    long_lines: int = 0
    words: list[bytes] = field(default_factory=list)
    sha256: str = ""

"""What a reader hands on: layers, and rows as they stand in the source.

A reader knows one format and nothing of the layers of the store. Geometry comes in the CRS of the
source, values as the source wrote them; a row that cannot be read is a :class:`Fault`, never a gap.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from regularize.layers import Family
from regularize.model import Issue


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a source: its name, geometry family, row count and CRS (None where unstated)."""

    name: str
    family: Family
    n: int
    crs: str | None


@dataclass(frozen=True)
class Fault:
    """Why the reader could not read one row, and its raw geometry if there is any.

    Parameters
    ----------
    mended : bool
        Whether the row has its geometry all the same, and the fault is only to be told.
    """

    code: str
    message: str
    wkb: bytes | None = None
    mended: bool = False


# A ring whose last point does not repeat its first: readers close it, the row checks say so.
_CLOSED = "UNCLOSED_RING"
RING_CLOSED = Fault(_CLOSED, "", mended=True)


@dataclass
class Rows:
    """The rows of one layer.

    Parameters
    ----------
    geometries : array of shapely geometries
        In the CRS of the source; None where null or faulty. One per row.
    values : dict
        Source column -> one value per row: text, number, date, bool or None.
    faults : dict
        Position -> why the row could not be read.
    issues : list of Issue
        About the file as a whole.
    is_judged : bool
        Whether the encoding was told by statistics alone: then a person should see a row.
    """

    geometries: NDArray[Any]
    values: dict[str, Sequence[Any]]
    faults: dict[int, Fault] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    encoding: str | None = None
    notes: list[str] = field(default_factory=list)
    is_judged: bool = False


class OpenLayer(ABC):
    """One layer, open for reading.

    Attributes
    ----------
    info : LayerInfo
        Its count comes from a header or an index, not from reading the rows.
    fields : tuple of str
        Names of its columns.
    crs : pyproj.CRS or None
        As declared; None where nothing is declared.
    placed_by_area : bool
        Whether the format itself leaves open which coordinate comes first, or which CRS it is in:
        then the project's area decides, and the batch records it.
    named_by : str or None
        The column that gave the rows their references, where all its values are numbers of things:
        it names no persons, whatever it is called.
    """

    info: LayerInfo
    fields: tuple[str, ...]
    crs: CRS | None
    placed_by_area: bool = False
    named_by: str | None = None

    def prefer(self, family: Family) -> None:  # noqa: B027 most formats leave nothing open
        """Hear which family is wanted, where the source leaves it open (a closed line of a drawing).

        Called once, before ``read``; ``info.n`` may change.
        """

    def check_placeable(self, *, by_points: bool) -> None:  # noqa: B027 most formats declare no such system
        """Hear whether identical points or a grid are at hand, where the file declares an old system.

        Raises
        ------
        InputError
            If only these can place the file, and there are none.
        """

    @abstractmethod
    def read(self, columns: Sequence[str]) -> Rows:
        """All rows with the values of `columns` (source names)."""

    @abstractmethod
    def digest(self) -> str:
        """sha256 of the content of all members, whatever they are called."""


class Dataset(ABC):
    """A source of one or more layers.

    Attributes
    ----------
    path : Path
        As the user gave it.
    reader : str
        Name of the reader, kept with the batch.
    encoding : str or None
        What the user names, set before ``layers()``: where names of layers are text too.
    left_out : tuple of str
        What else lies in the same archive and could be read by itself.
    """

    path: Path
    reader: str
    encoding: str | None = None
    left_out: tuple[str, ...] = ()

    @abstractmethod
    def layers(self) -> list[LayerInfo]:
        """What there is to read."""

    def layer_of(self, origin: str, kind: str | None) -> str | None:  # noqa: ARG002 for formats that know
        """The layer that holds `kind`, where the format itself says; None where only names can tell.

        Without a `kind`: the layer that is meant where nothing else is said.
        """
        return None

    @abstractmethod
    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """One of ``layers()`` by name; `encoding` overrides what the source declares."""


def empty_geometries(n: int) -> NDArray[Any]:
    """An array of `n` missing geometries."""
    return np.full(n, None, dtype=object)


def digest_of(members: Iterable[bytes]) -> str:
    """sha256 over the members, each with its length, so that no two sets share one."""
    total = hashlib.sha256()
    for member in members:
        total.update(len(member).to_bytes(8, "big"))
        total.update(member)
    return total.hexdigest()


def crs_name(crs: CRS | None) -> str | None:
    """``AUTH:CODE`` where the CRS has one, else its name."""
    if crs is None:
        return None
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else crs.name

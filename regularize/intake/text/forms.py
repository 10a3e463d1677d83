"""Answers of field forms (ODK, Kobo) as tables: geopoint, geotrace and geoshape.

A place is ``latitude longitude altitude accuracy``, latitude first; a trace or shape is places with
semicolons between them. Telephones measure to metres, not centimetres: the accuracy that they state
becomes that of the outline, and where they state none they get the one of telephones.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from pyproj import CRS

from regularize import countries
from regularize.i18n import translate as _
from regularize.intake.dataset import Dataset, Fault, LayerInfo, OpenLayer
from regularize.intake.rows import Ledger
from regularize.intake.text.delimited import TableLayer
from regularize.intake.text.lines import Text, decode, short_names, table
from regularize.intake.text.words import words
from regularize.layers import Family

_DECIMAL = r"-?[0-9]{1,3}\.[0-9]+"
_REST = r"(?:\s+-?[0-9]+(?:\.[0-9]+)?){0,2}"
_PLACE = re.compile(
    rf"\s*({_DECIMAL}|-?[0-9]{{1,3}})\s+({_DECIMAL}|-?[0-9]{{1,3}})((?:\s+-?[0-9]+(?:\.[0-9]+)?){{0,2}})\s*"
)
MARK = re.compile(rf"{_DECIMAL} +{_DECIMAL}{_REST} *(?:;|,|\"|\t|\r|\n|$)".encode())
_SPLIT_MARK = re.compile(r"(?i)(.+)[-_](latitude|longitude|altitude|accuracy|precision)$")
_MOST_ROWS = 0.5
# Metres beyond which a place is good for "there is something", not for where it ends.
PRESENCE_ONLY_M = 3.0
# The program knows no worse accuracy than this.
_WORST_M = 50.0


@dataclass(frozen=True)
class _Walk:
    """Places as (longitude, latitude), and the accuracies (m) that were stated for them."""

    places: tuple[tuple[float, float], ...]
    accuracies_m: tuple[float, ...]


def parse(value: str) -> _Walk | None:
    """The places of an answer; None where one of them cannot be read.

    Examples
    --------
    >>> parse("42.65 26.33 197.0 4.5; 42.66 26.34 0 0;").places
    ((26.33, 42.65), (26.34, 42.66))
    """
    places, accuracies = [], []
    for part in value.split(";"):
        if not part.strip():
            continue  # some versions end with an empty place
        found = _PLACE.fullmatch(part)
        if found is None:
            return None
        latitude, longitude = float(found.group(1)), float(found.group(2))
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            return None
        places.append((longitude, latitude))
        rest = found.group(3).split()
        if len(rest) == 2 and float(rest[1]) > 0:
            accuracies.append(float(rest[1]))
    return _Walk(tuple(places), tuple(accuracies)) if places else None


def columns_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """Positions of the columns that hold places in most of their values."""
    found = []
    for at in range(len(rows[0])):
        values = [row[at] for row in rows[1:] if at < len(row) and row[at].strip()]
        fitting = sum(parse(value) is not None for value in values)
        if fitting and fitting >= _MOST_ROWS * len(values):
            found.append(at)
    return found


class FormTable(Dataset):
    """The answers to one form; of several columns with places each is a layer."""

    reader = "odk"

    def __init__(self, path: Path, content: bytes, name: str) -> None:
        self.path = path
        self._content = content
        self._name = name

    def _columns(self, text: Text) -> tuple[dict[str, int], list[list[str]]]:
        rows = table(self.path, text.text)
        places = columns_of(rows)
        names = short_names(rows[0])
        return ({self._name: places[0]} if len(places) == 1 else {names[at]: at for at in places}), rows

    def layers(self) -> list[LayerInfo]:
        """See the base class."""
        columns, _rows = self._columns(decode(self.path, self._content, self.encoding))
        return [self.open_layer(name, self.encoding).info for name in columns]

    def open_layer(self, name: str, encoding: str | None) -> OpenLayer:
        """See the base class."""
        text = decode(self.path, self._content, encoding)
        columns, rows = self._columns(text)
        column = columns[name]
        chosen = None
        if len(columns) > 1:  # each answer has a place in some of them
            chosen = [at for at, row in enumerate(rows[1:]) if column < len(row) and row[column].strip()]
        hidden = {*columns.values()}
        for at, heading in enumerate(rows[0]):
            plain = heading.strip().casefold()
            of_the_device = {plain, re.split(r"[/-]", plain)[-1]} & set(words("forms")["device"])
            if of_the_device or _SPLIT_MARK.fullmatch(plain):  # or the same place again, in parts
                hidden.add(at)
        return _FormLayer(self.path, self._content, text, name, column, frozenset(hidden), chosen)


class _FormLayer(TableLayer):
    def __init__(
        self,
        path: Path,
        content: bytes,
        text: Text,
        name: str,
        column: int,
        hidden: frozenset[int],
        rows: Sequence[int] | None,
    ) -> None:
        super().__init__(path, content, text, name, hidden=hidden, rows=rows)
        self._column = column
        self.crs: CRS | None = CRS.from_epsg(4326)
        headings = [heading.strip().casefold() for heading in table(path, text.text)[0]]
        told = words("forms")
        self._key = next((headings.index(name) for name in told["key"] if name in headings), None)
        self._day = next((headings.index(name) for name in told["day"] if name in headings), None)
        self.fields = tuple(dict.fromkeys((*self.fields, "sigma_m", "valid_from", "id")))
        self._walks = [parse(r[column]) if column < len(r) else None for r in self._records]
        lengths = [len(walk.places) for walk in self._walks if walk is not None]
        family: Family = "point" if lengths and max(lengths) == 1 else "any"
        self.info = LayerInfo(name, family, len(self._records), "EPSG:4326")
        self._wants: Family = "any"

    def prefer(self, family: Family) -> None:
        """See the base class: a walk is an outline where outlines are wanted."""
        self._wants = family

    def _geometry(self, record: Sequence[str]) -> Any:
        value = record[self._column] if self._column < len(record) else ""
        if not value.strip():
            return None
        walk = parse(value)
        if walk is None:
            return Fault("FORM_PLACE_UNREADABLE", _("its place cannot be read as latitude and longitude"))
        places = list(walk.places)
        if len(places) == 1:
            return shapely.points(places[0])
        closed = places[0] == places[-1]
        if self._wants == "polygon" or (self._wants == "any" and closed and len(places) > 3):
            return self._outline(places, closed=closed)
        return shapely.linestrings(places)

    def _outline(self, places: list[tuple[float, float]], *, closed: bool) -> Any:
        if not closed:
            if places[-1] == places[1]:
                places.pop()  # some programs repeat the second place at the end, not the first
            places.append(places[0])
        if len(set(places)) < 3:
            return Fault("FORM_TOO_FEW_PLACES", _("fewer than three different places make no outline"))
        return shapely.polygons(places)

    def _column_of(self, at: int | None) -> list[str | None]:
        return [(r[at].strip() or None) if at is not None and at < len(r) else None for r in self._records]

    def _own(self, values: dict[str, Sequence[Any]], ledger: Ledger) -> None:
        phone_m = countries.load("generic").sigmas["survey.phone_gnss"].value_m
        sigmas_m: list[float | None] = []
        silent = rough = 0
        for row, walk in enumerate(self._walks):
            if walk is None:
                sigmas_m.append(None)
                continue
            stated = walk.accuracies_m
            sigma_m = (sum(value * value for value in stated) / len(stated)) ** 0.5 if stated else phone_m
            silent += not stated
            rough += sigma_m > PRESENCE_ONLY_M
            sigmas_m.append(round(min(sigma_m, _WORST_M), 2))
            if self._wants == "polygon" and len(walk.places) > 2 and walk.places[0] != walk.places[-1]:
                ledger.warn(
                    row, "FORM_RING_OPEN", _("the walk does not end where it began: it was closed straight")
                )
        values["sigma_m"] = sigmas_m
        values.setdefault("valid_from", self._column_of(self._day))
        values.setdefault("id", self._column_of(self._key))
        if silent:
            ledger.note(
                "FORM_ACCURACY_MISSING",
                _("{n} places state no accuracy: that of telephones is taken, {sigma} m").format(
                    n=silent, sigma=phone_m
                ),
            )
        if rough:
            ledger.note(
                "FORM_ACCURACY_POOR",
                _(
                    "{n} of {of} places are less accurate than {limit} m: good for where something stands, "
                    "not for where its boundary runs"
                ).format(n=rough, of=len(self._walks), limit=PRESENCE_ONLY_M),
            )

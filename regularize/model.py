"""The frozen words of the house, named after LADM (ISO 19152) where it has a word.

Three different things have three types: an :class:`Issue` says that the data is odd, a
:class:`Finding` that the situation matters, an exception (``errors``) that the program was misused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from shapely.geometry.base import BaseGeometry


class Verdict(StrEnum):
    """The law is three-valued."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_ASSESSED = "not_assessed"


class NotAssessed(StrEnum):
    """Why a verdict is ``not_assessed``."""

    FACT_MISSING = "fact_missing"
    LAW_UNVERIFIED = "law_unverified"
    WITHIN_UNCERTAINTY = "within_uncertainty"
    ADVICE_NEEDED = "advice_needed"


class Severity(StrEnum):
    """How much an issue matters: an error quarantines the row, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class BuildingClass(StrEnum):
    """What a building is to the register. Candidates, until a person decides."""

    NOT_IN_CADASTRE = "not_in_cadastre"
    ADJOINING_ANNEX = "adjoining_annex"
    NOT_IN_SURVEY = "not_in_survey"
    UNCHANGED = "unchanged"
    EXTENDED = "extended"
    REDUCED = "reduced"
    CHANGED = "changed"
    REBUILT = "rebuilt"
    MERGED = "merged"
    SPLIT = "split"
    COMPLEX = "complex"
    UNCERTAIN = "uncertain"


class PlotClass(StrEnum):
    """What a plot, as occupied, is to the parcels of the register."""

    REGISTERED = "registered"
    PART_OF_PARCEL = "part_of_parcel"
    INFORMAL_SUBDIVISION = "informal_subdivision"
    STRADDLES = "straddles"
    PARTLY_OUTSIDE = "partly_outside"
    NO_PARCEL = "no_parcel"
    UNCERTAIN = "uncertain"


# The classes that need nobody's decision: shown only with --all.
QUIET_CLASSES = frozenset({BuildingClass.UNCHANGED.value, PlotClass.REGISTERED.value})


class Grade(StrEnum):
    """How sure a finding is, from its score and the accuracy of its sources."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class ReviewState(StrEnum):
    """What a person has said of a finding."""

    NEW = "new"
    FIELD_CHECK = "field_check"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CORRECTED = "corrected"


# A person has said what it is: nothing waits any more. A field check is still to be made.
DECIDED = frozenset({ReviewState.CONFIRMED, ReviewState.REJECTED, ReviewState.CORRECTED})


@dataclass(frozen=True, repr=False)
class Measure:
    """A measured value with its standard deviation and unit (``m``, ``m2``, ``1``)."""

    value: float
    sigma: float | None
    unit: str

    def __repr__(self) -> str:
        # What a dataclass writes, without its guard against rings: a run writes a hundred thousand.
        return f"Measure(value={self.value!r}, sigma={self.sigma!r}, unit={self.unit!r})"


@dataclass(frozen=True)
class Issue:
    """Something odd in the data.

    Parameters
    ----------
    code : str
        Permanent code, explained in the rules of the country pack.
    severity : Severity
    message : str
        For people, in the user's language, without personal data.
    feature : int, optional
        Zero-based position of the row in its source layer.
    x, y : float, optional
        Where, in the project's CRS (x = easting).
    """

    code: str
    severity: Severity
    message: str
    feature: int | None = None
    x: float | None = None
    y: float | None = None


# How a note begins that tells which check could not be made, and why.
NOT_ASSESSED = "not assessed: "


@dataclass(frozen=True)
class Source:
    """One delivery of one layer (LA_Source): what was read, how, and with what result."""

    path: str
    layer: str
    origin: str
    kind: str
    sha256: str
    reader: str
    source_crs: str
    encoding: str | None
    sigma_m: float
    valid_from: date
    source: str
    n_read: int
    profile: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def not_assessed(self) -> dict[str, str]:
        """By code, which checks could not be made and why, as the notes tell."""
        kept = (note.removeprefix(NOT_ASSESSED) for note in self.notes if note.startswith(NOT_ASSESSED))
        return {code: why for code, _sep, why in (text.partition(": ") for text in kept)}


@dataclass(frozen=True)
class Batch:
    """A stored delivery: the Source plus what became of it."""

    id: int
    source: Source
    n_stored: int
    n_quarantined: int
    row_digest: str
    recorded_at: str
    withdrawn_reason: str | None = None


@dataclass(frozen=True)
class Finding:
    """A situation that matters, as a candidate until a person decides.

    ``survey_fids``/``register_fids`` are row numbers of the store, ``*_refs`` the input's own
    references carried through untouched. ``id`` is empty until identities are carried over.
    """

    kind: str  # "building" | "plot"
    cls: str  # a BuildingClass or PlotClass value
    geometry: BaseGeometry
    survey_fids: tuple[int, ...]
    register_fids: tuple[int, ...]
    survey_refs: tuple[str, ...]
    register_refs: tuple[str, ...]
    reasons: tuple[str, ...]
    measures: Mapping[str, Measure]
    score: float
    grade: Grade
    id: str = ""
    review: ReviewState = ReviewState.NEW
    home: str | None = None
    closed_reason: str | None = None

    def but(self, **values: Any) -> "Finding":
        """A copy with other values: ``dataclasses.replace`` in a tenth of the time, for whole runs."""
        made = object.__new__(Finding)
        made.__dict__.update(self.__dict__, **values)
        return made


@dataclass(frozen=True)
class Home:
    """The basic administrative unit (LA_BAUnit) that links everything about one home.

    The id ``T-<settlement>-<n>`` is permanent and never looks like a cadastral identifier.
    """

    id: str
    settlement: str
    geometry: BaseGeometry
    register_fids: tuple[int, ...]
    survey_fids: tuple[int, ...]
    plot_fids: tuple[int, ...]
    valid_from: date
    valid_to: date | None = None
    merged_into: str | None = None


@dataclass(frozen=True)
class Event:
    """A dated, sourced entry of the log; its payload lies apart so that it can be erased."""

    seq: int
    type: str
    subject: str  # "case:C-1", "home:T-00000-1", "finding:B-1", "batch:1", "store"
    on: date  # when it happened
    recorded_at: str
    actor: str
    payload: Mapping[str, Any] | None  # None once erased
    hash: str


@dataclass(frozen=True)
class Case:
    """A procedure that runs for a plan part, an area or homes. Its status is never stored."""

    id: str
    kind: str  # a procedure of the country pack
    title: str
    opened_on: date
    geometry: BaseGeometry | None = None
    homes: tuple[str, ...] = ()
    plan_part: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HomeChanges:
    """What a detection run means for the homes; ids are set, merge and split are events.

    Parameters
    ----------
    kept, new : tuple of Home
        ``kept`` carry refreshed geometry and links under their old id.
    merged : tuple of (str, str)
        (id that ends, id that goes on).
    split : tuple of (str, str)
        (id that goes on, new id that left it).
    closed : tuple of (str, str)
        (id, reason) of homes that nothing rests on any more.
    """

    kept: tuple[Home, ...] = ()
    new: tuple[Home, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()
    split: tuple[tuple[str, str], ...] = ()
    closed: tuple[tuple[str, str], ...] = ()

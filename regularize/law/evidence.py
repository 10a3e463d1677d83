"""Evidence of age: dated pieces bound the time in which a building came to exist.

A piece that does not show the building bounds it from below, one that shows it from above, each as
far as its own dating is sure. A cut-off inside the interval is not assessed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from regularize.countries import Pack
from regularize.countries.reading import check_keys, read_table
from regularize.law.judgement import Judgement, of, undecided
from regularize.model import NotAssessed

FILE = "evidence.toml"
FACT = "built_on"


@dataclass(frozen=True)
class Kind:
    """A kind of evidence; `shows_absence` where it can prove that nothing stood there yet."""

    id: str
    shows_absence: bool


@dataclass(frozen=True)
class Piece:
    """One dated piece.

    Parameters
    ----------
    kind : str
        An id of ``evidence.toml``.
    shows : bool
        Whether the building is seen in it or follows from it.
    dated : datetime.date
        The day for which it speaks (of a picture, the flight; of a bill, its period).
    accuracy : timedelta
        The day may be off by this much either way. Zero for a piece that bears its day.
    ref : str
        What names it in the log; no names of persons.
    origin : str
        The home for which it was recorded, where that is another one.
    sha256 : str
        Digest of the scanned file, where one was named.
    """

    kind: str
    shows: bool
    dated: date
    accuracy: timedelta = timedelta(0)
    ref: str = ""
    origin: str = ""
    sha256: str = ""

    @property
    def earliest(self) -> date:
        """The first day for which it may speak."""
        return _moved(self.dated, -self.accuracy)

    @property
    def latest(self) -> date:
        """The last day for which it may speak."""
        return _moved(self.dated, self.accuracy)


@dataclass(frozen=True)
class Interval:
    """When a building came to exist: after `after`, not later than `by`; None is without bound.

    Parameters
    ----------
    pieces : tuple of Piece
        All that were used, by date.
    contradictions : tuple of (Piece, Piece)
        Pairs (does not show, shows) that cannot both be true of the same building.
    """

    after: date | None
    by: date | None
    pieces: tuple[Piece, ...] = ()
    contradictions: tuple[tuple[Piece, Piece], ...] = ()


@dataclass(frozen=True)
class Deciding:
    """The piece that would decide a cut-off.

    A picture from between `after` and `by`, the nearer to `cut_off` the better: one of that day or
    before that shows the building proves it, one of that day or later that does not refutes it.

    Parameters
    ----------
    kinds : tuple of str
        Kinds that can prove both.
    kinds_if_shown : tuple of str
        Kinds that can only prove it.
    """

    cut_off: date
    after: date | None
    by: date | None
    kinds: tuple[str, ...]
    kinds_if_shown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values under stable English keys."""
        return {
            "cut_off": self.cut_off.isoformat(),
            "after": None if self.after is None else self.after.isoformat(),
            "by": None if self.by is None else self.by.isoformat(),
            "kinds": list(self.kinds),
            "kinds_if_shown": list(self.kinds_if_shown),
        }


@dataclass(frozen=True)
class Age:
    """What the evidence says of a cut-off."""

    cut_off: date
    judgement: Judgement
    interval: Interval
    deciding: Deciding | None = None


@cache
def kinds_of(pack: Pack) -> dict[str, Kind]:
    """The kinds of evidence of a pack; none where it knows no law.

    Raises
    ------
    InputError
        If ``evidence.toml`` has an entry that nobody reads.
    """
    file = pack.folder / FILE
    if not file.exists():
        return {}
    kinds = {}
    for name, entry in read_table(file)["kinds"].items():
        check_keys(entry, file, name, {"shows_absence"}, set())
        kinds[name] = Kind(name, bool(entry["shows_absence"]))
    return kinds


def interval_of(pieces: Iterable[Piece], kinds: Mapping[str, Kind]) -> Interval:
    """The interval in which a building came to exist.

    A piece that does not show it counts only if its kind can show absence: a tax record that does
    not mention a building is no proof that there was none.

    Examples
    --------
    >>> photo = Kind("orthophoto", shows_absence=True)
    >>> seen = [Piece("orthophoto", False, date(1990, 6, 1)), Piece("orthophoto", True, date(2000, 6, 1))]
    >>> found = interval_of(seen, {"orthophoto": photo})
    >>> found.after.year, found.by.year
    (1990, 2000)
    """
    ordered = sorted(pieces, key=lambda piece: (piece.dated, piece.kind, piece.ref))
    speaking = [p for p in ordered if p.shows or (p.kind in kinds and kinds[p.kind].shows_absence)]
    absent = [piece for piece in speaking if not piece.shows]
    present = [piece for piece in speaking if piece.shows]
    return Interval(
        after=max((piece.earliest for piece in absent), default=None),
        by=min((piece.latest for piece in present), default=None),
        pieces=tuple(speaking),
        contradictions=tuple(
            (before, shown) for before in absent for shown in present if before.earliest >= shown.latest
        ),
    )


def built_by(interval: Interval, cut_off: date, kinds: Mapping[str, Kind]) -> Age:
    """Whether the building stood on `cut_off`, and if that is open, which piece would decide.

    Pieces that contradict each other leave it to a person: ``advice_needed``.

    Examples
    --------
    >>> built_by(Interval(date(1990, 6, 1), date(2000, 6, 1)), date(2001, 3, 31), {}).judgement.verdict.value
    'met'
    """
    if interval.contradictions:
        return Age(cut_off, undecided(NotAssessed.ADVICE_NEEDED), interval)
    if interval.by is not None and interval.by <= cut_off:
        return Age(cut_off, of(True), interval)
    if interval.after is not None and interval.after >= cut_off:
        return Age(cut_off, of(False), interval)
    blurred = any(
        (piece.dated <= cut_off < piece.latest) if piece.shows else (piece.earliest < cut_off <= piece.dated)
        for piece in interval.pieces
    )
    reason = NotAssessed.WITHIN_UNCERTAINTY if blurred else NotAssessed.FACT_MISSING
    deciding = Deciding(
        cut_off=cut_off,
        after=interval.after,
        by=interval.by,
        kinds=tuple(kind.id for kind in kinds.values() if kind.shows_absence),
        kinds_if_shown=tuple(kind.id for kind in kinds.values() if not kind.shows_absence),
    )
    return Age(cut_off, undecided(reason, FACT), interval, deciding)


def timeline(interval: Interval) -> list[dict[str, Any]]:
    """The pieces by date as plain values, each with whether it contradicts another."""
    odd = {id(piece) for pair in interval.contradictions for piece in pair}
    return [
        {
            "kind": piece.kind,
            "shows": piece.shows,
            "dated": piece.dated.isoformat(),
            "accuracy_days": piece.accuracy.days,
            "earliest": piece.earliest.isoformat(),
            "latest": piece.latest.isoformat(),
            "ref": piece.ref,
            "origin": piece.origin or None,
            "sha256": piece.sha256 or None,
            "contradicts": id(piece) in odd,
        }
        for piece in interval.pieces
    ]


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return date.min if by < timedelta(0) else date.max

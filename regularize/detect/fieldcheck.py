"""Check on the ground: a seeded sample of findings, an order to walk it, and what the answers prove.

Precision comes from the findings of each class and grade that were looked at; recall from squares in
which every building was counted, whether there is a finding for it or not. Both with the 95 % interval
of Wilson: a sample never proves more than its size allows.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect.evaluate import wilson
from regularize.model import Finding

FINDING, SQUARE = "finding", "square"
# The form: what is printed, and the questions that are left empty.
GIVEN = ("order", "what", "id", "class", "grade", "easting", "northing", "stratum_n", "inside")
QUESTIONS = ("correct", "buildings_seen", "buildings_listed", "remark")
YES = frozenset({"yes", "y", "1", "true", "x", "+", "да", "д"})
NO = frozenset({"no", "n", "0", "false", "-", "не", "н"})

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stop:
    """One place to go to: a finding, or a square in which every building is counted.

    Parameters
    ----------
    what : str
        ``finding`` or ``square``.
    id : str
        Of the finding; squares are ``Q-1``, ``Q-2`` ...
    cls, grade : str
        Of the finding; empty for a square.
    easting_m, northing_m : float
        A point inside, in the project's CRS; of a square its centre.
    stratum_n : int
        How many findings of this class and grade there are; 0 for a square.
    inside : tuple of str
        Ids of the building findings in the square.
    """

    what: str
    id: str
    cls: str
    grade: str
    easting_m: float
    northing_m: float
    stratum_n: int = 0
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share:
    """A share with its interval.

    Parameters
    ----------
    right, n : int
        Of `n` that were answered, `right` were so.
    """

    right: int
    n: int

    @property
    def share(self) -> float | None:
        """The share; None where nothing was answered."""
        return self.right / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval."""
        return wilson(self.right, self.n)

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {**asdict(self), "share": self.share, "interval_95": self.interval}


@dataclass(frozen=True)
class Checked:
    """What the answers of a field check prove.

    Parameters
    ----------
    precision : mapping of (class, grade) to Share
    precision_of_class : mapping of class to float
        The grades of a class weighed by how many findings each has.
    recall : Share
        Buildings in the squares that the findings know.
    unanswered : tuple of str
        Ids without a usable answer: they count for nothing.
    """

    precision: Mapping[tuple[str, str], Share]
    precision_of_class: Mapping[str, float]
    recall: Share
    unanswered: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The result with stable English keys, for JSON."""
        return {
            "precision": [
                {"class": cls, "grade": grade, **share.as_dict()}
                for (cls, grade), share in self.precision.items()
            ],
            "precision_of_class": dict(self.precision_of_class),
            "recall": self.recall.as_dict(),
            "unanswered": list(self.unanswered),
        }


def draw(
    findings: Sequence[Finding],
    *,
    per_stratum: int,
    squares: int,
    seed: int,
    thresholds: Mapping[str, float],
    area: BaseGeometry | None = None,
) -> list[Stop]:
    """Draw the sample and put it into an order to walk.

    From every class and grade the same number is drawn, all where there are fewer; the squares are
    drawn from the area alone, without a look at the findings.

    Parameters
    ----------
    findings : sequence of Finding
        Open ones with ids; ``unchanged`` ones included, so that they are checked as well.
    per_stratum, squares : int
        How many findings of each class and grade, and how many squares.
    seed : int
        The same seed and findings give the same sample, whatever the order of the findings.
    thresholds : mapping
        ``fieldcheck_square_m``: the side of a square.
    area : Polygon or MultiPolygon, optional
        Where the squares may lie; else around the findings.

    Examples
    --------
    >>> [stop.id for stop in draw(findings, per_stratum=1, squares=1, seed=1, thresholds=pack.thresholds)]
    ['B-3', 'Q-1', 'B-17']
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed])))
    strata: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: _number(f.id)):
        strata.setdefault((finding.cls, str(finding.grade)), []).append(finding)
    stops: list[Stop] = []
    for (cls, grade), members in sorted(strata.items()):
        for k in sorted(rng.permutation(len(members))[:per_stratum].tolist()):
            at = members[k].geometry.representative_point()
            stops.append(Stop(FINDING, members[k].id, cls, grade, at.x, at.y, len(members)))
    stops += _squares(findings, squares, rng, area, thresholds["fieldcheck_square_m"])
    return [stops[k] for k in walk([(s.easting_m, s.northing_m) for s in stops])]


def _squares(
    findings: Sequence[Finding],
    wanted: int,
    rng: np.random.Generator,
    area: BaseGeometry | None,
    side_m: float,
) -> list[Stop]:
    """Squares of a fixed grid whose centre lies in the area."""
    buildings = sorted((f for f in findings if f.kind == "building"), key=lambda f: _number(f.id))
    if area is None and not buildings:
        return []
    ground = area if area is not None else shapely.union_all([f.geometry for f in buildings]).convex_hull
    west, south, east, north = np.array(ground.bounds) / side_m
    columns, rows = np.meshgrid(
        np.arange(np.floor(west), np.ceil(east)), np.arange(np.floor(south), np.ceil(north))
    )
    centres = (np.column_stack([columns.ravel(), rows.ravel()]) + 0.5) * side_m
    centres = centres[shapely.intersects_xy(ground, centres[:, 0], centres[:, 1])]
    chosen = centres[np.sort(rng.permutation(len(centres))[:wanted])]
    points = [(f.id, f.geometry.representative_point()) for f in buildings]
    stops = []
    for number, (x, y) in enumerate(chosen.tolist(), start=1):
        half = side_m / 2
        inside = tuple(name for name, p in points if abs(p.x - x) <= half and abs(p.y - y) <= half)
        stops.append(Stop(SQUARE, f"Q-{number}", "", "", x, y, 0, inside))
    return stops


def walk(places: Sequence[tuple[float, float]]) -> list[int]:
    """An order in which to walk some places: always the nearest next, then untangled by 2-opt.

    Begins in the north-west; does not return to the beginning.

    Examples
    --------
    >>> walk([(0.0, 0.0), (9.0, 0.0), (4.0, 0.0)])
    [0, 2, 1]
    """
    if len(places) < 3:
        return sorted(range(len(places)), key=lambda k: (places[k][0] - places[k][1], k))
    at: Floats = np.array(places, dtype=np.float64)
    apart: Floats = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    order = [int(np.lexsort((at[:, 0], at[:, 0] - at[:, 1]))[0])]
    left = np.ones(len(at), dtype=bool)
    left[order[0]] = False
    while left.any():
        nearest = int(np.argmin(np.where(left, apart[order[-1]], np.inf)))
        order.append(nearest)
        left[nearest] = False
    return _untangled(order, apart)


def _untangled(order: list[int], apart: Floats) -> list[int]:
    """Turn round every stretch whose turning shortens the way, until there is none."""
    path = np.array(order)
    n = len(path)
    nothing_m = float(apart.sum() * np.finfo(np.float64).eps)
    better = True
    while better:
        better = False
        for i in range(1, n - 1):
            # Turn path[i..j]: the leg before i and the leg after j change; the last has none after.
            ends = np.arange(i + 1, n)
            after = np.minimum(ends + 1, n - 1)
            has_after = ends + 1 < n
            now = apart[path[i - 1], path[i]] + has_after * apart[path[ends], path[after]]
            then = apart[path[i - 1], path[ends]] + has_after * apart[path[i], path[after]]
            gain = now - then
            k = int(np.argmax(gain))
            if gain[k] > nothing_m:
                j = int(ends[k])
                path[i : j + 1] = path[i : j + 1][::-1]
                better = True
    return [int(k) for k in path]


def form(stops: Sequence[Stop]) -> list[dict[str, str]]:
    """The rows of the form in walking order; the questions are empty.

    ``correct`` asks of a finding whether it is so on the ground; ``buildings_seen`` and
    ``buildings_listed`` ask of a square how many buildings stand in it, and how many of those are
    among the findings named in ``inside``.
    """
    return [
        {
            "order": str(number),
            "what": stop.what,
            "id": stop.id,
            "class": stop.cls,
            "grade": stop.grade,
            "easting": f"{stop.easting_m:.1f}",
            "northing": f"{stop.northing_m:.1f}",
            "stratum_n": str(stop.stratum_n) if stop.what == FINDING else "",
            "inside": " ".join(stop.inside),
            **dict.fromkeys(QUESTIONS, ""),
        }
        for number, stop in enumerate(stops, start=1)
    ]


def score(answers: Iterable[Mapping[str, str]]) -> Checked:
    """What a filled form proves.

    Parameters
    ----------
    answers : iterable of mapping
        Rows with the columns of :func:`form`. ``correct`` takes yes/no in English or Bulgarian; anything
        else, and counts that cannot be, leave the row unanswered.

    Examples
    --------
    >>> score([{"what": "finding", "id": "B-1", "class": "extended", "grade": "A", "stratum_n": "9",
    ...         "correct": "да"}]).precision[("extended", "A")].right
    1
    """
    told: dict[tuple[str, str], list[bool]] = {}
    size: dict[tuple[str, str], int] = {}
    unanswered: list[str] = []
    seen = listed = 0
    for row in answers:
        what, name = _cell(row, "what").lower(), _cell(row, "id")
        if what == SQUARE:
            counts = (_count(_cell(row, "buildings_seen")), _count(_cell(row, "buildings_listed")))
            if counts[0] is None or counts[1] is None or counts[1] > counts[0]:
                unanswered.append(name)
            else:
                seen, listed = seen + counts[0], listed + counts[1]
        elif what == FINDING:
            key = (_cell(row, "class"), _cell(row, "grade"))
            answer = _cell(row, "correct").lower()
            told.setdefault(key, [])
            size[key] = max(size.get(key, 0), _count(_cell(row, "stratum_n")) or 0)
            if answer in YES or answer in NO:
                told[key].append(answer in YES)
            else:
                unanswered.append(name)
    precision = {key: Share(sum(values), len(values)) for key, values in sorted(told.items())}
    return Checked(precision, _weighed(precision, size), Share(listed, seen), tuple(unanswered))


def _weighed(
    precision: Mapping[tuple[str, str], Share], size: Mapping[tuple[str, str], int]
) -> dict[str, float]:
    """Precision of each class, its grades weighed by the number of their findings."""
    parts: dict[str, list[tuple[float, int]]] = {}
    for (cls, grade), share in precision.items():
        if share.share is not None:
            parts.setdefault(cls, []).append((share.share, max(size[cls, grade], share.n)))
    return {cls: sum(p * n for p, n in each) / sum(n for _p, n in each) for cls, each in parts.items()}


def _cell(row: Mapping[str, str], name: str) -> str:
    return str(row.get(name) or "").strip()


def _count(text: str) -> int | None:
    """A count as people and spreadsheets write it: 3, 3.0 or 3,0."""
    whole, _comma, rest = text.replace(",", ".").partition(".")
    if not whole.isascii() or not whole.isdigit() or rest.strip("0"):
        return None
    try:
        count = int(whole)
    except ValueError:  # of thousands of digits
        return None
    return count if count < sys.maxsize else None


def _number(identity: str) -> tuple[int, str]:
    """Ids in the order they were given."""
    tail = identity.rpartition("-")[2]
    return (int(tail) if tail.isdecimal() else 0, identity)

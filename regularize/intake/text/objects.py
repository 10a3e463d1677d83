"""Outlines from points: by the codes of the points, or by lists of their numbers.

The rule, in full. A code is words and a key: ``сграда 12``, ``dvor-3``, ``fence 4``. All points of one
code, in the order of the list, make one object; words alone make one object of each unbroken run of
points, and a run ends at another code or at an empty line. Where one code without a key runs
through the whole list, nothing tells the objects apart, and none is made. ``name: 12, 13, 14`` names
the points of an object outright. Buildings and plots close, fences do not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from regularize.intake.text.points import PointRows, SurveyPoint
from regularize.intake.text.words import words

KINDS = ("buildings", "plots", "fences")
# Longer text is a remark, not a code.
_LONGEST_CODE = 200
_KEY = re.compile(r"(.*?)[\s_.\-№#]*(\d[\w./\-]*)$")
LEAST_CORNERS = {"buildings": 3, "plots": 3, "fences": 2}


@dataclass(frozen=True)
class SurveyObject:
    """Points that belong together.

    Parameters
    ----------
    name : str
        The code, or the name in the list of objects.
    kind : str or None
        None where no word tells: then it is what the user says.
    points : tuple of SurveyPoint
    missing : str or None
        A number that the list of objects names and no point has.
    """

    name: str
    kind: str | None
    points: tuple[SurveyPoint, ...]
    missing: str | None = None


def kind_of(code: str) -> str | None:
    """Which kind the words of a code speak of; None for none of them.

    Examples
    --------
    >>> kind_of("ъгъл на сграда 7"), kind_of("Dvor-3"), kind_of("шахта")
    ('buildings', 'plots', None)
    """
    found = re.findall(r"[^\W\d_]+", code.casefold())
    kinds = words("objects").items()
    return next((kind for kind, stems in kinds if any(word.startswith(stems) for word in found)), None)


def key_of(code: str) -> str | None:
    """The key at the end of a code: what tells one object from the next; None where there is none."""
    found = _KEY.fullmatch(code.strip()) if len(code) <= _LONGEST_CODE else None
    return found.group(2) if found else None


def objects_of(rows: PointRows) -> list[SurveyObject]:
    """The objects of a list, in the order in which they begin."""
    named: dict[str, list[SurveyPoint]] = {}
    found: list[SurveyObject] = []
    run: list[SurveyPoint] = []
    runs: list[list[SurveyPoint]] = []
    for point in rows.points:
        code = point.code or ""
        kind = kind_of(code)
        if kind is not None and key_of(code) is not None:
            named.setdefault(code, []).append(point)
        if run and (point.after_gap or (run[-1].code or "") != code):
            runs.append(run)
            run = []
        if kind is not None and key_of(code) is None:
            run.append(point)
    runs += [run] if run else []
    found += [SurveyObject(code, kind_of(code), tuple(points)) for code, points in named.items()]
    if len(runs) > 1 or (runs and len(runs[0]) < len(rows.points)):
        for at, points in enumerate(runs, 1):
            code = points[0].code or ""
            found.append(SurveyObject(f"{code} ({at})", kind_of(code), tuple(points)))
    return found + _listed(rows)


def _listed(rows: PointRows) -> list[SurveyObject]:
    by_number: dict[str, SurveyPoint] = {}
    for point in rows.points:
        if point.number is not None:
            by_number.setdefault(point.number, point)
    return [
        SurveyObject(
            name,
            kind_of(name),
            tuple(by_number[number] for number in numbers if number in by_number),
            next((number for number in numbers if number not in by_number), None),
        )
        for name, numbers in rows.objects
    ]


def of_kind(objects: Sequence[SurveyObject], kind: str) -> list[SurveyObject]:
    """The objects that are of `kind`, or of no kind that their name tells."""
    return [each for each in objects if each.kind in {kind, None}]

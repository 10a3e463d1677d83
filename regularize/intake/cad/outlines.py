"""From lines to outlines: chain the lines of each contour, take out what is nested in it.

Neighbouring contours share their lines, so vertices meet exactly, to the millimetre, and a ring
either closes or it does not. A hole may touch its shell along an edge: the shell minus the hole is
then still sound, while a polygon written as shell and hole would not be.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from regularize.i18n import translate as _
from regularize.intake.cad.nesting import Assembly
from regularize.intake.cad.records import Contour, Control, Line, Section, Vertex
from regularize.intake.dataset import Fault, empty_geometries

# What the accuracy codes of a vertex mean, in metres: the classes of the exchange format.
ACCURACY_M = {
    b"11": 0.05,
    b"12": 0.10,
    b"13": 0.15,
    b"14": 0.20,
    b"15": 0.30,
    b"16": 0.40,
    b"17": 0.60,
    b"18": 0.90,
    b"19": 1.20,
    b"20": 1.80,
    # "Worse than 1.80 m" has no upper end: twice that is taken, and said.
    b"21": 3.60,
}
OPEN_ENDED = b"21"
# Vertices are written to the millimetre: that much an area may differ per metre of its outline.
_ROUNDING_M = 0.0005
_AREA_TOLERANCE_M2 = 0.05
# One object lies in few others: a file that says otherwise would keep the program busy for ever.
_MOST_NESTING = 8
# A parcel's line has a parcel on each side, no more.
_MOST_SIDES = 2


@dataclass
class Outlines:
    """The outlines of some contours of a layer, in the CRS of the file (x = easting).

    Parameters
    ----------
    geometries : array of shapely geometries
    faults : dict
        Position -> why there is no outline.
    ring_areas_m2 : array of float
        Of the outer rings, before what is nested was taken out.
    sigmas_m : list of float or None
        From the accuracy codes of the vertices; None where most have none.
    open_ended : int
        How many have a vertex of the last, open class.
    lost_holes : list of int
        Positions whose nested contour could not be had.
    """

    geometries: NDArray[Any]
    faults: dict[int, Fault] = field(default_factory=dict)
    ring_areas_m2: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    sigmas_m: list[float | None] = field(default_factory=list)
    open_ended: int = 0
    lost_holes: list[int] = field(default_factory=list)


def contours_of_lines(contours: Iterable[Contour]) -> dict[int, list[int]]:
    """Line number -> positions of the contours that it bounds: the neighbours, for free."""
    found: dict[int, list[int]] = defaultdict(list)
    for position, contour in enumerate(contours):
        for number in set(contour.lines):
            found[number].append(position)
    return dict(found)


def overused_lines(contours: Sequence[Contour]) -> dict[int, list[int]]:
    """Lines that bound more contours of one type than have room beside them."""
    return {
        number: sides for number, sides in contours_of_lines(contours).items() if len(sides) > _MOST_SIDES
    }


def build(
    section: Section, control: Control | None, contours: Sequence[Contour], origin: tuple[float, float]
) -> Outlines:
    """Outlines of `contours`, with `origin` (east, north) added.

    Nested contours are looked for among `contours`, which are all of one type.
    """
    found = Outlines(empty_geometries(len(contours)))
    with Assembly() as assembly:
        _draw(found, section, contours, origin, assembly)
        found.ring_areas_m2 = shapely.area(found.geometries)
        _take_out_nested(found, contours, control, assembly)
    _accuracies(found, section.lines, contours)
    return found


def _draw(
    found: Outlines,
    section: Section,
    contours: Sequence[Contour],
    origin: tuple[float, float],
    assembly: Assembly,
) -> None:
    rings: dict[int, list[Vertex]] = {}
    for position, contour in enumerate(contours):
        result = _ring_of(section, contour, contours, origin, assembly)
        if isinstance(result, Fault):
            found.faults[position] = result
        elif isinstance(result, list):
            rings[position] = result
        else:
            found.geometries[position] = result
    if rings:
        owners = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings.values()])
        vertices = _placed([vertex for ring in rings.values() for vertex in ring], origin)
        polygons = shapely.polygons(shapely.linearrings(vertices, indices=owners))
        found.geometries[list(rings)] = polygons


def _placed(vertices: Sequence[Vertex], origin: tuple[float, float]) -> NDArray[np.float64]:
    return np.asarray(np.asarray(vertices, dtype=float) / 1000 + np.asarray(origin))


def _ring_of(
    section: Section,
    contour: Contour,
    contours: Sequence[Contour],
    origin: tuple[float, float],
    assembly: Assembly,
) -> list[Vertex] | Any | Fault:
    """A closed ring, a geometry where one ring does not do, or why there is neither."""
    if contour.broken:
        return Fault("CAD_RECORD_UNREADABLE", _("its record cannot be read whole"))
    if contour.parts is not None:
        return _multipolygon(section, contour, contours, origin, assembly)
    return _close(section.lines, contour.lines, origin, assembly)


def _close(
    lines: Mapping[int, Line], numbers: Sequence[int], origin: tuple[float, float], assembly: Assembly
) -> Any:
    missing = [number for number in numbers if number not in lines]
    if missing:
        return Fault(
            "CAD_LINE_MISSING",
            _("line {number} of its outline is not in the file").format(number=missing[0]),
            _raw(lines, numbers, origin),
        )
    if any(lines[number].broken for number in numbers):
        return Fault(
            "CAD_LINE_UNREADABLE",
            _("a line of its outline cannot be read whole"),
            _raw(lines, numbers, origin),
        )
    # A line that is walked to and fro bounds nothing.
    times = Counter(numbers)
    parts = [lines[n].vertices for n in times if times[n] % 2 and len(set(lines[n].vertices)) > 1]
    ring = _chain(parts)
    if ring is not None:
        return ring
    if parts and not _loose_ends(parts):
        # Rings that touch in a point, or several rings: inside is what an odd number surrounds.
        strings: list[Any] = [shapely.linestrings(_placed(part, origin)) for part in parts]
        area = assembly.of_lines(strings)
        if isinstance(area, Fault) or not shapely.is_empty(area):
            return area
    return Fault("CAD_RING_OPEN", _("the lines of its outline do not close"), _raw(lines, numbers, origin))


def _raw(lines: Mapping[int, Line], numbers: Iterable[int], origin: tuple[float, float]) -> bytes | None:
    """What there is of an outline, for the quarantine."""
    strings: list[Any] = [
        shapely.linestrings(_placed(lines[n].vertices, origin))
        for n in numbers
        if n in lines and len(lines[n].vertices) > 1
    ]
    return bytes(shapely.to_wkb(shapely.multilinestrings(strings))) if strings else None


def _chain(parts: Sequence[list[Vertex]]) -> list[Vertex] | None:
    """One closed ring through all parts, in any order and direction; None where there is none."""
    if len(parts) == 1:
        part = parts[0]
        return part if part[0] == part[-1] and len(part) > 3 else None
    if any(part[0] == part[-1] for part in parts):
        return None
    at: dict[Vertex, list[int]] = {}
    for position, part in enumerate(parts):
        at.setdefault(part[0], []).append(position)
        at.setdefault(part[-1], []).append(position)
    if not parts or any(len(positions) != 2 for positions in at.values()):
        return None
    ring = list(parts[0])
    last = 0
    for _step in range(len(parts) - 1):
        one, other = at[ring[-1]]
        last = other if one == last else one
        part = parts[last]
        ring.extend(part[1:] if part[0] == ring[-1] else part[-2::-1])
        if ring[-1] == ring[0] and _step < len(parts) - 2:
            return None  # closed before all parts were used
    return ring if ring[0] == ring[-1] and len(ring) > 3 else None


def _loose_ends(parts: Sequence[list[Vertex]]) -> bool:
    ends = Counter(vertex for part in parts for vertex in (part[0], part[-1]))
    return any(n % 2 for n in ends.values())


def _multipolygon(
    section: Section,
    contour: Contour,
    contours: Sequence[Contour],
    origin: tuple[float, float],
    assembly: Assembly,
) -> Any:
    """The groups of an M record; each names lines, or contours, of its outer ring and holes."""
    by_number = {other.number: other for other in contours if other.parts is None}

    def area_of(names: Sequence[bytes]) -> Any:
        numbers = [int(name) for name in names if name.isdigit()]
        if len(numbers) != len(names) or not all(number in section.lines for number in numbers):
            numbers = [n for name in names if name in by_number for n in by_number[name].lines]
        ring = _close(section.lines, numbers, origin, assembly)
        return shapely.polygons(_placed(ring, origin)) if isinstance(ring, list) else ring

    groups = []
    for outer, holes in contour.parts or ():
        rings = [area_of(outer), *(area_of(hole) for hole in holes)]
        fault = next((ring for ring in rings if isinstance(ring, Fault)), None)
        if fault is not None:
            return fault
        if not shapely.is_valid(rings).all():
            return _crossing(rings[0])
        groups.append((rings[0], rings[1:]))
    if not groups:
        return Fault("CAD_RING_OPEN", _("the lines of its outline do not close"))
    return assembly.of_groups(groups)


def _crossing(shell: Any) -> Fault:
    """Nothing is taken out of an outline that crosses itself: mending it could take for ever."""
    return Fault(
        "CAD_RING_CROSSES",
        _("its outline crosses itself, and others are nested in it"),
        bytes(shapely.to_wkb(shell)),
    )


def _take_out_nested(
    found: Outlines, contours: Sequence[Contour], control: Control | None, assembly: Assembly
) -> None:
    if control is None or not control.nested:
        return
    whole = found.geometries.copy()
    sound = shapely.is_valid(whole)
    positions = {contour.number: at for at, contour in enumerate(contours) if sound[at]}
    times: Counter[bytes] = Counter()
    nested: dict[int, list[int]] = {}
    for position, contour in enumerate(contours):
        inner = [n for n in control.nested.get(contour.number, ()) if n != contour.number]
        if not inner or whole[position] is None:
            continue
        if not sound[position]:
            found.faults[position] = _crossing(whole[position])
            found.geometries[position] = None
            continue
        times.update(inner)
        usable = [n for n in inner if n in positions and times[n] <= _MOST_NESTING]
        if len(usable) < len(inner):
            found.lost_holes.append(position)
        nested[position] = [positions[n] for n in usable]
    vertices = shapely.get_num_coordinates(whole)
    # The heaviest last: where the budget does not do, it is they that are set aside.
    for position in sorted(nested, key=lambda at: int(vertices[[at, *nested[at]]].sum())):
        result = assembly.of_groups([(whole[position], whole[nested[position]].tolist())])
        if isinstance(result, Fault):
            found.faults[position] = result
            result = None
        found.geometries[position] = result


def _accuracies(found: Outlines, lines: Mapping[int, Line], contours: Sequence[Contour]) -> None:
    """Root mean square over the vertices, where more than half of them have a code."""
    known: dict[int, tuple[int, int, float, bool]] = {}
    for contour in contours:
        n = coded = 0
        squares = 0.0
        worst = False
        for number in _numbers_of(contour):
            if number not in known:
                known[number] = line_accuracy(lines[number]) if number in lines else (0, 0, 0.0, False)
            every, some, total, last = known[number]
            n, coded, squares, worst = n + every, coded + some, squares + total, worst or last
        found.sigmas_m.append(round((squares / coded) ** 0.5, 3) if 2 * coded > n else None)
        found.open_ended += worst


def _numbers_of(contour: Contour) -> Iterable[int]:
    yield from contour.lines
    for outer, holes in contour.parts or ():
        yield from (int(name) for name in (*outer, *(n for h in holes for n in h)) if name.isdigit())


def line_accuracy(line: Line) -> tuple[int, int, float, bool]:
    """Vertices, those with a known accuracy, the sum of its squares, and whether one is open-ended."""
    found = [ACCURACY_M[code] for code in line.accuracies if code in ACCURACY_M]
    return (
        len(line.accuracies),
        len(found),
        sum(value * value for value in found),
        OPEN_ENDED in line.accuracies,
    )


def areas_that_differ(
    found: Outlines, contours: Sequence[Contour], control: Control
) -> list[tuple[int, float, float]]:
    """(position, own area, stated area) where neither ring nor net area is what the control block says."""
    net_m2 = shapely.area(found.geometries)
    outline_m = shapely.length(found.geometries)
    differing = []
    for position, contour in enumerate(contours):
        stated_m2 = control.areas_m2.get(contour.number)
        if stated_m2 is None or found.geometries[position] is None:
            continue
        tolerance_m2 = _AREA_TOLERANCE_M2 + _ROUNDING_M * outline_m[position]
        own_m2 = (net_m2[position], found.ring_areas_m2[position])
        if min(abs(area - stated_m2) for area in own_m2) > tolerance_m2:
            differing.append((position, float(net_m2[position]), stated_m2))
    return differing


def net_areas_m2(
    found: Outlines, contours: Sequence[Contour], stated_m2: Mapping[bytes, float]
) -> list[float | None]:
    """Stated areas without what is nested: where the outer ring's was stated, the nested part goes off."""
    nested_m2 = (found.ring_areas_m2 - shapely.area(found.geometries)).tolist()
    rings_m2 = found.ring_areas_m2.tolist()
    areas: list[float | None] = []
    for contour, ring_m2, inner_m2 in zip(contours, rings_m2, nested_m2, strict=True):
        area_m2 = stated_m2.get(contour.number)
        if (
            area_m2 is not None
            and inner_m2 > 0
            and abs(area_m2 - ring_m2) < abs(area_m2 - ring_m2 + inner_m2)
        ):
            area_m2 = round(area_m2 - inner_m2, 3)
        areas.append(area_m2)
    return areas


def interior_points_outside(
    found: Outlines, contours: Sequence[Contour], origin: tuple[float, float]
) -> list[int]:
    """Positions whose interior point does not lie in their outline."""
    rows = [at for at, c in enumerate(contours) if c.inside is not None and found.geometries[at] is not None]
    points = np.array([contours[at].inside for at in rows], dtype=float).reshape(-1, 2) + np.asarray(origin)
    inside = shapely.intersects_xy(found.geometries[rows], points[:, 0], points[:, 1])
    return [row for row, is_inside in zip(rows, np.atleast_1d(inside), strict=True) if not is_inside]

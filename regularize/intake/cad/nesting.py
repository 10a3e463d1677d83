"""What an outline is put together from: parts taken out, groups united, rings that touch.

Sound outlines can cost hours together: two combs laid across each other cross at every tooth. So
what has many vertices is put together in a process that can be killed, and a file has a budget for
all of it, since a thousand contours may name the same lines.
"""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from regularize.geometry.repair import Mended
from regularize.i18n import translate as _
from regularize.intake.dataset import Fault
from regularize.intake.worker import Limits, OverBudgetError, Worker

# Below this nothing can cost more than a second, whatever is laid across what.
CALM_VERTICES = 1_000
LIMITS = Limits()
# What the outlines of a layer may take together, and what honest ones add to it.
WHOLE_S = 60.0
_OUTLINES_PER_S = 1_000
# One of these is an outline without what lies in it.
Group = tuple[BaseGeometry, Sequence[BaseGeometry]]


def _put_together(parts: BaseGeometry) -> BaseGeometry:
    """The area of lines, or the union of groups; the first of a group is what the others are taken from."""
    if shapely.get_type_id(parts) == shapely.GeometryType.MULTILINESTRING:
        return shapely.build_area(parts)  # inside is what an odd number of them surrounds
    united = []
    for group in shapely.get_parts(parts):
        outline, *inner = shapely.get_parts(group)
        united.append(shapely.difference(outline, shapely.union_all(inner)) if inner else outline)
    return united[0] if len(united) == 1 else shapely.union_all(united)


def _serve(parts: BaseGeometry, _tolerance_m: float, _tidying: Mapping[str, float]) -> Mended:
    """The same as a job of the worker, which hands over one geometry and takes back one."""
    return Mended(_put_together(parts), False, "", 0.0, 0.0)


class Assembly:
    """Puts outlines of one layer together, the costly ones apart, all of them within a budget.

    Examples
    --------
    >>> with Assembly() as assembly:
    ...     found = assembly.of_groups([(shapely.box(0, 0, 9, 9), [shapely.box(1, 1, 2, 2)])])
    >>> found.area
    80.0
    """

    def __init__(self) -> None:
        self._worker = Worker(LIMITS, job=_serve)
        self._done = 0
        # Costly ones have a purse of their own: they leave nothing the less for the others.
        self._spent_s = {True: 0.0, False: 0.0}

    def __enter__(self) -> "Assembly":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._worker.close()

    def of_lines(self, strings: Sequence[BaseGeometry]) -> Any:
        """The area within `strings`, perhaps empty; a Fault where that costs too much."""
        parts: Any = shapely.multilinestrings(strings)
        return self._made(parts, raw=parts)

    def of_groups(self, groups: Sequence[Group]) -> Any:
        """The union of `groups`, all of sound outlines; a Fault where that costs too much."""
        if len(groups) == 1 and not groups[0][1]:
            return groups[0][0]
        whole = [shapely.geometrycollections([outline, *inner]) for outline, inner in groups]
        # What is nested has rows of its own: for the quarantine the outline itself does.
        return self._made(shapely.geometrycollections(whole), raw=groups[0][0])

    def _made(self, parts: BaseGeometry, raw: BaseGeometry) -> Any:
        vertices = int(shapely.get_num_coordinates(parts))
        is_costly = vertices > CALM_VERTICES
        if self._spent_s[is_costly] > WHOLE_S + self._done / _OUTLINES_PER_S:
            return _too_complex(raw, vertices)
        # A worker's time is another process's: of that only the wall clock knows.
        clock = time.monotonic if is_costly else time.process_time
        start = clock()
        try:
            made = self._worker.repair(parts, 0.0, {}).geometry if is_costly else _put_together(parts)
        except OverBudgetError:
            return _too_complex(raw, vertices)
        finally:
            self._spent_s[is_costly] += clock() - start
        self._done += 1
        return made


def _too_complex(raw: BaseGeometry, vertices: int) -> Fault:
    return Fault(
        "TOO_COMPLEX",
        _(
            "the outline has {n} vertices with what is nested in it; putting it together would take more "
            "time or memory than a file may"
        ).format(n=vertices),
        bytes(shapely.to_wkb(raw)),
    )

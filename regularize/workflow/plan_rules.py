"""Under the law of which day a plan that is being made stands: that of the permission to draft it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from regularize.law.records import CaseStatus, PartStatus
from regularize.model import Case
from regularize.store import Store
from regularize.workflow.case import status_of
from regularize.workflow.projects import Opened

IN_FORCE, PLAN = "in_force", "detailed_plan"


class Pinned(NamedTuple):
    """The day whose law holds for norms and for the ways of a plan.

    ``case`` is the running plan that pins it, None where the law of the day asked holds; ``differ`` are
    the running plans, first permitted first, where their days are not the same.
    """

    on: date
    case: str | None = None
    differ: tuple[str, ...] = ()


class PlanRules:
    """What the plan cases of a store say on a day, each replayed once."""

    def __init__(self, here: Opened, store: Store, day: date) -> None:
        self._here, self._store, self._day = here, store, day
        self._found: dict[str, CaseStatus] = {}

    def of(self, cases: Sequence[Case]) -> Pinned:
        """The day of the running plan among `cases`; of several that of the last permitted one."""
        days: list[tuple[date, str]] = []
        for case in cases:
            if case.kind != PLAN:
                continue
            found = self._status(case.id)
            if found.rules_on is not None and any(_is_running(part) for part in found.parts):
                days.append((found.rules_on, case.id))
        if not days:
            return Pinned(self._day)
        days.sort(key=lambda entry: entry[0])
        on, case_id = days[-1]
        return Pinned(on, case_id, () if days[0][0] == on else tuple(name for _on, name in days))

    def in_force(self, case_id: str) -> bool | None:
        """Whether the plan of a case is in force; None where only some of its parts are."""
        parts = {_is_in_force(part) for part in self._status(case_id).parts}
        return parts.pop() if len(parts) == 1 else None

    def _status(self, case_id: str) -> CaseStatus:
        if case_id not in self._found:
            case = self._store.case(case_id)
            self._found[case_id] = status_of(self._here, self._store, case, on=self._day)
        return self._found[case_id]


def _was_in_force(part: PartStatus) -> bool:
    return IN_FORCE in {part.step, *(done.step for done in part.done)}


def _is_in_force(part: PartStatus) -> bool:
    return not part.terminal and _was_in_force(part)


def _is_running(part: PartStatus) -> bool:
    return not part.terminal and not _was_in_force(part)

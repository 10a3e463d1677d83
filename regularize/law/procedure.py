"""The door of the room: procedures read, checked, and applied to the events of a case."""

from regularize.law.definition import Clock, EventType, FactType, Procedure, Route, Step
from regularize.law.linting import lint
from regularize.law.parsing import parse
from regularize.law.records import (
    CaseEvent,
    CaseStatus,
    Deadline,
    Done,
    Gap,
    LintNote,
    NextStep,
    PartStatus,
)
from regularize.law.status import status
from regularize.law.validation import RepeatedEventError, refuse_event, validate_event

__all__ = [
    "CaseEvent",
    "CaseStatus",
    "Clock",
    "Deadline",
    "Done",
    "EventType",
    "FactType",
    "Gap",
    "LintNote",
    "NextStep",
    "PartStatus",
    "Procedure",
    "RepeatedEventError",
    "Route",
    "Step",
    "lint",
    "parse",
    "refuse_event",
    "status",
    "validate_event",
]

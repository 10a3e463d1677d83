"""What goes into the derivation of a status, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from regularize.law.definition import Facts
from regularize.model import NotAssessed

DeadlineState = Literal["running", "met", "late", "overdue", "expired", "ended", "not_assessed"]
Part = str | None


@dataclass(frozen=True)
class CaseEvent:
    """An event of a case, as the log has it.

    Parameters
    ----------
    seq : int
        Number in the log.
    type : str
        An event type of the procedure.
    on : date
        The day it happened.
    part : str or None
        The plan part it concerns; None for the whole.
    facts : mapping
        Facts it states: ``notice`` (a running number, never a name), ``notices`` (how many were sent),
        ``document`` (the kind of document that proves it), facts of the procedure.
    announced : date or None
        The last day of the term as it was announced.
    corrects : int or None
        The event that this one replaces.
    """

    seq: int
    type: str
    on: date
    part: Part = None
    facts: Facts = field(default_factory=dict)
    announced: date | None = None
    corrects: int | None = None


@dataclass(frozen=True)
class LintNote:
    """Something odd in the history of a case; the code has a record in the rules of the pack."""

    code: str
    params: Mapping[str, Any]
    part: Part = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys."""
        return {"code": self.code, "part": self.part, "params": _plain(self.params)}


@dataclass(frozen=True)
class Gap:
    """What is not known, and why the status says no more."""

    code: str
    reason: NotAssessed
    params: Mapping[str, Any]
    part: Part = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys."""
        return {
            "code": self.code,
            "reason": self.reason.value,
            "part": self.part,
            "params": _plain(self.params),
        }


class Deadline(NamedTuple):
    """A term of a case on the pivot date.

    Parameters
    ----------
    clock, ref : str
        Id of the clock, and its number in the procedure's description.
    kind : {"duty", "right"}
        A duty binds an office; the end of a right closes a door for people.
    holder : str
        Whose duty or right it is.
    notice : str or None
        The running number of the notice, where the term runs for each.
    computed_due, announced_due, due : date
        By rule; as announced; and what counts: for a right the later of the two, else the computed one.
    overdue : bool or None
        None where the term itself is unverified.
    decides : bool
        Whether it is this one on which the procedure waits (of several notices the last).
    """

    clock: str
    ref: str
    kind: str
    holder: str
    notice: str | None
    start_event: str
    start: date
    amount: int
    unit: str
    computed_due: date
    announced_due: date | None
    due: date
    provisional: bool
    done_on: date | None
    state: DeadlineState
    overdue: bool | None
    decides: bool
    citation: str
    status: str
    parts: tuple[Part, ...] = (None,)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys."""
        return {name: _json(value) for name, value in self._asdict().items()}


class Done(NamedTuple):
    """A step that was left, or a milestone that was reached, with the event that began it."""

    step: str
    since: date | None
    until: date | None
    event: str | None
    seq: int | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys."""
        return {name: _json(value) for name, value in self._asdict().items()}


class NextStep(NamedTuple):
    """What may come next: an event and who must act, or the end of a term to wait for.

    ``missing`` names milestones that it needs and that are not reached yet; ``due`` is the last day of
    the duty that it fulfils, or of the term to wait for.
    """

    event: str | None
    to: str
    parallel: bool
    exceptional: bool
    actor: str | None
    documents: tuple[str, ...]
    missing: tuple[str, ...]
    due: date | None
    waits_for: tuple[str, ...]
    citation: str
    status: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys."""
        return {name: _json(value) for name, value in self._asdict().items()}


@dataclass(frozen=True)
class PartStatus:
    """Where one part stands. ``part`` is None for the whole, or for what no event names by itself."""

    part: Part
    step: str
    since: date | None
    process_step: str | None
    terminal: bool
    done: tuple[Done, ...]
    milestones: tuple[Done, ...]
    next_steps: tuple[NextStep, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys."""
        return {
            "part": self.part,
            "step": self.step,
            "since": _json(self.since),
            "process_step": self.process_step,
            "terminal": self.terminal,
            "done": [entry.as_dict() for entry in self.done],
            "milestones": [entry.as_dict() for entry in self.milestones],
            "running": [n.to for n in self.next_steps if n.parallel and not n.exceptional],
            "next_steps": [entry.as_dict() for entry in self.next_steps],
        }


@dataclass(frozen=True)
class CaseStatus:
    """Where a case stands on a day: derived anew each time, stored nowhere.

    ``rules_of`` names the event that pins the law of the whole case, ``rules_on`` its day; None where
    it is not recorded: then every term follows the law of the day on which it begins.
    """

    procedure: str
    on: date
    parts: tuple[PartStatus, ...]
    deadlines: tuple[Deadline, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[LintNote, ...]
    rules_of: str | None = None
    rules_on: date | None = None

    @property
    def next_deadline(self) -> Deadline | None:
        """The nearest term that still runs or is overdue; None where there is none."""
        return next((d for d in self.deadlines if d.state in {"running", "overdue"}), None)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, with stable English keys; dates as YYYY-MM-DD."""
        return {
            "procedure": self.procedure,
            "on": self.on.isoformat(),
            "rule_set": {"event": self.rules_of, "on": _json(self.rules_on)},
            "parts": [part.as_dict() for part in self.parts],
            "deadlines": [deadline.as_dict() for deadline in self.deadlines],
            "not_enough_information": [gap.as_dict() for gap in self.gaps],
            "notes": [note.as_dict() for note in self.notes],
        }


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in params.items()}

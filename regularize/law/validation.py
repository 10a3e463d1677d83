"""What is checked before an event is added to the log of a case."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.law.deadlines import Calendar
from regularize.law.definition import Procedure
from regularize.law.derivation import NOTICE, NOTICES, count_of
from regularize.law.records import CaseEvent, LintNote
from regularize.law.status import status

NO_FACTS: Mapping[str, Any] = {}


class RepeatedEventError(OptionError):
    """The event is there already, as `seq`."""

    def __init__(self, event: CaseEvent) -> None:
        self.seq = event.seq
        super().__init__(
            _("the event {event} of {on} is in the log already, as number {seq}").format(
                event=event.type, on=event.on.isoformat(), seq=event.seq
            ),
            hint=_("to correct it: --corrects {seq}").format(seq=event.seq),
        )


def validate_event(
    procedure: Procedure,
    events: Sequence[CaseEvent],
    new: CaseEvent,
    *,
    opened_on: date,
    today: date,
    calendar: Calendar,
    facts: Mapping[str, Any] = NO_FACTS,
    parts: Sequence[str] = (),
) -> list[LintNote]:
    """Refuse an event that cannot be; say what is odd about one that can.

    Parameters
    ----------
    procedure : Procedure
    events : sequence of CaseEvent
        The log so far.
    new : CaseEvent
    opened_on, today : date
        Civil dates between which the event must lie, both included.
    calendar, facts, parts
        As for `status`.

    Returns
    -------
    list of LintNote
        What the new event adds to the notes on the case; empty where nothing is odd.

    Raises
    ------
    OptionError
        If it cannot be: see `refuse_event`.
    """
    refuse_event(procedure, events, new, opened_on=opened_on, today=today)
    before = status(procedure, events, on=today, calendar=calendar, facts=facts, parts=parts).notes
    after = status(procedure, [*events, new], on=today, calendar=calendar, facts=facts, parts=parts).notes
    return [note for note in after if note not in before]


def refuse_event(
    procedure: Procedure, events: Sequence[CaseEvent], new: CaseEvent, *, opened_on: date, today: date
) -> None:
    """Refuse an event that cannot be, whatever else is odd about it; parameters as for `validate_event`.

    Raises
    ------
    OptionError
        If its type is unknown, its date before the case or in the future, it is in the log already, it
        corrects what is not there, or states a fact in a wrong form.
    """
    if new.type not in procedure.event_types:
        raise OptionError(
            _("there is no event {event} in this procedure").format(event=new.type),
            hint=_("events: {names}").format(names=", ".join(sorted(procedure.event_types))),
        )
    if new.on < opened_on:
        raise OptionError(
            _("the event of {on} lies before the case, which was opened on {opened}").format(
                on=new.on.isoformat(), opened=opened_on.isoformat()
            ),
            hint=_("check the date, or open the case with an earlier one: --date YYYY-MM-DD"),
        )
    if new.on > today:
        raise OptionError(
            _("{on} lies in the future; an event is something that has happened").format(
                on=new.on.isoformat()
            ),
            hint=_("check the date: --date YYYY-MM-DD"),
        )
    _check_facts(procedure, new)
    _check_log(procedure, events, new)


def _check_log(procedure: Procedure, events: Sequence[CaseEvent], new: CaseEvent) -> None:
    replaced = {event.corrects for event in events if event.corrects is not None}
    if new.corrects is not None and (
        new.corrects in replaced or all(event.seq != new.corrects for event in events)
    ):
        raise OptionError(
            _("there is no event {seq} that could be corrected").format(seq=new.corrects),
            hint=_("list the events: regularize case show CASE"),
        )
    for event in events:
        if (
            event.type == new.type
            and (event.on, event.part) == (new.on, new.part)
            and event.seq not in replaced
            and new.corrects is None
            and _says_the_same(procedure, event, new)
        ):
            raise RepeatedEventError(event)


def _says_the_same(procedure: Procedure, one: CaseEvent, other: CaseEvent) -> bool:
    """Two objections of one day may both be true; a step cannot be taken twice, nor a notice received."""
    reaction = procedure.reactions[other.type]
    if reaction.routes or reaction.starts:
        return str(one.facts.get(NOTICE)) == str(other.facts.get(NOTICE))
    return dict(one.facts) == dict(other.facts)


def _check_facts(procedure: Procedure, new: CaseEvent) -> None:
    for name, fact in procedure.facts.items():
        value = new.facts.get(name)
        if value is not None and fact.values and fact.read(value) not in fact.values:
            raise OptionError(
                _("{name} cannot be {value}").format(name=name, value=value),
                hint=_("possible: {names}").format(names=", ".join(str(v) for v in fact.values)),
            )
    notice = new.facts.get(NOTICE)
    if notice is not None and (isinstance(notice, bool) or not str(notice).isdecimal()):
        raise OptionError(
            _("a notice has a running number, never a name"), hint=_("number the notices: --fact notice=1")
        )
    if new.facts.get(NOTICES) is not None and count_of(new.facts[NOTICES]) is None:
        raise OptionError(
            _("how many notices were sent is a number above zero"), hint=_("for example: --fact notices=12")
        )

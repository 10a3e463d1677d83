"""Status and the checks before an event is written, where a scenario file would say too little."""

import copy
import json
import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import cases
from regularize.countries import load
from regularize.errors import OptionError
from regularize.law.deadlines import calendar_of
from regularize.law.procedure import CaseEvent, CaseStatus, LintNote, parse, status, validate_event

BG = calendar_of(load("bg"))
PLAN = parse(load("bg").procedures["detailed_plan"])
WIDE = {"scope": "state_gazette", "changes_parcel_boundaries": True}
OPENED, TODAY = date(2025, 1, 2), date(2026, 6, 1)
LOG = [
    CaseEvent(1, "submitted", date(2026, 2, 25), facts={"document": "incoming_number"}),
    CaseEvent(2, "announced_sg", date(2026, 3, 6), facts={"document": "state_gazette_notice"}),
]


def at(day: date, events: list[CaseEvent] = LOG, **more: Any) -> CaseStatus:
    return status(PLAN, events, on=day, calendar=BG, facts=more.pop("facts", WIDE), **more)


def validated(new: CaseEvent, **more: Any) -> list[LintNote]:
    more = {"opened_on": OPENED, "today": TODAY, "calendar": BG, "facts": WIDE, **more}
    return validate_event(PLAN, LOG, new, **more)


def test_the_dictionary_is_json_with_stable_keys() -> None:
    record = json.loads(json.dumps(at(date(2026, 3, 20)).as_dict(), allow_nan=False))
    assert list(record) == [
        "procedure",
        "on",
        "rule_set",
        "parts",
        "deadlines",
        "not_enough_information",
        "notes",
    ]
    assert list(record["parts"][0]) == [
        "part", "step", "since", "process_step", "terminal", "done", "milestones", "running", "next_steps",
    ]  # fmt: skip
    assert record["parts"][0]["running"] == ["coordinated", "cadastre_prechecked"]
    wait = record["parts"][0]["next_steps"][0]
    assert (wait["event"], wait["to"], wait["due"], wait["waits_for"]) == (
        None, "objections_closed", "2026-04-06", ["objections_sg"],
    )  # fmt: skip
    deadline = next(d for d in record["deadlines"] if d["clock"] == "objections_sg")
    assert deadline["citation"] == "ЗУТ, чл. 128, ал. 5"
    assert deadline["status"] == "verified_secondary"
    assert record["notes"][0]["code"] == "STEPS_SKIPPED"


def sent(status_: CaseStatus) -> tuple[str, str, date]:
    """The term for sending the notice: its clock, whether it is verified, and its last day."""
    (found,) = [d for d in status_.deadlines if d.ref == "D1"]
    return found.clock, found.status, found.due


def test_the_day_of_the_permission_pins_the_law_of_the_case() -> None:
    """Two versions of a term: the one of the day of permission holds, whenever the clock starts."""
    table = copy.deepcopy(dict(load("bg").procedures["detailed_plan"]))
    now = table["clocks"]["send_to_gazette"]
    change = now["valid_from"]
    assert now.pop("dates_status") == "unverified"  # here the days are given
    table["clocks"]["send_to_gazette_before"] = {
        **now, "amount": 20, "valid_from": date(2012, 11, 26), "valid_to": change,
    }  # fmt: skip
    both = parse(table)
    submitted = CaseEvent(2, "submitted", date(2017, 5, 15))
    told = CaseEvent(3, "sent_to_gazette", date(2017, 5, 20))

    def on(permitted: date | None, *more: CaseEvent) -> CaseStatus:
        first = [] if permitted is None else [CaseEvent(1, "permitted", permitted)]
        log = [*first, submitted, *more]
        return status(both, log, on=date(2017, 5, 21), calendar=BG, facts=WIDE)

    before, after, unknown = on(change - timedelta(1)), on(change), on(None)
    assert sent(before) == ("send_to_gazette_before", "verified_secondary", date(2017, 6, 5))
    assert sent(after) == ("send_to_gazette", "verified_secondary", date(2017, 5, 25))
    assert sent(unknown) == sent(after), "without a permission on record the day of the term's start tells"
    assert sent(on(date(2010, 3, 1)))[1] == "unverified", "what held then nobody has read"
    assert before.as_dict()["rule_set"] == {"event": "permitted", "on": "2017-02-06"}
    assert unknown.as_dict()["rule_set"] == {"event": "permitted", "on": None}
    assert "MISSING_START" not in [note.code for note in on(change - timedelta(1), told).notes]
    moved = [CaseEvent(4, "permitted", change, corrects=1)]
    assert sent(on(change - timedelta(1), *moved))[0] == "send_to_gazette", "a corrected permission counts"


@pytest.mark.parametrize(
    ("permitted", "said"),
    [
        (date(2016, 12, 30), "unverified"),
        (date(2017, 1, 9), "unverified"),
        (date(2017, 11, 6), "unverified"),
        (date(2018, 1, 8), "verified_secondary"),
    ],
)
def test_nothing_rests_on_a_day_that_is_known_from_memory(permitted: date, said: str) -> None:
    """SG 13/2017 is of 2017; its day was not read, so within that year the term decides nothing."""
    log = [CaseEvent(1, "permitted", permitted), CaseEvent(2, "submitted", date(2018, 2, 5))]
    found = at(date(2018, 6, 1), log)
    (deadline,) = [d for d in found.deadlines if d.clock == "send_to_gazette"]
    assert deadline.status == said
    assert deadline.state == ("overdue" if said == "verified_secondary" else "not_assessed")


ACCEPTED = [
    CaseEvent(1, "submitted", date(2026, 1, 12)),
    CaseEvent(2, "announced_sg", date(2026, 1, 20)),
    CaseEvent(3, "coordinated", date(2026, 1, 30)),
    CaseEvent(4, "accepted", date(2026, 3, 2)),
]


@pytest.mark.parametrize(
    ("stated", "step"), [(None, "approved_council"), (True, "approved_council"), (False, "in_force")]
)
def test_only_a_stated_fact_opens_a_route_that_follows_by_itself(stated: bool | None, step: str) -> None:
    facts = WIDE if stated is None else {**WIDE, "appealable": stated}
    log = [*ACCEPTED, CaseEvent(5, "approved_council", date(2026, 3, 16))]
    found = at(date(2026, 5, 29), log, facts=facts)
    assert (found.parts[0].step, found.parts[0].since) == (step, date(2026, 3, 16))
    told = at(date(2026, 6, 1), [*log, CaseEvent(6, "promulgated", date(2026, 3, 27))], facts=facts)
    appeals = [d.due for d in told.deadlines if d.clock == "appeal_sg"]
    assert appeals == ([] if stated is False else [date(2026, 4, 27)])
    assert told.parts[0].since == (date(2026, 3, 16) if stated is False else date(2026, 4, 28))


def test_an_appeal_against_what_cannot_be_appealed_is_noted() -> None:
    log = [
        *ACCEPTED,
        CaseEvent(5, "approved_council", date(2026, 3, 16), facts={"appealable": False}),
        CaseEvent(6, "appealed", date(2026, 4, 2)),
    ]
    assert "FACT_CONTRADICTS" in {note.code for note in at(date(2026, 4, 3), log).notes}


@pytest.mark.parametrize("stated", [None, False, True])
def test_whether_a_permission_can_be_appealed_is_a_stated_flag(stated: bool | None) -> None:
    """The rule changed over time: without the flag no term is counted, with it the term ends nothing."""
    facts = WIDE if stated is None else {**WIDE, "permission_appealable": stated}
    log = [
        CaseEvent(1, "permitted", date(2026, 3, 2)),
        CaseEvent(2, "permission_announced", date(2026, 3, 9)),
    ]
    found = at(date(2026, 3, 10), log, facts=facts)
    appeals = [(d.due, d.status) for d in found.deadlines if d.clock == "appeal_permission"]
    assert appeals == ([(date(2026, 3, 23), "unverified")] if stated else [])


def test_a_right_that_nobody_has_read_ends_nothing() -> None:
    table = copy.deepcopy(dict(load("bg").procedures["detailed_plan"]))
    table["clocks"]["objections_sg"]["valid_from"] = date(2027, 1, 1)
    found = status(parse(table), LOG, on=date(2026, 6, 1), calendar=BG, facts=WIDE)
    assert found.parts[0].step == "objections_open"
    assert {gap.code for gap in found.gaps} >= {"LAW_UNVERIFIED"}


def test_next_steps_name_who_must_act_and_by_when() -> None:
    log = [*LOG, CaseEvent(3, "accepted", date(2026, 4, 28))]
    next_step = at(date(2026, 5, 1), log).parts[0].next_steps[0]
    assert (next_step.event, next_step.actor, next_step.due) == (
        "approved_council",
        "municipal_council",
        date(2026, 5, 28),
    )
    assert next_step.missing == ("cadastre_prechecked",)


def test_the_nearest_deadline_is_one_that_still_runs() -> None:
    nearest = at(date(2026, 3, 20)).next_deadline
    assert nearest is not None
    assert nearest.clock == "objections_sg"
    assert at(date(2026, 1, 1)).next_deadline is None


def test_an_unknown_part_is_kept_apart_and_noted() -> None:
    found = at(
        date(2026, 3, 20), [*LOG, CaseEvent(3, "suspended", date(2026, 3, 10), part="C")], parts=("A", "B")
    )
    assert {p.part: p.step for p in found.parts} == {
        "A": "objections_open",
        "B": "objections_open",
        "C": "suspended",
    }
    assert ("UNKNOWN_PART", "C") in {(note.code, note.part) for note in found.notes}


def test_an_event_of_another_procedure_is_noted_not_raised() -> None:
    found = at(date(2026, 3, 20), [*LOG, CaseEvent(3, "sold", date(2026, 3, 10))])
    assert found.parts[0].step == "objections_open"
    assert "UNKNOWN_EVENT" in {note.code for note in found.notes}


def test_a_duty_fulfilled_without_its_start_is_noted() -> None:
    log = [CaseEvent(1, "accepted", date(2026, 4, 28)), CaseEvent(2, "sent_to_gazette", date(2026, 3, 2))]
    assert {"MISSING_START", "DECISION_BEFORE_NOTICE"} <= {
        note.code for note in at(date(2026, 5, 1), log).notes
    }


def test_a_notice_received_that_nobody_sent_is_noted() -> None:
    log = [CaseEvent(1, "objection_notice_received", date(2026, 3, 2), facts={"notice": 1})]
    found = at(date(2026, 5, 1), log, facts={"scope": "individual_notice"})
    assert "NOTICE_NOT_SENT" in {note.code for note in found.notes}


def test_a_correction_of_a_correction_replaces_both() -> None:
    log = [
        *LOG,
        CaseEvent(3, "announced_sg", date(2026, 3, 13), corrects=2),
        CaseEvent(4, "announced_sg", date(2026, 3, 20), corrects=3),
    ]
    assert [d.start for d in at(date(2026, 4, 1), log).deadlines if d.kind == "right"] == [date(2026, 3, 20)]


def test_events_of_one_day_find_their_order() -> None:
    log = [CaseEvent(1, "accepted", date(2026, 4, 28)), CaseEvent(2, "council_reviewed", date(2026, 4, 28))]
    found = at(date(2026, 4, 29), [CaseEvent(n + 8, e.type, e.on) for n, e in enumerate(log)] + LOG)
    assert found.parts[0].step == "accepted"
    late = [CaseEvent(8, "announced_sg", date(2026, 3, 6)), CaseEvent(9, "submitted", date(2026, 3, 6))]
    assert at(date(2026, 3, 7), late).parts[0].step == "objections_open"


# --- Before an event is written ----------------------------------------------------------------------


def test_an_ordinary_event_leaves_no_note() -> None:
    new = CaseEvent(3, "coordinated", date(2026, 3, 20), facts={"document": "opinions"})
    assert validated(new) == []


def test_what_is_only_odd_is_said() -> None:
    assert [
        n.code for n in validated(CaseEvent(3, "accepted", date(2026, 4, 6), facts={"document": "x"}))
    ] == ["DECISION_BEFORE_TERM_END"]
    assert [n.code for n in validated(CaseEvent(3, "coordinated", date(2026, 4, 6)))] == ["EVIDENCE_MISSING"]
    new = CaseEvent(
        3, "announced_sg", date(2026, 3, 6), facts={"document": "x"}, announced=date(2026, 4, 5), corrects=2
    )
    assert "ANNOUNCED_TOO_SHORT" in [n.code for n in validated(new)]


@pytest.mark.parametrize(
    ("new", "complaint", "hint"),
    [
        (CaseEvent(3, "aproved", date(2026, 3, 9)), "no event aproved", "approved_council"),
        (CaseEvent(3, "permitted", date(2024, 12, 31)), "before the case", "--date"),
        (CaseEvent(3, "permitted", date(2026, 6, 2)), "future", "--date"),
        (LOG[0], "already, as number 1", "--corrects 1"),
        (CaseEvent(3, "submitted", date(2026, 2, 26), corrects=9), "no event 9", "case show"),
        (
            CaseEvent(3, "permitted", date(2026, 1, 9), facts={"scope": "both"}),
            "scope cannot be both",
            "state_gazette",
        ),
        (CaseEvent(3, "remark", date(2026, 1, 9), facts={"notice": "Anna"}), "never a name", "notice=1"),
        (
            CaseEvent(3, "remark", date(2026, 1, 9), facts={"notices": "many"}),
            "number above zero",
            "notices=12",
        ),
        (CaseEvent(3, "remark", date(2026, 1, 9), facts={"notices": 0}), "number above zero", "notices=12"),
    ],
)
def test_what_cannot_be_is_refused(new: CaseEvent, complaint: str, hint: str) -> None:
    with pytest.raises(OptionError, match=complaint) as caught:
        validated(new)
    assert hint in caught.value.hint
    assert "Anna" not in caught.value.message


def test_the_edges_of_the_time_that_is_allowed() -> None:
    validated(CaseEvent(3, "remark", OPENED))
    validated(CaseEvent(3, "remark", TODAY))


def test_a_step_is_taken_once_but_two_objections_of_one_day_may_both_be_true() -> None:
    with pytest.raises(OptionError, match="as number 2"):
        validated(CaseEvent(3, "announced_sg", LOG[1].on, facts={"document": "another"}))
    one = CaseEvent(3, "objection_received", date(2026, 3, 9), facts={"number": 1})
    two = CaseEvent(4, "objection_received", date(2026, 3, 9), facts={"number": 2})
    more = {"opened_on": OPENED, "today": TODAY, "calendar": BG, "facts": WIDE}
    assert validate_event(PLAN, [*LOG, one], two, **more) == []
    with pytest.raises(OptionError, match="as number 3"):
        validate_event(PLAN, [*LOG, one], CaseEvent(4, one.type, one.on, facts=one.facts), **more)


def test_an_event_that_was_corrected_may_be_recorded_again_but_not_corrected_again() -> None:
    log = [*LOG, CaseEvent(3, "entry_withdrawn", date(2026, 3, 9), corrects=2)]
    again = CaseEvent(4, "announced_sg", LOG[1].on, facts=LOG[1].facts)
    assert validate_event(PLAN, log, again, opened_on=OPENED, today=TODAY, calendar=BG, facts=WIDE) == []
    with pytest.raises(OptionError, match="no event 2"):
        validate_event(
            PLAN,
            log,
            CaseEvent(4, "remark", LOG[1].on, corrects=2),
            opened_on=OPENED,
            today=TODAY,
            calendar=BG,
        )


def test_facts_of_a_command_line_are_words() -> None:
    log = [
        *LOG,
        CaseEvent(3, "accepted", date(2026, 4, 28)),
        CaseEvent(4, "approved_council", date(2026, 5, 20)),
    ]
    words = {"scope": "state_gazette", "changes_parcel_boundaries": "False"}
    guards = [n for n in at(TODAY, log, facts=words).notes if n.code == "GUARD_UNMET"]
    assert [note.params["missing"] for note in guards] == [("coordinated",)]


# --- Any history -------------------------------------------------------------------------------------

HISTORIES = st.lists(
    st.builds(
        lambda type_, days, part, notices, notice: (
            type_,
            days,
            part,
            {"notices": notices, "notice": notice},
        ),
        st.sampled_from(sorted(PLAN.event_types)),
        st.integers(0, 900),
        st.sampled_from([None, None, "A", "B"]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=150)
@given(
    history=HISTORIES,
    days=st.integers(0, 1000),
    facts=st.sampled_from([{}, WIDE, {"scope": "individual_notice"}]),
)
def test_any_history_gives_a_status(
    history: list[tuple[str, int, str | None, dict[str, Any]]], days: int, facts: dict[str, Any]
) -> None:
    first = date(2024, 1, 1)
    events = [
        CaseEvent(n, type_, first + timedelta(days=later), part, {k: v for k, v in stated.items() if v})
        for n, (type_, later, part, stated) in enumerate(history, start=1)
    ]
    on = first + timedelta(days=days)
    found = at(on, events, facts=facts, parts=("A", "B"))
    json.dumps(found.as_dict())
    assert [part.part for part in found.parts] == ["A", "B"]
    for part in found.parts:
        assert part.step in PLAN.steps
        assert part.since is None or part.since <= on
    for deadline in found.deadlines:
        assert deadline.due >= deadline.computed_due, "a term is never shortened"
        assert deadline.state != "overdue" or deadline.due < on
        assert deadline.status == "verified_secondary" or deadline.overdue is not True
    shuffled = random.Random(7).sample(events, len(events))
    assert at(on, shuffled, facts=facts, parts=("A", "B")) == found


@pytest.mark.long
def test_ten_thousand_cases_of_forty_events() -> None:
    """Of one part, and of two parts one of which is appealed."""
    for log in cases.histories(3, cases.KINDS["two parts, one appealed"]):
        assert len(log) == 40
        parts = {part.part: part for part in at(cases.ON, log, parts=("A", "B")).parts}
        assert {part.step for part in parts.values()} == {"cadastre_updated"}
        assert "appealed" in {done.step for done in parts["B"].done}
        assert "appealed" not in {done.step for done in parts["A"].done}
    spent = cases.statuses(10_000)
    assert spent["one part"] <= 5, spent
    assert spent["two parts, one appealed"] <= 5, spent

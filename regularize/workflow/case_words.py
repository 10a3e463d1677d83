"""Cases in words and rows: for the terminal, the map, the dossier and the report."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from regularize.i18n import counted, in_language
from regularize.i18n import marked as _
from regularize.law.definition import UNVERIFIED
from regularize.law.records import CaseStatus, PartStatus
from regularize.model import Case
from regularize.store import Store
from regularize.workflow.case import EVENT, status_of, statuses
from regularize.workflow.case_notes import fact_words, note_text, record_text
from regularize.workflow.projects import Opened

UNDECIDED = ("running", "overdue")


def step_label(here: Opened, kind: str, step: str, lang: str) -> str:
    """The name of a step of a procedure."""
    return here.pack.label(f"step.{kind}.{step}", lang)


def clock_label(here: Opened, kind: str, deadline: Mapping[str, Any], lang: str) -> str:
    """What a term of a procedure is about."""
    return here.pack.label(f"clock.{kind}.{deadline['clock']}", lang)


def state_label(here: Opened, record: Mapping[str, Any], *, lang: str) -> str:
    """Where the parts of a listed case stand, in a few words."""
    several = len(record["steps"]) > 1
    return "; ".join(
        (f"{entry['part']}: " if several and entry["part"] else "")
        + step_label(here, record["kind"], entry["step"], lang)
        for entry in record["steps"]
    )


def history_lines(here: Opened, record: Mapping[str, Any], *, lang: str) -> Iterator[str]:
    """A case with its events for the terminal."""
    yield f"{record['id']}  {here.pack.label('procedure.' + record['kind'], lang)}: {record['title']}"
    for name, value in record["facts"].items():
        yield f"  {fact_words(here, name, value, lang=lang)}"
    replaced = {
        event["payload"].get("corrects"): event["seq"] for event in record["events"] if event["payload"]
    }
    for event in record["events"]:
        line = f"  {event['seq']:>4}  {event['on']}  {_entry(here, event, lang)}"
        if event["seq"] in replaced:
            by = in_language(_("corrected by {seq}"), lang).format(seq=replaced[event["seq"]])
            line += f"  [{by}]"
        yield line


def _entry(here: Opened, event: Mapping[str, Any], lang: str) -> str:
    """An entry of the log of a case in one line."""
    payload = event["payload"]
    what = here.pack.label(f"log.{event['type']}", lang)
    if payload is None:
        return what + "  (" + in_language(_("erased"), lang) + ")"
    if event["type"] == EVENT and "event" in payload:
        what = here.pack.label(f"event.{payload['event']}", lang)
        proof = ", ".join(_proof(here, payload.get("evidence") or {}, lang))
        part = f" [{payload['part']}]" if payload.get("part") else ""
        corrects = payload.get("corrects")
        tail = "; " + in_language(_("corrects {seq}"), lang).format(seq=corrects) if corrects else ""
        return f"{what}{part}" + (f"  ({proof})" if proof else "") + tail
    words: list[object] = [payload.get("number"), payload.get("place"), payload.get("block")]
    for name, codes in (
        ("cause", "objection_cause"),
        ("decision", "objection_decision"),
        ("kind", "consultation_kind"),
        ("partner", "consultation_partner"),
    ):
        if payload.get(name) in here.pack.codes(codes):
            words.append(here.pack.label(f"{codes}.{payload[name]}", lang))
    if payload.get("people") is not None:
        words.append(counted("{n} person", "{n} people", payload["people"], lang))
    if payload.get("households") is not None:
        words.append(counted("{n} household", "{n} households", payload["households"], lang))
    words.append(payload.get("area"))
    said = ", ".join(str(word) for word in words if word)
    return f"{what}: {said}" if said else what


def _proof(here: Opened, evidence: Mapping[str, str], lang: str) -> Iterator[str]:
    """The papers of an event in words; of a scan only the beginning of its digest."""
    for name, text in evidence.items():
        if name == "document":
            yield (
                here.pack.label(f"document.{text}", lang) if here.pack.has_label(f"document.{text}") else text
            )
        else:
            yield f"sha256 {text[:12]}" if name == "file_sha256" else text


def status_lines(here: Opened, record: Mapping[str, Any], *, lang: str) -> Iterator[str]:
    """The status of a case for the terminal."""

    def say(message: str) -> str:
        return in_language(message, lang)

    kind = record["kind"]
    since_, until_, done_, next_ = say(_("since")), say(_("until")), say(_("done")), say(_("next"))
    unknown_, remark_ = say(_("not enough information")), say(_("remark"))
    yield f"{record['id']}  {here.pack.label('procedure.' + kind, lang)}: {record['title']}"
    yield say(_("as of {on}")).format(on=record["on"])
    if record["rule_set"]["on"] is not None:
        yield say(_("by the law of {on} ({event})")).format(
            on=record["rule_set"]["on"], event=here.pack.label(f"event.{record['rule_set']['event']}", lang)
        )
    for part in record["parts"]:
        head = f"  {part['part']}: " if part["part"] else "  "
        since = f" ({since_} {part['since']})" if part["since"] else ""
        yield head + step_label(here, kind, part["step"], lang) + since
        for entry in sorted((*part["done"], *part["milestones"]), key=lambda entry: entry["since"] or ""):
            if entry["since"]:
                yield f"    {done_}: {entry['since']}  {step_label(here, kind, entry['step'], lang)}"
        for entry in part["next_steps"]:
            if entry["exceptional"]:
                continue
            who = (
                here.pack.label(f"actor.{entry['actor']}", lang) if entry["actor"] else say(_("time passes"))
            )
            due = f", {until_} {entry['due']}" if entry["due"] else ""
            basis = basis_text(entry["citation"], entry["status"], lang)
            yield f"    {next_}: {step_label(here, kind, entry['to'], lang)} - {who}{due}  ({basis})"
    for deadline in record["deadlines"]:
        if deadline["state"] in UNDECIDED:
            cells = deadline_cells(here, kind, deadline, lang=lang)
            yield "  " + "  ".join(filter(None, cells))
    for gap in record["not_enough_information"]:
        yield f"  {unknown_}: {record_text(here, gap, kind=kind, lang=lang)}"
    for note in record["notes"]:
        yield f"  {remark_}: {record_text(here, note, kind=kind, lang=lang)}"


def basis_text(citation: str, status: str, lang: str) -> str:
    """A provision, and that nobody has compared it with the law where that is so."""
    if status != UNVERIFIED:
        return citation
    return "; ".join(filter(None, (citation, in_language(_("the rule is unverified"), lang))))


def deadline_cells(
    here: Opened, kind: str, deadline: Mapping[str, Any], *, lang: str
) -> tuple[str, str, str, str]:
    """Due day, holder, what it is, and what to know about it."""
    remarks = []
    if deadline["overdue"]:
        remarks.append(in_language(_("overdue"), lang))
    if deadline["announced_due"] and deadline["announced_due"] != deadline["computed_due"]:
        remarks.append(
            in_language(_("announced {announced}, computed {computed}"), lang).format(
                announced=deadline["announced_due"], computed=deadline["computed_due"]
            )
        )
    if deadline["provisional"]:
        remarks.append(
            in_language(_("provisional: the calendar of days off is not checked so far ahead"), lang)
        )
    remarks.append(basis_text(deadline["citation"], deadline["status"], lang))
    return (
        deadline["due"],
        here.pack.label(f"actor.{deadline['holder']}", lang),
        clock_label(here, kind, deadline, lang),
        "; ".join(filter(None, remarks)),
    )


def deadline_row(here: Opened, record: Mapping[str, Any], *, lang: str) -> tuple[object, ...]:
    """A deadline of `case deadlines` as a table row."""
    due, who, what, remark = deadline_cells(here, record["kind_of_case"], record, lang=lang)
    parts = ", ".join(part for part in record["parts"] if part)
    return due, record["case"], parts, who, what, remark


def part_rows(here: Opened, store: Store, *, on: date, lang: str) -> list[dict[str, Any]]:
    """Where procedures run, for maps: case, title, state, next deadline, outline."""
    plan_parts = store.layer("plan_parts")
    outlines = dict(zip(plan_parts["name"], plan_parts.geometry, strict=True))
    rows: list[dict[str, Any]] = []
    for case, found in statuses(here, store, on=on):
        for part in found.parts:
            outline: BaseGeometry | None = outlines.get(part.part) if part.part else case.geometry
            outline = case.geometry if outline is None else outline
            if outline is None or case.homes:
                continue  # a case of single homes would point at them
            rows.append(
                {
                    "case": case.id,
                    "title": case.title,
                    "state": step_label(here, case.kind, part.step, lang),
                    "next_deadline": _next_due(found, part),
                    "geometry": outline,
                }
            )
    return rows


def part_of(found: CaseStatus, name: str | None) -> PartStatus:
    """The part of a case that a home lies in; what is said of the whole where none is of that name."""
    return next((part for part in found.parts if part.part == name), found.parts[0])


def dossier_facts(
    here: Opened, store: Store, case: Case, *, on: date, lang: str, plan_part: str | None = None
) -> dict[str, Any]:
    """The case of a home in `plan_part` as its dossier states it."""
    found = status_of(here, store, case, on=on)
    part = part_of(found, plan_part)
    steps: list[dict[str, Any]] = [
        {
            "title": step_label(here, case.kind, entry.step, lang),
            "state": "done",
            "on": entry.since.isoformat(),
            "basis": "",
        }
        for entry in sorted((*part.done, *part.milestones), key=lambda entry: entry.since or date.min)
        if entry.since
    ]
    steps.append(
        {
            "title": step_label(here, case.kind, part.step, lang),
            "state": "current",
            "on": part.since.isoformat() if part.since else None,
            "basis": "",
        }
    )
    steps += [
        {
            "title": step_label(here, case.kind, entry.to, lang),
            "state": "overdue" if entry.due and entry.due < on else ("due" if entry.due else "later"),
            "due": entry.due.isoformat() if entry.due else None,
            "basis": basis_text(entry.citation, entry.status, lang),
        }
        for entry in part.next_steps
        if not entry.exceptional
    ]
    return {
        "id": case.id,
        "title": case.title,
        "state": step_label(here, case.kind, part.step, lang),
        "opened_on": case.opened_on.isoformat(),
        "running": not part.terminal,
        "steps": steps,
        "deadlines": _deadlines(here, case.kind, found, lang),
        "notes": [note_text(here, gap, kind=case.kind, lang=lang, coded=False) for gap in found.gaps],
    }


def council_facts(
    here: Opened, store: Store, *, place: BaseGeometry | None, on: date, lang: str
) -> dict[str, list[dict[str, Any]]]:
    """Cases and deadlines for the council: none that runs for single homes."""
    cases: list[dict[str, Any]] = []
    deadlines: list[dict[str, Any]] = []
    for case, found in statuses(here, store, on=on):
        elsewhere = place is not None and (case.geometry is None or not place.intersects(case.geometry))
        if case.homes or elsewhere:
            continue
        cases += [
            {
                "title": case.title,
                "plan_part": part.part or case.plan_part,
                "state": step_label(here, case.kind, part.step, lang),
                "next_deadline": _next_due(found, part),
            }
            for part in found.parts
        ]
        deadlines += _deadlines(here, case.kind, found, lang)
    return {"cases": cases, "deadlines": deadlines}


def _deadlines(here: Opened, kind: str, found: CaseStatus, lang: str) -> list[dict[str, Any]]:
    return [
        {
            "title": clock_label(here, kind, deadline.as_dict(), lang),
            "due": deadline.due.isoformat(),
            "basis": basis_text(deadline.citation, deadline.status, lang),
        }
        for deadline in found.deadlines
        if deadline.state in UNDECIDED
    ]


def _next_due(found: CaseStatus, part: PartStatus) -> str | None:
    """The nearest running deadline that concerns the part."""
    for deadline in found.deadlines:
        if deadline.state in UNDECIDED and (None in deadline.parts or part.part in deadline.parts):
            return deadline.due.isoformat()
    return None

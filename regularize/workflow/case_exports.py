"""What leaves a case: its deadlines for a calendar, its acts for the public register."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import OptionError
from regularize.i18n import in_language, marked
from regularize.i18n import translate as _
from regularize.law.definition import Procedure, Route
from regularize.law.records import CaseEvent
from regularize.model import Case, Event
from regularize.project import now, today
from regularize.publish.act_register import render_register
from regularize.publish.ical import Entry, render_calendar
from regularize.workflow import case as cases
from regularize.workflow.case_words import clock_label
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.whole import write_whole

UNVERIFIED = "unverified"


def write_calendar(here: Opened, output: Path, rows: Sequence[Mapping[str, Any]], *, lang: str) -> int:
    """Write the deadlines that `case.deadlines` gave to an iCalendar file; returns how many."""
    with store_of(here, read_only=True) as store:
        mark = store.events(type="store.created")[0].hash
        titles = {case.id: case.title for case in store.cases()}
    entries = [_entry(here, row, titles, mark, lang) for row in rows]
    name = in_language(marked("Deadlines"), lang) + f": {here.project.municipality}"
    write_whole(output, render_calendar(entries, name=name, stamp=now()))
    return len(entries)


def _entry(here: Opened, row: Mapping[str, Any], titles: Mapping[str, str], mark: str, lang: str) -> Entry:
    """A deadline; its uid lives on what it is about, not on the day, so that a moved one is moved."""
    about = [mark, row["case"], row["clock"], row["notice"] or "", *sorted(p or "" for p in row["parts"])]
    digest = hashlib.sha256("\x1f".join(about).encode("utf-8")).hexdigest()
    parts = ", ".join(part for part in row["parts"] if part)
    notice = f" №{row['notice']}" if row["notice"] else ""
    what = clock_label(here, row["kind_of_case"], row, lang)
    who = here.pack.label(f"actor.{row['holder']}", lang)
    remarks = [titles[row["case"]], parts, f"{who}; {row['citation']}"]
    if row["announced_due"] and row["announced_due"] != row["computed_due"]:
        remarks.append(
            in_language(marked("announced {announced}, computed {computed}"), lang).format(
                announced=row["announced_due"], computed=row["computed_due"]
            )
        )
    if row["provisional"]:
        remarks.append(
            in_language(marked("provisional: the calendar of days off is not checked so far ahead"), lang)
        )
    if row["status"] == UNVERIFIED:
        remarks.append(in_language(marked("the rule is unverified"), lang))
    description = "\n".join(privacy.redact(text)[0] for text in remarks if text)
    uid = f"{digest[:32]}@regularize.invalid"
    return Entry(uid, date.fromisoformat(row["due"]), f"{row['case']}: {what}{notice}", description)


def write_register(
    here: Opened, output: Path, *, case_id: str | None, on: date | None, fmt: str, lang: str
) -> int:
    """Write the acts of a case, or of all, for the public register; returns how many.

    Acts are those that the pack names for the procedure. A corrected entry gives way to its correction.
    The issuer is the body that the procedure names, so that no free text can name a person.

    Raises
    ------
    OptionError
        If the pack names no acts for a register, the case is unknown, or the format is.
    """
    day = on or today()
    if not any(here.pack.codes(f"register_act_{kind}") for kind in cases.kinds(here)):
        raise OptionError(
            _("the country pack {pack} names no acts for a public register").format(pack=here.pack.code),
            hint=_("list them in codes_cases.toml of the pack: register_act_PROCEDURE"),
        )
    with store_of(here, read_only=True) as store:
        chosen = store.cases() if case_id is None else [store.case(case_id)]
        log: dict[str, list[Event]] = {}
        for event in store.events(type=cases.EVENT):
            log.setdefault(event.subject.partition(":")[2], []).append(event)
    acts = [act for case in chosen for act in _acts(here, case, log.get(case.id, []), day, lang)]
    acts.sort(key=lambda act: (act["date"], int(act["case"].rpartition("-")[2]), act["act"]))
    content = render_register(
        acts,
        municipality=here.project.municipality,
        on=day.isoformat(),
        fmt=fmt,
        lang=lang,
        labels=here.pack.label,
    )
    write_whole(output, content)
    return len(acts)


def _acts(here: Opened, case: Case, log: Sequence[Event], on: date, lang: str) -> Iterator[dict[str, Any]]:
    named = here.pack.codes(f"register_act_{case.kind}")
    if not named:
        return
    procedure = cases.procedure_of(here, case.kind)
    events = [
        (cases.said(e.seq, e.on, e.payload), e.payload) for e in log if e.payload and "event" in e.payload
    ]
    replaced = {event.corrects for event, _payload in events}
    for event, payload in events:
        if event.type not in named or event.seq in replaced or event.on > on:
            continue
        routes = _routes(procedure, case, event)
        proof = payload.get("evidence") or {}
        kind = proof.get("document")
        known_kind = kind if kind and here.pack.has_label(f"document.{kind}") else None
        unverified = not routes or any(route.status == UNVERIFIED for route in routes)
        yield {
            "case": case.id,
            "title": privacy.redact(case.title)[0],
            "plan_part": event.part or case.plan_part,
            "act": named[event.type][lang],
            "document": here.pack.label(f"document.{known_kind}", lang) if known_kind else None,
            "number": privacy.redact(proof.get("number", ""))[0] or None,
            "date": event.on.isoformat(),
            "issuer": "; ".join(
                _distinct(here.pack.label(f"actor.{r.actor}", lang) for r in routes if r.actor)
            ),
            "legal_basis": "; ".join(_distinct(route.citation for route in routes)),
            "basis_status": here.pack.label(
                f"law_status.{'unverified' if unverified else routes[0].status}", lang
            ),
            "gazette": privacy.redact(proof.get("gazette", ""))[0] or None,
        }


def _routes(procedure: Procedure, case: Case, event: CaseEvent) -> list[Route]:
    """The routes that the event may have taken, by what is known of the case."""
    facts = {
        name: fact.read(value)
        for name, fact in procedure.facts.items()
        if (value := event.facts.get(name, case.facts.get(name))) is not None
    }
    return [r for r in procedure.routes if r.event == event.type and not r.is_shut(facts)]


def _distinct(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))

"""``regularize case``: procedures that run, from dated and sourced events."""

from datetime import date
from pathlib import Path

import click

from regularize.cli.base import (
    COUNT,
    DATE,
    NUMBER,
    PATH,
    Command,
    Group,
    Session,
    as_known_option,
    free_output,
    json_option,
    on_option,
    option,
    overwrite_option,
    pass_session,
    print_json,
    print_table,
)
from regularize.i18n import counted, marked
from regularize.i18n import translate as _


@click.group(
    "case",
    cls=Group,
    help=marked(
        "Cases: procedures that run for a plan part, an area or homes.\n\n"
        "Nothing stores a current stage: the status on a day follows from the dated events."
    ),
)
def group() -> None:
    """Cases."""


@group.command(
    "open",
    cls=Command,
    help=marked("Open a case. KIND is a procedure of the country pack; without it they are listed."),
    example="regularize case open detailed_plan --title 'ПРЗ кв. Изток' --part 'Част 1' --date 2026-03-01",
)
@click.argument("kind", metavar="KIND", required=False)
@option("--title", metavar="TEXT", help=marked("What the case is called; no names of persons."))
@option("--part", metavar="NAME", help=marked("The plan part that it runs for."))
@option("--area", metavar="NAME", help=marked("The area that it runs for."))
@option(
    "--home", "homes", multiple=True, metavar="ID", help=marked("A home that it runs for; may be repeated.")
)
@option("--date", "on", type=DATE, help=marked("The day it was opened (default: today)."))
@option(
    "--fact",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help=marked("A fact of the case, such as scope=state_gazette."),
)
@json_option
@pass_session
def open_(
    session: Session,
    kind: str | None,
    title: str | None,
    part: str | None,
    area: str | None,
    homes: tuple[str, ...],
    on: date | None,
    facts: tuple[str, ...],
    as_json: bool,
) -> None:
    """Open a case."""
    from regularize.workflow import case, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if kind is None:
        for name in case.kinds(opened):
            click.echo(f"{name}  {opened.pack.label(f'procedure.{name}', lang)}")
        return
    record = case.open_case(
        opened, kind=kind, title=title, part=part, area=area, homes=homes, on=on, facts=facts
    )
    if as_json:
        print_json(record)
        return
    session.say(_("case {id} opened on {on}").format(id=record["id"], on=record["opened_on"]))
    session.say(_("next: regularize case event {id} EVENT --date DATE").format(id=record["id"]))


@group.command(
    "list", cls=Command, help=marked("List the cases with their status."), example="regularize case list"
)
@on_option
@json_option
@pass_session
def list_(session: Session, on: date | None, as_json: bool) -> None:
    """List cases."""
    from regularize.workflow import case, case_words, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    records = case.listed(opened, on=on)
    if as_json:
        print_json(records)
        return
    print_table(
        (_("case"), _("procedure"), _("title"), _("state"), _("next deadline")),
        [
            (
                r["id"],
                opened.pack.label(f"procedure.{r['kind']}", lang),
                r["title"],
                case_words.state_label(opened, r, lang=lang),
                r["next_deadline"],
            )
            for r in records
        ],
    )


@group.command(
    "event",
    cls=Command,
    help=marked(
        "Record an event of a case, with its evidence. Without EVENT the possible ones are listed.\n\n"
        "Nothing is rewritten: a wrong event is corrected by a new one that names it."
    ),
    example="regularize case event C-1 permitted --date 2026-03-10 --document order --number 114",
)
@click.argument("case_id", metavar="CASE")
@click.argument("event", metavar="EVENT", required=False)
@option("--date", "on", type=DATE, help=marked("The day it happened."))
@option("--part", metavar="NAME", help=marked("The plan part it concerns (default: all)."))
@option("--document", metavar="TYPE", help=marked("The kind of document that proves it."))
@option("--number", metavar="TEXT", help=marked("The document's number."))
@option("--issuer", metavar="TEXT", help=marked("The body that issued it."))
@option("--document-date", "issued", type=DATE, help=marked("The day the document was issued."))
@option("--gazette", metavar="ISSUE/YEAR", help=marked("The issue of the State Gazette."))
@option(
    "--file", "scan", type=PATH, metavar="FILE", help=marked("A scan: its digest is kept, the file is not.")
)
@option("--announced", type=DATE, help=marked("The last day that was announced, where one was."))
@option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help=marked("A further fact of the event."))
@option("--corrects", type=NUMBER, metavar="SEQ", help=marked("The event of the log that this one corrects."))
@option(
    "--by",
    "actor",
    metavar="WHO",
    default="",
    help=marked("Who records it: an office or a role, no private data."),
)
@json_option
@pass_session
def event_(
    session: Session,
    case_id: str,
    event: str | None,
    on: date | None,
    part: str | None,
    document: str | None,
    number: str | None,
    issuer: str | None,
    issued: date | None,
    gazette: str | None,
    scan: Path | None,
    announced: date | None,
    facts: tuple[str, ...],
    corrects: int | None,
    actor: str,
    as_json: bool,
) -> None:
    """Record an event."""
    from regularize.workflow import case, case_facts, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if event is None:
        for name in case.event_types(opened, case_id):
            click.echo(f"{name}  {opened.pack.label(f'event.{name}', lang)}")
        return
    record = case.record_event(
        opened,
        case_id,
        event=event,
        on=on,
        part=part,
        evidence={
            "document": document,
            "number": number,
            "issuer": issuer,
            "document_date": issued.isoformat() if issued else None,
            "gazette": gazette,
            "file_sha256": case_facts.digest_of(scan) if scan else None,
        },
        announced=announced,
        facts=facts,
        corrects=corrects,
        actor=actor,
    )
    if as_json:
        print_json(record)
        return
    for remark in record["remarks"]:
        session.say(remark)
    session.say(_("event {seq} recorded in case {id}").format(seq=record["seq"], id=case_id))
    if record["remarks"]:
        session.say(
            _("to correct it: regularize case event {id} {event} --corrects {seq} --date DATE").format(
                id=case_id, event=event, seq=record["seq"]
            )
        )


@group.command(
    "show", cls=Command, help=marked("Show a case with its events."), example="regularize case show C-1"
)
@click.argument("case_id", metavar="CASE")
@json_option
@pass_session
def show(session: Session, case_id: str, as_json: bool) -> None:
    """Show a case."""
    from regularize.workflow import case, case_words, projects

    opened = projects.opened(session.folder)
    record = case.shown(opened, case_id)
    if as_json:
        print_json(record)
        return
    lang = session.lang or opened.project.language
    for line in case_words.history_lines(opened, record, lang=lang):
        click.echo(line)


@group.command(
    "status",
    cls=Command,
    help=marked("Say where a case stands on a day: what is done, what runs, who must act, by when."),
    example="regularize case status C-1 --on 2026-05-01",
)
@click.argument("case_id", metavar="CASE")
@on_option
@as_known_option
@json_option
@pass_session
def status(session: Session, case_id: str, on: date | None, as_known: date | None, as_json: bool) -> None:
    """Say where a case stands."""
    from regularize.workflow import case, case_words, projects

    opened = projects.opened(session.folder, as_known=as_known)
    record = case.status(opened, case_id, on=on)
    if as_json:
        print_json(record)
        return
    for line in case_words.status_lines(opened, record, lang=session.lang or opened.project.language):
        click.echo(line)


@group.command(
    "deadlines",
    cls=Command,
    help=marked(
        "List the deadlines of all cases, the nearest first.\n\n"
        "With --ics they go into a file for the calendar of the office, with reminders."
    ),
    example="regularize case deadlines --days 30 --ics srokove.ics",
)
@on_option
@option(
    "--days",
    type=COUNT,
    metavar="N",
    help=marked("Only those that end within so many days, and those that are overdue."),
)
@option("--ics", type=PATH, metavar="FILE", help=marked("Write them as a calendar file instead."))
@overwrite_option
@json_option
@pass_session
def deadlines(
    session: Session, on: date | None, days: int | None, ics: Path | None, overwrite: bool, as_json: bool
) -> None:
    """List deadlines."""
    from regularize.workflow import case, case_exports, case_words, projects

    if ics is not None:
        free_output(ics, overwrite=overwrite)
    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    records = case.deadlines(opened, on=on, days=days)
    if ics is not None:
        n = case_exports.write_calendar(opened, ics, records, lang=lang)
        said = counted("{n} deadline", "{n} deadlines", n)
        session.say(_("{said} written to {path}").format(said=said, path=ics))
    if as_json:
        print_json(records)
        return
    if ics is not None:
        return
    print_table(
        (_("due"), _("case"), _("part"), _("who"), _("what"), _("remark")),
        [case_words.deadline_row(opened, record, lang=lang) for record in records],
    )

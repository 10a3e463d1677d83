"""``regularize case document`` and ``case evidence``: the papers of a home or a case."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    DATE,
    NUMBER,
    PATH,
    Command,
    F,
    Group,
    Session,
    by_option,
    json_option,
    on_option,
    option,
    pass_session,
    print_json,
    print_table,
)
from regularize.errors import OptionError
from regularize.i18n import marked
from regularize.i18n import translate as _

STATES = click.Choice(("asked_for", "received", "refused", "expired"))
date_option = option("--date", "on", type=DATE, help=marked("The day it happened (default: today)."))
file_option = option(
    "--file",
    type=PATH,
    metavar="FILE",
    help=marked("The scanned file: its digest is kept, the file stays where it is."),
)
place_option = option(
    "--place", metavar="TEXT", help=marked("Where the paper or file is kept (default: the file's name).")
)
fact_option = option(
    "--fact",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help=marked("What the document says, such as land_owner_category=municipal_private."),
)
number_option = option("--number", metavar="TEXT", help=marked("The document's number."))
issuer_option = option("--issuer", metavar="TEXT", help=marked("The body that issued it."))


def paper_options(command: F) -> F:
    """What may be said of a paper whenever its state changes."""
    options = (date_option, file_option, place_option, fact_option, number_option, issuer_option, by_option)
    for decorate in reversed(options):
        command = decorate(command)
    return command


def _stated(paper: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `paper_options` as the work takes them."""
    details = {name: paper[name] for name in ("number", "issuer")}
    same = {name: paper[name] for name in ("on", "file", "place", "facts")}
    return {**same, "details": details, "actor": paper["by"]}


@click.group(
    "document",
    cls=Group,
    help=marked("Documents of homes and cases: asked for, received, refused, expired."),
)
def document() -> None:
    """Documents."""


@document.command(
    "add",
    cls=Command,
    help=marked(
        "Record a document of a home or a case. Without TYPE the kinds are listed.\n\n"
        "ID is a case, home, finding or cadastral identifier."
    ),
    example="regularize case document add T-00000-12 title --state received --file akt.pdf",
)
@click.argument("target", metavar="ID")
@click.argument("document_type", metavar="TYPE", required=False)
@option("--state", type=STATES, default="asked_for", help=marked("What has become of it (asked_for)."))
@paper_options
@json_option
@pass_session
def add_document(
    session: Session,
    /,
    target: str,
    document_type: str | None,
    state: str,
    as_json: bool,
    **paper: Any,
) -> None:
    """Record a document."""
    from regularize.workflow import documents, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if document_type is None:
        for name in documents.document_types(opened):
            click.echo(f"{name}  {opened.pack.label(f'document.{name}', lang)}")
        return
    record = documents.add(
        opened,
        target,
        document_type,
        state=state,
        **_stated(paper),
    )
    if as_json:
        print_json(record)
        return
    session.say(_("document {id} recorded").format(id=record["id"]))


@document.command(
    "state",
    cls=Command,
    help=marked("Say what has become of a document. What it was before stays in the log."),
    example="regularize case document state 3 received --date 2026-06-01",
)
@click.argument("number_", metavar="DOCUMENT", type=NUMBER)
@click.argument("state", metavar="STATE", type=STATES)
@paper_options
@json_option
@pass_session
def state_of_document(
    session: Session,
    /,
    number_: int,
    state: str,
    as_json: bool,
    **paper: Any,
) -> None:
    """Change the state of a document."""
    from regularize.workflow import documents, projects

    opened = projects.opened(session.folder)
    record = documents.set_state(
        opened,
        number_,
        state,
        **_stated(paper),
    )
    if as_json:
        print_json(record)
        return
    word = opened.pack.label(f"document_state.{state}", session.lang or opened.project.language)
    session.say(_("{id}: {state}").format(id=number_, state=word))


@document.command(
    "list",
    cls=Command,
    help=marked("List the documents, of one home or case where an ID is given."),
    example="regularize case document list T-00000-12",
)
@click.argument("target", metavar="ID", required=False)
@json_option
@pass_session
def list_documents(session: Session, target: str | None, as_json: bool) -> None:
    """List documents."""
    from regularize.workflow import documents, projects

    opened = projects.opened(session.folder)
    records = documents.listed(opened, target)
    if as_json:
        print_json(records)
        return
    lang = session.lang or opened.project.language
    print_table(
        (_("number"), _("belongs to"), _("document"), _("state"), _("since"), _("file")),
        documents.rows(opened, records, lang=lang),
    )


@document.command(
    "checklist",
    cls=Command,
    help=marked("List what the steps of a case, or the ways of a home, need, and what is there."),
    example="regularize case document checklist C-1",
)
@click.argument("target", metavar="ID")
@json_option
@pass_session
def checklist(session: Session, target: str, as_json: bool) -> None:
    """Print a checklist."""
    from regularize.workflow import pathway, projects

    opened = projects.opened(session.folder)
    records = pathway.checklist(opened, target)
    if as_json:
        print_json(records)
        return
    lang = session.lang or opened.project.language
    print_table(
        (_("for"), _("document"), _("state"), _("provision")),
        pathway.checklist_rows(opened, records, lang=lang),
    )


@click.group("evidence", cls=Group, help=marked("Evidence of the age of a home's building."))
def evidence() -> None:
    """Evidence of age."""


@evidence.command(
    "add",
    cls=Command,
    help=marked(
        "Record a piece of evidence. Without KIND the kinds are listed.\n\n"
        "A piece that does not show the building counts only where its kind can prove absence."
    ),
    example="regularize case evidence add T-00000-12 orthophoto --dated 2001-06-01 --accuracy 30 --shows",
)
@click.argument("home_id", metavar="ID")
@click.argument("kind", metavar="KIND", required=False)
@option("--dated", type=DATE, help=marked("The day for which it speaks."))
@option("--accuracy", type=NUMBER, metavar="DAYS", help=marked("How far that day may be off, either way."))
@option("--shows/--absent", "shows", default=None, help=marked("Whether it shows the building."))
@option("--ref", metavar="TEXT", default="", help=marked("What names the piece; no names of persons."))
@file_option
@option("--corrects", type=NUMBER, metavar="SEQ", help=marked("The recorded piece that this one corrects."))
@by_option
@json_option
@pass_session
def add_evidence(
    session: Session,
    home_id: str,
    kind: str | None,
    dated: date | None,
    accuracy: int | None,
    shows: bool | None,
    ref: str,
    file: Path | None,
    corrects: int | None,
    by: str,
    as_json: bool,
) -> None:
    """Record a piece of evidence."""
    from regularize.workflow import evidence as pieces
    from regularize.workflow import projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    if kind is None:
        for name in pieces.kinds(opened):
            click.echo(f"{name}  {opened.pack.label(f'evidence_kind.{name}', lang)}")
        return
    if dated is None or accuracy is None or shows is None:
        raise OptionError(
            _("a piece of evidence needs its day, its accuracy, and whether it shows the building"),
            hint=_("give --dated DATE --accuracy DAYS, and --shows or --absent"),
        )
    record = pieces.add(
        opened,
        home_id,
        kind,
        shows=shows,
        dated=dated,
        accuracy_days=accuracy,
        ref=ref,
        file=file,
        corrects=corrects,
        actor=by,
    )
    if as_json:
        print_json(record)
        return
    for remark in record["remarks"]:
        session.say(remark)
    session.say(_("piece {seq} recorded for home {home}").format(seq=record["seq"], home=record["home"]))


@evidence.command(
    "withdraw",
    cls=Command,
    help=marked("Take a piece out of the reckoning by a new entry; nothing is erased."),
    example="regularize case evidence withdraw T-00000-12 41 --reason 'another building'",
)
@click.argument("home_id", metavar="ID")
@click.argument("seq", metavar="SEQ", type=NUMBER)
@option("--reason", required=True, metavar="TEXT", help=marked("Why; no names."))
@by_option
@pass_session
def withdraw_evidence(session: Session, home_id: str, seq: int, reason: str, by: str) -> None:
    """Withdraw a piece of evidence."""
    from regularize.workflow import evidence as pieces
    from regularize.workflow import projects

    pieces.withdraw(projects.opened(session.folder), home_id, seq, reason=reason, actor=by)
    session.say(_("piece {seq} no longer counts").format(seq=seq))


@evidence.command(
    "list",
    cls=Command,
    help=marked("Show the evidence of a home's age, what follows from it, and what would decide."),
    example="regularize case evidence list T-00000-12",
)
@click.argument("home_id", metavar="ID")
@on_option
@json_option
@pass_session
def list_evidence(session: Session, home_id: str, on: date | None, as_json: bool) -> None:
    """Show the evidence of a home."""
    from regularize.workflow import evidence as pieces
    from regularize.workflow import projects

    opened = projects.opened(session.folder)
    found = pieces.shown(opened, home_id, on=on)
    if as_json:
        print_json(found)
        return
    for line in pieces.lines(opened, found, lang=session.lang or opened.project.language):
        click.echo(line)

"""``regularize privacy``: what a project keeps about people, and what has left it."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    by_option,
    free_output,
    json_option,
    option,
    overwrite_option,
    pass_session,
    print_json,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.errors import RefusedError
from regularize.i18n import counted, marked
from regularize.i18n import translate as _


@click.group("privacy", cls=Group, help=marked("Personal data: what is kept, why, and what has left."))
def group() -> None:
    """Personal data."""


@group.command(
    "report",
    cls=Command,
    help=marked(
        "Print the inventory: what is stored, why, until when; columns refused, outputs that left.\n\n"
        "The facts for the record of processing and the impact assessment. With --scan every text of "
        "the store is looked at for personal data; what is found exits with 1."
    ),
    example="regularize privacy report --scan",
)
@option("--scan", is_flag=True, help=marked("Look for personal data in every text of the store."))
@json_option
@pass_session
def report(session: Session, scan: bool, as_json: bool) -> None:
    """Print the inventory."""
    from regularize.workflow import privacy_report, projects

    opened = projects.opened(session.folder)
    record = privacy_report.report(opened, scan=scan)
    if as_json:
        print_json(record)
    else:
        for line in privacy_report.lines(record, lang=session.lang or opened.project.language):
            click.echo(line)
    if record["scan"] is not None and record["scan"]["found"]:
        raise RefusedError(
            _("texts of the store look like personal data"),
            hint=_("erase them: regularize store erase --words FILE --reason TEXT"),
        )


@group.command(
    "export",
    cls=Command,
    help=marked(
        "Print all that is stored about one home: rows, findings, papers, evidence, cases, log.\n\n"
        "Takes any identifier of the home. Hand it only to the people whose home it is; that it was "
        "printed becomes an entry of the log. On a terminal it is shown; into a file by > or into "
        "another program it goes unencrypted, and needs --plain --purpose TEXT."
    ),
    example="regularize privacy export T-00000-12 -o dom.json",
)
@click.argument("any_id", metavar="ID")
@option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE.json",
    help=marked("Write it to a file instead, encrypted wherever it lies."),
)
@leaving_options
@overwrite_option
@json_option
@by_option
@pass_session
def export(
    session: Session,
    /,
    any_id: str,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    by: str,
    **leave: Any,
) -> None:
    """Print what is stored about a home."""
    from regularize.workflow import home_export, home_export_words, projects

    purpose = None
    if output is not None:
        free_output(output, overwrite=overwrite, endings=(".json",))
    elif leave["plain"] or not sys.stdout.isatty():
        # What is redirected or piped lies somewhere unencrypted, and nobody can say where.
        purpose = home_export.purpose_of_plain(plain=leave["plain"], purpose=leave["purpose"])
    opened = projects.opened(session.folder)
    record = home_export.export(opened, any_id, actor=by)
    text = json.dumps(record, ensure_ascii=False, indent=2, default=str) + "\n"
    if output is not None:
        with leaving(
            session, opened, [output], what=home_export.WHAT, overwrite=overwrite, always=True, **leave
        ) as way:
            way.path(output).write_text(text, encoding="utf-8")
    else:
        if not as_json:
            lines = home_export_words.lines(opened, record, lang=session.lang or opened.project.language)
            text = "".join(f"{line}\n" for line in lines)
        if purpose is not None:
            home_export.log_plain(opened, text, purpose=purpose)
        click.echo(text, nl=False)
    session.say(
        _("home {home}: {rows}, {entries}; the request was recorded").format(
            home=record["home"]["id"],
            rows=counted("{n} row", "{n} rows", sum(len(rows) for rows in record["rows"].values())),
            entries=counted("{n} entry of the log", "{n} entries of the log", len(record["events"])),
        )
    )

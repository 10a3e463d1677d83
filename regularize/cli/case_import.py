"""``regularize case import``: cases that ran in spreadsheets."""

from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Session,
    by_option,
    json_option,
    option,
    pass_session,
    print_json,
)
from regularize.errors import RefusedError
from regularize.i18n import counted, marked
from regularize.i18n import translate as _


@click.command(
    "import",
    cls=Command,
    help=marked(
        "Take over cases from a spreadsheet, CSV or XLSX: one row per event.\n\n"
        "All cells are read as text. Either every row is stored, in one transaction, or none. "
        "With --dry-run nothing is written: what would be stored is listed with what is odd about it."
    ),
    example="regularize case import prepiski.xlsx --dry-run",
)
@click.argument("file", metavar="FILE", type=PATH)
@option("--dry-run", is_flag=True, help=marked("Say what would be stored, and store nothing."))
@by_option
@json_option
@pass_session
def command(session: Session, file: Path, dry_run: bool, by: str, as_json: bool) -> None:
    """Import cases."""
    from regularize.workflow import case_import, case_words, projects

    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    record = case_import.import_file(opened, file, dry_run=dry_run, actor=by)
    if as_json:
        print_json(record)
    else:
        _tell_columns(session, record)
        for one in record["cases"]:
            if "kind" not in one:
                continue
            label = opened.pack.label(f"procedure.{one['kind']}", lang)
            state = case_words.state_label(opened, one, lang=lang)
            n = counted("{n} event", "{n} events", one["events"])
            click.echo(
                f"{one['id'] or one['key']}  {label}: {one['title']}  {one['opened_on']}  {n}  {state}"
            )
            for note in one["notes"]:
                click.echo(f"  {_('remark')}: {note}")
    for problem in record["problems"]:
        line = _("row {row}, column {column}: {message}").format(**problem)
        click.echo(line + (f" ({problem['hint']})" if problem["hint"] else ""), err=True)
    if record["again"]:
        session.say(_("this file was imported before; nothing was changed"))
        session.say(", ".join(f"{one['key']} = {one['id']}" for one in record["cases"]))
    elif dry_run and not record["problems"]:
        session.say(_("dry run: nothing was stored; import it with the same command without --dry-run"))
    session.say(f"read={record['read']} stored={record['stored']} refused={record['refused']}")
    if record["problems"]:
        raise RefusedError(
            _("nothing was stored: {said}").format(
                said=counted("{n} row cannot be used", "{n} rows cannot be used", record["refused"])
            ),
            hint=_("mend them in the table and import it again; --dry-run tries it without writing"),
        )


def _tell_columns(session: Session, record: dict[str, Any]) -> None:
    if record["ignored"]:
        session.say(_("columns that are not read: {names}").format(names=", ".join(record["ignored"])))
    if record["refused_columns"]:
        session.say(
            _("columns of personal data, left out unread: {names}").format(
                names=", ".join(record["refused_columns"])
            )
        )
    if record["other_sheets"]:
        session.say(
            _("further sheets that are not read: {names}").format(names=", ".join(record["other_sheets"]))
        )
    if record["redacted"]:
        session.say(
            counted(
                "personal data masked in {n} place", "personal data masked in {n} places", record["redacted"]
            )
        )

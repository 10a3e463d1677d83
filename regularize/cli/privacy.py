"""``regularize privacy``: what a project keeps about people, and what has left it."""

import click

from regularize.cli.base import Command, Group, Session, json_option, option, pass_session, print_json
from regularize.errors import RefusedError
from regularize.i18n import marked
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

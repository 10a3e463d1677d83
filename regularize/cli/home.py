"""``regularize home``: everything that hangs on one home."""

from datetime import date

import click

from regularize.cli.base import (
    Command,
    Group,
    Session,
    as_known_option,
    as_of_option,
    json_option,
    option,
    pass_session,
    print_json,
    print_table,
)
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.group("home", cls=Group, help=marked("Homes: what links building, plot, findings, case and dossier."))
def group() -> None:
    """Homes."""


@group.command("list", cls=Command, help=marked("List the homes."), example="regularize home list --json")
@option("--closed", is_flag=True, help=marked("Also homes that have ended or merged."))
@as_of_option
@as_known_option
@json_option
@pass_session
def list_(session: Session, closed: bool, on: date | None, as_known: date | None, as_json: bool) -> None:
    """List homes."""
    from regularize.workflow import homes, projects

    records = homes.listed(projects.opened(session.folder, as_known=as_known), with_closed=closed, on=on)
    if as_json:
        print_json(records)
        return
    print_table(
        (_("home"), _("valid from"), _("valid to"), _("findings"), _("cases")),
        [
            (r["id"], r["valid_from"], r["valid_to"], ",".join(r["findings"]), ",".join(r["cases"]))
            for r in records
        ],
    )


@group.command(
    "show",
    cls=Command,
    help=marked("Show everything that hangs on one home. Takes a home, finding or cadastral identifier."),
    example="regularize home show T-00000-12",
)
@click.argument("home_id", metavar="ID")
@json_option
@pass_session
def show(session: Session, home_id: str, as_json: bool) -> None:
    """Show one home."""
    from regularize.workflow import homes, projects

    opened = projects.opened(session.folder)
    record = homes.shown(opened, home_id)
    if as_json:
        print_json(record)
        return
    for line in homes.lines(opened, record, lang=session.lang or opened.project.language):
        click.echo(line)

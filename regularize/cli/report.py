"""``regularize report``: figures for the council."""

from datetime import date
from pathlib import Path

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    area_option,
    free_output,
    on_option,
    option,
    overwrite_option,
    pass_session,
)
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.group("report", cls=Group, help=marked("Reports in counts, without identifiers."))
def group() -> None:
    """Reports."""


@group.command(
    "council",
    cls=Command,
    help=marked(
        "Write the state of the neighbourhood for the council.\n\n"
        "Counts by area and class, small counts withheld; plan parts, cases and the deadlines of "
        "the next sixty days."
    ),
    example="regularize report council -o maps/report.html",
)
@area_option
@on_option
@option(
    "--format",
    "fmt",
    type=click.Choice(("html", "pdf", "csv", "json")),
    help=marked("The format (default: by the file's ending)."),
)
@option("-o", "--output", required=True, type=PATH, metavar="FILE", help=marked("The file to write."))
@overwrite_option
@pass_session
def council(
    session: Session, area: str | None, on: date | None, fmt: str | None, output: Path, overwrite: bool
) -> None:
    """Write the council's report."""
    from regularize.workflow import projects, reports

    free_output(
        output, overwrite=overwrite, endings=(".html", ".pdf", ".csv", ".json") if fmt is None else ()
    )
    opened = projects.opened(session.folder)
    reports.council(
        opened,
        output,
        area=area,
        on=on,
        fmt=fmt or output.suffix.lstrip(".").lower(),
        lang=session.lang or opened.project.language,
    )
    session.say(_("council report: {path}").format(path=output))

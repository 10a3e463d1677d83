"""``regularize map``: maps that open from disk, without a network."""

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
from regularize.layers import Audience


@click.group("map", cls=Group, help=marked("Maps for the office and for councils."))
def group() -> None:
    """Maps."""


@group.command(
    "build",
    cls=Command,
    help=marked(
        "Draw a map as one HTML file that needs no network.\n\n"
        "The office map shows every finding. The council map shows outlines without identifiers "
        "and counts per block, small counts withheld."
    ),
    example="regularize map build --audience council -o maps/council.html",
)
@option(
    "--audience",
    required=True,
    type=click.Choice(("public", "council", "office")),
    help=marked("Who will see it."),
)
@area_option
@on_option
@option("--recipient", metavar="TEXT", help=marked("Whom an office map is for; printed on it."))
@option("-o", "--output", required=True, type=PATH, metavar="FILE.html", help=marked("The file to write."))
@overwrite_option
@pass_session
def build(
    session: Session,
    audience: Audience,
    area: str | None,
    on: date | None,
    recipient: str | None,
    output: Path,
    overwrite: bool,
) -> None:
    """Draw a map."""
    from regularize.workflow import maps, projects

    free_output(output, overwrite=overwrite)
    opened = projects.opened(session.folder)
    size, remarks = maps.build(
        opened,
        output,
        audience=audience,
        area=area,
        on=on,
        recipient=recipient,
        lang=session.lang or opened.project.language,
    )
    for remark in remarks:
        session.say(remark)
    session.say(_("map: {path} ({size} kB)").format(path=output, size=round(size / 1000)))

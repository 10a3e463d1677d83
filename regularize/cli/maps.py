"""``regularize map``: maps that open from disk, without a network."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    DATE,
    PATH,
    Command,
    Group,
    Session,
    area_option,
    as_known_option,
    free_output,
    on_option,
    option,
    overwrite_option,
    pass_session,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.errors import OptionError
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
        "and counts per block, small counts withheld. The public map shows cells with bands of shares."
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
@as_known_option
@option("--recipient", metavar="TEXT", help=marked("Whom an office map is for; printed on it."))
@option("--png", type=PATH, metavar="FILE.png", help=marked("Also write the same view as a picture."))
@option("--pdf", type=PATH, metavar="FILE.pdf", help=marked("Also write the same view as one A3 sheet."))
@option(
    "--underlay",
    type=PATH,
    metavar="FILE.tif",
    help=marked("An aerial picture to lie under the map: a local GeoTIFF, JPEG 2000, PNG or JPEG."),
)
@option(
    "--underlay-crs",
    metavar="AUTH:CODE",
    help=marked("Coordinate system of the picture, where the file states none."),
)
@option(
    "--underlay-date",
    type=DATE,
    help=marked("Day on which it was taken (default: as the file says)."),
)
@option(
    "--underlay-source",
    metavar="TEXT",
    help=marked("Whose picture it is (default: the name of the file)."),
)
@option("-o", "--output", required=True, type=PATH, metavar="FILE.html", help=marked("The file to write."))
@leaving_options
@overwrite_option
@pass_session
def build(
    session: Session,
    /,
    audience: Audience,
    area: str | None,
    on: date | None,
    as_known: date | None,
    recipient: str | None,
    png: Path | None,
    pdf: Path | None,
    underlay: Path | None,
    underlay_crs: str | None,
    underlay_date: date | None,
    underlay_source: str | None,
    output: Path,
    overwrite: bool,
    **leave: Any,
) -> None:
    """Draw a map."""
    from regularize.workflow import maps, projects
    from regularize.workflow.underlay import Wanted

    for path, endings in ((output, (".html", ".htm")), (png, (".png",)), (pdf, (".pdf",))):
        if path is not None:
            free_output(path, overwrite=overwrite, endings=endings)
    opened = projects.opened(session.folder)
    if as_known is not None and audience != "office":
        # What councils and the public were shown is carried on from release to release.
        raise OptionError(
            _("only an office map can show what was known on an earlier day"),
            hint=_("give --audience office, or --on DATE"),
        )
    # Public and council maps hold no personal data: they may lie anywhere.
    outputs = [output, png, pdf] if audience == "office" else []
    with leaving(session, opened, outputs, what="map", overwrite=overwrite, **leave) as way:
        size, remarks = maps.build(
            projects.opened(session.folder, as_known=as_known),
            way.path(output),
            audience=audience,
            area=area,
            on=on,
            recipient=recipient,
            lang=session.lang or opened.project.language,
            png=None if png is None else way.path(png),
            pdf=None if pdf is None else way.path(pdf),
            imagery=Wanted(underlay, underlay_crs, underlay_date, underlay_source) if underlay else None,
        )
    for remark in remarks:
        session.say(remark)
    session.say(_("map: {path} ({size} kB)").format(path=way.shown(output), size=round(size / 1000)))


@group.command(
    "overview",
    cls=Command,
    help=marked(
        "Show a municipality on one page.\n\n"
        "Writes a page with the map of the whole, whose areas open maps of their own, a card for each "
        "named area, and beside it one map for each."
    ),
    example="regularize map overview --audience council -o maps/overview.html",
)
@option(
    "--audience",
    default="council",
    show_default=True,
    type=click.Choice(("council", "office")),
    help=marked("Who will see it."),
)
@on_option
@option("--recipient", metavar="TEXT", help=marked("Whom an office map is for; printed on it."))
@option("-o", "--output", required=True, type=PATH, metavar="FILE.html", help=marked("The file to write."))
@leaving_options
@overwrite_option
@pass_session
def overview(
    session: Session,
    /,
    audience: Audience,
    on: date | None,
    recipient: str | None,
    output: Path,
    overwrite: bool,
    **leave: Any,
) -> None:
    """Draw the maps of all areas and the page that leads to them."""
    from regularize.workflow import map_overview, projects

    opened = projects.opened(session.folder)
    n_areas = len(map_overview.area_names(opened))
    files = [output, *map_overview.files_of(output, n_areas)]
    for path in files:
        free_output(path, overwrite=overwrite)
    outputs = files if audience == "office" else []
    with leaving(session, opened, outputs, what="overview", overwrite=overwrite, **leave) as way:
        n = map_overview.build(
            opened,
            way.path(output),
            audience=audience,
            on=on,
            recipient=recipient,
            lang=session.lang or opened.project.language,
        )
    session.say(_("overview: {path} ({n} maps)").format(path=way.shown(output), n=n))

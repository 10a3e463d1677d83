"""``regularize report``: figures for the council, for funders, and between two dates."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal

import click

from regularize.cli.base import (
    DATE,
    PATH,
    Command,
    F,
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

PAGES = ("html", "pdf", "csv", "json")
TABLES = ("html", "csv", "xlsx", "json")
folders = click.Path(path_type=Path, file_okay=False)
from_option = option("--from", "since", type=DATE, help=marked("The first day."))
to_option = option("--to", "until", type=DATE, help=marked("The last day (default: today)."))
output_option = option(
    "-o", "--output", required=True, type=PATH, metavar="FILE", help=marked("The file to write.")
)


def _format_option(formats: tuple[str, ...]) -> Callable[[F], F]:
    return option(
        "--format",
        "fmt",
        type=click.Choice(formats),
        help=marked("The format (default: by the file's ending)."),
    )


def _free(output: Path, fmt: str | None, formats: tuple[str, ...], *, overwrite: bool) -> str:
    """The format to write in, once nothing stands in the way of the file."""
    endings = () if fmt is not None else tuple(f".{name}" for name in formats)
    free_output(output, overwrite=overwrite, endings=endings)
    return fmt or output.suffix.lstrip(".").lower()


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
@_format_option(PAGES)
@output_option
@overwrite_option
@pass_session
def council(
    session: Session, area: str | None, on: date | None, fmt: str | None, output: Path, overwrite: bool
) -> None:
    """Write the council's report."""
    from regularize.workflow import projects, reports

    chosen = _free(output, fmt, PAGES, overwrite=overwrite)
    opened = projects.opened(session.folder)
    reports.council(
        opened,
        output,
        area=area,
        on=on,
        fmt=chosen,
        lang=session.lang or opened.project.language,
    )
    session.say(_("council report: {path}").format(path=output))


@group.command(
    "indicators",
    cls=Command,
    help=marked(
        "Write the indicators of a project, or of a programme that several projects carry.\n\n"
        "Each figure states its unit, baseline, target, deliveries and entries of the log; what is not "
        "known is not assessed, never zero. Baselines and targets stand in indicators.toml of the project."
    ),
    example="regularize report indicators -p sliven -p yambol --from 2026-01-01 -o indicators.xlsx",
)
@option(
    "-p",
    "--project",
    "projects",
    type=folders,
    multiple=True,
    metavar="DIR",
    help=marked("A project of the programme; repeat it (default: the current project)."),
)
@option(
    "--with",
    "others",
    type=folders,
    multiple=True,
    metavar="DIR",
    help=marked("A further project beside the current one; may be repeated."),
)
@from_option
@to_option
@option(
    "--audience",
    type=click.Choice(("office", "public")),
    default="office",
    help=marked("office: exact, marked as such; public: small counts held back, others rounded (office)."),
)
@_format_option(TABLES)
@output_option
@overwrite_option
@pass_session
def indicators(
    session: Session,
    projects: tuple[Path, ...],
    others: tuple[Path, ...],
    since: date | None,
    until: date | None,
    audience: Literal["office", "public"],
    fmt: str | None,
    output: Path,
    overwrite: bool,
) -> None:
    """Write the indicators."""
    from regularize.workflow import indicators as work
    from regularize.workflow import projects as known

    chosen = _free(output, fmt, TABLES, overwrite=overwrite)
    opened = [known.opened(folder) for folder in (*(projects or (session.folder,)), *others)]
    work.write(
        opened,
        output,
        since=since,
        until=until,
        audience=audience,
        fmt=chosen,
        lang=session.lang or opened[0].project.language,
    )
    session.say(_("indicators: {path}").format(path=output))


@group.command(
    "compare",
    cls=Command,
    help=marked(
        "Write what has changed between two days.\n\n"
        "A council compares what it was shown by each day; what was never released is not assessed. "
        "The office compares the log, exactly."
    ),
    example="regularize report compare --from 2026-01-01 --to 2026-06-30 -o maps/change.html",
)
@option("--from", "since", type=DATE, required=True, help=marked("The first day."))
@to_option
@area_option
@option(
    "--audience",
    type=click.Choice(("council", "office")),
    default="council",
    help=marked("council: as released; office: exact, marked as such (council)."),
)
@_format_option(PAGES)
@output_option
@overwrite_option
@pass_session
def compare(
    session: Session,
    since: date,
    until: date | None,
    area: str | None,
    audience: Literal["council", "office"],
    fmt: str | None,
    output: Path,
    overwrite: bool,
) -> None:
    """Write the comparison of two days."""
    from regularize.workflow import comparison, projects

    chosen = _free(output, fmt, PAGES, overwrite=overwrite)
    opened = projects.opened(session.folder)
    comparison.write(
        opened,
        output,
        since=since,
        until=until,
        area=area,
        audience=audience,
        fmt=chosen,
        lang=session.lang or opened.project.language,
    )
    session.say(_("comparison: {path}").format(path=output))

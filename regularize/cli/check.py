"""``regularize check``: judge a delivery before anybody stores it."""

from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Session,
    free_output,
    json_option,
    option,
    overwrite_option,
    pass_session,
    print_json,
)
from regularize.cli.ingest import progress_bar, reading_options
from regularize.cli.run import show_error
from regularize.i18n import language, marked
from regularize.i18n import translate as _


@click.command(
    "check",
    cls=Command,
    help=marked(
        "Check deliveries without storing anything; works without a project.\n\n"
        "Says what is wrong, where, and how to mend it, and lists also what was in order. "
        "Exits with 1 if a row would be refused."
    ),
    example="regularize check zasnemane.zip --kind buildings --report check.html",
)
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@reading_options
@option(
    "--origin",
    type=click.Choice(("cadastre", "survey", "plan")),
    help=marked("Who delivers it (default: the only one that fits; of several, a survey)."),
)
@option(
    "--country", metavar="PACK", help=marked("The country pack, where there is no project (default: bg).")
)
@option("--report", type=PATH, metavar="FILE.html|FILE.json", help=marked("Write the report to this file."))
@overwrite_option
@json_option
@pass_session
def command(
    session: Session,
    /,
    paths: tuple[Path, ...],
    origin: str | None,
    country: str | None,
    report: Path | None,
    overwrite: bool,
    as_json: bool,
    **reading: Any,
) -> int:
    """Check deliveries."""
    from regularize.workflow import check, projects
    from regularize.workflow.ingest import tables_last
    from regularize.workflow.unread import Unread

    if report is not None:
        free_output(report, overwrite=overwrite, endings=(".html", ".htm", ".json"))
    frame_of_reference = projects.reference(session.folder, country=country)
    reports = []
    beside: dict[str, Any] = {}
    for path in tables_last(paths):
        with progress_bar(session) as progress:
            done = check.check_or_list(
                frame_of_reference, path, origin=origin, beside=beside, progress=progress, **reading
            )
        reports.append(done)
    worst = 0
    for one in reports:
        for line in one.lines():
            session.say(line)
        if isinstance(one, Unread):  # it stands in the report; the command failed all the same
            show_error(one.error)
            worst = max(worst, one.error.exit_code)
        elif one.refused:
            worst = max(worst, 1)
    if report is not None:
        check.write(reports, report, lang=session.lang or language())
        session.say(_("report: {path}").format(path=report))
    if as_json:
        print_json([one.as_dict() for one in reports])
    return worst

"""``regularize dossier``: what a planner signs and a family takes home."""

from datetime import date
from pathlib import Path

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    area_option,
    on_option,
    option,
    overwrite_option,
    pass_session,
)
from regularize.errors import OptionError
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.group("dossier", cls=Group, help=marked("Dossiers of homes and plots."))
def group() -> None:
    """Dossiers."""


@group.command(
    "build",
    cls=Command,
    help=marked(
        "Print dossiers as PDF.\n\n"
        "Takes home, finding or cadastral identifiers, or --all for every home with a finding "
        "that awaits a decision."
    ),
    example="regularize dossier build T-00000-12 -o dossiers",
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--all", "everything", is_flag=True, help=marked("Every home with a finding that awaits a decision."))
@area_option
@on_option
@option("--limit", type=int, metavar="N", help=marked("At most so many (the first by number)."))
@option(
    "-o", "--output", type=PATH, metavar="DIR", help=marked("The folder (default: dossiers in the project).")
)
@overwrite_option
@pass_session
def build(
    session: Session,
    ids: tuple[str, ...],
    everything: bool,
    area: str | None,
    on: date | None,
    limit: int | None,
    output: Path | None,
    overwrite: bool,
) -> int:
    """Print dossiers."""
    from regularize.workflow import dossiers, projects

    if not ids and not everything:
        raise OptionError(
            _("no home named"), hint=_("give identifiers, or --all; they are listed by: regularize home list")
        )
    opened = projects.opened(session.folder)
    outcome = dossiers.build(
        opened,
        ids,
        everything=everything,
        area=area,
        on=on,
        limit=limit,
        folder=output or opened.project.dossiers_dir,
        lang=session.lang or opened.project.language,
        overwrite=overwrite,
    )
    for failure in outcome.failures:
        session.say(failure)
    session.say(_("dossiers: {n} in {folder}").format(n=len(outcome.files), folder=outcome.folder))
    return 1 if outcome.failures else 0

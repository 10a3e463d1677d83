"""``regularize dossier``: what a planner signs and a family takes home."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    area_option,
    bar,
    free_output,
    on_option,
    option,
    overwrite_option,
    pass_session,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.errors import OptionError
from regularize.i18n import language, marked
from regularize.i18n import translate as _


@click.group("dossier", cls=Group, help=marked("Dossiers of homes and plots."))
def group() -> None:
    """Dossiers."""


@group.command(
    "build",
    cls=Command,
    help=marked(
        "Print dossiers for the office, or the sheets that families take home.\n\n"
        "Takes home, finding or cadastral identifiers, or --all for every home with a finding "
        "that awaits a decision. A municipality's own forms are templates/dossier.typ, dossier.docx and "
        "resident.typ in the project; the words of the sheet in another language are resident.CODE.toml."
    ),
    example="regularize dossier build T-00000-12 --format both -o dossiers",
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--all", "everything", is_flag=True, help=marked("Every home with a finding that awaits a decision."))
@area_option
@on_option
@option("--limit", type=click.IntRange(1), metavar="N", help=marked("At most so many (the first by number)."))
@option(
    "--format",
    "fmt",
    type=click.Choice(("pdf", "docx", "both")),
    default="pdf",
    show_default=True,
    help=marked("PDF, Word, or both."),
)
@option(
    "--audience",
    type=click.Choice(("office", "resident")),
    default="office",
    show_default=True,
    help=marked("The dossier for the office, or the family's sheet (PDF only)."),
)
@option("--form", type=PATH, metavar="FILE.docx", help=marked("The municipality's own Word form."))
@option(
    "--sheet-language",
    metavar="CODE",
    help=marked("The language of the family's sheet, where it is not that of the output."),
)
@option(
    "--jobs", type=click.IntRange(1, 64), default=1, metavar="N", help=marked("Print on N cores at a time.")
)
@option(
    "-o", "--output", type=PATH, metavar="DIR", help=marked("The folder (default: dossiers in the project).")
)
@leaving_options
@overwrite_option
@pass_session
def build(
    session: Session,
    /,
    ids: tuple[str, ...],
    everything: bool,
    area: str | None,
    on: date | None,
    limit: int | None,
    fmt: str,
    audience: str,
    form: Path | None,
    sheet_language: str | None,
    jobs: int,
    output: Path | None,
    overwrite: bool,
    **leave: Any,
) -> int:
    """Print dossiers or sheets."""
    from regularize.workflow import dossiers, projects

    if not ids and not everything:
        raise OptionError(
            _("no home named"), hint=_("give identifiers, or --all; they are listed by: regularize home list")
        )
    opened = projects.opened(session.folder)
    folder = output or opened.project.dossiers_dir
    with (
        leaving(session, opened, [folder], what="dossiers", overwrite=overwrite, **leave) as way,
        bar(session, _("dossiers")) as progress,
    ):
        outcome = dossiers.build(
            opened,
            ids,
            everything=everything,
            area=area,
            on=on,
            limit=limit,
            folder=way.path(folder),
            lang=session.lang or opened.project.language,
            overwrite=overwrite,
            fmt=fmt,
            audience=audience,
            form=form,
            sheet_language=sheet_language,
            jobs=jobs,
            progress=progress,
        )
    for failure in outcome.failures:
        session.say(failure)
    done = _("dossiers: {n} in {folder}") if audience == "office" else _("sheets: {n} in {folder}")
    session.say(done.format(n=len(outcome.files), folder=way.shown(folder)))
    return 1 if outcome.failures else 0


@group.command(
    "form",
    cls=Command,
    help=marked(
        "Write a form of the program, to be made the municipality's own.\n\n"
        "The name says which: dossier.docx and letter.docx for Word; dossier.typ, resident.typ and "
        "letter.typ for PDF; resident.CODE.toml and letters.bg.toml for the words. Change it, keep the "
        "names in it, and leave it in the project's folder templates. A Word form of another name is a "
        "dossier's: give it with --form."
    ),
    example="regularize dossier form -o templates/dossier.docx",
)
@option("-o", "--output", required=True, type=PATH, metavar="FILE", help=marked("The file to write."))
@overwrite_option
@pass_session
def form(session: Session, output: Path, overwrite: bool) -> None:
    """Write the form."""
    from regularize.workflow import dossiers

    free_output(output, overwrite=overwrite, endings=(".docx", ".typ", ".toml"))
    dossiers.write_form(output, session.lang or language())
    session.say(_("form: {path}").format(path=output))

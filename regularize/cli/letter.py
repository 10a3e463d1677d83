"""``regularize letter``: notices and announcements of a procedure."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    on_option,
    option,
    overwrite_option,
    pass_session,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.errors import OptionError
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.group("letter", cls=Group, help=marked("Notices and announcements of a procedure."))
def group() -> None:
    """Letters."""


@group.command(
    "build",
    cls=Command,
    help=marked(
        "Write a letter of a case: its words, terms and provisions are those of the procedure.\n\n"
        "KIND is notice (to the owners of a parcel, without names), gazette (for the State Gazette) or "
        "board (the list for the notice board). A municipality's own words and forms are "
        "templates/letters.bg.toml, letter.typ and letter.docx in the project. Read a letter before it "
        "is sent: what the law says is marked where nobody has compared it."
    ),
    example="regularize letter build notice C-1 --all-parcels --format both",
)
@click.argument("kind", metavar="KIND", type=click.Choice(("notice", "gazette", "board")))
@click.argument("case_id", metavar="CASE")
@option(
    "--parcel",
    "parcels",
    multiple=True,
    metavar="ID",
    help=marked("A notice for this parcel; may be repeated."),
)
@option("--all-parcels", is_flag=True, help=marked("A notice for each parcel that the plan concerns."))
@option(
    "--format",
    "fmt",
    type=click.Choice(("pdf", "docx", "both")),
    default="pdf",
    show_default=True,
    help=marked("PDF, Word, or both."),
)
@option("--form", type=PATH, metavar="FILE.docx", help=marked("The municipality's own Word form."))
@on_option
@option(
    "-o", "--output", type=PATH, metavar="DIR", help=marked("The folder (default: letters in the project).")
)
@leaving_options
@overwrite_option
@pass_session
def build(
    session: Session,
    /,
    kind: str,
    case_id: str,
    parcels: tuple[str, ...],
    all_parcels: bool,
    fmt: str,
    form: Path | None,
    on: date | None,
    output: Path | None,
    overwrite: bool,
    **leave: Any,
) -> None:
    """Write a letter."""
    from regularize.workflow import letters, projects

    if kind != "notice" and (parcels or all_parcels):
        raise OptionError(
            _("only a notice is written for single parcels"), hint=f"regularize letter build notice {case_id}"
        )
    opened = projects.opened(session.folder)
    folder = output or opened.project.root / letters.FOLDER
    # What goes to the gazette and on the board is public; a notice is about one parcel.
    outputs = [folder] if kind == "notice" else []
    with leaving(session, opened, outputs, what="letters", overwrite=overwrite, **leave) as way:
        written = letters.build(
            opened,
            kind,
            case_id,
            on=on,
            parcels=parcels,
            all_parcels=all_parcels,
            fmt=fmt,
            form=form,
            folder=way.path(folder),
            lang=session.lang or opened.project.language,
            overwrite=overwrite,
        )
    for remark in written.remarks:
        session.say(remark)
    for file in written.files:
        session.say(_("letter: {path}").format(path=way.shown(folder) / file.name))

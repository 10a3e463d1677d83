"""``regularize case export``: acts for the public register."""

from datetime import date
from pathlib import Path

import click

from regularize.cli.base import (
    PATH,
    Command,
    Session,
    free_output,
    on_option,
    option,
    overwrite_option,
    pass_session,
)
from regularize.errors import OptionError
from regularize.i18n import counted, marked
from regularize.i18n import translate as _


@click.command(
    "export",
    cls=Command,
    help=marked(
        "Write the acts of a case, or of all cases, for the public register of acts on plans.\n\n"
        "Kind of act, number, date, issuing body and legal basis; no persons, no homes. The ending of "
        "the file says whether it is CSV, JSON or a page."
    ),
    example="regularize case export --all -o registar.csv",
)
@click.argument("case_id", metavar="CASE", required=False)
@option("--all", "all_cases", is_flag=True, help=marked("The acts of all cases."))
@on_option
@option("-o", "--output", required=True, type=PATH, metavar="FILE", help=marked("The file to write."))
@overwrite_option
@pass_session
def command(
    session: Session, case_id: str | None, all_cases: bool, on: date | None, output: Path, overwrite: bool
) -> None:
    """Export acts."""
    from regularize.workflow import case_exports, projects

    if (case_id is None) != all_cases:
        raise OptionError(_("give one case, or --all"), hint="regularize case export --all -o FILE.csv")
    free_output(output, overwrite=overwrite)
    opened = projects.opened(session.folder)
    n = case_exports.write_register(
        opened,
        output,
        case_id=case_id,
        on=on,
        fmt=output.suffix.lstrip(".").lower(),
        lang=session.lang or opened.project.language,
    )
    session.say(_("{said} written to {path}").format(said=counted("{n} act", "{n} acts", n), path=output))

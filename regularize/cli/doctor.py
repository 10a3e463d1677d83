"""``regularize doctor``: is everything here that the work needs?"""

import click

from regularize.cli.base import Command, Session, json_option, pass_session, print_json
from regularize.i18n import marked


@click.command(
    "doctor",
    cls=Command,
    help=marked("Check versions, projections, encodings, file modes and, inside a project, the store."),
    example="regularize doctor",
)
@json_option
@pass_session
def command(session: Session, as_json: bool) -> int:
    """Check the installation."""
    from regularize.workflow import doctor

    checks = doctor.examine(session.folder)
    if as_json:
        print_json([check.as_dict() for check in checks])
    else:
        for check in checks:
            click.echo(f"{check.mark:4}  {check.name}: {check.detail}")
    return 1 if any(check.mark == "FAIL" for check in checks) else 0

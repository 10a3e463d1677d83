"""``regularize store erase``: texts leave the project for good, and a scan proves it."""

import sys
from pathlib import Path

import click

from regularize.cli.base import (
    NUMBER,
    Command,
    Session,
    by_option,
    json_option,
    option,
    pass_session,
    print_json,
)
from regularize.errors import OptionError, RefusedError
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.command(
    "erase",
    cls=Command,
    help=marked(
        "Erase texts from the project, and prove it by a scan of all its files.\n\n"
        "Takes a home (the free text that hangs on it), an entry of the log, a document, or a file with "
        "the words themselves, one on each line ('-' reads them from the input). The log keeps that "
        "something was erased, when and why. Exits with 1 if a file still holds one of the texts."
    ),
    example="regularize store erase T-00000-12 --reason 'request of the person' --by 'records office'",
)
@click.argument("home_id", metavar="[HOME]", required=False)
@option("--event", "seq", type=NUMBER, metavar="N", help=marked("The payload of this entry of the log."))
@option(
    "--document",
    "number",
    type=NUMBER,
    metavar="N",
    help=marked("What is known of this document but its kind, state and day."),
)
@option(
    "--words",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help=marked("The words themselves, wherever they stand."),
)
@option("--reason", required=True, metavar="TEXT", help=marked("Why; no names."))
@option(
    "--outputs", is_flag=True, help=marked("Also delete maps, dossiers and lists that hold one of the texts.")
)
@by_option
@json_option
@pass_session
def command(
    session: Session,
    home_id: str | None,
    seq: int | None,
    number: int | None,
    file: Path | None,
    reason: str,
    outputs: bool,
    by: str,
    as_json: bool,
) -> None:
    """Erase texts."""
    from regularize.workflow import erase, projects

    if sum(given is not None for given in (home_id, seq, number, file)) != 1:
        raise OptionError(
            _("say what is to be erased, one thing at a time"),
            hint=_("give a home, --event N, --document N or --words FILE"),
        )
    opened = projects.opened(session.folder)
    if home_id is not None:
        done = erase.home(opened, home_id, reason=reason, by=by, outputs=outputs)
    elif seq is not None:
        done = erase.entry(opened, seq, reason=reason, by=by, outputs=outputs)
    elif number is not None:
        done = erase.document(opened, number, reason=reason, by=by, outputs=outputs)
    else:
        source = file or Path("-")
        words = erase.read_words(sys.stdin.read().splitlines() if str(file) == "-" else source)
        done = erase.words(opened, words, reason=reason, by=by, outputs=outputs)
    root = opened.project.root
    if as_json:
        print_json(done.as_dict(root))
    else:
        for line in done.lines(root):
            click.echo(line)
    if not done.proved:
        raise RefusedError(
            _("something still holds one of the texts"),
            hint=_("the lines above say where; --outputs deletes maps, dossiers and lists"),
        )

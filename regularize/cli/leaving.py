"""The options of commands whose output may leave the project folder."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from regularize.cli.base import PATH, Session, option
from regularize.i18n import marked
from regularize.i18n import translate as _

F = TypeVar("F", bound=Callable[..., Any])

purpose_option = option(
    "--purpose",
    metavar="TEXT",
    help=marked("What a longer list, or what leaves the project unencrypted, is for: it is logged."),
)
plain_option = option(
    "--plain",
    is_flag=True,
    help=marked("Leave the project unencrypted; needs --purpose, and is logged."),
)
passphrase_option = option(
    "--passphrase-file",
    type=PATH,
    metavar="FILE",
    help=marked(
        "The passphrase on the first line of FILE, for what leaves the project (default: asked or made)."
    ),
)


def leaving_options(command: F) -> F:
    """``--plain``, ``--purpose`` and ``--passphrase-file``."""
    for decorate in (passphrase_option, purpose_option, plain_option):
        command = decorate(command)
    return command


@contextmanager
def leaving(
    session: Session,
    opened: Any,
    outputs: Sequence[Path | None],
    *,
    what: str,
    overwrite: bool,
    plain: bool,
    purpose: str | None,
    passphrase_file: Path | None,
    always: bool = False,
) -> Iterator[Any]:
    """``workflow.sealed.way_out`` with the options of `leaving_options`; tells what the user has to know."""
    from regularize.workflow import sealed

    goes = always or any(path is not None and sealed.leaves(opened, path) for path in outputs)
    leave = leave_of(
        plain=plain, purpose=purpose, passphrase_file=passphrase_file, overwrite=overwrite, asks=goes
    )
    with sealed.way_out(opened, outputs, what=what, leave=leave, always=always) as way:
        yield way
    if way.archive is not None and way.archive.exists():
        for line in way.lines():
            # Also with -q: a passphrase is shown only once.
            if way.made_passphrase is not None or not session.quiet:
                click.echo(line, err=True)


def leave_of(
    *, plain: bool, purpose: str | None, passphrase_file: Path | None, overwrite: bool, asks: bool
) -> Any:
    """The ``Leave`` of these options; on a terminal the passphrase is asked for where `asks` says so."""
    from regularize.workflow import sealed

    passphrase = None if plain else sealed.read_passphrase(passphrase_file)
    if asks and passphrase is None and not plain and sys.stdin.isatty() and sys.stderr.isatty():
        given = click.prompt(
            _("passphrase (empty: one is made)"),
            default="",
            hide_input=True,
            show_default=False,
            confirmation_prompt=True,
            err=True,
        )
        passphrase = sealed.checked_passphrase(given) if given else None
    return sealed.Leave(plain, purpose, passphrase, overwrite)

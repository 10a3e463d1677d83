"""``regularize demo``: the sample carried through the whole chain."""

from pathlib import Path

import click

from regularize.cli.base import PATH, Command, Session, overwrite_option, pass_session
from regularize.i18n import marked, use
from regularize.i18n import translate as _


@click.command(
    "demo",
    cls=Command,
    help=marked(
        "Carry a fictional neighbourhood through the whole chain, in DIR.\n\n"
        "Draws the sample, reads it, detects, opens a case, and prints maps, dossiers and a "
        "report. It is the only place, with evaluate, where precision is printed: here the truth is known."
    ),
    example="regularize demo",
)
@click.argument("folder", type=PATH, metavar="[DIR]", default=Path("build/demo"))
@overwrite_option
@pass_session
def command(session: Session, folder: Path, overwrite: bool) -> None:
    """Run the demonstration."""
    from regularize.workflow import demo

    lang = session.lang or "bg"
    use(lang)
    outcome = demo.run(folder, overwrite=overwrite, lang=lang, say=session.say)
    for line in outcome.lines():
        click.echo(line)
    session.say(_("the chain took {seconds:.1f} s").format(seconds=outcome.seconds))

"""The tree of commands. Importing it must stay cheap: no geopandas, no folium."""

from importlib.metadata import version
from pathlib import Path

import click

from regularize.cli import (
    case,
    case_export,
    case_import,
    case_papers,
    case_people,
    check,
    demo,
    detect,
    doctor,
    dossier,
    evaluate,
    explain,
    fieldcheck,
    findings,
    home,
    ingest,
    init,
    letter,
    maps,
    pathway,
    privacy,
    replay,
    report,
    store,
    store_erase,
)
from regularize.cli.base import PATH, Group, Option, Session, option
from regularize.i18n import LANGUAGES, marked
from regularize.i18n import translate as _


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001  Click's signature
    if value:
        click.echo(f"regularize {version('regularize')}")
        ctx.exit()


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001  Click's signature
    if value:
        click.echo(ctx.get_help())
        ctx.exit()


@click.group(
    cls=Group,
    help=marked(
        "From a survey file to a council map and a plot dossier.\n\n"
        "Reads what the cadastre and the surveyors deliver, finds which buildings and plots the "
        "cadastre does not know, follows the planning procedure, and prints maps and dossiers. "
        "What it finds is a candidate until a person decides."
    ),
)
@option(
    "-p",
    "--project",
    "folder",
    type=PATH,
    default=Path(),
    envvar="REGULARIZE_PROJECT",
    help=marked("The project's folder (default: the current one)."),
)
@option("--lang", type=click.Choice(LANGUAGES), help=marked("The language of messages and outputs."))
@option("-v", "--verbose", is_flag=True, help=marked("Say more."))
@option("-q", "--quiet", is_flag=True, help=marked("Say only what went wrong."))
@option("--debug", is_flag=True, help=marked("Show the traceback of an unexpected failure."))
@option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help=marked("Show the version and stop."),
)
@click.pass_context
def app(ctx: click.Context, folder: Path, lang: str | None, verbose: bool, quiet: bool, debug: bool) -> None:
    """Keep the global options for the command."""
    if verbose and quiet:
        raise click.UsageError(_("-v and -q exclude each other"))
    ctx.obj = Session(folder=folder, lang=lang, verbose=verbose or debug, quiet=quiet)


for verb in (
    case_import.command,
    case_people.parties,
    case_people.objection,
    case_people.consultation,
    case_papers.document,
    case_papers.evidence,
    case_export.command,
):
    case.group.add_command(verb)

store.group.add_command(store_erase.command)

for command in (
    init.command,
    demo.command,
    doctor.command,
    ingest.group,
    check.command,
    detect.command,
    evaluate.command,
    fieldcheck.group,
    findings.group,
    home.group,
    explain.command,
    case.group,
    pathway.command,
    maps.group,
    dossier.group,
    letter.group,
    report.group,
    privacy.group,
    store.group,
    replay.command,
):
    app.add_command(command)


def _translate_help_options(tree: click.Command) -> None:
    """Give every command a ``--help`` whose text is translated like the rest."""
    tree.add_help_option = False
    tree.params.append(
        Option(
            ["--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_help,
            help=marked("Show this text and stop."),
        )
    )
    if isinstance(tree, click.Group):
        for child in tree.commands.values():
            _translate_help_options(child)


_translate_help_options(app)

"""``regularize init``: start a project."""

import shlex
from pathlib import Path

import click

from regularize.cli.base import PATH, Command, Session, option, pass_session
from regularize.i18n import LANGUAGES, default_language, marked
from regularize.i18n import translate as _


@click.command(
    "init",
    cls=Command,
    help=marked(
        "Start a project in DIR.\n\n"
        "Writes regularize.toml, the folders for deliveries and maps, and an empty store. With "
        "--country generic a metric CRS must be given and no law is known: every legal check then "
        "answers that it was not assessed."
    ),
    example="regularize init smyadovo --municipality Смядово --ekatte 67708",
)
@click.argument("folder", type=PATH, metavar="DIR")
@option("--municipality", required=True, metavar="NAME", help=marked("The municipality's name."))
@option(
    "--ekatte",
    "settlements",
    multiple=True,
    metavar="CODE",
    help=marked("EKATTE code of a settlement; may be repeated."),
)
@option("--country", default="bg", show_default=True, help=marked("The country pack: bg or generic."))
@option("--crs", metavar="AUTH:CODE", help=marked("The metric CRS of the project (generic: required)."))
@option(
    "--settlements",
    "settlement_list",
    type=PATH,
    metavar="FILE.csv",
    help=marked("List of settlements: code, name, easting and northing (or longitude and latitude)."),
)
@option("--language", type=click.Choice(LANGUAGES), help=marked("The project's language."))
@pass_session
def command(
    session: Session,
    folder: Path,
    municipality: str,
    settlements: tuple[str, ...],
    country: str,
    crs: str | None,
    language: str | None,
    settlement_list: Path | None,
) -> None:
    """Start a project."""
    from regularize.workflow import projects

    made, remarks = projects.start(
        folder,
        municipality=municipality,
        settlements=settlements,
        country=country,
        crs=crs,
        settlement_list=settlement_list,
        language=language or session.lang or ("bg" if country == "bg" else default_language()),
    )
    for remark in remarks:
        session.say(remark)
    session.say(
        _("project {name} in {folder}, CRS {crs}").format(
            name=made.municipality, folder=made.root, crs=made.crs
        )
    )
    session.say(
        _("next: regularize -p {folder} ingest cadastre FILE --kind parcels").format(
            folder=shlex.quote(str(made.root))
        )
    )

"""``regularize detect``: what the cadastre does not know."""

from datetime import date

import click

from regularize.cli.base import (
    Command,
    Session,
    area_option,
    json_option,
    on_option,
    option,
    pass_session,
    print_json,
    print_table,
)
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.command(
    "detect",
    cls=Command,
    help=marked(
        "Compare the survey with the cadastre and store the findings.\n\n"
        "A finding is a candidate until a person decides. Its number stays the same over later "
        "runs and surveys, and so does its review."
    ),
    example="regularize detect --area Изток",
)
@area_option
@on_option
@option(
    "--indicative/--no-indicative",
    default=None,
    help=marked(
        "Infer indicative plots where none were surveyed; by itself where an area is known and streets or"
        " fences divide it."
    ),
)
@json_option
@pass_session
def command(
    session: Session, area: str | None, on: date | None, indicative: bool | None, as_json: bool
) -> None:
    """Detect."""
    from regularize.workflow import detect, projects

    opened = projects.opened(session.folder)
    outcome = detect.detect(opened, area=area, on=on, infer=indicative)
    for line in outcome.remarks:
        session.say(line)
    if as_json:
        print_json(outcome.as_dict())
        return
    lang = session.lang or opened.project.language
    print_table(
        (_("class"), _("label"), _("findings")),
        [
            (cls, opened.pack.label(f"class.{cls}", lang), count)
            for cls, count in sorted(outcome.counts.items())
        ],
    )
    session.say(
        _("next: regularize findings list, or regularize map build --audience office -o maps/office.html")
    )

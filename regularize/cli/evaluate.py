"""``regularize evaluate``: score findings against a truth file."""

from pathlib import Path

import click

from regularize.cli.base import PATH, Command, Session, json_option, pass_session, print_json, print_table
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.command(
    "evaluate",
    cls=Command,
    help=marked(
        "Score the findings against a truth file with the columns survey_ref, register_ref, class.\n\n"
        "For samples and field checks; without a truth no precision is ever printed."
    ),
    example="regularize evaluate data/truth/buildings.csv",
)
@click.argument("truth", type=PATH, metavar="TRUTH.csv")
@json_option
@pass_session
def command(session: Session, truth: Path, as_json: bool) -> None:
    """Score the findings."""
    from regularize.workflow import evaluate, projects

    outcome = evaluate.evaluate(projects.opened(session.folder), truth)
    if as_json:
        print_json(outcome.as_dict())
        return
    print_table(
        (_("class"), _("truth"), _("found"), _("precision"), _("recall")),
        outcome.rows(),
    )

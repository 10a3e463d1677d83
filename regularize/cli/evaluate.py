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
        "For samples, and for labels that people gave; without a truth no precision is ever printed. Several "
        "references are parted by |; without class the file says what is the same building, new or not "
        "found. Prints each class, what was confused with what, and how often scores are right."
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
    shares = (_("truth"), _("found"), _("precision"), _("recall"))
    tables: list[tuple[tuple[str, ...], list[tuple[object, ...]]]] = [
        ((_("class"), *shares), list(outcome.rows())),
        ((_("buildings"), *shares, "F1"), list(outcome.matches())),
        ((_("in truth"), _("found as"), _("how many")), list(outcome.confused())),
        ((_("score"), _("findings"), _("mean score"), _("right")), list(outcome.calibration())),
    ]
    printed = [(header, rows) for header, rows in tables if rows]
    for number, (header, rows) in enumerate(printed):
        if number:
            click.echo()
        print_table(header, rows)
    error = outcome.evaluation.calibration_error
    if error is not None:
        session.say(
            _("expected calibration error: {error} (how far scores lie from the share that is right)").format(
                error=f"{error:.3f}"
            )
        )

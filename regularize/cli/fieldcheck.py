"""``regularize fieldcheck``: draw a sample to look at on site, and score the answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    area_option,
    free_output,
    json_option,
    option,
    overwrite_option,
    pass_session,
    print_json,
    print_table,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.group(
    "fieldcheck", cls=Group, help=marked("Check findings on site: draw a sample, score the answers.")
)
def group() -> None:
    """Field checks."""


@group.command(
    "draw",
    cls=Command,
    help=marked(
        "Draw a sample of the findings and write a form to fill in on site: a table, and a PDF to print.\n\n"
        "The same number is drawn from every class and grade, in an order to walk, with squares of 30 m "
        "in which every building is counted. The same seed draws the same sample."
    ),
    example="regularize fieldcheck draw --squares 5 -o fieldcheck.csv --purpose 'checks in May'",
)
@option(
    "--per-stratum",
    type=click.IntRange(1, 1000),
    default=10,
    metavar="N",
    help=marked("How many findings of each class and grade (10)."),
)
@option(
    "--squares",
    type=click.IntRange(0, 1000),
    default=5,
    metavar="N",
    help=marked("How many squares in which every building is counted (5)."),
)
@option("--seed", type=click.IntRange(0), default=1, metavar="N", help=marked("Which sample (1)."))
@area_option
@option("-o", "--output", type=PATH, required=True, metavar="FILE.csv", help=marked("The form to write."))
@leaving_options
@overwrite_option
@json_option
@pass_session
def draw(
    session: Session,
    /,
    per_stratum: int,
    squares: int,
    seed: int,
    area: str | None,
    output: Path,
    overwrite: bool,
    as_json: bool,
    **leave: Any,
) -> None:
    """Draw a sample."""
    from regularize.workflow import fieldcheck, projects

    opened = projects.opened(session.folder)
    paper = output.with_suffix(".pdf")
    for written in (output, paper):
        free_output(written, overwrite=overwrite)
    with leaving(session, opened, [output, paper], what="fieldcheck", overwrite=overwrite, **leave) as way:
        drawn = fieldcheck.draw(
            opened,
            way.path(output),
            paper=way.path(paper),
            per_stratum=per_stratum,
            squares=squares,
            seed=seed,
            area=area,
            lang=session.lang or opened.project.language,
            purpose=leave["purpose"],
        )
    drawn = replace(drawn, path=way.shown(output), paper=way.shown(paper))
    record = drawn.as_dict()
    if as_json:
        print_json(record)
    else:
        click.echo(str(drawn.path))
        click.echo(str(drawn.paper))
    session.say(
        _("{findings} findings and {squares} squares, in walking order").format(
            findings=record["findings"], squares=record["squares"]
        )
    )
    session.say(_("next: fill in the form, then regularize fieldcheck score {path}").format(path=drawn.path))


@group.command(
    "score",
    cls=Command,
    help=marked(
        "Say what a filled form proves: precision of every class and grade, and recall.\n\n"
        "Both with their 95 % interval. A row without a clear yes or no counts for nothing."
    ),
    example="regularize fieldcheck score fieldcheck.csv",
)
@click.argument("form", type=PATH, metavar="FILE.csv")
@json_option
@pass_session
def score(session: Session, form: Path, as_json: bool) -> None:
    """Score a filled form."""
    from regularize.workflow import fieldcheck, projects

    outcome = fieldcheck.score(form)
    if as_json:
        print_json(outcome.as_dict())
    else:
        opened = projects.opened(session.folder)
        labels = fieldcheck.class_labels(opened, outcome, session.lang or opened.project.language)
        print_table(
            (_("class"), _("grade"), _("looked at"), _("right"), _("precision"), _("95 % interval")),
            outcome.rows(labels),
        )
    for line in outcome.remarks:
        session.say(line)

"""``regularize findings``: list, show, review."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    Command,
    Group,
    Session,
    area_option,
    as_known_option,
    as_of_option,
    by_option,
    free_output,
    json_option,
    option,
    overwrite_option,
    pass_session,
    print_json,
    print_table,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.cli.pathway import list_output_option
from regularize.errors import OptionError
from regularize.i18n import counted, language, marked
from regularize.i18n import translate as _


@click.group("findings", cls=Group, help=marked("List, show and review findings."))
def group() -> None:
    """Findings."""


@group.command(
    "list",
    cls=Command,
    help=marked(
        "List the findings.\n\n"
        "Findings about what is in order appear only with --all. There is no sorting or filter by "
        "lawfulness: the tool does not know it."
    ),
    example="regularize findings list --class not_in_cadastre --json",
)
@area_option
@as_of_option
@as_known_option
@option("--code", metavar="CODE", help=marked("Only findings with this reason."))
@option("--class", "cls", metavar="CLASS", help=marked("Only this class."))
@option("--grade", type=click.Choice(("A", "B", "C", "D")), help=marked("Only this grade."))
@option("--review", metavar="STATE", help=marked("Only this state of review."))
@option("--kind", type=click.Choice(("building", "plot")), help=marked("Only buildings or only plots."))
@option("--all", "with_quiet", is_flag=True, help=marked("Also what is unchanged or in order."))
@option("--closed", is_flag=True, help=marked("Also findings that are closed, with their reason."))
@list_output_option
@leaving_options
@overwrite_option
@json_option
@pass_session
def list_(
    session: Session,
    /,
    area: str | None,
    on: date | None,
    as_known: date | None,
    code: str | None,
    cls: str | None,
    grade: str | None,
    review: str | None,
    kind: str | None,
    with_quiet: bool,
    closed: bool,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    **leave: Any,
) -> None:
    """List findings."""
    from regularize.workflow import exports, projects
    from regularize.workflow import review as reviewing

    if output is not None:
        free_output(output, overwrite=overwrite)
    opened = projects.opened(session.folder)
    records = reviewing.listed(
        projects.opened(session.folder, as_known=as_known),
        area=area,
        code=code,
        cls=cls,
        grade=grade,
        review=review,
        kind=kind,
        with_quiet=with_quiet,
        with_closed=closed,
        on=on,
    )
    if output is not None:
        rows = reviewing.plain_rows(records)
        with leaving(session, opened, [output], what="findings", overwrite=overwrite, **leave) as way:
            n = exports.write_list(
                opened, way.path(output), rows, what="findings", purpose=leave["purpose"], content=records
            )
        session.say(f"{way.shown(output)}: " + counted("{n} row", "{n} rows", n))
        return
    if as_json:
        print_json(records)
        return
    lang = session.lang or opened.project.language
    print_table(
        (_("id"), _("class"), _("grade"), _("review"), _("home"), _("survey"), _("cadastre")),
        [
            (
                record["id"],
                opened.pack.label(f"class.{record['class']}", lang),
                record["grade"],
                opened.pack.label(f"review.{record['review']}", lang),
                record["home"],
                ",".join(record["survey_refs"]),
                ",".join(record["register_refs"]),
            )
            for record in records
        ],
    )


@group.command(
    "show",
    cls=Command,
    help=marked("Show one finding: its reasons, measures and reviews."),
    example="regularize findings show B-12",
)
@click.argument("finding_id", metavar="ID")
@json_option
@pass_session
def show(session: Session, finding_id: str, as_json: bool) -> None:
    """Show one finding."""
    from regularize.workflow import projects, review

    opened = projects.opened(session.folder)
    record = review.shown(opened, finding_id)
    if as_json:
        print_json(record)
        return
    for line in review.lines(opened, record, lang=session.lang or opened.project.language):
        click.echo(line)


@group.command(
    "review",
    cls=Command,
    help=marked(
        "Say what a person has decided about a finding.\n\n"
        "The decision survives later runs; a later change of class reopens it."
    ),
    example="regularize findings review B-12 --confirm --note 'measured on site' --by surveyor",
)
@click.argument("finding_id", metavar="ID")
@option("--confirm", "confirmed", is_flag=True, help=marked("It is so."))
@option("--reject", "rejected", is_flag=True, help=marked("It is not so."))
@option("--field-check", "field_check", is_flag=True, help=marked("Somebody must look on site."))
@option("--note", required=True, metavar="TEXT", help=marked("Why; no names."))
@by_option
@pass_session
def review_(session: Session, /, finding_id: str, note: str, by: str, **decisions: bool) -> None:
    """Review one finding."""
    from regularize.workflow import projects, review

    chosen = [state for state, given in decisions.items() if given]
    if len(chosen) != 1:
        raise OptionError(
            _("a review needs one decision"), hint=_("give one of --confirm, --reject, --field-check")
        )
    if not by:
        raise OptionError(_("a review needs somebody who answers for it"), hint=_("give --by WHO"))
    opened = projects.opened(session.folder)
    for remark in review.review(opened, finding_id, state=chosen[0], note=note, by=by):
        session.say(remark)
    label = opened.pack.label(f"review.{chosen[0]}", language())
    session.say(_("{id}: {state}").format(id=finding_id, state=label))

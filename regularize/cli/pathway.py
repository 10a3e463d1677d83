"""``regularize pathway``: which ways are open to homes, and what is missing."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Session,
    area_option,
    free_output,
    json_option,
    on_option,
    option,
    overwrite_option,
    pass_session,
    print_json,
    print_table,
)
from regularize.cli.leaving import leaving, leaving_options
from regularize.i18n import counted, marked
from regularize.i18n import translate as _

list_output_option = option(
    "-o", "output", type=PATH, metavar="FILE", help=marked("Write the list to a file (.csv or .json).")
)


@click.command(
    "pathway",
    cls=Command,
    help=marked(
        "Say which ways to regularisation are open to homes, and what is missing.\n\n"
        "A suggestion for a lawyer: each condition with its source, the blockers, and the cheapest "
        "next document. Without a fact nothing is assumed. Takes home, finding or cadastral identifiers."
    ),
    example="regularize pathway T-00000-12 --fact settlement_kind=village",
)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@option("--all", "everything", is_flag=True, help=marked("All homes."))
@area_option
@on_option
@option(
    "--fact",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help=marked("A fact to reckon with, such as settlement_kind=village; it is not stored."),
)
@option(
    "--costs",
    type=PATH,
    metavar="FILE",
    help=marked(
        "What documents cost here, CSV or XLSX: document, fee, currency, days, source, date "
        "(default: costs.csv in the project's folder, if there is one)."
    ),
)
@list_output_option
@leaving_options
@overwrite_option
@json_option
@pass_session
def command(
    session: Session,
    /,
    ids: tuple[str, ...],
    everything: bool,
    area: str | None,
    on: date | None,
    facts: tuple[str, ...],
    costs: Path | None,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    **leave: Any,
) -> None:
    """Ways of homes."""
    from regularize.workflow import exports, pathway, pathway_words, projects

    if output is not None:
        free_output(output, overwrite=overwrite)
    opened = projects.opened(session.folder)
    lang = session.lang or opened.project.language
    found = pathway.assessed(opened, ids, everything=everything, area=area, on=on, facts=facts, costs=costs)
    rows = pathway_words.rows(opened, found["homes"], lang=lang)
    if output is not None:
        with leaving(session, opened, [output], what="pathways", overwrite=overwrite, **leave) as way:
            n = exports.write_list(
                opened, way.path(output), rows, what="pathways", purpose=leave["purpose"], content=found
            )
        session.say(f"{way.shown(output)}: " + counted("{n} row", "{n} rows", n))
        return
    if as_json:
        print_json(found)
        return
    if len(found["homes"]) == 1:
        for line in pathway_words.lines(opened, found["homes"][0], lang=lang):
            click.echo(line)
        return
    print_table(
        (_("home"), _("open ways"), _("undecided"), _("next document"), _("on the way")),
        [tuple(row.values()) for row in rows],
    )
    for entry in found["documents"]:
        click.echo(pathway_words.unlock_text(opened, entry, lang=lang))

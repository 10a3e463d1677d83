"""``regularize explain``: what a code means."""

import click

from regularize.cli.base import Command, Session, json_option, option, pass_session, print_json
from regularize.i18n import language, marked


@click.command(
    "explain",
    cls=Command,
    help=marked(
        "Explain the code of an issue, a reason, a class or a rule.\n\n"
        "Text, citation, parameters, known false positives and an example. Without a code it "
        "lists all codes."
    ),
    example="regularize explain SHIFT_UNDETERMINED",
)
@click.argument("code", metavar="CODE", required=False)
@option(
    "--country", metavar="PACK", help=marked("The country pack, where there is no project (default: bg).")
)
@json_option
@pass_session
def command(session: Session, code: str | None, country: str | None, as_json: bool) -> None:
    """Explain a code."""
    from regularize.workflow import explain, projects

    reference = projects.reference(session.folder, country=country)
    lang = session.lang or language()
    if code is None:
        records = explain.catalogue(reference, lang=lang)
        if as_json:
            print_json(records)
        else:
            for record in records:
                click.echo(f"{record['code']:32} {record['title']}")
        return
    record = explain.explained(reference, code, lang=lang)
    if as_json:
        print_json(record)
        return
    for line in explain.lines(record):
        click.echo(line)

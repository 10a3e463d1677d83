"""``regularize ingest``: read deliveries into the store, losing nothing."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    DATE,
    NUMBER,
    PATH,
    Command,
    F,
    Group,
    Session,
    json_option,
    option,
    pass_session,
    print_json,
)
from regularize.cli.run import show_error
from regularize.errors import RegularizeError
from regularize.i18n import marked
from regularize.i18n import translate as _
from regularize.layers import KINDS
from regularize.privacy import redact


@click.group(
    "ingest",
    cls=Group,
    help=marked(
        "Read deliveries of the cadastre, of surveyors or of planners into the store.\n\n"
        "Ends with read=N stored=N quarantined=N: what cannot be stored is kept aside with its "
        "reason. The delivered files are never changed."
    ),
)
def group() -> None:
    """Read deliveries."""


def reading_options(function: F) -> F:
    """The options that `ingest` and `check` share: how a file is to be read."""
    for decorate in reversed(
        (
            option("--kind", type=click.Choice(KINDS), help=marked("What the layer holds.")),
            option("--layer", metavar="NAME", help=marked("The layer, where a file holds several.")),
            option("--crs", metavar="AUTH:CODE", help=marked("The CRS of the file, where it does not say.")),
            option(
                "--control-points",
                type=PATH,
                metavar="FILE.csv",
                help=marked(
                    "Four or more identical points of a local system: x_source, y_source, x_target, y_target."
                ),
            ),
            option(
                "--grid",
                type=PATH,
                metavar="FILE",
                help=marked(
                    "Your grid for a local system: NTv2 (.gsb) or geodetic TIFF together with --crs, or a "
                    "text that begins with +proj=pipeline."
                ),
            ),
            option(
                "--settlements",
                type=PATH,
                metavar="FILE.csv",
                help=marked("List of settlements to judge the place by (default: the project's)."),
            ),
            option(
                "--elsewhere",
                is_flag=True,
                help=marked("Confirm that it lies far from all that is stored; kept with the batch."),
            ),
            option(
                "--encoding", metavar="NAME", help=marked("The encoding of its text, where it is in doubt.")
            ),
            option("--profile", metavar="NAME|FILE.toml", help=marked("Which columns mean what.")),
            option(
                "--sigma",
                "sigma_m",
                type=float,
                metavar="METRES",
                help=marked("Accuracy of a point, as a standard deviation."),
            ),
            option("--date", "valid_from", type=DATE, help=marked("The day the data describes.")),
            option(
                "--source",
                metavar="TEXT",
                help=marked("Where it comes from; deliveries of one source replace each other."),
            ),
        )
    ):
        function = decorate(function)
    return function


@contextmanager
def progress_bar(session: Session) -> Iterator[Callable[[str, int, int], None] | None]:
    """What a reading is told by, where somebody sits before a terminal; else nothing."""
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, file=sys.stderr) as bar:

        def tell(what: str, done: int, total: int) -> None:
            bar.label, bar.pos, bar.length = what, done, max(total, 1)
            bar.render_progress()

        yield tell
        bar.label = ""


def _delivery_command(origin: str, text: str, example: str) -> None:
    @group.command(origin, cls=Command, help=text, example=example)
    @click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
    @reading_options
    @option("--dry-run", is_flag=True, help=marked("Read and check, store nothing."))
    @json_option
    @pass_session
    def command(
        session: Session, /, paths: tuple[Path, ...], dry_run: bool, as_json: bool, **reading: Any
    ) -> int:
        return _ingest(session, origin, paths, dry_run=dry_run, as_json=as_json, reading=reading)

    del command


_delivery_command(
    "cadastre",
    marked("Read what the cadastre delivers: parcels, buildings, land."),
    "regularize ingest cadastre data/cadastre/sgradi.shp --kind buildings",
)
_delivery_command(
    "survey",
    marked("Read what was surveyed: buildings, plots as occupied, fences, streets, points."),
    "regularize ingest survey zasnemane.zip --kind buildings --sigma 0.05 --date 2026-05-14",
)
_delivery_command(
    "plan",
    marked("Read what is planned: regulated plots, plan parts, areas, streets."),
    "regularize ingest plan chasti.gpkg --kind plan_parts",
)


def _ingest(
    session: Session,
    origin: str,
    paths: tuple[Path, ...],
    *,
    dry_run: bool,
    as_json: bool,
    reading: dict[str, Any],
) -> int:
    from regularize.workflow import ingest, projects

    read = stored = quarantined = 0
    worst = 0
    records: list[dict[str, Any]] = []
    unread: list[str] = []
    beside: dict[str, Any] = {}
    try:
        opened = projects.opened(session.folder)
        for path in ingest.tables_last(paths):
            try:
                with progress_bar(session) as progress:
                    done = ingest.ingest(
                        opened,
                        path,
                        origin=origin,
                        dry_run=dry_run,
                        beside=beside,
                        progress=progress,
                        **reading,
                    )
            except RegularizeError as error:
                show_error(error)
                worst = max(worst, error.exit_code)
                told = {"path": path.name, "error": error.message, "hint": error.hint}
                records.append({name: redact(text)[0] for name, text in told.items()})
                unread.append(path.name)
                continue
            read, stored, quarantined = (
                read + done.n_read,
                stored + done.n_stored,
                quarantined + done.n_quarantined,
            )
            for line in done.lines(verbose=session.verbose):
                session.say(line)
            records.append(done.as_dict())
            worst = max(worst, 1 if done.n_quarantined else 0)
    except RegularizeError as error:
        show_error(error)
        worst = error.exit_code
    if as_json:
        issues = [issue for record in records for issue in record.get("issues", ())]
        batches = [record["batch"] for record in records if record.get("batch") is not None]
        print_json(
            {
                "read": read,
                "stored": stored,
                "quarantined": quarantined,
                "batch": batches[0] if batches else None,
                "batches": batches,
                "issues": issues,
                "deliveries": records,
            }
        )
    if unread and len(paths) > 1:
        text = _("{n} of {of} files could not be read and left nothing in the store: {names}")
        click.echo(redact(text.format(n=len(unread), of=len(paths), names=", ".join(unread)))[0], err=True)
    click.echo(f"read={read} stored={stored} quarantined={quarantined}", err=True)
    return worst


@group.command(
    "withdraw",
    cls=Command,
    help=marked(
        "Close a batch that was delivered in error.\n\n"
        "Its rows end, and the rows that it had replaced are valid again. Nothing is erased."
    ),
    example="regularize ingest withdraw 3 --reason 'wrong sheet'",
)
@click.argument("batch", type=NUMBER)
@option("--reason", required=True, metavar="TEXT", help=marked("Why it is withdrawn; kept in the log."))
@pass_session
def withdraw(session: Session, batch: int, reason: str) -> None:
    """Close a batch."""
    from regularize.workflow import ingest, projects

    closed, reopened = ingest.withdraw(projects.opened(session.folder), batch, reason=reason)
    session.say(
        _("batch {batch} withdrawn: {closed} rows closed, {reopened} reopened").format(
            batch=batch, closed=closed, reopened=reopened
        )
    )
    session.say(_("next: regularize detect"))

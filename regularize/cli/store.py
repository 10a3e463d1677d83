"""``regularize store``: the one file in which everything lies."""

from pathlib import Path
from typing import Any

import click

from regularize.cli.base import (
    PATH,
    Command,
    Group,
    Session,
    json_option,
    pass_session,
    print_json,
    print_table,
)
from regularize.errors import RefusedError
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.group("store", cls=Group, help=marked("The project's store: what it holds, whether it is whole."))
def group() -> None:
    """The store."""


@group.command(
    "info", cls=Command, help=marked("Say what the store holds."), example="regularize store info --json"
)
@json_option
@pass_session
def info(session: Session, as_json: bool) -> None:
    """Say what the store holds."""
    from regularize.workflow import projects, storage

    opened = projects.opened(session.folder)
    record = storage.info(opened)
    if as_json:
        print_json(record)
        return
    lang = session.lang or opened.project.language
    layers: dict[str, Any] = record["layers"]
    print_table(
        (_("layer"), _("label"), _("rows valid today"), _("rows in all")),
        [
            (name, opened.pack.label(f"layer.{name}", lang), n["live"], n["total"])
            for name, n in layers.items()
        ],
    )
    click.echo()
    print_table(
        (_("batch"), _("what"), _("from"), _("read"), _("stored"), _("quarantined"), _("remark")),
        storage.batch_rows(opened, record, lang=lang),
    )


@group.command(
    "migrate",
    cls=Command,
    help=marked(
        "Bring a store of an older version of the program up to date.\n\n"
        "All or nothing: a migration that is interrupted leaves the store as it was."
    ),
    example="regularize store migrate",
)
@json_option
@pass_session
def migrate(session: Session, as_json: bool) -> None:
    """Bring the store up to date."""
    from regularize.workflow import projects, storage

    names = storage.migrate(projects.opened(session.folder))
    if as_json:
        print_json({"migrations": names})
    session.say(_("the store is up to date: {names}").format(names=", ".join(names)))


@group.command(
    "backup",
    cls=Command,
    help=marked("Copy the store to FILE, also while others work with it."),
    example="regularize store backup copies/2026-11-22.gpkg",
)
@click.argument("target", type=PATH, metavar="FILE")
@pass_session
def backup(session: Session, target: Path) -> None:
    """Copy the store."""
    from regularize.workflow import projects, storage

    size = storage.backup(projects.opened(session.folder), target)
    session.say(_("backup: {path} ({size} kB)").format(path=target, size=round(size / 1000)))


@group.command(
    "restore",
    cls=Command,
    help=marked(
        "Put the copy FILE in the place of the store.\n\n"
        "The copy is verified first; the former store is kept beside it, and the log says that it "
        "was restored."
    ),
    example="regularize store restore copies/2026-11-22.gpkg",
)
@click.argument("source", type=PATH, metavar="FILE")
@pass_session
def restore(session: Session, source: Path) -> None:
    """Put a copy in the place of the store."""
    from regularize.workflow import projects, storage

    kept = storage.restore(projects.opened(session.folder), source)
    session.say(_("restored from {path}").format(path=source))
    if kept is not None:
        session.say(_("the former store is kept as {path}").format(path=kept.name))


@group.command(
    "verify",
    cls=Command,
    help=marked(
        "Check that the store is whole: the file, its indexes, every delivery's rows, the log's chain.\n\n"
        "FAIL: something is not what the log says; the exit code is 1. NOTE: the store is whole, but "
        "somebody should look, above all where rows were edited in another program such as QGIS: the "
        "log tells of that and keeps what they were; the exit code stays 0."
    ),
    example="regularize store verify",
)
@json_option
@pass_session
def verify(session: Session, as_json: bool) -> None:
    """Check that the store is whole."""
    from regularize.workflow import projects, storage

    opened = projects.opened(session.folder)
    report = storage.verify(opened)
    if as_json:
        print_json(report)
    else:
        for check in report["checks"]:
            mark = "FAIL" if not check["ok"] else "NOTE" if check["note"] else "ok  "
            click.echo(f"{mark}  {check['name']}  {check['detail']}".rstrip())
    for check in report["checks"]:
        if check["note"]:
            session.say(_("note: {detail}").format(detail=check["detail"]))
    if not report["ok"]:
        raise RefusedError(
            _("the store is not whole"),
            hint=_("keep the file as it is, and work on from the last backup"),
        )

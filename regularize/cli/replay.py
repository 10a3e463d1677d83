"""``regularize replay``: do a run again and say what differs."""

from pathlib import Path

import click

from regularize.cli.base import PATH, Command, Session, json_option, pass_session, print_json
from regularize.errors import RefusedError
from regularize.i18n import marked
from regularize.i18n import translate as _


@click.command(
    "replay",
    cls=Command,
    help=marked(
        "Do a run again from its manifest, and compare.\n\n"
        "Every detect, map and dossier leaves a manifest in the project's folder runs. The run is "
        "repeated on the store as it was known then, in memory: nothing is written."
    ),
    example="regularize replay runs/detect-12-0a1b2c3d.json",
)
@click.argument("manifest", type=PATH, metavar="MANIFEST")
@json_option
@pass_session
def command(session: Session, manifest: Path, as_json: bool) -> None:
    """Do a run again."""
    from regularize.workflow import projects, replay

    result = replay.replay(projects.opened(session.folder), manifest)
    if as_json:
        print_json(result)
    for key, words in (
        ("differ", _("not the same: {names}")),
        ("missing", _("no longer there: {names}")),
        ("new", _("not there before: {names}")),
        ("causes", _("changed since: {names}")),
    ):
        if result[key]:
            session.say(words.format(names=", ".join(result[key])))
    if not result["same"]:
        raise RefusedError(
            _("the run does not give the same results"),
            hint=_("install the versions that the manifest names, and try again"),
        )
    session.say(_("{n} results, each the same").format(n=result["outputs"]))

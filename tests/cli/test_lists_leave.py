"""Every command that writes a file is known, and none makes a longer list of homes without its purpose."""

from collections.abc import Iterator

import click
import pytest

from regularize.cli.app import app

WRITES = ("-o", "--output", "--ics", "--report", "--form", "--png", "--pdf")
# Lists of findings or homes, a row for each: beyond a few rows they need a purpose.
LISTS = {"findings list", "pathway", "fieldcheck draw"}
# What the others write instead of such a list.
OTHERS = {
    "case deadlines": "terms of cases, by office",
    "case export": "acts for the public register; no homes",
    "check": "what is odd about a delivery that the user holds already",
    "map build": "a map, by audience; it has a purpose where it leaves the project",
    "map overview": "a page that links maps",
    "dossier build": "pages, one file for each home",
    "dossier form": "an empty form",
    "letter build": "letters of a case; no homes",
    "report council": "counts",
    "report indicators": "counts",
    "report compare": "counts",
    "privacy export": "all about one home, for the resident who asks",
}


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))


def writing() -> dict[str, click.Command]:
    return {
        name: command
        for name, command in commands(app)
        if any(set(WRITES) & set(param.opts) for param in command.params)
    }


def test_every_command_that_writes_a_file_is_known() -> None:
    assert set(writing()) - set(OTHERS) == LISTS


@pytest.mark.parametrize("name", sorted(LISTS))
def test_lists_have_a_purpose(name: str) -> None:
    assert "--purpose" in {opt for param in writing()[name].params for opt in param.opts}

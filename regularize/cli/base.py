"""What every command shares: translated help, the common options, and how results are printed."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from regularize.errors import OptionError
from regularize.i18n import marked
from regularize.i18n import translate as _
from regularize.privacy import redact
from regularize.project import civil_date
from regularize.workflow.whole import json_text

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Session:
    """The global options of one run."""

    folder: Path = Path()
    lang: str | None = None
    verbose: bool = False
    quiet: bool = False

    def say(self, message: str) -> None:
        """A line for people, on stderr, unless ``-q``."""
        if not self.quiet:
            # Names of files and layers are repeated here, and may hold a number of somebody.
            click.echo(redact(message)[0], err=True)


pass_session = click.make_pass_decorator(Session, ensure=True)


class Option(click.Option):
    """An option whose help is translated when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The help record in the language in use."""
        source, self.help = self.help, _(self.help or "")
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = source


class Translated(click.Command):
    """What commands and groups share: help that is translated when it is shown."""

    def get_short_help_str(self, limit: int = 78) -> str:  # noqa: ARG002  Click's signature
        """The first sentence of the translated help."""
        return _(self.help or "").split("\n")[0].rstrip(".")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The translated help text."""
        source, self.help = self.help, _(self.help or "")
        try:
            super().format_help_text(ctx, formatter)
        finally:
            self.help = source


# What Python makes of a byte of an argument that is not in the encoding of the terminal.
_HALF = re.compile("[\ud800-\udfff]")


class Command(Translated):
    """A command whose help ends in an example."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.options_metavar = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same, but for a text that nobody could decode: no page and no database takes it."""
        left = super().parse_args(ctx, args)
        for param in self.params:
            value = ctx.params.get(param.name or "")
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str) and _HALF.search(text):  # names of files are no such text
                    raise click.BadParameter(
                        _("its letters cannot be read: the terminal sends another encoding than it says"),
                        ctx=ctx,
                        param=param,
                    )
        return left

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage pieces, with the placeholder for options in the language in use."""
        return [_("[OPTIONS]"), *super().collect_usage_pieces(ctx)]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  Click's signature
        """The example, on one line so that it can be copied."""
        if self.example:
            with formatter.section(_("Example")):
                formatter.write(" " * formatter.current_indent + self.example + "\n")


class Group(Translated, click.Group):
    """A group of commands."""

    command_class = Command
    group_class = type  # subgroups are Groups too

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  Click's signature
        """The usage pieces, with the placeholders in the language in use."""
        return [_("[OPTIONS]"), _("COMMAND [ARGS]...")]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  Click's signature
        """The commands in the order of the work, not of the alphabet."""
        return list(self.commands)


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """``click.option`` with translated help."""
    return click.option(*names, cls=Option, **attributes)


class CivilDate(click.ParamType[date]):
    """A date as YYYY-MM-DD or DD.MM.YYYY; two-digit years are refused."""

    name = "date"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  Click's signature
        """How the help writes it."""
        return "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date that `value` names."""
        if isinstance(value, date):
            return value
        text = str(value).strip()
        with suppress(ValueError):
            return civil_date(text)
        raise click.BadParameter(
            _("{value} is no date: write YYYY-MM-DD or DD.MM.YYYY").format(value=text), ctx=ctx, param=param
        )


class StoreNumber(click.types.IntParamType):
    """A number that the store may have given: a batch, a document, an entry of the log."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, refused where no database has one so large."""
        return _stored(super().convert(value, param, ctx), param, ctx)


class Count(click.IntRange):
    """How many of something there are, from none up."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, refused where no database holds one so large."""
        return _stored(super().convert(value, param, ctx), param, ctx)


def _stored(number: int, param: click.Parameter | None, ctx: click.Context | None) -> int:
    if abs(number) > _LARGEST_NUMBER:
        raise click.BadParameter(
            _("{value} is larger than any number that a store holds").format(value=number),
            ctx=ctx,
            param=param,
        )
    return number


_LARGEST_NUMBER = 2**63 - 1
COUNT = Count()
DATE = CivilDate()
NUMBER = StoreNumber()
PATH = click.Path(path_type=Path)
json_option = option("--json", "as_json", is_flag=True, help=marked("Print JSON with stable English keys."))
overwrite_option = option("--overwrite", is_flag=True, help=marked("Replace what stands there already."))
area_option = option("--area", metavar="NAME", help=marked("Only inside the area of this name."))
on_option = option("--on", type=DATE, help=marked("As valid on this day (default: today)."))
as_of_option = option(
    "--on",
    type=DATE,
    help=marked("As it stood on this day by the dates of runs and decisions (default: as it stands)."),
)
as_known_option = option(
    "--as-known",
    type=DATE,
    help=marked("As it was known at the end of this day, whatever was recorded later; nothing is written."),
)
by_option = option(
    "--by", metavar="WHO", default="", help=marked("Who says so: an office or a role, no private data.")
)


def print_json(value: Any) -> None:
    """`value` as JSON on stdout; keys are English and stable."""
    click.echo(json_text(value))


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table on stdout, columns as wide as their longest cell."""
    table = [[str(cell) for cell in header]] + [
        ["" if cell is None else str(cell) for cell in row] for row in rows
    ]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    for row in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def bar(session: Session, label: str) -> Iterator[Callable[[int], Callable[[], None]] | None]:
    """A progress bar on a terminal's stderr: told the number, it gives what to call after each."""
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    shown: list[Any] = []

    def start(n: int) -> Callable[[], None]:
        made = click.progressbar(length=n, label=label, file=sys.stderr)
        shown.append(made.__enter__())
        return lambda: made.update(1)

    try:
        yield start
    finally:
        for made in shown:
            made.render_finish()


def free_output(path: Path, *, overwrite: bool, endings: Sequence[str] = ()) -> Path:
    """`path`, refused if something stands there that is not to be replaced, or its ending misleads."""
    if path.is_dir():
        raise OptionError(_("{path} is a folder").format(path=path), hint=_("give the name of a file"))
    if endings and path.suffix.lower() not in endings:
        raise OptionError(
            _("{path} should end in {endings}").format(path=path.name, endings=", ".join(endings)),
            hint=_("give another name"),
        )
    if path.exists() and not overwrite:
        raise OptionError(
            _("{path} exists already").format(path=path), hint=_("give another name, or --overwrite")
        )
    return path

"""The front door: choose the language, run the command, turn every error into one clear line."""

import codecs
import gc
import io
import os
import signal
import sys
import threading
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from regularize import i18n, project
from regularize.errors import InputError, RegularizeError
from regularize.i18n import translate as _
from regularize.privacy import redact

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

UNEXPECTED = 70
INTERRUPTED = 130
PRIVATE = 0o077
# How many new containers make Python look for rings among them. A command makes millions that live to its
# end: looked through after every 700, as Python does by itself, they cost a sixth of a detection. A
# small town is done before so many are made, the libraries it loads among them.
COLLECTED_EVERY = 1_000_000


def readable_errors(encoding: str) -> str:
    """The name of an error handler: a letter that `encoding` lacks gets its plain form, else its number.

    Examples
    --------
    >>> "12 m², σ".encode("cp1251", errors=readable_errors("cp1251"))
    b'12 m2, \\\\u03c3'
    """

    def nearest(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        lacking = error.object[error.start : error.end]
        plain = "".join(c for c in unicodedata.normalize("NFKD", lacking) if not unicodedata.combining(c))
        try:
            plain.encode(encoding)
        except UnicodeEncodeError:
            plain = lacking.encode("ascii", errors="backslashreplace").decode("ascii")
        return plain, error.end

    name = f"readable-{encoding}"
    codecs.register_error(name, nearest)
    return name


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the program's name; by default those of the process.

    Returns
    -------
    int
        0 done, 1 refused or quarantined, 2 wrong option, 3 unreadable input, 4 store, 5 missing
        extra, 70 unexpected, 130 interrupted.
    """
    if argv is None:  # the process is this command's alone
        gc.set_threshold(COLLECTED_EVERY)
    args = list(sys.argv[1:] if argv is None else argv)
    interrupts: list[int] = []
    try:
        with _noting(interrupts):
            _prepare_streams()
            if os.name == "posix":
                os.umask(PRIVATE)  # whatever the program writes is its owner's only
            i18n.use(_language_of(args))
            from regularize.cli.app import app

            outcome = app.main(args=args, prog_name="regularize", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except click.ClickException as error:
        said = io.StringIO()
        error.show(file=said)
        click.echo(redact(said.getvalue())[0], err=True, nl=False)
        return 2
    except RegularizeError as error:
        show_error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing more to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if "--debug" in args:
            raise
        if interrupts:
            return _interrupted()
        show_error(_unusable(error))
        return InputError.exit_code
    except Exception as error:
        # The last line of defence: one line for people, never a traceback.
        if "--debug" in args:
            raise
        if interrupts:
            return _interrupted()
        click.echo(
            _("an unexpected failure ({kind}); nothing was half written").format(kind=type(error).__name__),
            err=True,
        )
        click.echo(_("hint: run it again with --debug and send the last lines to the maintainers"), err=True)
        return UNEXPECTED
    finally:
        if argv is None:  # Python would look through all that it made and loaded once more, only to end
            gc.freeze()
    return outcome if isinstance(outcome, int) else 0


@contextmanager
def _noting(interrupts: list[int]) -> Iterator[None]:
    """Note what interrupts the user sends: a library that one strikes may raise an error of its own.

    One that strikes while Python clears away an object cannot end the command and is not told: the next does.
    """
    usual, complain = signal.getsignal(signal.SIGINT), sys.unraisablehook

    def note(number: int, frame: FrameType | None) -> None:
        interrupts.append(number)
        if callable(usual):
            usual(number, frame)

    def clearing(lost: "UnraisableHookArgs") -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            complain(lost)

    ours = callable(usual) and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, note)
        sys.unraisablehook = clearing
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, usual)
            sys.unraisablehook = complain


def _interrupted() -> int:
    click.echo(_("interrupted; the store holds the old or the new state"), err=True)
    return INTERRUPTED


def _unusable(error: OSError) -> InputError:
    """A file or folder that the system refuses, in words; of a temporary file, its folder."""
    place = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else Path()
    if place.name.startswith("."):
        place = place.parent
    return InputError(
        _("{path} cannot be read or written: {reason}").format(path=place, reason=error.strerror or error),
        hint=_("check the rights of the folder and the space on the disk: regularize doctor"),
    )


def show_error(error: RegularizeError) -> None:
    """Print `error` and its hint to stderr, in the language in use."""
    # What the user typed may be repeated here, and a terminal is often a log.
    click.echo(_("error: {message}").format(message=redact(error.message)[0]), err=True)
    if error.hint:
        click.echo(_("hint: {hint}").format(hint=redact(error.hint)[0]), err=True)


def _prepare_streams() -> None:
    """A redirected Windows stream speaks cp1251 or worse: never die of a letter it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and not stream.isatty():
            stream.reconfigure(errors=readable_errors(stream.encoding))


def _language_of(args: Sequence[str]) -> str:
    """--lang, else the project's language, else REGULARIZE_LANG, else the locale.

    Read before Click parses, so that a usage error, too, speaks the user's language.
    """
    chosen = _option(args, "--lang")
    if chosen in i18n.LANGUAGES:
        return chosen
    folder = _option(args, "--project", "-p") or os.environ.get("REGULARIZE_PROJECT") or "."
    try:
        stated = tomllib.loads((Path(folder) / project.FILE).read_text(encoding="utf-8"))
        language = stated["project"]["language"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        language = os.environ.get("REGULARIZE_LANG")
    return language if language in i18n.LANGUAGES else i18n.default_language()


def _option(args: Sequence[str], *names: str) -> str | None:
    """The value of an option among raw arguments: ``--lang bg`` or ``--lang=bg``."""
    for position, word in enumerate(args):
        for name in names:
            if word == name and position + 1 < len(args):
                return args[position + 1]
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
    return None

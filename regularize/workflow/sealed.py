"""What leaves the project folder: encrypted, or plain for a stated purpose, and always logged.

Inside the project folder office outputs are plain. Outside it, and for every ``export``, they are put
into a ZIP archive encrypted with AES-256, which 7-Zip, WinZip and Windows 11 open. Public and council
outputs hold no personal data and do not pass here.
"""

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import InputError, MissingExtraError, OptionError, StoreError
from regularize.i18n import translate as _
from regularize.project import today, unfinished, unfinished_folder
from regularize.workflow.projects import Opened, store_of

LEFT = "output.left"
PASSPHRASE_VARIABLE = "REGULARIZE_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret
# The archive's key derivation is short (1,000 rounds, fixed by its format): length must make up for it.
LEAST_CHARS = 16
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that are taken for another
_GROUPS, _GROUP_CHARS = 5, 5  # 124 bits


@dataclass(frozen=True)
class Leave:
    """How outputs may leave.

    Parameters
    ----------
    plain : bool
        Unencrypted; needs a purpose.
    purpose : str or None
    passphrase : str or None
        None: one is made and shown once.
    overwrite : bool
    """

    plain: bool = False
    purpose: str | None = None
    passphrase: str | None = None
    overwrite: bool = False


@dataclass
class Way:
    """Where outputs are to be written, and where they end up."""

    stage: Path | None
    targets: tuple[Path, ...]
    leaves: tuple[Path, ...]
    archive: Path | None = None
    made_passphrase: str | None = None
    _names: dict[Path, str] = field(default_factory=dict)

    def path(self, output: Path) -> Path:
        """Where a command writes what is to become `output`."""
        return self.stage / self._names[output] if self.stage and output in self.leaves else output

    def shown(self, output: Path) -> Path:
        """What the user finds in the end."""
        return self.archive if self.archive and output in self.leaves else output

    def lines(self) -> Iterator[str]:
        """What the user has to know."""
        if self.archive is not None:
            yield _("encrypted, since it leaves the project: {path}").format(path=self.archive)
        if self.made_passphrase is not None:
            yield _("passphrase (shown only now; pass it on by another way): {words}").format(
                words=self.made_passphrase
            )


def leaves(here: Opened, output: Path) -> bool:
    """Whether `output` lies outside the project folder, links followed."""
    return not output.resolve().is_relative_to(here.project.root.resolve())


def read_passphrase(file: Path | None) -> str | None:
    """The passphrase of a file's first line or of the environment; None where neither is given.

    Raises
    ------
    InputError
        If the file cannot be read.
    OptionError
        If the passphrase is too short.
    """
    text = os.environ.get(PASSPHRASE_VARIABLE) or None
    if file is not None:
        try:
            text = next(iter(file.read_text(encoding="utf-8").splitlines()), "")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                _("the file of the passphrase cannot be read: {path}").format(path=file),
                hint=_("a text file in UTF-8 with the passphrase on its first line"),
            ) from error
    return None if text is None else checked_passphrase(text)


def checked_passphrase(text: str) -> str:
    """`text` without the blanks around it, refused if it is too short."""
    text = text.strip()
    if len(text) < LEAST_CHARS:
        raise OptionError(
            _("the passphrase is too short: at least {n} characters").format(n=LEAST_CHARS),
            hint=_("take a few words, or leave it out: then one is made"),
        )
    return text


def made_passphrase() -> str:
    """A new passphrase that can be read out on the telephone."""
    groups = ("".join(secrets.choice(_ALPHABET) for _c in range(_GROUP_CHARS)) for _g in range(_GROUPS))
    return "-".join(groups)


@contextmanager
def way_out(
    here: Opened, outputs: Sequence[Path | None], *, what: str, leave: Leave, always: bool = False
) -> Iterator[Way]:
    """Write outputs at ``way.path(output)`` within the block; what leaves is sealed and logged after it.

    What leaves is first written to a private folder inside the project. Then the log gets its entry,
    and only then the file appears at its place: nothing leaves unlogged, and after a failure nothing
    lies outside.

    Parameters
    ----------
    outputs : sequence of Path or None
        Files or folders; the archive is named after the first that leaves.
    what : str
        What it is, for the log: ``map``, ``dossiers``, ``findings``.
    always : bool
        Sealed wherever it lies, as every ``export`` is.

    Raises
    ------
    OptionError
        If ``plain`` is asked for without a purpose, or something stands at the target.
    MissingExtraError
        If the library that encrypts is not installed.
    """
    wanted = tuple(path for path in outputs if path is not None)
    going = tuple(path for path in wanted if always or leaves(here, path))
    if not going:
        yield Way(None, wanted, ())
        return
    purpose = privacy.redact((leave.purpose or "").strip())[0]
    if leave.plain and not purpose:
        raise OptionError(
            _("{path} would leave the project unencrypted: that needs a purpose").format(path=going[0]),
            hint=_("give --purpose TEXT: it is logged; or leave out --plain"),
        )
    archive, passphrase = None, None
    if not leave.plain:
        _zip_library()
        archive = going[0].with_name(going[0].name + ".zip")
        if archive.exists() and not leave.overwrite:
            raise _stands_there(archive)
        passphrase = leave.passphrase or made_passphrase()
    stage = _stage(here)
    try:
        alone = len({path.name for path in going}) == len(going)
        names = {path: path.name if alone else f"{n}/{path.name}" for n, path in enumerate(going)}
        for name in names.values():
            (stage / name).parent.mkdir(exist_ok=True)
        made = None if leave.passphrase or archive is None else passphrase
        yield Way(stage, wanted, going, archive, made, names)
        files = sorted(file for file in stage.rglob("*") if file.is_file())
        if not files:
            return
        if archive is None:
            _deliver(here, stage, names, files, what, purpose, overwrite=leave.overwrite)
        else:
            _seal(here, stage, files, archive, str(passphrase), what, purpose, overwrite=leave.overwrite)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _stage(here: Opened) -> Path:
    try:
        return unfinished_folder(here.project.root)
    except OSError as error:
        raise StoreError(
            _("nothing can leave the project {path}: it cannot be written, so nothing can be logged").format(
                path=here.project.root
            ),
            hint=_("ask for write permission, or write inside a copy of the project"),
        ) from error


def _stands_there(path: Path) -> OptionError:
    return OptionError(
        _("{path} exists already").format(path=path), hint=_("give another name, or --overwrite")
    )


def _zip_library() -> Any:
    try:
        import pyzipper
    except ImportError as error:
        raise MissingExtraError(
            _("what leaves the project is encrypted, and the part of the program that does so is missing"),
            hint=_('pip install "regularize[encrypt]", or --plain --purpose TEXT, which is logged'),
        ) from error
    return pyzipper


def _seal(
    here: Opened,
    stage: Path,
    files: Sequence[Path],
    archive: Path,
    passphrase: str,
    what: str,
    purpose: str,
    *,
    overwrite: bool,
) -> None:
    """Pack `files` into `archive`, look whether it opens, log it, and only then put it in its place."""
    pyzipper = _zip_library()
    archive.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = unfinished(archive.parent, archive.suffix)
    try:
        # in memory first: the library cannot be interrupted by a full disk without a second failure
        content = io.BytesIO()
        with pyzipper.AESZipFile(
            content, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
        ) as packed:
            packed.setpassword(passphrase.encode("utf-8"))
            packed.setencryption(pyzipper.WZ_AES, nbits=256)
            for file in files:
                packed.write(file, file.relative_to(stage).as_posix())
        try:
            half.write_bytes(content.getbuffer())
        except OSError as error:  # by the name that was asked for
            raise OSError(error.errno, error.strerror, str(archive)) from error
        with pyzipper.AESZipFile(half) as packed:
            packed.setpassword(passphrase.encode("utf-8"))
            if packed.testzip() is not None or len(packed.namelist()) != len(files):
                raise OSError(archive)
        _log(here, half.read_bytes(), archive, what, purpose, len(files), form="encrypted")
        _place(half, archive, overwrite=overwrite)
    finally:
        half.unlink(missing_ok=True)


def _deliver(
    here: Opened,
    stage: Path,
    names: dict[Path, str],
    files: Sequence[Path],
    what: str,
    purpose: str,
    *,
    overwrite: bool,
) -> None:
    """Put `files` where they were asked for, unencrypted."""
    places: list[tuple[Path, Path]] = []
    for output, name in names.items():
        root = stage / name
        places += [(f, output / f.relative_to(root)) for f in files if f.is_relative_to(root) and f != root]
        if root.is_file():
            places.append((root, output))
    taken = [place for _file, place in places if place.exists()]
    if taken and not overwrite:
        raise _stands_there(taken[0])
    digest = b"".join(hashlib.sha256(file.read_bytes()).digest() for file, _place_ in places)
    if len(places) == 1:
        digest = places[0][0].read_bytes()
    _log(here, digest, places[0][1], what, purpose, len(places), form="plain")
    for file, place in places:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = unfinished(place.parent, place.suffix)
        try:
            shutil.copyfile(file, half)
            _place(half, place, overwrite=overwrite)
        except OSError as error:  # it names the file that is read, and it is this one that cannot be written
            raise OSError(error.errno, error.strerror, str(place)) from error
        finally:
            half.unlink(missing_ok=True)


def _place(half: Path, path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise _stands_there(path)
    half.replace(path)


def _log(
    here: Opened, content: bytes, path: Path, what: str, purpose: str, n_files: int, *, form: str
) -> None:
    payload = {
        "what": what,
        "form": form,
        "purpose": purpose or None,
        "file": privacy.redact(path.name)[0],
        "files": n_files,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    with store_of(here) as store:
        store.append_event(LEFT, "store", today(), payload)


def log_of(here: Opened) -> list[dict[str, Any]]:
    """What has left the project, with day, form and purpose; lists with a purpose as well."""
    from regularize.workflow.exports import EXPORTED

    with store_of(here, read_only=True) as store:
        return [
            {"seq": e.seq, "on": e.on.isoformat(), "by": e.actor, "type": e.type, **(e.payload or {})}
            for e in store.events(subject="store")
            if e.type in {LEFT, EXPORTED}
        ]

"""Erase texts from a project, and prove it: every file of the project is scanned byte by byte after it."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import InputError, OptionError
from regularize.i18n import translate as _
from regularize.privacy.scan import Needles, scan
from regularize.project import FILE
from regularize.store import Store
from regularize.store.erasure import Erased
from regularize.workflow.projects import Opened, store_of

# Never deleted by an erasure: evidence, copies of the store, and what makes the folder a project.
_KEPT_ENDINGS = (".gpkg", ".head", ".toml")
_MOST_WORDS = 1000


@dataclass
class Erasure:
    """What was erased, and what the scan found afterwards.

    Parameters
    ----------
    entries, cells : int
        Entries of the log whose payload is gone; texts in tables.
    files : int
        Files that were scanned.
    hits : dict of path to int
        Files that still hold one of the texts.
    closed : list of Path
        Files that cannot be looked into: encrypted or damaged.
    deleted : list of Path
        Outputs that were deleted because they held one of the texts or belonged to the home.
    fixed : list of str
        Places in the chain of the log, which no erasure can change.
    elsewhere : int
        Texts that rightly stand in other entries too, and were not looked for.
    """

    entries: int = 0
    cells: int = 0
    files: int = 0
    hits: dict[Path, int] = field(default_factory=dict)
    closed: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    elsewhere: int = 0

    @property
    def proved(self) -> bool:
        """Whether nothing is left anywhere that could be looked at."""
        return not self.hits and not self.fixed

    def as_dict(self, root: Path) -> dict[str, Any]:
        """With stable English keys; paths as seen from the project."""
        return {
            "entries": self.entries,
            "cells": self.cells,
            "files_scanned": self.files,
            "raw_hits": sum(self.hits.values()),
            "held_by": {_seen(path, root): n for path, n in self.hits.items()},
            "not_looked_into": [_seen(path, root) for path in self.closed],
            "deleted": [_seen(path, root) for path in self.deleted],
            "in_the_chain": self.fixed,
            "texts_elsewhere": self.elsewhere,
        }

    def lines(self, root: Path) -> Iterator[str]:
        """The result for people; never with a text that was to be erased."""
        yield _("erased: {entries} entries of the log, {cells} texts in tables").format(
            entries=self.entries, cells=self.cells
        )
        if self.elsewhere:
            yield _("{n} of the texts stand in other entries as well and were left there").format(
                n=self.elsewhere
            )
        for path in self.deleted:
            yield _("deleted: {path}").format(path=_seen(path, root))
        for path in self.hits:
            yield _still(path, root)
        for place in self.fixed:
            yield _("in the chain of the log, where nothing can be changed: {place}").format(place=place)
        for path in self.closed:
            yield _("could not be looked into: {path}").format(path=_seen(path, root))
        yield _("scanned {files} files: {hits} raw hits").format(
            files=self.files, hits=sum(self.hits.values())
        )


def _seen(path: Path, root: Path) -> str:
    return privacy.redact(path.relative_to(root).as_posix())[0]


def _still(path: Path, root: Path) -> str:
    shown = _seen(path, root)
    if path.suffix == ".gpkg":
        return _(
            "still in {path}: a copy of the store is not changed; delete it, or restore and erase"
        ).format(path=shown)
    if path.is_relative_to(root / "data"):
        return _("still in {path}: a delivery is evidence; ask who delivered it, and delete the file").format(
            path=shown
        )
    return _("still in {path}: delete it and make it anew, or run this again with --outputs").format(
        path=shown
    )


def read_words(source: Path | Sequence[str]) -> list[str]:
    """The texts to erase, one on each line of a file: never an argument, which the shell would remember.

    Parameters
    ----------
    source : Path or sequence of str
        The file, or its lines.

    Raises
    ------
    InputError
        If the file cannot be read.
    OptionError
        If it names nothing, or too much.
    """
    lines: Sequence[str]
    if isinstance(source, Path):
        try:
            lines = source.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                _("the list of texts cannot be read: {path}").format(path=source),
                hint=_("a text file in UTF-8, one text on each line"),
            ) from error
    else:
        lines = source
    words = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not words:
        raise OptionError(_("no text to erase was given"), hint=_("write it whole, one on each line"))
    if len(words) > _MOST_WORDS:
        raise OptionError(
            _("too many texts at once: {n}").format(n=len(words)),
            hint=_("at most {n} in one file").format(n=_MOST_WORDS),
        )
    return words


def home(here: Opened, id_: str, *, reason: str, by: str, outputs: bool) -> Erasure:
    """Erase the free text that hangs on a home. Raises ``OptionError``."""
    from regularize.workflow.homes import resolve

    with store_of(here, read_only=True) as store:
        known = resolve(store, id_).id

    def work(store: Store, why: str, who: str) -> Erased:
        return store.erase_home(known, why, actor=who)

    return _erase(here, work, reason, by, outputs=outputs, of_home=known)


def entry(here: Opened, seq: int, *, reason: str, by: str, outputs: bool) -> Erasure:
    """Erase the payload of an entry of the log. Raises ``OptionError``."""
    return _erase(here, lambda s, why, who: s.erase_entry(seq, why, actor=who), reason, by, outputs=outputs)


def document(here: Opened, number: int, *, reason: str, by: str, outputs: bool) -> Erasure:
    """Erase what is known of a document but its kind, state and day. Raises ``OptionError``."""
    return _erase(
        here, lambda s, why, who: s.erase_document(number, why, actor=who), reason, by, outputs=outputs
    )


def words(here: Opened, texts: Sequence[str], *, reason: str, by: str, outputs: bool) -> Erasure:
    """Mask texts wherever they stand. Raises ``OptionError``."""
    for text in texts:
        reason, by = reason.replace(text, privacy.MASK), by.replace(text, privacy.MASK)
    return _erase(here, lambda s, why, who: s.erase_words(texts, why, actor=who), reason, by, outputs=outputs)


def _erase(
    here: Opened,
    work: Callable[[Store, str, str], Erased],
    reason: str,
    by: str,
    *,
    outputs: bool,
    of_home: str | None = None,
) -> Erasure:
    stated = privacy.redact(reason.strip())[0]
    if not stated:
        raise OptionError(_("an erasure needs a reason"), hint=_("give --reason TEXT, without names"))
    with store_of(here) as store:
        erased = work(store, stated, privacy.redact(by)[0])
    # Apart from the open store, whose connections would keep the journal.
    with store_of(here) as store:
        store.sweep()
    done = Erasure(
        entries=len(erased.entries), cells=erased.cells, fixed=erased.fixed, elsewhere=erased.elsewhere
    )
    _prove(here, done, Needles(erased.gone), outputs=outputs, of_home=of_home)
    return done


def _prove(here: Opened, done: Erasure, needles: Needles, *, outputs: bool, of_home: str | None) -> None:
    root = here.project.root
    for path in sorted(_files(root)):
        found = scan(path, needles)
        done.files += 1
        own = of_home is not None and of_home in path.stem.split("_")[0:1]
        if (found.hits or own) and outputs and _is_output(path, root):
            path.unlink()
            done.deleted.append(path)
            continue
        if found.hits:
            done.hits[path] = found.hits
        elif not found.readable:
            done.closed.append(path)


def _files(root: Path) -> Iterator[Path]:
    """Every file of the project, links not followed."""
    for folder, _folders, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _is_output(path: Path, root: Path) -> bool:
    relative = path.relative_to(root)
    return (
        relative.parts[0] != "data"
        and path.name != FILE
        and not path.name.endswith(_KEPT_ENDINGS)
        and ".gpkg" not in path.name
    )

"""The inventory of a pack: what a project keeps, what for, on what ground, and until when."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regularize.countries.pack import Pack
from regularize.countries.reading import Words, broken, check_keys, read_table, words
from regularize.i18n import translate as _

FILE = "inventory.toml"
PERSONAL = ("none", "indirect", "free_text")
STATUSES = ("verified", "verified_secondary", "unverified")


@dataclass(frozen=True)
class Kept:
    """One kind of what is kept.

    Parameters
    ----------
    name : str
    tables : tuple of str
        Tables of the store.
    title, purpose, ground, keep : mapping of language to text
        What it is, what for, the legal ground, until when.
    personal : {"none", "indirect", "free_text"}
        How it touches persons.
    citation : str
    status : str
        Whether ground and period were compared with the law.
    """

    name: str
    tables: tuple[str, ...]
    title: Words
    personal: str
    purpose: Words
    ground: Words
    citation: str
    status: str
    keep: Words


def load_inventory(pack: Pack) -> list[Kept]:
    """The inventory of `pack`, or of the pack that it rests on.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    at: Pack | None = pack
    while at is not None:
        if (at.folder / FILE).is_file():
            file = at.folder / FILE
            return [_kept(name, table, file) for name, table in read_table(file).items()]
        at = at.parent
    raise broken(pack.folder / FILE, _("it is missing"))


def _kept(name: str, table: Any, file: Path) -> Kept:
    needed = {"tables", "title", "personal", "purpose", "ground", "citation", "status", "keep"}
    check_keys(table, file, name, needed, set())
    if table["personal"] not in PERSONAL or table["status"] not in STATUSES:
        raise broken(file, _("{key} has the unknown kind {name}").format(key=name, name=table["personal"]))
    texts = {key: words(table[key], file, f"{name}.{key}") for key in ("title", "purpose", "ground", "keep")}
    return Kept(
        name=name,
        tables=tuple(map(str, table["tables"])),
        personal=str(table["personal"]),
        citation=str(table["citation"]),
        status=str(table["status"]),
        **texts,
    )

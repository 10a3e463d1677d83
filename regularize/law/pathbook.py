"""Ways to regularisation and their documents, as the country pack states them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from regularize.countries import Pack
from regularize.countries.parameters import STATUSES, Scalar
from regularize.countries.reading import broken, check_keys, read_table
from regularize.i18n import translate as _

FILE = "pathways.toml"
Scope = Literal["home", "area"]


@dataclass(frozen=True, eq=False)  # one of a book: looked up by itself, over and over
class Condition:
    """One condition of a way; see ``pathways.toml`` for what its entries mean.

    Exactly one of `fact`, `built_by`, `norms`, `any_of`, `all_of` says what is asked; none of them
    where the question is open whatever is stated. `provision` names the legal value that offers it: on a
    day for which that is not known the condition decides nothing.
    """

    id: str
    citation: str
    status: str
    situation: bool = False
    advice: bool = False
    fact: str | None = None
    admitted: tuple[Scalar, ...] = ()
    built_by: str | None = None
    norms: tuple[str, ...] = ()
    any_of: tuple["Condition", ...] = ()
    all_of: tuple["Condition", ...] = ()
    provision: str | None = None


@dataclass(frozen=True)
class Way:
    """A way to regularisation; `flag` and `last_resort` ones are shown and never proposed."""

    id: str
    conditions: tuple[Condition, ...]
    documents: tuple[str, ...]
    citation: str
    status: str
    procedure: str | None = None
    gives: str | None = None
    flag: bool = False
    last_resort: bool = False

    @property
    def is_proposed(self) -> bool:
        """Whether a next document may be looked for on this way."""
        return not self.flag and not self.last_resort


@dataclass(frozen=True)
class Cost:
    """What a document costs where it is asked for, with the source that says so.

    Parameters
    ----------
    fee : float or None
        In `currency`; None where it is not known.
    days : float or None
        Calendar days until it is there; None where that is not known.
    source : str
        A tariff or charter.
    on : datetime.date
        The day for which the source speaks.
    """

    fee: float | None
    days: float | None
    currency: str
    source: str
    on: date


@dataclass(frozen=True, eq=False)
class Document:
    """A document that can be asked for.

    Parameters
    ----------
    settles, changes : frozenset of str
        Facts that it answers, and facts that it brings about.
    proves, refused : mapping
        What follows once it is received, or refused.
    days, fee : float or None
        Its cost (calendar days; the currency of the pack); None where no source gives it.
    cost : Cost or None
        What a municipality states of it; goes before `days` and `fee`.
    """

    id: str
    order: int
    issuer: str
    citation: str
    status: str
    settles: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    proves: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    refused: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    scope: Scope = "home"
    days: float | None = None
    fee: float | None = None
    cost: Cost | None = None

    @property
    def has_cost(self) -> bool:
        """Whether its cost may be used: given, and seen in a source."""
        known = self.days is not None and self.fee is not None
        return known and (self.cost is not None or self.status != "unverified")


@dataclass(frozen=True)
class Window:
    """A way that was open once: a fact of history."""

    id: str
    closed_after: str
    fact: str


@dataclass(frozen=True, eq=False)
class PathBook:
    """All ways, documents and closed windows of a country pack."""

    ways: tuple[Way, ...] = ()
    documents: Mapping[str, Document] = field(default_factory=dict)
    history: tuple[Window, ...] = ()


def with_costs(book: PathBook, costs: Mapping[str, Cost]) -> PathBook:
    """The same ways and documents, with the costs that a municipality states for some of them."""
    documents = {
        name: replace(document, fee=cost.fee, days=cost.days, cost=cost)
        if (cost := costs.get(name)) is not None
        else document
        for name, document in book.documents.items()
    }
    return replace(book, documents=documents)


@cache
def path_book(pack: Pack) -> PathBook:
    """The ways of a pack; none where it knows no law.

    Raises
    ------
    InputError
        If an entry is missing, unknown, without citation or status, or names what does not exist.
    """
    file = pack.folder / FILE
    if not file.exists():
        return PathBook()
    table = read_table(file)
    check_keys(table, file, FILE, {"ways", "documents", "history"}, set())
    ways = tuple(_way(name, entry, file) for name, entry in table["ways"].items())
    documents = {
        name: _document(name, entry, order, file)
        for order, (name, entry) in enumerate(table["documents"].items())
    }
    history = []
    for name, entry in table["history"].items():
        check_keys(entry, file, name, {"closed_after", "fact"}, set())
        history.append(Window(name, **entry))
    for way in ways:
        if way.procedure is not None and way.procedure not in pack.procedures:
            raise broken(file, _("{key} has no {name}").format(key="procedures", name=way.procedure))
    return PathBook(ways, documents, tuple(history))


def _way(name: str, entry: Mapping[str, Any], file: Path) -> Way:
    optional = {"procedure", "gives", "flag", "last_resort"}
    check_keys(entry, file, name, {"conditions", "documents", "citation", "status"}, optional)
    _check_basis(entry, file, name)
    values = {key: entry[key] for key in (*optional, "citation", "status") if key in entry}
    return Way(
        id=name,
        conditions=tuple(_condition(part, file, name) for part in entry["conditions"]),
        documents=tuple(entry["documents"]),
        **values,
    )


def _condition(entry: Mapping[str, Any], file: Path, way: str) -> Condition:
    asked = {"fact", "built_by", "norms", "any_of", "all_of"}
    allowed = asked | {"situation", "advice", "is", "provision"}
    key = f"{way}.{entry.get('id', '')}"
    check_keys(entry, file, key, {"id", "citation", "status"}, allowed)
    _check_basis(entry, file, key)
    said = asked & set(entry)
    open_anyway = entry.get("advice", False) or entry["status"] == "unverified"
    if len(said) > 1 or (not said and not open_anyway) or (("fact" in entry) != ("is" in entry)):
        raise broken(file, _("{key} has no {name}").format(key=key, name="fact, is"))
    return Condition(
        id=entry["id"],
        citation=entry["citation"],
        status=entry["status"],
        situation=entry.get("situation", False),
        advice=entry.get("advice", False),
        fact=entry.get("fact"),
        admitted=tuple(entry.get("is", ())),
        built_by=entry.get("built_by"),
        norms=tuple(entry.get("norms", ())),
        any_of=tuple(_condition(part, file, key) for part in entry.get("any_of", ())),
        all_of=tuple(_condition(part, file, key) for part in entry.get("all_of", ())),
        provision=entry.get("provision"),
    )


def _document(name: str, entry: Mapping[str, Any], order: int, file: Path) -> Document:
    optional = {"settles", "changes", "proves", "refused", "scope", "days", "fee"}
    check_keys(entry, file, name, {"issuer", "citation", "status"}, optional)
    _check_basis(entry, file, name)
    values = dict(entry)
    for key in ("settles", "changes"):
        values[key] = frozenset(entry.get(key, ()))
    return Document(id=name, order=order, **values)


def _check_basis(entry: Mapping[str, Any], file: Path, key: str) -> None:
    if not entry["citation"] or entry["status"] not in STATUSES:
        raise broken(file, _("{key} has no {name}").format(key=key, name="citation, status"))

"""What indicators count in one project, exactly; what cannot be known says why, and is never zero."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from regularize.countries.indicators import approvals
from regularize.i18n import marked as _
from regularize.model import Home
from regularize.store import Store
from regularize.store.documents import ADDED, CHANGED
from regularize.workflow.case import statuses
from regularize.workflow.parties import CONSULTED
from regularize.workflow.projects import Opened
from regularize.workflow.report_facts import HOME_STATES, NO_HOMES, NOT_EVERY_WAY, NOW, Ways, ways_of

NO_DELIVERY = _("no delivery of this kind is stored")
NO_APPROVAL = _("the country pack does not say which step of a procedure is its approval")


@dataclass(frozen=True)
class Counted:
    """A count, or why there is none (English, marked for the catalogue).

    Parameters
    ----------
    n : int or None
    reason : str
        Why there is no count, or why it is one of what is known only.
    unknown : int
        Homes that may belong to the count: none of their ways is open, and some are not assessed.
    """

    n: int | None
    reason: str = ""
    unknown: int = 0


@dataclass
class Book:
    """One project, opened for counting.

    Parameters
    ----------
    here, store
    since : date or None
        First day of the period; None where it began with the project.
    until : date
        Its last day, and the day on which things are counted as they stand.
    elsewhere : mapping of layer to set of int
        Rows that an earlier project of the same programme counts already.
    homes_elsewhere : set of str
    """

    here: Opened
    store: Store
    since: date | None
    until: date
    elsewhere: dict[str, set[int]] = field(default_factory=dict)
    homes_elsewhere: set[str] = field(default_factory=set)

    @cached_property
    def homes(self) -> list[Home]:
        """Homes that stand on the last day."""
        return [
            home
            for home in self.store.homes(include_closed=True)
            if home.valid_from <= self.until and (home.valid_to is None or self.until < home.valid_to)
        ]

    @cached_property
    def ways(self) -> Ways:
        """Where homes stand on their way."""
        return ways_of(self.here, self.store, on=self.until)

    @cached_property
    def has_run(self) -> bool:
        """Whether detection was run up to the last day."""
        return any(event.on <= self.until for event in self.store.events(type="detect.run"))

    def happened(self, day: date | None) -> bool:
        """Whether a day lies in the period."""
        return day is not None and day <= self.until and (self.since is None or self.since <= day)

    def identifiers(self) -> dict[str, frozenset[str]]:
        """Cadastral identifiers of the buildings of each home; empty where none is known."""
        known: dict[str, dict[int, str]] = {}
        for layer in ("buildings", "observed_buildings"):
            frame = self.store.layer(layer, on=self.until)
            pairs = zip(frame["fid"], frame["identifier"], strict=True)
            known[layer] = {int(fid): str(text) for fid, text in pairs if text}
        return {
            home.id: frozenset(
                known[layer][fid]
                for layer, fids in (
                    ("buildings", home.register_fids),
                    ("observed_buildings", home.survey_fids),
                )
                for fid in fids
                if fid in known[layer]
            )
            for home in self.homes
        }

    def rows(self, layer: str) -> dict[int, str]:
        """Row numbers of a layer on the last day with their identifiers (empty where there is none)."""
        frame = self.store.layer(layer, on=self.until)
        pairs = zip(frame["fid"], frame["identifier"], strict=True)
        return {int(fid): str(text or "") for fid, text in pairs}


def _rows(book: Book, layer: str) -> Counted:
    rows = book.rows(layer)
    if not rows:
        return Counted(None, NO_DELIVERY)
    return Counted(len(set(rows) - book.elsewhere.get(layer, set())))


def _homes(book: Book) -> Counted:
    if not book.has_run:
        return Counted(None, NO_HOMES)
    return Counted(sum(home.id not in book.homes_elsewhere for home in book.homes))


def _state(book: Book, state: str) -> Counted:
    if book.ways.reason:
        return Counted(None, book.ways.reason)
    states = book.ways.states.items()
    n = sum(known == state and home not in book.homes_elsewhere for home, known in states)
    open_question = len(book.ways.unassessed - book.homes_elsewhere)
    # Such a home stands where it stands as far as is known: it may turn out to be one that could go now.
    return Counted(n, NOT_EVERY_WAY if open_question else "", open_question if state == NOW else 0)


def _started(book: Book, *, single: bool) -> Counted:
    chosen = (case for case in book.store.cases() if bool(case.homes) == single)
    return Counted(sum(book.happened(case.opened_on) for case in chosen))


def _approved(book: Book, *, single: bool) -> Counted:
    n = 0
    for case, found in statuses(book.here, book.store, on=book.until):
        if bool(case.homes) != single or case.opened_on > book.until:
            continue
        steps = approvals(book.here.pack).get(case.kind)
        if not steps:
            return Counted(None, NO_APPROVAL)
        reached = [
            day
            for part in found.parts
            for step, day in [
                (part.step, part.since),
                *((d.step, d.since) for d in (*part.done, *part.milestones)),
            ]
            if step in steps
        ]
        n += any(book.happened(day) for day in reached)
    return Counted(n)


def _documents(book: Book) -> Counted:
    received: set[int] = set()
    for kind in (ADDED, CHANGED):
        for event in book.store.events(type=kind):
            said = event.payload
            if said and said.get("state") == "received" and said.get("home") and book.happened(event.on):
                received.add(int(said["document"]))
    return Counted(len(received))


def _consultations(book: Book, *, shared: bool = False) -> list[int]:
    """People at each consultation of the period; only those held with a partner, if so asked."""
    return [
        int(event.payload["people"])
        for event in book.store.events(type=CONSULTED)
        if event.payload is not None
        and book.happened(event.on)
        and (event.payload.get("partner") or not shared)
    ]


def _objections(book: Book, *, answered: bool) -> Counted:
    found = [one for case in book.store.cases() for one in book.store.objections(case.id)]
    received = [one for one in found if book.happened(one.on)]
    if not answered:
        return Counted(len(received))
    return Counted(sum(o.answered_on is not None and o.answered_on <= book.until for o in received))


def _of_state(state: str) -> Callable[[Book], Counted]:
    return lambda book: _state(book, state)


COUNTS: Mapping[str, Callable[[Book], Counted]] = {
    "plots": lambda book: _rows(book, "plots"),
    "buildings": lambda book: _rows(book, "observed_buildings"),
    "homes": _homes,
    **{f"homes_{state}": _of_state(state) for state in HOME_STATES},
    "procedures_started": lambda book: _started(book, single=False),
    "procedures_approved": lambda book: _approved(book, single=False),
    "home_procedures_started": lambda book: _started(book, single=True),
    "home_procedures_approved": lambda book: _approved(book, single=True),
    "documents_received": _documents,
    "people_reached": lambda book: Counted(sum(_consultations(book))),
    "consultations_held": lambda book: Counted(len(_consultations(book))),
    "consultations_shared": lambda book: Counted(len(_consultations(book, shared=True))),
    "objections_received": lambda book: _objections(book, answered=False),
    "objections_answered": lambda book: _objections(book, answered=True),
}


def count_once(books: list[Book]) -> tuple[int, int]:
    """Let each thing count in the first project that knows its identifier.

    Returns
    -------
    int, int
        Homes that stand in more than one project, and homes without an identifier, of which that
        cannot be known.
    """
    seen: set[str] = set()
    twice = unknown = 0
    for book in books:
        own: set[str] = set()
        for home, identifiers in book.identifiers().items():
            unknown += not identifiers
            if identifiers & seen:
                book.homes_elsewhere.add(home)
                twice += 1
            own |= identifiers
        seen |= own
    for layer in ("plots", "observed_buildings"):
        known: set[str] = set()
        for book in books:
            rows = book.rows(layer)
            book.elsewhere[layer] = {fid for fid, text in rows.items() if text and text in known}
            known |= {text for text in rows.values() if text}
    return twice, unknown

"""Documents of homes and cases: which are needed, asked for, received, refused or expired.

Scanned files stay where they are; the store keeps their digest and place.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import InputError, OptionError
from regularize.i18n import in_language, marked
from regularize.i18n import translate as _
from regularize.law.pathbook import PathBook, path_book
from regularize.law.pathways import PathResult, PathState
from regularize.model import Case, Home, Verdict
from regularize.project import today
from regularize.store import Document, Store
from regularize.store.documents import ADDED, CHANGED
from regularize.workflow.case import procedure_of
from regularize.workflow.case_facts import stated_facts
from regularize.workflow.homes import cases_of, resolve
from regularize.workflow.projects import Opened, store_of

BLOCK_BYTES = 1 << 20
# A paper in one of these states is not asked for again.
DONE = frozenset({"received", "refused"})
NOT_ASKED = "not_asked"


def document_types(here: Opened) -> list[str]:
    """The kinds of documents that the ways and procedures of the country pack name."""
    book = path_book(here.pack)
    named = {*book.documents, *(name for way in book.ways for name in way.documents)}
    for kind in here.pack.procedures:
        for route in procedure_of(here, kind).routes:
            named |= set(route.documents)
    return sorted(named)


def add(
    here: Opened,
    target: str,
    document_type: str,
    *,
    state: str,
    on: date | None,
    file: Path | None,
    place: str | None,
    facts: Sequence[str],
    details: Mapping[str, str | None],
    actor: str,
) -> dict[str, Any]:
    """Record a document of a home (any identifier) or a case; returns its record.

    Raises
    ------
    OptionError
        If the kind, state, home or case is unknown, or the day lies ahead.
    InputError
        If the scanned file cannot be read.
    """
    _check_type(here, document_type)
    day, told = _day(on), _told(facts, details)
    sha256 = None if file is None else digest(file)
    with store_of(here) as store:
        home, case = target_of(store, target)
        stored = store.add_document(
            Document(
                id=0,
                document_type=document_type,
                state=state,
                on=day,
                home=None if home is None else home.id,
                case=None if case is None else case.id,
                sha256=sha256,
                place=_place(place, file),
            ),
            details=told,
            actor=privacy.redact(actor)[0],
        )
    return record(stored)


def set_state(
    here: Opened,
    number: int,
    state: str,
    *,
    on: date | None,
    file: Path | None,
    place: str | None,
    facts: Sequence[str],
    details: Mapping[str, str | None],
    actor: str,
) -> dict[str, Any]:
    """Say what has become of a document. Raises as :func:`add` does."""
    told = _told(facts, details)
    sha256 = None if file is None else digest(file)
    with store_of(here) as store:
        stored = store.set_document_state(
            number,
            state,
            on=_day(on),
            sha256=sha256,
            place=_place(place, file),
            details=told,
            actor=privacy.redact(actor)[0],
        )
    return record(stored)


def listed(here: Opened, target: str | None) -> list[dict[str, Any]]:
    """Documents with their state, of one home or case where given."""
    with store_of(here, read_only=True) as store:
        if target is None:
            return [record(document) for document in store.documents()]
        home, case = target_of(store, target)
        if home is not None:
            return [record(document) for document in store.documents(home=home.id)]
        return [record(document) for document in store.documents(case=case.id if case else None)]


def record(document: Document) -> dict[str, Any]:
    """A document with stable English keys."""
    return {**vars(document), "on": document.on.isoformat()}


def of_home(here: Opened, store: Store, home: Home) -> list[Document]:
    """The documents that speak of a home: its own, and those of its cases that speak of an area."""
    return DocumentsByHome(here, store).of(home, cases_of(store, home))


class DocumentsByHome:
    """All documents, to be asked for those of one home after the other."""

    def __init__(self, here: Opened, store: Store) -> None:
        self._store, self._book = store, path_book(here.pack)
        self._of_case: dict[str, list[Document]] = {}
        self._holders: set[str] = set()
        documents = store.documents()
        for document in documents:
            if document.case is not None:
                self._of_case.setdefault(document.case, []).append(document)
            elif document.home is not None:
                self._holders.add(document.home)
        if self._holders:
            # What hung on a home that has merged hangs on the one that goes on.
            into = {home.id: home.merged_into for home in store.homes(include_closed=True)}
            waiting = list(self._holders)
            while waiting:
                heir = into.get(waiting.pop())
                if heir is not None and heir not in self._holders:
                    self._holders.add(heir)
                    waiting.append(heir)

    def of(self, home: Home, cases: Sequence[Case]) -> list[Document]:
        """The home's own documents, and those of its `cases` that speak of an area or of it alone."""
        own = self._store.documents(home=home.id) if home.id in self._holders else []
        known = {document.id for document in own}
        for case in cases:
            for document in self._of_case.get(case.id, ()):
                entry = self._book.documents.get(document.document_type)
                common = entry is not None and entry.scope == "area"
                if document.id not in known and (common or case.homes == (home.id,)):
                    own.append(document)
        return own


def facts_of(store: Store, book: PathBook, documents: Sequence[Document]) -> dict[str, tuple[Any, str]]:
    """What documents say: (value, kind of document) by fact; the later document wins.

    A received document proves what its kind proves and what was stated with it; a refused one says
    what its refusal says; one that was only asked for, or has expired, says nothing.
    """
    stated = _stated(store, documents)
    out: dict[str, tuple[Any, str]] = {}
    for document in sorted(documents, key=lambda d: (d.on, d.id)):
        entry = book.documents.get(document.document_type)
        said: dict[str, Any] = {}
        if document.state == "received":
            said = {**(dict(entry.proves) if entry else {}), **stated.get(document.id, {})}
        elif document.state == "refused":
            said = {**(dict(entry.refused) if entry else {}), **stated.get(document.id, {})}
        out |= {name: (value, document.document_type) for name, value in said.items()}
    return out


def checklist_of_ways(results: Sequence[PathResult], documents: Sequence[Document]) -> list[dict[str, Any]]:
    """What the ways that concern a home need, each paper with its state."""
    state = states(documents)
    return [
        {
            "way": result.way.id,
            "document": name,
            "state": state.get(name, NOT_ASKED),
            "citation": result.way.citation,
            "status": result.way.status,
        }
        for result in results
        if result.concerns is not Verdict.NOT_MET and result.state is not PathState.CLOSED
        for name in result.way.documents
    ]


def checklist_of_case(here: Opened, store: Store, case: Case) -> list[dict[str, Any]]:
    """What each step of a case's procedure needs, each paper with its state."""
    state = states(store.documents(case=case.id))
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for route in procedure_of(here, case.kind).routes:
        for name in route.documents:
            entry = {
                "kind": case.kind,
                "step": route.to,
                "document": name,
                "state": state.get(name, NOT_ASKED),
            }
            seen.setdefault((route.to, name), {**entry, "citation": route.citation, "status": route.status})
    return list(seen.values())


def states(documents: Sequence[Document]) -> dict[str, str]:
    """The latest state of each kind of document."""
    return {d.document_type: d.state for d in sorted(documents, key=lambda d: (d.on, d.id))}


def rows(here: Opened, records: Sequence[Mapping[str, Any]], *, lang: str) -> Iterator[tuple[object, ...]]:
    """Documents as table rows."""
    for entry in records:
        yield (
            entry["id"],
            entry["home"] or entry["case"],
            here.pack.label(f"document.{entry['document_type']}", lang),
            here.pack.label(f"document_state.{entry['state']}", lang),
            entry["on"],
            in_language(marked("kept outside"), lang) if entry["sha256"] else "",
        )


def digest(file: Path) -> str:
    """SHA-256 of a file, read in pieces. Raises ``InputError`` where it cannot be read."""
    total = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                total.update(block)
    except OSError as error:
        raise InputError(
            _("{path} cannot be read").format(path=file.name), hint=_("check the name of the file")
        ) from error
    return total.hexdigest()


def _stated(store: Store, documents: Sequence[Document]) -> dict[int, dict[str, Any]]:
    """Facts that were stated with documents, by number; erased entries say nothing any more."""
    subjects = {f"home:{d.home}" if d.home else f"case:{d.case}" for d in documents}
    out: dict[int, dict[str, Any]] = {}
    for subject in sorted(subjects):
        for event in store.events(subject=subject):
            if event.type in {ADDED, CHANGED} and event.payload:
                facts = event.payload.get("facts") or {}
                out.setdefault(int(event.payload["document"]), {}).update(facts)
    return out


def target_of(store: Store, target: str) -> tuple[Home | None, Case | None]:
    """The home or case that a word names."""
    if any(case.id == target for case in store.cases()):
        return None, store.case(target)
    return resolve(store, target), None


def _check_type(here: Opened, name: str) -> None:
    known = document_types(here)
    if name not in known:
        raise OptionError(_("unknown kind of document: {name}").format(name=name), hint=", ".join(known))


def _day(on: date | None) -> date:
    day = on or today()
    if day > today():
        raise OptionError(
            _("{day} lies in the future").format(day=day.isoformat()), hint=_("record what has happened")
        )
    return day


def _told(facts: Sequence[str], details: Mapping[str, str | None]) -> dict[str, Any]:
    """Facts and details of a document as the log keeps them, without personal data."""
    stated = {
        name: privacy.redact(value)[0] if isinstance(value, str) else value
        for name, value in stated_facts(facts).items()
    }
    plain = {name: v.isoformat() if isinstance(v, date) else v for name, v in stated.items()}
    return {"facts": plain, **{name: privacy.redact(text)[0] for name, text in details.items() if text}}


def _place(place: str | None, file: Path | None) -> str | None:
    """Where the file lies: as stated, else its bare name; no folder of this machine is kept."""
    text = place or (file.name if file is not None else None)
    return None if text is None else privacy.redact(text)[0]

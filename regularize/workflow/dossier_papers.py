"""The documents of a home's dossier: what is recorded, what comes next, what its case lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from regularize.i18n import in_language, marked
from regularize.model import Case
from regularize.store import Document, Store
from regularize.workflow import documents as papers
from regularize.workflow.case import status_of
from regularize.workflow.projects import Opened

# States of the store in the words of a checklist.
STATES = {
    "received": "present",
    "asked_for": "requested",
    "refused": "refused",
    "expired": "expired",
    papers.NOT_ASKED: "missing",
}
UNPROVED = "EVIDENCE_MISSING"
_MOST_NAMED = 1  # ways and steps that a paper is needed for, before only their number is told


@dataclass(frozen=True)
class CasePapers:
    """What a case needs next, by document and step, and which of its entries nothing proves."""

    steps: tuple[tuple[str, str], ...]
    unproved: tuple[dict[str, Any], ...]
    held: tuple[Document, ...]


def needed(
    here: Opened,
    held: Sequence[Document],
    record: Mapping[str, Any],
    cases: Sequence[CasePapers],
    *,
    lang: str,
) -> list[dict[str, Any]]:
    """The documents that a home's dossier lists, each once.

    Parameters
    ----------
    held : sequence of Document
        Those that speak of the home.
    record : mapping
        The ways of the home: ``workflow.pathway.pathway_facts``.
    cases : sequence of CasePapers
        The cases that the home is part of: :func:`of_case`.

    Returns
    -------
    list of dict
        ``document`` (its kind), ``title``, ``state``, ``basis`` (what it is for) and ``on`` (the day of
        its state). First what
        is recorded and what the next steps need; what only later steps of a way need has ``later``.
    """
    label = here.pack.label
    held = list(held)
    uses: dict[str, list[str]] = {document.document_type: [] for document in held}
    rest: dict[str, list[str]] = {}
    unproved: list[dict[str, Any]] = []
    for way in record["ways"]:
        if way["concerns"] != "not_met" and way["proposed"] and way["next"] is not None:
            for name in way["next"]["documents"]:
                uses.setdefault(name, []).append(label(f"way.{way['way']}", lang))
    for case in cases:
        held += [d for d in case.held if d not in held]
        unproved += case.unproved
        for name, step in case.steps:
            uses.setdefault(name, []).append(step)
    for entry in record["documents"]:
        if entry["document"] not in uses:
            rest.setdefault(entry["document"], []).append(label(f"way.{entry['way']}", lang))
    latest = {d.document_type: d for d in sorted(held, key=lambda d: (d.on, d.id))}
    first = [_entry(here, name, names, latest.get(name), lang) for name, names in uses.items()]
    later = [
        {**_entry(here, name, names, latest.get(name), lang), "later": True} for name, names in rest.items()
    ]
    return [*first, *unproved, *later]


def of_case(here: Opened, store: Store, case: Case, *, on: date, lang: str) -> CasePapers:
    """What the dossiers of a case's homes say of its papers."""
    unproved: list[dict[str, Any]] = []
    found = status_of(here, store, case, on=on)
    bare = [note.params for note in found.notes if note.code == UNPROVED]
    if bare:
        unproved.append(
            {
                "title": in_language(marked("Papers that prove {n} entries of case {case}"), lang).format(
                    n=len(bare), case=case.id
                ),
                "state": "missing",
                "basis": in_language(marked("entries {numbers}"), lang).format(
                    numbers=", ".join(str(params["seq"]) for params in bare)
                ),
                "on": None,
            }
        )
    steps = tuple(
        (name, here.pack.label(f"step.{case.kind}.{step.to}", lang))
        for part in found.parts
        for step in part.next_steps
        if not step.exceptional
        for name in step.documents
    )
    return CasePapers(steps, tuple(unproved), tuple(store.documents(case=case.id)))


def _entry(here: Opened, name: str, uses: list[str], held: Document | None, lang: str) -> dict[str, Any]:
    named = list(dict.fromkeys(uses))
    basis = "; ".join(named[:_MOST_NAMED])
    if len(named) > _MOST_NAMED:
        basis = in_language(marked("{names} and {n} more"), lang).format(
            names=basis, n=len(named) - _MOST_NAMED
        )
    return {
        "document": name,
        "title": here.pack.label(f"document.{name}", lang),
        "state": STATES[held.state if held is not None else papers.NOT_ASKED],
        "basis": basis,
        "on": held.on.isoformat() if held is not None else None,
    }

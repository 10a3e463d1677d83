"""The cheapest next document: an exact search over what a way still needs.

Where every document has a cost in data, the search adds up fees, then days; as long as one has none
it counts documents and says so.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import count
from typing import Any

from regularize.law.pathbook import Cost, Document, PathBook
from regularize.law.pathways import Need, NeedKind, Needs, PathResult, PathState
from regularize.model import Verdict


class CostBasis(StrEnum):
    """What the search made small."""

    FEE_AND_DAYS = "fee_and_days"
    NUMBER_OF_DOCUMENTS = "number_of_documents"


@dataclass(frozen=True)
class NextDocuments:
    """The cheapest documents that would decide a way.

    Parameters
    ----------
    documents : tuple of str
        In the order in which to ask for them.
    open_questions : tuple of Need
        What no document settles: advice, or provisions that nobody has read.
    fee, days : float or None
        Sums; None unless every document has a cost.
    costs : tuple of (str, Cost)
        What the municipality states of these documents, where it does.
    """

    documents: tuple[str, ...]
    open_questions: tuple[Need, ...]
    basis: CostBasis
    fee: float | None
    days: float | None
    status: str
    costs: tuple[tuple[str, Cost], ...] = ()

    @property
    def next(self) -> str:
        """The one to ask for first."""
        return self.documents[0]

    def as_dict(self) -> dict[str, Any]:
        """Plain values under stable English keys."""
        return {
            "document": self.next,
            "documents": list(self.documents),
            "basis": self.basis.value,
            "fee": self.fee,
            "days": self.days,
            "costs": {
                name: {
                    "fee": cost.fee,
                    "currency": cost.currency,
                    "days": cost.days,
                    "source": cost.source,
                    "on": cost.on.isoformat(),
                }
                for name, cost in self.costs
            },
            "status": self.status,
            "open_questions": [need.about for need in self.open_questions],
        }


@dataclass(frozen=True)
class Unlock:
    """What one document would do over an area.

    Parameters
    ----------
    decides : tuple of str
        Homes with a way that this document alone would decide.
    next_for : tuple of str
        Homes whose cheapest next document it is.
    part_of : tuple of str
        Homes on whose cheapest way it is needed, first or later.
    """

    document: str
    scope: str
    decides: tuple[str, ...]
    next_for: tuple[str, ...]
    part_of: tuple[str, ...]


def next_documents(result: PathResult, book: PathBook, *, had: Iterable[str] = ()) -> NextDocuments | None:
    """The cheapest documents that would decide a closed or unassessed way.

    Parameters
    ----------
    had : iterable of str
        Documents that were received or refused: asking again brings nothing.

    Returns
    -------
    NextDocuments or None
        None where the way is open, does not concern the home, or no document helps.
    """
    if result.state is PathState.OPEN or result.concerns is Verdict.NOT_MET or not result.way.is_proposed:
        return None
    return _best(result.needs, _useful(book, frozenset(had)))


@cache
def _useful(book: PathBook, without: frozenset[str]) -> tuple[Document, ...]:
    return tuple(doc for doc in book.documents.values() if doc.id not in without)


def best_of(found: Mapping[str, NextDocuments | None]) -> str | None:
    """The way whose documents are the cheapest, by id; ties go to the first."""
    ranked = [
        (len(plan.open_questions), _cost_key(plan), order, way)
        for order, (way, plan) in enumerate(found.items())
        if plan is not None
    ]
    return min(ranked)[-1] if ranked else None


def unlocks(
    homes: Mapping[str, Sequence[PathResult]],
    book: PathBook,
    *,
    had: Mapping[str, Iterable[str]] | None = None,
) -> list[Unlock]:
    """What single documents would do over an area, the most useful first.

    A document decides a home if it alone settles all that one of its undecided ways still needs. A
    home with an open way needs no unlocking and is not counted.
    """
    waiting = {
        home: results
        for home, results in homes.items()
        if not any(r.state is PathState.OPEN for r in results)
    }
    decides: dict[str, list[str]] = {name: [] for name in book.documents}
    first: dict[str, list[str]] = {name: [] for name in book.documents}
    part: dict[str, list[str]] = {name: [] for name in book.documents}
    documents = tuple(book.documents.values())
    for home, results in waiting.items():
        without = frozenset((had or {}).get(home, ()))
        plans = {r.way.id: next_documents(r, book, had=without) for r in results}
        best = best_of(plans)
        chosen = None if best is None else plans[best]
        if chosen is not None:
            first[chosen.next].append(home)
            for name in chosen.documents:
                part[name].append(home)
        alone: set[str] = set()
        for result in results:
            if plans[result.way.id] is not None:
                alone |= _deciding(result.needs, documents)
        for name in alone - without:
            decides[name].append(home)
    found = [
        Unlock(name, document.scope, tuple(decides[name]), tuple(first[name]), tuple(part[name]))
        for name, document in book.documents.items()
        if decides[name] or part[name]
    ]
    return sorted(
        found,
        key=lambda u: (-len(u.decides), -len(u.part_of), -len(u.next_for), book.documents[u.document].order),
    )


@cache
def _deciding(ways: tuple[Needs, ...], documents: tuple[Document, ...]) -> frozenset[str]:
    """The documents each of which alone settles all that one of these alternatives needs."""
    return frozenset(
        document.id
        for document in documents
        if any(needs and all(_covers(document, need) for need in needs) for needs in ways)
    )


@cache  # homes of one place repeat the same few patterns
def _best(ways: tuple[Needs, ...], documents: tuple[Document, ...]) -> NextDocuments | None:
    plans = [plan for needs in ways if (plan := _cheapest(needs, documents)) is not None]
    return min(plans, key=lambda plan: (len(plan.open_questions), _cost_key(plan)), default=None)


def _cost_key(plan: NextDocuments) -> tuple[float, ...]:
    if plan.fee is None or plan.days is None:
        return (1, len(plan.documents))
    return (0, plan.fee, plan.days, len(plan.documents))


def _covers(document: Document, need: Need) -> bool:
    if need.kind is NeedKind.CHANGE:
        return need.about in document.changes
    return need.kind is NeedKind.ANSWER and need.about in document.settles | document.changes


def _cheapest(needs: Needs, documents: tuple[Document, ...]) -> NextDocuments | None:
    """The cheapest set of documents that covers what can be covered, by uniform-cost search."""
    helpful = [doc for doc in documents if any(_covers(doc, need) for need in needs)]
    todo = frozenset(need for need in needs if any(_covers(doc, need) for doc in helpful))
    rest = tuple(sorted(needs - todo))
    if any(need.kind is NeedKind.CHANGE for need in rest) or not todo:
        return None  # nothing that can be asked for changes a fact that stands against the way
    priced = all(doc.has_cost for doc in helpful)
    ticket = count()
    queue: list[tuple[Any, ...]] = [((), (), next(ticket), todo)]
    seen: set[Needs] = set()
    while queue:
        cost, chosen, _ticket, left = heapq.heappop(queue)
        if not left:
            return _plan(chosen, documents, rest, priced=priced)
        if left in seen:
            continue
        seen.add(left)
        wanted = min(left)
        for doc in helpful:
            if _covers(doc, wanted):
                taken = tuple(sorted((*chosen, doc.order)))
                uncovered = frozenset(need for need in left if not _covers(doc, need))
                heapq.heappush(queue, (_dearer(cost, doc, priced=priced), taken, next(ticket), uncovered))
    return None


def _dearer(cost: tuple[float, ...], doc: Document, *, priced: bool) -> tuple[float, ...]:
    step = (doc.fee or 0, doc.days or 0, 1) if priced else (1,)
    before = cost or tuple(0 for _part in step)
    return tuple(one + more for one, more in zip(before, step, strict=True))


def _plan(
    orders: tuple[int, ...], documents: tuple[Document, ...], rest: tuple[Need, ...], *, priced: bool
) -> NextDocuments:
    chosen = [doc for doc in documents if doc.order in orders]
    verified = all(doc.status != "unverified" for doc in chosen)
    return NextDocuments(
        documents=tuple(doc.id for doc in chosen),
        open_questions=rest,
        basis=CostBasis.FEE_AND_DAYS if priced else CostBasis.NUMBER_OF_DOCUMENTS,
        fee=sum(doc.fee or 0 for doc in chosen) if priced else None,
        days=sum(doc.days or 0 for doc in chosen) if priced else None,
        status="verified_secondary" if verified else "unverified",
        costs=tuple((doc.id, doc.cost) for doc in chosen if doc.cost is not None),
    )

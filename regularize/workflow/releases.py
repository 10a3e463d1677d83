"""What councils and the public were shown, so that two releases never differ by a few homes.

Every release is an entry ``map.released`` of the log. The next one shows a block's earlier figure again
while the change since then is smaller than k; the map says of which day its figures are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from regularize.layers import Audience, layer_named
from regularize.model import Finding
from regularize.plan.blocks import Blocks, blocks_frame, count_by_block, homes_by_block
from regularize.project import today
from regularize.publish.disclosure import CELLS, Figure, carried_classes, carried_through
from regularize.publish.view import View, smallest_count
from regularize.store import Store

RELEASED = "map.released"


@dataclass(frozen=True)
class Release:
    """The figures of one release, and how old those are that had to stay.

    Parameters
    ----------
    view : View
        The blocks or cells as the audience may see them.
    kept_since : date or None
        The day of the oldest figure that differs from today's count; None where all are of today.
    """

    view: View
    kept_since: date | None


def figures_of(
    findings: Sequence[Finding], blocks: Blocks, store: Store, *, on: date, counted: date
) -> dict[int, Figure]:
    """What is counted in each block on a day; exact."""
    observed, register = store.layer("observed_buildings", on=on), store.layer("buildings", on=on)
    lived_in = observed if len(observed) else register
    homes = homes_by_block(
        findings,
        blocks,
        list(lived_in.geometry),
        [None if n is None else int(n) for n in lived_in["dwellings"]],
    )
    counts = count_by_block(findings, blocks)
    return {
        number: Figure(classes, dwellings, concerned, counted.isoformat())
        for number, (classes, (dwellings, concerned)) in enumerate(zip(counts, homes, strict=True), start=1)
    }


def release(
    store: Store,
    blocks: Blocks,
    findings: Sequence[Finding],
    *,
    audience: Audience,
    on: date,
    shown: Sequence[bool] | None = None,
) -> Release:
    """The blocks for an audience, and the entry in the log that says what they showed.

    Parameters
    ----------
    blocks : Blocks
        The stored partition; numbered as it is stored.
    findings : sequence of Finding
        All of the store: which counts are hidden is decided on the whole.
    shown : sequence of bool, optional
        The blocks that a map of a part shows.
    """
    k = smallest_count()
    public = audience == "public"
    counted = today()
    current = figures_of(findings, blocks, store, on=on, counted=counted)
    before = _before(store, audience)
    last = before[-1] if before else None
    figures = carried_through([one[0] for one in before], current, k, public=public)
    sums = _sums(figures)
    for _figures, told in reversed(before):
        kept = carried_classes(told, sums, k)
        if kept != sums:  # a sum of this or an earlier release is too near: those told last stay
            sums = dict(last[1]) if last is not None else kept
            break
    whole = [figures.get(number, Figure(dwellings=0)) for number in current]
    frame = blocks_frame(
        blocks,
        [figure.classes for figure in whole],
        crs=store.crs,
        homes=[(figure.dwellings, figure.concerned) for figure in whole],
    )
    layer = CELLS if public else layer_named("blocks")
    everything = View.of(layer, frame, audience, class_totals=sums)
    if last is None or (figures, sums) != last:
        payload = {
            "audience": audience,
            "figures": {str(number): asdict(figure) for number, figure in figures.items()},
            "classes": sums,
            "shown": {
                "blocks": json.loads(everything.frame.drop(columns="geometry").to_json(orient="records")),
                "totals": dict(everything.totals),
            },
        }
        store.append_event(RELEASED, "store", counted, payload)
    part = everything if shown is None else View.of(layer, frame, audience, shown=shown, class_totals=sums)
    return Release(part, _oldest(figures, current, public=public))


def _sums(figures: Mapping[int, Figure]) -> dict[str, int]:
    names = sorted({cls for figure in figures.values() for cls in figure.classes})
    return {cls: sum(figure.classes.get(cls, 0) for figure in figures.values()) for cls in names}


def released_by(store: Store, audience: Audience, day: date) -> tuple[date, Mapping[str, Any]] | None:
    """What the last release up to a day showed, and when it was; None where there was none."""
    known = [(on, payload["shown"]) for on, payload in _released(store, audience) if on <= day]
    return known[-1] if known else None


def _released(store: Store, audience: Audience) -> list[tuple[date, Mapping[str, Any]]]:
    return [
        (event.on, event.payload)
        for event in store.events(type=RELEASED)
        if event.payload is not None and event.payload["audience"] == audience
    ]


def _before(store: Store, audience: Audience) -> list[tuple[dict[int, Figure], dict[str, int]]]:
    """Figures and sums by class of every release for `audience`, oldest first."""
    return [
        (
            {int(number): Figure(**values) for number, values in payload["figures"].items()},
            dict(payload["classes"]),
        )
        for _on, payload in _released(store, audience)
    ]


def _oldest(figures: Mapping[int, Figure], current: Mapping[int, Figure], *, public: bool) -> date | None:
    def said(figure: Figure | None) -> object:
        if figure is None:
            return None
        return (figure.dwellings, figure.concerned) if public else figure.classes

    stale = [f.on for number, f in figures.items() if said(f) != said(current[number])]
    return date.fromisoformat(min(stale)) if stale else None

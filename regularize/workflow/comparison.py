"""Two days side by side: what was counted then and later, where procedures stood, what happened between.

A council compares what it was shown: the figures of the last release up to each day. What it was never
shown is not worked out afterwards, because together with later releases it could point at single homes.
The office compares what the log knows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

from regularize.errors import OptionError
from regularize.i18n import in_language, translate
from regularize.i18n import marked as _
from regularize.layers import layer_for
from regularize.model import BuildingClass, Finding, PlotClass, ReviewState
from regularize.plan.blocks import is_waiting
from regularize.project import today
from regularize.publish.comparison import comparison_pdf, render_comparison
from regularize.publish.view import smallest_count
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.case import statuses
from regularize.workflow.case_words import step_label
from regularize.workflow.partition import fixed_blocks, release_of_blocks
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.releases import released_by
from regularize.workflow.report_facts import consultations, origins
from regularize.workflow.reports import FIGURES
from regularize.workflow.whole import write_whole

Audience = Literal["council", "office"]
NEVER_SHOWN = _("nothing was released to the council by then")
NO_DELIVERY = _("no delivery of this layer was valid by then")
NOT_RUN = _("detection had not been run by then")


@dataclass(frozen=True)
class Side:
    """What is known of one day: counts by class and by block, the sum, and the day they are of."""

    classes: Mapping[str, int | None]
    blocks: Mapping[str, int | str | None]
    total: int | None
    of: date | None
    reason: str = ""


def write(
    here: Opened,
    output: Path,
    *,
    since: date,
    until: date | None,
    area: str | None,
    audience: Audience,
    fmt: str,
    lang: str,
) -> None:
    """Write the comparison of two days.

    Raises
    ------
    OptionError
        If the days are turned round, one lies ahead, or the area is unknown.
    """
    last = until or today()
    if last > today():
        raise OptionError(
            translate("{day} lies in the future").format(day=last.isoformat()),
            hint=translate("give --to a day up to today"),
        )
    if since >= last:
        raise OptionError(
            translate("the first day must lie before the last: {since}, {until}").format(
                since=since, until=last
            ),
            hint=translate("--from names the first day, --to the last"),
        )
    with store_of(here, read_only=audience == "office") as store:
        data = _data(here, store, days=(since, last), area=area, audience=audience, lang=lang)
    if fmt == "pdf":
        write_whole(output, comparison_pdf(data, lang=lang, labels=here.pack.label))
        return
    text = render_comparison(data, lang=lang, labels=here.pack.label, fmt=fmt)
    write_whole(output, text.encode("utf-8-sig" if fmt == "csv" else "utf-8"))


def _data(
    here: Opened, store: Store, *, days: tuple[date, date], area: str | None, audience: Audience, lang: str
) -> dict[str, Any]:
    place = area_geometry(store, area)
    if audience == "council":
        if days[1] == today():  # what is shown of today is a release like any other
            release_of_blocks(store, store.findings(), audience="council", place=place, on=days[1])
        sides = [_shown(store, day, place) for day in days]
    else:
        sides = [_exact(store, day, place) for day in days]
    plots = {cls.value for cls in PlotClass} - {cls.value for cls in BuildingClass}
    k = smallest_count() if audience == "council" else None
    return {
        "audience": audience,
        "municipality": here.project.municipality,
        "area": area,
        "from": days[0].isoformat(),
        "to": days[1].isoformat(),
        "version": version("regularize"),
        "k": k,
        "days": [
            {
                "day": day.isoformat(),
                "figures_of": side.of.isoformat() if side.of else None,
                "reason": in_language(side.reason, lang) if side.reason else None,
            }
            for day, side in zip(days, sides, strict=True)
        ],
        "figures": _layers(store, days, place, k, lang),
        "totals": [_pair({}, sides[0].total, sides[1].total)],
        "classes": [
            _pair(
                {"class": cls, "kind": "plot" if cls in plots else "building"},
                sides[0].classes.get(cls),
                sides[1].classes.get(cls),
            )
            for cls in sorted({*sides[0].classes, *sides[1].classes})
        ],
        "blocks": [
            _pair({"block": block}, sides[0].blocks.get(block), sides[1].blocks.get(block))
            for block in dict.fromkeys([*sides[0].blocks, *sides[1].blocks])
        ],
        "cases": _cases(here, store, days, place, audience, lang),
        "held": sum(int(row["held"]) for row in consultations(store, area=area, on=days[1], since=days[0])),
        **origins(here, store, on=days[1], lang=lang),
    }


def _pair(what: Mapping[str, Any], before: int | str | None, after: int | str | None) -> dict[str, Any]:
    change = after - before if isinstance(before, int) and isinstance(after, int) else None
    return {**what, "before": before, "after": after, "change": change}


def _shown(store: Store, day: date, place: BaseGeometry | None) -> Side:
    """What the council had been shown by a day; of an area only its blocks, as every map of it does."""
    found = released_by(store, "council", day)
    if found is None:
        return Side({}, {}, None, None, NEVER_SHOWN)
    on, shown = found
    inside = _inside(store, place)
    blocks: dict[str, int | str | None] = {}
    for row in shown["blocks"]:
        if inside is None or int(row["block"]) in inside:
            least = row["counts"].get("at_least")
            exact = row["counts"]["all"]
            blocks[str(row["block"])] = f"{least}+" if exact is None and least else exact
    if place is not None:
        return Side({}, blocks, None, on)
    totals = {name: n for name, n in shown["totals"].items() if name != "all"}
    return Side(totals, blocks, shown["totals"].get("all"), on)


def _inside(store: Store, place: BaseGeometry | None) -> set[int] | None:
    if place is None:
        return None
    known = store.blocks()
    return {
        int(n) for n, outline in zip(known["block"], known.geometry, strict=True) if lies_in(outline, place)
    }


def _exact(store: Store, day: date, place: BaseGeometry | None) -> Side:
    """What the log knows of a day, for the office."""
    runs = [event.on for event in store.events(type="detect.run") if event.on <= day]
    if not runs:
        return Side({}, {}, None, None, NOT_RUN)
    waiting = [f for f in findings_on(store, day) if is_waiting(f) and lies_in(f.geometry, place)]
    classes = Counter(f.cls for f in waiting)
    blocks: Counter[str] = Counter()
    known = store.blocks()
    if len(known) and waiting:
        fixed = fixed_blocks(store, on=day)
        blocks.update(str(int(n) + 1) for n in fixed.locate([f.geometry for f in waiting]))
    return Side(dict(sorted(classes.items())), dict(sorted(blocks.items(), key=_number)), len(waiting), day)


def _number(item: tuple[str, Any]) -> int:
    return int(item[0])


def findings_on(store: Store, day: date) -> list[Finding]:
    """The findings that stood on a day, with the class and review that they had: the log read backwards.

    On which day a finding came is told by its home; without one, by the first run.
    """
    runs = sorted(event.on for event in store.events(type="detect.run"))
    if not runs or runs[0] > day:
        return []
    since = {home.id: home.valid_from for home in store.homes(include_closed=True)}
    standing: dict[str, Finding | None] = {}
    gone: dict[str, Finding] = {}
    for finding in store.findings(include_closed=True):
        gone[finding.id] = finding
        standing[finding.id] = finding if finding.closed_reason is None else None
    later = [e for kind in _REWOUND for e in store.events(type=kind) if e.on > day and e.payload]
    for event in sorted(later, key=lambda e: e.seq, reverse=True):
        id_, said = event.subject.partition(":")[2], event.payload or {}
        before = standing.get(id_) or gone.get(id_)
        if before is None:
            continue
        if event.type == "finding.closed":
            standing[id_] = replace(before, closed_reason=None, review=ReviewState(said["review"]))
        elif event.type == "finding.reopened":
            standing[id_] = None
        elif standing.get(id_) is not None and event.type == "finding.class_changed":
            standing[id_] = replace(before, cls=said["from"], review=ReviewState(said["review"]))
        elif standing.get(id_) is not None:
            standing[id_] = replace(before, review=ReviewState(said["from"]))
    return [f for f in standing.values() if f is not None and since.get(f.home or "", runs[0]) <= day]


_REWOUND = ("finding.closed", "finding.reopened", "finding.class_changed", "finding.reviewed")


def _layers(
    store: Store, days: Sequence[date], place: BaseGeometry | None, k: int | None, lang: str
) -> list[dict[str, Any]]:
    """Rows of the layers whose outlines a council sees on its maps anyway.

    Before the first delivery of a layer nothing is known of it: that is not nought.
    """
    rows = []
    for label, table in FIGURES:
        first = min(
            (
                batch.source.valid_from
                for batch in store.batches()
                if batch.withdrawn_reason is None
                and (layer := layer_for(batch.source.origin, batch.source.kind)) is not None
                and layer.name == table
            ),
            default=None,
        )
        reasons = [
            None if first is not None and first <= day else in_language(NO_DELIVERY, lang) for day in days
        ]
        counts = [sum(lies_in(g, place) for g in store.layer(table, on=day).geometry) for day in days]
        if any(counts):
            told = [
                n if reason is None and (k is None or n >= k or n == 0) else None
                for n, reason in zip(counts, reasons, strict=True)
            ]
            rows.append(_pair({"label": in_language(label, lang), "reasons": reasons}, *told))
    return rows


def _cases(
    here: Opened,
    store: Store,
    days: Sequence[date],
    place: BaseGeometry | None,
    audience: Audience,
    lang: str,
) -> list[dict[str, Any]]:
    """Where each part of a procedure stood on either day; those of single homes for the office only."""
    states: list[dict[tuple[str, str], str]] = []
    titles: dict[tuple[str, str], str] = {}
    for day in days:
        found: dict[tuple[str, str], str] = {}
        for case, status in statuses(here, store, on=day):
            elsewhere = place is not None and (case.geometry is None or not place.intersects(case.geometry))
            if case.opened_on > day or elsewhere or (case.homes and audience == "council"):
                continue
            for part in status.parts:
                key = (case.id, part.part or case.plan_part or "")
                found[key] = step_label(here, case.kind, part.step, lang)
                titles[key] = case.title
        states.append(found)
    return [
        {
            "title": titles[key],
            "plan_part": key[1] or None,
            "before": states[0].get(key),
            "after": states[1].get(key),
        }
        for key in sorted(titles)
    ]

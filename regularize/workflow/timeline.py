"""The days on which something changed, and the rows that were valid on any of them: "as of" on maps."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from regularize.i18n import in_language
from regularize.layers import Audience
from regularize.model import Finding
from regularize.publish.view import findings_frame
from regularize.store import Store
from regularize.workflow.projects import Opened

MOST_DAYS = 40
PLAN_KINDS = frozenset({"plan_parts"})


def days_of(here: Opened, store: Store, *, audience: Audience, on: date, lang: str) -> list[tuple[date, str]]:
    """Days up to `on` with what happened, ascending; the last one is `on` itself.

    Councils see the days of procedures and plan parts only: other days would tell one survey's
    outlines from another's.
    """
    said: dict[date, list[str]] = {}
    for batch in store.batches():
        source = batch.source
        if batch.withdrawn_reason is None and (audience == "office" or source.kind in PLAN_KINDS):
            origin = here.pack.label(f"origin.{source.origin}", lang)
            said.setdefault(source.valid_from, []).append(
                f"{origin}: {here.pack.label(f'kind.{source.kind}', lang)}"
            )
    if audience == "office":
        for event in store.events(type="detect.run"):
            said.setdefault(event.on, []).append(in_language("comparison of survey and cadastre", lang))
    shown = {f"case:{case.id}" for case in store.cases() if audience == "office" or not case.homes}
    for event in store.events(type="case.event"):
        name = (event.payload or {}).get("event")
        if event.subject in shown and name:
            said.setdefault(event.on, []).append(here.pack.label(f"event.{name}", lang))
    said.setdefault(on, [in_language("the day of this map", lang)])
    days = sorted(day for day in said if day <= on)[-MOST_DAYS:]
    return [(day, "; ".join(dict.fromkeys(said[day]))) for day in days]


def survey_days(store: Store, on: date) -> list[date]:
    """The days of surveys of buildings, ascending."""
    return sorted(
        {
            batch.source.valid_from
            for batch in store.batches()
            if batch.withdrawn_reason is None
            and (batch.source.origin, batch.source.kind) == ("survey", "buildings")
            and batch.source.valid_from <= on
        }
    )


def ever_valid(store: Store, name: str, days: Sequence[date]) -> gpd.GeoDataFrame:
    """The rows of a layer that were valid on any of the days, each once."""
    frames = [frame for day in days if len(frame := store.layer(name, on=day))]
    if not frames:
        return store.layer(name, on=days[-1])
    whole = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    return whole.drop_duplicates("fid").sort_values("fid").reset_index(drop=True)


def findings_over_time(store: Store, findings: Sequence[Finding], on: date) -> gpd.GeoDataFrame:
    """Findings with the days on which they came and went, so far as the log and the homes say."""
    first_run = min((event.on for event in store.events(type="detect.run")), default=on)
    ended: Mapping[str, Any] = {
        event.subject.partition(":")[2]: event.on for event in store.events(type="finding.closed")
    }
    since = {home.id: home.valid_from for home in store.homes(include_closed=True)}
    frame = findings_frame(findings, crs=store.crs)
    frame["valid_from"] = [since.get(f.home or "", first_run) for f in findings]
    frame["valid_to"] = pd.Series(
        [ended.get(f.id, on) if f.closed_reason is not None else None for f in findings],
        index=frame.index,
        dtype=object,
    )
    return frame

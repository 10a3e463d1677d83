"""All that the store holds about one home, for the person whose home it is; that it was asked is logged.

Nothing is left out: closed rows, closed findings, papers, evidence, cases and every entry of the log.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.metadata import version
from typing import Any

import numpy as np
from shapely import to_wkt

from regularize import privacy
from regularize.errors import OptionError
from regularize.i18n import translate
from regularize.model import Event, Home
from regularize.project import today
from regularize.store import Store
from regularize.workflow import documents as papers
from regularize.workflow import sealed
from regularize.workflow.homes import case_record, cases_of, resolve
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.review import finding_record

EXPORTED = "privacy.exported"
WHAT = "privacy export"  # in the log of what has left
TABLES = (("buildings", "register_fids"), ("observed_buildings", "survey_fids"), ("plots", "plot_fids"))


def export(here: Opened, any_id: str, *, actor: str) -> dict[str, Any]:
    """What is stored about a home, with stable English keys; the request becomes an entry of the log.

    Raises
    ------
    OptionError
        If nothing of that name is known.
    """
    with store_of(here) as store:
        home = resolve(store, any_id)
        record = _record(here, store, home)
        store.append_event(
            EXPORTED, f"home:{home.id}", today(), {"entries": len(record["events"])}, privacy.redact(actor)[0]
        )
    return record


def purpose_of_plain(*, plain: bool, purpose: str | None) -> str:
    """What the record goes out unencrypted for, without personal data.

    Raises
    ------
    OptionError
        If it was not asked for in so many words, or no purpose was stated.
    """
    stated = privacy.redact((purpose or "").strip())[0]
    if not (plain and stated):
        raise OptionError(
            translate("what is kept about a home would go unencrypted to a file or another program"),
            hint=translate(
                "give -o FILE.json: it is encrypted; or --plain --purpose TEXT, which is logged; "
                "on a terminal it is shown without either"
            ),
        )
    return stated


def log_plain(here: Opened, text: str, *, purpose: str) -> None:
    """Write down that `text` goes out unencrypted to where this program cannot see."""
    payload = {
        "what": WHAT,
        "form": "plain",
        "purpose": purpose,
        "file": None,
        "files": 1,
        "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
    }
    with store_of(here) as store:
        store.append_event(sealed.LEFT, "store", today(), payload)


def _record(here: Opened, store: Store, home: Home) -> dict[str, Any]:
    findings = [f for f in store.findings(include_closed=True) if f.home == home.id]
    cases = cases_of(store, home)
    named = [case for case in cases if home.id in case.homes]
    held = store.documents(home=home.id)
    subjects = {f"home:{home.id}", *(f"finding:{f.id}" for f in findings), *(f"case:{c.id}" for c in named)}
    events = [event for event in store.events() if event.subject in subjects or _names(event, home.id)]
    links = store.home_links(home.id)
    return {
        "home": {
            "id": home.id,
            "settlement": home.settlement,
            "valid_from": home.valid_from.isoformat(),
            "valid_to": home.valid_to.isoformat() if home.valid_to else None,
            "merged_into": home.merged_into,
            "outline_wkt": None if home.geometry is None else to_wkt(home.geometry, rounding_precision=3),
            "crs": store.crs,
        },
        "rows": {table: _rows(store, table, home, links) for table, _member in TABLES},
        "links": links,
        "findings": [finding_record(f) for f in findings],
        "documents": [papers.record(document) for document in held],
        "cases": [{**case_record(case), "names_the_home": home.id in case.homes} for case in cases],
        "events": [_event(event) for event in events],
        "made": {
            "municipality": here.project.municipality,
            "on": today().isoformat(),
            "version": version("regularize"),
        },
    }


def _rows(store: Store, table: str, home: Home, links: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every column of the rows that are or were the home's, whatever day they were valid on."""
    member = dict(TABLES)[table]
    fids = set(getattr(home, member))
    fids |= {int(link["row"]) for link in links.get(table, ()) if link.get("row") is not None}
    if not fids:
        return []
    days = sorted({home.valid_from, today(), *(d for link in links.get(table, ()) for d in _days(link))})
    found: dict[int, dict[str, Any]] = {}
    for day in days:
        rows = store.layer(table, on=day)
        for row in rows[rows["fid"].isin(fids)].to_dict("records"):
            found.setdefault(int(row["fid"]), {str(k): _plain(v) for k, v in row.items()})
    return [found[fid] for fid in sorted(found)]


def _days(link: Mapping[str, Any]) -> Iterator[date]:
    for name in ("valid_from", "valid_to"):
        if link.get(name):
            yield date.fromisoformat(str(link[name])[:10])


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "geom_type"):
        return to_wkt(value, rounding_precision=3)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _names(event: Event, home: str) -> bool:
    """Whether an entry about something else speaks of the home."""
    return f'"{home}"' in json.dumps(event.payload, ensure_ascii=False, default=str)


def _event(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "type": event.type,
        "subject": event.subject,
        "on": event.on.isoformat(),
        "recorded_at": event.recorded_at,
        "by": event.actor,
        "payload": event.payload,
    }

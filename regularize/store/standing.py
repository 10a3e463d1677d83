"""What stood on a day: findings and homes by the dates on which they came, changed and went.

This is the valid date, as the runs and reviews state it; what was *known* on a day is another question
(`asof`). Measures and outlines are those of the last run that saw the thing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, MetaData, select

from regularize.model import Event, Finding, Home, ReviewState
from regularize.store import database, events, findings, homes

CLOSED, REOPENED, CLASS, REVIEWED = (
    "finding.closed",
    "finding.reopened",
    "finding.class_changed",
    "finding.reviewed",
)
ENDED, MERGED, BEGUN_AGAIN = "home.closed", "home.merged", "home.reopened"


def findings_on(connection: Connection, metadata: MetaData, day: date) -> list[Finding]:
    """Findings that had been made by the end of `day`, with their class, review and end of that day."""
    table, runs = metadata.tables["findings"], metadata.tables["runs"]
    made = {
        row.id: row.on
        for row in connection.execute(select(table.c.id, runs.c.on).where(table.c.first_run == runs.c.id))
    }
    told = _told(connection, metadata, (CLOSED, REOPENED, CLASS, REVIEWED))
    return [
        _finding_on(finding, told[f"finding:{finding.id}"], day)
        for finding in findings.all_findings(connection, metadata, include_closed=True)
        if made[finding.id] <= day
    ]


def _finding_on(finding: Finding, own: Sequence[Event], day: date) -> Finding:
    if not any(event.on > day for event in own):
        return finding
    closed_reason: str | None = None
    review = ReviewState.NEW
    for event in (event for event in own if event.on <= day):
        said = event.payload or {}
        if event.type in {CLOSED, REOPENED}:
            closed_reason = str(said.get("reason", "")) if event.type == CLOSED else None
        elif event.type == CLASS:
            review = ReviewState.NEW
        else:  # what a person said may have been erased; that a decision stands may not be forgotten
            review = ReviewState(said["to"]) if event.payload is not None else finding.review
    cls = finding.cls
    later = [event.payload for event in own if event.type == CLASS and event.on > day]
    if later and later[0] is not None:
        cls = str(later[0]["from"])
    return replace(finding, cls=cls, review=review, closed_reason=closed_reason)


def homes_on(connection: Connection, metadata: MetaData, day: date) -> list[Home]:
    """Homes that had begun by the end of `day`; ``valid_to`` is set where they had ended by then."""
    told = _told(connection, metadata, (ENDED, MERGED, BEGUN_AGAIN))
    return [
        _home_on(home, told[f"home:{home.id}"], day)
        for home in homes.all_homes(connection, metadata, include_closed=True)
        if home.valid_from <= day
    ]


def _home_on(home: Home, own: Sequence[Event], day: date) -> Home:
    if not any(event.on > day for event in own):
        return home
    valid_to: date | None = None
    into: str | None = None
    for event in (event for event in own if event.on <= day):
        said = event.payload or {}
        if event.type == MERGED and "into" not in said:
            continue  # another one merged into this one, which goes on
        valid_to = None if event.type == BEGUN_AGAIN else event.on
        into = said.get("into") if event.type == MERGED else None
    return replace(home, valid_to=valid_to, merged_into=into)


def _told(connection: Connection, metadata: MetaData, types: Sequence[str]) -> Mapping[str, list[Event]]:
    """Entries of some types by their subject, in the order of their dates."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for type_ in types:
        for event in events.read(connection, metadata, type_=type_):
            found[event.subject].append(event)
    for of_subject in found.values():
        of_subject.sort(key=lambda event: (event.on, event.seq))
    return found


class StandingMethods:
    """The part of the store's facade that looks back by valid dates."""

    _database: database.Database
    _metadata: MetaData

    def findings_on(self, day: date) -> list[Finding]:
        """Findings made by the end of `day`, closed ones too (``standing.findings_on``)."""
        with self._database.read() as connection:
            return findings_on(connection, self._metadata, day)

    def homes_on(self, day: date) -> list[Home]:
        """Homes begun by the end of `day`, ended ones too (``standing.homes_on``)."""
        with self._database.read() as connection:
            return homes_on(connection, self._metadata, day)

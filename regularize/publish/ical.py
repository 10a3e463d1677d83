"""Deadlines for the calendar of an office: iCalendar (RFC 5545), whole days with reminders."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE_BYTES = 75
PRODUCT = "-//regularize//deadlines//EN"
# How long before the day: a week, and at nine in the morning of the day before.
REMINDERS = ("-P7D", "-PT15H")


@dataclass(frozen=True)
class Entry:
    """One deadline.

    Parameters
    ----------
    uid : str
        The same for the same deadline in every later file, so that calendars replace it.
    day : date
        The last day.
    summary, description : str
        Without personal data.
    """

    uid: str
    day: date
    summary: str
    description: str = ""


def render_calendar(entries: Sequence[Entry], *, name: str, stamp: datetime) -> bytes:
    """The entries as an iCalendar file in UTF-8.

    Parameters
    ----------
    name : str
        What calendars call it.
    stamp : datetime
        When the file was made, with its time zone.

    Examples
    --------
    >>> entry = Entry("a@b", date(2026, 4, 6), "Objections; last day")
    >>> text = render_calendar([entry], name="x", stamp=datetime(2026, 3, 6, tzinfo=UTC)).decode()
    >>> "SUMMARY:Objections\\\\; last day" in text
    True
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for entry in entries:
        lines += _event(entry, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line)).encode("utf-8")


def _event(entry: Entry, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(entry.uid)}"
    yield f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION:{escaped(entry.description)}"
    yield "TRANSP:TRANSPARENT"
    yield "CLASS:CONFIDENTIAL"
    for trigger in REMINDERS:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{escaped(entry.summary)}"
        yield f"TRIGGER:{trigger}"
        yield "END:VALARM"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """`text` as a TEXT value: separators escaped, line ends as ``\\n``, control characters left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in lines if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"})
    for char in ("\\", ";", ","):
        kept = kept.replace(char, f"\\{char}")
    return kept.replace("\n", "\\n")


def folded(line: str) -> Iterator[str]:
    """`line` in pieces of at most 75 bytes, each but the first led by a space; no letter is cut."""
    piece, size = "", 0
    for char in line:
        width = len(char.encode("utf-8"))
        if size + width > LINE_BYTES:
            yield piece
            piece, size = " ", 1
        piece += char
        size += width
    yield piece

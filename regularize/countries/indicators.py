"""Definitions of indicators: what is counted, in which unit, of what, from which data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from regularize.countries.pack import Pack
from regularize.countries.reading import Words, broken, check_keys, read_table, words
from regularize.i18n import translate as _

PATTERN = "indicators*.toml"
APPROVALS = "approvals.toml"
PERIODS = ("day", "span")
GUARDS = ("homes", "few", "open")


@dataclass(frozen=True)
class Indicator:
    """One indicator; the entries are explained at the head of ``generic/indicators.toml``."""

    id: str
    count: str
    of: str | None
    unit: str
    period: str
    guard: str
    title: Words
    text: Words
    parts_of: str | None = None
    layers: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


@cache
def indicators_of(pack: Pack) -> Mapping[str, Indicator]:
    """The indicators of a pack by id; its own entries stand before those of its parent.

    Raises
    ------
    InputError
        If an entry is broken; the message names file and key.
    """
    found = dict(indicators_of(pack.parent)) if pack.parent is not None else {}
    for file in sorted(pack.folder.glob(PATTERN)):
        for name, entry in read_table(file).items():
            found[name] = _indicator(name, entry, file)
    return found


@cache
def approvals(pack: Pack) -> Mapping[str, frozenset[str]]:
    """Steps by which a procedure counts as approved, by procedure; none where the pack does not say.

    Raises
    ------
    InputError
        If a procedure or step is unknown; the message names the file.
    """
    found = dict(approvals(pack.parent)) if pack.parent is not None else {}
    file = pack.folder / APPROVALS
    for kind, steps in (read_table(file) if file.exists() else {}).items():
        known = pack.procedures.get(kind, {}).get("steps", {})
        for step in steps:
            if step not in known:
                raise broken(file, _("{key} has no {name}").format(key=kind, name=step))
        found[kind] = frozenset(steps)
    return found


def _indicator(name: str, entry: Mapping[str, Any], file: Path) -> Indicator:
    needed = {"count", "unit", "period", "guard", "title", "text"}
    check_keys(entry, file, name, needed, {"of", "parts_of", "layers", "events"})
    for key, admitted in (("period", PERIODS), ("guard", GUARDS)):
        if entry[key] not in admitted:
            raise broken(file, _("{key} has the unknown entry {name}").format(key=name, name=entry[key]))
    return Indicator(
        id=name,
        count=str(entry["count"]),
        of=entry.get("of"),
        unit=str(entry["unit"]),
        period=str(entry["period"]),
        guard=str(entry["guard"]),
        title=words(entry["title"], file, f"{name}.title"),
        text=words(entry["text"], file, f"{name}.text"),
        parts_of=entry.get("parts_of"),
        layers=tuple(entry.get("layers", ())),
        events=tuple(entry.get("events", ())),
    )

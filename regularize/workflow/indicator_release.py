"""Indicators for the public: hidden, rounded, and never a few apart from what was told before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from regularize.countries.indicators import Indicator
from regularize.layers import Audience
from regularize.publish.disclosure import Figure, differs_little, suppress
from regularize.publish.lines import Line, public_count
from regularize.publish.view import smallest_count
from regularize.workflow.indicator_counts import Book, Counted
from regularize.workflow.report_releases import released, told_before

PUBLIC: Audience = "public"
Counts = Mapping[str, tuple[Counted, Counted | None]]


@dataclass(frozen=True)
class Told:
    """A figure as an audience may see it.

    Parameters
    ----------
    n : int or None
        None where it is withheld, or not assessed for `reason`. With both, it is what is known only.
    since : str or None
        The ISO day on which it was counted, where an older figure has to stay.
    """

    n: int | None
    of: int | None = None
    reason: str = ""
    since: str | None = None


def for_public(book: Book, defined: Mapping[str, Indicator], counts: Counts) -> dict[str, Told]:
    """The indicators of one project as everybody may see them."""
    k, on = smallest_count(), book.until.isoformat()
    known = {name: pair for name, pair in counts.items() if pair[0].n is not None and not _unknown(pair)}
    told = {
        name: Told(None, reason=pair[0].reason or (pair[1].reason if pair[1] else ""))
        for name, pair in counts.items()
        if name not in known
    }
    groups: dict[str, list[str]] = {}
    for name in known:
        if defined[name].parts_of is not None:
            groups.setdefault(str(defined[name].parts_of), []).append(name)
    near = {
        name for name, (count, _of) in known.items() if _is_near_another(book, defined[name], count.n or 0, k)
    }
    lines: dict[str, Line] = {}
    for name, (count, of) in known.items():
        if name in near:
            continue
        if defined[name].guard != "open" and defined[name].parts_of is None:
            lines[_line(book, defined[name])] = {0: Figure({"n": count.n or 0}, of.n if of else None, on=on)}
    for group, names in groups.items():
        lines[group] = {i: Figure({"n": known[name][0].n or 0}, on=on) for i, name in enumerate(names)}
    safe = released(book.store, PUBLIC, lines)
    for name, (count, _of) in known.items():
        if defined[name].guard == "open":
            told[name] = Told(count.n)
        elif name in near:
            told[name] = Told(None)
        elif defined[name].parts_of is None:
            figure = safe[_line(book, defined[name])].get(0)
            told[name] = Told(None) if figure is None else _shown(figure, defined[name], k, on)
    for group, names in groups.items():
        told |= public_parts(safe[group], names, k, on)
    # Whether it was held back for being small or is nought as far as is known, must read the same.
    return told | {
        name: replace(told[name], reason=count.reason)
        for name, (count, _of) in known.items()
        if count.unknown or (count.reason and count.n is not None)
    }


def _unknown(pair: tuple[Counted, Counted | None]) -> bool:
    return pair[1] is not None and pair[1].n is None


def _line(book: Book, indicator: Indicator) -> str:
    """The name of a figure in every release: what happened in another period is another figure."""
    if indicator.period == "day":
        return indicator.id
    since = book.since.isoformat() if book.since else ""
    return f"{indicator.id}:{since}:{book.until.isoformat()}"


def _is_near_another(book: Book, indicator: Indicator, n: int, k: int) -> bool:
    """Whether another period that overlaps this one was told a figure that differs by a few.

    What happened on the days that one of them has and the other has not would stand out.
    """
    if indicator.period == "day" or indicator.guard == "open":
        return False
    own = _line(book, indicator)
    for name, line in told_before(book.store, PUBLIC):
        if name == own or not name.startswith(f"{indicator.id}:"):
            continue
        since, until = name.split(":")[1:]
        overlaps = since <= book.until.isoformat() and (book.since is None or book.since.isoformat() <= until)
        if overlaps and differs_little(n, line[0].findings, k):
            return True
    return False


def _shown(figure: Figure, indicator: Indicator, k: int, on: str) -> Told:
    n, of = figure.findings, figure.dwellings
    shown = public_count(n, of if indicator.guard == "homes" else None, k)
    whole = None if of is None else public_count(of, None, k)
    if shown is not None and of is not None and n != of and of - n < k:
        whole = None  # the few that are left over would stand out
    return Told(shown, whole if shown is not None else None, since=figure.on if figure.on != on else None)


def public_parts(line: Line, names: list[str], k: int, on: str) -> dict[str, Told]:
    """Parts of one whole: at least two are hidden, or none; the whole is their sum."""
    parts = {name: line[i].findings for i, name in enumerate(names) if i in line}
    whole = sum(parts.values())
    hidden = suppress(parts, k)
    out = {}
    for i, name in enumerate(names):
        n = public_count(hidden.get(name), whole, k)
        since = line[i].on if i in line and line[i].on != on else None
        out[name] = Told(n, public_count(whole, None, k) if n is not None else None, since=since)
    return out

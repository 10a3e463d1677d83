"""Indicators for funders: of one project, or of several that one programme carries."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from regularize.countries.indicators import Indicator, indicators_of
from regularize.errors import OptionError
from regularize.i18n import LANGUAGES, in_language, marked
from regularize.i18n import translate as _
from regularize.layers import layer_for
from regularize.model import Batch
from regularize.project import today
from regularize.publish.indicators import render
from regularize.publish.text import format_number
from regularize.publish.view import smallest_count
from regularize.workflow.indicator_counts import COUNTS, Book, Counted, count_once
from regularize.workflow.indicator_release import Told, for_public
from regularize.workflow.indicator_targets import Aim, aims
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.report_facts import origins
from regularize.workflow.whole import write_whole

Audience = Literal["office", "public"]
NOT_DEFINED = marked("the country pack of this project does not define it")
IN_NO_PROJECT = marked("it is not assessed in any of the projects")
NOT_IN = marked("not assessed in {projects}: the sum is that of the others")
NO_BASELINE = marked("no baseline is stated")
NO_TARGET = marked("no target is stated")


@dataclass(frozen=True)
class Figure:
    """An indicator of one project, or of all.

    Parameters
    ----------
    state : {"assessed", "partly_assessed", "withheld", "not_assessed"}
    value, of : int or None
    reason : str
        Why it is not assessed, or only in part; in the language of the report.
    missing : tuple of str
        Projects that the sum is without.
    """

    state: str
    value: int | None = None
    of: int | None = None
    reason: str = ""
    since: str | None = None
    missing: tuple[str, ...] = ()


def write(
    projects: Sequence[Opened],
    output: Path,
    *,
    since: date | None,
    until: date | None,
    audience: Audience,
    fmt: str,
    lang: str,
) -> dict[str, Any]:
    """Write the indicators of one or several projects; returns what was written.

    Raises
    ------
    OptionError
        If a project is named twice, the period is turned round, or its end lies ahead.
    MissingExtraError
        If a workbook is asked for and its library is not there.
    """
    data = collected(projects, since=since, until=until, audience=audience, lang=lang)
    write_whole(output, render(data, fmt=fmt, lang=lang, label=projects[0].pack.label))
    return data


def collected(
    projects: Sequence[Opened], *, since: date | None, until: date | None, audience: Audience, lang: str
) -> dict[str, Any]:
    """Everything that the indicators say, JSON-able, with stable English keys."""
    day = _period(since, until)
    with ExitStack() as stack:
        books = [
            Book(here, stack.enter_context(store_of(here, read_only=audience == "office")), since, day)
            for here in projects
        ]
        _refuse_twins(books)
        twice, unknown = count_once(books) if len(books) > 1 else (0, 0)
        names = _named(books)
        defined = {
            name: ind for book in reversed(books) for name, ind in indicators_of(book.here.pack).items()
        }
        exact = [_counted(book, names) for book in books]
        told = [
            for_public(book, indicators_of(book.here.pack), counts)
            if audience == "public"
            else _plain(counts)
            for book, counts in zip(books, exact, strict=True)
        ]
        stated = [aims(book.here.project.root, indicators_of(book.here.pack)) for book in books]
        rows = [
            _row(
                defined[name],
                books,
                [t.get(name) for t in told],
                [a.get(name) for a in stated],
                audience=audience,
                lang=lang,
            )
            for name in names
        ]
        records = [_project(book, key, audience, lang) for book, key in zip(books, _keys(books), strict=True)]
    return {
        "audience": audience,
        "from": since.isoformat() if since else None,
        "to": day.isoformat(),
        "version": version("regularize"),
        "k": smallest_count(),
        "projects": records,
        "homes_twice": _few(twice, audience),
        "homes_without_identifier": _few(unknown, audience),
        "indicators": rows,
    }


def _few(n: int, audience: Audience) -> int | None:
    return n if audience == "office" or n == 0 or n >= smallest_count() else None


def _period(since: date | None, until: date | None) -> date:
    day = until or today()
    if day > today():
        raise OptionError(
            _("{day} lies in the future").format(day=day.isoformat()), hint=_("give --to a day up to today")
        )
    if since is not None and since > day:
        raise OptionError(
            _("the period ends before it begins: {since} - {until}").format(since=since, until=day),
            hint=_("--from names the first day, --to the last"),
        )
    return day


def _refuse_twins(books: Sequence[Book]) -> None:
    """One project, or a copy of it, would count everything twice."""
    seen: dict[str, Book] = {}
    for book in books:
        log = book.store.events(type="store.created")
        born = log[0].hash if log else str(book.store.path.resolve())
        if born in seen:
            raise OptionError(
                _("{one} and {other} are the same project").format(
                    one=seen[born].here.project.root, other=book.here.project.root
                ),
                hint=_("name each project once; a copy of a folder is the same project"),
            )
        seen[born] = book


def _named(books: Sequence[Book]) -> list[str]:
    return list(dict.fromkeys(name for book in books for name in indicators_of(book.here.pack)))


def _keys(books: Sequence[Book]) -> list[str]:
    return [chr(ord("A") + i) if i < 26 else f"P{i + 1}" for i in range(len(books))]


def _counted(book: Book, names: Sequence[str]) -> dict[str, tuple[Counted, Counted | None]]:
    """Numerator and denominator of each indicator that the project's pack defines."""
    own = indicators_of(book.here.pack)
    return {
        name: (COUNTS[own[name].count](book), COUNTS[of](book) if (of := own[name].of) is not None else None)
        for name in names
        if name in own
    }


def _plain(counts: Mapping[str, tuple[Counted, Counted | None]]) -> dict[str, Told]:
    told = {}
    for name, (count, of) in counts.items():
        lacks = count.n is None or (of is not None and of.n is None) or (count.n == 0 and count.unknown > 0)
        reason = count.reason or (of.reason if of else "")
        told[name] = Told(None if lacks else count.n, None if of is None else of.n, reason=reason)
    return told


def _figure(told: Told | None, lang: str) -> Figure:
    if told is None:
        return Figure("not_assessed", reason=in_language(NOT_DEFINED, lang))
    reason = in_language(told.reason, lang) if told.reason else ""
    if told.n is None:
        return Figure("not_assessed", reason=reason) if reason else Figure("withheld")
    state = "partly_assessed" if reason else "assessed"
    return Figure(state, told.n, told.of, reason, told.since)


def _row(
    indicator: Indicator,
    books: Sequence[Book],
    told: Sequence[Told | None],
    stated: Sequence[Aim | None],
    *,
    audience: Audience,
    lang: str,
) -> dict[str, Any]:
    figures = [_figure(one, lang) for one in told]
    keys = _keys(books)
    names = [f"{key} · {book.here.project.municipality}" for key, book in zip(keys, books, strict=True)]
    whole = _sum(figures, keys, names, lang)
    whole_aim = _whole_aim(stated)
    return {
        "id": indicator.id,
        "title": {tongue: indicator.title[tongue] for tongue in LANGUAGES},
        "definition": {tongue: indicator.text[tongue] for tongue in LANGUAGES},
        "unit": indicator.unit,
        "period": indicator.period,
        "numerator": indicator.count,
        "denominator": indicator.of,
        "guard": indicator.guard,
        "layers": list(indicator.layers),
        "events": list(indicator.events),
        "total": _record(whole, whole_aim, lang),
        "projects": [
            {
                "project": key,
                **_record(figure, aim, lang),
                "provenance": _provenance(book, indicator, audience),
            }
            for key, figure, aim, book in zip(keys, figures, stated, books, strict=True)
        ],
    }


def _sum(figures: Sequence[Figure], keys: Sequence[str], names: Sequence[str], lang: str) -> Figure:
    """All projects together: the sum of those that are assessed, which names those that are not."""
    if len(figures) == 1:
        return figures[0]
    if any(figure.state == "withheld" for figure in figures):
        return Figure("withheld")
    lacking = [i for i, figure in enumerate(figures) if figure.value is None]
    known = [figure for figure in figures if figure.value is not None]
    if not known:
        return Figure("not_assessed", reason=in_language(IN_NO_PROJECT, lang))
    parts = [figure.of for figure in known]
    of = None if None in parts else sum(n for n in parts if n is not None)
    reasons = list(dict.fromkeys(figure.reason for figure in known if figure.reason))
    if lacking:
        without = ", ".join(names[i] for i in lacking)
        reasons.insert(0, in_language(NOT_IN, lang).format(projects=without))
    return Figure(
        "partly_assessed" if reasons else "assessed",
        sum(figure.value or 0 for figure in known),
        of,
        "; ".join(reasons),
        missing=tuple(keys[i] for i in lacking),
    )


def _whole_aim(stated: Sequence[Aim | None]) -> Aim:
    """Baseline and target of a programme: the sums, where every project states its own."""
    if len(stated) == 1:
        return stated[0] or Aim()

    def whole(name: str) -> float | None:
        values = [getattr(aim, name) if aim is not None else None for aim in stated]
        return None if None in values else sum(value for value in values if value is not None)

    def day(name: str) -> date | None:
        days = {getattr(aim, name) if aim is not None else None for aim in stated}
        return days.pop() if len(days) == 1 else None

    return Aim(whole("baseline"), day("baseline_on"), whole("target"), day("target_on"))


def _record(figure: Figure, aim: Aim | None, lang: str) -> dict[str, Any]:
    aim = aim or Aim()
    whole = figure.state == "assessed"  # of what is known in part only, a share would be another figure
    share = figure.value / figure.of if whole and figure.value is not None and figure.of else None
    way = None if aim.target is None or aim.baseline is None else aim.target - aim.baseline
    progress = (
        (figure.value - aim.baseline) / way
        if whole and figure.value is not None and way and aim.baseline is not None
        else None
    )
    return {
        "state": figure.state,
        "value": figure.value,
        "of": figure.of,
        "share": None if share is None else round(share, 4),
        "reason": figure.reason or None,
        "not_assessed_in": list(figure.missing),
        "figure_of": figure.since,
        "baseline": aim.baseline,
        "baseline_on": aim.baseline_on.isoformat() if aim.baseline_on else None,
        "baseline_reason": in_language(NO_BASELINE, lang) if aim.baseline is None else None,
        "target": aim.target,
        "target_on": aim.target_on.isoformat() if aim.target_on else None,
        "target_reason": in_language(NO_TARGET, lang) if aim.target is None else None,
        "progress": None if progress is None else round(progress, 4),
    }


def _provenance(book: Book, indicator: Indicator, audience: Audience) -> dict[str, Any]:
    """The deliveries and the entries of the log that a figure of a project rests on.

    The public learns their kinds only: how many there are may be the very count that is held back.
    """
    batches = [
        batch.id
        for batch in _living(book)
        if (layer := layer_for(batch.source.origin, batch.source.kind)) is not None
        and layer.name in indicator.layers
    ]
    first = book.since if indicator.period == "span" else None
    events: dict[str, Any] = {}
    for kind in indicator.events:
        found = [
            e for e in book.store.events(type=kind) if e.on <= book.until and (not first or e.on >= first)
        ]
        if audience == "public":
            events[kind] = {"n": None, "first": None, "last": None}
            continue
        events[kind] = {
            "n": len(found),
            "first": found[0].seq if found else None,
            "last": found[-1].seq if found else None,
        }
    return {"layers": list(indicator.layers), "batches": batches, "events": events}


def _living(book: Book) -> list[Batch]:
    """Deliveries that were not withdrawn and are of the last day or before it."""
    found = book.store.batches()
    return [b for b in found if b.withdrawn_reason is None and b.source.valid_from <= book.until]


def _deliveries(book: Book, audience: Audience, lang: str) -> list[dict[str, Any]]:
    """What the numbers of deliveries stand for. A file's name may hold a person's: for the office only."""
    label = book.here.pack.label
    unit = label("unit.m", lang)
    return [
        {
            "delivery": batch.id,
            "what": f"{label(f'origin.{source.origin}', lang)}: {label(f'kind.{source.kind}', lang)}",
            "file": source.path if audience == "office" else None,
            "since": source.valid_from.isoformat(),
            "received": batch.recorded_at[:10],
            "accuracy": f"±\u00a0{format_number(source.sigma_m, 2, lang=lang)}\u00a0{unit}",
            "sha256": source.sha256,
            "stored": batch.n_stored if audience == "office" else None,
        }
        for batch in _living(book)
        for source in (batch.source,)
    ]


def _project(book: Book, key: str, audience: Audience, lang: str) -> dict[str, Any]:
    """A project of the report, with its data and their days."""
    stated = book.here.project
    return {
        "project": key,
        "municipality": stated.municipality,
        "country": stated.country,
        "crs": stated.crs,
        "sources": _deliveries(book, audience, lang),
        **origins(book.here, book.store, on=book.until, lang=lang),
    }

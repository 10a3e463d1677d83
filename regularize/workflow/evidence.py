"""Evidence of a home's age: pieces recorded one by one, the interval they give, and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.countries.parameters import Value
from regularize.errors import OptionError
from regularize.i18n import in_language, marked
from regularize.i18n import translate as _
from regularize.law.evidence import Interval, Piece, built_by, interval_of, kinds_of, timeline
from regularize.law.pathbook import PathBook, path_book
from regularize.project import today
from regularize.store import Store
from regularize.workflow import evidence_log
from regularize.workflow.documents import digest
from regularize.workflow.evidence_log import RECORDED, WITHDRAWN
from regularize.workflow.homes import resolve
from regularize.workflow.projects import Opened, store_of


def kinds(here: Opened) -> list[str]:
    """The kinds of evidence that the country pack knows."""
    return list(kinds_of(here.pack))


def add(
    here: Opened,
    home_id: str,
    kind: str,
    *,
    shows: bool,
    dated: date,
    accuracy_days: int,
    ref: str,
    file: Path | None,
    corrects: int | None,
    actor: str,
) -> dict[str, Any]:
    """Record a piece of evidence of a home's age; returns its record with remarks.

    Raises
    ------
    OptionError
        If the kind is unknown, the day lies ahead, the piece stands there already, or the piece to
        correct does not.
    """
    known_kinds = kinds_of(here.pack)
    if kind not in known_kinds:
        raise OptionError(
            _("unknown kind of evidence: {name}").format(name=kind), hint=", ".join(known_kinds)
        )
    if dated > today():
        raise OptionError(
            _("{day} lies in the future").format(day=dated.isoformat()), hint=_("record what has happened")
        )
    if accuracy_days < 0:
        raise OptionError(_("an accuracy cannot be negative"), hint="--accuracy DAYS")
    if accuracy_days > timedelta.max.days:
        raise OptionError(
            _("no calendar has so many days: {n}").format(n=accuracy_days), hint="--accuracy DAYS"
        )
    piece = Piece(kind, shows, dated, timedelta(days=accuracy_days), privacy.redact(ref)[0])
    with store_of(here) as store:
        home = resolve(store, home_id)
        known = numbered(store, home.id)
        if corrects is not None and corrects not in known:
            raise _not_there(home.id, corrects)
        if corrects is None and piece in {replace(one, origin="", sha256="") for one in known.values()}:
            raise OptionError(
                _("this piece is recorded already"), hint=f"regularize case evidence list {home.id}"
            )
        event = store.append_event(
            RECORDED,
            f"home:{home.id}",
            today(),
            {
                "kind": kind,
                "shows": shows,
                "dated": dated.isoformat(),
                "accuracy_days": accuracy_days,
                "ref": piece.ref,
                "sha256": None if file is None else digest(file),
                "corrects": corrects,
            },
            privacy.redact(actor)[0],
        )
    remarks = []
    if not shows and not known_kinds[kind].shows_absence:
        remarks.append(_("a piece of this kind cannot prove that a building was absent: it is not counted"))
    return {"seq": event.seq, "home": home.id, **(event.payload or {}), "remarks": remarks}


def withdraw(here: Opened, home_id: str, seq: int, *, reason: str, actor: str) -> dict[str, Any]:
    """Take a piece out of the reckoning by a new entry; nothing is erased. Raises ``OptionError``."""
    with store_of(here) as store:
        home = resolve(store, home_id)
        if seq not in numbered(store, home.id):
            raise _not_there(home.id, seq)
        event = store.append_event(
            WITHDRAWN,
            f"home:{home.id}",
            today(),
            {"withdraws": seq, "reason": privacy.redact(reason)[0]},
            privacy.redact(actor)[0],
        )
    return {"seq": event.seq, "home": home.id, "withdraws": seq}


def numbered(store: Store, home: str) -> dict[int, Piece]:
    """The pieces that count for a home, by their number in the log; inherited ones name their origin."""
    return evidence_log.numbered(evidence_log.log_of_home(store, home), home)


def interval(here: Opened, log: evidence_log.Log, home: str) -> Interval:
    """When the home's building came to exist, as far as the evidence in the log says."""
    return interval_of(evidence_log.numbered(log, home).values(), kinds_of(here.pack))


def ages(here: Opened, book: PathBook, found: Interval, *, on: date) -> list[dict[str, Any]]:
    """What the evidence says of each cut-off of the law, and which piece would decide it."""
    known_kinds = kinds_of(here.pack)
    out = []
    for name in dict.fromkeys(c.built_by for way in book.ways for c in way.conditions if c.built_by):
        value = here.pack.parameter(name).at(on)
        if isinstance(value, Value) and isinstance(value.value, date):
            age = built_by(found, value.value, known_kinds)
            out.append(
                {
                    "parameter": name,
                    "cut_off": value.value.isoformat(),
                    "verdict": age.judgement.verdict.value,
                    "reason": age.judgement.reason.value if age.judgement.reason else None,
                    "deciding": age.deciding.as_dict() if age.deciding else None,
                    "citation": value.citation,
                    "status": value.row.status,
                }
            )
    return out


def record(here: Opened, found: Interval, *, on: date) -> dict[str, Any]:
    """The evidence of a home's age with stable English keys."""
    return {
        "after": None if found.after is None else found.after.isoformat(),
        "by": None if found.by is None else found.by.isoformat(),
        "pieces": timeline(found),
        "contradictions": [
            {"does_not_show": before.ref or before.kind, "shows": shown.ref or shown.kind}
            for before, shown in found.contradictions
        ],
        "cut_offs": ages(here, path_book(here.pack), found, on=on),
    }


def shown(here: Opened, home_id: str, *, on: date | None) -> dict[str, Any]:
    """The evidence of one home, with the numbers by which its pieces can be corrected."""
    with store_of(here, read_only=True) as store:
        home = resolve(store, home_id)
        log = evidence_log.log_of_home(store, home.id)
        numbers = [
            {
                "seq": seq,
                "kind": p.kind,
                "shows": p.shows,
                "dated": p.dated.isoformat(),
                "ref": p.ref,
                "origin": p.origin or None,
            }
            for seq, p in evidence_log.numbered(log, home.id).items()
        ]
        return {
            "home": home.id,
            "recorded": numbers,
            **record(here, interval(here, log, home.id), on=on or today()),
        }


def lines(here: Opened, found: Mapping[str, Any], *, lang: str) -> Iterator[str]:
    """The evidence of a home for the terminal."""

    def say(message: str) -> str:
        return in_language(message, lang)

    label = here.pack.label
    for piece in found["recorded"]:
        word = say(marked("shows it")) if piece["shows"] else say(marked("does not show it"))
        kind = label(f"evidence_kind.{piece['kind']}", lang)
        origin = (
            say(marked("recorded for home {home}")).format(home=piece["origin"]) if piece["origin"] else ""
        )
        cells = (f"{piece['seq']:>4}", piece["dated"], f"{kind}: {word}", piece["ref"], origin)
        yield "  " + "  ".join(filter(None, cells))
    unknown = say(marked("unknown"))
    yield say(marked("built after {after}, not later than {by}")).format(
        after=found["after"] or unknown, by=found["by"] or unknown
    )
    for pair in found["contradictions"]:
        yield say(marked("these contradict each other: {one} / {other}")).format(
            one=pair["does_not_show"], other=pair["shows"]
        )
    for age in found["cut_offs"]:
        verdict = label(f"verdict.{age['verdict']}", lang)
        why = f" ({label('not_assessed.' + age['reason'], lang)})" if age["reason"] else ""
        yield f"  {say(marked('built by'))} {age['cut_off']}: {verdict}{why}  {age['citation']}"
        if age["deciding"]:
            yield "    " + deciding_text(here, age["deciding"], lang=lang)


def deciding_text(here: Opened, deciding: Mapping[str, Any], *, lang: str) -> str:
    """The piece that would decide a cut-off, in words."""
    kinds = ", ".join(here.pack.label(f"evidence_kind.{kind}", lang).lower() for kind in deciding["kinds"])
    return in_language(marked("would decide: a picture from about {day} ({kinds})"), lang).format(
        day=deciding["cut_off"], kinds=kinds
    )


def _not_there(home: str, seq: int) -> OptionError:
    return OptionError(
        _("home {home} has no piece of evidence {seq}").format(home=home, seq=seq),
        hint=f"regularize case evidence list {home}",
    )

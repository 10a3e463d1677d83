"""Letters of a case: who is told what, under which provision, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regularize.errors import OptionError
from regularize.i18n import language
from regularize.i18n import translate as _
from regularize.law.definition import UNVERIFIED, Letter, Procedure, contradicts, holds
from regularize.law.records import CaseStatus
from regularize.model import Case
from regularize.project import FILE, today
from regularize.publish.letters import (
    cited,
    letter_values,
    letter_words,
    render_letter,
    render_letter_word,
    term_words,
)
from regularize.publish.resident import require_contact
from regularize.publish.text import data_dates, format_day
from regularize.store import Store
from regularize.workflow.case import kinds, procedure_of, status_of
from regularize.workflow.dossiers import FORMATS, TEMPLATES
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.whole import write_whole

_SHORT_HASH = 12
FOLDER = "letters"  # of the project, unless another is named
GRAZED_M2 = 1.0  # a parcel that the plan meets by less than this is only touched by its line


@dataclass
class Written:
    """Which files were written, and what a person has to fill in or to check."""

    files: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def build(
    here: Opened,
    kind: str,
    case_id: str,
    *,
    on: date | None,
    parcels: Sequence[str],
    all_parcels: bool,
    fmt: str,
    form: Path | None,
    folder: Path,
    lang: str,
    overwrite: bool,
) -> Written:
    """Write a letter of a case as PDF, Word or both.

    Parameters
    ----------
    kind : {"notice", "gazette", "board"}
    parcels : sequence of str
        Notices: one page for each of these identifiers.
    all_parcels : bool
        Notices: one page for each parcel that the plan concerns.

    Raises
    ------
    OptionError
        If the case is of a procedure or scope that has no such letter, a parcel is unknown, or a file
        stands there already.
    DossierError
        If a municipality's own words, template or form are broken.
    """
    day = on or today()
    templates = here.project.root / TEMPLATES
    words = letter_words(lang, templates)
    contact = require_contact(here.project.contact, FILE)
    with store_of(here, read_only=True) as store:
        case = store.case(case_id)
        letter = _letter_of(here, case, kind)
        found = status_of(here, store, case, on=day)
        _require_step(case, found, letter)
        listed = _parcels(store, case, day) if kind == "board" or all_parcels else []
        chosen = _known(store, parcels, day) if parcels else (listed if kind == "notice" else [])
        made = _made(here, store, day, lang)
    given = {**_given(here, case, found, letter, words, contact, day, lang), **made}
    values, lacking = letter_values(
        kind,
        words,
        given,
        lang=lang,
        contact=[
            contact["address"],
            words["telephone"].replace("{telephone}", contact["telephone"]),
        ],
        parcels=chosen,
        listed=listed if kind == "board" else [],
    )
    written = Written()
    paths = [folder / f"{case.id}-{kind}.{ending}" for ending in FORMATS[fmt]]
    for path in paths:
        if path.exists() and not overwrite:
            raise OptionError(
                _("{path} exists already").format(path=path), hint=_("give another name, or --overwrite")
            )
    own, own_form = templates / "letter.typ", templates / "letter.docx"
    for path in paths:
        if path.suffix == ".pdf":
            content = render_letter(values, day=day.isoformat(), template=own if own.is_file() else None)
        else:
            content = render_letter_word(
                values, day=day.isoformat(), form=form or (own_form if own_form.is_file() else None)
            )
        write_whole(path, content)
        written.files.append(path)
    if lacking:
        written.remarks.append(_("still to be filled in: {names}").format(names=", ".join(lacking)))
    if values["note"]:
        written.remarks.append(_("a provision of the letter is unverified: compare it with the law first"))
    if kind == "board" and not listed:
        written.remarks.append(_("no parcel lies in the area of the case: the list is empty"))
    return written


def _made(here: Opened, store: Store, day: date, lang: str) -> dict[str, str]:
    """The days of the newest data of each origin, and the head of the log: what the letter rests on."""
    newest: dict[str, str] = {}
    for batch in store.batches():
        since = batch.source.valid_from.isoformat()
        if since <= day.isoformat():
            newest[batch.source.origin] = max(since, newest.get(batch.source.origin, ""))
    log = store.events()
    return {
        "data": data_dates(
            newest.items(), lang=lang, word=lambda origin: here.pack.label(f"origin.{origin}", lang).lower()
        ),
        "head": log[-1].hash[:_SHORT_HASH] if log else "–",
    }


def _letter_of(here: Opened, case: Case, kind: str) -> Letter:
    """What the procedure of the case knows of a kind of letter. Raises ``OptionError`` if it has none."""
    letters = procedure_of(here, case.kind).letters
    if kind not in letters:
        having = (name for name in kinds(here) if kind in procedure_of(here, name).letters)
        raise OptionError(
            _("case {case} is of another procedure: {procedure}").format(
                case=case.id, procedure=here.pack.label(f"procedure.{case.kind}", language())
            ),
            hint=_("this letter belongs to: {procedure}").format(
                procedure=", ".join(here.pack.label(f"procedure.{name}", language()) for name in having)
                or "–"
            ),
        )
    if contradicts(letters[kind].when, case.facts):
        fitting = (one.id for one in letters.values() if one.when and not contradicts(one.when, case.facts))
        stated = (f"{name}={case.facts[name]}" for name in letters[kind].when)
        raise OptionError(
            _("case {case} is announced in another way ({scope})").format(
                case=case.id, scope=", ".join(stated)
            ),
            hint=f"regularize letter build {next(fitting, 'board')} {case.id}",
        )
    return letters[kind]


def _require_step(case: Case, found: CaseStatus, letter: Letter) -> None:
    """Refuse a letter that would speak of what has not happened yet."""
    reached = {part.step for part in found.parts}
    reached |= {entry.step for part in found.parts for entry in (*part.done, *part.milestones) if entry.since}
    if letter.reached and reached.isdisjoint(letter.reached):
        raise OptionError(
            _("case {case} has not reached the step that this letter speaks of").format(case=case.id),
            hint=f"regularize case event {case.id} {letter.reached[0]} --date YYYY-MM-DD",
        )


def _given(
    here: Opened,
    case: Case,
    found: CaseStatus,
    letter: Letter,
    words: dict[str, Any],
    contact: dict[str, str],
    day: date,
    lang: str,
) -> dict[str, Any]:
    """The values of the names in braces."""
    procedure = procedure_of(here, case.kind)
    holding = (name for name in letter.terms if holds(procedure.clocks[name].when, case.facts))
    term = next(holding, letter.terms[-1])
    when: dict[str, date] = {}
    for part in found.parts:
        for entry in (*part.done, *part.milestones):
            if entry.since is not None:
                when.setdefault(entry.step, entry.since)
        if part.since is not None:
            when.setdefault(part.step, part.since)
    dues = [d.due for d in found.deadlines if d.clock == term]
    announced = next((when[step] for step in letter.announced if step in when), None)

    def on(value: date | None) -> str | None:
        return None if value is None else format_day(value.isoformat(), lang=lang)

    return {
        **contact,
        "municipality": here.project.municipality,
        "title": case.title,
        "case": case.id,
        "part": case.plan_part,
        "day": on(day),
        "version": version("regularize"),
        "submitted_on": on(when.get("submitted")),
        "announced_on": on(announced),
        "checked": on(procedure.checked_on) or "–",
        "last_day": on(max(dues)) if dues else None,
        **_basis(procedure, found, letter.duty, term, words, day),
    }


def _basis(
    procedure: Procedure, found: CaseStatus, duty: str | None, term: str, words: dict[str, Any], day: date
) -> dict[str, str]:
    """Provisions and length of the terms, each as sure as it is for the rule set of the case."""

    def basis(name: str) -> str:
        clock = procedure.clocks[name]
        # A term that has begun says how sure it is; one to come stands under the same law.
        begun = {d.status for d in found.deadlines if d.clock == name}
        status = UNVERIFIED if UNVERIFIED in begun else clock.status_on(found.rules_on or day)
        return cited(words, clock.citation, status)

    clock = procedure.clocks[term]
    given = {"term": term_words(words, clock.amount, clock.unit), "term_basis": basis(term)}
    return given if duty is None else {**given, "duty_basis": basis(duty)}


def _parcels(store: Store, case: Case, day: date) -> list[str]:
    """Identifiers of the parcels that the area of a case concerns."""
    if case.geometry is None or case.geometry.is_empty:
        return []
    rows = store.layer("parcels", on=day)
    near = rows.iloc[rows.sindex.query(case.geometry, predicate="intersects")]
    held = near[near.geometry.intersection(case.geometry).area >= GRAZED_M2]
    return _sorted(name for name in held["identifier"] if name)


def _known(store: Store, parcels: Sequence[str], day: date) -> list[str]:
    known = set(store.layer("parcels", on=day)["identifier"])
    for name in parcels:
        if name not in known:
            raise OptionError(
                _("no parcel {id} is in the store").format(id=name),
                hint=_("write the whole identifier, as the cadastre does"),
            )
    return _sorted(parcels)


def _sorted(names: Any) -> list[str]:
    """Identifiers in the order of their numbers."""
    return sorted(set(names), key=lambda name: [(len(part), part) for part in str(name).split(".")])

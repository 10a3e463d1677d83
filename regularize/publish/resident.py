"""The sheet that a family takes home: one page, large print, plain words, nothing of anybody else.

Its words are a catalogue, a TOML file for each language, so that a municipality can add one. What must
not be said, and how long a sentence may be, is data as well (``templates/resident/plain.toml``).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.publish.dossier import TEMPLATE as DOSSIER_TEMPLATE
from regularize.publish.paper import Drawing, Shape
from regularize.publish.situation import COLOURS, SKETCH, Scene, draw_situation
from regularize.publish.text import NO_BREAK, data_dates, format_day, odd_blanks, printable, unlike
from regularize.publish.typesetting import DossierError, compile_pdf

FOLDER = DOSSIER_TEMPLATE.parent / "resident"
TEMPLATE = DOSSIER_TEMPLATE.parent / "resident.typ"
CONTACT = ("office", "address", "telephone")
_MOST_FINDINGS = 2
_SHORT_HASH = 12
_MOST_PAPERS = 4
_LONGEST_CONTACT = 90
_TOUCH_M2 = 0.01  # less than this is a line drawn twice, not ground held in common
_YARD_SHARE = 0.1  # of the home's outline that its yard holds at least
_SENTENCE = re.compile(r"[^.!?:]+[.!?:]?")
_SPAN = re.compile(r"(?<=\d) ([–-]) (?=\d)")  # 9 – 12 stays on one line
_WORD = re.compile(r"\w+(?:-\w+)*")


@dataclass(frozen=True)
class Standing:
    """Where the case of a home stands, as far as its family is concerned.

    Parameters
    ----------
    procedure, step : str
        Empty where there is no case.
    deadlines : sequence of (clock, date, bool)
        The terms that still run for people, and whether the rule behind each has been verified.
    """

    procedure: str = ""
    step: str = ""
    deadlines: Sequence[tuple[str, date, bool]] = ()


def catalogue(language: str, own: Path | None = None) -> dict[str, Any]:
    """The words of the sheet in a language.

    Parameters
    ----------
    own : Path, optional
        A folder that may hold ``resident.CODE.toml`` of a municipality: it goes before ours.

    Raises
    ------
    OptionError
        If there is none of that language.
    DossierError
        If it cannot be read, or lacks words that ours has; says which.
    """
    file = (own or FOLDER) / f"resident.{language}.toml"
    if own is None or not file.is_file():
        file = FOLDER / f"{language}.toml"
    if (
        language in {"stages", "plain"}
        or not re.fullmatch(r"[A-Za-z-]{2,12}", language)
        or not file.is_file()
    ):
        raise OptionError(
            _("the resident's sheet is not written in {language} yet").format(language=language),
            hint=_(
                "write its words and translate them: "
                "regularize dossier form -o templates/resident.{language}.toml"
            ).format(language=language),
        )
    try:
        words = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DossierError(
            _("{file} cannot be read: {reason}").format(file=file.name, reason=error),
            hint=_("mend the file at that line"),
        ) from error
    missing = sorted(unlike(_ours("bg"), words))
    if missing:
        raise DossierError(
            _("{file} lacks words: {names}").format(file=file.name, names=", ".join(missing[:5])),
            hint=_(
                "{n} are missing; the program's own are written by: "
                "regularize dossier form -o resident.bg.toml"
            ).format(n=len(missing)),
        )
    if odd := sorted(odd_blanks(_ours("bg"), words)):
        raise DossierError(
            _("{file}: what stands in braces is not known there: {names}").format(
                file=file.name, names=", ".join(odd[:5])
            ),
            hint=_("leave the words in braces as they are, and no brace by itself"),
        )
    return words


@cache
def _ours(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def require_contact(contact: Mapping[str, str], file: str) -> dict[str, str]:
    """The contact block of a project, refused where it does not say whom to ask.

    Raises
    ------
    OptionError
        Names the lines that `file` lacks.
    """
    lacking = [name for name in CONTACT if not str(contact.get(name, "")).strip()]
    if lacking:
        lines = "; ".join(f'{name} = "…"' for name in lacking)
        raise OptionError(
            _("{file} does not say whom a family may ask: no sheet is printed").format(file=file),
            hint=_("add to {file} under [project.contact]: {lines}").format(file=file, lines=lines),
        )
    return dict(contact)


def stage_of(procedure: str, step: str) -> str:
    """The stage of the sheet that a step of a procedure belongs to; ``none`` without a case."""
    if not procedure:
        return "none"
    return str(_ours("stages").get(procedure, {}).get(step, "stopped"))


def sheet_values(
    facts: Mapping[str, Any],
    standing: Standing,
    words: Mapping[str, Any],
    contact: Mapping[str, str],
    *,
    day: date,
    drawing: Drawing | None,
    yard: bool = False,
) -> dict[str, Any]:
    """What the template of the sheet is given.

    Parameters
    ----------
    facts : mapping
        As of ``dossier.render_dossier``; of it only the home's own findings, and the kinds of papers
        that its ways and its case need.
    yard : bool
        Whether the home is a yard alone: then that is what the sketch colours.
    """
    home = facts.get("home") or {}
    made = facts.get("provenance") or {}
    lang = str(words["language"])

    def on(value: date) -> str:
        return format_day(value.isoformat(), lang="bg" if lang == "bg" else "en")

    values: dict[str, Any] = {
        "lang": lang,
        "heading": words["title"],
        "title": f"{words['title']}: {printable(home.get('id'), longest=40)}",
        "municipality": printable(home.get("municipality"), longest=80),
        "number": words["number"].format(home=printable(home.get("id"), longest=40), day=on(day)),
        "made": words["made"].format(
            day=on(day),
            version=printable(made.get("version"), longest=20) or "–",
            head=printable(made.get("chain_head"))[:_SHORT_HASH] or "–",
            data=_data(facts, words),
            rules=len(made.get("rules") or ()) or "–",
            checked=_checked(made, lang),
        ),
        "saw": {"title": words["saw"], "lines": _seen(facts, words)},
        "stands": {
            "title": words["stands"],
            "lines": _sentences(words["stage"][stage_of(standing.procedure, standing.step)]),
        },
        "drawing": {
            "title": words["drawing"],
            "picture": None if drawing is None else drawing.svg,
            "note": _note(words, drawing, yard=yard),
        },
        "until": {"title": words["until"], "lines": _until(standing, words, on)},
        "bring": _bring(facts, words),
        "ask": {"title": words["ask"], "lines": _ask(contact, words)},
        "rights": {"title": words["rights"], "lines": list(words["your_rights"])},
    }
    spoken = _words(_said(values))
    stems = [stem for stem in words["glossary"] if _uses(spoken, stem)]
    values["glossary"] = {
        "title": words["glossary_title"],
        "lines": [words["glossary"][stem] for stem in stems],
    }
    return values


def render_sheet(values: Mapping[str, Any], *, day: date, template: Path | None = None) -> bytes:
    """The sheet as PDF/A-2a. Raises ``DossierError``."""
    return compile_pdf(template or TEMPLATE, values, day=day.isoformat())


def draw_own(scene: Scene, *, north: str) -> Drawing | None:
    """The sketch of a home without anything of its neighbours but outlines that say nothing of them."""
    own = [s.geometry for s in (*scene.home_observed, *scene.home_register) if s.geometry is not None]
    # the yard of a neighbour touches the home, or lies over its edge by what the survey cannot tell
    yards = [p for p in scene.plots if any(_overlap(p.geometry, g, g.area * _YARD_SHARE) for g in own)]
    plain = replace(
        scene,
        home_observed=scene.home_observed or scene.home_register,
        home_register=(),
        # a home that is a yard is drawn as a home, not once more as its own yard
        plots=[p for p in yards if not any(p.geometry.equals(g) for g in own)],
        register=_neighbours(scene),
        observed=(),
        parcels=[Shape(s.geometry) for s in scene.parcels],
        points=(),
    )
    return draw_situation(
        plain,
        lang="bg" if north == "С" else "en",
        size=SKETCH,
        bare=True,
    )


def _neighbours(scene: Scene) -> list[Shape]:
    """One grey shape of all buildings around: who is in the register is nobody else's business.

    What has been surveyed is drawn by the survey alone, so that a neighbour looks the same in and out
    of the register; an outline of the register stands only where no surveyed one overlaps it.
    """
    surveyed = _solid([*scene.observed, *scene.home_observed])
    seen = shapely.STRtree(surveyed)
    others = [
        g
        for g in _solid(scene.register)
        if not any(_overlap(g, surveyed[i]) for i in seen.query(g, predicate="intersects"))
    ]
    shown = _solid(scene.observed) + others
    return [Shape(shapely.union_all(shown))] if shown else []


def _solid(shapes: Sequence[Shape]) -> list[BaseGeometry]:
    return [shapely.make_valid(s.geometry) for s in shapes if s.geometry is not None]


def _overlap(one: BaseGeometry | None, other: BaseGeometry, least_m2: float = _TOUCH_M2) -> bool:
    """Whether two outlines share ground, and not only a line or a corner."""
    if one is None or not shapely.intersects(one, other):
        return False
    return bool(shapely.make_valid(one).intersection(shapely.make_valid(other)).area > least_m2)


def faults(values: Mapping[str, Any]) -> list[str]:
    """What in a sheet is not plain: long sentences, unexplained nouns of the law, words that frighten."""
    rules = _ours("plain")
    own = rules.get(values["lang"], {"explain": [], "never": []})
    said = _said(values)
    lengths = [n for text in said for n in _lengths(text)]
    found = [f"a sentence of {n} words" for n in lengths if n > rules["limits"]["most_words"]]
    if lengths and sum(lengths) / len(lengths) > rules["limits"]["average_words"]:
        found.append(f"{sum(lengths) / len(lengths):.1f} words in a sentence on average")
    spoken, explained = _words(said), _words(values["glossary"]["lines"])
    unexplained = (s for s in own["explain"] if _uses(spoken, s) and not _uses(explained, s))
    found += [f"{stem}… is not explained" for stem in unexplained]
    return found + [f"{stem}… frightens" for stem in own["never"] if _uses(spoken | explained, stem)]


def _lengths(text: str) -> list[int]:
    counts = (len(_WORD.findall(sentence)) for sentence in _SENTENCE.findall(text))
    return [n for n in counts if n]


def _words(texts: Sequence[str]) -> set[str]:
    return {word.lower() for text in texts for word in _WORD.findall(text)}


def _uses(words: set[str], stem: str) -> bool:
    return any(word.startswith(stem) for word in words)


def _said(values: Mapping[str, Any]) -> list[str]:
    """The catalogue's own sentences on a sheet: no names, addresses or numbers."""
    parts = ("saw", "stands", "until", "rights")
    lines = [line for part in parts for line in values[part]["lines"]]
    return [*lines, *values["bring"]["lines"], *values["bring"]["after"], values["drawing"]["note"]]


def _note(words: Mapping[str, Any], drawing: Drawing | None, *, yard: bool) -> str:
    if drawing is None:
        return str(words["drawing_none"])
    if yard:
        return str(words["drawing_own_yard"])
    dashed = f" {words['drawing_yard']}" if COLOURS["plot"] in drawing.svg else ""
    return f"{words['drawing_note']}{dashed}"


def _sentences(text: str) -> list[str]:
    """A paragraph as its sentences, each on a line of its own."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()]


def _seen(facts: Mapping[str, Any], words: Mapping[str, Any]) -> list[str]:
    found = [
        f
        for f in facts.get("findings") or ()
        if f.get("class") in words["finding"].get(f.get("kind"), {}) and f.get("review") != "rejected"
    ]
    if not found:
        return [words["no_finding"]]
    lines = [words["finding"][f["kind"]][f["class"]] for f in found[:_MOST_FINDINGS]]
    checked = all(f.get("review") in {"confirmed", "corrected"} for f in found[:_MOST_FINDINGS])
    lines.append(words["reviewed" if checked else "not_reviewed"])
    return [*dict.fromkeys(lines), words["says_nothing"]]


def _until(standing: Standing, words: Mapping[str, Any], on: Any) -> list[str]:
    if not standing.deadlines:
        return [words["until_none"]]
    said: dict[str, bool] = {}
    for clock, last, verified in sorted(standing.deadlines, key=lambda term: term[1]):
        line = words["until_when"].get(clock, words["until_when"]["other"]).format(day=on(last))
        line = line if line.endswith(".") else f"{line}."
        said[line] = said.get(line, True) and verified
    return [*said] if all(said.values()) else [*said, words["until_check"]]


def _bring(facts: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """Papers that a family can have, of those that the home's case and ways need next."""
    needed = [
        str(paper.get("document"))
        for paper in facts.get("documents") or ()
        if paper.get("state") in {"missing", "requested", "expired"}
    ]
    lines = [words["papers"][name] for name in dict.fromkeys(needed) if name in words["papers"]]
    if not lines:
        return {"title": words["bring"], "lines": [words["bring_nothing"]], "after": []}
    return {
        "title": words["bring"],
        "lines": [*words["always"], *lines[:_MOST_PAPERS]],
        "after": [words["bring_help"]],
    }


def _data(facts: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """The days of the survey and of the cadastre that the sheet rests on."""
    rows = [(str(s.get("origin")), str(s.get("valid_from"))) for s in facts.get("sources") or ()]
    known = [row for row in rows if row[0] in words["origin"]]
    return data_dates(
        known, lang="bg" if words["language"] == "bg" else "en", word=words["origin"].__getitem__
    )


def _checked(made: Mapping[str, Any], lang: str) -> str:
    """The oldest day on which a value of the law behind the sheet was compared with its source."""
    days = [str(p["checked_on"]) for p in made.get("parameters") or () if p.get("checked_on")]
    return printable(format_day(min(days, default=None), lang="bg" if lang == "bg" else "en"), longest=40)


def _ask(contact: Mapping[str, str], words: Mapping[str, Any]) -> list[str]:
    def given(name: str) -> str:
        text = printable(str(contact.get(name, "")).strip(), longest=_LONGEST_CONTACT)
        return _SPAN.sub(f"{NO_BREAK}\\1{NO_BREAK}", text)

    lines = [given("office"), given("person"), given("address")]
    lines.append(words["telephone"].format(telephone=given("telephone")))
    if given("hours"):
        lines.append(words["hours"].format(hours=given("hours")))
    return [line for line in [*lines, given("email")] if line]

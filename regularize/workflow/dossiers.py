"""Print dossiers: one after another or on several cores; a home that fails does not stop the others."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from regularize import i18n
from regularize.errors import OptionError, RegularizeError
from regularize.i18n import translate as _
from regularize.model import DECIDED, QUIET_CLASSES, Finding, Home
from regularize.project import today
from regularize.publish import dossier, letters, resident
from regularize.publish.dossier import render_dossier
from regularize.publish.situation import draw_location, draw_situation
from regularize.publish.word import program_form, render_word, require_word
from regularize.store import Store
from regularize.workflow import projects, replay
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.crew import shared_out
from regularize.workflow.dossier_desk import DossierDesk
from regularize.workflow.homes import resolve
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.sheets import Sheets
from regularize.workflow.whole import write_whole

FORMATS = {"pdf": ("pdf",), "docx": ("docx",), "both": ("pdf", "docx")}
TEMPLATES = "templates"  # of the project's folder: a municipality's own forms
TYPESET = {file.name: file for file in (dossier.TEMPLATE, resident.TEMPLATE, letters.TEMPLATE)}
WORDS = {"resident": resident.FOLDER, "letters": letters.FOLDER}
_WORDS = re.compile(r"(resident|letters)\.([A-Za-z-]{2,12})\.toml")
Tick = Callable[[], None]


@dataclass
class Printed:
    """Which dossiers were printed, and why others were not."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Order:
    """What is to be printed of each home.

    Parameters
    ----------
    folder : Path
    formats : tuple of {"pdf", "docx"}
    audience : {"office", "resident"}
    form : Path or None
        A municipality's own Word form; by default ``templates/dossier.docx`` of the project, else ours.
    sheet_language : str or None
        Of the resident's sheet, where it is not that of the output.
    """

    folder: Path
    lang: str
    day: date
    formats: tuple[str, ...] = ("pdf",)
    audience: str = "office"
    form: Path | None = None
    sheet_language: str | None = None
    overwrite: bool = False


def build(
    here: Opened,
    ids: Sequence[str],
    *,
    everything: bool,
    area: str | None,
    on: date | None,
    limit: int | None,
    folder: Path,
    lang: str,
    overwrite: bool,
    fmt: str = "pdf",
    audience: str = "office",
    form: Path | None = None,
    sheet_language: str | None = None,
    jobs: int = 1,
    progress: Callable[[int], Tick] | None = None,
) -> Printed:
    """Write the files of each home into `folder`.

    Parameters
    ----------
    jobs : int
        Processes that print at the same time.
    progress : callable, optional
        Told the number of homes; what it returns is called after each.

    Raises
    ------
    OptionError
        If no home is chosen, or the resident's sheet lacks the office's contact.
    """
    order = Order(
        folder,
        lang,
        on or today(),
        FORMATS[fmt],
        audience,
        form,
        sheet_language,
        overwrite,
    )
    before = replay.moment(here)
    with store_of(here, read_only=True) as store:
        findings = store.findings()
        homes = _chosen(store, ids, findings, everything=everything, area=area, limit=limit)
        bench = Bench(
            here, store, order, findings
        )  # what every home needs is refused before the first is printed
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tick = progress(len(homes)) if progress is not None else None
        printed = Printed(folder)
        if jobs > 1 and len(homes) > 1:
            outcomes = shared_out(
                homes,
                jobs,
                opening=_open_bench,
                arguments=(here.project.root.resolve(), order, i18n.language()),
                alone=bench.print_one,
                lost=_lost,
            )
        else:
            outcomes = (bench.print_one(home) for home in homes)
        for files, failures in outcomes:
            printed.files += files
            printed.failures += failures
            if tick is not None:
                tick()
    if form is None:
        parameters: dict[str, Any] = {
            "on": order.day.isoformat(),
            "lang": lang,
            "fmt": fmt,
            "audience": audience,
        }
        parameters |= {"sheet_language": sheet_language, "homes": [home.id for home in homes]}
        named = {path.name: path for path in printed.files}
        replay.write(here, "dossier", before, parameters, replay.of_files(named))
    return printed


def write_form(output: Path, lang: str) -> None:
    """The program's own form of that name as a file, to be changed by a municipality.

    Parameters
    ----------
    output : Path
        ``letter.docx`` or any other Word file (the dossier's form), a template of `TYPESET`, or the words
        ``resident.CODE.toml`` and ``letters.CODE.toml``.
    lang : {"bg", "en"}
        Of the words to translate, where the program has none of that code.

    Raises
    ------
    OptionError
        If the name is none of these.
    MissingExtraError
        If a Word form is asked for and its library is not there.
    """
    write_whole(output, _form_of(output.name, lang))


def _form_of(name: str, lang: str) -> bytes:
    if name.lower().endswith(".docx"):
        return program_form("letter" if name == "letter.docx" else "dossier")
    if name in TYPESET:
        return TYPESET[name].read_bytes()
    if match := _WORDS.fullmatch(name):
        folder, code = WORDS[match[1]], match[2]
        known = folder / f"{code}.toml"
        if known.is_file():
            return known.read_bytes()
        if match[1] == "resident":  # a letter is written in a language of the program alone
            ours = (folder / f"{lang}.toml").read_text(encoding="utf-8")
            return ours.replace(f'language = "{lang}"', f'language = "{code}"', 1).encode()
    raise OptionError(
        _("the program has no form {file}").format(file=name),
        hint=_("these there are: {names}").format(
            names=", ".join(
                ["dossier.docx", "letter.docx", *TYPESET, "resident.CODE.toml", "letters.bg.toml"]
            )
        ),
    )


def _chosen(
    store: Store,
    ids: Sequence[str],
    findings: Sequence[Finding],
    *,
    everything: bool,
    area: str | None,
    limit: int | None,
) -> list[Home]:
    place = area_geometry(store, area)
    homes = [resolve(store, any_id) for any_id in ids]
    if everything:
        awaited = {
            f.home for f in findings if f.home and f.cls not in QUIET_CLASSES and f.review not in DECIDED
        }
        homes += [h for h in store.homes() if h.id in awaited and lies_in(h.geometry, place)]
    homes = list({home.id: home for home in homes}.values())[:limit]
    if not homes:
        raise OptionError(_("no home has a finding that awaits a decision"), hint=_("regularize home list"))
    return homes


class Bench:
    """Prints the files of one home after another; never raises for a single one."""

    def __init__(self, here: Opened, store: Store, order: Order, findings: Sequence[Finding]) -> None:
        self.here, self.order = here, order
        if "docx" in order.formats and order.audience != "resident":
            require_word()
        templates = here.project.root / TEMPLATES
        own = templates / "dossier.typ"
        self.template = own if own.is_file() else None
        form = templates / "dossier.docx"
        self.form = order.form or (form if form.is_file() else None)
        self.sheets = (
            Sheets(here, store, order.sheet_language or order.lang, templates)
            if order.audience == "resident"
            else None
        )
        self.desk = DossierDesk(here, store, findings, order.day, order.lang)

    def print_one(self, home: Home) -> tuple[list[Path], list[str]]:
        """The files written for `home`, and one line for each that could not be."""
        files: list[Path] = []
        failures: list[str] = []
        wanted = []
        for ending in self.order.formats if self.sheets is None else ("pdf",):
            file = self.order.folder / (
                f"{home.id}.{ending}" if self.sheets is None else f"{home.id}-sheet.pdf"
            )
            if file.exists() and not self.order.overwrite:
                failures.append(_("{path} exists already; --overwrite replaces it").format(path=file))
            else:
                wanted.append(file)
        try:
            for file, content in self._made(home, wanted):
                write_whole(file, content)
                files.append(file)
        except RegularizeError as error:
            failures.append(f"{home.id}: {error.message}  {error.hint}".rstrip())
        except OSError as error:
            failures.append(
                _("{home}: the file cannot be written: {reason}").format(
                    home=home.id, reason=error.strerror or type(error).__name__
                )
            )
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        # One home whose data no one foresaw must not cost a council the other thousand; a library that
        # panics raises what is no Exception.
        except BaseException as error:  # noqa: BLE001
            failures.append(
                _("{home}: unexpected failure: {kind}").format(home=home.id, kind=type(error).__name__)
            )
        return files, failures

    def _made(self, home: Home, files: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
        if not files:
            return
        facts, scene = self.desk.facts(home)
        if self.sheets is not None:
            for file in files:
                yield (
                    file,
                    self.sheets.render(
                        home, facts, scene, day=self.order.day, plan_part=self.desk.plan_part(home)
                    ),
                )
            return
        lang, words = self.order.lang, self.here.pack.label
        situation, location = draw_situation(scene, lang=lang), draw_location(scene, lang=lang)
        for file in files:
            if file.suffix == ".pdf":
                yield (
                    file,
                    render_dossier(
                        facts,
                        lang=lang,
                        labels=words,
                        situation=situation,
                        location=location,
                        template=self.template,
                    ),
                )
            else:
                yield (
                    file,
                    render_word(
                        facts, lang=lang, labels=words, situation=situation, location=location, form=self.form
                    ),
                )


# -- several cores ------------------------------------------------------------------------------


def _open_bench(root: Path, order: Order, spoken: str) -> Callable[[Home], tuple[list[Path], list[str]]]:
    """In a process of its own: the project, the store and all that the dossiers share."""
    i18n.use(spoken)
    here = projects.opened(root)
    store = Store.open(here.project.store_path, read_only=True)
    return Bench(here, store, order, store.findings()).print_one


def _lost(home: Home) -> tuple[list[Path], list[str]]:
    """What is said of a home whose process was killed or broke."""
    message = _(
        "{home}: the process that printed it was lost; print it again: regularize dossier build {home}"
    )
    return [], [message.format(home=home.id)]

"""The sample carried through the whole chain, as a planner would: the same commands, the same rooms."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from regularize import project, sample
from regularize.errors import OptionError, StoreError
from regularize.i18n import in_language
from regularize.i18n import translate as _
from regularize.workflow import (
    case,
    detect,
    dossiers,
    evaluate,
    ingest,
    letters,
    maps,
    projects,
    reports,
    storage,
)
from regularize.workflow.projects import Opened

# The folder is replaced by --overwrite only if it holds what the demonstration writes.
MARK = Path("data") / "truth" / "buildings.csv"
DOSSIERS = 12
SHEETS = 3
# The municipality is as fictional as the village that it is named after.
MUNICIPALITY = sample.SETTLEMENT.removeprefix("с. ")
# Whom a family would ask: an office as fictional, and a number that no telephone has.
CONTACT = {
    "office": "Отдел „Устройство на територията“ (измислен пример)",
    "address": "пл. „Примерен“ 1, етаж 2, стая 12",
    "telephone": "0000 12 345",
    "hours": "понеделник – петък, 9 – 12 ч.",
}
LETTERS = ("gazette", "board")  # of a plan that is announced in the State Gazette
# Event and the days after the opening; the announcement lies so that objections can still be made.
OPENED_DAYS_AGO = 300
STORY = (
    ("brief_prepared", 7),
    ("environment_screened", 28),
    ("heritage_screened", 30),
    ("permission_requested", 35),
    ("permitted", 61),
    ("permission_announced", 65),
    ("commissioned", 100),
    ("surveyed", 180),
    ("drafted_final", 250),
    ("submitted", 270),
    ("sent_to_gazette", 276),
    ("announced_sg", 284),
)
FRIDAY = 4
Say = Callable[[str], None]


@dataclass
class Demonstration:
    """What the demonstration made and how well detection did, since here the truth is known."""

    folder: Path
    lang: str
    seconds: float = 0.0
    buildings: evaluate.Evaluated | None = None
    plots: evaluate.Evaluated | None = None
    maps: dict[str, Path] = field(default_factory=dict)
    dossiers: Path = Path()
    sheets: list[Path] = field(default_factory=list)
    letters: list[Path] = field(default_factory=list)
    report: Path = Path()
    case_id: str = ""

    def lines(self) -> Iterator[str]:
        """The result for the terminal."""
        yield _("Against the known truth of the sample (a fictional settlement):")
        for title, evaluated in ((_("buildings"), self.buildings), (_("plots"), self.plots)):
            if evaluated is None:
                continue
            yield f"  {title}:"
            line = _("    {name:24} truth {n:>4}  found {found:>4}  precision {p}  recall {r}")
            for name, n, found, precision, recall in evaluated.rows():
                yield line.format(name=name, n=n, found=found, p=precision, r=recall)
        yield ""
        yield _("Office map:  {path}").format(path=self.maps["office"])
        yield _("Council map: {path}").format(path=self.maps["council"])
        yield _("Dossiers:    {path}").format(path=self.dossiers)
        for path in self.sheets[:1]:
            yield _("Home sheet:  {path}").format(path=path)
        for path in self.letters:
            yield _("Letter:      {path}").format(path=path)
        yield _("Report:      {path}").format(path=self.report)
        yield _("Next: regularize -p {folder} findings list").format(folder=self.folder)


def run(folder: Path, *, overwrite: bool, lang: str, say: Say) -> Demonstration:
    """Draw the sample, carry it through the chain, and put the whole of it at `folder`.

    It is made beside `folder` and gets its name when it is complete: a run that is killed leaves what
    stood there before.

    Raises
    ------
    OptionError
        If `folder` holds something else, or an earlier demonstration that is not to be replaced.
    StoreError
        If nothing can be written beside `folder`.
    """
    _require_room(folder, overwrite=overwrite)
    final = folder.resolve()  # "." has a name, too
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        beside = project.unfinished_folder(final.parent)
    except OSError as error:
        raise StoreError(
            _("nothing can be written in {folder}").format(folder=final.parent),
            hint=_("name another folder: regularize demo build/demo"),
        ) from error
    try:
        done = _carry(beside, lang, say)
        _settle(beside, final)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    done.folder = folder
    done.maps = {name: folder / path.relative_to(beside) for name, path in done.maps.items()}
    done.sheets = [folder / path.relative_to(beside) for path in done.sheets]
    done.letters = [folder / path.relative_to(beside) for path in done.letters]
    done.dossiers, done.report = (folder / p.relative_to(beside) for p in (done.dossiers, done.report))
    return done


def _carry(folder: Path, lang: str, say: Say) -> Demonstration:
    """The whole chain in an empty folder."""
    started = time.monotonic()
    done = Demonstration(folder, lang)
    drawn = sample.generate(sample.SAMPLE_SEED, folder / "data")
    projects.start(
        folder,
        municipality=MUNICIPALITY,
        settlements=[sample.EKATTE],
        country="bg",
        crs=None,
        language=lang,
        settlement_list=drawn.settlements,
        contact=CONTACT,
    )
    here = projects.opened(folder)
    for delivered in drawn.deliveries:
        if delivered.kind == "points":
            continue  # point lists stay beside: the outlines made of them are delivered as well
        outcome = ingest.ingest(
            here,
            delivered.path,
            origin=delivered.origin,
            kind=delivered.kind,
            sigma_m=delivered.sigma_m,
            valid_from=delivered.valid_from,
            dry_run=False,
        )
        say(
            f"{delivered.path.name}: read={outcome.n_read} stored={outcome.n_stored} "
            f"quarantined={outcome.n_quarantined}"
        )
    for remark in detect.detect(here).remarks:
        say(remark)
    done.buildings = evaluate.evaluate(here, drawn.truth_buildings)
    done.plots = evaluate.evaluate(here, drawn.truth_plots)
    done.case_id = _tell_a_case(here, lang)
    _publish(here, done, say)
    report = storage.verify(here)
    say(_("store verified: {state}").format(state="ok" if report["ok"] else "FAIL"))
    done.seconds = time.monotonic() - started
    return done


def _require_room(folder: Path, *, overwrite: bool) -> None:
    """An empty or missing folder is fine, an earlier demonstration only with --overwrite."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    ours = (folder / MARK).is_file() and (folder / project.FILE).is_file()
    if not ours:
        raise OptionError(
            _("{folder} holds something else than a demonstration").format(folder=folder),
            hint=_("name another folder: regularize demo build/demo"),
        )
    if not overwrite:
        raise OptionError(
            _("{folder} holds an earlier demonstration").format(folder=folder),
            hint=_("replace it: regularize demo {folder} --overwrite").format(folder=folder),
        )


def _settle(beside: Path, folder: Path) -> None:
    """Give the complete demonstration its name; an earlier one goes only when the new one is there."""
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
    if not folder.exists():
        beside.rename(folder)
        return
    former = project.unfinished_folder(folder.parent)
    folder.rename(former / folder.name)
    try:
        beside.rename(folder)
    except OSError:
        (former / folder.name).rename(folder)
        raise
    shutil.rmtree(former, ignore_errors=True)


def _tell_a_case(here: Opened, lang: str) -> str:
    """A detailed plan that has been announced: so that maps and dossiers have a procedure to show.

    Its dates hang on today, so that a deadline is always near.
    """
    start = project.today() - timedelta(days=OPENED_DAYS_AGO)
    parts = case.plan_part_names(here)
    title = in_language("Detailed development plan of the neighbourhood", lang)
    opened = case.open_case(
        here,
        kind="detailed_plan",
        title=title,
        part=parts[0] if parts else None,
        area=None,
        homes=(),
        on=start,
        facts=("scope=state_gazette",),
    )
    for event, days in STORY:
        case.record_event(
            here,
            opened["id"],
            event=event,
            on=_working_day(start + timedelta(days=days)),
            part=None,
            evidence={},
            announced=None,
            facts=(),
            corrects=None,
            actor="demo",
        )
    return str(opened["id"])


def _working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend: offices act on working days."""
    return day - timedelta(days=max(0, day.weekday() - FRIDAY))


def _publish(here: Opened, done: Demonstration, say: Say) -> None:
    """Maps for both audiences, dossiers and sheets of the first homes, letters of the case, the report."""
    for audience in ("office", "council"):
        path = here.project.maps_dir / f"{audience}.html"
        size, _remarks = maps.build(
            here,
            path,
            audience=audience,
            area=None,
            on=None,
            recipient=None,
            lang=done.lang,
        )
        done.maps[audience] = path
        say(
            _("map: {path} ({size} kB)").format(
                path=path.relative_to(here.project.root), size=round(size / 1000)
            )
        )
    done.dossiers = here.project.dossiers_dir
    for audience, limit, message in (
        ("office", DOSSIERS, _("dossiers: {n} in {folder}")),
        ("resident", SHEETS, _("sheets: {n} in {folder}")),
    ):
        printed = dossiers.build(
            here,
            (),
            everything=True,
            area=None,
            on=None,
            limit=limit,
            folder=done.dossiers,
            lang=done.lang,
            overwrite=True,
            audience=audience,
        )
        for failure in printed.failures:
            say(failure)
        say(message.format(n=len(printed.files), folder=printed.folder.name))
    done.sheets = printed.files
    for kind in LETTERS:
        done.letters += letters.build(
            here,
            kind,
            done.case_id,
            on=None,
            parcels=(),
            all_parcels=False,
            fmt="pdf",
            form=None,
            folder=here.project.root / letters.FOLDER,
            lang=done.lang,
            overwrite=True,
        ).files
    done.report = here.project.maps_dir / "report.html"
    reports.council(here, done.report, area=None, on=None, fmt="html", lang=done.lang)

"""Cases and ways: the status of many cases, an import of a spreadsheet, the ways of all homes.

    python benchmarks/cases.py           prints, and writes docs/performance.md
    python benchmarks/cases.py --short   a tenth of everything, and writes nothing

CPU seconds of the process, the best of `ROUNDS`; the law's data is read beforehand.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

from regularize.countries import load
from regularize.law.deadlines import calendar_of
from regularize.law.procedure import CaseEvent, parse, status

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKS = ("<!-- benchmarks/cases.py writes from here -->", "<!-- cases: to here -->")
CASES, IMPORTED, HOMES = 10_000, 1_000, (1_000, 10_000)
ROUNDS = 2
ON = date(2026, 11, 1)
FACTS = {"scope": "state_gazette", "changes_parcel_boundaries": True}
HISTORY = (
    *("brief_prepared", "environment_screened", "heritage_screened", "permission_requested", "permitted"),
    *("permission_announced", "commissioned", "surveyed", "drafted_preliminary", "drafted_final"),
    *("submitted", "sent_to_gazette", "announced_sg", *["objection_received"] * 11),
    *("coordinated", "cadastre_prechecked", "council_reviewed", "accepted", "objectors_informed"),
    *("approved_council", "published_on_website", "decision_sent_to_gazette", "promulgated", "appealed"),
    *("court_upheld", "in_force_recorded", "cadastre_project_layer", "remark", "rights_settled"),
    "cadastre_updated",
)
DAYS = {"objection_received": 2, "council_reviewed": 12, "court_upheld": 300}
# name -> events that concern one part only
KINDS = {
    "one part": (),
    "two parts, one appealed": ("appealed", "court_upheld"),
    "two parts from the draft on": ("drafted_final", "appealed", "court_upheld"),
}


def histories(n: int, of_part: Sequence[str] = ()) -> list[list[CaseEvent]]:
    """`n` cases of forty events; those in `of_part` concern part B only."""
    cases = []
    for number in range(n):
        day, log = date(2018, 1, 1) + timedelta(days=number % 1500), []
        for seq, type_ in enumerate(HISTORY, start=1):
            day += timedelta(days=DAYS.get(type_, 9))
            part = "B" if type_ in of_part else None
            log.append(CaseEvent(seq, type_, day, part, {"document": "order", "number": seq}))
        cases.append(log)
    return cases


def cpu_of(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The least CPU seconds of some rounds."""
    spent = []
    for _round in range(rounds):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return min(spent)


def statuses(n: int) -> dict[str, float]:
    """CPU seconds for the status of `n` cases, by kind of history."""
    calendar, plan = calendar_of(load("bg")), parse(load("bg").procedures["detailed_plan"])
    found = {}
    for kind, of_part in KINDS.items():
        cases, parts = histories(n, of_part), ("A", "B") if of_part else ()

        def work(cases: list[list[CaseEvent]] = cases, parts: tuple[str, ...] = parts) -> None:
            for log in cases:
                status(plan, log, on=ON, calendar=calendar, facts=FACTS, parts=parts)

        found[kind] = cpu_of(work)
    return found


def imports(folder: Path, n: int) -> tuple[float, float]:
    """CPU seconds to try, and to import, a CSV of `n` cases of forty events."""
    from regularize.workflow import case_import, projects

    lines = ["преписка;вид;обхват;дата на образуване;акт;дата;вид документ;номер"]
    for number, log in enumerate(histories(n)):
        for event in log:
            of_case = "detailed_plan;ДВ;2017-12-01" if event.seq == 1 else ";;"
            lines.append(f"{number};{of_case};{event.type};{event.on.isoformat()};order;{event.seq}")
    table = folder / "prepiski.csv"
    table.write_text("\n".join(lines), encoding="utf-8")
    command("init", folder / "cases", "--municipality", "Примерна")
    here = projects.opened(folder / "cases")
    spent = []
    for dry_run in (True, False):
        before = time.process_time()
        record = case_import.import_file(here, table, dry_run=dry_run, actor="")
        spent.append(time.process_time() - before)
        if record["problems"] or record["read"] != n * len(HISTORY):
            raise SystemExit(f"not all rows could be read: {record['problems'][:3]}")
    return spent[0], spent[1]


def ways(folder: Path, n: int) -> tuple[int, float]:
    """Homes of about `n` surveyed buildings, and CPU seconds for the ways of all of them."""
    import geopandas

    from regularize.workflow import pathway, projects

    sys.path.insert(0, str(Path(__file__).parent))
    from settlements import neighbourhoods

    project, made = folder / f"homes{n}", neighbourhoods(n)
    command("init", project, "--municipality", "Примерна")
    layers = (
        ("cadastre", "parcels", made.parcels, "cadnum", "68134.{k}.{i}"),
        ("cadastre", "buildings", made.registered, "cadnum", "68134.{k}.{i}.1"),
        ("survey", "buildings", made.surveyed, "id", "s{k}-{i}"),
        ("survey", "plots", made.plots, "id", "d{k}-{i}"),
    )
    for origin, kind, outlines, column, pattern in layers:
        names = [pattern.format(k=1 + i // 9000, i=1 + i % 9000) for i in range(len(outlines))]
        frame = geopandas.GeoDataFrame({column: names}, geometry=list(outlines), crs="EPSG:7801")
        file = folder / f"{origin}-{kind}.shp"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame.to_file(file)
        command("-p", project, "ingest", origin, file, "--kind", kind)
    command("-p", project, "detect")
    here = projects.opened(project)
    before = time.process_time()
    found = pathway.assessed(here, (), everything=True, area=None, on=None, facts=())
    return len(found["homes"]), time.process_time() - before


def command(*words: object) -> None:
    """Run a command line; odd data is no failure here."""
    run = [sys.executable, "-m", "regularize", "--lang", "en", "-q", *map(str, words)]
    done = subprocess.run(run, check=False, capture_output=True, text=True)
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)


def table(scale: float = 1) -> str:
    """The figures as Markdown."""
    n_cases, n_imported = round(CASES * scale), round(IMPORTED * scale)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            (f"status of {n_cases:,} cases of 40 events, {kind}", spent, 5 * scale)
            for kind, spent in statuses(n_cases).items()
        ]
        tried, stored = imports(folder, n_imported)
        events = n_imported * len(HISTORY)
        rows += [
            (f"`case import --dry-run`, {events:,} events", tried, 7 * scale),
            (f"`case import`, {events:,} events", stored, None),
        ]
        for n, asked in zip(HOMES, (5, 30), strict=True):
            homes, spent = ways(folder, round(n * scale))
            rows.append((f"`pathway --all`, {homes:,} homes", spent, asked * scale))
    lines = ["## Cases and ways", "", "CPU seconds of one core.", ""]
    lines += ["| job | CPU s | asked: at most |", "|---|---:|---:|"]
    lines += [
        f"| {job} | {spent:.2f} | {'-' if asked is None else f'{asked:g}'} |" for job, spent, asked in rows
    ]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the figures between our own marks of the page."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Performance\n"
    if MARKS[0] not in page:
        page = f"{page.rstrip()}\n\n{MARKS[0]}\n{MARKS[1]}\n"
    between = re.compile(re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1]), re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", page), encoding="utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args().short
    text = table(0.1 if short else 1)
    print(text)
    if not short:
        write(text)


if __name__ == "__main__":
    main()

"""The council's report: exact counts go in, withheld ones come out."""

from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regularize.i18n import in_language, marked
from regularize.model import BuildingClass, PlotClass
from regularize.project import today
from regularize.publish.disclosure import Figure, suppress
from regularize.publish.report import council_report_pdf, render_council_report
from regularize.publish.view import View, smallest_count
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.council_ways import council_ways
from regularize.workflow.partition import council_blocks
from regularize.workflow.projects import Opened, store_of
from regularize.workflow.report_facts import consultations, origins, progress
from regularize.workflow.report_releases import released
from regularize.workflow.whole import write_whole

FIGURES = (
    (marked("Surveyed buildings"), "observed_buildings"),
    (marked("Buildings in the cadastre"), "buildings"),
    (marked("Surveyed plots"), "plots"),
    (marked("Parcels in the cadastre"), "parcels"),
)
AWAITING = marked("Findings that await a decision")
NOTE = marked(
    "What is found is a candidate until a person decides. It says nothing about ownership or permits."
)


def council(here: Opened, output: Path, *, area: str | None, on: date | None, fmt: str, lang: str) -> None:
    """Write the council's report to `output`.

    Raises
    ------
    OptionError
        If the format or the area is unknown.
    """
    day = on or today()
    with store_of(here) as store:
        data = _data(here, store, area=area, on=day, lang=lang)
    if fmt == "pdf":
        write_whole(output, council_report_pdf(data, lang=lang, labels=here.pack.label))
        return
    text = render_council_report(data, lang=lang, labels=here.pack.label, fmt=fmt)
    # Excel takes a CSV for UTF-8 only by its mark.
    write_whole(output, text.encode("utf-8-sig" if fmt == "csv" else "utf-8"))


def _data(here: Opened, store: Store, *, area: str | None, on: date, lang: str) -> dict[str, Any]:
    from regularize.workflow.case_words import council_facts

    place = area_geometry(store, area)
    k = smallest_count()
    blocks = council_blocks(store, store.findings(), place=place, on=on)
    totals = dict(blocks.totals) if blocks is not None else {}
    waiting = totals.pop("all", None)
    figures: list[dict[str, Any]] = []
    for label, table in FIGURES:
        n = sum(lies_in(geometry, place) for geometry in store.layer(table, on=on).geometry)
        if n:
            figures.append({"label": in_language(label, lang), "value": n if n >= k else None})
    figures.append({"label": in_language(AWAITING, lang), "value": waiting})
    plots = {cls.value for cls in PlotClass} - {cls.value for cls in BuildingClass}
    return {
        "municipality": here.project.municipality,
        "area": area,
        "data_on": on.isoformat(),
        "version": version("regularize"),
        "k": k,
        "figures": figures,
        "classes": [
            {"class": cls, "kind": "plot" if cls in plots else "building", "count": n}
            for cls, n in totals.items()
        ],
        "blocks": _block_rows(blocks),
        **council_facts(here, store, place=place, on=on, lang=lang),
        **council_ways(here, store, area=area, on=on, lang=lang),
        **origins(here, store, on=on, lang=lang),
        "lanes": progress(here, store, place=place, on=on),
        "consultations": heard(store, area=area, on=on, k=k),
        "notes": [in_language(NOTE, lang)],
    }


def heard(store: Store, *, area: str | None, on: date, k: int) -> list[dict[str, Any]]:
    """Consultations; how many people came is held back where it is few.

    A row that a few people more were added to since it was last told stays as it was told: the difference
    would be the meeting that they came to. The sum of all rows stands in the public indicators, so that
    one row alone is never held back.
    """
    every = consultations(store, area=None, on=on)
    lines = {
        ":".join(("people", row["kind"], row["partner"], row["area"])): {
            0: Figure({"n": row["people"]}, on=on.isoformat())
        }
        for row in every
    }
    told = [line[0].findings for line in released(store, "council", lines).values()]
    people = suppress({str(i): n for i, n in enumerate(told)}, k)
    rows = [{**row, "people": people[str(i)]} for i, row in enumerate(every)]
    return [row for row in rows if area is None or row["area"] == area]


def _block_rows(blocks: View | None) -> list[dict[str, Any]]:
    if blocks is None:
        return []
    return [
        {"block": str(number), "count": _shown(counts)}
        for number, counts in zip(blocks.frame["block"], blocks.frame["counts"], strict=True)
    ]


def _shown(counts: Mapping[str, Any]) -> int | str | None:
    """A block's count as the release tells it: exact, "at least", or withheld."""
    least = counts.get("at_least")
    return f"{least}+" if counts["all"] is None and least else counts["all"]

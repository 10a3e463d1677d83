"""Field checks: write the form of a sample, and read what people found with it."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from regularize.detect import fieldcheck
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.project import today
from regularize.publish.walk_form import walk_form
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.exports import log_list, stated_purpose
from regularize.workflow.projects import Opened, store_of

_LABEL, _PURPOSE = "label", "purpose"
_NEEDED = ("what", "id", "class", "grade", "correct")


@dataclass(frozen=True)
class Drawn:
    """A sample that was drawn."""

    path: Path
    paper: Path
    stops: tuple[fieldcheck.Stop, ...]
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """The sample with stable English keys."""
        return {
            "path": str(self.path),
            "paper": str(self.paper),
            "seed": self.seed,
            "findings": sum(stop.what == fieldcheck.FINDING for stop in self.stops),
            "squares": sum(stop.what == fieldcheck.SQUARE for stop in self.stops),
            "stops": [stop.id for stop in self.stops],
        }


def draw(
    here: Opened,
    output: Path,
    *,
    per_stratum: int,
    squares: int,
    seed: int,
    area: str | None,
    lang: str,
    purpose: str | None = None,
    paper: Path | None = None,
) -> Drawn:
    """Draw a sample of the open findings and write its form, as CSV (UTF-8) and to be printed (PDF).

    Parameters
    ----------
    paper : Path, optional
        The PDF; beside the CSV where not stated.

    Raises
    ------
    InputError
        If there are no findings, or the form cannot be written.
    OptionError
        If there is no area of that name, or a longer form has no purpose.
    """
    with store_of(here, read_only=True) as store:
        place = area_geometry(store, area)
        findings = [f for f in store.findings() if lies_in(f.geometry, place)]
        ground = place if place is not None else _all_areas(store)
    if not findings:
        raise InputError(
            _("there are no findings to draw from"),
            hint=_("compare survey and cadastre first: regularize detect"),
        )
    stops = fieldcheck.draw(
        findings,
        per_stratum=per_stratum,
        squares=squares,
        seed=seed,
        thresholds=here.pack.thresholds,
        area=ground,
    )
    rows = fieldcheck.form(stops)
    stated = stated_purpose(len(rows), purpose)
    for row in rows:
        row[_PURPOSE] = stated
        row[_LABEL] = here.pack.label(f"class.{row['class']}", lang) if row["class"] else ""
    text = io.StringIO()
    names = [*fieldcheck.GIVEN[:5], _LABEL, *fieldcheck.GIVEN[5:], *fieldcheck.QUESTIONS, _PURPOSE]
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    printed = paper or output.with_suffix(".pdf")
    form = walk_form(
        rows,
        lang=lang,
        labels=here.pack.label,
        municipality=here.project.municipality,
        area=area or "",
        seed=seed,
        day=today().isoformat(),
        purpose=stated,
    )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        # With its mark a spreadsheet takes it for UTF-8 and shows Cyrillic.
        output.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        printed.write_bytes(form)
    except OSError as error:
        raise InputError(
            _("{path} cannot be written").format(path=output), hint=_("check the folder and its permissions")
        ) from error
    log_list(here, "fieldcheck", len(rows), stated)
    return Drawn(output, printed, tuple(stops), seed)


@dataclass(frozen=True)
class Scored:
    """The result of a field check, ready to print."""

    checked: fieldcheck.Checked

    def as_dict(self) -> dict[str, Any]:
        """The result with stable English keys."""
        return self.checked.as_dict()

    def rows(self, label: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
        """One row for each class and grade: looked at, right, precision and its interval."""
        for (cls, grade), share in self.checked.precision.items():
            yield label.get(cls, cls), grade, share.n, share.right, _value(share.share), _span(share)

    @property
    def remarks(self) -> Iterator[str]:
        """Recall, and what was left unanswered."""
        recall = self.checked.recall
        if recall.n:
            yield _("in the squares {listed} of {seen} buildings are known: {share} ({interval})").format(
                listed=recall.right, seen=recall.n, share=_value(recall.share), interval=_span(recall)
            )
        else:
            yield _("no square was counted: nothing can be said of what is missing")
        if self.checked.unanswered:
            yield _("without a usable answer: {ids}").format(ids=", ".join(self.checked.unanswered))


def score(form: Path) -> Scored:
    """Read a filled form, whether it was saved with commas or semicolons, as UTF-8 or in cp1251.

    Raises
    ------
    InputError
        If it is missing, cannot be read, or is not the form.
    """
    try:
        raw = form.read_bytes()
    except OSError as error:
        raise InputError(
            _("no such file: {path}").format(path=form), hint=_("check the name and the folder")
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1251", errors="replace")
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        rows = [
            {
                str(name): str(value)
                for name, value in row.items()
                if name is not None and isinstance(value, str)
            }
            for row in csv.DictReader(io.StringIO(text), delimiter=mark)
        ]
    except csv.Error as error:
        raise InputError(
            _("{path} cannot be read as a table").format(path=form), hint=_("save it as CSV again")
        ) from error
    names = {name.strip() for name in head.strip().split(mark)}
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InputError(
            _("{path} lacks the columns {columns}").format(path=form, columns=", ".join(missing)),
            hint=_("fill the form that this command writes: regularize fieldcheck draw"),
        )
    return Scored(fieldcheck.score(rows))


def class_labels(here: Opened, scored: Scored, lang: str) -> dict[str, str]:
    """Labels of the classes that occur."""
    names = {cls for cls, _grade in scored.checked.precision}
    return {name: here.pack.label(f"class.{name}", lang) for name in names}


def _all_areas(store: Store) -> BaseGeometry | None:
    """The ground of all areas of the project; None where there are none."""
    areas = store.layer("areas")
    return None if areas.empty else shapely.union_all(list(areas.geometry))


def _value(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _span(share: fieldcheck.Share) -> str:
    span = share.interval
    return "-" if span is None else f"{span[0]:.3f}-{span[1]:.3f}"

"""Score findings against a truth file: the only place, with the demonstration, that prints precision."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from regularize.detect import evaluate as scoring
from regularize.errors import InputError
from regularize.i18n import translate as _
from regularize.workflow.projects import Opened, store_of

COLUMNS = ("survey_ref", "register_ref", "class")
PLOT_COLUMNS = {"plot_ref": "survey_ref", "parcel_ref": "register_ref"}


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, ready to print."""

    evaluation: scoring.Evaluation

    def as_dict(self) -> dict[str, Any]:
        """The evaluation with stable English keys."""
        return self.evaluation.as_dict()

    def rows(self) -> Iterator[tuple[object, ...]]:
        """One row per class: truth, found, precision, recall; a dash where nothing can be said."""
        for name, score in self.evaluation.classes.items():
            yield name, score.truth, score.found, _share(score.precision), _share(score.recall)

    def matches(self) -> Iterator[tuple[object, ...]]:
        """The same building, new, gone: truth, found, precision, recall and F1."""
        named = {"pairs": _("the same building (pairs)"), "new": _("new"), "gone": _("not found")}
        for name, score in self.evaluation.matching.items():
            shares = (score.precision, score.recall, score.f1)
            yield named[name], score.truth, score.found, *(_share(share) for share in shares)

    def confused(self) -> Iterator[tuple[object, ...]]:
        """What was taken for something else, the most frequent first: truth, found, number."""
        for (truth, found), n in sorted(self.evaluation.confusion.items(), key=lambda item: -item[1]):
            if truth != found:
                yield truth, found, n

    def calibration(self) -> Iterator[tuple[object, ...]]:
        """One row for each tenth of the score: how many, their mean score, the share that is right."""
        for part in self.evaluation.calibration:
            span = f"{part.low:.1f}-{part.high:.1f}"
            yield span, part.n, _share(part.mean_score), _share(part.right)


def evaluate(here: Opened, truth: Path) -> Evaluated:
    """Score the findings of the store against `truth`; of buildings or of plots, by its columns."""
    frame = read_truth(truth)
    kind = "plot" if "plot_ref" in frame.columns else "building"
    frame = frame.rename(columns=PLOT_COLUMNS)
    with store_of(here, read_only=True) as store:
        findings = store.findings()
    refs = {ref for f in findings for ref in (*f.survey_refs, *f.register_refs)}
    stated = {ref for name in COLUMNS[:2] for text in frame[name] for ref in str(text).split("|")}
    if not findings:
        raise InputError(_("there are no findings to score yet"), hint=_("regularize detect"))
    if not refs & stated:
        raise InputError(
            _("{path} speaks of none of the objects in this project").format(path=truth),
            hint=_("is it the truth of another project? Its refs must be those of the files"),
        )
    return Evaluated(scoring.score(findings, frame, kind=kind))


def read_truth(path: Path) -> pd.DataFrame:
    """The truth file: CSV with survey_ref, register_ref, class (plots: plot_ref, parcel_ref); all text.

    Of buildings the class may be missing: people mostly say only what is the same building.

    Raises
    ------
    InputError
        If it is missing, unreadable, or lacks a column.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(
            _("no such file: {path}").format(path=path), hint=_("check the name and the folder")
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(
            _("{path} cannot be read as a table").format(path=path),
            hint=_("save it as CSV in UTF-8 with the columns {columns}").format(columns=", ".join(COLUMNS)),
        ) from error
    named = {PLOT_COLUMNS.get(name, name) for name in frame.columns}
    if "plot_ref" not in frame.columns:
        named.add("class")
    missing = [name for name in COLUMNS if name not in named]
    if missing:
        raise InputError(
            _("{path} lacks the columns {columns}").format(path=path, columns=", ".join(missing)),
            hint=_("its first line must read: {columns}").format(columns=",".join(COLUMNS)),
        )
    return frame if "class" in frame.columns else frame.assign(**{"class": ""})


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

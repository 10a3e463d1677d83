"""Judge a delivery without storing it, with or without a project."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from geopandas import GeoDataFrame

from regularize import intake
from regularize.errors import InputError, MissingExtraError, OptionError
from regularize.i18n import language
from regularize.i18n import translate as _
from regularize.intake import Delivery
from regularize.intake.known import Progress
from regularize.model import Issue, Severity
from regularize.privacy import redact
from regularize.publish.checks import render_check_report
from regularize.store import Store
from regularize.workflow.ingest import judged_line, place_lines, sigma_line, unusable
from regularize.workflow.issues import issue_lines, issue_record
from regularize.workflow.projects import ANYWHERE, Opened, Reference, known_of, store_of
from regularize.workflow.unread import Unread, unread
from regularize.workflow.whole import write_whole


@dataclass(frozen=True)
class Checked:
    """The judgement of one delivery."""

    path: Path
    delivery: Delivery
    reference: Reference
    assumed: bool = False  # nobody said who delivers it, and more than one may

    @property
    def refused(self) -> int:
        """How many rows would go into quarantine."""
        return len(self.delivery.quarantine)

    def as_dict(self) -> dict[str, Any]:
        """The judgement with stable English keys."""
        read, named = self.delivery.source, self._identifiers()
        return {
            "path": redact(self.path.name)[0],
            "layer": self.delivery.target.name,
            "origin": read.origin,
            "origin_assumed": self.assumed,
            "read": read.n_read,
            "stored": len(self.delivery.frame),
            "quarantined": self.refused,
            "crs": read.source_crs,
            "encoding": read.encoding,
            "encoding_judged": self.delivery.encoding_judged,
            "sigma_m": read.sigma_m,
            "sigma_stated": not self.delivery.sigma_taken,
            "ignored_columns": list(self.delivery.ignored_columns),
            "issues": [
                {
                    **issue_record(replace(issue, message=redact(issue.message)[0])),
                    "identifier": named.get(issue.feature),
                }
                for issue in self.delivery.issues
            ],
            "passed": self.passed(),
            "not_assessed": dict(self.delivery.not_assessed),
            "error": None,
            "hint": None,
        }

    def passed(self) -> list[str]:
        """Codes whose checks were made and found nothing."""
        return sorted(self.delivery.checked - {issue.code for issue in self.delivery.issues})

    def lines(self) -> Iterator[str]:
        """What to tell the user."""
        yield _("{file}: {layer}, CRS {crs}, encoding {encoding}").format(
            file=self.path.name,
            layer=self.reference.pack.label(f"layer.{self.delivery.target.name}", language()),
            crs=self.delivery.source.source_crs,
            encoding=self.delivery.source.encoding or "-",
        )
        if self.assumed:
            yield _("  judged as a survey, as nothing tells who delivers it; else: --origin cadastre")
        if self.delivery.encoding_judged and self.delivery.sample:
            yield judged_line(self.delivery.source.encoding)
        if self.delivery.sample:
            yield _("  a row as it was read: {sample}").format(sample=self.delivery.sample)
        if self.delivery.sigma_taken:
            yield sigma_line(self.delivery.source.sigma_m)
        yield from place_lines(self.delivery.not_assessed)
        yield from issue_lines(self.delivery.issues, verbose=False)
        yield _("  {read} rows read, {accepted} can be stored, {refused} would go into quarantine").format(
            read=self.delivery.source.n_read, accepted=len(self.delivery.frame), refused=self.refused
        )

    def _identifiers(self) -> dict[int | None, str]:
        """By row, how people call it: its identifier, else the number that the file gives it."""
        frame = self.delivery.frame
        named: dict[int | None, str] = {}
        for column in ("ref", "identifier"):
            given = zip(frame["feature"].tolist(), frame[column].tolist(), strict=True)
            named |= {row: text for row, text in given if text}
            refused = ((row.feature, row.attributes.get(column)) for row in self.delivery.quarantine)
            named |= {row: text for row, text in refused if text}
        return named

    def _weight(self, issues: Sequence[Issue]) -> str:
        """Whether the rows of these issues are all set aside, whatever one issue alone would do."""
        refused = {row.feature for row in self.delivery.quarantine}
        if issues and all(issue.feature in refused for issue in issues):
            return str(Severity.ERROR)
        return str(issues[0].severity)

    def _without_place(self, issue: Issue) -> str:
        """What was found, without file, layer and row: the page says these already."""
        read = self.delivery.source
        place = _("{file}, layer {layer}").format(file=read.path, layer=read.layer)
        before = f"{place}: "
        if issue.feature is not None:
            before = _("{place}, feature {feature}: {text}").format(
                place=place, feature=issue.feature + 1, text=""
            )
        return redact(issue.message.removeprefix(before))[0]

    def for_page(self, lang: str) -> dict[str, Any]:
        """The judgement as the page shows it: problems by code, then what was in order."""
        rules, named = self.reference.pack.rules, self._identifiers()
        by_code: dict[str, list[Any]] = {}
        for issue in self.delivery.issues:
            by_code.setdefault(issue.code, []).append(issue)
        return {
            "path": redact(self.path.name)[0],
            "layer": self.reference.pack.label(f"layer.{self.delivery.target.name}", lang),
            "read": self.delivery.source.n_read,
            "accepted": len(self.delivery.frame),
            "refused": self.refused,
            "crs": self.delivery.source.source_crs,
            "encoding": self.delivery.source.encoding,
            "sample": self.delivery.sample,
            "ignored_columns": self.delivery.ignored_columns,
            "problems": [
                {
                    "code": code,
                    "title": rules[code].title[lang] if code in rules else code,
                    "text": rules[code].text[lang] if code in rules else "",
                    "trap": rules[code].trap.get(lang, "") if code in rules else "",
                    "severity": self._weight(issues),
                    "n": len(issues),
                    "places": [
                        {
                            "feature": None if issue.feature is None else issue.feature + 1,
                            "identifier": named.get(issue.feature),
                            "easting": issue.x,
                            "northing": issue.y,
                            "message": self._without_place(issue),
                        }
                        for issue in issues
                    ],
                }
                for code, issues in sorted(by_code.items(), key=_by_weight)
            ],
            "not_assessed": [
                {"code": code, "title": rules[code].title[lang], "why": why}
                for code, why in sorted(self.delivery.not_assessed.items())
            ],
            "passed": [{"code": code, "title": rules[code].title[lang]} for code in self.passed()],
        }


def _by_weight(entry: tuple[str, Sequence[Issue]]) -> tuple[int, int]:
    """What keeps rows out first, then what is more frequent."""
    _code, issues = entry
    return (list(Severity).index(issues[0].severity), -len(issues))


def check(
    reference: Reference,
    path: Path,
    *,
    origin: str | None,
    kind: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    profile: str | None = None,
    sigma_m: float | None = None,
    valid_from: date | None = None,
    source: str | None = None,
    control_points: Path | None = None,
    grid: Path | None = None,
    settlements: Path | None = None,
    elsewhere: bool = False,
    beside: dict[str, GeoDataFrame] | None = None,
    progress: Progress | None = None,
) -> Checked:
    """Read one delivery as `ingest` would, and keep nothing.

    Parameters
    ----------
    origin : str or None
        None: the only one that fits the kind and the names; of several, a survey, which is said.
    beside : dict of layer to rows
        What the same command has read so far; what is read now is added.

    Raises
    ------
    OptionError, InputError
        As `ingest` does.
    """
    assumed = False
    if origin is None:
        fitting = intake.origins_of(path, kind=kind, layer=layer, pack=reference.pack, profile=profile)
        assumed = len(fitting) > 1
        origin = fitting[0] if len(fitting) == 1 else "survey"
    with _store_of(reference) as store:
        delivery = intake.read(
            path,
            origin=origin,
            kind=kind,
            layer=layer,
            project_crs=reference.crs or ANYWHERE,
            extent=reference.extent,
            pack=reference.pack,
            crs=crs,
            encoding=encoding,
            profile=profile,
            sigma_m=sigma_m,
            valid_from=valid_from,
            source=source,
            known=replace(
                known_of(
                    reference,
                    control_points,
                    store,
                    grid=grid,
                    settlements=settlements,
                    elsewhere=elsewhere,
                    beside=beside,
                ),
                progress=progress,
            ),
        )
    if beside is not None:
        beside[delivery.target.name] = delivery.frame
    return Checked(path, delivery, reference, assumed)


def check_or_list(reference: Reference, path: Path, **reading: Any) -> Checked | Unread:
    """As `check`; a file that cannot be read is listed too, and is no reason to leave the others unread.

    Raises
    ------
    StoreError
        If the project cannot be used: that is no fault of the file.
    """
    try:
        return check(reference, path, **reading)
    except (InputError, OptionError, MissingExtraError) as error:
        is_placed = any(reading.get(name) is not None for name in ("crs", "control_points", "grid"))
        return unread(reference, path, error, is_placed=is_placed)
    except OSError as error:
        return unread(reference, path, unusable(path, error), is_placed=True)


@contextmanager
def _store_of(reference: Reference) -> Iterator[Store | None]:
    """The store of the project, where there is one to compare with; never written to."""
    here = reference.project
    if here is None or not here.store_path.is_file():
        yield None
        return
    with store_of(Opened(here, reference.pack), read_only=True) as store:
        yield store


def write(reports: Sequence[Checked | Unread], output: Path, *, lang: str) -> None:
    """Write the report as a page or as JSON, by the ending of `output`."""
    ending = output.suffix.lower()
    if ending == ".json":
        text = json.dumps([report.as_dict() for report in reports], ensure_ascii=False, indent=2) + "\n"
    elif ending in {".html", ".htm"}:
        text = render_check_report([report.for_page(lang) for report in reports], lang=lang)
    else:
        raise OptionError(
            _("the report cannot be written as {ending}").format(ending=ending or output.name),
            hint=_("give a name that ends in .html or .json"),
        )
    write_whole(output, text.encode("utf-8"))

"""Bring a delivery into the store: read, check, store in one transaction, say what became of it."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from geopandas import GeoDataFrame

from regularize import intake, privacy
from regularize.errors import InputError
from regularize.i18n import language
from regularize.i18n import translate as _
from regularize.intake.known import Progress
from regularize.model import Batch, Issue
from regularize.project import today
from regularize.workflow.issues import issue_lines, issue_record
from regularize.workflow.projects import Opened, known_of, store_of


@dataclass(frozen=True)
class Ingested:
    """What became of one delivery."""

    path: Path
    n_read: int
    n_stored: int
    n_quarantined: int
    batch: int | None
    already: bool
    table: str
    issues: tuple[Issue, ...]
    ignored_columns: tuple[str, ...] = ()
    encoding: str | None = None
    source_crs: str | None = None
    sample: str | None = None
    encoding_judged: bool = False
    title: str = ""
    superseded: int = 0
    options: tuple[tuple[str, ...], ...] = ()
    sigma_m: float | None = None
    sigma_taken: bool = False
    not_assessed: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result with stable English keys."""
        return {
            "path": privacy.redact(self.path.name)[0],
            "read": self.n_read,
            "stored": self.n_stored,
            "quarantined": self.n_quarantined,
            "batch": self.batch,
            "already_stored": self.already,
            "layer": self.table,
            "crs": self.source_crs,
            "encoding": self.encoding,
            "encoding_judged": self.encoding_judged,
            "sigma_m": self.sigma_m,
            "sigma_stated": not self.sigma_taken,
            "ignored_columns": list(self.ignored_columns),
            "issues": [issue_record(issue) for issue in self.issues],
            "not_assessed": dict(self.not_assessed),
        }

    def check_command(self) -> str:
        """What shows the rows that were set aside, to be pasted as it stands."""
        given = [word for option in self.options for word in option]
        return shlex.join(["regularize", "check", str(self.path), *given, "--report", "check.html"])

    def lines(self, *, verbose: bool) -> Iterable[str]:
        """What to tell the user, the most important last."""
        if self.already:
            yield _("{file}: already stored as batch {batch}; nothing was written").format(
                file=self.path.name, batch=self.batch
            )
            return
        yield _("{file}: {layer}, CRS {crs}, encoding {encoding}").format(
            file=self.path.name,
            layer=self.title or self.table,
            crs=self.source_crs,
            encoding=self.encoding or "-",
        )
        if self.encoding_judged and self.sample:
            yield judged_line(self.encoding)
        if self.sample and (verbose or self.encoding_judged):
            yield _("  a row as it was read: {sample}").format(sample=self.sample)
        if self.ignored_columns:
            yield _("  columns not stored: {columns}").format(columns=", ".join(self.ignored_columns))
        if self.sigma_taken and self.sigma_m is not None:
            yield sigma_line(self.sigma_m)
        yield from place_lines(dict(self.not_assessed))
        yield from issue_lines(self.issues, verbose=verbose)
        if self.superseded:
            yield _("  {n} rows of earlier deliveries are replaced; they stay in the store").format(
                n=self.superseded
            )
        if self.n_quarantined:
            yield _(
                "  {n} rows are in quarantine: mend the file and ingest it again, or see: {command}"
            ).format(n=self.n_quarantined, command=self.check_command())


def ingest(
    here: Opened,
    path: Path,
    *,
    origin: str,
    dry_run: bool,
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
) -> Ingested:
    """Read one delivery and store it.

    Parameters
    ----------
    beside : dict of layer to rows
        What a dry run has read so far; what it reads now is added.

    Returns
    -------
    Ingested
        ``n_read == n_stored + n_quarantined``. The same content ingested before is a no-op.

    Raises
    ------
    OptionError, InputError
        If the file, its layer, kind or CRS cannot be used; the store is unchanged.
    StoreError
        If the store is locked or damaged.
    """
    given = {
        "--origin": origin,
        "--kind": kind,
        "--layer": layer,
        "--crs": crs,
        "--encoding": encoding,
        "--profile": profile,
        "--sigma": sigma_m,
        "--control-points": control_points,
        "--grid": grid,
        "--settlements": settlements,
    }
    options: tuple[tuple[str, ...], ...] = tuple(
        (name, str(value)) for name, value in given.items() if value is not None
    )
    if elsewhere:
        options += (("--elsewhere",),)
    with store_of(here) as store:
        try:
            delivery = intake.read(
                path,
                origin=origin,
                kind=kind,
                layer=layer,
                project_crs=here.project.crs,
                extent=here.extent,
                pack=here.pack,
                crs=crs,
                encoding=encoding,
                profile=profile,
                sigma_m=sigma_m,
                valid_from=valid_from,
                source=None if source is None else privacy.redact(source)[0],
                known=replace(
                    known_of(
                        here,
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
        except OSError as error:
            raise unusable(path, error) from error
        # A file's name can hold a personal number as well as its rows.
        delivery = _nameless(delivery, path)
        read = delivery.source
        known = store.find_batch(read.sha256, read.origin, read.kind, read.layer)
        if known is not None and not delivery.brings_news:
            issues = tuple(issue for _n, issue in store.issues(known.id))
            return _of_batch(path, known, delivery.target.name, issues=issues)
        if dry_run:
            if beside is not None:
                beside[delivery.target.name] = delivery.frame
            return Ingested(
                path,
                read.n_read,
                len(delivery.frame),
                len(delivery.quarantine),
                None,
                already=False,
                table=delivery.target.name,
                issues=delivery.issues,
                ignored_columns=delivery.ignored_columns,
                encoding=read.encoding,
                source_crs=read.source_crs,
                sample=delivery.sample,
                encoding_judged=delivery.encoding_judged,
                title=here.pack.label(f"layer.{delivery.target.name}", language()),
                options=options,
                sigma_m=read.sigma_m,
                sigma_taken=delivery.sigma_taken,
                not_assessed=tuple(sorted(delivery.not_assessed.items())),
            )
        if progress is not None:
            progress(_("storing"), 0, read.n_read)
        batch = store.ingest(read, delivery.target, delivery.frame, delivery.quarantine, delivery.issues)
        payload = store.events(subject=f"batch:{batch.id}")[-1].payload or {}
    return Ingested(
        path,
        batch.source.n_read,
        batch.n_stored,
        batch.n_quarantined,
        batch.id,
        already=False,
        table=delivery.target.name,
        issues=delivery.issues,
        ignored_columns=delivery.ignored_columns,
        encoding=read.encoding,
        source_crs=read.source_crs,
        sample=delivery.sample,
        encoding_judged=delivery.encoding_judged,
        title=here.pack.label(f"layer.{delivery.target.name}", language()),
        superseded=int(payload.get("superseded", 0)),
        options=options,
        sigma_m=read.sigma_m,
        sigma_taken=delivery.sigma_taken,
        not_assessed=tuple(sorted(delivery.not_assessed.items())),
    )


def _nameless(delivery: intake.Delivery, path: Path) -> intake.Delivery:
    """The delivery without what its file or layer is named after, where that is somebody's number or name."""
    source = delivery.source
    named = (path.name, source.path, source.layer)
    words = {word for text in named for word in privacy.personal_words(text)}
    if not words:
        return delivery

    def clean(text: str) -> str:
        for word in sorted(words, key=len, reverse=True):
            text = text.replace(word, privacy.MASK)
        return text

    return replace(
        delivery,
        source=replace(
            source, path=clean(source.path), layer=clean(source.layer), source=clean(source.source)
        ),
        issues=tuple(replace(issue, message=clean(issue.message)) for issue in delivery.issues),
        quarantine=tuple(replace(row, message=clean(row.message)) for row in delivery.quarantine),
    )


def tables_last(paths: Sequence[Path]) -> list[Path]:
    """`paths` in the order of reading: a table is joined to a layer that the same command brings."""
    return intake.tables_last(paths) if len(paths) > 1 else list(paths)


def withdraw(here: Opened, batch: int, *, reason: str) -> tuple[int, int]:
    """Close a batch's rows and reopen what rested on them; returns (closed, reopened)."""
    with store_of(here) as store:
        store.withdraw(batch, privacy.redact(reason)[0], on=today(), actor="")
        payload = store.events(subject=f"batch:{batch}")[-1].payload or {}
    return int(payload.get("closed", 0)), int(payload.get("reopened", 0))


def judged_line(encoding: str | None) -> str:
    """That nobody stated the encoding: whoever knows the names should look at a row."""
    return _(
        "  the encoding is not stated: by its letters the text is {encoding}; if the row below is wrong: "
        "--encoding"
    ).format(encoding=encoding)


def sigma_line(sigma_m: float) -> str:
    """That nobody stated an accuracy, and which was taken: every later judgement rests on it."""
    return _(
        "  no accuracy is stated: {sigma} m is taken, the usual one of such a delivery; the real one: --sigma"
    ).format(sigma=sigma_m)


def unusable(path: Path, error: OSError) -> InputError:
    """A file that the system refuses, in words."""
    return InputError(
        _("{path} cannot be read or written: {reason}").format(path=path, reason=error.strerror or error),
        hint=_("check the rights of the folder and the space on the disk: regularize doctor"),
    )


def place_lines(not_assessed: Mapping[str, str]) -> Iterable[str]:
    """That nothing has told whether a file lies where it should, and why."""
    if not_assessed.keys() >= set(intake.PLACE_CODES):
        why = dict.fromkeys(not_assessed[code] for code in intake.PLACE_CODES)
        yield _("  the place is not assessed: {why}").format(why="; ".join(why))


def _of_batch(path: Path, batch: Batch, table: str, *, issues: tuple[Issue, ...]) -> Ingested:
    return Ingested(
        path,
        batch.source.n_read,
        batch.n_stored,
        batch.n_quarantined,
        batch.id,
        already=True,
        table=table,
        issues=issues,
        encoding=batch.source.encoding,
        source_crs=batch.source.source_crs,
        sigma_m=batch.source.sigma_m,
        not_assessed=tuple(sorted(batch.source.not_assessed.items())),
    )

"""Bring a delivery into the store: read, check, store in one transaction, say what became of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from regularize import intake, privacy
from regularize.i18n import translate as _
from regularize.intake.known import Progress
from regularize.model import Batch, Issue
from regularize.project import today
from regularize.workflow.projects import Opened, known_of, store_of

# Issues of one kind beyond these are counted, not listed, on the terminal; --json lists all.
LISTED = 3


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
    superseded: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The result with stable English keys."""
        return {
            "path": self.path.name,
            "read": self.n_read,
            "stored": self.n_stored,
            "quarantined": self.n_quarantined,
            "batch": self.batch,
            "already_stored": self.already,
            "layer": self.table,
            "crs": self.source_crs,
            "encoding": self.encoding,
            "ignored_columns": list(self.ignored_columns),
            "issues": [issue_record(issue) for issue in self.issues],
        }

    def lines(self, *, verbose: bool) -> Iterable[str]:
        """What to tell the user, the most important last."""
        if self.already:
            yield _("{file}: already stored as batch {batch}; nothing was written").format(
                file=self.path.name, batch=self.batch
            )
            return
        yield _("{file}: {layer}, CRS {crs}, encoding {encoding}").format(
            file=self.path.name, layer=self.table, crs=self.source_crs, encoding=self.encoding or "-"
        )
        if self.sample and verbose:
            yield _("  a row as it was read: {sample}").format(sample=self.sample)
        if self.ignored_columns:
            yield _("  columns not stored: {columns}").format(columns=", ".join(self.ignored_columns))
        yield from issue_lines(self.issues, verbose=verbose)
        if self.superseded:
            yield _("  {n} rows of earlier deliveries are replaced; they stay in the store").format(
                n=self.superseded
            )
        if self.n_quarantined:
            yield _(
                "  {n} rows are in quarantine: mend the file and ingest it again, or see: "
                "regularize check {file}"
            ).format(n=self.n_quarantined, file=self.path.name)


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
    progress: Progress | None = None,
) -> Ingested:
    """Read one delivery and store it.

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
    with store_of(here) as store:
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
            known=replace(known_of(here, control_points, store), progress=progress),
        )
        # A file's name can hold a personal number as well as its rows.
        read = replace(delivery.source, path=privacy.redact(delivery.source.path)[0])
        known = store.find_batch(read.sha256, read.origin, read.kind, read.layer)
        if known is not None:
            issues = tuple(issue for _n, issue in store.issues(known.id))
            return _of_batch(path, known, delivery.target.name, issues=issues)
        if dry_run:
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
        superseded=int(payload.get("superseded", 0)),
    )


def withdraw(here: Opened, batch: int, *, reason: str) -> tuple[int, int]:
    """Close a batch's rows and reopen what rested on them; returns (closed, reopened)."""
    with store_of(here) as store:
        store.withdraw(batch, privacy.redact(reason)[0], on=today(), actor="")
        payload = store.events(subject=f"batch:{batch}")[-1].payload or {}
    return int(payload.get("closed", 0)), int(payload.get("reopened", 0))


def issue_record(issue: Issue) -> dict[str, Any]:
    """An issue with stable English keys; feature numbers count from 1, as people do."""
    return {
        "code": issue.code,
        "severity": str(issue.severity),
        "message": issue.message,
        "feature": None if issue.feature is None else issue.feature + 1,
        "x": issue.x,
        "y": issue.y,
    }


def issue_lines(issues: Iterable[Issue], *, verbose: bool) -> Iterable[str]:
    """Issues for the terminal: of each code the first few, then their number."""
    issues = list(issues)
    totals = Counter(issue.code for issue in issues)
    shown: Counter[str] = Counter()
    for issue in issues:
        shown[issue.code] += 1
        if verbose or shown[issue.code] <= LISTED:
            yield f"  {issue.code}: {issue.message}"
        elif shown[issue.code] == LISTED + 1:
            yield _(
                "  {code}: {n} more (list them with --json; what it means: regularize explain {code})"
            ).format(code=issue.code, n=totals[issue.code] - LISTED)


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
    )

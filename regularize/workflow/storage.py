"""What the store holds, and whether it is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regularize import privacy
from regularize.errors import InputError, StoreError
from regularize.i18n import translate as _
from regularize.model import NOT_ASSESSED
from regularize.store import Store, copies
from regularize.workflow.projects import Opened, store_of


def info(here: Opened) -> dict[str, Any]:
    """Counts per layer, batches, schema and CRS, with stable English keys."""
    with store_of(here, read_only=True) as store:
        record = dict(store.info())
        record["batches"] = [
            {
                "id": batch.id,
                "path": batch.source.path,
                "layer": batch.source.layer,
                "origin": batch.source.origin,
                "kind": batch.source.kind,
                "source": batch.source.source,
                "date": batch.source.valid_from.isoformat(),
                "recorded_at": batch.recorded_at,
                "reader": batch.source.reader,
                "crs": batch.source.source_crs,
                "encoding": batch.source.encoding,
                "sha256": batch.source.sha256,
                "read": batch.source.n_read,
                "stored": batch.n_stored,
                "quarantined": batch.n_quarantined,
                "withdrawn": batch.withdrawn_reason,
                "not_assessed": batch.source.not_assessed,
                "notes": [note for note in batch.source.notes if not note.startswith(NOT_ASSESSED)],
            }
            for batch in store.batches()
        ]
    return record


def batch_rows(here: Opened, record: dict[str, Any], *, lang: str) -> Iterator[tuple[object, ...]]:
    """The batches of `info` as table rows."""
    for batch in record["batches"]:
        yield (
            batch["id"],
            f"{here.pack.label('origin.' + batch['origin'], lang)}: "
            f"{here.pack.label('kind.' + batch['kind'], lang)}",
            batch["date"],
            batch["read"],
            batch["stored"],
            batch["quarantined"],
            batch["withdrawn"],
        )


def migrate(here: Opened) -> list[str]:
    """Bring the store up to date by opening it for writing; returns its migrations by name."""
    with store_of(here) as store:
        return [str(name) for name in store.info()["schema"]]


def backup(here: Opened, target: Path) -> int:
    """Copy the store to `target` while others may write; returns its size in bytes."""
    with store_of(here, read_only=True):
        return copies.backup(here.project.store_path, target)


def restore(here: Opened, source: Path) -> Path | None:
    """Put the copy `source` in the place of the store; returns where the former one is kept.

    Raises
    ------
    InputError
        If there is no such file.
    StoreError
        If it is no whole store of this program; the store stays as it is.
    """
    if not source.is_file():
        raise InputError(
            _("no such file: {path}").format(path=source), hint=_("check the name and the folder")
        )
    with Store.open(source, read_only=True) as copy:
        # A copy on a stick has lost its file mode and perhaps its side file; its content counts.
        wrong = [c.name for c in copy.verify().checks if not c.ok and c.name not in {"file_mode", "head"}]
    if wrong:
        raise StoreError(
            _("the copy {path} is not whole: {what}").format(path=source, what=", ".join(wrong)),
            hint=_("take an older copy; the store was left as it is"),
        )
    return copies.restore(source, here.project.store_path, {"from": privacy.redact(source.name)[0]})


def verify(here: Opened) -> dict[str, Any]:
    """The result of every check of the store, with stable English keys."""
    with store_of(here, read_only=True) as store:
        report = store.verify()
    return {
        "ok": report.ok,
        "checks": [
            {"name": c.name, "ok": c.ok, "note": c.ok and bool(c.detail), "detail": c.detail}
            for c in report.checks
        ],
    }

"""What the store holds, and whether it is whole."""

from collections.abc import Iterator
from typing import Any

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


def verify(here: Opened) -> dict[str, Any]:
    """The result of every check of the store, with stable English keys."""
    with store_of(here, read_only=True) as store:
        report = store.verify()
    return {
        "ok": report.ok,
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in report.checks],
    }

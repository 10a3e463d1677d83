"""The project store: one GeoPackage with every delivery, finding, home, case and event."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import geopandas
from sqlalchemy import func, select, update

from regularize import layers
from regularize.errors import OptionError
from regularize.i18n import translate as _
from regularize.model import Batch, Finding, Home, HomeChanges, Issue, ReviewState, Source
from regularize.project import today
from regularize.store import (
    blocks,
    database,
    deliveries,
    digests,
    events,
    findings,
    geopackage,
    homes,
    indicative,
    migrations,
    reading,
)
from regularize.store.casebook import CaseBook
from regularize.store.documents import Document, DocumentMethods
from regularize.store.erasure import ErasureMethods
from regularize.store.standing import StandingMethods
from regularize.store.verify import Check, VerifyReport, verify

__all__ = ["Check", "Document", "Store", "VerifyReport"]


class Store(CaseBook, DocumentMethods, ErasureMethods, StandingMethods):
    """An open store; use it as a context manager.

    Every method that writes does so in one transaction together with its entry in the log: after
    a crash the store holds all of it or none of it. Geometries are in the project's CRS.

    Examples
    --------
    >>> with Store.open(path) as store:  # doctest: +SKIP
    ...     parcels = store.layer("parcels")
    """

    def __init__(self, opened: database.Database) -> None:
        self._database = opened
        self._metadata = opened.metadata

    @classmethod
    def create(cls, path: Path, *, crs: str, title: str) -> Self:
        """Make a new store (file mode 0600) and open it.

        Raises
        ------
        OptionError
            If a store stands there already, or `crs` is no projected CRS as ``AUTH:CODE``.
        StoreError
            If the folder cannot be written.
        """
        database.create(path, crs, title)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the store at `path`; an older schema is brought up to date, unless read-only.

        Raises
        ------
        InputError
            If there is none.
        StoreError
            If it is locked, damaged, of a newer schema, or not a store of this program.
        """
        return cls(database.open_(path, read_only=read_only))

    @classmethod
    def as_known(cls, path: Path, *, day: date | None = None, seq: int | None = None) -> Self:
        """The store as it was known at the end of a day, or after an event; a copy in memory.

        What is done in it changes nothing on the disk.

        Raises
        ------
        OptionError
            If the store held nothing then, or kept no history of its rows yet.
        """
        return cls(database.as_known(path, day=day, seq=seq))

    def close(self) -> None:
        """Close the store."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """Where the store lies."""
        return self._database.path

    @property
    def crs(self) -> str:
        """The CRS of all geometries, as ``AUTH:CODE``."""
        return self._database.crs

    # Deliveries

    def ingest(
        self,
        source: Source,
        target: layers.Layer,
        frame: geopandas.GeoDataFrame,
        quarantine: Sequence[deliveries.Quarantined] = (),
        issues: Sequence[Issue] = (),
        *,
        actor: str = "",
    ) -> Batch:
        """Store one delivery in one transaction.

        Rows of earlier deliveries from the same ``source`` that show the same thing are not
        deleted: the older row ends where the newer one begins (see ``timeline``). Of two
        deliveries of one day the one ingested later stays.

        Raises
        ------
        RefusedError
            If read is not stored + quarantined; nothing is stored.
        InputError
            If a row does not fit the layer; nothing is stored.
        OptionError
            If the frame is in another CRS.
        StoreError
        """
        with self._database.write() as connection:
            return deliveries.ingest(
                connection,
                self._metadata,
                self.crs,
                source,
                target,
                frame,
                tuple(quarantine),
                tuple(issues),
                actor,
            )

    def find_batch(self, sha256: str, origin: str, kind: str, layer: str) -> Batch | None:
        """The delivery that holds this content already, if it was not withdrawn."""
        table = self._metadata.tables["batches"]
        query = (
            select(table)
            .where(
                table.c.sha256 == sha256,
                table.c.origin == origin,
                table.c.kind == kind,
                table.c.layer == layer,
                table.c.withdrawn_on.is_(None),
            )
            .order_by(table.c.id.desc())
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else deliveries.read_batch(row)

    def batches(self) -> list[Batch]:
        """All deliveries in the order of their ingestion; withdrawn ones carry their reason."""
        table = self._metadata.tables["batches"]
        query = select(table).order_by(table.c.id)
        with self._database.read() as connection:
            return [deliveries.read_batch(row) for row in connection.execute(query)]

    def batch(self, number: int) -> Batch:
        """One delivery. Raises ``OptionError`` if there is none of that number."""
        for batch in self.batches():
            if batch.id == number:
                return batch
        raise OptionError(
            _("the store holds no batch {batch}").format(batch=number), hint="regularize store info"
        )

    def issues(self, batch: int | None = None) -> list[tuple[int, Issue]]:
        """(delivery, issue) of one delivery or of all."""
        table = self._metadata.tables["issues"]
        query = select(table).order_by(table.c.id)
        if batch is not None:
            query = query.where(table.c.batch == batch)
        with self._database.read() as connection:
            return [deliveries.read_issue(row) for row in connection.execute(query)]

    def withdraw(self, number: int, reason: str, *, on: date | None = None, actor: str = "") -> int:
        """Withdraw a delivery: its rows are closed and what they had ended goes on; nothing is erased.

        Returns
        -------
        int
            How many rows of other deliveries go on.

        Raises
        ------
        OptionError
            If there is no such delivery, or it was withdrawn before.
        """
        with self._database.write() as connection:
            return deliveries.withdraw(connection, self._metadata, number, reason, on or today(), actor)

    def layer(self, name: str, *, on: date | None = None) -> geopandas.GeoDataFrame:
        """Rows of an ingested layer that are valid on a day (default: today).

        Text, dates and whole numbers that may be missing are Python objects or ``None``.

        Raises
        ------
        OptionError
            If the store has no such layer.
        """
        if name not in {layer.name for layer in layers.LAYERS}:
            raise OptionError(
                _("the store has no layer {layer}").format(layer=name),
                hint=_("one of: {layers}").format(layers=", ".join(layer.name for layer in layers.LAYERS)),
            )
        with self._database.read() as connection:
            return reading.layer(connection, self._metadata, self.crs, name, on or today())

    def delivery_places(self) -> list[tuple[float, float, float, float]]:
        """Of each delivery that stands, the box around the bulk of its rows."""
        with self._database.read() as connection:
            return reading.delivery_places(connection, self._metadata)

    # Results of detection

    def known_findings(self) -> list[Finding]:
        """Every finding with an id, closed ones too: what comes back keeps its id."""
        return self.findings(include_closed=True)

    def known_homes(self) -> list[Home]:
        """The homes that go on."""
        return self.homes()

    def next_number(self, prefix: str) -> int:
        """The next free number of ids that begin with ``B``, ``P``, ``T`` or ``C``."""
        with self._database.read() as connection:
            return findings.next_number(connection, self._metadata, prefix)

    def save_run(
        self,
        run: Mapping[str, Any],
        found: Sequence[Finding],
        closed: Mapping[str, str],
        changes: HomeChanges,
        *,
        proposals: geopandas.GeoDataFrame | None = None,
        outdated: Collection[int] = (),
        actor: str = "",
        on: date | None = None,
    ) -> int:
        """Write what a detection run found, in one transaction; returns its number.

        The log gets one ``detect.run`` and an entry for each thing that changed, so that a run
        without change adds one entry. Reviews survive (see ``findings.save``).

        Parameters
        ----------
        run : mapping
            Parameters and inputs of the run, JSON-able.
        found : sequence of Finding
            With ids. Those known are refreshed, the others are new.
        closed : mapping
            Id to reason of findings that are gone.
        changes : HomeChanges
        proposals : GeoDataFrame, optional
            Indicative plots (``indicative.save``).
        outdated : collection of int
            Rows of earlier indicative plots that the run looked at anew; they end unless made again.

        Raises
        ------
        OptionError
            If ids are missing, double or unknown.
        """
        day = on or today()
        with self._database.write() as connection:
            metadata = self._metadata
            number = findings.start_run(connection, metadata, run, day, actor, geopackage.stamp())
            drafts, counts = findings.save(connection, metadata, number, found, closed, day, actor)
            more, home_counts = homes.save(connection, metadata, changes, found, day, actor)
            table = metadata.tables["runs"]
            every = {"findings": counts, "homes": home_counts}
            names = ["runs", "findings", "homes", "home_links"]
            if proposals is not None:
                every["indicative_plots"] = indicative.save(connection, metadata, number, proposals, outdated)
                names.append("indicative_plots")
            connection.execute(update(table).where(table.c.id == number).values(counts=every))
            for name in names:
                geopackage.touch(connection, metadata.tables[name])
            state = digests.of_tables(connection, metadata, *names)
            draft = events.Draft("detect.run", f"run:{number}", day, every, actor, state)
            events.append(connection, metadata, [draft, *drafts, *more])
            return number

    def findings(self, *, include_closed: bool = False) -> list[Finding]:
        """Findings in the order in which they were first found."""
        with self._database.read() as connection:
            return findings.all_findings(connection, self._metadata, include_closed=include_closed)

    def run_parameters(self, number: int) -> dict[str, Any]:
        """What a run was made with: thresholds, deliveries, version; empty where there is no such run."""
        with self._database.read() as connection:
            return findings.run_parameters(connection, self._metadata, number)

    def finding(self, id_: str) -> Finding:
        """One finding, closed or not. Raises ``OptionError`` if there is none."""
        with self._database.read() as connection:
            return findings.one(connection, self._metadata, id_)

    def review(self, id_: str, state: ReviewState | str, note: str, by: str, on: date) -> Finding:
        """Record what a person says of a finding. Raises ``OptionError``."""
        with self._database.write() as connection:
            return findings.review(connection, self._metadata, id_, state, note, by, on)

    def homes(self, *, include_closed: bool = False) -> list[Home]:
        """Homes in the order of their making."""
        with self._database.read() as connection:
            return homes.all_homes(connection, self._metadata, include_closed=include_closed)

    def home(self, id_: str) -> Home:
        """One home, ended or not. Raises ``OptionError`` if there is none."""
        with self._database.read() as connection:
            return homes.one(connection, self._metadata, id_)

    def home_links(self, id_: str) -> dict[str, list[dict[str, Any]]]:
        """Everything that hangs or hung on a home, by table, with valid dates (``homes.links_of``)."""
        with self._database.read() as connection:
            return homes.links_of(connection, self._metadata, id_)

    def save_blocks(self, frame: geopandas.GeoDataFrame, *, actor: str = "") -> int:
        """Add blocks to the fixed partition; returns how many were new (``blocks.save``)."""
        with self._database.write() as connection:
            return blocks.save(connection, self._metadata, frame, today(), actor)

    def blocks(self) -> geopandas.GeoDataFrame:
        """The fixed partition of the area into blocks: ``fid``, ``block``, ``counts``, geometry."""
        with self._database.read() as connection:
            return blocks.read(connection, self._metadata, self.crs)

    def indicative_plots(self) -> geopandas.GeoDataFrame:
        """Plots inferred where none were surveyed (``indicative.read``); for no statement of areas."""
        with self._database.read() as connection:
            return indicative.read(connection, self._metadata, self.crs)

    # The store itself

    def verify(self) -> VerifyReport:
        """Hold content, index and log against each other; changes nothing."""
        with self._database.read() as connection:
            return verify(connection, self._metadata, self.path)

    def info(self) -> dict[str, Any]:
        """What the store holds: counts, CRS, schema, head of the log. English keys, JSON-able."""
        with self._database.read() as connection:
            metadata = self._metadata
            settings = metadata.tables["settings"]
            title = connection.scalar(select(settings.c.value).where(settings.c.name == "title"))
            head = events.head(connection, metadata)

            def count(name: str, *where: Any) -> int:
                query = select(func.count()).select_from(metadata.tables[name]).where(*where)
                return connection.scalar(query) or 0

            counted = {}
            for layer in layers.LAYERS:
                table = metadata.tables[layer.name]
                live = reading.valid_on(table, today())
                counted[layer.name] = {"live": count(layer.name, *live), "total": count(layer.name)}
            return {
                "title": title,
                "crs": self.crs,
                "schema": migrations.applied(connection, metadata),
                "layers": counted,
                **{name: count(name) for name in ("batches", "quarantine", "issues", "runs")},
                **{
                    name: count(name)
                    for name in ("findings", "homes", "cases", "objections", "documents", "events")
                },
                "head": {"count": head.seq, "hash": head.hash},
            }

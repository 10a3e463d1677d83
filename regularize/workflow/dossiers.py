"""Print dossiers: the facts of each home, its drawings, and what is known of its case."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regularize.errors import OptionError, RegularizeError
from regularize.i18n import translate as _
from regularize.model import DECIDED, QUIET_CLASSES, Finding, Home
from regularize.plan.facts import home_facts
from regularize.project import today
from regularize.publish.dossier import render_dossier
from regularize.publish.scene import home_scene
from regularize.publish.situation import draw_location, draw_situation
from regularize.store import Store
from regularize.workflow.areas import area_geometry, lies_in
from regularize.workflow.case_words import dossier_facts
from regularize.workflow.dossier_papers import CasePapers, needed, of_case
from regularize.workflow.homes import cases_of, resolve
from regularize.workflow.maps import write_whole
from regularize.workflow.pathway import Desk
from regularize.workflow.projects import Opened, store_of

LAYERS = {
    "register_buildings": "buildings",
    "observed_buildings": "observed_buildings",
    "parcels": "parcels",
    "plots": "plots",
    "streets": "streets",
}


@dataclass
class Printed:
    """Which dossiers were printed, and why others were not."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def build(
    here: Opened,
    ids: Sequence[str],
    *,
    everything: bool,
    area: str | None,
    on: date | None,
    limit: int | None,
    folder: Path,
    lang: str,
    overwrite: bool,
) -> Printed:
    """Write one PDF per home into `folder`; a home that fails does not stop the others."""
    day = on or today()
    printed = Printed(folder)
    with store_of(here, read_only=True) as store:
        place = area_geometry(store, area)
        findings = store.findings()
        homes = [resolve(store, any_id) for any_id in ids]
        if everything:
            awaited = {
                f.home for f in findings if f.home and f.cls not in QUIET_CLASSES and f.review not in DECIDED
            }
            homes += [h for h in store.homes() if h.id in awaited and lies_in(h.geometry, place)]
        homes = list({home.id: home for home in homes}.values())[:limit]
        if not homes:
            raise OptionError(
                _("no home has a finding that awaits a decision"), hint=_("regularize home list")
            )
        desk = _Desk(here, store, findings, day, lang)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for home in homes:
            file = folder / f"{home.id}.pdf"
            if file.exists() and not overwrite:
                printed.failures.append(_("{path} exists already; --overwrite replaces it").format(path=file))
                continue
            try:
                write_whole(file, desk.dossier(home))
            except RegularizeError as error:
                printed.failures.append(f"{home.id}: {error.message}  {error.hint}".rstrip())
            else:
                printed.files.append(file)
    return printed


class _Desk:
    """Everything that several dossiers share, read once."""

    def __init__(self, here: Opened, store: Store, findings: Sequence[Finding], day: date, lang: str) -> None:
        self.here, self.store, self.findings, self.day, self.lang = here, store, findings, day, lang
        self.layers = {name: store.layer(table, on=day) for name, table in LAYERS.items()}
        self.land = store.layer("land", on=day)
        self.areas = store.layer("areas", on=day)
        self.batches = {batch.id: batch for batch in store.batches()}
        self.ways = Desk(here, store, day, {})
        self._cases: dict[str, dict[str, Any]] = {}
        self._case_papers: dict[str, CasePapers] = {}
        log = store.events()
        self.chain_head = log[-1].hash if log else ""
        self.runs = [event for event in log if event.type == "detect.run"]
        self.reviews = [event for event in log if event.type == "finding.reviewed" and event.payload]

    def dossier(self, home: Home) -> bytes:
        """The PDF of one home."""
        facts = home_facts(home, findings=self.findings, land=self.land, **self.layers)
        facts["home"]["municipality"] = self.here.project.municipality
        facts["home"]["area"] = next(
            (
                row.name_of
                for row in self.areas.rename(columns={"name": "name_of"}).itertuples()
                if lies_in(home.geometry, row.geometry)
            ),
            None,
        )
        facts["sources"] = self._sources(home)
        facts["reviews"] = self._reviews(home)
        facts["case"] = self._case(home)
        facts["pathways"] = self.ways.record(home)
        facts["documents"] = needed(
            self.here, self.store, home, facts["pathways"], self._papers(home), lang=self.lang
        )
        facts["provenance"] = self._provenance(facts)
        scene = home_scene(
            register_fids=home.register_fids,
            survey_fids=home.survey_fids,
            boundary=facts["boundary"],
            outline=home.geometry,
            **self.layers,
        )
        words = self.here.pack.label
        return render_dossier(
            facts,
            lang=self.lang,
            labels=words,
            situation=draw_situation(scene, lang=self.lang),
            location=draw_location(scene, lang=self.lang),
        )

    def _sources(self, home: Home) -> list[dict[str, Any]]:
        """The deliveries that the home's rows came from."""
        used: dict[int, dict[str, Any]] = {}
        for name, fids in (
            ("register_buildings", home.register_fids),
            ("observed_buildings", home.survey_fids),
            ("plots", home.plot_fids),
        ):
            frame = self.layers[name]
            for number in frame[frame["fid"].isin(fids)]["batch"]:
                source = self.batches[int(number)].source
                used[int(number)] = {
                    "origin": source.origin,
                    "layer": LAYERS[name],
                    "source": source.path if source.source == source.origin else source.source,
                    "valid_from": source.valid_from.isoformat(),
                    "sigma_m": source.sigma_m,
                }
        return [used[number] for number in sorted(used)]

    def _reviews(self, home: Home) -> list[dict[str, Any]]:
        """What people have said of the home's findings."""
        return [
            {
                "on": event.on.isoformat(),
                "finding": finding.id,
                "state": (event.payload or {}).get("state"),
                "note": (event.payload or {}).get("note"),
            }
            for finding in self.findings
            if finding.home == home.id
            for event in self.reviews
            if event.subject == f"finding:{finding.id}"
        ]

    def _case(self, home: Home) -> dict[str, Any] | None:
        cases = cases_of(self.store, home)
        if not cases:
            return None
        case = cases[-1]
        if case.id not in self._cases:  # many homes share the case of their plan
            self._cases[case.id] = dossier_facts(self.here, self.store, case, on=self.day, lang=self.lang)
        return self._cases[case.id]

    def _papers(self, home: Home) -> list[CasePapers]:
        out = []
        for case in cases_of(self.store, home):
            if case.id not in self._case_papers:
                self._case_papers[case.id] = of_case(self.here, self.store, case, on=self.day, lang=self.lang)
            out.append(self._case_papers[case.id])
        return out

    def _provenance(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Data date, run, version, chain head, rules and thresholds behind the statements."""
        runs = self.runs
        rules = self.here.pack.rules
        codes = [code for finding in facts["findings"] for code in finding["reasons"]]
        used = [name for code in dict.fromkeys(codes) if code in rules for name in rules[code].parameters]
        records = self.here.pack.threshold_records
        return {
            "data_on": self.day.isoformat(),
            "crs": self.here.project.crs,
            "run": runs[-1].subject.partition(":")[2] if runs else None,
            "version": version("regularize"),
            "dossier_version": len(runs) or 1,
            "chain_head": self.chain_head,
            # All that were run, also those that found nothing.
            "rules": sorted(code for code, rule in rules.items() if rule.kind == "reason"),
            "parameters": [
                {
                    "name": self._threshold(name),
                    "value": records[name]["value"],
                    "unit": records[name]["unit"],
                }
                for name in dict.fromkeys(used)
                if name in records
            ],
        }

    def _threshold(self, name: str) -> str:
        key = f"threshold.{name}"
        return self.here.pack.label(key, self.lang) if self.here.pack.has_label(key) else name

"""What the dossiers of many homes share, read once; and the facts and drawings of one home."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from typing import Any

import numpy as np
import shapely

from regularize.countries.parameters import NotAssessedValue, Value
from regularize.geometry.rows import Positions, Rows
from regularize.model import Case, Finding, Home, NotAssessed
from regularize.plan.facts import STREET_REACH_M, TOUCH_M, home_facts
from regularize.publish.scene import home_scene
from regularize.publish.situation import Scene, reach_m
from regularize.publish.text import format_number
from regularize.store import Store
from regularize.workflow import projects
from regularize.workflow.areas import lies_in
from regularize.workflow.case_words import dossier_facts
from regularize.workflow.dossier_papers import CasePapers, needed, of_case
from regularize.workflow.pathway import Desk
from regularize.workflow.projects import Opened

LAYERS = {
    "register_buildings": "buildings",
    "observed_buildings": "observed_buildings",
    "parcels": "parcels",
    "plots": "plots",
    "streets": "streets",
}
AREA_TOLERANCE = "cadastre_area_tolerance"
OWN = {"register_buildings": "register_fids", "observed_buildings": "survey_fids", "plots": "plot_fids"}


class DossierDesk:
    """The layers, the log and the cases of a store on one day."""

    def __init__(self, here: Opened, store: Store, findings: Sequence[Finding], day: date, lang: str) -> None:
        self.here, self.store, self.day, self.lang = here, store, day, lang
        self.layers = {name: Rows(store.layer(table, on=day)) for name, table in LAYERS.items()}
        self.land = Rows(store.layer("land", on=day))
        self.areas = store.layer("areas", on=day)
        self.settlements = projects.settlement_names(here)
        self.batches = {batch.id: batch for batch in store.batches()}
        self.ways = Desk(here, store, day, {}, findings=findings)
        self.findings: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.home:
                self.findings.setdefault(finding.home, []).append(finding)
        self.plan_parts = store.layer("plan_parts", on=day)
        self._cases: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._case_papers: dict[str, CasePapers] = {}
        log = store.events()
        self.chain_head = log[-1].hash if log else ""
        self.runs = [event for event in log if event.type == "detect.run"]
        self.reviews: dict[str, list[Any]] = {}
        for event in log:
            if event.type == "finding.reviewed" and event.payload:
                self.reviews.setdefault(event.subject, []).append(event)
        self.version = version("regularize")

    def facts(self, home: Home) -> tuple[dict[str, Any], Scene]:
        """All that the dossier of a home says, as values, and what its sketches show."""
        facts = home_facts(
            home,
            findings=self.findings.get(home.id, ()),
            land=self.land,
            area_tolerance_m2=self._tolerance(),
            **self.layers,
        )
        facts["area_tolerance"] = self._provision(facts)
        facts["home"]["municipality"] = self.here.project.municipality
        facts["home"]["settlement_name"] = self.settlements.get(home.settlement)
        facts["home"]["area"] = next(
            (
                name
                for name, place in zip(self.areas["name"], self.areas.geometry, strict=True)
                if place is not None and lies_in(home.geometry, place)
            ),
            None,
        )
        facts["sources"] = self._sources(home)
        facts["reviews"] = self._reviews(home)
        facts["cases"] = self._cases_of(home)
        facts["pathways"] = self.ways.record(home)
        cases = self.ways.cases.of(home)
        held = self.ways.papers.of(home, cases)
        facts["documents"] = needed(
            self.here, held, facts["pathways"], [self._papers(case) for case in cases], lang=self.lang
        )
        facts["provenance"] = self._provenance(facts)
        scene = home_scene(
            register_fids=home.register_fids,
            survey_fids=home.survey_fids,
            boundary=facts["boundary"],
            outline=home.geometry,
            **self.layers,
        )
        return facts, scene

    def _sources(self, home: Home) -> list[dict[str, Any]]:
        """The deliveries that the home's rows, and the ground around it, came from."""
        used: dict[tuple[int, str], dict[str, Any]] = {}
        for name, rows in {**self.layers, "land": self.land}.items():
            member = OWN.get(name)
            # of the ground around it, whatever the sketches show and the tables name
            where = rows.of(getattr(home, member)) if member else _around(rows, home)
            if name == "parcels":
                where = np.union1d(where, _adjoining(rows, home))
            for number in sorted(set(rows.column("batch")[where].tolist())):
                source = self.batches[int(number)].source
                used[int(number), name] = {
                    "origin": source.origin,
                    "layer": LAYERS.get(name, name),
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
            for finding in self.findings.get(home.id, ())
            for event in self.reviews.get(f"finding:{finding.id}", ())
        ]

    def _cases_of(self, home: Home) -> list[dict[str, Any]]:
        """Every case of the home that runs or has a term to come; else the one opened last."""
        part = self.plan_part(home)
        told = [self._case(case, part) for case in self.ways.cases.of(home)]
        return [case for case in told if case["running"] or case["deadlines"]] or told[-1:]

    def _case(self, case: Case, part: str | None) -> dict[str, Any]:
        key = (case.id, part)
        if key not in self._cases:  # many homes share the case of their plan
            self._cases[key] = dossier_facts(
                self.here, self.store, case, on=self.day, lang=self.lang, plan_part=part
            )
        return self._cases[key]

    def plan_part(self, home: Home) -> str | None:
        """The plan part that the home lies in: procedures move part by part."""
        return next(
            (
                str(name)
                for name, place in zip(self.plan_parts["name"], self.plan_parts.geometry, strict=True)
                if name and place is not None and lies_in(home.geometry, place)
            ),
            None,
        )

    def _papers(self, case: Case) -> CasePapers:
        if case.id not in self._case_papers:
            self._case_papers[case.id] = of_case(self.here, self.store, case, on=self.day, lang=self.lang)
        return self._case_papers[case.id]

    def _provenance(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Data date, run, version, chain head, rules, thresholds and values of the law behind it all."""
        rules = self.here.pack.rules
        codes = [code for finding in facts["findings"] for code in finding["reasons"]]
        used = [name for code in dict.fromkeys(codes) if code in rules for name in rules[code].parameters]
        records = self.here.pack.threshold_records
        thresholds = [
            {"name": self._threshold(name), "value": records[name]["value"], "unit": records[name]["unit"]}
            for name in dict.fromkeys(used)
            if name in records
        ]
        return {
            "data_on": self.day.isoformat(),
            "crs": self.here.project.crs,
            "run": self.runs[-1].subject.partition(":")[2] if self.runs else None,
            "version": self.version,
            "dossier_version": len(self.runs) or 1,
            "chain_head": self.chain_head,
            # All that were run, also those that found nothing.
            "rules": sorted(code for code, rule in rules.items() if rule.kind == "reason"),
            "parameters": [
                *thresholds,
                *self._law(facts["pathways"]["norms"]),
                *([facts["area_tolerance"]] if facts["area_tolerance"] else []),
            ],
        }

    def _law(self, checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The values of the law behind the norms that were held against a measured value."""
        records = []
        for check in checks:
            norm = self.ways.norms.norms[check["norm"]]
            if check["measured"] is None or norm.limit is None:
                continue
            cited = check["citation"].split("; ")
            rows = [row for row in self.here.pack.parameter(norm.limit).rows if row.citation in cited]
            if rows:
                value, unit = check["limit"], norm.unit
                if value is None:  # a fact that chooses among the provisions is unknown: all that may apply
                    known = sorted({float(r.value) for r in rows if isinstance(r.value, int | float)})
                    value = (
                        " / ".join(
                            format_number(one, 0 if one.is_integer() else 2, lang=self.lang) for one in known
                        )
                        or None
                    )
                    unit = rows[0].unit
                records.append(
                    {
                        "name": self.here.pack.label(f"norm.{norm.id}", self.lang),
                        "value": value,
                        "unit": unit,
                        "citation": check["citation"],
                        "checked_on": min(row.checked_on for row in rows).isoformat(),
                        "status": check["status"],
                    }
                )
        return records

    def _tolerance(self) -> float | NotAssessed:
        """What the law admits as a difference of areas, or why that is not known."""
        parameter = self.here.pack.parameters.get(AREA_TOLERANCE)
        found = None if parameter is None else parameter.at(self.day)
        if found is None:
            return NotAssessed.LAW_UNVERIFIED
        return found.reason if isinstance(found, NotAssessedValue) else found.number

    def _provision(self, facts: Mapping[str, Any]) -> dict[str, Any] | None:
        """The provision on the difference of areas, with a value or without; None if none were compared."""
        parameter = self.here.pack.parameters.get(AREA_TOLERANCE)
        found = None if parameter is None else parameter.at(self.day)
        if parameter is None or found is None or found.row is None:
            return None
        if all(area["sigma_m2"] is None for area in facts["areas"]):
            return None
        return {
            "name": parameter.title[self.lang],
            "value": found.number if isinstance(found, Value) else None,
            "unit": found.row.unit,
            "citation": found.row.citation,
            "checked_on": found.row.checked_on.isoformat(),
            "status": found.row.status,
        }

    def _threshold(self, name: str) -> str:
        key = f"threshold.{name}"
        return self.here.pack.label(key, self.lang) if self.here.pack.has_label(key) else name


def _around(rows: Rows, home: Home) -> Positions:
    """Positions of the rows that a dossier of `home` can speak of or show."""
    if home.geometry is None or home.geometry.is_empty or not len(rows):
        return np.empty(0, np.intp)
    west, south, east, north = home.geometry.bounds
    reach = max(reach_m((west, south, east, north)), STREET_REACH_M)
    return rows.near(shapely.box(west - reach, south - reach, east + reach, north + reach))


def _adjoining(rows: Rows, home: Home) -> Positions:
    """Positions of the rows within the box of what lies beneath `home`, however far that reaches."""
    if home.geometry is None or home.geometry.is_empty or not len(rows):
        return np.empty(0, np.intp)
    beneath = rows.shapes[rows.near(home.geometry)]
    beneath = beneath[shapely.intersects(beneath, home.geometry)]
    if not len(beneath):
        return np.empty(0, np.intp)
    west, south, east, north = shapely.total_bounds(beneath)
    return rows.near(shapely.box(west - TOUCH_M, south - TOUCH_M, east + TOUCH_M, north + TOUCH_M))

"""The resident's sheet of a home: its facts, where its case stands, and whom to ask."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from regularize.model import Case, Home
from regularize.project import FILE
from regularize.publish.resident import (
    Standing,
    catalogue,
    draw_own,
    render_sheet,
    require_contact,
    sheet_values,
)
from regularize.publish.situation import Scene
from regularize.store import Store
from regularize.workflow.case import status_of
from regularize.workflow.case_words import part_of
from regularize.workflow.homes import cases_of
from regularize.workflow.projects import Opened


class Sheets:
    """Prints sheets in one language.

    Raises
    ------
    OptionError
        If the project does not say whom to ask, or there are no words in that language.
    """

    def __init__(self, here: Opened, store: Store, language: str, templates: Path) -> None:
        self.here, self.store = here, store
        self.contact = require_contact(here.project.contact, FILE)
        self.words = catalogue(language, templates)
        own = templates / "resident.typ"
        self.template = own if own.is_file() else None
        self._standings: dict[tuple[str, str | None], tuple[Standing, bool]] = {}

    def render(
        self, home: Home, facts: Mapping[str, Any], scene: Scene, *, day: date, plan_part: str | None
    ) -> bytes:
        """The PDF of one home, which lies in `plan_part`."""
        values = sheet_values(
            facts,
            self._standing(home, day, plan_part),
            self.words,
            self.contact,
            day=day,
            drawing=draw_own(scene, north=self.words["north"]),
            yard=not (home.survey_fids or home.register_fids),
        )
        return render_sheet(values, day=day, template=self.template)

    def _standing(self, home: Home, day: date, plan_part: str | None) -> Standing:
        """Where the home stands: in the case whose term ends first, else in the last that runs."""
        cases = cases_of(self.store, home)
        if not cases:
            return Standing()
        told = [self._of_case(case, day, plan_part) for case in cases]
        running = [standing for standing, runs in told if runs] or [told[-1][0]]
        urgent = [standing for standing in running if standing.deadlines]
        chosen = min(urgent, key=_ends) if urgent else running[-1]
        return replace(chosen, deadlines=[term for standing in urgent for term in standing.deadlines])

    def _of_case(self, case: Case, day: date, plan_part: str | None) -> tuple[Standing, bool]:
        """Where one case stands for a plan part with its terms for people, and whether it runs there."""
        key = (case.id, plan_part)
        if key not in self._standings:  # many homes share the case of their plan
            found = status_of(self.here, self.store, case, on=day)
            part = part_of(found, plan_part)
            terms = [
                (deadline.clock, deadline.due, deadline.status != "unverified")
                for deadline in found.deadlines
                if deadline.kind == "right"
                and deadline.state == "running"
                and deadline.due >= day
                and (None in deadline.parts or part.part in deadline.parts)
            ]
            # A refusal ends a case and opens the term to appeal it: the family still can act.
            runs = not part.terminal or bool(terms)
            self._standings[key] = Standing(case.kind, part.step, terms), runs
        return self._standings[key]


def _ends(standing: Standing) -> date:
    return min(due for _clock, due, _verified in standing.deadlines)

"""The resident's sheet of a home: its facts, where its case stands, and whom to ask."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from regularize.model import Home
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
        self._standings: dict[tuple[str, str | None], Standing] = {}

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
        )
        return render_sheet(values, day=day, template=self.template)

    def _standing(self, home: Home, day: date, plan_part: str | None) -> Standing:
        cases = cases_of(self.store, home)
        if not cases:
            return Standing()
        case = cases[-1]
        key = (case.id, plan_part)
        if key not in self._standings:
            found = status_of(self.here, self.store, case, on=day)
            part = part_of(found, plan_part)
            self._standings[key] = Standing(
                case.kind,
                part.step,
                [
                    (deadline.clock, deadline.due, deadline.status != "unverified")
                    for deadline in found.deadlines
                    if deadline.kind == "right"
                    and deadline.state == "running"
                    and deadline.due >= day
                    and (None in deadline.parts or part.part in deadline.parts)
                ],
            )
        return self._standings[key]

"""Histories of cases: events in, status and deadlines out, at several pivot dates."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from regularize.countries import load
from regularize.law.deadlines import calendar_of
from regularize.law.procedure import CaseEvent, CaseStatus, parse, status

FOLDER = Path(__file__).parents[1] / "scenarios"
FILES = sorted(FOLDER.glob("*.toml"))
EXPECTATIONS = {
    "on", "why", "steps", "since", "process_step", "open", "deadlines", "notes", "gaps", "next", "milestones",
}  # fmt: skip


def events_of(story: dict[str, Any]) -> list[CaseEvent]:
    """Numbered from 1 in the order of the file. A document is named unless the story says otherwise."""
    return [
        CaseEvent(
            seq=n,
            type=entry["type"],
            on=entry["on"],
            part=entry.get("part"),
            facts={"document": "named in the story", **entry.get("facts", {})},
            announced=entry.get("announced"),
            corrects=entry.get("corrects"),
        )
        for n, entry in enumerate(story["events"], start=1)
    ]


def check(found: CaseStatus, expected: dict[str, Any]) -> None:
    parts = {part.part or "whole": part for part in found.parts}
    assert {name: part.step for name, part in parts.items()} == expected["steps"]
    for name, day in expected.get("since", {}).items():
        assert parts[name].since == day
    for name, value in expected.get("process_step", {}).items():
        assert parts[name].process_step == value
    for name, events in expected.get("next", {}).items():
        usual = [n.event for n in parts[name].next_steps if not (n.exceptional or n.parallel) and n.event]
        assert sorted(usual) == sorted(events)
    for name, reached in expected.get("milestones", {}).items():
        assert sorted(m.step for m in parts[name].milestones) == sorted(reached)
    if "open" in expected:
        assert sorted(d.clock for d in found.deadlines if d.state in {"running", "overdue"}) == sorted(
            expected["open"]
        )
    records = [d.as_dict() for d in found.deadlines]
    for wanted in expected.get("deadlines", []):
        plain = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in wanted.items()}
        same = [r for r in records if r["clock"] == plain["clock"] and r["notice"] == plain.get("notice")]
        parts_wanted = plain.pop("parts", None)
        if parts_wanted is not None:
            same = [r for r in same if [part or "whole" for part in r["parts"]] == parts_wanted]
        assert len(same) == 1, (plain, records)
        assert {key: same[0][key] for key in plain} == plain
    assert sorted(note.code for note in found.notes) == sorted(expected.get("notes", []))
    assert sorted(gap.code for gap in found.gaps) == sorted(expected.get("gaps", []))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_scenario(file: Path) -> None:
    story = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(story) <= {"title", "pack", "procedure", "facts", "parts", "events", "expect"}
    pack = load(story.get("pack", "bg"))
    procedure = parse(pack.procedures[story["procedure"]])
    events, calendar = events_of(story), calendar_of(pack)
    assert len(story["expect"]) > 1, "several pivot dates"
    for expected in story["expect"]:
        assert set(expected) <= EXPECTATIONS
        for order in (events, events[::-1]):  # the order of the list says nothing, the dates do
            found = status(
                procedure,
                order,
                on=expected["on"],
                calendar=calendar,
                facts=story.get("facts", {}),
                parts=story.get("parts", []),
            )
            try:
                check(found, expected)
            except AssertionError as error:
                raise AssertionError(f"{file.stem} on {expected['on']}: {error}") from error


def test_there_are_enough() -> None:
    assert len(FILES) >= 15

"""An attacker with every council report of a place, all tables beside each other: nothing small comes back.

The attacker knows how homes are counted: each stands in one state; a document settles homes that are one
document away; what it settles and what needs it beside others shares no home; one document's homes may all
be another's. All of that is solved as one system of linear bounds, over two dates.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest

from regularize.publish.disclosure import Figure
from regularize.publish.lines import Line, ShownLine, counted, shown_line, steady
from regularize.workflow.council_ways import documents_told, states_told
from regularize.workflow.report_facts import HOME_STATES, NOW, ONE_DOCUMENT

K = 11
PLACES = 80
DOCUMENTS = ("a", "b", "c", "d")


@dataclass
class Town:
    """Every home: its area, its state, and what each document would do for it."""

    area: list[int]
    state: list[str]
    settles: dict[str, set[int]]
    beside: dict[str, set[int]]


def drawn(seed: int) -> Town:
    """Documents that settle nearly the same homes, as those do that answer the same question."""
    dice = np.random.default_rng(seed)
    n = int(dice.integers(30, 400))
    area = [int(a) for a in dice.integers(0, int(dice.integers(1, 4)), n)]
    state = [str(s) for s in dice.choice(HOME_STATES, n, p=dice.dirichlet([0.3, 1.0, 0.5, 1.5]))]
    one = [home for home in range(n) if state[home] == ONE_DOCUMENT]
    rest = [home for home in range(n) if state[home] != NOW]
    settles, beside = {}, {}
    core = {home for home in rest if dice.random() < 0.5}
    for name in DOCUMENTS:
        left_out = dice.choice([0.0, 0.03, 0.1, 0.6])
        settles[name] = {home for home in one if dice.random() >= left_out}
        few = dice.choice([0.0, 0.02, 0.2])
        beside[name] = {home for home in core if dice.random() >= few} - settles[name]
    return Town(area, state, settles, beside)


def later(town: Town, seed: int) -> Town:
    """A few papers have come, or many."""
    dice = np.random.default_rng(5000 + seed)
    share = dice.choice([0.01, 0.05, 0.3])
    done = {home for home, s in enumerate(town.state) if s == ONE_DOCUMENT and dice.random() < share}
    state = [NOW if home in done else s for home, s in enumerate(town.state)]
    return Town(
        town.area,
        state,
        {name: homes - done for name, homes in town.settles.items()},
        {name: homes - done for name, homes in town.beside.items()},
    )


def exact(town: Town) -> dict[str, Line]:
    """What the program counts, by area."""
    waiting = {home for home, state in enumerate(town.state) if state != NOW}
    lines: dict[str, Line] = {
        "ways": {i: Figure({"n": town.state.count(state)}) for i, state in enumerate(HOME_STATES)}
    }

    def line(chosen: set[int], of: set[int]) -> Line:
        areas = sorted(set(town.area))
        return {
            a: counted(sum(town.area[h] == a for h in chosen), sum(town.area[h] == a for h in of))
            for a in areas
        }

    for name in DOCUMENTS:
        lines[f"{name}.decides"] = line(town.settles[name], waiting)
        lines[f"{name}.together"] = line(town.beside[name], waiting - town.settles[name])
    return lines


def series(seed: int, releases: int) -> list[tuple[dict[str, int | None], dict[str, ShownLine]]]:
    """What councils were shown, release by release, as the program keeps and hides it."""
    town, past, out = drawn(seed), dict[str, list[Line]](), []
    for n in range(releases):
        for name, line in exact(town).items():
            past.setdefault(name, []).append(steady(past.get(name, []), line, K))
        out.append((states_told(past["ways"][-1], K), documents_told(past, K)))
        town = later(town, 10 * seed + n)
    return out


def figures(told: tuple[dict[str, int | None], dict[str, ShownLine]]) -> dict[tuple[str, int | None], int]:
    """Every exact figure of one report; the key is its line and its area, None for the whole."""
    ways, lines = told
    found: dict[tuple[str, int | None], int] = {}
    near = ways.get(ONE_DOCUMENT)
    if near is not None:
        found[(ONE_DOCUMENT, None)] = near
    for name, line in lines.items():
        for area, n in [(None, line.total), *line.cells.items()]:
            if n is not None:
                found[(name, area)] = n
    return found


def a_few_apart(
    one: dict[tuple[str, int | None], int], other: dict[tuple[str, int | None], int]
) -> list[tuple[str, str]]:
    """Figures of the same place that differ by a few, of one line or of two that may hold the same homes.

    Homes that need a document beside others are not those that are one document away.
    """

    def strangers(*lines: str) -> bool:
        return ONE_DOCUMENT in lines and any(line.endswith("together") for line in lines)

    return [
        (mine[0], theirs[0])
        for mine, n in one.items()
        for theirs, m in other.items()
        if mine[1] == theirs[1] and 0 < abs(n - m) < K and not strangers(mine[0], theirs[0])
    ]


def test_no_two_figures_of_one_or_two_reports_are_a_few_apart() -> None:
    shown = bounds = 0
    for seed in range(PLACES):
        told = series(seed, 3)
        read = [figures(one) for one in told]
        for one in read:
            assert a_few_apart(one, one) == [], seed
        for one, other in combinations(read, 2):
            assert [pair for pair in a_few_apart(one, other) if ONE_DOCUMENT not in pair] == [], seed
        shown += sum(len(r) for r in read)
        bounds += sum(line.least is not None for _ways, lines in told for line in lines.values())
    assert shown > PLACES, "a gate that hides everything proves nothing"
    assert bounds > 50


def test_sums_and_rests_keep_every_hidden_count_open() -> None:
    """What is left of all homes by subtraction: a hidden state, and the homes that lack no document."""
    for seed in range(PLACES):
        town = drawn(seed)
        ways, lines = series(seed, 1)[0]
        homes = len(town.state)
        hidden = [state for state in HOME_STATES if ways[state] is None]
        rest = homes - sum(n or 0 for n in ways.values())
        assert not hidden or (len(hidden) > 1 and (rest >= K or len(hidden) == len(HOME_STATES))), seed
        for name in DOCUMENTS:
            decides, together = lines[f"{name}.decides"], lines[f"{name}.together"]
            for area in [None, *set(town.area)]:
                a, b = (x.total if area is None else x.cells.get(area) for x in (decides, together))
                living = homes if area is None else town.area.count(area)
                for told in (a, b, None if a is None or b is None else a + b):
                    if told is not None:
                        assert told >= K, seed
                        assert living - told >= K, f"{seed}: nearly everybody is said of"
            for line in (decides, together):
                if line.total is not None:
                    left = line.total - sum(n or 0 for n in line.cells.values())
                    gaps = [n for n in line.cells.values() if n is None]
                    assert len(gaps) != 1, seed
                    assert not gaps or left >= K, seed
                else:
                    assert line.least is None or line.least >= K


def test_lower_bounds_leave_room_to_what_they_stand_beside() -> None:
    met = 0
    for seed in range(PLACES):
        for ways, lines in series(seed, 2):
            known = {n for n in [ways.get(ONE_DOCUMENT)] if n is not None}
            for name, line in lines.items():
                if line.least is None or not name.endswith("decides"):
                    continue
                for n in known:
                    met += 1
                    assert n - line.least >= K or n < line.least, (seed, name)
    assert met > 10


@pytest.mark.parametrize("careless", ["documents", "sums", "history"])
def test_the_attacker_does_find_what_is_there(careless: str) -> None:
    """With each of the rules left out, something comes back."""
    found = 0
    for seed in range(PLACES):
        town, past, read = drawn(seed), dict[str, list[Line]](), []
        for n in range(3):
            for name, line in exact(town).items():
                kept = line if careless == "history" else steady(past.get(name, []), line, K)
                past.setdefault(name, []).append(kept)
            lines = documents_told({name: [made[-1]] for name, made in past.items()}, K)
            if careless == "documents":
                lines = {name: shown_line(made[-1], K) for name, made in past.items() if name != "ways"}
            if careless == "sums":
                lines = {
                    name: ShownLine(
                        {a: f.findings for a, f in made[-1].items()},
                        sum(f.findings for f in made[-1].values()),
                    )
                    for name, made in past.items()
                    if name != "ways"
                }
            read.append(figures((states_told(past["ways"][-1], K), lines)))
            town = later(town, 10 * seed + n)
        pairs = [*combinations(read, 2), *((r, r) for r in read)]
        found += any(a_few_apart(one, other) for one, other in pairs)
    assert found > 5

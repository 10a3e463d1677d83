"""An attacker beside reports and indicators: of 100 municipalities no home comes back, in no release."""

from itertools import combinations

import numpy as np
import pytest

from regularize.publish.disclosure import Figure, carried_through, rounded
from regularize.publish.lines import ShownLine, counted, public_count, shown_line, steady
from regularize.workflow.indicator_release import public_parts

K = 11
MUNICIPALITIES = 100


def line(seed: int) -> dict[int, Figure]:
    """Areas of a municipality: large, tiny, of which nobody or everybody is counted."""
    dice = np.random.default_rng(seed)
    n = int(dice.integers(1, 9))
    homes = np.where(dice.random(n) < 0.25, dice.integers(1, K, n), dice.integers(K, 120, n))
    share = dice.choice([0.0, 0.05, 0.3, 0.6, 0.95, 1.0], n)
    return {
        i: counted(int(c), int(h))
        for i, (c, h) in enumerate(zip(dice.binomial(homes, share), homes, strict=True))
    }


def changed(one: dict[int, Figure], seed: int) -> dict[int, Figure]:
    """The same place later: up and down again, mostly by a few."""
    dice = np.random.default_rng(1000 + seed)
    out = {}
    for key, figure in one.items():
        homes = figure.dwellings or 0
        step = int(dice.choice([0, 1, -1, 3, -4, 14, -15, 30, -29]))
        out[key] = counted(min(homes, max(0, figure.findings + step)), homes)
    return out


def faults(figures: dict[int, Figure], shown: ShownLine) -> list[str]:
    """What whoever knows the homes of every area reads out of what is shown."""
    found = []
    homes = {key: figure.dwellings or 0 for key, figure in figures.items()}
    small = {key for key, f in figures.items() if f.findings < K or homes[key] - f.findings < K}
    for key, n in shown.cells.items():
        if n is not None and (key in small or n != figures[key].findings):
            found.append("direct")
    if shown.total is None:
        return found
    if min(shown.total, sum(homes.values()) - shown.total) < K:
        found.append("direct, total")
    hidden = [key for key, n in shown.cells.items() if n is None]
    rest = shown.total - sum(n or 0 for n in shown.cells.values())
    of = sum(homes[key] for key in hidden)
    if hidden and min(rest, of - rest) < K:
        found.append("subtraction of all that are hidden")
    for key in small:
        low, high = max(0, rest - (of - homes[key])), min(homes[key], rest)
        if high - low < min(K, homes[key]):
            found.append("subtraction")
    return found


def test_one_report_gives_nothing_back() -> None:
    told = hidden = 0
    for seed in range(MUNICIPALITIES):
        figures = line(seed)
        shown = shown_line(figures, K)
        assert faults(figures, shown) == [], seed
        told += shown.total is not None
        hidden += shown.total is None or None in shown.cells.values()
    assert told > 50, "a gate that hides everything proves nothing"
    assert hidden > 30


def test_the_attacker_does_find_what_is_there() -> None:
    broken = 0
    for seed in range(MUNICIPALITIES):
        figures = line(seed)
        counts = {key: f.findings for key, f in figures.items()}
        bare = ShownLine(counts, sum(counts.values()))
        careless = ShownLine({k: n if n >= K else None for k, n in counts.items()}, bare.total)
        broken += bool(faults(figures, bare)) and bool(faults(figures, careless))
    assert broken > 50


@pytest.mark.parametrize("public", [False, True])
def test_any_two_of_four_releases_differ_by_nothing_or_by_k(public: bool) -> None:
    moved = kept = 0
    for seed in range(MUNICIPALITIES):
        truth = [line(seed)]
        for step in range(3):
            truth.append(changed(truth[-1], 10 * seed + step))
        told: list[dict[int, Figure]] = []
        for release in truth:
            told.append(
                carried_through(told, release, K, public=public) if public else steady(told, release, K)
            )
        for one, other in combinations(told, 2):
            steps = [other[key].findings - one[key].findings for key in one if key in other]
            assert not any(0 < abs(step) < K for step in steps), seed
            assert sum(steps) == 0 or abs(sum(steps)) >= K, seed
            moved += any(steps)
        kept += any(a != b for a, b in zip(told[1:], truth[1:], strict=True))
    assert moved > 20
    assert kept > 20


def test_up_and_down_again_tells_nothing() -> None:
    """The release before is far enough away; the one before that is not."""
    releases: list[dict[int, Figure]] = []
    for n in (20, 40, 21):
        releases.append(steady(releases, {1: counted(n, 90)}, K))
    assert [release[1].findings for release in releases] == [20, 40, 40]
    assert steady(releases, {1: counted(55, 90)}, K)[1].findings == 55


def test_public_counts() -> None:
    for n in range(60):
        shown = public_count(n, 60, K)
        assert (shown is None) == (n < K or 60 - n < K)
        assert shown is None or (shown % 5 == 0 and shown == rounded(n, K))
    assert public_count(None, 60, K) is None
    assert public_count(60, 60, K) is None, "of all homes the same is said of each"
    assert public_count(60, None, K) == 60


def test_parts_of_all_homes_tell_the_public_nothing_of_a_few() -> None:
    """Open now, one document away, by a plan, further: rounded, and hidden by two at least."""
    names = ["now", "one_document", "plan", "further"]
    hidden = shown = 0
    for seed in range(MUNICIPALITIES):
        dice = np.random.default_rng(seed)
        homes = int(dice.integers(1, 400))
        parts = dice.multinomial(homes, dice.dirichlet([0.3, 1, 0.5, 2]))
        line_ = {i: Figure({"n": int(n)}, on="2026-06-15") for i, n in enumerate(parts)}
        told = public_parts(line_, names, K, "2026-06-15")
        known = [told[name].n for name in names]
        for n, exact in zip(known, parts, strict=True):
            assert n is None or (n % 5 == 0 and exact >= K and homes - exact >= K)
        missing = [int(exact) for n, exact in zip(known, parts, strict=True) if n is None]
        assert not missing or (len(missing) > 1 and (sum(missing) >= K or len(missing) == len(names)))
        hidden += bool(missing)
        shown += len(missing) < len(names)
    assert hidden > 20
    assert shown > 50

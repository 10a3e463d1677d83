"""The sample of a field check, the order to walk it, and what answers prove."""

import itertools
from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize import countries
from regularize.detect import fieldcheck
from regularize.model import Finding, Grade

T = countries.load("generic").thresholds


def finding(number: int, cls: str, grade: str, x: float, y: float, kind: str = "building") -> Finding:
    return Finding(
        kind, cls, shapely.box(x, y, x + 8, y + 6), (number,), (), (), (), (), {}, 0.9, Grade(grade),
        id=f"{'B' if kind == 'building' else 'P'}-{number}",
    )  # fmt: skip


def town(n: int = 120, seed: int = 3) -> list[Finding]:
    rng = np.random.default_rng(seed)
    classes, grades = ("not_in_cadastre", "extended", "unchanged"), "AABC"
    return [
        finding(k, classes[k % 3], grades[int(rng.integers(4))], *rng.uniform(0, 300, 2).tolist())
        for k in range(1, n + 1)
    ]


def test_every_class_and_grade_is_drawn_alike() -> None:
    findings = town()
    stops = fieldcheck.draw(findings, per_stratum=4, squares=3, seed=7, thresholds=T)
    size = Counter((f.cls, f.grade.value) for f in findings)
    drawn = Counter((s.cls, s.grade) for s in stops if s.what == "finding")
    assert drawn == {key: min(4, n) for key, n in size.items()}
    assert all(s.stratum_n == size[s.cls, s.grade] for s in stops if s.what == "finding")
    assert sum(s.what == "square" for s in stops) == 3
    assert len({s.id for s in stops}) == len(stops)


def test_the_same_seed_draws_the_same_sample_in_whatever_order() -> None:
    findings = town()
    one = fieldcheck.draw(findings, per_stratum=3, squares=4, seed=7, thresholds=T)
    assert one == fieldcheck.draw(findings[::-1], per_stratum=3, squares=4, seed=7, thresholds=T)
    assert one != fieldcheck.draw(findings, per_stratum=3, squares=4, seed=8, thresholds=T)


def test_squares_lie_in_the_area_and_name_what_is_inside() -> None:
    findings = [*town(), finding(1, "registered", "A", 15, 15, kind="plot")]
    area = shapely.box(60, 60, 240, 240)
    stops = fieldcheck.draw(findings, per_stratum=1, squares=100, seed=1, thresholds=T, area=area)
    squares = [s for s in stops if s.what == "square"]
    assert len(squares) == 36  # all of them, for there are no more
    for square in squares:
        box = shapely.Point(square.easting_m, square.northing_m).buffer(15, cap_style="square")
        assert area.contains(box.centroid)
        inside = {
            f.id for f in findings if f.kind == "building" and box.covers(f.geometry.representative_point())
        }
        assert set(square.inside) == inside


def test_squares_are_drawn_without_a_look_at_the_findings() -> None:
    area = shapely.box(0, 0, 300, 300)

    def places(findings: list[Finding]) -> set[tuple[float, float]]:
        stops = fieldcheck.draw(findings, per_stratum=1, squares=9, seed=5, thresholds=T, area=area)
        return {(s.easting_m, s.northing_m) for s in stops if s.what == "square"}

    half = [f for f in town() if f.cls != "unchanged"]
    one = finding(1, "extended", "A", 10, 10)
    # The draw of the strata comes first, so the number of strata may matter, never where findings lie.
    moved = [finding(int(f.id[2:]), f.cls, f.grade.value, 299 - 5 * k % 290, 4.0) for k, f in enumerate(half)]
    assert places(half) == places(moved)
    assert places([one])


def length(places: np.ndarray, order: list[int]) -> float:
    at = places[order]
    return float(np.hypot(*(at[1:] - at[:-1]).T).sum())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=3, max_size=7, unique=True))
def test_the_walk_visits_all_and_is_never_much_longer_than_the_best(
    places: list[tuple[float, float]],
) -> None:
    order = fieldcheck.walk(places)
    assert sorted(order) == list(range(len(places)))
    at = np.array(places)
    rest = [k for k in range(len(places)) if k != order[0]]
    best = min(length(at, [order[0], *way]) for way in itertools.permutations(rest))
    assert length(at, order) <= 1.35 * best + 1e-6


def test_a_long_walk_does_not_cross_itself() -> None:
    rng = np.random.default_rng(1)
    at = rng.uniform(0, 400, (120, 2))
    order = fieldcheck.walk([tuple(p) for p in at.tolist()])
    assert shapely.LineString(at[order]).is_simple
    assert fieldcheck.walk([]) == []
    assert fieldcheck.walk([(5.0, 5.0), (0.0, 9.0)]) == [1, 0]


def filled(
    answers: list[tuple[str, str]], cls: str = "extended", grade: str = "A", n: int = 40
) -> list[dict[str, str]]:
    return [
        {"what": "finding", "id": name, "class": cls, "grade": grade, "stratum_n": str(n), "correct": answer}
        for name, answer in answers
    ]


def test_answers_in_both_languages_and_none() -> None:
    said = ["yes", "да", " ДА ", "1", "x", "не", "No", "0", "", "maybe", "?"]
    rows = filled([(f"B-{k}", word) for k, word in enumerate(said)])
    checked = fieldcheck.score(rows)
    share = checked.precision["extended", "A"]
    assert (share.right, share.n) == (5, 8)
    assert checked.unanswered == ("B-8", "B-9", "B-10")


def test_interval_is_that_of_wilson() -> None:
    rows = filled([(f"B-{k}", "yes" if k < 95 else "no") for k in range(100)])
    low, high = fieldcheck.score(rows).precision["extended", "A"].interval or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)
    assert fieldcheck.score([]).recall.interval is None


def test_grades_weigh_by_what_they_stand_for() -> None:
    rows = filled([("B-1", "yes"), ("B-2", "yes")], grade="A", n=90)
    rows += filled([("B-3", "no"), ("B-4", "yes")], grade="C", n=10)
    assert fieldcheck.score(rows).precision_of_class["extended"] == pytest.approx(0.95)


def test_recall_from_squares() -> None:
    def square(name: str, seen: str, listed: str) -> dict[str, str]:
        return {"what": "square", "id": name, "buildings_seen": seen, "buildings_listed": listed}

    rows = [square("Q-1", "10", "9"), square("Q-2", "5,0", "5"), square("Q-3", "0", "0")]
    bad = [
        square("Q-4", "", ""),
        square("Q-5", "3", "4"),
        square("Q-6", "-1", "0"),
        square("Q-7", "2.5", "1"),
    ]
    checked = fieldcheck.score([*rows, *bad])
    assert (checked.recall.right, checked.recall.n) == (14, 15)
    assert checked.unanswered == ("Q-4", "Q-5", "Q-6", "Q-7")


def test_the_form_comes_back_as_it_went() -> None:
    stops = fieldcheck.draw(town(), per_stratum=2, squares=2, seed=2, thresholds=T)
    rows = fieldcheck.form(stops)
    assert [row["order"] for row in rows] == [str(k) for k in range(1, len(rows) + 1)]
    assert all(not row[question] for row in rows for question in fieldcheck.QUESTIONS)
    assert set(fieldcheck.score(rows).unanswered) == {stop.id for stop in stops}
    for row in rows:
        row.update(correct="yes", buildings_seen="4", buildings_listed="3")
    checked = fieldcheck.score(rows)
    assert not checked.unanswered
    assert all(share.share == 1 for share in checked.precision.values())
    assert checked.as_dict()["recall"]["share"] == pytest.approx(0.75)

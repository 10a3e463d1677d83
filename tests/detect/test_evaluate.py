"""Scores against a truth."""

import json

import pandas as pd
import pytest
from shapely import box

from regularize.detect import evaluate
from regularize.model import Finding, Grade


def finding(cls, survey="", register="", score=0.95, reasons=(), kind="building") -> Finding:  # type: ignore[no-untyped-def]
    s, r = (tuple(x for x in text.split("|") if x) for text in (survey, register))
    return Finding(kind, cls, box(0, 0, 1, 1), (), (), s, r, tuple(reasons), {}, score, Grade.A)


def truth(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["survey_ref", "register_ref", "class"])


def test_precision_recall_and_confusion() -> None:
    findings = [
        finding("not_in_cadastre", "s1"),
        finding("not_in_cadastre", "s2"),
        finding("adjoining_annex", "s3", "r9"),
        finding("unchanged", "s4", "r4"),
        finding("unchanged", "s5", "r5"),
        finding("not_in_survey", "", "r6"),
        finding("not_in_cadastre", "s9"),
        finding("registered", "s1", kind="plot"),
    ]
    result = evaluate.score(
        findings,
        truth(
            ("s1", "", "not_in_cadastre"),
            ("s2", "r2", "unchanged"),
            ("s3", "", "not_in_cadastre"),
            ("s4", "r4", "unchanged"),
            ("s5", "r5", "extended"),
            ("", "r6", "not_in_survey"),
            ("s7", "", "not_in_cadastre"),
        ),
    )
    new = result.classes["not_in_cadastre"]
    assert (new.truth, new.found, new.right) == (3, 3, 1)
    assert new.precision == new.recall == pytest.approx(1 / 3)
    both = result.presence["not_in_cadastre+adjoining_annex"]
    assert (both.truth, both.found, both.right) == (3, 4, 2)
    assert result.classes["extended"].precision is None
    assert result.classes["not_in_survey"].f1 == 1.0
    assert result.confusion["extended", "unchanged"] == 1
    assert result.confusion["not_in_cadastre", "none"] == 1
    assert result.confusion["none", "not_in_cadastre"] == 1
    assert sum(result.confusion.values()) == 8
    assert json.loads(json.dumps(result.as_dict()))["presence"]["not_in_cadastre"]["found"] == 3


def test_a_finding_of_several_buildings_answers_for_each() -> None:
    findings = [finding("merged", "s1", "r1|r2"), finding("split", "s2|s3", "r3")]
    rows = truth(("s1", "r1|r2", "merged"), ("s2", "", "not_in_cadastre"), ("s3", "r3", "unchanged"))
    result = evaluate.score(findings, rows)
    assert result.classes["merged"].right == 1
    assert result.confusion["not_in_cadastre", "split"] == 1
    assert result.confusion["unchanged", "split"] == 1


def test_rows_that_fall_apart_are_wrong() -> None:
    findings = [finding("unchanged", "s1", "r1"), finding("not_in_cadastre", "s2")]
    result = evaluate.score(findings, truth(("s1|s2", "r1", "split")))
    assert result.classes["split"].right == 0
    assert sum(result.confusion.values()) == 1


def test_an_annex_does_not_answer_for_the_building_it_adjoins() -> None:
    findings = [
        finding("adjoining_annex", "s2", "r1", reasons=["ADJOINS_MATCHED"]),
        finding("unchanged", "s1", "r1"),
        finding("uncertain", "s1", "r7", reasons=["ADJOINS_MATCHED"]),
    ]
    rows = truth(("", "r1", "unchanged"), ("s1", "r1", "unchanged"), ("", "r7", "not_in_survey"))
    result = evaluate.score(findings, rows)
    assert result.classes["unchanged"].right == 2
    assert result.confusion["not_in_survey", "uncertain"] == 1


def test_calibration_compares_score_and_share_that_is_right() -> None:
    findings = [finding("unchanged", f"s{i}", score=0.95 if i < 10 else 0.55) for i in range(20)]
    rows = truth(*((f"s{i}", "", "unchanged" if i < 15 else "extended") for i in range(20)))
    result = evaluate.score(findings, rows)
    assert [(b.n, b.right) for b in result.calibration] == [(10, 0.5), (10, 1.0)]
    assert result.calibration_error == pytest.approx(0.05)


def test_wilson_interval_and_emptiness() -> None:
    low, high = evaluate.wilson(143, 150) or (0, 0)
    assert (round(low, 3), round(high, 3)) == (0.907, 0.977)
    assert evaluate.wilson(0, 0) is None
    assert evaluate.wilson(5, 5) == pytest.approx((0.566, 1.0), abs=1e-3)
    nothing = evaluate.score([], truth())
    assert nothing.classes == {}
    assert nothing.calibration_error is None
    assert nothing.presence["not_in_cadastre"].precision is None


def test_missing_values_are_no_references() -> None:
    rows = pd.DataFrame(
        {"survey_ref": ["s1", None], "register_ref": [float("nan"), "r2"], "class": ["unchanged"] * 2}
    )
    result = evaluate.score([finding("unchanged", "s1"), finding("unchanged", "", "r2")], rows)
    assert result.classes["unchanged"].right == 2


def test_the_same_building_new_and_gone_whatever_the_class() -> None:
    findings = [
        finding("extended", "s1", "r1"),
        finding("merged", "s2", "r2|r3"),
        finding("adjoining_annex", "s3", "r1"),
        finding("uncertain", "s4", "r4"),
        finding("not_in_survey", "", "r5"),
        finding("not_in_cadastre", "s6"),
        finding("unchanged", "s99", "r99"),  # of which the truth does not speak
    ]
    said = truth(("s1", "r1", ""), ("s2", "r2", ""), ("s3", "", ""), ("s4", "r4", ""), ("", "r3|r5", ""))
    result = evaluate.score(findings, pd.concat([said, truth(("s6", "r6", ""))]))
    assert result.classes == result.confusion == {}
    pairs, new, gone = (result.matching[name] for name in ("pairs", "new", "gone"))
    assert (pairs.truth, pairs.found, pairs.right) == (4, 3, 2)
    assert (new.truth, new.found, new.right) == (1, 2, 1)
    assert (gone.truth, gone.found, gone.right) == (2, 1, 1)
    assert pairs.f1 == pytest.approx(4 / 7)
    assert evaluate.score([finding("registered", "d1", "p1", kind="plot")], said, kind="plot").matching == {}

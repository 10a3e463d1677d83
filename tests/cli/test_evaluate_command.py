"""Findings scored against labels: what is printed, and which tables serve."""

from pathlib import Path

import pytest

from regularize.cli import main

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def detected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("labels") / "quarter"
    here = ["--lang", "en", "-p", str(folder)]
    assert main(["init", str(folder), "--municipality", "Примерна"]) == 0
    for origin, path in (("cadastre", "cadastre/sgradi.shp"), ("survey", "surveys/zasneti_sgradi.shp")):
        assert main([*here, "ingest", origin, str(DATA / path), "--kind", "buildings"]) in {0, 1}
    assert main([*here, "detect"]) == 0
    return folder


def test_each_class_what_was_confused_and_how_often_scores_are_right(detected: Path, run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = (DATA / "truth" / "buildings.csv").read_text(encoding="utf-8")
    wrong = tmp_path / "truth.csv"
    wrong.write_text(text.replace(",unchanged", ",extended", 3), encoding="utf-8")
    table = run("-p", detected, "evaluate", wrong)
    assert table.code == 0, table.err
    assert any(line.split() == ["extended", "unchanged", "3"] for line in table.out.splitlines())
    assert "0.9-1.0" in table.out
    assert "calibration error" in table.err
    said = run("-p", detected, "evaluate", wrong, "--json").json
    assert {"truth": "extended", "found": "unchanged", "n": 3} in said["confusion"]
    assert said["matching"]["pairs"]["f1"] > 0.98
    assert sum(part["n"] for part in said["calibration"]) > 200


def test_labels_without_classes_say_what_is_the_same_building(detected: Path, run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    rows = (DATA / "truth" / "buildings.csv").read_text(encoding="utf-8").splitlines()
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(",".join(row.split(",")[:2]) for row in rows), encoding="utf-8")
    said = run("-p", detected, "evaluate", labels, "--json").json
    assert said["classes"] == {}
    assert said["confusion"] == []
    assert min(said["matching"][name]["f1"] for name in ("pairs", "new", "gone")) > 0.95
    table = run("-p", detected, "evaluate", labels, lang="bg")
    assert "същата сграда (двойки)" in table.out
    assert "unchanged" not in table.out


@pytest.mark.parametrize("head", ["survey_ref,class", "plot_ref,parcel_ref", "a,b"])
def test_a_table_that_lacks_a_column_is_refused(head: str, detected: Path, run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "labels.csv"
    path.write_text(f"{head}\n1,2\n", encoding="utf-8")
    answer = run("-p", detected, "evaluate", path)
    assert answer.code == 3
    assert "labels.csv" in answer.err

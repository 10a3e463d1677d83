"""Messages of intake through a cp1251 pipe, with spaces and Cyrillic in the path, in both languages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "cases"
SOME = (
    "OVERLAP",
    "SELF_CROSSING",
    "SPIKE_REMOVED",
    "IDENTIFIER_LEADING_ZEROS",
    "AREA_DIFFERS",
    "OUTSIDE_EXTENT",
)


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_a_windows_pipe(lang: str, tmp_path: Path) -> None:
    folder = tmp_path / "Входни данни 2026"
    folder.mkdir()
    paths = []
    for code in SOME:
        source = json.loads((CASES / f"{code}.fail.geojson").read_text(encoding="utf-8"))
        if source["reading"]["kind"] == "buildings" and source["reading"]["origin"] == "survey":
            paths.append(folder / f"заснемане {code}.geojson")
            paths[-1].write_text(json.dumps(source), encoding="utf-8")
    assert len(paths) >= 4
    report = folder / "протокол от проверка.html"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "regularize", "--lang", lang, "check", *map(str, paths)),
            *("--kind", "buildings", "--country", "bg", "--report", str(report)),
        ],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1251", "PYTHONUTF8": "0"},
        check=False,
        timeout=120,
    )
    said = done.stderr.decode("cp1251")
    assert done.returncode == 1, said  # one row lies at (0, 0)
    assert "Traceback" not in said
    assert "заснемане OVERLAP.geojson" in said
    assert "OUTSIDE_EXTENT" in said
    assert ("застъпва обект" if lang == "bg" else "it overlaps feature") in said
    page = report.read_text(encoding="utf-8")
    assert ("Какво да се поправи" if lang == "bg" else "What to mend") in page


def test_a_list_of_settlements_and_identical_points(tmp_path: Path) -> None:
    folder = tmp_path / "Община Средище"
    listed = tmp_path / "списък на селата.csv"
    listed.write_text("code;name;easting;northing\n00990;Долно Село;500010;4700010\n", encoding="cp1251")
    environment = {**os.environ, "PYTHONIOENCODING": "cp1251", "PYTHONUTF8": "0"}

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "regularize", "--lang", "bg", *words]
        return subprocess.run(command, capture_output=True, env=environment, check=False, timeout=120)

    made = run(
        "init", str(folder), "--municipality", "Средище", "--ekatte", "00990", "--settlements", str(listed)
    )
    assert made.returncode == 0, made.stderr.decode("cp1251")
    kept = (folder / "settlements.csv").read_text(encoding="utf-8")
    assert "списък на селата.csv" in kept.splitlines()[0]
    assert "00990,Долно Село,500010.00,4700010.00" in kept
    few = tmp_path / "три точки.csv"
    few.write_text("x_source,y_source,x_target,y_target\n" + "1,2,500000,4700000\n" * 3, encoding="utf-8")
    case = CASES / "OVERLAP.pass.geojson"
    refused = run(
        *(
            "-p",
            str(folder),
            "ingest",
            "survey",
            str(case),
            "--kind",
            "buildings",
            "--control-points",
            str(few),
        )
    )
    said = refused.stderr.decode("cp1251")
    assert refused.returncode == 3
    assert "три точки.csv" in said
    assert "нужни са поне 4" in said
    assert said.strip().endswith("read=0 stored=0 quarantined=0")
    stored = run("-p", str(folder), "ingest", "survey", str(case), "--kind", "buildings")
    assert stored.returncode == 0, stored.stderr.decode("cp1251")
    bad = run("init", str(tmp_path / "друга"), "--municipality", "А", "--settlements", str(few))
    assert bad.returncode == 3
    assert not (tmp_path / "друга").exists()

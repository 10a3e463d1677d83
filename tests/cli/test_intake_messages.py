"""Messages of intake through a cp1251 pipe, with spaces and Cyrillic in the path, in both languages."""

import gettext
import io
import json
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest

from regularize.cli.run import readable_errors

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parents[1] / "cases"
sys.path.insert(0, str(Path(__file__).parents[1]))
from test_catalogue import messages  # noqa: E402 the walk over all sources stands there

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


def spoken() -> list[tuple[str, str]]:
    """(language, message) for all that intake and its commands can say."""
    translated = gettext.translation("regularize", str(ROOT / "regularize" / "locale"), languages=["bg"])
    rooms = ("intake/", "workflow/ingest", "workflow/check", "cli/ingest", "cli/check")
    said = sorted({text for module, text in messages() if text and module.startswith(rooms)})
    return [("en", text) for text in said] + [("bg", translated.gettext(text)) for text in said]


class Anything(str):
    """A value for any placeholder: a path with blanks and Cyrillic, whatever format is asked of it."""

    __slots__ = ()

    def __format__(self, _spec: str) -> str:
        return str(self)

    def __getattr__(self, _name: str) -> "Anything":
        return self


def test_every_message_survives_a_cp1251_pipe() -> None:
    """No letter is lost, in either language, with a path that holds blanks and Cyrillic."""
    value = Anything("C:\\Входни данни\\заснемане на ъгъл 1.shp")
    raw = io.BytesIO()
    pipe = io.TextIOWrapper(raw, encoding="cp1251", errors=readable_errors("cp1251"))
    every = spoken()
    assert len(every) > 600
    for language, text in every:
        names = {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}
        filled = text.format(**dict.fromkeys(names, value))
        raw.seek(0)
        raw.truncate()
        pipe.write(filled)
        pipe.flush()
        read = raw.getvalue().decode("cp1251")
        assert read == filled.replace("²", "2").replace("ѝ", "и"), (language, text)
        assert not names or "Входни данни" in read


def test_what_no_encoding_has_is_written_as_its_number() -> None:
    assert "№ м² σ ѝ".encode("cp1251", errors=readable_errors("cp1251")).decode("cp1251") == "№ м2 \\u03c3 и"

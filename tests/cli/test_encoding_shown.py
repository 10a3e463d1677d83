"""Where statistics alone told the encoding, a person sees a row as it was read."""

import json
from pathlib import Path

import pytest
from command_answers import Run
from test_wrong_zone import survey

from regularize.intake import mik  # noqa: F401 registers the codec

NAMES = ["жилищна сграда", "стопанска постройка", "гараж", "лятна кухня"]


def named(path: Path, encoding: str) -> Path:
    document = json.loads(survey(path, (440_700.0, 4_668_400.0)).read_text())
    for feature, name in zip(document["features"], NAMES, strict=True):
        feature["properties"]["use"] = name
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("lang", "asked"), [("en", "if the row below is wrong"), ("bg", "редът по-долу е сгрешен")]
)
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "mik", "utf-8"])
def test_ingest_and_check_show_the_row(
    lang: str, asked: str, encoding: str, tmp_path: Path, run: Run
) -> None:
    project = str(tmp_path / "Проект")
    assert run("init", project, "--municipality", "Средище").code == 0
    file = named(tmp_path / "заснети сгради.geojson", encoding)
    for command in (("check",), ("-p", project, "ingest", "survey")):
        words = (*command, file, "--kind", "buildings")
        told = run(*words, lang=lang).err
        assert (asked in told) is (encoding != "utf-8")
        assert ("use=стопанска постройка" in told) is (encoding != "utf-8" or command == ("check",))
    stated = run("check", file, "--kind", "buildings", "--encoding", encoding, lang=lang).err
    assert asked not in stated

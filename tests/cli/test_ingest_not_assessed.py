"""What an ingest could not judge is said, not passed over."""

import shutil
from pathlib import Path

from command_answers import DATA, Run


def test_what_was_not_assessed_stands_in_the_answer(tmp_path: Path, run: Run) -> None:
    """Without a list of settlements nobody has held the place against anything."""
    project, files = str(tmp_path / "Проект"), tmp_path / "доставка"
    assert run("init", project, "--municipality", "Средище", "--ekatte", "00990").code == 0
    files.mkdir()
    for file in (DATA / "cadastre").glob("pozemleni_imoti.*"):
        shutil.copy(file, files)
    words = ("cadastre", str(files / "pozemleni_imoti.shp"), "--kind", "parcels", "--json")
    said = run("-p", project, "--lang", "en", "ingest", *words[:-1], "--dry-run")
    assert "the place is not assessed" in said.out + said.err
    for more in (("--dry-run",), ()):
        (answer,) = run("-p", project, "ingest", *words, *more).json["deliveries"]
        assert "--settlements" in answer["not_assessed"]["SETTLEMENT_DISTANCE"]
        assert "--settlements" in answer["not_assessed"]["OUTSIDE_MUNICIPALITY"]

"""Ingest and check as a planner meets them: tables, several files, who delivers, what to do next."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import openpyxl
import pytest
from command_answers import DATA, Run

sys.path.insert(0, str(Path(__file__).parents[1] / "intake"))
from cad_files import village


@pytest.fixture
def project(tmp_path: Path, run: Run) -> str:
    folder = tmp_path / "Проект на общината"
    assert run("init", str(folder), "--municipality", "Средище", "--ekatte", "00990").code == 0
    return str(folder)


@pytest.fixture
def parcels(tmp_path: Path) -> Path:
    folder = tmp_path / "доставка от кадастъра"
    folder.mkdir()
    for file in (DATA / "cadastre").glob("pozemleni_imoti.*"):
        shutil.copy(file, folder)
    return folder / "pozemleni_imoti.shp"


def register(path: Path, identifiers: list[str]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Идентификатор", "Вид собственост", "Собственик"])
    for identifier in identifiers:
        sheet.append([identifier, "Общинска частна", "Иван Примеров"])
    book.save(path)
    return path


def known_parcels() -> list[str]:
    import geopandas

    found = geopandas.read_file(DATA / "cadastre" / "pozemleni_imoti.shp")["cadnum"]
    return [str(text) for text in found[~found.duplicated(keep=False)]]


def test_a_layer_and_its_register_in_one_command(project: str, parcels: Path, run: Run) -> None:
    table = register(parcels.with_name("регистър.xlsx"), [*known_parcels()[:3], "00990.999.1"])
    words = ("cadastre", str(table), str(parcels), "--kind", "parcels")
    tried = run("-p", project, "ingest", *words, "--dry-run", "--json")
    done = run("-p", project, "ingest", *words, "--json")
    for answer in (tried, done):
        layer, joined = answer.json["deliveries"]
        assert layer["path"] == "pozemleni_imoti.shp"  # the table waits for it
        assert (joined["read"], joined["stored"], joined["quarantined"]) == (4, 3, 1)
        assert "Собственик" in joined["ignored_columns"]
        assert "Примеров" not in answer.out + answer.err
    again = run("-p", project, "ingest", "cadastre", str(table), "--kind", "parcels", "--json")
    assert again.json["deliveries"][0]["already_stored"]
    assert run("-p", project, "store", "verify").code == 0


def test_a_register_is_joined_anew_after_its_layer_came_again(project: str, parcels: Path, run: Run) -> None:
    table = register(parcels.with_name("r.xlsx"), known_parcels()[:3])
    assert run("-p", project, "ingest", "cadastre", str(parcels), str(table), "--kind", "parcels").code in {
        0,
        1,
    }
    newer = parcels.with_name("newer.shp")
    for file in parcels.parent.glob("pozemleni_imoti.*"):
        shutil.copy(file, newer.with_suffix(file.suffix))
    content = bytearray(newer.with_suffix(".dbf").read_bytes())
    content[1:4] = bytes((126, 6, 1))  # another day of writing: another delivery
    newer.with_suffix(".dbf").write_bytes(bytes(content))
    assert run("-p", project, "ingest", "cadastre", str(newer), "--kind", "parcels").code in {0, 1}
    again = run("-p", project, "ingest", "cadastre", str(table), "--kind", "parcels", "--json")
    assert not again.json["deliveries"][0]["already_stored"]
    assert again.json["stored"] == 3


def test_one_bad_file_of_two(project: str, parcels: Path, run: Run) -> None:
    done = run("-p", project, "ingest", "cadastre", "no.shp", str(parcels), "--kind", "parcels")
    assert done.code == 3
    lines = done.err.strip().splitlines()
    assert "1 of 2 files could not be read and left nothing in the store: no.shp" in lines
    assert lines[-1].startswith("read=")
    assert not lines[-1].startswith("read=0")


def test_the_hint_on_quarantine_can_be_pasted(project: str, parcels: Path, run: Run) -> None:
    table = register(parcels.with_name("регистър 2.xlsx"), ["00990.999.1"])
    assert run("-p", project, "ingest", "cadastre", str(parcels), "--kind", "parcels").code in {0, 1}
    done = run("-p", project, "ingest", "cadastre", str(table), "--kind", "parcels")
    assert done.code == 1
    hint = next(line for line in (done.out + done.err).splitlines() if "regularize check" in line)
    words = shlex.split(hint[hint.index("regularize check") :])
    report = parcels.with_name("report.json")
    words[words.index("check.html")] = str(report)
    pasted = run("-p", project, *words[1:])
    assert pasted.code == 1
    assert "TABLE_UNMATCHED" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("member", [".dbf", ".shx", ".prj"])
def test_a_set_that_is_not_whole_is_listed_beside_the_others(member: str, tmp_path: Path, run: Run) -> None:
    whole = DATA / "surveys" / "zasneti_sgradi.shp"
    for file in whole.parent.glob("zasneti_sgradi.*"):
        if file.suffix != member:
            (tmp_path / f"части{file.suffix}").write_bytes(file.read_bytes())
    page, listed = tmp_path / "r.html", tmp_path / "r.json"
    for report in (page, listed):
        done = run("check", tmp_path / "части.shp", whole, "--kind", "buildings", "--report", report)
        assert done.code == 3
    bad, good = json.loads(listed.read_text(encoding="utf-8"))
    assert {issue["code"] for issue in bad["issues"]} == {"MISSING_SIDE_FILE"}
    assert f"части{member}" in bad["issues"][0]["message"]
    assert ("--crs" if member == ".prj" else "whole set") in bad["issues"][0]["message"]
    assert (bad["read"], bad["passed"]) == (0, [])
    assert bad.keys() == good.keys()
    assert good["read"] > 0
    assert "MISSING_SIDE_FILE" in good["passed"]
    text = page.read_text(encoding="utf-8")
    assert f"части{member}" in text
    assert "Not stored." in text
    assert "zasneti_sgradi.shp" in text
    assert not run("check", whole, "--kind", "buildings").code


def test_check_finds_out_who_delivers(tmp_path: Path, run: Run) -> None:
    cad = village().write(tmp_path / "a.cad")
    told = run("check", str(cad), "--kind", "buildings", "--json").json
    assert (told[0]["origin"], told[0]["layer"], told[0]["origin_assumed"]) == (
        "cadastre",
        "buildings",
        False,
    )
    parts = run("check", str(DATA / "surveys" / "chasti_plan.shp"), "--kind", "plan_parts", "--json").json
    assert (parts[0]["origin"], parts[0]["origin_assumed"]) == ("plan", False)
    either = run("check", str(DATA / "surveys" / "zasneti_sgradi.shp"), "--kind", "buildings", "--json")
    assert (either.json[0]["origin"], either.json[0]["origin_assumed"]) == ("survey", True)
    assert (
        "--origin cadastre"
        in either.err + run("check", str(DATA / "surveys" / "zasneti_sgradi.shp"), "--kind", "buildings").err
    )


def test_the_accuracy_that_was_taken_is_said(tmp_path: Path, run: Run) -> None:
    file = str(DATA / "surveys" / "zasneti_sgradi.shp")
    bare = run("check", file, "--kind", "buildings", "--json")
    assert bare.json[0]["sigma_stated"] is False
    stated = run("check", file, "--kind", "buildings", "--sigma", "0.3", "--json")
    assert (stated.json[0]["sigma_stated"], stated.json[0]["sigma_m"]) == (True, 0.3)
    spoken = run("check", file, "--kind", "buildings")
    assert "no accuracy is stated" in spoken.out + spoken.err


def broken_files(folder: Path) -> list[Path]:
    """One of each way in which a file cannot be read."""
    files = {
        "чертеж.dwg": b"AC1027" + bytes(200),
        "архив 1.zip": b"PK\x03\x04" + bytes(60),
        "празен.gpkg": b"",
        "снимка.geojson": b"\xff\xd8\xff\xe0" + bytes(100),
        "без система.csv": 'име,wkt\nа,"POLYGON((1 1,2 1,2 2,1 1))"\n'.encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [*(folder / name for name in files), folder / "няма такъв.shp", folder]


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_what_cannot_be_read_stands_in_the_report(lang: str, tmp_path: Path, run: Run) -> None:
    """Every refusal is an entry with what to do, beside the files that were read."""
    folder = tmp_path / "Входни данни"
    folder.mkdir()
    bad = broken_files(folder)
    whole = DATA / "surveys" / "zasneti_sgradi.shp"
    page, listed = tmp_path / "протокол 1.html", tmp_path / "протокол 1.json"
    for report in (page, listed):
        done = run("check", *bad, whole, "--kind", "buildings", "--report", report, lang=lang)
        assert done.code == 3
        assert done.err.count("hint: " if lang == "en" else "съвет: ") >= len(bad)
    *entries, good = json.loads(listed.read_text(encoding="utf-8"))
    assert len(entries) == len(bad)
    assert good["read"] > 0
    assert (good["error"], good["hint"]) == (None, None)
    text = page.read_text(encoding="utf-8")
    for file, entry in zip(bad, entries, strict=True):
        assert entry.keys() == good.keys()
        assert [issue["code"] for issue in entry["issues"]] == ["FILE_REFUSED"]
        assert entry["error"] == entry["issues"][0]["message"]
        assert entry["hint"]
        assert (entry["read"], entry["passed"]) == (0, [])
        assert file.name in text
    assert str(tmp_path) not in text + listed.read_text(encoding="utf-8")
    assert text.count("What to do:" if lang == "en" else "Какво да се направи:") == len(bad)
    assert text.count("Checked, and not found" if lang == "en" else "Проверено и не е открито") == 1


def test_an_option_that_is_wanting_stands_in_the_report(tmp_path: Path, run: Run) -> None:
    """Several layers, and nobody says which: the report says what to add."""
    report = tmp_path / "r.json"
    source = tmp_path / "x.geojson"
    shutil.copy(Path(__file__).parents[1] / "cases" / "OVERLAP.pass.geojson", source)
    done = run("check", source, "--report", report)
    (entry,) = json.loads(report.read_text(encoding="utf-8"))
    assert done.code == 2
    assert entry["issues"][0]["code"] == "FILE_REFUSED"
    assert "--kind" in entry["error"] + entry["hint"]


def test_a_file_that_the_system_refuses_ends_with_the_counts(
    project: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regularize import intake

    def refused(path: Path, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(intake, "read", refused)
    done = run("-p", project, "ingest", "survey", tmp_path / "a.shp", "--kind", "buildings")
    assert done.code == 3
    assert "Permission denied" in done.err
    assert done.last == "read=0 stored=0 quarantined=0"


def test_the_report_names_the_parcel_beside_row_and_coordinates(tmp_path: Path, run: Run) -> None:
    """What was set aside and what is only noted: both say which parcel is meant."""
    page, listed = tmp_path / "r.html", tmp_path / "r.json"
    source = tmp_path / "имоти.geojson"
    document = json.loads(
        (Path(__file__).parents[1] / "cases" / "SETTLEMENT_DISTANCE.pass.geojson").read_text()
    )
    shape = document["features"][1]["geometry"]["coordinates"][0]
    shape[0][0] = shape[-1][0] = shape[1][0] - 60  # the second runs over the first
    document["features"][2]["geometry"]["coordinates"] = [[[1.0, 2.0], [3.0, 2.0], [3.0, 3.0], [1.0, 2.0]]]
    source.write_text(json.dumps(document), encoding="utf-8")
    for report in (page, listed):
        run("check", source, "--kind", "parcels", "--origin", "cadastre", "--report", report)
    (entry,) = json.loads(listed.read_text(encoding="utf-8"))
    named = {issue["code"]: issue["identifier"] for issue in entry["issues"]}
    assert named["OUTSIDE_EXTENT"] == "68134.1.3"
    assert named["OVERLAP"] == "68134.1.1"
    text = page.read_text(encoding="utf-8")
    assert "<th>Row</th><th>Identifier</th><th>Easting</th><th>Northing</th>" in text
    for row, identifier in ((3, "68134.1.3"), (1, "68134.1.1")):
        assert f"<td>{row}</td><td>{identifier}</td>" in text


def test_a_number_in_the_name_of_a_file_is_in_no_report(tmp_path: Path, run: Run) -> None:
    egn = "9052010016"  # of a person who would be born in 2090
    good, bad = tmp_path / f"имот {egn}.geojson", tmp_path / f"повреден {egn}.zip"
    shutil.copy(Path(__file__).parents[1] / "cases" / "OVERLAP.fail.geojson", good)
    bad.write_bytes(b"PK\x03\x04 nothing")
    project = tmp_path / "p"
    assert run("init", project, "--municipality", "Средище").code == 0
    told = [run("-p", project, "ingest", "survey", good, bad, "--kind", "buildings", "--json")]
    for name in ("r.html", "r.json"):
        told.append(run("check", good, bad, "--kind", "buildings", "--report", tmp_path / name, "--json"))
    texts = [answer.out + answer.err for answer in told]
    texts += [(tmp_path / name).read_text(encoding="utf-8") for name in ("r.html", "r.json")]
    for text in texts:
        assert "OVERLAP" in text
        assert egn not in text

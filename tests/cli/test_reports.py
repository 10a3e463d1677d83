"""Reports, comparisons and indicators through the command line: two towns of one programme."""

import csv
import hashlib
import html
import io
import json
import re
import shutil
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest
import report_town

from regularize.store import Store

AT_NOON = {"2026": "1781524800", "2027": "1801483200"}  # 15 June 2026, 1 February 2027


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Towns "a" and "b", which share twelve registered buildings; "g" of another country; an empty one."""
    folder = tmp_path_factory.mktemp("towns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", AT_NOON["2026"])
        report_town.furnish(folder / "a", folder / "from-a")
        shared = range(58, 78)
        report_town.furnish(folder / "b", folder / "from-b", houses=50, known=range(20), identifiers=shared)
        abroad: dict[str, Any] = {
            "country": "generic",
            "crs": "EPSG:25830",
            "origin": (440_000.0, 4_470_000.0),
        }
        report_town.furnish(
            folder / "g", folder / "from-g", houses=12, known=range(4), detect=False, **abroad
        )
        empty = ("--municipality", "Празна", "--language", "en")
        assert report_town.said("init", folder / "empty", *empty) == 0
    return folder


@pytest.fixture
def towns(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", AT_NOON["2026"])
    return Path(shutil.copytree(made, tmp_path / "towns"))


def figures(file: Path) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in json.loads(file.read_text(encoding="utf-8"))["indicators"]}


def page_titles(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_council_report_in_every_format(towns: Path, run) -> None:
    town, out = towns / "a", towns / "out"
    for ending in ("html", "pdf", "csv", "json"):
        file = out / f"report.{ending}"
        assert run("-p", town, "report", "council", "-o", file).code == 0
        first = file.read_bytes()
        assert run("-p", town, "report", "council", "-o", file, "--overwrite").code == 0
        assert file.read_bytes() == first, f"{ending}: the same store and day give the same bytes"
    page = html.unescape((out / "report.html").read_text(encoding="utf-8"))
    for text in ("Documents missing", "Plan parts and cases", "All were run on", "ADJOINS_MATCHED"):
        assert text in page, text
    assert "civil society" in page.lower(), "with whom consultations were held"
    assert page.count("<svg") >= 2
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    heard = {row["kind"]: row["people"] for row in data["consultations"]}
    assert heard == {"meeting": None, "outreach": None}, "the public is told their sum"
    assert {row["what"] for row in data["origins"]} >= {"Cadastre: Buildings", "Survey: Plots as occupied"}
    assert {bool(row["checked_on"]) for row in data["parameters"]} == {True, False}
    assert all(bool(row["citation"]) == bool(row["checked_on"]) for row in data["parameters"])
    assert {"Settings that the rules rest on", "Legal values that were used"} <= set(page_titles(page))
    assert [lane["stretches"][0]["phase"] for lane in data["lanes"]] == ["elaboration"]
    with pikepdf.open(out / "report.pdf") as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en"
        assert len(pdf.pages) >= 2


def test_report_and_map_of_one_release_say_the_same(towns: Path, run) -> None:
    """What stands beside each other can be subtracted: so it is one release, and shows no other figure."""
    town, out = towns / "a", towns / "out"
    assert run("-p", town, "map", "build", "--audience", "council", "-o", out / "map.html").code == 0
    assert run("-p", town, "report", "council", "-o", out / "report.json").code == 0
    with Store.open(town / "store.gpkg", read_only=True) as store:
        (release,) = [e for e in store.events(type="map.released") if e.payload["audience"] == "council"]
    shown = release.payload["shown"]
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    totals = {name: n for name, n in shown["totals"].items() if name != "all"}
    assert {row["class"]: row["count"] for row in data["classes"]} == totals
    for row, told in zip(data["blocks"], shown["blocks"], strict=True):
        least = told["counts"].get("at_least")
        assert row["count"] == (
            told["counts"]["all"] if told["counts"]["all"] is not None or not least else f"{least}+"
        )
    by_area = []
    for area in ("Запад", "Изток"):
        assert run("-p", town, "report", "council", "--area", area, "-o", out / f"{area}.json").code == 0
        part = json.loads((out / f"{area}.json").read_text(encoding="utf-8"))
        assert part["classes"] == [{"class": "all", "count": None, "kind": "building"}] or not part["classes"]
        assert part["ways"] == [], "where homes stand is told of the whole only"
        by_area.append({row["document"]: row for row in part["unlocks"]})
    k = data["k"]
    for row in data["unlocks"]:
        for name in ("decides", "together"):
            parts = [found.get(row["document"], {}).get(name) for found in by_area]
            assert row[name] is None or int(str(row[name]).rstrip("+")) >= k
            assert all(n is None or n >= k for n in parts)
            if isinstance(row[name], int) and sum(n is None for n in parts) == 1:
                pytest.fail(f"{row['document']}: the area that is hidden follows by subtraction")


def test_a_few_documents_later_the_report_says_the_same(towns: Path, run) -> None:
    town, out = towns / "a", towns / "out"

    def told() -> Any:
        assert run("-p", town, "report", "council", "-o", out / "r.json", "--overwrite").code == 0
        data = json.loads((out / "r.json").read_text(encoding="utf-8"))
        return data["ways"], data["unlocks"]

    before = told()
    assert any(row["together"] or row["decides"] for row in before[1]), "the town lacks documents"
    homes = [home["id"] for home in run("-p", town, "home", "list", "--json").json]
    lacking = before[1][0]["document"]
    for home in homes[:3]:
        added = ("case", "document", "add", home, lacking, "--state", "received", "--date", "2026-06-01")
        assert run("-p", town, *added).code == 0
    assert told() == before
    public = out / "public.json"
    assert run("-p", town, "report", "indicators", "--audience", "public", "-o", public).code == 0
    office = out / "office.json"
    assert run("-p", town, "report", "indicators", "-o", office).code == 0
    assert figures(office)["documents_received"]["total"]["value"] == 3
    text = public.read_text(encoding="utf-8")
    for row in figures(public).values():
        for one in row["projects"]:
            for entry in one["provenance"]["events"].values():
                assert set(entry.values()) == {None}, "how many entries there are tells what is held back"
    for source in json.loads(text)["projects"][0]["sources"]:
        assert (source["file"], source["stored"]) == (None, None), "rows of a delivery are an exact count"
    told_public = {k: v for k, v in figures(public)["documents_received"]["total"].items() if v is not None}
    assert told_public == {
        "state": "withheld",
        "baseline_reason": "no baseline is stated",
        "target_reason": "no target is stated",
        "not_assessed_in": [],
    }


def test_a_programme_counts_a_home_once_and_traces_each_figure(towns: Path, run) -> None:
    out = towns / "p.json"
    assert run("report", "indicators", "-p", towns / "a", "-p", towns / "b", "-o", out).code == 0
    data = json.loads(out.read_text(encoding="utf-8"))
    rows = figures(out)
    assert [p["project"] for p in data["projects"]] == ["A", "B"]
    assert data["homes_twice"] == 12
    assert rows["homes"]["total"]["value"] == 70 + 50 - 12
    assert [p["value"] for p in rows["homes"]["projects"]] == [70, 38]
    assert rows["plots_surveyed"]["total"]["value"] == 120
    assert rows["people_reached"]["total"]["value"] == 78
    assert (
        rows["objections_answered"]["total"] | {"value": 2, "of": 4} == rows["objections_answered"]["total"]
    )
    assert rows["procedures_started"]["total"]["value"] == 2
    states = [rows[f"homes_{s}"]["total"]["value"] for s in ("one_document", "plan", "further")]
    assert sum(states) == rows["homes"]["total"]["value"]
    now = rows["homes_now"]["total"]
    assert (now["state"], now["value"], now["share"]) == ("not_assessed", None, None), "nobody assessed it"
    others = {rows[f"homes_{s}"]["total"]["state"] for s in ("one_document", "plan", "further")}
    assert others == {"partly_assessed"}, "such a home may turn out to be one that could go now"
    sources = {p["project"]: {s["delivery"]: s for s in p["sources"]} for p in data["projects"]}
    for row in rows.values():
        for one in row["projects"]:
            trace = one["provenance"]
            assert trace["batches"] or trace["events"], row["id"]
            for number in trace["batches"]:
                source = sources[one["project"]][number]
                given = towns / f"from-{'ab'['AB'.index(one['project'])]}" / source["file"]
                assert source["sha256"] == hashlib.sha256(given.read_bytes()).hexdigest()
                assert source["since"] == "2026-01-05"
    with Store.open(towns / "b" / "store.gpkg", read_only=True) as store:
        first = rows["people_reached"]["projects"][1]["provenance"]["events"]["case.consultation"]
        assert [e.seq for e in store.events(type="case.consultation")] == [first["first"], first["last"]]
    with_ = run("-p", towns / "a", "report", "indicators", "--with", towns / "b", "-o", towns / "w.json")
    assert with_.code == 0
    assert (towns / "w.json").read_bytes() == out.read_bytes()


def test_baseline_target_and_period(towns: Path, run) -> None:
    town, out = towns / "a", towns / "i.json"
    (town / "indicators.toml").write_text(
        "[indicators.plots_surveyed]\nbaseline = 20\nbaseline_on = 2025-12-31\ntarget = 120\n"
        "[indicators.people_reached]\nbaseline = 0\n",
        encoding="utf-8",
    )
    period = ("--from", "2026-03-01", "--to", "2026-06-14")
    assert run("-p", town, "report", "indicators", *period, "-o", out).code == 0
    plots, people = figures(out)["plots_surveyed"]["total"], figures(out)["people_reached"]["total"]
    assert (plots["baseline"], plots["target"], plots["value"], plots["progress"]) == (20, 120, 70, 0.5)
    assert (people["value"], people["target"], people["target_reason"]) == (35, None, "no target is stated")
    homes = figures(out)["homes_now"]["total"]
    assert (homes["state"], homes["value"]) == ("not_assessed", None), "papers are known of today only"
    both = ("report", "indicators", "-p", town, "-p", towns / "b", "-o", towns / "both.json")
    assert run(*both).code == 0
    whole = figures(towns / "both.json")["plots_surveyed"]["total"]
    assert (whole["baseline"], whole["target"]) == (None, None), "one of the two has stated none"
    for wrong in ("[indicators.plot]\nbaseline = 1", "[indicators.homes]\nbaseline = '1'", "[indicators"):
        (town / "indicators.toml").write_text(wrong, encoding="utf-8")
        answer = run("-p", town, "report", "indicators", "-o", towns / "x.json")
        assert answer.code == 3, wrong
        assert "indicators.toml" in answer.err
        assert not (towns / "x.json").exists()


def test_tables_are_the_same_bytes_and_hold_no_formula(towns: Path, run) -> None:
    for audience in ("office", "public"):
        for ending in ("csv", "xlsx", "html", "json"):
            file = towns / f"{audience}.{ending}"
            words = ("-p", towns / "a", "report", "indicators", "--audience", audience, "-o", file)
            assert run(*words).code == 0
            first = file.read_bytes()
            assert run(*words, "--overwrite").code == 0
            assert file.read_bytes() == first, f"{audience} {ending}"
    with zipfile.ZipFile(towns / "office.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b">2026-06-15T00:00:00Z<" in archive.read("docProps/core.xml")
    book = openpyxl.load_workbook(towns / "office.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    first = {row[0].value: row[9].value for row in book.worksheets[0].iter_rows(min_row=2)}
    rows = list(csv.reader(io.StringIO((towns / "office.csv").read_text(encoding="utf-8-sig"))))
    told = {row[0]: row[9] for row in rows[1:] if row[0] in first}
    assert told == {name: "" if value is None else str(value) for name, value in first.items()}
    by_head = dict(zip(rows[0], next(row for row in rows if row[0] == "objections_answered"), strict=True))
    assert by_head["Unit"] == "objection"
    assert by_head["Denominator"] == "objections received in the period"
    assert by_head["Kind of period"] == "in the period"
    assert by_head["Definition"].startswith("Of the objections received")
    assert by_head["Source"]
    numbers = {one for row in rows[1:] if row[0] in first for one in row[14].split(", ")} - {"–"}
    listed = {row[2]: row for row in rows if row[0] == "Deliveries by number"}
    assert numbers <= set(listed)
    assert all(re.fullmatch("[0-9a-f]{64}", listed[one][7]) for one in numbers)
    sheet = {row[1].value: row[6].value for row in book["Deliveries by number"].iter_rows(min_row=2)}
    assert {one: listed[one][7] for one in numbers} == {one: sheet[one] for one in numbers}
    for name in ("csv", "html"):
        public = (towns / f"public.{name}").read_text(encoding="utf-8-sig")
        assert "survey-plots.gpkg" not in public, "the name of a file stays in the office"
        assert "survey-plots.gpkg" in (towns / f"office.{name}").read_text(encoding="utf-8-sig")
    assert any(row[1].startswith("For the office") for row in rows)
    public = (towns / "public.html").read_text(encoding="utf-8")
    assert "For everybody" in public
    assert "For the office" not in public


def test_what_cannot_be_known_is_not_zero(towns: Path, run) -> None:
    out = towns / "i.json"
    for names, wanted in (
        (("empty",), {"plots_surveyed", "homes", "homes_now"}),
        (("empty", "g"), {"homes", "homes_now"}),
    ):
        folders = [word for name in names for word in ("-p", towns / name)]
        assert run("report", "indicators", *folders, "-o", out, "--overwrite").code == 0
        rows = figures(out)
        for name in wanted:
            assert rows[name]["total"]["state"] == "not_assessed", (names, name)
            assert rows[name]["total"]["value"] is None
            assert rows[name]["total"]["reason"]
    both = ("-p", towns / "a", "-p", towns / "g", "-o", out, "--overwrite")
    assert run("report", "indicators", *both).code == 0
    whole = figures(out)["homes"]["total"]
    assert (whole["state"], whole["value"], whole["not_assessed_in"]) == ("partly_assessed", 70, ["B"])
    assert "B · Община g" in whole["reason"]
    assert whole["progress"] is None, "of the whole target nobody knows the way"
    page = towns / "i.html"
    assert run("report", "indicators", "-p", towns / "a", "-p", towns / "g", "-o", page).code == 0
    text = html.unescape(page.read_text(encoding="utf-8"))
    for said in (
        "different coordinate systems (EPSG:25830, EPSG:7801)",
        "different country packs (bg, generic)",
    ):
        assert said in text
    for verb, more in (("council", ()), ("compare", ("--from", "2026-01-01"))):
        for name in ("empty", "g"):
            file = towns / f"{verb}-{name}.html"
            assert run("-p", towns / name, "report", verb, *more, "-o", file).code == 0
            assert "ot assessed" in html.unescape(file.read_text(encoding="utf-8")), (verb, name)


def test_bad_input_is_refused_in_one_line(towns: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(towns / "a", towns / "copy")
    a, out = towns / "a", towns / "x.csv"
    for code, words in (
        (2, ("report", "indicators", "-p", a, "-p", a)),
        (2, ("report", "indicators", "-p", a, "-p", towns / "copy")),
        (2, ("-p", a, "report", "indicators", "--from", "2026-06-02", "--to", "2026-06-01")),
        (2, ("-p", a, "report", "indicators", "--to", "2026-06-16")),
        (2, ("-p", a, "report", "indicators", "--from", "31.02.2026")),
        (2, ("-p", a, "report", "compare", "--from", "2026-06-02", "--to", "2026-06-01")),
        (2, ("-p", a, "report", "compare", "--from", "2026-06-01", "--to", "2026-06-16")),
        (2, ("-p", a, "report", "compare", "--from", "2026-06-01", "--area", "Север")),
        (2, ("-p", a, "report", "compare")),
        (3, ("report", "indicators", "-p", towns / "nowhere")),
    ):
        answer = run(*words, "-o", out)
        assert answer.code == code, words
        assert "Traceback" not in answer.err
        assert not out.exists()
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    answer = run("-p", a, "report", "indicators", "-o", towns / "x.xlsx")
    assert answer.code == 5
    assert "regularize[xlsx]" in answer.err
    assert not (towns / "x.xlsx").exists()


def test_comparison_by_release_and_by_log(towns: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    town, out = towns / "a", towns / "c.json"

    def compared(*more: str) -> Any:
        words = ("-p", town, "report", "compare", *more, "-o", out, "--overwrite")
        assert run(*words).code == 0
        return json.loads(out.read_text(encoding="utf-8"))

    before_all = compared("--from", "2026-01-01")
    for row in before_all["figures"]:
        assert (row["before"], row["change"]) == (None, None), "before the first delivery nothing is known"
        assert row["reasons"] == ["no delivery of this layer was valid by then", None]
        assert row["after"] > 0
    part = compared("--from", "2026-01-01", "--area", "Изток")
    assert part["classes"] == []
    page = towns / "part.html"
    assert (
        run("-p", town, "report", "compare", "--from", "2026-01-01", "--area", "Изток", "-o", page).code == 0
    )
    assert "told of the whole place only" in page.read_text(encoding="utf-8")
    early = compared("--from", "2026-03-01")
    assert early["days"][0]["reason"] == "nothing was released to the council by then"
    assert early["totals"][0]["before"] is None
    assert early["totals"][0]["after"] == 80
    with Store.open(town / "store.gpkg") as store:
        new = [f for f in store.findings() if f.cls == "not_in_cadastre"]
        for finding in new[:3]:
            store.review(finding.id, "rejected", "", "office", date(2026, 7, 1))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", AT_NOON["2027"])
    few = compared("--from", "2026-06-15")
    assert few["totals"][0]["before"] == few["totals"][0]["after"] == 80, "three would point at homes"
    office = compared("--from", "2026-06-15", "--audience", "office")
    assert (office["totals"][0]["before"], office["totals"][0]["after"]) == (80, 77)
    with Store.open(town / "store.gpkg") as store:
        for finding in new[3:20]:
            store.review(finding.id, "rejected", "", "office", date(2026, 8, 1))
    many = compared("--from", "2026-06-15")
    assert many["totals"][0]["change"] is None or abs(many["totals"][0]["change"]) >= many["k"]
    for rows in (many["classes"], many["blocks"], few["classes"], few["blocks"]):
        assert all(row["change"] is None or row["change"] == 0 or abs(row["change"]) >= 11 for row in rows)
    office = compared("--from", "2026-07-15", "--to", "2026-09-01", "--audience", "office")
    assert (office["totals"][0]["before"], office["totals"][0]["after"]) == (77, 60)
    (case,) = many["cases"]
    assert case["before"]
    assert case["after"]
    for ending in ("html", "pdf", "csv"):
        file = towns / f"c.{ending}"
        words = ("-p", town, "report", "compare", "--from", "2026-06-15", "-o", file)
        assert run(*words).code == 0
        first = file.read_bytes()
        assert run(*words, "--overwrite").code == 0
        assert file.read_bytes() == first

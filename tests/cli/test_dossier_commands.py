"""``dossier``, ``letter`` and ``privacy export`` on a small town: printed, refused, logged, survived."""

import json
import os
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import crew_tasks
import docx
import geopandas
import pypdfium2
import pytest
import report_town
import shapely

from regularize.countries import load
from regularize.geometry.rows import Rows
from regularize.model import Home
from regularize.plan.facts import home_facts
from regularize.publish import typesetting
from regularize.publish.letters import letter_words
from regularize.publish.resident import catalogue
from regularize.workflow import dossiers as work
from regularize.workflow.dossier_desk import DossierDesk

Run = Any  # the fixture of conftest
DAY = ("--on", "2026-03-02")
CONTACT = """
[project.contact]
office = "Отдел „План“"
address = "пл. „Примерен“ 1"
telephone = "0000 12 345"
hours = "9 – 12 ч."
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty homes, four of them in the cadastre, and a plan that has been announced for half of them."""
    folder = tmp_path_factory.mktemp("dossiers")
    project = report_town.furnish(folder / "Примерна", folder / "data", houses=20, known=range(16, 20))
    for event, day in (("drafted_final", "02-03"), ("submitted", "02-05"), ("announced_sg", "02-20")):
        assert report_town.said("-p", project, "case", "event", "C-1", event, "--date", f"2026-{day}") == 0
    return project


@pytest.fixture
def spoken(town: Path) -> Any:
    """The town with a contact block, taken away again."""
    file = town / "regularize.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("[project.contact]", "").rstrip() + "\n" + CONTACT, encoding="utf-8")
    yield town
    file.write_text(before, encoding="utf-8")


@pytest.fixture
def home(town: Path, run: Run) -> str:
    """A home in the part of the plan that was announced."""
    found: str = run("-p", town, "home", "show", "S-0", "--json").json["id"]
    return found


def text_of(pdf: Path) -> str:
    pages = pypdfium2.PdfDocument(pdf.read_bytes())
    return " ".join(" ".join(p.get_textpage().get_text_range() for p in pages).split())


def test_the_delivery_of_an_adjoining_parcel_is_a_source_however_far_it_lies() -> None:
    """The dossier names that parcel, though no drawing reaches it."""

    def layer(*shapes: Any) -> Rows:
        n = range(1, len(shapes) + 1)
        return Rows(
            geopandas.GeoDataFrame(
                {"fid": n, "batch": n, "identifier": [str(k) for k in n]}, geometry=list(shapes)
            )
        )

    home = Home("T-00001-1", "00001", shapely.box(0, 0, 9, 9), (), (), (), date(2026, 1, 1))
    parcels = layer(
        shapely.box(-5, -5, 150, 20), shapely.box(150, -5, 170, 20), shapely.box(900, -5, 920, 20), None
    )
    assert home_facts(home, parcels=parcels)["adjoining"] == ["2"]
    source = {"origin": "", "path": "", "source": "", "valid_from": date(2026, 1, 1), "sigma_m": 0.1}
    batches = {
        k: SimpleNamespace(source=SimpleNamespace(**{**source, "origin": f"{k}.shp"})) for k in range(1, 5)
    }
    desk: Any = SimpleNamespace(layers={"parcels": parcels, "plots": layer()}, land=layer(), batches=batches)
    assert [row["origin"] for row in DossierDesk._sources(desk, home)] == ["1.shp", "2.shp"]


def test_pdf_and_word_the_same_each_time(town: Path, run: Run, home: str) -> None:
    out = town / "out"
    answer = run("-p", town, "dossier", "build", home, *DAY, "--format", "both", "-o", out, lang="bg")
    assert answer.code == 0, answer.err
    files = {file.name: file.read_bytes() for file in out.iterdir()}
    assert set(files) == {f"{home}.pdf", f"{home}.docx"}
    assert home in text_of(out / f"{home}.pdf")
    assert "Обявен" in text_of(out / f"{home}.pdf"), "the home lies in the part that was announced"
    assert docx.Document(str(out / f"{home}.docx")).paragraphs
    assert run("-p", town, "dossier", "build", home, *DAY, "-o", out).code == 1
    again = run(
        "-p",
        town,
        "dossier",
        "build",
        home,
        *DAY,
        "--format",
        "both",
        "-o",
        out,
        "--overwrite",
        lang="bg",
    )
    assert again.code == 0
    assert {file.name: file.read_bytes() for file in out.iterdir()} == files


@pytest.mark.long
def test_several_cores_print_the_same(town: Path, run: Run) -> None:
    words = ("-p", town, "dossier", "build", "--all", *DAY)
    assert run(*words, "-o", town / "one").code == 0
    assert run(*words, "-o", town / "two", "--jobs", 2).code == 0
    one, two = ({f.name: f.read_bytes() for f in (town / n).iterdir()} for n in ("one", "two"))
    assert len(one) >= 4
    assert one == two


def test_no_sheet_without_a_contact(town: Path, run: Run) -> None:
    answer = run("-p", town, "dossier", "build", "--all", "--audience", "resident", "-o", town / "none")
    assert answer.code == 2
    assert "[project.contact]" in answer.err
    assert "telephone = " in answer.err
    assert not (town / "none").exists()


def test_sheets(spoken: Path, run: Run, home: str) -> None:
    out = spoken / "sheets"
    words = ("-p", spoken, "dossier", "build", home, *DAY, "--audience", "resident", "-o", out)
    assert run(*words, lang="bg").code == 0
    (sheet,) = out.iterdir()
    text = text_of(sheet)
    assert "Можете да ни пишете за плана до 20.03.2026" in text
    assert "0000 12 345" in text
    assert "P-" not in text
    assert run(*words, "--sheet-language", "xx", "--overwrite").code == 2


def test_every_running_case_counts(spoken: Path, run: Run, home: str) -> None:
    """A case opened later, with a term or without one, hides nothing of those before it."""

    def opened(*words: str) -> str:
        case: str = run("-p", spoken, "case", "open", *words, "--date", "2026-02-10", "--json").json["id"]
        return case

    def sheet() -> str:
        words = ("-p", spoken, "dossier", "build", home, *DAY, "--overwrite", "--audience", "resident")
        assert run(*words, "-o", spoken / "several", lang="bg").code == 0
        (file,) = (spoken / "several").iterdir()
        assert len(pypdfium2.PdfDocument(file.read_bytes())) == 1
        return text_of(file)

    words = ("-p", spoken, "dossier", "build", home, *DAY, "-o", spoken / "whole", "--format", "both")
    cases = ["C-1", opened("tolerability_certificate", "--home", home)]
    assert "Можете да ни пишете за плана до 20.03.2026" in sheet()
    assert run(*words, "--overwrite", lang="bg").code == 0
    text = text_of(spoken / "whole" / f"{home}.pdf")
    assert "20.03.2026" in text
    assert [text.count(f"Преписка {case}") for case in cases] == [1, 1], text

    cases.append(opened("detailed_plan", "--part", "Част 1", "--fact", "scope=individual_notice"))
    told = (
        ("permitted", "11"),
        ("submitted", "12"),
        ("notified_individually", "24"),
        ("objection_notice_received", "25"),
    )
    for event, day in told:
        assert run("-p", spoken, "case", "event", cases[-1], event, "--date", f"2026-02-{day}").code == 0
    said = sheet()
    first, second = said.index("за плана до 11.03.2026"), said.index("за плана до 20.03.2026")
    assert first < second
    assert run(*words, "--overwrite", lang="bg").code == 0
    text = text_of(spoken / "whole" / f"{home}.pdf")
    assert [text.count(f"Преписка {case}") for case in cases] == [1, 1, 1], text
    assert "11.03.2026" in text
    assert "20.03.2026" in text
    assert f"деня на разрешението по преписка {cases[-1]}" in text, "the norms cite the case that pins them"
    paper = docx.Document(str(spoken / "whole" / f"{home}.docx"))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert set(cases) <= set(cells)
    assert {"11.03.2026 г.", "20.03.2026 г."} <= {" ".join(cell.split()) for cell in cells}


@pytest.mark.parametrize(
    ("lang", "heading", "reason", "lacks"),
    [
        ("bg", "Площи по регистър", "не е преценено: разпоредбата не е проверена",
         "Допустима разлика в площта: няма известна стойност, затова оценка не се дава. Липсва: "),
        ("en", "Areas by register", "not assessed: the law has not been verified",
         "Admitted difference of area: no value is known, so no verdict is given. What is missing: "),
    ],
)  # fmt: skip
def test_areas_without_a_value_of_the_law_say_what_is_missing(
    town: Path, run: Run, lang: str, heading: str, reason: str, lacks: str
) -> None:
    """The ordinance has not been read: no verdict, the reason, and the provision, in PDF and Word."""
    known: str = run("-p", town, "home", "show", "S-16", "--json").json["id"]
    out = town / f"unread-{lang}"
    words = ("-p", town, "dossier", "build", known, *DAY, "-o", out, "--format", "both")
    assert run(*words, lang=lang).code == 0
    form = docx.Document(str(out / f"{known}.docx"))
    verdicts = {"Оценка", "Verdict"}
    areas = next(t for t in form.tables if len(t.columns) == 6 and t.rows[0].cells[5].text in verdicts)
    assert {row.cells[-1].text for row in areas.rows[1:]} == {reason}
    provision = load("bg").parameter("cadastre_area_tolerance").rows[0].citation
    assert f"{lacks}{provision}" in " ".join(p.text for p in form.paragraphs)
    printed = text_of(out / f"{known}.pdf").partition(heading)[2]
    assert printed.count(reason) == len(areas.rows) - 1
    assert f"{lacks}{provision}" in printed


def test_areas_are_held_against_the_law(town: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack gives no tolerance yet, and that is the reason said; with one there is a verdict."""
    from dataclasses import replace

    known: str = run("-p", town, "home", "show", "S-16", "--json").json["id"]

    def text() -> str:
        words = ("-p", town, "dossier", "build", known, *DAY, "-o", town / "areas", "--overwrite")
        assert run(*words, lang="bg").code == 0
        return text_of(town / "areas" / f"{known}.pdf")

    areas = text().partition("Площи по регистър")[2]
    assert "разпоредбата не е проверена" in areas[:900], areas[:900]
    assert "Допустима разлика в площта" in areas
    parameters: Any = load("bg").parameters
    record = parameters["cadastre_area_tolerance"]
    for value, said in ((1000.0, "в допуска"), (0.0, "в рамките на точността")):
        row = replace(record.rows[0], value=value, status="verified")
        monkeypatch.setitem(parameters, record.name, replace(record, rows=(row,)))
        assert said in text().partition("Площи по регистър")[2][:900]


class TestFailures:
    """One clear line for each, no half file, and the rest of the batch goes on."""

    def test_a_broken_template(self, town: Path, run: Run) -> None:
        own = town / "templates" / "dossier.typ"
        own.parent.mkdir(exist_ok=True)
        own.write_text("= Досие\n\n#let x = 1 +\n", encoding="utf-8")
        try:
            answer = run("-p", town, "dossier", "build", "T-00000-1", "T-00000-2", "-o", town / "broken")
        finally:
            own.unlink()
        assert answer.code == 1
        assert answer.err.count("dossier.typ, line 3") == 2
        assert list((town / "broken").iterdir()) == []

    def test_a_panic_costs_one_dossier(self, town: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        class PanicError(BaseException):
            """As pyo3 raises it: no Exception."""

        real = typesetting.json.dumps

        def dies(value: Any, **more: Any) -> str:
            if isinstance(value, dict) and value.get("home") == "T-00000-2":
                raise PanicError("index out of bounds")
            return real(value, **more)

        monkeypatch.setattr(typesetting.json, "dumps", dies)
        out = town / "panic"
        answer = run("-p", town, "dossier", "build", "T-00000-1", "T-00000-2", "T-00000-3", "-o", out)
        assert answer.code == 1
        assert {f.stem for f in out.iterdir()} == {"T-00000-1", "T-00000-3"}
        assert answer.err.count("T-00000-2") == 1

    @pytest.mark.parametrize("kind", [ZeroDivisionError, crew_tasks.PanicError])
    def test_what_nobody_foresaw(
        self, town: Path, run: Run, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
    ) -> None:
        """Outside the typesetter as well, and whatever raises what is no Exception."""
        real = work.DossierDesk.facts

        def dies(desk: Any, home: Any) -> Any:
            if home.id == "T-00000-1":
                raise kind("private")
            return real(desk, home)

        monkeypatch.setattr(work.DossierDesk, "facts", dies)
        out = town / f"unforeseen-{kind.__name__}"
        answer = run("-p", town, "dossier", "build", "T-00000-1", "T-00000-2", "-o", out)
        assert answer.code == 1
        assert f"T-00000-1: unexpected failure: {kind.__name__}" in answer.err
        assert "private" not in answer.err
        assert [f.stem for f in out.iterdir()] == ["T-00000-2"]

    def test_a_home_without_an_outline(self, town: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        from dataclasses import replace

        from shapely import Polygon

        real = work.resolve

        def bare(store: Any, any_id: str) -> Any:
            home = real(store, any_id)
            return replace(home, geometry=Polygon(), register_fids=(), survey_fids=(), plot_fids=())

        monkeypatch.setattr(work, "resolve", bare)
        out = town / "bare"
        answer = run("-p", town, "dossier", "build", "T-00000-1", "--format", "both", "-o", out)
        assert (answer.code, answer.err.count("T-00000-1:")) == (0, 0), answer.err
        assert "No outline of this home is known" in text_of(out / "T-00000-1.pdf")

    @pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes")
    def test_a_full_disk(self, town: Path) -> None:
        out = town / "full"

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

        done = subprocess.run(
            [sys.executable, "-m", "regularize", "--lang", "en", "-p", str(town), "dossier", "build",
             "T-00000-1", "T-00000-2", *DAY, "-o", str(out)],
            check=False, capture_output=True, encoding="utf-8", preexec_fn=small, env={**os.environ},
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        for home in ("T-00000-1", "T-00000-2"):
            assert f"{home}: the file cannot be written: File too large" in done.stderr
        assert list(out.iterdir()) == []
        assert "Traceback" not in done.stderr

    @pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes")
    def test_a_full_disk_outside_the_project(self, town: Path, tmp_path: Path) -> None:
        """Each dossier fits where it is made; the archive does not fit where it shall go."""

        def small() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        homes = [f"T-00000-{n}" for n in range(1, 7)]
        words = [sys.executable, "-m", "regularize", "--lang", "en", "-p", str(town), "dossier", "build"]
        done = subprocess.run(
            [*words, *homes, *DAY, "-o", str(tmp_path / "out")],
            check=False, capture_output=True, encoding="utf-8", preexec_fn=small, env={**os.environ},
        )  # fmt: skip
        assert done.returncode == 3, done.stderr
        assert f"{tmp_path / 'out.zip'} cannot be read or written: File too large" in done.stderr
        assert "Traceback" not in done.stderr
        assert list(tmp_path.iterdir()) == []


class TestLetters:
    """Words, terms and provisions of the procedure."""

    def build(self, town: Path, run: Run, *words: str) -> Any:
        return run(
            "-p", town, "letter", "build", *words, *DAY, "-o", town / "letters", "--overwrite", lang="bg"
        )

    def test_the_text_for_the_gazette(self, spoken: Path, run: Run) -> None:
        assert self.build(spoken, run, "gazette", "C-1", "--format", "both").code == 0
        text = text_of(spoken / "letters" / "C-1-gazette.pdf")
        word = " ".join(
            p.text for p in docx.Document(str(spoken / "letters" / "C-1-gazette.docx")).paragraphs
        )
        for said in (
            "чл. 128, ал. 1 от ЗУТ",
            "В едномесечен срок",
            "чл. 128, ал. 5 от ЗУТ",
            "ПРЗ за част 1 (Част 1)",
        ):
            assert said in text
            assert said in word
        assert ".." not in text

    def test_the_list_for_the_board(self, spoken: Path, run: Run) -> None:
        assert self.build(spoken, run, "board", "C-1").code == 0
        text = text_of(spoken / "letters" / "C-1-board.pdf")
        assert "20.02.2026" in text
        assert "до 20.03.2026" in text
        checked = load("bg").procedures["detailed_plan"]["checked_on"]
        assert f"сверени на {checked:%d.%m.%Y} г." in text

    def test_a_letter_of_another_scope_is_refused(self, spoken: Path, run: Run) -> None:
        answer = self.build(spoken, run, "notice", "C-1")
        assert answer.code == 2
        assert "letter build gazette C-1" in answer.err
        assert self.build(spoken, run, "board", "C-1", "--all-parcels").code == 2
        assert self.build(spoken, run, "board", "C-9").code == 2

    def test_a_procedure_without_letters(self, spoken: Path, run: Run, home: str) -> None:
        words = ("case", "open", "tolerability_certificate", "--home", home, "--date", "2026-02-10", "--json")
        case = run("-p", spoken, *words).json["id"]
        answer = self.build(spoken, run, "board", case)
        assert answer.code == 2
        assert "Подробен устройствен план" in answer.err
        assert "tolerability" not in answer.err

    def test_one_notice_for_each_parcel(self, spoken: Path, run: Run) -> None:
        words = ("--part", "Част 1", "--date", "2026-01-10", "--fact", "scope=individual_notice")
        case = run("-p", spoken, "case", "open", "detailed_plan", *words, "--json").json["id"]
        parcel = "00990.501.16"
        early = self.build(spoken, run, "notice", case, "--parcel", parcel)
        assert early.code == 2
        assert f"case event {case} submitted" in early.err
        assert not (spoken / "letters" / f"{case}-notice.pdf").exists()
        told = ("case", "event", case, "submitted", "--date", "2026-02-01")
        assert run("-p", spoken, *told).code == 0
        answer = self.build(spoken, run, "notice", case, "--parcel", parcel, "--parcel", "00990.501.17")
        assert answer.code == 0, answer.err
        file = spoken / "letters" / f"{case}-notice.pdf"
        assert len(pypdfium2.PdfDocument(file.read_bytes())) == 2
        assert parcel in text_of(file)
        assert "В 14-дневен срок" in text_of(file)
        assert self.build(spoken, run, "notice", case, "--parcel", "00990.501.99").code == 2

    @pytest.mark.parametrize(("permitted", "unread"), [("2016-11-07", True), ("2025-03-10", False)])
    def test_terms_are_as_sure_as_for_the_day_of_the_permission(
        self, spoken: Path, run: Run, permitted: str, unread: bool
    ) -> None:
        words = ("--part", "Част 1", "--date", "2016-01-11", "--fact", "scope=state_gazette")
        case = run("-p", spoken, "case", "open", "detailed_plan", *words, "--json").json["id"]
        for event, day in (("permitted", permitted), ("submitted", "2025-06-02")):
            told = ("case", "event", case, event, "--date", day, "--document", "incoming_number")
            assert run("-p", spoken, *told).code == 0
        answer = self.build(spoken, run, "gazette", case)
        assert answer.code == 0, answer.err
        text = " ".join(text_of(spoken / "letters" / f"{case}-gazette.pdf").split())
        assert ("чл. 128, ал. 1 от ЗУТ [непроверено]" in text) == unread
        assert ("не е проверена" in answer.err) == unread
        assert "чл. 128, ал. 5 от ЗУТ [непроверено]" not in text

    def test_unverified_law_is_marked(self, spoken: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        from dataclasses import replace

        from regularize.workflow import letters

        real = letters.procedure_of

        def unread(here: Any, kind: str) -> Any:
            found = real(here, kind)
            clocks = {n: replace(c, status="unverified") for n, c in found.clocks.items()}
            return replace(found, clocks=clocks)

        monkeypatch.setattr(letters, "procedure_of", unread)
        answer = self.build(spoken, run, "gazette", "C-1")
        text = text_of(spoken / "letters" / "C-1-gazette.pdf")
        assert "чл. 128, ал. 5 от ЗУТ [непроверено]" in text
        assert "не е сверена със закона" in text
        assert "не е проверена" in answer.err


def test_all_that_is_stored_about_a_home(town: Path, run: Run, home: str) -> None:
    assert run("-p", town, "case", "document", "add", home, "utility_bill").code == 0
    plain = ("--plain", "--purpose", "искане на засегнатото лице")  # a test has no terminal
    first = run("-p", town, "privacy", "export", home, *plain, "--json", "--by", "служба")
    assert first.code == 0, first.err
    record = first.json
    assert record["home"]["outline_wkt"].startswith("POLYGON")
    assert [row["ref"] for row in record["rows"]["observed_buildings"]] == ["S-0"]
    assert [row["ref"] for row in record["rows"]["plots"]] == ["P-0"]
    assert {f["home"] for f in record["findings"]} == {home}
    assert record["cases"][0]["id"] == "C-1"
    assert [paper["document_type"] for paper in record["documents"]] == ["utility_bill"]
    again = run("-p", town, "privacy", "export", home, *plain, "--json").json
    asked = [event for event in again["events"] if event["type"] == "privacy.exported"]
    assert [event["by"] for event in asked] == ["служба"]
    said = run("-p", town, "privacy", "export", home, *plain, lang="bg")
    assert "S-0" in said.out
    assert "Записи в дневника" in said.out
    assert json.dumps(record["home"]["id"])[1:-1] in said.out
    assert run("-p", town, "privacy", "export", "T-00000-99", *plain).code == 2


def test_the_form_for_a_municipality(town: Path, run: Run, tmp_path: Path) -> None:
    form = tmp_path / "dossier.docx"
    assert run("dossier", "form", "-o", form).code == 0
    assert "{{ home }}" in {p.text for p in docx.Document(str(form)).paragraphs}
    assert run("dossier", "form", "-o", form).code == 2


def test_every_form_can_be_made_the_municipalitys_own(run: Run, tmp_path: Path) -> None:
    for name in ("dossier.typ", "resident.typ", "letter.typ", "resident.bg.toml", "letters.en.toml"):
        assert run("dossier", "form", "-o", tmp_path / name).code == 0
    assert letter_words("en", tmp_path) == letter_words("en")
    assert catalogue("bg", tmp_path) == catalogue("bg")
    assert run("dossier", "form", "-o", tmp_path / "letter.docx").code == 0
    paragraphs = {p.text for p in docx.Document(str(tmp_path / "letter.docx")).paragraphs}
    assert any("letter" in text for text in paragraphs)


def test_words_to_translate(spoken: Path, run: Run, home: str, tmp_path: Path) -> None:
    words = spoken / "templates" / "resident.rmy.toml"
    sheet = ("-p", spoken, "dossier", "build", home, "--audience", "resident", "--sheet-language", "rmy")
    refused = run(*sheet, "-o", tmp_path / "sheets")
    assert refused.code == 2
    assert "dossier form -o templates/resident.rmy.toml" in refused.err
    assert run("dossier", "form", "-o", words).code == 0
    translated = words.read_text(encoding="utf-8").replace("title = ", 'title = "Kher" # ', 1)
    words.write_text(translated, encoding="utf-8")
    try:
        made = run(*sheet, "-o", tmp_path / "sheets", "--plain", "--purpose", "проверка")
        assert made.code == 0
        assert "Kher" in text_of(next((tmp_path / "sheets").glob("*-sheet.pdf")))
    finally:
        words.unlink()


@pytest.mark.parametrize("name", ["letters.rom.toml", "resident.toml", "plan.typ"])
def test_a_form_that_there_is_not(run: Run, tmp_path: Path, name: str) -> None:
    refused = run("dossier", "form", "-o", tmp_path / name)
    assert refused.code == 2
    assert "resident.CODE.toml" in refused.err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("n", ["0", "-1"])
def test_at_least_one_is_printed(town: Path, run: Run, n: str) -> None:
    assert run("-p", town, "dossier", "build", "--all", "--limit", n).code == 2


def test_the_settlement_is_named_where_its_name_is_known(
    town: Path, run: Run, home: str, tmp_path: Path
) -> None:
    code = home.split("-")[1]
    listed = town / "settlements.csv"
    assert not listed.exists()
    listed.write_text(f"code,name,easting,northing\n{code},с. Измислица,523600,4791400\n", encoding="utf-8")
    try:
        out = ("-o", tmp_path / "named", "--plain", "--purpose", "проверка")
        assert run("-p", town, "dossier", "build", home, *DAY, *out).code == 0
    finally:
        listed.unlink()
    assert "с. Измислица" in text_of(tmp_path / "named" / f"{home}.pdf")

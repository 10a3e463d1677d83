"""What the dossier says of ways, norms, evidence of age and what is missing; every measure has a word."""

import re
from pathlib import Path
from typing import Any

import dossier_facts
import pypdfium2
import pytest

from regularize.countries import load
from regularize.publish.dossier import render_dossier
from regularize.publish.sheet import dossier_sheet
from regularize.publish.situation import draw_situation

DETECT = Path(__file__).parents[2] / "regularize" / "detect"

PAPERS = {
    "condition": "papers_exist",
    "verdict": "not_assessed",
    "reason": "fact_missing",
    "missing": ["building_papers"],
}
NEXT = {
    "document": "archive_check",
    "documents": ["archive_check", "survey"],
    "basis": "number_of_documents",
    "status": "unverified",
}


def way(name: str, state: str, blockers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    plain = {
        "concerns": "met",
        "proposed": True,
        "next": None,
        "citation": "ЗУТ, чл. 1",
        "status": "verified",
    }
    return {"way": name, "state": state, "blockers": blockers, **plain, **more}


def pathways() -> dict[str, Any]:
    advice = {"condition": "possession", "verdict": "not_assessed", "reason": "advice_needed", "missing": []}
    failed = {"condition": "land_municipal", "verdict": "not_met", "reason": None, "missing": []}
    return {
        "next": {"way": "cadastre_completion", **NEXT},
        "ways": [
            way("plan_by_boundaries", "closed", [failed]),
            way("prescription", "not_assessed", [advice], proposed=False),
            way("tolerability_1998", "closed", [], concerns="not_met"),
            way("cadastre_completion", "not_assessed", [PAPERS], next=NEXT),
            way("first_regulation", "open", [], status="unverified"),
        ],
        "norms": [
            {"norm": "plot_area", "compare": "at_least", "unit": "m2", "measured": 280.0, "sigma": 1.2,
             "limit": 300.0, "verdict": "not_met",
             "reason": None, "missing": [], "deficit": 20.0, "citation": "ЗУТ, чл. 19",
             "status": "verified"},
            {"norm": "side_distance", "compare": "at_least", "unit": "m", "measured": None, "sigma": None,
             "limit": 3.0, "verdict": "not_assessed", "reason": "fact_missing",
             "missing": ["distance_side_m"], "deficit": None, "citation": "чл. 31", "status": "verified"},
        ],
        "evidence": {
            "after": "1985-11-17", "by": "2001-07-01",
            "pieces": [
                {"kind": "aerial_photo", "shows": False, "dated": "1985-05-01", "accuracy_days": 200,
                 "earliest": "1984-10-13", "latest": "1985-11-17", "ref": "КС 12", "contradicts": False},
                {"kind": "orthophoto", "shows": True, "dated": "2001-06-01", "accuracy_days": 30,
                 "earliest": "2001-05-02", "latest": "2001-07-01", "ref": "ЦОФМ", "contradicts": False},
            ],
            "cut_offs": [{"cut_off": "1987-04-07", "verdict": "not_assessed", "reason": "within_uncertainty",
                          "deciding": {"kinds": ["orthophoto"]}, "citation": "§ 16", "status": "verified"}],
        },
    }  # fmt: skip


def sheet(lang: str = "bg", **more: Any) -> dict[str, Any]:
    return dossier_sheet({**dossier_facts.facts(), **more}, lang=lang, labels=dossier_facts.labels)


def test_every_measure_of_detection_has_a_word() -> None:
    """The names are read from the code of detection, flags included, not from a list of this test."""
    pack, source = load("bg"), "".join(f.read_text(encoding="utf-8") for f in sorted(DETECT.glob("*.py")))
    names = set(re.findall(r'^\s+"(\w+)": Measure\(', source, re.MULTILINE))
    names |= set(re.findall(r'measures\["(\w+)"\]', source))
    assert {"inside_m2", "outside_m2", "rest_of_parcel_m2", "largest_share", "gain_m2"} <= names
    flags = {"STRADDLES_PARCELS", "OUTSIDE_PARCELS", "ON_STREET", "ON_MUNICIPAL_LAND"}
    names |= {f"{flag.lower()}_m2" for flag in flags}
    for name in names:
        assert pack.has_label(f"measure.{name}"), name
        assert re.search(r"[А-Яа-я]", pack.label(f"measure.{name}", "bg")), name


def test_every_threshold_of_a_reason_has_a_word() -> None:
    pack = load("bg")
    named = {n for rule in pack.rules.values() if rule.kind == "reason" for n in rule.parameters}
    assert named
    assert [
        n for n in sorted(named & set(pack.threshold_records)) if not pack.has_label(f"threshold.{n}")
    ] == []


def test_ways_in_the_order_in_which_they_matter(bulgarian: None) -> None:
    ways = sheet(pathways=pathways())["ways"]
    assert [row["state"] for row in ways["rows"]] == ["open", "not_assessed", "advice", "closed"]
    assert ways["rows"][0]["basis"].endswith("[непроверено]")
    assert ways["rows"][1]["blockers"] == [["Липсва факт", "има строителни книжа"]]
    assert ways["rows"][1]["next"] == "Проверка в архива на общината (и още 1)"
    assert ways["rows"][2]["word"] == "нужно е становище на юрист"
    assert ways["rows"][3]["blockers"] == [["Не е изпълнено", "земята е общинска"]]
    assert "търпимост" in ways["elsewhere"]


def test_norms_measured_and_not(bulgarian: None) -> None:
    norms = sheet(pathways=pathways())["norms"]
    row = [cell.replace("\u00a0", " ") for cell in norms["table"]["rows"][0]]
    assert row == ["Площ на имота", "280,0 ± 1,2 м²", "≥ 300,0 м²", "Не е изпълнено (20,0 м²)", "ЗУТ, чл. 19"]
    assert "разстояние до странична граница" in norms["rest"]


def test_norms_name_what_the_law_itself_offers(bulgarian: None) -> None:
    record = pathways()
    record["norms"][0]["ways_out"] = [
        {"id": "size_reduction", "limit": 240.0, "status": "verified_secondary"},
        {"id": "existing_building", "limit": None, "status": "unverified"},
    ]
    (row,) = sheet(pathways=record)["norms"]["table"]["rows"]
    assert row[3].replace("\u00a0", " ") == (
        "Не е изпълнено (20,0 м²); законът предлага: намаление на размерите със становище на ОЕСУТ "
        "(≥ 240,0 м²), намалено разстояние за съществуваща сграда [непроверено]"
    )
    record["norms"][0] |= {"verdict": "not_assessed", "reason": "within_uncertainty"}
    assert "законът предлага" in str(sheet(pathways=record)["norms"])
    record["norms"][0] |= {"verdict": "met", "reason": None}
    assert "законът предлага" not in str(sheet(pathways=record)["norms"])


def test_a_year_of_a_citation_is_not_torn_from_its_letter(bulgarian: None) -> None:
    cited = "Наредба № 7 от 22.12.2003 г.; Правила към ОУП"
    made = pathways()
    norm = made["norms"][0] | {"citation": cited}
    whole = dossier_sheet({"pathways": {**made, "norms": [norm]}}, lang="bg", labels=dossier_facts.labels)
    (row,) = whole["norms"]["table"]["rows"]
    assert row[-1].startswith("Наредба № 7 от 22.12.2003\u00a0г.; Правила")


def test_norms_say_whose_law_they_follow(bulgarian: None) -> None:
    record = {**pathways(), "on": "2026-11-22", "rule_set": {"on": "2016-11-07", "case": "C-1"}}
    assert sheet(pathways=record)["norms"]["rules"].replace("\u00a0", " ") == (
        "Нормите и пътищата чрез план са преценени по правото към 07.11.2016 г., деня на разрешението по "
        "преписка C-1; всичко останало – по правото към 22.11.2026 г."
    )
    record["rule_set"] = {"on": "2026-11-22", "case": None}
    said = sheet(pathways=record)["norms"]["rules"].replace("\u00a0", " ")
    assert said == "Нормите и пътищата са преценени по правото към 22.11.2026 г."


def test_a_measured_nothing_is_a_word(bulgarian: None) -> None:
    record = pathways()
    record["norms"][0] |= {"norm": "density", "unit": "1", "measured": 0.0, "nothing": "no_building"}
    assert sheet(pathways=record)["norms"]["table"]["rows"][0][1] == "няма заснета сграда"


def test_a_blocker_names_its_alternative_and_what_is_unverified(bulgarian: None) -> None:
    street = {
        "condition": "street_width",
        "verdict": "not_assessed",
        "reason": "fact_missing",
        "status": "unverified",
        "missing": [],
        "parts": [{"condition": "street_exception", "provision": "street_exception"}],
    }
    record = {**pathways(), "ways": [way("plan_amendment", "not_assessed", [street])]}
    assert sheet(pathways=record)["ways"]["rows"][0]["blockers"] == [
        [
            "Липсва факт",
            "широчина на улицата [непроверено] (законът предлага: съществуваща улица с организационни "
            "мерки за безопасност)",
        ]
    ]


def test_pieces_lie_in_order_on_the_line_of_time(bulgarian: None) -> None:
    evidence = sheet(pathways=pathways())["evidence"]
    first, second = evidence["line"]["pieces"]
    (cut,) = evidence["line"]["cuts"]
    assert 0 < first["left"] < first["at"] < first["right"] < cut["at"] < second["at"] < second["right"] < 1
    assert not first["shows"]
    assert len(evidence["pieces"]["rows"]) == 2
    assert evidence["would"] == ["Би решило въпроса изображение от около 07.04.1987\u00a0г. (ортофото)."]


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_evidence_names_where_it_comes_from(lang: str) -> None:
    """Kind, source, day and how far the day may be off; the file it was read from, and whose home."""
    record = pathways()
    record["evidence"]["pieces"][0] |= {"origin": "T-00001-3", "sha256": "ab12cd34ef56" * 5}
    record["evidence"]["pieces"][1] |= {"ref": "", "accuracy_days": 0}
    pieces = sheet(lang, pathways=record)["evidence"]["pieces"]
    first, second = ([cell.replace("\u00a0", " ") for cell in row] for row in pieces["rows"])
    said = {
        "bg": (
            ["1", "Въздушна снимка", "КС 12; вписано за дом T-00001-3; файл SHA-256 ab12cd34ef56…",
             "01.05.1985 г.", "± 200 дни", "не се вижда"],
            ["2", "Ортофото", "не е посочен", "01.06.2001 г.", "точна дата", "вижда се"],
        ),
        "en": (
            ["1", "Aerial photograph", "КС 12; recorded for home T-00001-3; file SHA-256 ab12cd34ef56…",
             "1 May 1985", "± 200 days", "cannot be seen"],
            ["2", "Orthophoto", "not stated", "1 June 2001", "to the day", "can be seen"],
        ),
    }  # fmt: skip
    assert (first, second) == said[lang]
    assert len(pieces["head"]) == len(pieces["align"]) == len(first)


def test_what_is_missing_is_always_said(bulgarian: None) -> None:
    def text(facts: dict[str, Any]) -> str:
        pdf = render_dossier(facts, lang="bg", labels=dossier_facts.labels)
        whole = "".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(pdf))
        return re.sub(r"\s|\ufffe", "", whole)

    bare = text({})
    assert "Какволипсва" in bare
    assert "Нямавписанидокументи" in bare
    known = text({**dossier_facts.facts(), "pathways": pathways()})
    assert "Какволипсва" in known
    assert "Най-евтинследващдокумент:Проверкавархиванаобщината" in known
    assert "строителникнижа" in known
    assert "Доказателствазавреметонапострояване" in known


def test_rules_that_spoke_are_marked(bulgarian: None) -> None:
    rules = {r["code"]: r["spoke"] for r in sheet()["basis"]["rules"]}
    assert rules == {"FOOTPRINT_LARGER": True, "PLOT_IN_PARCEL": True, "NOT_IN_CADASTRE": False}


@pytest.mark.parametrize("lang", ["bg", "en"])
def test_a_rule_is_named_in_words_and_its_code_stands_behind(lang: str) -> None:
    """Whatever the packs know as a reason; and the finding that gives it says it the same way."""
    pack = load("bg")
    codes = sorted(code for code, rule in pack.rules.items() if rule.kind == "reason")
    assert len(codes) > 30
    facts = dossier_facts.facts()
    made = {**facts["provenance"], "rules": codes}
    found = [{**facts["findings"][0], "reasons": codes}]
    said = sheet(lang, provenance=made, findings=found)
    for entry, reason in zip(said["basis"]["rules"], said["findings"][0]["reasons"], strict=True):
        assert reason == [entry["name"], entry["code"]]
        assert entry["name"] == pack.rules[entry["code"]].title[lang]
        assert bool(re.search(r"[А-Яа-я]", entry["name"])) == (lang == "bg"), entry
    assert said["as_of"].replace("\u00a0", " ") == (
        "Състояние към 15.06.2026 г." if lang == "bg" else "As of 15 June 2026"
    )


def test_what_is_said_twice_is_printed_once(bulgarian: None) -> None:
    facts = dossier_facts.facts()
    measures = {
        "outside_m2": {"value": 9.0, "sigma": 1.0, "unit": "m2"},
        "outside_parcels_m2": {"value": 9.0, "unit": "m2"},
    }
    facts["findings"][1]["measures"] = measures
    (row,) = sheet(findings=facts["findings"])["findings"][1]["measures"]["rows"]
    assert row[0] == "Площ извън имотите"


@pytest.mark.parametrize("spoiled", ["", "не е дата", "2001-99-99"])
def test_a_date_that_is_none_costs_only_the_drawing(bulgarian: None, spoiled: str) -> None:
    record = pathways()
    record["evidence"]["pieces"][0]["earliest"] = spoiled
    evidence = sheet(pathways=record)["evidence"]
    assert evidence["line"] is None
    assert len(evidence["pieces"]["rows"]) == 2


def test_coordinates_keep_a_millimetre_from_the_frame() -> None:
    facts = dossier_facts.facts()
    drawing = draw_situation(dossier_facts.scene(facts["boundary"]), lang="bg")
    assert drawing is not None
    label = r'rotate\(-90.0 ([\d.]+) [\d.]+\)"><rect [^>]*height="([\d.]+)"[^>]*/><text[^>]*>N '
    boxes = re.findall(label, drawing.svg)
    assert boxes
    assert all(float(x) - float(height) / 2 >= 1 for x, height in boxes)

"""Deadlines for calendars and acts for the public register, read back as others would read them."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from case_files import furnish
from hypothesis import given
from hypothesis import strategies as st

from regularize.publish.act_register import FIELDS
from regularize.publish.ical import LINE_BYTES, Entry, escaped, folded, render_calendar

EGN = "9541010006"
STORY = (
    ("permitted", "2026-02-10", "--document", "council_decision", "--number", "0114"),
    ("submitted", "2026-03-01", "--document", "incoming_number"),
    ("announced_sg", "2026-03-06", "--document", "state_gazette_notice", "--gazette", "24/2026"),
    ("accepted", "2026-04-20", "--document", "expert_council_protocol", "--number", "=7+1"),
)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    furnish(folder / "town", folder)
    return folder / "town"


@pytest.fixture
def town(run, furnished: Path, tmp_path: Path) -> Path:
    shutil.copytree(furnished, tmp_path / "town")
    for event, day, *proof in STORY:
        assert run("-p", tmp_path / "town", "case", "event", "C-1", event, "--date", day, *proof).code == 0
    return tmp_path / "town"


# --- a reader of iCalendar that forgives nothing -------------------------------------------------

LINE = re.compile(r"(?P<name>[A-Z0-9-]+)(?P<params>(?:;[A-Z-]+=[^:;,\"]+)*):(?P<value>.*)", re.DOTALL)


def parse(content: bytes) -> dict[str, Any]:
    assert content.endswith(b"\r\n")
    physical = content[:-2].split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in physical)
    assert max(map(len, physical)) <= LINE_BYTES
    for line in physical:
        line.decode("utf-8")  # no letter is cut in two
    unfolded = content.decode("utf-8").replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    lines = iter(unfolded)
    assert next(lines) == "BEGIN:VCALENDAR"
    calendar = component("VCALENDAR", lines)
    assert next(lines, None) is None
    return calendar


def component(name: str, lines: Iterator[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"parts": []}
    for line in lines:
        match = LINE.fullmatch(line)
        assert match is not None, line
        if match["name"] == "END":
            assert match["value"] == name
            return found
        if match["name"] == "BEGIN":
            found["parts"].append((match["value"], component(match["value"], lines)))
        else:
            assert match["name"] not in found, line
            found[match["name"]] = match["value"]
            found[f"{match['name']}?"] = match["params"]
    raise AssertionError(f"{name} is not closed")


def unescaped(text: str) -> str:
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", text), text
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "N": "\n"}.get(m[1], m[1]), text)


def events_of(content: bytes) -> list[dict[str, Any]]:
    calendar = parse(content)
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]
    for kind, event in calendar["parts"]:
        assert kind == "VEVENT"
        assert event["DTSTART?"] == event["DTEND?"] == ";VALUE=DATE"
        start, end = (datetime.strptime(event[k], "%Y%m%d").date() for k in ("DTSTART", "DTEND"))  # noqa: DTZ007
        assert end - start == timedelta(days=1)
        assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"])
        alarms = [part for part_kind, part in event["parts"] if part_kind == "VALARM"]
        assert len(alarms) == 2
        assert all(a["ACTION"] == "DISPLAY" and a["DESCRIPTION"] and a["TRIGGER"][0] == "-" for a in alarms)
    found = [event for _kind, event in calendar["parts"]]
    assert len({event["UID"] for event in found}) == len(found)
    return found


@given(st.text(max_size=200), st.text(max_size=300))
def test_any_text_survives_a_calendar(summary: str, description: str) -> None:
    entry = Entry("x@y", date(2026, 4, 6), f"s{summary}", f"d{description}")
    content = render_calendar([entry], name="н", stamp=datetime(2026, 3, 6, tzinfo=UTC))
    (event,) = events_of(content)
    for name, text in (("SUMMARY", f"s{summary}"), ("DESCRIPTION", f"d{description}")):
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        kept = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "", plain)
        assert unescaped(event[name]) == kept


def test_folding_and_escaping() -> None:
    assert escaped("a;b,c\\d\ne") == "a\\;b\\,c\\\\d\\ne"
    pieces = list(folded("Я" * 100))
    assert [len(piece.encode()) for piece in pieces] == [74, 75, 53]
    assert "".join(piece.removeprefix(" ") for piece in pieces) == "Я" * 100


def test_deadlines_go_into_a_calendar(run, town: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.ics"
    answer = run("-p", town, "case", "deadlines", "--on", "2026-03-10", "--ics", file, lang="bg")
    assert answer.code == 0, answer.err
    rows = run("-p", town, "case", "deadlines", "--on", "2026-03-10", "--json").json
    found = events_of(file.read_bytes())
    assert [e["DTSTART"] for e in found] == [row["due"].replace("-", "") for row in rows]
    objections = next(e for e in found if e["DTSTART"] == "20260406")
    assert "C-1" in unescaped(objections["SUMMARY"])
    assert "чл. 128, ал. 5" in unescaped(objections["DESCRIPTION"])
    again = run("-p", town, "case", "deadlines", "--on", "2026-03-10", "--ics", file)
    assert again.code == 2
    assert run("-p", town, "case", "deadlines", "--on", "2026-03-10", "--ics", file, "--overwrite").code == 0
    assert [e["UID"] for e in events_of(file.read_bytes())] == [e["UID"] for e in found]


def test_a_corrected_start_moves_the_entry(run, town: Path, tmp_path: Path) -> None:
    files = [tmp_path / "a.ics", tmp_path / "b.ics"]
    assert run("-p", town, "case", "deadlines", "--on", "2026-03-10", "--ics", files[0]).code == 0
    seq = next(
        e["seq"]
        for e in run("-p", town, "case", "show", "C-1", "--json").json["events"]
        if e["payload"].get("event") == "announced_sg"
    )
    options = ("--date", "2026-03-09", "--corrects", seq, "--document", "state_gazette_notice")
    assert run("-p", town, "case", "event", "C-1", "announced_sg", *options).code == 0
    assert run("-p", town, "case", "deadlines", "--on", "2026-03-10", "--ics", files[1]).code == 0
    first, second = ({e["UID"]: e["DTSTART"] for e in events_of(f.read_bytes())} for f in files)
    assert first.keys() == second.keys()
    assert [(first[uid], second[uid]) for uid in first if first[uid] != second[uid]] == [
        ("20260406", "20260409")
    ]


def test_days_leave_out_what_is_far(run, town: Path) -> None:
    every = run("-p", town, "case", "deadlines", "--on", "2026-04-21", "--json").json
    near = run("-p", town, "case", "deadlines", "--on", "2026-04-21", "--days", 3, "--json").json
    assert [r for r in every if r["due"] <= "2026-04-24"] == near
    assert len(near) < len(every)
    assert run("-p", town, "case", "deadlines", "--days", -1).code == 2


def test_no_deadline_is_an_empty_calendar(run, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "s.ics"
    assert run("-p", project, "case", "deadlines", "--ics", file).code == 0
    assert events_of(file.read_bytes()) == []


# --- the register ---------------------------------------------------------------------------------


def test_register_of_acts(run, town: Path, tmp_path: Path) -> None:
    names = ("r.csv", "r.json", "r.html")
    for name in names:
        answer = run("-p", town, "case", "export", "--all", "-o", tmp_path / name, lang="bg")
        assert answer.code == 0, answer.err
    acts = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["acts"]
    assert [tuple(act) for act in acts] == [FIELDS] * 3
    assert [(act["date"], act["issuer"]) for act in acts] == [
        ("2026-02-10", "Общински съвет"),
        ("2026-03-06", "Общинска администрация"),
        ("2026-04-20", "Общински експертен съвет (ОЕСУТ)"),
    ]
    assert acts[0]["legal_basis"] == "ЗУТ, чл. 124а, ал. 1"
    assert (acts[0]["number"], acts[0]["document"]) == ("0114", "Решение на общинския съвет")
    assert acts[1]["gazette"] == "24/2026"
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row["Номер"] for row in rows] == ["0114", "", "'=7+1"]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("<tr>") == 4
    assert "<script" not in page


def test_register_follows_corrections_and_the_day(run, town: Path, tmp_path: Path) -> None:
    events = run("-p", town, "case", "show", "C-1", "--json").json["events"]
    seq = next(e["seq"] for e in events if e["payload"].get("event") == "permitted")
    options = (
        "--date",
        "2026-02-11",
        "--corrects",
        seq,
        "--number",
        "0115",
        "--issuer",
        "Иван Петров Иванов",
    )
    assert run("-p", town, "case", "event", "C-1", "permitted", *options).code == 0
    file = tmp_path / "r.json"
    assert run("-p", town, "case", "export", "C-1", "--on", "2026-03-01", "-o", file).code == 0
    acts = json.loads(file.read_text(encoding="utf-8"))["acts"]
    assert [(act["date"], act["number"]) for act in acts] == [("2026-02-11", "0115")]
    assert "Иванов" not in file.read_text(encoding="utf-8")


def test_register_names_no_homes_and_no_persons(run, town: Path, tmp_path: Path) -> None:
    assert run("-p", town, "case", "open", "tolerability_certificate", "--date", "2026-02-01").code == 0
    options = ("--date", "2026-02-02", "--document", "application", "--number", f"ЕГН {EGN}")
    assert run("-p", town, "case", "event", "C-2", "applied", *options).code == 0
    file = tmp_path / "r.csv"
    assert run("-p", town, "case", "export", "--all", "-o", file).code == 0
    text = file.read_text(encoding="utf-8-sig")
    assert "C-2" not in text
    assert EGN not in text


def test_register_options(run, town: Path, tmp_path: Path) -> None:
    for wrong in ((), ("C-1", "--all"), ("C-9",)):
        assert run("-p", town, "case", "export", *wrong, "-o", tmp_path / "r.csv").code == 2
    assert run("-p", town, "case", "export", "--all", "-o", tmp_path / "r.doc").code == 2
    assert list(tmp_path.glob("r.*")) == []
    (tmp_path / "r.csv").write_text("mine", encoding="utf-8")
    assert run("-p", town, "case", "export", "--all", "-o", tmp_path / "r.csv").code == 2
    assert (tmp_path / "r.csv").read_text(encoding="utf-8") == "mine"


def test_a_pack_without_law_has_no_register(run, tmp_path: Path) -> None:
    folder = tmp_path / "g"
    assert run("init", folder, "--municipality", "X", "--country", "generic", "--crs", "EPSG:25830").code == 0
    assert run("-p", folder, "case", "open", "review", "--date", "2026-02-01").code == 0
    answer = run("-p", folder, "case", "export", "--all", "-o", tmp_path / "r.csv")
    assert answer.code == 2
    assert "register_act" in answer.err

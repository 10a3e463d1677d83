"""The log of a case: what cannot be is refused, what is wrong is corrected, nothing is rewritten."""

import hashlib
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from case_files import CASE, furnish

from regularize.store import Store


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    furnish(folder / "town", folder)
    return folder / "town"


@pytest.fixture
def town(furnished: Path, tmp_path: Path) -> Path:
    shutil.copytree(furnished, tmp_path / "town")
    return tmp_path / "town"


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "store.gpkg").read_bytes()).hexdigest()


def tell(run: Any, town: Path, event: str, day: str, *options: object) -> Any:
    return run("-p", town, "case", "event", "C-1", event, "--date", day, *options)


REFUSED = [
    (("permitted", "--date", "2026-01-31"), "lies before the case", "--date YYYY-MM-DD"),
    (("permited", "--date", "2026-02-10"), "no event permited", "permitted"),
    (("permitted", "--date", "2099-02-10"), "lies in the future", "--date YYYY-MM-DD"),
    (("permitted", "--date", "10.02.26"), "is no date", "DD.MM.YYYY"),
    (("permitted", "--date", "10.02.+026"), "is no date", "DD.MM.YYYY"),
    (("permitted", "--date", "10.02.20\u06f26"), "is no date", "DD.MM.YYYY"),
    (("permitted", "--date", "2026-02-30"), "is no date", "YYYY-MM-DD"),
    (("permitted",), "needs the day", "--date YYYY-MM-DD"),
    (("submitted", "--date", "2026-03-01"), "is in the log already", "--corrects"),
    (("permitted", "--date", "2026-02-10", "--corrects", "999"), "no event 999", "case show"),
    (("permitted", "--date", "2026-02-10", "--fact", "scope=post"), "scope cannot be", "individual_notice"),
    (("permitted", "--date", "2026-02-10", "--fact", "scope"), "is no fact", "NAME=VALUE"),
    (("notified_individually", "--date", "2026-03-02", "--fact", "notices=none"), "above zero", "notices=12"),
]


@pytest.mark.parametrize(("words", "message", "hint"), REFUSED, ids=[" ".join(case[0]) for case in REFUSED])
def test_what_cannot_be_is_refused(run, town: Path, words: tuple[str, ...], message: str, hint: str) -> None:
    assert tell(run, town, "submitted", "2026-03-01").code == 0
    before = digest(town)
    answer = run("-p", town, "case", "event", "C-1", *words)
    assert answer.code == 2, answer.err
    assert message in answer.err
    assert hint in answer.err
    assert "Traceback" not in answer.err
    assert digest(town) == before


def test_an_unknown_case_and_a_missing_scan(run, town: Path) -> None:
    before = digest(town)
    answer = run("-p", town, "case", "event", "C-9", "permitted", "--date", "2026-02-10")
    assert (answer.code, "case list" in answer.err) == (2, True)
    assert tell(run, town, "permitted", "2026-02-10", "--file", "няма.pdf").code == 3
    assert digest(town) == before


def test_a_part_outside_the_area_is_refused(run, town: Path) -> None:
    before = digest(town)
    answer = run("-p", town, "case", "open", *CASE, "--part", "Част 1", "--area", "Запад")
    assert answer.code == 2
    assert "does not lie in the area Запад" in answer.err
    assert "--area" in answer.err
    assert digest(town) == before
    assert run("-p", town, "case", "open", *CASE, "--part", "Част 1", "--area", "Изток").code == 0
    assert run("-p", town, "case", "open", *CASE, "--part", "Част 9").code == 2


def test_missing_evidence_is_remarked_with_the_next_command(run, town: Path) -> None:
    """The paper may be found later, so the event stands; the remark stays until it is corrected."""
    answer = tell(run, town, "permitted", "2026-02-10")
    assert answer.code == 0
    assert "EVIDENCE_MISSING" in answer.err
    seq = run("-p", town, "case", "show", "C-1", "--json").json["events"][-1]["seq"]
    assert f"regularize case event C-1 permitted --corrects {seq}" in answer.err
    answer = tell(run, town, "permitted", "2026-02-10", "--corrects", seq, "--document", "council_decision")
    assert answer.code == 0
    assert "EVIDENCE_MISSING" not in answer.err
    notes = run("-p", town, "case", "status", "C-1", "--on", "2026-02-20", "--json").json["notes"]
    assert "EVIDENCE_MISSING" not in {note["code"] for note in notes}


def test_oddities_are_remarked_with_the_article(run, town: Path) -> None:
    assert tell(run, town, "submitted", "2026-03-01").code == 0
    answer = tell(run, town, "accepted", "2026-03-02")
    assert answer.code == 0
    assert "DECISION_BEFORE_NOTICE" in answer.err
    assert "чл. 128, ал. 1-3" in answer.err
    answer = tell(run, town, "announced_sg", "2026-03-06", "--announced", "2026-03-20")
    assert "ANNOUNCED_TOO_SHORT" in answer.err
    assert "АПК, чл. 144" in answer.err
    answer = tell(run, town, "remark", "2026-03-07", "--part", "Част 77")
    assert "UNKNOWN_PART" in answer.err


def test_a_correction_replaces_and_the_log_stays(run, town: Path) -> None:
    assert tell(run, town, "submitted", "2026-03-01").code == 0
    wrong = tell(run, town, "announced_sg", "2026-03-09", "--json").json
    with Store.open(town / "store.gpkg") as store:
        before = store.events()

    def due() -> list[str]:
        status = run("-p", town, "case", "status", "C-1", "--on", "2026-03-20", "--json").json
        return [d["due"] for d in status["deadlines"] if d["clock"] == "objections_sg"]

    assert due() == ["2026-04-09"]
    assert tell(run, town, "announced_sg", "2026-03-06", "--corrects", wrong["seq"]).code == 0
    assert due() == ["2026-04-06"]
    with Store.open(town / "store.gpkg") as store:
        after = store.events()
        assert store.verify().ok
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    shown = run("-p", town, "case", "show", "C-1").out
    assert f"[corrected by {after[-1].seq}]" in shown
    assert f"corrects {wrong['seq']}" in shown
    answer = tell(run, town, "announced_sg", "2026-03-07", "--corrects", wrong["seq"])
    assert answer.code == 2, "what was corrected cannot be corrected again; its correction can"
    assert tell(run, town, "announced_sg", "2026-03-05", "--corrects", after[-1].seq).code == 0
    assert due() == ["2026-04-06"]  # 5 April 2026 is a Sunday
    assert tell(run, town, "entry_withdrawn", "2026-03-05", "--corrects", after[-1].seq + 1).code == 0
    assert due() == []


def test_two_acts_of_one_day_are_told_apart_by_their_papers(run, town: Path) -> None:
    for issuer in ("ВиК", "РИОСВ"):
        options = ("--document", "opinions", "--issuer", issuer)
        assert tell(run, town, "coordination_opinion", "2026-03-02", *options).code == 0
    assert tell(run, town, "coordination_opinion", "2026-03-02", *options).code == 2


def test_the_whole_evidence_of_an_event(run, town: Path, tmp_path: Path) -> None:
    scan = tmp_path / "решение.pdf"
    scan.write_bytes(b"%PDF scan")
    options = (
        "--document",
        "council_decision",
        "--number",
        "0114",
        "--issuer",
        "ОбС",
        "--gazette",
        "24/2026",
    )
    more = ("--document-date", "09.02.2026", "--file", scan)
    assert tell(run, town, "permitted", "2026-02-10", *options, *more).code == 0
    event = run("-p", town, "case", "show", "C-1", "--json").json["events"][-1]
    assert event["payload"]["evidence"] == {
        "document": "council_decision",
        "number": "0114",
        "issuer": "ОбС",
        "document_date": "2026-02-09",
        "gazette": "24/2026",
        "file_sha256": hashlib.sha256(b"%PDF scan").hexdigest(),
    }
    assert b"%PDF scan" not in (town / "store.gpkg").read_bytes()


def test_the_log_is_read_once_for_all_cases(
    run, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["case;kind;opened;event;date"]
    for n in range(1000):
        rows += [f"{n};review;2026-01-05;;", f"{n};;;started;2026-01-06", f"{n};;;remark;2026-01-07"]
    (tmp_path / "many.csv").write_text("\n".join(rows), encoding="utf-8")
    assert run("-p", project, "case", "import", tmp_path / "many.csv").code == 0
    asked: list[object] = []
    read = Store.events

    def counted(self: Store, *args: Any, **named: Any) -> Any:
        asked.append((args, named))
        return read(self, *args, **named)

    monkeypatch.setattr(Store, "events", counted)
    for words in (("list",), ("deadlines",)):
        asked.clear()
        begin = time.process_time()
        assert run("-p", project, "case", *words, "--json").code == 0
        assert time.process_time() - begin < 10
        assert len(asked) == 1


def test_a_remark_names_the_entry_by_its_number_in_the_log(run, town: Path) -> None:
    assert run("-p", town, "case", "open", "review", "--area", "Изток").code == 0
    record = tell(run, town, "permitted", "2026-02-10", "--json").json
    events = run("-p", town, "case", "show", "C-1", "--json").json["events"]
    assert record["seq"] == events[-1]["seq"] > events[-2]["seq"] + 1, "the log is one for all cases"
    missing = next(text for text in record["remarks"] if text.startswith("EVIDENCE_MISSING"))
    assert f"(entry {record['seq']}, " in missing


def test_the_terminal_speaks_bulgarian(run, town: Path) -> None:
    tell(run, town, "accepted", "2026-02-10")
    shown = run("-p", town, "case", "show", "C-1", lang="bg").out
    status = run("-p", town, "case", "status", "C-1", lang="bg").out
    assert "Приемане от ОЕСУТ" in shown
    assert "Начин на обявяване: чрез „Държавен вестник“" in shown
    assert "Приемане от ОЕСУТ, преписката е на етап: " in status
    for raw in ("accepted", "state_gazette", "seq", "need_identified"):
        assert raw not in shown + status


@pytest.mark.parametrize(("n", "said"), [(1, "1 акт:"), (2, "2 акта:")])
def test_counts_have_their_plural(run, town: Path, tmp_path: Path, n: int, said: str) -> None:
    for number in range(n):
        assert tell(run, town, "permitted", f"2026-02-1{number}", "--document", "order").code in (0, 1)
    answer = run("-p", town, "case", "export", "C-1", "-o", tmp_path / "acts.csv", lang="bg")
    assert said in answer.err

"""What is erased is gone from every byte of the project, and the log still verifies."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
import village
from stdnum.bg import egn

from regularize.privacy.scan import Needles, scan
from regularize.store import Store

HOME, FINDING = "T-00990-1", "B-1"
REASON = ("--reason", "искане на засегнатото лице", "--by", "деловодство")


def born_later(serial: int = 123) -> str:
    body = f"{95:02d}{5 + 40:02d}{12:02d}{serial:03d}"
    return body + egn.calc_check_digit(body)


def raw_hits(project: Path, *texts: str) -> dict[str, int]:
    """Hits of our own, without the program's scanner: plain bytes, UTF-8 and UTF-16."""
    found = {}
    for path in sorted(project.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            n = sum(content.count(t.encode(e)) for t in texts for e in ("utf-8", "utf-16-le", "cp1251"))
            if n:
                found[path.name] = n
    return found


@pytest.fixture
def talked(here: Path) -> Path:
    village.talk(here, HOME, FINDING)
    return here


def test_a_home_is_erased_and_the_scan_proves_it(run, talked: Path) -> None:
    run("-p", talked, "dossier", "build", HOME)
    run("-p", talked, "findings", "list", "-o", talked / "spisak.json")
    assert raw_hits(talked, *village.TEXTS)  # else there is nothing to prove
    answer = run("-p", talked, "store", "erase", HOME, "--outputs", *REASON, "--json")
    assert answer.code == 0, answer.err
    said = answer.json
    assert said["raw_hits"] == 0
    assert said["entries"] == 4
    assert said["cells"] == 2  # the objection's note, the document's place
    assert said["files_scanned"] >= 5
    assert [name for name in said["deleted"] if HOME in name]
    assert raw_hits(talked, *village.TEXTS) == {}
    assert not list((talked / "dossiers").glob(f"{HOME}*"))
    assert run("-p", talked, "store", "verify").code == 0
    for text in village.TEXTS:
        assert text not in answer.out + answer.err


@pytest.mark.long
def test_what_hangs_on_an_erased_home_still_works(run, talked: Path) -> None:
    assert run("-p", talked, "store", "erase", HOME, *REASON).code == 0
    for words in (
        ("home", "show", HOME),
        ("findings", "show", FINDING),
        ("case", "show", "C-1"),
        ("case", "objection", "list", "C-1"),
        ("case", "document", "list", HOME),
        ("case", "evidence", "list", HOME),
        ("pathway", HOME),
        ("dossier", "build", HOME, "--overwrite"),
        ("detect",),
        ("privacy", "report", "--scan"),
        ("store", "verify"),
    ):
        answer = run("-p", talked, *words)
        assert answer.code == 0, (words, answer.err)
    shown = run("-p", talked, "findings", "show", FINDING, "--json").json
    assert shown["review"] == "confirmed"  # the decision stays; the words are gone
    report = run("-p", talked, "privacy", "report", "--json").json
    assert len(report["erasures"]) == 1
    assert report["blanked_entries"] == 4


@pytest.mark.long
def test_the_text_of_others_is_left_and_not_looked_for(run, talked: Path) -> None:
    note = ("--confirm", "--note", village.NOTE, "--by", "отдел Кадастър")
    assert run("-p", talked, "findings", "review", "B-2", *note).code == 0
    said = run("-p", talked, "store", "erase", HOME, *REASON, "--json").json
    assert said["raw_hits"] == 0
    assert said["texts_elsewhere"] >= 1
    assert village.NOTE in run("-p", talked, "findings", "show", "B-2").out


def test_one_entry_and_one_document(run, talked: Path) -> None:
    with Store.open(talked / "store.gpkg") as store:
        seq = next(e.seq for e in store.events() if e.type == "finding.reviewed")
    assert run("-p", talked, "store", "erase", "--event", seq, *REASON).code == 0
    assert raw_hits(talked, village.NOTE) == {}
    assert run("-p", talked, "store", "erase", "--document", 1, *REASON).code == 0
    assert raw_hits(talked, village.PLACE, village.ISSUER) == {}
    assert raw_hits(talked, village.REF)
    assert run("-p", talked, "store", "verify").code == 0


def test_words_are_masked_wherever_they_stand(run, talked: Path, tmp_path: Path) -> None:
    """Also in rows of a delivery, in its path, in quarantine: with row, delivery and log agreeing."""
    who = "Големия Майстор"
    lots = [village.box(village.E, village.N + 100, village.E + 9, village.N + 109)]
    path = village.write(tmp_path / f"двор на {who}.gpkg", lots, ref=[f"при {who.upper()} вляво"])
    options = ("--kind", "plots", "--date", "2026-02-02", "--sigma", "0.1", "--source", f"бележки на {who}")
    assert run("-p", talked, "ingest", "survey", path, *options).code == 0
    assert run("-p", talked, "store", "verify").code == 0
    words = tmp_path / "думи.txt"
    words.write_text(f"{who}\n{village.REF}\n", encoding="utf-8")
    answer = run("-p", talked, "store", "erase", "--words", words, *REASON, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["raw_hits"] == 0
    assert answer.json["entries"] >= 2
    assert answer.json["cells"] >= 3
    assert raw_hits(talked, who, who.upper(), village.REF) == {}
    verified = run("-p", talked, "store", "verify")
    assert verified.code == 0, verified.out
    again = run("-p", talked, "store", "erase", "--words", words, *REASON, "--json").json
    assert (again["entries"], again["cells"], again["raw_hits"]) == (0, 0, 0)


def test_a_personal_number_that_came_in_unseen(run, here: Path, tmp_path: Path) -> None:
    """Written by another program past every screen: found by the report, erased by its words."""
    number = born_later()
    with Store.open(here / "store.gpkg") as store:
        store.append_event("finding.reviewed", "finding:B-2", date(2026, 3, 3), {"note": f"ЕГН {number}"})
    report = run("-p", here, "privacy", "report", "--scan", "--json")
    assert report.code == 1
    assert report.json["scan"]["found"] == {"event_payloads.payload": 1}
    assert number not in report.out + report.err
    words = tmp_path / "w.txt"
    words.write_text(number, encoding="utf-8")
    answer = run("-p", here, "store", "erase", "--words", words, *REASON)
    assert answer.code == 0
    assert number not in answer.out + answer.err
    assert raw_hits(here, number) == {}
    assert run("-p", here, "privacy", "report", "--scan").code == 0


def test_what_still_holds_a_text_is_named(run, talked: Path, tmp_path: Path) -> None:
    copy = talked / "копие.gpkg"
    assert run("-p", talked, "store", "backup", copy).code == 0
    (talked / "data" / "поле.txt").write_text(village.NOTE, encoding="utf-8")
    (talked / "списък.csv").write_text(village.NOTE, encoding="utf-8")
    answer = run("-p", talked, "store", "erase", HOME, "--outputs", *REASON)
    assert answer.code == 1
    assert "копие.gpkg: a copy of the store" in answer.out
    assert "data/поле.txt: a delivery is evidence" in answer.out
    assert "deleted: списък.csv" in answer.out
    assert "raw hits" in answer.out.splitlines()[-1]
    assert copy.exists()


def test_who_acted_cannot_leave_the_chain_and_is_named(run, here: Path, tmp_path: Path) -> None:
    by = ("--confirm", "--note", "видяно", "--by", "Стария Кмет")
    assert run("-p", here, "findings", "review", "B-1", *by).code == 0
    words = tmp_path / "w.txt"
    words.write_text("Стария Кмет", encoding="utf-8")
    answer = run("-p", here, "store", "erase", "--words", words, *REASON)
    assert answer.code == 1
    assert "in the chain of the log" in answer.out
    assert run("-p", here, "store", "verify").code == 0


def test_refusals_change_nothing(run, here: Path, tmp_path: Path) -> None:
    def content() -> dict[Path, bytes]:
        """Without the side files of a reader, which hold nothing of their own."""
        kept = [p for p in here.rglob("*") if p.is_file() and not p.name.endswith(("-wal", "-shm"))]
        return {p: p.read_bytes() for p in kept}

    short, empty = tmp_path / "short.txt", tmp_path / "empty.txt"
    short.write_text("ой\n", encoding="utf-8")
    empty.write_text("\n \n", encoding="utf-8")
    before = content()
    for words, hint in (
        ((), "--words FILE"),
        (("T-00990-1", "--event", "3"), "--words FILE"),
        (("T-77777-1",), "home list"),
        (("--event", "9999"), "case show"),
        (("--document", "99"), "document list"),
        (("--words", "няма.txt"), "UTF-8"),
        (("--words", str(short)), ""),
        (("--words", str(empty)), ""),
        ((HOME, "--reason", "  "), "--reason"),
    ):
        said = [run("-p", here, "store", "erase", *REASON, *words, lang=lang) for lang in ("en", "bg")]
        assert {answer.code for answer in said} <= {2, 3}, words
        assert all(hint in answer.err and "Traceback" not in answer.err for answer in said), words
        assert said[0].err != said[1].err
    assert content() == before


def test_a_row_that_another_program_changed_is_not_covered_up(run, here: Path, tmp_path: Path) -> None:
    words = tmp_path / "w.txt"
    words.write_text("S-44x", encoding="utf-8")
    with sqlite3.connect(here / "store.gpkg") as connection:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            connection.create_function(name, 1, lambda _blob: 0)
        connection.execute("UPDATE plan_parts SET plan_kind='S-44x'")
    answer = run("-p", here, "store", "erase", "--words", words, *REASON)
    assert answer.code == 4
    assert "store verify" in answer.err


def test_the_scanner_looks_into_what_is_packed(tmp_path: Path) -> None:
    """A scanner that finds nothing anywhere would prove everything."""
    import base64
    import gzip
    import zipfile

    text = "Тайният кладенец"
    needles = Needles([text])
    packed = base64.b64encode(gzip.compress(text.encode() * 9)).decode()
    plain = {
        "a.txt": text.encode(),
        "b.bin": b"\x00" + text.encode("utf-16-le"),
        "c.csv": text.encode("cp1251"),
        "d.json": b'{"a": "%s"}' % text.encode("unicode_escape"),
        "e.html": f"<p>Тайният <b>кла</b>денец</p><script>{packed}</script>".encode(),
        "f.gz": gzip.compress(text.encode()),
        "g.txt": text.upper().encode(),
    }
    for name, content in plain.items():
        (tmp_path / name).write_bytes(content)
        assert scan(tmp_path / name, needles).hits, name
    with zipfile.ZipFile(tmp_path / "h.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<w:t>Тайният </w:t><w:t>кладенец</w:t>")
    assert scan(tmp_path / "h.docx", needles).hits
    (tmp_path / "long.bin").write_bytes(b"x" * ((32 << 20) - 7) + text.encode() + b"y" * 99)
    assert scan(tmp_path / "long.bin", needles).hits == 1
    (tmp_path / "none.txt").write_text("Таен кладенец", encoding="utf-8")
    assert scan(tmp_path / "none.txt", needles).hits == 0
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(60))
    assert not scan(tmp_path / "broken.zip", needles).readable


def test_the_scanner_reads_what_a_dossier_sets(run, here: Path) -> None:
    assert run("-p", here, "dossier", "build", HOME).code == 0
    file = next((here / "dossiers").glob(f"{HOME}*.pdf"))
    assert scan(file, Needles([HOME])).hits
    assert scan(file, Needles(["T-00990-77777"])).hits == 0

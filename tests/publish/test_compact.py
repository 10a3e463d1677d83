"""Packing a PDF loses nothing: every object is the same afterwards, and what is not known stays as it is."""

import io
from pathlib import Path
from typing import Any

import dossier_facts
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regularize.publish import dossier, typesetting
from regularize.publish.compact import compact


@pytest.fixture(scope="module")
def plain() -> bytes:
    """A dossier as the typesetter writes it."""
    kept: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typesetting, "compact", lambda pdf: kept.append(pdf) or pdf)
        dossier.render_dossier(dossier_facts.facts(), lang="bg", labels=dossier_facts.labels)
    (pdf,) = kept
    return pdf


def content(pdf: bytes) -> dict[tuple[int, int], Any]:
    """Every object but those that only pack others."""
    found = {}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.check_pdf_syntax() == []
        for item in document.objects:
            if isinstance(item, pikepdf.Stream):
                if item.get("/Type") in {"/ObjStm", "/XRef"}:
                    continue
                found[item.objgen] = (str(dict(item)), item.read_raw_bytes())
            elif item is not None:
                found[item.objgen] = item.unparse()
    return found


def test_every_object_is_the_same(plain: bytes) -> None:
    packed = compact(plain)
    before = {key: value for key, value in content(plain).items() if key != (0, 0)}
    after = {key: value for key, value in content(packed).items() if key != (0, 0)}
    assert len(before) > 200
    assert {key: after[key] for key in before} == before


def test_it_is_much_smaller_and_the_same_each_time(plain: bytes) -> None:
    packed = compact(plain)
    assert len(packed) < 0.6 * len(plain)
    assert compact(plain) == packed
    assert packed[:9] == plain[:9]


def test_a_packed_file_is_left_alone(plain: bytes) -> None:
    packed = compact(plain)
    assert compact(packed) == packed


@settings(deadline=None, max_examples=100)
@given(junk=st.binary(max_size=300))
def test_what_is_no_such_file_stays_as_it_is(junk: bytes) -> None:
    assert compact(junk) == junk
    assert compact(b"%PDF-1.7\n" + junk) == b"%PDF-1.7\n" + junk


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_a_file_stays_as_it_is(plain: bytes, share: float) -> None:
    half = plain[: int(share * len(plain))]
    assert compact(half) == half


def test_every_template_is_packed(tmp_path: Path) -> None:
    template = tmp_path / "t.typ"
    template.write_text("#set document(title: [x])\nтекст\n", encoding="utf-8")
    pdf = typesetting.compile_pdf(template, {}, day="2026-06-15")
    assert b"/ObjStm" in pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert len(document.pages) == 1

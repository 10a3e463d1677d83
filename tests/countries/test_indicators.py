"""Definitions of indicators: every one can be counted, and names data and words that there are."""

import shutil
from pathlib import Path

import pytest

from regularize.countries import available, load
from regularize.countries.indicators import approvals, indicators_of
from regularize.countries.pack import ROOT
from regularize.errors import InputError
from regularize.i18n import LANGUAGES
from regularize.layers import LAYERS
from regularize.workflow.indicator_counts import COUNTS


@pytest.mark.parametrize("code", available())
def test_every_definition_can_be_counted_and_read(code: str) -> None:
    pack = load(code)
    found = indicators_of(pack)
    assert len(found) >= 15
    for name, indicator in found.items():
        assert indicator.count in COUNTS, name
        assert indicator.of is None or indicator.of in COUNTS, name
        assert set(indicator.layers) <= {layer.name for layer in LAYERS}, name
        assert indicator.layers or indicator.events, f"{name} rests on nothing"
        for key in (f"indicator_unit.{indicator.unit}", *(f"log.{event}" for event in indicator.events)):
            assert pack.has_label(key), key
        for lang in LANGUAGES:
            assert indicator.title[lang]
            assert "констатац" not in indicator.text[lang]
    assert set(approvals(pack)) <= set(pack.procedures)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("indicators.toml", 'guard = "few"', 'guard = "none"'),
        ("indicators.toml", 'unit = "plot"\n', ""),
        ("approvals.toml", "", 'review = ["approved"]\n'),
    ],
)
def test_a_broken_definition_is_named(tmp_path: Path, file: str, before: str, after: str) -> None:
    shutil.copytree(ROOT / "generic", tmp_path / "generic")
    target = tmp_path / "generic" / file
    text = target.read_text(encoding="utf-8") if target.exists() else ""
    target.write_text(text.replace(before, after, 1), encoding="utf-8")
    pack = load("generic", root=tmp_path)
    with pytest.raises(InputError, match=file):
        approvals(pack) if file == "approvals.toml" else indicators_of(pack)

"""Fuzzing of what reads foreign text: in processes of its own, twenty seconds each (`make fuzz`: minutes)."""

import importlib.util
import json
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 20
# The suite begins the same way each time, though coverage soon leads it elsewhere; `make fuzz` begins anew.
SEED = 20261122
MUTANTS = 2000
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="atheris is for Linux")


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", ROOT / "fuzz" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[f"fuzz_{name}"] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def test_every_seed_is_taken_or_refused_in_words() -> None:
    targets = module("targets")
    assert set(targets.TARGETS) == set(module("run").NAMES) == set(targets.SEEDS) == set(targets.WORDS)
    for name in targets.TARGETS:
        seeds = targets.seeds_of(name)
        assert len(seeds) >= 4
        for data in seeds:
            targets.once(name, data)


def test_a_harness_notices_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = module("targets")
    monkeypatch.setattr(targets, "redact", lambda text: (text, 1))
    with pytest.raises(AssertionError):
        targets.once("identifiers", b"abc")


def test_any_value_at_any_place_of_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "fuzz"))
    targets, shapes = module("targets"), module("shapes")
    rng = random.Random(SEED)
    documents = [json.loads(text) for text in targets.SEEDS["gate"] if text.startswith("{")]
    assert len(documents) >= 4
    whole = 0
    for _ in range(MUTANTS):
        data = shapes.text_of(shapes.mutated(rng.choice(documents), rng), rng)
        whole += json.loads(data) is not None
        targets.once("gate", data)
    assert whole > MUTANTS / 2


@linux
@pytest.mark.parametrize("name", module("run").NAMES)
def test_nothing_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("atheris")
    monkeypatch.syspath_prepend(str(ROOT / "fuzz"))
    outcome = module("run").fuzz(name, SECONDS, tmp_path, seed=SEED)
    assert outcome.ok, f"{outcome.findings}\n{outcome.why or outcome.log[-3000:]}"
    assert outcome.executions > 0
    print(name, outcome.executions)

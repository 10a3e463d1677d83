"""Fuzzing of what reads foreign text: in processes of its own, seconds here, minutes by `make fuzz`."""

import importlib.util
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
# Twenty seconds for each in `make test-long`; a few in the suite, where all run at once.
SECONDS_SHORT, SECONDS_LONG = 4, 20
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


@linux
@pytest.mark.parametrize(
    "seconds", [SECONDS_SHORT, pytest.param(SECONDS_LONG, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_nothing_is_found(seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("atheris")
    monkeypatch.syspath_prepend(str(ROOT / "fuzz"))
    run = module("run")
    with ThreadPoolExecutor(min(4, (os.cpu_count() or 1) + 1)) as pool:
        outcomes = list(pool.map(lambda name: run.fuzz(name, seconds, tmp_path), run.NAMES))
    for outcome in outcomes:
        assert outcome.ok, f"{outcome.name}: {outcome.findings}\n{outcome.log[-3000:]}"
    print({outcome.name: outcome.executions for outcome in outcomes})

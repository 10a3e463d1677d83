"""Fuzzing of what reads foreign text: in processes of its own, seconds here, minutes by `make fuzz`."""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
# Twenty seconds for each in `make test-long`; in the suite all share one process, two seconds each.
SECONDS_SHORT, SECONDS_LONG = 12, 20
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


def test_a_harness_for_all_calls_each(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = module("targets")
    called = []
    for name in targets.TARGETS:
        monkeypatch.setitem(targets.TARGETS, name, lambda data, name=name: called.append((name, data)))
    for data in (b"", *targets.seeds_of(targets.TOGETHER)):
        targets.once(targets.TOGETHER, data)
    expected = [(name, seed) for name in targets.TARGETS for seed in targets.seeds_of(name)]
    assert called == [(next(iter(targets.TARGETS)), b""), *expected]


@linux
def test_nothing_is_found_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("atheris")
    monkeypatch.syspath_prepend(str(ROOT / "fuzz"))
    run = module("run")
    outcome = run.fuzz("together", SECONDS_SHORT, tmp_path)
    assert outcome.ok, f"{outcome.findings}\n{outcome.log[-3000:]}"
    assert set(outcome.counts) == set(run.NAMES), outcome.counts  # none was left out
    print(outcome.executions, outcome.counts)


@linux
@pytest.mark.long
def test_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("atheris")
    monkeypatch.syspath_prepend(str(ROOT / "fuzz"))
    run = module("run")
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda name: run.fuzz(name, SECONDS_LONG, tmp_path), run.NAMES))
    for outcome in outcomes:
        assert outcome.ok, f"{outcome.name}: {outcome.findings}\n{outcome.log[-3000:]}"
    print({outcome.name: outcome.executions for outcome in outcomes})

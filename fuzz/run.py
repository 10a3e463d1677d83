"""Fuzz every target for a while, two at a time, and say what was found.

Usage: python fuzz/run.py [--seconds N] [--jobs N] [TARGET]...

Findings are kept in build/fuzz/TARGET as crash-*, timeout-* or oom-* files; the corpus that grows
stands beside them and is used again. Exits with 1 if anything was found.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ONE = Path(__file__).with_name("one.py")
MEMORY_MB, TIMEOUT_S, GRACE_S = 1500, 5, 90
NAMES = ("cad", "points", "odk", "identifiers", "dates", "gate")


@dataclass(frozen=True)
class Outcome:
    """What one target did."""

    name: str
    executions: int
    findings: tuple[Path, ...]
    log: str
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ran, and found nothing."""
        return self.executions > 0 and not self.findings


def fuzz(name: str, seconds: int, folder: Path, *, seed: int = 0) -> Outcome:
    """Run one target for `seconds` in a process of its own.

    Parameters
    ----------
    folder : Path
        Where corpus and findings lie.
    seed : int
        0: another one each time.
    """
    sys.path.insert(0, str(ONE.parent))
    import targets

    corpus, found = folder / name / "corpus", folder / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(targets.seeds_of(name)):
        (corpus / f"seed-{number}").write_bytes(data)
    words = folder / name / "words.txt"
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode("utf-8")) for word in targets.words_of(name))
    words.write_text("".join(f'"{word}"\n' for word in escaped), encoding="ascii")
    options = {
        "max_total_time": seconds,
        "max_len": targets.MOST_BYTES,
        "timeout": TIMEOUT_S,
        "rss_limit_mb": MEMORY_MB,
        "seed": seed,
        "print_final_stats": 1,
        "artifact_prefix": f"{found}/",
        "dict": words,
    }
    command = [sys.executable, str(ONE), name, *(f"-{key}={value}" for key, value in options.items())]
    done = subprocess.run(
        [*command, str(corpus)],
        capture_output=True,
        check=False,
        cwd=folder,
        # Names in sets keep their order: with a seed, it begins the same way each time.
        env={**os.environ, "PYTHONHASHSEED": "0"},
        timeout=seconds + GRACE_S,
    )
    log = (done.stdout + done.stderr).decode("utf-8", "replace")
    (folder / name / "log.txt").write_text(log, encoding="utf-8")
    counted = re.search(r"number_of_executed_units:\s*(\d+)", log) or re.search(r"Done (\d+) runs", log)
    findings = tuple(sorted(p for p in found.iterdir() if re.match(r"(crash|timeout|oom|leak)-", p.name)))
    why = "\n".join(path.read_text("utf-8") for path in sorted(found.glob("why-*.txt")))
    return Outcome(name, int(counted[1]) if counted else 0, findings, log, why)


def main() -> int:
    """Fuzz and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=[])
    given = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("fuzzing needs atheris, which is for Linux: nothing was run")
        return 0
    folder = ROOT / "build" / "fuzz"
    with ThreadPoolExecutor(given.jobs) as pool:
        outcomes = list(pool.map(lambda name: fuzz(name, given.seconds, folder), given.names or NAMES))
    for outcome in outcomes:
        found = ", ".join(path.name for path in outcome.findings) or "nothing"
        print(f"{outcome.name:12} {outcome.executions:>9} executions, found: {found}")
        print(outcome.why, end="")
        if not outcome.executions:
            print(outcome.log[-2000:])
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""One fuzzing process under atheris: python fuzz/one.py TARGET [options of libFuzzer] CORPUS."""

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["regularize"], enable_loader_override=False):
    import targets

COUNTED_EVERY = 100


def main() -> None:
    """Run until the budget of libFuzzer is used up; a finding ends it with its own exit code."""
    name = sys.argv.pop(1)

    prefix = next(word.partition("=")[2] for word in sys.argv if word.startswith("-artifact_prefix="))

    counts: Counter[str] = Counter()

    def test_one_input(data: bytes) -> None:
        counts[targets.part_of(data)[0] if name == targets.TOGETHER else name] += 1
        if counts.total() % COUNTED_EVERY == 0:  # libFuzzer ends the process itself: no chance at the end
            Path(prefix, "counts.json").write_text(json.dumps(counts), encoding="ascii")
        try:
            targets.once(name, data)
        except Exception:
            # Kept here as well: what stops the process may also stop libFuzzer from keeping it.
            Path(prefix, f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            raise

    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

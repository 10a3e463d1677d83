"""One fuzzing process under atheris: python fuzz/one.py TARGET [options of libFuzzer] CORPUS."""

import hashlib
import sys
import traceback
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["regularize"], enable_loader_override=False):
    import targets

import shapes


def structured(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the mutants follow the structure of the text, where it has one; the others are blind."""
    mutant = shapes.mutated_bytes(data, seed) if seed % 2 else None
    return mutant if mutant is not None and len(mutant) <= max_size else atheris.Mutate(data, max_size)


def main() -> None:
    """Run until the budget of libFuzzer is used up; a finding ends it with its own exit code."""
    name = sys.argv.pop(1)

    prefix = next(word.partition("=")[2] for word in sys.argv if word.startswith("-artifact_prefix="))

    def test_one_input(data: bytes) -> None:
        try:
            targets.once(name, data)
        except Exception:
            # Kept here as well: what stops the process may also stop libFuzzer from keeping it.
            digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
            Path(prefix, f"crash-{digest}").write_bytes(data)
            Path(prefix, f"why-{digest}.txt").write_text(traceback.format_exc(), encoding="utf-8")
            raise

    if name in targets.STRUCTURED:
        atheris.Setup(sys.argv, test_one_input, custom_mutator=structured)
    else:
        atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

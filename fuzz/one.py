"""One fuzzing process under atheris: python fuzz/one.py TARGET [options of libFuzzer] CORPUS."""

import hashlib
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["regularize"], enable_loader_override=False):
    import targets


def main() -> None:
    """Run until the budget of libFuzzer is used up; a finding ends it with its own exit code."""
    name = sys.argv.pop(1)

    prefix = next(word.partition("=")[2] for word in sys.argv if word.startswith("-artifact_prefix="))

    def test_one_input(data: bytes) -> None:
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

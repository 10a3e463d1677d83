"""One fuzzing process under atheris: python fuzz/one.py TARGET [options of libFuzzer] CORPUS."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["regularize"], enable_loader_override=False):
    import targets


def main() -> None:
    """Run until the budget of libFuzzer is used up; a finding ends it with its own exit code."""
    name = sys.argv.pop(1)

    def test_one_input(data: bytes) -> None:
        targets.once(name, data)

    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

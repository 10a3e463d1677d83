"""Bytes cut, flipped, zeroed and inserted, by a seed, for as long as the run may last.

`MUTATION_SECONDS` is the processor time of all sources together (20), `MUTATION_SEED` another
series; `make test-long` gives ten minutes.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator

# How many sources are damaged in all; a test counts them.
SOURCES = 25
SECONDS = float(os.environ.get("MUTATION_SECONDS", "20"))
SEED = os.environ.get("MUTATION_SEED", "")
# A busy machine must not end a series before it has shown anything.
_MOST_MORE = 600


def mutated(data: bytes, dice: random.Random) -> bytes:
    """`data` damaged at one place."""
    at = dice.randrange(len(data))
    length = dice.choice((1, 2, 4, 16, 200))
    kind = dice.choice(("cut", "flip", "zero", "insert", "ones", "swap"))
    if kind == "cut":
        return data[:at]
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :]
    if kind == "zero":
        return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]
    if kind == "ones":
        return data[:at] + b"\xff" * len(data[at : at + length]) + data[at + length :]
    if kind == "insert":
        return data[:at] + dice.randbytes(length) + data[at:]
    other = dice.randrange(len(data))
    piece = data[other : other + length]
    return data[:at] + piece + data[at + len(piece) :]


class Series:
    """One source, damaged again and again until its share of the time is spent.

    It goes on until every outcome of `expected` was seen, so that a series cannot pass by doing nothing.
    """

    def __init__(self, name: str, *expected: str) -> None:
        self.dice = random.Random(f"mutations of {name}{SEED}")
        self.outcomes: Counter[str] = Counter()
        self._expected = expected or ("read", "refused")

    def rounds(self) -> Iterator[int]:
        """One number per round."""
        end = time.process_time() + SECONDS / SOURCES
        more = n = 0
        while time.process_time() < end or (self._missing() and more < _MOST_MORE):
            more += time.process_time() >= end
            n += 1
            yield n
        assert not self._missing(), f"never {self._missing()} in {n} rounds"

    def _missing(self) -> list[str]:
        return [each for each in self._expected if not self.outcomes[each]]

"""The words by which lists and tables are understood."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "words.toml"


@cache
def words(group: str) -> dict[str, tuple[str, ...]]:
    """Words of one group of ``words.toml``, by name, in their order."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))[group]
    return {name: tuple(entries) for name, entries in table.items()}

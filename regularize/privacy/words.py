"""The word lists of ``words.toml``."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _lists() -> dict[str, dict[str, Any]]:
    file = Path(__file__).with_name("words.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def column_words(name: str) -> frozenset[str]:
    """Words of column names in the list `name`."""
    return frozenset(_lists()["columns"][name])


@cache
def column_phrases(name: str) -> tuple[frozenset[str], ...]:
    """Words of column names that count only together."""
    return tuple(frozenset(phrase) for phrase in _lists()["columns"][name])


@cache
def text_words(name: str) -> frozenset[str]:
    """Words of running text in the list `name`."""
    return frozenset(_lists()["text"][name])

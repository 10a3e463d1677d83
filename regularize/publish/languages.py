"""One page in several languages: what differs is written once per language, all else once.

``assets/words.js`` reads it: an object with the single key ``@`` holds one text per language.
"""

from collections.abc import Mapping
from typing import Any

MARK = "@"


def merged(editions: Mapping[str, Any]) -> Any:
    """The JSON-able values of all languages as one value.

    Examples
    --------
    >>> merged({"bg": {"n": 1, "t": "да"}, "en": {"n": 1, "t": "yes"}})
    {'n': 1, 't': {'@': {'bg': 'да', 'en': 'yes'}}}
    """
    values = list(editions.values())
    first = values[0]
    if all(value == first for value in values):
        return first
    if all(isinstance(value, dict) and value.keys() == first.keys() for value in values):
        return {key: merged({lang: value[key] for lang, value in editions.items()}) for key in first}
    if all(isinstance(value, list) and len(value) == len(first) for value in values):
        return [merged({lang: value[i] for lang, value in editions.items()}) for i in range(len(first))]
    return {MARK: dict(editions)}

"""Mutation along the structure of JSON: any value at any place of a document that was whole before.

Bytes that change by chance hardly ever give a list where a word stands, or a number of 400 digits, and
still a document that parses: such documents are made here.
"""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

KINDS = (
    "Polygon",
    "MultiPolygon",
    "Point",
    "LineString",
    "GeometryCollection",
    "Feature",
    "FeatureCollection",
)
NAMES = (
    "type",
    "coordinates",
    "geometry",
    "geometries",
    "properties",
    "features",
    "id",
    "crs",
    "name",
    "ref",
)
# What a value may turn into: wrong types, numbers beyond those of a computer, letters that are none.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 5e-324, float("nan"), float("inf"), 10**30, -(10**25), 10**400),
    *("", "a", "\ud800", "\x00", "\u06f2", "1e400", "EPSG:7801", "EPSG:\ud800", "EPSG:\x00", "a" * 300),
    *("urn:ogc:def:crs:EPSG::3857", "EPSG:99999999", "+proj=longlat", "GEOGCS[]", *KINDS),
    *([], {}, [[]], [[[]]], [1], [1, 2], [1, 2, 3, 4], [[1, 2]], [None, None], ["a", "b"], {"": {}}),
    *({"type": []}, {"type": "Polygon"}, {"type": "GeometryCollection", "geometries": [{}]}),
    *({"type": "Point", "coordinates": [10**30, 1]}, {"type": "name", "properties": {"name": "\ud800"}}),
    {"type": "name", "properties": {"name": "EPSG:7801"}},
)
MOST_CHANGES = 4
DEEPEST = 400


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value in a document, the document's own first."""
    yield path
    if len(path) < DEEPEST:
        inside = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, each in inside:
            yield from places(each, (*path, key))


def put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """`document` with `value` at `path`; changed in place where it can be."""
    if not path:
        return value
    around = document
    for key in path[:-1]:
        around = around[key]
    around[path[-1]] = value
    return document


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at `path`."""
    for key in path:
        document = document[key]
    return document


def value_from(document: Any, rng: random.Random) -> Any:
    """A value to put somewhere: an odd one, several in a list or an object, or a piece of the document."""
    choice = rng.random()
    if choice < 0.6:
        found = rng.choice(VALUES)
    elif choice < 0.7:
        found = [rng.choice(VALUES) for _ in range(rng.randint(1, 4))]
    elif choice < 0.8:
        found = {rng.choice((*NAMES, "\ud800")): rng.choice(VALUES) for _ in range(3)}
    else:
        found = at(document, rng.choice(list(places(document))))
    return copy.deepcopy(found)


def mutated(document: Any, rng: random.Random) -> Any:
    """A copy of `document` with one to four changes: a value replaced, or a member added."""
    changed = copy.deepcopy(document)
    for _ in range(rng.randint(1, MOST_CHANGES)):
        path = rng.choice(list(places(changed)))
        new = value_from(changed, rng)
        around = at(changed, path)
        if isinstance(around, dict) and rng.random() < 0.3:
            around[rng.choice(NAMES)] = new
        elif isinstance(around, list) and rng.random() < 0.3:
            around.insert(rng.randint(0, len(around)), new)
        else:
            changed = put(changed, path, new)
    return changed


def text_of(document: Any, rng: random.Random) -> bytes:
    """A document as bytes, its letters as they are or written as numbers."""
    return json.dumps(document, ensure_ascii=rng.random() < 0.3).encode("utf-8", "surrogatepass")


def mutated_bytes(data: bytes, seed: int) -> bytes | None:
    """A mutant of a JSON text; None where `data` is none."""
    rng = random.Random(seed)  # noqa: S311 nothing secret: mutants
    try:
        return text_of(mutated(json.loads(data), rng), rng)
    except (ValueError, RecursionError):
        return None

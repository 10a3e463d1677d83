"""The encoders of the store write what ``json`` writes, byte for byte."""

import json
import math
from datetime import date
from typing import Any

import numpy as np
import pytest

from regularize.store import json_text

VALUES: list[Any] = [
    [],
    {},
    None,
    True,
    'имот „A“ \\ " \n\x00',
    [1, -2.5, 1e300, 1e-7, 0.1 + 0.2, None, False],
    {"b": [math.nan, math.inf], "a": {"d": [], "c": ()}},
    [np.float64(0.1), "\ud800"],
    {"day": date(2026, 1, 2)},
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize(
    "settings", [{}, {"separators": (",", ":"), "sort_keys": True}], ids=["rows", "values"]
)
def test_same_text_as_json(value: Any, settings: dict[str, Any]) -> None:
    encode = json_text.encoder_of(default=str, **settings)
    assert encode(value) == json.dumps(value, ensure_ascii=False, default=str, **settings)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        json_text.encoder_of()([date(2026, 1, 2)])


def test_a_python_without_the_c_part_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("json.encoder.c_make_encoder", None)
    encode = json_text.encoder_of(separators=(",", ":"), sort_keys=True)
    assert encode({"b": 1, "a": "й"}) == '{"a":"й","b":1}'


@pytest.mark.parametrize("value", [[], {}, None, 0, "", [[]], {"b": 1, "a": 2}])
def test_written_is_sorted_and_compact(value: Any) -> None:
    assert json_text.written(value) == json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )

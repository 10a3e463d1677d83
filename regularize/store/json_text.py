"""JSON as the store writes it, by encoders that are put together once and not for every value."""

import json
from collections.abc import Callable
from json import encoder
from typing import Any


def encoder_of(
    *,
    separators: tuple[str, str] = (", ", ": "),
    sort_keys: bool = False,
    default: Callable[[Any], Any] | None = None,
) -> Callable[[Any], str]:
    """``json.JSONEncoder(ensure_ascii=False, ...).encode``, the same text in half the time.

    ``JSONEncoder.encode`` makes a new C encoder for every value, which costs more than most of the small
    lists and rows of a store. Values must not hold themselves: nothing here looks for that.

    Examples
    --------
    >>> encoder_of(separators=(",", ":"))([1, "й"])
    '[1,"й"]'
    """
    plain = json.JSONEncoder(
        ensure_ascii=False, separators=separators, sort_keys=sort_keys, default=default, check_circular=False
    )
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # a Python without the C part
        return plain.encode
    once = make(
        None, plain.default, encoder.encode_basestring, None,
        plain.key_separator, plain.item_separator, plain.sort_keys, plain.skipkeys, plain.allow_nan,
    )  # fmt: skip

    def encode(value: Any) -> str:
        return "".join(once(value, 0))

    return encode


# Half of what a run writes is lists of nothing.
_EMPTY: dict[type, str] = {list: "[]", dict: "{}"}
_compact = encoder_of(separators=(",", ":"), sort_keys=True, default=str)


def written(value: Any) -> str:
    """`value` as JSON, always the same text for the same value."""
    empty = None if value else _EMPTY.get(type(value))
    return _compact(value) if empty is None else empty

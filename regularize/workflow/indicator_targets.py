"""Baselines and targets of a project: ``indicators.toml`` beside ``regularize.toml``, or a section of it."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from regularize import project
from regularize.errors import InputError
from regularize.i18n import translate as _

FILE = "indicators.toml"
SECTION = "indicators"
KEYS = {"baseline", "baseline_on", "target", "target_on"}
# No indicator counts that far, and beyond it a number is not exact any more.
_MOST = 2**53


@dataclass(frozen=True)
class Aim:
    """Where a figure began and where it is to go, each with its day where one is stated."""

    baseline: float | None = None
    baseline_on: date | None = None
    target: float | None = None
    target_on: date | None = None


def aims(root: Path, known: Collection[str]) -> Mapping[str, Aim]:
    """What a project has stated, by indicator.

    Raises
    ------
    InputError
        If the file cannot be read, or names an indicator or key that there is not.
    """
    file = root / FILE
    if not file.is_file():
        file = root / project.FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig")).get(SECTION, {})
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            _("{file} cannot be read: {reason}").format(file=file.name, reason=error),
            hint=_("write [indicators.plots_surveyed] and under it baseline = 0, target = 400"),
        ) from error
    if not isinstance(table, Mapping):
        raise _wrong(file, SECTION, known)
    return {str(name): _aim(file, str(name), entry, known) for name, entry in table.items()}


def _aim(file: Path, name: str, entry: Any, known: Collection[str]) -> Aim:
    if name not in known or not isinstance(entry, Mapping) or set(entry) - KEYS:
        raise _wrong(file, name, known)
    values: dict[str, Any] = {}
    for key, value in entry.items():
        of_day = key.endswith("_on")
        good = type(value) is date if of_day else type(value) in {int, float} and 0 <= value < _MOST
        if not good:
            raise _wrong(file, f"{name}.{key}", known)
        values[key] = value if of_day else float(value)
    return Aim(**values)


def _wrong(file: Path, name: str, known: Collection[str]) -> InputError:
    return InputError(
        _("{file}: {name} is not understood").format(file=file.name, name=name),
        hint=_("indicators: {names}; keys: {keys}; days without quotes, such as 2026-12-31").format(
            names=", ".join(known), keys=", ".join(sorted(KEYS))
        ),
    )
